"""Which export declarations and which import declarations are of the same shipment.

    exports, imports ──match──▶ shipments, exports without imports, imports without exports

An import belongs to an export if it names the export's MRN, or the same unique consignment reference, among
its previous documents; so one export may come in as several imports, and several exports as one import: all
that hang together are one shipment. What names nothing is paired one to one: the same consignor and
consignee, a subheading in common, and the import within some days of the export; of several candidates the
nearest in mass, then in days.

Source: WCO, Recommendation on the Unique Consignment Reference (UCR) for customs purposes; how what names
nothing is paired is our choice.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tasviya.customs.declaration import Declaration, Party
from tasviya.customs.duty_units import Unit
from tasviya.customs.nomenclature import bare
from tasviya.customs.worth import Rates

UCR_TYPES = frozenset(["UCR", "DCR", "DUCR", "MUCR"])
"""Types of previous documents whose reference is a unique consignment reference."""
DAYS = 60
"""How many days after its export an import may be accepted, if nothing names the other."""
DAYS_BEFORE = 3
"""And how many before it: an import may be declared before the goods arrive."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A declaration and the day on which it was accepted.

    rates: that were official for it, in the currency that sides are compared in; None: those of all.
    """

    declaration: Declaration
    on: date
    rates: Rates | None = None

    @property
    def reference(self) -> str:
        """Its MRN, or its declarant's number if it has none."""
        return self.declaration.mrn or self.declaration.lrn

    @property
    def subheadings(self) -> frozenset[str]:
        return frozenset(bare(item.goods)[:6] for item in self.declaration.items)

    @property
    def mass(self) -> int:
        """Net, thousandths of a kilogram; 0 where it is not stated."""
        return sum(item.quantities.get(Unit.KG, 0) for item in self.declaration.items)


@dataclass(frozen=True, slots=True)
class Shipment:
    """Declarations of the same goods. named: whether one names the other, or they were paired by likeness."""

    exports: tuple[Accepted, ...]
    imports: tuple[Accepted, ...]
    named: bool


@dataclass(frozen=True, slots=True)
class Matching:
    """All declarations, each once. Lists are in the order in which declarations were given."""

    shipments: tuple[Shipment, ...]
    orphan_exports: tuple[Accepted, ...]
    orphan_imports: tuple[Accepted, ...]


def match(exports: Sequence[Accepted], imports: Sequence[Accepted], days: int = DAYS) -> Matching:
    """Shipments by reference, then by likeness. The order of declarations changes no pairing."""
    by_name, alone_out, alone_in = _by_reference(exports, imports)
    alike, alone_out, alone_in = _by_likeness(alone_out, alone_in, days)
    return Matching((*by_name, *alike), tuple(alone_out), tuple(alone_in))


def _by_reference(
    exports: Sequence[Accepted], imports: Sequence[Accepted]
) -> tuple[list[Shipment], list[Accepted], list[Accepted]]:
    every = [*exports, *imports]
    parent = list(range(len(every)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    known = frozenset(each.declaration.mrn for each in exports if each.declaration.mrn)
    holders: dict[tuple[str, str], int] = {}
    for place, each in enumerate(every):
        for name in _names(each.declaration, known, own=place < len(exports)):
            parent[root(place)] = root(holders.setdefault(name, place))
    groups: dict[int, tuple[list[Accepted], list[Accepted]]] = defaultdict(lambda: ([], []))
    for place, each in enumerate(every):
        groups[root(place)][place >= len(exports)].append(each)
    shipments = [Shipment(tuple(out), tuple(into), True) for out, into in groups.values() if out and into]
    alone_out = [each for out, into in groups.values() if not into for each in out]
    alone_in = [each for out, into in groups.values() if not out for each in into]
    return shipments, alone_out, alone_in


def _names(declaration: Declaration, known: frozenset[str], *, own: bool) -> Iterator[tuple[str, str]]:
    """What ties a declaration to others: its own MRN if it is an export, exports' MRNs and UCRs before it.

    Other previous documents, such as of a warehouse, tie nothing: unrelated shipments may share them.
    """
    if own and declaration.mrn:
        yield "mrn", declaration.mrn
    lists = (declaration.previous, *(item.previous for item in declaration.items))
    for document in (each for documents in lists for each in documents):
        reference = document.reference.strip()
        if document.type in UCR_TYPES and reference:
            yield "ucr", reference
        elif not own and reference in known:
            yield "mrn", reference


def _by_likeness(
    exports: Sequence[Accepted], imports: Sequence[Accepted], days: int
) -> tuple[list[Shipment], list[Accepted], list[Accepted]]:
    by_key: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, each in enumerate(exports):
        for key in _likeness(each):
            by_key[key].append(place)
    candidates: dict[tuple[int, int], tuple[Fraction, int, str, str]] = {}
    for into, each in enumerate(imports):
        for out in {out for key in _likeness(each) for out in by_key.get(key, ())}:
            export, after = exports[out], each.on - exports[out].on
            if timedelta(-DAYS_BEFORE) <= after <= timedelta(days):
                apart = Fraction(abs(export.mass - each.mass), max(export.mass, each.mass, 1))
                candidates[out, into] = (apart, abs(after.days), export.reference, each.reference)
    paired: dict[int, int] = {}
    taken: set[int] = set()
    for out, into in sorted(candidates, key=lambda pair: candidates[pair]):
        if out not in paired and into not in taken:
            paired[out] = into
            taken.add(into)
    shipments = [Shipment((exports[out],), (imports[into],), False) for out, into in sorted(paired.items())]
    alone_out = [each for place, each in enumerate(exports) if place not in paired]
    return shipments, alone_out, [each for place, each in enumerate(imports) if place not in taken]


def _likeness(each: Accepted) -> Iterator[tuple[str, str, str]]:
    """Consignor, consignee and subheading: by every name that each is known under."""
    for exporter in _known_as(each.declaration.exporter):
        for importer in _known_as(each.declaration.importer):
            for subheading in each.subheadings:
                yield exporter, importer, subheading


def _known_as(party: Party) -> Iterator[str]:
    if party.id:
        yield f"id {party.id}"
    letters = unicodedata.normalize("NFKC", party.name).casefold()
    if name := "".join(sign for sign in letters if sign.isalnum()):
        yield f"name {name}"
