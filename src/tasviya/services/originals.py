"""What a request about payments begins with: who asks, and which payments it may name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tasviya.core.ids import payment_id
from tasviya.messages.model import (
    ParsedMessage,
    Recall,
    RecallAnswer,
    Return,
    StatusRequest,
)
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount
from tasviya.settlement.payment import Payment, Priority


@dataclass(frozen=True, slots=True)
class Asking:
    """Who sends a request, in which message."""

    bic: str
    participant: str
    message_seq: int
    message: ParsedMessage
    at: int


MOVABLE = frozenset({AccountKind.SETTLEMENT, AccountKind.VOSTRO, AccountKind.ISSUE})
"""Kinds of account that their holders move money on and are told about."""


def named_payments(
    work: Work,
    asking: Asking,
    request: StatusRequest | Recall | RecallAnswer | Return,
    concerns: Callable[[Payment], bool],
) -> list[Payment]:
    """The payments that a request names, as they stand in this unit of work; the sender's concern only."""
    found: dict[int, Payment] = {}
    if request.original_uetr:
        for payment in work.memory.store.uetrs_known([request.original_uetr]).get(request.original_uetr, ()):
            found[payment.seq] = payment
        for payment in work.changes.new_payments:
            if payment.uetr == request.original_uetr:
                found[payment.seq] = payment
    elif request.original_message_id:
        store = work.memory.store
        named = store.payments_of_message(asking.participant, request.original_message_id)
        just_come = {
            message.seq
            for message in work.changes.messages
            if (message.sender, message.message_id) == (asking.participant, request.original_message_id)
            and not message.reason
        }
        named += [payment for payment in work.changes.new_payments if payment.message_seq in just_come]
        found.update({p.seq: p for p in named if _same_ids(p, request)})
    current = (work.current(payment) for payment in found.values())
    return [payment for payment in current if not payment.original_seq and concerns(payment)]


def _same_ids(payment: Payment, request: StatusRequest | Recall | RecallAnswer | Return) -> bool:
    """Whether every id that a request gives of a transaction is the payment's."""
    pairs = (
        (request.original_instruction_id, payment.instruction_id),
        (request.original_end_to_end_id, payment.end_to_end_id),
        (request.original_transaction_id, payment.transaction_id),
    )
    return all(asked is None or asked == held for asked, held in pairs)


def holder(account: LedgerAccount | None) -> str:
    """Whose money an account holds: a vostro's is the respondent's."""
    if account is None:
        return ""
    return account.with_whom if account.kind is AccountKind.VOSTRO else account.owner


def new_payment(work: Work, asking: Asking, **facts: Any) -> Payment:
    """A payment that did not come as a credit transfer."""
    numbers = work.memory.numbers
    seq = numbers.payment
    numbers.payment += 1
    payment = Payment(
        seq=seq,
        payment_id=payment_id(asking.participant, asking.message.message_id, facts["position"]),
        message_seq=asking.message_seq,
        message_type=asking.message.message_type,
        sender=asking.participant,
        received_at=asking.at,
        priority=Priority.HIGH,
        **facts,
    )
    work.changes.new_payments.append(payment)
    return payment
