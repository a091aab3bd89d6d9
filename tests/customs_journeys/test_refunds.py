"""What is released is corrected; what was paid too much is given back, once, and by two persons."""

from __future__ import annotations

from datetime import date

import pytest
from customs_acts import (
    CHIEF,
    DUE,
    KZ,
    OFFICER,
    accepted_one,
    asked,
    charged,
    claim_of,
    corrected,
    deferred,
    granted,
    guaranteed,
    refused,
    released,
    send_refund,
    with_refunds,
)
from customs_union import TRADER, CustomsUnion, declaration
from exchange_union import A, B

from tasviya.customs.formats import declaration_json
from tasviya.services.corrections import correct
from tasviya.services.lodging import amend, invalidate
from tasviya.services.refunds import grant_refund, pay_to_cash, payable, refuse_refund
from tasviya.services.securing import call_overdue, pay_from_cash


@pytest.fixture
def union(union: CustomsUnion) -> CustomsUnion:
    """As everywhere here, with a law on refunds."""
    return with_refunds(union)


# --- corrections ------------------------------------------------------------------------------------


def test_correction_upwards_is_a_claim_of_its_own_and_is_paid_like_one(union: CustomsUnion) -> None:
    mrn = released(union)
    done = corrected(union, mrn, "1500.00")
    assert done.claim is not None and done.refund is None
    assert done.claim.taxes == {"DUTY": 50_00, "VAT": 66_00}
    assert done.claim.due_on == "2026-10-09"
    assert union.customs_books() == {
        "KZ/cash": DUE, "KZ/pool/DUTY": 100_00, "KZ/revenue/VAT": 132_00,
        "KZ/due": 116_00, "KZ/accrued/DUTY": 50_00, "KZ/accrued/VAT": 66_00,
    }  # fmt: skip
    union.pay(A, KZ, "116.00", remittance=f"/MRN/{done.claim.reference}")
    union.settle()
    assert union.customs_books() == {
        "KZ/cash": 348_00, "KZ/pool/DUTY": 150_00, "KZ/revenue/VAT": 198_00,
    }  # fmt: skip
    assert union.lodged(mrn)["assessed"] == "348.00"


def test_correction_is_paid_from_the_cash_account_too(union: CustomsUnion) -> None:
    mrn = released(union)
    union.pay(A, KZ, "116.00", remittance=f"/CASH/{TRADER}")
    union.settle()
    claim = corrected(union, mrn, "1500.00").claim
    assert claim is not None
    union.ok(lambda work: pay_from_cash(work, claim.reference, TRADER))
    assert claim_of(union, claim.reference).status == "met"


def test_correction_downwards_gives_nothing_back_by_itself(union: CustomsUnion) -> None:
    mrn = released(union)
    done = corrected(union, mrn, "500.00")
    assert done.claim is None and done.refund is not None
    assert done.refund.taxes == {"DUTY": 50_00, "VAT": 66_00}
    assert "KZ/refund" not in str(union.customs_books())
    granted(union, done.refund.reference)
    assert union.customs_books() == {
        "KZ/cash": DUE, "KZ/pool/DUTY": 50_00, "KZ/revenue/VAT": 66_00, f"KZ/refund/{mrn}": 116_00,
    }  # fmt: skip
    assert union.lodged(mrn)["assessed"] == "116.00"


def test_correction_below_the_laws_least_amount_is_refused(union: CustomsUnion) -> None:
    mrn = released(union)
    with refused("RD03"):
        corrected(union, mrn, "1010.00")
    assert union.lodged(mrn)["version"] == 1


def test_officer_does_not_correct_what_is_not_released(union: CustomsUnion) -> None:
    mrn = union.lodge().mrn
    with refused("RD01"):
        corrected(union, mrn, "1500.00")


def test_trader_does_not_correct(union: CustomsUnion) -> None:
    mrn, body = released(union), declaration(price="500.00")
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)
    with refused("RO01"):
        union.ok(lambda work: accepted_one(correct(work, mrn, declared, body, TRADER, "mine")))


def test_correction_after_three_years_demands_nothing(union: CustomsUnion) -> None:
    mrn = released(union)
    union.at("10:30", "2029-10-01")
    with refused("RD03"):
        corrected(union, mrn, "1500.00")


# --- refunds ----------------------------------------------------------------------------------------


def test_refund_is_asked_granted_by_another_and_paid_through_a_bank(union: CustomsUnion) -> None:
    mrn = released(union)
    refund = asked(union, mrn, "500.00")
    assert refund.reference == f"{mrn}-R1"
    granted(union, refund.reference)
    before = union.balance(B)
    send_refund(union, refund.reference)
    assert union.balance(B) == before + 116_00
    assert claim_of(union, refund.reference).status == "met"
    assert union.customs_books() == {
        "KZ/cash": 116_00, "KZ/pool/DUTY": 50_00, "KZ/revenue/VAT": 66_00,
    }  # fmt: skip
    assert union.lodged(mrn)["version"] == 2


