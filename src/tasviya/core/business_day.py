"""Which day it is, for money: calendars, opening hours and the dates a payment may ask for.

    closed ──opens──▶ open ──▶ customer_cutoff ──▶ interbank_cutoff ──closes──▶ closed

A settlement institution works in its own zone. Its times are local, its instants UTC. A local time that the
clocks skip means the moment they skip to; one that they repeat means the first of the two. So the day's
events keep their order on the days the clocks change.

Zones are read from the `tzdata` package and holidays from the `holidays` package, never from the machine:
the same release decides the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from warnings import catch_warnings, simplefilter
from zoneinfo import ZoneInfo

from tasviya.core.clock import from_ns, to_ns
from tasviya.core.errors import invariant

LONGEST_CLOSURE_DAYS = 400
"""A calendar without a business day in this span is wrong, not merely quiet."""

_DAY = timedelta(days=1)


class UnknownZone(LookupError):
    """The name is not a zone of the IANA time zone database."""


class UnknownHolidays(LookupError):
    """The `holidays` package has no calendar for that country."""


class NoBusinessDay(LookupError):
    """The calendar has no business day within reach: its weekend and overrides leave none."""


class Phase(StrEnum):
    """What a settlement institution's day allows now."""

    CLOSED = "closed"
    OPEN = "open"
    """Everything settles."""
    CUSTOMER_CUTOFF = "customer_cutoff"
    """Customer payments no longer; interbank payments and liquidity transfers still."""
    INTERBANK_CUTOFF = "interbank_cutoff"
    """No new payment; the day is being closed."""


class DayEvent(StrEnum):
    """What happens to a day at an instant of its schedule."""

    OPENS = "opens"
    CUSTOMER_CUTOFF = "customer_cutoff"
    INTERBANK_CUTOFF = "interbank_cutoff"
    CLOSES = "closes"


PHASE_AFTER: Mapping[DayEvent, Phase] = {
    DayEvent.OPENS: Phase.OPEN,
    DayEvent.CUSTOMER_CUTOFF: Phase.CUSTOMER_CUTOFF,
    DayEvent.INTERBANK_CUTOFF: Phase.INTERBANK_CUTOFF,
    DayEvent.CLOSES: Phase.CLOSED,
}


class DateVerdict(StrEnum):
    """What a requested settlement date means on a business date."""

    TODAY = "today"
    FUTURE = "future"
    """A later business day within reach: keep the payment until then."""
    PAST = "past"
    HOLIDAY = "holiday"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The business days of one settlement institution.

    A dated override wins over everything. Then a national holiday is no business day, and neither is a day
    of the weekend, unless the country has moved a working day onto it (China and Vietnam do).
    """

    country: str
    """ISO 3166 alpha-2 code whose public holidays apply; empty for none."""
    weekend: frozenset[int] = frozenset({5, 6})
    """Days of the week without business, Monday 0 … Sunday 6."""
    overrides: Mapping[date, bool] = field(default_factory=dict)
    """Dates the union has settled itself: True makes a business day, False a holiday."""

    def is_business_day(self, day: date) -> bool:
        """Raises: UnknownHolidays."""
        settled = self.overrides.get(day)
        if settled is not None:
            return settled
        off, moved_here = _national_days(self.country, day.year)
        return day not in off and (day.weekday() not in self.weekend or day in moved_here)

    def next_business_day(self, day: date) -> date:
        """The first business day after `day`.

        Raises: NoBusinessDay.
        """
        return self._walk(day, _DAY)

    def previous_business_day(self, day: date) -> date:
        """The last business day before `day`.

        Raises: NoBusinessDay.
        """
        return self._walk(day, -_DAY)

    def on_or_after(self, day: date) -> date:
        """`day` itself if it is a business day, else the next one."""
        return day if self.is_business_day(day) else self.next_business_day(day)

    def add_business_days(self, day: date, count: int) -> date:
        """The business day `count` ≥ 0 business days after `day`; `day` itself for 0."""
        invariant(count >= 0, "business days are counted forward")
        for _ in range(count):
            day = self.next_business_day(day)
        return day

    def _walk(self, day: date, step: timedelta) -> date:
        start = day
        for _ in range(LONGEST_CLOSURE_DAYS):
            day += step
            if self.is_business_day(day):
                return day
        raise NoBusinessDay(f"no business day within {LONGEST_CLOSURE_DAYS} days of {start}")


@dataclass(frozen=True, slots=True)
class OperatingHours:
    """A settlement institution's day: its zone, its calendar and four local times in order.

    Raises (on construction): ValueError if the times are not in order, UnknownZone.
    """

    zone: str
    calendar: Calendar
    opens_at: time
    customer_cutoff_at: time
    interbank_cutoff_at: time
    closes_at: time

    def __post_init__(self) -> None:
        time_zone(self.zone)
        if not self.opens_at < self.customer_cutoff_at <= self.interbank_cutoff_at <= self.closes_at:
            raise ValueError(
                f"opening {self.opens_at:%H:%M}, customer cut-off {self.customer_cutoff_at:%H:%M}, interbank "
                f"cut-off {self.interbank_cutoff_at:%H:%M}, closing {self.closes_at:%H:%M} are not in order"
            )

    def schedule(self, day: date) -> list[tuple[int, DayEvent]]:
        """The day's events with their instants, in order; empty if it is no business day."""
        if not self.calendar.is_business_day(day):
            return []
        times = (self.opens_at, self.customer_cutoff_at, self.interbank_cutoff_at, self.closes_at)
        return list(zip(_instants(self.zone, day, times), DayEvent, strict=True))

    def phase_at(self, instant_ns: int) -> Phase:
        """The phase in force at an instant; an event's own instant already belongs to the new phase."""
        phase = Phase.CLOSED
        for event_ns, event in self.schedule(self.local_date(instant_ns)):
            if event_ns > instant_ns:
                break
            phase = PHASE_AFTER[event]
        return phase

    def business_date_at(self, instant_ns: int) -> date:
        """The business date an instant belongs to: today's until the day closes, then the next one's."""
        today = self.local_date(instant_ns)
        events = self.schedule(today)
        if events and instant_ns < events[-1][0]:
            return today
        return self.calendar.next_business_day(today)

    def local_date(self, instant_ns: int) -> date:
        """The date on the institution's own wall."""
        return from_ns(instant_ns).astimezone(time_zone(self.zone)).date()


