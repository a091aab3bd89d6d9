"""The fixing ladder: where a day's values come from, what holds a jump, and when a currency is suspended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.business_day import Calendar
from tasviya.core.rates import FxReason, RateHistory, RateSource
from tasviya.exchange.fixing import Fixed, Fixing, Reading, Sheet, fix, root

DAY = date(2026, 9, 28)
WORTH = {"CNY": "1", "INR": "0.0698", "IRR": "0.00000488", "KZT": "0.0152", "RUB": "0.0794"}
CALENDARS = dict.fromkeys(WORTH, Calendar("")) | {"IRR": Calendar("", weekend=frozenset({3, 4}))}
BATCH, QUOTES, BANK, LAST = RateSource


def sheet(
    source: RateSource, values: Mapping[str, str | Fraction], orders: int = 100, parties: int = 5
) -> Sheet:
    readings = {
        code: Reading(Fraction(value), (f"{source.name} {code}",), orders, parties)
        for code, value in values.items()
    }
    return Sheet(source, readings)


def moved(**factors: str) -> dict[str, Fraction]:
    """The day's values, some of them changed by a factor."""
    return {code: Fraction(value) * Fraction(factors.get(code, "1")) for code, value in WORTH.items()}


def first_day() -> dict[str, Fixed]:
    return dict(fix(DAY, CALENDARS, [sheet(BATCH, WORTH)], {}).fixed)


def days(count: int, **factors: str) -> Fixing:
    """Days of a sheet that lacks IRR, after the first."""
    last, found = first_day(), None
    for ahead in range(1, count + 1):
        values = moved(**factors)
        del values["IRR"]
        found = fix(DAY + timedelta(days=ahead), CALENDARS, [sheet(BATCH, values)], last)
        last = dict(found.fixed)
    assert found is not None
    return found


def rate(fixing: Fixing, base: str, quote: str) -> float:
    return float(fixing.fixed[base].rate.value / fixing.fixed[quote].rate.value)


# The ladder


@pytest.mark.parametrize(
    ("orders", "banks", "contributors", "central", "source"),
    [
        (20, 3, 9, True, BATCH),
        (19, 3, 3, True, QUOTES),
        (20, 2, 3, True, QUOTES),
        (19, 3, 2, True, BANK),
        (0, 0, 0, True, BANK),
        (19, 3, 2, False, LAST),
    ],
)
def test_ladder_takes_the_best_source_that_qualifies(
    orders: int, banks: int, contributors: int, central: bool, source: RateSource
) -> None:
    sheets = [sheet(BANK, WORTH)] if central else []
    sheets += [sheet(QUOTES, WORTH, 0, contributors), sheet(BATCH, WORTH, orders, banks)]
    found = fix(DAY + timedelta(days=1), CALENDARS, sheets, first_day())
    assert {each.rate.source for each in found.fixed.values()} == {source}
    assert {each.rate.stale for each in found.fixed.values()} == {source is LAST}


def test_currency_missing_in_the_batch_comes_from_the_next_source_on_one_scale() -> None:
    """The central bank counts in another unit, a hundred times as large."""
    batch = {code: value for code, value in WORTH.items() if code != "KZT"}
    central = {code: Fraction(value) / 100 for code, value in WORTH.items()}
    found = fix(DAY, CALENDARS, [sheet(BANK, central), sheet(BATCH, batch)], {})
    assert found.fixed["KZT"].rate.source is BANK
    assert found.fixed["KZT"].rate.evidence == ("CENTRAL_BANK KZT",)
    assert found.fixed["CNY"].rate.source is BATCH
    assert rate(found, "CNY", "KZT") == pytest.approx(1 / 0.0152, rel=2e-6)


def test_source_that_shares_no_currency_is_no_help() -> None:
    found = fix(DAY, CALENDARS, [sheet(BATCH, {"CNY": "1", "INR": "0.07"}), sheet(BANK, {"KZT": "2"})], {})
    assert set(found.fixed) == {"CNY", "INR"}
    assert set(found.refused) == {"IRR", "KZT", "RUB"}
    assert found.refused["KZT"].reason == FxReason.NO_RATE


