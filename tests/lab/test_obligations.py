"""Networks of obligations: the same seed draws the same; sparse and dense differ as they should."""

from __future__ import annotations

import pytest

from tasviya.lab.obligations import Network, names, network
from tasviya.settlement.setoff_flow import Solved, solve


@pytest.mark.parametrize("kind", list(Network))
def test_the_same_seed_draws_the_same_network(kind: Network) -> None:
    one, same, other = (network(kind, 1000, 5000, seed) for seed in (1, 1, 2))
    assert one.amount.tobytes() == same.amount.tobytes()
    assert one.debtor.tobytes() == same.debtor.tobytes()
    assert one.total != other.total
    assert (one.debtor != one.creditor).all() and (one.amount > 0).all()
    assert (one.debtor < 1000).all() and (one.creditor < 1000).all()


def test_a_sparse_network_clears_a_per_cent_or_two_and_a_dense_one_a_fifth() -> None:
    shares = {}
    for kind, firms, rows in ((Network.SPARSE, 29_000, 117_000), (Network.DENSE, 10_000, 130_000)):
        drawn = network(kind, firms, rows, 1)
        found = solve(drawn)
        assert isinstance(found, Solved)
        assert 95_000 < len(drawn) < 105_000
        shares[kind] = found.setoff.total / drawn.total
    assert 0.01 < shares[Network.SPARSE] < 0.02
    assert 0.18 < shares[Network.DENSE] < 0.28


def test_names_are_in_the_order_of_their_numbers() -> None:
    assert names(3) == ("F0", "F1", "F2")
    assert list(names(11)) == sorted(names(11))
    assert names(11)[10] == "F10"
