"""Gross settlement: pay each payment by itself, now, in full, or let it wait.

The order of questions is the order of answers: at each source account those that wait there already come
first (FIFO within and above the priority), then its money; last the payer's own limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasviya.settlement.liquidity import Exposure, Funds
from tasviya.settlement.payment import Payment, Priority


@dataclass(frozen=True, slots=True)
class Settle:
    """Post it now. `draws`: for each source account what to draw on its credit line, minor units."""

    draws: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """Let it wait in the queue of `account_id`."""

    account_id: int
    reason: str
    """ISO 20022 reason code."""
    shortfall: int
    """How much is missing, minor units; 0 if it only stands behind others."""
    by_limit: bool = False
    """It waits for a limit, not for money: those behind it may pass."""


NO_FUNDS = "AM04"
OVER_LIMIT = "AM23"


def decide(
    payment: Payment, sources: Sequence[Funds], exposure: Exposure | None, behind: Sequence[bool]
) -> Settle | Queue:
    """Settle gross if every source can cover the payment now; otherwise queue it.

    payment: accepted, amount > 0.
    sources: funds of the accounts it takes from, in the path's order; same currency.
    exposure: the payer's limit towards the payee, if one binds.
    behind: for each source, whether payments of at least its priority already wait there.
    Changes nothing. Same arguments, same decision.
    Source: CPMI, "New developments in large-value payment systems" (2005), on FIFO queues and sender limits.
    """
    amount = payment.taken_minor
    for funds, others_wait in zip(sources, behind, strict=True):
        if others_wait:
            return Queue(funds.account_id, NO_FUNDS, 0)
        spendable = funds.spendable(payment.priority)
        if amount > spendable:
            return Queue(funds.account_id, NO_FUNDS, amount - spendable)
    if exposure is not None and payment.priority is Priority.NORMAL and amount > exposure.free:
        return Queue(sources[-1].account_id, OVER_LIMIT, amount - exposure.free, by_limit=True)
    return Settle(tuple([funds.drawing_for(amount) for funds in sources]))