def test_refund_is_paid_once(union: CustomsUnion) -> None:
    mrn = released(union)
    reference = asked(union, mrn, "500.00").reference
    granted(union, reference)
    send_refund(union, reference)
    with refused("RD04"):
        union.ok(lambda work: payable(work, reference, CHIEF))
    with refused("RD04"):
        union.ok(lambda work: pay_to_cash(work, reference, CHIEF))


def test_refund_to_the_cash_account_pays_the_next_declaration(union: CustomsUnion) -> None:
    mrn = released(union)
    granted(union, asked(union, mrn, {"VAT": 132_00, "DUTY": 100_00}).reference, to_cash=True)
    assert union.customs_books() == {"KZ/cash": DUE, f"KZ/trader_cash/{TRADER}": DUE}
    second = union.lodge(number="D-2")
    union.ok(lambda work: pay_from_cash(work, second.mrn, TRADER))
    assert union.lodged(second.mrn)["status"] == "released"


def test_who_asks_does_not_grant(union: CustomsUnion) -> None:
    mrn = released(union)
    done = corrected(union, mrn, "500.00")
    assert done.refund is not None
    reference = done.refund.reference
    for person, code in ((OFFICER, "RO01"), (TRADER, "RO01")):
        with refused(code):
            union.ok(lambda work, person=person: grant_refund(work, reference, person))


def test_supervisor_who_asked_does_not_grant(union: CustomsUnion) -> None:
    mrn = released(union, actor=CHIEF)
    reference = asked(union, mrn, "500.00", actor=CHIEF).reference
    with refused("RO02"):
        granted(union, reference)


def test_refused_refund_gives_nothing_and_lets_another_be_asked(union: CustomsUnion) -> None:
    mrn = released(union)
    first = asked(union, mrn, "500.00")
    with refused("RD04"):
        asked(union, mrn, "600.00")
    done = union.ok(lambda work: refuse_refund(work, first.reference, CHIEF, "the invoice stands"))
    assert done.explanation[-1] == "refused: the invoice stands"
    assert union.customs_books() == {"KZ/cash": DUE, "KZ/pool/DUTY": 100_00, "KZ/revenue/VAT": 132_00}
    assert asked(union, mrn, "600.00").reference == f"{mrn}-R2"
    with refused("RD04"):
        granted(union, first.reference)


def test_never_more_than_was_paid_comes_back(union: CustomsUnion) -> None:
    mrn = released(union)
    granted(union, asked(union, mrn, {"VAT": 100_00}).reference)
    with refused("AJ01"):
        asked(union, mrn, {"VAT": 32_01})
    granted(union, asked(union, mrn, {"VAT": 32_00}).reference)
    assert union.customs_books()[f"KZ/refund/{mrn}"] == 132_00


def test_refund_on_another_version_is_not_granted(union: CustomsUnion) -> None:
    mrn = released(union)
    reference = asked(union, mrn, "500.00").reference
    corrected(union, mrn, "1500.00")
    with refused("RD05"):
        granted(union, reference)


def test_trader_does_not_raise_taxes_by_a_refund(union: CustomsUnion) -> None:
    mrn = released(union)
    with refused("RD02"):
        asked(union, mrn, "1500.00")


def test_refund_that_a_bank_returns_is_owed_again(union: CustomsUnion) -> None:
    mrn = released(union)
    reference = asked(union, mrn, "500.00").reference
    granted(union, reference)
    send_refund(union, reference)
    (sent,) = [each for each in union.onward(B) if reference in str(each.remittance)]
    union.give_back(B, str(sent.uetr), "116.00")
    union.settle()
    claim = claim_of(union, reference)
    assert (claim.status, claim.left, claim.on_the_way) == ("open", 116_00, 0)
    assert union.customs_books()[f"KZ/refund/{mrn}"] == 116_00
    assert union.customs_books()["KZ/cash"] == DUE


# --- what is not paid yet ---------------------------------------------------------------------------


def test_refund_first_lowers_what_is_deferred(union: CustomsUnion) -> None:
    grn = guaranteed(union, DUE)
    mrn = deferred(union, grn)
    refund = granted(union, asked(union, mrn, "500.00").reference)
    assert (refund.taxes, refund.remitted) == ({}, {"DUTY": 50_00, "VAT": 66_00})
    assert union.customs_books() == {
        f"KZ/deferred/{TRADER}": 116_00, "KZ/accrued/DUTY": 50_00, "KZ/accrued/VAT": 66_00,
        f"KZ/guarantee/{grn}": DUE,
    }  # fmt: skip
    union.at("10:30", "2026-09-30").settle()
    (month,) = charged(union, date(2026, 9, 30), date(2026, 10, 15))
    assert month.total == 116_00
    union.pay(A, KZ, "116.00", remittance=f"/MRN/{month.reference}")
    union.settle()
    assert union.customs_books() == {
        "KZ/cash": 116_00, "KZ/pool/DUTY": 50_00, "KZ/revenue/VAT": 66_00, f"KZ/guarantee/{grn}": DUE,
    }  # fmt: skip
    assert union.ok(lambda work: work.memory.customs.guarantee(grn)).reservations == {}


