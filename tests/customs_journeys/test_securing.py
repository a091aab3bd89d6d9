"""Goods released against a cash account, or against a guarantee, to be paid for later."""

from __future__ import annotations

from datetime import date

import pytest
from customs_union import CUSTOMS, TRADER, CustomsUnion
from exchange_union import A, B, D

from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import Money
from tasviya.customs.claim import Claim
from tasviya.customs.guarantee import Guarantee
from tasviya.services.guarantees import take
from tasviya.services.securing import call_overdue, charge, defer, pay_from_cash

KZ, DUE = CUSTOMS["KZ"], 232_00
VALID = (date(2026, 1, 1), date(2026, 12, 31))


def guaranteed(union: CustomsUnion, line: int, code: str = "") -> Guarantee:
    money = Money(line, currency("KZT"))
    return union.ok(lambda work: take(work, "KZ", "KZ-A", TRADER, money, VALID, ("KZ",), "KZ.chief", code))


def deferred(union: CustomsUnion, grn: str, number: str = "D-1", **more: str) -> Claim:
    lodged = union.lodge(number=number)
    return union.ok(lambda work: defer(work, lodged.mrn, grn, TRADER, **more))


def test_cash_account_is_filled_by_a_payment_and_pays_claims(union: CustomsUnion) -> None:
    union.pay(A, KZ, "300.00", remittance=f"Prepaid /CASH/{TRADER}")
    union.settle()
    assert union.customs_books() == {"KZ/cash": 300_00, f"KZ/trader_cash/{TRADER}": 300_00}
    lodged = union.lodge()
    union.ok(lambda work: pay_from_cash(work, lodged.mrn, TRADER))
    found = union.lodged(lodged.mrn)
    assert (found["status"], found["released_by"]) == ("released", "cash account")
    assert union.customs_books()[f"KZ/trader_cash/{TRADER}"] == 68_00


def test_cash_account_one_minor_unit_short_pays_nothing(union: CustomsUnion) -> None:
    union.pay(A, KZ, "231.99", remittance=f"/CASH/{TRADER}")
    union.settle()
    lodged = union.lodge()
    with pytest.raises(OperatorError, match=r"has 231\.99 KZT") as refused:
        union.ok(lambda work: pay_from_cash(work, lodged.mrn, TRADER))
    assert refused.value.refusal.reason == "CU11"
    assert union.customs_books()[f"KZ/trader_cash/{TRADER}"] == 231_99


def test_another_trader_does_not_pay_from_it(union: CustomsUnion) -> None:
    lodged = union.lodge()
    with pytest.raises(OperatorError) as refused:
        union.ok(lambda work: pay_from_cash(work, lodged.mrn, "KZ-TRADER-8"))
    assert refused.value.refusal.reason == "RO01"


def test_deferral_releases_goods_and_collects_nothing_yet(union: CustomsUnion) -> None:
    grn = guaranteed(union, DUE).grn
    claim = deferred(union, grn)
    assert union.lodged(claim.mrn)["status"] == "released"
    assert union.lodged(claim.mrn)["released_by"] == grn
    assert union.customs_books() == {
        f"KZ/deferred/{TRADER}": DUE,
        "KZ/accrued/DUTY": 100_00,
        "KZ/accrued/VAT": 132_00,
        f"KZ/guarantee/{grn}": DUE,
    }


def test_guarantee_one_minor_unit_short_releases_nothing(union: CustomsUnion) -> None:
    grn = guaranteed(union, DUE - 1).grn
    lodged = union.lodge()
    with pytest.raises(OperatorError, match=r"0\.01 KZT is lacking") as refused:
        union.ok(lambda work: defer(work, lodged.mrn, grn, TRADER))
    assert refused.value.refusal.reason == "GU06"
    assert union.lodged(lodged.mrn)["status"] == "accepted"


def test_guarantee_asks_for_its_access_code(union: CustomsUnion) -> None:
    grn = guaranteed(union, DUE, "S3CRET").grn
    lodged = union.lodge()
    with pytest.raises(OperatorError) as refused:
        union.ok(lambda work: defer(work, lodged.mrn, grn, TRADER, "guess"))
    assert refused.value.refusal.reason == "GU10"
    union.ok(lambda work: defer(work, lodged.mrn, grn, TRADER, "S3CRET"))
    assert union.lodged(lodged.mrn)["status"] == "released"


def test_month_is_charged_as_one_claim_and_paid_as_one(union: CustomsUnion) -> None:
    grn = guaranteed(union, 2 * DUE).grn
    for number in ("D-1", "D-2"):
        deferred(union, grn, number)
    union.at("10:30", "2026-09-30")
    month = charged(union, date(2026, 9, 30), date(2026, 10, 15))
    assert month.taxes == {"DUTY": 200_00, "VAT": 264_00}
    assert union.ok(lambda work: work.memory.customs.guarantee(grn)).reservations == {
        month.reference: 2 * DUE
    }
    union.settle()
    union.pay(A, KZ, "464.00", remittance=f"/MRN/{month.reference}")
    union.settle()
    books = union.customs_books()
    assert books == {
        "KZ/cash": 2 * DUE,
        "KZ/pool/DUTY": 200_00,
        "KZ/revenue/VAT": 264_00,
        f"KZ/guarantee/{grn}": 2 * DUE,
    }
    assert union.ok(lambda work: work.memory.customs.guarantee(grn)).reservations == {}


def charged(union: CustomsUnion, until: date, due_on: date) -> Claim:
    (month,) = union.ok(lambda work: charge(work, "KZ", until, due_on, "KZ.officer.1"))
    return month


def test_what_is_charged_is_charged_once(union: CustomsUnion) -> None:
    grn = guaranteed(union, DUE).grn
    deferred(union, grn)
    union.at("10:30", "2026-09-30")
    charged(union, date(2026, 9, 30), date(2026, 10, 15))
    assert (
        union.ok(lambda work: charge(work, "KZ", date(2026, 9, 30), date(2026, 10, 15), "KZ.officer.1")) == []
    )


def test_overdue_claim_is_called_and_its_guarantor_pays_it(union: CustomsUnion) -> None:
    grn = guaranteed(union, DUE).grn
    deferred(union, grn)
    union.at("10:30", "2026-09-30").settle()
    month = charged(union, date(2026, 9, 30), date(2026, 9, 30))
    assert union.ok(lambda work: call_overdue(work, "KZ", "KZ.chief")) == []
    union.at("10:30", "2026-10-01").settle()
    (called,) = union.ok(lambda work: call_overdue(work, "KZ", "KZ.chief"))
    assert (called.reference, called.debtor) == (month.reference, "KZ-A")
    assert union.customs_books()["KZ/deferred/KZ-A"] == DUE
    union.through(D, KZ, "232.00", "KZT", "INR", remittance=f"/MRN/{month.reference}")
    union.settle()
    books = union.customs_books()
    assert books == {
        "KZ/cash": DUE,
        "KZ/pool/DUTY": 100_00,
        "KZ/revenue/VAT": 132_00,
        "KZ/guarantee_called": DUE,
    }
    assert union.ok(lambda work: call_overdue(work, "KZ", "KZ.chief")) == []


def test_paid_claim_is_not_deferred_too(union: CustomsUnion) -> None:
    grn = guaranteed(union, DUE).grn
    lodged = union.lodge()
    union.pay(B, KZ, "1.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    with pytest.raises(OperatorError) as refused:
        union.ok(lambda work: defer(work, lodged.mrn, grn, TRADER))
    assert refused.value.refusal.reason == "CU12"
