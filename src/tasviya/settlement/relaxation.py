"""Free order, relaxed: what could settle if payments could settle in part, and a bound that holds in whole
numbers.

    rows: accounts, then limits; each item adds to or takes from a few of them
    most value, 0 <= share <= 1 of each item, no row below zero

What the solver says is only a guess at prices of the rows. For any prices, no set is worth more than the room
of the rows at these prices and, for each item, what its value exceeds what it uses (weak duality): that sum
is taken in whole numbers, so the bound holds whatever the solver did. Few very large payments make the
relaxation loose: these are decided one way and the other (branch and bound), best first, until what is left
is small.

Source: for the bank clearing problem, M. M. Güntzer, D. Jungnickel, M. Leclerc, "Efficient algorithms for the
clearing of interbank payments", European Journal of Operational Research 106 (1998), 212-219.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from tasviya.settlement.offsetting import LARGEST_SUM, NONE, Int32s, Int64s, Liquidity, Queued

Floats = npt.NDArray[np.float64]

NODES = 200
WORK = 2_000_000
"""How many relaxations are solved at the most, and items in all of them together."""
LUMP = 3e-4
"""A payment whose undecided part is less of the whole is no lump."""
SCALE = 1 << 10
"""Prices are rounded to fractions of this denominator."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Items over rows: what each adds to a row's room (below zero: uses), packed item by item."""

    start: Int64s
    row: Int32s
    change: Int64s
    room: Int64s
    """By row, before anything settles."""


@dataclass(frozen=True, slots=True)
class Node:
    """A relaxation with some items decided."""

    bound: int
    """Minor units, proven."""
    decided: Mapping[int, bool]
    share: Floats
    """By item, from 0 to 1."""


def rows_of(queue: Queued, liquidity: Liquidity) -> Rows:
    """A queue over its rows. Reservations are left out: they can only reduce what settles."""
    items, accounts = len(queue), queue.accounts
    number = np.repeat(np.arange(items), np.diff(queue.touch_start))
    parts = [(number, queue.touch_account.astype(np.int64), queue.touch_amount)]
    for column, sign in ((queue.limit_used, -1), (queue.limit_freed, 1)):
        bound = np.flatnonzero(column != NONE)
        parts.append((bound, accounts + column[bound].astype(np.int64), sign * queue.value[bound]))
    item, row, change = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(item, kind="stable")
    start = np.zeros(items + 1, np.int64)
    np.cumsum(np.bincount(item, minlength=items), out=start[1:])
    room = np.maximum(np.concatenate((liquidity.spendable, liquidity.limit_free)), 0)
    return Rows(start, row[order].astype(np.int32), change[order], room)


