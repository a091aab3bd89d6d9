"""The times that a payer may set for a payment: not before, not after.

SttlmTmReq gives times of the settlement date: FrTm (from), and TillTm, CLSTm and RjctTm, of which the
earliest ends the wait. A time without an offset is the settlement institution's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from tasviya.core.business_day import local_instant
from tasviya.core.clock import to_ns
from tasviya.messages.model import CreditTransfer


@dataclass(frozen=True, slots=True)
class Window:
    """When a payment may settle; 0: no bound."""

    not_before: int = 0
    not_after: int = 0


ANY_TIME = Window()


def window(transfer: CreditTransfer, settlement_date: date, zone: str) -> Window:
    """The window that a transfer asks for on its settlement date. zone: the settlement institution's."""
    ends = (transfer.settle_till, transfer.settle_at, transfer.reject_after)
    if transfer.settle_from is None and ends == (None, None, None):
        return ANY_TIME
    not_after = min((_instant(end, settlement_date, zone) for end in ends if end), default=0)
    not_before = _instant(transfer.settle_from, settlement_date, zone) if transfer.settle_from else 0
    return Window(not_before, not_after)


def _instant(text: str, day: date, zone: str) -> int:
    at = time.fromisoformat(text)
    if at.tzinfo is None:
        return local_instant(zone, day, at)
    return to_ns(datetime.combine(day, at))
