"""What research says would happen if one member failed: the yardsticks beside the waterfall.

    obligations, cash, who fails ─▶ yardsticks ─▶ losses by Eisenberg and Noe, by Rogers and Veraart, DebtRank

Who fails has only what it leaves; everybody else has its cash and pays all it owes, as long as it can. Losses
are what creditors are not paid, in whole units. No money moves by any of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tasviya.core.errors import invariant
from tasviya.settlement.clearing_payments import in_whole_units, violations
from tasviya.settlement.clearing_vector import Network, clear, network_of
from tasviya.settlement.debt_rank import Exposures, debt_rank
from tasviya.settlement.netting import Obligations


@dataclass(frozen=True, slots=True)
class Losses:
    """What one model says that creditors are not paid."""

    defaulted: tuple[str, ...]
    """Who cannot pay all, by name; who failed is among them if it owes more than it has."""
    by_creditor: Mapping[str, int]
    """Who is not paid how much, by name; those that are paid in full are left out."""

    @property
    def total(self) -> int:
        """All that is not paid."""
        return sum(self.by_creditor.values())


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """One member's failure by three models."""

    clearing: Losses
    """Eisenberg and Noe: a default costs nothing by itself."""
    with_costs: Losses
    """Rogers and Veraart: a default leaves only parts of what it has."""
    rank: float
    """DebtRank: the part of all that is lent that its distress concerns, 0 to 1."""
    distress: Mapping[str, float]
    """DebtRank's distress of each other member that has any, 0 to 1."""


def yardsticks(
    member: str,
    obligations: Obligations,
    cash: Mapping[str, int],
    equity: Mapping[str, int],
    *,
    cash_kept: Fraction,
    claims_kept: Fraction,
    leaves: int = 0,
) -> Yardsticks:
    """What a member's failure would lead to.

    obligations: what is still owed, not what has settled.
    cash, equity: of each member, 0 or more; 0 of one that is not there.
    cash_kept, claims_kept: what a default with costs leaves of either, 0 to 1.
    leaves: what the failing member can still pay with.
    """
    invariant(leaves >= 0, "nobody leaves less than nothing")
    names, network = network_of({**cash, member: leaves}, obligations)
    exposures = Exposures(
        network.creditor,
        network.debtor,
        network.amount,
        np.array([equity.get(name, 0) for name in names], np.int64),
    )
    shock = np.array([float(name == member) for name in names])
    ranked = debt_rank(exposures, shock)
    distressed = zip(names, ranked.distress.tolist(), strict=True)
    return Yardsticks(
        _losses(names, network, Fraction(1), Fraction(1)),
        _losses(names, network, cash_kept, claims_kept),
        ranked.rank,
        {name: part for name, part in distressed if part and name != member},
    )


def _losses(names: list[str], network: Network, cash_kept: Fraction, claims_kept: Fraction) -> Losses:
    vector = clear(network, cash_kept, claims_kept)
    payments = in_whole_units(network, vector, cash_kept, claims_kept)
    wrong = violations(network, vector, payments, cash_kept, claims_kept)
    invariant(not wrong, f"payments of a clearing vector hold: {wrong[:1]}")
    by_creditor: dict[str, int] = {}
    unpaid = (network.amount - payments).tolist()
    for creditor, amount in zip(network.creditor.tolist(), unpaid, strict=True):
        if amount:
            by_creditor[names[creditor]] = by_creditor.get(names[creditor], 0) + amount
    defaulted = tuple(names[node] for node in np.flatnonzero(vector.defaulted).tolist())
    return Losses(defaulted, {name: by_creditor[name] for name in sorted(by_creditor)})
