"""Clearing vectors: the greatest one, also where plain iteration stops short; payments in whole units."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken
from tasviya.core.money import allocate
from tasviya.settlement import clearing_vector
from tasviya.settlement.clearing_payments import EXACT_IN_FLOAT, in_whole_units, shared, violations
from tasviya.settlement.clearing_vector import ClearingVector, Network, clear, network_of

ONE = Fraction(1)
Debts = dict[tuple[int, int], int]
"""By (debtor, creditor)."""


def network(cash: list[int], debts: Debts) -> Network:
    pairs = sorted(debts)
    columns = [[a for a, _ in pairs], [b for _, b in pairs], [debts[pair] for pair in pairs]]
    return Network(np.array(cash, np.int64), *(np.array(each, np.int64) for each in columns))


# The plain twin: exact fractions, every set of defaults


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Gauss and Jordan; None if the matrix is singular."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = next((r for r in range(column, size) if rows[r][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for r in range(size):
            if r != column and rows[r][column]:
                rows[r] = [a - rows[r][column] * b for a, b in zip(rows[r], rows[column], strict=True)]
    return [row[-1] for row in rows]


def greatest(cash: list[int], debts: Debts, alpha: Fraction, beta: Fraction) -> list[Fraction]:
    """The greatest of the clearing vectors of all sets of defaults, each solved for exactly."""
    nodes = range(len(cash))
    owed = [sum(amount for (a, _), amount in debts.items() if a == i) for i in nodes]
    share = {pair: Fraction(amount, owed[pair[0]]) for pair, amount in debts.items()}
    found = []
    for defaulted in product((False, True), repeat=len(cash)):
        places = [i for i in nodes if defaulted[i]]
        matrix = [[Fraction(i == j) - beta * share.get((j, i), 0) for j in places] for i in places]
        from_others = [sum(share.get((j, i), 0) * owed[j] for j in nodes if not defaulted[j]) for i in places]
        right = [alpha * cash[i] + beta * given for i, given in zip(places, from_others, strict=True)]
        solved = solve(matrix, right)
        if solved is None:
            continue
        paid = [Fraction(each) for each in owed]
        for i, value in zip(places, solved, strict=True):
            paid[i] = value
        has = [cash[i] + sum(share.get((j, i), 0) * paid[j] for j in nodes) for i in nodes]
        if all((has[i] < owed[i]) == defaulted[i] for i in nodes):
            found.append(paid)
    best = max(found, key=sum)
    assert all(each[i] <= best[i] for each in found for i in nodes), "the greatest is the greatest for all"
    return best


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[int], Debts]:
    nodes = draw(st.integers(1, 5))
    cash = [draw(st.integers(0, 12)) for _ in range(nodes)]
    pairs = [(a, b) for a in range(nodes) for b in range(nodes) if a != b]
    debts = draw(st.dictionaries(st.sampled_from(pairs), st.integers(1, 12), max_size=16)) if pairs else {}
    return cash, debts


kept = st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10), ONE])


@settings(max_examples=120, deadline=None)
@given(networks(), kept, kept)
def test_greatest_vector_is_that_of_exact_arithmetic_over_all_sets_of_defaults(
    made_up: tuple[list[int], Debts], alpha: Fraction, beta: Fraction
) -> None:
    cash, debts = made_up
    found = clear(network(cash, debts), alpha, beta)
    wanted = greatest(cash, debts, alpha, beta)
    assert np.abs(found.paid - np.array([float(each) for each in wanted])).max() < 1e-8
    owed = network(cash, debts).owed
    assert [bool(each) for each in found.defaulted] == [
        each < int(all_owed) for each, all_owed in zip(wanted, owed, strict=True)
    ]
    assert found.rounds <= len(cash) + 1


@given(networks(), kept, kept)
def test_payments_in_whole_units_hold_in_integers(
    made_up: tuple[list[int], Debts], alpha: Fraction, beta: Fraction
) -> None:
    made = network(*made_up)
    vector = clear(made, alpha, beta)
    payments = in_whole_units(made, vector, alpha, beta)
    assert violations(made, vector, payments, alpha, beta) == []
    total = np.zeros(len(made.cash), np.int64)
    np.add.at(total, made.debtor, payments)
    # Rounding keeps a few units from being paid, and pays none too many.
    assert (total <= vector.paid + 1e-6).all()
    assert (vector.paid - total).max() <= 3 * len(made.amount) + 1


@given(
    st.integers(1, 1 << 61), st.lists(st.integers(1, 10**6), min_size=1, max_size=9), st.integers(1, 1 << 56)
)
def test_sharing_many_totals_is_sharing_each(paid: int, weights: list[int], scale: int) -> None:
    weights = [min(weight * scale, ((1 << 61) - 1) // len(weights)) for weight in weights]
    owed = [sum(weights), 10]
    total = [paid % (owed[0] + 1), 7]
    debtor = np.array([1, *[0] * len(weights), 1], np.int64)
    amount = np.array([4, *weights, 6], np.int64)
    found = shared(np.array(total, np.int64), debtor, amount, np.array(owed, np.int64)).tolist()
    assert found[1:-1] == allocate(total[0], weights)
    assert [found[0], found[-1]] == allocate(7, [4, 6])


def test_amounts_of_any_size_are_paid_exactly() -> None:
    large = EXACT_IN_FLOAT * 300
    made = network([large - 7, 0, 0], {(0, 1): large, (0, 2): large * 2, (1, 2): large})
    for kept in ((ONE, ONE), (Fraction(1, 3), Fraction(10**9 - 1, 10**9))):
        vector = clear(made, *kept)
        assert violations(made, vector, in_whole_units(made, vector, *kept), *kept) == []


def iterated(made: Network, alpha: float, beta: float, sweeps: int) -> ClearingVector:
    """Plain iteration from above."""
    owed = made.owed.astype(float)
    paid = owed.copy()
    for _ in range(sweeps):
        received = np.bincount(
            made.creditor, made.amount / owed[made.debtor] * paid[made.debtor], minlength=len(owed)
        )
        defaulted = made.cash + received < owed
        paid = np.where(defaulted, alpha * made.cash + beta * received, owed)
    return ClearingVector(paid, defaulted, 0)


def test_plain_iteration_stops_short_of_a_default_that_comes_late() -> None:
    # 0 and 1 owe each other nearly all, and fall by a thousandth a sweep, to nothing; 2 needs a little of it.
    made = network([0, 0, 999, 0], {(0, 1): 999, (0, 2): 1, (1, 0): 999, (1, 2): 1, (2, 3): 1000})
    found = clear(made, Fraction(1, 2), ONE)
    assert found.defaulted.tolist() == [True, True, True, False]
    assert found.paid.tolist() == pytest.approx([0, 0, 499.5, 0])
    early = iterated(made, 0.5, 1.0, 500)
    assert early.defaulted.tolist() == [True, True, False, False]
    late = iterated(made, 0.5, 1.0, 20_000)
    assert late.paid.tolist() == pytest.approx(found.paid.tolist(), abs=1e-3)


@pytest.mark.slow
def test_a_long_chain_of_defaults_is_followed_to_its_end() -> None:
    nodes = 30_000
    places = np.arange(nodes - 1)
    chain = Network(
        np.array([5, *[2] * (nodes - 1)], np.int64), places, places + 1, np.full(nodes - 1, 3 * nodes)
    )
    found = clear(chain)
    assert found.defaulted[:-1].all()
    assert found.paid[:3].tolist() == [5, 7, 9]
    assert found.paid[-2] == 5 + 2 * (nodes - 2)
    assert found.rounds == 1


@pytest.mark.parametrize("steps", [1, 400])
def test_every_way_to_solve_comes_to_the_same(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    # One step is too few for sweeps and for the Krylov method: then the system is solved directly.
    monkeypatch.setattr(clearing_vector, "_STEPS", steps)
    cash, debts = (
        [0, 0, 0, 5, 0],
        {(0, 1): 99, (1, 2): 99, (2, 0): 99, (0, 3): 1, (3, 0): 7, (2, 4): 40, (4, 1): 9},
    )
    found = clear(network(cash, debts), Fraction(3, 4), Fraction(99, 100))
    wanted = greatest(cash, debts, Fraction(3, 4), Fraction(99, 100))
    assert found.paid.tolist() == pytest.approx([float(each) for each in wanted])


def test_all_that_can_pay_do() -> None:
    found = clear(network([5, 0, 0], {(0, 1): 5, (1, 2): 5}))
    assert found.paid.tolist() == [5, 5, 0]
    assert not found.defaulted.any()


def test_a_ring_without_cash_pays_itself() -> None:
    found = clear(network([0, 0, 0], {(0, 1): 7, (1, 2): 7, (2, 0): 7}), Fraction(0), Fraction(0))
    assert found.paid.tolist() == [7, 7, 7]


def test_losses_in_default_fall_on_what_it_has() -> None:
    made = network([10, 0, 0], {(0, 1): 12, (1, 2): 6, (0, 2): 8})
    half = clear(made, Fraction(1, 2), ONE)
    assert half.paid.tolist() == [5, 3, 0]
    assert in_whole_units(made, half, Fraction(1, 2), ONE).tolist() == [3, 2, 3]


def test_network_without_debts_or_nodes_pays_nothing() -> None:
    assert clear(network([3], {})).paid.tolist() == [0]
    assert len(clear(network([], {})).paid) == 0


def test_names_are_nodes_in_order() -> None:
    names, made = network_of({"B": 5, "C": 1}, {("B", "A"): 9, ("A", "C"): 3, ("C", "A"): 0})
    assert names == ["A", "B", "C"]
    assert (made.cash.tolist(), made.debtor.tolist(), made.creditor.tolist()) == ([0, 5, 1], [0, 1], [2, 0])
    assert clear(made).paid.tolist() == [3, 5, 0]


def test_violations_are_seen() -> None:
    made = network([5, 0], {(0, 1): 10})
    vector = clear(made)
    right = in_whole_units(made, vector)
    assert (right.tolist(), violations(made, vector, right)) == ([5], [])
    assert violations(made, vector, right + 1) == ["node 0 pays more than it has"]
    assert len(violations(made, vector, right * 3)) == 2
    assert violations(made, vector, right * 0 - 1)[0].startswith("a debt is paid less than nothing")
    assert violations(made, vector, right * 0) == ["node 0 pays less than it has"]
    solvent = network([10, 0], {(0, 1): 10})
    assert violations(solvent, clear(solvent), np.array([9])) == ["node 0 pays less than it has"]
    shared = network([5, 0, 0], {(0, 1): 5, (0, 2): 5})
    skewed = np.array([5, 0], np.int64)
    assert "not paid in proportion" in violations(shared, clear(shared), skewed)[0]


@pytest.mark.parametrize(
    ("cash", "debts"),
    [
        ([1], {(0, 1): 1}),
        ([1, 1], {(0, 0): 1}),
        ([1, 1], {(0, 1): 0}),
        ([-1, 1], {(0, 1): 1}),
        ([1, 1], {(0, 1): 1 << 62}),
    ],
)
def test_what_is_no_network_is_a_mistake_of_ours(cash: list[int], debts: Debts) -> None:
    with pytest.raises(InvariantBroken):
        network(cash, debts)


@pytest.mark.parametrize("part", [Fraction(-1), Fraction(2)])
def test_a_default_leaves_a_part(part: Fraction) -> None:
    with pytest.raises(InvariantBroken):
        clear(network([1], {}), part)


@pytest.mark.slow
def test_a_large_network_clears_and_holds() -> None:
    chance = np.random.default_rng(5)
    nodes, debts = 1000, 10_000
    debtor = chance.zipf(1.5, debts) % nodes
    creditor = (debtor + chance.integers(1, nodes, debts)) % nodes
    amount = np.maximum(1, np.exp(chance.normal(10, 2, debts)).astype(np.int64))
    owed = np.zeros(nodes, np.int64)
    np.add.at(owed, debtor, amount)
    cash = (owed * chance.random(nodes) * 0.3).astype(np.int64)
    made = Network(cash, debtor.astype(np.int64), creditor.astype(np.int64), amount)
    for alpha, beta in ((ONE, ONE), (Fraction(4, 5), Fraction(9, 10))):
        vector = clear(made, alpha, beta)
        assert 0 < vector.defaulted.sum() < nodes
        payments = in_whole_units(made, vector, alpha, beta)
        assert violations(made, vector, payments, alpha, beta) == []
        assert vector.paid.sum() - payments.sum() < 5 * nodes
        far = iterated(made, float(alpha), float(beta), 2000)
        assert np.abs(far.paid - vector.paid).max() <= 1e-6 * owed.max()
