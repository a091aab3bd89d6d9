"""Which filters are valid, and which sizes and integers a request may carry.

A filter that breaks a rule finds nothing. An integer that does not fit its field is the caller's mistake and
raises, as TigerBeetle's client does.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

from tasviya.ledger.ledger import BATCH_MAX, ID_MAX, TIMESTAMP_MAX, AccountFilter, BatchTooLarge, QueryFilter

FIELD_BITS = {
    "id": 128,
    "account_id": 128,
    "debit_account_id": 128,
    "credit_account_id": 128,
    "amount": 128,
    "pending_id": 128,
    "debits_pending": 128,
    "debits_posted": 128,
    "credits_pending": 128,
    "credits_posted": 128,
    "user_data_128": 128,
    "user_data_64": 64,
    "user_data_32": 32,
    "timeout": 32,
    "ledger": 32,
    "code": 16,
    "timestamp": 64,
    "timestamp_min": 64,
    "timestamp_max": 64,
    "limit": 32,
}
EVENT_FLAG_BITS = 16
FILTER_FLAG_BITS = 32


class IntegerOverflowError(ValueError):
    """An integer does not fit its field. Cure: send a value within the field's bits."""


def check_integers(item: Any, flag_bits: int = EVENT_FLAG_BITS) -> None:
    """Raise IntegerOverflowError for the first field of an event or filter that does not fit its bits."""
    for name, bits in FIELD_BITS.items():
        value = getattr(item, name, 0)
        if not 0 <= value < 1 << bits:
            raise IntegerOverflowError(f"{name}=={value} does not fit in {bits} unsigned bits")
    if not 0 <= item.flags < 1 << flag_bits:
        raise IntegerOverflowError(f"flags=={int(item.flags)} does not fit in {flag_bits} unsigned bits")


def check_batch_size(batch: Sized) -> None:
    """Raise BatchTooLarge if a batch holds more than one TigerBeetle message does."""
    if len(batch) > BATCH_MAX:
        raise BatchTooLarge(f"{len(batch)} events exceed {BATCH_MAX}; send them in several batches")


def account_filter_finds(filter: AccountFilter) -> bool:
    """Whether the filter keeps the rules; if not, it finds nothing."""
    return (
        0 < filter.account_id < ID_MAX
        and _times_hold(filter.timestamp_min, filter.timestamp_max)
        and filter.limit > 0
        and int(filter.flags) & 0b011 != 0
        and int(filter.flags) & ~0b111 == 0
        and not getattr(filter, "reserved", 0)
    )


def query_filter_finds(filter: QueryFilter) -> bool:
    """Whether the filter keeps the rules; if not, it finds nothing."""
    return (
        _times_hold(filter.timestamp_min, filter.timestamp_max)
        and filter.limit > 0
        and int(filter.flags) & ~0b1 == 0
        and not getattr(filter, "reserved", 0)
    )


def result_limit(filter: AccountFilter | QueryFilter) -> int:
    """How many results a query returns at most: one message of TigerBeetle's."""
    return min(filter.limit, BATCH_MAX)


def _times_hold(earliest: int, latest: int) -> bool:
    """Zero is no bound; a bound lies below 2**63; the earliest does not follow the latest."""
    return earliest <= TIMESTAMP_MAX and latest <= TIMESTAMP_MAX and (latest == 0 or earliest <= latest)
