"""`tasviya lsm` and `tasviya why`, as an operator and a bank meet them."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from small_union import UNION, A, B, C, SmallUnion

from tasviya.cli.demo import _passes
from tasviya.cli.main import main

AT_TEN = "2026-09-29T10:00:00Z"
TABLE = "[liquidity_saving]\nminutes = 30\nfree_order = true\n"


class Union:
    """A union in which two payments wait for each other's money, and its commands."""

    def __init__(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = root / "union.toml"
        text = UNION.read_text(encoding="utf-8")
        file.write_text(text.replace("[operator]", f"{TABLE}\n[operator]"), encoding="utf-8")
        self.small = SmallUnion(root / "home", union=file).at("10:00").settle()
        self.there, self.back = self.small.pay(B, C, 1400), self.small.pay(C, B, 1250)
        self.behind = self.small.pay(B, A, 1)
        self.small.settle()
        self.monkeypatch, self.capsys = monkeypatch, capsys
        monkeypatch.setenv("TASVIYA_HOME", str(root / "home"))
        monkeypatch.setenv("TASVIYA_NOW", AT_TEN)

    def __call__(self, *words: str, status: int = 0) -> str:
        """What a command prints. It must end with that status."""
        self.monkeypatch.setattr(sys, "argv", ["tasviya", *words])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self.capsys.readouterr()
        assert (ended.value.code or 0) == status, (out, err)
        return out or err


@pytest.fixture
def union(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Union:
    return Union(tmp_path, monkeypatch, capsys)


def test_why_is_told_in_words_and_to_programs(union: Union) -> None:
    shown = " ".join(union("why", union.behind).split())  # however wide the screen is
    assert "KZ-B has 600.00 KZT for payments of its priority; 1 payment before it takes 1,400.00 KZT" in shown
    assert union.there in shown
    (told,) = json.loads(union("why", union.behind, "-o", "json"))
    assert [each["amount"] for each in told["ahead"]] == ["1400.00"]
    assert (told["lacks"], told["releases"]) == ("801.00", "0.00")
    assert told["how"] == "It needs no money: the next pass settles it with others that wait."
    (row,) = csv.DictReader(io.StringIO(union("why", union.there, "-o", "csv")))
    assert (row["waits_for"], row["lacks"]) == ("money", "800.00")
    assert "ahead" not in row


def test_pass_on_demand_prints_what_it_did(union: Union) -> None:
    (row,) = json.loads(union("lsm", "run", "--currency", "KZT", "-o", "json"))
    assert (row["trigger"], row["algorithm"], row["tried"], row["settled"]) == ("demand", "fifo", 3, 3)
    listed = list(csv.DictReader(io.StringIO(union("lsm", "passes", "-o", "csv"))))
    assert [each["settled"] for each in listed] == ["3"]
    assert union("lsm", "run").strip() == "Nothing waits that a pass could settle."


def test_free_pass_prints_rows_and_nothing_else(union: Union) -> None:
    (row,) = json.loads(union("lsm", "run", "--algorithm", "free", "-o", "json"))
    assert (row["algorithm"], row["settled"], row["gap_percent"]) == ("free", 3, "0.00")


def test_report_adds_up_what_passes_saved(union: Union) -> None:
    union("lsm", "run")
    rows = json.loads(union("report", "-o", "json"))
    (kzt,) = [row for row in rows if row["currency"] == "KZT"]
    assert (kzt["settled_together"], kzt["money_saved"]) == (3, "800.00")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("lsm", "run", "--currency", "EUR"), "unknown_currency"),
        (("lsm", "run", "--currency", ""), "unknown_currency"),
        (("lsm", "run", "--algorithm", "best"), "unknown_algorithm"),
        (("lsm", "run", "--algorithm", "rings", "--currency", "KZT"), "rings_of_all"),
        (("why", ""), "unknown_payment"),
        (("why", "P" + "0" * 24), "unknown_payment"),
        (("demo", "--money", "0", "--home", "elsewhere"), "bad_number"),
        (("demo", "--payments", "4", "--declarations", "5", "--home", "elsewhere"), "bad_number"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_cure(union: Union, words: tuple[str, ...], code: str) -> None:
    said = union(*words, status=1)
    assert said.startswith(f"tasviya: {code}: ")
    assert "cure:" in said
    assert union.small.waiting() == [union.there, union.behind, union.back]


def test_demo_tells_what_passes_saved_and_if_they_saved_nothing() -> None:
    assert "found nothing" in _passes({"KZT": (0, 0, 0)})
    assert "settled 3 payments together, worth 1," in _passes({"KZT": (3, 60_000_000, 100)})
