"""The network simplex finds circulations of least cost: its own potentials prove it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.exchange.circulation import circulate

Arc = tuple[int, int, int, int]


@st.composite
def networks(draw: st.DrawFn) -> tuple[int, list[Arc], list[int]]:
    """Nodes, arcs (tail, head, cost, capacity), and supplies that add up to 0; degenerate ones among them."""
    nodes = draw(st.integers(2, 6))
    arcs = []
    for _ in range(draw(st.integers(1, 20))):
        tail = draw(st.integers(0, nodes - 1))
        head = (tail + draw(st.integers(1, nodes - 1))) % nodes
        arcs.append((tail, head, draw(st.integers(-5, 5)), draw(st.integers(0, 6))))
    supply = [draw(st.integers(-4, 4)) for _ in range(nodes - 1)]
    return nodes, arcs, [*supply, -sum(supply)]


@settings(max_examples=300, deadline=None)
@given(networks())
def test_flows_balance_and_no_arc_could_do_better(network: tuple[int, list[Arc], list[int]]) -> None:
    nodes, arcs, supply = network
    tail, head, cost, capacity = (np.array(column, np.int64) for column in zip(*arcs, strict=True))
    flow, potential, basic, lost, _ = circulate(nodes, tail, head, cost, capacity, np.array(supply, np.int64))
    assert np.all((flow >= 0) & (flow <= capacity))
    net = np.array(supply, np.int64)
    np.add.at(net, head, flow)
    np.add.at(net, tail, -flow)
    assert np.abs(net).sum() == lost
    reduced = cost - potential[tail] + potential[head]
    assert np.all(reduced[basic] == 0)
    assert np.all(reduced[flow < capacity] >= 0)
    assert np.all(reduced[flow > 0] <= 0)
