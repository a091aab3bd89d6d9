"""The queue: accepted payments that wait for money or a limit, first in first out within a priority.

Each account has its own queue, ordered by priority and then by arrival. A payment that waits for money stops
all behind it of the same or lower priority; one that waits for a limit of its payer's does not, since the
limit concerns only its counterparty.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from tasviya.core.errors import invariant
from tasviya.settlement.payment import Payment


@dataclass(order=True, slots=True)
class Waiting:
    """A queued payment, ordered by rank and arrival."""

    rank: int
    seq: int
    payment: Payment = field(compare=False)
    by_limit: bool = field(compare=False, default=False)


@dataclass(slots=True)
class PaymentQueue:
    """All queued payments, by the account each waits for."""

    _by_account: dict[int, list[Waiting]] = field(default_factory=dict)
    _account_of: dict[int, int] = field(default_factory=dict)
    """By payment number."""

    def __len__(self) -> int:
        return len(self._account_of)

    def __contains__(self, seq: int) -> bool:
        return seq in self._account_of

    def add(self, account_id: int, payment: Payment, *, by_limit: bool) -> None:
        """Let it wait; if it waits elsewhere already, it moves and keeps its place in time."""
        if payment.seq in self._account_of:
            self.remove(payment.seq)
        waiting = Waiting(payment.rank, payment.seq, payment, by_limit)
        insort(self._by_account.setdefault(account_id, []), waiting)
        self._account_of[payment.seq] = account_id

    def remove(self, seq: int) -> Payment:
        """Take a payment out."""
        account_id = self._account_of.pop(seq, None)
        invariant(account_id is not None, f"payment {seq} is queued")
        line = self._by_account[account_id or 0]
        index = next(i for i, waiting in enumerate(line) if waiting.seq == seq)
        waiting = line.pop(index)
        if not line:
            del self._by_account[account_id or 0]
        return waiting.payment

    def get(self, seq: int) -> Payment | None:
        """The queued payment of that number, if it is queued."""
        account_id = self._account_of.get(seq)
        if account_id is None:
            return None
        return next(w.payment for w in self._by_account[account_id] if w.seq == seq)

    def blocks(self, account_id: int, rank: int) -> bool:
        """Whether a new payment of this rank has to wait behind others for this account's money."""
        line = self._by_account.get(account_id)
        if not line:
            return False
        return any(waiting.rank <= rank and not waiting.by_limit for waiting in line)

    def line(self, account_id: int) -> list[Waiting]:
        """Who waits for this account, in order; a copy."""
        return list(self._by_account.get(account_id, ()))

    def accounts(self) -> list[int]:
        """Accounts that payments wait for, in ascending order: a fixed order keeps runs repeatable."""
        return sorted(self._by_account)

    def __iter__(self) -> Iterator[Payment]:
        """All queued payments, by account and place."""
        for account_id in self.accounts():
            for waiting in self._by_account[account_id]:
                yield waiting.payment
