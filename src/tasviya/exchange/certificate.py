"""What any member can prove of a batch from its orders and its clearing alone, in whole numbers.

    orders, clearing ──one pass──▶ Findings ──whole numbers of any size──▶ Verdict

The rules, with P a currency's price, e the exponent of the pair (a, b), N the number of currencies:

- **V1** bounds: a fill is 0…quantity, a whole order's 0 or quantity; only whole, unfilled orders are set
  aside.
- **V2** limit: a filled order has tick * P_b <= P_a * 10^e.
- **V3** one price: an exact-in order gets sold * P_a / P_b, an exact-out order pays bought * P_b / P_a,
  rounded either way to a whole minor unit.
- **V4** conservation: of no currency is more bought than sold; what is left over is what the clearing says,
  and worth less than a minor unit of the dearest currency for each pair and kind that fills and for each
  currency.
- **V5** priority: inside a pair, by tick, then place, every order before the last filled one is full.
- **V6** nothing left, if the batch says it is certified: no order that could fill more is in the money by
  more than the last digits of the prices, (P_a - N) * 10^e >= tick * (P_b + N); and no ring of such orders
  through currencies without price could trade within their limits.
- **V7** prices: whole numbers of at most 60 bits; a currency without one has no fill.

What follows from these and is not looked at again. *No order pays more than its hold:* exact-in by V1.
Exact-out pays at most ceil(bought * P_b / P_a) by V3, bought <= quantity by V1, P_b / P_a <= 10^e / tick by
V2, so at most ceil(quantity * 10^e / tick). *No exact-in order gets less than floor(sold * tick / 10^e):* it
gets at least floor(sold * P_a / P_b) by V3, and P_a / P_b >= tick / 10^e by V2. *At most one order of a pair
fills in part:* it is not after the last filled one and, by V5, not before it. *V2 and V6 bound the tick*, for
all orders of a pair alike: tick <= floor(P_a * 10^e / P_b), tick <= floor((P_a - N) * 10^e / (P_b + N)).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from tasviya.exchange.certificate_pass import (
    LISTED,
    MALFORMED,
    NO_KEY,
    ORDERS_MAX,
    Findings,
    judge,
)
from tasviya.exchange.market import (
    CURRENCIES_MAX,
    PRICE_BITS,
    TICK_DIGITS,
    TICK_MAX,
    Clearing,
    Int64s,
    Market,
    Orders,
)
from tasviya.exchange.rings import gaining_ring

EXPONENT_MAX = 60
ORDERS_A_THREAD = 100_000
"""Fewer orders than this are not worth another thread."""


class Rule(IntEnum):
    """The rules of a batch, as the module lists them."""

    V1 = 1
    V2 = 2
    V3 = 3
    V4 = 4
    V5 = 5
    V6 = 6
    V7 = 7


class NotABatch(ValueError):
    """The columns are no orders and clearing of this market: their shapes, types or the orders themselves."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a rule is broken."""

    rule: Rule
    what: str
    """One sentence: what was found, with its values."""
    order: int | None = None
    """Place in the columns, if it is an order's."""
    currency: str = ""

    def __str__(self) -> str:
        return f"{self.rule.name}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the columns prove.

    violations: the first few of each rule. counts: all, by rule; V5's are pairs, V4's and V7's currencies and
    orders. filled, set_aside: orders. set_aside_in_the_money: those that the prices alone would have filled.
    left: orders in the money that could fill more, and `left_value`, what they still want times its price.
    dust_value: what is left over, in the same unit. coarse: currencies whose price has so few digits that V6
    could hide a whole tick.
    """

    violations: tuple[Violation, ...]
    counts: Mapping[Rule, int]
    certified: bool
    orders: int
    filled: int
    set_aside: int
    set_aside_in_the_money: int
    left: int
    left_value: int
    dust_value: int
    coarse: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every rule holds. Fills may be settled; V6 counts only if the batch claims it."""
        return not any(self.counts.values())

    @property
    def proven(self) -> bool:
        """Whether nobody was left out either: a certified batch that holds, at prices fine enough to tell."""
        return self.holds and self.certified and not self.coarse


