"""A day of orders on the exchange, drawn from a year's trade and a day's rates.

    trade, rates, wish ─▶ draw ─▶ Day ─▶ (exchange_replay clears it batch by batch)

Each order is an importer's: it sells the importer's currency and buys the exporter's. Some are whole, as a
payment is: in full or not at all. A flow has as many orders as its share of the day's value; sizes come from
the table of `figures`. Limits lie around the day's rate: on average a tolerance behind it, for one who must
pay takes a little less than the rate, with a standard deviation of SPREAD. The same arguments draw the same
day on any machine: all of it is whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

import numpy as np

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import allocate
from tasviya.exchange.market import CURRENCIES_MAX, PAIR_MAX, QUANTITY_MAX, Int64s, Market, OrderKind, Orders
from tasviya.exchange.order import exponent_for, limit_of
from tasviya.lab.figures import Rates, TradeMatrix, sizes
from tasviya.lab.flows import BUSINESS_DAYS_A_YEAR
from tasviya.lab.given_figures import currency_of

DAY_MAX = 10**16
"""Most a day's flows may be worth; US cents."""
CENTS = 100
"""Values are whole US cents at the day's rates."""
ROOM = 2
"""Amounts stay below what a batch carries by this factor, for prices move."""
MILLION = 1_000_000
BASIS_POINT = 100
SPREAD = 40
"""Standard deviation of limits about their average, basis points; one is BASIS_POINT millionths."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What day is asked for."""

    orders: int = 100_000
    batches: int = 8
    seed: int = 1
    exact_out_percent: int = 80
    """How many of the orders fix what is bought; the rest fix what is sold."""
    whole_percent: int = 50
    """How many fill in full or not at all."""
    tolerance: int = 50
    """How far limits lie behind the day's rate on average, basis points."""
    market_makers_percent: int = 60
    """For how much of the expected imbalance market makers offer money; 0: there are none."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day drawn.

    orders: all of the day, in the order in which they arrive. cents: (M,) int64, the worth of each.
    expected: (N, N) int64, cents that the trade lets expect of each pair (sold, bought) in the whole day.
    left_out: flows within one currency, which need no exchange.
    """

    market: Market
    minor_per_major: tuple[int, ...]
    minor_per_usd: tuple[Fraction, ...]
    orders: Orders
    cents: Int64s
    expected: Int64s
    left_out: int

    def rate(self, sell: int, buy: int) -> Fraction:
        """Minor units of one currency for one minor unit of another, at the day's rates."""
        return self.minor_per_usd[buy] / self.minor_per_usd[sell]


def draw(trade: TradeMatrix, rates: Rates, wish: Wish) -> Day:
    """Draw a day.

    Raises: OperatorError if a currency has no rate, or an amount is beyond what a batch carries.
    """
    flows = [(importer, exporter, usd) for (exporter, importer), usd in sorted(trade.usd.items()) if usd]
    pairs: dict[tuple[str, str], int] = {}
    left_out = 0
    for importer, exporter, usd in flows:
        sell, buy = currency_of(importer), currency_of(exporter)
        if sell == buy:
            left_out += 1
            continue
        pairs[sell, buy] = pairs.get((sell, buy), 0) + usd * CENTS // BUSINESS_DAYS_A_YEAR
    if not any(pairs.values()):
        raise OperatorError(
            "LB02", "No trade between two currencies is in the flows.", "Give flows between other states."
        )
    codes = sorted({code for pair in pairs for code in pair})
    if len(codes) > CURRENCIES_MAX or sum(pairs.values()) > DAY_MAX:
        what = f"{len(codes)} currencies and {sum(pairs.values()) // CENTS:,} US dollars a day are too much."
        cure = f"Give at most {CURRENCIES_MAX} currencies and {DAY_MAX // CENTS:,} US dollars a day."
        raise OperatorError("LB10", what, cure)
    scale = tuple(_minor_per_major(code) for code in codes)
    per_usd = tuple(rates.of(code) * each for code, each in zip(codes, scale, strict=True))
    place = {code: number for number, code in enumerate(codes)}
    expected = np.zeros((len(codes), len(codes)), np.int64)
    for (sell, buy), worth in pairs.items():
        expected[place[sell], place[buy]] = worth
    market = _market(codes, per_usd)
    orders, cents = _orders(market, per_usd, expected, wish)
    return Day(market, scale, per_usd, orders, cents, expected, left_out)