def test_one_number_alone_fixes_nothing() -> None:
    assert not fix(DAY, CALENDARS, [sheet(BATCH, {"CNY": "1"})], {}).fixed


def test_strangers_and_nonsense_are_left_out() -> None:
    found = fix(DAY, CALENDARS, [sheet(BATCH, WORTH | {"USD": "7", "KZT": "0", "RUB": "-1"})], {})
    assert set(found.fixed) == {"CNY", "INR", "IRR"}


# The mean


@given(st.lists(st.fractions(Fraction(1, 10**6), 10**6), min_size=5, max_size=5))
@settings(deadline=None)
def test_geometric_mean_of_the_members_is_one(values: list[Fraction]) -> None:
    found = fix(DAY, CALENDARS, [sheet(BATCH, dict(zip(WORTH, values, strict=True)))], {})
    product = prod(each.rate.value for each in found.fixed.values())
    assert float(product) == pytest.approx(1, rel=5 * 5.1e-6)
    for each, value in zip(found.fixed.values(), values, strict=True):
        assert float(each.rate.value / found.fixed["CNY"].rate.value) == pytest.approx(
            float(value / values[0]), rel=1.1e-5
        )


def test_scale_of_the_sheet_does_not_matter() -> None:
    larger = {code: Fraction(value) * 977 for code, value in WORTH.items()}
    assert fix(DAY, CALENDARS, [sheet(BATCH, larger)], {}) == fix(DAY, CALENDARS, [sheet(BATCH, WORTH)], {})


def test_values_have_six_digits() -> None:
    for each in first_day().values():
        digits = f"{float(each.rate.value):.12e}".split("e")[0].replace(".", "")
        assert digits[6:].strip("0") == ""


def test_newcomer_moves_nobody() -> None:
    last = first_day()
    joined = CALENDARS | {"UZS": Calendar("")}
    sheets = [sheet(BATCH, moved() | {"UZS": Fraction("0.000569")})]
    one = fix(DAY + timedelta(days=1), joined, sheets, last)
    two = fix(DAY + timedelta(days=2), joined, [sheet(BATCH, {"CNY": "1", "RUB": "0.0794"})], dict(one.fixed))
    assert one.fixed["CNY"].rate.value == last["CNY"].rate.value
    assert two.fixed["UZS"].rate.stale
    for fixing in (one, two):
        assert rate(fixing, "CNY", "UZS") == pytest.approx(1 / 0.000569, rel=3e-6)
    assert float(prod(each.rate.value for each in two.fixed.values())) == pytest.approx(1, abs=1e-5)


def test_fixings_enter_the_history_as_they_are() -> None:
    found = fix(DAY, CALENDARS, [sheet(BATCH, WORTH)], {})
    history = RateHistory("MEAN").with_rates(found.rates)
    assert isinstance(history, RateHistory)
    assert len(history) == 5


# Stale and suspended


def test_last_fixing_is_kept_marked_and_dated() -> None:
    kept = days(1).fixed["IRR"]
    assert kept.rate.value == first_day()["IRR"].rate.value
    assert (kept.rate.source, kept.rate.fixed_on, kept.rate.stale) == (LAST, DAY, True)
    assert not kept.suspended
    assert kept.disputed is None


def test_currency_is_suspended_after_five_of_its_own_business_days() -> None:
    """From a Monday; IRR rests on Thursdays and Fridays, so its fifth business day is the next Monday."""
    assert [days(count).fixed["IRR"].suspended for count in (6, 7, 8)] == [False, False, True]
    assert days(8).fixed["IRR"].rate.value == first_day()["IRR"].rate.value, "and stays in the basket"


