"""What the plain ledger remembers, and how a broken chain takes it back."""

from __future__ import annotations

import enum
from bisect import insort
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from tasviya.core.errors import invariant
from tasviya.ledger.ledger import NANOSECONDS_PER_SECOND, Account, AccountBalance, Transfer

Outcome: TypeAlias = tuple[int, int]
"""Status, timestamp."""
Key = TypeVar("Key")
Value = TypeVar("Value")


class PendingStatus(enum.Enum):
    PENDING = enum.auto()
    POSTED = enum.auto()
    VOIDED = enum.auto()
    EXPIRED = enum.auto()


@dataclass
class Books:
    """All state. Insertion order is timestamp order, of accounts and of transfers."""

    accounts: dict[int, Account] = field(default_factory=dict)
    transfers: dict[int, Transfer] = field(default_factory=dict)
    pending: dict[int, PendingStatus] = field(default_factory=dict)
    failed_ids: set[int] = field(default_factory=set)
    history: dict[int, dict[int, AccountBalance]] = field(default_factory=dict)
    """Account id to timestamp to balances; only accounts that keep history."""
    expiries: list[tuple[int, int, int]] = field(default_factory=list)
    """Sorted: expires at, timestamp, id of what is pending with a timeout."""
    undo: list[Callable[[], object]] | None = None

    def put(self, mapping: MutableMapping[Key, Value], key: Key, value: Value) -> None:
        if self.undo is not None:
            before = mapping.get(key)
            if before is None:
                self.undo.append(lambda: mapping.pop(key))
            else:
                self.undo.append(lambda: mapping.__setitem__(key, before))
        mapping[key] = value

    def expect_expiry(self, transfer: Transfer) -> None:
        if transfer.timeout:
            entry = (expires_at(transfer), transfer.timestamp, transfer.id)
            insort(self.expiries, entry)
            if self.undo is not None:
                self.undo.append(lambda: self.expiries.remove(entry))

    def forget_expiry(self, transfer: Transfer) -> None:
        if transfer.timeout:
            entry = (expires_at(transfer), transfer.timestamp, transfer.id)
            self.expiries.remove(entry)
            if self.undo is not None:
                self.undo.append(lambda: insort(self.expiries, entry))

    def roll_back(self) -> None:
        invariant(self.undo is not None, "only an open chain is rolled back")
        for step in reversed(self.undo or []):
            step()
        self.undo = None


def expires_at(transfer: Transfer) -> int:
    return transfer.timestamp + transfer.timeout * NANOSECONDS_PER_SECOND
