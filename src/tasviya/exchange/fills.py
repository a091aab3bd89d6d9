"""A margin proven in whole numbers: prices along its forest, then quantities, leaf by leaf.

    Margin ─▶ whole prices ─▶ orders in the money at them ─▶ totals ─▶ runs, leaf first ─▶ lifts ─▶ Settlement

Along a run's edge the child's price is its parent's through the run's limit, rounded so that the limit is met
exactly. Each child then takes from its run what its own balance needs:

    the child sells, exact-in     just that quantity          the child is bought, exact-out    just that quantity
    the child sells, exact-out    the least that covers it    the child is bought, exact-in     the most that fits

Roundings favour the rounding account, so each tree is worth at least nothing; but a child may keep less than one
unit of its parent, which its root then lacks. A *lift* turns a rounded-up payout into its floor (or a payment
into its ceiling) and gives that unit back. Where lifts are not enough, another root is tried.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

import numpy as np

from tasviya.exchange.compiled import compiled
from tasviya.exchange.demand import rank
from tasviya.exchange.equilibrium import Margin, Run, tree_system
from tasviya.exchange.market import PAIR_MAX, PRICE_BITS, Int64s, Market, Orders
from tasviya.exchange.order_book import PLACE_BITS, Book, Float64s
from tasviya.exchange.payouts import roundings
from tasviya.exchange.prices import solve_linear

_PLACE = (1 << PLACE_BITS) - 1
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


def settle(market: Market, orders: Orders, book: Book, margin: Margin, whole: bool) -> Settlement | None:
    """Settle a margin; None if whole numbers refute it.

    whole: heed whole orders. Those that a run would fill in part are set aside; if the rest of their level does
    not replace them, the answer is short, and the batch is to be solved again without them.
    """
    prices = whole_prices(market, book, margin)
    if prices is None:
        return None
    cut = _within(market, prices, margin.cut)
    runs = []
    for run in margin.runs:
        cut[run.sell, run.buy] = low = min(run.low, int(cut[run.sell, run.buy]))
        high = (
            run.high if margin.pinned else min(run.high, most_in_the_money(market, prices, run.sell, run.buy))
        )
        runs.append(_Open(run, _orders_between(book, run.sell, run.buy, low, high)))
    base = _Base.of(prices, cut, _totals(book, cut), runs)
    short: Settlement | None = None
    for root in np.argsort(prices, kind="stable")[: len(prices) if runs else 1]:
        tried = _fill(orders, book, base, runs, int(root), whole)
        if tried is None:
            return None
        if not tried.short:
            tried.proven = _nothing_left(market, book, tried)
            if margin.pinned and not tried.proven:
                return None
            return tried
        short = short or tried
        if whole and tried.aside:
            break
    return short if whole else None


def most_in_the_money(market: Market, prices: list[int], a: int, b: int, slack: int = 0) -> int:
    """The greatest tick t of a pair with t * (price of b + slack) <= (price of a - slack) * 10**e."""
    exponent = int(market.exponents[a, b])
    over, under = max(prices[a] - slack, 0), prices[b] + slack
    if under == 0:
        return 0
    return over * 10**exponent // under if exponent >= 0 else over // (under * 10**-exponent)


def _rough_rates(market: Market, prices: list[int]) -> Float64s:
    price = np.array(prices, np.float64)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        rates: Float64s = price[:, None] / price[None, :] * 10.0**market.exponents
    return np.nan_to_num(rates, posinf=1e300)


def _within(market: Market, prices: list[int], cut: Int64s) -> Int64s:
    """The ticks `cut`, or less where the prices put them out of the money."""
    cut = cut.copy()
    for a, b in np.argwhere((cut > 0) & (cut >= _rough_rates(market, prices) * (1 - 1e-6) - 2)):
        cut[a, b] = min(int(cut[a, b]), most_in_the_money(market, prices, int(a), int(b)))
    return cut


def _nothing_left(market: Market, book: Book, settled: Settlement) -> bool:
    """Whether no order is in the money by more than the last digits of the prices and not filled wholly."""
    n = book.currencies
    ticks = np.zeros((n, n), np.int64)
    aside = np.array(sorted(settled.aside), np.int64)
    _open_ticks(book, settled.keys, settled.part, aside, ticks)
    doubtful = (ticks > 0) & (ticks <= _rough_rates(market, settled.prices) * (1 + 1e-6) + 2)
    return all(
        ticks[a, b] > most_in_the_money(market, settled.prices, int(a), int(b), n)
        for a, b in np.argwhere(doubtful)
    )


def whole_prices(market: Market, book: Book, margin: Margin) -> list[int] | None:
    """Prices as whole numbers; None if the forest's limits do not fit into them."""
    log_price = market.reference + margin.x
    used = np.zeros(len(log_price), np.bool_)
    segments = book.live
    n = book.currencies
    used[segments % n] = used[(segments // n) % n] = True
    if not used.any():
        return [0] * n
    top = float(log_price[used].max())
    top_bits = PRICE_BITS - 2.0**-20
    for _ in range(4):
        rough = [
            int(math.exp(p - top) * 2.0**top_bits) if u else 0 for p, u in zip(log_price, used, strict=True)
        ]
        prices = _along_forest(
            market, margin, [max(p, 1) if u else 0 for p, u in zip(rough, used, strict=True)]
        )
        if prices is None:
            return None
        if margin.pinned and int(margin.trees.max()) > 0:
            prices = _balance(market, book, margin, prices)
        if prices is None or max(prices) <= 1 << PRICE_BITS:
            return prices
        top_bits -= 1.0
    return None


def _along_forest(market: Market, margin: Margin, rough: list[int]) -> list[int] | None:
    if not margin.pinned:
        return rough
    prices = [0] * len(rough)
    for v, parent, run in _hang_runs(len(rough), margin.runs, np.argsort(rough, kind="stable")[::-1]):
        if run is None:
            prices[v] = rough[v]
            continue
        exponent = int(market.exponents[run.sell, run.buy])
        over, under = (run.high, 10**exponent) if exponent >= 0 else (run.high * 10**-exponent, 1)
        # Either way the limit, over / under, is at most price of what is sold / price of what is bought.
        prices[v] = -(-over * prices[parent] // under) if v == run.sell else prices[parent] * under // over
        if prices[v] == 0:
            return None
    return prices


def _hang_runs(n: int, runs: tuple[Run, ...], roots: Int64s) -> list[tuple[int, int, Run | None]]:
    """Each currency with its parent and the run between them, parents first; roots by preference."""
    beside: list[list[Run]] = [[] for _ in range(n)]
    for run in runs:
        beside[run.sell].append(run)
        beside[run.buy].append(run)
    seen, order = [False] * n, []
    for root in roots:
        if seen[root]:
            continue
        seen[root], stack = True, [int(root)]
        order.append((int(root), -1, None))
        while stack:
            u = stack.pop()
            for run in beside[u]:
                v = run.buy if run.sell == u else run.sell
                if not seen[v]:
                    seen[v] = True
                    stack.append(v)
                    order.append((v, u, run))
    return order


def _balance(market: Market, book: Book, margin: Margin, prices: list[int]) -> list[int] | None:
    """Correct whole trees by what floats could not resolve of the balance between them."""
    n, count = len(prices), int(margin.trees.max()) + 1
    totals = [int(t) for t in _totals(book, margin.cut)]
    segments = [s for s in range(2 * n * n) if totals[s]]
    trees = margin.trees.tolist()
    cross = [s for s in segments if trees[(s // n) % n] != trees[s % n]]
    if not cross:
        return prices
    for _ in range(3):
        value, lacking = np.zeros((2, n, n)), [0] * count
        for s in cross:
            sell, buy = (s // n) % n, s % n
            worth = totals[s] * prices[sell if s < n * n else buy]
            value[s // (n * n), sell, buy] = float(worth)
            lacking[trees[buy]] += worth
            lacking[trees[sell]] -= worth
        system = tree_system(value[0], value[1], margin.trees)
        system += np.abs(system).max(initial=1.0) / count**2
        change = -np.array([float(part) for part in lacking])
        if solve_linear(system, change) == 0 or not np.all(np.abs(change) < 1e-6):
            break
        moved = [p + round(p * change[trees[c]]) for c, p in enumerate(prices)]
        if moved == prices:
            break
        settled = _along_forest(market, margin, moved)
        if settled is None:
            break
        prices = settled
    return prices


@dataclass(slots=True)
class _Orders:
    """Orders of both kinds by priority. sums: exact-in and exact-out quantities before each, and of all."""

    keys: list[int]
    kinds: list[int]
    quantities: list[int]
    sums: tuple[list[int], list[int]]


@dataclass(slots=True)
class _Open:
    run: Run
    orders: _Orders


def _orders_between(book: Book, sell: int, buy: int, low: int, high: int) -> _Orders:
    """A pair's orders with ticks above `low`, up to `high`."""
    keys, kinds, quantities = [], [], []
    for kind in range(2):
        segment = book.segment(kind, sell, buy)
        records = book.records[book.starts[segment] : book.starts[segment + 1]]
        first, last = np.searchsorted(records[:, 0], [(low + 1) << PLACE_BITS, (high + 1) << PLACE_BITS])
        some = records[first:last]
        some = some[some[:, 1] > 0]
        keys.append(some[:, 0])
        quantities.append(some[:, 1])
        kinds.append(np.full(len(some), kind))
    key, kind_of, quantity = np.concatenate(keys), np.concatenate(kinds), np.concatenate(quantities)
    order = np.argsort(key, kind="stable")
    return _summed(key[order].tolist(), kind_of[order].tolist(), quantity[order].tolist())


def _summed(keys: list[int], kinds: list[int], quantities: list[int]) -> _Orders:
    sums: tuple[list[int], list[int]] = ([0], [0])
    for kind, quantity in zip(kinds, quantities, strict=True):
        sums[kind].append(sums[kind][-1] + quantity)
        sums[1 - kind].append(sums[1 - kind][-1])
    return _Orders(keys, kinds, quantities, sums)


def _without(orders: _Orders, j: int) -> _Orders:
    return _summed(
        *([*column[:j], *column[j + 1 :]] for column in (orders.keys, orders.kinds, orders.quantities))
    )


@dataclass(frozen=True, slots=True)
class _Base:
    """What fills whatever the runs do. totals: by kind and pair. dust: without the pairs of runs."""

    prices: list[int]
    cut: Int64s
    totals: list[list[int]]
    dust: list[int]

    @staticmethod
    def of(prices: list[int], cut: Int64s, totals: Int64s, runs: list[_Open]) -> _Base:
        n = len(prices)
        amounts = [totals[: n * n].tolist(), totals[n * n :].tolist()]
        open_pairs = {open_.run.sell * n + open_.run.buy for open_ in runs}
        dust = [0] * n
        for pair in np.flatnonzero(totals[: n * n] | totals[n * n :]).tolist():
            if pair not in open_pairs:
                a, b = divmod(pair, n)
                given, taken = _both_sides(amounts[0][pair], amounts[1][pair], prices[a], prices[b])
                dust[a] += given
                dust[b] -= taken
        return _Base(prices, cut, amounts, dust)


def _fill(
    orders: Orders, book: Book, base: _Base, runs: list[_Open], root: int, whole: bool
) -> Settlement | None:
    """Take from each run what its child's balance needs, leaf first; None if that cannot be put right."""
    n, prices = len(base.prices), base.prices
    amounts, dust = [column.copy() for column in base.totals], base.dust.copy()
    keys, part = (base.cut + 1) << PLACE_BITS, np.zeros((n, n), np.int64)
    between = {(open_.run.sell, open_.run.buy): open_.orders for open_ in runs}
    aside: list[int] = []
    roots = np.array([root, *(c for c in range(n) if c != root)])
    for child, _, run in reversed(_hang_runs(n, tuple(open_.run for open_ in runs), roots)):
        if run is None:
            continue
        a, b = run.sell, run.buy
        pair, choice = a * n + b, between[a, b]
        bases = amounts[0][pair], amounts[1][pair]
        while True:
            if child == a:
                j, amount = _least_sold(choice, *bases, prices[a], prices[b], -dust[a])
            else:
                j, amount = _most_bought(choice, *bases, prices[a], prices[b], dust[b])
            halved = j < len(choice.keys) and 0 < amount < choice.quantities[j]
            if not (whole and halved and orders.whole[choice.keys[j] & _PLACE]):
                break
            aside.append(choice.keys[j] & _PLACE)
            choice = _without(choice, j)
        stopped = j < len(choice.keys)
        keys[a, b] = choice.keys[j] if stopped else (run.high + 1) << PLACE_BITS
        part[a, b] = amount
        for kind in range(2):
            amounts[kind][pair] += choice.sums[kind][j] + (
                amount if stopped and choice.kinds[j] == kind else 0
            )
        given, taken = _both_sides(amounts[0][pair], amounts[1][pair], prices[a], prices[b])
        dust[a] += given
        dust[b] -= taken
    settled = Settlement(prices, keys, part, amounts, dust, aside)
    lacking = -sum(d for d in dust if d < 0)
    if not aside and (lacking > 2 * n or not _sums_fit(settled)):
        return None
    settled.short = lacking > n or not lift(book, settled)
    if not settled.short and not _little_dust(settled):
        if not aside:
            return None
        settled.short = True
    return settled


def _little_dust(settled: Settlement) -> bool:
    segments = sum(1 for column in settled.totals for total in column if total)
    value = sum(dust * price for dust, price in zip(settled.dust, settled.prices, strict=True))
    return value < (segments + len(settled.prices)) * max(settled.prices) or value == 0


def _both_sides(exact_in: int, exact_out: int, price_a: int, price_b: int) -> tuple[int, int]:
    """What orders of a pair sell and buy: payouts rounded down, payments rounded up, over all of them."""
    return (
        exact_in - (-exact_out * price_b // price_a if exact_out else 0),
        exact_out + (exact_in * price_a // price_b if exact_in else 0),
    )


def _least_sold(
    orders: _Orders, base_in: int, base_out: int, price_a: int, price_b: int, need: int
) -> tuple[int, int]:
    """The least of a run that sells `need`: so many orders wholly, and an amount of the next."""

    def sold(j: int) -> int:
        return base_in + orders.sums[0][j] - (-(base_out + orders.sums[1][j]) * price_b // price_a)

    count = len(orders.keys)
    j = bisect_left(range(count + 1), need, key=sold)
    if j == 0:
        return 0, 0
    if j > count:
        return count, 0
    j -= 1
    if orders.kinds[j] == 0:
        return j, need - sold(j)
    rest = need - base_in - orders.sums[0][j]
    return j, (rest - 1) * price_a // price_b + 1 - base_out - orders.sums[1][j]


def _most_bought(
    orders: _Orders, base_in: int, base_out: int, price_a: int, price_b: int, room: int
) -> tuple[int, int]:
    """The most of a run that buys at most `room`: so many orders wholly, and an amount of the next."""

    def bought(j: int) -> int:
        return base_out + orders.sums[1][j] + (base_in + orders.sums[0][j]) * price_a // price_b

    count = len(orders.keys)
    j = bisect_right(range(count + 1), room, key=bought) - 1
    if j < 0:
        return 0, 0
    if j == count:
        return count, 0
    if orders.kinds[j] == 1:
        return j, room - bought(j)
    rest = room - base_out - orders.sums[1][j]
    return j, ((rest + 1) * price_b - 1) // price_a - base_in - orders.sums[0][j]


def _sums_fit(settled: Settlement) -> bool:
    """Whether what the pairs sell and buy stays within PAIR_MAX."""
    n = len(settled.prices)
    for pair in range(n * n):
        if settled.totals[0][pair] or settled.totals[1][pair]:
            a, b = divmod(pair, n)
            amounts = settled.totals[0][pair], settled.totals[1][pair]
            if max(_both_sides(*amounts, settled.prices[a], settled.prices[b])) > PAIR_MAX:
                return False
    return True


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


def _totals(book: Book, cut: Int64s) -> Int64s:
    """(2N²,): a segment's quantities up to its pair's tick `cut`."""
    totals = np.zeros(2 * book.currencies**2, np.int64)
    _sum_up_to(book, np.ascontiguousarray(cut).ravel(), totals)
    return totals


@compiled
def _sum_up_to(book, cut, totals):
    for k in range(len(book.live)):
        segment = book.live[k]
        _, totals[segment], _ = rank(book, segment, (cut[segment % len(cut)] + 1) << PLACE_BITS)


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
            place = records[first, 0] & ((np.int64(1) << PLACE_BITS) - 1)
            at = np.searchsorted(aside, place)
            if not done and not (at < len(aside) and aside[at] == place):
                tick = records[first, 0] >> PLACE_BITS
                if ticks[sell, buy] == 0 or tick < ticks[sell, buy]:
                    ticks[sell, buy] = tick
                break
            first += 1
