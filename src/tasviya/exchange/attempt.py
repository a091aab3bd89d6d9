"""Quantities for a margin at whole prices, leaf by leaf, and the lifts that give a root its last units.

Each child takes from the run between it and its parent what its own balance needs:

| | exact-in | exact-out |
|---|---|---|
| it sells | just that quantity | the least whose payment covers it |
| it is bought | the most whose payout fits | just that quantity |

Roundings favour the rounding account, so a tree is worth at least nothing; but a child may keep less than
one unit of its parent, which its root then lacks. A *lift* turns a payout that was rounded up into its
floor (or a payment into its ceiling) and gives that unit back. Where lifts are not enough, another root is
tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tasviya.exchange.demand import totals_up_to
from tasviya.exchange.equilibrium import Margin, connected
from tasviya.exchange.market import PAIR_MAX, Bools, Int64s, Market
from tasviya.exchange.order_book import PLACE_BITS, PLACE_MASK, Book
from tasviya.exchange.payouts import roundings
from tasviya.exchange.runs import OpenRun, Queue, both_sides, least_sold, most_bought, queue_between, without
from tasviya.exchange.whole_prices import hang_runs, most_in_the_money, whole_prices, within

_LIFT_MAX = 4
"""Units that one segment can be lifted by: its carry must fit into a word."""


@dataclass(slots=True)
class Settlement:
    """Fills in whole numbers, pair by pair.

    keys: (N, N), orders below fill wholly. part: (N, N), what the order at the key fills. totals: by kind and
    pair, what the orders fix. dust: by currency. aside: places of whole orders set aside for it. lifts: by
    segment, units that payouts (payments) come to less (more). short: whether a currency lacks some.
    proven: whether all that is in the money fills.
    """

    prices: list[int]
    keys: Int64s
    part: Int64s
    totals: list[list[int]]
    dust: list[int]
    aside: list[int]
    lifts: dict[int, int] = field(default_factory=dict)
    short: bool = False
    proven: bool = False

    def lacking(self) -> list[int]:
        """Currencies of which more is bought than sold."""
        return [c for c, dust in enumerate(self.dust) if dust < 0]


@dataclass(slots=True)
class Attempt:
    """What to settle: full orders up to `cut`, runs, and which roots to begin from.

    totals, dust: of full orders, dust without the pairs of runs. trim: where a currency keeps units that
    its run is too coarse to move, sell that much less of it. less: units to take off the last full order of
    a pair.
    """

    book: Book
    prices: list[int]
    cut: Int64s
    runs: list[OpenRun]
    trees: Int64s
    whole: Bools | None
    trim: bool
    totals: list[list[int]]
    dust: list[int]
    roots: list[int]
    less: dict[tuple[int, int], int] = field(default_factory=dict)

    @staticmethod
    def of(market: Market, book: Book, margin: Margin, whole: Bools | None, trim: bool) -> Attempt | None:
        prices = whole_prices(market, book, margin)
        if prices is None:
            return None
        n = len(prices)
        cut = within(market, prices, margin.cut)
        runs = []
        for run in margin.runs:
            cut[run.sell, run.buy] = low = min(run.low, int(cut[run.sell, run.buy]))
            most = most_in_the_money(market, prices, run.sell, run.buy)
            high = run.high if margin.pinned else min(run.high, most)
            runs.append(OpenRun(run, queue_between(book, run.sell, run.buy, low, high)))
        totals = totals_up_to(book, cut).reshape(2, n * n)
        amounts, dust = totals.tolist(), [0] * n
        in_runs = {run.sell * n + run.buy for run in margin.runs}
        for pair in np.flatnonzero(totals[0] | totals[1]).tolist():
            if pair not in in_runs:
                a, b = divmod(pair, n)
                given, taken = both_sides(amounts[0][pair], amounts[1][pair], prices[a], prices[b])
                dust[a] += given
                dust[b] -= taken
        roots = np.argsort(prices, kind="stable").tolist()
        return Attempt(book, prices, cut, runs, margin.trees, whole, trim, amounts, dust, roots)

    def settle(self) -> Settlement | None:
        """A settlement from the first roots that leave no currency short, the cheapest first."""
        settled = self.fill(self.roots, self.less)
        if settled is None or not settled.short or settled.aside:
            return settled
        for tree in sorted({int(self.trees[c]) for c in settled.lacking()}):
            members = np.flatnonzero(self.trees == tree).tolist()
            for root in sorted(members, key=self.prices.__getitem__)[1:]:
                roots = [root, *(c for c in self.roots if c != root)]
                tried = self.fill(roots, self.less)
                if tried is not None and all(tried.dust[c] >= 0 for c in members):
                    self.roots, settled = roots, tried
                    break
        return settled

    def full_beside(self, tree: int) -> list[tuple[int, int]]:
        """Pairs with full orders but no run that a tree sells or buys."""
        n = len(self.prices)
        in_runs = {(open_.run.sell, open_.run.buy) for open_ in self.runs}
        pairs = [divmod(p, n) for p in range(n * n) if self.totals[0][p] or self.totals[1][p]]
        return [(a, b) for a, b in pairs if tree in (self.trees[a], self.trees[b]) and (a, b) not in in_runs]

    def groups(self) -> Int64s:
        """The number of the part of the market, connected by fills, that each currency lies in."""
        n = len(self.prices)
        trading = (np.array(self.totals, object).reshape(2, n, n) != 0).any(axis=0).astype(np.bool_)
        for open_ in self.runs:
            trading[open_.run.sell, open_.run.buy] = True
        return connected(trading | trading.T)

    def fill(self, roots: list[int], less: dict[tuple[int, int], int]) -> Settlement | None:
        """Take from each run what its child's balance needs, leaf first; None if that is far from enough."""
        n, prices = len(self.prices), self.prices
        keys, part = (self.cut + 1) << PLACE_BITS, np.zeros((n, n), np.int64)
        amounts = [column.copy() for column in self.totals]
        settled = Settlement(prices, keys, part, amounts, self.dust.copy(), [])
        for (a, b), units in less.items():
            if not self._reduce(settled, a, b, units, (0, 1)):
                return None
        queues = {(open_.run.sell, open_.run.buy): open_.queue for open_ in self.runs}
        tree = hang_runs(n, tuple(open_.run for open_ in self.runs), np.array(roots))
        for left in range(n - 1, -1, -1):
            child, _, run = tree[left]
            if run is None:
                continue
            self._take(settled, child, queues[run.sell, run.buy], run.sell, run.buy, run.high)
            if self.trim and settled.dust[child] > 0:
                for other in (c for c, _, _ in tree[:left] if (child, c) not in queues):
                    if self._reduce(settled, child, other, settled.dust[child], (0,)):
                        break
        lacking = [settled.dust[c] for c in settled.lacking()]
        value = -sum(settled.dust[c] * prices[c] for c in settled.lacking())
        if not settled.aside and (value > 2 * n * max(prices) or not _sums_fit(settled)):
            return None
        settled.short = -sum(lacking) > n or not lift(self.book, settled)
        if not settled.short and not _little_dust(settled):
            if not settled.aside:
                return None
            settled.short = True
        return settled

    def _take(self, settled: Settlement, child: int, queue: Queue, a: int, b: int, high: int) -> None:
        """Fill a run's queue as far as its child needs."""
        pair = a * len(self.prices) + b
        price_a, price_b = self.prices[a], self.prices[b]
        bases = settled.totals[0][pair], settled.totals[1][pair]
        while True:
            if child == a:
                j, amount = least_sold(queue, *bases, price_a, price_b, -settled.dust[a])
            else:
                j, amount = most_bought(queue, *bases, price_a, price_b, settled.dust[b])
            stopped = j < len(queue.keys)
            halved = stopped and 0 < amount < queue.quantities[j]
            if self.whole is None or not halved or not self.whole[queue.keys[j] & PLACE_MASK]:
                break
            settled.aside.append(queue.keys[j] & PLACE_MASK)
            queue = without(queue, j)
        settled.keys[a, b] = queue.keys[j] if stopped else (high + 1) << PLACE_BITS
        settled.part[a, b] = amount
        for kind in range(2):
            settled.totals[kind][pair] += queue.sums[kind][j]
            if stopped and queue.kinds[j] == kind:
                settled.totals[kind][pair] += amount
        self._count(settled, a, b, 1)

    def _count(self, settled: Settlement, a: int, b: int, sign: int) -> None:
        """Add what a pair sells and buys to the dust, or take it out again."""
        pair = a * len(self.prices) + b
        amounts = settled.totals[0][pair], settled.totals[1][pair]
        given, taken = both_sides(*amounts, self.prices[a], self.prices[b])
        settled.dust[a] += sign * given
        settled.dust[b] -= sign * taken

    def _reduce(self, settled: Settlement, a: int, b: int, units: int, kinds: tuple[int, ...]) -> bool:
        """Take units off the last order that a pair fills; whether it is of such a kind and large enough."""
        lasts = []
        for kind in range(2):
            low, high = (int(self.book.starts[self.book.segment(kind, a, b) + end]) for end in range(2))
            filled = low + int(np.searchsorted(self.book.records[low:high, 0], settled.keys[a, b]))
            while filled > low and self.book.records[filled - 1, 1] == 0:
                filled -= 1
            lasts.append((*self.book.records[filled - 1].tolist(), kind) if filled > low else (-1, 0, kind))
        key, quantity, kind = max(lasts)
        reducible = key >= 0 and kind in kinds and quantity > units and settled.part[a, b] == 0
        if not reducible or (self.whole is not None and self.whole[key & PLACE_MASK]):
            return False
        self._count(settled, a, b, -1)
        settled.totals[kind][a * len(self.prices) + b] -= units
        self._count(settled, a, b, 1)
        settled.keys[a, b], settled.part[a, b] = key, quantity - units
        return True


