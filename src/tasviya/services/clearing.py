"""The clearing cycle: it opens with the day, is cut off and netted, and what is due is bought, paid and
posted.

    open_cycle ─▶ (payments move positions) ─▶ cut_off ─▶ discharge (clearing_discharge.py)
                                                  └─▶ suspend ─▶ resume, or carry_over

The cut-off fixes every settlement institution's result from its position and what moved it; the next cycle
opens in the same commit. A cycle is cut off only when the one before it is closed, so positions have one past
each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from tasviya.core.business_day import NoBusinessDay, time_zone
from tasviya.core.clock import NANOSECONDS, from_ns
from tasviya.core.errors import OperatorError, invariant
from tasviya.core.joint_days import JointCalendar
from tasviya.membership.clearing_rules import ClearingRules
from tasviya.membership.register import Snapshot
from tasviya.services.clearing_memory import Clearing, FlowRow
from tasviya.services.memory import Memory
from tasviya.services.order_checks import TRADING
from tasviya.services.union_route import (
    contributed,
    fund_account,
    position_accounts,
    positions,
    unit_of,
)
from tasviya.services.work import Work
from tasviya.settlement.accounts import LIMITS, AccountKind, ledger_account
from tasviya.settlement.clearing_cycle import ClearingCycle, CycleEvent, CycleStatus, net, quota_minor
from tasviya.settlement.routing import Leg, LegCode
from tasviya.settlement.swing import Band

NO_VALUE = "The unit has no value: there is no official rate to pay at."
DAY = timedelta(days=1)


def open_cycle(work: Work, business_date: date) -> None:
    """Open a cycle if the union clears and none is open; and give every position its room anew."""
    memory = work.memory
    snapshot = memory.snapshot
    memory.clearing.look_up_rates(memory.store, snapshot)
    if snapshot.clearing is None:
        return
    _contribute(work, snapshot, business_date)
    _grant_room(work, snapshot, business_date)
    if memory.clearing.open is None:
        _begin(work, snapshot, business_date - DAY, snapshot.clearing.rules.days)


def due(memory: Memory, until_ns: int) -> tuple[int, bool] | None:
    """What of clearing comes due first by an instant, and whether it is the cut-off (else the discharge)."""
    terms, clearing = memory.snapshot.clearing, memory.clearing
    if terms is None:
        return None
    pending = clearing.pending
    if pending is not None and pending.status is CycleStatus.NETTED and pending.cut_off_on:
        at = _instant(terms.rules.zone, pending.cut_off_on, terms.rules.settles_at)
        if at <= until_ns and not waits_for(memory):
            return max(at, pending.cut_off_at), False
    cycle = clearing.open
    if cycle is not None and pending is None and cycle.cut_off_on:
        at = _instant(terms.rules.zone, cycle.cut_off_on, terms.rules.cutoff_at)
        if at <= until_ns:
            return at, True
    return None


def waits_for(memory: Memory) -> list[str]:
    """The currencies of a netted cycle that are not open: what is due can be bought once they are."""
    concerned = [each.currency for each in memory.clearing.results if each.money]
    days = memory.days
    return [code for code in concerned if code not in days or days[code].phase not in TRADING]


def cut_off(work: Work) -> ClearingCycle:
    """Cut the open cycle off and net it; the next one opens.

    Raises: OperatorError, with nothing changed, if none is open or the one before is not closed.
    """
    clearing, snapshot = work.memory.clearing, work.memory.snapshot
    cycle = _must_be_open(clearing)
    rules = rules_of(snapshot)
    today = from_ns(work.now_ns).astimezone(time_zone(rules.zone)).date()
    cycle.happens(CycleEvent.CUT_OFF)
    cycle.cut_off_at = work.now_ns
    # One that is cut off ahead of its day settles on the day on which that is done.
    cycle.cut_off_on = min(cycle.cut_off_on or today.isoformat(), today.isoformat())
    clearing.pending = cycle
    # Interest since the day opened is in the positions: what is paid on them must find its room.
    _grant_room(work, snapshot, work.memory.latest_date)
    _net(work, snapshot, cycle)
    flows = len(clearing.flows)
    clearing.open, clearing.flows, clearing.interest = None, {}, {}
    # A cycle cut off ahead of its time, or late, takes the place of today's; the next ends on a day to come.
    _begin(work, snapshot, today, rules.days)
    work.act("clearing_cut_off", str(cycle.seq), f"{flows} flows; {cycle.status}{_because(cycle)}")
    return cycle


def suspend(work: Work, why: str) -> ClearingCycle:
    """Stop the cycle that is being settled: nothing is bought or paid until it goes on.

    why: in words. Raises: OperatorError if there are none, or no cycle is netted.
    """
    why = " ".join(why.split())
    if not why:
        cure = 'Say why: --why "A court order of 29 September".'
        raise OperatorError("no_words", "A cycle is not suspended without a reason.", cure)
    cycle = pending_cycle(work, "netted")
    cycle.happens(CycleEvent.SUSPEND)
    cycle.why = why
    _changed(work, cycle, "clearing_suspended")
    return cycle


def resume(work: Work) -> ClearingCycle:
    """Let a suspended cycle go on, with the result that it has.

    Raises: OperatorError if none is suspended, or there are no rates to pay at.
    """
    cycle = pending_cycle(work, "suspended")
    memory = work.memory
    rules_of(memory.snapshot)
    if memory.clearing.rates is None:
        raise OperatorError("no_unit_value", "The unit has no value yet.", "Resume the cycle after a fixing.")
    untold = cycle.why == NO_VALUE
    cycle.why = ""
    cycle.happens(CycleEvent.RESUME)
    if untold:
        _tell(work, cycle, memory.store.flow_rows(cycle.seq))
    _changed(work, cycle, "clearing_resumed")
    return cycle


def carry_over(work: Work) -> ClearingCycle:
    """Close a suspended cycle without paying: what was due stays in the positions, for the next cycle.

    Raises: OperatorError if none is suspended.
    """
    cycle = pending_cycle(work, "suspended")
    cycle.happens(CycleEvent.CARRY_OVER)
    cycle.why = f"{cycle.why} What was due is carried over.".strip()
    work.memory.clearing.close()
    _changed(work, cycle, "clearing_carried_over")
    return cycle


def pending_cycle(work: Work, status: str) -> ClearingCycle:
    """The cycle that is being settled, in that status.

    Raises: OperatorError.
    """
    cycle = work.memory.clearing.pending
    if cycle is None or cycle.status != status:
        stands = f"Cycle {cycle.seq} is {cycle.status}." if cycle else "No cycle is being settled."
        raise OperatorError("cycle_not_there", stands, f"`tasviya cycle list`: it must be {status}.")
    return cycle


def rules_of(snapshot: Snapshot) -> ClearingRules:
    """The rules of clearing.

    Raises: OperatorError if there are none on this date: what was begun under earlier ones waits.
    """
    if snapshot.clearing is None:
        cure = "Give [clearing] no end, or carry the cycle over."
        raise OperatorError("no_clearing", "The union does not clear on this date.", cure)
    return snapshot.clearing.rules


def quotas(snapshot: Snapshot, failed: Collection[str]) -> dict[str, int]:
    """Every settlement institution's position quota, minor units of the unit, by currency: of all members
    that share the currency; of one that has failed nothing."""
    terms, unit = snapshot.clearing, snapshot.unit_money
    found = dict.fromkeys(snapshot.currencies, 0)
    if terms is None or unit is None:
        return found
    percent = Fraction(terms.rules.quota_percent)
    for member in snapshot.members.values():
        base = terms.base_trade.get(member.code)
        if base is not None and member.currency in found and member.currency not in failed:
            found[member.currency] += quota_minor(Fraction(base), percent, unit.decimals)
    return found


def bands(snapshot: Snapshot) -> list[Band]:
    """The sliding scale."""
    terms = snapshot.clearing
    return [Band(Fraction(each.upto), Fraction(each.money)) for each in terms.bands] if terms else []


def note(work: Work, cycle: ClearingCycle) -> None:
    """Note that a cycle's row changes."""
    work.changes.cycles[cycle.seq] = cycle


