"""A margin proven in whole numbers, or settled as far as they go.

    Margin ─▶ whole prices ─▶ orders in the money ─▶ runs, leaf first ─▶ lifts ─▶ nothing left? ─▶ proven

Where minor units are too coarse for a margin, a few units of orders beside it stay open; if that does not
help, the currencies concerned are left out, and all others settle.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from tasviya.exchange.attempt import Attempt, Settlement
from tasviya.exchange.compiled import compiled
from tasviya.exchange.equilibrium import Margin
from tasviya.exchange.market import Bools, Market
from tasviya.exchange.order_book import PLACE_BITS, PLACE_MASK, Book
from tasviya.exchange.whole_prices import most_in_the_money, rough_rates

UNITS_OPEN_MAX = 40
"""Units of an order that may stay open so that others can settle."""


def settle(
    market: Market, book: Book, margin: Margin, whole: Bools | None = None, coarsely: bool = False
) -> Settlement | None:
    """Settle a margin; None if whole numbers refute it, short if they are too coarse for it.

    whole: heed whole orders. Those that a run would fill in part are set aside; if the rest of their level
    does not replace them, the answer is short, and the batch is to be solved again without them.
    coarsely: leave some units open, or all orders of currencies that cannot be settled otherwise, and prove
    nothing.
    """
    attempt = Attempt.of(market, book, margin, whole, coarsely)
    if attempt is None:
        return None
    settled = attempt.settle()
    if settled is None or (settled.short and settled.aside):
        return settled
    if settled.short and coarsely:
        settled = _leave_open(market, book, margin, attempt, settled)
    if settled is not None and not settled.short:
        settled.proven = _nothing_left(market, book, settled)
        return settled if settled.proven or coarsely else None
    return settled


def _leave_open(
    market: Market, book: Book, margin: Margin, attempt: Attempt, settled: Settlement
) -> Settlement | None:
    """Take some units off full orders beside each tree that is short; else leave its currencies out."""
    n = len(settled.prices)
    for tree in sorted({int(attempt.trees[c]) for c in settled.lacking()}):
        members = np.flatnonzero(attempt.trees == tree)
        for pair, units in itertools.product(attempt.full_beside(tree), range(1, UNITS_OPEN_MAX + 1)):
            tried = attempt.fill(attempt.roots, {**attempt.less, pair: units})
            if tried is not None and all(tried.dust[c] >= 0 for c in members):
                attempt.less[pair], settled = units, tried
                break
    if not settled.short:
        return settled
    gone = np.isin(attempt.groups(), [attempt.groups()[c] for c in settled.lacking()])
    stays = ~gone[:, None] & ~gone[None, :]
    runs = tuple(run for run in margin.runs if stays[run.sell, run.buy])
    if np.array_equal(stays * margin.cut, margin.cut) and runs == margin.runs:
        return None
    trees = np.where(gone, np.arange(n) + n, margin.trees)
    rest = replace(margin, cut=stays * margin.cut, runs=runs, trees=np.unique(trees, return_inverse=True)[1])
    return settle(market, book, rest, attempt.whole, coarsely=True)


def _nothing_left(market: Market, book: Book, settled: Settlement) -> bool:
    """Whether no order is in the money by more than the last digits of the prices and not filled wholly."""
    n = book.currencies
    ticks = np.zeros((n, n), np.int64)
    aside = np.array(sorted(settled.aside), np.int64)
    _open_ticks(book, settled.keys, settled.part, aside, ticks)
    doubtful = (ticks > 0) & (ticks <= rough_rates(market, settled.prices) * (1 + 1e-12))
    return all(
        ticks[a, b] > most_in_the_money(market, settled.prices, int(a), int(b), n)
        for a, b in np.argwhere(doubtful)
    )


@compiled
def _open_ticks(book, keys, part, aside, ticks):
    """The least tick of each pair with an order that is neither filled wholly nor set aside."""
    n = len(keys)
    records, starts = book.records, book.starts
    for k in range(len(book.live)):
        s = book.live[k]
        sell, buy = (s // n) % n, s % n
        key = keys[sell, buy]
        first, last = starts[s], starts[s + 1]
        while first < last:
            middle = (first + last) >> 1
            if records[middle, 0] < key:
                first = middle + 1
            else:
                last = middle
        while first < starts[s + 1]:
            done = records[first, 1] == 0 or (
                records[first, 0] == key and part[sell, buy] == records[first, 1]
            )
            place = records[first, 0] & PLACE_MASK
            at = np.searchsorted(aside, place)
            if not done and not (at < len(aside) and aside[at] == place):
                tick = records[first, 0] >> PLACE_BITS
                if ticks[sell, buy] == 0 or tick < ticks[sell, buy]:
                    ticks[sell, buy] = tick
                break
            first += 1
