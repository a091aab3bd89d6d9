"""One batch: orders in, prices and fills out.

    build ─▶ balance over a wide band ─▶ narrow the band ─▶ margin ─▶ settle in whole numbers ─▶ pay
                                             ▲                 │ refuted
                                             └─────────────────┘

Whole orders that would fill in part are taken out, and the search goes on from where it stands. If no
margin is proven, the batch gets what settles at the best prices found, and says so; if nothing settles in
whole numbers, nothing fills. A batch never half-settles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from tasviya.exchange.equilibrium import Flows, Levels, Margin, cheapest, largest_volume, levels_near, polish
from tasviya.exchange.fills import Settlement, settle
from tasviya.exchange.market import Clearing, Market, Orders
from tasviya.exchange.order_book import Book, Float64s, build, take_out
from tasviya.exchange.payouts import pay
from tasviya.exchange.prices import Search, start

WIDEST = 0.1
NARROWEST = 1e-11
SHARES = (0.0, 1e-6, 1e-3, 1e-2, 0.1)
"""Levels filled by less than such a share, or to within it, are also tried as empty, or full."""
ROUNDS_MAX = 40
REVALUATIONS_MAX = 5
"""Times that levels are valued at the prices just found, as long as prices move less each time."""
_COARSE_MAX = 3
"""So many times is the same margin found too coarse before the search takes it for the last."""
_FINE = 1e-5
"""A band within which hardly any but the last margin shows."""
_NARROW_WITHIN = 0.3
_CALLS_FIRST, _CALLS_NEXT = 400, 60
_TRACED = 0.7

TOO_COARSE = "whole minor units are too coarse to fill all that is in the money: a few units of it stay open"
NOT_FOUND = (
    "no prices were found at which all that is in the money fills: the largest volume at the best prices"
)
NOTHING = "no fills were found that whole minor units can settle"

Found = tuple[Margin, Settlement]


def clear(market: Market, orders: Orders) -> Clearing:
    """Clear a batch: one price a currency, and what each order sells and buys."""
    auction = _Auction(market, orders, build(market, orders))
    settled, why = auction.run()
    aside = auction.aside
    effort: dict[str, float] = {
        "rounds": auction.rounds, "calls": auction.calls, "pivots": auction.pivots,
        "margins": auction.margins, "traces": auction.traces,
    }  # fmt: skip
    if settled is None:
        sold, bought = np.zeros((2, len(orders)), np.int64)
        zeros = np.zeros(len(market.currencies), np.int64)
        return Clearing(
            zeros, sold, bought, np.zeros(len(orders), np.bool_), zeros.copy(), not why, why, effort
        )
    aside[settled.aside] = True
    sold, bought = pay(orders, settled, aside)
    prices, dust = np.array(settled.prices, np.int64), np.array(settled.dust, np.int64)
    return Clearing(prices, sold, bought, aside, dust, settled.proven, why, effort)


@dataclass(slots=True)
class _Auction:
    """A batch being cleared, and what that took.

    coarse: the last margin that whole units were too coarse for.
    """

    market: Market
    orders: Orders
    book: Book
    aside: np.ndarray[tuple[int], np.dtype[np.bool_]] = field(init=False)
    coarse: Margin | None = None
    coarse_times: int = 0
    rounds: int = 0
    calls: int = 0
    pivots: int = 0
    margins: int = 0
    traces: int = 0

    def __post_init__(self) -> None:
        self.aside = np.zeros(len(self.orders), np.bool_)

    def run(self) -> tuple[Settlement | None, str]:
        """The settlement, and why it is not proven; None and no reason if nobody ordered anything."""
        if not len(self.book.live):
            return None, ""
        x = None
        while self.rounds < ROUNDS_MAX:
            self.rounds += 1
            self.coarse, self.coarse_times = None, 0
            search = start(self.market, self.book, x)
            found = self._find(search)
            self.calls += search.calls
            for settled, why in self._settlements(search, found):
                if not settled.short:
                    return settled, why
                if settled.aside:
                    self._take_out(settled.aside)
                    x = search.x
                    break
            else:
                return None, NOTHING
        return None, NOTHING

    def _settlements(self, search: Search, found: Found | None) -> list[tuple[Settlement, str]]:
        """What there is to settle, the best first."""
        if found is not None:
            margin, settled = found
            if self.orders.whole.any():
                heeding = settle(self.market, self.orders, self.book, margin, whole=True)
                return [] if heeding is None else [(heeding, "")]
            return [(settled, "")]
        tries = []
        for tried, why in ((self.coarse, TOO_COARSE), (largest_volume(search), NOT_FOUND)):
            if tried is not None:
                trimmed = settle(self.market, self.orders, self.book, tried, whole=True, trim=True)
                if trimmed is not None:
                    tries.append((trimmed, "" if trimmed.proven else why))
        return tries

    def _take_out(self, places: list[int]) -> None:
        for place in places:
            self.aside[place] = True
            kind, sell, buy = (
                int(column[place]) for column in (self.orders.kind, self.orders.sell, self.orders.buy)
            )
            take_out(self.book, self.book.segment(kind, sell, buy), int(self.orders.tick[place]), place)

    def _find(self, search: Search) -> Found | None:
        """The margin at which all that is in the money fills, proven; None if none was found."""
        origin = search.x.copy()
        found = self._narrow(search)
        if found is None and self.coarse_times < _COARSE_MAX:
            search.x, search.turn = origin, 0
            found = self._round_turns(search)
        return found

    def _narrow(self, search: Search) -> Found | None:
        """Narrow the band as fast as Newton's method follows."""
        ratio, before = _NARROW_WITHIN, None
        if not search.balance(WIDEST, search.x, _CALLS_FIRST):
            return None
        while search.band > NARROWEST and self.coarse_times < _COARSE_MAX:
            found = self._try(search)
            if found is not None:
                return found
            x, band = search.x, search.band
            guess = x
            if before is not None:
                guess = x + (x - before[0]) / (band - before[1]) * band * (ratio - 1)
            if search.balance(band * ratio, guess, _CALLS_NEXT):
                before = x, band
                ratio = max(ratio**1.5, _NARROW_WITHIN)
            else:
                before = None if ratio > 0.5 else before
                ratio = ratio**0.5
                if ratio > 0.98:
                    return None
        return None

    def _round_turns(self, search: Search) -> Found | None:
        """Follow the path by its length."""
        self.traces += 1
        if not search.balance(WIDEST, search.x, _CALLS_FIRST) and not search.trace_values(1.0):
            return None
        while search.band > NARROWEST and self.coarse_times < _COARSE_MAX:
            found = self._try(search)
            if found is not None:
                return found
            if not search.trace_band(search.band * _TRACED):
                return None
        return None

    def _try(self, search: Search) -> Found | None:
        """The margin near the prices as they are, if the band is narrow enough and it is proven."""
        if search.inside > 2 * len(self.book.live):
            return None
        x, window, before = search.x, 2 * search.band, math.inf
        for _ in range(REVALUATIONS_MAX):
            worth = np.exp(self.market.reference + x - self.market.reference.max())
            levels = levels_near(search, x, min(window, 1.0))
            flows = cheapest(search, levels, worth)
            if flows is None:
                window *= 3
                continue
            self.pivots += flows.pivots
            found = self._proven(search, x, levels, flows)
            if found is not None:
                return found
            moved = float(np.abs(flows.move).max())
            if moved > before / 2:
                return None
            x, before = x + flows.move, moved
        return None

    def _proven(self, search: Search, x: Float64s, levels: Levels, flows: Flows) -> Found | None:
        """A margin of these flows that whole numbers prove."""
        tried = set()
        for share in SHARES:
            partial = np.zeros(len(levels.tick), np.bool_)
            partial[flows.basic] = (flows.share[flows.basic] > share) & (flows.share[flows.basic] < 1 - share)
            if partial.tobytes() in tried:
                continue
            tried.add(partial.tobytes())
            self.margins += 1
            margin = polish(search, x, levels, flows.share, partial)
            settled = None if margin is None else settle(self.market, self.orders, self.book, margin)
            if margin is None or settled is None:
                continue
            if not settled.short:
                return margin, settled
            if search.band < _FINE:
                same = self.coarse is not None and self.coarse.runs == margin.runs
                self.coarse_times = self.coarse_times + 1 if same else 1
            self.coarse = margin
        return None
