"""The union route: a payment through the two settlement institutions, at the official rate.

    payer's bank ─pays─▶ its settlement institution ═position═▶ the payee's ─pays─▶ payee's bank

One chain: the payer's bank pays its settlement institution in its own currency; so much of the union's unit
moves from that institution's position to the other's; the payee's bank is paid in its own currency. Nobody
sells one currency for another. How far a position may go into debt is guarded by the ledger: with the
position moves the room that is left for it, and that account cannot fall below zero.
"""

from __future__ import annotations

from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import Currency, Money
from tasviya.services import claims
from tasviya.services.answers import tell_settled
from tasviya.services.clearing_memory import FlowRow, UnitRates
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.admission import Parties
from tasviya.settlement.conversion import IN
from tasviya.settlement.gross import OVER_LIMIT, Queue, Settle
from tasviya.settlement.payment import Event, Payment
from tasviya.settlement.routing import Leg, LegCode
from tasviya.settlement.rules import AG10, AM12, AM13, FF05, NARR

LARGEST = 2**63 - 1
"""Minor units in one amount."""


def price(work: Work, payment: Payment) -> Refusal | None:
    """Fix what a payment debits and credits, at the official rates; or why it cannot.

    What its sender fixed stays; what it gave as a limit becomes the amount.
    """
    memory, clearing = work.memory, work.memory.clearing
    codes = (payment.debit_currency, payment.currency)
    rates = clearing.rates
    missing = [code for code in codes if rates is None or code not in rates.values]
    if memory.snapshot.clearing is None:
        return FF05.refuse("The union route is no longer there.")
    if rates is None or missing:
        what = f"{missing[0]} has no official rate."
        return NARR.refuse(what, "Send it again after a fixing, or by another route.")
    failed = next((code for code in codes if code in clearing.failed), None)
    if failed is not None:
        what = f"The settlement institution of {failed} has failed."
        return AG10.refuse(what, "Send it by another route.")
    suspended = memory.book.why_suspended(*codes)
    if suspended:
        return NARR.refuse(suspended, "Send it again once there is a fresh rate, or by another route.")
    if clearing.open is None:
        return NARR.refuse("No clearing cycle is open.", "Send it when the day has opened.")
    snapshot = memory.snapshot
    debit, credit = (snapshot.currencies[code] for code in codes)
    rate = rates.between(debit, credit)
    if payment.fixed == IN:
        gets = payment.debit_minor * rate
        got = gets.numerator // gets.denominator
        if got < max(payment.amount_minor, 1):
            return _out_of_reach(Money(got, credit), "brings", Money(payment.amount_minor, credit), rates)
        payment.amount_minor = got
    else:
        costs = payment.amount_minor / rate
        cost = -(-costs.numerator // costs.denominator)
        if payment.debit_minor and cost > payment.debit_minor:
            return _out_of_reach(Money(cost, debit), "costs", Money(payment.debit_minor, debit), rates)
        payment.debit_minor = cost
    payment.unit_minor = rates.units(payment.amount_minor, credit, unit_of(work))
    return _too_large(payment)


def lacks_room(work: Work, payment: Payment) -> Queue | None:
    """What a payment waits for if its payer's position would go too far; None if it would not."""
    room = position_accounts(work, payment.debit_currency)[1]
    left = work.memory.accounts[room.id].net
    if payment.unit_minor <= left:
        return None
    return Queue(room.id, OVER_LIMIT, payment.unit_minor - left, by_limit=True)


def settle_by_union(work: Work, payment: Payment, parties: Parties, decision: Settle) -> None:
    """Post a payment by the union route, count it into the open cycle, and tell everyone concerned."""
    memory = work.memory
    clearing = memory.clearing
    cycle = clearing.open
    invariant(cycle is not None, "a priced payment has an open cycle")
    if cycle is None:
        return
    (source,) = parties.path.sources
    memory.accounts[source].funds.pay(payment.debit_minor, payment.priority)
    taken = clearing_account(work, payment.debit_currency)
    legs = [
        *work.draw(source, decision.draws[0]),
        Leg("paid", LegCode.UNION_PAID, source, taken.id, taken.partition, payment.debit_minor),
        *moving_legs(work, payment.debit_currency, payment.currency, payment.unit_minor),
        *parties.path.legs,
        *claims.paying_legs(work, payment, payment.amount_minor),
    ]
    work.post(payment.payment_id, payment.attempt, legs, payment.amount_minor, payment.seq)
    work.receive(parties.path.receives, payment.amount_minor)
    pair = (payment.debit_currency, payment.currency)
    before = clearing.flows.get(pair, FlowRow(cycle.seq, *pair, 0, 0))
    row = before._replace(units=before.units + payment.unit_minor, payments=before.payments + 1)
    clearing.flows[pair] = work.changes.flows[pair] = row
    if payment.seq in memory.queue:
        work.dequeue(payment)
    payment.settled_at = work.now_ns
    payment.blocked_by = ""
    payment.settled_by = f"cycle {cycle.seq}"
    work.happened(payment, Event.SETTLE)
    tell_settled(work, payment, parties.path)


def moving_legs(work: Work, debtor: str, creditor: str, units: int, name: str = "position") -> list[Leg]:
    """The legs that move a position from one currency's settlement institution to another's, and with it the
    room that is left: the debtor owes more, the creditor is owed more."""
    used, gained = (position_accounts(work, each)[1] for each in (debtor, creditor))
    work.fresh[gained.id] = None
    return [
        position_leg(work, debtor, creditor, units, name),
        Leg(f"{name}_room", LegCode.ROOM, used.id, gained.id, used.partition, units),
    ]


def position_leg(
    work: Work, debtor: str, creditor: str, units: int, name: str, code: LegCode = LegCode.POSITION
) -> Leg:
    """The leg that moves a position only: the room for it follows when a day next opens, or a
    cycle is cut off."""
    owing, owed = (position_accounts(work, each)[0] for each in (debtor, creditor))
    return Leg(name, code, owing.id, owed.id, owing.currency.number, units)


def unit_of(work: Work) -> Currency:
    """The union's unit as a currency."""
    unit = work.memory.snapshot.unit_money
    invariant(unit is not None, "clearing has a unit")
    return unit or Currency("", 0, 0)


def clearing_account(work: Work, code: str) -> LedgerAccount:
    """What a currency's settlement institution takes in and pays out by the union route."""
    return work.memory.directory(work.memory.latest_date).pool(code, AccountKind.CLEARING)


def position_accounts(work: Work, code: str) -> tuple[LedgerAccount, LedgerAccount]:
    """The position of a currency's settlement institution, and the room that is left for it."""
    institution = work.memory.snapshot.settlement_institution(code)
    owner, unit = institution.code if institution else "", unit_of(work)
    return (
        ledger_account(AccountKind.POSITION, owner, unit, code),
        ledger_account(AccountKind.POSITION_ROOM, owner, unit, code),
    )


def fund_account(work: Work, code: str) -> LedgerAccount:
    """What the settlement institution of a currency has in the default fund."""
    institution = work.memory.snapshot.settlement_institution(code)
    return ledger_account(AccountKind.FUND, institution.code if institution else "", unit_of(work), code)


def contributed(work: Work) -> dict[str, int]:
    """What everyone has in the default fund, minor units of the unit, by currency."""
    accounts = work.memory.accounts
    found = {}
    for code in work.memory.snapshot.currencies:
        state = accounts.get(fund_account(work, code).id)
        found[code] = state.net if state else 0
    return found


def positions(work: Work) -> dict[str, int]:
    """Every settlement institution's position now, minor units of the unit, by currency."""
    accounts = work.memory.accounts
    found = {}
    for code in work.memory.snapshot.currencies:
        state = accounts.get(position_accounts(work, code)[0].id)
        found[code] = state.net if state else 0
    return found


def _too_large(payment: Payment) -> Refusal | None:
    """Whether an amount that the rate makes is more than a row can keep."""
    if max(payment.amount_minor, payment.debit_minor, payment.unit_minor) <= LARGEST:
        return None
    payment.amount_minor, payment.debit_minor = (
        min(each, LARGEST) for each in (payment.amount_minor, payment.debit_minor)
    )
    payment.unit_minor = 0
    return AM13.refuse("At the official rate it comes to more than one payment can carry.")


def _out_of_reach(amount: Money, verb: str, limit: Money, rates: UnitRates) -> Refusal:
    day = f"of {rates.fixed_on}" if rates.fixed_on else "that central banks have given"
    what = f"At the official rate {day} it {verb} {amount}, and its limit is {limit}."
    return AM12.refuse(what, "Change the limit, or send it to the exchange.")
