"""Guarantees at work: a guarantor's promise in the ledger, and what goods and deferred duty take of it.

take     the line stands on the guarantee's account, a promise and no money
reserve  a hold on that account: the ledger lets no more be held than is there
free     the hold ends
revoke   nothing new is reserved; what is held stays
call     part of the hold is used, the rest ends; a claim on the guarantor follows, in the currency of the
         member where the debt arose
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from tasviya.core.errors import Refusal
from tasviya.core.money import Currency, Money
from tasviya.customs import guarantee as guarantees
from tasviya.customs.claim import Claim, ClaimKind
from tasviya.customs.guarantee import Call, Guarantee, Wanted, register
from tasviya.customs.mrn import grn as make_grn
from tasviya.customs.mrn import mrn as make_mrn
from tasviya.membership.roles import Act
from tasviya.services.claims import assessed_legs, new_claim
from tasviya.services.customs_accounts import account, day_in, money_of
from tasviya.services.guarantee_holds import calling_leg, given_leg, hold, keep
from tasviya.services.lodging import allowed, official_rates
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.routing import Leg, LegCode

GUARANTEE_AT_WORK_CODES = {
    "CU09": "a command names a guarantee that is there",
    "CU10": "a guarantor is a participant of the union that may pay in a guarantee's currency",
}
CLAIM_LETTER = "X"
"""Where an MRN has its procedure, a claim's own reference has this."""
DEBT = "DEBT"
"""The tax under which a guarantor's debt is booked, where it is not known by tax."""


def take(
    work: Work,
    member: str,
    guarantor: str,
    principal: str,
    line: Money,
    valid: tuple[date, date],
    members: tuple[str, ...],
    actor: str,
    access_code: str = "",
) -> Guarantee | Refusal:
    """Take a guarantor's promise. member: whose customs take it. valid: the first and the last day.

    access_code: what its principal must give to use it; empty if nothing.
    """
    snapshot = work.memory.snapshot
    unfit = allowed(work, actor, Act.TAKE_GUARANTEE, member)
    if unfit is not None:
        return unfit
    if guarantor not in snapshot.participants:
        what = f"{guarantor:.35} is no participant on {snapshot.business_date}."
        return Refusal("CU10", what, "Let a participant of the union stand for it.", "guarantor")
    day = day_in(work, member)
    number = str(work.memory.numbers.guarantee)
    reference = make_grn(day.year, member, number)
    digest = guarantees.access_digest(reference, access_code) if access_code else ""
    made = register(
        Guarantee(
            reference,
            guarantor,
            principal,
            line.currency,
            line.minor,
            *valid,
            frozenset(members),
            digest,
        )
    )
    if isinstance(made, Refusal):
        return made
    work.memory.numbers.guarantee += 1
    work.post(f"{reference}:given", 0, [given_leg(work, made)], 0)
    keep(work, made)
    work.act("take_guarantee", reference, f"{guarantor} for {principal}: {line}", actor)
    return made


def revoke(work: Work, grn: str, actor: str) -> Guarantee | Refusal:
    """End a guarantee for what is to come: what stands stands. Who takes guarantees in its member may."""
    standing = work.memory.customs.guarantee(grn)
    if isinstance(standing, Refusal):
        return standing
    member = grn[2:4]
    unfit = allowed(work, actor, Act.TAKE_GUARANTEE, member)
    if unfit is not None:
        return unfit
    revoked = guarantees.revoke(standing, day_in(work, member))
    if revoked != standing:
        keep(work, revoked)
        work.act("revoke_guarantee", grn, str(revoked.revoked_on), actor)
    return revoked


def reserve(work: Work, grn: str, wanted: Wanted, *, goes_on: bool = False) -> Guarantee | Refusal:
    """Reserve an amount, and hold it. goes_on: the chain goes on with what is posted next."""
    standing = work.memory.customs.guarantee(grn)
    decided = standing if isinstance(standing, Refusal) else guarantees.reserve(standing, wanted)
    if isinstance(decided, Refusal):
        return decided
    keep(work, decided.guarantee)
    hold(work, decided.guarantee, wanted.mrn, wanted.minor, goes_on=goes_on)
    return decided.guarantee


def call(work: Work, guarantee: Guarantee, act: Call, mrn: str, about: str) -> Claim:
    """Use what is called of a hold, and claim it of the guarantor where the debt arose.

    guarantee: as it is afterwards. mrn: under which it was reserved. about: the declaration or trader.
    """
    keep(work, guarantee)
    used = calling_leg(work, guarantee, mrn, act.minor + act.freed_minor, act.minor)
    work.post(f"{mrn}:called", 0, [used], 0)
    money = money_of(work.memory.snapshot, act.member)
    demanded = demand(work, guarantee, act.minor, act.member, money)
    reference = next_reference(work, act.member)
    claim = new_claim(
        work, reference, ClaimKind.CALL, about, act.member, guarantee.guarantor, {DEBT: demanded}
    )
    claim.guarantee = guarantee.grn
    legs = assessed_legs(work, act.member, claim.taxes)
    due = account(work, AccountKind.CUSTOMS_DUE, act.member)
    owed = account(work, AccountKind.CUSTOMS_DEFERRED, act.member, guarantee.guarantor)
    legs.append(Leg("guarantor", LegCode.DUTY_DEFERRED, owed.id, due.id, owed.partition, demanded))
    work.post(f"{reference}:demanded", 0, legs, 0)
    told = Money(demanded, money)
    work.act("call_guarantee", guarantee.grn, f"{mrn}: {told} of {guarantee.guarantor}, {reference}")
    return claim


def demand(work: Work, guarantee: Guarantee, minor: int, member: str, money: Currency) -> int:
    """What a called amount comes to in a member's currency at the official rate, minor units."""
    if guarantee.currency == money:
        return minor
    rate = unit_rate(work, member, guarantee.currency)
    return guarantees.demand(Money(minor, guarantee.currency), money, rate).amount.minor


def unit_rate(work: Work, member: str, of: Currency) -> Fraction:
    """What one of a guarantee's currency, or one union unit, is worth in a member's currency."""
    code = money_of(work.memory.snapshot, member).code
    unit = work.memory.snapshot.unit_money
    if unit is not None and of == unit:
        rates = work.memory.clearing.rates
        return rates.values[code] if rates else Fraction(1)
    return official_rates(work, member)[1][of.code]


def next_reference(work: Work, member: str) -> str:
    """A reference of its own for a claim that is no declaration's."""
    numbers = work.memory.numbers
    number, numbers.claim = numbers.claim, numbers.claim + 1
    return make_mrn(day_in(work, member).year, member, str(number), CLAIM_LETTER)
