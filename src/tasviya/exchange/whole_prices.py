"""Prices as whole numbers, along the forest of a margin.

The dearest currency of a tree begins near 2**PRICE_BITS. Along each run the price of the next is rounded so
that the run's limit is met exactly; what is left open between trees is corrected until their balance holds
to the last digit.
"""

from __future__ import annotations

import math

import numpy as np

from tasviya.exchange.demand import totals_up_to
from tasviya.exchange.equilibrium import Margin, Run, tree_system
from tasviya.exchange.market import PRICE_BITS, Int64s, Market
from tasviya.exchange.order_book import Book, Float64s
from tasviya.exchange.prices import solve_linear

_DIVISIBLE = 720_720 * 10**10
"""The dearest price is a multiple of this, so that limits in round numbers are met exactly both ways."""


def most_in_the_money(market: Market, prices: list[int], a: int, b: int, slack: int = 0) -> int:
    """The greatest tick t of a pair with t * (price of b + slack) <= (price of a - slack) * 10**e."""
    exponent = int(market.exponents[a, b])
    over, under = max(prices[a] - slack, 0), prices[b] + slack
    if under == 0:
        return 0
    scale: int = 10 ** abs(exponent)
    return over * scale // under if exponent >= 0 else over // (under * scale)


def rough_rates(market: Market, prices: list[int]) -> Float64s:
    price = np.array(prices, np.float64)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        rates: Float64s = price[:, None] / price[None, :] * 10.0**market.exponents
    return np.nan_to_num(rates, posinf=1e300)


def within(market: Market, prices: list[int], cut: Int64s) -> Int64s:
    """The ticks `cut`, or less where the prices put them out of the money."""
    cut = cut.copy()
    for a, b in np.argwhere((cut > 0) & (cut >= rough_rates(market, prices) * (1 - 1e-12))):
        cut[a, b] = min(int(cut[a, b]), most_in_the_money(market, prices, int(a), int(b)))
    return cut


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
    top_bits = PRICE_BITS
    for _ in range(4):
        dearest = (1 << top_bits) // _DIVISIBLE * _DIVISIBLE
        shares = [int(math.exp(p - top) * 2.0**53) for p in log_price]
        rough = [max(s * dearest >> 53, 1) if u else 0 for s, u in zip(shares, used, strict=True)]
        prices = _along_forest(market, margin, rough)
        if prices is None:
            return None
        if margin.pinned and int(margin.trees.max()) > 0:
            prices = _balance(market, book, margin, prices)
        if prices is None or max(prices) <= 1 << PRICE_BITS:
            return prices
        top_bits -= 1
    return None


def _along_forest(market: Market, margin: Margin, rough: list[int]) -> list[int] | None:
    if not margin.pinned:
        return rough
    prices = [0] * len(rough)
    for v, parent, run in hang_runs(len(rough), margin.runs, np.argsort(rough, kind="stable")[::-1]):
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


def hang_runs(n: int, runs: tuple[Run, ...], roots: Int64s) -> list[tuple[int, int, Run | None]]:
    """Each currency with its parent and the run between them, parents first; roots by preference."""
    beside: list[list[Run]] = [[] for _ in range(n)]
    for run in runs:
        beside[run.sell].append(run)
        beside[run.buy].append(run)
    seen = [False] * n
    order: list[tuple[int, int, Run | None]] = []
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
    totals = [int(t) for t in totals_up_to(book, margin.cut)]
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
        dearest = trees[max(range(n), key=prices.__getitem__)]
        change = -np.array([float(part) for part in lacking])
        if solve_linear(system, change) == 0 or not np.all(np.abs(change) < 1e-6):
            break
        change -= change[dearest]
        moved = [p + round(p * change[trees[c]]) for c, p in enumerate(prices)]
        if moved == prices:
            break
        settled = _along_forest(market, margin, moved)
        if settled is None:
            break
        prices = settled
    return prices
