"""Messages that are no credit transfers: returns, recalls, questions, liquidity transfers, trades.

Each handler takes the unit of work, who asks, and one transaction of the message. A request about a payment
is answered only to a party of it: to anyone else the payment is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tasviya.messages.model import (
    LiquidityTransfer,
    Recall,
    RecallAnswer,
    ReportRequest,
    Return,
    StatusRequest,
)
from tasviya.messages.trades import TradeInstruction
from tasviya.services.liquidity import transfer_liquidity
from tasviya.services.originals import Asking
from tasviya.services.recalls import pass_answer_on, recall_payments
from tasviya.services.reports import answer_report_request, answer_status_request
from tasviya.services.returns import return_payment
from tasviya.services.trades import instruct
from tasviya.services.work import Work


def handle(work: Work, asking: Asking, transaction: Any) -> None:
    """Do what a transaction asks. What asks for nothing (a report, a receipt) is acknowledged by admi.007."""
    handler = HANDLERS.get(type(transaction))
    if handler is not None:
        handler(work, asking, transaction)
    else:
        work.tell_once(asking.bic, "acknowledgement", [asking.message_seq])


HANDLERS: dict[type, Callable[[Work, Asking, Any], None]] = {
    StatusRequest: answer_status_request,
    Recall: recall_payments,
    RecallAnswer: pass_answer_on,
    Return: return_payment,
    LiquidityTransfer: transfer_liquidity,
    ReportRequest: answer_report_request,
    TradeInstruction: lambda work, asking, said: instruct(
        work, asking.participant, asking.message_seq, asking.at, said
    ),
}
