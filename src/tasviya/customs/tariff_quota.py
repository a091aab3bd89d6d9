"""Tariff quotas: first come, first served by day; a day's requests share what is left in proportion.

    requests of a day ──admit──▶ admitted ──family_totals──▶ total of each quota ──share_out──▶ allocations

All requests of a day are equal, whatever their order in it. If they fit, all get what they ask; else each
gets its part of what is left, in whole thousandths, the spare ones to the largest remainders. A sub-quota
draws on its parent too, on the same day: it gives no more than either has left. When the parent is short, the
parent's own requests and those of all its sub-quotas get the same proportion, unless a sub-quota alone has
less: then it gives all it has, and the others share what that leaves.

    0 ≤ left ≤ volume;   the parent's use ≥ the use of all its sub-quotas

Quantities are whole thousandths of the quota's unit. A state is a mapping from order number to what is left;
nothing here changes one, each act gives a new one.

Source: Customs (Tariff Quotas) (EU Exit) Regulations 2020, SI 2020/1432, regulation 12 (same day, pro rata);
Commission Implementing Regulation (EU) 2015/2447, articles 49 to 54 (returns, critical status, security).
Neither says how a short parent is divided among sub-quotas, nor who gets what cannot be divided: that is
ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import allocate as parts

CRITICAL_PERCENT = 90
"""Share of the volume used from which a quota is critical unless it says otherwise."""

Left = Mapping[str, int]
"""What is left of each quota, thousandths of its unit, by order number."""


class QuotaState(StrEnum):
    """How far a quota is used."""

    OPEN = "open"
    CRITICAL = "critical"
    """So far that a request may get less than it asks: the difference of duty is to be secured."""
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class TariffQuota:
    """A quantity that may be imported at a lower duty.

    begin, end: first and last day. volume: thousandths of the unit. parent: the order number of the quota of
    which this is a part, or "". critical_percent: 0…100; 0 is critical from the first day.
    """

    order_number: str
    unit: str
    begin: date
    end: date
    volume: int
    parent: str = ""
    critical_percent: int = CRITICAL_PERCENT


@dataclass(frozen=True, slots=True)
class QuotaRequest:
    """A declaration's claim on a quota. quantity: thousandths of `unit`."""

    order_number: str
    day: date
    id: str
    quantity: int
    unit: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a request gets. must_secure: the quota was critical when the goods were declared, so the duty on
    the difference between the lower rate and the full one is to be secured."""

    request: QuotaRequest
    granted: int
    must_secure: bool


@dataclass(frozen=True, slots=True)
class QuotaDay:
    """A day's outcomes, in the order of its requests, and what is left after it."""

    outcomes: tuple[Allocation | Refusal, ...]
    left: Left


@dataclass(frozen=True, slots=True)
class TariffQuotas:
    """Quotas that fit together, by order number; `tariff_quotas` makes them."""

    by_number: Mapping[str, TariffQuota]

    def full(self) -> dict[str, int]:
        """What is left of each before the first request."""
        return {number: quota.volume for number, quota in self.by_number.items()}

    def head(self, number: str) -> str:
        """The order number of a quota's parent, or its own if it has none."""
        return self.by_number[number].parent or number


def tariff_quotas(quotas: Iterable[TariffQuota]) -> TariffQuotas | Refusal:
    """The quotas together. Refused, with the order number as its place, if one does not fit."""
    by_number: dict[str, TariffQuota] = {}
    for quota in quotas:
        if quota.order_number in by_number:
            return _unfit(quota, "is there twice", "Give each period's quota one row.")
        by_number[quota.order_number] = quota
    for quota in by_number.values():
        if refusal := _fault(quota, by_number):
            return refusal
    return TariffQuotas(by_number)


