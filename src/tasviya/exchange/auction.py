"""One batch: orders in, prices and fills out.

    build ─▶ balance over a wide band ─▶ narrow the band ─▶ margin ─▶ settle in whole numbers ─▶ pay
                                             ▲                 │ refuted
                                             └─────────────────┘

Whole orders that would fill in part are taken out, and the search goes on from where it stands. If no margin is
proven, the batch gets the largest volume at the best prices found, and says so; if even that cannot be settled in
whole numbers, nothing fills. A batch never half-settles.
"""

from __future__ import annotations

import numpy as np

from tasviya.exchange.equilibrium import Margin, cheapest, levels_near, polish
from tasviya.exchange.fills import Settlement, settle
from tasviya.exchange.market import Clearing, Market, Orders
from tasviya.exchange.order_book import Book, build, take_out
from tasviya.exchange.payouts import pay
from tasviya.exchange.prices import Search, start

WIDEST = 0.1
NARROWEST = 1e-11
SHARES = (0.0, 1e-6, 1e-3, 1e-2, 0.1)
"""Levels filled by less than such a share, or to within it, are also tried as empty, or full."""
ROUNDS_MAX = 40


def clear(market: Market, orders: Orders) -> Clearing:
    """Clear a batch: one price a currency, and what each order sells and buys."""
    n, total = len(market.currencies), len(orders)
    book = build(market, orders)
    aside = np.zeros(total, np.bool_)
    effort: dict[str, float] = {}
    settled = _solve(market, orders, book, aside, effort)
    if settled is None:
        nothing = np.zeros(total, np.int64)
        why = "no prices were found at which all that is in the money fills"
        zeros = np.zeros(n, np.int64)
        return Clearing(zeros, nothing, nothing.copy(), np.zeros(total, np.bool_), zeros, False, why, effort)
    aside[settled.aside] = True
    sold, bought = pay(orders, settled, aside)
    return Clearing(
        np.array(settled.prices, np.int64), sold, bought, aside, np.array(settled.dust, np.int64),
        settled.proven, "", effort,
    )  # fmt: skip


def _solve(
    market: Market, orders: Orders, book: Book, aside: np.ndarray, effort: dict[str, float]
) -> Settlement | None:
    search = start(market, book)
    if not len(book.live):
        return None
    for _ in range(ROUNDS_MAX):
        margin = find_margin(search, orders, effort)
        if margin is None:
            return None
        settled = settle(market, orders, book, margin, True)
        if settled is not None and not settled.short:
            return settled
        if settled is None or not settled.aside:
            return None
        for place in settled.aside:
            aside[place] = True
            segment = book.segment(int(orders.kind[place]), int(orders.sell[place]), int(orders.buy[place]))
            take_out(book, segment, int(orders.tick[place]), place)
        search = start(market, book, search.x)
    return None


def find_margin(search: Search, orders: Orders, effort: dict[str, float]) -> Margin | None:
    """The margin at which all that is in the money fills, proven in whole numbers; None if none was found."""
    origin = search.x.copy()
    margin = _narrow(search, orders, effort)
    if margin is None:
        search.x, search.turn = origin, 0
        margin = _round_turns(search, orders, effort)
    effort["calls"], effort["band"] = effort.get("calls", 0) + search.calls, search.band
    return margin


def _narrow(search: Search, orders: Orders, effort: dict[str, float]) -> Margin | None:
    """Narrow the band as fast as Newton's method follows."""
    ratio, before = 0.3, None
    if not search.balance(WIDEST, search.x, 400):
        return None
    while search.band > NARROWEST:
        if search.inside <= 2 * len(search.book.live):
            margin = _try_margin(search, orders, effort)
            if margin is not None:
                return margin
        x, band = search.x, search.band
        guess = x
        if before is not None:
            guess = x + (x - before[0]) / (band - before[1]) * band * (ratio - 1)
        if search.balance(band * ratio, guess, 60):
            before = x, band
            ratio = max(ratio**1.5, 0.3)
        else:
            before = None if ratio > 0.5 else before
            ratio = ratio**0.5
            if ratio > 0.98:
                return None
    return None


def _round_turns(search: Search, orders: Orders, effort: dict[str, float]) -> Margin | None:
    """Follow the path by its length."""
    effort["traced"] = effort.get("traced", 0) + 1
    if not search.balance(WIDEST, search.x, 400) and not search.trace_values(1.0):
        effort["lost"] = 1
        return None
    while search.band > NARROWEST:
        if search.inside <= 2 * len(search.book.live):
            margin = _try_margin(search, orders, effort)
            if margin is not None:
                return margin
        if not search.trace_band(search.band * 0.7):
            effort["lost"] = 2
            return None
    return None


def _try_margin(search: Search, orders: Orders, effort: dict[str, float]) -> Margin | None:
    window = 2 * search.band
    worth = np.exp(search.market.reference + search.x - search.market.reference.max())
    for _ in range(3):
        levels = levels_near(search, search.x, min(window, 1.0))
        flows = cheapest(search, levels, worth)
        if flows is not None:
            break
        window *= 3
    else:
        return None
    effort["pivots"] = effort.get("pivots", 0) + flows.pivots
    tried = set()
    for share in SHARES:
        partial = np.zeros(len(levels.tick), np.bool_)
        basic = flows.basic
        partial[basic] = (flows.share[basic] > share) & (flows.share[basic] < 1 - share)
        if partial.tobytes() in tried:
            continue
        tried.add(partial.tobytes())
        margin = polish(search, search.x, levels, flows.share, partial)
        effort["polished"] = effort.get("polished", 0) + 1
        if margin is not None and settle(search.market, orders, search.book, margin, False) is not None:
            return margin
    return None
