"""Declarations are kept, judged once, frozen at acceptance, and changed only by who may."""

from __future__ import annotations

import pytest
from customs_union import CUSTOMS, LAW, MEASURES, TRADER, CustomsUnion, declaration
from exchange_union import A

from tasviya.app import ask_customs
from tasviya.core.errors import OperatorError, Refusal
from tasviya.customs.formats import declaration_json
from tasviya.customs.lodgement import Lodgement
from tasviya.services.lodging import Lodging, amend, save

KZ = CUSTOMS["KZ"]


def saved(union: CustomsUnion, body: bytes) -> Lodgement:
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)
    return union.ok(lambda work: save(work, Lodging("KZ", declared, body, TRADER)))


def amended(
    union: CustomsUnion, mrn: str, actor: str = TRADER, reason: str = "", **changes: str
) -> Lodgement | list[Refusal]:
    body = declaration(**changes)
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)
    return union.ok(lambda work: amend(work, mrn, declared, body, actor, reason))  # type: ignore[arg-type, return-value]


def test_draft_is_kept_and_replaced_until_it_is_lodged(union: CustomsUnion) -> None:
    assert saved(union, declaration(price="1.00")).status == "draft"
    assert saved(union, declaration(price="1000.00")).status == "draft"
    lodged = union.lodge(price="1000.00")
    assert (lodged.seq, lodged.status, lodged.assessed) == (1, "accepted", 232_00)


def test_what_is_wrong_is_kept_with_every_fault_and_can_be_put_right(union: CustomsUnion) -> None:
    bad = union.lodge(goods="84151", currency="USD")
    assert bad.status == "rejected" and bad.mrn == ""
    assert len(bad.faults) >= 1 and all(each.cure for each in bad.faults)
    assert union.lodge().status == "accepted"


def test_lost_leading_zero_is_suggested_and_never_padded(union: CustomsUnion) -> None:
    (fault,) = union.lodge(goods="10121").faults
    assert "010121" in fault.what + fault.cure
    assert fault.where == "items[0].goods"


def test_same_bytes_get_the_same_answer_and_others_are_a_conflict(union: CustomsUnion) -> None:
    first, again = union.lodge(), union.lodge()
    assert first == again
    with pytest.raises(OperatorError) as refused:
        union.lodge(price="2000.00")
    assert refused.value.refusal.reason == "CU04"


def test_missing_official_rate_is_a_fault_and_nothing_is_made_up(union: CustomsUnion) -> None:
    (fault,) = union.lodge(currency="EUR").faults
    assert (fault.code, union.customs_books()) == ("CD03", {})


def test_tariff_and_rates_are_frozen_at_acceptance(union: CustomsUnion) -> None:
    lodged = union.lodge(price="100.00", currency="INR")
    assert lodged.rates["INR"] == "25/4"
    assert lodged.assessed == 145_00  # 625.00 KZT: 62.50 and 12 per cent of 687.50
    law = LAW.replace("{member}", "KZ").replace("{currency}", "KZT")
    union.publish("KZ", law, MEASURES.replace("10%", "50%"), "2026-09-30")
    union.at("10:30", "2026-09-30").settle()
    found = amended(union, lodged.mrn, price="200.00", currency="INR")
    assert isinstance(found, Lodgement)
    assert (found.version, found.assessed, found.tariff) == (2, 290_00, lodged.tariff)
    assert union.lodge(number="D-2").assessed == 680_00  # 50 per cent, and VAT of 1,500


