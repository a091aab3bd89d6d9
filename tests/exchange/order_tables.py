"""Batches written as tables, and batches drawn by Hypothesis."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from tasviya.exchange.market import TICK_MAX, Market, Orders

IN, OUT = 0, 1
Row = tuple[int, int, int, int, int, bool]
"""sell, buy, kind, quantity, tick, whole"""


def table(
    n: int, *rows: tuple[int, ...], exponent: int = 0, reference: list[float] | None = None
) -> tuple[Market, Orders]:
    """A market whose every tick is `10**-exponent`, and orders (sell, buy, kind, quantity, tick[, whole])."""
    exponents = np.full((n, n), exponent, np.int64)
    worth = np.zeros(n) if reference is None else np.log(np.array(reference))
    return Market(tuple("ABCDEFGH"[:n]), exponents, worth), columns([(*row, False)[:6] for row in rows])


def columns(rows: list[Row]) -> Orders:
    sell, buy, kind, quantity, tick, whole = zip(*rows, strict=True) if rows else ((),) * 6
    return Orders(
        np.array(sell, np.int16),
        np.array(buy, np.int16),
        np.array(kind, np.int8),
        np.array(quantity, np.int64),
        np.array(tick, np.int64),
        np.array(whole, np.bool_),
    )


@st.composite
def batches(
    draw: st.DrawFn, quantity_max: int = 10, decades: float = 7.0, whole: bool = True
) -> tuple[Market, Orders]:
    """Thin, crossing books: 2 to 4 currencies, ratios of their values up to 10**decades, many equal ticks."""
    n = draw(st.integers(2, 4))
    reference = np.array([draw(st.floats(-decades / 2, decades / 2)) for _ in range(n)]) * math.log(10)
    digits = draw(st.integers(1, 5))
    cross = (reference[:, None] - reference[None, :]) / math.log(10)
    exponents = (digits - np.floor(cross)).astype(np.int64)
    rows: list[Row] = []
    for _ in range(draw(st.integers(0, 24))):
        sell = draw(st.integers(0, n - 1))
        buy = (sell + draw(st.integers(1, n - 1))) % n
        off = draw(st.sampled_from((-0.3, -0.1, -0.01, 0.0, 0.01, 0.1)))
        tick = round(10 ** (cross[sell, buy] + float(exponents[sell, buy])) * math.exp(off))
        quantity = draw(st.integers(1, quantity_max))
        kind = draw(st.sampled_from((IN, OUT)))
        rows.append((sell, buy, kind, quantity, min(max(tick, 1), TICK_MAX), whole and draw(st.booleans())))
    return Market(tuple("ABCD"[:n]), exponents, reference), columns(rows)
