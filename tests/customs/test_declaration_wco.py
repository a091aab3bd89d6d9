"""XML of the WCO Data Model: HMRC's published declarations are read as they are, and bad ones are refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Amount, Charge, ChargeKind, Declaration, Kind
from tasviya.customs.declaration_rules import check
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats import declaration_json
from tasviya.customs.formats.result import Reading
from tasviya.customs.formats.wco import SIZE_MAX, WCO_CODES, read
from tasviya.messages.xml import FAILURES

DATA = Path(__file__).parent / "data"
SHARED = Path(os.environ.get("TASVIYA_SHARED") or Path(__file__).parents[3] / "shared") / "data" / "customs"
SHAVERS = (DATA / "TT_IM001a_decl.xml").read_text(encoding="utf-8")


def reading(raw: bytes) -> Reading:
    found = read(raw)
    assert isinstance(found, Reading), [str(each) for each in found]
    return found


def refused(raw: bytes) -> Refusal:
    found = read(raw)
    assert isinstance(found, list)
    assert all(each.reason in {*WCO_CODES, *FAILURES, "CR06"} for each in found)
    assert len(found) == 1, [str(each) for each in found]
    return found[0]


def published() -> Iterator[Path]:
    yield from sorted((SHARED / "cds").glob("*_decl.xml"))


def test_a_declaration_of_shavers() -> None:
    """What HMRC's comments in the file say of each element."""
    found = reading(SHAVERS.encode())
    declared, item = found.declaration, found.declaration.items[0]
    assert (declared.lrn, declared.kind, declared.type) == ("7847767E1WB6", Kind.IMPORT, "IMA")
    assert (declared.dispatch_country, declared.destination_country) == ("US", "GB")
    assert (declared.delivery.code, declared.delivery.place, declared.packages) == ("CIF", "GBWLA", 50)
    assert (declared.exporter.name, declared.exporter.country) == ("US Clipper Inc.", "US")
    assert (declared.declarant.id, declared.importer.id) == ("GB603202734852", "GB553202734852")
    assert declared.previous[1].line == 1 and declared.previous[1].reference == "24GB34F7Y1O2CX8PT4"
    assert (item.goods, item.origin, item.procedure) == ("8510900000", "US", "4000")
    assert (item.preference, item.additional_procedures) == ("100", ("000",))
    assert item.invoice == Amount(100_000, "GBP")
    assert item.quantities == {Unit.KG: 100_000, Unit.KG_GROSS: 150_000}
    assert [each.type for each in item.documents] == ["C506", "N935", "C505"]
    assert check(declared) == []


def test_a_declaration_of_juice_with_a_quota() -> None:
    item = reading((DATA / "TT_IM065a_decl.xml").read_bytes()).declaration.items[0]
    assert (item.goods, item.origin, item.preferential_origin) == ("2009419220", "MX", "MX")
    assert (item.preference, item.quota, item.invoice) == ("320", "051867", Amount(140_000, "GBP"))


def test_what_has_no_field_is_told() -> None:
    left_out = reading(SHAVERS.encode()).left_out
    assert "/Declaration/GoodsShipment/GovernmentAgencyGoodsItem/CustomsValuation/MethodCode" in left_out
    assert not any(each.endswith(("Description", "ItemChargeAmount", "DutyRegimeCode")) for each in left_out)


def test_every_published_declaration_is_read_and_keeps_the_rules() -> None:
    files = list(published())
    if not files:
        pytest.skip("HMRC's published declarations are not at hand")
    for file in files:
        declared = reading(file.read_bytes()).declaration
        assert check(declared) == [], file.name
        assert declaration_json.read(declaration_json.write(declared)) == declared
    assert len(files) == 10
    export = reading((SHARED / "cds" / "export_EX001a.xml").read_bytes()).declaration
    assert export.kind is Kind.EXPORT and check(export) == []


