"""From nearly balanced prices to the margin: which price levels fill wholly, in part, or not at all.

    levels near the rates ─▶ cheapest circulation at these prices ─▶ polish ─▶ Margin, or None

Levels filled in part form a forest between currencies and pin the rates along it. What the forest leaves
open is settled by balance between its trees (a small linear system); trees that trade nothing with the rest
lie in the middle of the interval that their unfilled orders leave, next to the reference. Floats find the
margin; `fills` proves it in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasviya.exchange.compiled import compiled
from tasviya.exchange.demand import rank, totals_up_to
from tasviya.exchange.levels import Levels, cheapest, net_value
from tasviya.exchange.market import Bools, Int64s
from tasviya.exchange.order_book import PLACE_BITS, Book, Float64s
from tasviya.exchange.prices import Search, solve_linear

_APART = 1e-11
"""How far prices that nothing pins stay from a limit, if they can: farther than floats err."""


@dataclass(frozen=True, slots=True)
class Run:
    """Orders of a pair that may fill in part: ticks above `low`, up to `high`, where the rate is pinned."""

    sell: int
    buy: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Margin:
    """Where fills stop. Orders of a pair up to tick `cut` fill wholly; those of a run, as balance needs.

    x: (N,) log prices less the reference. cut: (N, N) int64. runs: a forest. trees: (N,) the tree of each
    currency. pinned: whether runs pin rates; if not, prices are `x` alone.
    """

    x: Float64s
    cut: Int64s
    runs: tuple[Run, ...]
    trees: Int64s
    pinned: bool


def polish(search: Search, x: Float64s, levels: Levels, share: Float64s, partial: Bools) -> Margin | None:
    """The margin that the partial levels pin, or None if they or the rest contradict each other."""
    n = len(x)
    full = ~partial & (share > 0.5)
    state = full * 2 + partial
    pair = levels.sell * n + levels.buy
    same = pair[1:] == pair[:-1]
    if np.any(same & (state[1:] > state[:-1])) or np.any(same & (state[1:] == 1) & (state[:-1] == 1)):
        return None
    cut = levels.base_tick.copy()
    np.maximum.at(cut, (levels.sell[full], levels.buy[full]), levels.tick[full])
    filled = levels.base.astype(np.float64)
    np.add.at(filled[0], (levels.sell[full], levels.buy[full]), levels.exact_in[full])
    np.add.at(filled[1], (levels.sell[full], levels.buy[full]), levels.exact_out[full])
    log_limit = levels.above + x[levels.sell] - x[levels.buy]
    edges = [(int(levels.sell[e]), int(levels.buy[e]), float(log_limit[e])) for e in np.flatnonzero(partial)]
    hung = hang(n, edges, x)
    if hung is None:
        return None
    along, trees = hung
    settled = _balance_trees(search, along, trees, filled, cut)
    if settled is None or not _flows_fit(search, settled, levels, partial, filled):
        return None
    runs = tuple(
        Run(
            int(levels.sell[e]),
            int(levels.buy[e]),
            int(cut[levels.sell[e], levels.buy[e]]),
            int(levels.tick[e]),
        )
        for e in np.flatnonzero(partial)
    )
    return Margin(settled, cut, runs, trees, True)


def _flows_fit(search: Search, x: Float64s, levels: Levels, partial: Bools, filled: Float64s) -> bool:
    """Whether the partial levels can carry what balance asks of them, give or take a few units."""
    worth = np.exp(search.market.reference + x - search.market.reference.max())
    net = net_value(filled, worth)
    value = levels.exact_in * worth[levels.sell] + levels.exact_out * worth[levels.buy]
    spare = 4 * len(x) * float(worth.max()) + 1e-12 * float(np.abs(filled[0] * worth[:, None]).sum())
    edges = {int(e): (int(levels.sell[e]), int(levels.buy[e])) for e in np.flatnonzero(partial)}
    beside: list[set[int]] = [set() for _ in x]
    for e, ends in edges.items():
        for c in ends:
            beside[c].add(e)
    leaves = [c for c in range(len(x)) if len(beside[c]) == 1]
    while leaves:
        leaf = leaves.pop()
        if not beside[leaf]:
            continue
        e = beside[leaf].pop()
        sell, buy = edges[e]
        flow = net[leaf] if leaf == sell else -net[leaf]
        if not -spare <= flow <= value[e] + spare:
            return False
        other = buy if leaf == sell else sell
        net[other] += net[leaf]
        beside[other].discard(e)
        if len(beside[other]) == 1:
            leaves.append(other)
    return True


def largest_volume(search: Search) -> Margin | None:
    """The margin of the largest volume at the prices as they are: any order in the money may fill in part."""
    book, n, x = search.book, search.book.currencies, search.x
    rate = np.exp(np.minimum(x[:, None] - x[None, :] + search.offset, 30.0))
    tick = np.minimum(rate, 2e9).astype(np.int64)
    exact_in, exact_out = totals_up_to(book, tick).reshape(2, n, n)
    sell, buy = np.nonzero(exact_in | exact_out)
    levels = Levels(
        sell, buy, tick[sell, buy],
        exact_in[sell, buy].astype(np.float64), exact_out[sell, buy].astype(np.float64),
        np.full(len(sell), -1.0), np.zeros((2, n, n), np.int64), np.zeros((n, n), np.int64),
    )  # fmt: skip
    flows = cheapest(search, levels, np.exp(search.market.reference + x - search.market.reference.max()))
    if flows is None:
        return None
    partial = np.zeros(len(sell), np.bool_)
    partial[flows.basic] = (flows.share[flows.basic] > 0) & (flows.share[flows.basic] < 1)
    cut = np.zeros((n, n), np.int64)
    full = ~partial & (flows.share > 0.5)
    cut[sell[full], buy[full]] = levels.tick[full]
    runs = [Run(int(sell[e]), int(buy[e]), 0, int(levels.tick[e])) for e in np.flatnonzero(partial)]
    hung = hang(n, [(run.sell, run.buy, 0.0) for run in runs], x)
    return None if hung is None else Margin(x, cut, tuple(runs), hung[1], False)


def hang(n: int, edges: list[tuple[int, int, float]], x: Float64s) -> tuple[Float64s, Int64s] | None:
    """Log prices along a forest of (sell, buy, log limit), each tree about where `x` has it; trees.

    None if the edges close a ring.
    """
    beside: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    for sell, buy, limit in edges:
        beside[sell].append((buy, -limit))
        beside[buy].append((sell, limit))
    along, trees, count = np.zeros(n), np.full(n, -1, np.int64), 0
    for root in range(n):
        if trees[root] >= 0:
            continue
        trees[root], stack, members = count, [root], [root]
        while stack:
            u = stack.pop()
            for v, step in beside[u]:
                if trees[v] < 0:
                    trees[v], along[v] = count, along[u] + step
                    stack.append(v)
                    members.append(v)
        along[members] += float(np.mean(x[members] - along[members]))
        count += 1
    return None if len(edges) != n - count else (along, trees)


def _balance_trees(
    search: Search, x: Float64s, trees: Int64s, filled: Float64s, cut: Int64s
) -> Float64s | None:
    """Move whole trees so that the value between them balances; None if no prices do that."""
    count = int(trees.max()) + 1
    if count == 1:
        return centred(x)
    worth = np.exp(search.market.reference + x - search.market.reference.max())
    values = filled[0] * worth[:, None], filled[1] * worth[None, :]
    system = tree_system(*values, trees)
    scale = np.zeros(count)
    # Quantities that cancel (as much sold exact-in as is bought exact-out) tie no prices.
    trading = np.abs(system) > (values[0].sum() + values[1].sum()) * 1e-14
    groups = connected(trading | trading.T)
    for group in range(int(groups.max()) + 1):
        members = np.flatnonzero(groups == group)
        if len(members) == 1:
            continue
        inner = system[np.ix_(members, members)]
        inner /= np.abs(inner).max()
        inner[0] = 1.0
        right = np.zeros(len(members))
        right[0] = len(members)
        if solve_linear(inner, right) == 0 or np.any(right <= 0) or not np.all(np.isfinite(right)):
            return None
        scale[members] = np.log(right) - np.log(right).mean()
    x = x + scale[trees]
    if groups.max() == 0:
        return centred(x)
    return place_groups(search, x, groups[trees], cut)


def centred(x: Float64s) -> Float64s:
    moved: Float64s = x - x.mean()
    return moved


def tree_system(value_in: Float64s, value_out: Float64s, trees: Int64s) -> Float64s:
    """(trees, trees): value that flows into a tree less what flows out, by the tree whose prices scale it.

    value_in, value_out: (N, N), by kind, of what each pair sells.
    """
    count = int(trees.max()) + 1
    n = len(trees)
    system = np.zeros(count * count)
    sell_tree, buy_tree = np.repeat(trees, n), np.tile(trees, n)
    cross = sell_tree != buy_tree
    for value, fixed in ((value_in.ravel(), sell_tree), (value_out.ravel(), buy_tree)):
        moved = cross & (value > 0)
        into, out = buy_tree[moved] * count + fixed[moved], sell_tree[moved] * count + fixed[moved]
        system += np.bincount(into, value[moved], count * count)
        system -= np.bincount(out, value[moved], count * count)
    return system.reshape(count, count)


def place_groups(search: Search, x: Float64s, groups: Int64s, cut: Int64s) -> Float64s | None:
    """Move groups between which no balance ties prices so that orders stay on their side of the rates.

    The middle between the largest moves down and the smallest moves up that achieve it; None if none do.
    """
    count = int(groups.max()) + 1
    filled, unfilled = ticks_around(search.book, cut)
    if search.firm is not None:
        filled = np.maximum(filled, search.firm)
    rate = search.offset + x[:, None] - x[None, :]
    most: Float64s = np.full(count * count, np.inf)
    with np.errstate(divide="ignore"):
        for room, pairs in (
            (
                np.where(unfilled > 0, np.log(unfilled) - rate, np.inf),
                groups[:, None] * count + groups[None, :],
            ),
            (np.where(filled > 0, rate - np.log(filled), np.inf), groups[None, :] * count + groups[:, None]),
        ):
            np.minimum.at(most, pairs.ravel(), room.ravel())
    most = np.reshape(most, (count, count))
    np.fill_diagonal(most, np.inf)
    for apart in (_APART, 0.0):
        down, up = np.zeros(count), np.zeros(count)
        for _ in range(count + 1):
            lower = np.minimum(down, np.min(most - apart + down[None, :], axis=1))
            higher = np.maximum(up, np.max(up[:, None] - most + apart, axis=0))
            if np.array_equal(lower, down) and np.array_equal(higher, up):
                return x + ((down + up) / 2)[groups]
            down, up = lower, higher
    return None


def ticks_around(book: Book, cut: Int64s) -> tuple[Int64s, Int64s]:
    """(N, N) each: a pair's greatest tick up to `cut`, and its least above; 0 if it has none."""
    n = book.currencies
    filled, unfilled = np.zeros((n, n), np.int64), np.zeros((n, n), np.int64)
    _ticks_around(book, cut, filled, unfilled)
    return filled, unfilled


