"""The search for a margin: narrow the band until one shows, prove it, or narrow further.

First as fast as Newton's method follows; where it cannot, along the path's length, round its turns. Near
the margin, levels are valued again at the prices just found, as long as these move less each time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from tasviya.exchange.attempt import Settlement
from tasviya.exchange.equilibrium import Margin, polish
from tasviya.exchange.fills import settle
from tasviya.exchange.levels import Flows, Levels, cheapest, levels_near
from tasviya.exchange.market import Int64s, Market
from tasviya.exchange.order_book import Book, Float64s
from tasviya.exchange.prices import PULLS, Search, start

WIDEST = 0.1
NARROWEST = 1e-11
STARTS = tuple(
    (pull, *begin) for pull in PULLS for begin in ((False, WIDEST), (True, WIDEST), (True, 1.0), (True, 0.01))
)
"""How paths begin: a pull to the reference, whether values are led to follow prices first, and a band."""
SHARES = (0.0, 1e-6, 1e-3, 1e-2, 0.1)
"""Levels filled by less than such a share, or to within it, are also tried as empty, or full."""
REVALUATIONS_MAX = 5
"""Times that levels are valued at the prices just found, as long as prices move less each time."""
_INSIDE_FEW = 1000
"""Orders inside bands that are few enough to look among them for a margin, or twice as many as segments."""
_COARSE_MAX = 3
"""So many times is the same margin found too coarse before the search takes it for the last."""
_FINE = 1e-5
"""A band within which hardly any but the last margin shows."""
_NO_WINDOW = 1e-9
_NARROW_WITHIN = 0.3
_WIDER = 8.0
_CALLS_FIRST, _CALLS_NEXT = 400, 60
_TRACED = 0.7


Found = tuple[Margin, Settlement]


@dataclass(slots=True)
class MarginSearch:
    """A search for the margin of a book, and what it took.

    x, band: where it begins. firm: (N, N), a pair's greatest limit of orders that fill at any price.
    coarse: the last margin that whole units were too coarse for.
    """

    market: Market
    book: Book
    x: Float64s | None = None
    band: float = WIDEST
    firm: Int64s | None = None
    coarse: Margin | None = None
    coarse_times: int = 0
    pivots: int = 0
    margins: int = 0
    traces: int = 0
    search: Search = field(init=False)

    def __post_init__(self) -> None:
        self.search = start(self.market, self.book, self.x)
        self.search.firm = self.firm

    def again(self) -> MarginSearch:
        """A search that begins near where this one ended, for a book that has changed a little."""
        return MarginSearch(self.market, self.book, self.search.x, min(self.search.band * _WIDER, WIDEST))

    def find(self, turns: bool = True) -> Found | None:
        """The margin at which all that is in the money fills, and its settlement; None if none was found.

        turns: whether to follow paths round turns where Newton's method finds no way.
        """
        search = self.search
        origin = search.x.copy()
        found = self._narrow(search)
        if found is None and turns and self.coarse_times < _COARSE_MAX:
            found = self._round_turns(origin)
        return found

    def unpinned(self) -> Found | None:
        """The margin of a book whose orders all fill at any price: balance alone sets prices."""
        search = self.search
        if not search.balance(WIDEST, search.x, _CALLS_FIRST):
            return None
        levels = levels_near(search, search.x, _NO_WINDOW)
        none = np.zeros(len(levels.tick))
        margin = polish(search, search.x, levels, none, none > 0)
        settled = None if margin is None else settle(self.market, self.book, margin)
        return None if margin is None or settled is None or settled.short else (margin, settled)

    def _narrow(self, search: Search) -> Found | None:
        """Narrow the band as fast as Newton's method follows."""
        ratio, before = _NARROW_WITHIN, None
        if not search.balance(self.band, search.x, _CALLS_FIRST) and (
            self.band == WIDEST or not search.balance(WIDEST, search.x, _CALLS_FIRST)
        ):
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

    def _round_turns(self, origin: Float64s) -> Found | None:
        """Follow the path by its length, from one start after another."""
        for pull, by_values, band in STARTS:
            self.traces += 1
            self.search.pull(pull)
            self.search.x, self.search.turn = origin.copy(), 0
            begun = (
                self.search.trace_values(band)
                if by_values
                else self.search.balance(band, self.search.x, _CALLS_FIRST)
            )
            found = self._along_path() if begun else None
            if found is not None or self.coarse_times >= _COARSE_MAX:
                return found
        return None

    def _along_path(self) -> Found | None:
        search = self.search
        while search.band > NARROWEST and self.coarse_times < _COARSE_MAX:
            found = self._try(search)
            if found is not None:
                return found
            if not search.trace_band(search.band * _TRACED):
                return None
        return None

    def _try(self, search: Search) -> Found | None:
        """The margin near the prices as they are, if the band is narrow enough and it is proven."""
        if search.inside > max(2 * len(self.book.live), _INSIDE_FEW):
            return None
        x, window, before = search.x, 2 * search.band, math.inf
        for _ in range(REVALUATIONS_MAX):
            worth = np.exp(self.market.reference + x - self.market.reference.max())
            levels = levels_near(search, x, min(window, 1.0 if self.firm is None else 0.5))
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
            settled = None if margin is None else settle(self.market, self.book, margin)
            if margin is None or settled is None:
                continue
            if not settled.short:
                return margin, settled
            if search.band < _FINE:
                same = self.coarse is not None and self.coarse.runs == margin.runs
                self.coarse_times = self.coarse_times + 1 if same else 1
            self.coarse = margin
        return None
