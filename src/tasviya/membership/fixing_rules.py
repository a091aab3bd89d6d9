"""What the daily fixing asks of its sources: a dated record, read from `[exchange.fixing]`.

    [exchange.fixing]
    orders_min = 20                # a batch price counts from so many orders
    banks_min = 3                  # of so many banks
    contributors_min = 3           # quotes count from so many providers
    stale_days_max = 5             # business days without a fresh rate until a currency is suspended
    sigmas = 4                     # a larger jump needs a second source

Each may be left out; so may the table. A union that has an exchange has these terms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from tasviya.membership.records import Record
from tasviya.membership.toml_table import Table


class FixingRules(Record, frozen=True, kw_only=True):
    """What the fixing asks for."""

    KEY: ClassVar[tuple[str, ...]] = ("scope",)

    scope: str = "union"
    orders_min: int = 20
    banks_min: int = 3
    contributors_min: int = 3
    stale_days_max: int = 5
    sigmas: int = 4


def read_fixing(
    table: Table, dates: Callable[[Table], dict[str, Any]], keep: Callable[[Record, str], None]
) -> None:
    """The record of an `[exchange.fixing]` table, which may be empty.

    Raises: ConfigurationError.
    """
    rules = FixingRules(
        orders_min=table.number("orders_min", 1, 1_000_000, 20),
        banks_min=table.number("banks_min", 1, 1_000, 3),
        contributors_min=table.number("contributors_min", 1, 1_000, 3),
        stale_days_max=table.number("stale_days_max", 0, 60, 5),
        sigmas=table.number("sigmas", 1, 100, 4),
        **dates(table),
    )
    keep(rules, table.path)
    table.done()
