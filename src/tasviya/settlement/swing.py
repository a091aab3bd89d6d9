"""Swing credit: how much of a net result moves a member's position, and how much is paid in money.

    position, net, quota, bands ─▶ split ─▶ Split(credit, money)
    all members of a cycle      ─▶ settle ─▶ a Split each; credit and money add up to zero

A position is a claim on the union (+) or a debt to it (-), and stands still until a net result moves it. The
scale says, band by band, which part of a result is paid in money while the position is in that band; the rest
is credit. Both ways are alike: what takes a position out along the scale brings it back along it. Beyond the
quota there is no credit: all that would go further is money, and so is what a smaller quota no longer covers.

The European Payments Union settled surpluses and deficits half in gold and half in credit from July 1954, but
for Greece and Turkey (International Organization, summary of the OEEC for March to December 1954; the rules
ibid. 8 (1954), 602–603). Its quotas bounded gold and credit together: a quota here is half of one of those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from tasviya.core.errors import invariant
from tasviya.core.money import allocate

_Quotas = tuple[int | None, int | None]
"""How far a debt, and how far a claim may go."""


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the quota, from the band before it up to its own end."""

    upto: Fraction
    """Where it ends, as a part of the quota; the last ends at 1."""
    money_share: Fraction
    """Which part of a result is paid in money here: 0 or more, and below 1."""


ALL_CREDIT = (Band(Fraction(1), Fraction(0)),)
"""Within the quota all is credit."""
HALF_AND_HALF = (Band(Fraction(1), Fraction(1, 2)),)
"""Half money, half credit, as the European Payments Union from July 1954."""


@dataclass(frozen=True, slots=True)
class Split:
    """A net result in two parts, which add up to it."""

    credit: int
    """How its position moves."""
    money: int
    """What it receives (+) or pays (-)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member before its result is settled; whole numbers of one unit."""

    position: int
    net: int
    debtor_quota: int
    """How far its debt may go."""
    creditor_quota: int | None = None
    """How far its claim may go before it has a right to money; None: as far as others' debts do."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling some members' results came to."""

    splits: Mapping[str, Split]
    beyond_scale: int
    """Money that debtors paid and no creditor had a right to yet; it went to claims in proportion."""
    short: int
    """Money that creditors had a right to and no debtor paid: it stays a claim, beyond their scale."""


def refuse_bands(bands: Sequence[Band]) -> str:
    """Why bands make no scale; empty if they do."""
    ends = [band.upto for band in bands]
    if not ends or ends[-1] != 1 or ends[0] <= 0 or any(a >= b for a, b in pairwise(ends)):
        return "Bands must end at parts of the quota that rise from above 0 to 1."
    if any(not 0 <= band.money_share < 1 for band in bands):
        return "A band's share in money must be 0 or more, and below 1: beyond the quota all is money."
    return ""


def split(position_before: int, net: int, quota: int, bands: Sequence[Band] = ALL_CREDIT) -> Split:
    """How much of a net result moves a position, and how much is paid in money.

    net: what the member is owed (+) or owes (-) after netting; 0 only calls in what is beyond the quota.
    quota: how far the position may go, either way; 0 or more.
    credit + money = net, and the position afterwards is within the quota. It is rounded towards zero, so
    that no credit arises from rounding: out and back is neutral but for less than one unit of position over
    the smallest part in credit.
    Raises: InvariantBroken on a quota below zero, or bands that are no scale.
    """
    invariant(quota >= 0 and not refuse_bands(bands), "a quota is not negative, and its bands rise to 1")
    return _split(position_before, net, (quota, quota), bands)


