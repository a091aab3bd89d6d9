"""What every dated record of a union has: the dates between which it holds, and a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What every record has: the dates between which it holds."""

    KEY: ClassVar[tuple[str, ...]] = ()

    valid_from: str
    valid_to: str | None = None
    """The first date on which it no longer holds."""

    def holds_on(self, day: str) -> bool:
        """Whether the record is in force on an ISO date."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def key(self) -> tuple[str, ...]:
        """The values of the key columns."""
        return tuple(getattr(self, column) for column in self.KEY)


R = TypeVar("R", bound=Record)


def first_overlap(records: Iterable[R]) -> tuple[R, R] | None:
    """Two records of one table that would hold for the same key on the same date, if there are any."""
    latest: dict[tuple[str, ...], R] = {}
    for record in sorted(records, key=lambda each: (each.key(), each.valid_from)):
        before = latest.get(record.key())
        if before is not None and (before.valid_to is None or record.valid_from < before.valid_to):
            return before, record
        latest[record.key()] = record
    return None
