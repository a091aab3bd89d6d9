"""The most that can be set off, exactly: a circulation of least cost in which each unit on a debt earns one.

Without credit a ring stays inside a strongly connected part of the debts, so only those are solved. With
credit, a pool lends to any firm and takes back from any, up to the limit in all:

    pool ──▶ firm ──debt──▶ firm ──▶ taken ──limit──▶ pool

The solver is OR-tools' (cost scaling); it says nothing of prices, so `setoff_prices` finds those, and what
both found is proven by `setoff_certificate`, which shares no code with them, before anyone sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tasviya.core.errors import Refusal, invariant
from tasviya.settlement.setoff import Debts, Int64s, SetOff
from tasviya.settlement.setoff_certificate import usable, verify
from tasviya.settlement.setoff_prices import least_prices
from tasviya.settlement.setoff_relays import unfolded, without_relays


@dataclass(frozen=True, slots=True)
class Solved:
    """The most that can be set off, and by firm the best way of one more unit of credit.

    way: (firms,) int64, as `setoff_prices.least_prices` gives it, by row of the debts; a firm that keeps the
    unit has NOWHERE.
    """

    setoff: SetOff
    way: Int64s


def solve(debts: Debts, credit_limit: int = 0) -> Solved | Refusal:
    """Set off as much as possible, with at most so much credit in all.

    credit_limit: minor units, 0 or more; with the debts at most TOTAL_MAX.
    Refused if the solver gives up; nothing it returns is believed unproven.
    """
    none = np.zeros(debts.firms, np.int64)
    rows = len(debts)
    arcs = _with_pool(debts, credit_limit) if credit_limit else _Arcs.of(debts)
    flow: Int64s | Refusal = np.zeros(len(arcs.tail), np.int64)
    if rows and credit_limit:
        flow = most_gain(arcs.nodes, arcs.tail, arcs.head, arcs.room, arcs.gain)
    elif rows:
        flow = _in_rings(debts)
    if isinstance(flow, Refusal):
        return flow
    credit, held = none, none
    if credit_limit:
        lent, kept = arcs.of_pool(flow, debts.firms)
        through = np.minimum(lent, kept)  # lent to a firm that only keeps it: no use
        flow[arcs.lends] -= through
        flow[arcs.takes] -= through
        flow[arcs.limit] -= through.sum()
        credit, held = lent - through, kept - through
    priced = least_prices(arcs.nodes, arcs.tail, arcs.head, arcs.gain, arcs.room - flow, flow)
    invariant(priced is not None, "no ring gains where the solver says that it is done")
    prices, way = priced or (none, none)
    made = SetOff(flow[arcs.rows], prices[: debts.firms], credit, held, credit_limit, optimal=True)
    invariant(verify(debts, made).proven, "what is called optimal is proven")
    return Solved(made, arcs.ways_by_row(way[: debts.firms]))


def _in_rings(debts: Debts) -> Int64s | Refusal:
    """What is cancelled without credit. Only debts inside a strongly connected part are solved, as far as
    they can be used at all, and without relays: that loses nothing, and the solver has less to do.
    """
    inside = strong_rows(debts.firms, debts.debtor, debts.creditor)
    tail, head = debts.debtor[inside], debts.creditor[inside]
    room = usable(Debts(debts.firms, tail, head, debts.amount[inside]))
    left = without_relays(debts.firms, tail, head, room)
    found = most_gain(debts.firms, left.tail, left.head, room[left.rows], left.gain)
    if isinstance(found, Refusal):
        return found
    flow = np.zeros(len(debts), np.int64)
    flow[inside] = unfolded(left, tail, room, found)
    return flow


def strong_parts(firms: int, tail: Int64s, head: Int64s) -> Int64s:
    """By firm, the number of its strongly connected part. Arcs in ascending order of tail."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    first = np.searchsorted(tail, np.arange(firms + 1)).astype(np.int32)
    graph = csr_matrix((np.ones(len(tail), np.int8), head.astype(np.int32), first), shape=(firms, firms))
    _, part = connected_components(graph, connection="strong")
    return np.asarray(part, np.int64)


