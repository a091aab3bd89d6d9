"""Smoothed demand: what a book buys and sells at given prices, and how that changes with them.

`x` holds each currency's log price less its reference. A pair's rate in ticks is `exp(x_a - x_b + offset)`.
An order fills wholly where its tick lies under `rate * (1 - band)`, not at all above `rate`, and in
proportion between. What a pair sells is worth its quantity times the price of the currency that the orders
fix.

Source: smoothing over a band as in SPEEDEX (Ramseyer, Goel, Mazières, NSDI 2023, section 5), here also for
orders that fix what they buy, and with exact derivatives.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tasviya.exchange.compiled import compiled, inlined
from tasviya.exchange.market import Int64s
from tasviya.exchange.order_book import BLOCK, PLACE_BITS, Book, Float64s

_WALK = 2 * BLOCK
"""Orders inside a band that are summed one by one, which is more accurate than a difference of sums."""


class Demand(NamedTuple):
    """Demand at one point, N currencies; values in any common unit.

    excess: value bought less value sold. volume: value bought and sold. moved: (N, N), by currency that
    gains and currency that fixes, how `excess` grows with the worth of the latter. slope: (N, N), its
    derivatives by x at fixed worth. by_band: its derivative by the log of the band.
    """

    excess: Float64s
    volume: Float64s
    moved: Float64s
    slope: Float64s
    by_band: Float64s


def room(n: int) -> Demand:
    return Demand(np.empty(n), np.empty(n), np.empty((n, n)), np.empty((n, n)), np.empty(n))


@inlined
def rank(book, segment, limit):
    """The first record of a segment whose key is not under `limit`, with quantity and moment before it."""
    low, high = book.starts[segment], book.starts[segment + 1]
    block_low = book.block_starts[segment]
    first, last = block_low, book.block_starts[segment + 1]
    while last - first > 1:
        middle = (first + last) >> 1
        if book.block_keys[middle] < limit:
            first = middle
        else:
            last = middle
    quantity, moment = book.block_quantity[first], book.block_moment[first]
    i = low + (first - block_low) * BLOCK
    while i < high and book.records[i, 0] < limit:
        quantity += book.records[i, 1]
        moment += np.float64(book.records[i, 1]) * np.float64(book.records[i, 0] >> PLACE_BITS)
        i += 1
    return i, quantity, moment


@inlined
def _key_above(ticks):
    """The least key whose tick exceeds `ticks`."""
    return (np.int64(min(ticks, 2e9)) + 1) << PLACE_BITS if ticks >= 0.0 else np.int64(0)


@compiled
def excess_demand(book, offset, worth, x, band, demand):
    """Write the demand at x, units being worth `worth`; how many orders lie inside bands."""
    n = len(x)
    orders_inside = 0
    demand.excess[:] = 0.0
    demand.volume[:] = 0.0
    demand.moved[:, :] = 0.0
    demand.slope[:, :] = 0.0
    demand.by_band[:] = 0.0
    for k in range(len(book.live)):
        segment = book.live[k]
        buy = segment % n
        sell = (segment // n) % n
        fixed = sell if segment < n * n else buy
        rate = math.exp(x[sell] - x[buy] + offset[sell, buy])
        if np.float64(book.block_keys[book.block_starts[segment]] >> PLACE_BITS) >= rate:
            continue
        first, quantity, moment = rank(book, segment, _key_above(rate * (1.0 - band)))
        limit, high = _key_above(rate), book.starts[segment + 1]
        inside, steep, i = 0.0, 0.0, first
        while i < high and i < first + _WALK and book.records[i, 0] < limit:
            amount, tick = np.float64(book.records[i, 1]), np.float64(book.records[i, 0] >> PLACE_BITS)
            inside += amount * (rate - tick)
            steep += amount * tick
            i += 1
        if i < high and book.records[i, 0] < limit:
            i, quantity_above, moment_above = rank(book, segment, limit)
            steep = moment_above - moment
            inside = np.float64(quantity_above - quantity) * rate - steep
        orders_inside += i - first
        partly = worth[fixed] * inside / (rate * band)
        steep *= worth[fixed] / (rate * band)
        flow = worth[fixed] * np.float64(quantity) + partly
        demand.excess[buy] += flow
        demand.excess[sell] -= flow
        demand.volume[sell] += flow
        demand.volume[buy] += flow
        demand.moved[buy, fixed] += flow
        demand.moved[sell, fixed] -= flow
        demand.slope[buy, sell] += steep
        demand.slope[buy, buy] -= steep
        demand.slope[sell, sell] -= steep
        demand.slope[sell, buy] += steep
        demand.by_band[buy] -= partly
        demand.by_band[sell] += partly
    return orders_inside


def totals_up_to(book: Book, cut: Int64s) -> Int64s:
    """(2N²,): a segment's quantities up to its pair's tick in `cut`, (N, N)."""
    totals = np.zeros(2 * book.currencies**2, np.int64)
    _totals_up_to(book, np.ascontiguousarray(cut).ravel(), totals)
    return totals


@compiled
def _totals_up_to(book, cut, totals):
    for k in range(len(book.live)):
        segment = book.live[k]
        _, totals[segment], _ = rank(book, segment, (cut[segment % len(cut)] + 1) << PLACE_BITS)
