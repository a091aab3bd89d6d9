"""`tasviya customs assess`: what it prints, and how it stops."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tasviya.cli import declarations
from tasviya.core.errors import OperatorError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "customs" / "import.json"
SHAVERS = ROOT / "tests" / "customs" / "data" / "TT_IM001a_decl.xml"
app = typer.Typer()
app.command("assess")(declarations.assess)


def run(file: Path, *words: str) -> Result:
    given = [str(file), "--member", "KZ", "--customs", str(EXAMPLE.parent), "--on", "2026-10-01"]
    return CliRunner().invoke(app, [*given, *words])


def told(file: Path, *words: str) -> str:
    found = run(file, *words)
    assert found.exit_code == 0, found.output + str(found.exception)
    return found.stdout


def stopped(file: Path, *words: str) -> tuple[OperatorError, str]:
    found = run(file, *words)
    assert isinstance(found.exception, OperatorError)
    return found.exception, found.stderr


def test_a_person_is_told_values_taxes_and_totals() -> None:
    text = told(EXAMPLE, "--rate", "EUR=512.34")
    for each in ("5,420,570.00 KZT", "1,135,603.35 KZT", "Item 2: 520942 of origin TR", "freight 210.53 EUR"):
        assert each in text
    assert "Customs duty" in text and "356,616.84" in text and "rates are invented" in text


def test_a_program_is_given_rows() -> None:
    rows = json.loads(told(EXAMPLE, "--rate", "EUR=512.34", "-o", "json"))
    assert [(row["item"], row["tax"]) for row in rows[:2]] == [(1, "DUTY"), (1, "EXC")]
    assert rows[0]["amount"] == "228,234.90" and rows[0]["row"] == "KZ.csv:10"
    assert len(told(EXAMPLE, "--rate", "EUR=512.34", "-o", "csv").splitlines()) == 1 + len(rows) == 11


def test_the_page_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two examples of docs/declarations.md: one that is assessed, one that is refused."""
    page = (ROOT / "docs" / "declarations.md").read_text(encoding="utf-8")
    assessed, refused, *_ = re.findall(
        r"^```console\n\$ tasviya customs assess (.*?)\n(.*?)^```", page, re.S | re.M
    )
    monkeypatch.chdir(ROOT)
    found = CliRunner(env={"COLUMNS": "80"}).invoke(app, assessed[0].split())
    assert [line.rstrip() for line in found.stdout.splitlines()] == assessed[1].splitlines()
    whole = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    whole["items"][0]["goods"], whole["invoice"]["amount"] = "2011010", "9500.50"
    (tmp_path / "wrong.json").write_text(json.dumps(whole), encoding="utf-8")
    error, others = stopped(tmp_path / "wrong.json", "--rate", "EUR=512.34")
    told = others.replace(str(tmp_path / "wrong.json"), "wrong.json")
    assert refused[1].startswith(told) and error.refusal.what in refused[1]


def test_xml_is_read_and_what_is_left_out_is_told() -> None:
    found = run(SHAVERS, "--rate", "GBP=590.02")
    assert "29,501.00" in found.stdout and "elements or segments, such as /Declaration/" in found.stderr


def test_every_refusal_is_told_and_the_last_one_stops(tmp_path: Path) -> None:
    whole = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    whole["lrn"], whole["items"][0]["goods"] = "", "2011010"
    file = tmp_path / "d.json"
    file.write_text(json.dumps(whole), encoding="utf-8")
    error, others = stopped(file, "--rate", "EUR=512.34")
    assert error.refusal.reason == "CR10" and error.refusal.where.endswith("d.json lrn")
    assert "CR03" in others and "02011010" in others and "items[0].goods" in others


def test_texts_of_a_file_do_not_steer_the_terminal(tmp_path: Path) -> None:
    whole = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    whole["lrn"] = whole["items"][0]["description"] = "[/red][bold]\x1b[2J"
    file = tmp_path / "d.json"
    file.write_text(json.dumps(whole), encoding="utf-8")
    text = told(file, "--rate", "EUR=512.34")
    assert "\x1b" not in text and text.count("[/red][bold]") == 2
    whole["kind"] = "\x1b[2J"
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert "\x1b" not in str(stopped(file)[0])


@pytest.mark.parametrize(
    ("words", "code"), [(("--rate", "EUR=0"), "CD03"), (("--rate", "EUR"), "CD07"), ((), "CD03")]
)
def test_rates_are_asked_for(words: tuple[str, ...], code: str) -> None:
    assert stopped(EXAMPLE, *words)[0].refusal.reason == code


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    error, _ = stopped(tmp_path / "none.json")
    assert error.refusal.reason == "file_unreadable" and "none.json" in error.refusal.what


@pytest.mark.parametrize("name", ["import-sad.xml", "import.edi"])
def test_every_format_is_taken_whatever_the_file_is_called(name: str, tmp_path: Path) -> None:
    file = tmp_path / "declaration.bin"
    file.write_bytes((EXAMPLE.parent / name).read_bytes())
    assert "1,135,603.35 KZT" in told(file, "--rate", "EUR=512.34")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "import.json"
    file.write_bytes(b"%PDF-1.7")
    error, _ = stopped(file)
    assert error.refusal.reason == "DF01" and "CUSDEC" in error.refusal.cure
