"""The outbox in words: rows and what they refer to become ISO 20022 messages.

Pure: the same rows and facts give the same bytes, whichever process builds them and however often. What each
kind of row refers to stands beside its builder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tasviya.core.clock import iso_instant
from tasviya.messages.amounts import amount_text
from tasviya.messages.builders import (
    build_acknowledgement,
    build_message_reject,
    build_onward,
    build_recall,
    build_recall_answer,
    build_receipt,
    build_return,
    build_status_report,
    envelope,
)
from tasviya.messages.conversion import converted
from tasviya.messages.model import (
    Group,
    Header,
    Recall,
    RecallAnswer,
    Receipt,
    Return,
    StatusReport,
    StatusRequest,
)
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import lines
from tasviya.services.statements import conversion_of
from tasviya.services.telling_accounts import notice, report, statement
from tasviya.services.telling_clearing import cycle_result
from tasviya.services.telling_facts import Documents, Facts, message_id
from tasviya.services.telling_trades import trade_notice
from tasviya.services.unit_of_work import OutboxRow
from tasviya.settlement.payment import Payment


def letter(receiver: str, rows: Iterable[OutboxRow], facts: Facts) -> bytes:
    """One file for a receiver: the messages of these rows, in order.

    A repeated file (refs: [file number]) gets its answers again, to the byte, under headers that say so.
    """
    messages: list[tuple[Header, bytes]] = []
    operator = facts.scheme.operator_bic
    for row in rows:
        at = iso_instant(facts.committed_at[row.commit_seq])
        again = row.kind == "repeat"
        for told in facts.repeats[row.refs[0]] if again else (row,):
            for index, (message_type, document) in enumerate(documents(told, facts)):
                identity = message_id(told, index)
                messages.append(
                    (Header(operator, receiver, identity, message_type, None, at, again), document)
                )
    return envelope(messages)


def documents(row: OutboxRow, facts: Facts) -> Documents:
    """The documents that one row stands for."""
    return _BUILDERS[row.kind](row, facts)


def _status(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [message number, [[payment number, status, reason, text, path] …]]; of an answer to a question,
    that one's message number."""
    message_seq, items = row.refs[:2]
    message = facts.messages[message_seq]
    reports = [_status_of(item, facts) for item in items]
    at = iso_instant(facts.committed_at[row.commit_seq])
    document = build_status_report(
        facts.scheme,
        message_id=message_id(row),
        created_at=at,
        original_message_id=message.message_id,
        original_message_type=message.message_type,
        transactions=reports,
    )
    return [("pacs.002.001.10", document)]


def _status_of(item: list[Any], facts: Facts) -> StatusReport:
    seq, status, *why = item
    payment = facts.payments[seq]
    settled = status == "ACSC"
    reason, text, path = why or (None, "", "")
    return StatusReport(
        payment.position,
        status,
        status_id=payment.payment_id,
        original_instruction_id=payment.instruction_id or None,
        original_end_to_end_id=payment.end_to_end_id or None,
        original_transaction_id=payment.transaction_id or None,
        original_uetr=payment.uetr or None,
        reason=reason,
        additional_info=tuple(lines(f"{text} @ {path}" if path else text)) if text else (),
        accepted_at=iso_instant(payment.settled_at) if settled else None,
        settlement_date=payment.settlement_date if settled else None,
        clearing_reference=(payment.settled_by or None) if settled else None,
    )