def verify(market: Market, orders: Orders, clearing: Clearing, *, threads: int = 2) -> Verdict:
    """Prove or refute a clearing. Trusts nothing in it, neither prices nor fills nor dust nor its own claim.

    Raises: NotABatch if there is nothing to judge: columns of other lengths or types than `exchange.market`
    says, exponents beyond ±EXPONENT_MAX, or orders that are none.
    """
    batch = _Batch.read(market, orders, clearing)
    found = batch.look(max(1, threads))
    if found.counts[MALFORMED]:
        place = int(found.places[MALFORMED, 0])
        raise NotABatch(f"{found.counts[MALFORMED]} rows are no orders, the first is {batch.told(place)}")
    counts = {rule: int(found.counts[rule]) for rule in Rule}
    listed = [
        Violation(rule, batch.told(int(place)), int(place))
        for rule in Rule
        for place in found.places[rule, : min(LISTED, counts[rule])]
    ]
    for more in (
        batch.wrong_prices,
        batch.wrong_sums(found),
        batch.wrong_priority(found),
        batch.rings(found),
    ):
        for violation in more:
            counts[violation.rule] += 1
        listed += more[:LISTED]
    prices = batch.prices.tolist()
    return Verdict(
        violations=tuple(sorted(listed, key=lambda each: each.rule)),
        counts=counts,
        certified=batch.certified,
        orders=len(orders),
        filled=int(found.tally[0]),
        set_aside=int(found.tally[1]),
        set_aside_in_the_money=int(found.tally[2]),
        left=int(found.tally[3]),
        left_value=sum(left * price for left, price in zip(_sums(found.left), prices, strict=True)),
        dust_value=sum(dust * price for dust, price in zip(_sums(found.net), prices, strict=True)),
        coarse=batch.coarse(),
    )


