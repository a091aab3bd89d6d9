"""A payment with nothing but what a decision looks at."""

from __future__ import annotations

from typing import Any

from tasviya.settlement.payment import Payment, Priority, Status

PRIORITY = {"u": Priority.URGENT, "h": Priority.HIGH, "n": Priority.NORMAL}


def payment(seq: int, priority: str = "n", amount: int = 1, **changes: Any) -> Payment:
    facts: dict[str, Any] = {
        name: 0 if kind in (int, "int") else "" for name, kind in Payment.__annotations__.items()
    }
    facts |= {"seq": seq, "payment_id": f"P{seq}", "amount_minor": amount}
    facts |= {"priority": PRIORITY[priority], "status": Status.RECEIVED}
    return Payment(**(facts | changes))
