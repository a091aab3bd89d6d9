"""The cheapest circulation between currencies: a network simplex in whole numbers.

With prices fixed, the value that every price level may move is known; clearing is then a circulation whose
arcs are levels, whose cost is how far a limit lies above the rate, and whose node potentials are the
corrections of the log prices. All arithmetic is int64, so the result is exact and the same on every
machine.

Source: R. K. Ahuja, T. L. Magnanti, J. B. Orlin, Network Flows (1993), chapter 11, with the last blocking
arc of the cycle leaving (strongly feasible trees) and pricing by blocks.
"""

from __future__ import annotations

import numpy as np

from tasviya.exchange.compiled import compiled
from tasviya.exchange.market import Int64s

BIG = np.int64(1 << 58)
"""Cost of an artificial arc; costs of ordinary arcs times currencies stay below it."""
CAPACITY_TOTAL = 2.0**58
"""What capacities and supplies are scaled to together, so that no sum overflows."""
PIVOTS_MAX = 2_000_000
_EMPTY, _BASIC, _FULL = -1, 0, 1


def circulate(
    nodes: int, tail: Int64s, head: Int64s, cost: Int64s, capacity: Int64s, supply: Int64s
) -> tuple[Int64s, Int64s, Int64s, int, int]:
    """Flows of least cost with 0 <= flow <= capacity and, at each node, in - out + supply = 0.

    Returns flow, potential (by node), the basic arcs, what of the supply found no way, and the pivots taken.
    Along basic arcs, cost equals the potential of the tail less that of the head.
    """
    arcs = len(tail)
    room = np.zeros(nodes, np.int64)
    tail, head = np.concatenate((tail, room)), np.concatenate((head, room))
    cost, capacity = np.concatenate((cost, room)), np.concatenate((capacity, room))
    flow = np.zeros(arcs + nodes, np.int64)
    basis, potential = np.empty(nodes, np.int64), np.zeros(nodes + 1, np.int64)
    pivots = _simplex(nodes, arcs, tail, head, cost, capacity, supply.copy(), flow, basis, potential)
    return flow[:arcs], potential[:nodes], basis[basis < arcs], int(flow[arcs:].sum()), int(pivots)


@compiled
def _simplex(nodes, arcs, tail, head, cost, capacity, excess, flow, basis, potential):
    state = np.full(arcs + nodes, _EMPTY, np.int8)
    for e in range(arcs):
        if cost[e] < 0:
            flow[e], state[e] = capacity[e], _FULL
            excess[head[e]] += capacity[e]
            excess[tail[e]] -= capacity[e]
    for c in range(nodes):
        e = arcs + c
        tail[e], head[e] = (c, nodes) if excess[c] >= 0 else (nodes, c)
        flow[e], cost[e], capacity[e], state[e] = abs(excess[c]), BIG, np.int64(1) << 62, _BASIC
        basis[c] = e
    parent, link = np.empty(nodes + 1, np.int64), np.empty(nodes + 1, np.int64)
    depth, stack = np.empty(nodes + 1, np.int64), np.empty(nodes + 1, np.int64)
    first, place = np.empty(nodes + 2, np.int64), np.empty(nodes + 1, np.int64)
    beside = np.empty(2 * nodes, np.int64)
    scan, block = 0, max(50, int(np.sqrt(arcs)))
    pivots = 0
    while pivots < PIVOTS_MAX:
        _hang(nodes, tail, head, cost, basis, parent, link, depth, potential, first, place, beside, stack)
        entering, worst, seen = -1, np.int64(0), 0
        while seen < arcs:
            e = scan
            scan = scan + 1 if scan + 1 < arcs else 0
            seen += 1
            if state[e] != _BASIC:
                reduced = (cost[e] - potential[tail[e]] + potential[head[e]]) * state[e]
                if reduced > worst:
                    worst, entering = reduced, e
            if entering >= 0 and seen % block == 0:
                break
        if entering < 0:
            break
        pivots += 1
        leaving, pushed = _blocking(entering, tail, head, capacity, flow, state, parent, link, depth)
        _push(entering, pushed, tail, head, flow, state, parent, link, depth)
        if leaving == entering:
            state[entering] = -state[entering]
        else:
            state[entering] = _BASIC
            state[leaving] = _EMPTY if flow[leaving] == 0 else _FULL
            for c in range(nodes):
                if basis[c] == leaving:
                    basis[c] = entering
    return pivots


@compiled
def _hang(nodes, tail, head, cost, basis, parent, link, depth, potential, first, place, beside, stack):
    """Hang the basic arcs on the artificial node: parents, depths, potentials."""
    first[:] = 0
    for c in range(nodes):
        first[tail[basis[c]] + 1] += 1
        first[head[basis[c]] + 1] += 1
    for v in range(nodes + 1):
        first[v + 1] += first[v]
        place[v] = first[v]
    for c in range(nodes):
        e = basis[c]
        beside[place[tail[e]]] = e
        place[tail[e]] += 1
        beside[place[head[e]]] = e
        place[head[e]] += 1
    parent[nodes], link[nodes], depth[nodes], potential[nodes] = -1, -1, 0, 0
    stack[0], top = nodes, 1
    while top > 0:
        top -= 1
        u = stack[top]
        for k in range(first[u], first[u + 1]):
            e = beside[k]
            if e == link[u]:
                continue
            if tail[e] == u:
                v = head[e]
                potential[v] = potential[u] - cost[e]
            else:
                v = tail[e]
                potential[v] = potential[u] + cost[e]
            parent[v], link[v], depth[v] = u, e, depth[u] + 1
            stack[top] = v
            top += 1


@compiled
def _blocking(entering, tail, head, capacity, flow, state, parent, link, depth):
    """The arc that limits a push round the entering arc's cycle, and by how much one can push."""
    if state[entering] == _EMPTY:
        a, b, least = tail[entering], head[entering], capacity[entering] - flow[entering]
    else:
        a, b, least = head[entering], tail[entering], flow[entering]
    leaving = entering
    while a != b:
        if depth[a] >= depth[b]:
            e = link[a]
            rest = capacity[e] - flow[e] if head[e] == a else flow[e]
            if rest < least:
                least, leaving = rest, e
            a = parent[a]
        else:
            e = link[b]
            rest = capacity[e] - flow[e] if tail[e] == b else flow[e]
            if rest < least or (rest == least and leaving == entering):
                least, leaving = rest, e
            b = parent[b]
    return leaving, least


@compiled
def _push(entering, pushed, tail, head, flow, state, parent, link, depth):
    if state[entering] == _EMPTY:
        a, b = tail[entering], head[entering]
        flow[entering] += pushed
    else:
        a, b = head[entering], tail[entering]
        flow[entering] -= pushed
    while a != b:
        if depth[a] >= depth[b]:
            e = link[a]
            flow[e] += pushed if head[e] == a else -pushed
            a = parent[a]
        else:
            e = link[b]
            flow[e] += pushed if tail[e] == b else -pushed
            b = parent[b]
