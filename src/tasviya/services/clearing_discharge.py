"""What a netted cycle leaves is discharged: bought on the exchange where needed, paid and posted as one set.

    results ─▶ who pays whom ─▶ in what: the creditor's choices
                                   ├─ the debtor's own currency, up to a share (new credit, not payment)
                                   └─ another: an order of the debtor's settlement institution
    batch of the exchange ─▶ its fills, the payments and the positions they discharge: one linked chain

Money moves only in currencies that are open and have a fresh rate. A settlement institution sells what its
payers have paid in, and gives for it no more than the official rate and the union's tolerance say. What
cannot be bought falls back on the debtor's own currency, as far as the share goes and the creditor takes it;
the rest is told as unpaid, and comes due again in the next cycle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from tasviya.core.errors import invariant
from tasviya.core.ids import derive
from tasviya.core.money import Currency, Money
from tasviya.exchange.market import OrderKind
from tasviya.exchange.order import Order, OrderEvent, fits, tick_at_least
from tasviya.membership.clearing_rules import DEBTOR, OWN, ClearingTerms
from tasviya.membership.participant import ACTIVE
from tasviya.membership.register import Snapshot
from tasviya.services import exchange_batch
from tasviya.services.clearing import note, pending_cycle, rules_of, suspend
from tasviya.services.clearing_memory import UnitRates
from tasviya.services.exchange import enter, settlement, withdraw
from tasviya.services.order_checks import TRADING
from tasviya.services.payments import retry
from tasviya.services.reserves import institution_of, receiving, reserve, tell_moves
from tasviya.services.union_route import clearing_account, moving_legs, position_accounts, unit_of
from tasviya.services.work import Work
from tasviya.settlement.accounts import LedgerAccount
from tasviya.settlement.clearing_cycle import ClearingCycle, CycleEvent, Discharge
from tasviya.settlement.netting import who_owes_whom
from tasviya.settlement.routing import Leg, LegCode

UNPAID, THIRD = "unpaid", "third"
REFUSED = "The ledger refused what would discharge it."


@dataclass(slots=True)
class Due:
    """What one settlement institution is to pay another, and how it goes about it. Units: minor, of the
    union's unit."""

    debtor: str
    creditor: str
    units: int
    at_once: int = 0
    """Of that, what is paid in the debtor's own currency before anything is bought."""
    buys: str = ""
    """The currency in which it buys the rest; empty if none will do."""
    falls_back: bool = False
    """Whether the creditor takes the debtor's currency for what cannot be bought."""
    order: Order | None = None


@dataclass(slots=True)
class Plan:
    """How a cycle is discharged."""

    cycle: ClearingCycle
    rates: UnitRates
    unit: Currency
    own_left: dict[str, int]
    """What each debtor may still pay in its own currency, by currency."""
    dues: list[Due]
    paid: list[Discharge] = field(default_factory=list)


def discharge(work: Work) -> ClearingCycle:
    """Settle the netted cycle, in a batch of the exchange where something has to be bought.

    Raises: OperatorError, with nothing changed, if no cycle is netted, or the union does not clear now.
    """
    cycle = pending_cycle(work, "netted")
    rules_of(work.memory.snapshot)
    if _subject(cycle) in work.forced_to_wait:
        return suspend(work, REFUSED)
    clearing = work.memory.clearing
    invariant(clearing.rates is not None, "a netted cycle has rates")
    plan = _plan(work, cycle, clearing.rates or UnitRates("", {}))
    for due in plan.dues:
        if due.buys:
            due.order = _buy(work, plan, due)
    cycle.happens(CycleEvent.FUND)
    batch = exchange_batch.run(
        work, [due.order for due in plan.dues if due.order], lambda fills: _pay(work, plan, fills)
    )
    if batch is None:
        if _pay(work, plan, {}):
            work.end_chain()
    else:
        cycle.batch_seq = batch.seq
    for due in plan.dues:
        if due.order and due.order.quantity:
            withdraw(work, due.order, OrderEvent.CANCEL)
    _close(work, plan)
    retry(work)
    return cycle