def allocate(
    quotas: TariffQuotas,
    left: Left,
    day: date,
    requests: Sequence[QuotaRequest],
    earlier: Collection[str] = frozenset(),
) -> QuotaDay:
    """Allocate one day's requests; a refused one takes nothing.

    left: after the days before, and after what was returned since. earlier: ids of requests of days before.
    The outcome does not depend on the order of the requests.
    """
    refusals = admit(quotas, day, requests, earlier)
    admitted = [place for place, refusal in enumerate(refusals) if refusal is None]
    by_quota: dict[str, list[int]] = {}
    for place in admitted:
        by_quota.setdefault(requests[place].order_number, []).append(place)
    wanted = {number: sum(requests[at].quantity for at in places) for number, places in by_quota.items()}
    totals = quota_totals(quotas, left, wanted)
    outcomes: list[Allocation | Refusal | None] = list(refusals)
    for number, places in by_quota.items():
        places.sort(key=lambda place: requests[place].id)
        must_secure = state_of(quotas, left, number) is not QuotaState.OPEN
        shares = share_out(totals[number], [requests[place].quantity for place in places])
        for place, granted in zip(places, shares, strict=True):
            outcomes[place] = Allocation(requests[place], granted, must_secure)
    return QuotaDay(tuple(each for each in outcomes if each is not None), drawn(quotas, left, totals))


def admit(
    quotas: TariffQuotas, day: date, requests: Sequence[QuotaRequest], earlier: Collection[str]
) -> list[Refusal | None]:
    """Of each request, why it cannot be allocated, or None.

    Of equal requests with one id the first stands; of different ones none does, for nobody can say which is
    meant.
    """
    uses = Counter(request.id for request in requests)
    by_id = {request.id: request for request in requests}
    first: set[str] = set()
    found: list[Refusal | None] = []
    equal = dict.fromkeys((id_ for id_, times in uses.items() if times > 1), True)
    if equal:
        for request in requests:
            if request.id in equal and request != by_id[request.id]:
                equal[request.id] = False
    for request in requests:
        is_repeat = request.id in first or request.id in earlier or not equal.get(request.id, True)
        first.add(request.id)
        found.append(_refused(quotas, day, request, is_repeat))
    return found


def quota_totals(quotas: TariffQuotas, left: Left, wanted: Mapping[str, int]) -> dict[str, int]:
    """What each quota gives on a day to all its own requests together.

    wanted: by order number, all that is asked of that quota itself, above 0.
    """
    families: dict[str, dict[str, int]] = {}
    for number, quantity in wanted.items():
        families.setdefault(quotas.head(number), {})[number] = quantity
    totals: dict[str, int] = {}
    for head, asked in families.items():
        totals |= family_totals(head, asked, left)
    return totals


def family_totals(head: str, wanted: Mapping[str, int], left: Left) -> dict[str, int]:
    """What a quota gives to its own requests and to those of its sub-quotas.

    The largest common proportion is found at which all together fit what the parent has left, while no
    sub-quota gives more than it has. Spare thousandths go to the largest remainders, ties by order number.
    """
    ceiling = {n: quantity if n == head else min(quantity, left[n]) for n, quantity in wanted.items()}
    room = left[head]
    if sum(ceiling.values()) <= room:
        return ceiling
    totals: dict[str, int] = {}
    rest = sum(wanted.values())
    tightest_first = sorted(wanted, key=lambda n: (Fraction(ceiling[n], wanted[n]), n))
    for place, number in enumerate(tightest_first):
        if ceiling[number] * rest > room * wanted[number]:
            sharing = sorted(tightest_first[place:])
            return totals | dict(zip(sharing, parts(room, [wanted[n] for n in sharing]), strict=True))
        totals[number] = ceiling[number]
        room -= ceiling[number]
        rest -= wanted[number]
    invariant(False, "quotas that do not all fit leave one that shares")
    return totals


def share_out(total: int, quantities: Sequence[int]) -> list[int]:
    """A quota's total of a day by request, in proportion; ties of remainders go to the earlier one.

    quantities: above 0, in the order of their ids; together `total` or more.
    """
    return parts(total, quantities) if total < sum(quantities) else list(quantities)


def drawn(quotas: TariffQuotas, left: Left, totals: Mapping[str, int]) -> dict[str, int]:
    """What is left once each quota has given its total, which is drawn on its parent too."""
    after = dict(left)
    for number, total in totals.items():
        after[number] -= total
        if parent := quotas.by_number[number].parent:
            after[parent] -= total
    invariant(min(after.values(), default=0) >= 0, "a quota gives no more than it has left")
    return after


