"""The operating day of each currency: opening, cut-offs, closing.

    closed ──open──▶ open ──▶ customer cut-off ──▶ interbank cut-off ──close──▶ closed

Opening notes the balances, grants the day's credit lines and settles what was kept for the date. A cut-off
expires what still waits and can no longer settle, with its money untouched. Closing expires the rest, repays
drawn credit, pays interest and prepares the statements. Each currency has its own hours; `due` gives what is
to happen.
"""

from __future__ import annotations

from datetime import date

from tasviya.core.business_day import PHASE_AFTER, DayEvent, Phase
from tasviya.core.errors import OperatorError, Refusal
from tasviya.exchange.order import OrderEvent
from tasviya.services import clearing
from tasviya.services.answers import report
from tasviya.services.credit import grant, line_of
from tasviya.services.exchange import withdraw
from tasviya.services.interest import accrue_closing, accrue_missed, collect_owed
from tasviya.services.memory import AccountState, Memory
from tasviya.services.payments import offer, refuse, retry, when_of, withdraw_payment
from tasviya.services.unit_of_work import DayRow
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.admission import When
from tasviya.settlement.payment import Event, Payment, Status
from tasviya.settlement.rules import AB03, AM04, ED05

STATED = frozenset(
    {
        AccountKind.SETTLEMENT,
        AccountKind.VOSTRO,
        AccountKind.ISSUE,
        AccountKind.CLEARING,
        AccountKind.INTEREST,
    }
)
"""Kinds of account whose owners get a statement when their currency's day closes."""

ORDER = {Phase.CLOSED: 0, Phase.OPEN: 1, Phase.CUSTOMER_CUTOFF: 2, Phase.INTERBANK_CUTOFF: 3}


def due(memory: Memory, until_ns: int) -> list[tuple[int, str, date, DayEvent]]:
    """The day events that have come due by an instant and have not happened yet, in order of time.

    A currency that missed whole days opens on the latest one due; a day that was never opened is not made up.
    """
    events: list[tuple[int, str, date, DayEvent]] = []
    for currency in memory.snapshot.currencies:
        hours = memory.snapshot.operating_hours(currency)
        if hours is None:
            continue
        row = memory.days.get(currency)
        if row is not None and row.phase != Phase.CLOSED:
            day = date.fromisoformat(row.business_date)
            reached = ORDER[Phase(row.phase)]
            events += [
                (at, currency, day, event)
                for at, event in hours.schedule(day)
                if at <= until_ns and (ORDER[PHASE_AFTER[event]] or 4) > reached
            ]
            continue
        today = hours.local_date(until_ns)
        last_closed = date.fromisoformat(row.business_date) if row else date.min
        if today <= last_closed:
            continue
        events += [(at, currency, today, event) for at, event in hours.schedule(today) if at <= until_ns]
    return sorted(events, key=lambda each: (each[0], each[1]))


def happen(work: Work, currency: str, business_date: date, event: DayEvent) -> None:
    """Let one event of a currency's day happen."""
    if event is DayEvent.OPENS:
        open_day(work, currency, business_date)
    elif event is DayEvent.CUSTOMER_CUTOFF:
        cut_off(work, currency, business_date, Phase.CUSTOMER_CUTOFF)
    elif event is DayEvent.INTERBANK_CUTOFF:
        cut_off(work, currency, business_date, Phase.INTERBANK_CUTOFF)
    else:
        close_day(work, currency, business_date)


def open_day(work: Work, currency: str, business_date: date) -> None:
    """Open a currency's business day.

    Raises: OperatorError if it is open already, has been closed, or is no business day.
    """
    memory = work.memory
    hours = memory.register.on(business_date).operating_hours(currency)
    row = memory.days.get(currency)
    if hours is None or not hours.calendar.is_business_day(business_date):
        raise OperatorError(
            "no_business_day",
            f"{business_date} is no business day of {currency}.",
            "Open it on a business day, or add a calendar override to the union first.",
        )
    if row is not None and (row.phase != Phase.CLOSED or row.business_date >= business_date.isoformat()):
        raise OperatorError(
            "day_not_next",
            f"{currency} stands at {row.business_date}, {row.phase}; {business_date} cannot open.",
            "Close the day that is open first; a closed day does not open again.",
        )
    memory.latest_date = max(memory.latest_date, business_date)
    for account in accounts_to_open(memory):
        work.open_account(account)
    _enter(work, currency, business_date, Phase.OPEN)
    for state in memory.start_day(currency, business_date):
        work.touch(state)
        _begin_limits(work, state)
        _grant_credit(work, state, business_date)
    clearing.open_cycle(work, business_date)
    accrue_missed(work, currency, business_date)
    collect_owed(work, currency)
    for payment in memory.store.warehoused(currency, business_date.isoformat()):
        _release(work, payment)
    retry(work)


