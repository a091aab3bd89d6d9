"""A declaration in EDIFACT: the message CUSDEC of a directory D, such as D.99B.

    bytes ──edifact.read──▶ Message ──read──▶ Reading: the declaration, and the segments that it leaves out

    BGM, header … UNS+D, items, each from its CST … UNS+S, totals

Directories leave to each administration which segments say what; what is read is what their code lists name,
and nothing is guessed: a weight that says neither gross nor net is left out. Amounts without a currency are
in the invoice's.

Source: UN/EDIFACT directories D.96A to D.01B: code lists 1001 (documents), 1131 (which customs code), 1153
(references), 3035 (parties), 3227 (places), 5025 (amounts), 6069 (totals), 6311 and 6313 (measurements); the
segment tables of CUSDEC.
"""

from __future__ import annotations

from collections.abc import Iterable

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import Refusal
from tasviya.core.money import AmountError, parse_amount
from tasviya.customs.declaration import (
    Amount,
    Charge,
    ChargeKind,
    Declaration,
    DeliveryTerms,
    Document,
    Item,
    Kind,
    Party,
)
from tasviya.customs.declaration_rules import unknown_currency
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats import edifact
from tasviya.customs.formats.codes import KINDS, UNITS, code
from tasviya.customs.formats.edifact import Message, Segment
from tasviya.customs.formats.result import Reading
from tasviya.customs.quantity import thousandths

CUSDEC_CODES = {
    "DC06": "a declaration in EDIFACT is a CUSDEC of a directory D",
    "DC07": "a CUSDEC begins with BGM, and UNS+D and UNS+S part header, items and totals",
    "DC08": "BGM says what is declared: import, export or transit, and that it is the original",
    "DC09": "amounts and quantities in EDIFACT are numbers, no finer than their currency or a thousandth",
    "DC10": "a CUSDEC has as many items as CNT says",
}
DOCUMENTS = {
    "929": Kind.IMPORT,
    "830": Kind.EXPORT,
    "820": Kind.TRANSIT,
    "821": Kind.TRANSIT,
    "822": Kind.TRANSIT,
    "950": Kind.TRANSIT,
}
"""1001: goods declarations for importation and exportation; dispatch notes T, T1, T2; for customs transit."""
ORIGINAL = ("", "9")
GOODS, PROCEDURES, PREFERENCE, SPECIAL = ("122", "108"), ("117", "118"), "116", "110"
"""1131: commodity (108: tariff, as South Africa's guide has it); procedures; preference; special codes."""
NET, GROSS = ("AAC", "AAL", "N"), ("AAD", "AAE", "AAG", "G")
"""6313, in the numbering of D.97B and later."""
COUNTED = ("AAF", "AAR", "AAS", "AAT", "ABW", "CT")
"""6311: customs' and tariff quantities, the invoice's unit, counts: quantities in the unit that they name."""
TOTALS = ("39", "77")
PRICES = ("38", "66", "203")
"""5025: an invoice item's amount, goods item total, line item amount."""
STATISTICAL = ("123", "63")
"""5025: statistical value, FOB value."""
CHARGES = {"64": ChargeKind.FREIGHT, "67": ChargeKind.INSURANCE}
IMPORTERS, EXPORTERS, DECLARANTS = ("IM", "CN"), ("EX", "CZ"), ("DT", "AE", "CB")
OFFICES = ("22", "41", "42")
"""3227: customs offices of clearance, of entry, of exit."""
ALIASES = {"KG": "KGM", "T": "TNE", "L": "LTR"}
SHOWN, REPORTED = 40, 50
"""So many signs of a text, and refusals of a message, are told."""


def read(raw: bytes) -> Reading | list[Refusal]:
    """The declaration in a file, or everything that keeps it from being read. Never raises.

    Refused by EDIFACT_CODES (the first of these), CUSDEC_CODES, or with CR06.
    """
    message = edifact.read(raw)
    if isinstance(message, Refusal):
        return [message]
    if message.type != "CUSDEC" or message.version != "D":
        kind = f"{message.type:.20} of {message.version:.10}.{message.release:.10}"
        what = f"The message is {kind}: not a CUSDEC of D."
        cure = "Send a CUSDEC; cargo, conveyance and other messages are not declarations."
        return [Refusal("DC06", what, cure, "UNH, segment 1")]
    parts = _parts(message)
    if isinstance(parts, Refusal):
        return [parts]
    reader = _Reader()
    declared = reader.declaration(*parts)
    if reader.refusals:
        return reader.refusals
    whole = [each for each in message.segments if each.tag != "UNS" and each.place not in reader.seen]
    return Reading(declared, tuple(each.where for each in whole))


