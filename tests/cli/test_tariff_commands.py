"""`tasviya customs tariff`: what an import writes and tells, and what a check finds."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError

sys.path.insert(0, str(Path(__file__).parents[1] / "customs"))

from taric3_made import UPDATE, component, envelope, priced

from tasviya.customs.formats.taric3_duty import DutyComponent
from tasviya.customs.formats.taric3_goods import digits_of

EXAMPLES = Path(__file__).parents[2] / "examples" / "customs"
TARIC3 = EXAMPLES / "taric3.xml"


def run(*words: str | Path, status: int = 0) -> str:
    """What a command prints. Raises: OperatorError."""
    command = ["customs", "tariff", *map(str, words), "--member", "KZ", "--on", "2026-10-01"]
    result = CliRunner().invoke(app, command, env={"COLUMNS": "140"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status
    return result.stdout


def imported(out: Path, *words: str | Path) -> str:
    return run("import", TARIC3, "--customs", EXAMPLES, "--out", out, *words)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_an_import_writes_a_tariff_that_its_own_check_finds_nothing_wrong_with(tmp_path: Path) -> None:
    told = imported(tmp_path / "made")
    assert "7 rows" in told and "TX06" in told and "KAC" in told
    run("check", tmp_path / "made")
    assert {row["goods"] for row in rows(tmp_path / "made" / "KZ.csv")} == {
        "0702",
        "0702000007",
        "2204",
        "220429",
        "7210",
    }
    left_out = {row["measure"]: row["code"] for row in rows(tmp_path / "made" / "KZ.left-out.csv")}
    assert left_out == {"107": "TX07", "108": "TX06", "105": "conditions"}


def test_duty_is_worked_out_with_what_was_imported(tmp_path: Path) -> None:
    imported(tmp_path / "made")
    asked = ["--hs", "0702000007", "--origin", "KE", "--value", "1000", "--preference", "300"]
    where = ["--on", "2026-10-01", "--customs", str(tmp_path / "made"), "-o", "json"]
    told = CliRunner().invoke(app, ["duty", "--member", "KZ", *asked, *where])
    assert json.loads(told.stdout)[0]["amount"] == "50.00"


def test_nothing_is_overwritten_unless_it_is_asked_for(tmp_path: Path) -> None:
    imported(tmp_path)
    (tmp_path / "KZ.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(OperatorError) as stopped:
        imported(tmp_path)
    assert stopped.value.refusal.reason == "target_exists"
    assert (tmp_path / "KZ.csv").read_text(encoding="utf-8") == "mine"
    law = (tmp_path / "KZ.toml").read_text(encoding="utf-8")
    (tmp_path / "KZ.toml").write_text(law + "# mine\n", encoding="utf-8")
    imported(tmp_path, "--force")
    assert len(rows(tmp_path / "KZ.csv")) == 7
    assert (tmp_path / "KZ.toml").read_text(encoding="utf-8").endswith("# mine\n")


def test_later_envelopes_change_what_earlier_ones_say(tmp_path: Path) -> None:
    later = tmp_path / "later.xml"
    later.write_bytes(envelope([(UPDATE, "measure.component", component(102, DutyComponent("01", "4")))]))
    imported(tmp_path / "made", later)
    rates = {row["goods"]: row["rate"] for row in rows(tmp_path / "made" / "KZ.csv")}
    assert rates["0702000007"] == "4%"
    with pytest.raises(OperatorError) as stopped:
        run("import", later, TARIC3, "--customs", EXAMPLES, "--out", tmp_path / "none")
    assert stopped.value.refusal.reason == "TX03" and "later.xml" in stopped.value.refusal.where
    assert not (tmp_path / "none").exists()


def test_a_law_that_takes_in_nothing_stops_an_import(tmp_path: Path) -> None:
    text = (EXAMPLES / "KZ.toml").read_text(encoding="utf-8")
    (tmp_path / "KZ.toml").write_text(text.partition("[[taric]]")[0], encoding="utf-8")
    with pytest.raises(OperatorError) as stopped:
        run("import", TARIC3, "--out", tmp_path)
    assert stopped.value.refusal.reason == "TX07"


def test_a_file_that_is_not_there_stops_an_import(tmp_path: Path) -> None:
    with pytest.raises(OperatorError) as stopped:
        run("import", tmp_path / "none.xml", "--customs", EXAMPLES, "--out", tmp_path)
    assert stopped.value.refusal.reason == "unreadable"


def test_a_check_finds_everything_at_once(tmp_path: Path) -> None:
    imported(tmp_path)
    wrong = (
        "tax,goods,rate,origin,valid_from,valid_to,quota\n"
        "DUTY,0702,5%,,2026-01-01,2026-10-20,\n"
        "NONE,0702,5%,,,,\n"
        "DUTY,7,5%,,,,\n"
        "DUTY,0703,5 x,,,,\n"
        "DUTY,0702,6%,,2026-10-20,,\n"
        "DUTY,0704,5%,Mars,soon,,090999\n"
        "DUTY,0704,5%,,,,090999\n"
        "DUTY,0705,5%,,,,090101\n"
    )
    (tmp_path / "KZ.csv").write_text(wrong, encoding="utf-8")
    found = json.loads(run("check", tmp_path, "-o", "json", status=4))
    assert [(each["code"], each["where"].partition(" ")[0]) for each in found] == [
        ("TF02", "KZ.csv:3"),
        ("TF03", "KZ.csv:4"),
        ("DE05", "KZ.csv:5"),
        ("TF04", "KZ.csv:7"),
        ("TF06", "KZ.csv:6"),
        ("TX13", "KZ.csv:8"),
    ]
    table = run("check", tmp_path, status=4)
    assert "2026-10-20" in table and "TX13" in table


def test_without_a_file_of_quotas_they_are_not_checked(tmp_path: Path) -> None:
    for name in ("KZ.toml", "KZ.csv"):
        (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
    assert "no KZ.quotas.csv" in run("check", tmp_path)


def test_an_import_of_many_measures_is_what_each_alone_would_be(tmp_path: Path) -> None:
    file = tmp_path / "many.xml"
    file.write_bytes(envelope(*(priced(sid, str(sid % 50), goods=f"{sid:08}00") for sid in range(1, 3000))))
    run("import", file, "--customs", EXAMPLES, "--out", tmp_path / "made")
    made = {row["goods"]: row["rate"] for row in rows(tmp_path / "made" / "KZ.csv")}
    assert made == {digits_of(f"{sid:08}00"): f"{sid % 50}%" for sid in range(1, 3000)}
