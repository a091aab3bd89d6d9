"""Swing credit over years of real trade: the designers' figures, scales, charges, purchases."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tasviya.cli.main import main
from tasviya.core.errors import OperatorError
from tasviya.lab.regions import region
from tasviya.lab.swing_years import History, Outcome, Rules, history, simulate
from tasviya.lab.trade_files import read_trade, shipped
from tasviya.settlement.imbalances import evening_out, lasting
from tasviya.settlement.swing import HALF_AND_HALF


@pytest.fixture(scope="module")
def latam() -> History:
    return history(shipped(), region("latam"), None, None)


# Money paid, per cent of trade from 1986 to 2006. Source: the swing-credit row of the reference's table 3c.
@pytest.mark.parametrize(("quota", "money"), [(0, "22.6"), (15, "19.5"), (30, "17.0")])
def test_designers_figures_for_latin_america(latam: History, quota: int, money: str) -> None:
    outcome = simulate(latam, Rules(Fraction(quota, 100)))
    assert f"{float(100 * outcome.money_share):.1f}" == money


def plain(of: History, quota: float) -> float:
    """The same in floating point, without integers, scales or rights: the plain twin."""
    position: dict[str, float] = {}
    paid = 0.0
    for year in of.years:
        for member, net in year.net.items():
            position[member] = position.get(member, 0.0) + net
        excess = {m: max(-p - quota * year.turnover.get(m, 0), 0) for m, p in position.items()}
        total = sum(excess.values())
        claims = sum(max(p, 0) for p in position.values())
        for member, before in position.items():
            share = max(before, 0) / claims * total if total else 0.0
            position[member] = before + excess[member] - share
        paid += total
    return paid / of.gross


@pytest.mark.parametrize("name", ["latam", "asean3", "mena", "eu14"])
@pytest.mark.parametrize("percent", [0, 5, 40])
def test_simulation_is_what_plain_arithmetic_says(name: str, percent: int) -> None:
    of = history(shipped(), region(name), 1990, 2006)
    found = simulate(of, Rules(Fraction(percent, 100))).money_share
    assert abs(float(found) - plain(of, percent / 100)) < 1e-9


def adds_up(outcome: Outcome) -> bool:
    return all(sum(each.positions.values()) == 0 for each in outcome.years)


def test_no_quota_is_netting_alone_and_leaves_no_position(latam: History) -> None:
    outcome = simulate(latam, Rules(Fraction(0)))
    assert all(not any(each.positions.values()) for each in outcome.years)
    left = sum(net for year in latam.years for net in year.net.values() if net > 0)
    assert sum(each.money for each in outcome.years) == left


def test_half_in_money_asks_for_more_money_and_fewer_claims(latam: History) -> None:
    credit = simulate(latam, Rules(Fraction(15, 100)))
    half = simulate(latam, Rules(Fraction(15, 100), HALF_AND_HALF))
    assert credit.money_share < half.money_share < simulate(latam, Rules(Fraction(0))).money_share
    assert adds_up(credit) and adds_up(half)


def test_creditors_without_right_to_money_are_never_short(latam: History) -> None:
    rules = Rules(Fraction(15, 100))
    assert all(each.short == 0 for each in simulate(latam, rules).years)
    bounded = simulate(latam, replace(rules, creditor_quota=Fraction(15, 100)))
    assert any(each.short for each in bounded.years)
    assert adds_up(bounded)


def test_charges_and_purchases_move_claims_back_and_save_money(latam: History) -> None:
    rules = Rules(Fraction(15, 100))
    now = simulate(latam, rules)
    for more in (
        replace(rules, charge=Fraction(1, 2)),
        replace(rules, purchase=Fraction(1, 4)),
        replace(rules, more_trade=tuple(evening_out(lasting([each.net for each in latam.years], 5)))),
    ):
        changed = simulate(latam, more)
        assert adds_up(changed)
        assert changed.money_share < now.money_share
        assert sum(each.recycled for each in changed.years) > 0
    assert sum(each.recycled for each in now.years) == 0


def test_base_year_fixes_quotas(latam: History) -> None:
    small = simulate(latam, Rules(Fraction(15, 100), base_year=1986))
    quota = {member: int(usd * Fraction(15, 100)) for member, usd in latam.years[0].turnover.items()}
    assert all(
        position >= -quota[member] for each in small.years for member, position in each.positions.items()
    )
    assert small.money_share > simulate(latam, Rules(Fraction(15, 100))).money_share


def test_one_year_is_no_history() -> None:
    with pytest.raises(OperatorError) as stopped:
        history(shipped(), region("latam"), 1990, 1990)
    assert stopped.value.refusal.reason == "LB12"


def test_a_members_results_swing_within_its_quota(tmp_path: Path) -> None:
    """Surplus and deficit in turn need no money at all."""
    lines = [f"{a},{b},{2000 + n},10" for n in range(6) for a, b in [("A1", "B1") if n % 2 else ("B1", "A1")]]
    file = tmp_path / "swings.csv"
    file.write_text("exporter,importer,year,usd_million\n" + "\n".join(lines), encoding="utf-8")
    of = history(read_trade(file), replace(region("world"), year=2000), None, None)
    assert simulate(of, Rules(Fraction(1))).money_share == 0
    # Half of the first year's debt is beyond the quota; from then on results swing from side to side.
    assert simulate(of, Rules(Fraction(1, 2))).money_share == Fraction(1, 12)
    assert simulate(of, Rules(Fraction(0))).money_share == 1


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["tasviya", "netting", *words.split()])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out if not ended.value.code else err


def test_both_commands_tell_programs_and_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed = told(
        monkeypatch, capsys, "swing --region latam --quota 0,15 --scale 20:0,100:60 -o json"
    )
    rows = json.loads(printed)
    assert (status, [row["quota_percent"] for row in rows]) == (0, ["0.00", "15.00"])
    assert len(rows[1]["years"]) == 21
    assert sum(year["money_usd"] for year in rows[1]["years"]) == rows[1]["money_usd"]
    status, printed = told(monkeypatch, capsys, "imbalances --region latam -o json")
    found = json.loads(printed)
    assert found["lasting"][0]["member"] == "BRA"
    assert found["simulated"][0]["case"] == "nothing"
    assert all(row["buyer"] == "BRA" for row in found["evening_out"])
    status, printed = told(monkeypatch, capsys, "imbalances --region latam -o csv")
    assert next(csv.DictReader(printed.splitlines()))["side"] == "creditor"
    for words in (
        "swing --region latam",
        "imbalances --region latam",
        "imbalances --region eu14 --at-least 50",
    ):
        status, printed = told(monkeypatch, capsys, words)
        assert status == 0
        assert "Money: per cent of all trade." in printed
    assert "Nobody." in printed


@pytest.mark.parametrize(
    ("words", "reason", "where"),
    [
        ("swing", "LB11", "--region"),
        ("swing --region latam --members KZ,UZ", "LB11", "--region"),
        ("swing --region latam --quota 15,", "LB14", "--quota"),
        ("swing --region latam --quota -1", "LB14", "--quota"),
        ("swing --region latam --quota NaN", "LB14", "--quota"),
        ("swing --region latam --quota 1e99", "LB14", "--quota"),
        ("swing --region latam --charge 101", "LB14", "--charge"),
        ("swing --region latam --scale 100:100", "LB14", "--scale"),
        ("swing --region latam --scale sliding", "LB14", "--scale"),
        ("swing --region latam --base 1950", "LB12", "--base"),
        ("swing --region eaeu", "LB12", ""),
        ("imbalances --region latam --purchase 25,x", "LB14", "--purchase"),
        ("imbalances --region latam --from 2010", "LB12", ""),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_option(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    reason: str,
    where: str,
) -> None:
    status, said = told(monkeypatch, capsys, words)
    assert status == 1
    assert said.startswith(f"tasviya: {reason}: ")
    assert (f"where: {where}\n" in said) == bool(where)