def lift(book: Book, settled: Settlement) -> bool:
    """Give units back to currencies that lack some; whether that was enough."""
    n = len(settled.prices)
    for c in range(n):
        if settled.dust[c] >= 0:
            continue
        for kind, other in ((kind, other) for kind in range(2) for other in range(n) if other != c):
            a, b = (other, c) if kind == 0 else (c, other)
            if not settled.totals[kind][a * n + b]:
                continue
            segment = book.segment(kind, a, b)
            most = roundings(book, segment, settled)
            taken = min(most, _LIFT_MAX, -settled.dust[c])
            if taken:
                settled.lifts[segment] = taken
                settled.dust[c] += taken
            if settled.dust[c] == 0:
                break
    return not settled.lacking()


def _little_dust(settled: Settlement) -> bool:
    segments = sum(1 for column in settled.totals for total in column if total)
    value = sum(dust * price for dust, price in zip(settled.dust, settled.prices, strict=True))
    return value < (segments + len(settled.prices)) * max(settled.prices) or value == 0


def _sums_fit(settled: Settlement) -> bool:
    """Whether what the pairs sell and buy stays within PAIR_MAX."""
    price = np.maximum(np.array(settled.prices, np.float64), 1.0)
    rate = (price[:, None] / price[None, :]).ravel()
    exact_in, exact_out = np.array(settled.totals, np.float64)
    return bool(max((exact_in + exact_out / rate).max(), (exact_out + exact_in * rate).max()) < PAIR_MAX)
