"""Rings found by walking: cancel every ring met along debts that stand, until none is left.

A walk goes on from creditor to creditor, largest debts first; where it meets itself there is a ring, and the
smallest debt in it is cancelled from all. It never takes back what has been cancelled, so what it comes to is
less than the most, but each debt is left behind once: it takes time in proportion to the debts and rings.
"""

from __future__ import annotations

import numpy as np

from tasviya.settlement.compiled import compiled
from tasviya.settlement.setoff import Int64s

_SIZES = 64
"""Debts are ordered by the bits of what they can carry."""


def cancel_rings(nodes: int, tail: Int64s, head: Int64s, left: Int64s) -> Int64s:
    """What of `left` goes into rings, by arc. Arcs in ascending order of tail."""
    first = np.searchsorted(tail, np.arange(nodes + 1))
    carried = np.zeros(nodes, np.int64)
    np.add.at(carried, tail, left)
    order = _by_size(nodes, first, head, left, carried)
    rest = left[order]
    _walk(nodes, first, head[order], rest)
    used = np.zeros(len(left), np.int64)
    used[order] = left[order] - rest
    return used


@compiled
def _by_size(nodes, first, head, left, carried):
    """Inside each node's arcs, those first that can carry most: two sorts by counting, both stable."""
    arcs = len(head)
    bits, count = np.empty(arcs, np.int64), np.zeros(_SIZES + 1, np.int64)
    for e in range(arcs):
        size, most = 0, min(left[e], carried[head[e]])
        while most > 0:
            most >>= 1
            size += 1
        bits[e] = _SIZES - 1 - size
        count[bits[e] + 1] += 1
    for b in range(_SIZES):
        count[b + 1] += count[b]
    by_bits = np.empty(arcs, np.int64)
    for e in range(arcs):
        by_bits[count[bits[e]]] = e
        count[bits[e]] += 1
    tail = np.empty(arcs, np.int64)
    for v in range(nodes):
        for e in range(first[v], first[v + 1]):
            tail[e] = v
    place, order = first[:-1].copy(), np.empty(arcs, np.int64)
    for k in range(arcs):
        e = by_bits[k]
        order[place[tail[e]]] = e
        place[tail[e]] += 1
    return order


@compiled
def _walk(nodes, first, head, left):
    place = first[:-1].copy()
    at, done = np.full(nodes, -1, np.int64), np.zeros(nodes, np.bool_)
    path, taken = np.empty(nodes + 1, np.int64), np.empty(nodes + 1, np.int64)
    for start in range(nodes):
        if done[start]:
            continue
        last = 0
        path[0], at[start] = start, 0
        while last >= 0:
            u = path[last]
            end = first[u + 1]
            while place[u] < end and (left[place[u]] == 0 or done[head[place[u]]]):
                place[u] += 1
            if place[u] == end:  # nothing leads on from here, now or later
                done[u], at[u] = True, -1
                last -= 1
                continue
            e = place[u]
            v = head[e]
            taken[last] = e
            if at[v] < 0:
                last += 1
                path[last], at[v] = v, last
                continue
            least = left[e]
            for k in range(at[v], last):
                least = min(least, left[taken[k]])
            stop = -1
            for k in range(at[v], last + 1):
                left[taken[k]] -= least
                if stop < 0 and left[taken[k]] == 0:
                    stop = k
            for k in range(stop + 1, last + 1):
                at[path[k]] = -1
            last = stop
