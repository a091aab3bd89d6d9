"""Calendars, opening hours and settlement dates."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.business_day import (
    Calendar,
    DateVerdict,
    DayEvent,
    NoBusinessDay,
    OperatingHours,
    Phase,
    UnknownHolidays,
    UnknownZone,
    judge_settlement_date,
    local_instant,
    time_zone,
)
from tasviya.core.clock import NANOSECONDS, iso_instant
from tasviya.core.errors import InvariantBroken

PLAIN = Calendar("")
TUESDAY = date(2026, 9, 29)
HOURS = ("09:00", "16:00", "17:00", "18:00")


def hours(zone: str, calendar: Calendar = PLAIN, times: tuple[str, ...] = HOURS) -> OperatingHours:
    opens, customer, interbank, closes = (time.fromisoformat(text) for text in times)
    return OperatingHours(zone, calendar, opens, customer, interbank, closes)


def instant(zone: str, day: date, text: str) -> int:
    return local_instant(zone, day, time.fromisoformat(text))


# Calendars


def test_national_holiday_is_no_business_day() -> None:
    assert not Calendar("KZ").is_business_day(date(2026, 12, 16))


def test_weekend_is_the_unions_choice_not_the_librarys() -> None:
    thursday, friday, saturday = date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 10)
    iran = Calendar("IR", weekend=frozenset({3, 4}))
    assert [iran.is_business_day(day) for day in (thursday, friday, saturday)] == [False, False, True]


def test_friday_alone_can_be_the_weekend() -> None:
    friday = Calendar("", weekend=frozenset({4}))
    assert friday.next_business_day(date(2026, 10, 8)) == date(2026, 10, 10)


def test_override_makes_a_holiday_a_business_day() -> None:
    constitution_day = date(2026, 12, 16)
    calendar = Calendar("KZ", overrides={constitution_day: True})
    assert calendar.is_business_day(constitution_day)


def test_override_makes_a_weekday_a_holiday() -> None:
    assert not Calendar("KZ", overrides={TUESDAY: False}).is_business_day(TUESDAY)


def test_override_wins_over_a_working_weekend() -> None:
    sunday = date(2026, 9, 20)
    assert Calendar("CN").is_business_day(sunday)
    assert not Calendar("CN", overrides={sunday: False}).is_business_day(sunday)


def test_chinas_national_week_is_skipped() -> None:
    assert Calendar("CN").next_business_day(date(2026, 9, 30)) == date(2026, 10, 8)
    assert Calendar("CN").previous_business_day(date(2026, 10, 8)) == date(2026, 9, 30)


def test_year_end_is_crossed_both_ways() -> None:
    calendar = Calendar("BY")
    assert calendar.next_business_day(date(2026, 12, 31)) == date(2027, 1, 4)
    assert calendar.previous_business_day(date(2027, 1, 4)) == date(2026, 12, 31)


def test_business_day_counts_as_itself_on_or_after() -> None:
    assert PLAIN.on_or_after(TUESDAY) == TUESDAY
    assert PLAIN.on_or_after(date(2026, 10, 3)) == date(2026, 10, 5)


def test_leap_day_is_a_day() -> None:
    assert PLAIN.is_business_day(date(2028, 2, 29))


def test_unknown_country_is_refused() -> None:
    with pytest.raises(UnknownHolidays, match="QQ"):
        Calendar("QQ").is_business_day(TUESDAY)


def test_distant_year_still_has_its_fixed_holidays() -> None:
    assert not Calendar("CN").is_business_day(date(2090, 10, 2))


def test_calendar_without_business_days_says_so() -> None:
    with pytest.raises(NoBusinessDay, match="2026-09-29"):
        Calendar("", weekend=frozenset(range(7))).next_business_day(TUESDAY)


def test_business_days_are_not_counted_backwards() -> None:
    with pytest.raises(InvariantBroken):
        PLAIN.add_business_days(TUESDAY, -1)


@given(st.dates(date(2020, 1, 1), date(2034, 1, 1)), st.sampled_from(["KZ", "IR", "CN", ""]))
def test_next_and_previous_undo_each_other(day: date, country: str) -> None:
    calendar = Calendar(country, weekend=frozenset({4}) if country == "IR" else frozenset({5, 6}))
    after = calendar.next_business_day(day)
    assert calendar.previous_business_day(after) == (
        day if calendar.is_business_day(day) else calendar.previous_business_day(day)
    )


# Zones and instants


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../Asia/Almaty", "Asia", "Asia/Almaty/", "zone.tab"])
def test_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        time_zone(name)


def test_kazakhstan_is_one_zone_since_2024() -> None:
    assert iso_instant(instant("Asia/Almaty", date(2024, 2, 29), "09:00")) == "2024-02-29T03:00:00.000Z"
    assert iso_instant(instant("Asia/Almaty", date(2024, 3, 1), "09:00")) == "2024-03-01T04:00:00.000Z"


def test_half_hour_zones_are_exact() -> None:
    assert iso_instant(instant("Asia/Tehran", TUESDAY, "08:00")) == "2026-09-29T04:30:00.000Z"
    assert iso_instant(instant("Asia/Kolkata", TUESDAY, "09:00")) == "2026-09-29T03:30:00.000Z"


def test_skipped_time_is_the_end_of_the_gap() -> None:
    day = date(2026, 3, 29)
    for text in ("02:00", "02:30", "02:59"):
        assert iso_instant(instant("Europe/Berlin", day, text)) == "2026-03-29T01:00:00.000Z"
    assert iso_instant(instant("Europe/Berlin", day, "03:00")) == "2026-03-29T01:00:00.000Z"


def test_repeated_time_is_the_first_of_the_two() -> None:
    assert iso_instant(instant("Europe/Berlin", date(2026, 10, 25), "02:30")) == "2026-10-25T00:30:00.000Z"


def test_half_hour_gap_is_found() -> None:
    assert (
        iso_instant(instant("Australia/Lord_Howe", date(2026, 10, 4), "02:10")) == "2026-10-03T15:30:00.000Z"
    )


def test_day_the_clocks_skip_at_midnight_begins_at_one() -> None:
    assert iso_instant(instant("Asia/Beirut", date(2026, 3, 29), "00:00")) == "2026-03-28T22:00:00.000Z"


@given(
    st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "Asia/Beirut"]
    ),
    st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    st.times(),
    st.times(),
)
def test_later_on_the_wall_is_never_earlier_in_fact(zone: str, day: date, one: time, other: time) -> None:
    first, second = sorted((one.replace(microsecond=0), other.replace(microsecond=0)))
    assert local_instant(zone, day, first) <= local_instant(zone, day, second)


# The day


def test_times_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="not in order"):
        hours("Asia/Almaty", times=("09:00", "17:00", "16:00", "18:00"))
    with pytest.raises(ValueError, match="not in order"):
        hours("Asia/Almaty", times=("09:00", "09:00", "16:00", "18:00"))


def test_unknown_zone_is_refused_with_the_hours() -> None:
    with pytest.raises(UnknownZone):
        hours("Asia/Almatty")


def test_schedule_lists_the_days_events_in_order() -> None:
    listed = [(iso_instant(at)[11:16], event) for at, event in hours("Asia/Almaty").schedule(TUESDAY)]
    assert listed == [
        ("04:00", DayEvent.OPENS),
        ("11:00", DayEvent.CUSTOMER_CUTOFF),
        ("12:00", DayEvent.INTERBANK_CUTOFF),
        ("13:00", DayEvent.CLOSES),
    ]


def test_holiday_has_no_schedule() -> None:
    assert hours("Asia/Almaty", Calendar("KZ")).schedule(date(2026, 12, 16)) == []


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        ("00:00", Phase.CLOSED),
        ("08:59", Phase.CLOSED),
        ("09:00", Phase.OPEN),
        ("15:59", Phase.OPEN),
        ("16:00", Phase.CUSTOMER_CUTOFF),
        ("17:00", Phase.INTERBANK_CUTOFF),
        ("17:59", Phase.INTERBANK_CUTOFF),
        ("18:00", Phase.CLOSED),
        ("23:59", Phase.CLOSED),
    ],
)
def test_phase_at(at: str, phase: Phase) -> None:
    assert hours("Asia/Almaty").phase_at(instant("Asia/Almaty", TUESDAY, at)) is phase


def test_phase_changes_at_the_very_nanosecond() -> None:
    opening = instant("Asia/Almaty", TUESDAY, "09:00")
    assert hours("Asia/Almaty").phase_at(opening - 1) is Phase.CLOSED
    assert hours("Asia/Almaty").phase_at(opening) is Phase.OPEN


def test_equal_cutoffs_leave_no_phase_between() -> None:
    same = hours("Asia/Almaty", times=("09:00", "17:00", "17:00", "17:00"))
    assert same.phase_at(instant("Asia/Almaty", TUESDAY, "17:00")) is Phase.CLOSED
    assert same.phase_at(instant("Asia/Almaty", TUESDAY, "17:00") - 1) is Phase.OPEN


def test_weekend_is_closed_all_day() -> None:
    saturday = instant("Asia/Almaty", date(2026, 10, 3), "12:00")
    assert hours("Asia/Almaty").phase_at(saturday) is Phase.CLOSED


def test_day_of_the_institution_is_its_own_date() -> None:
    evening_in_utc = instant("Asia/Shanghai", date(2026, 9, 30), "01:00")
    assert iso_instant(evening_in_utc).startswith("2026-09-29T17")
    assert hours("Asia/Shanghai").local_date(evening_in_utc) == date(2026, 9, 30)


@pytest.mark.parametrize(
    ("day", "at", "business_date"),
    [
        ("2026-09-29", "00:00", "2026-09-29"),
        ("2026-09-29", "17:59", "2026-09-29"),
        ("2026-09-29", "18:00", "2026-09-30"),
        ("2026-10-02", "18:00", "2026-10-05"),
        ("2026-10-03", "12:00", "2026-10-05"),
        ("2026-12-31", "18:00", "2027-01-01"),
    ],
)
def test_business_date_at(day: str, at: str, business_date: str) -> None:
    now = instant("Asia/Almaty", date.fromisoformat(day), at)
    assert hours("Asia/Almaty").business_date_at(now) == date.fromisoformat(business_date)


def test_events_keep_their_order_through_a_gap() -> None:
    early = hours("Europe/Berlin", Calendar("", frozenset()), ("01:30", "02:10", "02:50", "03:10"))
    instants = [at for at, _ in early.schedule(date(2026, 3, 29))]
    assert instants == sorted(instants)
    assert instants[1] == instants[2], "both cut-offs fall into the gap"


def test_day_the_clocks_go_back_is_an_hour_longer() -> None:
    berlin = hours("Europe/Berlin", Calendar("", frozenset()), ("01:00", "04:00", "04:00", "04:00"))
    at = [instant_ns for instant_ns, _ in berlin.schedule(date(2026, 10, 25))]
    assert at[-1] - at[0] == 4 * 3600 * NANOSECONDS


# Settlement dates


@pytest.mark.parametrize(
    ("requested", "verdict"),
    [
        ("2026-09-29", DateVerdict.TODAY),
        ("2026-09-28", DateVerdict.PAST),
        ("2026-09-27", DateVerdict.PAST),
        ("2026-09-30", DateVerdict.FUTURE),
        ("2026-10-02", DateVerdict.FUTURE),
        ("2026-10-03", DateVerdict.HOLIDAY),
        ("2026-10-06", DateVerdict.FUTURE),
        ("2026-10-07", DateVerdict.TOO_FAR),
        ("2026-10-10", DateVerdict.TOO_FAR),
    ],
)
def test_settlement_date_within_five_business_days(requested: str, verdict: DateVerdict) -> None:
    assert judge_settlement_date(date.fromisoformat(requested), TUESDAY, PLAIN, 5) is verdict


def test_without_warehousing_only_today_will_do() -> None:
    assert judge_settlement_date(TUESDAY, TUESDAY, PLAIN, 0) is DateVerdict.TODAY
    assert judge_settlement_date(TUESDAY + timedelta(days=1), TUESDAY, PLAIN, 0) is DateVerdict.TOO_FAR
