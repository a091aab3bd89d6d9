"""Corrections and drawback that come to nothing: the smallest case for each rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from tasviya.core.errors import Refusal
from tasviya.customs.adjustment import (
    ADJUSTMENT_CODES,
    Account,
    Adjustment,
    Drawback,
    ImportLine,
    Use,
    adjust,
    drawback,
)
from tasviya.customs.tax_law import read_law

LAW = read_law(
    """member = "XX"
currency = "KZT"
tariff = "XX.csv"
[[tax]]
code = "DUTY"
on = ["value"]
rounding = "down"
[[refund]]
years = 3
demand_years = 3
valid_from = 2026-01-01
[[drawback]]
tax = "DUTY"
percent = "90"
years = 2
""",
    "XX.toml",
)
LINE = {"A": ImportLine(date(2026, 3, 1), 1000, {"DUTY": Account(100)})}


def refusal_of_adjustment(
    made: Callable[[], Adjustment | Drawback | Refusal], _: Path
) -> Adjustment | Drawback | Refusal:
    """What a correction or an export comes to."""
    return made()


def corrected(
    before: dict[str, int], accepted: date = date(2026, 3, 1)
) -> Callable[[], Adjustment | Refusal]:
    return lambda: adjust(LAW, before, {}, {}, accepted=accepted, on=date(2026, 9, 1))


def exported(quantity: int, on: date = date(2026, 9, 1)) -> Callable[[], Drawback | Refusal]:
    return lambda: drawback(LAW, LINE, [Use("A", quantity)], on)


ADJUSTMENT_CASES: list[tuple[str, str, str, Callable[[], Adjustment | Drawback | Refusal]]] = [
    (code, ADJUSTMENT_CODES[code][0].upper() + ADJUSTMENT_CODES[code][1:] + ".", how, made)
    for code, how, made in (
        ("AJ01", "-1 of `DUTY` before", corrected({"DUTY": -1})),
        ("AJ02", "Correct a declaration of October in September", corrected({}, date(2026, 10, 1))),
        ("AJ03", "A declaration of 2025, a rule from 2026 on", corrected({}, date(2025, 12, 31))),
        ("AJ04", "Goods that leave two years and a day after import", exported(1000, date(2028, 3, 2))),
        ("AJ05", "Use 1.001 of 1", exported(1001)),
        ("AJ06", "`EXC` in a law that has only `DUTY`", corrected({"EXC": 1})),
    )
]