def _plan(work: Work, cycle: ClearingCycle, rates: UnitRates) -> Plan:
    """Who pays whom, and in what."""
    memory = work.memory
    snapshot, results = memory.snapshot, memory.clearing.results
    terms = snapshot.clearing
    share = Fraction(rules_of(snapshot).own_share)
    own = {each.currency: int(-each.money * share) for each in results if each.money < 0}
    plan = Plan(cycle, rates, unit_of(work), own, [])
    for flow in who_owes_whom({each.currency: each.money for each in results}):
        due = Due(flow.debtor, flow.creditor, flow.amount)
        if terms is not None and _both_active(snapshot, due):
            _choose(work, snapshot, terms, plan, due)
        plan.dues.append(due)
    return plan


def _both_active(snapshot: Snapshot, due: Due) -> bool:
    """Whether neither side is suspended: one that is neither pays nor receives."""
    sides = (snapshot.settlement_institution(code) for code in (due.debtor, due.creditor))
    return all(each is not None and snapshot.status(each.code) == ACTIVE for each in sides)


def _choose(work: Work, snapshot: Snapshot, terms: ClearingTerms, plan: Plan, due: Due) -> None:
    """Decide in what a due is paid: the creditor's choices in their order, the first that can be bought.

    Where members share a currency, its settlement institution takes what the member takes in which it sits.
    """
    institution = snapshot.settlement_institution(due.creditor)
    for choice in terms.accepted(institution.member if institution else ""):
        code = {OWN: due.creditor, DEBTOR: due.debtor}.get(choice, choice)
        if code == due.debtor and _trades(work, code):
            due.falls_back = True
            if not due.buys:
                due.at_once = min(due.units, plan.own_left[due.debtor])
                plan.own_left[due.debtor] -= due.at_once
        elif (
            code != due.debtor
            and not due.buys
            and due.at_once < due.units
            and _trades(work, code, due.debtor)
        ):
            due.buys = code


def _trades(work: Work, *codes: str) -> bool:
    """Whether these currencies are open now, and have rates that are fresh enough to pay at."""
    memory = work.memory
    open_now = all(code in memory.days and memory.days[code].phase in TRADING for code in codes)
    rates = memory.clearing.rates
    known = rates is not None and all(code in rates.values for code in codes)
    return open_now and known and not memory.book.why_suspended(*codes)


def _buy(work: Work, plan: Plan, due: Due) -> Order | None:
    """Enter the order that buys what a due is paid in; None if its amounts are none that a batch can
    carry."""
    memory = work.memory
    snapshot, book = memory.snapshot, memory.book
    sold, bought = snapshot.currencies[due.debtor], snapshot.currencies[due.buys]
    quantity = plan.rates.amount(due.units - due.at_once, bought, plan.unit)
    points = rules_of(snapshot).limit_basis_points
    rate = plan.rates.between(sold, bought)
    limit = rate * Fraction(10_000, 10_000 + points)
    exponent = book.exponent(sold.code, bought.code, rate)
    tick = tick_at_least(limit, exponent)
    if tick is None or not quantity or not fits(OrderKind.EXACT_OUT, quantity, tick, exponent):
        return None
    owner = institution_of(work, sold.code)
    reserve(work, owner, bought)
    # Ids of an attempt that the ledger refused are spent: what goes on after that has others.
    subject = f"{_subject(plan.cycle)}:{due.debtor}:{due.creditor}:{work.changes.commit_seq}"
    order = Order(
        seq=memory.numbers.order,
        order_id=f"O{derive('order', subject, 0) >> 32:024x}",
        participant=owner,
        sell=sold.code,
        buy=bought.code,
        kind=OrderKind.EXACT_OUT,
        quantity=quantity,
        tick=tick,
        whole=False,
        payment_seq=0,
        settlement_date=memory.days[sold.code].business_date,
        entered_at=work.now_ns,
    )
    enter(work, order, exponent)
    return order


