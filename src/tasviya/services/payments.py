"""Payments: accept, settle or queue, and tell everyone concerned.

receive → accept (rules, parties, date, screening) → offer (settle gross or queue) → retry (whoever the money
that came in can now pay). All of it changes a `Work`; nothing is final before the store has committed it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Protocol

from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import Money
from tasviya.exchange.order import OrderEvent
from tasviya.membership.exchange_rules import QUOTE, UNION
from tasviya.membership.register import Snapshot
from tasviya.messages.model import CreditTransfer
from tasviya.services import claims
from tasviya.services.answers import report, tell_settled
from tasviya.services.exchange import limit_refused, place, withdraw
from tasviya.services.interest import collect
from tasviya.services.memory import AccountState
from tasviya.services.quotes import take
from tasviya.services.union_route import lacks_room, price, settle_by_union
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.admission import Directory, Parties, When
from tasviya.settlement.conversion import Wish, wish_of
from tasviya.settlement.gross import NO_FUNDS, Queue, Settle, decide
from tasviya.settlement.liquidity import Exposure
from tasviya.settlement.payment import Event, Payment, Priority, Status
from tasviya.settlement.routing import Path
from tasviya.settlement.rules import AB03, AM13, AM23, RR04
from tasviya.settlement.timing import window


class Outcome(Enum):
    """What screening says of a payment."""

    CLEAR = "clear"
    HOLD = "hold"
    STOP = "stop"


class Screening(Protocol):
    """Where a member's own law looks at a payment before it settles. It fails closed: what cannot be screened
    is held."""

    def screen(self, payer_member: str, payee_member: str, transfer: CreditTransfer) -> tuple[Outcome, str]:
        """The outcome, and what to tell the sender (a case number)."""
        ...


class ByPolicy:
    """Each member's own policy. Where participants screen their own customers, nothing is left to do; where
    the operator is to screen and no lists are loaded, the payment is held.

    policies: `participants` or `operator`, by member.
    """

    def __init__(self, policies: Mapping[str, str]) -> None:
        self.policies = policies

    def screen(self, payer_member: str, payee_member: str, transfer: CreditTransfer) -> tuple[Outcome, str]:
        for member in (payer_member, payee_member):
            if self.policies.get(member) == "operator":
                return Outcome.HOLD, f"The operator screens for {member}, and no lists are loaded."
        return Outcome.CLEAR, ""


class Undeclared:
    """No policy is declared: everything is held."""

    def screen(self, payer_member: str, payee_member: str, transfer: CreditTransfer) -> tuple[Outcome, str]:
        return Outcome.HOLD, "No screening policy is declared."


def accept(
    work: Work, payment: Payment, transfer: CreditTransfer, refusal: Refusal | None, screening: Screening
) -> None:
    """Decide about one new credit transfer.

    payment: its row, status `received`. refusal: why it is refused already, if it is.
    """
    if refusal is None:
        verdict = _admit(work, payment, transfer, screening)
        if isinstance(verdict, Parties):
            offer(work, payment, verdict)
            return
        refusal = verdict
    if refusal is not None:
        refuse(work, payment, refusal)


def _admit(
    work: Work, payment: Payment, transfer: CreditTransfer, screening: Screening
) -> Parties | Refusal | None:
    """The parties if it may settle now; a refusal; or None if it is held or kept for later (done here)."""
    customer = payment.message_type.startswith("pacs.008")
    payment.settlement_date, directory, when = work.date_of(
        payment.currency, payment.settlement_date, customer
    )
    wish = wish_of(transfer, payment.sender, directory.snapshot)
    if isinstance(wish, Refusal):
        return wish
    parties = _parties(payment, transfer, directory, wish)
    if isinstance(parties, Refusal):
        return parties
    payment.debtor, payment.creditor = parties.debtor, parties.creditor
    payment.debtor_correspondent = parties.debtor_correspondent
    payment.creditor_correspondent = parties.creditor_correspondent
    snapshot = directory.snapshot
    payer = snapshot.participants[parties.debtor]
    refusal = _too_large(snapshot, payer.member, payment.amount_minor, payment.currency)
    if refusal is not None:
        return refusal
    if wish is not None:
        refusal = None if wish.route == UNION else limit_refused(work, payment)
        refusal = refusal or _too_large(snapshot, payer.member, payment.debit_minor, payment.debit_currency)
        if refusal is not None:
            return refusal
        when = when_of(work, payment)
    if isinstance(when, Refusal):
        return when
    refusal = claims.admit(work, payment)
    if refusal is not None:
        return refusal
    payment.not_before, payment.not_after = _window(work, payment, transfer)
    if payment.not_after and work.now_ns > payment.not_after:
        return AB03.refuse(f"It arrived after {iso_instant(payment.not_after)}.")
    payee_member = snapshot.participants[parties.creditor].member
    outcome, words = screening.screen(payer.member, payee_member, transfer)
    if outcome is Outcome.STOP:
        return RR04.refuse(words)
    if outcome is Outcome.HOLD:
        work.happened(payment, Event.HOLD, RR04.refuse(words))
        report(work, payment)
        return None
    if when is When.LATER or payment.not_before > work.now_ns:
        keep(work, payment)
        return None
    return parties


def _parties(
    payment: Payment, transfer: CreditTransfer, directory: Directory, wish: Wish | None
) -> Parties | Refusal:
    """Who pays whom, through the exchange if the payment wishes so."""
    if wish is None:
        return directory.parties(payment.sender, transfer)
    payment.route, payment.fixed, payment.debit_currency = wish.route, wish.fixed, wish.debit_currency
    payment.debit_minor, payment.amount_minor = wish.debit_minor, wish.credit_minor
    refusal = directory.instructs(payment.sender, transfer)
    if refusal is not None:
        return refusal
    payee = directory.payee(payment.sender, transfer)
    if isinstance(payee, Refusal):
        return payee
    ways = directory.through_union if wish.route == UNION else directory.across
    return ways(payment.sender, payee[0], payment.currency, wish.debit_currency, payee[1])


def _too_large(snapshot: Snapshot, member: str, minor: int, code: str) -> Refusal | None:
    """Whether an amount exceeds what the payer's member, or the union, allows in its currency."""
    limit = snapshot.member_limit(member, code)
    if limit is not None and minor > limit:
        return AM23.refuse(f"{Money(minor, snapshot.currencies[code])} exceeds what {member} allows.")
    limit = snapshot.system_limit(code)
    if limit is not None and minor > limit:
        return AM13.refuse(f"{Money(minor, snapshot.currencies[code])} exceeds the union's limit.")
    return None