def test_amendment_asks_for_the_rest(union: CustomsUnion) -> None:
    lodged = union.lodge()
    union.pay(A, KZ, "100.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    amended(union, lodged.mrn, price="2000.00")
    assert union.lodged(lodged.mrn)["waits_for"].startswith("payment of 364.00 KZT")
    union.pay(A, KZ, "364.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    assert union.lodged(lodged.mrn)["status"] == "released"
    assert union.customs_books() == {"KZ/cash": 464_00, "KZ/pool/DUTY": 200_00, "KZ/revenue/VAT": 264_00}


def test_amendment_to_less_releases_what_is_paid_and_owes_the_rest_back(union: CustomsUnion) -> None:
    lodged = union.lodge()
    union.pay(A, KZ, "200.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    amended(union, lodged.mrn, price="500.00")
    assert union.lodged(lodged.mrn)["status"] == "released"
    books = union.customs_books()
    assert (books["KZ/revenue/VAT"], books[f"KZ/refund/{lodged.mrn}"]) == (66_00, 84_00)
    assert "KZ/due" not in books


def test_released_declaration_is_not_amended(union: CustomsUnion) -> None:
    lodged = union.lodge(goods="490110")
    with pytest.raises(OperatorError) as refused:
        amended(union, lodged.mrn, price="2.00")
    assert "correction" in refused.value.refusal.cure


@pytest.mark.parametrize(
    ("actor", "reason", "code"), [("KZ.officer.1", "", "CU05"), ("KZ.chief", "x", "RO01")]
)
def test_who_amends_anothers_declaration_is_an_officer_with_a_reason(
    union: CustomsUnion, actor: str, reason: str, code: str
) -> None:
    lodged = union.lodge()
    with pytest.raises(OperatorError) as refused:
        amended(union, lodged.mrn, actor, reason, price="2000.00")
    assert refused.value.refusal.reason == code
    assert union.lodged(lodged.mrn)["assessed"] == "232.00"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"kind": "export"}, "kind"),
        ({"number": "D-9"}, "lrn"),
        ({"declarant": "KZ-TRADER-8"}, "declarant.id"),
    ],
)
def test_amendment_is_of_the_same_declaration(
    union: CustomsUnion, changes: dict[str, str], where: str
) -> None:
    lodged = union.lodge()
    with pytest.raises(OperatorError) as refused:
        amended(union, lodged.mrn, **changes)
    assert (refused.value.refusal.reason, refused.value.refusal.where) == ("CU05", where)
    assert union.lodged(lodged.mrn)["waits_for"].startswith("payment of 232.00 KZT")


def test_officer_amends_with_a_reason(union: CustomsUnion) -> None:
    lodged = union.lodge()
    amended(union, lodged.mrn, "KZ.officer.1", "weighed anew", price="2000.00")
    assert union.lodged(lodged.mrn)["assessed"] == "464.00"


def test_import_goes_where_it_is_imported(union: CustomsUnion) -> None:
    (fault,) = union.lodge(destination_country="IN").faults
    assert (fault.code, fault.where) == ("CU06", "destination_country")


def test_transit_is_not_released_without_a_guarantee(union: CustomsUnion) -> None:
    lodged = union.lodge(kind="transit")
    assert (lodged.status, lodged.faults[0].code, lodged.faults[0].where) == ("rejected", "CU06", "kind")


@pytest.mark.parametrize("text", ["حبوب القمح", "زعفران مرغوب\u200cترین", "Пшеница твёрдая", "第三批小麦"])
def test_text_in_every_script_stays_as_it_is(union: CustomsUnion, text: str) -> None:
    lodged = union.lodge(item={"description": text})
    asked = ask_customs(union.home).found(lodged.mrn)
    declared = declaration_json.read(asked.body)
    assert not isinstance(declared, list)
    assert declared.items[0].description == text


def test_shipment_is_followed_from_export_to_release_and_netting(union: CustomsUnion) -> None:
    export = union.lodge("IN", number="E-1", kind="export", declarant="IN-SELLER-1", destination_country="KZ")
    assert export.status == "released"
    previous = [{"type": "N830", "reference": export.mrn}]
    lodged = union.lodge(previous=previous)
    assert lodged.ucr == export.mrn
    union.through("DELTIN20XXX", KZ, "232.00", "KZT", "INR", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    steps = ask_customs(union.home).trace(export.mrn)
    told = [f"{step['member']} {step['words']}" for step in steps]
    order = ["IN accepted", "IN goods released", "KZ accepted", "KZ assessed", "KZ IN-D pays", "KZ goods rel"]
    places = [next(i for i, each in enumerate(told) if each.startswith(start)) for start in order]
    assert sorted(places[:2]) == places[:2] and places[2] < places[3] < places[4]
    assert any("move from the position of INR to that of KZT" in each for each in told)
    assert ask_customs(union.home).trace(lodged.mrn) == steps
