"""Firms that need no place in the network that is solved: whatever they are paid they can pass on, all of it.

A firm that only one other owes, and that owes no more than that in all, is a *relay*. What it owes is as good
as owed by that other, and each unit cancelled on it cancels one more on the way:

    A ──10──▶ relay ──6──▶ B          A ──6, gains 2──▶ B
                    ──4──▶ C     =    A ──4, gains 2──▶ C

A debt that comes back to its own debtor by relays is a ring by itself, and is cancelled in full. The solver
is left with fewer firms and debts, and the same most; what it finds is unfolded again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasviya.settlement.compiled import compiled
from tasviya.settlement.setoff import Int64s


@dataclass(frozen=True, slots=True)
class Relayed:
    """A network without its relays. rows: which debts are left, of the columns tail, head and gain; rings:
    which are cancelled in full. order: relays, each after the one that owes it; paid_by: the rows of what is
    owed to them.
    """

    rows: Int64s
    tail: Int64s
    head: Int64s
    gain: Int64s
    rings: Int64s
    order: Int64s
    paid_by: Int64s


def without_relays(firms: int, tail: Int64s, head: Int64s, room: Int64s) -> Relayed:
    """tail, head, room: debts in ascending order of debtor, amounts above zero; each gains one a unit."""
    order, paid_by, source, hops = _relays(firms, tail, head, room)
    relay = np.zeros(firms, np.bool_)
    relay[order] = True
    rows = np.flatnonzero(~relay[head])
    ring = source[tail[rows]] == head[rows]
    left = rows[~ring]
    return Relayed(
        left, source[tail[left]], head[left], 1 + hops[tail[left]], rows[ring], order, paid_by[order]
    )


def unfolded(relayed: Relayed, tail: Int64s, room: Int64s, found: Int64s) -> Int64s:
    """What is cancelled of every debt. found: by row of `relayed.rows`."""
    flow = np.zeros(len(tail), np.int64)
    flow[relayed.rows] = found
    flow[relayed.rings] = room[relayed.rings]
    _unfold(relayed.order, relayed.paid_by, tail, flow)
    return flow


@compiled
def _relays(firms, tail, head, room):
    """Relays in order; by firm the row that pays it, the firm that pays in the end, by how many relays."""
    count, paid_by = np.zeros(firms, np.int64), np.full(firms, -1, np.int64)
    owes = np.zeros(firms, np.int64)
    for e in range(len(tail)):
        count[head[e]] += 1
        paid_by[head[e]] = e
        owes[tail[e]] += room[e]
    state = np.zeros(firms, np.int8)  # 0 not looked at, 1 on the way up, 2 done
    source, hops = np.arange(firms), np.zeros(firms, np.int64)
    order, relays = np.empty(firms, np.int64), 0
    way = np.empty(firms, np.int64)
    for first in range(firms):
        v, length = first, 0
        while state[v] == 0 and count[v] == 1 and owes[v] <= room[paid_by[v]]:
            state[v] = 1
            way[length] = v
            length += 1
            v = tail[paid_by[v]]
        if state[v] == 1:  # a ring of relays keeps one firm
            state[v] = 2
        for k in range(length - 1, -1, -1):
            u = way[k]
            if state[u] == 2:
                continue
            state[u] = 2
            payer = tail[paid_by[u]]
            source[u], hops[u] = source[payer], hops[payer] + 1
            order[relays] = u
            relays += 1
    return order[:relays], paid_by, source, hops


@compiled
def _unfold(order, paid_by, tail, flow):
    for k in range(len(order) - 1, -1, -1):
        v = order[k]
        e = np.searchsorted(tail, v)
        while e < len(tail) and tail[e] == v:
            flow[paid_by[k]] += flow[e]
            e += 1
