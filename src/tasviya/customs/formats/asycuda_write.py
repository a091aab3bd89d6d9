"""A declaration as a SAD in the XML of ASYCUDA World.

    Declaration ──write──▶ Written: the file, and the fields that it has no place for | refusals

What is written is read again and compared, field by field: so nothing is lost that is not told. What others
work out (rates, values in national currency, taxes) is left empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import Refusal
from tasviya.core.money import format_minor
from tasviya.customs.declaration import Amount, Charge, Declaration, Item, Kind, Party
from tasviya.customs.declaration_rules import kilograms, path, unknown_currency
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats.asycuda import CHARGES, DIGITS, FLOWS, ROOT, read
from tasviya.customs.formats.codes import UNITS

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

TYPES = {Kind.IMPORT: "IM", Kind.EXPORT: "EX", Kind.TRANSIT: "TR"}
PRECISIONS, SUPPLEMENTARY_MAX = 3, 3
"""So many additional codes and supplementary quantities has an item room for."""
_CODES = {unit: name for name, (unit, times) in UNITS.items() if times == 1}
_FLOWS = {kind: flow for flow, kind in FLOWS.items()}
_TYPE = re.compile(r"(.*?)([0-9]?)", re.S)
_TERMS = "Transport/Delivery_terms"
_Value = tuple[str, str]
"""An element's path, and its text."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and the paths of a declaration's fields that do not come back from it as they were."""

    raw: bytes
    left_out: tuple[str, ...]


def write(declared: Declaration) -> Written | list[Refusal]:
    """A declaration as a SAD, indented, in UTF-8; or why it cannot be one, by DA06 or CR06. Never raises."""
    try:
        raw = _file(declared)
    except UnknownCurrency as error:
        broken = unknown_currency(str(error.args[0]) if error.args else "", "")
        return [Refusal("CR06", broken.what, broken.cure)]
    except ValueError:
        what = "A text holds a character that XML has no place for, such as a control character."
        return [Refusal("DA06", what, "Leave it out.")]
    again = read(raw)
    if isinstance(again, list):
        return [
            Refusal("DA06", f"As a SAD it cannot be read: {each.what}", each.cure, each.where)
            for each in again
        ]
    return Written(raw, tuple(_differing(declared, again.declaration)))


def _file(declared: Declaration) -> bytes:
    root = etree.Element(ROOT)
    _fill(root, [each for each in _header(declared) if each[1]])
    for item in declared.items:
        element = etree.SubElement(root, "Item")
        for document in item.documents:
            attached = etree.SubElement(element, "Attached_documents")
            _fill(
                attached,
                [
                    ("Attached_document_code", document.type),
                    ("Attached_document_reference", document.reference),
                ],
            )
        _fill(element, [each for each in _item(item, declared.procedure) if each[1]])
        _supplementary(element, item)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _header(declared: Declaration) -> Iterable[_Value]:
    found = _TYPE.fullmatch(declared.type or TYPES[declared.kind])
    name, procedure = (found[1], found[2]) if found else ("", "")
    yield "Property/Sad_flow", _FLOWS.get(declared.kind, "")
    yield "Property/Nbers/Total_number_of_items", str(len(declared.items))
    yield "Property/Nbers/Total_number_of_packages", _count(declared.packages)
    yield "Identification/Office_segment/Customs_clearance_office_code", declared.office
    yield "Identification/Type/Type_of_declaration", name
    yield "Identification/Type/Declaration_gen_procedure_code", procedure
    yield "Identification/Registration/Number", declared.mrn
    yield from _party("Traders/Exporter/Exporter", declared.exporter)
    yield from _party("Traders/Consignee/Consignee", declared.importer)
    yield from _party("Declarant/Declarant", declared.declarant)
    yield "Declarant/Reference/Number", declared.lrn
    country = "General_information/Country"
    yield f"{country}/Export/Export_country_code", declared.dispatch_country
    yield f"{country}/Destination/Destination_country_code", declared.destination_country
    yield f"{_TERMS}/Code", declared.delivery.code
    yield f"{_TERMS}/Place", declared.delivery.place
    if declared.gross_mass is not None:
        yield "Valuation/Weight/Gross_weight", kilograms(declared.gross_mass)
    # A Valuation stands also where nothing is known of it.
    yield "Valuation/Calculation_working_mode", "0"
    yield from _amount("Valuation/Gs_Invoice", declared.invoice)
    for name in CHARGES:
        own = [each for each in declared.charges if _name(each) == name]
        shares = [each for item in declared.items for each in item.charges if _name(each) == name]
        if own:
            yield from _amount(f"Valuation/Gs_{name}", own[0].amount)
        elif shares and len({each.amount.currency for each in shares}) == 1:
            total = Amount(sum(each.amount.minor for each in shares), shares[0].amount.currency)
            yield from _amount(f"Valuation/Gs_{name}", total)


def _item(item: Item, procedure: str) -> Iterable[_Value]:
    tariff, value = "Tarification", "Valuation_item"
    short, long = DIGITS
    goods, national = (
        (item.goods[:short], item.goods[short:]) if len(item.goods) == long else (item.goods, "")
    )
    yield f"{tariff}/HScode/Commodity_code", goods
    yield f"{tariff}/HScode/Precision_1", national
    for place, code in enumerate(item.additional_codes[:PRECISIONS], 2):
        yield f"{tariff}/HScode/Precision_{place}", code
    yield f"{tariff}/Preference_code", item.preference
    yield f"{tariff}/Extended_customs_procedure", item.procedure or procedure
    yield f"{tariff}/National_customs_procedure", "".join(item.additional_procedures[:1])
    yield f"{tariff}/Quota_code", item.quota
    yield "Goods_description/Country_of_origin_code", item.origin
    yield "Goods_description/Commercial_Description", item.description
    for document in item.previous[:1]:
        yield "Previous_doc/Summary_declaration", document.reference
        yield "Previous_doc/Summary_declaration_sl", _count(document.line or None)
    for unit, name in ((Unit.KG_GROSS, "Gross_weight_itm"), (Unit.KG, "Net_weight_itm")):
        if unit in item.quantities:
            yield f"{value}/Weight_itm/{name}", kilograms(item.quantities[unit])
    yield from _amount(f"{value}/Item_Invoice", item.invoice)
    for name in CHARGES:
        for charge in [each for each in item.charges if _name(each) == name][:1]:
            yield from _amount(f"{value}/item_{name}", charge.amount)


def _supplementary(element: Element, item: Item) -> None:
    tariff = element.find("Tarification")
    rows = [
        (_CODES[unit], quantity)
        for unit, quantity in item.quantities.items()
        if unit in _CODES and unit is not Unit.KG
    ]
    rows += [] if item.supplementary is None else [("", item.supplementary)]
    if rows and tariff is None:
        tariff = etree.SubElement(element, "Tarification")
    for code, quantity in rows[:SUPPLEMENTARY_MAX]:
        if tariff is not None:
            below = etree.SubElement(tariff, "Supplementary_unit")
            _fill(
                below,
                [("Suppplementary_unit_code", code), ("Suppplementary_unit_quantity", kilograms(quantity))],
            )


def _name(charge: Charge) -> str:
    """The element's name for a charge: its code if that is one, else the first of its kind."""
    if CHARGES.get(charge.code) is charge.kind:
        return charge.code
    return next(name for name, kind in CHARGES.items() if kind is charge.kind)


