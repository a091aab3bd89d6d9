"""One batch: orders in, prices and fills out.

    build ─▶ balance over a wide band ─▶ narrow the band ─▶ margin ─▶ settle in whole numbers ─▶ pay
                                             ▲                 │ refuted
                                             └─────────────────┘

Whole orders that would fill in part are taken out, and the search goes on from where it stands; after some
rounds together with those behind them, up to the next order that can be divided.

If no margin is proven, the batch gets what settles at the best prices found, and says so; if nothing
settles in whole numbers, nothing fills. A batch never half-settles.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from tasviya.exchange.attempt import Settlement
from tasviya.exchange.equilibrium import largest_volume
from tasviya.exchange.fills import settle
from tasviya.exchange.margin_search import MarginSearch
from tasviya.exchange.market import Bools, Clearing, Int64s, Market, Orders
from tasviya.exchange.order_book import PLACE_BITS, PLACE_MASK, Book, build, take_out
from tasviya.exchange.payouts import pay
from tasviya.exchange.whole_prices import most_in_the_money

ROUNDS_MAX = 300
"""Times that whole orders are taken out."""
ROUNDS_SINGLE = 3
"""Times that they are taken out one a run."""

TOO_COARSE = "whole minor units are too coarse to fill all that is in the money: a few units of it stay open"
NOT_FOUND = (
    "no prices were found at which all that is in the money fills: the largest volume at the best prices"
)
NOTHING = "no fills were found that whole minor units can settle"


def clear(market: Market, orders: Orders) -> Clearing:
    """Clear a batch: one price a currency, and what each order sells and buys."""
    book = build(market, orders)
    effort: Counter[str] = Counter()
    if not len(book.live):
        return _nothing(market, orders, "", effort)
    out = np.zeros(len(orders), np.bool_)
    whole = orders.whole if orders.whole.any() else None
    search: MarginSearch | None = None
    for round_ in range(ROUNDS_MAX):
        search = MarginSearch(market, book) if search is None else search.again()
        settled, why = _solve(market, book, search, whole, effort)
        if settled is None:
            return _nothing(market, orders, why, effort)
        if not settled.short:
            out[settled.aside] = True
            sold, bought = pay(orders, settled, out)
            if whole is not None:
                out &= orders.tick <= _limits(market, settled.prices)[orders.sell, orders.buy]
            prices, dust = np.array(settled.prices, np.int64), np.array(settled.dust, np.int64)
            return Clearing(prices, sold, bought, out, dust, settled.proven, why, dict(effort))
        for place in settled.aside:
            for other in [place] if round_ < ROUNDS_SINGLE else _up_to_divisible(book, orders, place):
                out[other] = True
                take_out(book, _segment(book, orders, other), int(orders.tick[other]), other)
    return _nothing(market, orders, NOTHING, effort)


def _solve(
    market: Market, book: Book, search: MarginSearch, whole: Bools | None, effort: Counter[str]
) -> tuple[Settlement | None, str]:
    """The best settlement of a book, and why it is not proven; short if whole orders must go first."""
    found = search.find()
    effort.update(
        searches=1,
        calls=search.search.calls,
        pivots=search.pivots,
        margins=search.margins,
        traces=search.traces,
    )
    if found is not None:
        margin, settled = found
        heeding = settled if whole is None else settle(market, book, margin, whole)
        return heeding, NOTHING if heeding is None else ""
    for tried, why in ((search.coarse, TOO_COARSE), (largest_volume(search.search), NOT_FOUND)):
        trimmed = None if tried is None else settle(market, book, tried, whole, coarsely=True)
        if trimmed is not None and (not trimmed.short or trimmed.aside):
            return trimmed, "" if trimmed.proven else why
    return None, NOTHING


def _up_to_divisible(book: Book, orders: Orders, place: int) -> list[int]:
    """A whole order and those behind it in its pair, up to one that can be divided; else itself."""
    key = int(orders.tick[place]) << PLACE_BITS | place
    behind = []
    for kind in range(2):
        segment = book.segment(kind, int(orders.sell[place]), int(orders.buy[place]))
        keys = book.records[book.starts[segment] : book.starts[segment + 1], 0]
        behind.append(keys[np.searchsorted(keys, key) :])
    queue = np.sort(np.concatenate(behind)) & PLACE_MASK
    divisible = np.flatnonzero(~orders.whole[queue])
    places: list[int] = queue[: divisible[0]].tolist() if len(divisible) else [place]
    return places


def _segment(book: Book, orders: Orders, place: int) -> int:
    return book.segment(*(int(column[place]) for column in (orders.kind, orders.sell, orders.buy)))


def _limits(market: Market, prices: list[int]) -> Int64s:
    """(N, N): the greatest tick of a pair that the prices satisfy, or 2**40."""
    pairs = range(len(prices))
    return np.array([[min(most_in_the_money(market, prices, a, b), 1 << 40) for b in pairs] for a in pairs])


def _nothing(market: Market, orders: Orders, why: str, effort: Counter[str]) -> Clearing:
    prices, dust = np.zeros((2, len(market.currencies)), np.int64)
    sold, bought = np.zeros((2, len(orders)), np.int64)
    aside = np.zeros(len(orders), np.bool_)
    return Clearing(prices, sold, bought, aside, dust, not why, why, dict(effort))
