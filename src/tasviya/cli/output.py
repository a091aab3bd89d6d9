"""One way to print: a table for people, JSON or CSV for programs. Progress and errors go to stderr."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

Row = dict[str, Any]

screen = Console()
stderr = Console(stderr=True)

AMOUNTS = frozenset(
    [
        "amount",
        "balance",
        "credit_line",
        "drawn",
        "reserved",
        "held",
        "sold",
        "bought",
        "left",
        "dust",
        "spendable",
        "opening",
        "used_peak",
        "debits",
        "credits",
        "net",
        "value",
        "settled_value",
        "liquidity_peak",
        "line_value",
        "granted",
        "limit",
        "free",
        "uncovered",
        "owed",
        "paid",
        "charged",
        "unpaid",
        "volume",
        "asked",
        "exact_share",
        "rounded_down",
        "assessed",
        "collected",
    ]
)
"""Columns set flush right."""


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def show(rows: Sequence[Row], form: Format, *, title: str = "", empty: str = "Nothing to show.") -> None:
    """Print rows."""
    if form is Format.JSON:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n")
    elif form is Format.CSV:
        if rows:
            writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    elif not rows:
        screen.print(empty)
    else:
        made = table(rows, title)
        if Measurement.get(screen, screen.options.update(max_width=10_000), made).maximum <= screen.width:
            screen.print(made)
        else:  # too wide: a block a row reads better than folded columns
            for row in rows:
                screen.print(details(row))
                screen.print()


def table(rows: Sequence[Row], title: str = "") -> Table:
    """Rows as a table, amounts and counts flush right."""
    made = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name in rows[0]:
        number = name in AMOUNTS or all(isinstance(row[name], int) for row in rows)
        made.add_column(name.replace("_", " "), justify="right" if number else "left", overflow="fold")
    for row in rows:
        made.add_row(*[_text(value) for value in row.values()])
    return made


def details(row: Row, title: str = "") -> Table:
    """One row, a line a field."""
    made = Table(title=title or None, title_justify="left", show_header=False, box=None, pad_edge=False)
    for name, value in row.items():
        if value not in ("", None):
            made.add_row(name.replace("_", " "), _text(value))
    return made


def _text(value: Any) -> str:
    text = str(value)
    whole, point, fraction = text.partition(".")
    digits = whole.lstrip("-")
    if point and digits.isdigit() and fraction.isdigit():
        return f"{int(whole):,}.{fraction}" if not whole.startswith("-0") else text
    return text
