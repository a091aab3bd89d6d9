"""`tasviya customs controls`, `select`, `hits`, `risk` and `mirror`: what they print, and how they stop."""

from __future__ import annotations

import gzip
import json
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError
from tasviya.customs.selectivity import drawn

CUSTOMS = Path(__file__).parents[2] / "examples" / "customs"
DAY = ("--on", "2026-10-01")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["customs", *map(str, words)])


def told(*words: str | Path, status: int = 0) -> str:
    found = run(*words)
    assert found.exit_code == status, (found.output, found.exception)
    return found.stdout


def stopped(*words: str | Path) -> tuple[str, str]:
    """The code and the place of what stops a command."""
    found = run(*words)
    assert isinstance(found.exception, OperatorError), found.output
    return found.exception.refusal.reason, found.exception.refusal.where


# --- controls -----------------------------------------------------------------------------------------


def controls(file: Path, *more: str | Path) -> tuple[str | Path, ...]:
    return ("controls", file, "--rules", CUSTOMS / "controls.toml", *DAY, *more)


def test_held_goods_are_told_and_the_status_is_four() -> None:
    text = told(*controls(CUSTOMS / "import.json"), status=4)
    assert text.count("hold CN02") == 3 and "Ministry of Finance (Қаржы министрлігі)" in text
    rows = json.loads(told(*controls(CUSTOMS / "import.json", "-o", "json"), status=4))
    assert [(row["item"], row["rule"]) for row in rows] == [
        (1, "WINE-IMPORT"), (2, "TEXTILE-VALUE"), (3, "TEXTILE-VALUE"),
    ]  # fmt: skip


def test_a_licence_with_enough_left_lets_goods_pass(tmp_path: Path) -> None:
    issued = (CUSTOMS / "licences.toml").read_text(encoding="utf-8")
    licences = tmp_path / "licences.toml"
    for used, status in (("620.5", 4), ("500.001", 4), ("500", 0)):
        licences.write_text(issued.replace('"620.5"', f'"{used}"'), encoding="utf-8")
        text = told(*controls(CUSTOMS / "wine.json", "--licences", licences), status=status)
        assert ("Nothing holds these goods." in text) is (status == 0)


