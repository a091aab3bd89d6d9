"""Firm quotes: what is refused, what a deal comes to, and what a quote becomes in the next batch."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.core.rates import FxReason
from tasviya.exchange.certificate import verify
from tasviya.exchange.market import QUANTITY_MAX, TICK_MAX, Clearing, Market, OrderKind
from tasviya.exchange.quotes import (
    Deal,
    FirmQuote,
    Fixed,
    QuoteTerms,
    as_orders,
    best,
    deal,
    inverse,
    prices,
    refuse_quote,
    taken,
)

sys.path.insert(0, str(Path(__file__).parent))
from batches_made_up import with_row

SECOND = 10**9
NOW = 1_790_000_000 * SECOND
EXPONENTS = np.array([[0, 4, -2], [7, 0, 0], [13, 11, 0]], np.int64)
MARKET = Market(("CNY", "KZT", "IRR"), EXPONENTS, np.zeros(3))
"""1 fen is 65.7795 tiyn: tick 657,795 at exponent 4. One rial's minor unit is 4.88e-6 fen."""
QUOTE = FirmQuote("ALTYN", "CNY", "KZT", 657_000, 658_500, 1_000_00, 2_000_00, NOW, NOW + 60 * SECOND)
LAST = Fraction(657_795, 10**4)


def done(found: Deal | Refusal) -> Deal:
    assert isinstance(found, Deal), found
    return found


def turned(found: FirmQuote | Refusal) -> FirmQuote:
    assert isinstance(found, FirmQuote), found
    return found


def ask_for(quote: FirmQuote, sells: str, buys: str, fixed: Fixed, minor: int) -> Deal | Refusal:
    return deal(quote, MARKET, NOW, sells, buys, fixed, minor)


# What may be quoted


def test_sound_quote_is_taken() -> None:
    assert refuse_quote(QUOTE, MARKET, NOW, LAST) is None
    assert refuse_quote(replace(QUOTE, bid_tick=658_500), MARKET, NOW, LAST) is None, "one price both ways"
    assert refuse_quote(replace(QUOTE, bid_minor=0), MARKET, NOW, LAST) is None, "one side only"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bid_tick": 658_501}, FxReason.NOT_A_QUOTE),
        ({"bid_tick": 0}, FxReason.NOT_A_QUOTE),
        ({"bid_tick": -1}, FxReason.NOT_A_QUOTE),
        ({"ask_tick": TICK_MAX + 1}, FxReason.NOT_A_QUOTE),
        ({"bid_minor": 0, "ask_minor": 0}, FxReason.NOT_A_QUOTE),
        ({"bid_minor": -1}, FxReason.NOT_A_QUOTE),
        ({"ask_minor": QUANTITY_MAX + 1}, FxReason.NOT_A_QUOTE),
        ({"ask_minor": QUANTITY_MAX // 60}, FxReason.NOT_A_QUOTE),
        ({"counter": "CNY"}, FxReason.NOT_A_QUOTE),
        ({"counter": "USD"}, FxReason.NOT_A_QUOTE),
        ({"given_at_ns": NOW + 1}, FxReason.NOT_A_QUOTE),
        ({"expires_at_ns": NOW + 901 * SECOND}, FxReason.NOT_A_QUOTE),
        ({"expires_at_ns": NOW}, FxReason.EXPIRED),
        ({"expires_at_ns": NOW - 1, "given_at_ns": NOW - SECOND}, FxReason.EXPIRED),
        ({"bid_tick": 654_507}, None),
        ({"bid_tick": 654_506}, FxReason.OUT_OF_BAND),
        ({"ask_tick": 661_083}, None),
        ({"ask_tick": 661_084}, FxReason.OUT_OF_BAND),
    ],
)
def test_quote_that_may_not_stand_is_refused(changes: dict[str, int | str], reason: FxReason | None) -> None:
    """The band is 50 basis points around 65.7795: 65.4506… to 66.1083…."""
    refusal = refuse_quote(replace(QUOTE, **changes), MARKET, NOW, LAST)
    assert (refusal.reason if refusal else None) == reason
    if refusal:
        assert refusal.what
        assert refusal.cure
        assert refusal.where.startswith("CNY/")


