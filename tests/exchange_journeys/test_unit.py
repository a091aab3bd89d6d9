"""The union's unit at work: made at the first fixing, worth the same across every change of its basket."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from exchange_days import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, quiet_day, rates, traded_day
from exchange_union import UNION, ExchangeUnion
from typer.testing import CliRunner

from tasviya.adapters.sqlite_store import SqliteStore
from tasviya.app import ask_rates
from tasviya.cli.main import app
from tasviya.core.errors import OperatorError, StoreError
from tasviya.exchange.union_unit import Basket, published
from tasviya.services.rate_rows import baskets_of
from tasviya.services.unit_of_work import Changes

WITH_OMR = {"KZT": Fraction("0.3"), "INR": Fraction("0.3"), "OMR": Fraction("0.4")}
SLACK = Fraction(2, 10**6)
"""An anchor's amount has 7 digits, an official rate 6."""


def unit(union: ExchangeUnion, day: str | None = None) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    head, rows = ask_rates(union.home).unit(date.fromisoformat(day) if day else None)
    return head, {row["currency"]: row for row in rows}


def values(union: ExchangeUnion, day: str | None = None) -> dict[str, Fraction]:
    return {code: Fraction(row["value"]) for code, row in rates(union, day).items()}


def baskets(union: ExchangeUnion) -> list[Basket]:
    return baskets_of(ask_rates(union.home).basket_rows("TSU"))


def worth(held: Basket, found: dict[str, Fraction]) -> Fraction:
    exact = held.worth(found)
    assert isinstance(exact, Fraction)
    return exact


def configured(root: Path, *changes: tuple[str, str]) -> ExchangeUnion:
    """The union with another configuration."""
    text = UNION.read_text(encoding="utf-8")
    for good, bad in changes:
        assert good in text
        text = text.replace(good, bad)
    root.mkdir(exist_ok=True)
    file = root / "union.toml"
    file.write_text(text, encoding="utf-8")
    return ExchangeUnion(root / "home", union=file)


# Its value


def test_first_fixing_makes_the_basket_and_its_worth(union: ExchangeUnion) -> None:
    quiet_day(union, TUESDAY)
    head, rows = unit(union)
    assert (head["unit"], head["basket_from"], head["interest_percent"]) == ("TSU", TUESDAY, "11.150")
    told = {code: float(row["value"]) for code, row in rows.items()}
    assert told == pytest.approx({"INR": 10, "KZT": 62.5, "OMR": 10 / 220}, rel=1e-5)
    shares = {code: float(row["share_percent"]) for code, row in rows.items() if row["share_percent"]}
    assert shares == pytest.approx({"INR": 40, "KZT": 60}, rel=1e-4)


def test_value_follows_the_rates_and_is_published_in_six_digits(union: ExchangeUnion) -> None:
    quiet_day(union, TUESDAY)
    (held,) = baskets(union)
    traded_day(union, WEDNESDAY, sell="0.163", buy="6.1")
    _, rows = unit(union)
    now = values(union)
    assert now["KZT"] / now["INR"] > Fraction("0.1629")
    for code, value in now.items():
        assert Fraction(rows[code]["value"]) == published(worth(held, now) / value)
    assert float(rows["INR"]["value"]) > 10.1, "the tenge in it has risen"
    shares = [Fraction(row["share_percent"]) for row in rows.values() if row["share_percent"]]
    assert sum(shares) == pytest.approx(100, abs=1e-3)


def test_unit_of_one_currency_is_worth_that(tmp_path: Path) -> None:
    union = configured(
        tmp_path / "u",
        ("[unit]", '[unit]\nkind = "currency"'),
        ('weights = { KZT = "0.6", INR = "0.4" }\n', ""),
    )
    for day in (TUESDAY, WEDNESDAY):
        quiet_day(union, day)
        assert unit(union)[1]["INR"]["value"] == "10"
        assert unit(union)[0]["interest_percent"] == "6.500"
    assert baskets(union) == []


def test_sizes_make_weights_within_bounds(tmp_path: Path) -> None:
    sizes = 'sizes = { KZT = "80", INR = "15", OMR = "5" }\ncap = "0.5"\nfloor = "0.2"'
    union = configured(tmp_path / "u", ('weights = { KZT = "0.6", INR = "0.4" }', sizes))
    quiet_day(union, TUESDAY)
    weights = {code: row["weight"] for code, row in unit(union)[1].items()}
    assert weights == {"KZT": "0.5", "INR": "0.3", "OMR": "0.2"}


def test_unit_begins_when_all_its_currencies_have_a_value(tmp_path: Path) -> None:
    union = configured(tmp_path / "u", ('rates.KZT = "0.16"\n', ""))
    quiet_day(union, TUESDAY)
    head, rows = unit(union)
    assert rows == {}
    assert head["lacks"] == "KZT has no value on the day or over the base window."
    traded_day(union, WEDNESDAY)
    assert rates(union)["KZT"]["level"] == "batch"
    head, rows = unit(union)
    assert (head["basket_from"], head["lacks"]) == (WEDNESDAY, "")
    assert float(rows["INR"]["value"]) == pytest.approx(10, rel=1e-5)


