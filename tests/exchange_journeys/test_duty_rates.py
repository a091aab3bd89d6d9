"""Duties at a union's own official rates: the fixing of the day, and no other."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from exchange_days import TUESDAY, quoted_day, rates
from exchange_union import ExchangeUnion
from typer.testing import CliRunner

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError

CUSTOMS = Path(__file__).parents[2] / "examples" / "customs"


def duty(union: ExchangeUnion, day: str, *words: str, currency: str = "INR") -> Fraction:
    """What goods of a hundred thousand rupees pay at five per cent."""
    line = ["duty", "--customs", str(CUSTOMS), "--member", "KZ", "--hs", "100199", "--origin", "IN"]
    line += ["--value", "100000", "--currency", currency, "--on", day, "--home", str(union.home.root), *words]
    found = CliRunner().invoke(app, [*line, "-o", "json"], catch_exceptions=False)
    (told,) = (row for row in json.loads(found.output) if row["tax"] == "DUTY")
    return Fraction(told["amount"].replace(",", ""))


def test_duties_are_at_the_rates_of_the_days_fixing(union: ExchangeUnion) -> None:
    quoted_day(union, TUESDAY)
    fixed = {code: Fraction(row["value"]) for code, row in rates(union, TUESDAY).items()}
    value = round(100_000 * 100 * fixed["INR"] / fixed["KZT"])
    assert duty(union, TUESDAY) == Fraction(value * 5 // 100, 100)
    assert duty(union, TUESDAY, "--rate", "INR=6") == 30_000


def test_a_day_without_a_fixing_has_no_rate(union: ExchangeUnion) -> None:
    quoted_day(union, TUESDAY)
    with pytest.raises(OperatorError) as stopped:
        duty(union, "2026-01-01")
    assert stopped.value.refusal.reason == "no_fixing"
    with pytest.raises(OperatorError) as stopped:
        duty(union, TUESDAY, currency="EUR")
    assert stopped.value.refusal.reason == "CD03"
