"""Duty rates that cannot be read: the shortest text for each rule."""

from __future__ import annotations

from pathlib import Path

from tasviya.core.errors import Refusal
from tasviya.customs.duty_expression import CODES, LENGTH_MAX, parse


def refusal_of_duty(text: str, _: Path) -> Refusal:
    """How a text is refused as a duty rate."""
    refusal = parse(text)
    assert isinstance(refusal, Refusal), f"{text!r} was read as {refusal}"
    return refusal


DUTY_CASES: list[tuple[str, str, str, str]] = [
    (code, CODES[code], how, text)
    for code, how, text in (
        ("DE01", "Write nothing", ""),
        ("DE02", "Write more", "5%".ljust(LENGTH_MAX + 1)),
        ("DE03", "`5% + x`", "5% + x"),
        ("DE04", "`13,8%`", "13,8%"),
        ("DE05", "`7.2 MIN 0.36 EUR / 100 kg`", "7.2 MIN 0.36 EUR / 100 kg"),
        ("DE06", "`4 $ / kg`", "4 $ / kg"),
        ("DE07", "`4 XYZ / kg`", "4 XYZ / kg"),
        ("DE08", "`4 EUR`", "4 EUR"),
        ("DE09", "`4 EUR / bushel`", "4 EUR / bushel"),
        ("DE10", "`5% + - 3%`", "5% + - 3%"),
        ("DE11", "`MIN 4 EUR / kg`", "MIN 4 EUR / kg"),
        ("DE12", "`5% (01 JAN - 31 APR), free (01 MAY - 31 DEC)`",
         "5% (01 JAN - 31 APR), free (01 MAY - 31 DEC)"),
        ("DE13", "`5% (01 JAN - 30 JUN), 3%`", "5% (01 JAN - 30 JUN), 3%"),
        ("DE14", "`5% (01 JAN - 30 JUN), 3% (01 AUG - 31 DEC)`",
         "5% (01 JAN - 30 JUN), 3% (01 AUG - 31 DEC)"),
    )
]  # fmt: skip
