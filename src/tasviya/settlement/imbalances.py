"""Imbalances that last: who always sells more than it buys, and what would bring the money back.

    nets of many periods ─▶ lasting ─▶ evening_out  what creditors would have to buy more, and from whom
    positions            ─▶ creditor_charge   claims beyond a free part of the quota pay debts down
                         └▶ purchases         creditors spend a part of their claims with the debtors

A union that only carries imbalances ends as a bank that lends to the same members for ever. All three move
claims back to those who owe, and leave positions adding up to zero. Amounts are whole numbers of one unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tasviya.core.errors import invariant
from tasviya.core.money import allocate
from tasviya.settlement.netting import Flow


@dataclass(frozen=True, slots=True)
class Lasting:
    """A member that has been on one side for a while, up to the last period."""

    party: str
    creditor: bool
    """It sold more than it bought; else it bought more."""
    periods: int
    """How many in a row up to the last."""
    of_all: int
    """In how many of all periods it was on that side."""
    total: int
    """Its net results of those in a row, added up: above zero for a creditor."""

    @property
    def average(self) -> Fraction:
        """A period's net result, over those in a row."""
        return Fraction(self.total, self.periods)


def lasting(nets: Sequence[Mapping[str, int]], at_least: int) -> list[Lasting]:
    """Members on one side for at least some periods in a row up to the last, the largest totals first.

    nets: each period's net results by member; one that is not there had none.
    at_least: 1 or more.
    """
    invariant(at_least >= 1, "an imbalance lasts for a period at the least")
    found = []
    for party in sorted({party for net in nets for party in net}):
        results = [net.get(party, 0) for net in nets]
        creditor = bool(results) and results[-1] > 0
        sides = [(result > 0) == creditor and result != 0 for result in results]
        periods = next((n for n, same in enumerate(reversed(sides)) if not same), len(sides))
        if periods >= at_least:
            total = sum(results[len(results) - periods :])
            found.append(Lasting(party, creditor, periods, sum(sides), total))
    return sorted(found, key=lambda each: (-abs(each.total), each.party))


def evening_out(imbalances: Sequence[Lasting]) -> list[Flow]:
    """What lasting creditors would have to buy more a period, and from which lasting debtors, to be even.

    Each buys its average, as far as the debtors' averages go, and the other way about; shared in proportion.
    """
    surplus = {each.party: int(each.average) for each in imbalances if each.creditor}
    deficit = {each.party: int(-each.average) for each in imbalances if not each.creditor}
    most = min(sum(surplus.values()), sum(deficit.values()))
    if not most:
        return []
    return _spent(
        dict(zip(surplus, allocate(most, list(surplus.values())), strict=True)),
        dict(zip(deficit, allocate(most, list(deficit.values())), strict=True)),
    )


def creditor_charge(positions: Mapping[str, int], free: Mapping[str, int], rate: Fraction) -> dict[str, int]:
    """How a charge on large claims moves positions: claims fall, debts are paid down in proportion.

    positions: by member; they add up to zero.
    free: how much of a member's claim bears no charge; nothing of one that is not there.
    rate: of what is beyond, for the period, 0 to 1; each charge is rounded down.
    The changes add up to zero, and nobody changes sides.
    """
    invariant(0 <= rate <= 1, "a charge takes a part")
    charged = {
        party: int(rate * max(position - free.get(party, 0), 0))
        for party, position in positions.items()
        if position > 0
    }
    return _moved_to_debtors(positions, charged)


def purchases(positions: Mapping[str, int], part: Fraction) -> list[Flow]:
    """What creditors buy from debtors if each spends a part of its claim, beyond its usual trade.

    part: 0 to 1; each sum is rounded down. A creditor's purchases are shared by what the debtors owe.
    The flows are obligations of the buyers: netted with a period's trade, they bring claims and debts down.
    """
    invariant(0 <= part <= 1, "a part of a claim is spent")
    spent = {party: int(part * max(positions[party], 0)) for party in sorted(positions)}
    return _spent(spent, _debts(positions))


def _spent(sums: Mapping[str, int], needs: Mapping[str, int]) -> list[Flow]:
    """What each buyer spends, shared by what sellers still need; none gets more than that."""
    open_needs = dict(needs)
    flows = []
    for buyer, spent in sums.items():
        if spent:
            parts = allocate(spent, list(open_needs.values()))
            for seller, amount in zip(needs, parts, strict=True):
                open_needs[seller] -= amount
                if amount:
                    flows.append(Flow(buyer, seller, amount))
    return flows


def _debts(positions: Mapping[str, int]) -> dict[str, int]:
    invariant(sum(positions.values()) == 0, "positions add up to zero")
    return {party: -positions[party] for party in sorted(positions) if positions[party] < 0}


def _moved_to_debtors(positions: Mapping[str, int], charged: Mapping[str, int]) -> dict[str, int]:
    debts, total = _debts(positions), sum(charged.values())
    changes = {party: -charged.get(party, 0) for party in sorted(positions)}
    if total:
        for party, part in zip(debts, allocate(total, list(debts.values())), strict=True):
            changes[party] += part
    return changes
