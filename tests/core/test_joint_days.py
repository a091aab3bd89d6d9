"""Days and hours that two currencies share, and when what they exchange settles."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.business_day import Calendar, NoBusinessDay, OperatingHours, local_instant
from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal
from tasviya.core.joint_days import (
    Counting,
    JointCalendar,
    joint_window,
    next_window,
    open_together,
    settlement_date,
)
from tasviya.membership.union import load_union

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 9, day) for day in (28, 29, 30, 24))
KAZAKH, CHINESE, IRANIAN = Calendar("KZ"), Calendar("CN"), Calendar("IR", weekend=frozenset({3, 4}))


def hours(zone: str, calendar: Calendar, opens: str = "09:00", cutoff: str = "16:00") -> OperatingHours:
    times = (time.fromisoformat(text) for text in (opens, cutoff, "17:00", "18:00"))
    return OperatingHours(zone, calendar, *times)


ALMATY, SHANGHAI = hours("Asia/Almaty", KAZAKH), hours("Asia/Shanghai", CHINESE)
TEHRAN = hours("Asia/Tehran", IRANIAN)
PAIR = (ALMATY, SHANGHAI)


def at(zone: str, day: date, text: str) -> int:
    return local_instant(zone, day, time.fromisoformat(text))


# Joint days


@pytest.mark.parametrize("year", [2026, 2027])
def test_joint_days_are_those_that_neither_country_has_off(year: int) -> None:
    """The `holidays` package is asked here directly, day by day."""
    kazakh, chinese = (holidays.country_holidays(code, years=[year], expand=False) for code in ("KZ", "CN"))
    joint = JointCalendar((KAZAKH, CHINESE))
    day = date(year, 1, 1)
    seen = {True: 0, False: 0}
    while day.year == year:
        works_in = [
            day not in off and (day.weekday() < 5 or day in getattr(off, "weekend_workdays", ()))
            for off in (kazakh, chinese)
        ]
        assert joint.is_business_day(day) == all(works_in), day
        seen[all(works_in)] += 1
        day += timedelta(days=1)
    assert seen[True] > 220
    assert seen[False] > 120


def test_iranian_and_western_weekends_leave_three_joint_days_a_week() -> None:
    """Of the example union's own calendars: Thursday and Friday in one, Saturday and Sunday in the other."""
    text = (Path(__file__).parents[2] / "examples" / "sco" / "union.toml").read_text(encoding="utf-8")
    snapshot = load_union(text, "union.toml").on(TUESDAY)
    rial, rouble = (snapshot.operating_hours(code) for code in ("IRR", "RUB"))
    assert rial is not None
    assert rouble is not None
    joint = JointCalendar((rial.calendar, rouble.calendar))
    quiet = [date(2026, 9, 7) + timedelta(days=ahead) for ahead in range(14)]
    assert [day.strftime("%a") for day in quiet if joint.is_business_day(day)] == ["Mon", "Tue", "Wed"] * 2


def test_override_of_one_closes_both() -> None:
    closed = Calendar("KZ", overrides={TUESDAY: False})
    assert JointCalendar((closed, CHINESE)).next_business_day(MONDAY) == WEDNESDAY


def test_calendars_without_a_day_in_common_say_so() -> None:
    weekdays, weekends = Calendar(""), Calendar("", weekend=frozenset(range(5)))
    with pytest.raises(NoBusinessDay, match="in common"):
        JointCalendar((weekdays, weekends)).next_business_day(TUESDAY)


@settings(deadline=None)
@given(st.dates(date(2026, 1, 1), date(2027, 10, 1)), st.integers(0, 4))
def test_joint_count_is_never_earlier_than_spot(day: date, count: int) -> None:
    joint = JointCalendar((KAZAKH, IRANIAN))
    day = joint.on_or_after(day)
    counted, spot = (joint.add_business_days(day, count, counting) for counting in Counting)
    assert counted >= spot
    assert joint.is_business_day(counted)
    assert joint.is_business_day(spot)
    between = [day + timedelta(days=ahead + 1) for ahead in range((counted - day).days)]
    assert sum(joint.is_business_day(each) for each in between) == count


