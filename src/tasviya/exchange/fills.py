"""A margin proven in whole numbers: prices along its forest, then quantities, leaf by leaf.

    Margin ─▶ whole prices ─▶ orders in the money at them ─▶ totals ─▶ runs, leaf first ─▶ lifts ─▶ Settlement

Along a run's edge the child's price is its parent's through the run's limit, rounded so that the limit is met
exactly. Each child then takes from its run what its own balance needs:

    the child sells, exact-in     just that quantity          the child is bought, exact-out    just that
    quantity the child sells, exact-out    the least that covers it    the child is bought, exact-in     the
    most that fits

Roundings favour the rounding account, so each tree is worth at least nothing; but a child may keep less
than one unit of its parent, which its root then lacks. A *lift* turns a rounded-up payout into its floor
(or a payment into its ceiling) and gives that unit back. Where lifts are not enough, another root is tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tasviya.exchange.compiled import compiled
from tasviya.exchange.demand import totals_up_to
from tasviya.exchange.equilibrium import Margin
from tasviya.exchange.market import PAIR_MAX, Bools, Int64s, Market
from tasviya.exchange.order_book import PLACE_BITS, PLACE_MASK, Book
from tasviya.exchange.payouts import roundings
from tasviya.exchange.runs import OpenRun, both_sides, least_sold, most_bought, queue_between, without
from tasviya.exchange.whole_prices import hang_runs, most_in_the_money, rough_rates, whole_prices, within

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


def settle(
    market: Market, book: Book, margin: Margin, whole: Bools | None = None, trim: bool = False
) -> Settlement | None:
    """Settle a margin; None if whole numbers refute it, short if they are too coarse for it.

    whole: heed whole orders. Those that a run would fill in part are set aside; if the rest of their level
    does not replace them, the answer is short, and the batch is to be solved again without them. trim:
    where a currency keeps units that its run is too coarse to move, sell that much less of it, and prove
    nothing.
    """
    prices = whole_prices(market, book, margin)
    if prices is None:
        return None
    cut = within(market, prices, margin.cut)
    runs = []
    for run in margin.runs:
        cut[run.sell, run.buy] = low = min(run.low, int(cut[run.sell, run.buy]))
        high = (
            run.high if margin.pinned else min(run.high, most_in_the_money(market, prices, run.sell, run.buy))
        )
        runs.append(OpenRun(run, queue_between(book, run.sell, run.buy, low, high)))
    base = _Base.of(prices, cut, totals_up_to(book, cut), runs)
    short: Settlement | None = None
    for root in np.argsort(prices, kind="stable")[: len(prices) if runs else 1]:
        tried = _fill(book, base, runs, int(root), whole, trim)
        if tried is None:
            return None
        if not tried.short:
            tried.proven = _nothing_left(market, book, tried)
            return tried if tried.proven or trim else None
        short = short or tried
        if tried.aside:
            break
    return short


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


@dataclass(frozen=True, slots=True)
class _Base:
    """What fills whatever the runs do. totals: by kind and pair. dust: without the pairs of runs."""

    prices: list[int]
    cut: Int64s
    totals: list[list[int]]
    dust: list[int]

    @staticmethod
    def of(prices: list[int], cut: Int64s, totals: Int64s, runs: list[OpenRun]) -> _Base:
        n = len(prices)
        amounts = [totals[: n * n].tolist(), totals[n * n :].tolist()]
        open_pairs = {open_.run.sell * n + open_.run.buy for open_ in runs}
        dust = [0] * n
        for pair in np.flatnonzero(totals[: n * n] | totals[n * n :]).tolist():
            if pair not in open_pairs:
                a, b = divmod(pair, n)
                given, taken = both_sides(amounts[0][pair], amounts[1][pair], prices[a], prices[b])
                dust[a] += given
                dust[b] -= taken
        return _Base(prices, cut, amounts, dust)


def _fill(
    book: Book, base: _Base, runs: list[OpenRun], root: int, whole: Bools | None, trim: bool
) -> Settlement | None:
    """Take from each run what its child's balance needs, leaf first; None if that cannot be put right."""
    n, prices = len(base.prices), base.prices
    amounts, dust = [column.copy() for column in base.totals], base.dust.copy()
    keys, part = (base.cut + 1) << PLACE_BITS, np.zeros((n, n), np.int64)
    aside: list[int] = []
    settled = Settlement(prices, keys, part, amounts, dust, aside)
    queues = {(open_.run.sell, open_.run.buy): open_.queue for open_ in runs}
    roots = np.array([root, *(c for c in range(n) if c != root)])
    tree = hang_runs(n, tuple(open_.run for open_ in runs), roots)
    for left in range(n - 1, -1, -1):
        child, _, run = tree[left]
        if run is None:
            continue
        a, b = run.sell, run.buy
        pair, queue = a * n + b, queues[a, b]
        bases = amounts[0][pair], amounts[1][pair]
        while True:
            if child == a:
                j, amount = least_sold(queue, *bases, prices[a], prices[b], -dust[a])
            else:
                j, amount = most_bought(queue, *bases, prices[a], prices[b], dust[b])
            stopped = j < len(queue.keys)
            halved = stopped and 0 < amount < queue.quantities[j]
            if whole is None or not halved or not whole[queue.keys[j] & PLACE_MASK]:
                break
            aside.append(queue.keys[j] & PLACE_MASK)
            queue = without(queue, j)
        keys[a, b] = queue.keys[j] if stopped else (run.high + 1) << PLACE_BITS
        part[a, b] = amount
        for kind in range(2):
            amounts[kind][pair] += queue.sums[kind][j]
            if stopped and queue.kinds[j] == kind:
                amounts[kind][pair] += amount
        given, taken = both_sides(amounts[0][pair], amounts[1][pair], prices[a], prices[b])
        dust[a] += given
        dust[b] -= taken
        if trim and dust[child] > 0:
            _trim(book, settled, whole, child, [c for c, _, _ in tree[:left] if (child, c) not in queues])
    lacking = -sum(d for d in dust if d < 0)
    value = -sum(d * p for d, p in zip(dust, prices, strict=True) if d < 0)
    if not aside and (value > 2 * n * max(prices) or not _sums_fit(settled)):
        return None
    settled.short = lacking > n or not lift(book, settled)
    if not settled.short and not _little_dust(settled):
        if not aside:
            return None
        settled.short = True
    return settled