def relax(queue: Queued, rows: Rows) -> tuple[int, Node]:
    """A bound on what any set settles, minor units, and the relaxation to search on from."""
    solver = _Solver(queue, rows)
    root = solver.solve({})
    if root is None:
        everything = sum(queue.value.tolist())
        return everything, Node(everything, {}, np.zeros(len(queue)))
    nodes, lump = [root], LUMP * max(root.bound, 1)
    most = max(2, min(NODES, WORK // max(len(queue), 1)))
    stuck = 0
    while True:
        best = max(nodes, key=_first)
        open_part = np.minimum(best.share, 1 - best.share) * queue.value
        item = int(np.argmax(open_part))
        if best.bound <= stuck or open_part[item] < lump or solver.solved >= most:
            return max(best.bound, stuck), best
        nodes.remove(best)
        for decided in (False, True):
            choice = {**best.decided, item: decided}
            if solver.impossible(choice):
                continue
            node = solver.solve(choice)
            if node is None:
                stuck = max(stuck, best.bound)  # the solver gave up: the bound above holds here too
            else:
                nodes.append(Node(min(node.bound, best.bound), choice, node.share))
        if not nodes:
            return best.bound, best


def relaxed_prices(queue: Queued, rows: Rows) -> Floats:
    """What a minor unit of each row's room is worth in the relaxation with nothing decided: zeros if the
    solver
    does not solve it."""
    solver = _Solver(queue, rows)
    return np.zeros(len(rows.room)) if solver.solve({}) is None else solver.prices


def _first(node: Node) -> tuple[int, int]:
    return node.bound, len(node.decided)


class _Solver:
    """One relaxation, solved again and again with other items decided."""

    def __init__(self, queue: Queued, rows: Rows) -> None:
        self.queue, self.rows = queue, rows
        self.solved = 0
        self.decided: dict[int, bool] = {}
        self.prices: Floats = np.zeros(len(rows.room))
        self.lp: Any = _quiet_solver()
        self.lp.setOptionValue("threads", 1)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(queue), len(rows.room)
        model.sense_ = highspy.ObjSense.kMaximize
        unit = float(max(1, int(np.median(queue.value)))) if len(queue) else 1.0
        model.col_cost_ = queue.value / unit
        model.col_lower_, model.col_upper_ = np.zeros(len(queue)), np.ones(len(queue))
        model.row_lower_ = np.full(len(rows.room), -highspy.kHighsInf)
        model.row_upper_ = rows.room / unit
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = rows.start.astype(np.int32)
        model.a_matrix_.index_ = rows.row
        model.a_matrix_.value_ = -rows.change / unit
        self.lp.passModel(model)
        self.comes = np.zeros(len(rows.room), np.float64)
        np.add.at(self.comes, rows.row, np.maximum(rows.change, 0).astype(np.float64))

    def solve(self, decided: Mapping[int, bool]) -> Node | None:
        """The relaxation with these items decided; None if the solver does not solve it."""
        for item in [item for item in self.decided if item not in decided]:
            self.lp.changeColBounds(item, 0.0, 1.0)
            del self.decided[item]
        for item, taken in decided.items():
            if self.decided.get(item) is not taken:
                self.lp.changeColBounds(item, float(taken), float(taken))
                self.decided[item] = taken
        self.lp.run()
        self.solved += 1
        if self.lp.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self.lp.getSolution()
        self.prices = np.abs(np.array(solution.row_dual, np.float64))
        bound = proven_bound(self.queue.value, self.rows, self.prices, decided)
        return Node(bound, dict(decided), np.clip(np.array(solution.col_value), 0.0, 1.0))

    def impossible(self, decided: Mapping[int, bool]) -> bool:
        """Whether a row lacks room even if everything that may come into it did."""
        rows = self.rows
        left: dict[int, int] = {}
        for item, taken in decided.items():
            for place in range(int(rows.start[item]), int(rows.start[item + 1])):
                change, row = int(rows.change[place]), int(rows.row[place])
                if taken and change < 0:
                    left[row] = left.get(row, 0) + change
                elif not taken and change > 0:
                    left[row] = left.get(row, 0) - change
        return any(
            int(rows.room[row]) + int(self.comes[row] * (1 + 1e-9)) + 1 + change < 0
            for row, change in left.items()
        )


def _quiet_solver() -> Any:
    """A solver that says nothing: while it is made it would print its name where a command prints rows."""
    solver: Any = highspy.Highs

    class Quiet(solver):  # type: ignore[misc]
        def enableCallbacks(self) -> None:  # noqa: N802
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet()


def proven_bound(value: Int64s, rows: Rows, prices: Floats, decided: Mapping[int, bool]) -> int:
    """What no set settles more of that has these items decided so: in whole numbers, whatever the prices.

    prices: by row, what a minor unit of its room is worth; nothing below zero.
    """
    whole = np.rint(np.minimum(prices, 1e6) * SCALE).astype(np.int64)
    largest = float(np.abs(rows.change.astype(np.float64)).sum() + value.astype(np.float64).sum())
    if largest * float(whole.max(initial=1) + SCALE) < LARGEST_SUM:
        used = np.zeros(len(value), np.int64)
        np.add.at(used, np.repeat(np.arange(len(value)), np.diff(rows.start)), whole[rows.row] * rows.change)
        worth = (value * SCALE + used).tolist()
    else:
        exact, change, row = whole.tolist(), rows.change.tolist(), rows.row.tolist()
        worth = [each * SCALE for each in value.tolist()]
        for item in range(len(value)):
            for place in range(int(rows.start[item]), int(rows.start[item + 1])):
                worth[item] += exact[row[place]] * change[place]
    total = sum(price * room for price, room in zip(whole.tolist(), rows.room.tolist(), strict=True))
    total += sum(each for item, each in enumerate(worth) if each > 0 and item not in decided)
    total += sum(worth[item] for item, taken in decided.items() if taken)
    return int(total // SCALE)
