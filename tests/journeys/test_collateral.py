"""Credit lines against collateral: how far they go, and what may be done with what secures them."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from secured_union import BOND, Secured
from small_union import A, B, C, minor
from typer.testing import CliRunner

from tasviya.app import ask, ask_credit
from tasviya.cli.main import app
from tasviya.core.errors import OperatorError
from tasviya.services.collateral import release

TUESDAY, WEDNESDAY = "2026-09-29", "2026-09-30"


@pytest.fixture
def union(tmp_path: Path) -> Secured:
    made = Secured(tmp_path / "u")
    made.at("10:00").settle()
    return made


def draw(union: Secured, amount: float, day: str = TUESDAY) -> str:
    """Let KZ-B draw on its line by paying so much more than it has."""
    paid = union.pay(B, C, 100 + amount)
    union.settle()
    return paid


def test_secured_line_goes_as_far_as_its_collateral(union: Secured) -> None:
    assert union.granted() == minor(285)
    beyond = union.pay(B, C, "385.01")
    union.settle()
    assert union.statuses(B, beyond) == ["PDNG AM04"]
    union.recall(B, beyond)
    paid = union.pay(B, C, 385)
    union.settle()
    assert union.statuses(B, paid) == ["ACSC"]
    assert union.line() == {
        "limit": minor(500),
        "line_value": minor(285),
        "granted": minor(285),
        "drawn": minor(285),
        "free": 0,
        "uncovered": 0,
    }


def test_secured_line_goes_no_further_than_its_limit(tmp_path: Path) -> None:
    union = Secured(tmp_path / "u", BOND.replace("300", "1_000") + " }")
    union.at("10:00").settle()
    assert (union.granted(), union.line()["line_value"]) == (minor(500), minor(950))


def test_new_collateral_counts_at_once_and_pays_what_waits(union: Secured) -> None:
    waits = draw(union, 300)
    assert union.statuses(B, waits) == ["PDNG AM04"]
    union.pledge("BOND-2", "25", "CORPORATE")
    union.settle()
    assert union.statuses(B, waits) == ["PDNG AM04", "ACSC"]
    assert (union.granted(), union.drawn(B)) == (minor(305), minor(300))


def test_higher_value_counts_from_the_next_business_date_on(union: Secured) -> None:
    union.pledge("BOND-1", "400")
    assert union.granted() == minor(285)
    union.at("10:00", WEDNESDAY).settle()
    assert union.granted() == minor(380)


def test_lower_value_lowers_the_line_at_once_but_not_below_what_is_drawn(union: Secured) -> None:
    draw(union, 200)
    union.pledge("BOND-1", "250")
    assert union.granted() == minor("237.5")
    union.at("10:00", WEDNESDAY).settle()
    union.pledge("BOND-1", "100")
    assert union.granted() == minor(200)
    union.at("10:00", "2026-10-02").settle()
    told = union.line()
    assert (told["granted"], told["line_value"], told["uncovered"]) == (minor(200), minor(95), minor(105))


def test_asset_that_is_worth_nothing_any_more_leaves_the_line_at_what_is_drawn(union: Secured) -> None:
    draw(union, 200)
    union.pledge("BOND-1", "0")
    assert union.granted() == minor(200)
    waits = draw(union, 50)
    assert union.statuses(B, waits) == ["PDNG AM04"]


def test_collateral_that_secures_drawn_credit_is_not_released(union: Secured) -> None:
    union.pledge("BOND-2", "100", "CORPORATE")
    draw(union, 200)
    before = union.books()
    with pytest.raises(OperatorError) as refused:
        union.release("BOND-1")
    told = refused.value.refusal
    assert (told.reason, told.where) == ("collateral_needed", "BOND-1")
    assert told.what == "BOND-1 secures drawn credit: without it 120.00 of 200.00 KZT would be uncovered."
    assert union.books() == before
    assert len(ask_credit(union.home).collateral("KZ-B", None)[1]) == 2


def test_released_collateral_lowers_the_line_now_and_goes_tomorrow(union: Secured) -> None:
    union.pledge("BOND-2", "100", "CORPORATE")
    draw(union, 200)
    assert union.granted() == minor(365)
    union.release("BOND-2")
    assert union.granted() == minor(285), "nothing can be drawn any more on what is about to go"
    _, holdings = ask_credit(union.home).collateral("KZ-B", None)
    assert [each["until"] for each in holdings] == ["", WEDNESDAY]
    union.at("10:00", WEDNESDAY).settle()
    assert union.granted() == minor(285)
    assert [each["reference"] for each in ask_credit(union.home).collateral("KZ-B", None)[1]] == ["BOND-1"]


def test_collateral_that_ends_tomorrow_secures_nothing_today(tmp_path: Path) -> None:
    """What is drawn may stay drawn overnight."""
    ends = "{}, valid_to = 2026-10-02 }}"
    union = Secured(tmp_path / "u", ends.format(BOND))
    union.at("10:00").settle()
    assert union.granted() == minor(285)
    union.at("10:00", WEDNESDAY).settle()
    assert (union.granted(), union.line()["line_value"]) == (0, minor(285))


def test_release_while_the_day_is_closed_binds_the_next_day(union: Secured) -> None:
    union.at("18:30").settle()
    union.release("BOND-1")
    union.at("10:00", WEDNESDAY).settle()
    assert (union.granted(), union.line()["line_value"]) == (0, minor(285))
    union.at("10:00", "2026-10-02").settle()
    assert (union.granted(), union.line()["line_value"]) == (0, 0)


def test_nothing_of_a_change_that_is_refused_stays(union: Secured) -> None:
    union.pledge("BOND-1", "400")
    tables = lambda: ask(union.home).db.execute("SELECT * FROM collateral").fetchall()  # noqa: E731
    before = tables()
    refused = [
        ("value_stands", lambda: union.pledge("BOND-1", "500")),
        ("class_not_taken", lambda: union.pledge("BOND-2", "500", "GOLD")),
        ("bad_reference", lambda: union.pledge("BOND 2", "500")),
        ("bad_reference", lambda: union.pledge("", "500")),
        ("bad_amount", lambda: union.pledge("BOND-2", "")),
        ("bad_amount", lambda: union.pledge("BOND-2", "-5")),
        ("bad_amount", lambda: union.pledge("BOND-2", "1.005")),
        ("bad_amount", lambda: union.pledge("BOND-2", "1e9")),
        ("bad_amount", lambda: union.pledge("BOND-2", "9" * 19)),
        ("bad_amount", lambda: union.pledge("BOND-2", "9" * 80)),
        ("valued_later", lambda: union.pledge("BOND-2", "5", valued_on=date(2026, 9, 30))),
        ("unknown_collateral", lambda: union.release("BOND-9")),
        ("no_account", lambda: union.do(lambda work: release(work, "OM-E", "KZT", "BOND-1"))),
        ("no_account", lambda: union.do(lambda work: release(work, "KZ-B", "XXX", "BOND-1"))),
    ]
    for code, act in refused:
        with pytest.raises(OperatorError) as stopped:
            act()
        assert stopped.value.refusal.reason == code, stopped.value
    assert tables() == before


changes = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from([40, 90, 200, 350])),
        st.tuples(st.just("be paid"), st.sampled_from([40, 90, 200])),
        st.tuples(st.just("pledge"), st.tuples(st.sampled_from("XYZ"), st.sampled_from([50, 120, 400]))),
        st.tuples(st.just("release"), st.sampled_from("XYZ")),
        st.tuples(st.just("next day"), st.just(0)),
    ),
    min_size=3,
    max_size=8,
)
DAYS = [
    "2026-09-30",
    "2026-10-02",
    "2026-10-05",
    "2026-10-06",
    "2026-10-07",
    "2026-10-08",
    "2026-10-09",
    "2026-10-12",
]


@given(changes)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_happens_no_line_goes_beyond_its_collateral(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, Any]]
) -> None:
    """Only a value that falls may leave drawn credit uncovered, and then nothing more is drawn."""
    union = Secured(tmp_path_factory.mktemp("any") / "u", stays_up=True)
    union.at("10:00").settle()
    days, lowered = iter(DAYS), False
    for act, facts in acts:
        drawn = union.drawn(B)
        try:
            if act == "pay":
                union.pay(B, C, facts)
            elif act == "be paid":
                union.pay(A, B, facts)
            elif act == "pledge":
                lowered = True
                union.pledge(f"BOND-{facts[0]}", str(facts[1]))
            elif act == "release":
                union.release(f"BOND-{facts}")
            else:
                union.at("18:30", union.day).settle()
                union.at("10:00", next(days)).settle()
        except OperatorError as refused:
            assert refused.refusal.reason in ("collateral_needed", "unknown_collateral", "value_stands")
        union.settle()
        told = union.line()
        assert told["granted"] <= max(told["line_value"], told["drawn"])
        assert told["drawn"] <= max(told["line_value"], drawn)
        assert lowered or not told["uncovered"]
    union.close()


def test_commands_pledge_show_and_release(union: Secured) -> None:
    run = CliRunner().invoke
    home = ["--home", str(union.home.root)]
    now = ["--now", f"{TUESDAY}T10:05:00Z", *home, "-o", "csv"]
    pledged = run(
        app, ["pledge", B, "BOND-2", "--currency", "KZT", "--class", "CORPORATE", "--value", "50", *now]
    )
    assert pledged.exit_code == 0, pledged.output
    (row,) = csv.DictReader(StringIO(pledged.output))
    assert (row["secured"], row["line_value"], row["granted"]) == ("yes", "325.00", "325.00")
    shown = run(app, ["collateral", B, *home])
    assert "BOND-2" in shown.output and "CORPORATE" in shown.output
    assert run(app, ["collateral", "KZ-B", "-o", "csv", *home]).output == pledged.output
    gone = run(app, ["release", B, "BOND-2", "--currency", "KZT", *now])
    assert gone.exit_code == 0, gone.output
    assert "285.00" in gone.output
    assert run(app, ["release", B, "BOND-2", "--currency", "KZT", *now]).exit_code == 1
    assert run(app, ["collateral", "NOBODY", *home]).exit_code == 1
    assert run(app, ["collateral", A, *home]).output.strip() == "There is no credit line and no collateral."
