"""The union's unit of account as a union sets it up: dated records, and the `[unit]` table.

    [unit]
    code = "TSU"                                  # three capitals that ISO 4217 does not use
    name = "Unit of the corridor"
    decimals = 4                                  # five at most, as messages carry
    kind = "basket"                               # or "currency", or "none"
    worth = { currency = "KZT", amount = "100" }  # of one unit when its first basket is made; of kind
                                                  # "currency": for good
    weights = { KZT = "0.6", UZS = "0.4" }        # of the first basket, together 1; or
    # sizes = { KZT = "310", UZS = "115" }        # such as trade, from which weights within bounds follow
    # cap = "0.70"
    # floor = "0.01"
    base_fixings = 60                             # a currency's mean over so many fixings makes its amount
    anchor = "KZT"                                # whose amount absorbs the rounding; else the largest
    interest = { KZT = "14.25", UZS = "14" }      # yearly percent of each currency's reference instrument

A union without that table has no unit; everything but the unit's own commands works without one.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from tasviya.core.currencies import UNIT_DECIMALS_MAX, union_currency
from tasviya.core.errors import ConfigurationError
from tasviya.membership.records import Record
from tasviya.membership.toml_table import Table

BASKET, ONE_CURRENCY, NONE = "basket", "currency", "none"
KINDS = (BASKET, ONE_CURRENCY, NONE)
WEIGHT, SIZE = "weight", "size"


class UnitRules(Record, frozen=True, kw_only=True):
    """What the union's unit of account is."""

    KEY: ClassVar[tuple[str, ...]] = ("scope",)

    scope: str = "union"
    code: str
    name: str
    decimals: int
    kind: str
    """One of KINDS."""
    currency: str
    amount: str
    """One unit is worth so much of `currency`; of a basket when its first one is made. A decimal."""
    cap: str
    floor: str
    base_fixings: int
    anchor: str
    """Empty: the currency with the largest weight."""


class UnitWeight(Record, frozen=True, kw_only=True):
    """A currency's part in the unit's first basket; later ones are given when the basket is revised."""

    KEY: ClassVar[tuple[str, ...]] = ("currency",)

    currency: str
    measure: str
    """`weight`: a part of one; `size`: in any measure that all share."""
    value: str


class UnitInterest(Record, frozen=True, kw_only=True):
    """The yearly interest of a currency's reference instrument, percent."""

    KEY: ClassVar[tuple[str, ...]] = ("currency",)

    currency: str
    percent: str


def read_unit(
    table: Table, dates: Callable[[Table], dict[str, Any]], keep: Callable[[Record, str], None]
) -> None:
    """The records of a `[unit]` table.

    Raises: ConfigurationError.
    """
    kind = table.choice("kind", KINDS, BASKET)
    if kind == NONE:
        for key in table.values:
            table.get(key)  # what is there waits for another kind
        return
    code, decimals = table.text("code"), table.number("decimals", 0, UNIT_DECIMALS_MAX)
    try:
        union_currency(code, decimals, code)
    except ValueError as error:
        cure = "Choose three capitals of your own, such as TSU."
        raise ConfigurationError("CF22", f"{error}.", cure, table.at("code")) from None
    worth = table.table("worth")
    rules = UnitRules(
        code=code,
        name=table.text("name"),
        decimals=decimals,
        kind=kind,
        currency=worth.text("currency"),
        amount=worth.decimal("amount", Decimal("1e-12"), Decimal("1e12"), code="CF24"),
        cap=table.decimal("cap", Decimal(0), Decimal(1), "0.30", code="CF24"),
        floor=table.decimal("floor", Decimal(0), Decimal(1), "0.01", code="CF24"),
        base_fixings=table.number("base_fixings", 1, 1_000, 60),
        anchor=table.text("anchor", ""),
        **dates(table),
    )
    worth.done()
    keep(rules, table.path)
    if kind == BASKET:
        _weights(table, rules, dates, keep)
    for currency, entry in table.by_currency("interest", "percent"):
        percent = entry.decimal("percent", Decimal(-100), Decimal(1_000), code="CF24")
        keep(UnitInterest(currency=currency, percent=percent, **dates(entry)), entry.path)
        entry.done()
    table.done()


def _weights(
    table: Table,
    rules: UnitRules,
    dates: Callable[[Table], dict[str, Any]],
    keep: Callable[[Record, str], None],
) -> None:
    """The parts of the first basket, which must add up."""
    found: dict[str, dict[str, Decimal]] = {}
    for key, measure in (("weights", WEIGHT), ("sizes", SIZE)):
        parts: dict[str, Decimal] = {}
        for currency, entry in table.by_currency(key, "value"):
            value = entry.decimal("value", Decimal(0), Decimal("1e15"), code="CF24")
            keep(UnitWeight(currency=currency, measure=measure, value=value, **dates(entry)), entry.path)
            entry.done()
            parts[currency] = Decimal(value)
        if parts:
            found[key] = parts
    if len(found) != 1:
        given = "Both are given." if found else "Neither is given."
        raise ConfigurationError("CF23", given, "Give either `weights` or `sizes`.", table.at("weights"))
    ((key, parts),) = found.items()
    total = sum(parts.values())
    if key == "weights" and total != 1:
        raise ConfigurationError(
            "CF23", f"The weights add up to {total}.", "Let them add up to 1.", table.at(key)
        )
    bounds = Decimal(rules.floor) * len(parts) <= 1 <= Decimal(rules.cap) * len(parts)
    if key == "sizes" and not (total and bounds):
        what = f"{len(parts)} weights between {rules.floor} and {rules.cap} cannot add up to one."
        raise ConfigurationError("CF23", what, "Widen cap and floor, or give sizes above 0.", table.at(key))
    if rules.anchor and not parts.get(rules.anchor):
        what = f"The anchor {rules.anchor} has no part in the basket."
        raise ConfigurationError("CF23", what, "Name a currency of the basket.", table.at("anchor"))