def _refused(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [message number]: the whole message was refused."""
    (message_seq,) = row.refs
    message = facts.messages[message_seq]
    where = f" @ {message.reason_path}" if message.reason_path else ""
    at = iso_instant(facts.committed_at[row.commit_seq])
    if not message.message_type.startswith("pacs."):
        told = f"{message.reason_text}{where}"
        receipt = Receipt(1, message.message_id, "RJCT", message.message_type, message.reason, told)
        document = build_receipt(facts.scheme, message_id=message_id(row), created_at=at, receipts=[receipt])
        return [("camt.025.001.08", document)]
    document = build_status_report(
        facts.scheme,
        message_id=message_id(row),
        created_at=iso_instant(facts.committed_at[row.commit_seq]),
        original_message_id=message.message_id or "NOTPROVIDED",
        original_message_type=message.message_type,
        group_status="RJCT",
        reason=message.reason,
        additional_info=f"{message.reason_text}{where}",
    )
    return [("pacs.002.001.10", document)]


def _unreadable(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [message number]: nothing could be read of it."""
    (message_seq,) = row.refs
    message = facts.messages[message_seq]
    document = build_message_reject(
        facts.scheme,
        reference=message.message_id or "NOTPROVIDED",
        reason=message.reason,
        rejected_at=iso_instant(facts.committed_at[row.commit_seq]),
        location=message.reason_path,
        description=message.reason_text,
    )
    return [("admi.002.001.01", document)]


def _onward(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [message number, [payment number …]]: the payer's own words, to the payee's bank."""
    message_seq, seqs = row.refs
    message, source = facts.messages[message_seq], facts.sources[message_seq]
    by_currency: dict[tuple[str, str], list[Payment]] = {}
    for seq in seqs:
        payment = facts.payments[seq]
        by_currency.setdefault((payment.currency, payment.settlement_date), []).append(payment)
    group = Group(message_id=message.message_id, carried=message.carried)
    made = []
    for index, ((currency, settlement_date), payments) in enumerate(by_currency.items()):
        document = build_onward(
            facts.scheme,
            message.message_type,
            message_id=message_id(row, index),
            created_at=iso_instant(facts.committed_at[row.commit_seq]),
            currency=currency,
            total_minor=sum(payment.amount_minor for payment in payments),
            transactions=[_onward_element(payment, source, facts.scheme) for payment in payments],
            group=group,
            settlement_date=settlement_date,
        )
        made.append((message.message_type, document))
    return made


def _onward_element(payment: Payment, source: bytes, scheme: Scheme) -> bytes:
    """The payer's element; of a payment in two currencies, with what came of it."""
    words = source[payment.xml_start : payment.xml_end]
    conversion = conversion_of(payment)
    return words if conversion is None else converted(words, conversion, scheme)


def _return(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [message number, [payment number …]]: settled payments that came back, to the bank that paid."""
    _, seqs = row.refs
    at = iso_instant(facts.committed_at[row.commit_seq])
    made = []
    for index, seq in enumerate(seqs):
        payment = facts.payments[seq]
        original = facts.payments[payment.original_seq]
        returned = Return(
            1,
            payment.currency,
            amount_minor=payment.amount_minor,
            return_id=payment.instruction_id or payment.payment_id,
            original_message_id=facts.messages[original.message_seq].message_id,
            original_message_type=original.message_type,
            original_instruction_id=original.instruction_id or None,
            original_end_to_end_id=original.end_to_end_id or None,
            original_transaction_id=original.transaction_id or None,
            original_uetr=original.uetr or None,
            original_amount=amount_text(original.amount_minor, original.currency, facts.scheme),
            original_currency=original.currency,
            original_settlement_date=original.settlement_date,
            settlement_date=payment.settlement_date,
            reason=payment.purpose or None,
            additional_info=tuple(lines(payment.remittance)),
            instructing_agent=facts.bics.get(payment.debtor),
            instructed_agent=facts.bics.get(payment.creditor),
        )
        document = build_return(
            facts.scheme, message_id=message_id(row, index), created_at=at, returns=[returned]
        )
        made.append(("pacs.004.001.09", document))
    return made


def _receipt(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [message number, status, reason or None, text]: how a request fared."""
    message_seq, status, reason, text = row.refs
    message = facts.messages[message_seq]
    receipt = Receipt(1, message.message_id, status, message.message_type, reason, text or None)
    at = iso_instant(facts.committed_at[row.commit_seq])
    document = build_receipt(facts.scheme, message_id=message_id(row), created_at=at, receipts=[receipt])
    return [("camt.025.001.08", document)]


def _acknowledgement(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [message number]: it has arrived, and asks for nothing."""
    (message_seq,) = row.refs
    message = facts.messages[message_seq]
    at = iso_instant(facts.committed_at[row.commit_seq])
    document = build_acknowledgement(
        facts.scheme,
        message_id=message_id(row),
        created_at=at,
        reference=message.message_id or "NOTPROVIDED",
        reference_type=message.message_type,
        received_at=at,
    )
    return [("admi.007.001.01", document)]


def _recall(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [payment number, recalling BIC, recall]: a recall of a settled payment, to the payee's bank."""
    seq, assigner, built_in = row.refs
    payment = facts.payments[seq]
    recall = msgspec.convert(built_in, Recall)
    recall.position = 1
    recall.original_message_id = facts.messages[payment.message_seq].message_id
    recall.original_message_type = payment.message_type
    recall.original_instruction_id = payment.instruction_id or None
    recall.original_end_to_end_id = payment.end_to_end_id or None
    recall.original_transaction_id = payment.transaction_id or None
    recall.original_uetr = payment.uetr or None
    document = build_recall(
        facts.scheme,
        message_id=message_id(row),
        created_at=iso_instant(facts.committed_at[row.commit_seq]),
        assigner=assigner,
        assignee=row.receiver,
        recalls=[recall],
    )
    return [("camt.056.001.08", document)]


def _recall_answer(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [case id or None, status, answer, the recall's message number or 0]: how a recall fared."""
    case_id, status, built_in, _ = row.refs
    answer = msgspec.convert(built_in, RecallAnswer)
    document = build_recall_answer(
        facts.scheme,
        message_id=message_id(row),
        created_at=iso_instant(facts.committed_at[row.commit_seq]),
        assigner=facts.scheme.operator_bic,
        assignee=row.receiver,
        status=status,
        case_id=case_id,
        answers=[answer],
    )
    return [("camt.029.001.09", document)]


def _no_original(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [status request, its message number]: what was asked about is not known here."""
    request = msgspec.convert(row.refs[0], StatusRequest)
    told = StatusReport(
        1,
        "RJCT",
        original_instruction_id=request.original_instruction_id,
        original_end_to_end_id=request.original_end_to_end_id,
        original_transaction_id=request.original_transaction_id,
        original_uetr=request.original_uetr,
        reason="NOOR",
        additional_info=("No payment of yours has these ids.",),
    )
    document = build_status_report(
        facts.scheme,
        message_id=message_id(row),
        created_at=iso_instant(facts.committed_at[row.commit_seq]),
        original_message_id=request.original_message_id or "NOTPROVIDED",
        original_message_type=request.original_message_type or "NOTPROVIDED",
        transactions=[told],
    )
    return [("pacs.002.001.10", document)]


_BUILDERS: dict[str, Callable[[OutboxRow, Facts], Documents]] = {
    "status": _status,
    "asked_status": _status,
    "refused": _refused,
    "unreadable": _unreadable,
    "onward": _onward,
    "return": _return,
    "notice": notice,
    "report": report,
    "statement": statement,
    "receipt": _receipt,
    "acknowledgement": _acknowledgement,
    "recall": _recall,
    "recall_answer": _recall_answer,
    "no_original": _no_original,
    "trade": trade_notice,
    "clearing_result": cycle_result,
}

ANSWERS = frozenset({"status", "refused", "unreadable", "receipt", "acknowledgement"})
"""Kinds that answer a message, whose number comes first in their refs; a repeated file gets them again."""
REPLIES = frozenset({"asked_status", "no_original", "recall_answer", "report", "statement", "trade"})
"""Kinds that may answer a question, whose number comes last in their refs; these too."""
