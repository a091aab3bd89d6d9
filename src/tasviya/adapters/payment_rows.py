"""How a payment lies in its table: one column a field, in the order of the fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasviya.settlement.payment import Payment, Priority, Status

COLUMNS = Payment.__struct_fields__
COLUMN_LIST = ", ".join(COLUMNS)
CHANGING = (
    "settlement_date",
    "priority",
    "status",
    "reason",
    "reason_text",
    "reason_path",
    "blocked_by",
    "queued_at",
    "settled_at",
    "not_after",
    "not_before",
    "attempt",
    "amount_minor",
    "debit_minor",
    "settled_by",
    "unit_minor",
    "claim",
)
"""What of a payment may change after it was received."""


def payment_of(row: Sequence[Any]) -> Payment:
    """A payment from its row, in the order of its fields."""
    payment = Payment(*row)
    payment.status, payment.priority = Status(payment.status), Priority(payment.priority)
    return payment