def judge_settlement_date(
    requested: date, business_date: date, calendar: Calendar, warehousing_days: int
) -> DateVerdict:
    """Whether a payment may settle on the date it asks for.

    warehousing_days: how many business days ahead a payment may be sent; 0 accepts only today.
    """
    if requested == business_date:
        return DateVerdict.TODAY
    if requested < business_date:
        return DateVerdict.PAST
    if requested > calendar.add_business_days(business_date, warehousing_days):
        return DateVerdict.TOO_FAR
    return DateVerdict.FUTURE if calendar.is_business_day(requested) else DateVerdict.HOLIDAY


@cache
def time_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name, from the `tzdata` package.

    Raises: UnknownZone.
    """
    parts = name.split("/")
    if not all(part.replace("_", "").replace("-", "").replace("+", "").isalnum() for part in parts):
        raise UnknownZone(f"{name!r} is not a time zone's name")
    resource = files("tzdata").joinpath("zoneinfo", *parts)
    if not resource.is_file():
        raise UnknownZone(f"{name!r} is not in the IANA time zone database")
    try:
        with resource.open("rb") as stream:
            return ZoneInfo.from_file(stream, key=name)
    except ValueError:
        raise UnknownZone(f"{name!r} is not in the IANA time zone database") from None


def local_instant(zone: str, day: date, at: time) -> int:
    """The instant of a local time: the first of two, or the end of the gap if the clocks skip it.

    Raises: UnknownZone.
    """
    local = datetime.combine(day, at, tzinfo=time_zone(zone))
    first = local.astimezone(UTC)
    if first.astimezone(local.tzinfo).replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0):
        return to_ns(first)
    return to_ns(_end_of_gap(local))


@lru_cache(maxsize=4096)
def _instants(zone: str, day: date, times: tuple[time, ...]) -> tuple[int, ...]:
    return tuple(local_instant(zone, day, at) for at in times)


def _end_of_gap(skipped: datetime) -> datetime:
    """The UTC moment the clocks jump over a local time that does not exist.

    Inside a gap, fold 0 reads the time with the offset from before it and so lands after the jump, fold 1
    the other way about: the jump lies between the two.
    """
    zone = skipped.tzinfo
    before = skipped.replace(fold=1).astimezone(UTC)
    after = skipped.replace(fold=0).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


@lru_cache(maxsize=1024)
def _national_days(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """A country's public holidays of a year, and the days of the weekend it declares working days.

    Governments fix some holidays only a year or a few ahead. For later years the package reckons them, and a
    union corrects it by overrides.
    """
    if not country:
        return frozenset(), frozenset()
    import holidays  # half a second to import: only a process that asks for a calendar pays for it

    try:
        with catch_warnings():
            simplefilter("ignore")  # it warns of years it can only reckon
            found = holidays.country_holidays(country, years=[year], expand=False)
    except NotImplementedError:
        raise UnknownHolidays(f"no holidays are known for country {country!r}") from None
    moved: set[date] = getattr(found, "weekend_workdays", set())
    return frozenset(found), frozenset(day for day in moved if day.year == year)
