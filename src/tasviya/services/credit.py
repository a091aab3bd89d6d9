"""Credit lines at work: how far one goes by its limit and its collateral, and granting it in the ledger."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from tasviya.membership.register import Register, Snapshot
from tasviya.services.memory import AccountState, CreditState
from tasviya.services.work import Work
from tasviya.settlement.accounts import LIMITS, AccountKind, ledger_account
from tasviya.settlement.credit import Cover, Holding, line_value
from tasviya.settlement.routing import Leg, LegCode


def line_of(register: Register, business_date: date, participant: str, currency: str) -> int:
    """How far a participant's credit line goes on a business date, minor units; 0 without one. A secured one
    goes as far as collateral covers it on that date and on the next, for what is drawn may stay drawn."""
    snapshot = register.on(business_date)
    limit, hours = snapshot.credit_line(participant, currency), snapshot.operating_hours(currency)
    if not limit or hours is None or not snapshot.is_secured(participant, currency):
        return limit
    after = register.on(hours.calendar.next_business_day(business_date))
    return min(limit, *(cover_of(each, participant, currency, 0).line_value for each in (snapshot, after)))


def cover_of(snapshot: Snapshot, participant: str, currency: str, drawn: int) -> Cover:
    """How a participant's credit in a currency is covered on a date. drawn: minor units."""
    holdings = holdings_of(snapshot, participant, currency)
    return Cover(line_value(holdings), snapshot.credit_line(participant, currency), drawn)


def holdings_of(snapshot: Snapshot, participant: str, currency: str) -> list[Holding]:
    """What a participant has pledged in a currency, as it counts on a date. A class that is not taken on that
    date counts for nothing."""
    return [
        Holding(
            each.reference,
            each.value_minor,
            Fraction(snapshot.haircuts.get((currency, each.asset_class), "100")),
        )
        for each in snapshot.collateral(participant, currency)
    ]


def grant(work: Work, state: AccountState, line: int, subject: str) -> None:
    """Bring the promise in the ledger to how far a settlement account's line goes, minor units; what is drawn
    stays promised. subject: what the posting's id derives from."""
    account = state.account
    granted = state.credit.granted if state.credit else 0
    drawn, peak = (state.credit.drawn, state.credit.peak) if state.credit else (0, 0)
    line = max(line, drawn)  # a line cannot be withdrawn below what is drawn
    if line == granted:
        return
    institution = work.memory.snapshot.settlement_institution(account.currency.code)
    control = ledger_account(
        AccountKind.LIMIT_CONTROL, institution.code if institution else "", account.currency
    ).id
    promise = ledger_account(AccountKind.CREDIT_LIMIT, account.owner, account.currency).id
    partition = account.currency.number + LIMITS
    if line > granted:
        leg = Leg("grant", LegCode.LIMIT_GRANTED, control, promise, partition, line - granted)
    else:
        leg = Leg("withdraw", LegCode.LIMIT_WITHDRAWN, promise, control, partition, granted - line)
    work.post(subject, 0, [leg], 0)
    work.touch(state)
    state.credit = CreditState(line, drawn, peak)
    state.funds.undrawn = line - drawn
