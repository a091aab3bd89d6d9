"""What each order sells and buys: one pass over the columns, remainders carried from order to order.

Over a segment, payouts come to the floor of all it sells at the rate, payments to the ceiling of all it
buys; each order's own is the floor or the ceiling of its share. The carry runs in order of time, and
backwards from the end in the second half of a batch, whose first state is known from the totals: two
threads, one result.

A lift of k starts the carry k units lower: k payouts fewer round up (k payments more, for exact-out). Dust
that no currency needs is given back afterwards, a unit for each segment whose sum was rounded.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from tasviya.core.errors import invariant
from tasviya.exchange.compiled import compiled, inlined
from tasviya.exchange.market import Bools, Int64s, Orders
from tasviya.exchange.order_book import ALONE, PLACE_BITS, PLACE_MASK, Book, Float64s

if TYPE_CHECKING:
    from tasviya.exchange.attempt import Settlement

_KEY, _PART, _OVER, _UNDER, _CARRY, _PAID = range(6)
_EXACT_BELOW = 2.0**50
"""Quotients below this are found by one division of floats, give or take one."""


def pay(orders: Orders, settled: Settlement, aside: Bools) -> tuple[Int64s, Int64s]:
    """What each order sells and buys.

    Raises: InvariantBroken if the columns do not add up to the settlement's totals.
    """
    n, total = len(settled.prices), len(orders)
    rows, ratio = _carries(settled)
    sold, bought = np.zeros(total, np.int64), np.zeros(total, np.int64)
    columns = (orders.sell, orders.buy, orders.kind, orders.quantity, orders.tick, aside)
    halves = 2 if total >= ALONE and not settled.lifts else 1
    middle = total // halves
    tasks = [(0, middle, 1, rows)]
    if halves == 2:
        tasks.append((total - 1, middle - 1, -1, _at_the_end(settled, rows, ratio)))
    with ThreadPoolExecutor(halves) as threads:
        list(threads.map(lambda task: _pay(*columns, n, *task, ratio, sold, bought), tasks))
    paid = np.sum([task[3][:, _PAID] for task in tasks], axis=0)
    given, taken = (
        np.array([settled.totals, paid.reshape(2, n * n).tolist()[::-1]], object).sum(axis=0).reshape(2, n, n)
    )
    invariant(
        (given.sum(axis=1) - taken.sum(axis=0)).tolist() == settled.dust,
        "fills add up to the totals they were proven with",
    )
    return sold, bought


def give_back(orders: Orders, settled: Settlement, sold: Int64s, bought: Int64s) -> Int64s:
    """Give dust back to the earliest order of each pair and kind that rounding cost a unit; the dust left.

    Changes `sold` and `bought`: a payment that was rounded up becomes its floor, then a payout its ceiling,
    where the sum of the pair and kind was rounded too, as long as there is dust.
    """
    dust = np.array(settled.dust, np.int64)
    rows, ratio = _carries(settled)
    totals = np.array(settled.totals, np.int64).ravel()
    may = totals > 0
    may[list(settled.lifts)] = False
    if dust.any() and may.any():
        columns = (orders.sell, orders.buy, orders.kind)
        _give_back(*columns, len(settled.prices), rows, ratio, totals, may, dust, sold, bought)
    return dust


def roundings(book: Book, segment: int, settled: Settlement) -> int:
    """How many units a segment's fills can be lifted by."""
    rows, ratio = _carries(settled)
    n = book.currencies
    low, high = int(book.starts[segment]), int(book.starts[segment + 1])
    aside = np.array(sorted(settled.aside), np.int64)
    kind = segment // (n * n)
    return int(_roundings(book.records, low, high, aside, rows[segment], ratio[segment], kind))


def _carries(settled: Settlement) -> tuple[Int64s, Float64s]:
    """Each segment's key, part, multiplier, divisor, carry and sum paid, and the ratio of the two."""
    n = len(settled.prices)
    rows: Int64s = np.zeros((2, n, n, 6), np.int64)
    price = np.array(settled.prices, np.int64)
    rows[..., _KEY], rows[..., _PART] = settled.keys, settled.part
    rows[0, :, :, _OVER], rows[0, :, :, _UNDER] = price[:, None], np.maximum(price[None, :], 1)
    rows[1, :, :, _OVER], rows[1, :, :, _UNDER] = price[None, :], np.maximum(price[:, None], 1)
    rows[1, :, :, _CARRY] = rows[1, :, :, _UNDER] - 1
    rows = rows.reshape(2 * n * n, 6)
    for segment, units in settled.lifts.items():
        rows[segment, _CARRY] += units * rows[segment, _UNDER] * (1 if segment >= n * n else -1)
    return rows, rows[:, _OVER] / rows[:, _UNDER]


