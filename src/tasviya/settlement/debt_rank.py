"""DebtRank: how much of the union's value one member's distress takes along, before anybody defaults.

    exposures, equity, shock ─▶ debt_rank ─▶ each member's distress, and the value that it concerns

A creditor that is exposed to a debtor in distress loses a part of its equity, is in distress by that part,
and passes it on. In DebtRank (Battiston, Puliga, Kaushik, Tasca and Caldarelli, Scientific Reports 2 (2012),
541) each passes on what it has when first hit, once; in its differential form (Bardoscia, Battiston, Caccioli
and Caldarelli, PLoS ONE 10 (2015), e0130406) whatever comes later is passed on too, until nothing moves. A
yardstick in floats: no money follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tasviya.core.errors import invariant

Int64s = NDArray[np.int64]
Floats = NDArray[np.float64]

STILL = 1e-9
"""The differential form ends when nobody's distress grows by more."""
MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class DebtRank:
    """What a shock leads to."""

    distress: Floats
    """(members,) 0: none, 1: all equity is gone."""
    rank: float
    """The part of all value that is concerned beyond the shock itself, 0 to 1."""
    steps: int


@dataclass(frozen=True, slots=True)
class Exposures:
    """Who loses what if a debtor fails, and what each has to bear it; whole minor units of one currency."""

    creditor: Int64s
    """(exposures,) members."""
    debtor: Int64s
    amount: Int64s
    """0 or more; several of one pair count together."""
    equity: Int64s
    """(members,) 0 or more; who has none is in full distress from any loss."""

    def impact(self, *, at_most_one: bool) -> sparse.csr_matrix:
        """(members, members) which part of a creditor's equity a debtor's full distress takes."""
        members = len(self.equity)
        exposed = sparse.csr_matrix(
            (self.amount.astype(np.float64), (self.creditor, self.debtor)), shape=(members, members)
        )
        exposed.sum_duplicates()
        equity = np.repeat(self.equity.astype(np.float64), np.diff(exposed.indptr))
        part = np.divide(exposed.data, equity, out=np.ones_like(equity), where=equity > 0)
        exposed.data = np.where(exposed.data > 0, np.minimum(part, 1.0) if at_most_one else part, 0.0)
        return exposed


def debt_rank(
    exposures: Exposures, shock: Floats, value: Floats | None = None, *, differential: bool = False
) -> DebtRank:
    """What a shock leads to.

    shock: (members,) distress at the start, 0 to 1.
    value: (members,) weights of 0 or more; what each has lent if None.
    """
    invariant(bool(((shock >= 0) & (shock <= 1)).all()), "distress is between 0 and 1")
    lent = np.zeros(len(shock))
    np.add.at(lent, exposures.creditor, exposures.amount.astype(np.float64))
    weight = lent if value is None else value
    whole = float(weight.sum())
    impact = exposures.impact(at_most_one=not differential)
    spread = _differential if differential else _once
    distress, steps = spread(impact, shock.astype(np.float64))
    rank = float((distress - shock) @ weight) / whole if whole else 0.0
    return DebtRank(distress, rank, steps)


def _once(impact: sparse.csr_matrix, shock: Floats) -> tuple[Floats, int]:
    """Each passes on its distress of the step after it was first hit, and is then inactive."""
    distress, passed, steps = shock.copy(), np.zeros(len(shock), np.bool_), 0
    active = shock > 0
    while active.any():
        hit = impact @ np.where(active, distress, 0.0)
        passed |= active
        distress = np.minimum(distress + hit, 1.0)
        active = (distress > 0) & ~passed
        steps += 1
    return distress, steps


def _differential(impact: sparse.csr_matrix, shock: Floats) -> tuple[Floats, int]:
    """Everybody passes on whatever its distress grew by, until it grows no more."""
    distress, grown, steps = shock.copy(), shock.copy(), 0
    while grown.max(initial=0.0) > STILL and steps < MOST_STEPS:
        after = np.minimum(distress + impact @ grown, 1.0)
        grown, distress = after - distress, after
        steps += 1
    return distress, steps