def test_first_basket_takes_the_mean_of_the_fixings_before_it(tmp_path: Path) -> None:
    """The rupee rises by a per cent between the two fixings, and only the second has the tenge."""
    two = 'rates.INR = [{ value = "1", valid_to = 2026-09-30 }, { value = "1.01", valid_from = 2026-09-30 }]'
    late = 'rates.KZT = { value = "0.16", valid_from = 2026-09-30 }'
    changes = (('rates.KZT = "0.16"', late), ('rates.INR = "1"', two))
    union = configured(tmp_path / "u", *changes)
    quiet_day(union, TUESDAY)
    quiet_day(union, WEDNESDAY)
    before, now = values(union, TUESDAY), values(union, WEDNESDAY)
    assert now["INR"] > before["INR"] * Fraction("1.004")
    (held,) = baskets(union)
    parts = (
        held.amounts["INR"] * (before["INR"] + now["INR"]) / 2,
        held.amounts["KZT"] * now["KZT"],
    )
    assert float(parts[0] / sum(parts)) == pytest.approx(0.4, rel=1e-4)


def test_union_without_a_unit_fixes_its_rates_all_the_same(tmp_path: Path) -> None:
    union = configured(tmp_path / "u", ("[unit]", '[unit]\nkind = "none"'))
    quiet_day(union, TUESDAY)
    assert set(rates(union)) == {"INR", "KZT", "OMR"}
    with pytest.raises(OperatorError, match="no unit"):
        unit(union)


# Its changes


@pytest.fixture
def moved(union: ExchangeUnion) -> ExchangeUnion:
    """After two days, the second of which has moved the rates."""
    quiet_day(union, TUESDAY)
    traded_day(union, WEDNESDAY, sell="0.163", buy="6.1")
    return union


def test_entry_exit_and_revision_leave_the_unit_worth_what_it_was(moved: ExchangeUnion) -> None:
    without_kzt = {"INR": Fraction("0.55"), "OMR": Fraction("0.45")}
    turned = {"INR": Fraction("0.2"), "OMR": Fraction("0.8")}
    days = (WEDNESDAY, THURSDAY, FRIDAY)
    for day, weights in zip(days, (WITH_OMR, without_kzt, turned), strict=True):
        old, on_the_day = baskets(moved)[-1], values(moved)
        made = moved.revise(weights)
        assert set(made.amounts) == set(weights)
        assert abs(worth(made, on_the_day) / worth(old, on_the_day) - 1) < SLACK
        assert unit(moved, day)[0]["basket_from"] == old.valid_from.isoformat(), "the past stays"
        quiet_day(moved, {WEDNESDAY: THURSDAY, THURSDAY: FRIDAY, FRIDAY: "2026-10-05"}[day])
        head, rows = unit(moved)
        assert head["basket_from"] == made.valid_from.isoformat()
        now = values(moved)
        assert Fraction(rows["INR"]["value"]) == published(worth(made, now) / now["INR"])
    assert len(baskets(moved)) == 4


def test_amounts_follow_the_mean_of_the_base_window(moved: ExchangeUnion) -> None:
    """Of two fixings, one before and one after the tenge rose by 1.9 %."""
    made = moved.revise(WITH_OMR)
    window = [values(moved, day) for day in (TUESDAY, WEDNESDAY)]
    parts = {code: made.amounts[code] * sum(day[code] for day in window) / 2 for code in WITH_OMR}
    for code, part in parts.items():
        assert float(part / sum(parts.values())) == pytest.approx(float(WITH_OMR[code]), rel=1e-4)


def test_revision_without_weights_takes_the_unions_own(moved: ExchangeUnion) -> None:
    made = moved.revise()
    assert set(made.amounts) == {"KZT", "INR"}
    assert made.amounts != baskets(moved)[0].amounts, "at the new mean rates"


def test_revision_that_could_not_be_committed_comes_out_the_same(
    moved: ExchangeUnion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are written, and then the disk is full."""

    def disk_is_full(store: SqliteStore, changes: Changes) -> None:
        assert changes.unit_baskets
        raise StoreError("disk_full", "The disk is full.", "Free space.")

    before = baskets(moved)
    monkeypatch.setattr(SqliteStore, "_write_journal", disk_is_full)
    with pytest.raises(StoreError):
        moved.revise(WITH_OMR)
    monkeypatch.undo()
    assert baskets(moved) == before
    assert moved.revise(WITH_OMR) == baskets(moved)[-1]


@pytest.mark.parametrize(
    ("weights", "more", "code"),
    [
        ({"KZT": "0.5", "USD": "0.5"}, {}, "FX01"),
        ({"KZT": "0.5", "INR": "0.5"}, {"anchor": "OMR"}, "FX10"),
        ({"KZT": "1"}, {"valid_from": date(2026, 10, 2)}, "not_revised_then"),
    ],
)
def test_basket_that_cannot_be_is_refused_and_changes_nothing(
    moved: ExchangeUnion, weights: dict[str, str], more: dict[str, Any], code: str
) -> None:
    before = baskets(moved)
    with pytest.raises(OperatorError) as refused:
        moved.revise({key: Fraction(value) for key, value in weights.items()}, **more)
    assert refused.value.refusal.reason == code
    assert baskets(moved) == before


def test_commands_show_fix_and_revise(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    home = ["--home", str(union.home.root), "-o", "csv"]
    now = ["--now", "2026-09-29T10:15:00Z", *home]
    run = CliRunner().invoke
    fixed = run(app, ["unit", "fix", *now])
    assert fixed.exit_code == 0, fixed.output
    assert fixed.output.count("central_bank") == 3
    shown = run(app, ["unit", "show", *home])
    assert "INR,10,4,0.4,40" in shown.output
    made = run(app, ["unit", "revise", "--weight", "KZT=0.5", "--weight", "OMR=0.5", *now])
    assert made.exit_code == 0, made.output
    assert made.output.splitlines()[0] == "unit,valid_from,currency,amount,weight,anchor"
    assert "TSU,2026-09-30,OMR," in made.output
    assert run(app, ["unit", "revise", "--weight", "KZT=half", *now]).exit_code == 1
