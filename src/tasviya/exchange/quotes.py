"""Firm two-way quotes between batches: what may be quoted, and what exactly it comes to.

    quote ─▶ refuse_quote ─▶ best ─▶ Deal (now)
                      └───▶ as_orders ─▶ the next batch, while it is valid

A provider buys the base currency at its bid and sells it at its ask, up to a size, until it expires. Prices
are ticks as in `exchange.market`: `tick / 10**exponents[base, counter]` minor units of the counter currency
for one of the base. A deal is executable as it is told: amounts are rounded to minor units there and then,
what the taker gets down and what the taker pays up, so a quote is never worth more than the provider said,
and neither way there and back. Seen the other way about, bid and ask change places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

import numpy as np

from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal, invariant
from tasviya.core.rates import FxReason
from tasviya.exchange.market import QUANTITY_MAX, TICK_MAX, Market, OrderKind, Orders

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class QuoteTerms:
    """What the union allows."""

    band_bp: int = 50
    """How far from the last batch price a bid or an ask may be."""
    life_max_ns: int = 15 * 60 * 10**9
    """How long a quote may be valid, from when it was given."""


@dataclass(frozen=True, slots=True)
class FirmQuote:
    """A provider's promise to trade a pair, either way, up to a size in the base currency."""

    provider: str
    base: str
    counter: str
    bid_tick: int
    ask_tick: int
    bid_minor: int
    """Minor units of the base currency that the provider buys at most."""
    ask_minor: int
    """Minor units of the base currency that the provider sells at most."""
    given_at_ns: int
    expires_at_ns: int


class Fixed(StrEnum):
    """Which amount of a deal the taker has named."""

    SEND = "send"
    RECEIVE = "receive"


@dataclass(frozen=True, slots=True)
class Deal:
    """What a taker pays and gets, in minor units, if it takes the quote before it expires."""

    quote: FirmQuote
    sells: str
    sold: int
    buys: str
    bought: int


def refuse_quote(
    quote: FirmQuote,
    market: Market,
    now_ns: int,
    last_price: Fraction | None = None,
    terms: QuoteTerms | None = None,
) -> Refusal | None:
    """Why a quote is not taken; None if it is.

    last_price: minor units of the counter currency for one of the base in the last batch; None before the
    first, when there is nothing to hold a quote against.
    """
    terms = terms or QuoteTerms()
    pair = f"{quote.base}/{quote.counter}"
    if quote.base == quote.counter or not {quote.base, quote.counter} <= set(market.currencies):
        return _refuse(
            FxReason.NOT_A_QUOTE, f"{pair} is no pair of the market.", "Quote two of its currencies.", pair
        )
    if not 1 <= quote.bid_tick <= TICK_MAX or not 1 <= quote.ask_tick <= TICK_MAX:
        what = f"Bid {quote.bid_tick} and ask {quote.ask_tick} are not ticks of 1 to {TICK_MAX}."
        return _refuse(FxReason.NOT_A_QUOTE, what, "Quote in the pair's ticks.", pair)
    if quote.bid_tick > quote.ask_tick:
        what = f"Bid {quote.bid_tick} is above ask {quote.ask_tick}."
        return _refuse(FxReason.NOT_A_QUOTE, what, "Bid at most what you ask.", pair)
    if quote.given_at_ns > now_ns or quote.expires_at_ns - quote.given_at_ns > terms.life_max_ns:
        given, ends = iso_instant(quote.given_at_ns), iso_instant(quote.expires_at_ns)
        what = f"It is given at {given} until {ends}."
        cure = f"Quote for at most {terms.life_max_ns // 10**9} s from now."
        return _refuse(FxReason.NOT_A_QUOTE, what, cure, pair)
    if quote.expires_at_ns <= now_ns:
        what = f"It expired at {iso_instant(quote.expires_at_ns)}."
        return _refuse(FxReason.EXPIRED, what, "Quote again.", pair)
    sizes = (quote.bid_minor, quote.ask_minor)
    bid, ask = prices(quote, market)
    if min(sizes) < 0 or not any(sizes) or max(sizes) > QUANTITY_MAX or max(sizes) * ask > QUANTITY_MAX:
        what = (
            f"Sizes {quote.bid_minor} and {quote.ask_minor} are not 1 to {QUANTITY_MAX} minor units of both."
        )
        return _refuse(FxReason.NOT_A_QUOTE, what, "Quote a smaller size, or one at all.", pair)
    if last_price is not None:
        low, high = (
            last_price * Fraction(BASIS_POINTS + sign * terms.band_bp, BASIS_POINTS) for sign in (-1, 1)
        )
        if bid < low or ask > high:
            off = max(1 - bid / last_price, ask / last_price - 1)
            what = f"It is {float(off) * BASIS_POINTS:.1f} basis points from the last batch price."
            return _refuse(
                FxReason.OUT_OF_BAND, what, f"Quote within {terms.band_bp} basis points of it.", pair
            )
    return None


