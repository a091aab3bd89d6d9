"""Set-off: the most is found, proven by whole numbers, and nobody is worse off for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_setoff import most_by_program, most_by_trying, owed

from tasviya.core.errors import Refusal
from tasviya.settlement.setoff import TOTAL_MAX, Debts, bilateral, debts
from tasviya.settlement.setoff_certificate import Rule, bound, usable, verify
from tasviya.settlement.setoff_flow import Solved, most_gain, solve
from tasviya.settlement.setoff_liquidity import credit_map, paid_on

RING = "A B 1200\nB C 900\nC A 1000\nB A 150\nD B 70"
CHAIN = "A B 100\nB C 80\nC D 60"


def solved(owed: Debts, credit: int = 0) -> Solved:
    found = solve(owed, credit)
    assert isinstance(found, Solved), found
    return found


def summed(firms: int, rows: list[tuple[int, int, int]]) -> Debts:
    columns = np.array(rows, np.int64).reshape(-1, 3)
    made = debts(firms, columns[:, 0], columns[:, 1], columns[:, 2])
    assert isinstance(made, tuple)
    return made[0]


@st.composite
def networks(draw: st.DrawFn, firms: int = 7, rows: int = 20, amount: int = 30) -> Debts:
    count = draw(st.integers(2, firms))
    debt = st.tuples(st.integers(0, count - 1), st.integers(1, count - 1), st.integers(1, amount))
    drawn = draw(st.lists(debt, max_size=rows))
    return summed(count, [(debtor, (debtor + step) % count, sum_) for debtor, step, sum_ in drawn])


@pytest.mark.parametrize(
    ("table", "most"),
    [
        ("A B 5", 0),
        ("A B 5\nB A 3", 6),
        (RING, 3000),
        (CHAIN, 0),
        ("A B 1\nB A 1\nB C 1\nC D 1\nD A 1", 4),  # the long ring, not the short one that is in its way
        ("A B 2\nB A 1\nB C 1\nC A 1", 5),
        ("A B 5\nB C 5\nC A 5\nX Y 2\nY X 9", 19),
    ],
)
def test_most_that_can_be_cancelled(table: str, most: int) -> None:
    network, _ = owed(table)
    found = solved(network)
    assert found.setoff.total == most
    assert verify(network, found.setoff).proven


@given(networks(firms=4, rows=5, amount=3))
@settings(max_examples=60, deadline=None)
def test_it_is_what_trying_every_amount_finds(network: Debts) -> None:
    assert solved(network).setoff.total == most_by_trying(network)


@given(networks(), st.sampled_from([0, 1, 7, 200]))
@settings(max_examples=150, deadline=None)
def test_it_is_what_a_linear_program_finds_and_the_proof_holds(network: Debts, credit: int) -> None:
    made = solved(network, credit).setoff
    verdict = verify(network, made)
    assert verdict.proven
    assert verdict.cancelled == verdict.bound == most_by_program(network, credit)
    assert verdict.lent <= credit


@given(networks())
@settings(max_examples=100, deadline=None)
def test_nobodys_debt_rises_and_nobodys_net_position_changes(network: Debts) -> None:
    made = solved(network).setoff
    left = network.amount - made.cancelled
    assert (left >= 0).all() and (made.cancelled >= 0).all()
    before = network.by_creditor(network.amount) - network.by_debtor(network.amount)
    after = network.by_creditor(left) - network.by_debtor(left)
    assert (before == after).all()


@given(networks(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_rows_in_another_order_or_split_in_two_are_the_same_debts(network: Debts, chance) -> None:  # type: ignore[no-untyped-def]
    rows = list(zip(network.debtor.tolist(), network.creditor.tolist(), network.amount.tolist(), strict=True))
    parts = [(d, c, part) for d, c, a in rows for part in ((a // 2, a - a // 2) if a > 1 else (a,))]
    chance.shuffle(parts)
    other = summed(network.firms, parts)
    assert (other.amount == network.amount).all()
    assert (solved(other).setoff.cancelled == solved(network).setoff.cancelled).all()


@given(networks())
@settings(max_examples=40, deadline=None)
def test_a_firms_price_is_what_one_unit_of_credit_to_it_discharges(network: Debts) -> None:
    made = solved(network).setoff
    for firm in range(network.firms):
        assert most_by_program(network, 1, only=firm) - made.total == made.prices[firm]


@given(networks())
@settings(max_examples=30, deadline=None)
def test_a_unit_paid_on_a_debt_that_stands_discharges_what_its_corridor_says(network: Debts) -> None:
    made = solved(network).setoff
    told = paid_on(network, made.prices)
    for row in np.flatnonzero(made.cancelled < network.amount)[:4]:
        less = network.amount.copy()
        less[row] -= 1
        rest = replace(network, amount=less)
        assert 1 + most_by_program(rest, 1, only=int(network.creditor[row])) - made.total == told[row]


@given(networks())
@settings(max_examples=30, deadline=None)
def test_the_map_of_credit_holds_for_as_many_units_as_it_says(network: Debts) -> None:
    found = solved(network)
    best = credit_map(network, found)
    assert (np.diff(best.worth) <= 0).all()
    for debtor, worth, units in list(zip(best.debtor, best.worth, best.units, strict=True))[:3]:
        more = most_by_program(network, int(units), only=int(debtor)) - found.setoff.total
        assert more == worth * units


def test_credit_goes_where_it_passes_through_most_debts() -> None:
    network, names = owed(CHAIN)
    found = solved(network)
    best = credit_map(network, found)
    told = [
        (
            names[best.debtor[k]],
            int(best.worth[k]),
            int(best.units[k]),
            names[best.holder[k]],
            int(best.steps[k]),
        )
        for k in range(len(best.debtor))
    ]
    assert told == [("A", 3, 60, "D", 3), ("B", 2, 60, "D", 2), ("C", 1, 60, "D", 1)]
    assert paid_on(network, found.setoff.prices).tolist() == [3, 2, 1]
    for credit, discharged in ((1, 3), (60, 180), (61, 182), (80, 220), (100, 240), (10_000, 240)):
        made = solved(network, credit).setoff
        assert made.total == discharged
        assert made.credit.sum() == made.held.sum() <= credit


@given(networks())
@settings(max_examples=30, deadline=None)
def test_more_credit_discharges_more_but_ever_less_for_a_unit(network: Debts) -> None:
    totals = [solved(network, credit).setoff.total for credit in range(6)]
    gains = np.diff(totals)
    assert (gains >= 0).all() and (np.diff(gains) <= 0).all()


@given(networks())
@settings(max_examples=60, deadline=None)
def test_no_prices_bound_less_than_the_most(network: Debts) -> None:
    most = solved(network).setoff.total
    chance = np.random.default_rng(len(network))
    for _ in range(5):
        assert (bound(network, chance.integers(0, 9, network.firms)) or 0) >= most
    assert (usable(network) >= solved(network).setoff.cancelled).all()


def test_verifier_finds_every_falsehood() -> None:
    network, _ = owed(RING)
    true = solved(network).setoff
    one = np.zeros(len(network), np.int64)
    one[0] = 1
    firm = np.zeros(network.firms, np.int64)
    firm[0] = 1
    false = {
        Rule.S1: replace(true, cancelled=true.cancelled - 2000 * one),
        Rule.S2: replace(true, cancelled=true.cancelled - one),
        Rule.S3: replace(true, credit=firm, held=firm),
        Rule.S4: replace(true, prices=np.full(network.firms, 1 << 40)),
        Rule.S5: replace(true, prices=7 * np.arange(network.firms)),
    }
    for rule, each in false.items():
        verdict = verify(network, each)
        assert rule in {violation.rule for violation in verdict.violations}, rule
        assert not verdict.proven
    assert not verify(network, replace(true, cancelled=true.cancelled[:-1])).holds
    assert verify(network, replace(true, optimal=False)).holds
    assert not verify(network, replace(true, optimal=False)).proven


@given(networks(), st.data())
@settings(max_examples=80, deadline=None)
def test_no_changed_set_off_is_proven_to_cancel_more(network: Debts, data: st.DataObject) -> None:
    true = solved(network).setoff
    if not len(network):
        return
    row = data.draw(st.integers(0, len(network) - 1))
    cancelled = true.cancelled.copy()
    cancelled[row] += data.draw(st.sampled_from([-1, 1, 1 << 40]))
    prices = np.array(data.draw(st.lists(st.integers(-3, 3), min_size=network.firms, max_size=network.firms)))
    assert not verify(network, replace(true, cancelled=cancelled, prices=true.prices + prices)).proven
    verdict = verify(network, replace(true, prices=true.prices + prices))
    assert not verdict.proven or verdict.cancelled == true.total


def test_debts_both_ways_are_netted_by_pairs() -> None:
    network, _ = owed(RING)
    assert int(bilateral(network).sum()) == 300
    assert (bilateral(network) <= network.amount).all()


def test_amounts_up_to_the_largest_are_set_off_exactly() -> None:
    third = TOTAL_MAX // 3
    network = summed(3, [(0, 1, third), (1, 2, third), (2, 0, third - 1)])
    found = solved(network)
    assert found.setoff.total == 3 * (third - 1)
    assert verify(network, found.setoff).proven


def test_what_is_no_debt_is_refused() -> None:
    one = np.ones(2, np.int64)
    for debtor, amount, credit, reason in (
        ([0, 1], [5, 5], 0, "self_debt"),
        ([0, 0], [5, 0], 0, "bad_amount"),
        ([0, 0], [5, -5], 0, "bad_amount"),
        ([0, 0], [TOTAL_MAX, 1], 0, "amounts_too_large"),
        ([0, 0], [(1 << 63) - 1, (1 << 63) - 1], 0, "amounts_too_large"),
        ([0, 0], [TOTAL_MAX - 5, 1], 5, "amounts_too_large"),
    ):
        refused = debts(2, np.array(debtor), one, np.array(amount), credit=credit)
        assert isinstance(refused, Refusal) and refused.reason == reason


def test_solver_that_stops_is_a_refusal() -> None:
    huge = np.full(2, (1 << 63) - 1, np.int64)
    refused = most_gain(2, np.array([0, 1]), np.array([1, 0]), huge, np.full(2, 1 << 60, np.int64))
    assert isinstance(refused, Refusal) and refused.reason == "solver_stopped"


def test_nothing_owed_is_nothing_cancelled() -> None:
    network = summed(3, [])
    found = solved(network, 10)
    assert found.setoff.total == 0 and verify(network, found.setoff).proven
    assert len(credit_map(network, found).debtor) == 0
