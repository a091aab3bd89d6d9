"""`tasviya duty`: what it answers, what a file of questions comes back as, and what is said of mistakes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError, Refusal

CUSTOMS = Path(__file__).parents[2] / "examples" / "customs"
WINE = ("--hs", "220429", "--origin", "MD", "--value", "2000", "--currency", "EUR", "--rate", "EUR=512.34")
LITRES = ("--quantity", "vol_hl=145")
ON = ("--on", "2026-10-01")


def run(*words: object) -> str:
    found = CliRunner().invoke(app, ["duty", "--customs", str(CUSTOMS), "--member", "KZ", *map(str, words)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.output


def refusal(*words: object) -> Refusal:
    with pytest.raises(OperatorError) as stopped:
        run(*words)
    return stopped.value.refusal


def amounts(told: str) -> dict[str, str]:
    return {row["tax"]: row["amount"] for row in json.loads(told)}


def test_every_tax_is_answered_with_its_reason() -> None:
    told = json.loads(run(*WINE, *LITRES, *ON, "-o", "json"))
    assert [row["tax"] for row in told] == ["DUTY", "EXC", "VAT", "FEE"]
    excise = told[1]
    assert excise["rate"] == "0.90 EUR / % vol / hl" and excise["row"] == "KZ.csv:21"
    assert excise["worked_out"] == "0.90 EUR / % vol / hl at 512.34 = 66860.37"
    assert (excise["base"], excise["rounding"], excise["amount"]) == (
        "1,229,616.00",
        "down to 0.01",
        "66,860.37",
    )


def test_a_person_is_told_value_total_and_steps() -> None:
    told = run(*WINE, *LITRES, *ON, "--freight", "120.5")
    assert "price 2000.00 EUR x 512.34 = 1024680 KZT" in told and "freight 120.50 EUR" in told
    assert "450,783.59 KZT" in told and "VAT: 12% = 164467.2876; 164467.2876, half_up to 1.00" in told
    assert "rates are invented" in told


def test_a_rate_changes_with_its_day() -> None:
    late = ("--on", "2027-01-01", "-o", "json")
    assert amounts(run(*WINE, *LITRES, *ON, "-o", "json"))["DUTY"] == "204,936.00"
    assert amounts(run(*WINE, *LITRES, *late))["DUTY"] == "153,702.00"


FILE = """goods,origin,value,currency,preference,additional,on,kg,vol_hl,item
220429,MD,2000,EUR,,,,,145,
870323,CN,1000000,,,,,,,1
721012,CN,10000,,,C999,,,,
721012,CN,10000,,,,,,,
520911,BD,1000,,GSP,,,,,
7020000,MA,1000,EUR,,,,1000,,
070200,MA,1000,EUR,,,2026-10-02,1000,,
020110,AR,1000,,,,,,,
520911,BD,1000,CHF,,,,,,
520911,BD,-5,,,,,,,
520911,BD,5,,,,2026-13-01,,,
"""


def test_a_file_comes_back_with_taxes_or_reasons(tmp_path: Path) -> None:
    given, result = tmp_path / "lines.csv", tmp_path / "answers.csv"
    given.write_text(FILE, encoding="utf-8")
    told = run("--file", given, "--result", result, "--rate", "EUR=512.34", *ON)
    assert told.startswith("11 rows, of which 6 are refused with a reason")
    with result.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["code"] for row in rows] == [
        "",
        "",
        "",
        "CD04",
        "",
        "GC03",
        "",
        "CD02",
        "CD03",
        "CD06",
        "CD07",
    ]
    assert all(row["cure"] and row["what"] for row in rows if row["code"])
    assert [row["total"] for row in rows if row["code"]] == [""] * 6
    for row in (each for each in rows if not each["code"]):
        alone = [
            (f"--{name}", row[name]) for name in ("origin", "value", "currency", "preference", "additional")
        ]
        words = [word for option in alone if option[1] for word in option]
        quantities = [f"--quantity={name}={row[name]}" for name in ("kg", "vol_hl", "item") if row[name]]
        day = ("--on", row["on"] or "2026-10-01")
        single = amounts(
            run("--hs", row["goods"], *words, *quantities, "--rate", "EUR=512.34", *day, "-o", "json")
        )
        assert {tax: row[tax] for tax in single} == {
            tax: text.replace(",", "") for tax, text in single.items()
        }


def test_an_answer_is_not_overwritten(tmp_path: Path) -> None:
    given, result = tmp_path / "lines.csv", tmp_path / "answers.csv"
    given.write_text(FILE, encoding="utf-8")
    result.write_text("mine", encoding="utf-8")
    assert refusal("--file", given, "--result", result).reason == "target_exists"
    assert result.read_text(encoding="utf-8") == "mine"


MISTAKES = {
    "a lost zero": ("GC03", ("--hs", "2011000", "--origin", "AR", "--value", "5")),
    "no such goods": ("GC06", ("--hs", "220499", "--origin", "AR", "--value", "5")),
    "no country": ("CD07", ("--hs", "220429", "--origin", "Moldova", "--value", "5")),
    "no rate": ("CD03", ("--hs", "220429", "--origin", "MD", "--value", "5", "--currency", "EUR")),
    "no number": ("CD06", ("--hs", "220429", "--origin", "MD", "--value", "5,00")),
    "no worth": ("CD06", ("--hs", "220429", "--origin", "MD", "--value", "0")),
    "a unit that is none": ("CD07", (*WINE, "--quantity", "barrel=5")),
    "too fine a quantity": ("CD06", (*WINE, "--quantity", "kg=0.0001")),
    "a rate below zero": ("CD03", (*WINE[:-1], "EUR=-5")),
    "a quantity too large to write out": ("CD07", (*WINE, "--quantity", "kg=1e99999999")),
    "a rate too large to write out": ("CD07", (*WINE[:-1], "EUR=1e99999999")),
    "a price too large to write out": ("CD06", ("--hs", "220429", "--origin", "MD", "--value", "1e99999999")),
    "a rate without its currency": ("CD07", (*WINE[:-1], "512")),
    "a preference that is none": ("CD05", (*WINE, *LITRES, "--preference", "GSP")),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_has_a_code_a_place_and_a_cure(name: str) -> None:
    code, words = MISTAKES[name]
    told = refusal(*words, *ON)
    assert told.reason == code and told.where and told.cure


def test_a_member_without_a_law_is_named_with_those_that_have_one() -> None:
    with pytest.raises(OperatorError) as stopped:
        CliRunner().invoke(app, ["duty", "--customs", str(CUSTOMS), "--member", "ZZ"], catch_exceptions=False)
    assert stopped.value.refusal.reason == "no_law" and "KZ" in stopped.value.refusal.what
