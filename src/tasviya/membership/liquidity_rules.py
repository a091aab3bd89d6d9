"""Liquidity saving as a union sets it up: a dated record, read from `[liquidity_saving]`.

    [liquidity_saving]
    minutes = 30                   # a pass over what waits, at every half hour; 0: on no schedule
    algorithm = "fifo"             # what a scheduled pass tries; or "bilateral", "free"
    bilateral = true               # pairs of banks first, before all together
    on_arrival = true              # also when money has come that is not enough for what waits
    free_order = false             # have the members adopted that arrival does not count?

Each but `minutes` may be left out. A union without that table settles each payment by itself, or lets it
wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from tasviya.core.errors import ConfigurationError
from tasviya.membership.records import Record
from tasviya.membership.toml_table import Table

BILATERAL, FIFO, FREE = "bilateral", "fifo", "free"
PASSES = (BILATERAL, FIFO, FREE)
"""What a pass may try: pairs of banks; all together, in order of arrival; all together, in any order."""


class LiquiditySavingRules(Record, frozen=True, kw_only=True):
    """How queued payments settle together."""

    KEY: ClassVar[tuple[str, ...]] = ("scope",)

    scope: str = "union"
    minutes: int
    """Between scheduled passes; 0 without."""
    algorithm: str
    """One of PASSES."""
    bilateral: int = 1
    """1: a pass tries pairs of banks first; 0: it does not."""
    on_arrival: int = 1
    """1: a pass is tried where money has come in and payments still wait for it; 0: it is not."""
    free_order: int = 0
    """1: the members have adopted that arrival does not count within a priority; 0: they have not."""


def read_liquidity_saving(
    table: Table, dates: Callable[[Table], dict[str, Any]], keep: Callable[[Record, str], None]
) -> None:
    """The record of a `[liquidity_saving]` table.

    Raises: ConfigurationError.
    """
    rules = LiquiditySavingRules(
        minutes=table.number("minutes", 0, 720),
        algorithm=table.choice("algorithm", PASSES, FIFO),
        bilateral=int(table.flag("bilateral", True)),
        on_arrival=int(table.flag("on_arrival", True)),
        free_order=int(table.flag("free_order", False)),
        **dates(table),
    )
    if rules.algorithm == FREE and not rules.free_order:
        raise ConfigurationError(
            "CF32",
            "Passes in any order need a rule of the union's that its members have adopted.",
            'Set free_order = true once they have; until then algorithm = "fifo".',
            table.at("algorithm"),
        )
    keep(rules, table.path)
    table.done()
