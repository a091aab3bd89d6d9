"""The price levels near the rates, as arcs of a circulation: what each can carry, and at what cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tasviya.exchange.circulation import CAPACITY_TOTAL, circulate
from tasviya.exchange.compiled import compiled
from tasviya.exchange.demand import rank
from tasviya.exchange.market import Int64s
from tasviya.exchange.order_book import PLACE_BITS, Float64s
from tasviya.exchange.prices import Search

COST_SCALE = 2.0**50
_LOST_SHARE = 2.0**-28
"""What the circulation may leave over, as a share of all capacities: prices balance demand no better."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Price levels within a window of the rates, by pair and tick, both kinds together.

    sell, buy, tick: (levels,) int64. exact_in, exact_out: quantities. above: log limit less log rate.
    base: (2, N, N) int64, quantities under the window; base_tick: (N, N), its lower edge.
    """

    sell: Int64s
    buy: Int64s
    tick: Int64s
    exact_in: Float64s
    exact_out: Float64s
    above: Float64s
    base: Int64s
    base_tick: Int64s


def levels_near(search: Search, x: Float64s, window: float) -> Levels:
    book, n = search.book, search.book.currencies
    base, base_tick = np.zeros((2, n, n), np.int64), np.zeros((n, n), np.int64)
    none, none_f = np.empty((0, 3), np.int64), np.empty((0, 2))
    count = _levels(x, window, search.offset, book, base, base_tick, none, none_f)
    place, quantity = np.empty((count, 3), np.int64), np.empty((count, 2))
    _levels(x, window, search.offset, book, base, base_tick, place, quantity)
    sell, buy, tick = place.T.copy()
    above = np.log(tick) - search.offset[sell, buy] - (x[sell] - x[buy])
    return Levels(sell, buy, tick, quantity[:, 0], quantity[:, 1], above, base, base_tick)


@dataclass(frozen=True, slots=True)
class Flows:
    """A cheapest circulation: shares filled, basic levels, and the move of prices it asks for."""

    share: Float64s
    basic: Int64s
    move: Float64s
    pivots: int


def cheapest(search: Search, levels: Levels, worth: Float64s) -> Flows | None:
    """The cheapest circulation on some levels at values `worth`; None if there is none."""
    n = len(worth)
    value = levels.exact_in * worth[levels.sell] + levels.exact_out * worth[levels.buy]
    supply = net_value(levels.base, worth)
    scale = CAPACITY_TOTAL / (max(value.sum(), np.abs(supply).sum()) or 1.0)
    capacity = np.floor(value * scale).astype(np.int64)
    # One unit less than the cost: where limits merely meet, they trade.
    cost = np.round(levels.above * COST_SCALE).astype(np.int64) - 1
    wanted = np.floor(supply * scale).astype(np.int64)
    wanted[0] -= wanted.sum()
    flow, potential, basic, lost, pivots = circulate(n, levels.sell, levels.buy, cost, capacity, wanted)
    if lost > CAPACITY_TOTAL * _LOST_SHARE:
        return None
    move = (potential - potential[0]) / COST_SCALE
    move[np.abs(move) > 1.0] = 0.0
    share = np.where(capacity > 0, flow / np.maximum(capacity, 1), 0.0)
    return Flows(share, basic, move - move.mean(), pivots)


def net_value(quantity: Int64s | Float64s, worth: Float64s) -> Float64s:
    """Value bought less value sold of each currency. quantity: (2, N, N), by kind."""
    value = quantity[0] * worth[:, None] + quantity[1] * worth[None, :]
    net: Float64s = value.sum(axis=0) - value.sum(axis=1)
    return net


@compiled
def _levels(x, window, offset, book, base, base_tick, place, quantity):
    """Find the levels near the rates; how many. Writes those that `place` has room for."""
    n = len(x)
    count = 0
    cursor, stop = np.empty(2, np.int64), np.empty(2, np.int64)
    records, starts = book.records, book.starts
    for sell in range(n):
        for buy in range(n):
            rate = math.exp(x[sell] - x[buy] + offset[sell, buy])
            edge = np.int64(min(rate * (1.0 - window), 2e9)) if window < 1.0 else np.int64(0)
            upper = np.int64(min(rate * (1.0 + window), 2e9))
            base_tick[sell, buy] = edge
            for kind in range(2):
                segment = (kind * n + sell) * n + buy
                low, high = starts[segment], starts[segment + 1]
                base[kind, sell, buy] = 0
                cursor[kind] = stop[kind] = low
                if low < high:
                    key = (edge + 1) << PLACE_BITS
                    i, under, _ = rank(book, segment, key)
                    base[kind, sell, buy] = under
                    while i < high and records[i, 1] == 0:
                        i += 1
                    cursor[kind] = i
                    stop[kind] = high
            while True:
                tick = upper + 1
                for kind in range(2):
                    if cursor[kind] < stop[kind]:
                        tick = min(tick, records[cursor[kind], 0] >> PLACE_BITS)
                if tick > upper:
                    break
                written = count < len(place)
                if written:
                    place[count, 0], place[count, 1], place[count, 2] = sell, buy, tick
                for kind in range(2):
                    total, i = np.int64(0), cursor[kind]
                    while i < stop[kind] and (records[i, 1] == 0 or records[i, 0] >> PLACE_BITS == tick):
                        total += records[i, 1]
                        i += 1
                    cursor[kind] = i
                    if written:
                        quantity[count, kind] = total
                count += 1
    return count