def returned(quotas: TariffQuotas, left: Left, order_number: str, quantity: int) -> dict[str, int] | Refusal:
    """What is left once a quantity that was allocated and not used has come back, to the parent as well."""
    quota = quotas.by_number.get(order_number)
    if quota is None:
        return _unknown(order_number)
    used = quota.volume - left[order_number]
    if not 0 < quantity <= used:
        what = f"{told(quantity)} {quota.unit} are to come back to {order_number}; {told(used)} are used."
        return Refusal("bad_return", what, "Return what was allocated and not used, above zero.", "quantity")
    after = dict(left)
    for number in (order_number, quota.parent) if quota.parent else (order_number,):
        after[number] += quantity
    return after


def state_of(quotas: TariffQuotas, left: Left, order_number: str) -> QuotaState:
    """How far a quota is used; a sub-quota stands no better than its parent."""
    own = quotas.by_number[order_number]
    line = [own, quotas.by_number[own.parent]] if own.parent else [own]
    if any(left[each.order_number] == 0 for each in line):
        return QuotaState.EXHAUSTED
    if any(
        100 * (each.volume - left[each.order_number]) >= each.critical_percent * each.volume for each in line
    ):
        return QuotaState.CRITICAL
    return QuotaState.OPEN


def told(thousandths: int) -> str:
    """A quantity for people: 12500 is 12.5."""
    whole, rest = divmod(abs(thousandths), 1000)
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{whole:,}" + (f".{rest:03d}".rstrip("0") if rest else "")


def _refused(quotas: TariffQuotas, day: date, request: QuotaRequest, is_repeat: bool) -> Refusal | None:
    quota = quotas.by_number.get(request.order_number)
    if quota is None:
        return _unknown(request.order_number)
    if request.day != day or not quota.begin <= day <= quota.end:
        days = f"{quota.begin} to {quota.end}" if request.day == day else f"allocated here is {day}"
        what = f"{request.day} is not a day of {quota.order_number}: {days}."
        return Refusal("outside_period", what, "Claim the quota of that day, or pay the full duty.", "day")
    if request.quantity <= 0:
        what = f"{told(request.quantity)} is not above zero."
        return Refusal("bad_quantity", what, "Claim a quantity above zero.", "quantity")
    if request.unit != quota.unit:
        what = f"{request.unit or 'No unit'} is claimed; {quota.order_number} counts in {quota.unit}."
        return Refusal("wrong_unit", what, f"State the quantity in {quota.unit}.", "unit")
    if is_repeat:
        cure = "Give each request an id of its own; hand the same one in once."
        return Refusal("request_repeated", f"{request.id:.40} is there more than once.", cure, "id")
    return None


def _unknown(order_number: str) -> Refusal:
    cure = "Correct the order number, or add the quota."
    return Refusal("unknown_quota", f"{order_number:.40} is no quota here.", cure, "order_number")


def _fault(quota: TariffQuota, by_number: Mapping[str, TariffQuota]) -> Refusal | None:
    """What is wrong with one quota among all."""
    if quota.begin > quota.end:
        return _unfit(quota, "ends before it begins", "Give the first day, then the last.")
    if quota.volume <= 0:
        return _unfit(quota, "has no volume", "Give a volume above zero.")
    if not 0 <= quota.critical_percent <= 100:
        return _unfit(quota, "is critical at no per cent", "Write 0 to 100.")
    if not quota.parent:
        return None
    parent = by_number.get(quota.parent)
    if parent is None:
        return _unfit(quota, f"is part of {quota.parent:.40}, which is not there", "Add the parent.")
    if parent.parent:
        cure = "Make it a part of the main quota: a sub-quota has none of its own."
        return _unfit(quota, f"is part of {parent.order_number}, a sub-quota itself", cure)
    if parent.unit != quota.unit:
        what = f"counts in {quota.unit}, its parent in {parent.unit}"
        return _unfit(quota, what, "Give both in one unit.")
    if not parent.begin <= quota.begin <= quota.end <= parent.end:
        what = f"does not lie within its parent's period, {parent.begin} to {parent.end}"
        return _unfit(quota, what, "Correct one of the two periods.")
    return None


def _unfit(quota: TariffQuota, what: str, cure: str) -> Refusal:
    return Refusal("bad_quota", f"{quota.order_number} {what}.", cure, quota.order_number)
