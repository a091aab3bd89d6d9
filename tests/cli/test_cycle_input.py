"""`tasviya cycle …` as a stranger types it: what cannot be done is said with a code and a cure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from clearing_union import ClearingUnion

from tasviya.cli.main import main


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["tasviya", "cycle", *words])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["show"], 1, "unknown_cycle"),
        (["show", "7"], 1, "unknown_cycle"),
        (["show", "0"], 1, "unknown_cycle"),
        (["flows", "99999999999999999999999"], 1, "unknown_cycle"),
        (["show", "--", "-1"], 1, "unknown_cycle"),
        (["show", "one"], 2, "valid integer"),
        (["trace", "5e771e00-0000-4000-8000-000000000000"], 1, "unknown_payment"),
        (["trace", "'; DROP TABLE payment; --"], 1, "unknown_payment"),
        (["suspend", "--now", "2026-09-29T10:40:00Z"], 2, "--why"),
        (["suspend", "--why", " \n ", "--now", "2026-09-29T10:40:00Z"], 1, "no_words"),
        (["suspend", "--why", "Fire", "--now", "2026-09-29T10:40:00Z"], 1, "cycle_not_there"),
        (["settle", "--now", "2026-09-29T10:40:00Z"], 1, "cycle_not_there"),
        (["resume", "--now", "2026-09-29T10:40:00Z"], 1, "cycle_not_there"),
        (["carry-over", "--now", "2026-09-29T10:40:00Z"], 1, "cycle_not_there"),
        (["cut-off", "--now", "tomorrow"], 1, "bad_instant"),
        (["list", "--home", "no-such-home"], 1, "no_union"),
    ],
)
def test_what_cannot_be_done_says_why(
    words: list[str],
    status: int,
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    union = ClearingUnion(tmp_path)
    union.at("10:30").settle()
    monkeypatch.setenv("TASVIYA_HOME", str(union.home.root))
    monkeypatch.chdir(tmp_path)
    ended, told = said(monkeypatch, capsys, *words)
    assert (ended, code in told) == (status, True), told
    assert "Traceback" not in told


def test_a_union_that_does_not_clear_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    union = ClearingUnion(tmp_path, clearing="")
    union.at("10:30").settle()
    monkeypatch.setenv("TASVIYA_HOME", str(union.home.root))
    monkeypatch.setenv("TASVIYA_NOW", "2026-09-29T10:40:00Z")
    assert said(monkeypatch, capsys, "list") == (0, "No cycle has opened yet.\n")
    assert said(monkeypatch, capsys, "positions") == (0, "This union has no positions.\n")
    for words in (["cut-off"], ["settle"], ["show"], ["flows"]):
        status, told = said(monkeypatch, capsys, *words)
        assert status == 1 and "cure:" in told, told