def test_band_is_the_unions_choice_and_needs_a_price() -> None:
    wide = replace(QUOTE, bid_tick=1)
    assert refuse_quote(wide, MARKET, NOW) is None
    assert refuse_quote(wide, MARKET, NOW, LAST) is not None
    narrow = refuse_quote(QUOTE, MARKET, NOW, LAST, QuoteTerms(band_bp=10))
    assert narrow is not None
    assert "12.1 basis points" in narrow.what


# What a deal comes to


@pytest.mark.parametrize(
    ("sells", "buys", "fixed", "minor", "sold", "bought"),
    [
        ("CNY", "KZT", Fixed.SEND, 100_00, 100_00, 6_570_00),
        ("CNY", "KZT", Fixed.SEND, 1, 1, 65),
        ("CNY", "KZT", Fixed.RECEIVE, 6_570_00, 100_00, 6_570_00),
        ("CNY", "KZT", Fixed.RECEIVE, 6_570_01, 100_01, 6_570_01),
        ("KZT", "CNY", Fixed.SEND, 6_585_00, 6_585_00, 100_00),
        ("KZT", "CNY", Fixed.SEND, 6_584_99, 6_584_99, 99_99),
        ("KZT", "CNY", Fixed.RECEIVE, 100_00, 6_585_00, 100_00),
        ("KZT", "CNY", Fixed.RECEIVE, 1, 66, 1),
    ],
)
def test_deal_is_executable_to_the_minor_unit(
    sells: str, buys: str, fixed: Fixed, minor: int, sold: int, bought: int
) -> None:
    found = done(ask_for(QUOTE, sells, buys, fixed, minor))
    assert (found.sells, found.sold, found.buys, found.bought) == (sells, sold, buys, bought)


@pytest.mark.parametrize(
    ("sells", "buys", "fixed", "minor", "reason"),
    [
        ("CNY", "KZT", Fixed.SEND, 1_000_01, FxReason.TOO_LARGE),
        ("KZT", "CNY", Fixed.RECEIVE, 2_000_01, FxReason.TOO_LARGE),
        ("KZT", "CNY", Fixed.SEND, 65, FxReason.NOTHING_LEFT),
        ("CNY", "KZT", Fixed.SEND, 0, FxReason.NOTHING_LEFT),
        ("CNY", "KZT", Fixed.RECEIVE, -1, FxReason.NOTHING_LEFT),
        ("CNY", "KZT", Fixed.SEND, QUANTITY_MAX + 1, FxReason.NOTHING_LEFT),
        ("CNY", "IRR", Fixed.SEND, 100, FxReason.NO_QUOTE),
        ("CNY", "CNY", Fixed.SEND, 100, FxReason.NO_QUOTE),
    ],
)
def test_deal_that_cannot_be_is_refused(
    sells: str, buys: str, fixed: Fixed, minor: int, reason: FxReason
) -> None:
    found = ask_for(QUOTE, sells, buys, fixed, minor)
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert found.cure


def test_quote_is_good_until_it_expires_and_no_longer() -> None:
    end = QUOTE.expires_at_ns
    assert isinstance(deal(QUOTE, MARKET, end - 1, "CNY", "KZT", Fixed.SEND, 100), Deal)
    late = deal(QUOTE, MARKET, end, "CNY", "KZT", Fixed.SEND, 100)
    assert isinstance(late, Refusal)
    assert late.reason == FxReason.EXPIRED


amounts = st.integers(1, 10**12)
ticks = st.tuples(st.integers(1, TICK_MAX), st.integers(0, 10**6))