def connected(adjacent: Bools) -> Int64s:
    """The number of each node's connected part."""
    part = np.full(len(adjacent), -1, np.int64)
    count = 0
    for root in range(len(adjacent)):
        if part[root] >= 0:
            continue
        part[root], stack = count, [root]
        while stack:
            for v in np.flatnonzero(adjacent[stack.pop()]):
                if part[v] < 0:
                    part[v] = count
                    stack.append(int(v))
        count += 1
    return part


@compiled
def _ticks_around(book, cut, filled, unfilled):
    n = len(cut)
    for k in range(len(book.live)):
        segment = book.live[k]
        sell, buy = (segment // n) % n, segment % n
        first, _, _ = rank(book, segment, (cut[sell, buy] + 1) << PLACE_BITS)
        low, high = book.starts[segment], book.starts[segment + 1]
        below, above = first - 1, first
        while below >= low and book.records[below, 1] == 0:
            below -= 1
        while above < high and book.records[above, 1] == 0:
            above += 1
        if below >= low:
            filled[sell, buy] = max(filled[sell, buy], book.records[below, 0] >> PLACE_BITS)
        if above < high:
            tick = book.records[above, 0] >> PLACE_BITS
            unfilled[sell, buy] = tick if unfilled[sell, buy] == 0 else min(unfilled[sell, buy], tick)
