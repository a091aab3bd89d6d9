"""The default of a settlement institution: who bears what it owes, by the written waterfall, posted at once.

    owed ─▶ what it holds abroad, paid to creditors ─▶ its claims since the cut-off ─▶ its part of the fund
         ─▶ the others' parts ─▶ survivors by quota, each up to its cap ─▶ uncovered: stays in its position

All of it is one linked chain: money goes to those who are owed, and positions move to the one that failed
until it owes nothing, or nobody bears more. No payment is undone. A netted cycle that waits is carried over
first; what was overdue is part of the positions, which count anew. The one that failed has no quota
afterwards, and no payment by the union route goes to or from its currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tasviya.core.errors import OperatorError
from tasviya.core.money import Currency
from tasviya.membership.clearing_rules import ClearingTerms
from tasviya.services.clearing import carry_over, quotas, suspend
from tasviya.services.clearing_memory import DefaultRow, LossRow, UnitRates
from tasviya.services.payments import retry
from tasviya.services.reserves import institution_of, receiving, tell_moves
from tasviya.services.union_route import (
    contributed,
    fund_account,
    moving_legs,
    position_accounts,
    position_leg,
    positions,
    unit_of,
)
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount
from tasviya.settlement.clearing_cycle import CycleStatus
from tasviya.settlement.default_waterfall import Borne, Estate, Step, Survivor, Waterfall, waterfall
from tasviya.settlement.routing import Leg, LegCode


@dataclass(frozen=True, slots=True)
class Holding:
    """Money that a settlement institution has with another: what it fetches, minor units of the unit."""

    account: LedgerAccount
    amount: int
    units: int


def declare(work: Work, code: str, why: str) -> Waterfall:
    """Declare that the settlement institution of a currency has failed, and post who bears what it owes.

    Raises: OperatorError, with nothing changed, if it cannot fail now.
    """
    memory, clearing = work.memory, work.memory.clearing
    terms, rates = _must_be_able(work, code)
    if clearing.pending is not None:
        if clearing.pending.status is CycleStatus.NETTED:
            suspend(work, why)
        carry_over(work)
    holdings = _holdings(work, code, rates, terms)
    borne = _waterfall(work, code, terms, holdings)
    number = memory.numbers.default
    memory.numbers.default += 1
    legs = _legs(work, code, borne, holdings)
    if legs:
        work.post(f"default:{number}", 0, legs, 0)
        _tell(work, code, number, legs)
    closed = memory.numbers.cycle - 2 if clearing.open else memory.numbers.cycle - 1
    row = DefaultRow(
        number,
        code,
        institution_of(work, code),
        work.now_ns,
        why,
        unit_of(work).code,
        borne.estate.owed,
        borne.uncovered,
        closed,
    )
    clearing.failed[code] = row
    clearing.overdue = {}
    work.changes.defaults.append(row)
    work.changes.losses += [LossRow(number, each.step, each.member, each.amount) for each in borne.borne]
    work.act("default", row.institution, f"owed {row.owed}, uncovered {row.uncovered}: {why}")
    retry(work)
    return borne


def lift(work: Work, code: str) -> DefaultRow:
    """Take a settlement institution in again: its quota and its payments count from now on.

    Raises: OperatorError if it has not failed.
    """
    row = work.memory.clearing.failed.pop(code, None)
    if row is None:
        what = f"The settlement institution of {code} has not failed."
        raise OperatorError("not_failed", what, "`tasviya default list` shows those that have.")
    row.ended_at = work.now_ns
    work.changes.defaults.append(row)
    work.act("default_lifted", row.institution, "")
    return row


def currency_of(work: Work, name: str) -> str:
    """The currency that a member, a settlement institution or a currency's code means.

    Raises: OperatorError.
    """
    snapshot = work.memory.snapshot
    member = snapshot.members.get(name)
    if member is not None:
        return member.currency
    for code in snapshot.currencies:
        if name in (code, institution_of(work, code)):
            return code
    known = ", ".join(sorted(snapshot.members))
    raise OperatorError("unknown_member", f"{name!r:.40} is no member.", f"Name one of {known}.")


def _must_be_able(work: Work, code: str) -> tuple[ClearingTerms, UnitRates]:
    clearing, terms = work.memory.clearing, work.memory.snapshot.clearing
    if terms is None:
        cure = "Add [clearing] to the union's configuration."
        raise OperatorError("no_clearing", "This union has no positions.", cure)
    if code in clearing.failed:
        what = f"The settlement institution of {code} has failed already."
        raise OperatorError("failed_already", what, "`tasviya default list` shows who bore what.")
    if clearing.rates is None or any(each not in clearing.rates.values for each in _moneys(work)):
        cure = "Declare it after a fixing that values the unit in every currency."
        raise OperatorError("no_unit_value", "A currency has no official rate in the unit.", cure)
    return terms, clearing.rates


def _moneys(work: Work) -> Mapping[str, Currency]:
    return work.memory.snapshot.currencies


def _holdings(work: Work, code: str, rates: UnitRates, terms: ClearingTerms) -> list[Holding]:
    """What it has with others, at official rates less the haircut, rounded down."""
    owner, unit = institution_of(work, code), unit_of(work)
    kept = 1 - Fraction(terms.rules.haircut_percent) / 100
    found = []
    for state in work.memory.accounts.values():
        account = state.account
        if account.owner == owner and account.kind is AccountKind.SETTLEMENT and state.funds.balance > 0:
            money = account.currency
            worth = state.funds.balance / rates.values[money.code] * kept
            exact = worth * Fraction(unit.minor_per_major, money.minor_per_major)
            units = exact.numerator // exact.denominator
            if units:
                found.append(Holding(account, state.funds.balance, units))
    return sorted(found, key=lambda each: each.account.currency.code)


def _waterfall(work: Work, code: str, terms: ClearingTerms, holdings: list[Holding]) -> Waterfall:
    """Who bears what, from the positions as they stand."""
    clearing, standing, fund = work.memory.clearing, positions(work), contributed(work)
    earned = sum(
        row.units if row.paid == code else -row.units for pair, row in clearing.flows.items() if code in pair
    )
    owed = max(-standing[code], 0)
    claims = max(earned, 0) if owed else 0
    # What is held abroad goes to those who have claims: there may be more of it than of these.
    open_claims = sum(units for other, units in standing.items() if units > 0 and other != code)
    held = min(sum(each.units for each in holdings), open_claims)
    estate = Estate(code, owed + claims, held, claims, fund[code])
    cap = Fraction(terms.rules.loss_cap_percent) / 100
    survivors = {
        other: Survivor(fund[other], quota, int(quota * cap))
        for other, quota in quotas(work.memory.snapshot, {code, *clearing.failed}).items()
        if other != code and other not in clearing.failed
    }
    return waterfall(estate, survivors)


def _legs(work: Work, code: str, borne: Waterfall, holdings: list[Holding]) -> list[Leg]:
    """The legs of a waterfall; claims are set off in the position already."""
    legs = _seizing(work, code, borne.of_step(Step.COLLATERAL), holdings)
    for each in borne.borne:
        if each.step in (Step.OWN_CONTRIBUTION, Step.DEFAULT_FUND):
            legs.append(_from_fund(work, code, each))
        elif each.step is Step.ALLOCATION:
            name = f"loss:{each.member}"
            legs.append(position_leg(work, each.member, code, each.amount, name, LegCode.LOSS))
    return legs


def _tell(work: Work, code: str, number: int, legs: list[Leg]) -> None:
    """Tell everyone what has moved on its accounts; room is no account of anyone's."""
    accounts = work.memory.accounts
    words = f"Default of {institution_of(work, code)}"
    for leg in legs:
        if leg.code is not LegCode.ROOM:
            sides = ((leg.debit, True), (leg.credit, False))
            moves = [(accounts[side].account, is_debit, leg.amount) for side, is_debit in sides]
            tell_moves(work, moves, f"DEFAULT{number}-{leg.name}", words)