def _party(where: str, party: Party) -> Iterable[_Value]:
    yield f"{where}_code", party.id
    yield f"{where}_name", "\n".join(each for each in (party.name, party.address) if each)


def _amount(where: str, amount: Amount | None) -> Iterable[_Value]:
    if amount is not None:
        text = format_minor(amount.minor, currency(amount.currency).decimals)
        yield f"{where}/Amount_foreign_currency", text
        yield f"{where}/Currency_code", amount.currency


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


def _fill(root: Element, values: Iterable[_Value]) -> None:
    """Put texts below an element, each at its path; elements are made as they are needed, in order."""
    for where, text in values:
        element = root
        for name in where.split("/"):
            found = element.find(name)
            element = etree.SubElement(element, name) if found is None else found
        if text:
            element.text = text
        else:
            etree.SubElement(element, "null")


def _differing(first: Declaration, second: Declaration) -> Iterable[str]:
    """Paths of the fields in which two declarations differ; of items, field by field."""
    for each in fields(Declaration):
        one, other = getattr(first, each.name), getattr(second, each.name)
        if each.name == "items" and len(one) == len(other):
            for place, (item, again) in enumerate(zip(one, other, strict=True)):
                for own in fields(Item):
                    if getattr(item, own.name) != getattr(again, own.name):
                        yield f"{path(place)}.{own.name}"
        elif one != other:
            yield each.name
