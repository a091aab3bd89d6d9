"""A drawn day cleared batch by batch, with and without market makers, each batch proven.

    Day ─▶ batch 1 … K: orders that came ∪ orders that wait ─▶ clear ─▶ verify ─▶ what does not fill waits on
                                    ∪ market makers' ladders

The engine is fed directly: there is no ledger here, so nobody lacks money. The day is run twice over, in two
books that know nothing of each other: one of the payments alone, one in which market makers stand by.

Market makers know what the trade lets expect, not what is in the book. Of each currency that is expected to
be wanted more than offered they sell up to a share of that, for the currencies that are expected to be
offered more than wanted, on rungs that ask more and more above the day's rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tasviya.core.errors import invariant
from tasviya.exchange.auction import clear
from tasviya.exchange.certificate import verify
from tasviya.exchange.circulation import circulate
from tasviya.exchange.market import Clearing, Int64s, OrderKind, Orders
from tasviya.exchange.order import tick_at_least
from tasviya.lab.exchange_day import CENTS, Day, Wish

RUNGS = (5, 10, 15, 20, 30, 40, 50, 60)
"""Basis points above the day's rate that a ladder asks, a rung each, all of one size."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one batch came to in one book. Money is in US cents at the day's rates.

    prices: of one minor unit by currency, only ratios mean anything; 0: none. left: by currency, what is
    still wanted less what is still offered. proven: the certificate holds, and no order in the money is
    left open.
    """

    waiting: int
    asked: int
    filled: int
    """Orders that have been filled to the end."""
    value: int
    set_aside: int
    prices: tuple[int, ...]
    left: tuple[int, ...]
    makers_sold: int
    proven: bool


@dataclass(frozen=True, slots=True)
class BatchOfDay:
    """A batch: how many orders came for it, and what it came to without and with market makers."""

    number: int
    came: int
    came_value: int
    alone: Outcome
    helped: Outcome | None


@dataclass(frozen=True, slots=True)
class Netting:
    """How much of a day's value could settle without any vehicle currency if no limit mattered; cents.

    bilateral: by netting each pair of currencies. multilateral: the largest circulation between all of them.
    """

    total: int
    bilateral: int
    multilateral: int


def replay(day: Day, wish: Wish) -> Iterator[BatchOfDay]:
    """Clear a day, batch by batch."""
    total = len(day.orders)
    alone = _Book(day, wish, 0)
    helped = _Book(day, wish, wish.market_makers_percent) if wish.market_makers_percent else None
    for number in range(wish.batches):
        came = np.arange(total * number // wish.batches, total * (number + 1) // wish.batches)
        yield BatchOfDay(
            number + 1,
            len(came),
            int(day.cents[came].sum()),
            alone.clear(number, came),
            helped.clear(number, came) if helped else None,
        )


def netting(day: Day) -> Netting:
    """What netting alone could do with a day's orders, at the day's rates."""
    n = len(day.market.currencies)
    value = np.zeros((n, n), np.int64)
    np.add.at(value, (day.orders.sell, day.orders.buy), day.cents)
    both_ways = np.minimum(value, value.T)
    sell, buy = np.nonzero(value)
    nothing = np.zeros(n, np.int64)
    flow, *_ = circulate(n, sell, buy, np.full(len(sell), -1, np.int64), value[sell, buy], nothing)
    return Netting(int(value.sum()), int(both_ways.sum()), int(flow.sum()))


class _Book:
    """Orders that wait, and the market makers beside them."""

    def __init__(self, day: Day, wish: Wish, percent: int) -> None:
        self.day, self.batches = day, wish.batches
        self.waiting = np.empty(0, np.int64)
        self.rest, self.cents = day.orders.quantity.copy(), day.cents.copy()
        self.promised = _promised(day, percent)
        self.sold = np.zeros_like(self.promised)

    def clear(self, number: int, came: Int64s) -> Outcome:
        """Clear what waits and what came."""
        day, places = self.day, np.concatenate((self.waiting, came))
        ladders = self._ladders(number)
        asked = int(self.cents[places].sum())
        orders = _joined(day.orders, places, self.rest, ladders)
        if not len(orders):
            nothing = (0,) * len(day.market.currencies)
            return Outcome(0, 0, 0, 0, 0, nothing, nothing, 0, proven=True)
        clearing = clear(day.market, orders)
        verdict = verify(day.market, orders, clearing)
        invariant(verdict.holds, f"a batch proves right, not: {verdict.violations[:3]}")
        fixed = np.where(orders.kind == OrderKind.EXACT_IN, clearing.sold, clearing.bought)
        self._fill(places, fixed[: len(places)])
        makers = self._makers_sold(orders, clearing, len(places))
        self.waiting = places[self.rest[places] > 0]
        return Outcome(
            len(places),
            asked,
            len(places) - len(self.waiting),
            asked - int(self.cents[self.waiting].sum()),
            int(clearing.set_aside.sum()),
            tuple(clearing.prices.tolist()),
            self._left(),
            makers,
            verdict.proven,
        )

    def _fill(self, places: Int64s, fixed: Int64s) -> None:
        """Take off what has been filled; `fixed`, by place, of the side that an order fixes."""
        before = self.rest[places]
        self.rest[places] = before - fixed
        partly = (fixed > 0) & (fixed < before)
        self.cents[places[fixed == before]] = 0
        for place, was in zip(places[partly].tolist(), before[partly].tolist(), strict=True):
            self.cents[place] = int(self.cents[place]) * int(self.rest[place]) // was

    def _ladders(self, number: int) -> list[tuple[int, int, int, int]]:
        """Sold and bought currency, quantity and tick of the market makers' orders, a rung each."""
        day, found = self.day, []
        standing = self.promised * (number + 1) // self.batches - self.sold
        for a, b in zip(*np.nonzero(standing > 0), strict=True):
            a_rung = int(standing[a, b]) * day.minor_per_usd[a] / (CENTS * len(RUNGS))
            quantity = a_rung.numerator // a_rung.denominator
            for points in RUNGS if quantity else ():
                limit = day.rate(a, b) * Fraction(10_000 + points, 10_000)
                tick = tick_at_least(limit, int(day.market.exponents[a, b]))
                if tick is not None:
                    found.append((int(a), int(b), quantity, tick))
        return found

    def _makers_sold(self, orders: Orders, clearing: Clearing, first: int) -> int:
        """Note what market makers have sold; cents."""
        total = 0
        for place in range(first, len(orders)):
            a, b, sold = int(orders.sell[place]), int(orders.buy[place]), int(clearing.sold[place])
            cents = round(sold * CENTS / self.day.minor_per_usd[a])
            self.sold[a, b] += cents
            total += cents
        return total

    def _left(self) -> tuple[int, ...]:
        n, rest = len(self.day.market.currencies), self.waiting
        left = np.zeros(n, np.int64)
        np.add.at(left, self.day.orders.buy[rest], self.cents[rest])
        np.subtract.at(left, self.day.orders.sell[rest], self.cents[rest])
        return tuple(left.tolist())


