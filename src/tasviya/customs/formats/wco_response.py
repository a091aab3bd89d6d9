"""An answer to a declaration as a Response of the WCO Data Model 3.6, in the form of HMRC's notifications.

    Answer ──write──▶ MetaData/Response: FunctionCode, Error with Pointer, Declaration, taxes by item

| Answer   | FunctionCode | HMRC's name |
| accepted | 01           | DMSACC      |
| rejected | 03           | DMSREJ      |
| released | 09           | DMSCLE      |
| assessed | 13           | DMSTAX      |

A pointer leads to an element of the declaration by the model's numbers, such as 42A, 67A, 68A of the second
item, 23A, 21A, 145. They are read from the schema of declarations, so that every element of a refusal's path
has its own.

Source: notifications and schemas of hmrc/customs-declarations (Apache License 2.0). The schema of responses
itself is not published there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal
from tasviya.core.money import format_minor
from tasviya.customs.formats.answer import Answer, AnswerStatus, AnswerTax

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

META = "urn:wco:datamodel:WCO:DocumentMetaData-DMS:2"
RESPONSE = "urn:wco:datamodel:WCO:RES-DMS:2"
TYPES = "urn:wco:datamodel:WCO:Response_DS:DMS:2"
PREFIXES = {"md": META, "res": RESPONSE, "ds": TYPES}
FUNCTIONS = {
    AnswerStatus.ACCEPTED: "01",
    AnswerStatus.REJECTED: "03",
    AnswerStatus.RELEASED: "09",
    AnswerStatus.ASSESSED: "13",
}
_ITEM = "GoodsShipment/GovernmentAgencyGoodsItem"
FIELDS = {
    "lrn": "FunctionalReferenceID",
    "mrn": "ID",
    "kind": "TypeCode",
    "type": "TypeCode",
    "office": "PresentationOffice/ID",
    "declarant": "Declarant",
    "declarant.country": "Declarant/Address/CountryCode",
    "importer": "GoodsShipment/Importer",
    "importer.country": "GoodsShipment/Importer/Address/CountryCode",
    "exporter": "Exporter",
    "exporter.country": "Exporter/Address/CountryCode",
    "dispatch_country": "GoodsShipment/ExportCountry/ID",
    "destination_country": "GoodsShipment/Destination/CountryCode",
    "delivery": "GoodsShipment/TradeTerms",
    "invoice": "InvoiceAmount",
    "charges": "GoodsShipment/CustomsValuation",
    "gross_mass": "TotalGrossMassMeasure",
    "packages": "TotalPackageQuantity",
    "documents": "AdditionalDocument",
    "previous": "GoodsShipment/PreviousDocument",
    "items": _ITEM,
    "items.number": f"{_ITEM}/SequenceNumeric",
    "items.goods": f"{_ITEM}/Commodity/Classification/ID",
    "items.description": f"{_ITEM}/Commodity/Description",
    "items.origin": f"{_ITEM}/Origin/CountryCode",
    "items.preferential_origin": f"{_ITEM}/Origin/CountryCode",
    "items.preference": f"{_ITEM}/Commodity/DutyTaxFee/DutyRegimeCode",
    "items.quota": f"{_ITEM}/Commodity/DutyTaxFee/QuotaOrderID",
    "items.invoice": f"{_ITEM}/Commodity/InvoiceLine/ItemChargeAmount",
    "items.statistical": f"{_ITEM}/StatisticalValueAmount",
    "items.charges": f"{_ITEM}/CustomsValuation",
    "items.quantities": f"{_ITEM}/Commodity/GoodsMeasure",
    "items.quantities.kg": f"{_ITEM}/Commodity/GoodsMeasure/NetNetWeightMeasure",
    "items.quantities.kg_gross": f"{_ITEM}/Commodity/GoodsMeasure/GrossMassMeasure",
    "items.supplementary": f"{_ITEM}/Commodity/GoodsMeasure/TariffQuantity",
    "items.procedure": f"{_ITEM}/GovernmentProcedure/CurrentCode",
    "items.documents": f"{_ITEM}/AdditionalDocument",
    "items.previous": f"{_ITEM}/PreviousDocument",
}
"""By a declaration's field, the element of the model below Declaration."""
_STEP = re.compile(r"([^.\[\]/]+)(?:\[(\d+)\])?")
_SECTION = re.compile(r"[0-9]{2}[A-Z]")
_RATE = re.compile(r"([0-9]+)(\.[0-9]+)?\s*%")
_NO_SIGN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SCHEMA = "{http://www.w3.org/2001/XMLSchema}"