def prices(quote: FirmQuote, market: Market) -> tuple[Fraction, Fraction]:
    """Bid and ask, exactly: minor units of the counter currency for one of the base."""
    unit = Fraction(10) ** -_exponent(market, quote.base, quote.counter)
    return quote.bid_tick * unit, quote.ask_tick * unit


def inverse(quote: FirmQuote, market: Market) -> FirmQuote | Refusal:
    """The same promise seen from the counter currency, in the ticks and sizes of that pair.

    The new bid is one over the ask, rounded down; the new ask one over the bid, rounded up: nobody gets
    more by turning a quote round. Refused if that is no tick, or nothing is left of either size.
    """
    bid, ask = prices(quote, market)
    ticks = Fraction(10) ** _exponent(market, quote.counter, quote.base)
    turned = replace(
        quote,
        base=quote.counter,
        counter=quote.base,
        bid_tick=floor(ticks / ask),
        ask_tick=ceil(ticks / bid),
        bid_minor=floor(quote.ask_minor * ask),
        ask_minor=floor(quote.bid_minor * bid),
    )
    if turned.bid_tick < 1 or turned.ask_tick > TICK_MAX or not (turned.bid_minor or turned.ask_minor):
        what = f"{quote.base}/{quote.counter} cannot be told as {turned.base}/{turned.counter}."
        return _refuse(
            FxReason.NOT_A_QUOTE, what, "Use it as it was quoted.", f"{turned.base}/{turned.counter}"
        )
    return turned


def deal(
    quote: FirmQuote, market: Market, now_ns: int, sells: str, buys: str, fixed: Fixed, minor: int
) -> Deal | Refusal:
    """What a taker pays and gets at a quote for an amount sent or received, already in minor units."""
    pair = f"{sells}/{buys}"
    if {sells, buys} != {quote.base, quote.counter}:
        return _refuse(
            FxReason.NO_QUOTE, f"{quote.provider} quotes another pair.", "Ask for a quote of it.", pair
        )
    if quote.expires_at_ns <= now_ns:
        what = f"The quote expired at {iso_instant(quote.expires_at_ns)}."
        return _refuse(FxReason.EXPIRED, what, "Ask for a new quote.", pair)
    if not 1 <= minor <= QUANTITY_MAX:
        what = f"{minor} minor units cannot be exchanged."
        return _refuse(
            FxReason.NOTHING_LEFT, what, f"Name an amount of 1 to {QUANTITY_MAX} minor units.", pair
        )
    bid, ask = prices(quote, market)
    rate, good_for = (bid, quote.bid_minor) if sells == quote.base else (1 / ask, quote.ask_minor)
    if fixed is Fixed.SEND:
        sold, bought = minor, floor(minor * rate)
    else:
        sold, bought = ceil(minor / rate), minor
    if not bought:
        what = f"{sold} minor units of {sells} are less than one of {buys}."
        return _refuse(FxReason.NOTHING_LEFT, what, "Send more.", pair)
    base = sold if sells == quote.base else bought
    if base > good_for or max(sold, bought) > QUANTITY_MAX:
        what = f"{quote.provider} trades {good_for} minor units of {quote.base} that way, not {base}."
        return _refuse(FxReason.TOO_LARGE, what, "Ask for less, or leave it to the next batch.", pair)
    return Deal(quote, sells, sold, buys, bought)


