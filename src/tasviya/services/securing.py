"""Goods are paid for otherwise than by a bank's payment: from a trader's cash account, or later, by deferral.

    cash    what a trader has paid in ahead pays a claim
    defer   a guarantee stands for the claim: the goods are released, the taxes stay due
    charge  what a trader has deferred up to a day becomes one claim, to be paid by a day
    call    a claim that is overdue is the guarantor's to pay

Deferred taxes become revenue only when their month's claim is paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time
from itertools import groupby

from tasviya.core.business_day import local_instant
from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import Money
from tasviya.customs import guarantee as guarantees
from tasviya.customs.claim import Claim, ClaimKind, fits
from tasviya.customs.guarantee import Guarantee, Stake, Wanted, at_stake
from tasviya.membership.roles import Act
from tasviya.services.claims import new_claim, pay
from tasviya.services.customs_accounts import account, day_in, money_of
from tasviya.services.guarantee_holds import calling_leg, keep, merge
from tasviya.services.guarantees import next_reference, reserve, unit_rate
from tasviya.services.lodging import allowed
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.routing import Leg, LegCode

SECURING_CODES = {
    "CU11": "a trader's cash account pays what is on it",
    "CU12": "a claim is deferred whole, before anything has been paid for it",
    "CU13": "what is deferred is charged for days that are over, and due today or later",
}


def pay_from_cash(work: Work, reference: str, actor: str) -> Claim | Refusal:
    """Pay what a claim lacks from its debtor's cash account."""
    claim = _payable(work, reference, actor)
    if isinstance(claim, Refusal):
        return claim
    cash = account(work, AccountKind.TRADER_CASH, claim.member, claim.debtor)
    money, there = work.memory.snapshot.currencies[claim.currency], work.memory.accounts[cash.id].net
    if there < claim.left:
        what = f"{claim.debtor} has {Money(there, money)}, and {reference} lacks {Money(claim.left, money)}."
        cure = f"Pay in {Money(claim.left - there, money)}, quoting /CASH/{claim.debtor}."
        return Refusal("CU11", what, cure, "cash", transient=True)
    legs = pay(work, claim, claim.left, cash.id, LegCode.DUTY_PAID, "cash account")
    work.post(f"{reference}:cash:{claim.paid}", 0, legs, 0)
    work.act("pay_from_cash", reference, str(Money(claim.total, money)), actor)
    return claim


def defer(work: Work, reference: str, grn: str, actor: str, access_code: str = "") -> Claim | Refusal:
    """Let a guarantee stand for a claim: what it secures is released, and is to be paid later."""
    claim = _payable(work, reference, actor)
    if isinstance(claim, Refusal):
        return claim
    if claim.paid or claim.on_the_way or claim.kind is not ClaimKind.DECLARATION:
        what = f"{reference} is a {claim.kind}'s, and {claim.paid + claim.on_the_way} minor units have come."
        return Refusal("CU12", what, "Pay the rest of it.", "guarantee")
    standing = work.memory.customs.guarantee(grn)
    if isinstance(standing, Refusal):
        return standing
    money, minor = money_of(work.memory.snapshot, claim.member), in_guarantee(work, standing, claim)
    if isinstance(minor, Refusal):
        return minor
    day = day_in(work, claim.member)
    wanted = Wanted(reference, minor, day, claim.debtor, (claim.member,), access_code)
    held = reserve(work, grn, wanted, goes_on=True)
    if isinstance(held, Refusal):
        return held
    claim.guarantee = grn
    owed = account(work, AccountKind.CUSTOMS_DEFERRED, claim.member, claim.debtor)
    legs = pay(work, claim, claim.total, owed.id, LegCode.DUTY_DEFERRED, grn)
    work.post(f"{reference}:deferred", 0, legs, 0)
    work.act("defer", reference, f"{Money(claim.total, money)} under {grn}", actor)
    return claim


