"""Messages that are no credit transfers: returns, recalls, questions, liquidity transfers, reports.

Each handler takes the unit of work, who sends, which message, and one of its transactions. A request about a
payment is answered only to a party of it: to anyone else the payment is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from tasviya.core.business_day import Phase
from tasviya.core.errors import Refusal
from tasviya.core.ids import payment_id
from tasviya.exchange.order import OrderEvent
from tasviya.messages.model import (
    LiquidityTransfer,
    ParsedMessage,
    Recall,
    RecallAnswer,
    ReportRequest,
    Return,
    StatusRequest,
)
from tasviya.messages.trades import TradeInstruction
from tasviya.services.answers import report, status_item
from tasviya.services.payments import offer, refuse, settle, withdraw_payment
from tasviya.services.trades import instruct
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount
from tasviya.settlement.admission import When, judge_date
from tasviya.settlement.gross import Settle, decide
from tasviya.settlement.payment import Event, Payment, Priority, Status
from tasviya.settlement.rules import AC01, AG03, AM03, AM04, AM09, ARDT, DT01, NOOR

STOPPABLE = frozenset({Status.HELD, Status.WAREHOUSED, Status.QUEUED})
"""A payment in one of these can still be cancelled."""


MOVABLE = frozenset({AccountKind.SETTLEMENT, AccountKind.VOSTRO, AccountKind.ISSUE})
"""Kinds of account that their holders move money on and are told about."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who sends a request, in which message."""

    bic: str
    participant: str
    message_seq: int
    message: ParsedMessage
    at: int


def handle(work: Work, asking: Asking, transaction: Any) -> None:
    """Do what a transaction asks. What asks for nothing (a report, a receipt) is acknowledged by admi.007."""
    handler = HANDLERS.get(type(transaction))
    if handler is not None:
        handler(work, asking, transaction)
    else:
        work.tell_once(asking.bic, "acknowledgement", [asking.message_seq])


def _status_request(work: Work, asking: Asking, request: StatusRequest) -> None:
    payments = _originals(work, asking, request, lambda p: asking.participant in _parties(p))
    by_message: dict[int, list[object]] = {}
    for payment in payments:
        by_message.setdefault(payment.message_seq, []).append(status_item(payment))
    for message_seq, items in by_message.items():
        work.tell(asking.bic, "asked_status", [message_seq, items, asking.message_seq])
    if not payments:
        work.tell(asking.bic, "no_original", [msgspec.to_builtins(request), asking.message_seq])


def _recall(work: Work, asking: Asking, recall: Recall) -> None:
    payments = _originals(work, asking, recall, lambda p: p.sender == asking.participant)
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
        additional_info=(refusal.what,) if refusal else (),
    )
    refs = [recall.case_id, status, msgspec.to_builtins(answer), asking.message_seq]
    work.tell(asking.bic, "recall_answer", refs)


def _recall_answer(work: Work, asking: Asking, answer: RecallAnswer) -> None:
    """The payee's bank answers a recall: its answer goes to the bank that recalled."""
    work.tell_once(asking.bic, "acknowledgement", [asking.message_seq])
    for payment in _originals(work, asking, answer, lambda p: p.creditor == asking.participant):
        # What the case calls cancelled is called accepted for a single payment.
        status = "CNCL" if answer.status == "ACCR" else answer.status or "RJCR"
        passed_on = msgspec.structs.replace(answer, refusals=[])
        refs = [answer.recall_id, status, msgspec.to_builtins(passed_on), 0]
        work.tell(work.bic(payment.sender), "recall_answer", refs)


def _return(work: Work, asking: Asking, returned: Return) -> None:
    """A settled payment comes back, in the currency it was settled in, as a payment of its own."""
    originals = _originals(work, asking, returned, lambda p: p.creditor == asking.participant)
    original = next((p for p in originals if p.status is Status.SETTLED), None)
    payment = _new_payment(work, asking, returned, original)
    work.changes.new_payments.append(payment)
    refusal = returned.refusals[0] if returned.refusals else _return_refused(work, original, payment)
    if refusal is None and original is not None:
        directory = work.memory.directory(date.fromisoformat(payment.settlement_date))
        through = (original.creditor_correspondent, original.debtor_correspondent)
        parties = directory.between(payment.debtor, payment.creditor, payment.currency, through)
        if not isinstance(parties, Refusal):
            payment.debtor_correspondent = parties.debtor_correspondent
            payment.creditor_correspondent = parties.creditor_correspondent
            offer(work, payment, parties)
            return
        refusal = _unreachable(work, original, payment) or parties
    refuse(work, payment, refusal or NOOR.refuse("No settled payment to you has these ids."))


