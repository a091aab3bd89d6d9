"""Batches whose clearing is right by construction: prices first, then orders around them, then what balances.

Every order in the money fills, a few at the margin too; the rounding of a pair and kind is carried from order
to order. Then one order a currency against the first currency takes up what is left of it, so that only the
first has dust.
"""

from __future__ import annotations

from dataclasses import replace
from math import floor, log10

import numpy as np

from tasviya.exchange.market import QUANTITY_MAX, TICK_MAX, Clearing, Market, Orders

NAMES = ("CNY", "RUB", "INR", "KZT", "KGS", "TJS", "UZS", "PKR", "IRR", "BYN")
Row = dict[str, int]


def batch(seed: int, currencies: int = 4, count: int = 60) -> tuple[Market, Orders, Clearing]:
    """A market, orders and their right clearing; as many digits as the integers allow."""
    chance = np.random.default_rng(seed)
    prices = [1 << 60, *(int(2 ** chance.uniform(30, 60)) for _ in range(currencies - 1))]
    exponents = np.zeros((currencies, currencies), np.int64)
    for a in range(currencies):
        for b in range(currencies):
            exponents[a, b] = 5 - floor(log10(prices[a] / prices[b])) if a != b else 0
    rows = [made_up(chance, prices, exponents) for _ in range(count)]
    fill_by_priority(chance, rows, prices, exponents)
    dust = balance(rows, prices)
    market = Market(NAMES[:currencies], exponents, np.log(np.array(prices, float)))
    return market, *columns(rows, prices, dust)


def made_up(chance: np.random.Generator, prices: list[int], exponents: np.ndarray) -> Row:
    a, b = (int(each) for each in chance.choice(len(prices), 2, replace=False))
    kind = int(chance.integers(2))
    value = 2 ** chance.uniform(50, 78)
    quantity = max(1, int(value / prices[(a, b)[kind]]))
    near = 1 + chance.choice([0, 1e-6, 1e-3, 0.2]) * chance.normal()
    tick = min(TICK_MAX, max(1, round(last_tick(prices[a], prices[b], int(exponents[a, b])) * near)))
    return {
        "sell": a,
        "buy": b,
        "kind": kind,
        "quantity": quantity,
        "tick": tick,
        "whole": int(chance.random() < 0.3),
        "sold": 0,
        "bought": 0,
        "set_aside": 0,
    }


def last_tick(sold: int, bought: int, exponent: int) -> int:
    """The largest tick with tick * bought <= sold * 10**exponent."""
    return sold * 10**exponent // bought if exponent >= 0 else sold // (bought * 10**-exponent)


def fill_by_priority(
    chance: np.random.Generator, rows: list[Row], prices: list[int], exponents: np.ndarray
) -> None:
    n = len(prices)
    for a in range(n):
        for b in range(n):
            stack = [row for row in rows if (row["sell"], row["buy"]) == (a, b)]
            stack.sort(key=lambda row: row["tick"])  # stable: the earlier place first
            power = int(exponents[a, b])
            limit, owed = (
                last_tick(prices[a], prices[b], power),
                last_tick(prices[a] - n, prices[b] + n, power),
            )
            carried = [[0, 0], [0, 0]]
            margin_open = True
            for row in stack:
                if row["tick"] > limit:
                    break
                part = 1.0
                if row["tick"] > owed:
                    part = float(chance.choice([0.0, 0.5, 1.0])) if margin_open else 0.0
                    margin_open = part == 1.0 and margin_open
                fill = row["quantity"] if part == 1.0 else int(row["quantity"] * part)
                if row["whole"] and (0 < fill < row["quantity"] or chance.random() < 0.1):
                    row["set_aside"] = 1
                    continue
                carry(row, fill, carried[row["kind"]], prices)


def carry(row: Row, fill: int, carried: list[int], prices: list[int]) -> None:
    """Fill an order; what its pair and kind have lost in rounding so far is made up for."""
    if not fill:
        return
    price_a, price_b = prices[row["sell"]], prices[row["buy"]]
    before = list(carried)
    if row["kind"] == 0:
        carried[0] += fill
        carried[1] = carried[0] * price_a // price_b
    else:
        carried[1] += fill
        carried[0] = -(-carried[1] * price_b // price_a)
    row["sold"], row["bought"] = carried[0] - before[0], carried[1] - before[1]


def balance(rows: list[Row], prices: list[int]) -> list[int]:
    def over(place: int) -> int:
        return sum(
            row["sold"] * (row["sell"] == place) - row["bought"] * (row["buy"] == place) for row in rows
        )

    for place in range(1, len(prices)):
        left = over(place)
        if left:
            kind = int(left > 0)
            row = {"sell": 0, "buy": place} if kind else {"sell": place, "buy": 0}
            row |= {"kind": kind, "quantity": abs(left), "tick": 1, "whole": 0, "set_aside": 0}
            assert abs(left) <= QUANTITY_MAX
            carry(row, abs(left), [0, 0], prices)
            rows.append(row)
    return [over(place) for place in range(len(prices))]


def columns(rows: list[Row], prices: list[int], dust: list[int]) -> tuple[Orders, Clearing]:
    def column(name: str, kind: type) -> np.ndarray:
        return np.array([row[name] for row in rows], kind)

    orders = Orders(
        column("sell", np.int16),
        column("buy", np.int16),
        column("kind", np.int8),
        column("quantity", np.int64),
        column("tick", np.int64),
        column("whole", np.bool_),
    )
    clearing = Clearing(
        np.array(prices, np.int64),
        column("sold", np.int64),
        column("bought", np.int64),
        column("set_aside", np.bool_),
        np.array(dust, np.int64),
        certified=True,
    )
    return orders, clearing


def with_row(orders: Orders, clearing: Clearing, **row: int) -> tuple[Orders, Clearing]:
    """The batch with one more order at its end, unfilled unless said."""
    row = {"kind": 0, "quantity": 100, "tick": 1, "whole": 0, "sold": 0, "bought": 0, "set_aside": 0} | row

    def longer(column: np.ndarray, name: str) -> np.ndarray:
        return np.append(column, np.array([row[name]], column.dtype))

    of_orders = {name: longer(getattr(orders, name), name) for name in Orders.__slots__}
    of_fills = {name: longer(getattr(clearing, name), name) for name in ("sold", "bought", "set_aside")}
    return Orders(**of_orders), replace(clearing, **of_fills)