def charge(work: Work, member: str, until: date, due_on: date, actor: str) -> list[Claim] | Refusal:
    """Make one claim of each trader's and guarantee's deferred duty of releases before a day.

    until: the first day that is not in it. due_on: until when it is to be paid.
    """
    unfit = allowed(work, actor, Act.CORRECT, member)
    if unfit is not None:
        return unfit
    today = day_in(work, member)
    if due_on < today or until > today:
        what = f"Releases before {until} would be due on {due_on}, and it is {today}."
        return Refusal("CU13", what, "Charge days that are over, to be paid today or later.", "due_on")
    before_ns = _begins(work, member, until)
    made = []
    for claims in _by_debtor(work, work.memory.store.deferred_claims(member, before_ns)):
        first = claims[0]
        reference = next_reference(work, member)
        taxes: dict[str, int] = {}
        for each in claims:
            for tax, minor in each.taxes.items():
                taxes[tax] = taxes.get(tax, 0) + minor
            each.charged_by = reference
            work.changes.claims[each.reference] = each
        month = new_claim(work, reference, ClaimKind.DEFERRED, first.mrn, member, first.debtor, taxes)
        month.guarantee, month.due_on = first.guarantee, due_on.isoformat()
        merge(work, first.guarantee, [each.reference for each in claims], reference)
        money = money_of(work.memory.snapshot, member)
        work.act("charge", reference, f"{Money(month.total, money)} of {len(claims)} releases", actor)
        made.append(month)
    return made


def call_overdue(work: Work, member: str, actor: str) -> list[Claim] | Refusal:
    """Call the guarantees of claims that were to be paid before today: they are the guarantors' to pay."""
    unfit = allowed(work, actor, Act.CALL_GUARANTEE, member)
    if unfit is not None:
        return unfit
    called = []
    for stored in work.memory.store.claims_overdue(day_in(work, member).isoformat()):
        claim = work.memory.customs.claim(stored.reference)
        if claim is None or claim.member != member or not claim.guarantee:
            continue
        standing = work.memory.customs.guarantee(claim.guarantee)
        if isinstance(standing, Refusal) or claim.reference not in standing.reservations:
            continue
        held, left = standing.reservations[claim.reference], in_guarantee(work, standing, claim)
        minor = held if isinstance(left, Refusal) else min(held, left)
        decided = guarantees.call(standing, claim.reference, minor, member)
        if isinstance(decided, Refusal):
            return decided
        keep(work, decided.guarantee)
        used = calling_leg(work, standing, claim.reference, held, minor)
        work.post(f"{claim.reference}:called", 0, [used], 0)
        is_month = claim.kind is ClaimKind.DEFERRED
        due = AccountKind.CUSTOMS_DEFERRED if is_month else AccountKind.CUSTOMS_DUE
        trader = account(work, due, member, claim.debtor if is_month else "")
        owed = account(work, AccountKind.CUSTOMS_DEFERRED, member, standing.guarantor)
        leg = Leg("guarantor", LegCode.DUTY_DEFERRED, owed.id, trader.id, owed.partition, claim.total)
        work.post(f"{claim.reference}:guarantor", 0, [leg], 0)
        work.act("call_guarantee", standing.grn, f"{claim.reference}: {claim.debtor} has not paid", actor)
        claim.debtor, claim.kind = standing.guarantor, claim.kind if is_month else ClaimKind.CALL
        work.changes.claims[claim.reference] = claim
        called.append(claim)
    return called


def in_guarantee(work: Work, standing: Guarantee, claim: Claim) -> int | Refusal:
    """What is left of a claim, in a guarantee's currency at the official rate: minor units."""
    money = money_of(work.memory.snapshot, claim.member)
    rates = {money.code: 1 / unit_rate(work, claim.member, standing.currency)}
    return at_stake((Stake(1, claim.left, money),), standing.currency, rates)


def _payable(work: Work, reference: str, actor: str) -> Claim | Refusal:
    """A claim that its debtor, or somebody who may, pays now."""
    claim = work.memory.customs.claim(reference)
    if claim is None:
        what = f"No claim has the reference {reference:.40}."
        return Refusal("CL01", what, "Give an MRN; `customs status` lists them.", "mrn")
    unfit = allowed(work, actor, Act.PAY, claim.member, claim.debtor)
    money = work.memory.snapshot.currencies[claim.currency]
    return unfit or fits(claim, claim.left or 1, money, "mrn") or claim


def _by_debtor(work: Work, claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """Deferred claims of the same debtor and guarantee, as this unit of work has them."""
    book = work.memory.customs
    current = [book.claim(each.reference) or each for each in claims]
    free = sorted(
        (each for each in current if not each.charged_by), key=lambda each: (each.debtor, each.guarantee)
    )
    for _, group in groupby(free, key=lambda each: (each.debtor, each.guarantee)):
        yield list(group)


def _begins(work: Work, member: str, day: date) -> int:
    """When a day begins in a member's zone, nanoseconds."""
    hours = work.memory.snapshot.operating_hours(money_of(work.memory.snapshot, member).code)
    invariant(hours is not None, "a member's currency has its hours")
    return local_instant(hours.zone, day, time.min) if hours else 0
