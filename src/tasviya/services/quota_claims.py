"""Declarations claim tariff quotas: what is asked, what is left, and how goods are assessed that got a part.

    accepted ──claim_quotas──▶ asked, at the quota's rate; held until secured if the quota is critical
    assessed again ──as_granted──▶ what was granted at the quota's rate, the rest as goods without it
    invalidated ──give_back──▶ what was granted is left for others

An item that got a part is assessed as two: each with its part of price, charges and quantities. If a part is
too small to have a price, all of the item is assessed without the quota.

Source: Implementing Regulation (EU) 2015/2447, articles 49 to 54.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Amount, Declaration, Item, Kind
from tasviya.customs.declaration_rules import path
from tasviya.customs.duty_units import Unit
from tasviya.customs.lodgement import WAITING, Hold, Lodgement
from tasviya.customs.quota_claim import QuotaClaim, QuotaEvent, QuotaStatus, QuotaUse
from tasviya.customs.tariff import Tariff
from tasviya.customs.tariff_quota import (
    QuotaRequest,
    QuotaState,
    TariffQuotas,
    admit,
    returned,
    state_of,
)
from tasviya.customs.valuation import Rates
from tasviya.services.declarations import assess_declaration
from tasviya.services.guarantee_holds import released_legs
from tasviya.services.work import Work

HELD = "QUOTA"
"""The hold of goods whose quota is critical, until the difference of duty is secured or known."""


def quota_faults(
    work: Work, digest: str, declared: Declaration, tariff: Tariff, rates: Rates, day: date
) -> list[Refusal]:
    """What keeps a declaration's items from claiming their quotas, or from being assessed without them."""
    quotas, found = work.memory.customs.quotas(tariff.law.member, digest), list[Refusal]()
    claiming = [(place, item) for place, item in enumerate(declared.items) if item.quota]
    if not claiming or declared.kind is not Kind.IMPORT:
        return []
    for place, item in claiming:
        request = _request(quotas, item, item.quota, day, str(place))
        refusal = admit(quotas, day, [request], frozenset())[0]
        if refusal is not None:
            where = "quantities" if refusal.where in ("unit", "quantity") else "quota"
            found.append(replace(refusal, where=f"{path(place)}.{where}"))
    full = found or assess_declaration(without_quotas(declared, tariff), tariff, rates, day)
    return full if isinstance(full, list) else []


def claim_quotas(work: Work, lodged: Lodgement, declared: Declaration) -> tuple[Hold, ...]:
    """Ask for the quotas that a declaration claims, instead of what it asked for before; what holds it then.

    What has been allocated to it stays as it is.
    """
    customs, day = work.memory.customs, date.fromisoformat(lodged.accepted_on)
    quotas, before = customs.quotas(lodged.member, lodged.tariff), customs.quota_claims_of(lodged.mrn)
    wanted = {item.number: item for item in declared.items if item.quota}
    settled = set()
    for old in before:
        same = old.item in wanted and wanted[old.item].quota == old.order_number
        if old.status is QuotaStatus.ALLOCATED and same:
            settled.add(old.item)
        elif old.status is not QuotaStatus.RETURNED:
            _return(work, quotas, old)
    critical = []
    for number, item in wanted.items():
        if number in settled:
            continue
        request = _request(quotas, item, item.quota, day, str(number))
        state = state_of(quotas, left_of(work, lodged.member, quotas), item.quota)
        made = QuotaClaim(
            lodged.mrn, number, lodged.member, item.quota, lodged.accepted_on, request.quantity, request.unit
        )
        made.critical = int(state is not QuotaState.OPEN)
        keep_claim(work, made)
        critical += [item.quota] * made.critical
    if not critical:
        return ()
    why = f"the quota {', '.join(dict.fromkeys(critical))} is critical: the difference of duty is not secured"
    return (Hold(HELD, why),)


def left_of(work: Work, member: str, quotas: TariffQuotas) -> dict[str, int]:
    """What is left of each quota, thousandths."""
    used = {(each.order_number, each.begin): each.used for each in work.memory.customs.quota_uses(member)}
    return {
        number: max(quota.volume - used.get((number, quota.begin.isoformat()), 0), 0)
        for number, quota in quotas.by_number.items()
    }


def note_left(
    work: Work, member: str, quotas: TariffQuotas, left: dict[str, int], numbers: Iterable[str], day: str = ""
) -> None:
    """Keep what is left of quotas; of those with requests on a day, that it has been allocated."""
    uses = {(each.order_number, each.begin): each for each in work.memory.customs.quota_uses(member)}
    for number in numbers:
        quota = quotas.by_number[number]
        begin = quota.begin.isoformat()
        row = uses.get((number, begin)) or QuotaUse(member, number, begin)
        row.used, row.allocated_until = quota.volume - left[number], max(row.allocated_until, day)
        work.memory.customs.keep_quota_use(row)
        work.changes.quota_uses[member, number, begin] = row


def give_back_quotas(work: Work, lodged: Lodgement) -> None:
    """A declaration is undone: what it asked or was granted is left for others, what secured it is freed."""
    quotas = work.memory.customs.quotas(lodged.member, lodged.tariff)
    for claim in work.memory.customs.quota_claims_of(lodged.mrn):
        if claim.status is not QuotaStatus.RETURNED:
            _return(work, quotas, claim)
    free_security(work, lodged.mrn)


