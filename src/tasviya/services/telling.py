"""The outbox in words: rows and what they refer to become ISO 20022 messages.

Pure: the same rows and facts give the same bytes, whichever process builds them and however often. What each
kind of row refers to stands beside its builder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tasviya.core.clock import iso_instant
from tasviya.messages.account_reports import build_notification
from tasviya.messages.builders import build_message_reject
from tasviya.messages.credit_transfer_writing import build_onward
from tasviya.messages.envelope import envelope
from tasviya.messages.model import Group, Header, StatusReport
from tasviya.messages.scheme import Scheme
from tasviya.messages.statements import AccountReport, Entry
from tasviya.messages.status import build_status_report
from tasviya.messages.writing import lines
from tasviya.services.unit_of_work import OutboxRow, ReceivedMessage
from tasviya.settlement.payment import Payment

Documents = list[tuple[str, bytes]]
"""(message type, document)."""


@dataclass(slots=True)
class Facts:
    """What rows refer to, looked up beforehand."""

    scheme: Scheme
    payments: Mapping[int, Payment]
    messages: Mapping[int, ReceivedMessage]
    sources: Mapping[int, bytes]
    """By message number: the bytes that its payments' offsets refer to."""
    account_numbers: Mapping[str, tuple[str, str, str]]
    """By account id: (external number, currency, owner's BIC)."""
    bics: Mapping[str, str]
    """By participant."""
    repeats: Mapping[int, list[OutboxRow]] = field(default_factory=dict)
    """By file number: the answers that were given to it."""
    committed_at: Mapping[int, int] = field(default_factory=dict)
    """By commit: its instant."""


def letter(receiver: str, rows: Iterable[OutboxRow], facts: Facts) -> bytes:
    """One file for a receiver: the messages of these rows, in order."""
    messages: list[tuple[Header, bytes]] = []
    for row in rows:
        at = iso_instant(facts.committed_at[row.commit_seq])
        for index, (message_type, document) in enumerate(documents(row, facts)):
            identity = message_id(row, index)
            header = Header(facts.scheme.operator_bic, receiver, identity, message_type, None, at)
            messages.append((header, document))
    return envelope(messages)


def documents(row: OutboxRow, facts: Facts) -> Documents:
    """The documents that one row stands for."""
    return _BUILDERS[row.kind](row, facts)


def message_id(row: OutboxRow, index: int = 0) -> str:
    """The id of a message of ours: its row's number, and its place among the row's documents."""
    return f"TSV{row.seq:012d}" + (f"-{index}" if index else "")


def _status(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [message number, [[payment number, status, reason, text, path] …]]."""
    message_seq, items = row.refs
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
    )


def _refused(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [message number]: the whole message was refused."""
    (message_seq,) = row.refs
    message = facts.messages[message_seq]
    where = f" @ {message.reason_path}" if message.reason_path else ""
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
            transactions=[source[payment.xml_start : payment.xml_end] for payment in payments],
            group=group,
            settlement_date=settlement_date,
        )
        made.append((message.message_type, document))
    return made


def _notice(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [account id, [[payment number, is a debit] …]]: what moved on an account."""
    account_id, items = row.refs
    number, currency, owner = facts.account_numbers[account_id]
    at = iso_instant(facts.committed_at[row.commit_seq])
    entries = [
        entry_of(facts.payments[seq], is_debit, facts, reference=str(place))
        for place, (seq, is_debit) in enumerate(items, 1)
    ]
    report = AccountReport(
        1, message_id(row), number, currency=currency, owner=owner, created_at=at, entries=entries
    )
    document = build_notification(facts.scheme, message_id=message_id(row), created_at=at, reports=[report])
    return [("camt.054.001.08", document)]


def entry_of(payment: Payment, is_debit: bool, facts: Facts, reference: str) -> Entry:
    """A payment as an entry on one of the accounts it moved."""
    return Entry(
        payment.amount_minor,
        payment.currency,
        not is_debit,
        reference=reference,
        account_servicer_reference=payment.payment_id,
        booked_at=iso_instant(payment.settled_at),
        value_date=payment.settlement_date,
        instruction_id=payment.instruction_id or None,
        end_to_end_id=payment.end_to_end_id or None,
        transaction_id=payment.transaction_id or None,
        uetr=payment.uetr or None,
        debtor_name=payment.debtor_name or None,
        debtor_account=payment.debtor_account or None,
        creditor_name=payment.creditor_name or None,
        creditor_account=payment.creditor_account or None,
        debtor_agent=facts.bics.get(payment.debtor),
        creditor_agent=facts.bics.get(payment.creditor),
        purpose=payment.purpose or None,
        remittance=payment.remittance or None,
    )


def _repeat(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [file number]: the same bytes again get the same answer again, to the byte."""
    (file_seq,) = row.refs
    return [document for earlier in facts.repeats[file_seq] for document in documents(earlier, facts)]


_BUILDERS: dict[str, Callable[[OutboxRow, Facts], Documents]] = {
    "status": _status,
    "refused": _refused,
    "unreadable": _unreadable,
    "onward": _onward,
    "notice": _notice,
    "repeat": _repeat,
}

ANSWERS = frozenset({"status", "refused", "unreadable", "receipt"})
"""Kinds that answer a message; a repeated file gets them again."""