def _unreachable(work: Work, original: Payment, payment: Payment) -> Refusal | None:
    """Why what a conversion paid cannot go back: the payer's bank has no way to receive its currency."""
    snapshot, payer, code = work.memory.snapshot, payment.creditor, payment.currency
    reachable = snapshot.account(payer, code) or snapshot.correspondent_routes(payer, code)
    if not original.debit_currency or reachable:
        return None
    return Refusal(
        AM03.reason,
        f"{payer} has neither an account nor a correspondent in {code}, and a return does not convert back.",
        f"Have {payer} appoint a correspondent in {code}, or pay it by a payment of your own in a currency"
        " that it has.",
        "TxInf/RtrdIntrBkSttlmAmt/@Ccy",
    )


def _return_refused(work: Work, original: Payment | None, payment: Payment) -> Refusal | None:
    if original is None:
        return NOOR.refuse("No settled payment to you has these ids.")
    if payment.currency != original.currency:
        return AM03.refuse(f"The payment was settled in {original.currency}, not {payment.currency}.")
    before = work.memory.store.returned_minor(original.seq) + sum(
        p.amount_minor
        for p in work.changes.new_payments
        if p.original_seq == original.seq and p is not payment and p.status is not Status.REJECTED
    )
    if before + payment.amount_minor > original.amount_minor:
        if before == original.amount_minor:
            return ARDT.refuse("The payment has been returned in full.")
        return AM09.refuse("It returns more than is left of the payment.")
    day = work.memory.day(payment.currency, work.now_ns)
    when = judge_date(date.fromisoformat(payment.settlement_date), day, customer=False, warehousing_days=0)
    if isinstance(when, Refusal):
        return when
    if when is When.LATER:
        return DT01.refuse(f"{payment.currency} is not open.", "Return it when the day is open.")
    return None


def _new_payment(work: Work, asking: Asking, returned: Return, original: Payment | None) -> Payment:
    day = work.memory.snapshot.currencies.get(returned.currency)
    business_date = work.memory.day(returned.currency, work.now_ns).business_date if day else None
    return _row(
        work,
        asking,
        position=returned.position,
        instruction_id=returned.return_id or "",
        end_to_end_id=returned.original_end_to_end_id or "",
        transaction_id=returned.original_transaction_id or "",
        uetr=returned.original_uetr or "",
        currency=returned.currency,
        amount_minor=returned.amount_minor,
        settlement_date=returned.settlement_date or (business_date.isoformat() if business_date else ""),
        debtor=asking.participant,
        creditor=original.debtor if original else "",
        debtor_name=original.creditor_name if original else "",
        debtor_account=original.creditor_account if original else "",
        creditor_name=original.debtor_name if original else "",
        creditor_account=original.debtor_account if original else "",
        purpose=returned.reason or "",
        remittance=" ".join(returned.additional_info),
        original_seq=original.seq if original else 0,
    )


def _liquidity_transfer(work: Work, asking: Asking, transfer: LiquidityTransfer) -> None:
    """A participant moves its own money: between settlement accounts, to or from its vostro at a
    correspondent; a settlement institution issues money or takes it back. It settles now or not at all."""
    numbers = {
        state.account.number: state.account
        for state in work.memory.accounts.values()
        if state.account.kind in MOVABLE
    }
    debit = numbers.get(transfer.debtor_account or "")
    credit = numbers.get(transfer.creditor_account or "")
    settles = transfer.currency in work.memory.snapshot.currencies
    day = work.memory.day(transfer.currency, work.now_ns) if settles else None
    payment = _row(
        work,
        asking,
        position=transfer.position,
        instruction_id=transfer.instruction_id or "",
        end_to_end_id=transfer.end_to_end_id or "",
        transaction_id=transfer.transaction_id or "",
        uetr=transfer.uetr or "",
        currency=transfer.currency,
        amount_minor=transfer.amount_minor,
        settlement_date=day.business_date.isoformat() if day else "",
        debtor=_holder(debit) or asking.participant,
        creditor=_holder(credit),
        debtor_account=transfer.debtor_account or "",
        creditor_account=transfer.creditor_account or "",
    )
    work.changes.new_payments.append(payment)
    refusal = transfer.refusals[0] if transfer.refusals else None
    if refusal is None and (debit is None or _holder(debit) != asking.participant):
        refusal = AC01.refuse(f"{transfer.debtor_account or 'The debit account'} is no account of yours.")
    if refusal is None and credit is None:
        refusal = AC01.refuse(f"{transfer.creditor_account or 'The credit account'} is no account here.")
    if refusal is None and day is None:
        refusal = AM03.refuse(f"{transfer.currency} does not settle here.")
    if refusal is not None or debit is None or credit is None or day is None:
        refuse(work, payment, refusal or AC01.refuse("An account is missing."))
        return
    _move(work, payment, debit, credit)


