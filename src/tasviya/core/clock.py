"""Time arrives as an argument. Only a composition root asks the machine for it.

An instant is a whole number of nanoseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from tasviya.core.errors import OperatorError

NANOSECONDS = 1_000_000_000
LAST_YEAR = 2200
"""Nanoseconds of later years are too large for a store's column."""


class Clock(Protocol):
    """Where a service gets the present from."""

    def now_ns(self) -> int:
        """The present instant, nanoseconds since the epoch, UTC."""
        ...


@dataclass(slots=True)
class ManualClock:
    """A clock that moves only when told: for tests, the demo's day and the simulator."""

    instant_ns: int

    def now_ns(self) -> int:
        return self.instant_ns

    def advance_to(self, instant_ns: int) -> None:
        """Move forward; a clock never goes back, so an earlier instant changes nothing."""
        self.instant_ns = max(self.instant_ns, instant_ns)


@dataclass(slots=True)
class MonotonicClock:
    """Another clock, never going back: a machine's clock that jumps cannot reorder what happened."""

    source: Clock
    latest_ns: int = 0

    def now_ns(self) -> int:
        self.latest_ns = max(self.latest_ns, self.source.now_ns())
        return self.latest_ns

    def advance_to(self, instant_ns: int) -> None:
        """Do not go back behind an instant either."""
        self.latest_ns = max(self.latest_ns, instant_ns)


def from_ns(instant_ns: int) -> datetime:
    """The UTC datetime of an instant, cut to whole microseconds."""
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=instant_ns // 1000)


def to_ns(moment: datetime) -> int:
    """The instant of an aware datetime. Exact: no float is involved."""
    elapsed = moment - datetime.fromtimestamp(0, UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * NANOSECONDS + elapsed.microseconds * 1000


def instant_of(text: str, where: str = "") -> int:
    """The instant that a text such as 2026-09-29T10:00:00Z names.

    Raises: OperatorError if it names none of 1971 to LAST_YEAR, or leaves its offset out.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 < moment.year <= LAST_YEAR:
        cure = "Write it as 2026-09-29T10:00:00Z."
        what = f"{text!r:.40} is no instant with an offset, of 1971 to {LAST_YEAR}."
        raise OperatorError("bad_instant", what, cure, where)
    return to_ns(moment)


@lru_cache(maxsize=4096)
def iso_instant(instant_ns: int) -> str:
    """An instant as ISO 20022 writes it in UTC with milliseconds: 2026-09-29T06:30:00.000Z."""
    return from_ns(instant_ns).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
