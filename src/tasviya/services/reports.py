"""Questions: where payments stand, and what moved on an account."""

from __future__ import annotations

import msgspec

from tasviya.core.business_day import Phase
from tasviya.messages.model import (
    ReportRequest,
    StatusRequest,
)
from tasviya.services.answers import status_item
from tasviya.services.originals import MOVABLE, Asking, holder, named_payments
from tasviya.services.work import Work
from tasviya.settlement.accounts import LedgerAccount
from tasviya.settlement.payment import Payment
from tasviya.settlement.rules import AC01, DT01


def answer_status_request(work: Work, asking: Asking, request: StatusRequest) -> None:
    """A participant asks where payments of its own, or to it, stand (pacs.028)."""
    payments = named_payments(work, asking, request, lambda p: asking.participant in _parties(p))
    by_message: dict[int, list[object]] = {}
    for payment in payments:
        by_message.setdefault(payment.message_seq, []).append(status_item(payment))
    for message_seq, items in by_message.items():
        work.tell(asking.bic, "asked_status", [message_seq, items, asking.message_seq])
    if not payments:
        work.tell(asking.bic, "no_original", [msgspec.to_builtins(request), asking.message_seq])


def answer_report_request(work: Work, asking: Asking, request: ReportRequest) -> None:
    """A participant asks for the entries of its account so far today (camt.052), or of its last closed day
    (camt.053)."""
    memory = work.memory
    wanted = request.account or ""
    accounts = [
        state.account
        for state in memory.accounts.values()
        if state.account.kind in MOVABLE
        and (state.account.number == wanted or not wanted)
        and holder(state.account) == asking.participant
    ]
    closed = (request.requested_message or "").startswith("camt.053")
    told = False
    for account in accounts:
        span = _closed_span(work, account) if closed else _open_span(work, account)
        if span is not None:
            kind = "statement" if closed else "report"
            work.tell(asking.bic, kind, [account.hex_id, *span, asking.message_seq])
            told = True
    if not told:
        refusal = (
            DT01.refuse("No business day of the account has closed yet.", "Ask for camt.052 until then.")
            if accounts
            else AC01.refuse(f"{wanted or 'None'} is no account of yours.")
        )
        work.tell(asking.bic, "receipt", [asking.message_seq, "RJCT", refusal.reason, str(refusal)])


Span = tuple[str, int, int, str]
"""(business date, first commit, last commit, balance if nothing moved): what a statement is made from."""


def _open_span(work: Work, account: LedgerAccount) -> Span | None:
    """The account's latest business day until now."""
    row, state = work.memory.days.get(account.currency.code), work.memory.accounts[account.id]
    return row and (row.business_date, row.opened_commit, work.changes.commit_seq, str(state.net))


def _closed_span(work: Work, account: LedgerAccount) -> Span | None:
    """The account's last closed business day."""
    row = work.memory.days.get(account.currency.code)
    if row is None or row.phase == Phase.CLOSED:
        return _open_span(work, account)
    before = work.memory.store.day_before(row.currency, row.business_date)
    closing = str(work.memory.accounts[account.id].opening)
    return before and (before.business_date, before.opened_commit, row.opened_commit - 1, closing)


def _parties(payment: Payment) -> set[str]:
    return {
        payment.sender,
        payment.debtor,
        payment.creditor,
        payment.debtor_correspondent,
        payment.creditor_correspondent,
    } - {""}
