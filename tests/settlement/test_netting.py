"""Netting: pairs, then all together; what stays without one; nothing gained, nothing lost."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken
from tasviya.settlement.netting import (
    Flow,
    added,
    bilateral,
    drill,
    exit_drill,
    multilateral,
    netting,
    who_owes_whom,
)

RING = {("A", "B"): 10, ("B", "C"): 10, ("C", "A"): 7, ("B", "A"): 4}


def test_pairs_leave_one_debt_one_way() -> None:
    assert bilateral(RING) == {("A", "B"): 6, ("B", "C"): 10, ("C", "A"): 7}
    assert bilateral({("A", "B"): 5, ("B", "A"): 5}) == {}


def test_all_together_leave_one_position_each() -> None:
    assert multilateral(RING) == {"A": 1, "B": -4, "C": 3}


def test_what_netting_clears_is_told_as_parts_of_gross() -> None:
    found = netting(RING)
    assert (found.parties, found.gross, found.bilateral, found.multilateral) == (3, 31, 23, 4)
    assert found.bilateral_share == Fraction(8, 31)
    assert found.multilateral_share == Fraction(27, 31)
    assert found.left_share == Fraction(4, 31)
    assert found.share_of_bilateral == Fraction(19, 23)


def test_netting_of_nothing_clears_nothing() -> None:
    found = netting({})
    assert (found.parties, found.gross, found.left_share, found.share_of_bilateral) == (0, 0, 0, 0)
    assert who_owes_whom({}) == []


def test_flows_add_up_and_those_of_nothing_leave_none() -> None:
    flows = [Flow("B", "A", 2), Flow("A", "B", 1), Flow("B", "A", 3), Flow("A", "C", 0)]
    assert added(flows) == {("A", "B"): 1, ("B", "A"): 5}
    assert list(added(flows)) == [("A", "B"), ("B", "A")]


@pytest.mark.parametrize("flow", [Flow("A", "B", -1), Flow("A", "A", 1)])
def test_a_debt_to_oneself_or_below_zero_is_no_obligation(flow: Flow) -> None:
    pair = {(flow.debtor, flow.creditor): flow.amount}
    for act in (lambda: added([flow]), lambda: bilateral(pair), lambda: multilateral(pair)):
        with pytest.raises(InvariantBroken):
            act()


def test_amounts_beyond_63_bits_add_up() -> None:
    large = 10**30
    assert multilateral({("A", "B"): large, ("B", "C"): large + 1}) == {"A": -large, "B": -1, "C": large + 1}


parties = st.sampled_from("ABCDEFG")
all_flows = st.lists(
    st.builds(
        Flow,
        parties,
        parties,
        st.integers(0, 10**20),
        st.lists(st.sampled_from(["KZT", "UZS"]), max_size=1).map(tuple),
    ).filter(lambda flow: flow.debtor != flow.creditor),
    max_size=40,
)


@given(all_flows)
def test_netting_changes_nobodys_position(flows: list[Flow]) -> None:
    gross = added(flows)
    before = multilateral(gross)
    after = multilateral(bilateral(gross))
    assert sum(before.values()) == 0
    assert {party: after.get(party, 0) for party in before} == before
    found = netting(gross)
    assert found.gross >= found.bilateral >= found.multilateral >= 0


@given(all_flows)
def test_the_order_of_flows_does_not_matter(flows: list[Flow]) -> None:
    there, back = added(flows), added(list(reversed(flows)))
    assert list(there.items()) == list(back.items())
    assert bilateral(there) == bilateral(dict(reversed(there.items())))
    assert list(multilateral(there).items()) == list(multilateral(dict(reversed(there.items()))).items())


@given(all_flows)
def test_discharging_positions_takes_what_netting_leaves_and_no_more(flows: list[Flow]) -> None:
    positions = multilateral(added(flows))
    payments = who_owes_whom(positions)
    assert sum(payment.amount for payment in payments) == netting(added(flows)).multilateral
    assert len(payments) <= max(sum(1 for each in positions.values() if each) - 1, 0)
    for payment in payments:
        positions[payment.debtor] += payment.amount
        positions[payment.creditor] -= payment.amount
    assert not any(positions.values())


def test_positions_that_do_not_add_up_are_not_discharged() -> None:
    with pytest.raises(InvariantBroken, match="add up to zero"):
        who_owes_whom({"A": 1})


def test_exit_breaks_the_rings_that_went_through_it() -> None:
    flows = [Flow("A", "B", 10), Flow("B", "C", 10), Flow("C", "A", 10), Flow("A", "D", 5), Flow("D", "A", 5)]
    found = exit_drill(flows, "C")
    assert (found.with_it.multilateral_share, found.without_it.multilateral_share) == (1, Fraction(1, 2))
    assert (found.trade_lost, found.cleared_through_it) == (20, 30)


def test_a_bank_or_a_currency_takes_only_what_goes_through_it() -> None:
    flows = [Flow("A", "B", 10, ("ALTYN", "KZT")), Flow("A", "B", 3, ("GUMBAZ", "UZS")), Flow("B", "A", 13)]
    assert exit_drill(flows, "ALTYN").without_it.gross == 16
    assert exit_drill(flows, "UZS").without_it.gross == 23
    assert exit_drill(flows, "NOBODY").trade_lost == 0


@given(all_flows, st.sampled_from("ABCDEFGKU"))
def test_a_drill_is_netting_with_and_without(flows: list[Flow], letter: str) -> None:
    gone = {"K": "KZT", "U": "UZS"}.get(letter, letter)
    found = exit_drill(flows, gone)
    assert found.with_it == netting(added(flows))
    assert found.trade_lost == sum(
        flow.amount for flow in flows if gone in (flow.debtor, flow.creditor) or gone in flow.via
    )
    assert found.cleared_through_it >= 0, "without it, nobody clears more"


def test_an_exit_that_adds_debt_is_a_mistake_of_ours() -> None:
    with pytest.raises(InvariantBroken):
        drill({("A", "B"): 1}, {("A", "B"): 2})