def test_a_declaration_that_breaks_its_own_rules_is_not_checked(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text((CUSTOMS / "wine.json").read_text().replace('"220429"', '"2204299"'))
    assert stopped(*controls(broken)) == ("CR03", f"{broken} items[0].goods")


# --- selectivity ------------------------------------------------------------------------------------------


def select(*more: str | Path) -> tuple[str | Path, ...]:
    rules = ("--rules", CUSTOMS / "selectivity.toml", "--secret", CUSTOMS / "draw-secret.txt")
    return ("select", CUSTOMS / "import.json", *rules, *DAY, *more)


def test_a_selection_says_why(tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_text("KZ000000000000\nKZ120340000561\n")
    rows = json.loads(told(*select("--mrn", "26KZ1", "--known", known, "-o", "json")))
    assert [row["rule"] for row in rows] == ["DENIM-CHEAP", "NO-PROOF"]
    assert {(row["channel"], row["drawn"]) for row in rows} == {("red", "no")}
    text = told(*select("--mrn", "26KZ1"))
    assert "channel  red" in text and "KZ120340000561 has not declared before" in text


def test_the_draw_is_the_same_every_time_and_another_with_another_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"another secret of a member")
    share, own = Fraction(3, 100), (CUSTOMS / "draw-secret.txt").read_bytes()
    mrns = [f"26KZ{number}" for number in range(500)]
    chosen = [next(mrn for mrn in mrns if drawn(mrn, own, share) is wanted) for wanted in (True, False)]
    for _ in range(2):
        assert ["drawn    yes" in told(*select("--mrn", mrn)) for mrn in chosen] == [True, False]
    others = ["drawn    yes" in told(*select("--mrn", mrn, "--secret", secret)) for mrn in chosen]
    assert others == [drawn(mrn, secret.read_bytes(), share) for mrn in chosen] != [True, False]


def test_a_green_declaration_is_a_row_as_well(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('random_share = "0.02"\n')
    (row,) = json.loads(told(*select("--mrn", "26KZ1", "--rules", rules, "-o", "json")))
    assert row == {
        "channel": "green", "drawn": "no", "rule": "", "rule_channel": "", "item": 0, "reason": "",
    }  # fmt: skip


def test_no_draw_without_an_mrn_or_with_a_short_secret(tmp_path: Path) -> None:
    assert stopped(*select()) == ("SL01", "mrn")
    secret = tmp_path / "secret"
    secret.write_bytes(b"short")
    assert stopped(*select("--mrn", "26KZ1", "--secret", secret)) == ("SL02", "secret")


def test_hit_rates_stand_next_to_chance() -> None:
    rows = json.loads(
        told("hits", CUSTOMS / "control-results.csv", "--rules", CUSTOMS / "selectivity.toml", "-o", "json")
    )
    assert {row["rule"]: row["rate"] for row in rows} == {
        "DENIM-CHEAP": "0.667", "NEW-TRADER": "0.000", "NO-PROOF": "0.333", "RANDOM": "0.250",
        "SUMMER-FRUIT": "-",
    }  # fmt: skip


# --- risk -------------------------------------------------------------------------------------------------


def test_a_model_is_trained_reported_on_and_scores(tmp_path: Path) -> None:
    pytest.importorskip("lightgbm", reason="the extra risk is not installed")
    model, packed = tmp_path / "risk.json", tmp_path / "history.csv.gz"
    packed.write_bytes(gzip.compress((CUSTOMS / "risk-history.csv").read_bytes()))
    text = told("risk", "train", packed, "--model", model, "--rounds", "60")
    assert text == f"{model}: learnt from 1,000 lines, 171 with a finding.\n"
    assert stopped("risk", "train", packed, "--model", model) == ("target_exists", str(model))
    first = model.read_bytes()
    told("risk", "train", CUSTOMS / "risk-history.csv", "--model", model, "--rounds", "60", "--force")
    assert model.read_bytes() == first
    rows = json.loads(told("risk", "report", CUSTOMS / "risk-test.csv", "--model", model, "-o", "json"))
    assert [row["percent"] for row in rows[:4]] == [1, 2, 5, 10] and len(rows) == 16
    precision = {(row["order"], row["percent"]): float(row["precision"]) for row in rows}
    assert precision["score", 10] > precision["goods' hit rate", 10]
    scored = json.loads(
        told("risk", "score", CUSTOMS / "risk-test.csv", "--model", model, "--first", "7", "-o", "json")
    )
    assert len(scored) == 7 and all("found before" in row["reasons"] for row in scored[:3])
    assert [row["score"] for row in scored] == sorted((row["score"] for row in scored), reverse=True)


def test_a_packed_history_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "history.csv.gz"
    packed.write_bytes(gzip.compress((CUSTOMS / "risk-history.csv").read_bytes())[:-100])
    assert stopped("risk", "train", packed, "--model", tmp_path / "m") == ("RK01", str(packed))
    packed.write_bytes(b"\x1f\x8bno gzip at all")
    assert stopped("risk", "train", packed, "--model", tmp_path / "m") == ("RK01", str(packed))
    assert not (tmp_path / "m").exists()


# --- mirror -------------------------------------------------------------------------------------------


def mirror(folder: Path, *more: str) -> tuple[str | Path, ...]:
    sides = (folder / "exports", folder / "imports")
    return ("mirror", *sides, "--on", "2026-12-31", "--currency", "KZT", "--customs", str(CUSTOMS), *more)


RATE = ("--rate", "EUR=512.34")


def test_gaps_are_told_with_their_reasons_and_duty() -> None:
    rows = json.loads(told(*mirror(CUSTOMS / "mirror", *RATE, "--member", "KZ", "-o", "json")))
    assert [(row["reason"], row["duty"]) for row in rows] == [
        ("orphan_export", ""), ("orphan_import", ""), ("goods", "79925.04"), ("value", ""),
    ]  # fmt: skip
    text = told(*mirror(CUSTOMS / "mirror", *RATE, "--value-tolerance", "45"))
    assert "4 exports and 4 imports: 3 gaps." in text and "at a lower duty" not in text


def test_the_duty_is_the_same_in_whichever_currency_values_are_compared() -> None:
    """79,925.04 tenge at 512.34 are 156.00 euros; the law rounds each duty down to a hundredth of a tenge."""
    words = mirror(CUSTOMS / "mirror", "--member", "KZ", "--rate", "KZT=0.00195183", "-o", "json")
    rows = json.loads(told(*words, "--currency", "EUR"))
    (duty,) = [row["duty"] for row in rows if row["reason"] == "goods"]
    assert duty in ("155.99", "156.00")


def test_a_mirror_without_rates_or_days_stops(tmp_path: Path) -> None:
    assert stopped(*mirror(CUSTOMS / "mirror"))[0] == "MR03"
    assert stopped(*mirror(CUSTOMS / "mirror", *RATE, "--value-tolerance", "much")) == (
        "bad_tolerance", "--value-tolerance",
    )  # fmt: skip
    copy = tmp_path / "mirror"
    shutil.copytree(CUSTOMS / "mirror", copy)
    table = copy / "imports" / "accepted.csv"
    days = table.read_text()
    for text, place in (
        (days.replace("I2.json,2026-08-16\n", ""), ""),
        (days + "I9.json,2026-08-16\n", ""),
        (days.replace("2026-08-16", "the 16th"), ":3"),
        (days.replace("accepted", "day"), ":1"),
        (days + "I2.json,2026-08-17\n", ":6"),
    ):
        table.write_text(text)
        assert stopped(*mirror(copy, *RATE)) == ("MR04", f"{table}{place}")
    table.unlink()
    assert stopped(*mirror(copy, *RATE))[0] == "file_unreadable"


def test_declarations_in_xml_are_mirrored_as_well(tmp_path: Path) -> None:
    for side in ("exports", "imports"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "accepted.csv").write_text("file,accepted\n")
    shutil.copy(
        CUSTOMS.parents[1] / "tests" / "customs" / "data" / "TT_IM001a_decl.xml", tmp_path / "imports"
    )
    (tmp_path / "imports" / "accepted.csv").write_text("file,accepted\nTT_IM001a_decl.xml,2026-08-20\n")
    (row,) = json.loads(told(*mirror(tmp_path, "--rate", "GBP=590.02", "-o", "json")))
    assert (row["reason"], row["exports"], row["imported"]) == ("orphan_import", "", "851090")