def _move(work: Work, payment: Payment, debit: LedgerAccount, credit: LedgerAccount) -> None:
    memory = work.memory
    day = memory.day(payment.currency, work.now_ns)
    if {debit.currency.code, credit.currency.code} != {payment.currency}:
        refuse(work, payment, AM03.refuse(f"Both accounts must be in {payment.currency}."))
        return
    when = judge_date(day.business_date, day, customer=False, warehousing_days=0)
    if isinstance(when, Refusal) or when is When.LATER:
        refusal = when if isinstance(when, Refusal) else DT01.refuse(f"{payment.currency} is not open.")
        refuse(work, payment, refusal)
        return
    parties = memory.directory(day.business_date).between_accounts(debit, credit)
    if isinstance(parties, Refusal):
        refuse(work, payment, parties)
        return
    if not parties.path.legs:
        refuse(work, payment, AG03.refuse("Nothing would move between these accounts."))
        return
    sources = [memory.accounts[account].funds for account in parties.path.sources]
    decision = decide(payment, sources, None, [False] * len(sources))
    if isinstance(decision, Settle):
        settle(work, payment, parties, decision)
    else:
        owner = memory.accounts[decision.account_id].account.owner
        what = f"{owner} lacks {decision.shortfall} minor units of {payment.currency}."
        refuse(
            work, payment, AM04.refuse(what, "Fund the account first; a liquidity transfer does not wait.")
        )


def _report_request(work: Work, asking: Asking, request: ReportRequest) -> None:
    """A participant asks for the entries of its account so far today (camt.052), or of its last closed day
    (camt.053)."""
    memory = work.memory
    wanted = request.account or ""
    accounts = [
        state.account
        for state in memory.accounts.values()
        if state.account.kind in MOVABLE
        and (state.account.number == wanted or not wanted)
        and _holder(state.account) == asking.participant
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


def _originals(
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


def _parties(payment: Payment) -> set[str]:
    return {
        payment.sender,
        payment.debtor,
        payment.creditor,
        payment.debtor_correspondent,
        payment.creditor_correspondent,
    } - {""}


def _holder(account: LedgerAccount | None) -> str:
    """Whose money an account holds: a vostro's is the respondent's."""
    if account is None:
        return ""
    return account.with_whom if account.kind is AccountKind.VOSTRO else account.owner


def _row(work: Work, asking: Asking, **facts: Any) -> Payment:
    """A payment's row that did not come as a credit transfer."""
    numbers = work.memory.numbers
    seq = numbers.payment
    numbers.payment += 1
    blank = dict.fromkeys(
        ("debtor_correspondent", "creditor_correspondent", "debtor_name", "debtor_account", "creditor_name"),
        "",
    )
    blank |= dict.fromkeys(("creditor_account", "purpose", "remittance", "reason", "reason_text"), "")
    defaults: dict[str, Any] = {
        **blank,
        "reason_path": "",
        "blocked_by": "",
        "queued_at": 0,
        "settled_at": 0,
        "not_after": 0,
        "not_before": 0,
        "attempt": 0,
        "original_seq": 0,
        "xml_start": 0,
        "xml_end": 0,
        "priority": Priority.HIGH,
        "status": Status.RECEIVED,
    }
    return Payment(
        seq=seq,
        payment_id=payment_id(asking.participant, asking.message.message_id, facts["position"]),
        message_seq=asking.message_seq,
        message_type=asking.message.message_type,
        sender=asking.participant,
        received_at=asking.at,
        **{**defaults, **facts},
    )


HANDLERS: dict[type, Callable[[Work, Asking, Any], None]] = {
    StatusRequest: _status_request,
    Recall: _recall,
    RecallAnswer: _recall_answer,
    Return: _return,
    LiquidityTransfer: _liquidity_transfer,
    ReportRequest: _report_request,
    TradeInstruction: lambda work, asking, said: instruct(
        work, asking.participant, asking.message_seq, asking.at, said
    ),
}