def strong_rows(firms: int, tail: Int64s, head: Int64s) -> Int64s:
    """The arcs that lie inside a strongly connected part: no others are in any ring."""
    part = strong_parts(firms, tail, head)
    return np.flatnonzero(part[tail] == part[head])


def most_gain(nodes: int, tail: Int64s, head: Int64s, room: Int64s, gain: Int64s) -> Int64s | Refusal:
    """The circulation of 0 <= flow <= room that gains most, by arc."""
    from ortools.graph.python import min_cost_flow

    if not len(tail):
        return np.zeros(0, np.int64)
    present = np.zeros(nodes, np.bool_)
    present[tail] = present[head] = True
    number = np.cumsum(present) - 1
    solver: Any = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(number[tail], number[head], room, -gain)
    count = int(number[-1]) + 1
    solver.set_nodes_supplies(np.arange(count), np.zeros(count, np.int64))
    status = solver.solve()
    if status != solver.OPTIMAL:
        what = f"The solver stopped with {status.name} on {len(tail)} debts of {count} firms."
        return Refusal("solver_stopped", what, "Nothing is set off. Try `--anytime 0`, or smaller amounts.")
    return np.asarray(solver.flows(np.arange(len(tail))), np.int64)


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Debts, and the pool's arcs if there is credit, in ascending order of tail.

    rows, lends, takes, limit: which arcs are the debts' rows, the pool's to each firm, each firm's to what is
    taken, and the one between these two.
    """

    nodes: int
    tail: Int64s
    head: Int64s
    room: Int64s
    gain: Int64s
    rows: Int64s
    lends: Int64s
    takes: Int64s
    limit: Int64s

    @classmethod
    def of(cls, debts: Debts) -> _Arcs:
        none = np.zeros(0, np.int64)
        rows = np.arange(len(debts))
        ones = np.ones(len(debts), np.int64)
        return cls(debts.firms, debts.debtor, debts.creditor, debts.amount, ones, rows, none, none, none)

    def of_pool(self, flow: Int64s, firms: int) -> tuple[Int64s, Int64s]:
        """What each firm is lent, and what it keeps."""
        invariant(len(self.lends) == firms, "the pool knows every firm")
        return flow[self.lends], flow[self.takes]

    def ways_by_row(self, way: Int64s) -> Int64s:
        """Ways along or against debts; one into the pool leads nowhere further."""
        row_of = np.full(len(self.tail), -1, np.int64)
        row_of[self.rows] = np.arange(len(self.rows))
        row = np.where(way >= 0, row_of[way >> 1], -1) if len(row_of) else np.full(len(way), -1)
        return np.where(row >= 0, 2 * row + (way & 1), -1)


def _with_pool(debts: Debts, limit: int) -> _Arcs:
    firms, rows = debts.firms, len(debts)
    pool, taken = firms, firms + 1
    every = np.arange(firms)
    # One unit of room more than could be of use: so the limit alone is what credit can be short of.
    lends = np.minimum(debts.by_debtor(debts.amount), limit) + 1
    takes = np.minimum(debts.by_creditor(debts.amount), limit) + 1
    tail = np.concatenate((debts.debtor, np.full(firms, pool), every, [taken]))
    head = np.concatenate((debts.creditor, every, np.full(firms, taken), [pool]))
    room = np.concatenate((debts.amount, lends, takes, [limit]))
    gain = np.concatenate((np.ones(rows, np.int64), np.zeros(2 * firms + 1, np.int64)))
    order = np.argsort(tail, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    parts = np.split(place, [rows, rows + firms, rows + 2 * firms])
    return _Arcs(firms + 2, tail[order], head[order], room[order], gain[order], *parts)
