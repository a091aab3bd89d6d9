"""Payments by the union route: paid in two currencies, at the official rate, and positions move."""

from __future__ import annotations

from pathlib import Path

import pytest
from clearing_union import ClearingUnion
from exchange_union import A, B, D, E, F, G

from tasviya import app

UNIT = 10_000
"""Minor units of the union's unit in one."""


def test_payer_pays_its_currency_and_payee_gets_its_own(union: ClearingUnion) -> None:
    paid = union.through(B, D, 1000, "INR", "KZT")
    union.settle()
    row = union.row(paid)
    assert (row["status"], row["debit_minor"], row["amount"]) == ("settled", 625_000, "1000.00")
    assert (row["settled_by"], row["unit_minor"]) == ("cycle 1", 100 * UNIT)
    assert union.balance(B) == 1_000_000 - 625_000
    assert union.balance(D, "INR") == 2_000_000 + 100_000
    assert union.positions() == {"KZT": -100 * UNIT, "INR": 100 * UNIT, "OMR": 0}
    books = union.books()
    assert books["KZ-SI/KZT/clearing/"] == 625_000
    assert books["IN-SI/INR/clearing/"] == -100_000


def test_both_banks_are_told_the_rate_and_what_moved(union: ClearingUnion) -> None:
    paid = union.through(B, D, 1000, "INR", "KZT")
    union.settle()
    assert union.statuses(B, paid) == ["ACSC"]
    (onward,) = union.onward(D)
    assert (onward.amount_minor, onward.instructed_amount) == (100_000, "6250.00")
    assert union.entries(B) == [("ACCBKZT", -625_000)]
    assert union.entries(D) == [("ACCDINR", 100_000)]


def test_payee_without_an_account_is_paid_through_its_correspondent(union: ClearingUnion) -> None:
    union.through(G, E, 62.5, "KZT", "INR")
    union.settle()
    assert union.balance(A, "KZT", with_whom=E) == 6_250
    assert union.positions() == {"KZT": UNIT, "INR": -UNIT, "OMR": 0}


def test_what_is_debited_may_be_fixed_instead(union: ClearingUnion) -> None:
    facts = {"instructed_amount": "6250", "instructed_currency": "KZT", "local_instrument": "UNION.IN"}
    good = union.pay(B, D, 990, "INR", **facts)
    bad = union.pay(B, D, 1001, "INR", **facts)
    union.settle()
    assert (union.row(good)["amount"], union.row(good)["debit_minor"]) == ("1000.00", 625_000)
    assert union.statuses(B, bad) == ["RJCT AM12"]


def test_a_limit_below_the_official_rate_is_refused_and_moves_nothing(union: ClearingUnion) -> None:
    paid = union.through(B, D, 1000, "INR", "KZT", most="6249.99")
    union.settle()
    row = union.row(paid)
    assert (row["status"], row["reason"]) == ("rejected", "AM12")
    assert "costs 6,250.00 KZT" in row["reason_text"]
    assert not any(union.positions().values())


@pytest.mark.parametrize("amount, moved", [(0.01, 10), (0.05, 50), (3.33, 3_330)])
def test_small_amounts_move_positions_to_the_nearest_unit(
    union: ClearingUnion, amount: float, moved: int
) -> None:
    union.through(B, D, amount, "INR", "KZT")
    union.settle()
    assert union.positions()["INR"] == moved


def test_a_payment_waits_for_money_like_any_other(union: ClearingUnion) -> None:
    paid = union.through(B, D, 1700, "INR", "KZT")  # 10,625.00 KZT; it has 10,500 with its line
    union.settle()
    assert union.status(paid) == "queued"
    union.pay(A, B, 125)
    union.settle()
    assert union.status(paid) == "settled"
    assert union.drawn(B) == 50_000


def test_a_position_goes_no_further_than_its_ceiling(union: ClearingUnion) -> None:
    first = union.through(A, D, 5000, "INR", "KZT")
    second = union.through(A, G, 10, "INR", "KZT")
    union.settle()
    assert [union.status(each) for each in (first, second)] == ["settled", "queued"]
    row = union.row(second)
    assert "KZ-SI" in row["reason_text"] and "1.0000 TSU too far" in row["reason_text"]
    assert union.books()["KZ-SI/TSU/position_room/KZT"] == 0
    union.through(D, A, 625, "KZT", "INR")  # 10 units the other way
    union.settle()
    assert union.status(second) == "settled"
    assert union.positions()["KZT"] == -491 * UNIT


def test_what_waits_for_room_lets_others_pass(union: ClearingUnion) -> None:
    union.through(A, D, 5000, "INR", "KZT")
    waiting = union.through(A, G, 10, "INR", "KZT")
    local = union.pay(A, B, 1)
    union.settle()
    assert [union.status(each) for each in (waiting, local)] == ["queued", "settled"]


def test_what_cannot_settle_today_expires_with_its_money_untouched(union: ClearingUnion) -> None:
    union.through(A, D, 5000, "INR", "KZT")
    waiting = union.through(A, G, 10, "INR", "KZT")
    union.settle().at("18:30").settle()
    assert union.status(waiting) == "expired"


def test_a_payment_for_tomorrow_is_priced_tomorrow(union: ClearingUnion) -> None:
    paid = union.through(B, D, 1000, "INR", "KZT", settlement_date="2026-09-30")
    union.settle()
    assert union.status(paid) == "warehoused"
    union.at("19:00").settle()
    union.at("10:30", "2026-09-30").settle()
    assert union.row(paid)["status"] == "settled"
    assert union.row(paid)["settled_by"] == "cycle 2"


def test_the_union_route_is_refused_where_there_is_none(tmp_path: Path) -> None:
    union = ClearingUnion(tmp_path, clearing="")
    union.at("10:30").settle()
    paid = union.through(B, D, 1000, "INR", "KZT")
    union.settle()
    assert union.statuses(B, paid) == ["RJCT FF05"]


def test_a_currency_without_an_official_rate_has_no_union_route(tmp_path: Path) -> None:
    union = ClearingUnion(
        tmp_path, ('rates.OMR = [{ value = "220", valid_to = 2026-10-05 }, ', "rates.OMR = [")
    )
    union.at("10:30").settle()
    paid = union.through(G, F, 1, "OMR", "INR")
    union.settle()
    row = union.row(paid)
    assert (row["status"], row["reason_text"].split(".")[0]) == ("rejected", "OMR has no official rate")


def test_a_return_comes_back_in_the_currency_that_was_paid(union: ClearingUnion) -> None:
    paid = union.through(D, A, 100, "KZT", "INR")
    union.settle()
    union.give_back(A, paid, 100)
    union.settle()
    assert union.balance(D, "KZT") == 500_000 + 10_000
    assert union.positions()["KZT"] == 16_000  # positions stay: the return is a payment of its own


def test_why_it_waits_for_room_is_told_in_units(union: ClearingUnion) -> None:
    union.through(A, D, 5000, "INR", "KZT")
    waiting = union.through(A, G, 10, "INR", "KZT")
    union.settle()
    (told,) = app.ask_lsm(union.home).why(waiting)
    assert (told["waits_for"], told["account_of"], told["counted_in"]) == ("room", "KZ-SI", "TSU")
    assert (told["amount"], told["currency"]) == ("62.50", "KZT")
    assert (told["spendable"], told["lacks"], told["releases"]) == ("0.0000", "1.0000", "1.0000")
