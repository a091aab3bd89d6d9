"""Interest: exact over any time, and rounding takes nothing of it away."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.currencies import currency
from tasviya.core.day_count import DayCount
from tasviya.core.errors import InvariantBroken
from tasviya.core.rounding import Rounding
from tasviya.settlement.interest import Due, accrue, due_now, explained, shown, stretch

DAY = date(2026, 9, 29)
KZT, JPY = currency("KZT"), currency("JPY")

balances = st.integers(-(10**14), 10**14)
percents = st.decimals(-20, 40, places=3).map(Fraction)
ledgers = st.dictionaries(st.dates(date(2026, 1, 1), date(2027, 12, 31)), balances, min_size=1, max_size=12)
conventions = st.sampled_from(DayCount)


def reckoned(held: dict[date, int], percent: Fraction, day_count: DayCount, until: date) -> Fraction:
    """The plain twin: every balance by itself, day after day."""
    exact, day, balance = Fraction(0), min(held), 0
    while day < until:
        balance = held.get(day, balance)
        exact += (
            Fraction(balance) * percent / 100 * day_count.days(day, day + timedelta(days=1)) / day_count.basis
        )
        day += timedelta(days=1)
    return exact


@given(ledgers, percents, conventions, st.integers(0, 40))
def test_interest_of_stretches_is_that_of_their_days(
    held: dict[date, int], percent: Fraction, day_count: DayCount, more: int
) -> None:
    until = max(held) + timedelta(days=more)
    assert accrue(held, percent, day_count, until).exact == reckoned(held, percent, day_count, until)


@given(ledgers, percents, conventions)
def test_order_of_balances_does_not_matter_and_the_last_one_counts_a_day(
    held: dict[date, int], percent: Fraction, day_count: DayCount
) -> None:
    turned = dict(reversed(held.items()))
    found = accrue(turned, percent, day_count)
    assert found == accrue(held, percent, day_count, max(held) + timedelta(days=1))


@given(ledgers, percents, conventions)
def test_debts_cost_what_claims_earn(held: dict[date, int], percent: Fraction, day_count: DayCount) -> None:
    exact = accrue(held, percent, day_count).exact
    assert accrue({day: -each for day, each in held.items()}, percent, day_count).exact == -exact
    assert accrue(held, -percent, day_count).exact == -exact


@given(
    st.lists(st.fractions(-(10**9), 10**9, max_denominator=36_500), max_size=60),
    st.sampled_from(Rounding),
    st.sampled_from([1, 5, 100]),
)
def test_what_is_paid_differs_from_what_is_exact_by_what_is_carried(
    daily: list[Fraction], rounding: Rounding, unit: int
) -> None:
    carried, paid = Fraction(0), 0
    for exact in daily:
        due = due_now(exact, carried, rounding, unit)
        assert due.exact + due.carried_in == due.due + due.carried
        assert due.due % unit == 0
        paid, carried = paid + due.due, due.carried
    assert paid + carried == sum(daily, Fraction(0))
    assert abs(carried) < unit


@pytest.mark.parametrize("day_count", DayCount)
@pytest.mark.parametrize("percent", ["3.65", "4.5", "-0.5", "14.25", "0.0001"])
def test_365_days_pay_what_the_year_pays(day_count: DayCount, percent: str) -> None:
    begins, base, paid, carried = date(2026, 1, 1), 98_765_432_101, 0, Fraction(0)
    for number in range(365):
        day = begins + timedelta(days=number)
        line = stretch(base, Fraction(percent), day_count, day, day + timedelta(days=1))
        due = due_now(line.exact, carried, Rounding.HALF_EVEN)
        paid, carried = paid + due.due, due.carried
    year = stretch(base, Fraction(percent), day_count, begins, date(2027, 1, 1))
    assert paid == due_now(year.exact, Fraction(0), Rounding.HALF_EVEN).due


def test_figures_reckoned_by_hand() -> None:
    # 1,000,000.00 at 3.6 % for a day of 360 is 100.00; at 3.65 % for one of 365 is 100.00; at 4 % for three
    # days of 360 is 333.33 and a third of a tiyn.
    held = {DAY: 100_000_000}
    assert accrue(held, Fraction("3.6"), DayCount.ACT_360).exact == 10_000
    assert accrue(held, Fraction("3.65"), DayCount.ACT_365F).exact == 10_000
    weekend = accrue(held, Fraction(4), DayCount.ACT_360, DAY + timedelta(days=3))
    assert weekend.exact == Fraction(100_000, 3)
    assert [(each.days, each.base) for each in weekend.stretches] == [(3, 100_000_000)]
    # The last of January to the first of February is one day of 30E/360, the 30th to the 31st none.
    assert accrue({date(2026, 1, 30): 36_000}, Fraction(1), DayCount.THIRTY_E_360).exact == 0
    assert accrue({date(2026, 1, 31): 36_000}, Fraction(1), DayCount.THIRTY_E_360).exact == 1


def test_nothing_earns_nothing() -> None:
    assert accrue({}, Fraction(5), DayCount.ACT_360).exact == 0
    assert due_now(Fraction(0), Fraction(0), Rounding.UP) == Due(Fraction(0), Fraction(0), 0, Fraction(0))


def test_interest_is_not_asked_for_until_before_the_last_balance() -> None:
    with pytest.raises(InvariantBroken):
        accrue({DAY: 1}, Fraction(1), DayCount.ACT_360, DAY - timedelta(days=1))


def test_accrual_is_explained_with_all_it_was_reckoned_from() -> None:
    line = stretch(12_000_000, Fraction("4.5"), DayCount.ACT_360, DAY, DAY + timedelta(days=3))
    due = due_now(line.exact, Fraction(1, 3), Rounding.HALF_EVEN)
    assert explained(line, Fraction("4.5"), DayCount.ACT_360, due, KZT) == (
        "120,000.00 KZT × 4.5 % × 3 days / 360 = 45.00; with ~0.00333333 from before; due 45.00;"
        " ~0.00333333 carried on"
    )
    whole = due_now(line.exact, Fraction(0), Rounding.HALF_EVEN)
    assert explained(line, Fraction("4.5"), DayCount.ACT_360, whole, KZT).endswith("= 45.00; due 45.00")


def test_exact_amounts_are_shown_in_full_or_marked() -> None:
    shown_as = [shown(Fraction(*each), KZT) for each in ((150, 1), (-1, 2), (1, 3), (-10_000_000, 7))]
    assert shown_as == ["1.50", "-0.005", "~0.00333333", "~-14,285.71428571"]
    assert [shown(Fraction(*each), JPY) for each in ((5, 2), (7, 1))] == ["2.5", "7"]
