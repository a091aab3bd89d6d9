"""Firm quotes: payments take them at once, payment versus payment; what is left is in the next batch."""

from __future__ import annotations

import pytest
from exchange_union import A, B, D, ExchangeUnion
from small_union import minor

from tasviya.app import ask_exchange
from tasviya.core.errors import OperatorError


@pytest.fixture
def quoted(union: ExchangeUnion) -> ExchangeUnion:
    """KZ-A quotes INR in KZT, 6.24 to 6.26, up to 1,000 INR each way, until 10:20."""
    union.at("10:10").settle()
    union.quote(A, "Q1", "INR/KZT", "6.24", "6.26", "1000", "10:20")
    return union


def test_quote_holds_what_it_promises_and_frees_it_when_it_expires(quoted: ExchangeUnion) -> None:
    assert quoted.spendable(A, "INR") == minor(9_000)
    assert quoted.spendable(A) == minor(100_000) - minor(6_240)
    quoted.at("10:21").settle()
    assert (quoted.spendable(A, "INR"), quoted.spendable(A)) == (minor(10_000), minor(100_000))


def test_payment_takes_the_quote_at_once(quoted: ExchangeUnion) -> None:
    sent = quoted.convert(B, D, 100, "INR", "KZT", most=650, route="QUOTE")
    quoted.settle()
    assert quoted.statuses(B, sent) == ["ACSC NARR"]
    assert quoted.balance(B) == minor(10_000) - minor(626)
    assert quoted.balance(A) == minor(100_000) + minor(626)
    assert quoted.balance(A, "INR") == minor(9_900)
    assert quoted.balance(D, "INR") == minor(20_100)
    assert quoted.row(sent)["reason_text"] == "626.00 KZT became 100.00 INR: 1 KZT = 0.15974441 INR, quote 1."
    assert [row["sells"] for row in ask_exchange(quoted.home).quotes()] == ["900.00"]


def test_fixed_send_takes_the_bid(quoted: ExchangeUnion) -> None:
    """IN-D sells 100 INR for KZT: the quote is good for it the other way about."""
    sent = quoted.convert(D, B, 600, "KZT", "INR", most=100, route="QUOTE.IN")
    quoted.settle()
    assert quoted.status(sent) == "settled"
    assert quoted.balance(B) == minor(10_000) + minor(624)
    assert quoted.onward(B)[0].amount == "624.00"


def test_best_quote_is_taken(quoted: ExchangeUnion) -> None:
    quoted.quote(D, "Q1", "INR/KZT", "6.23", "6.25", "500", "10:20")
    sent = quoted.convert(B, D, 100, "INR", "KZT", most=650, route="QUOTE")
    quoted.settle()
    assert quoted.row(sent)["settled_by"] == "quote 2"


@pytest.mark.parametrize(("amount", "most"), [(1_001, 7_000), (100, 625)])
def test_payment_too_large_or_too_cheap_for_any_quote_rides_in_the_next_batch(
    quoted: ExchangeUnion, amount: int, most: int
) -> None:
    sent = quoted.convert(B, D, amount, "INR", "KZT", most=most, route="QUOTE")
    quoted.settle()
    assert quoted.statuses(B, sent) == ["PDNG NARR"]


def test_expired_quote_is_not_taken(quoted: ExchangeUnion) -> None:
    sent = quoted.at("10:20").convert(B, D, 100, "INR", "KZT", most=650, route="QUOTE")
    quoted.settle()
    assert quoted.statuses(B, sent) == ["PDNG NARR"]


def test_unexpired_quote_is_an_order_of_the_next_batch(union: ExchangeUnion) -> None:
    union.at("10:25").settle()
    union.quote(A, "Q1", "INR/KZT", "6.24", "6.26", "1000", "10:35")
    sent = union.convert(B, D, 100, "INR", "KZT", most=650)
    union.settle()
    union.at("10:31").settle()
    assert union.row(sent)["settled_by"] == "batch 1"
    assert union.balance(A, "INR") == minor(9_900)


def test_bid_may_be_taken_in_full(quoted: ExchangeUnion) -> None:
    """To the last minor unit of what is held for it."""
    sent = quoted.convert(D, B, 6_000, "KZT", "INR", most=1_000, route="QUOTE.IN")
    quoted.settle()
    assert quoted.status(sent) == "settled"
    assert quoted.balance(A) == minor(100_000) - minor(6_240)


@pytest.mark.parametrize(
    ("pair", "bid", "ask", "size", "until", "code"),
    [
        ("INR/KZT", "6.26", "6.24", "1000", "10:20", "FX05"),  # crossed
        ("INR/KZT", "6.24", "6.26", "1000", "10:05", "FX06"),  # stale: it has expired already
        ("INR/KZT", "6.24", "6.26", "1000", "11:00", "FX05"),  # firm for longer than the union allows
        ("INR/KZT", "6.00", "6.26", "1000", "10:20", "FX07"),  # far from the last rate
        ("INR/KZT", "6.24", "6.26", "0", "10:20", "FX05"),
        ("INR/KZT", "0", "6.26", "1000", "10:20", "bad_rate"),
        ("INR/INR", "1", "1", "1000", "10:20", "same_currency"),
        ("INR/USD", "1", "1", "1000", "10:20", "unknown_currency"),
        ("INR/KZT", "6.24", "6.26", "10001", "10:20", "AM04"),
    ],
)
def test_quote_that_cannot_stand_is_refused_and_changes_nothing(
    union: ExchangeUnion, pair: str, bid: str, ask: str, size: str, until: str, code: str
) -> None:
    union.at("10:10").settle()
    with pytest.raises(OperatorError) as refused:
        union.quote(A, "Q1", pair, bid, ask, size, until)
    assert refused.value.refusal.reason == code
    assert union.spendable(A, "INR") == minor(10_000)


def test_same_quote_again_is_the_same_and_another_under_its_reference_is_refused(
    quoted: ExchangeUnion,
) -> None:
    assert quoted.quote(A, "Q1", "INR/KZT", "6.24", "6.26", "1000", "10:20").seq == 1
    with pytest.raises(OperatorError, match="used the reference Q1"):
        quoted.quote(A, "Q1", "INR/KZT", "6.24", "6.27", "1000", "10:20")
