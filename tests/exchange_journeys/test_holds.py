"""What an order may come to pay is held while it is open, and free again when it ends; nothing else moves."""

from __future__ import annotations

import pytest
from exchange_union import A, B, D, ExchangeUnion
from small_union import minor

from tasviya.core.errors import OperatorError


@pytest.fixture
def open_union(union: ExchangeUnion) -> ExchangeUnion:
    """At 10:10, all three currencies open."""
    return union.at("10:10").settle()


def test_payment_holds_the_most_it_may_be_debited(open_union: ExchangeUnion) -> None:
    open_union.convert(B, D, 100, "INR", "KZT", most=650)
    open_union.settle()
    assert open_union.balance(B) == minor(10_000)
    assert open_union.spendable(B) == minor(10_500) - minor(650), "it has a credit line of 500"


def test_recalled_payment_gets_its_hold_back(open_union: ExchangeUnion) -> None:
    sent = open_union.convert(B, D, 100, "INR", "KZT", most=650)
    open_union.settle()
    open_union.recall(B, sent)
    open_union.settle()
    assert open_union.status(sent) == "cancelled"
    assert open_union.spendable(B) == minor(10_500)


def test_payment_out_of_the_money_expires_at_the_cutoff_with_its_money_untouched(
    open_union: ExchangeUnion,
) -> None:
    open_union.make_markets()
    sent = open_union.convert(B, D, 100, "INR", "KZT", most=610)
    open_union.settle()
    open_union.at("10:31").settle()
    told = open_union.row(sent)["reason_text"]
    assert "there 100.00 INR cost 625.0" in told
    assert told.endswith("KZT, and it may be debited 610.00 KZT.")
    open_union.at("17:00").settle()
    assert open_union.statuses(B, sent) == ["PDNG NARR", "RJCT ED05"]
    assert (open_union.balance(B), open_union.spendable(B)) == (minor(10_000), minor(10_500))


def test_credit_line_stands_behind_a_hold_and_is_repaid(open_union: ExchangeUnion) -> None:
    open_union.make_markets()
    sent = open_union.convert(B, D, 1_640, "INR", "KZT", most=10_400)
    open_union.settle()
    assert open_union.status(sent) == "queued"
    open_union.at("10:31").settle()
    assert open_union.status(sent) == "settled"
    open_union.at("18:30").settle()
    assert open_union.balance(B) >= 0


def test_payment_without_money_waits_and_enters_the_book_when_funded(open_union: ExchangeUnion) -> None:
    sent = open_union.convert(B, D, 2_000, "INR", "KZT", most=12_500)
    open_union.settle()
    assert open_union.statuses(B, sent) == ["PDNG AM04"]
    open_union.pay(A, B, 2_000)
    open_union.settle()
    assert open_union.statuses(B, sent) == ["PDNG AM04", "PDNG NARR"]


def test_cancelled_order_gets_its_hold_back(open_union: ExchangeUnion) -> None:
    before = open_union.spendable(A)
    order = open_union.order(A, "ONE", "KZT", "INR", 1_000, "0.15")
    assert open_union.spendable(A) == before - minor(1_000)
    open_union.cancel(A, order)
    assert open_union.spendable(A) == before


def test_order_ends_at_its_own_time(open_union: ExchangeUnion) -> None:
    before = open_union.spendable(A)
    open_union.order(A, "ONE", "KZT", "INR", 1_000, "0.15", until="2026-09-29T10:20:00Z")
    open_union.at("10:21").settle()
    assert open_union.spendable(A) == before


def test_order_is_held_partly_while_partly_filled(open_union: ExchangeUnion) -> None:
    open_union.order(A, "SELL", "INR", "KZT", 1_000, "6.2")
    sent = open_union.convert(B, D, 100, "INR", "KZT", most=650)
    open_union.settle()
    open_union.at("10:31").settle()
    assert open_union.status(sent) == "settled"
    assert open_union.balance(A, "INR") == minor(10_000) - minor(100)
    assert open_union.spendable(A, "INR") == minor(9_000)
    assert minor(10_000) - open_union.balance(B) == minor(620)


def test_same_order_again_is_the_same_and_another_under_its_reference_is_refused(
    open_union: ExchangeUnion,
) -> None:
    first = open_union.order(A, "ONE", "KZT", "INR", 1_000, "0.15")
    assert open_union.order(A, "ONE", "KZT", "INR", 1_000, "0.15").seq == first.seq
    with pytest.raises(OperatorError, match="used the reference ONE"):
        open_union.order(A, "ONE", "KZT", "INR", 1_001, "0.15")


@pytest.mark.parametrize(
    ("bic", "sell", "buy", "amount", "limit", "code"),
    [
        (A, "KZT", "KZT", "1", "1", "same_currency"),
        (A, "KZT", "USD", "1", "1", "unknown_currency"),
        (B, "KZT", "INR", "1", "1", "no_account"),
        (A, "KZT", "INR", "0", "0.16", "not_an_order"),
        (A, "KZT", "INR", "1", "0", "bad_rate"),
        (A, "KZT", "INR", "1", "-1", "bad_rate"),
        (A, "KZT", "INR", "1.001", "0.16", "bad_amount"),
        (A, "KZT", "INR", "1", "1000000000000", "limit_out_of_range"),
        (A, "KZT", "INR", "99999999999999999999", "0.16", "not_an_order"),
        (A, "KZT", "INR", "100001", "0.16", "AM04"),
    ],
)
def test_order_that_cannot_stand_is_refused_and_changes_nothing(
    open_union: ExchangeUnion, bic: str, sell: str, buy: str, amount: str, limit: str, code: str
) -> None:
    before = open_union.books()
    with pytest.raises(OperatorError) as refused:
        open_union.order(bic, "ONE", sell, buy, amount, limit)
    assert refused.value.refusal.reason == code
    assert refused.value.refusal.cure
    assert open_union.books() == before


def test_order_in_a_currency_that_is_not_open_is_refused(union: ExchangeUnion) -> None:
    union.at("09:30").settle()
    with pytest.raises(OperatorError, match=r"not open together.*10:00:00"):
        union.order(A, "ONE", "KZT", "INR", 1, "0.16")
