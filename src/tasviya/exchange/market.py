"""What a batch auction is asked, and what it answers: orders in columns, one price a currency, fills.

    Market, Orders ─▶ auction.clear ─▶ Clearing ─▶ certificate.verify

An order sells currency `a` for currency `b`. *Exact-in* fixes how many minor units of `a` it sells,
*exact-out* how many of `b` it buys. Its limit is a whole number of ticks: at least `tick / 10**exponent[a,
b]` minor units of `b` for each of `a`. Its place in the columns is its priority in time.

All of it is whole numbers but `reference`, where a search for prices may begin; what was found is proven in
whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TICK_DIGITS = 6
"""Significant digits of a limit at the reference rate: ticks are 1e-6 to 1e-5 of it."""
TICK_MAX = 10**9
QUANTITY_MAX = 10**17
"""Largest quantity of one order, minor units."""
PAIR_MAX = 1 << 62
"""Largest sum of quantities of one pair and kind in a batch, minor units."""
PRICE_BITS = 60
"""A price is a whole number of at most this many bits; only ratios of prices mean anything."""
CURRENCIES_MAX = 64


class OrderKind(IntEnum):
    """Which side of an order is fixed."""

    EXACT_IN = 0
    """It sells `quantity` minor units of the currency it sells."""
    EXACT_OUT = 1
    """It buys `quantity` minor units of the currency it buys: what a payment to a beneficiary needs."""


@dataclass(frozen=True, slots=True)
class Market:
    """The currencies of a batch, N of them, and how their pairs are quoted.

    exponents: (N, N) int64; a limit of pair (a, b) is `tick / 10**exponents[a, b]` minor units of b for one
    minor unit of a. May be negative.
    reference: (N,) float64, the natural logarithm of the reference value of one minor unit of each currency,
    in any common unit.
    """

    currencies: tuple[str, ...]
    exponents: Int64s
    reference: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Orders:
    """M orders as columns, the earliest first.

    sell, buy: int16, places in `Market.currencies`, never equal. kind: int8, `OrderKind`. quantity: int64,
    1…QUANTITY_MAX minor units of the currency that the kind fixes. tick: int64, 1…TICK_MAX.
    whole: an order that fills in full or not at all; a payment is one.
    """

    sell: npt.NDArray[np.int16]
    buy: npt.NDArray[np.int16]
    kind: npt.NDArray[np.int8]
    quantity: Int64s
    tick: Int64s
    whole: Bools

    def __len__(self) -> int:
        return len(self.sell)


@dataclass(frozen=True, slots=True)
class Clearing:
    """What a batch came to.

    prices: (N,) int64, the price of one minor unit of each currency, at most 2**PRICE_BITS; 0: no price, no
    order of the currency filled. sold, bought: (M,) int64, minor units of the currency an order sells and
    buys. set_aside: (M,) bool, whole orders at the margin that would have filled in part, and therefore not
    at all. dust: (N,) int64, minor units sold but not bought, for the rounding account; never negative.
    certified: whether every order in the money fills. If not, the fills are the largest volume at the best
    prices found, and `why` says so.
    """

    prices: Int64s
    sold: Int64s
    bought: Int64s
    set_aside: Bools
    dust: Int64s
    certified: bool
    why: str = ""
    effort: dict[str, float] = field(default_factory=dict)
    """What the search took: rounds, oracle calls, pivots, seconds. Decides nothing."""
