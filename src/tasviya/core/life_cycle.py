"""Life cycles are tables: what may happen at each status, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from tasviya.core.errors import invariant

Status = TypeVar("Status", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


def following(
    transitions: Mapping[Status, Mapping[Event, Status]], status: Status, event: Event, name: str
) -> Status:
    """The status that follows.

    name: of what it happens to. Raises: InvariantBroken if the table has no such way.
    """
    ways_out = transitions[status]
    invariant(event in ways_out, f"{name} is {status}: {event} cannot happen to it")
    return ways_out[event]