def wide_open(bid: int, spread: int) -> FirmQuote:
    return replace(
        QUOTE, bid_tick=bid, ask_tick=min(TICK_MAX, bid + spread), bid_minor=10**17, ask_minor=10**17
    )


@given(amounts, ticks, st.booleans())
def test_asking_by_either_amount_is_the_same_deal_at_best(
    minor: int, tick: tuple[int, int], there: bool
) -> None:
    quote = wide_open(*tick)
    sells, buys = ("CNY", "KZT") if there else ("KZT", "CNY")
    sent = ask_for(quote, sells, buys, Fixed.SEND, minor)
    if isinstance(sent, Deal):
        received = done(ask_for(quote, sells, buys, Fixed.RECEIVE, sent.bought))
        assert received.sold <= sent.sold
        assert done(ask_for(quote, sells, buys, Fixed.SEND, received.sold)).bought == sent.bought


@given(amounts, ticks, st.booleans())
def test_there_and_back_never_gains(minor: int, tick: tuple[int, int], there: bool) -> None:
    quote = wide_open(*tick)
    sells, buys = ("CNY", "KZT") if there else ("KZT", "CNY")
    sent = ask_for(quote, sells, buys, Fixed.SEND, minor)
    if isinstance(sent, Deal):
        back = ask_for(quote, buys, sells, Fixed.SEND, sent.bought)
        assert isinstance(back, Refusal) or back.bought <= minor


# The other way about


def test_inverse_swaps_bid_and_ask() -> None:
    other = turned(inverse(QUOTE, MARKET))
    assert (other.base, other.counter) == ("KZT", "CNY")
    assert (other.bid_tick, other.ask_tick) == (151_860, 152_208)
    assert (other.bid_minor, other.ask_minor) == (13_170_000, 6_570_000)


@given(amounts, ticks, st.booleans(), st.sampled_from(list(Fixed)))
def test_turning_a_quote_round_never_improves_a_deal(
    minor: int, tick: tuple[int, int], there: bool, fixed: Fixed
) -> None:
    quote = wide_open(*tick)
    found = inverse(quote, MARKET)
    if isinstance(found, Refusal):
        return
    assert found.bid_tick <= found.ask_tick
    bid, ask = prices(found, MARKET)
    plain_bid, plain_ask = prices(quote, MARKET)
    assert bid <= 1 / plain_ask <= 1 / plain_bid <= ask
    sells, buys = ("CNY", "KZT") if there else ("KZT", "CNY")
    one, other = (ask_for(each, sells, buys, fixed, minor) for each in (quote, found))
    if isinstance(one, Deal) and isinstance(other, Deal):
        assert other.bought <= one.bought
        assert other.sold >= one.sold


def test_quote_too_small_to_turn_round_is_refused() -> None:
    tiny = replace(QUOTE, base="IRR", counter="CNY", bid_tick=1, ask_tick=1, bid_minor=1, ask_minor=1)
    found = inverse(tiny, MARKET)
    assert isinstance(found, Refusal)
    assert found.reason == FxReason.NOT_A_QUOTE


# The best one


def test_best_gives_most_or_takes_least() -> None:
    keener = replace(QUOTE, provider="BULUT", bid_tick=657_500, ask_tick=658_000)
    for sells, buys in (("CNY", "KZT"), ("KZT", "CNY")):
        for fixed in Fixed:
            found = done(best([QUOTE, keener], MARKET, NOW, sells, buys, fixed, 90_000))
            assert found.quote.provider == "BULUT"


def test_best_passes_over_what_is_too_small_expired_or_another_pair() -> None:
    small = replace(QUOTE, provider="BULUT", bid_tick=658_000, bid_minor=10)
    gone = replace(QUOTE, provider="QOVUN", bid_tick=658_200, expires_at_ns=NOW)
    other = replace(QUOTE, provider="SARV", counter="IRR")
    found = best([small, gone, other, QUOTE], MARKET, NOW, "CNY", "KZT", Fixed.SEND, 50_000)
    assert done(found).quote.provider == "ALTYN"


