"""A declaration in the XML of ASYCUDA World: its single administrative document (SAD).

    bytes ──messages.xml.read──▶ tree ──read──▶ Reading: the declaration, its taxes, and what it leaves out

There is no public schema. Files say "nothing" in three ways, <null/>, an empty element and 0, and write
numbers as programs print them, 1.06E7 and 6516.0 among them: all are taken as what they mean, exactly. What
cannot be meant is refused with its path and line. Charges stand twice, for the whole and as its items' shares
of it; they count once, with the items if their shares add up to the whole exactly, else with the whole.

Source: files of ASYCUDA World of Albania (sc001cs/AsycudaXML) and Jamaica (willylondon/asycuda-converter-2).
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import Refusal
from tasviya.core.money import DIGITS_MAX
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
from tasviya.customs.formats.codes import KINDS, UNITS, code
from tasviya.customs.formats.result import Reading, TaxLine
from tasviya.customs.quantity import QUANTITY_MAX, THOUSAND
from tasviya.messages.scheme import Scheme
from tasviya.messages.xml import local_name, path_of
from tasviya.messages.xml import read as read_xml

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

SIZE_MAX = 4 * 1024 * 1024
"""The largest file, bytes."""
LIMITS = Scheme(operator_bic="", currencies={}, file_bytes=SIZE_MAX, file_elements=400_000)
ROOT = "ASYCUDA"
SECTIONS = ("Identification", "Valuation")
ONCE = ("Property", "Traders", "Declarant", "General_information", "Transport", "Financial", *SECTIONS)

ASYCUDA_CODES = {
    "DA01": "XML of ASYCUDA has the root ASYCUDA, without a namespace",
    "DA02": "a SAD has Identification and Valuation, and each section once",
    "DA03": "a SAD's type is of import, export or transit, and its flow says the same",
    "DA04": "amounts and quantities in a SAD are numbers, no finer than their currency or a thousandth",
    "DA05": "a SAD has items, as many as it says",
    "DA06": "a SAD is written only if it can be read again",
}
FLOWS = {"I": Kind.IMPORT, "E": Kind.EXPORT}
CHARGES = {
    "external_freight": ChargeKind.FREIGHT,
    "internal_freight": ChargeKind.FREIGHT,
    "insurance": ChargeKind.INSURANCE,
    "other_cost": ChargeKind.ADDITION,
    "deduction": ChargeKind.DEDUCTION,
}
"""By the end of their elements' names, which is the charge's code."""
TAX_NUMBERS = ("Base", "rate", "amount")
SUPPLEMENTARY = ("Suppplementary_unit", "Supplementary_unit")
"""As the files spell it, and as it should be."""
DIGITS = (8, 10)
"""Of a commodity code, and with the first precision; where that is not so, this is an additional code."""
SHOWN, REPORTED = 40, 50
"""So many signs of a text, and refusals of a file, are told."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,24}(\.[0-9]{0,24})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_ZERO = re.compile(r"[+-]?0+(\.0*)?", re.ASCII)
_LINE = re.compile(r"line (\d+)")
NATIONAL = "Tarification/National_customs_procedure"
_PRECISIONS = tuple(f"Tarification/HScode/Precision_{each}" for each in (1, 2, 3, 4))


def read(raw: bytes) -> Reading | list[Refusal]:
    """The declaration in a file, or everything that keeps it from being read. Never raises.

    Refused with a reason of messages.xml.FAILURES if it is no XML, else of ASYCUDA_CODES or with CR06.
    """
    root = read_xml(raw, LIMITS)
    if isinstance(root, Refusal):
        lines = _LINE.findall(root.what)
        return [replace(root, where=f"line {lines[-1]}") if lines else root]
    if root.tag != ROOT:
        what = f"The root is {root.tag!s:.80}."
        return [Refusal("DA01", what, f"Send a SAD whose root is {ROOT}.", f"/{local_name(root)}")]
    reader = _Reader(root)
    reader.sections()
    if reader.refusals:
        return reader.refusals
    declared = reader.declaration()
    taxes = reader.taxes()
    return reader.refusals or Reading(declared, reader.left_out(), taxes)


