"""Which unit of credit discharges the most debt: by debtor, and by the corridor that it takes.

A firm's price in an optimal set-off is what one more unit lent to it discharges on its best way: it pays a
creditor, who pays its own, until somebody keeps the unit. The worth holds for as many units as the narrowest
debt on that way can take; beyond, it is that or less, for the total is concave in the credit.

    lend to `debtor` ──▶ `following` ──▶ … ──▶ `holder`, in whose hands the credit ends
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasviya.core.errors import invariant
from tasviya.settlement.setoff import Debts, Int64s
from tasviya.settlement.setoff_flow import Solved


@dataclass(frozen=True, slots=True)
class CreditMap:
    """By firm, best first: what one more unit of credit to it discharges, and where the unit goes.

    All (F,) int64, firms whose worth is above zero. units: for how many units at least the worth holds.
    following: who has the unit next, a creditor, or a debtor whose cancelled payment it stands in for.
    holder: who keeps the unit. steps: how many debts it goes along or against.
    """

    debtor: Int64s
    worth: Int64s
    units: Int64s
    following: Int64s
    holder: Int64s
    steps: Int64s


def credit_map(debts: Debts, solved: Solved) -> CreditMap:
    """Where credit discharges most, after this set-off.

    Best first; firms of the same worth by the units it holds for, then by number.
    """
    prices, way = solved.setoff.prices, solved.way
    left = debts.amount - solved.setoff.cancelled
    # Ways end: each step's gain is the difference of two prices, and no ring gains. So firms in ascending
    # order of steps know where the rest of their way leads.
    holder, units, steps = np.arange(debts.firms), np.full(debts.firms, _UNBOUNDED), _steps(debts, way)
    following, room = _next(debts, way, left, solved.setoff.cancelled)
    for firm in np.argsort(steps, kind="stable")[np.count_nonzero(steps == 0) :].tolist():
        after = following[firm]
        holder[firm] = holder[after]
        units[firm] = min(units[after], room[firm])
    worth = np.flatnonzero((prices > 0) & (steps > 0))
    order = worth[np.lexsort((worth, -units[worth], -prices[worth]))]
    return CreditMap(order, prices[order], units[order], following[order], holder[order], steps[order])


def paid_on(debts: Debts, prices: Int64s) -> Int64s:
    """What one unit paid from outside on each debt that stands discharges: that debt, then its creditor's."""
    return np.asarray(1 + prices[debts.creditor], np.int64)


_UNBOUNDED = np.iinfo(np.int64).max


def _next(debts: Debts, way: Int64s, left: Int64s, cancelled: Int64s) -> tuple[Int64s, Int64s]:
    """By firm, who has the unit next, and how many units can go there; the firm itself where a way ends."""
    row, against = way >> 1, (way & 1) == 1
    goes = way >= 0
    safe = np.where(goes, row, 0)
    if not len(debts):
        return np.arange(debts.firms), np.full(debts.firms, _UNBOUNDED)
    to = np.where(against, debts.debtor[safe], debts.creditor[safe])
    room = np.where(against, cancelled[safe], left[safe])
    return np.where(goes, to, np.arange(debts.firms)), np.where(goes, room, _UNBOUNDED)


def _steps(debts: Debts, way: Int64s) -> Int64s:
    """By firm, how many debts its best way goes through, by doubling: after k rounds, ways of 2^k debts."""
    nobody = np.zeros(len(debts), np.int64)
    at, _ = _next(debts, way, nobody, nobody)
    steps = (way >= 0).astype(np.int64)
    for _ in range(debts.firms.bit_length()):
        steps = steps + steps[at]
        at = at[at]
    invariant(bool((way[at] < 0).all()), "every way ends")
    return np.asarray(steps, np.int64)