def test_refund_of_all_that_is_deferred_frees_its_guarantee_and_is_not_charged(union: CustomsUnion) -> None:
    grn = guaranteed(union, DUE)
    mrn = deferred(union, grn)
    granted(union, asked(union, mrn, {"DUTY": 100_00, "VAT": 132_00}).reference)
    assert union.customs_books() == {f"KZ/guarantee/{grn}": DUE}
    assert union.ok(lambda work: work.memory.customs.guarantee(grn)).reservations == {}
    union.at("10:30", "2026-09-30").settle()
    assert charged(union, date(2026, 9, 30), date(2026, 10, 15)) == []


def test_refund_lowers_a_months_claim_and_its_call(union: CustomsUnion) -> None:
    grn = guaranteed(union, 2 * DUE)
    mrn = deferred(union, grn)
    deferred(union, grn, "D-2")
    union.at("10:30", "2026-09-30").settle()
    (month,) = charged(union, date(2026, 9, 30), date(2026, 9, 30))
    granted(union, asked(union, mrn, "500.00").reference)
    assert claim_of(union, month.reference).total == 2 * DUE - 116_00
    union.at("10:30", "2026-10-01").settle()
    union.ok(lambda work: call_overdue(work, "KZ", CHIEF))
    assert union.customs_books() == {
        "KZ/deferred/KZ-A": 348_00, "KZ/accrued/DUTY": 150_00, "KZ/accrued/VAT": 198_00,
        f"KZ/guarantee/{grn}": 116_00, "KZ/guarantee_called": 348_00,
    }  # fmt: skip


def test_refund_takes_an_unpaid_correction_back(union: CustomsUnion) -> None:
    mrn = released(union)
    claim = corrected(union, mrn, "1500.00").claim
    assert claim is not None
    refund = granted(union, asked(union, mrn, "1000.00").reference)
    assert refund.remitted == {"DUTY": 50_00, "VAT": 66_00}
    assert claim_of(union, claim.reference).status == "withdrawn"
    assert union.customs_books() == {"KZ/cash": DUE, "KZ/pool/DUTY": 100_00, "KZ/revenue/VAT": 132_00}


def test_part_paid_correction_that_is_taken_back_is_owed_back(union: CustomsUnion) -> None:
    mrn = released(union)
    claim = corrected(union, mrn, "1500.00").claim
    assert claim is not None
    union.pay(A, KZ, "40.00", remittance=f"/MRN/{claim.reference}")
    union.settle()
    granted(union, asked(union, mrn, "1000.00").reference)
    over = claim_of(union, f"{claim.reference}-OVER")
    assert (over.status, over.total, over.kind) == ("open", 40_00, "refund")
    assert union.customs_books()[f"KZ/refund/{mrn}"] == 40_00
    assert "KZ/due" not in union.customs_books()


# --- what came in and is not due --------------------------------------------------------------------


def test_what_an_invalidated_declaration_was_paid_can_be_paid_out(union: CustomsUnion) -> None:
    lodged = union.lodge()
    union.pay(A, KZ, "100.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    union.ok(lambda work: invalidate(work, lodged.mrn, TRADER, "never left"))
    send_refund(union, f"{lodged.mrn}-OVER")
    assert union.customs_books() == {}


def test_what_an_amendment_leaves_over_can_be_paid_out(union: CustomsUnion) -> None:
    lodged = union.lodge()
    union.pay(A, KZ, "200.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    body = declaration(price="500.00")
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)
    union.ok(lambda work: accepted_one(amend(work, lodged.mrn, declared, body, TRADER)))
    reference = f"{lodged.mrn}-OVER"
    done = union.ok(lambda work: pay_to_cash(work, reference, CHIEF))
    assert (done.kind, done.trader, done.total) == ("overpaid", TRADER, 84_00)
    assert union.customs_books()[f"KZ/trader_cash/{TRADER}"] == 84_00


def test_customs_do_not_return_what_met_a_claim(union: CustomsUnion) -> None:
    lodged = union.lodge()
    paid = union.pay(A, KZ, "232.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    union.give_back(KZ, paid, "232.00")
    union.settle()
    (report,) = [
        each for message in union.told(KZ, "pacs.002") for each in message.transactions
        if getattr(each, "status", "") == "RJCT"
    ]  # fmt: skip
    assert getattr(report, "reason", "") == "LEGL"
    assert union.customs_books()["KZ/cash"] == DUE


def test_recall_of_what_met_a_claim_is_answered_at_once(union: CustomsUnion) -> None:
    lodged = union.lodge()
    paid = union.pay(A, KZ, "232.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    union.recall(A, paid)
    union.settle()
    answers = [each for message in union.told(A, "camt.029") for each in message.transactions]
    (answer,) = [each for each in answers if getattr(each, "reason", "")]
    assert (getattr(answer, "status", ""), getattr(answer, "reason", "")) == ("RJCR", "LEGL")
    assert "refund" in str(getattr(answer, "additional_info", ""))
    assert union.told(KZ, "camt.056") == []
