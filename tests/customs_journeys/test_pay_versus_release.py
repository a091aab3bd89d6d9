"""Goods are released in the commit that pays for them, whatever route the money takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from clearing_union import CLEARING
from customs_union import CUSTOMS, TRADER, CustomsUnion
from exchange_union import A, B, D, E

from tasviya.core.errors import OperatorError
from tasviya.services.lodging import invalidate

KZ = CUSTOMS["KZ"]
DUE = 232_00
"""Of goods of 1,000: duty of 100, VAT of 12 per cent of 1,100."""


def quote(mrn: str) -> str:
    return f"Customs duty /MRN/{mrn}"


def test_declaration_is_accepted_and_waits_for_its_payment(union: CustomsUnion) -> None:
    lodged = union.lodge()
    assert (lodged.status, lodged.assessed) == ("accepted", DUE)
    assert len(lodged.mrn) == 18 and lodged.mrn.startswith("26KZ")
    assert union.lodged(lodged.mrn)["waits_for"] == f"payment of 232.00 KZT for /MRN/{lodged.mrn}"
    assert union.customs_books() == {"KZ/due": DUE, "KZ/accrued/DUTY": 100_00, "KZ/accrued/VAT": 132_00}


def test_payment_releases_goods_in_its_own_commit(union: CustomsUnion) -> None:
    lodged = union.lodge()
    paid = union.pay(A, KZ, "232.00", remittance=quote(lodged.mrn))
    union.settle()
    assert union.statuses(A, paid) == ["ACSC"]
    found = union.lodged(lodged.mrn)
    assert (found["status"], found["waits_for"]) == ("released", "")
    assert found["released_by"] == union.row(paid)["payment_id"]
    assert found["released_at"] == union.row(paid)["settled_at"]
    assert union.customs_books() == {"KZ/cash": DUE, "KZ/pool/DUTY": 100_00, "KZ/revenue/VAT": 132_00}


def test_one_minor_unit_short_is_not_released(union: CustomsUnion) -> None:
    lodged = union.lodge()
    union.pay(A, KZ, "231.99", remittance=quote(lodged.mrn))
    union.settle()
    assert union.lodged(lodged.mrn)["status"] == "accepted"
    assert union.lodged(lodged.mrn)["waits_for"].startswith("payment of 0.01 KZT")
    union.pay(A, KZ, "0.01", remittance=quote(lodged.mrn))
    union.settle()
    assert union.lodged(lodged.mrn)["status"] == "released"


def test_nothing_is_paid_twice(union: CustomsUnion) -> None:
    lodged = union.lodge()
    first = union.pay(A, KZ, "232.00", remittance=quote(lodged.mrn))
    second = union.pay(B, KZ, "232.00", remittance=quote(lodged.mrn))
    union.settle()
    assert union.statuses(A, first) == ["ACSC"]
    assert union.statuses(B, second) == ["RJCT AM09"]
    assert union.customs_books()["KZ/cash"] == DUE


def test_what_is_on_its_way_counts(union: CustomsUnion) -> None:
    lodged = union.lodge()
    waits = union.pay(B, KZ, "232.00", remittance=quote(lodged.mrn), priority="URGT")
    other = union.pay(A, KZ, "0.01", remittance=quote(lodged.mrn))
    union.pay(B, A, "10500.00", priority="URGT")  # B lacks money from here on
    union.settle()
    assert union.status(waits) == "settled"
    assert union.statuses(A, other) == ["RJCT AM09"]


def test_payment_that_waits_releases_goods_when_it_settles(union: CustomsUnion) -> None:
    union.pay(B, A, "10400.00")
    union.settle()
    lodged = union.lodge()
    waits = union.pay(B, KZ, "232.00", remittance=quote(lodged.mrn))
    union.settle()
    assert union.status(waits) == "queued"
    assert union.lodged(lodged.mrn)["status"] == "accepted"
    assert "232.00 on its way" in union.lodged(lodged.mrn)["waits_for"]
    union.pay(A, B, "500.00")
    union.at("10:45").settle()
    assert union.status(waits) == "settled"
    assert union.lodged(lodged.mrn)["status"] == "released"


def test_payment_that_is_given_up_is_no_longer_on_its_way(union: CustomsUnion) -> None:
    union.pay(B, A, "10500.00")
    union.settle()
    lodged = union.lodge()
    waits = union.pay(B, KZ, "232.00", remittance=quote(lodged.mrn))
    union.settle()
    union.recall(B, waits)
    union.settle()
    assert union.status(waits) == "cancelled"
    union.pay(A, KZ, "232.00", remittance=quote(lodged.mrn))
    union.settle()
    assert union.lodged(lodged.mrn)["status"] == "released"


def test_payment_that_a_batch_converts_releases_goods_in_the_batch(union: CustomsUnion) -> None:
    union.make_markets()
    lodged = union.lodge()
    paid = union.convert(D, KZ, "232.00", "KZT", "INR", most="60.00", remittance=quote(lodged.mrn))
    union.settle()
    assert union.lodged(lodged.mrn)["status"] == "accepted"
    union.at("11:00").settle()
    assert union.row(paid)["settled_by"].startswith("batch")
    assert union.lodged(lodged.mrn)["status"] == "released"
    assert union.customs_books()["KZ/cash"] == DUE


def test_payment_at_a_quote_releases_goods_at_once(union: CustomsUnion) -> None:
    union.firm(A, "INR", "KZT", "6.24", "6.26")
    lodged = union.lodge()
    paid = union.convert(
        D, KZ, "232.00", "KZT", "INR", most="60.00", route="QUOTE", remittance=quote(lodged.mrn)
    )
    union.settle()
    assert union.row(paid)["settled_by"].startswith("quote")
    assert union.lodged(lodged.mrn)["status"] == "released"


def test_payment_by_the_union_route_releases_goods_and_is_netted_in_the_cycle(union: CustomsUnion) -> None:
    lodged = union.lodge()
    paid = union.through(D, KZ, "232.00", "KZT", "INR", remittance=quote(lodged.mrn))
    union.settle()
    assert union.row(paid)["settled_by"] == "cycle 1"
    assert union.lodged(lodged.mrn)["status"] == "released"
    positions = union.positions()
    assert positions["KZT"] > 0 > positions["INR"]


def test_goods_that_owe_nothing_are_released_at_once(union: CustomsUnion) -> None:
    lodged = union.lodge(goods="490110")
    assert (lodged.status, lodged.assessed, lodged.release_reason) == ("released", 0, "nothing due")
    assert union.customs_books() == {}


@pytest.mark.parametrize(
    ("remittance", "payee", "reason"),
    [
        ("/MRN/26KZ000000000099R0", "KZ", "RJCT RR07"),
        ("/MRN/{mrn}", "IN", "RJCT RR07"),
    ],
)
def test_payment_that_quotes_a_wrong_claim_is_refused(
    union: CustomsUnion, remittance: str, payee: str, reason: str
) -> None:
    lodged = union.lodge()
    currency = "KZT" if payee == "KZ" else "INR"
    paid = union.pay(A, CUSTOMS[payee], "232.00", currency, remittance=remittance.format(mrn=lodged.mrn))
    union.settle()
    assert union.statuses(A, paid) == [reason]
    assert union.lodged(lodged.mrn)["status"] == "accepted"


def test_payment_without_a_quotation_is_an_ordinary_one(union: CustomsUnion) -> None:
    union.lodge()
    paid = union.pay(A, KZ, "232.00", remittance="Rent")
    union.settle()
    assert union.statuses(A, paid) == ["ACSC"]
    assert "KZ/cash" not in union.customs_books()


def test_invalidated_declaration_owes_nothing_and_gives_back_what_came_in(union: CustomsUnion) -> None:
    lodged = union.lodge()
    union.pay(A, KZ, "100.00", remittance=quote(lodged.mrn))
    union.settle()
    union.ok(lambda work: invalidate(work, lodged.mrn, TRADER, "goods never left"))
    assert union.lodged(lodged.mrn)["status"] == "invalidated"
    assert union.customs_books() == {"KZ/cash": 100_00, f"KZ/refund/{lodged.mrn}": 100_00}
    paid = union.pay(A, KZ, "132.00", remittance=quote(lodged.mrn))
    union.settle()
    assert union.statuses(A, paid) == ["RJCT AM09"]


def test_invalidation_waits_for_money_on_its_way(union: CustomsUnion) -> None:
    union.pay(B, A, "10500.00")
    union.settle()
    lodged = union.lodge()
    union.pay(B, KZ, "232.00", remittance=quote(lodged.mrn))
    union.settle()
    with pytest.raises(OperatorError) as refused:
        union.ok(lambda work: invalidate(work, lodged.mrn, TRADER, "a slip"))
    assert refused.value.refusal.reason == "CU05"


def test_money_of_a_third_member_comes_by_a_batch_too(union: CustomsUnion) -> None:
    union.make_markets()
    lodged = union.lodge()
    union.convert(E, KZ, "232.00", "KZT", "OMR", most="1.000", remittance=quote(lodged.mrn))
    union.settle()
    union.at("11:00").settle()
    assert union.lodged(lodged.mrn)["status"] == "released"


def test_payment_that_settles_in_a_pass_releases_goods_in_the_pass(tmp_path: Path) -> None:
    passes = '\n[liquidity_saving]\nminutes = 30\nalgorithm = "fifo"\non_arrival = false\n'
    union = CustomsUnion(tmp_path, clearing=CLEARING + passes)
    union.at("10:30").settle()
    union.pay(A, D, "100000.00")
    union.settle()
    lodged = union.lodge()
    owed = [union.pay(A, B, "19000.00"), union.pay(B, A, "19500.00")]
    paid = union.pay(B, KZ, "232.00", remittance=quote(lodged.mrn))
    union.settle()
    assert [union.status(each) for each in (*owed, paid)] == ["queued"] * 3
    assert union.lodged(lodged.mrn)["status"] == "accepted"
    union.at("11:00").settle()
    assert [union.status(each) for each in (*owed, paid)] == ["settled"] * 3
    assert union.lodged(lodged.mrn)["status"] == "released"
    assert union.customs_books()["KZ/cash"] == DUE