def _beyond_limits(work: Work, payment: Payment) -> Refusal | None:
    """Whether an amount that a rate has made exceeds what the payer's member, or the union, allows."""
    snapshot = work.memory.snapshot
    member = snapshot.participants[payment.debtor].member
    amounts = ((payment.amount_minor, payment.currency), (payment.debit_minor, payment.debit_currency))
    found = (_too_large(snapshot, member, minor, code) for minor, code in amounts)
    return next((refusal for refusal in found if refusal), None)


def when_of(work: Work, payment: Payment) -> When | Refusal:
    """When an accepted payment settles: the days of its currency and of the one it is debited in allow it."""
    customer = payment.message_type.startswith("pacs.008")
    currencies = filter(None, (payment.currency, payment.debit_currency))
    answers = [work.date_of(code, payment.settlement_date, customer)[2] for code in currencies]
    refusal = next((each for each in answers if isinstance(each, Refusal)), None)
    return refusal or (When.LATER if When.LATER in answers else When.NOW)


def keep(work: Work, payment: Payment) -> None:
    """Keep an accepted payment for its date, or for the time its payer set."""
    work.happened(payment, Event.WAREHOUSE)
    work.watch(payment)
    report(work, payment)


def _window(work: Work, payment: Payment, transfer: CreditTransfer) -> tuple[int, int]:
    """The instants between which the payer wants it settled; 0 for none."""
    hours = work.memory.snapshot.operating_hours(payment.currency)
    if hours is None:
        return 0, 0
    asked = window(transfer, date.fromisoformat(payment.settlement_date), hours.zone)
    return asked.not_before, asked.not_after


def refuse(work: Work, payment: Payment, refusal: Refusal) -> None:
    """Refuse a payment, for good."""
    work.happened(payment, Event.REFUSE, refusal)
    report(work, payment)


def offer(work: Work, payment: Payment, parties: Parties) -> bool:
    """Settle it now, or queue it. Returns whether it settled."""
    if payment.route == UNION:
        refusal = price(work, payment) or _beyond_limits(work, payment)
        if refusal is not None:
            refuse(work, payment, refusal)
            return False
    queue = work.memory.queue
    behind = [queue.blocks(account, payment.rank) for account in parties.path.sources]
    decision = _decide(work, payment, parties.path, behind)
    if isinstance(decision, Settle):
        go(work, payment, parties, decision)
        return True
    wait(work, payment, decision)
    return False


def go(work: Work, payment: Payment, parties: Parties, decision: Settle) -> None:
    """Its money is there: settle it, or take it to the exchange."""
    if payment.route == UNION:
        settle_by_union(work, payment, parties, decision)
        return
    if not payment.debit_currency:
        settle(work, payment, parties, decision)
        return
    if payment.seq in work.memory.queue:
        work.dequeue(payment)
    if payment.route != QUOTE or not take(work, payment, parties):
        place(work, payment)
        report(work, payment)


def wait(work: Work, payment: Payment, decision: Queue) -> None:
    """Let a payment wait, and say for what."""
    first_time = payment.status is not Status.QUEUED
    payment.queued_at = payment.queued_at or work.now_ns
    work.enqueue(payment, decision)
    work.watch(payment)
    work.happened(payment, Event.QUEUE, _why(work, payment, decision))
    if first_time:
        report(work, payment)


