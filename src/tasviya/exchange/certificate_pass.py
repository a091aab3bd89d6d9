"""The one compiled pass over a batch's orders that a verdict rests on.

Threads each take a run of orders and keep what they find in a `Findings` of their own; nothing is shared. All
is whole numbers. Sums of 64-bit amounts are kept in two words, of the lower and of the upper 32 bits, each
summed in 64: exact for up to 2**30 orders.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from tasviya.exchange.market import QUANTITY_MAX, TICK_MAX, Int64s

MALFORMED, V1, V2, V3, V4, V5, V6, V7 = range(8)
"""Rows of `Findings.counts`: an order that is none, then the rules."""
LISTED = 8
"""Places kept of each rule, the first ones."""
ORDERS_MAX = 1 << 30
NO_KEY = (1 << 63) - 1
_LOW = (1 << 32) - 1
_QUANTITY_MAX, _TICK_MAX = QUANTITY_MAX, TICK_MAX


@dataclass(frozen=True, slots=True)
class Findings:
    """What a thread has found. A key is `tick << 32 | place`: the order of priority inside a pair.

    counts: by rule. places: (rules, LISTED), where. net: (N, 2), sold less bought, low and high words.
    first_open: by pair, the smallest key of an order that is neither full nor set aside. last_filled: by pair
    and kind, the largest key of an order with a fill; -1 for none. left: (N, 2), what orders in the money
    still want of the currency they fix. tally: orders filled, set aside, set aside in the money, left in the
    money.
    """

    counts: Int64s
    places: Int64s
    net: Int64s
    first_open: Int64s
    last_filled: Int64s
    left: Int64s
    tally: Int64s

    @classmethod
    def none(cls, currencies: int) -> Findings:
        pairs = currencies * currencies
        return cls(
            np.zeros(8, np.int64),
            np.zeros((8, LISTED), np.int64),
            np.zeros((currencies, 2), np.int64),
            np.full(pairs, NO_KEY, np.int64),
            np.full(2 * pairs, -1, np.int64),
            np.zeros((currencies, 2), np.int64),
            np.zeros(4, np.int64),
        )

    @classmethod
    def together(cls, parts: list[Findings]) -> Findings:
        """The findings of all, whose runs of orders followed each other."""
        whole = cls.none(len(parts[0].net))
        for part in parts:
            for rule, count in enumerate(part.counts.tolist()):
                held = min(int(whole.counts[rule]), LISTED)
                more = min(count, LISTED - held)
                whole.places[rule, held : held + more] = part.places[rule, :more]
            whole.counts[:] += part.counts
            whole.net[:] += part.net
            whole.left[:] += part.left
            whole.tally[:] += part.tally
            np.minimum(whole.first_open, part.first_open, out=whole.first_open)
            np.maximum(whole.last_filled, part.last_filled, out=whole.last_filled)
        return whole

    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """The arrays in the order that `judge` takes them."""
        return tuple(getattr(self, each.name) for each in fields(self))


_OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "boundscheck": False,
    "_nrt": False,
}


def _typed_difference(_typing, sold, price_sold, bought, price_bought, bound):
    """Whether |sold * price_sold - bought * price_bought| < bound, exactly, for any int64.

    Each product is at most 2**126 in size, so their difference fits a signed word of 128 bits, which the
    compiler makes of two machine words.
    """

    def written(_context, builder, _signature, arguments):
        a, p, b, q, most = (builder.sext(each, ir.IntType(128)) for each in arguments)
        difference = builder.sub(builder.mul(a, p), builder.mul(b, q))
        below = builder.icmp_signed("<", difference, most)
        return builder.and_(below, builder.icmp_signed("<", builder.neg(most), difference))

    return types.boolean(sold, price_sold, bought, price_bought, bound), written


_differs_by_less: Any = intrinsic(_typed_difference)


@numba.njit(**_OPTIONS)
def judge(
    start,
    stop,
    n,
    sell,
    buy,
    kind,
    quantity,
    tick,
    whole,
    sold,
    bought,
    set_aside,
    prices,
    limit_tick,
    owed_tick,
    certified,
    counts,
    places,
    net,
    first_open,
    last_filled,
    left,
    tally,
):
    """Look at orders `start`…`stop`. `limit_tick` and `owed_tick` are by pair: the largest tick that may fill
    (V2) and the largest that must (V6).

    Whether an order fills is as good as chance to the processor, so the loop does the same for all and only
    asks whether anything is odd; `_examine` says what. Places are unsigned where they index: Numba then
    leaves out what Python does with places below zero.
    """
    filled_orders = 0
    for place in range(start, stop):
        i = np.uint64(place)
        a, b, side = np.int64(sell[i]), np.int64(buy[i]), np.int64(kind[i])
        wanted, limit = quantity[i], tick[i]
        if (
            ((a | b | side | wanted | limit) < 0)
            | (min(wanted, limit) == 0)
            | (max(a, b) >= n)
            | (a == b)
            | (side > 1)
            | (wanted > _QUANTITY_MAX)
            | (limit > _TICK_MAX)
        ):
            _note(counts, places, MALFORMED, place)
            continue
        pair, row_a, row_b = np.uint64(a * n + b), np.uint64(a), np.uint64(b)
        segment = np.uint64(2 * (a * n + b) + side)
        pays, gets, aside = sold[i], bought[i], set_aside[i] != 0
        filled = (pays | gets) != 0
        price_a, price_b = prices[row_a], prices[row_b]
        fill = gets if side == 1 else pays
        bound = price_a if side == 1 else price_b
        short = (fill < wanted) & (not aside)
        filled_orders += filled
        net[row_a, 0] += pays & _LOW
        net[row_a, 1] += pays >> 32
        net[row_b, 0] -= gets & _LOW
        net[row_b, 1] -= gets >> 32
        key = limit << 32 | place
        if (key if filled else -1) > last_filled[segment]:
            last_filled[segment] = key
        if (key if short else NO_KEY) < first_open[pair]:
            first_open[pair] = key
        if (
            ((pays | gets) < 0)
            | (filled & ((fill != wanted) | (limit > limit_tick[pair])))
            | aside
            | (not _differs_by_less(pays, price_a, gets, price_b, bound))
            | (short & (limit <= owed_tick[pair]))
        ):
            wants = wanted, limit, side, whole[i] != 0
            fills = pays, gets, aside
            value = price_a, price_b, bound
            fixed = b if side == 1 else a
            _examine(
                place,
                wants,
                fills,
                value,
                fixed,
                limit_tick[pair],
                owed_tick[pair],
                certified,
                counts,
                places,
                left,
                tally,
            )
    tally[0] += filled_orders


@numba.njit(**_OPTIONS)
def _examine(i, wants, fills, value, fixed, may, must, certified, counts, places, left, tally):
    """An order that the loop found odd: in part, set aside, left in the money, or against a rule."""
    wanted, limit, side, is_whole = wants
    pays, gets, aside = fills
    price_a, price_b, bound = value
    fill = gets if side == 1 else pays
    in_the_money = limit <= must
    if pays != 0 or gets != 0:
        out_of_bounds = fill <= 0 or fill > wanted or pays < 0 or gets < 0
        if out_of_bounds or aside or (is_whole and fill != wanted):
            _note(counts, places, V1, i)
        if price_a == 0 or price_b == 0:
            _note(counts, places, V7, i)
        else:
            if limit > may:
                _note(counts, places, V2, i)
            if not _differs_by_less(pays, price_a, gets, price_b, bound):
                _note(counts, places, V3, i)
    elif aside:
        tally[1] += 1
        tally[2] += in_the_money
        if not is_whole:
            _note(counts, places, V1, i)
    if fill < wanted and not aside and in_the_money:
        tally[3] += 1
        if certified:
            _note(counts, places, V6, i)
        rest = wanted - max(fill, 0)
        left[fixed, 0] += rest & _LOW
        left[fixed, 1] += rest >> 32


@numba.njit(**_OPTIONS)
def _note(counts, places, rule, place):
    if counts[rule] < LISTED:
        places[rule, counts[rule]] = place
    counts[rule] += 1