def best(
    quotes: Iterable[FirmQuote], market: Market, now_ns: int, sells: str, buys: str, fixed: Fixed, minor: int
) -> Deal | Refusal:
    """The deal that gives most or takes least; among equals the earlier quote's, then by provider."""
    deals, refusals = [], []
    for quote in quotes:
        found = deal(quote, market, now_ns, sells, buys, fixed, minor)
        if isinstance(found, Deal):
            deals.append(found)
        elif found.reason == FxReason.TOO_LARGE:
            refusals.append(found)
    if deals:
        return min(
            deals, key=lambda each: (each.sold, -each.bought, each.quote.given_at_ns, each.quote.provider)
        )
    if refusals:
        return refusals[0]
    what = f"Nobody quotes {sells} for {buys} now."
    return _refuse(FxReason.NO_QUOTE, what, "Leave it to the next batch, or ask again.", f"{sells}/{buys}")


def taken(quote: FirmQuote, done: Deal) -> FirmQuote:
    """What is left of a quote after a deal at it."""
    if done.sells == quote.base:
        left = replace(quote, bid_minor=quote.bid_minor - done.sold)
    else:
        left = replace(quote, ask_minor=quote.ask_minor - done.bought)
    invariant(min(left.bid_minor, left.ask_minor) >= 0, "a quote is not taken for more than its size")
    return left


def as_orders(
    quotes: Sequence[FirmQuote], market: Market, now_ns: int
) -> tuple[Orders, list[tuple[int, OrderKind]]]:
    """The quotes still valid as orders of the next batch, and whose each is: place in `quotes`, side.

    An ask sells the base currency, exact-in, at its own tick. A bid buys it, exact-out, for the counter
    currency: its limit is one over the bid in the other pair's ticks, rounded up, so that the provider
    never pays more. A side whose limit is no tick there is left out.
    """
    place = {code: number for number, code in enumerate(market.currencies)}
    rows: list[tuple[int, int, int, int, int]] = []
    owners: list[tuple[int, OrderKind]] = []
    for number, quote in enumerate(quotes):
        if quote.expires_at_ns <= now_ns:
            continue
        base, counter = place[quote.base], place[quote.counter]
        if quote.ask_minor:
            rows.append((base, counter, OrderKind.EXACT_IN, quote.ask_minor, quote.ask_tick))
            owners.append((number, OrderKind.EXACT_IN))
        bid, _ = prices(quote, market)
        limit = ceil(Fraction(10) ** _exponent(market, quote.counter, quote.base) / bid)
        if quote.bid_minor and limit <= TICK_MAX:
            rows.append((counter, base, OrderKind.EXACT_OUT, quote.bid_minor, limit))
            owners.append((number, OrderKind.EXACT_OUT))
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    sell, buy, kind, quantity, tick = columns
    orders = Orders(
        sell.astype(np.int16),
        buy.astype(np.int16),
        kind.astype(np.int8),
        quantity.copy(),
        tick.copy(),
        np.zeros(len(rows), np.bool_),
    )
    return orders, owners


def _exponent(market: Market, sold: str, bought: str) -> int:
    return int(market.exponents[market.currencies.index(sold), market.currencies.index(bought)])


def _refuse(reason: FxReason, what: str, cure: str, where: str) -> Refusal:
    passing = reason in (FxReason.EXPIRED, FxReason.NO_QUOTE, FxReason.TOO_LARGE, FxReason.OUT_OF_BAND)
    return Refusal(reason, what, cure, where, transient=passing)