def _begin(work: Work, snapshot: Snapshot, before: date, days: int) -> None:
    """Open a cycle that ends on the `days`-th joint business day after a date."""
    unit, numbers = unit_of(work), work.memory.numbers
    calendars = (snapshot.operating_hours(code) for code in snapshot.currencies)
    joint = JointCalendar(tuple(each.calendar for each in calendars if each))
    try:
        last = before
        for _ in range(days):
            last = joint.next_business_day(last)
        ends = last.isoformat()
    except NoBusinessDay:
        ends = ""  # its currencies share no day: it is cut off by hand
    cycle = ClearingCycle(numbers.cycle, unit.code, ends, work.now_ns)
    numbers.cycle += 1
    work.memory.clearing.open = cycle
    note(work, cycle)
    work.act("clearing_opened", str(cycle.seq), ends)


def _net(work: Work, snapshot: Snapshot, cycle: ClearingCycle) -> None:
    """Fix the results of a cycle that has been cut off; or suspend it if no rates are there to pay at."""
    clearing = work.memory.clearing
    standing = positions(work)
    flows = {pair: row.units for pair, row in clearing.flows.items()}
    before = dict(standing)
    for (paying, paid), units in flows.items():
        before[paying] += units
        before[paid] -= units
    for code, units in clearing.interest.items():
        before[code] -= units
    institutions = {
        code: bank.code if (bank := snapshot.settlement_institution(code)) else code
        for code in snapshot.currencies
    }
    results = net(
        cycle.seq,
        institutions,
        before,
        flows,
        clearing.interest,
        quotas(snapshot, clearing.failed),
        bands(snapshot),
        clearing.overdue,
        sum(contributed(work).values()),
    )
    for each in results:
        invariant(each.before + each.net == standing[each.currency], f"{each.currency} stands as it moved")
    clearing.results = results
    work.changes.results += results
    event = CycleEvent.NET
    if clearing.rates is None:
        event = CycleEvent.SUSPEND
        cycle.why = NO_VALUE
    cycle.happens(event)
    note(work, cycle)
    if event is CycleEvent.NET:
        _tell(work, cycle, clearing.flows.values())