class _Reader:
    """From elements to facts; what does not hold is kept with its path and line."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.refusals: list[Refusal] = []
        self.seen: set[Element] = set()
        self.children: dict[Element, dict[str, list[Element]]] = {}
        for element in root.iterdescendants():
            parent = element.getparent()
            if parent is not None:
                named = self.children.setdefault(parent, {})
                named.setdefault(local_name(element), []).append(element)

    def sections(self) -> None:
        own = self.children.get(self.root, {})
        for name in ONCE:
            if len(own.get(name, ())) > 1:
                second = own[name][1]
                self.refuse(second, "DA02", f"{name} is there twice.", "Leave one of them out.")
        for name in [each for each in SECTIONS if each not in own]:
            what = f"There is no {name}."
            self.refusals.append(Refusal("DA02", what, "Send the whole SAD.", f"/{ROOT}/{name}"))

    def declaration(self) -> Declaration:
        root = self.root
        elements = self.all(root, "Item")
        self.count(elements)
        kind = "Identification/Type"
        name = self.code(root, f"{kind}/Type_of_declaration") + self.code(
            root, f"{kind}/Declaration_gen_procedure_code"
        )
        number = "Identification/Registration"
        whole = self.charges(root, "Valuation/Gs_")
        invoice = self.amount(root, "Valuation/Gs_Invoice")
        items = tuple(self.item(each, place, invoice) for place, each in enumerate(elements, 1))
        items, left = self.counted_once(whole, items)
        country = "General_information/Country"
        return Declaration(
            lrn=self.code(root, "Declarant/Reference/Number"),
            kind=self.kind(name),
            items=items,
            type=name,
            mrn=" ".join(
                text for each in ("Serial_number", "Number") if (text := self.code(root, f"{number}/{each}"))
            ),
            office=self.code(root, "Identification/Office_segment/Customs_clearance_office_code"),
            declarant=self.party(root, "Declarant/Declarant"),
            importer=self.party(root, "Traders/Consignee/Consignee"),
            exporter=self.party(root, "Traders/Exporter/Exporter"),
            dispatch_country=self.code(root, f"{country}/Export/Export_country_code"),
            destination_country=self.code(root, f"{country}/Destination/Destination_country_code"),
            delivery=DeliveryTerms(
                self.code(root, "Transport/Delivery_terms/Code"),
                self.text(root, "Transport/Delivery_terms/Place"),
            ),
            invoice=invoice,
            charges=left,
            gross_mass=self.quantity(root, "Valuation/Weight/Gross_weight")
            or self.quantity(root, "Valuation/Total/Total_weight"),
            packages=self.whole(root, "Property/Nbers/Total_number_of_packages"),
        )

    def item(self, element: Element, number: int, invoice: Amount | None) -> Item:
        tariff, value = "Tarification", "Valuation_item"
        goods, *more = (
            self.code(element, each) for each in (f"{tariff}/HScode/Commodity_code", *_PRECISIONS)
        )
        if (len(goods), len(goods + more[0])) == DIGITS:
            goods, more[0] = goods + more[0], ""
        quantities: dict[Unit, int] = {}
        for unit, name in ((Unit.KG, "Net_weight_itm"), (Unit.KG_GROSS, "Gross_weight_itm")):
            mass = self.quantity(element, f"{value}/Weight_itm/{name}")
            if mass is not None:
                quantities[unit] = mass
        price = self.amount(element, f"{value}/Item_Invoice")
        if price is None and invoice is not None:
            price = self.money(element, f"{tariff}/Item_price", invoice.currency)
        return Item(
            number,
            goods,
            description=self.text(element, "Goods_description/Commercial_Description")
            or self.text(element, "Goods_description/Description_of_goods"),
            origin=self.code(element, "Goods_description/Country_of_origin_code"),
            preference=self.code(element, f"{tariff}/Preference_code"),
            additional_codes=tuple(each for each in more if each),
            quota=self.code(element, f"{tariff}/Quota_code")
            or self.code(element, f"{tariff}/Quota/QuotaCode"),
            invoice=price,
            charges=self.charges(element, f"{value}/item_"),
            quantities=quantities,
            supplementary=self.supplementary(element, quantities),
            procedure=self.code(element, f"{tariff}/Extended_customs_procedure"),
            additional_procedures=tuple(filter(None, [self.code(element, NATIONAL)])),
            documents=self.documents(element),
            previous=self.previous(element),
        )

    def taxes(self) -> tuple[TaxLine, ...]:
        found = []
        for number, item in enumerate(self.all(self.root, "Item"), 1):
            for each in self.all(item, "Taxation/Taxation_line"):
                tax = self.code(each, "Duty_tax_code")
                base, rate, amount = (self.number(each, f"Duty_tax_{of}") for of in TAX_NUMBERS)
                if tax:
                    found.append(TaxLine(number, tax, base, rate, amount, self.code(each, "Duty_tax_MP")))
        return tuple(found)

    def kind(self, name: str) -> Kind:
        flow = FLOWS.get(self.code(self.root, "Property/Sad_flow"))
        found = KINDS.get(name[:2])
        where = self.at(self.root, "Identification/Type/Type_of_declaration")
        if found is None:
            what = f"{name!r:.40} is no type of declaration." if name else "The type of declaration is empty."
            self.refuse(where, "DA03", what, f"Begin it with {', '.join(KINDS)}.")
        elif flow and flow is not found:
            what = f"The type {name:.40} is of {found}, and Sad_flow says {flow}."
            self.refuse(where, "DA03", what, "Correct the one that is wrong.")
        return found or Kind.IMPORT

    def count(self, elements: list[Element]) -> None:
        told = self.whole(self.root, "Property/Nbers/Total_number_of_items")
        if not elements:
            says = "" if not told else f" It says that it has {told}."
            cure = "Send the SAD with its items; a template is no declaration."
            self.refusals.append(Refusal("DA05", f"There is no Item.{says}", cure, f"/{ROOT}/Item"))
        elif told and told != len(elements):
            what = f"It says that it has {told} items; there are {len(elements)}."
            where = self.at(self.root, "Property/Nbers/Total_number_of_items")
            self.refuse(where, "DA05", what, "Correct the number, or add what is missing.")

    def counted_once(
        self, whole: tuple[Charge, ...], items: tuple[Item, ...]
    ) -> tuple[tuple[Item, ...], tuple[Charge, ...]]:
        """Items and the whole's charges, each kind of charge with the items or with the whole."""
        kept = []
        for charge in whole:
            shares = [each for item in items for each in item.charges if each.code == charge.code]
            same = all(each.amount.currency == charge.amount.currency for each in shares)
            if same and sum(each.amount.minor for each in shares) == charge.amount.minor:
                continue
            kept.append(charge)
            items = tuple(
                replace(item, charges=tuple(each for each in item.charges if each.code != charge.code))
                for item in items
            )
            share = f"Item/Valuation_item/item_{charge.code}/Amount_foreign_currency"
            self.seen.difference_update(self.all(self.root, share))
        return items, tuple(kept)

    def party(self, parent: Element, path: str) -> Party:
        """Names carry the address in further lines."""
        lines = [each.strip() for each in self.text(parent, f"{path}_name").splitlines() if each.strip()]
        return Party(self.code(parent, f"{path}_code"), "".join(lines[:1]), ", ".join(lines[1:]))

    def documents(self, element: Element) -> tuple[Document, ...]:
        found = [
            Document(
                self.code(each, "Attached_document_code"), self.text(each, "Attached_document_reference")
            )
            for each in self.all(element, "Attached_documents")
        ]
        found = [each for each in found if each.type or each.reference]
        listed = re.split(r"[,;\s]+", self.code(element, "Tarification/Attached_doc_item"))
        known = {each.type for each in found}
        return (*found, *(Document(each, "") for each in listed if each and each not in known))

    def previous(self, element: Element) -> tuple[Document, ...]:
        path = "Previous_doc/Summary_declaration"
        line = self.whole(element, f"{path}_sl") or 0
        found = (
            Document("", self.text(element, path), line=line),
            Document("", self.text(element, "Previous_doc/Previous_document_reference")),
        )
        return tuple(each for each in found if each.reference)

    def supplementary(self, element: Element, found: dict[Unit, int]) -> int | None:
        """Quantities in units that are known; the first that names none is what the tariff lays down. Others,
        and what contradicts another, stay unread."""
        bare = None
        for each in self.all(element, "Tarification/Supplementary_unit"):
            unit, quantity = "", None
            for name in SUPPLEMENTARY:
                unit = unit or self.code(each, f"{name}_code")
                quantity = self.quantity(each, f"{name}_quantity") if quantity is None else quantity
            if quantity is None:
                continue
            known, times = UNITS.get(unit, (None, 0))
            if not unit and bare is None:
                bare = quantity
            elif known is None or found.setdefault(known, quantity * times) != quantity * times:
                self.seen.difference_update(each)
        return bare

    def charges(self, parent: Element, path: str) -> tuple[Charge, ...]:
        found = ((name, self.amount(parent, path + name)) for name in CHARGES)
        return tuple(Charge(CHARGES[name], amount, name) for name, amount in found if amount and amount.minor)

    def amount(self, parent: Element, path: str) -> Amount | None:
        """The amount in the currency that stands with it; none if it is empty, or 0 of no currency."""
        name = self.code(parent, f"{path}/Currency_code")
        foreign = self.number(parent, f"{path}/Amount_foreign_currency")
        national = self.number(parent, f"{path}/Amount_national_currency")
        if name:
            return None if foreign is None else self.money(parent, f"{path}/Amount_foreign_currency", name)
        if foreign or national:
            what = f"The amount {local_name(self.at(parent, path))} has no currency."
            self.refuse(self.at(parent, path), "DA04", what, "Name it in Currency_code.")
        return None

    def money(self, parent: Element, path: str, name: str) -> Amount | None:
        found, where = self.number(parent, path), self.at(parent, path)
        if found is None:
            return None
        try:
            minor = found * 10 ** currency(name).decimals
        except UnknownCurrency:
            broken = unknown_currency(name, "")
            self.refuse(where, "CR06", broken.what, broken.cure)
            return None
        if minor.denominator != 1 or abs(minor) >= 10**DIGITS_MAX:
            what = f"{_text(where)[:SHOWN]} is too large, or has more decimals than {name}."
            self.refuse(where, "DA04", what, "Use no more decimals than the currency has.")
            return None
        return Amount(minor.numerator, name)

    def quantity(self, parent: Element, path: str) -> int | None:
        return self.exact(self.at(parent, path), self.number(parent, path), THOUSAND)

    def whole(self, parent: Element, path: str) -> int | None:
        return self.exact(self.at(parent, path), self.number(parent, path), 1)

    def exact(self, where: Element, number: Fraction | None, times: int) -> int | None:
        """A number in parts of one, if it is a whole number of these."""
        if number is None:
            return None
        found = number * times
        if found.denominator == 1 and abs(found) <= QUANTITY_MAX:
            return found.numerator
        finer = "three decimals at the most" if times == THOUSAND else "no decimals"
        what = f"{_text(where)[:SHOWN]!r} is too large, or too fine."
        self.refuse(where, "DA04", what, f"Give a number with {finer}.")
        return None

    def number(self, parent: Element, path: str) -> Fraction | None:
        text = self.code(parent, path)
        if not text:
            return None
        if _NUMBER.fullmatch(text):
            return Fraction(text)
        cure = "Write digits, with a point before decimals."
        self.refuse(self.at(parent, path), "DA04", f"{text[:SHOWN]!r} is no number.", cure)
        return None

    def all(self, parent: Element, path: str) -> list[Element]:
        found = [parent]
        for name in path.split("/"):
            found = [each for above in found for each in self.children.get(above, {}).get(name, ())]
        return found

    def at(self, parent: Element, path: str) -> Element:
        """The first element of a path, else the nearest one above where it would stand."""
        while path:
            if found := self.all(parent, path):
                return found[0]
            path = path.rpartition("/")[0]
        return parent

    def text(self, parent: Element, path: str) -> str:
        """The first that says something; it counts as read, and so do others that say the same."""
        found = [each for each in self.all(parent, path) if _text(each)]
        self.seen.update(each for each in found if _text(each) == _text(found[0]))
        return _text(found[0]) if found else ""

    def code(self, parent: Element, path: str) -> str:
        return code(self.text(parent, path))

    def left_out(self) -> tuple[str, ...]:
        """Paths of elements that say something and were not read, in their order, each once."""
        found: dict[str, None] = {}
        for element in self.root.iterdescendants():
            if element not in self.seen and (text := _text(element)) and not _ZERO.fullmatch(text):
                steps = [local_name(each) for each in (element, *element.iterancestors())]
                found["/" + "/".join(reversed(steps))] = None
        return tuple(found)

    def refuse(self, element: Element, reason: str, what: str, cure: str) -> None:
        if len(self.refusals) < REPORTED:
            refusal = Refusal(
                reason, f"{what} (line {element.sourceline})", cure, path_of(element, self.root)
            )
            self.refusals += [refusal] if refusal not in self.refusals else []


def _text(element: Element) -> str:
    return (element.text or "").strip()
