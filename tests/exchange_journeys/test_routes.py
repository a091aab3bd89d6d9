"""Which way a payment in two currencies goes: as its sender says, else as the union has it for the pair."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest
from exchange_union import UNION, A, B, D, E, ExchangeUnion, F
from small_union import minor

from tasviya.membership.union import load_union
from tasviya.messages.model import CreditTransfer
from tasviya.settlement.conversion import Wish, wish_of

SNAPSHOT = load_union(UNION.read_text(encoding="utf-8"), "union.toml").on(date(2026, 9, 29))
PAIRS = list(permutations(("KZT", "INR", "OMR"), 2))
GROSS = ("INR", "OMR")
"""The one pair whose default the union has set to gross."""


def transfer(sell: str, buy: str, **more: str) -> CreditTransfer:
    facts = {"instructed_amount": "10", "instructed_currency": sell} | more
    return CreditTransfer(1, buy, "10", 1000, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("sell", "buy"), PAIRS)
def test_union_decides_where_the_sender_does_not(sell: str, buy: str) -> None:
    wish = wish_of(transfer(sell, buy), "KZ-A", SNAPSHOT)
    if (sell, buy) == GROSS:
        assert wish is None
    else:
        assert isinstance(wish, Wish)
        assert (wish.route, wish.fixed, wish.debit_currency) == ("exchange", "out", sell)


@pytest.mark.parametrize(("sell", "buy"), PAIRS)
@pytest.mark.parametrize(
    ("said", "route", "fixed"),
    [("EXCHANGE", "exchange", "out"), ("EXCHANGE.IN", "exchange", "in"), ("QUOTE", "quote", "out"),
     ("QUOTE.IN", "quote", "in"), ("GROSS", None, None)],
)  # fmt: skip
def test_sender_decides_where_it_says_so(
    sell: str, buy: str, said: str, route: str | None, fixed: str | None
) -> None:
    wish = wish_of(transfer(sell, buy, local_instrument=said), "KZ-A", SNAPSHOT)
    if route is None:
        assert wish is None
    else:
        assert isinstance(wish, Wish)
        assert (wish.route, wish.fixed) == (route, fixed)


def test_account_to_debit_says_the_currency() -> None:
    named = CreditTransfer(1, "INR", "10", 1000, debtor_agent_account="ACCAOMR")
    wish = wish_of(named, "KZ-A", SNAPSHOT)
    assert isinstance(wish, Wish)
    assert (wish.debit_currency, wish.debit_minor) == ("OMR", 0)
    assert wish_of(named, "KZ-B", SNAPSHOT) is None, "it is not KZ-B's account"


@pytest.mark.parametrize(
    ("fixed", "rate", "debit", "credit"),
    [
        ("EXCHANGE", "0.16", 6250, 1000),  # 10 INR at 0.16 cost 62.50 KZT
        ("EXCHANGE", "0.1", 7000, 1000),  # 100 KZT by the rate, 70 by the amount
        ("EXCHANGE.IN", "0.16", 7000, 1120),  # 70 KZT at 0.16 give 11.20 INR
        ("EXCHANGE.IN", "0.1", 7000, 1000),  # 7 by the rate, 10 by the amount
    ],
)
def test_strictest_of_amount_and_rate_is_the_limit(fixed: str, rate: str, debit: int, credit: int) -> None:
    sent = transfer("KZT", "INR", instructed_amount="70", exchange_rate=rate, local_instrument=fixed)
    wish = wish_of(sent, "KZ-A", SNAPSHOT)
    assert isinstance(wish, Wish)
    assert (wish.debit_minor, wish.credit_minor) == (debit, credit)


def test_payment_without_a_limit_may_cost_as_much_as_the_union_allows(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    sent = union.convert(B, D, 100, "INR", "KZT")
    union.settle()
    assert union.row(sent)["debit_minor"] == minor("656.25"), "625 at the rate, and 500 basis points"


def test_gross_by_default_needs_an_account_in_the_currency(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    refused = union.convert(D, F, 1, "OMR", "INR", most=230)
    union.settle()
    assert union.statuses(D, refused) == ["RJCT AM03"]


def test_payee_is_paid_through_its_correspondent(union: ExchangeUnion) -> None:
    """OM-E has no account in KZT: KZ-A keeps one for it."""
    union.at("10:10").settle()
    union.order(A, "SELL", "KZT", "INR", 5_000, "0.159")
    sent = union.convert(D, E, 1_000, "KZT", "INR", most=170)
    union.settle()
    union.at("10:31").settle()
    assert union.status(sent) == "settled"
    assert union.balance(A, with_whom=E) == minor(1_000)


def test_payment_for_tomorrow_waits_for_both_days(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    sent = union.convert(B, D, 100, "INR", "KZT", most=650, settlement_date="2026-09-30")
    union.settle()
    assert union.status(sent) == "warehoused"
    union.at("09:30", "2026-09-30").settle()
    assert union.status(sent) == "warehoused", "KZT is open, INR is not"
    union.at("10:01").settle()
    assert union.status(sent) == "queued"


def test_payment_after_either_cutoff_is_refused(union: ExchangeUnion) -> None:
    union.at("17:01").settle()
    sent = union.convert(B, D, 100, "INR", "KZT", most=650)
    union.settle()
    assert union.statuses(B, sent) == ["RJCT TM01"]
