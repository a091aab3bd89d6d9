"""Books of orders made up from a seed, for benchmarks and tests: FX-like ones and loose ones.

FX-like: pairs weighted by gravity, values log-normal around 50,000, limits 0.4 % around a true rate that
lies 0.3 % off the reference, two decimals (none for the cheapest currencies). Loose: popular currencies
first, limits from -20 % to +3 % or +-20 %.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tasviya.exchange.market import TICK_DIGITS, TICK_MAX, Market, Orders

Float64s = npt.NDArray[np.float64]


def fx_like(
    currencies: int, orders: int, seed: int, exact_out: float = 0.0, whole: float = 0.0
) -> tuple[Market, Orders]:
    """A day's interbank orders. exact_out, whole: shares of the orders."""
    chance = np.random.default_rng(seed)
    n = currencies
    value = np.exp(chance.uniform(math.log(1e-5), math.log(1.3), n))
    value = value / np.where(value < 1e-3, 1, 100)
    size = np.exp(chance.normal(0, 1.0, n))
    shock = chance.normal(0, 0.003, n)
    weight = np.outer(size, size) * np.exp(chance.normal(0, 0.5, (n, n)))
    np.fill_diagonal(weight, 0)
    pair = chance.choice(n * n, size=orders, p=(weight / weight.sum()).ravel())
    sell, buy = pair // n, pair % n
    worth = np.exp(chance.normal(math.log(5e4), 1.5, orders))
    log_limit = shock[sell] - shock[buy] + chance.normal(-0.001, 0.004, orders)
    return _book(chance, value, sell, buy, worth, log_limit, exact_out, whole)


def loose(
    currencies: int, orders: int, seed: int, exact_out: float = 0.0, spread: float = 0.2
) -> tuple[Market, Orders]:
    """Orders with limits up to `spread` either side of the reference: little is known beforehand."""
    chance = np.random.default_rng(seed)
    n = currencies
    value = np.exp(chance.normal(0, 1, n))
    share = np.exp(-2.0 * np.arange(n) / n)
    share /= share.sum()
    sell = chance.choice(n, size=orders, p=share)
    buy = (sell + 1 + chance.choice(n - 1, size=orders)) % n
    worth = chance.integers(100, 100_000, orders) * value[sell]
    log_limit = chance.uniform(math.log(1 - spread), math.log(1 + spread), orders)
    return _book(chance, value, sell, buy, worth, log_limit, exact_out, 0.0)


def _book(
    chance: np.random.Generator,
    value: Float64s,
    sell: npt.NDArray[np.int64],
    buy: npt.NDArray[np.int64],
    worth: Float64s,
    log_limit: Float64s,
    exact_out: float,
    whole: float,
) -> tuple[Market, Orders]:
    reference = np.log(value)
    cross = reference[:, None] - reference[None, :]
    exponents = (TICK_DIGITS - 1 - np.floor(cross / math.log(10))).astype(np.int64)
    kind = (chance.random(len(sell)) < exact_out).astype(np.int8)
    fixed = np.where(kind == 1, buy, sell)
    quantity = np.maximum(1, np.round(worth / value[fixed])).astype(np.int64)
    tick = np.exp(cross[sell, buy] + log_limit + exponents[sell, buy] * math.log(10))
    market = Market(tuple(f"X{i:02}" for i in range(len(value))), exponents, reference)
    return market, Orders(
        sell.astype(np.int16),
        buy.astype(np.int16),
        kind,
        quantity,
        np.clip(np.round(tick), 1, TICK_MAX).astype(np.int64),
        chance.random(len(sell)) < whole,
    )
