"""A day of tariff quotas at work: once it is over, its requests share what is left; what is short is paid.

    secure    a guarantee stands for the difference of duty, where a quota is critical: the goods may go
    allocate  the requests of each day that is over, in proportion, with parents; then, for each declaration,
              not released: it is assessed anew, and pays that
              released: what is short is a claim, due in ten days; what secured it is called if it is not paid
              nothing short: what secured it is freed

Source: SI 2020/1432, regulation 12; Implementing Regulation (EU) 2015/2447, articles 49 to 54.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.core.money import Money
from tasviya.customs.claim import Claim
from tasviya.customs.formats.reading import read
from tasviya.customs.guarantee import Stake, Wanted, at_stake
from tasviya.customs.lodgement import WAITING, Lodgement
from tasviya.customs.quota_claim import QuotaClaim, QuotaEvent
from tasviya.customs.tariff_quota import QuotaRequest, allocate
from tasviya.membership.roles import Act
from tasviya.services.claims import keep, law_of
from tasviya.services.corrections import GONE_OUT, assess_as_frozen, demand
from tasviya.services.customs_accounts import day_in, money_of
from tasviya.services.declarations import Assessed, assess_declaration, assessed_rows
from tasviya.services.guarantees import reserve, unit_rate
from tasviya.services.lodging import allowed, go_on, reassess, waiting
from tasviya.services.quota_claims import (
    HELD,
    free_security,
    keep_claim,
    left_of,
    note_left,
    security,
    without_quotas,
)
from tasviya.services.work import Work

QUOTA_CODES = {
    "TQ01": "a day of quotas is allocated once it is over",
    "TQ02": "what is secured for a quota is the difference of duty of goods that a critical quota holds",
}


@dataclass(frozen=True, slots=True)
class QuotaDayDone:
    """What a day's allocation has come to. claims: on the quotas; demands: for what is short."""

    claims: tuple[QuotaClaim, ...]
    demands: tuple[Claim, ...]


def secure_quota(work: Work, mrn: str, grn: str, actor: str, access_code: str = "") -> Lodgement | Refusal:
    """Let a guarantee stand for what goods would pay without their critical quota: they are not held for it
    any more."""
    lodged = waiting(work, mrn, "secured")
    if isinstance(lodged, Refusal):
        return lodged
    unfit = allowed(work, actor, Act.PAY, lodged.member, lodged.declarant)
    if unfit is None and not any(each.code == HELD for each in lodged.holds):
        unfit = Refusal("TQ02", f"No critical quota holds {mrn}.", "Nothing remains to be done.", "mrn")
    if unfit is not None:
        return unfit
    standing = work.memory.customs.guarantee(grn)
    if isinstance(standing, Refusal):
        return standing
    money = money_of(work.memory.snapshot, lodged.member)
    more = _without(work, lodged).total - lodged.assessed
    rates = {money.code: 1 / unit_rate(work, lodged.member, standing.currency)}
    minor = at_stake((Stake(1, max(more, 1), money),), standing.currency, rates)
    if isinstance(minor, Refusal):
        return minor
    day = day_in(work, lodged.member)
    wanted = Wanted(security(mrn), minor, day, lodged.declarant, (lodged.member,), access_code)
    held = reserve(work, grn, wanted)
    if isinstance(held, Refusal):
        return held
    for each in work.memory.customs.quota_claims_of(mrn):
        if each.critical:
            each.guarantee = grn
            keep_claim(work, each)
    _lift(work, lodged)
    work.act("secure_quota", mrn, f"{Money(more, money)} under {grn}", actor)
    go_on(work, lodged, "quota secured")
    return lodged