def _from_fund(work: Work, code: str, each: Borne) -> Leg:
    fund, position = fund_account(work, each.member), position_accounts(work, code)[0]
    name = f"fund:{each.member}"
    return Leg(name, LegCode.DEFAULT_FUND, fund.id, position.id, fund.partition, each.amount)


def _seizing(work: Work, code: str, wanted: int, holdings: list[Holding]) -> list[Leg]:
    """The legs by which money abroad goes to those who are owed, the largest claim first, until so many units
    are covered."""
    accounts = work.memory.accounts
    claims = {other: units for other, units in positions(work).items() if units > 0}
    legs: list[Leg] = []
    for holding in holdings:
        spent, covered = 0, 0
        take = min(wanted, holding.units)
        for other in sorted(claims, key=lambda each: (-claims[each], each)):
            units = min(take - covered, claims[other])
            if not units:
                continue
            covered += units
            claims[other] -= units
            # Rounded up by what is left: the whole is worth the whole.
            amount = -(-holding.amount * covered // holding.units) - spent
            spent += amount
            into = receiving(work, other, holding.account.currency)
            accounts[holding.account.id].funds.balance -= amount
            accounts[into.id].funds.receive(amount)
            name = f"{holding.account.currency}:{other}"
            legs.append(
                Leg(f"seized:{name}", LegCode.DISCHARGED, holding.account.id, into.id, into.partition, amount)
            )
            legs += moving_legs(work, other, code, units, f"position:{name}")
        wanted -= covered
    return legs
