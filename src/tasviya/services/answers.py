"""What is told of a payment: to its sender where it stands, and to everyone concerned that it has settled."""

from __future__ import annotations

from tasviya.services.work import Work
from tasviya.settlement.payment import ISO_STATUS, Payment
from tasviya.settlement.routing import Path

ONWARD = {"pacs.008": "onward", "pacs.009": "onward", "pacs.004": "return"}
"""What goes on to the payee's bank when a payment of that type settles: a kind of outbox row."""


def report(work: Work, payment: Payment) -> None:
    """Tell the sender where its payment stands: by pacs.002, a liquidity transfer by camt.025."""
    receiver = work.bic(payment.sender)
    if payment.message_type.startswith("camt.050"):
        reason = payment.reason or None
        refs = [payment.message_seq, ISO_STATUS[payment.status], reason, payment.reason_text]
        work.tell(receiver, "receipt", refs)
    else:
        work.tell_more(receiver, "status", payment.message_seq, status_item(payment))


def status_item(payment: Payment) -> list[object]:
    """Where a payment stands, as the outbox keeps it."""
    item: list[object] = [payment.seq, ISO_STATUS[payment.status]]
    if payment.reason_text:
        item += [payment.reason or None, payment.reason_text, payment.reason_path]
    return item


def tell_settled(work: Work, payment: Payment, route: Path) -> None:
    """Tell the payer's bank, the payee's, and every holder of an account that a settled payment moved."""
    report(work, payment)
    onward = ONWARD.get(payment.message_type[:8])
    if onward:
        work.tell_more(work.bic(payment.creditor), onward, payment.message_seq, payment.seq)
    for participant, account, is_debit in route.tells:
        work.tell_more(work.bic(participant), "notice", account, [payment.seq, is_debit])
