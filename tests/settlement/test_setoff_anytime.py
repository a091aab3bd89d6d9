"""Answers before the exact one: each is proven, none is worse than the one before, the last is the most."""

from __future__ import annotations

import numpy as np
import pytest

from tasviya.lab.obligations import Network, network
from tasviya.settlement.setoff import Debts, added
from tasviya.settlement.setoff_anytime import answers
from tasviya.settlement.setoff_certificate import verify
from tasviya.settlement.setoff_flow import Solved, solve, strong_rows
from tasviya.settlement.setoff_rings import cancel_rings

SIZES = [(Network.SPARSE, 3000, 12_000, 1), (Network.DENSE, 1000, 12_000, 2), (Network.DENSE, 40, 200, 3)]


@pytest.fixture(scope="module", params=SIZES, ids=[f"{kind}-{rows}" for kind, _, rows, _ in SIZES])
def drawn(request: pytest.FixtureRequest) -> Debts:
    return network(*request.param)


def test_answers_get_better_and_end_with_the_most(drawn: Debts) -> None:
    most = solve(drawn)
    assert isinstance(most, Solved)
    found = list(answers(drawn, (20, 200, 1000)))
    assert len(found) >= 2
    before = 0
    for answer in found:
        assert isinstance(answer, Solved)
        verdict = verify(drawn, answer.setoff)
        assert verdict.holds
        assert before <= verdict.cancelled <= most.setoff.total <= verdict.bound <= drawn.total
        before = verdict.cancelled
    last = found[-1]
    assert isinstance(last, Solved) and verify(drawn, last.setoff).proven
    assert (last.setoff.cancelled == most.setoff.cancelled).all()


def test_the_same_debts_get_the_same_answers(drawn: Debts) -> None:
    one, other = (next(answers(drawn, (200,))) for _ in range(2))
    assert isinstance(one, Solved) and isinstance(other, Solved)
    assert (one.setoff.cancelled == other.setoff.cancelled).all()
    assert (one.setoff.prices == other.setoff.prices).all()


def test_rings_are_balanced_and_none_is_left(drawn: Debts) -> None:
    used = cancel_rings(drawn.firms, drawn.debtor, drawn.creditor, drawn.amount)
    assert ((used >= 0) & (used <= drawn.amount)).all()
    assert (drawn.by_debtor(used) == drawn.by_creditor(used)).all()
    stands = np.flatnonzero(used < drawn.amount)
    assert len(strong_rows(drawn.firms, drawn.debtor[stands], drawn.creditor[stands])) == 0


def test_rings_of_a_table() -> None:
    tail, head = np.array([0, 0, 1, 2, 3]), np.array([1, 3, 2, 0, 0])
    assert cancel_rings(4, tail, head, np.array([10, 1, 7, 8, 5])).tolist() == [7, 1, 7, 7, 1]
    assert added(tail, head, 4).tolist() == [4, 2, 0, 0]