def settle(
    work: Work, payment: Payment, parties: Parties, decision: Settle, *, goes_on: bool = False
) -> None:
    """Post it, and tell payer, payee and the correspondents between them.

    goes_on: its chain goes on with what is posted next.
    """
    memory, amount, route = work.memory, payment.amount_minor, parties.path
    legs = []
    for account_id, drawn in zip(route.sources, decision.draws, strict=True):
        memory.accounts[account_id].funds.pay(amount, payment.priority)
        legs += work.draw(account_id, drawn)
    legs += route.legs
    legs += claims.paying_legs(work, payment, amount)
    work.post(payment.payment_id, payment.attempt, legs, amount, payment.seq, goes_on=goes_on)
    work.receive(route.receives, amount)
    if payment.priority is Priority.NORMAL:
        _count_exposure(work, route, amount)
    if payment.seq in memory.queue:
        work.dequeue(payment)
    payment.settled_at = work.now_ns
    payment.blocked_by = ""
    work.happened(payment, Event.SETTLE)
    tell_settled(work, payment, route)


def retry(work: Work) -> None:
    """Settle queued payments that money which has come in can pay, until no more can."""
    memory = work.memory
    pending = deque(sorted(work.fresh))
    while pending:
        account_id = pending.popleft()
        work.fresh.clear()
        if account_id in memory.interest.owing:
            collect(work, account_id)
        for waiting in memory.queue.line(account_id):
            payment = waiting.payment
            if payment.seq not in memory.queue:
                continue
            parties = work.parties_of(payment)
            if isinstance(parties, Refusal):
                work.dequeue(payment)
                refuse(work, payment, parties)
                continue
            behind = [
                source != account_id and memory.queue.blocks(source, payment.rank)
                for source in parties.path.sources
            ]
            decision = _decide(work, payment, parties.path, behind)
            if isinstance(decision, Settle):
                go(work, payment, parties, decision)
                continue
            here = decision.account_id == account_id
            if not here or decision.by_limit != waiting.by_limit:
                wait(work, payment, decision)
            if here and not decision.by_limit:
                break
        pending.extend(account for account in sorted(work.fresh) if account not in pending)
    work.fresh.clear()


def withdraw_payment(work: Work, payment: Payment, event: OrderEvent) -> None:
    """Take a payment that waits out of where it waits, and let those behind it pass.

    event: what that means for its order, if it waits in the exchange.
    """
    order = work.memory.book.order_for(payment)
    if order is not None:
        withdraw(work, order, event)
    elif payment.seq in work.memory.queue:
        work.fresh[int(payment.blocked_by, 16)] = None
        work.dequeue(payment)


def _decide(work: Work, payment: Payment, route: Path, behind: list[bool]) -> Settle | Queue:
    accounts = work.memory.accounts
    if payment.payment_id in work.forced_to_wait:
        payment.attempt += 1  # the ids of the attempt that the ledger refused are spent
        return Queue(route.sources[0], NO_FUNDS, 0)
    sources = [accounts[account].funds for account in route.sources]
    decision = decide(payment, sources, _exposure(accounts, route), behind)
    if payment.route == UNION and isinstance(decision, Settle):
        return lacks_room(work, payment) or decision
    return decision


def _exposure(accounts: Mapping[int, AccountState], route: Path) -> Exposure | None:
    """The limit that binds the payer towards the payee; none in a correspondent's own books."""
    limits = accounts[route.sources[-1]].limits if route.sources and route.between[1] else None
    return limits.towards(route.between[1]) if limits else None


def _count_exposure(work: Work, route: Path, amount: int) -> None:
    """A normal payment moves the payer's exposure to the payee up and the payee's to the payer down."""
    payer, payee = route.between
    if not payer:
        return
    accounts = work.memory.accounts
    sides = ((route.sources[-1], payee, amount), (route.receives[0], payer, -amount))
    for account_id, counterparty, moved in sides:
        limits = accounts[account_id].limits
        if limits is None:
            continue
        exposure = limits.towards(counterparty)
        if exposure is not None:
            exposure.net_paid += moved
            work.touch_limit(account_id, counterparty if counterparty in limits.bilateral else "")


def _why(work: Work, payment: Payment, decision: Queue) -> Refusal:
    """Why it waits, in words: who lacks how much, and what ends it."""
    state = work.memory.accounts[decision.account_id]
    money = state.account.currency
    if state.account.kind is AccountKind.POSITION_ROOM:
        what = (
            f"it would take the position of {state.account.owner} {Money(decision.shortfall, money)} too far"
        )
        cure = "queued until payments the other way, or the clearing cycle, make room."
    elif decision.by_limit:
        what = f"{state.account.owner} has set a limit that it exceeds by {Money(decision.shortfall, money)}"
        cure = "queued until the limit allows it."
    elif decision.shortfall:
        what = f"{state.account.owner} lacks {Money(decision.shortfall, money)} to pay it"
        cure = "queued until funded."
    else:
        what = f"earlier payments wait for money of {state.account.owner}"
        cure = "queued behind them."
    invariant(payment.amount_minor > 0, "an accepted payment has an amount")
    return Refusal(decision.reason, f"{what};", cure, "CdtTrfTxInf/IntrBkSttlmAmt", transient=True)