def _parts(message: Message) -> tuple[list[Segment], list[list[Segment]], list[Segment]] | Refusal:
    """Header, items and totals; or the segment where they are not parted."""
    segments = list(message.segments)
    if not segments or segments[0].tag != "BGM":
        found = segments[0].where if segments else "UNT, segment 2"
        return Refusal("DC07", f"There is {found}, where BGM must be.", "Put BGM behind UNH.", found)
    marks = [(place, each.get(0)) for place, each in enumerate(segments) if each.tag == "UNS"]
    if [mark for _, mark in marks] != ["D", "S"]:
        told = " and ".join(f"UNS+{mark:.5}" for _, mark in marks) or "no UNS"
        last = f"UNT, segment {len(segments) + 2}"
        where = segments[marks[0][0]].where if marks else last
        return Refusal(
            "DC07", f"There is {told}.", "Put UNS+D before the items and UNS+S behind them.", where
        )
    (start, _), (end, _) = marks
    items: list[list[Segment]] = []
    for each in segments[start + 1 : end]:
        if each.tag == "CST":
            items.append([])
        if items:
            items[-1].append(each)
    return segments[:start], items, segments[end + 1 :]


class _Reader:
    """From segments to facts; what does not hold is kept with its segment."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self.seen: set[int] = set()
        self.currency = ""

    def declaration(
        self, header: list[Segment], items: list[list[Segment]], totals: list[Segment]
    ) -> Declaration:
        begin = header[0]
        name, document = code(begin.get(0, 3)), code(begin.get(0))
        kind = self.kind(begin, document, name)
        self.currency = self.invoice_currency(header)
        places = self.places(header, ("1", "28", "35", "36", *OFFICES))
        counts = self.counts(totals)
        declared = tuple(self.item(each, place) for place, each in enumerate(items, 1))
        if (told := counts.get("5")) is not None and told[0] != len(items) * 1000:
            what = f"CNT counts {told[1].get(0, 1):.20} items; there are {len(items)}."
            self.refuse("DC10", told[1], what, "Correct the number, or add what is missing.")
        packages = counts.get("11")
        for each in header:
            if each.tag == "CST" and not self.identities([each], (*GOODS, PREFERENCE, SPECIAL)):
                self.all_read(each, PROCEDURES)
        delivery = self.first(header, "TOD")
        return Declaration(
            lrn=code(begin.get(1)),
            kind=kind,
            type=name or document,
            items=declared,
            mrn=self.reference(header, "ABT"),
            procedure=next(iter(self.identities(header, PROCEDURES)), ""),
            office=next((places[each] for each in OFFICES if each in places), ""),
            declarant=self.party(header, DECLARANTS),
            importer=self.party(header, IMPORTERS),
            exporter=self.party(header, EXPORTERS),
            dispatch_country=places.get("35", ""),
            destination_country=places.get("36") or places.get("28", ""),
            delivery=DeliveryTerms(
                code(delivery.get(2)) if delivery else "",
                (delivery.get(2, 3).strip() if delivery else "") or places.get("1", ""),
            ),
            invoice=self.amount(header, TOTALS),
            charges=self.charges(header),
            gross_mass=counts["7"][0] if "7" in counts else self.masses(header).get(Unit.KG_GROSS),
            packages=packages[0] // 1000 if packages else None,
            documents=self.documents(header),
        )

    def item(self, group: list[Segment], place: int) -> Item:
        status = group[0]
        number = thousandths(code(status.get(0)) or str(place))
        if number is None or number % 1000:
            self.refuse("DC09", status, f"{status.get(0)[:SHOWN]!r} is no item's number.", "Write digits.")
            number = 0
        places = self.places(group, ("27", "35", "36"))
        procedures = self.identities([status], PROCEDURES)
        self.all_read(status, GOODS, (PREFERENCE,))
        return Item(
            number=number // 1000,
            goods="".join(self.identities([status], GOODS)[:1]) or self.reference(group, "HS"),
            description=" ".join(filter(None, (self.text(each) for each in self.of(group, "FTX", "AAA")))),
            origin=places.get("27", ""),
            preference="".join(self.identities([status], (PREFERENCE,))[:1]),
            additional_codes=self.identities([status], (SPECIAL,)),
            invoice=self.amount(group, PRICES),
            statistical=self.amount(group, STATISTICAL),
            charges=self.charges(group),
            quantities=self.masses(group),
            procedure="".join(procedures[:1]),
            additional_procedures=procedures[1:],
            documents=self.documents(group) + self.permits(group),
        )

    def kind(self, begin: Segment, document: str, name: str) -> Kind:
        self.seen.add(begin.place)
        if begin.get(2) not in ORIGINAL:
            what = f"BGM has the function {begin.get(2)!r:.10}, which is not an original (9)."
            self.refuse(
                "DC08", begin, what, "Send the declaration; changes and cancellations are not read here."
            )
        found = DOCUMENTS.get(document) or KINDS.get(name[:2])
        if found is None:
            what = f"BGM names the document {document!r:.20} {name!r:.20}."
            cure = f"Name one of {', '.join(DOCUMENTS)}, or a type that begins with {', '.join(KINDS)}."
            self.refuse("DC08", begin, what, cure)
        return found or Kind.IMPORT

    def of(self, group: Iterable[Segment], tag: str, *qualifiers: str) -> list[Segment]:
        found = [each for each in group if each.tag == tag and (not qualifiers or each.get(0) in qualifiers)]
        self.seen.update(each.place for each in found)
        return found

    def first(self, group: Iterable[Segment], tag: str) -> Segment | None:
        """The first of its kind; others stay unread."""
        found = next((each for each in group if each.tag == tag), None)
        if found:
            self.seen.add(found.place)
        return found

    def places(self, group: Iterable[Segment], wanted: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in group:
            if each.tag == "LOC" and each.get(0) in wanted and each.get(0) not in found:
                found[each.get(0)] = code(each.get(1))
                self.seen.add(each.place)
        return found

    def identities(self, group: Iterable[Segment], lists: tuple[str, ...]) -> tuple[str, ...]:
        """Customs codes of CST by the list that they name."""
        found = []
        for each in group:
            if each.tag == "CST":
                found += [code(one[0]) for one in each.elements[1:] if len(one) > 1 and one[1] in lists]
        return tuple(found)

    def all_read(self, status: Segment, *single: tuple[str, ...]) -> None:
        """Count a CST as read, unless it has a code of an unknown list, or two where there is room for
        one."""
        named = [one[1] if len(one) > 1 else "" for one in status.elements[1:] if any(one)]
        twice = any(sum(name in lists for name in named) > 1 for lists in single)
        if not twice and all(name in (*GOODS, *PROCEDURES, PREFERENCE, SPECIAL) for name in named):
            self.seen.add(status.place)

    def reference(self, group: Iterable[Segment], qualifier: str) -> str:
        for each in group:
            if each.tag == "RFF" and each.get(0) == qualifier:
                self.seen.add(each.place)
                return code(each.get(0, 1))
        return ""

    def permits(self, group: Iterable[Segment]) -> tuple[Document, ...]:
        """References of an item, but for its goods code: licences, permits and the like."""
        found = [each for each in group if each.tag == "RFF" and each.get(0) != "HS"]
        self.seen.update(each.place for each in found)
        return tuple(Document(code(each.get(0)), code(each.get(0, 1))) for each in found)

    def documents(self, group: Iterable[Segment]) -> tuple[Document, ...]:
        return tuple(
            Document(code(each.get(0)) or code(each.get(0, 3)), code(each.get(1)), code(each.get(1, 1)))
            for each in self.of(group, "DOC")
        )

    def text(self, segment: Segment) -> str:
        parts = segment.elements[3] if len(segment.elements) > 3 else ()
        return " ".join(part.strip() for part in parts if part.strip())

    def party(self, group: Iterable[Segment], roles: tuple[str, ...]) -> Party:
        for role in roles:
            for each in group:
                if each.tag == "NAD" and each.get(0) == role:
                    self.seen.add(each.place)
                    return _party(each)
        return Party()

    def invoice_currency(self, header: list[Segment]) -> str:
        """That of the invoice's total, else of the first CUX."""
        for each in header:
            if each.tag == "MOA" and each.get(0) in TOTALS and each.get(0, 2):
                self.seen.add(each.place)
                return code(each.get(0, 2))
        found = self.first(header, "CUX")
        return code(found.get(0, 1)) if found else ""

    def amount(self, group: Iterable[Segment], kinds: tuple[str, ...]) -> Amount | None:
        """The first amount of the kinds named, in their order; one that says nothing is none."""
        for kind in kinds:
            for each in group:
                if each.tag == "MOA" and each.get(0) == kind:
                    self.seen.add(each.place)
                    return self.money(each) if each.get(0, 1).strip() else None
        return None

    def charges(self, group: Iterable[Segment]) -> tuple[Charge, ...]:
        found = []
        for each in self.of(group, "MOA", *CHARGES):
            amount = self.money(each) if each.get(0, 1).strip() else None
            if amount:
                found.append(Charge(CHARGES[each.get(0)], amount, each.get(0)))
        return tuple(found)

    def money(self, segment: Segment) -> Amount | None:
        name = code(segment.get(0, 2)) or self.currency
        text = code(segment.get(0, 1)).replace(",", ".")
        try:
            return Amount(parse_amount(text, currency(name)), name)
        except UnknownCurrency:
            if name:
                broken = unknown_currency(name, "")
                self.refuse("CR06", segment, broken.what, broken.cure)
            else:
                what = f"The amount {text[:SHOWN]} has no currency, and neither has the invoice."
                self.refuse("DC09", segment, what, "Name the currency behind the amount, or in MOA+39.")
        except AmountError as error:
            self.refuse(
                "DC09", segment, f"{error}.", "Write digits, and no more decimals than the currency has."
            )
        return None

    def masses(self, group: Iterable[Segment]) -> dict[Unit, int]:
        """Quantities by unit; one that contradicts another, or names neither property nor unit, is unread."""
        found: dict[Unit, int] = {}
        for each in group:
            if each.tag != "MEA" or not each.get(2, 1).strip():
                continue
            name = code(each.get(2))
            unit, times = UNITS.get(ALIASES.get(name, name), (None, 0))
            attribute = each.get(1)
            if attribute in (*NET, *GROSS):
                unit = None if unit is not Unit.KG else Unit.KG_GROSS if attribute in GROSS else Unit.KG
            elif attribute or each.get(0) not in COUNTED:
                unit = None
            if unit is None or (quantity := self.quantity(each, each.get(2, 1))) is None:
                continue
            if found.setdefault(unit, quantity * times) == quantity * times:
                self.seen.add(each.place)
        return found

    def counts(self, totals: Iterable[Segment]) -> dict[str, tuple[int, Segment]]:
        """Control totals that are read, thousandths: 5 items, 7 gross mass in kilograms, 11 packages."""
        found: dict[str, tuple[int, Segment]] = {}
        for each in self.of(totals, "CNT", "5", "7", "11"):
            unit = code(each.get(0, 2))
            _, times = UNITS.get(ALIASES.get(unit, unit), (None, 1))
            quantity = self.quantity(each, each.get(0, 1))
            if quantity is None:
                continue
            if each.get(0) != "7" and quantity % 1000:
                self.refuse("DC09", each, f"{each.get(0, 1)[:SHOWN]!r} is no whole number.", "Write digits.")
            found[each.get(0)] = (quantity * times, each)
        return found

    def quantity(self, segment: Segment, text: str) -> int | None:
        found = thousandths(code(text).replace(",", "."))
        if found is None:
            what = f"{text[:SHOWN]!r} is no quantity."
            self.refuse("DC09", segment, what, "Give a number with three decimals at the most.")
        return found

    def refuse(self, reason: str, segment: Segment, what: str, cure: str) -> None:
        refusal = Refusal(reason, what, cure, segment.where)
        if len(self.refusals) < REPORTED and refusal not in self.refusals:
            self.refusals.append(refusal)


def _party(segment: Segment) -> Party:
    """A party of NAD; an address that is not parted begins with the name."""
    lines = [
        each.strip() for each in (segment.elements[2] if len(segment.elements) > 2 else ()) if each.strip()
    ]
    names = [
        each.strip() for each in (segment.elements[3] if len(segment.elements) > 3 else ()) if each.strip()
    ]
    streets = [
        each.strip() for each in (segment.elements[4] if len(segment.elements) > 4 else ()) if each.strip()
    ]
    if not names:
        names, streets = lines[:1], lines[1:] + streets
    place = [text for each in (7, 5) if (text := segment.get(each).strip())]
    return Party(code(segment.get(1)), " ".join(names), ", ".join(streets + place), code(segment.get(8)))
