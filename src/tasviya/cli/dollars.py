"""US dollars and shares in tables: millions of millions read badly, and so do hundredths of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rich.table import Table

from tasviya.cli.output import Row, table
from tasviya.core.money import format_minor


@dataclass(frozen=True, slots=True)
class Unit:
    """In what a table tells amounts."""

    name: str
    dollars: int

    words: str
    """Before "US dollars"."""

    def text(self, usd: int, grouping: str = ",") -> str:
        """An amount with one decimal; whole dollars with none."""
        decimals = 1 if self.dollars > 1 else 0
        return format_minor(round(Fraction(usd * 10**decimals, self.dollars)), decimals, grouping)


BILLIONS, MILLIONS = Unit("bn", 10**9, "billions of"), Unit("mn", 10**6, "millions of")
DOLLARS = Unit("USD", 1, "in")


def unit_of(largest: int) -> Unit:
    """The unit in which an amount still has two digits; dollars if it is small."""
    return next((unit for unit in (BILLIONS, MILLIONS) if largest >= 10 * unit.dollars), DOLLARS)


def percent(share: Fraction) -> str:
    """A share in per cent, with two decimals."""
    return format_minor(round(share * 10_000), 2)


def right_aligned(rows: Sequence[Row], text: int = 1) -> Table:
    """A table whose columns after the first few are numbers."""
    made = table(rows)
    for column in made.columns[text:]:
        column.justify = "right"
    return made
