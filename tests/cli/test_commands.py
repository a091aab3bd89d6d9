"""The command line as an operator and a bank meet it: what it prints, and with which status it ends."""

from __future__ import annotations

import csv
import io
import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from small_union import CODE, UNION, A, B, SmallUnion, uetr

from tasviya import app
from tasviya.cli.main import main
from tasviya.membership.participant import OpeningBalance

AT_TEN = "2026-09-29T10:00:00Z"


class Shell:
    """Runs commands in this process, as `main` does."""

    def __init__(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.home, self.monkeypatch, self.capsys = home, monkeypatch, capsys
        monkeypatch.setenv("TASVIYA_HOME", str(home))
        monkeypatch.setenv("TASVIYA_NOW", AT_TEN)
        monkeypatch.setenv("COLUMNS", "200")

    def __call__(self, *words: str, status: int = 0) -> tuple[str, str]:
        """What a command prints to stdout and stderr. It must end with that status."""
        self.monkeypatch.setattr(sys, "argv", ["tasviya", *words])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self.capsys.readouterr()
        assert (ended.value.code or 0) == status, (out, err)
        return out, err


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", monkeypatch, capsys)


@pytest.fixture
def payment_file(tmp_path: Path) -> Path:
    """A pacs.008 from A to B over 400.00 KZT, as a bank's own system would leave it."""
    bank = SmallUnion(tmp_path / "bank", time="10:00")
    file = tmp_path / "payment.xml"
    file.write_bytes(bank.message(bank.transfer(A, B, 400)))
    return file


def test_a_payment_goes_from_file_to_finality(shell: Shell, payment_file: Path) -> None:
    out, _ = shell("init", "--union", str(UNION))
    assert "2 members" in out
    out, _ = shell("submit", str(payment_file), "--as", A)
    assert out.startswith("1 handed in")
    _, err = shell("run", "--once", "--workers", "0")
    assert err == "1 files taken in.\n"
    out, _ = shell("status", uetr(1), "-o", "json")
    (row,) = json.loads(out)
    assert (row["status"], row["amount"], row["debtor"], row["creditor"]) == (
        "settled",
        "400.00",
        CODE[A],
        CODE[B],
    )
    assert "settled" in shell("status", uetr(1))[0]
    assert shell("queue")[0] == "No payment waits.\n"
    rows = list(csv.DictReader(io.StringIO(shell("liquidity", "--participant", CODE[A], "-o", "csv")[0])))
    assert [row["balance"] for row in rows if row["kind"] == "settlement"] == ["600.00", "100.000"]
    out, _ = shell("statement", "ACCAKZT", "-o", "json")
    assert [(row["what"], row["amount"], row["balance"]) for row in json.loads(out)] == [
        ("settlement", "-400.00", "600.00")
    ]
    assert "KZT" in shell("trial-balance")[0]
    assert json.loads(shell("report", "-o", "json")[0])[0]["received"] == 1


def test_day_is_opened_and_closed_by_hand(shell: Shell) -> None:
    shell("init", "--union", str(UNION))
    assert shell("day", "open", "KZT")[0] == "KZT 2026-09-29: open\n"
    _, err = shell("day", "open", "KZT", status=1)
    assert "day_not_next" in err
    assert "KZT 2026-09-29: closed" in shell("day", "close", "KZT")[0]
    assert (shell.home / "statements" / "2026-09-29" / A / "KZT-ACCAKZT.xml").exists()
    assert "day_not_open" in shell("day", "close", "OMR", status=1)[1]
    assert "2026-09-29" in shell("day", "show")[0]


def test_everything_is_exported_to_plain_tables(shell: Shell, payment_file: Path, tmp_path: Path) -> None:
    shell("init", "--union", str(UNION))
    shell("submit", str(payment_file), "--as", A)
    shell("run", "--once", "--workers", "0")
    file = tmp_path / "out" / "day.sqlite"
    assert "1 payment" in shell("export", str(file))[0]
    plain = sqlite3.connect(file)
    (posted,) = plain.execute("SELECT count(*) FROM journal_entry WHERE kind = 'posted'").fetchone()
    (moved,) = plain.execute("SELECT count(*) FROM transfer").fetchone()
    assert posted == moved > 0
    assert plain.execute("SELECT amount FROM transfer ORDER BY timestamp DESC").fetchone() == (40_000,)
    shell("export", "--csv", str(tmp_path / "csv"))
    with (tmp_path / "csv" / "payment.csv").open() as rows:
        assert [row["amount_minor"] for row in csv.DictReader(rows)] == ["40000"]
    assert "target_exists" in shell("export", str(file), status=1)[1]


MISTAKES = [
    (["status", "x"], 1, "no_union"),
    (["init", "--union", "/nowhere"], 1, "file_unreadable"),
    (["run", "--once"], 1, "no_union"),
    (["submit", "/nowhere.xml", "--as", A], 1, "no_union"),
    (["status"], 2, "Missing argument"),
    (["queue", "-o", "yaml"], 2, "Invalid value"),
    (["no-such-command"], 2, "No such command"),
]


@pytest.mark.parametrize(("words", "status", "told"), MISTAKES, ids=[" ".join(each[0]) for each in MISTAKES])
def test_a_mistake_is_named_with_its_cure(shell: Shell, words: list[str], status: int, told: str) -> None:
    _, err = shell(*words, status=status)
    assert told in err
    if status == 1:
        assert "cure:" in err


def test_mistakes_in_a_union_that_exists(shell: Shell) -> None:
    shell("init", "--union", str(UNION))
    for words, code in (
        (["init", "--union", str(UNION)], "union_exists"),
        (["status", "P0"], "unknown_payment"),
        (["statement", "nosuch"], "unknown_account"),
        (["statement", "ACCAKZT"], "unknown_day"),
        (["day", "open", "XXX"], "unknown_currency"),
        (["day", "open", "KZT", "--date", "tomorrow"], "bad_date"),
        (["day", "open", "KZT", "--date", "2026-10-03"], "no_business_day"),
        (["submit", "/nowhere.xml", "--as", A], "file_unreadable"),
        (["held", "release", "P0", "--by", "a", "--checked-by", "b"], "unknown_payment"),
        (["run", "--once", "--now", "soon"], "bad_instant"),
    ):
        _, err = shell(*words, status=1)
        assert f"tasviya: {code}:" in err
        assert "cure:" in err


def test_a_place_that_cannot_be_written_is_named_with_its_cure(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    shell("init", "--union", str(UNION))
    nowhere = str(tmp_path / "file" / "below")
    for words in (
        ["init", "--union", str(UNION), "--home", nowhere],
        ["demo", "--payments", "1", "--home", nowhere],
        ["demo", "--payments", "1", "--home", str(tmp_path / "file")],
        ["export", nowhere],
        ["export", "--csv", nowhere],
    ):
        _, err = shell(*words, status=3)
        assert "tasviya: file_unwritable:" in err
        assert nowhere in err or str(tmp_path / "file") in err
        assert "cure:" in err


def test_a_broken_configuration_ends_with_status_2(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "union.toml"
    file.write_text(
        UNION.read_text(encoding="utf-8").replace('zone = "UTC"', 'zone = "Mars"', 1), encoding="utf-8"
    )
    _, err = shell("init", "--union", str(file), status=2)
    assert "zone" in err
    assert not (shell.home / "tasviya.db").exists()


def test_a_live_union_does_not_start_unsigned(shell: Shell, tmp_path: Path) -> None:
    text = UNION.read_text(encoding="utf-8").replace('mode = "sandbox"', 'mode = "live"')
    live = "\n".join(line for line in text.splitlines() if not line.startswith("opening_balances"))
    file = tmp_path / "union.toml"
    file.write_text(live, encoding="utf-8")
    _, err = shell("init", "--union", str(file), status=2)
    assert "screening" in err


def test_help_names_every_command(shell: Shell) -> None:
    out, _ = shell("--help")
    for command in ("demo", "init", "submit", "run", "status", "queue", "liquidity", "export", "held"):
        assert command in out
    assert shell("--version")[0].startswith("tasviya ")


def test_a_file_handed_in_twice_under_one_name_loses_nothing(
    shell: Shell, payment_file: Path, tmp_path: Path
) -> None:
    shell("init", "--union", str(UNION))
    shell("submit", str(payment_file), "--as", A)
    payment_file.write_text("other bytes")
    shell("submit", str(payment_file), "--as", A)
    assert len(list((shell.home / "inbox" / A).iterdir())) == 2


def test_only_a_participant_hands_files_in(shell: Shell, payment_file: Path) -> None:
    shell("init", "--union", str(UNION))
    for sender in ("../../elsewhere", "NOBDKZ20XXX", ""):
        assert "unknown_sender" in shell("submit", str(payment_file), "--as", sender, status=1)[1]


def test_a_union_that_could_not_be_made_can_be_made_again(shell: Shell, tmp_path: Path) -> None:
    home, clock = app.Home(shell.home), app.MachineClock()
    (shell.home / ".draft").mkdir(parents=True)
    money = OpeningBalance(participant=CODE[A], currency="XXX", amount_minor=1, valid_from="2026-01-01")
    with pytest.raises(KeyError):
        app.initialise(home, UNION, clock, [money])
    assert not home.database.exists()
    assert "participants" in shell("init", "--union", str(UNION))[0]
    assert not (shell.home / ".draft").exists()


def test_an_interrupted_run_says_that_what_was_committed_stays(shell: Shell, payment_file: Path) -> None:
    shell("init", "--union", str(UNION))
    shell("submit", str(payment_file), "--as", A)
    words = ["tasviya", "run", "--workers", "0", "--poll-ms", "1"]
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        f" sys.argv = {words}; from tasviya.cli.main import main; main()"
    )
    running = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if any(file.is_file() for file in (shell.home / "received").rglob("*")):
            break
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.endswith("tasviya: interrupted; what was committed stays.\n")


def test_a_day_of_orders_is_told_to_people_and_programs(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("exchange", "day", "--orders", "600", "--batches", "10", "--whole", "0")
    out, _ = shell(*words, "-o", "json")
    told = json.loads(out)
    assert [each["came"] for each in told["batches"]] == [60] * 10
    assert len(told["batches"][0]["currencies"]) == 16
    first = told["batches"][0]["currencies"][0]
    assert (first["currency"], first["price"]) == ("AED", "1")
    assert 0 < float(told["day"]["alone_percent"]) < float(told["day"]["percent"]) < 100
    rows = list(csv.DictReader(io.StringIO(shell(*words, "-o", "csv")[0])))
    assert len(rows) == 10 * 16
    assert rows[0]["alone_value"] == told["batches"][0]["alone_value"]
    monkeypatch.setenv("COLUMNS", "80")
    out, _ = shell(*words)
    assert "bilateral" not in out and "each pair of currencies netted" in out
    for head in ("Batches", "Prices", "Imbalance left", "The day"):
        assert f"\n{head}" in out
    _, err = shell("exchange", "day", "--flows", "no-such-file", status=1)
    assert err.startswith("tasviya: LB05: no-such-file cannot be read")