def _pay(work: Work, plan: Plan, fills: Mapping[int, tuple[int, int]]) -> bool:
    """Post what discharges the dues, as part of a chain that goes on. Returns whether there is anything.

    fills: what orders have sold and bought, by number; posted in the same chain before.
    """
    legs: list[Leg] = []
    for due in plan.dues:
        paid = 0
        if due.at_once:
            legs += _in_own(work, plan, due, due.at_once)
        if due.order is not None:
            sold, bought = fills.get(due.order.seq, (0, 0))
            wanted = due.units - due.at_once
            asked = plan.rates.amount(wanted, work.memory.snapshot.currencies[due.buys], plan.unit)
            paid = wanted * bought // asked
            if paid:
                legs += _in_bought(work, plan, due, paid, bought, sold)
        left = due.units - due.at_once - paid
        if left and due.falls_back:
            more = min(left, plan.own_left[due.debtor])
            plan.own_left[due.debtor] -= more
            left -= more
            if more:
                legs += _in_own(work, plan, due, more)
        if left:
            plan.paid.append(Discharge(plan.cycle.seq, due.debtor, due.creditor, left, UNPAID))
    if legs:
        work.post(_subject(plan.cycle), work.changes.commit_seq, legs, 0, goes_on=True)
    return bool(legs)


def _in_own(work: Work, plan: Plan, due: Due, units: int) -> list[Leg]:
    """Pay a due in the debtor's own currency, which its creditor then holds with it."""
    money = work.memory.snapshot.currencies[due.debtor]
    amount = plan.rates.amount(units, money, plan.unit)
    plan.paid.append(Discharge(plan.cycle.seq, due.debtor, due.creditor, units, DEBTOR, money.code, amount))
    paying = clearing_account(work, money.code)
    return _paying(work, plan, due, units, paying, receiving(work, due.creditor, money), amount)


def _in_bought(work: Work, plan: Plan, due: Due, units: int, bought: int, sold: int) -> list[Leg]:
    """Pay a due in what has been bought for it."""
    money = work.memory.snapshot.currencies[due.buys]
    how = OWN if due.buys == due.creditor else THIRD
    seq = due.order.seq if due.order else 0
    plan.paid.append(
        Discharge(plan.cycle.seq, due.debtor, due.creditor, units, how, money.code, bought, seq, sold)
    )
    paying = settlement(work, institution_of(work, due.debtor), money.code)
    return _paying(work, plan, due, units, paying, receiving(work, due.creditor, money), bought)


def _paying(
    work: Work, plan: Plan, due: Due, units: int, paying: LedgerAccount, receiving: LedgerAccount, amount: int
) -> list[Leg]:
    """The legs of one payment between settlement institutions and of the positions it discharges; both are
    told."""
    accounts = work.memory.accounts
    accounts[paying.id].funds.balance -= amount
    accounts[receiving.id].funds.receive(amount)
    name = f"{due.debtor}:{due.creditor}:{len(plan.paid)}"
    words = f"Clearing cycle {plan.cycle.seq}: {due.debtor} discharges its position"
    moves = [
        (paying, True, amount),
        (receiving, False, amount),
        (position_accounts(work, due.creditor)[0], True, units),
        (position_accounts(work, due.debtor)[0], False, units),
    ]
    tell_moves(work, moves, f"CYCLE{plan.cycle.seq}-{name}", words)
    return [
        Leg(f"pay:{name}", LegCode.DISCHARGED, paying.id, receiving.id, paying.partition, amount),
        *moving_legs(work, due.creditor, due.debtor, units, f"position:{name}"),
    ]


def _close(work: Work, plan: Plan) -> None:
    """Note what has been paid, and close the cycle."""
    cycle, clearing = plan.cycle, work.memory.clearing
    by_currency = {each.currency: each for each in clearing.results}
    unpaid = 0
    for each in plan.paid:
        if each.how == UNPAID:
            unpaid += each.units
            continue
        by_currency[each.debtor].discharged -= each.units
        by_currency[each.creditor].discharged += each.units
    work.changes.results += clearing.results
    work.changes.discharges += plan.paid
    cycle.happens(CycleEvent.SETTLE)
    cycle.settled_at = work.now_ns
    if unpaid:
        cycle.why = f"{Money(unpaid, plan.unit)} could not be paid; it comes due again in the next cycle."
    cycle.happens(CycleEvent.CLOSE)
    clearing.close()
    note(work, cycle)
    work.act("clearing_closed", str(cycle.seq), f"{len(plan.paid)} payments; {cycle.why or 'all paid'}")


def _subject(cycle: ClearingCycle) -> str:
    return f"cycle:{cycle.seq}"