def _trim(book: Book, settled: Settlement, whole: Bools | None, c: int, others: list[int]) -> None:
    """Sell as many units of `c` less as it keeps, if the last order filled for one of `others` allows it."""
    n, spare, prices = len(settled.prices), settled.dust[c], settled.prices
    for other in others:
        lasts = []
        for kind in range(2):
            low, high = (int(book.starts[book.segment(kind, c, other) + end]) for end in range(2))
            filled = low + int(np.searchsorted(book.records[low:high, 0], settled.keys[c, other]))
            while filled > low and book.records[filled - 1, 1] == 0:
                filled -= 1
            lasts.append(book.records[filled - 1].tolist() if filled > low else [-1, 0])
        key, quantity = lasts[0]
        if key < 0 or key < lasts[1][0] or quantity <= spare:
            continue
        if whole is not None and whole[key & PLACE_MASK]:
            continue
        pair = c * n + other
        for sign in (-1, 1):
            given, taken = both_sides(
                settled.totals[0][pair], settled.totals[1][pair], prices[c], prices[other]
            )
            settled.dust[c] += sign * given
            settled.dust[other] -= sign * taken
            if sign < 0:
                settled.totals[0][pair] -= spare
        settled.keys[c, other], settled.part[c, other] = key, quantity - spare
        return


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


def lift(book: Book, settled: Settlement) -> bool:
    """Give currencies that are short units back by lifts; whether that was enough, with at most N of them."""
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
        if settled.dust[c] < 0:
            return False
    return True


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