def _promised(day: Day, percent: int) -> Int64s:
    """What market makers sell of each currency for each other in a whole day at the most; (N, N) cents.

    They take the expected imbalance apart in proportion: who lacks most gets most from each.
    """
    n = len(day.market.currencies)
    lacking = [int(each) for each in day.expected.sum(axis=0) - day.expected.sum(axis=1)]
    all_lacking = sum(each for each in lacking if each > 0)
    promised = np.zeros((n, n), np.int64)
    for a in range(n):
        for b in range(n):
            if lacking[a] > 0 > lacking[b]:
                promised[a, b] = lacking[a] * -lacking[b] * percent // (all_lacking * 100)
    return promised


def _joined(
    orders: Orders, places: Int64s, quantity: Int64s, ladders: list[tuple[int, int, int, int]]
) -> Orders:
    """What is left of some of a day's orders, and the market makers' behind them."""
    rungs = np.array(ladders, np.int64).reshape(len(ladders), 4)
    kind = np.full(len(ladders), OrderKind.EXACT_IN)
    return Orders(
        np.concatenate((orders.sell[places], rungs[:, 0])).astype(np.int16),
        np.concatenate((orders.buy[places], rungs[:, 1])).astype(np.int16),
        np.concatenate((orders.kind[places], kind)).astype(np.int8),
        np.concatenate((quantity[places], rungs[:, 2])),
        np.concatenate((orders.tick[places], rungs[:, 3])),
        np.concatenate((orders.whole[places], np.zeros(len(ladders), np.bool_))),
    )
