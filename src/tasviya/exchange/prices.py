"""Prices by path following: demand is smoothed over a band, balanced by Newton's method, and the band
narrowed.

`x` holds each currency's log price less its reference. A pair's rate in ticks is `exp(x_a - x_b + offset)`;
an order fills wholly where its tick is under `rate * (1 - band)`, not at all above `rate`, and in
proportion between. What a pair sells is worth quantity times the price of the currency that the order
fixes, so excess demand and its derivatives are exact, and each solution leads to the next: inside a band
where nothing changes, x is all but linear in the band's width.

Source: smoothing as in SPEEDEX (Ramseyer, Goel, Mazières, NSDI 2023, section 5); path following in the
width of the band is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tasviya.exchange.compiled import compiled, inlined
from tasviya.exchange.market import Market
from tasviya.exchange.order_book import BLOCK, PLACE_BITS, Book, Float64s

STEP_MAX = 0.05
"""Newton moves no log price by more than this at once."""
BALANCED = 1e-11
"""Excess demand that counts as none, as a share of what is traded."""


@dataclass(slots=True)
class Search:
    """Where a search for prices stands.

    offset: (N, N) float64, log of ticks a rate of 1 at the reference. x: (N,) float64, balanced for
    `band`, within which `inside` orders lie. calls: oracle calls so far.
    """

    market: Market
    book: Book
    offset: Float64s
    x: Float64s
    band: float
    inside: int = 0
    calls: int = 0

    def balance(self, band: float, x: Float64s, calls_max: int) -> bool:
        """Move to balanced prices for a band, starting from `x`; whether that was possible."""
        found, share, inside, calls = _newton(
            x, band, self.market.reference, self.offset, self.book.records, self.book.starts,
            self.book.block_starts, self.book.block_quantity, self.book.block_moment, self.book.live,
            calls_max,
        )  # fmt: skip
        self.calls += calls
        tolerance = max(BALANCED * 100, 1e-13 / band)
        if share > tolerance:
            return False
        self.x, self.band, self.inside = found, band, int(inside)
        return True


def start(market: Market, book: Book, x: Float64s | None = None) -> Search:
    """A search that begins at the reference, or at `x`."""
    reference = market.reference
    offset = market.exponents * math.log(10) + reference[:, None] - reference[None, :]
    return Search(market, book, offset, np.zeros(len(reference)) if x is None else x.copy(), math.inf)


@inlined
def rank(records, low, high, block_low, block_high, limit, block_quantity, block_moment):
    """How many of a segment's records have a key under `limit`, with sums of quantity and moment before
    it."""
    first, last = block_low, block_high
    while last - first > 1:
        middle = (first + last) >> 1
        if records[low + (middle - block_low) * BLOCK, 0] < limit:
            first = middle
        else:
            last = middle
    quantity, moment = block_quantity[first], block_moment[first]
    i = low + (first - block_low) * BLOCK
    while i < high and records[i, 0] < limit:
        quantity += records[i, 1]
        moment += np.float64(records[i, 1]) * np.float64(records[i, 0] >> PLACE_BITS)
        i += 1
    return i, quantity, moment


@inlined
def _key_above(ticks):
    """The least key whose tick exceeds `ticks`."""
    return (np.int64(min(max(ticks, -1.0), 2e9)) + 1) << PLACE_BITS if ticks >= 0 else np.int64(0)


@compiled
def excess_demand(
    x,
    band,
    worth,
    offset,
    records,
    starts,
    block_starts,
    block_quantity,
    block_moment,
    live,
    excess,
    slope,
    volume,
):
    """Value bought less value sold of each currency, its derivatives by x, and value traded; orders inside
    bands."""
    n = len(x)
    orders_inside = 0
    excess[:] = 0.0
    slope[:, :] = 0.0
    volume[:] = 0.0
    for k in range(len(live)):
        segment = live[k]
        buy = segment % n
        sell = (segment // n) % n
        fixed = sell if segment < n * n else buy
        low, high = starts[segment], starts[segment + 1]
        rate = math.exp(x[sell] - x[buy] + offset[sell, buy])
        if np.float64(records[low, 0] >> PLACE_BITS) >= rate:
            continue
        block_low, block_high = block_starts[segment], block_starts[segment + 1]
        full, quantity, moment = rank(
            records,
            low,
            high,
            block_low,
            block_high,
            _key_above(rate * (1.0 - band)),
            block_quantity,
            block_moment,
        )
        inside, steep = 0.0, 0.0
        limit = _key_above(rate)
        i = full
        stop = min(high, full + 2 * BLOCK)
        while i < stop and records[i, 0] < limit:
            amount, tick = np.float64(records[i, 1]), np.float64(records[i, 0] >> PLACE_BITS)
            inside += amount * (rate - tick)
            steep += amount * tick
            i += 1
        if i == stop and i < high and records[i, 0] < limit:
            i, quantity_above, moment_above = rank(
                records, low, high, block_low, block_high, limit, block_quantity, block_moment
            )
            steep = moment_above - moment
            inside = np.float64(quantity_above - quantity) * rate - steep
        orders_inside += i - full
        width = rate * band
        flow = worth[fixed] * (np.float64(quantity) + inside / width)
        steep *= worth[fixed] / width
        excess[buy] += flow
        excess[sell] -= flow
        volume[sell] += flow
        volume[buy] += flow
        slope[buy, sell] += steep
        slope[buy, buy] -= steep
        slope[sell, sell] -= steep
        slope[sell, buy] += steep
        slope[buy, fixed] += flow
        slope[sell, fixed] -= flow
    return orders_inside


@compiled
def solve_linear(matrix, right):
    """Solve matrix · y = right in place by elimination with row pivots; whether it is regular."""
    n = len(right)
    for c in range(n):
        best = c
        for r in range(c + 1, n):
            if abs(matrix[r, c]) > abs(matrix[best, c]):
                best = r
        if matrix[best, c] == 0.0 or not math.isfinite(matrix[best, c]):
            return False
        if best != c:
            for k in range(c, n):
                matrix[c, k], matrix[best, k] = matrix[best, k], matrix[c, k]
            right[c], right[best] = right[best], right[c]
        for r in range(c + 1, n):
            factor = matrix[r, c] / matrix[c, c]
            if factor != 0.0:
                for k in range(c + 1, n):
                    matrix[r, k] -= factor * matrix[c, k]
                right[r] -= factor * right[c]
    for c in range(n - 1, -1, -1):
        for k in range(c + 1, n):
            right[c] -= matrix[c, k] * right[k]
        right[c] /= matrix[c, c]
    return True


@compiled
def _newton(
    start_x,
    band,
    reference,
    offset,
    records,
    starts,
    block_starts,
    block_quantity,
    block_moment,
    live,
    calls_max,
):
    """Damped Newton steps from `start_x`; prices, what is left of excess demand as a share, orders inside
    the band, and calls."""
    n = len(start_x)
    x = start_x.copy()
    excess, slope, volume = np.empty(n), np.empty((n, n)), np.empty(n)
    excess_2, slope_2, volume_2 = np.empty(n), np.empty((n, n)), np.empty(n)
    worth, system, step = np.empty(n), np.empty((n, n)), np.empty(n)
    x_2 = np.empty(n)
    top = reference.max()
    worth[:] = np.exp(reference + x - top)
    excess_demand(
        x,
        band,
        worth,
        offset,
        records,
        starts,
        block_starts,
        block_quantity,
        block_moment,
        live,
        excess,
        slope,
        volume,
    )
    calls = 1
    traded = volume.sum() + 1e-300
    left = np.abs(excess).sum()
    while left > 1e-13 * traded and calls < calls_max:
        better = False
        damping = 0.0
        while not better and damping < 2000.0 and calls < calls_max:
            anchor = traded / (n * n)
            for r in range(n):
                step[r] = excess[r]
                for c in range(n):
                    system[r, c] = anchor - slope[r, c]
                system[r, r] += 1e-13 * traded + damping * abs(slope[r, r])
            if not solve_linear(system, step):
                damping = damping * 10.0 + 0.1
                continue
            step -= step.mean()
            size = np.abs(step).max()
            length = 1.0 if size <= STEP_MAX else STEP_MAX / size
            for _ in range(8):
                x_2[:] = x + length * step
                worth[:] = np.exp(reference + x_2 - top)
                inside_2 = excess_demand(
                    x_2, band, worth, offset, records, starts, block_starts, block_quantity, block_moment,
                    live, excess_2, slope_2, volume_2,
                )  # fmt: skip
                calls += 1
                left_2 = np.abs(excess_2).sum()
                if left_2 < left * (1.0 - 0.1 * length / (1.0 + damping)):
                    better = True
                    break
                length *= 0.5
            damping = damping * 10.0 + 0.1
        if not better:
            break
        x[:] = x_2
        excess[:] = excess_2
        slope[:, :] = slope_2
        volume[:] = volume_2
        inside = inside_2
        traded = volume.sum() + 1e-300
        left = np.abs(excess).sum()
    return x, left / traded, inside, calls