def test_equal_quotes_go_to_the_earlier_whatever_their_order() -> None:
    later = replace(QUOTE, provider="AAA", given_at_ns=NOW + 1)
    for quotes in ([later, QUOTE], [QUOTE, later]):
        assert done(best(quotes, MARKET, NOW, "CNY", "KZT", Fixed.SEND, 100)).quote == QUOTE


def test_best_says_why_there_is_none() -> None:
    nobody = best([], MARKET, NOW, "CNY", "KZT", Fixed.SEND, 100)
    assert isinstance(nobody, Refusal)
    assert nobody.reason == FxReason.NO_QUOTE
    too_much = best([QUOTE], MARKET, NOW, "CNY", "KZT", Fixed.SEND, 10**8)
    assert isinstance(too_much, Refusal)
    assert too_much.reason == FxReason.TOO_LARGE


def test_deal_uses_up_its_side_of_the_quote() -> None:
    sold = taken(QUOTE, done(ask_for(QUOTE, "CNY", "KZT", Fixed.SEND, 400_00)))
    assert (sold.bid_minor, sold.ask_minor) == (600_00, 2_000_00)
    bought = taken(sold, done(ask_for(sold, "KZT", "CNY", Fixed.RECEIVE, 2_000_00)))
    assert (bought.bid_minor, bought.ask_minor) == (600_00, 0)
    with pytest.raises(InvariantBroken):
        taken(bought, Deal(bought, "KZT", 66, "CNY", 1))


# In the next batch


def test_unexpired_quotes_become_two_orders_each() -> None:
    gone = replace(QUOTE, expires_at_ns=NOW)
    one_sided = replace(QUOTE, provider="BULUT", ask_minor=0)
    orders, owners = as_orders([gone, QUOTE, one_sided], MARKET, NOW)
    assert owners == [(1, OrderKind.EXACT_IN), (1, OrderKind.EXACT_OUT), (2, OrderKind.EXACT_OUT)]
    assert orders.sell.tolist() == [0, 1, 1]
    assert orders.buy.tolist() == [1, 0, 0]
    assert orders.quantity.tolist() == [2_000_00, 1_000_00, 1_000_00]
    assert orders.tick.tolist() == [658_500, 152_208, 152_208]
    assert not orders.whole.any()
    assert len(as_orders([], MARKET, NOW)[0]) == 0


@given(ticks, st.integers(1, 10**12))
def test_provider_never_pays_more_in_the_batch_than_quoted(tick: tuple[int, int], minor: int) -> None:
    """At its limit an exact-out order pays at most ceil(quantity * 10^e / tick) of what it sells."""
    quote = replace(wide_open(*tick), bid_minor=minor, ask_minor=0)
    orders, owners = as_orders([quote], MARKET, NOW)
    bid, _ = prices(quote, MARKET)
    if owners:
        assert Fraction(minor) * 10 ** int(EXPONENTS[1, 0]) / int(orders.tick[0]) <= minor * bid


def test_orders_made_of_quotes_are_orders_of_the_market() -> None:
    """The certificate reads them: unfilled at the mid price, neither side is in the money."""
    orders, _ = as_orders([QUOTE], MARKET, NOW)
    scale = 10**9
    mid = np.array([657_750 * scale, 10_000 * scale, 0], np.int64)
    nothing = np.zeros(2, np.int64)
    clearing = Clearing(
        mid, nothing, nothing.copy(), np.zeros(2, bool), np.zeros(3, np.int64), certified=True
    )
    assert verify(MARKET, orders, clearing).proven
    _, keen = with_row(orders, clearing, sell=0, buy=1, tick=657_000)
    better, _ = with_row(orders, clearing, sell=0, buy=1, tick=657_000)
    assert not verify(MARKET, better, keen).proven
