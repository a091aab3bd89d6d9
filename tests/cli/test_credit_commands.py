"""`tasviya interest`, `collateral`, `pledge` and `release` as a stranger would try them."""

from __future__ import annotations

import csv
import json
import sys
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from secured_union import Secured
from small_union import A, B, C

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError

TERMS = 'credit = { deposit_percent = "3.60", overnight_percent = "18", day_count = "ACT/360" }\n'


@pytest.fixture(scope="module")
def union(tmp_path_factory: pytest.TempPathFactory) -> Secured:
    """A day on which KZ-B has drawn all of its line, closed."""
    made = Secured(tmp_path_factory.mktemp("cli") / "u", terms=TERMS)
    made.at("10:00").settle()
    made.pay(B, C, 385)
    made.settle()
    made.at("18:30").settle()
    return made


def run(union: Secured, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--home", str(union.home.root)])


def code_of(result: Result) -> str:
    assert isinstance(result.exception, OperatorError), result.output
    return result.exception.refusal.reason


def test_accruals_are_shown_in_words_and_what_is_owed_after_them(union: Secured) -> None:
    shown = run(union, "interest", "--participant", B).output
    assert "2026-09-29  KZ-B  ACCBKZT  overnight" in shown
    assert "-285.00 KZT × 18 % × 1 day / 360 = -0.1425; due -0.14; -0.0025 carried on" in shown
    assert "paid 0.00; the rest is owed" in shown
    assert "Still owed" in shown and "0.14" in shown.partition("Still owed")[2]


def test_programs_get_every_part_of_an_accrual(union: Secured) -> None:
    printed = run(union, "interest", "--account", "ACCBKZT", "-o", "csv").output
    (row,) = csv.DictReader(StringIO(printed))
    assert Fraction(row["exact"]) == Fraction(row["base"]) * Fraction(row["percent"]) / 100 / 360
    assert Fraction(row["exact"]) + Fraction(row["carried_in"]) == Fraction(row["due"]) + Fraction(
        row["carried"]
    )
    (same,) = json.loads(run(union, "interest", "--participant", "KZ-B", "-o", "json").output)
    assert {name: str(value) for name, value in same.items()} == row


def test_questions_may_be_narrowed(union: Secured) -> None:
    def count(*words: str) -> int:
        return len(json.loads(run(union, "interest", *words, "-o", "json").output))

    everything = count()
    assert everything == count("--currency", "KZT") == count("--date", "2026-09-29") > 5
    assert count("--currency", "OMR") == count("--date", "2026-09-28") == 0
    assert count("--participant", A) == 1
    assert run(union, "interest", "--date", "2026-09-28").output.strip() == "No interest has been accrued."


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["interest", "--account", "NONE"], "unknown_account"),
        (["interest", "--participant", "NOBODY"], "unknown_participant"),
        (["interest", "--participant", ""], "unknown_participant"),
        (["interest", "--date", "29.9.2026"], "bad_date"),
        (["collateral", "NOBODY"], "unknown_participant"),
        (["release", "NOBODY", "BOND-1", "--currency", "KZT"], "unknown_sender"),
        (["release", B, "BOND-1", "--currency", "ZZZ"], "no_account"),
        (["release", B, "BOND-1", "--currency", "KZT", "--now", "2026-09-29T18:31:00Z"], "collateral_needed"),
        (["pledge", B, "X", "--currency", "KZT", "--class", "GOLD", "--value", "1"], "class_not_taken"),
        (["pledge", B, "X", "--currency", "KZT", "--class", "GOVERNMENT", "--value", "1,5"], "bad_amount"),
        (["pledge", B, "X", "--currency", "KZT", "--class", "GOVERNMENT", "--value", "5", "--valued-on", "x"],
         "bad_date"),
    ],
)  # fmt: skip
def test_mistake_has_its_code(union: Secured, words: list[str], code: str) -> None:
    now = (
        ["--now", "2026-09-29T18:31:00Z"]
        if words[0] in ("pledge", "release") and "--now" not in words
        else []
    )
    assert code_of(run(union, *words, *now)) == code


def test_union_that_is_not_there_is_told(tmp_path: Path) -> None:
    for command in (["interest"], ["collateral"]):
        result = CliRunner().invoke(app, [*command, "--home", str(tmp_path / "nowhere")])
        assert isinstance(result.exception, OperatorError) and result.exception.refusal.cure