def cut_off(work: Work, currency: str, business_date: date, phase: Phase) -> None:
    """A cut-off passes: payments of its kind that still wait expire."""
    _enter(work, currency, business_date, phase)
    for payment in waiting_in(work.memory, currency):
        customer = payment.message_type.startswith("pacs.008")
        if customer or phase is not Phase.CUSTOMER_CUTOFF:
            expire(work, payment)
    if phase is Phase.INTERBANK_CUTOFF:
        end_orders(work, currency)
    retry(work)


def waiting_in(memory: Memory, currency: str) -> list[Payment]:
    """Payments in the queue or in the exchange that pay, or are debited, in a currency."""
    waiting = [*memory.queue, *memory.book.payments.values()]
    return [each for each in waiting if currency in (each.currency, each.debit_currency)]


def end_orders(work: Work, currency: str) -> None:
    """Orders that serve no payment end with the day of one of their currencies."""
    for order in list(work.memory.book.orders.values()):
        if currency in (order.sell, order.buy) and not order.payment_seq:
            withdraw(work, order, OrderEvent.EXPIRE)


def close_day(work: Work, currency: str, business_date: date) -> None:
    """Close a currency's business day: expire, repay, pay interest, and leave a statement for every account.

    Raises: OperatorError if that day is not open.
    """
    memory = work.memory
    row = memory.days.get(currency)
    if row is None or row.phase == Phase.CLOSED or row.business_date != business_date.isoformat():
        stands = f"stands at {row.business_date}, {row.phase}" if row else "has never opened"
        raise OperatorError(
            "day_not_open", f"{currency} {stands}; {business_date} cannot close.", "Open it first."
        )
    for payment in waiting_in(memory, currency):
        expire(work, payment)
    end_orders(work, currency)
    collect_owed(work, currency)
    for state in memory.accounts.values():
        if state.account.currency.code == currency and state.credit and state.credit.drawn:
            repay(work, state, min(state.credit.drawn, max(state.net, 0)))
    accrue_closing(work, currency, business_date)
    _enter(work, currency, business_date, Phase.CLOSED)
    for state in memory.accounts.values():
        account = state.account
        if account.currency.code == currency and account.kind in STATED:
            receiver = work.bic(account.with_whom if account.kind is AccountKind.VOSTRO else account.owner)
            refs = [
                account.hex_id,
                row.business_date,
                row.opened_commit,
                work.changes.commit_seq,
                str(state.net),
            ]
            work.tell(receiver, "statement", refs)


def expire(work: Work, payment: Payment, *, own_time: bool = False) -> None:
    """A payment is not settled any more: the cut-off, or the time its sender set, has passed."""
    reason = payment.reason_text
    in_exchange = work.memory.book.order_for(payment) is not None
    withdraw_payment(work, payment, OrderEvent.EXPIRE)
    rule = AB03 if own_time else ED05 if in_exchange else AM04
    what = "The time its sender set has passed;" if own_time else "The cut-off has passed;"
    work.happened(payment, Event.EXPIRE, rule.refuse(f"{what} no money has moved ({reason})."))
    report(work, payment)


def repay(work: Work, state: AccountState, amount: int) -> None:
    """Repay drawn credit from an account's balance, as far as `amount`."""
    if not amount or state.credit is None:
        return
    legs = work.repaying_legs(state.account.id, amount)
    work.post(f"repay:{state.account.key}:{state.entry_seq}", 0, legs, amount)
    state.credit.drawn -= amount
    state.funds.balance -= amount
    state.funds.undrawn += amount


