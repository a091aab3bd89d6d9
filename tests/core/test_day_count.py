"""Days of interest, by conventions, and roundings by name."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.day_count import DAY_COUNTS, DayCount
from tasviya.core.errors import InvariantBroken
from tasviya.core.rounding import ROUNDINGS, Rounding, rounded

# Reckoned by hand. ACT: days of the calendar; 2008 has 366. 30E/360: 360 × years + 30 × months + days, where
# a 31st is a 30th (2006 ISDA Definitions, section 4.16(g)), and the last of February is itself.
TABLE = """
    begins       ends         actual   30E/360   why
    2007-01-15   2007-01-30   15       15        within a month
    2007-01-15   2007-01-31   16       15        a 31st is a 30th
    2007-01-30   2007-01-31   1        0         so between the two lies nothing
    2007-01-31   2007-02-28   28       28        February keeps its 28th
    2007-02-28   2007-03-01   1        3         and then makes up for it
    2007-02-28   2007-03-31   31       32        up to the 30th of March
    2007-09-30   2008-03-31   183      180       half a year
    2007-10-31   2007-11-28   28       28        both ends in a month of their own
    2008-02-28   2008-02-29   1        1         a leap day counts
    2008-02-29   2008-03-31   31       31        30 and the day to the 30th
    2008-02-29   2009-02-28   365      359       a day less than a year of 360
    2006-08-31   2007-02-28   181      178       half a year that ends early
    2007-02-28   2007-08-31   184      182       and one that begins early
    2007-01-01   2008-01-01   365      360       a year
    2008-01-01   2009-01-01   366      360       a leap year
    2026-09-29   2026-09-29   0        0         nothing
"""
VECTORS = [line.split(maxsplit=4) for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize(("begins", "ends", "actual", "thirty", "why"), VECTORS, ids=[v[4] for v in VECTORS])
def test_days_are_those_of_the_convention(begins: str, ends: str, actual: str, thirty: str, why: str) -> None:
    period = date.fromisoformat(begins), date.fromisoformat(ends)
    assert DayCount.ACT_360.days(*period) == DayCount.ACT_365F.days(*period) == int(actual), why
    assert DayCount.THIRTY_E_360.days(*period) == int(thirty), why


def test_conventions_have_their_basis_and_their_iso_code() -> None:
    assert {each: (each.basis, each.iso_code) for each in DayCount} == {
        "ACT/360": (360, "A004"),
        "ACT/365F": (365, "A005"),
        "30E/360": (360, "A011"),
    }
    assert set(DAY_COUNTS) == set(DayCount)


days = st.dates(date(1999, 1, 1), date(2099, 12, 31))


@given(st.tuples(days, days, days).map(sorted), st.sampled_from(DayCount))
def test_periods_that_meet_add_up(dates: list[date], day_count: DayCount) -> None:
    first, between, last = dates
    assert day_count.days(first, between) + day_count.days(between, last) == day_count.days(first, last)
    assert day_count.days(first, last) >= 0


def test_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(InvariantBroken):
        DayCount.ACT_360.days(date(2026, 9, 29), date(2026, 9, 28))


def test_thirty_day_months_lose_no_day_of_a_month() -> None:
    """The days of a month, one by one, are 30, whatever its length."""
    for month in range(1, 13):
        day, counted = date(2026, month, 1), 0
        while day.month == month:
            counted += DayCount.THIRTY_E_360.days(day, day + timedelta(days=1))
            day += timedelta(days=1)
        assert counted == 30


DECIMAL = {
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.DOWN: ROUND_DOWN,
    Rounding.UP: ROUND_UP,
}


@given(
    st.decimals(-(10**15), 10**15, places=4),
    st.sampled_from(Rounding),
    st.sampled_from([1, 5, 100]),
)
def test_rounding_is_that_of_decimal_arithmetic(exact: Decimal, rounding: Rounding, unit: int) -> None:
    with localcontext(prec=40):
        wanted = int((exact / unit).quantize(Decimal(1), DECIMAL[rounding])) * unit
    assert rounded(Fraction(exact), rounding, unit) == wanted


@given(st.fractions(), st.sampled_from(Rounding), st.integers(1, 1000))
def test_rounding_treats_debts_as_claims(exact: Fraction, rounding: Rounding, unit: int) -> None:
    whole = rounded(exact, rounding, unit)
    assert rounded(-exact, rounding, unit) == -whole
    assert whole % unit == 0
    assert abs(exact - whole) < unit
    assert set(ROUNDINGS) == set(Rounding)


def test_rounding_unit_is_above_zero() -> None:
    with pytest.raises(InvariantBroken):
        rounded(Fraction(1), Rounding.DOWN, 0)
