"""The orders of a batch, sorted so that one look tells how much is for sale at a price.

A *segment* holds the orders of one pair and kind, by (tick, place). A *record* is two words: `tick << 32 |
place`, and the quantity; sorting moves one cache line an order. Every `BLOCK` records carry the sums before
them, so that a sum up to a tick is a search among blocks and a walk through one.

    columns ─▶ count segments ─▶ place records (stable) ─▶ radix sort by tick, in cache ─▶ sums before blocks

Two threads share the work in halves that are fixed beforehand: the result is the same on any number of cores.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tasviya.core.errors import invariant
from tasviya.exchange.compiled import compiled
from tasviya.exchange.market import PAIR_MAX, Int64s, Market, Orders

Float64s = npt.NDArray[np.float64]

BLOCK = 32
PLACE_BITS = 32
PLACE_MASK = (1 << PLACE_BITS) - 1
HALVES = 2
ALONE = 50_000
"""Below this many orders a second thread costs more than it saves."""
_SHORT = 32
_DIGIT_BITS = 11


class Book(NamedTuple):
    """The sorted orders. Segment `(kind * N + a) * N + b` holds records `starts[s]` to `starts[s + 1]`.

    records: (M, 2). block_starts: (2N²+1,), the first block of each segment. block_keys: the
    key of its first record. block_keys, block_quantity, block_moment:
    the segment's quantity, and quantity times tick, before each block. live: the segments that hold orders.
    """

    currencies: int
    starts: Int64s
    records: Int64s
    block_starts: Int64s
    block_keys: Int64s
    block_quantity: Int64s
    block_moment: Float64s
    live: Int64s

    def segment(self, kind: int, sell: int, buy: int) -> int:
        return (kind * self.currencies + sell) * self.currencies + buy


def build(market: Market, orders: Orders) -> Book:
    """Sort the orders of a batch.

    Raises: InvariantBroken if a segment's quantities exceed PAIR_MAX.
    """
    n, total = len(market.currencies), len(orders)
    invariant(total < 1 << PLACE_BITS, "a batch has fewer than 2**32 orders")
    segments = 2 * n * n
    columns = (orders.sell, orders.buy, orders.kind, orders.quantity, orders.tick)
    halves = HALVES if total >= ALONE else 1
    cuts = [total * half // halves for half in range(halves + 1)]
    counts = np.zeros((halves, segments), np.int64)
    records = np.empty((total, 2), np.int64)
    with ThreadPoolExecutor(halves) as threads:
        for _ in threads.map(
            lambda h: _count(*columns[:3], n, cuts[h], cuts[h + 1], counts[h]), range(halves)
        ):
            pass
        sizes = counts.sum(axis=0)
        starts = np.zeros(segments + 1, np.int64)
        np.cumsum(sizes, out=starts[1:])
        firsts = starts[:-1] + np.cumsum(counts, axis=0) - counts
        for _ in threads.map(
            lambda h: _place(*columns, n, cuts[h], cuts[h + 1], firsts[h], records), range(halves)
        ):
            pass
        block_starts = np.zeros(segments + 1, np.int64)
        np.cumsum(-(-sizes // BLOCK), out=block_starts[1:])
        block_keys, block_quantity = np.empty((2, block_starts[-1]), np.int64)
        block_moment = np.empty(block_starts[-1])
        seams = [int(np.searchsorted(starts, cut)) for cut in cuts[:-1]] + [segments]
        largest = [int(sizes[seams[h] : seams[h + 1]].max(initial=0)) for h in range(halves)]
        sums = list(
            threads.map(
                lambda h: _sort(
                    records, starts, block_starts, block_keys, block_quantity, block_moment,
                    seams[h], seams[h + 1],
                    np.empty((largest[h], 2), np.int64), np.empty((1 << _DIGIT_BITS) + 1, np.int64),
                ),
                range(halves),
            )
        )  # fmt: skip
    invariant(max(sums) <= PAIR_MAX, "the quantities of a pair and kind stay within PAIR_MAX")
    return Book(
        n, starts, records, block_starts, block_keys, block_quantity, block_moment, np.flatnonzero(sizes)
    )


def take_out(book: Book, segment: int, tick: int, place: int) -> None:
    """Take an order out of a book: its quantity becomes 0, and the sums behind it follow."""
    _take_out(book, segment, tick << PLACE_BITS | place)


@compiled
def _count(sell, buy, kind, n, start, stop, counts):
    for i in range(start, stop):
        counts[(np.int64(kind[i]) * n + sell[i]) * n + buy[i]] += 1


@compiled
def _place(sell, buy, kind, quantity, tick, n, start, stop, firsts, records):
    for i in range(start, stop):
        segment = (np.int64(kind[i]) * n + sell[i]) * n + buy[i]
        row = firsts[segment]
        firsts[segment] = row + 1
        records[row, 0] = tick[i] << PLACE_BITS | i
        records[row, 1] = quantity[i]


@compiled
def _sort(
    records, starts, block_starts, block_keys, block_quantity, block_moment, first, last, scratch, counts
):
    """Sort segments first…last and sum them; the largest sum, or 2**63 - 1 if one exceeds it."""
    largest = np.int64(0)
    for segment in range(first, last):
        low, high = starts[segment], starts[segment + 1]
        if high - low <= _SHORT:
            _sort_short(records, low, high)
        else:
            _sort_long(records, low, high, scratch, counts)
        total = _sum_blocks(
            records, low, high, block_starts[segment], block_keys, block_quantity, block_moment
        )
        largest = max(largest, total)
    return largest


@compiled
def _sort_short(records, low, high):
    for i in range(low + 1, high):
        key, quantity, j = records[i, 0], records[i, 1], i - 1
        while j >= low and records[j, 0] > key:
            records[j + 1, 0], records[j + 1, 1] = records[j, 0], records[j, 1]
            j -= 1
        records[j + 1, 0], records[j + 1, 1] = key, quantity


@compiled
def _sort_long(records, low, high, scratch, counts):
    """Radix sort by tick, least digit first; records stand by place already, and each pass is stable."""
    least = greatest = records[low, 0] >> PLACE_BITS
    for i in range(low, high):
        tick = records[i, 0] >> PLACE_BITS
        least, greatest = min(least, tick), max(greatest, tick)
    mask, shift, size, back = np.int64((1 << _DIGIT_BITS) - 1), 0, high - low, False
    while (greatest - least) >> shift > 0:
        counts[:] = 0
        if back:
            for i in range(size):
                counts[((((scratch[i, 0] >> PLACE_BITS) - least) >> shift) & mask) + 1] += 1
        else:
            for i in range(low, high):
                counts[((((records[i, 0] >> PLACE_BITS) - least) >> shift) & mask) + 1] += 1
        for digit in range(mask):
            counts[digit + 1] += counts[digit]
        if back:
            for i in range(size):
                digit = (((scratch[i, 0] >> PLACE_BITS) - least) >> shift) & mask
                row = low + counts[digit]
                counts[digit] += 1
                records[row, 0], records[row, 1] = scratch[i, 0], scratch[i, 1]
        else:
            for i in range(low, high):
                digit = (((records[i, 0] >> PLACE_BITS) - least) >> shift) & mask
                row = counts[digit]
                counts[digit] += 1
                scratch[row, 0], scratch[row, 1] = records[i, 0], records[i, 1]
        back = not back
        shift += _DIGIT_BITS
    if back:
        for i in range(size):
            records[low + i, 0], records[low + i, 1] = scratch[i, 0], scratch[i, 1]


@compiled
def _sum_blocks(records, low, high, block, block_keys, block_quantity, block_moment):
    """Write the sums before each block of a segment; its quantities' sum, or 2**63 - 1."""
    quantity, moment = np.int64(0), 0.0
    for i in range(low, high):
        if (i - low) % BLOCK == 0:
            block_keys[block], block_quantity[block], block_moment[block] = records[i, 0], quantity, moment
            block += 1
        quantity += records[i, 1]
        if quantity < 0:
            return np.int64(0x7FFF_FFFF_FFFF_FFFF)
        moment += np.float64(records[i, 1]) * np.float64(records[i, 0] >> PLACE_BITS)
    return quantity


@compiled
def _take_out(book, segment, key):
    low, high = book.starts[segment], book.starts[segment + 1]
    i = low
    while book.records[i, 0] != key:
        i += 1
    book.records[i, 1] = 0
    block = book.block_starts[segment]
    _sum_blocks(book.records, low, high, block, book.block_keys, book.block_quantity, book.block_moment)
