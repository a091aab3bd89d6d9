"""A default rehearsed, on a copy of the store: who would bear what, and yardsticks beside it.

The waterfall is the one that would be posted. The yardsticks are of the payments of the latest cycle, as if
all of them were still due gross, with neither netting nor waterfall, and everyone had its quota and its part
of the default fund to pay with.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tasviya.services.clearing import quotas
from tasviya.services.clearing_default import declare
from tasviya.services.union_route import contributed, positions
from tasviya.services.work import Work
from tasviya.settlement.default_waterfall import Waterfall
from tasviya.settlement.default_yardsticks import Yardsticks, yardsticks

KEPT = Fraction(1, 2)
"""What a default with costs leaves, of cash and of claims."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a default would come to. Units are minor units of the union's unit."""

    borne: Waterfall
    before: dict[str, int]
    """Positions, by currency."""
    after: dict[str, int]
    gross: int
    """What the payments of the latest cycle come to; the yardsticks are of these."""
    yardsticks: Yardsticks


def rehearse(work: Work, code: str) -> Rehearsal:
    """Declare the default of a currency's settlement institution, and take the yardsticks of it.

    Raises: OperatorError as `declare` does.
    """
    before, flows = positions(work), _latest_flows(work)
    equity = quotas(work.memory.snapshot, work.memory.clearing.failed)
    cash = {name: equity[name] + units for name, units in contributed(work).items()}
    borne = declare(work, code, "Rehearsed.")
    measured = yardsticks(code, flows, cash, equity, cash_kept=KEPT, claims_kept=KEPT)
    return Rehearsal(borne, before, positions(work), sum(flows.values()), measured)


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