def test_suspended_currency_returns_with_a_fresh_value() -> None:
    found = fix(DAY + timedelta(days=9), CALENDARS, [sheet(BATCH, WORTH)], dict(days(8).fixed))
    assert not found.fixed["IRR"].suspended
    assert found.fixed["IRR"].rate.source is BATCH


# Two sources for a jump


def test_jump_that_one_source_says_is_held_and_published() -> None:
    last = first_day()
    found = fix(DAY + timedelta(days=1), CALENDARS, [sheet(BATCH, moved(KZT="0.97"))], last)
    held = found.fixed["KZT"]
    assert held.rate.value == last["KZT"].rate.value
    assert held.rate.source is LAST
    assert held.disputed is not None
    assert float(held.disputed / last["KZT"].rate.value) == pytest.approx(0.97, rel=1e-5)
    assert {code for code, each in found.fixed.items() if each.rate.stale} == {"KZT"}, "others are not moved"


def test_jump_that_two_sources_say_is_taken() -> None:
    sheets = [sheet(BATCH, moved(KZT="0.97")), sheet(BANK, moved(KZT="0.972"))]
    found = fix(DAY + timedelta(days=1), CALENDARS, sheets, first_day())
    assert found.fixed["KZT"].rate.source is BATCH
    assert found.fixed["KZT"].disputed is None
    assert rate(found, "KZT", "CNY") == pytest.approx(0.0152 * 0.97, rel=2e-6)


def test_second_source_that_contradicts_the_jump_does_not_help() -> None:
    sheets = [sheet(BATCH, moved(KZT="0.90")), sheet(BANK, WORTH)]
    assert fix(DAY + timedelta(days=1), CALENDARS, sheets, first_day()).fixed["KZT"].disputed


@pytest.mark.parametrize(
    ("factor", "held"), [("1.019", False), ("0.981", False), ("1.021", True), ("0.979", True)]
)
def test_four_times_the_first_deviation_of_50_bp_is_the_bound(factor: str, held: bool) -> None:
    found = fix(DAY + timedelta(days=1), CALENDARS, [sheet(BATCH, moved(KZT=factor))], first_day())
    assert (found.fixed["KZT"].disputed is not None) is held


def test_bound_follows_the_moves_of_the_currency() -> None:
    """Quiet for 60 days it narrows, at most to 4 times 5 bp; a lively one keeps its width."""
    last = first_day()
    for ahead in range(1, 61):
        values = moved(RUB="1.004" if ahead % 2 else "1")
        last = dict(fix(DAY + timedelta(days=ahead), CALENDARS, [sheet(BATCH, values)], last).fixed)
    found = fix(DAY + timedelta(days=61), CALENDARS, [sheet(BATCH, moved(KZT="1.01", RUB="1.01"))], last)
    assert found.fixed["KZT"].disputed is not None
    assert found.fixed["RUB"].disputed is None


def test_bound_widens_while_a_value_is_stale() -> None:
    """A move of 3.5 % is beyond 4 deviations of one day, but within those of four days."""

    def after(count: int) -> Fixing:
        day = DAY + timedelta(days=count)
        return fix(day, CALENDARS, [sheet(BATCH, moved(KZT="1.035"))], first_day())

    assert after(1).fixed["KZT"].disputed is not None
    assert after(4).fixed["KZT"].disputed is None


def test_disputed_value_grows_stale_like_any_other() -> None:
    last = first_day()
    for ahead in range(1, 10):
        found = fix(DAY + timedelta(days=ahead), CALENDARS, [sheet(BATCH, moved(KZT="2"))], last)
        last = dict(found.fixed)
    assert last["KZT"].suspended
    assert last["KZT"].disputed is not None


# Roots


@given(st.fractions(Fraction(1, 10**40), 10**40), st.integers(1, 64))
def test_root_to_its_power_gives_the_number_back(value: Fraction, degree: int) -> None:
    found = root(value, degree)
    assert found**degree <= value < (found * (1 + Fraction(1, 10**28))) ** degree
