"""Time limits of transit as a union sets them: a dated record, read from `[transit]`.

    [transit]
    arrival_days = 8       # until when goods are to arrive whose declaration names no day
    enquiry_after_days = 7 # how long they may be late before anybody asks where they are
    results_days = 6       # how long the results of a control may take after the arrival
    enquiry_days = 28      # how long an enquiry lasts before the guarantee may be called

A union without that table has no transit. Changed, a limit holds for goods that are released from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from tasviya.membership.records import Record
from tasviya.membership.toml_table import Table

LONGEST = 3_650
"""Days."""


class TransitRules(Record, frozen=True, kw_only=True):
    """How long each step of transit may take; whole days."""

    KEY: ClassVar[tuple[str, ...]] = ("scope",)

    scope: str = "union"
    arrival_days: int
    enquiry_after_days: int
    results_days: int
    enquiry_days: int


def read_transit(
    table: Table, dates: Callable[[Table], dict[str, Any]], keep: Callable[[Record, str], None]
) -> None:
    """The record of a `[transit]` table.

    Raises: ConfigurationError.
    """
    rules = TransitRules(
        arrival_days=table.number("arrival_days", 1, LONGEST),
        enquiry_after_days=table.number("enquiry_after_days", 0, LONGEST),
        results_days=table.number("results_days", 0, LONGEST),
        enquiry_days=table.number("enquiry_days", 0, LONGEST),
        **dates(table),
    )
    keep(rules, table.path)
    table.done()