def _tell(work: Work, cycle: ClearingCycle, gross: Iterable[FlowRow]) -> None:
    """Tell every settlement institution the whole result: what all are to pay and receive, and why; nothing
    if nobody has to."""
    clearing, rules = work.memory.clearing, rules_of(work.memory.snapshot)
    if not any(each.money for each in clearing.results):
        return
    flows = {(row.paying, row.paid): row for row in gross}
    bank_of = {each.currency: each.institution for each in clearing.results}
    items = []
    for each in clearing.results:
        others = []
        for code, other in bank_of.items():
            received, paid = (flows.get(pair) for pair in ((code, each.currency), (each.currency, code)))
            if received or paid:
                sums = (received.units if received else 0, paid.units if paid else 0)
                count = (received.payments if received else 0) + (paid.payments if paid else 0)
                others.append([other, *sums, count])
        number = work.memory.accounts[position_accounts(work, each.currency)[0].id].account.number
        item = [each.institution, number, each.money, each.before, each.paid_in, each.paid_out, each.interest]
        items.append([*item, others])
    day = cycle.cut_off_on or work.memory.latest_date.isoformat()
    till = _local(rules.zone, day, rules.settles_at).timetz().isoformat()
    for institution in bank_of.values():
        work.tell(work.bic(institution), "clearing_result", [cycle.seq, day, till, cycle.unit, items])


def _contribute(work: Work, snapshot: Snapshot, business_date: date) -> None:
    """Bring what everyone has in the default fund to what the rules ask on a date: out of its position."""
    unit, wanted = unit_of(work), dict.fromkeys(snapshot.currencies, 0)
    asked = snapshot.clearing.contributions if snapshot.clearing else {}
    for member in snapshot.members.values():
        units = Fraction(asked.get(member.code, "0")) * unit.minor_per_major
        wanted[member.currency] += int(units)
    for code, before in contributed(work).items():
        if wanted[code] == before or code in work.memory.clearing.failed:
            continue
        position, fund = position_accounts(work, code)[0], fund_account(work, code)
        sides = (position.id, fund.id) if wanted[code] > before else (fund.id, position.id)
        leg = Leg("contribution", LegCode.CONTRIBUTION, *sides, unit.number, abs(wanted[code] - before))
        state = work.memory.accounts[fund.id]
        work.post(f"contribution:{fund.key}:{business_date}:{state.entry_seq}", 0, [leg], 0)


def _grant_room(work: Work, snapshot: Snapshot, business_date: date) -> None:
    """Bring the room for positions to what the rules grant on a date: the ceiling, and the position
    itself."""
    terms, accounts = snapshot.clearing, work.memory.accounts
    ceiling = Fraction(terms.rules.ceiling_percent if terms else 0) / 100
    unit = unit_of(work)
    control = ledger_account(AccountKind.LIMIT_CONTROL, snapshot.union.operator, unit).id
    for code, quota in quotas(snapshot, work.memory.clearing.failed).items():
        position, room = (accounts[each.id] for each in position_accounts(work, code))
        wanted = int(quota * ceiling) + position.net - room.net
        moved = max(wanted, -room.net)  # room that has been used cannot be withdrawn
        if not moved:
            continue
        sides, leg_code = ((control, room.account.id), LegCode.ROOM_GRANTED)
        if moved < 0:
            sides, leg_code = (sides[1], sides[0]), LegCode.ROOM_WITHDRAWN
        leg = Leg("room", leg_code, *sides, unit.number + LIMITS, abs(moved))
        work.post(f"room:{room.account.key}:{business_date}:{room.entry_seq}", 0, [leg], 0)
        work.fresh[room.account.id] = None


def _must_be_open(clearing: Clearing) -> ClearingCycle:
    if clearing.pending is not None:
        what = f"Cycle {clearing.pending.seq} is {clearing.pending.status}; the next waits for it to close."
        raise OperatorError("cycle_pending", what, "Settle it, or carry it over: `tasviya cycle --help`.")
    if clearing.open is None:
        cure = "Add [clearing] to the union's configuration; a cycle opens with the day."
        raise OperatorError("no_cycle", "No clearing cycle is open.", cure)
    return clearing.open


def _changed(work: Work, cycle: ClearingCycle, act: str) -> None:
    note(work, cycle)
    work.act(act, str(cycle.seq), cycle.why)


def _because(cycle: ClearingCycle) -> str:
    return f": {cycle.why}" if cycle.why else ""


def _instant(zone: str, day: str, at: str) -> int:
    """A local time of a date, nanoseconds since the epoch."""
    return int(_local(zone, day, at).timestamp()) * NANOSECONDS


def _local(zone: str, day: str, at: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(at), time_zone(zone))