def test_spot_counts_each_currencys_own_days() -> None:
    """One rests on Tuesday, the other on Wednesday: each has its second day on Thursday, both on Friday."""
    one = Calendar("", overrides={TUESDAY: False})
    other = Calendar("", overrides={WEDNESDAY: False})
    joint = JointCalendar((one, other))
    assert joint.add_business_days(MONDAY, 2, Counting.EACH) == date(2026, 10, 1)
    assert joint.add_business_days(MONDAY, 2, Counting.JOINT) == date(2026, 10, 2)


# Joint hours


def test_window_opens_with_the_last_and_ends_with_the_first() -> None:
    window = joint_window(PAIR, TUESDAY)
    assert window is not None
    assert [iso_instant(each)[11:16] for each in window] == ["04:00", "08:00"]


def test_window_is_none_when_one_rests_or_they_never_meet() -> None:
    assert joint_window(PAIR, date(2026, 10, 1)) is None, "China's national day"
    early, late = (hours("UTC", Calendar(""), *times) for times in (("01:00", "02:00"), ("02:00", "03:00")))
    assert joint_window((early, late), TUESDAY) is None
    with pytest.raises(NoBusinessDay):
        next_window((early, late), at("UTC", TUESDAY, "01:00"))


@pytest.mark.parametrize(
    ("utc", "together"), [("03:59", False), ("04:00", True), ("07:59", True), ("08:00", False)]
)
def test_open_together_exactly_inside_the_window(utc: str, together: bool) -> None:
    assert open_together(PAIR, at("UTC", TUESDAY, utc)) is together


@settings(deadline=None)
@given(st.integers(0, 14 * 24 * 4))
def test_open_together_agrees_with_the_window(quarters: int) -> None:
    instant = at("UTC", date(2026, 9, 22), "00:00") + quarters * 15 * 60 * 10**9
    for pair in (PAIR, (TEHRAN, ALMATY)):
        opens, ends = next_window(pair, instant)
        assert open_together(pair, instant) == (opens <= instant < ends)
        assert opens < ends > instant


def test_dates_that_differ_are_not_one_day() -> None:
    auckland = hours("Pacific/Auckland", Calendar(""))
    los_angeles = hours("America/Los_Angeles", Calendar(""))
    instant = at("America/Los_Angeles", TUESDAY, "15:00")
    assert auckland.local_date(instant) == WEDNESDAY
    assert not open_together((auckland, los_angeles), instant)


# Settlement dates


def test_order_settles_the_same_day_unless_the_union_says_otherwise() -> None:
    assert settlement_date(PAIR, at("UTC", TUESDAY, "05:00")) == TUESDAY


def test_same_day_is_refused_while_one_is_closed_and_says_when_both_are_open() -> None:
    refusal = settlement_date(PAIR, at("UTC", WEDNESDAY, "12:00"))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "TM01"
    assert refusal.transient
    assert refusal.cure == "Send it between 2026-10-08T04:00:00.000Z and 2026-10-08T08:00:00.000Z."


@pytest.mark.parametrize(
    ("traded", "days", "settles"),
    [
        ("2026-09-28", 1, "2026-09-29"),
        ("2026-09-28", 2, "2026-09-30"),
        ("2026-09-29", 2, "2026-10-08"),  # China rests from 1 to 7 October
        ("2026-10-03", 1, "2026-10-09"),  # a Saturday's trade date is the next joint day, the 8th
    ],
)
def test_settlement_date_counts_joint_days(traded: str, days: int, settles: str) -> None:
    instant = at("UTC", date.fromisoformat(traded), "05:00")
    assert settlement_date(PAIR, instant, days) == date.fromisoformat(settles)


def test_order_after_one_has_closed_trades_on_the_next_date() -> None:
    evening = at("Asia/Shanghai", MONDAY, "18:00")
    assert ALMATY.business_date_at(evening) == MONDAY
    assert settlement_date(PAIR, evening, 1) == WEDNESDAY


@settings(deadline=None)
@given(st.integers(0, 500 * 24), st.integers(1, 3), st.sampled_from(list(Counting)))
def test_settlement_date_is_a_joint_day_that_never_precedes_the_trade(
    hour: int, days: int, counting: Counting
) -> None:
    instant = at("UTC", date(2026, 1, 1), "00:00") + hour * 3600 * 10**9
    settles = settlement_date((TEHRAN, SHANGHAI), instant, days, counting)
    assert isinstance(settles, date)
    assert JointCalendar((IRANIAN, CHINESE)).is_business_day(settles)
    assert settles > max(TEHRAN.local_date(instant), SHANGHAI.local_date(instant))
