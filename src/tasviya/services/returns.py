"""Returns: a settled payment comes back as a payment of its own."""

from __future__ import annotations

from datetime import date

from tasviya.core.errors import Refusal
from tasviya.messages.model import (
    Return,
)
from tasviya.services import claims
from tasviya.services.originals import Asking, named_payments, new_payment
from tasviya.services.payments import offer, refuse
from tasviya.services.work import Work
from tasviya.settlement.admission import When, judge_date
from tasviya.settlement.payment import Payment, Status
from tasviya.settlement.rules import AM03, AM09, ARDT, DT01, NOOR


def return_payment(work: Work, asking: Asking, returned: Return) -> None:
    """A settled payment comes back, in the currency it was settled in, as a payment of its own."""
    named = named_payments(work, asking, returned, lambda p: p.creditor == asking.participant)
    original = next((p for p in named if p.status is Status.SETTLED), None)
    payment = _returning(work, asking, returned, original)
    refusal = returned.refusals[0] if returned.refusals else _return_refused(work, original, payment)
    if refusal is None and original is not None:
        directory = work.memory.directory(date.fromisoformat(payment.settlement_date))
        through = (original.creditor_correspondent, original.debtor_correspondent)
        parties = directory.between(payment.debtor, payment.creditor, payment.currency, through)
        if not isinstance(parties, Refusal):
            payment.debtor_correspondent = parties.debtor_correspondent
            payment.creditor_correspondent = parties.creditor_correspondent
            claims.comes_back(work, payment, original)
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
    if kept := claims.not_returned(work, original):
        return kept
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


def _returning(work: Work, asking: Asking, returned: Return, original: Payment | None) -> Payment:
    day = work.memory.snapshot.currencies.get(returned.currency)
    business_date = work.memory.day(returned.currency, work.now_ns).business_date if day else None
    return new_payment(
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
