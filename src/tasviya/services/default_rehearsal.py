"""A default rehearsed, on a copy of the store: who would bear what, and yardsticks beside it.

The waterfall is the one that would be posted. The yardsticks are of the payments of the cycle, without
netting or waterfall: if all were due gross, everyone had its quota and its part of the default fund to pay
with, and those that cannot pay all paid what they have (a clearing vector); and how much of what all have
lent is in distress before anybody else fails (DebtRank).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tasviya.services.clearing import quotas
from tasviya.services.clearing_default import declare
from tasviya.services.union_route import contributed, positions
from tasviya.services.work import Work
from tasviya.settlement.clearing_vector import clear, network_of
from tasviya.settlement.debt_rank import Exposures, debt_rank
from tasviya.settlement.default_waterfall import Waterfall
from tasviya.settlement.netting import Obligations, bilateral, netting

LOST_IN_DEFAULT = Fraction(1, 2)
"""Rogers and Veraart's costs of default, for the yardstick: half of all is kept."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a default would come to. Units are minor units of the union's unit."""

    borne: Waterfall
    before: dict[str, int]
    """Positions, by currency."""
    after: dict[str, int]
    gross: int
    """What the payments of the latest cycle come to; the yardsticks are of these."""
    paid: float
    """Of it, what would be paid if all were due gross, without costs of default (Eisenberg and Noe)."""
    paid_with_costs: float
    """The same if half is lost in every default (Rogers and Veraart)."""
    others_failing: tuple[str, ...]
    """Who else could not pay then, without costs."""
    rank: float
    """DebtRank, 0 to 1."""


def rehearse(work: Work, code: str) -> Rehearsal:
    """Declare the default of a currency's settlement institution, and take the yardsticks of it.

    Raises: OperatorError as `declare` does.
    """
    before = positions(work)
    flows = _latest_flows(work)
    equity = quotas(work.memory.snapshot, work.memory.clearing.failed)
    cash = {name: equity[name] + units for name, units in contributed(work).items()}
    borne = declare(work, code, "Rehearsed.")
    cash[code] = equity[code] = 0
    names, network = network_of(cash, flows)
    without, costly = clear(network), clear(network, LOST_IN_DEFAULT, LOST_IN_DEFAULT)
    gross = netting(flows).gross
    failed = [name for name, short in zip(names, without.defaulted.tolist(), strict=True) if short]
    return Rehearsal(
        borne,
        before,
        positions(work),
        gross,
        float(without.paid.sum()),
        float(costly.paid.sum()),
        tuple(name for name in failed if name != code),
        _rank(flows, equity, code),
    )


def _rank(flows: Obligations, equity: dict[str, int], code: str) -> float:
    """DebtRank of one currency's institution, over what each two owe each other on balance."""
    place = {name: number for number, name in enumerate(sorted(equity))}
    owed = sorted(bilateral(flows).items())
    exposures = Exposures(
        np.array([place[creditor] for (_, creditor), _ in owed], np.int64),
        np.array([place[debtor] for (debtor, _), _ in owed], np.int64),
        np.array([units for _, units in owed], np.int64),
        np.array([equity[name] for name in place], np.int64),
    )
    shock = np.zeros(len(place))
    shock[place[code]] = 1.0
    return debt_rank(exposures, shock, differential=True).rank


def _latest_flows(work: Work) -> dict[tuple[str, str], int]:
    """The gross record of the latest cycle that has one."""
    memory = work.memory
    if memory.clearing.flows:
        return {pair: row.units for pair, row in memory.clearing.flows.items()}
    for seq in range(memory.numbers.cycle - 1, 0, -1):
        rows = memory.store.flow_rows(seq)
        if rows:
            return {(row.paying, row.paid): row.units for row in rows}
    return {}
