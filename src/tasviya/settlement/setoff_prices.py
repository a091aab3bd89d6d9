"""Prices of a set-off: how much debt one more unit of credit to each firm would discharge.

A unit given to u can pay any debt of u that still stands, which discharges one unit and passes it on to the
creditor; or it can take the place of a payment that u receives, whose payer then has the unit, at the loss of
one. So a firm's price is the greatest gain over all ways through what is left, at least 0 for keeping it:

    price[u] = max(0, 1 + price[v] for debts u→v that stand, price[w] - 1 for w→u that is cancelled in part)

If what is cancelled is optimal, no ring gains, the greatest gains exist, and they prove it (duality). All
is whole numbers and in a fixed order.
"""

from __future__ import annotations

import numpy as np

from tasviya.settlement.compiled import compiled
from tasviya.settlement.setoff import Int64s

NOWHERE = -1
"""A way that goes no further: the firm keeps the unit."""


def least_prices(
    nodes: int, tail: Int64s, head: Int64s, gain: Int64s, left: Int64s, used: Int64s
) -> tuple[Int64s, Int64s] | None:
    """The least prices of 0 or more that suit, and by node the next arc of its best way: 2 * arc along it,
    2 * arc + 1 against it, NOWHERE if it ends. None if some ring gains: what is used is then not optimal.

    tail, head, gain, left, used: arcs in ascending order of tail; `left` can still be used, `used` be taken
    back.
    """
    first, back, arc = _both_ways(nodes, tail, head)
    prices, way = np.zeros(nodes, np.int64), np.full(nodes, NOWHERE, np.int64)
    most = min(int(np.maximum(gain, 0).sum()), nodes * int(gain.max(initial=0)))
    fine = _climb(nodes, first, head, back, tail[arc], arc, gain, left, used, prices, way, most)
    return (prices, way) if fine else None


def improved_prices(
    nodes: int, tail: Int64s, head: Int64s, usable: Int64s, prices: Int64s, rounds: int
) -> Int64s:
    """Prices at which the bound of `setoff_certificate` is lower, found by moving one firm's price by one at
    a time while that helps."""
    first, back, arc = _both_ways(nodes, tail, head)
    moved = prices.copy()
    _descend(nodes, first, head, back, tail[arc], arc, usable, moved, rounds)
    return moved


@compiled
def _both_ways(nodes, tail, head):
    """Where each node's arcs begin in order of tail, where in order of head, and the arcs in that order."""
    arcs = len(tail)
    first, back = np.zeros(nodes + 1, np.int64), np.zeros(nodes + 1, np.int64)
    for e in range(arcs):
        first[tail[e] + 1] += 1
        back[head[e] + 1] += 1
    for v in range(nodes):
        first[v + 1] += first[v]
        back[v + 1] += back[v]
    place, arc = back[:-1].copy(), np.empty(arcs, np.int64)
    for e in range(arcs):
        arc[place[head[e]]] = e
        place[head[e]] += 1
    return first, back, arc


@compiled
def _climb(nodes, first, head, back, source, arc, gain, left, used, prices, way, most):
    queue, waits = np.empty(nodes, np.int64), np.ones(nodes, np.bool_)
    for v in range(nodes):
        queue[v] = v
    begin, count = 0, nodes
    while count > 0:
        v = queue[begin]
        begin = begin + 1 if begin + 1 < nodes else 0
        count -= 1
        waits[v] = False
        price = prices[v]
        if price > most:  # a way visits each node once, unless a ring gains
            return False
        for k in range(back[v], back[v + 1]):
            e, u = arc[k], source[k]
            if left[e] > 0 and prices[u] < price + gain[e]:
                prices[u], way[u] = price + gain[e], 2 * e
                if not waits[u]:
                    queue[(begin + count) % nodes] = u
                    waits[u] = True
                    count += 1
        for e in range(first[v], first[v + 1]):
            u = head[e]
            if used[e] > 0 and prices[u] < price - gain[e]:
                prices[u], way[u] = price - gain[e], 2 * e + 1
                if not waits[u]:
                    queue[(begin + count) % nodes] = u
                    waits[u] = True
                    count += 1
    return True


@compiled
def _descend(nodes, first, head, back, source, arc, usable, prices, rounds):
    """A firm is looked at again only after a neighbour's price has moved."""
    stale = np.ones(nodes, np.bool_)
    for _ in range(rounds):
        changed = False
        for v in range(nodes):
            if not stale[v]:
                continue
            stale[v] = False
            price, rise, fall = prices[v], 0, 0
            for e in range(first[v], first[v + 1]):
                over = 1 - price + prices[head[e]]
                if over >= 1:
                    rise -= usable[e]
                if over >= 0:
                    fall += usable[e]
            for k in range(back[v], back[v + 1]):
                over = 1 - prices[source[k]] + price
                if over >= 0:
                    rise += usable[arc[k]]
                if over >= 1:
                    fall -= usable[arc[k]]
            if rise < 0 or fall < 0:
                prices[v] = price + 1 if rise < 0 else price - 1
                changed = stale[v] = True
                for e in range(first[v], first[v + 1]):
                    stale[head[e]] = True
                for k in range(back[v], back[v + 1]):
                    stale[source[k]] = True
        if not changed:
            return