def write(answer: Answer, reference: str, version: int = 1) -> bytes:
    """An answer as a Response in MetaData, in UTF-8. reference: the answer's own number. version: of the
    declaration, from 1. Signs that XML has no place for become U+FFFD.

    Raises: UnknownCurrency if a tax's currency is none, as its decimals are not known.
    """
    root = etree.Element(f"{{{META}}}MetaData", nsmap=PREFIXES)
    for name, text in (
        ("WCODataModelVersionCode", "3.6"),
        ("WCOTypeName", "RES"),
        ("ResponsibleCountryCode", ""),
        ("ResponsibleAgencyName", ""),
        ("AgencyAssignedCustomizationCode", ""),
        ("AgencyAssignedCustomizationVersionCode", ""),
    ):
        etree.SubElement(root, f"{{{META}}}{name}").text = text or None
    response = etree.SubElement(root, f"{{{RESPONSE}}}Response")
    _put(response, "FunctionCode", FUNCTIONS[answer.status])
    _put(response, "FunctionalReferenceID", reference)
    _put_instant(response, "IssueDateTime", answer.instant)
    for refusal in answer.refusals:
        _put_error(response, refusal)
    declaration = _put(response, "Declaration")
    if answer.status is AnswerStatus.ACCEPTED:
        _put_instant(declaration, "AcceptanceDateTime", answer.instant)
    _put(declaration, "FunctionalReferenceID", answer.lrn)
    if answer.mrn:
        _put(declaration, "ID", answer.mrn)
    if answer.status is AnswerStatus.REJECTED:
        _put_instant(declaration, "RejectionDateTime", answer.instant)
    _put(declaration, "VersionID", str(version))
    if answer.taxes:
        shipment = _put(declaration, "GoodsShipment")
        for number in sorted({each.item for each in answer.taxes}):
            _put_taxes(shipment, number, [each for each in answer.taxes if each.item == number])
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def pointer(where: str) -> list[tuple[int | None, str, str]]:
    """The steps to what a refusal names: place in its list from 1, section, and the element in it, each empty
    where there is none. where: a declaration's field, or a path in XML of the model. The whole declaration,
    if it is neither."""
    steps = _steps(where)
    known, found, path = identifiers(), list[tuple[int | None, str, str]](), ""
    for name, place in [("Declaration", None), *steps]:
        path = f"{path}/{name}"
        number = known.get(path, "")
        if _SECTION.fullmatch(number):
            found.append((place, number, ""))
        elif number and found:
            found[-1] = (found[-1][0], found[-1][1], number)
    return found


@cache
def identifiers() -> Mapping[str, str]:
    """The model's number of every element of a declaration, by its path from /Declaration."""
    raw = files("tasviya.customs.formats").joinpath("schemas/wco_cds/WCO_DEC_2_DMS.xsd").read_bytes()
    found: dict[str, str] = {}
    waiting: list[tuple[Element, str]] = [(etree.fromstring(raw), "")]
    while waiting:
        element, path = waiting.pop()
        for each in element:
            if each.tag == f"{_SCHEMA}element":
                own = f"{path}/{each.get('name')}"
                number = each.find(f"{_SCHEMA}annotation//{{*}}WCOID")
                found[own] = "" if number is None else (number.text or "").strip()
                waiting.append((each, own))
            elif each.tag in (f"{_SCHEMA}complexType", f"{_SCHEMA}sequence", f"{_SCHEMA}choice"):
                # The declaration's type is named, and stands beside its element.
                waiting.append((each, f"/{each.get('name')}" if each.get("name") else path))
    return found


def _steps(where: str) -> list[tuple[str, int | None]]:
    """Names of elements below Declaration, and their places from 1 where these are given."""
    steps = [(name, int(place) if place else None) for name, place in _STEP.findall(where)]
    if where.startswith("/"):
        names = [name for name, _ in steps]
        return steps[names.index("Declaration") + 1 :] if "Declaration" in names else []
    keys = [".".join(name for name, _ in steps[:end]) for end in range(len(steps), 0, -1)]
    key = next((each for each in keys if each in FIELDS), "")
    places = [place + 1 for _, place in steps if place is not None]
    found: list[tuple[str, int | None]] = []
    for name in FIELDS[key].split("/") if key else []:
        listed = name in ("GovernmentAgencyGoodsItem", "AdditionalDocument", "PreviousDocument")
        found.append((name, places.pop(0) if listed and places else None))
    return found


def _put(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    element = etree.SubElement(parent, f"{{{RESPONSE}}}{name}", attributes)
    element.text = _NO_SIGN.sub("\ufffd", text) or None
    return element


def _put_instant(parent: Element, name: str, instant: datetime) -> None:
    element = _put(parent, name)
    inner = etree.SubElement(element, f"{{{TYPES}}}DateTimeString", {"formatCode": "304"})
    inner.text = f"{instant.astimezone(UTC):%Y%m%d%H%M%S}Z"


def _put_error(parent: Element, refusal: Refusal) -> None:
    error = _put(parent, "Error")
    _put(error, "Description", f"{refusal.what} {refusal.cure}")
    _put(error, "ValidationCode", refusal.reason)
    for place, section, tag in pointer(refusal.where):
        step = _put(error, "Pointer")
        if place is not None:
            _put(step, "SequenceNumeric", str(place))
        _put(step, "DocumentSectionCode", section)
        if tag:
            _put(step, "TagID", tag)


def _put_taxes(parent: Element, number: int, taxes: list[AnswerTax]) -> None:
    item = _put(parent, "GovernmentAgencyGoodsItem")
    _put(item, "SequenceNumeric", str(number))
    commodity = _put(item, "Commodity")
    for tax in taxes:
        fee = _put(commodity, "DutyTaxFee")
        if tax.base is not None:
            _put(fee, "AdValoremTaxBaseAmount", _money(tax.base, tax.currency), currencyID=tax.currency)
        if rate := _RATE.fullmatch(tax.rate):
            _put(fee, "TaxRateNumeric", f"{rate[1]}{(rate[2] or '.').ljust(3, '0')}")
        _put(fee, "TypeCode", tax.tax)
        payment = _put(fee, "Payment")
        for name in ("TaxAssessedAmount", "PaymentAmount"):
            _put(payment, name, _money(tax.amount, tax.currency), currencyID=tax.currency)


def _money(minor: int, code: str) -> str:
    return format_minor(minor, currency(code).decimals)
