"""When two currencies can settle against each other: days that both work, and hours that both are open.

    trade date ──n business days of both──▶ settlement date

A day is joint if it is a business day of each currency. The trade date of an order is the first joint day on
or after the later of the two business dates in force. It settles `days` joint days later. With 0, which a
union does unless it says otherwise, it settles in the commit that matches, while both are open on one date.

Banks deal spot instead: each currency counts its own two business days, and the later date is moved on to a
day that both work (`Counting.EACH`). The two differ only around a holiday of one of them; counting joint days
never comes out earlier, since every joint day is a business day of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tasviya.core.business_day import (
    LONGEST_CLOSURE_DAYS,
    Calendar,
    DayEvent,
    NoBusinessDay,
    OperatingHours,
    Phase,
)
from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal, invariant

_DAY = timedelta(days=1)


class Counting(StrEnum):
    """Whose business days lie between trade and settlement."""

    JOINT = "joint"
    EACH = "each"
    """Each currency counts its own, then both meet: the spot convention."""


@dataclass(frozen=True, slots=True)
class JointCalendar:
    """The business days that all of its calendars share."""

    calendars: tuple[Calendar, ...]

    def is_business_day(self, day: date) -> bool:
        """Raises: UnknownHolidays."""
        return all(calendar.is_business_day(day) for calendar in self.calendars)

    def next_business_day(self, day: date) -> date:
        """The first day after `day` that all work.

        Raises: NoBusinessDay.
        """
        for ahead in range(1, LONGEST_CLOSURE_DAYS + 1):
            if self.is_business_day(day + ahead * _DAY):
                return day + ahead * _DAY
        raise NoBusinessDay(f"no business day in common within {LONGEST_CLOSURE_DAYS} days of {day}")

    def on_or_after(self, day: date) -> date:
        """`day` itself if all work, else the next day that they do."""
        return day if self.is_business_day(day) else self.next_business_day(day)

    def add_business_days(self, day: date, count: int, counting: Counting = Counting.JOINT) -> date:
        """The joint day `count` ≥ 0 business days after `day`."""
        invariant(count >= 0, "business days are counted forward")
        if counting is Counting.EACH:
            return self.on_or_after(
                max(calendar.add_business_days(day, count) for calendar in self.calendars)
            )
        for _ in range(count):
            day = self.next_business_day(day)
        return self.on_or_after(day)


def joint_calendar(hours: Sequence[OperatingHours]) -> JointCalendar:
    """The days on which all of these institutions work."""
    return JointCalendar(tuple(each.calendar for each in hours))


def joint_window(hours: Sequence[OperatingHours], day: date) -> tuple[int, int] | None:
    """From when until before when, in nanoseconds, all are open on a date; None if they never are.

    A date is each institution's own. Open means for customers: from opening to the customer cut-off.
    """
    schedules = [{event: at for at, event in each.schedule(day)} for each in hours]
    if not all(schedules):
        return None
    start = max(each[DayEvent.OPENS] for each in schedules)
    end = min(each[DayEvent.CUSTOMER_CUTOFF] for each in schedules)
    return (start, end) if start < end else None


def open_together(hours: Sequence[OperatingHours], instant_ns: int) -> bool:
    """Whether all are open for customers, on one and the same date."""
    dates = {each.local_date(instant_ns) for each in hours}
    return len(dates) == 1 and all(each.phase_at(instant_ns) is Phase.OPEN for each in hours)


def next_window(hours: Sequence[OperatingHours], instant_ns: int) -> tuple[int, int]:
    """The window in force, or the next one: what `joint_window` gives for its date.

    Raises: NoBusinessDay if they are never open together.
    """
    calendar = joint_calendar(hours)
    day = calendar.on_or_after(min(each.local_date(instant_ns) for each in hours))
    last = day + LONGEST_CLOSURE_DAYS * _DAY
    while day <= last:
        window = joint_window(hours, day)
        if window and instant_ns < window[1]:
            return window
        day = calendar.next_business_day(day)
    raise NoBusinessDay(f"not open together within {LONGEST_CLOSURE_DAYS} days")


def settlement_date(
    hours: Sequence[OperatingHours], instant_ns: int, days: int = 0, counting: Counting = Counting.JOINT
) -> date | Refusal:
    """The date on which an order taken at an instant settles.

    hours: of the currencies it moves. days: business days after the trade date; 0 settles at once, and is
    refused (TM01) unless all are open together.
    Raises: NoBusinessDay.
    """
    if days == 0 and not open_together(hours, instant_ns):
        opens, ends = next_window(hours, instant_ns)
        return Refusal(
            "TM01",
            f"The currencies are not open together at {iso_instant(instant_ns)}.",
            f"Send it between {iso_instant(opens)} and {iso_instant(ends)}.",
            transient=True,
        )
    calendar = joint_calendar(hours)
    traded = calendar.on_or_after(max(each.business_date_at(instant_ns) for each in hours))
    return calendar.add_business_days(traded, days, counting)
