"""How far into a run to fill: the least that sells what a currency needs, or the most that it can pay for.

Orders of both kinds stand in one queue by (tick, place). Of exact-in orders a run sells whole units and
pays the floor of their sum at the rate; exact-out orders buy whole units and pay the ceiling.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np

from tasviya.exchange.equilibrium import Run
from tasviya.exchange.order_book import PLACE_BITS, Book


@dataclass(slots=True)
class Queue:
    """Orders of both kinds by priority. sums: exact-in and exact-out quantities before each, and of all."""

    keys: list[int]
    kinds: list[int]
    quantities: list[int]
    sums: tuple[list[int], list[int]]


@dataclass(slots=True)
class OpenRun:
    run: Run
    queue: Queue


def queue_between(book: Book, sell: int, buy: int, low: int, high: int) -> Queue:
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


def _summed(keys: list[int], kinds: list[int], quantities: list[int]) -> Queue:
    sums: tuple[list[int], list[int]] = ([0], [0])
    for kind, quantity in zip(kinds, quantities, strict=True):
        sums[kind].append(sums[kind][-1] + quantity)
        sums[1 - kind].append(sums[1 - kind][-1])
    return Queue(keys, kinds, quantities, sums)


def without(queue: Queue, j: int) -> Queue:
    return _summed(
        *([*column[:j], *column[j + 1 :]] for column in (queue.keys, queue.kinds, queue.quantities))
    )


def both_sides(exact_in: int, exact_out: int, price_a: int, price_b: int) -> tuple[int, int]:
    """What orders of a pair sell and buy: payouts rounded down, payments rounded up, over all of them."""
    return (
        exact_in - (-exact_out * price_b // price_a if exact_out else 0),
        exact_out + (exact_in * price_a // price_b if exact_in else 0),
    )


def least_sold(
    queue: Queue, base_in: int, base_out: int, price_a: int, price_b: int, need: int
) -> tuple[int, int]:
    """The least of a run that sells `need`: so many orders wholly, and an amount of the next."""

    def sold(j: int) -> int:
        return base_in + queue.sums[0][j] - (-(base_out + queue.sums[1][j]) * price_b // price_a)

    count = len(queue.keys)
    j = bisect_left(range(count + 1), need, key=sold)
    if j == 0:
        return 0, 0
    if j > count:
        return count, 0
    j -= 1
    if queue.kinds[j] == 0:
        return j, need - sold(j)
    rest = need - base_in - queue.sums[0][j]
    return j, (rest - 1) * price_a // price_b + 1 - base_out - queue.sums[1][j]


def most_bought(
    queue: Queue, base_in: int, base_out: int, price_a: int, price_b: int, room: int
) -> tuple[int, int]:
    """The most of a run that buys at most `room`: so many orders wholly, and an amount of the next."""

    def bought(j: int) -> int:
        return base_out + queue.sums[1][j] + (base_in + queue.sums[0][j]) * price_a // price_b

    count = len(queue.keys)
    j = bisect_right(range(count + 1), room, key=bought) - 1
    if j < 0:
        return 0, 0
    if j == count:
        return count, 0
    if queue.kinds[j] == 1:
        return j, room - bought(j)
    rest = room - base_out - queue.sums[1][j]
    return j, ((rest + 1) * price_b - 1) // price_a - base_in - queue.sums[0][j]
