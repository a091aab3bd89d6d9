"""Recalls: a payer's bank wants a payment back.

What has not settled is cancelled; what has is asked of the payee's bank, whose answer is passed on.
"""

from __future__ import annotations

import msgspec

from tasviya.core.errors import Refusal
from tasviya.exchange.order import OrderEvent
from tasviya.messages.model import (
    Recall,
    RecallAnswer,
)
from tasviya.services import claims
from tasviya.services.answers import report
from tasviya.services.originals import Asking, named_payments
from tasviya.services.payments import withdraw_payment
from tasviya.services.work import Work
from tasviya.settlement.payment import Event, Payment, Status
from tasviya.settlement.rules import ARDT, NOOR

STOPPABLE = frozenset({Status.HELD, Status.WAREHOUSED, Status.QUEUED})
"""A payment in one of these can still be cancelled."""


def recall_payments(work: Work, asking: Asking, recall: Recall) -> None:
    """A payer's bank recalls a payment (camt.056): each answer is a camt.029."""
    payments = named_payments(work, asking, recall, lambda p: p.sender == asking.participant)
    if not payments:
        refusal = NOOR.refuse("No payment of yours has these ids.")
        _answer_recall(work, asking, recall, "RJCR", refusal, None)
    for payment in payments:
        _recall_one(work, asking, recall, payment)


def _recall_one(work: Work, asking: Asking, recall: Recall, payment: Payment) -> None:
    if payment.status in STOPPABLE:
        withdraw_payment(work, payment, OrderEvent.CANCEL)
        why = Refusal(recall.reason or "CUST", "Cancelled at its sender's request.", "")
        work.happened(payment, Event.CANCEL, why)
        report(work, payment)
        _answer_recall(work, asking, recall, "CNCL", None, payment)
    elif kept := claims.not_returned(work, payment) if payment.status is Status.SETTLED else None:
        _answer_recall(work, asking, recall, "RJCR", kept, payment)
    elif payment.status is Status.SETTLED:
        work.tell(
            work.bic(payment.creditor), "recall", [payment.seq, asking.bic, msgspec.to_builtins(recall)]
        )
        _answer_recall(work, asking, recall, "PDCR", None, payment)
    else:
        refusal = ARDT.refuse(f"The payment was {payment.status} before.")
        _answer_recall(work, asking, recall, "RJCR", refusal, payment)


def _answer_recall(
    work: Work,
    asking: Asking,
    recall: Recall,
    status: str,
    refusal: Refusal | None,
    payment: Payment | None,
) -> None:
    answer = RecallAnswer(
        recall.position or 1,
        status,
        cancellation_status_id=recall.cancellation_id,
        original_message_id=recall.original_message_id,
        original_message_type=recall.original_message_type,
        original_instruction_id=payment.instruction_id if payment else recall.original_instruction_id,
        original_end_to_end_id=payment.end_to_end_id if payment else recall.original_end_to_end_id,
        original_transaction_id=payment.transaction_id if payment else recall.original_transaction_id,
        original_uetr=payment.uetr if payment else recall.original_uetr,
        reason=refusal.reason if refusal else None,
        additional_info=(refusal.what, refusal.cure) if refusal else (),
    )
    refs = [recall.case_id, status, msgspec.to_builtins(answer), asking.message_seq]
    work.tell(asking.bic, "recall_answer", refs)


def pass_answer_on(work: Work, asking: Asking, answer: RecallAnswer) -> None:
    """The payee's bank answers a recall: its answer goes to the bank that recalled."""
    work.tell_once(asking.bic, "acknowledgement", [asking.message_seq])
    for payment in named_payments(work, asking, answer, lambda p: p.creditor == asking.participant):
        # What the case calls cancelled is called accepted for a single payment.
        status = "CNCL" if answer.status == "ACCR" else answer.status or "RJCR"
        passed_on = msgspec.structs.replace(answer, refusals=[])
        refs = [answer.recall_id, status, msgspec.to_builtins(passed_on), 0]
        work.tell(work.bic(payment.sender), "recall_answer", refs)