def settle(
    members: Mapping[str, Standing],
    bands: Sequence[Band] = ALL_CREDIT,
    silent: Set[str] = frozenset(),
) -> Settled:
    """Every member's split in one cycle: credit, money, and positions afterwards add up to zero.

    Who has to pay, pays what its own scale says. Who has a right to money gets it as far as that reaches, in
    proportion; what is paid beyond that goes to all claims in proportion, and reduces them.
    members: by code; their positions, and their net results, must each add up to zero.
    silent: those of them that take no money, such as a fund; if nobody else has a claim, debtors pay less.
    Raises: InvariantBroken if they do not.
    """
    invariant(not refuse_bands(bands), "bands rise to 1")
    for name in ("position", "net"):
        invariant(sum(getattr(each, name) for each in members.values()) == 0, f"every {name} adds up to zero")
    wanted = {code: _own_split(members[code], bands).money for code in sorted(members)}
    paid = -sum(money for money in wanted.values() if money < 0)
    rights = {code: money for code, money in wanted.items() if money > 0}
    served = min(paid, sum(rights.values()))
    money = {code: min(amount, 0) for code, amount in wanted.items()}
    _shared(money, served, rights)
    # What is still owed to members is at least what others paid and nobody got: positions add up to zero.
    claims = {
        code: max(members[code].position + members[code].net - money[code], 0)
        for code in sorted(members)
        if code not in silent
    }
    beyond = min(paid - served, sum(claims.values()))
    _shared(money, beyond, claims)
    _shared(money, paid - served - beyond, {code: -each for code, each in money.items() if each < 0})
    splits = {code: Split(members[code].net - money[code], money[code]) for code in wanted}
    invariant(sum(each.credit for each in splits.values()) == 0, "credit adds up to zero")
    return Settled(splits, beyond, sum(rights.values()) - served)


def _own_split(member: Standing, bands: Sequence[Band]) -> Split:
    """What a member's own scale says."""
    return _split(member.position, member.net, (member.debtor_quota, member.creditor_quota), bands)


def _shared(money: dict[str, int], amount: int, rights: Mapping[str, int]) -> None:
    """Give an amount out in proportion to rights; nobody gets more than its right."""
    if amount:
        for code, part in zip(rights, allocate(amount, list(rights.values())), strict=True):
            money[code] += part


def _split(position: int, net: int, quotas: _Quotas, bands: Sequence[Band]) -> Split:
    exact = _moved(Fraction(position), net, quotas, bands)
    size = abs(exact.numerator) // exact.denominator
    credit = (size if exact > 0 else -size) - position
    return Split(credit, net - credit)


def _moved(position: Fraction, net: int, quotas: _Quotas, bands: Sequence[Band]) -> Fraction:
    """Where a result takes a position, exactly; within its quotas.

    quotas: of debt and of claim; None bounds nothing, and then all on that side is credit.
    """
    if net < 0:
        return -_moved(-position, -net, (quotas[1], quotas[0]), bands)
    rest = Fraction(net)
    debt, claim = (_bands_of_side(quota, bands, reach=abs(position) + rest) for quota in quotas)
    furthest_debt, furthest_claim = -debt[-1][1], claim[-1][1]
    if position < furthest_debt:
        # Beyond a quota that has shrunk, a result in the other direction reduces the position in full.
        step = min(rest, furthest_debt - position)
        position, rest = position + step, rest - step
    position = max(position, furthest_debt)
    mirrored = [(-upper, -lower, part) for lower, upper, part in reversed(debt)]
    for lower, upper, part in mirrored + claim:
        if rest > 0 and lower <= position < upper:
            step = min(rest, (upper - position) / part)
            position, rest = position + step * part, rest - step
    return min(position, furthest_claim)


def _bands_of_side(
    quota: int | None, bands: Sequence[Band], reach: Fraction
) -> list[tuple[Fraction, Fraction, Fraction]]:
    """One side of the scale: where each band begins and ends, and which part of a result is credit in it.

    reach: as far as an unbounded side needs to go.
    """
    if quota is None:
        return [(Fraction(0), reach, Fraction(1))]
    ends = [band.upto * quota for band in bands]
    return [
        (start, end, 1 - band.money_share)
        for start, end, band in zip([Fraction(0), *ends], ends, bands, strict=False)
    ]
