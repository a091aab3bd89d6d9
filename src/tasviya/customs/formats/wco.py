"""A declaration in XML of the WCO Data Model 3.6, in the form in which HMRC's customs take it.

    bytes ──messages.xml.read──▶ tree ──schema──▶ read ──▶ Reading: the declaration, and what it leaves out

Bytes are read as payments are: no document type, no entities, a limit of size, UTF-8; malformed XML is
refused with its line. Then the schema is checked, and what is found is put into the fields of `Declaration`,
nothing filled in. Elements that no field holds are told by their paths, not dropped in silence.

Source: schemas and examples of hmrc/customs-declarations (Apache License 2.0). Codes of charges: Implementing
Regulation (EU) 2015/2447, annex B, data element 4/9.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from lxml import etree

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
from tasviya.customs.formats.codes import KINDS, UNITS
from tasviya.customs.formats.result import Reading
from tasviya.customs.quantity import thousandths
from tasviya.messages.scheme import Scheme
from tasviya.messages.xml import findings, local_name, namespace_of, path_of
from tasviya.messages.xml import read as read_xml

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NAMESPACE = "urn:wco:datamodel:WCO:DEC-DMS:2"
PREFIX = len(f"{{{NAMESPACE}}}")
SIZE_MAX = 4 * 1024 * 1024
"""The largest file, bytes."""
LIMITS = Scheme(operator_bic="", currencies={}, file_bytes=SIZE_MAX, file_elements=200_000)

WCO_CODES = {
    "DW01": "XML of a declaration is of the WCO Data Model",
    "DW02": "XML of a declaration keeps to its schema",
    "DW03": "a declaration's type is of import, export or transit",
    "DW04": "amounts in XML have no more decimals than their currency, quantities three at the most",
    "DW05": "a declaration has as many items as it says",
    "DW06": "charges have a code that says whether they belong to the customs value",
}

FREIGHT = "AK"
"""Transport, loading and insurance up to the border, in one amount."""
ADDITIONS = frozenset(["AB", "AD", "AE", "AF", "AG", "AH", "AI", "AJ", "AL", "AN"])
DEDUCTIONS = frozenset(["BA", "BB", "BC", "BD", "BE", "BF", "BG"])
GOODS_CODE = ("TSP", "TRC")
"""Types of classification whose codes make the goods code, one after the other; others are additional."""
_LINE = re.compile(r"line (\d+)")


@cache
def schema() -> etree.XMLSchema:
    """The compiled schema; each process compiles it once."""
    with as_file(files("tasviya.customs.formats").joinpath("schemas/wco_cds")) as folder:
        return etree.XMLSchema(etree.parse(folder / "all.xsd", etree.XMLParser(no_network=True)))


def read(raw: bytes) -> Reading | list[Refusal]:
    """The declaration in a file, or everything that keeps it from being read. Never raises.

    Refused with a reason of messages.xml.FAILURES if it is no XML, else of WCO_CODES or with CR06.
    """
    root = read_xml(raw, LIMITS)
    if isinstance(root, Refusal):
        lines = _LINE.findall(root.what)
        return [replace(root, where=f"line {lines[-1]}") if lines else root]
    inner = root if local_name(root) == "Declaration" else root.find(f"{{{NAMESPACE}}}Declaration")
    if inner is None or namespace_of(inner) != NAMESPACE:
        what = f"The root is {local_name(root)} in the namespace {namespace_of(root)!r:.80}."
        cure = f"Send a Declaration of {NAMESPACE}, alone or in MetaData."
        return [Refusal("DW01", what, cure, f"/{local_name(root)}")]
    if broken := findings(root, schema()):
        return [replace(each, reason="DW02") for each in broken]
    reader = _Reader(inner)
    declared = reader.declaration()
    return reader.refusals or Reading(declared, reader.left_out())


class _Reader:
    """From elements to facts; what does not hold is kept with its path and line."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.refusals: list[Refusal] = []
        self.seen: set[Element] = set()
        self.children: dict[Element, dict[str, list[Element]]] = {}
        """By element, those below it by name: looking names up in one pass is twice as fast as searching."""
        for element in root.iterdescendants():
            parent = element.getparent()
            if parent is not None:
                named = self.children.setdefault(parent, {})
                named.setdefault(str(element.tag)[PREFIX:], []).append(element)

    def declaration(self) -> Declaration:
        root, nothing = self.root, etree.Element("nothing")
        shipment = next(iter(self.all(root, "GoodsShipment")), nothing)
        elements = self.all(shipment, "GovernmentAgencyGoodsItem")
        self.count(root, len(elements))
        code = self.text(root, "TypeCode")
        return Declaration(
            lrn=self.text(root, "FunctionalReferenceID"),
            kind=self.kind(root, code),
            type=code,
            items=tuple(self.item(each) for each in elements),
            mrn=self.text(root, "ID"),
            office=self.first(root, "PresentationOffice/ID", "ExitOffice/ID", "DeclarationOfficeID"),
            declarant=self.party(root, "Declarant"),
            importer=self.party(shipment, "Importer", "Consignee"),
            exporter=self.party(root, "Exporter"),
            dispatch_country=self.country(shipment, elements, "ExportCountry/ID"),
            destination_country=self.country(shipment, elements, "Destination/CountryCode"),
            delivery=DeliveryTerms(
                self.text(shipment, "TradeTerms/ConditionCode"),
                self.first(shipment, "TradeTerms/LocationID", "TradeTerms/LocationName"),
            ),
            invoice=self.amount(root, "InvoiceAmount"),
            charges=self.charges(shipment),
            gross_mass=self.mass(root, "TotalGrossMassMeasure"),
            packages=self.whole(root, "TotalPackageQuantity"),
            documents=self.documents(root, "AdditionalDocument"),
            previous=self.documents(shipment, "PreviousDocument"),
        )

    def item(self, element: Element) -> Item:
        codes: dict[str, list[str]] = {}
        for each in self.all(element, "Commodity/Classification"):
            codes.setdefault(self.text(each, "IdentificationTypeCode"), []).append(self.text(each, "ID"))
        goods = "".join(code for kind in GOODS_CODE for code in codes.pop(kind, ()))
        origins: dict[str, str] = {}
        for each in self.all(element, "Origin"):
            origins[self.text(each, "TypeCode")] = self.text(each, "CountryCode")
        procedures = [
            (self.text(each, "CurrentCode"), self.text(each, "PreviousCode"))
            for each in self.all(element, "GovernmentProcedure")
        ]
        measure = "Commodity/GoodsMeasure"
        quantities = {
            Unit.KG: self.mass(element, f"{measure}/NetNetWeightMeasure"),
            Unit.KG_GROSS: self.mass(element, f"{measure}/GrossMassMeasure"),
        }
        found = {unit: quantity for unit, quantity in quantities.items() if quantity is not None}
        supplementary = self.supplementary(element, f"{measure}/TariffQuantity", found)
        for each in self.all(element, "Commodity/DutyTaxFee/SpecificTaxBaseQuantity"):
            self.counted(each, found)
        return Item(
            number=self.whole(element, "SequenceNumeric") or 0,
            goods=goods,
            description=self.text(element, "Commodity/Description"),
            origin=origins.get("1", ""),
            preferential_origin=origins.get("2", ""),
            preference=self.text(element, "Commodity/DutyTaxFee/DutyRegimeCode"),
            additional_codes=tuple(code for each in codes.values() for code in each),
            quota=self.text(element, "Commodity/DutyTaxFee/QuotaOrderID"),
            invoice=self.amount(element, "Commodity/InvoiceLine/ItemChargeAmount"),
            statistical=self.amount(element, "StatisticalValueAmount"),
            charges=self.charges(element),
            quantities=found,
            supplementary=supplementary,
            procedure=next((current + before for current, before in procedures if before), ""),
            additional_procedures=tuple(current for current, before in procedures if not before),
            documents=self.documents(element, "AdditionalDocument"),
            previous=self.documents(element, "PreviousDocument"),
        )

    def left_out(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        waiting = [(self.root, f"/{local_name(self.root)}")]
        while waiting:
            element, where = waiting.pop()
            if element in self.children:
                named = reversed(self.children[element].items())
                waiting += [(each, f"{where}/{name}") for name, alike in named for each in reversed(alike)]
            elif element not in self.seen and _text(element):
                found[where] = None
        return tuple(found)

    def all(self, parent: Element, path: str) -> list[Element]:
        found = [parent]
        for name in path.split("/"):
            found = [each for above in found for each in self.children.get(above, {}).get(name, ())]
        return found

    def leaf(self, parent: Element, path: str) -> Element | None:
        """The first element of a path that says something; it counts as read, and so do others that say the
        same."""
        found = [each for each in self.all(parent, path) if (each.text or "").strip()]
        self.seen.update(each for each in found if _text(each) == _text(found[0]))
        return found[0] if found else None

    def text(self, parent: Element, path: str) -> str:
        found = self.leaf(parent, path)
        return "" if found is None else _text(found)

    def first(self, parent: Element, *paths: str) -> str:
        return next((text for each in paths if (text := self.text(parent, each))), "")

    def country(self, shipment: Element, items: list[Element], path: str) -> str:
        """Of the shipment; else of its items, if all name the same."""
        if found := self.text(shipment, path):
            return found
        named = [each for item in items for each in self.all(item, path)]
        if len({_text(each) for each in named}) != 1:
            return ""
        self.seen.update(named)
        return _text(named[0])

    def kind(self, root: Element, code: str) -> Kind:
        if found := KINDS.get(code[:2]):
            return found
        self.refuse(root, "TypeCode", "DW03", f"{code!r} is no type.", f"Begin it with {', '.join(KINDS)}.")
        return Kind.IMPORT

    def count(self, root: Element, items: int) -> None:
        told = self.whole(root, "GoodsItemQuantity")
        if told is not None and told != items:
            what = f"It says that it has {told} items; there are {items}."
            self.refuse(
                root, "GoodsItemQuantity", "DW05", what, "Correct the number, or add what is missing."
            )

    def party(self, parent: Element, *names: str) -> Party:
        for name in names:
            if self.all(parent, name):
                where = f"{name}/Address"
                lines = ("Line", "PostcodeID", "CityName")
                return Party(
                    self.text(parent, f"{name}/ID"),
                    self.text(parent, f"{name}/Name"),
                    ", ".join(text for each in lines if (text := self.text(parent, f"{where}/{each}"))),
                    self.text(parent, f"{where}/CountryCode"),
                )
        return Party()

    def documents(self, parent: Element, name: str) -> tuple[Document, ...]:
        return tuple(
            Document(
                self.text(each, "CategoryCode") + self.text(each, "TypeCode"),
                self.text(each, "ID"),
                self.text(each, "LPCOExemptionCode"),
                self.whole(each, "LineNumeric") or 0,
            )
            for each in self.all(parent, name)
        )

    def charges(self, parent: Element) -> tuple[Charge, ...]:
        found = []
        freight = self.amount(parent, "CustomsValuation/FreightChargeAmount")
        if freight:
            found.append(Charge(ChargeKind.FREIGHT, freight))
        for each in self.all(parent, "CustomsValuation/ChargeDeduction"):
            code, amount = self.text(each, "ChargesTypeCode"), self.amount(each, "OtherChargeDeductionAmount")
            kind = _charge_kind(code)
            if kind is None:
                cure = f"Use {FREIGHT} or one of {', '.join(sorted(ADDITIONS | DEDUCTIONS))}."
                self.refuse(each, "ChargesTypeCode", "DW06", f"{code!r} is no known charge.", cure)
            elif amount:
                found.append(Charge(kind, amount, code))
            else:
                self.seen.difference_update(self.all(each, "ChargesTypeCode"))
        return tuple(found)

    def amount(self, parent: Element, path: str) -> Amount | None:
        found = self.leaf(parent, path)
        if found is None:
            return None
        code = found.get("currencyID", "")
        try:
            return Amount(parse_amount(_text(found), currency(code)), code)
        except UnknownCurrency:
            broken = unknown_currency(code, "")
            self.refuse(parent, path, "CR06", broken.what, broken.cure)
        except AmountError as error:
            self.refuse(parent, path, "DW04", f"{error}.", "Use no more decimals than the currency has.")
        return None

    def quantity(self, element: Element) -> int | None:
        self.seen.add(element)
        found = thousandths(_text(element))
        if found is None:
            what = f"{_text(element)[:40]!r} is no quantity."
            self.refuse(element, "", "DW04", what, "Give a number with three decimals at the most.")
        return found

    def mass(self, parent: Element, path: str) -> int | None:
        found = self.leaf(parent, path)
        if found is None or (quantity := self.quantity(found)) is None:
            return None
        unit, times = UNITS.get(found.get("unitCode", "KGM"), (None, 0))
        if unit is Unit.KG:
            return quantity * times
        self.refuse(parent, path, "DW04", f"A mass is in {found.get('unitCode')}.", "Give it in KGM.")
        return None

    def supplementary(self, parent: Element, path: str, found: dict[Unit, int]) -> int | None:
        """A quantity in the unit that the tariff lays down; if it names its unit it is one of the others."""
        element = self.leaf(parent, path)
        if element is None:
            return None
        if element.get("unitCode"):
            self.seen.discard(element)
            self.counted(element, found)
            return None
        return self.quantity(element)

    def counted(self, element: Element, found: dict[Unit, int]) -> None:
        """A quantity that names its unit; one that says otherwise than another stays unread, and so does one
        in a unit that no duty is counted in here."""
        unit, times = UNITS.get(element.get("unitCode", ""), (None, 0))
        if unit is None or (quantity := self.quantity(element)) is None:
            return
        if found.setdefault(unit, quantity * times) != quantity * times:
            self.seen.discard(element)

    def whole(self, parent: Element, path: str) -> int | None:
        found = self.leaf(parent, path)
        if found is None:
            return None
        quantity = thousandths(_text(found))
        if quantity is None or quantity % 1000:
            self.refuse(parent, path, "DW04", f"{_text(found)[:40]!r} is no whole number.", "Write digits.")
            return None
        return quantity // 1000

    def refuse(self, parent: Element, path: str, code: str, what: str, cure: str) -> None:
        found = self.all(parent, path) if path else []
        element = found[0] if found else parent
        self.refusals.append(
            Refusal(code, f"{what} (line {element.sourceline})", cure, path_of(element, self.root))
        )


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _charge_kind(code: str) -> ChargeKind | None:
    if code == FREIGHT:
        return ChargeKind.FREIGHT
    if code in ADDITIONS:
        return ChargeKind.ADDITION
    return ChargeKind.DEDUCTION if code in DEDUCTIONS else None