_ORDER_COLUMNS = {
    "sell": np.int16,
    "buy": np.int16,
    "kind": np.int8,
    "quantity": np.int64,
    "tick": np.int64,
    "whole": np.bool_,
}
_FILL_COLUMNS = {"sold": np.int64, "bought": np.int64, "set_aside": np.bool_}


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch whose columns have the right shapes and types; nothing more is known of what they hold."""

    names: tuple[str, ...]
    exponents: list[list[int]]
    orders: dict[str, npt.NDArray[Any]]
    fills: dict[str, npt.NDArray[Any]]
    prices: Int64s
    """0 also where the clearing's is no price."""
    wrong_prices: list[Violation]
    dust: list[int]
    certified: bool

    @classmethod
    def read(cls, market: Market, orders: Orders, clearing: Clearing) -> _Batch:
        names, count = market.currencies, len(orders)
        size = len(names)
        if not 2 <= size <= CURRENCIES_MAX:
            raise NotABatch(f"a market has 2 to {CURRENCIES_MAX} currencies, not {size}")
        if count > ORDERS_MAX:
            raise NotABatch(f"a batch has at most {ORDERS_MAX} orders, not {count}")
        exponents = _column("exponents", market.exponents, np.int64, (size, size)).tolist()
        if any(abs(each) > EXPONENT_MAX for row in exponents for each in row):
            raise NotABatch(f"an exponent is beyond ±{EXPONENT_MAX}")
        prices = _column("prices", clearing.prices, np.int64, (size,)).copy()
        wrong = []
        for place, price in enumerate(prices.tolist()):
            if not 0 <= price <= 1 << PRICE_BITS:
                wrong.append(
                    Violation(Rule.V7, f"{names[place]} has the price {price}.", currency=names[place])
                )
                prices[place] = 0
        return cls(
            names,
            exponents,
            {
                name: _column(name, getattr(orders, name), kind, (count,))
                for name, kind in _ORDER_COLUMNS.items()
            },
            {
                name: _column(name, getattr(clearing, name), kind, (count,))
                for name, kind in _FILL_COLUMNS.items()
            },
            prices,
            wrong,
            _column("dust", clearing.dust, np.int64, (size,)).tolist(),
            bool(clearing.certified),
        )

    def look(self, threads: int) -> Findings:
        """What the pass finds, over all threads."""
        count, size = len(self.orders["sell"]), len(self.names)
        prices = self.prices.tolist()
        limit = self._tick_bounds(prices, prices)
        owed = self._tick_bounds([price - size for price in prices], [price + size for price in prices])
        columns = (*self.orders.values(), *self.fills.values())
        parts = max(1, min(threads, count // ORDERS_A_THREAD))
        ends = [count * part // parts for part in range(parts + 1)]
        found = [Findings.none(size) for _ in range(parts)]

        def look_at(part: int) -> None:
            judge(
                *(ends[part], ends[part + 1], size, *columns),
                *(self.prices, limit, owed, self.certified, *found[part].columns()),
            )

        if parts == 1:
            look_at(0)
        else:
            with ThreadPoolExecutor(parts) as pool:
                list(pool.map(look_at, range(parts)))
        return Findings.together(found)

    def wrong_sums(self, found: Findings) -> list[Violation]:
        """V4."""
        wrong, size = [], len(self.names)
        dust = _sums(found.net)
        for name, sold_less_bought, claimed in zip(self.names, dust, self.dust, strict=True):
            if sold_less_bought < 0:
                what = f"{-sold_less_bought} minor units more of {name} are bought than sold."
                wrong.append(Violation(Rule.V4, what, currency=name))
            elif sold_less_bought != claimed:
                what = (
                    f"Of {name}, {sold_less_bought} minor units are left over; the clearing says {claimed}."
                )
                wrong.append(Violation(Rule.V4, what, currency=name))
        prices = self.prices.tolist()
        value = sum(each * price for each, price in zip(dust, prices, strict=True))
        filled = int((found.last_filled >= 0).sum())
        bound = (filled + size) * max(prices)
        if value >= bound and any(dust):
            wrong.append(Violation(Rule.V4, f"What is left over is worth {value}, not less than {bound}."))
        return wrong

    def wrong_priority(self, found: Findings) -> list[Violation]:
        """V5."""
        wrong = []
        last_filled = found.last_filled.reshape(-1, 2).max(axis=1)
        for pair in np.flatnonzero(found.first_open < last_filled).tolist():
            first, last = (int(keys[pair]) & 0xFFFF_FFFF for keys in (found.first_open, last_filled))
            what = f"{self.told(last)} fills before {self.told(first)} is full."
            wrong.append(Violation(Rule.V5, what, first))
        return wrong

    def rings(self, found: Findings) -> list[Violation]:
        """The second half of V6."""
        if not self.certified or self.prices.all():
            return []
        limits = {}
        for pair in np.flatnonzero(found.first_open != NO_KEY).tolist():
            sold, bought = divmod(pair, len(self.names))
            exponent = self.exponents[sold][bought]
            limits[sold, bought] = int(found.first_open[pair] >> 32) * Fraction(10) ** -exponent
        place = gaining_ring(limits, self.prices.tolist())
        if place is None:
            return []
        name = self.names[place]
        return [
            Violation(Rule.V6, f"{name} has no price, but orders in it could trade in a ring.", currency=name)
        ]

    def coarse(self) -> tuple[str, ...]:
        """Currencies whose last digits, N units, are more than the smallest step between limits."""
        finest = len(self.names) * 10**TICK_DIGITS
        return tuple(
            name for name, price in zip(self.names, self.prices.tolist(), strict=True) if 0 < price < finest
        )

    def told(self, place: int) -> str:
        """An order and its fill in words."""
        row = {name: column[place].item() for name, column in (*self.orders.items(), *self.fills.items())}
        sell, buy = (
            self.names[row[each]] if 0 <= row[each] < len(self.names) else row[each]
            for each in ("sell", "buy")
        )
        side = {0: "exact-in", 1: "exact-out"}.get(row["kind"], f"kind {row['kind']}")
        marks = ("whole " if row["whole"] else "") + ("set-aside " if row["set_aside"] else "")
        return (
            f"{marks}{side} order {place} ({sell} for {buy}, quantity {row['quantity']}, tick {row['tick']}) "
            f"sells {row['sold']}, buys {row['bought']}"
        )

    def _tick_bounds(self, sold: list[int], bought: list[int]) -> Int64s:
        """By pair, the largest whole tick with tick * bought <= sold * 10**exponent; -1 for none."""
        bounds = np.full(len(sold) ** 2, -1, np.int64)
        priced = [place for place, price in enumerate(self.prices.tolist()) if price]
        powers = [10**power for power in range(EXPONENT_MAX + 1)]
        for a in priced:
            value = sold[a]
            if value <= 0:
                continue
            for b in priced:
                power = self.exponents[a][b]
                tick = (
                    value * powers[power] // bought[b]
                    if power >= 0
                    else value // (bought[b] * powers[-power])
                )
                bounds[a * len(sold) + b] = min(tick, TICK_MAX)
        return bounds


def _column(name: str, column: object, kind: Any, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """A contiguous column of exactly that type and shape; truth values as bytes.

    Raises: NotABatch.
    """
    if not isinstance(column, np.ndarray) or column.dtype != kind or column.shape != shape:
        found = f"{column.dtype}{column.shape}" if isinstance(column, np.ndarray) else type(column).__name__
        raise NotABatch(f"{name} is {found}, not {np.dtype(kind)}{shape}")
    whole: npt.NDArray[Any] = np.ascontiguousarray(column)
    return whole.view(np.uint8) if kind is np.bool_ else whole


def _sums(words: Int64s) -> list[int]:
    """Sums kept in two words as whole numbers."""
    return [low + (high << 32) for low, high in words.tolist()]