def accounts_to_open(memory: Memory) -> list[LedgerAccount]:
    """Ledger accounts that the register calls for and the ledger does not have yet, in a fixed order."""
    snapshot = memory.snapshot
    wanted: dict[int, LedgerAccount] = {}
    unit = snapshot.unit_money
    moneys = {**snapshot.currencies, unit.code: unit} if unit else snapshot.currencies

    def want(kind: AccountKind, owner: str, code: str, with_whom: str = "", number: str = "") -> None:
        own_number = number or ".".join(filter(None, (owner, code, kind.name, with_whom)))
        account = ledger_account(kind, owner, moneys[code], with_whom, own_number)
        wanted.setdefault(account.id, account)

    for code in snapshot.currencies:
        institution = snapshot.settlement_institution(code)
        if institution is not None:
            want(AccountKind.ISSUE, institution.code, code)
            want(AccountKind.LIMIT_CONTROL, institution.code, code)
            if code in snapshot.credit_terms:
                want(AccountKind.INTEREST, institution.code, code)
            if snapshot.exchange_rules is not None:
                want(AccountKind.EXCHANGE, institution.code, code)
                want(AccountKind.ROUNDING, institution.code, code)
            if snapshot.clearing is not None and unit is not None:
                want(AccountKind.CLEARING, institution.code, code)
                want(AccountKind.POSITION, institution.code, unit.code, code)
                want(AccountKind.POSITION_ROOM, institution.code, unit.code, code)
                want(AccountKind.FUND, institution.code, unit.code, code)
                want(AccountKind.LIMIT_CONTROL, snapshot.union.operator, unit.code)
            if snapshot.liquidity_saving is not None:
                want(AccountKind.OFFSET, institution.code, code)
    for each in snapshot.accounts():
        want(AccountKind.SETTLEMENT, each.participant, each.currency, number=each.number)
        want(AccountKind.CREDIT, each.participant, each.currency)
        want(AccountKind.CREDIT_LIMIT, each.participant, each.currency)
    for route in snapshot.correspondents():
        code, bank, owner = route.currency, route.correspondent, route.respondent
        want(AccountKind.VOSTRO, bank, code, owner, route.vostro_number)
        want(AccountKind.VOSTRO_CONTROL, bank, code)
        want(AccountKind.NOSTRO, owner, code, bank)
        want(AccountKind.NOSTRO_CONTROL, owner, code)
    return [account for account in wanted.values() if account.id not in memory.accounts]


def _enter(work: Work, currency: str, business_date: date, phase: Phase) -> None:
    institution = work.memory.snapshot.settlement_institution(currency)
    before = work.memory.days.get(currency)
    opened = work.changes.commit_seq if phase is Phase.OPEN or before is None else before.opened_commit
    owner = institution.code if institution else ""
    row = DayRow(owner, currency, business_date.isoformat(), phase, work.now_ns, opened)
    work.memory.days[currency] = row
    work.forget_dates()
    work.changes.days.append(row)
    work.act("operating_day", currency, f"{row.business_date} {phase}")


def _grant_credit(work: Work, state: AccountState, business_date: date) -> None:
    """Bring the promise in the ledger to what the register grants on the date."""
    account = state.account
    if account.kind is AccountKind.SETTLEMENT:
        line = line_of(work.memory.register, business_date, account.owner, account.currency.code)
        grant(work, state, line, f"credit_line:{account.key}:{business_date}")


def _begin_limits(work: Work, state: AccountState) -> None:
    if state.limits is None:
        return
    for counterparty in state.limits.bilateral:
        work.touch_limit(state.account.id, counterparty)
    if state.limits.multilateral:
        work.touch_limit(state.account.id, "")


def time_comes(work: Work, instant: int, seq: int) -> None:
    """An instant that a payer has set comes: the payment is released, or expires."""
    memory = work.memory
    memory.timers.remove((instant, seq))
    stored = memory.store.payments([seq]).get(seq)
    payment = work.current(stored) if stored else None
    if payment is None or payment.status not in (Status.QUEUED, Status.WAREHOUSED, Status.HELD):
        return
    if instant == payment.not_after:
        expire(work, payment, own_time=True)
    elif payment.status is Status.WAREHOUSED:
        _release(work, payment)
    retry(work)


def _release(work: Work, payment: Payment) -> None:
    """A payment kept for this date, or this hour, meets it."""
    when = when_of(work, payment)
    if payment.status is not Status.WAREHOUSED or when is When.LATER or payment.not_before > work.now_ns:
        return
    parties = work.parties_of(payment) if when is When.NOW else when
    if isinstance(parties, Refusal):
        refuse(work, payment, parties)
    else:
        offer(work, payment, parties)
