"""Firms that pass on all they are paid: left out of what is solved, and put back."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_setoff import most_by_program

from tasviya.core.errors import Refusal
from tasviya.settlement.setoff import Debts, debts
from tasviya.settlement.setoff_certificate import verify
from tasviya.settlement.setoff_flow import solve
from tasviya.settlement.setoff_relays import Relayed, unfolded, without_relays


def owed(*rows: tuple[int, int, int]) -> Debts:
    column = np.array(rows, np.int64).T
    made = debts(int(column[:2].max()) + 1, *column)
    assert not isinstance(made, Refusal)
    return made[0]


def relayed(network: Debts) -> Relayed:
    return without_relays(network.firms, network.debtor, network.creditor, network.amount)


def test_a_relay_is_left_out_and_what_it_owes_gains_two() -> None:
    network = owed((0, 1, 10), (1, 2, 6), (1, 3, 4), (2, 0, 5), (3, 0, 9))
    left = relayed(network)
    assert left.order.tolist() == [1, 2]  # 3 owes more than it is owed
    firms = zip(left.tail.tolist(), left.head.tolist(), left.gain.tolist(), strict=True)
    assert sorted(firms) == [(0, 3, 2), (3, 0, 1)]
    assert network.debtor[left.rings].tolist() == [2] and network.creditor[left.rings].tolist() == [0]
    found = np.array([4, 4], np.int64)
    assert unfolded(left, network.debtor, network.amount, found).tolist() == [9, 5, 4, 5, 4]


def test_a_ring_of_relays_keeps_one_firm_and_is_cancelled() -> None:
    network = owed((0, 1, 7), (1, 2, 7), (2, 0, 7))
    left = relayed(network)
    assert len(left.order) == 2 and not len(left.rows) and len(left.rings) == 1
    assert unfolded(left, network.debtor, network.amount, np.zeros(0, np.int64)).tolist() == [7, 7, 7]


@st.composite
def trees_with_shortcuts(draw: st.DrawFn) -> Debts:
    """Every firm but the first has one debtor, and a few have more: many are relays, of relays too."""
    firms = draw(st.integers(2, 9))
    amounts = st.integers(1, 30)
    rows = [(draw(st.integers(0, firm - 1)), firm, draw(amounts)) for firm in range(1, firms)]
    for _ in range(draw(st.integers(1, 6))):
        debtor, creditor = draw(st.permutations(range(firms)))[:2]
        rows.append((debtor, creditor, draw(amounts)))
    return owed(*rows)


@given(trees_with_shortcuts())
@settings(max_examples=200, deadline=None)
def test_the_most_is_the_same_without_relays(network: Debts) -> None:
    found = solve(network)
    assert not isinstance(found, Refusal)
    assert verify(network, found.setoff).proven
    assert found.setoff.total == most_by_program(network, 0)


@given(trees_with_shortcuts())
@settings(max_examples=100, deadline=None)
def test_every_relay_comes_after_the_one_that_owes_it(network: Debts) -> None:
    left = relayed(network)
    place = {firm: number for number, firm in enumerate(left.order.tolist())}
    for firm, row in zip(left.order.tolist(), left.paid_by.tolist(), strict=True):
        assert network.creditor[row] == firm
        assert place.get(int(network.debtor[row]), -1) < place[firm]
    assert not set(left.tail.tolist()) & set(place) and not set(left.head.tolist()) & set(place)