def test_fields_are_those_that_others_read_from_the_same_files() -> None:
    """Goods, origins, procedure, amount and preference beside HMRC's answers."""
    file = SHARED / "vectors" / "hmrc_end_to_end.json"
    if not file.is_file():
        pytest.skip("the fields of HMRC's declarations are not at hand")
    known = {each["case"]: each for each in json.loads(file.read_text(encoding="utf-8"))}
    compared = 0
    for path in published():
        case = known.get(path.name.removesuffix("_decl.xml"))
        if case is None:
            continue
        item = reading(path.read_bytes()).declaration.items[int(case["item"]) - 1]
        assert item.goods == case["commodity"], path.name
        assert sorted(filter(None, (item.origin, item.preferential_origin))) == sorted(case["origin"])
        assert item.procedure == "".join(case["proc"][0])
        amount, code = case["invoice"]
        assert item.invoice == Amount(int(amount) * 100, code)
        assert [item.preference] == [each for each in case["pref"] if each]
        compared += 1
    assert compared == 10


def test_malformed_xml_is_refused_with_its_line() -> None:
    """HMRC's own sample has `--` in a comment."""
    found = refused((DATA / "bad_not_wellformed_EX002a.xml").read_bytes())
    assert (found.reason, found.where) == ("NOT-XML", "line 72")


def changed(old: str, new: str) -> bytes:
    assert old in SHAVERS
    return SHAVERS.replace(old, new).encode()


BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'
ITEM = "/Declaration/GoodsShipment/GovernmentAgencyGoodsItem"
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "an entity bomb": (BOMB.encode(), "DOCTYPE", ""),
    "a file of another kind": (b"<a/>", "DW01", "/a"),
    "cut off": (SHAVERS[: SHAVERS.index("<Consignment>")].encode(), "CUT-OFF", "line 109"),
    "too large": (b"<a>" + b" " * SIZE_MAX + b"</a>", "TOO-LARGE", ""),
    "another encoding": (SHAVERS.encode("utf-16"), "ENCODING", ""),
    "an unknown element": (
        changed("<FunctionCode>9</FunctionCode>", "<FunctionCode>9</FunctionCode><Colour>red</Colour>"),
        "DW02",
        "/MetaData/Declaration/Colour",
    ),
    "a price without a number": (
        changed(">1000</ItemChargeAmount>", ">a lot</ItemChargeAmount>"),
        "DW02",
        "/MetaData" + ITEM + "/Commodity/InvoiceLine/ItemChargeAmount",
    ),
    "an unknown type": (changed("IMA</TypeCode>", "ZZA</TypeCode>"), "DW03", "/Declaration/TypeCode"),
    "a third of a penny": (
        changed(">1000</ItemChargeAmount>", ">1000.333</ItemChargeAmount>"),
        "DW04",
        ITEM + "/Commodity/InvoiceLine/ItemChargeAmount",
    ),
    "a tenth of a gram": (
        changed(">100</NetNetWeightMeasure>", ">100.0001</NetNetWeightMeasure>"),
        "DW04",
        ITEM + "/Commodity/GoodsMeasure/NetNetWeightMeasure",
    ),
    "two items that are one": (
        changed("<GoodsItemQuantity>1<", "<GoodsItemQuantity>2<"),
        "DW05",
        "/Declaration/GoodsItemQuantity",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_right_is_refused_with_its_path(case: str) -> None:
    raw, code, where = REFUSED[case]
    found = refused(raw)
    assert found.reason == code and found.cure.endswith(".")
    assert found.where == where
    if code.startswith("DW0") and code != "DW01":
        assert "(line " in found.what


def charged(code: str, amount: str = "12.50") -> Declaration | list[Refusal]:
    charge = f'<ChargeDeduction><ChargesTypeCode>{code}</ChargesTypeCode><OtherChargeDeductionAmount \
currencyID="GBP">{amount}</OtherChargeDeductionAmount></ChargeDeduction>'
    found = read(changed("</CustomsValuation>", f"{charge}</CustomsValuation>"))
    return found.declaration if isinstance(found, Reading) else found


@pytest.mark.parametrize(
    ("code", "kind"),
    [("AK", ChargeKind.FREIGHT), ("AB", ChargeKind.ADDITION), ("BA", ChargeKind.DEDUCTION)],
)
def test_charges_are_told_apart_by_their_code(code: str, kind: ChargeKind) -> None:
    declared = charged(code)
    assert isinstance(declared, Declaration), [str(each) for each in declared]
    (charge,) = declared.items[0].charges
    assert (charge.kind, charge.amount, charge.code) == (kind, Amount(1250, "GBP"), code)


def test_a_charge_that_nobody_knows_is_refused() -> None:
    found = charged("QQ")
    assert isinstance(found, list) and found[0].reason == "DW06"


NET = "<NetNetWeightMeasure>100</NetNetWeightMeasure>"


def test_a_supplementary_quantity_without_a_unit_is_no_quantity_of_a_unit() -> None:
    """TariffQuantity counts what the tariff lays down; to take it for items or litres would be a guess."""
    (item,) = reading(changed(NET, f"{NET}<TariffQuantity>12.5</TariffQuantity>")).declaration.items
    assert item.supplementary == 12_500 and set(item.quantities) == {Unit.KG, Unit.KG_GROSS}
    named = changed(NET, f'{NET}<TariffQuantity unitCode="NAR">12</TariffQuantity>')
    (item,) = reading(named).declaration.items
    assert item.supplementary is None and item.quantities[Unit.ITEM] == 12_000


@pytest.mark.parametrize(
    ("unit", "quantity", "found"),
    [("HLT", "1.5", {Unit.HL: 1_500}), ("TNE", "0.1", {}), ("TNE", "7", None), ("TNE#I", "1", None)],
)
def test_quantities_of_taxes_are_taken_if_their_unit_is_known(
    unit: str, quantity: str, found: dict[Unit, int] | None
) -> None:
    """One that contradicts the net mass, or whose unit is not known, is told as left out."""
    code = "<DutyRegimeCode>100</DutyRegimeCode>"
    element = f'<SpecificTaxBaseQuantity unitCode="{unit}">{quantity}</SpecificTaxBaseQuantity>'
    read_ = reading(changed(code, code + element))
    known = {Unit.KG: 100_000, Unit.KG_GROSS: 150_000}
    assert read_.declaration.items[0].quantities == known | (found or {})
    assert any(each.endswith("/SpecificTaxBaseQuantity") for each in read_.left_out) == (found is None)


def test_masses_in_tonnes_are_kilograms() -> None:
    (item,) = reading(
        changed(NET, '<NetNetWeightMeasure unitCode="TNE">0.1</NetNetWeightMeasure>')
    ).declaration.items
    assert item.quantities[Unit.KG] == 100_000


@given(st.integers(0, len(SHAVERS) - 1), st.binary(max_size=3), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_no_file_makes_it_raise(place: int, put: bytes, cut: int) -> None:
    raw = SHAVERS.encode()
    found = read(raw[:place] + put + raw[place + cut :])
    assert isinstance(found, Reading) or all(each.what and each.cure for each in found)


def test_the_whole_shipments_invoice_mass_and_freight_are_read() -> None:
    valued = '<CustomsValuation><FreightChargeAmount currencyID="EUR">80.50</FreightChargeAmount>'
    raw = changed("<Destination>", f"{valued}</CustomsValuation><Destination>").decode()
    whole = '<InvoiceAmount currencyID="GBP">1000.01</InvoiceAmount>'
    packages = "<TotalGrossMassMeasure>99</TotalGrossMassMeasure><TotalPackageQuantity>50"
    raw = raw.replace("</GoodsItemQuantity>", f"</GoodsItemQuantity>{whole}")
    declared = reading(raw.replace("<TotalPackageQuantity>50", packages).encode()).declaration
    assert declared.charges == (Charge(ChargeKind.FREIGHT, Amount(8_050, "EUR")),)
    assert (declared.invoice, declared.gross_mass) == (Amount(100_001, "GBP"), 99_000)
    assert [each.reason for each in check(declared)] == ["CR07", "CR08"]


def test_a_currency_that_is_none_is_refused() -> None:
    found = refused(changed('currencyID="GBP"', 'currencyID="GBX"'))
    assert found.reason == "CR06" and found.where.endswith("/ItemChargeAmount")