def _at_the_end(settled: Settlement, rows: Int64s, ratio: Float64s) -> Int64s:
    """The carries after all of a batch."""
    rows = rows.copy()
    _advance(rows, ratio, np.array(settled.totals, np.int64).ravel())
    return rows


@inlined
def _divide(quantity, over, under, ratio):
    """quantity * over // under, and the remainder; quantity below 2**62, the others 2**60."""
    rough = np.float64(quantity) * ratio
    if rough < _EXACT_BELOW:
        # The products wrap, their difference does not: it is the remainder of a quotient off by one at most.
        whole = np.int64(rough)
        rest = quantity * over - whole * under
        while rest < 0:
            rest += under
            whole -= 1
        while rest >= under:
            rest -= under
            whole += 1
        return whole, rest
    whole, rest = np.int64(0), np.int64(0)
    for bit in range(61, -1, -1):
        # whole, rest = the quotient and remainder for quantity >> bit.
        rest <<= 1
        whole <<= 1
        if (quantity >> bit) & 1:
            rest += over % under
            whole += over // under
        while rest >= under:
            rest -= under
            whole += 1
    return whole, rest


@compiled
def _advance(rows, ratio, totals):
    for segment in range(len(totals)):
        if totals[segment] > 0:
            under = rows[segment, _UNDER]
            _, rest = _divide(totals[segment], rows[segment, _OVER], under, ratio[segment])
            rows[segment, _CARRY] = (rows[segment, _CARRY] + rest) % under


@compiled
def _pay(sell, buy, kind, quantity, tick, aside, n, start, stop, step, rows, ratio, sold, bought):
    for i in range(start, stop, step):
        segment = (np.int64(kind[i]) * n + sell[i]) * n + buy[i]
        key, bound = tick[i] << PLACE_BITS | i, rows[segment, _KEY]
        if key > bound or aside[i]:
            continue
        amount = quantity[i] if key < bound else rows[segment, _PART]
        if amount == 0:
            continue
        under, carry = rows[segment, _UNDER], rows[segment, _CARRY]
        paid, rest = _divide(amount, rows[segment, _OVER], under, ratio[segment])
        if step > 0:
            carry += rest
            if carry >= under and rest > 0:
                carry -= under
                paid += 1
        else:
            carry -= rest
            if carry < 0:
                carry += under
                paid += 1
        rows[segment, _CARRY] = carry
        rows[segment, _PAID] += paid
        if kind[i] == 0:
            sold[i], bought[i] = amount, paid
        else:
            sold[i], bought[i] = paid, amount


@compiled
def _roundings(records, low, high, aside, row, ratio, kind):
    """Payouts that the plain carry rounds up, or payments that it does not."""
    carry, under, count = row[_CARRY], row[_UNDER], 0
    for i in range(low, high):
        if records[i, 0] > row[_KEY]:
            break
        amount = records[i, 1] if records[i, 0] < row[_KEY] else row[_PART]
        place = records[i, 0] & PLACE_MASK
        at = np.searchsorted(aside, place)
        if amount == 0 or (at < len(aside) and aside[at] == place):
            continue
        _, rest = _divide(amount, row[_OVER], under, ratio)
        carry += rest
        if carry >= under and rest > 0:
            carry -= under
            count += 1 - kind
        elif rest > 0:
            count += kind
    return count


@compiled
def _give_back(sell, buy, kind, n, rows, ratio, totals, may, dust, sold, bought):
    for side in (1, 0):
        open_ = np.zeros(n, np.int64)
        for segment in range(side * n * n, (side + 1) * n * n):
            if may[segment]:
                currency = segment % n if side == 0 else (segment // n) % n
                over, under = rows[segment, _OVER], rows[segment, _UNDER]
                _, rest = _divide(totals[segment], over, under, ratio[segment])
                may[segment] = rest > 0
                open_[currency] += may[segment]
        left = np.int64(0)
        for currency in range(n):
            left += dust[currency] > 0 and open_[currency] > 0
        for i in range(len(sell)):
            if left == 0:
                break
            currency = sell[i] if side else buy[i]
            if kind[i] != side or dust[currency] == 0:
                continue
            segment = (np.int64(kind[i]) * n + sell[i]) * n + buy[i]
            if not may[segment]:
                continue
            fixed, paid = (bought[i], sold[i]) if side else (sold[i], bought[i])
            floor, rest = _divide(fixed, rows[segment, _OVER], rows[segment, _UNDER], ratio[segment])
            if rest == 0 or floor == 0 or paid != floor + side:
                continue
            if side:
                sold[i] -= 1
            else:
                bought[i] += 1
            may[segment] = False
            dust[currency] -= 1
            open_[currency] -= 1
            left -= dust[currency] == 0 or open_[currency] == 0
