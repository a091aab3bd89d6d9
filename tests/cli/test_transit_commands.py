"""`tasviya customs transit` and `guarantee` on the command line: what is typed reaches the union."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "customs"))

from transit_made_up import message

from tasviya.app import initialise
from tasviya.cli.main import main
from tasviya.core.clock import ManualClock, instant_of
from tasviya.home import Home

ROOT = Path(__file__).parents[2]
FILE = ROOT / "examples" / "customs" / "transit.xml"
MRN, GRN = "26KZT00000000001J0", "26KZ0000000000015"
TAKE = (
    "guarantee take --member KZ --guarantor KZ-ALTYN --principal KZ-ORDA --line 1500000.00 --currency KZT"
    " --from 2026-01-01 --until 2026-12-31 --valid-in KZ,UZ --access-code Q7x2 --as kz.chief"
)


class Desk:
    """A person at the command line of the example corridor."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def at(self, now: str) -> None:
        self.monkeypatch.setenv("TASVIYA_NOW", now)

    def __call__(self, line: str, status: int = 0) -> str:
        self.monkeypatch.setattr(sys, "argv", ["tasviya", "customs", *line.split()])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = "".join(self.capsys.readouterr())
        assert int(ended.value.code or 0) == status, said
        return said

    def told(self) -> dict[str, object]:
        (found,) = json.loads(self(f"transit status {MRN} -o json"))
        assert isinstance(found, dict)
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """The corridor with a guarantee of 1,500,000.00 KZT and goods that are declared."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TASVIYA_HOME", str(tmp_path / "union"))
    now = "2026-09-29T06:00:00Z"
    union = ROOT / "examples" / "corridor" / "union.toml"
    initialise(Home(tmp_path / "union"), union, ManualClock(instant_of(now)))
    made = Desk(monkeypatch, capsys)
    made.at(now)
    made(TAKE)
    made(f"transit declare {FILE} --as KZ-ORDA")
    return made


def test_lost_goods_are_called_in_the_member_where_they_were_seen_last(desk: Desk) -> None:
    desk(f"transit control {MRN} --as kz.officer.2 --goods 10=weigh --document N380=invoice --answers told")
    desk(f"transit release {MRN} --as kz.officer.1 --seals S-1,S-2")
    desk(f"transit leave {MRN} --office KZ398001 --as kz.officer.1 --at 2026-09-29T06:00:00Z")
    desk.at("2026-09-30T06:00:00Z")
    desk(f"transit enter {MRN} --office UZ000300 --as uz.officer.1 --at 2026-09-29T09:30:00Z")
    desk(f"transit incident {MRN} --kind accident --as KZ-ORDA --text fire --place UZTAS --answers told")
    desk.at("2026-10-17T06:00:00Z")
    assert "enquire" in desk("transit due")
    desk(f"transit enquire {MRN} --as kz.officer.1")
    desk.at("2026-11-15T06:00:00Z")
    assert "RO01" in desk(f"transit call {MRN} --as kz.chief", 1)
    assert "bad_amount" in desk(f"transit call {MRN} --as uz.chief --proved 1.999", 1)
    desk(f"transit call {MRN} --as uz.chief --proved 250000.00")
    found = desk.told()
    assert (found["status"], found["called"]) == ("called", "1000000.00 in UZ")
    assert str(found["claim"]).startswith("26UZ")
    (kept,) = json.loads(desk(f"guarantee show {GRN} -o json"))
    assert (kept["called"], kept["free"], kept["reservations"]) == ("1000000.00", "500000.00", [])
    assert sorted(each.name[19:22] for each in Path("told").iterdir()) == ["060", "182"]


def test_what_is_short_is_told_and_secured_later(desk: Desk, tmp_path: Path) -> None:
    second = tmp_path / "second.xml"
    second.write_text(FILE.read_text(encoding="utf-8").replace("ORDA-77", "ORDA-78"), encoding="utf-8")
    assert "1,000,000.00 KZT is lacking" in desk(f"transit declare {second} --as KZ-ORDA --answers told", 1)
    assert sorted(each.name[19:22] for each in Path("told").iterdir()) == ["028", "055", "928"]
    other = next(each for each in json.loads(desk("transit status -o json")) if each["status"] == "declared")
    assert "GU10" in desk(f"transit secure {other['mrn']} --as KZ-ORDA --access-code none", 1)
    desk(f"transit cancel {MRN} --as KZ-ORDA --reason sold")
    desk(f"transit secure {other['mrn']} --as KZ-ORDA --access-code Q7x2")
    desk(f"transit reject {other['mrn']} --as kz.officer.1 --reason broken --answers told")
    assert "051" in {each.name[19:22] for each in Path("told").iterdir()}
    desk(f"guarantee revoke {GRN} --as kz.chief")
    assert "2026-09-29" in desk(f"guarantee show {GRN}")


def test_other_messages_are_not_declared(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "other.xml"
    file.write_bytes(message("CC007C", ""))
    assert "DN01" in desk(f"transit declare {file} --as KZ-ORDA", 1)
    assert "DN02" in desk(f"transit message {file} --as KZ-ORDA --answers told", 1)
    assert [each.name[:3] for each in Path("told").iterdir()] == ["917"]


def test_lacking_goods_by_hand(desk: Desk) -> None:
    desk(f"transit release {MRN} --as kz.officer.1")
    desk(f"transit arrive {MRN} --office UZ000204 --as uz.officer.1 --seals S-100,S-101 --trader UZ-1")
    desk(f"transit unload {MRN} --as uz.officer.1 --lacking 12500.00 --remark two")
    assert desk.told()["lacking"] == "12500.00"
    assert "TN09" in desk(f"transit discharge {MRN} --as kz.officer.1", 1)


def test_unknown_numbers_are_told(desk: Desk) -> None:
    assert "TW01" in desk("transit status 26KZT00000000009J9", 1)
    assert "TW01" in desk("transit call 26KZT00000000009J9 --as kz.chief", 1)
    assert "CU09" in desk("guarantee show 26KZ0000000000099", 1)
    assert "unknown_currency" in desk(TAKE.replace("KZT --from", "ZZZ --from"), 1)
