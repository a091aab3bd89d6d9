"""Liquidity transfers: participants move their own money."""

from __future__ import annotations

from tasviya.core.errors import Refusal
from tasviya.messages.model import (
    LiquidityTransfer,
)
from tasviya.services.originals import MOVABLE, Asking, holder, new_payment
from tasviya.services.payments import refuse, settle
from tasviya.services.work import Work
from tasviya.settlement.accounts import LedgerAccount
from tasviya.settlement.admission import When, judge_date
from tasviya.settlement.gross import Settle, decide
from tasviya.settlement.payment import Payment
from tasviya.settlement.rules import AC01, AG03, AM03, AM04, DT01


def transfer_liquidity(work: Work, asking: Asking, transfer: LiquidityTransfer) -> None:
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
    payment = new_payment(
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
        debtor=holder(debit) or asking.participant,
        creditor=holder(credit),
        debtor_account=transfer.debtor_account or "",
        creditor_account=transfer.creditor_account or "",
    )
    refusal = transfer.refusals[0] if transfer.refusals else None
    if refusal is None and (debit is None or holder(debit) != asking.participant):
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