def free_security(work: Work, mrn: str) -> None:
    """What secured the difference of duty is not needed any more."""
    for grn in {each.guarantee for each in work.memory.customs.quota_claims_of(mrn) if each.guarantee}:
        legs = released_legs(work, grn, security(mrn))
        if legs:
            work.post(f"{security(mrn)}:freed", 0, legs, 0)


def security(mrn: str) -> str:
    """The reference under which a difference of duty is secured, and claimed if it comes to that."""
    return f"{mrn}-Q"


def as_granted(work: Work, lodged: Lodgement, declared: Declaration) -> Declaration:
    """A declaration as it is assessed once its quotas are allocated: what was not granted of an item stands
    behind the others, as an item without the quota."""
    claims = {
        (each.item, each.order_number): each for each in work.memory.customs.quota_claims_of(lodged.mrn)
    }
    if not any(item.quota for item in declared.items):
        return declared
    tariff = work.memory.customs.tariff(lodged.member, lodged.tariff)
    items, behind = list[Item](), list[Item]()
    number = declared.items[-1].number
    for item in declared.items:
        wanted, granted = _granted(claims.get((item.number, item.quota)), item, lodged.status in WAITING)
        if not item.quota or granted == wanted:
            items.append(item)
            continue
        parts = _parted(item, granted, wanted) if granted else None
        if parts is None:
            items.append(_without(item, tariff))
            continue
        number += 1
        items.append(parts[0])
        behind.append(replace(_without(parts[1], tariff), number=number))
    return replace(declared, items=(*items, *behind))


def without_quotas(declared: Declaration, tariff: Tariff) -> Declaration:
    """A declaration as if it claimed no quota."""
    return replace(declared, items=tuple(_without(item, tariff) for item in declared.items))


def item_of(declared: Declaration, assessed: Declaration) -> dict[int, int]:
    """By number in a declaration as it was assessed, the declared item that it is a part of."""
    own = {item.number: item.number for item in declared.items}
    rest = [item for item in assessed.items if item.number not in own]
    given = {item.number: item for item in assessed.items}
    split = [item.number for item in declared.items if given[item.number].quantities != item.quantities]
    return own | {item.number: number for item, number in zip(rest, split, strict=True)}


def keep_claim(work: Work, claim: QuotaClaim) -> None:
    """Note that a claim on a quota has changed."""
    work.memory.customs.keep_quota_claim(claim)
    work.changes.quota_claims[claim.mrn, claim.item] = claim


def _granted(claim: QuotaClaim | None, item: Item, waits: bool) -> tuple[int, int]:
    """How much of an item there is, and how much of that is assessed under its quota; thousandths.

    waits: it is not released, so what it claims anew is asked for.
    """
    if claim is None or claim.status is QuotaStatus.RETURNED:
        return 1, int(waits)
    wanted = item.quantities.get(Unit(claim.unit), 0)
    if claim.status is QuotaStatus.ASKED:
        return wanted, wanted if waits else min(claim.quantity, wanted)
    return wanted, min(claim.granted, wanted)


def _return(work: Work, quotas: TariffQuotas, claim: QuotaClaim) -> None:
    """What a claim asked or was granted is left for others."""
    if claim.granted:
        left = left_of(work, claim.member, quotas)
        after = returned(quotas, left, claim.order_number, claim.granted)
        if not isinstance(after, Refusal):
            changed = [number for number in after if after[number] != left[number]]
            note_left(work, claim.member, quotas, after, changed)
    claim.happens(QuotaEvent.GIVE_BACK)
    keep_claim(work, claim)


def _request(quotas: TariffQuotas, item: Item, order_number: str, day: date, id_: str) -> QuotaRequest:
    """What an item asks: its quantity in the quota's unit."""
    quota = quotas.by_number.get(order_number)
    stated = {str(unit): quantity for unit, quantity in item.quantities.items()}
    unit = quota.unit if quota and quota.unit in stated else next(iter(stated), "")
    return QuotaRequest(order_number, day, id_, stated.get(unit, 0), unit)


def _without(item: Item, tariff: Tariff) -> Item:
    """An item without its quota, and without a preference that there is for the quota alone."""
    if not item.quota:
        return item
    law = {each.code for each in tariff.law.preferences}
    open_to = law | {each.preference for each in tariff.measures if not each.quota}
    return replace(item, quota="", preference=item.preference if item.preference in open_to else "")


def _parted(item: Item, granted: int, wanted: int) -> tuple[Item, Item] | None:
    """An item in two, in proportion; None if a part would have no price."""

    def share(minor: int) -> tuple[int, int]:
        first = minor * granted // wanted
        return first, minor - first

    def amounts(amount: Amount | None) -> tuple[Amount | None, Amount | None]:
        if amount is None:
            return None, None
        first, rest = share(amount.minor)
        return Amount(first, amount.currency), Amount(rest, amount.currency)

    made = []
    for side in (0, 1):
        quantities = {unit: share(quantity)[side] for unit, quantity in item.quantities.items()}
        charges = tuple(
            replace(each, amount=Amount(share(each.amount.minor)[side], each.amount.currency))
            for each in item.charges
        )
        rest = None if item.supplementary is None else share(item.supplementary)[side]
        part = replace(
            item,
            invoice=amounts(item.invoice)[side],
            statistical=amounts(item.statistical)[side],
            charges=charges,
            quantities=quantities,
            supplementary=rest,
        )
        if part.price is None or not part.price.minor:
            return None
        made.append(part)
    return made[0], made[1]