def _minor_per_major(code: str) -> int:
    try:
        return currency(code).minor_per_major
    except UnknownCurrency as error:
        raise OperatorError("LB04", f"{error}.", "Use currencies of ISO 4217.") from None


def _market(codes: Sequence[str], per_usd: Sequence[Fraction]) -> Market:
    exponents = np.zeros((len(codes), len(codes)), np.int64)
    for a, sold in enumerate(per_usd):
        for b, bought in enumerate(per_usd):
            exponents[a, b] = exponent_for(bought / sold) if a != b else 0
    worth = np.array([float(1 / rate) for rate in per_usd])
    return Market(tuple(codes), exponents, np.log(worth))


def _orders(
    market: Market, per_usd: Sequence[Fraction], expected: Int64s, wish: Wish
) -> tuple[Orders, Int64s]:
    chance = Random(f"{wish.seed}/exchange")
    n, total = len(market.currencies), wish.orders
    counts = allocate(total, expected.ravel().tolist())
    pair = np.repeat(np.arange(n * n), counts)
    shuffled = list(range(total))
    chance.shuffle(shuffled)
    pair = pair[shuffled]
    sell, buy = pair // n, pair % n
    bits = np.frombuffer(chance.randbytes(total * 32), "<u2").reshape(total, 16).astype(np.int64)
    average = [
        cents * MILLION // max(count, 1)
        for cents, count in zip(expected.ravel().tolist(), counts, strict=True)
    ]
    table = sizes()
    millionths = [
        average[p] * table[s] // MILLION
        for p, s in zip(pair.tolist(), (bits[:, 0] & 1023).tolist(), strict=True)
    ]
    kind = (bits[:, 1] * 100 < wish.exact_out_percent << 16).astype(np.int8)
    fixed = np.where(kind == OrderKind.EXACT_OUT, buy, sell).tolist()
    quantity = [
        max(worth * per_usd[c].numerator // (per_usd[c].denominator * CENTS * MILLION), 1)
        for worth, c in zip(millionths, fixed, strict=True)
    ]
    _fits(millionths, pair.tolist(), per_usd, market)
    behind = wish.tolerance * BASIS_POINT + (_about_zero(bits[:, 4:16]) * SPREAD * BASIS_POINT >> 16)
    orders = Orders(
        sell.astype(np.int16),
        buy.astype(np.int16),
        kind,
        np.array(quantity, np.int64),
        _ticks(market, per_usd, sell, buy, behind),
        bits[:, 2] * 100 < wish.whole_percent << 16,
    )
    return orders, np.array([worth // MILLION for worth in millionths], np.int64)


def _about_zero(bits: Int64s) -> Int64s:
    """Numbers all but normal, mean 0, standard deviation 2**16: sums of twelve uniform ones."""
    return np.asarray(bits.sum(axis=1) - 6 * 65_535, np.int64)


def _ticks(market: Market, per_usd: Sequence[Fraction], sell: Int64s, buy: Int64s, behind: Int64s) -> Int64s:
    """Limits that lie so many millionths behind the day's rate."""
    n = len(market.currencies)
    base = np.zeros(n * n, np.int64)
    for a in range(n):
        for b in range(n):
            if a != b:
                rate = per_usd[b] / per_usd[a]
                one = limit_of(1, int(market.exponents[a, b]))
                base[a * n + b] = round(rate / one * MILLION)
    return np.asarray(np.maximum(-(-base[sell * n + buy] * (MILLION - behind) // MILLION**2), 1), np.int64)


def _fits(worth: Sequence[int], pair: Sequence[int], per_usd: Sequence[Fraction], market: Market) -> None:
    """Whether all amounts are within what a batch can carry, in both currencies of their pairs.

    worth: of each order, millionths of a cent. pair: the place of what it sells times N, plus what it buys.
    """
    largest: dict[int, int] = {}
    total: dict[int, int] = {}
    for each, of in zip(worth, pair, strict=True):
        largest[of] = max(largest.get(of, 0), each)
        total[of] = total.get(of, 0) + each
    for of, most in largest.items():
        for place in divmod(of, len(per_usd)):
            minor = per_usd[place] * ROOM / (CENTS * MILLION)
            if most * minor > QUANTITY_MAX or total[of] * minor > PAIR_MAX:
                dollars = f"{most // (CENTS * MILLION):,} US dollars"
                what = f"An order of {dollars} in {market.currencies[place]} is more than a batch carries."
                raise OperatorError(
                    "LB10", what, "Draw more orders, so that each is smaller, or smaller flows."
                )