def allocate_day(work: Work, member: str, on: date, actor: str) -> QuotaDayDone | Refusal:
    """Allocate the requests of all days up to one that is over, the earliest first."""
    unfit = allowed(work, actor, Act.CORRECT, member)
    today = day_in(work, member)
    if unfit is None and on >= today:
        what = f"{on} is not over: it is {today}."
        unfit = Refusal("TQ01", what, "Allocate it when it is over.", "on", transient=True)
    if unfit is not None:
        return unfit
    customs = work.memory.customs
    by_day: dict[str, list[QuotaClaim]] = {}
    for claim in customs.quota_claims_asked(member):
        if claim.day <= on.isoformat():
            by_day.setdefault(claim.day, []).append(claim)
    done: list[QuotaClaim] = []
    for day in sorted(by_day):
        _allocate(work, member, date.fromisoformat(day), by_day[day])
        done += by_day[day]
    demands = []
    for mrn in dict.fromkeys(each.mrn for each in done):
        lodged = customs.of(mrn)
        if isinstance(lodged, Refusal):
            raise InvariantBroken(f"{mrn}, which claims a quota, is a declaration")
        demanded = _settle(work, lodged)
        demands += [demanded] if demanded else []
    work.act("allocate_quotas", member, f"up to {on}: {len(done)} requests", actor)
    return QuotaDayDone(tuple(done), tuple(demands))


def _allocate(work: Work, member: str, day: date, claims: Sequence[QuotaClaim]) -> None:
    """Allocate one day by the quotas that hold on it."""
    found = work.memory.customs.in_force(member, day)
    if isinstance(found, Refusal):
        raise InvariantBroken(f"{member} had a tariff on {day}, when declarations were accepted")
    quotas = work.memory.customs.quotas(member, found[0])
    requests = [
        QuotaRequest(each.order_number, day, f"{each.mrn}/{each.item:04}", each.quantity, each.unit)
        for each in claims
    ]
    shared = allocate(quotas, left_of(work, member, quotas), day, requests)
    for claim, outcome in zip(claims, shared.outcomes, strict=True):
        claim.happens(QuotaEvent.ALLOCATE)
        if isinstance(outcome, Refusal):
            claim.why = outcome.what
        else:
            claim.granted = outcome.granted
        keep_claim(work, claim)
    touched = {each.order_number for each in claims} & set(quotas.by_number)
    touched |= {quotas.head(number) for number in touched}
    note_left(work, member, quotas, dict(shared.left), sorted(touched), day.isoformat())


def _settle(work: Work, lodged: Lodgement) -> Claim | None:
    """Have a declaration pay what follows from its allocation; the claim for what is short, if it is
    released."""
    assessed = _assessed(work, lodged)
    law = law_of(work, lodged.member, lodged.tariff)
    before = dict(lodged.taxes)
    after = {tax: minor for tax, minor in assessed.by_tax.items() if minor}
    lodged.lines = tuple(assessed_rows(assessed, law.tariff_file))
    if lodged.status in WAITING:
        free_security(work, lodged.mrn)
        _lift(work, lodged)
        lodged.taxes, lodged.version = after, lodged.version + 1
        reassess(work, lodged, before)
        return None
    keep(work, lodged)
    more = {tax: minor - before.get(tax, 0) for tax, minor in after.items() if minor > before.get(tax, 0)}
    if lodged.status not in GONE_OUT or not more:
        free_security(work, lodged.mrn)
        return None
    claim = demand(work, lodged, more, security(lodged.mrn))
    claims = work.memory.customs.quota_claims_of(lodged.mrn)
    claim.guarantee = next((each.guarantee for each in claims if each.guarantee), "")
    return claim


def _assessed(work: Work, lodged: Lodgement) -> Assessed:
    found = read(lodged.body)
    if isinstance(found, list):
        raise InvariantBroken(f"{lodged.mrn} was read when it was accepted")
    assessed = assess_as_frozen(work, lodged, found.declaration, lodged.body, lodged.actor)
    return _without(work, lodged) if isinstance(assessed, list) else assessed


def _without(work: Work, lodged: Lodgement) -> Assessed:
    """What a declaration comes to without its quotas, by what was frozen."""
    found = read(lodged.body)
    if isinstance(found, list):
        raise InvariantBroken(f"{lodged.mrn} was read when it was accepted")
    tariff = work.memory.customs.tariff(lodged.member, lodged.tariff)
    declared, day = without_quotas(found.declaration, tariff), date.fromisoformat(lodged.accepted_on)
    assessed = assess_declaration(declared, tariff, lodged.frozen_rates, day)
    if isinstance(assessed, list):
        raise InvariantBroken(f"{lodged.mrn} was assessed without its quotas when it was accepted")
    return assessed


def _lift(work: Work, lodged: Lodgement) -> None:
    lodged.holds = tuple(each for each in lodged.holds if each.code != HELD)
    keep(work, lodged)
