"""Interest on positions: at every fixing, for the days to the next date on which any currency works.

    fixing ─▶ positions, the unit's rate, quotas ─▶ interest and charge ─▶ one chain ─▶ statements

Nobody gains or loses but one against another: what it posts adds up to zero, as positions do.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from tasviya.membership.register import Snapshot
from tasviya.services.clearing import quotas, rules_of
from tasviya.services.clearing_memory import PositionInterestRow
from tasviya.services.union_route import contributed, position_accounts, position_leg, positions
from tasviya.services.work import Work
from tasviya.settlement.clearing_cycle import ClearingCycle
from tasviya.settlement.netting import who_owes_whom
from tasviya.settlement.position_interest import PositionTerms, accrue
from tasviya.settlement.routing import Leg, LegCode

NO_INTEREST = "0"


def accrue_interest(work: Work, business_date: date) -> None:
    """Post a day's interest on positions, at the unit's rate, and the charge on large claims.

    It runs to the next date on which any currency works, and from where the last one ended: weekends count,
    and so do dates on which nothing was fixed.
    """
    snapshot = work.memory.register.on(business_date)
    cycle = work.memory.clearing.open
    if snapshot.clearing is None or cycle is None:
        return
    standing = positions(work)
    if any(standing.values()):
        _accrue(work, snapshot, cycle, standing, business_date)
    _state_positions(work, business_date)


def _accrue(
    work: Work, snapshot: Snapshot, cycle: ClearingCycle, standing: dict[str, int], business_date: date
) -> None:
    clearing = work.memory.clearing
    percent = _unit_percent(work)
    rules = rules_of(snapshot)
    terms = PositionTerms(Fraction(percent), Fraction(rules.charge_percent), Fraction(rules.charge_from))
    last = date.fromisoformat(clearing.stated_on) if clearing.stated_on else None
    begins = _next_date(snapshot, last) if last else business_date
    days = (_next_date(snapshot, business_date) - begins).days
    # A contribution to the default fund is a claim like any other, and bears the same interest.
    fund = contributed(work)
    claims = {code: units + fund[code] for code, units in standing.items()}
    accrued = accrue(claims, quotas(snapshot, clearing.failed), terms, days, clearing.carried)
    for code, each in accrued.items():
        row = PositionInterestRow(
            business_date.isoformat(),
            code,
            cycle.seq,
            each.position,
            percent,
            days,
            each.interest,
            each.charge,
            str(each.carried),
        )
        work.changes.position_interest.append(row)
        clearing.interest[code] = clearing.interest.get(code, 0) + each.net
    clearing.carried = {code: each.carried for code, each in accrued.items()}
    legs: list[Leg] = []
    for flow in who_owes_whom({code: each.net for code, each in accrued.items()}):
        name = f"interest:{flow.debtor}:{flow.creditor}"
        leg_code = LegCode.POSITION_INTEREST
        legs.append(position_leg(work, flow.debtor, flow.creditor, flow.amount, name, leg_code))
    if legs:
        work.post(f"position_interest:{business_date}", 0, legs, 0)
    work.act("position_interest", business_date.isoformat(), f"{percent} percent, {days} days")


def _next_date(snapshot: Snapshot, day: date) -> date:
    """The next date on which any currency works."""
    hours = (snapshot.operating_hours(code) for code in snapshot.currencies)
    return min(each.calendar.next_business_day(day) for each in hours if each)


def _state_positions(work: Work, business_date: date) -> None:
    """Order a statement of every position, with all that moved it since the last."""
    clearing, last = work.memory.clearing, work.changes.commit_seq
    for code in work.memory.snapshot.currencies:
        account = position_accounts(work, code)[0]
        state = work.memory.accounts.get(account.id)
        if state is not None:
            first = clearing.stated_commit + 1
            refs = [account.hex_id, business_date.isoformat(), first, last, str(state.net)]
            work.tell(work.bic(account.owner), "statement", refs)
    clearing.stated_on, clearing.stated_commit = business_date.isoformat(), last
    work.changes.position_statements.append((business_date.isoformat(), last))


def _unit_percent(work: Work) -> str:
    """The unit's yearly interest by its latest fixing; none where that has none."""
    fixed = work.changes.unit_fixings
    return (fixed[-1].interest if fixed else "") or NO_INTEREST
