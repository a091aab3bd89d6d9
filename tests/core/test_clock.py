"""Instants are whole nanoseconds; clocks are told, or asked, and never go back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.clock import NANOSECONDS, ManualClock, MonotonicClock, from_ns, iso_instant, to_ns


def test_manual_clock_moves_only_forward() -> None:
    clock = ManualClock(100)
    clock.advance_to(250)
    clock.advance_to(200)
    assert clock.now_ns() == 250


def test_monotonic_clock_hides_a_jump_back() -> None:
    source = ManualClock(500)
    clock = MonotonicClock(source)
    assert clock.now_ns() == 500
    source.instant_ns = 300
    assert clock.now_ns() == 500
    source.instant_ns = 501
    assert clock.now_ns() == 501


@pytest.mark.parametrize(
    ("instant_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_790_663_400 * NANOSECONDS, "2026-09-29T06:30:00.000Z"),
        (1_790_663_400 * NANOSECONDS + 999_999_999, "2026-09-29T06:30:00.999Z"),
        (-1_000_000, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_instants_are_written_in_utc_with_milliseconds(instant_ns: int, text: str) -> None:
    assert iso_instant(instant_ns) == text


def test_instant_of_a_zoned_time_is_exact() -> None:
    almaty = datetime(2026, 9, 29, 11, 30, 0, 1, tzinfo=timezone(timedelta(hours=5)))
    assert to_ns(almaty) == 1_790_663_400 * NANOSECONDS + 1000


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_instants_and_datetimes_are_inverse(moment: datetime) -> None:
    assert from_ns(to_ns(moment)) == moment
