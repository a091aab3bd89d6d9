"""Imbalances that last: who they are, and measures that bring claims back to those who owe."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken
from tasviya.settlement.imbalances import Lasting, creditor_charge, evening_out, lasting, purchases
from tasviya.settlement.netting import Flow, added, multilateral

# One column a period; A sold more for the last three, B bought more for two, C swings.
NETS = [
    {"A": -4, "B": 5, "C": -1},
    {"A": 3, "B": 1, "C": -4},
    {"A": 5, "B": -7, "C": 2},
    {"A": 9, "B": -6, "C": -3},
]


def test_who_is_on_one_side_up_to_the_last_period() -> None:
    assert lasting(NETS, 2) == [Lasting("A", True, 3, 3, 17), Lasting("B", False, 2, 2, -13)]
    assert lasting(NETS, 3) == [Lasting("A", True, 3, 3, 17)]
    assert lasting(NETS, 1)[2] == Lasting("C", False, 1, 3, -3)
    assert lasting(NETS, 4) == []
    assert lasting([], 1) == []


def test_an_even_result_ends_a_row() -> None:
    assert lasting([{"A": 1, "B": -1}, {"A": 0, "B": 0}], 1) == []
    assert lasting([{"A": 1, "B": -1}, {}, {"A": 2, "B": -2}], 2) == []


def test_average_is_over_the_row() -> None:
    assert lasting(NETS, 3)[0].average == Fraction(17, 3)


def test_creditors_would_buy_their_average_from_lasting_debtors() -> None:
    found = evening_out(
        [Lasting("A", True, 2, 2, 20), Lasting("B", False, 2, 2, -12), Lasting("C", False, 1, 1, -2)]
    )
    assert found == [Flow("A", "B", 6), Flow("A", "C", 2)]
    assert evening_out([Lasting("A", True, 2, 2, 20)]) == []
    assert evening_out([]) == []


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(1, 9)), max_size=8))
def test_evening_out_never_turns_an_average_round(sides: list[tuple[int, int]]) -> None:
    imbalances = [
        Lasting(f"P{place}", total > 0, periods, periods, total)
        for place, (total, periods) in enumerate(sides)
        if total
    ]
    flows = evening_out(imbalances)
    moved = multilateral(added(flows))
    for each in imbalances:
        change = moved.get(each.party, 0)
        assert change * each.total <= 0
        assert abs(change) <= abs(each.average)
    averages = [int(abs(each.average)) for each in imbalances if each.creditor]
    others = [int(abs(each.average)) for each in imbalances if not each.creditor]
    assert sum(flow.amount for flow in flows) == min(sum(averages), sum(others))


@st.composite
def balanced(draw: st.DrawFn) -> dict[str, int]:
    some = draw(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=7))
    return dict(zip("ABCDEFGH", [*some, -sum(some)], strict=False))


parts = st.fractions(0, 1, max_denominator=1000)


@given(balanced(), parts, st.integers(0, 10**12))
def test_a_charge_adds_up_and_turns_nobody_round(
    positions: dict[str, int], rate: Fraction, free: int
) -> None:
    changes = creditor_charge(positions, dict.fromkeys(positions, free), rate)
    assert sum(changes.values()) == 0
    for party, position in positions.items():
        after = position + changes[party]
        assert abs(after) <= abs(position)
        assert after * position >= 0
        if position > 0:
            assert changes[party] == -int(rate * max(position - free, 0))


@given(balanced(), parts)
def test_purchases_spend_a_part_of_claims_with_those_who_owe(
    positions: dict[str, int], part: Fraction
) -> None:
    bought = purchases(positions, part)
    moved = multilateral(added(bought))
    for party, position in positions.items():
        change = moved.get(party, 0)
        assert change * position <= 0
        assert abs(change) <= abs(position)
        if position > 0:
            assert change == -int(part * position)


def test_what_is_free_bears_no_charge() -> None:
    positions = {"A": 100, "B": -60, "C": -40}
    assert creditor_charge(positions, {"A": 80}, Fraction(1, 2)) == {"A": -10, "B": 6, "C": 4}
    assert creditor_charge(positions, {}, Fraction(1, 10)) == {"A": -10, "B": 6, "C": 4}
    assert creditor_charge(positions, {"A": 100}, Fraction(1)) == {"A": 0, "B": 0, "C": 0}


def test_mistakes_of_ours_are_stopped() -> None:
    for act in (
        lambda: lasting(NETS, 0),
        lambda: creditor_charge({"A": 1}, {}, Fraction(1)),
        lambda: creditor_charge({"A": 1, "B": -1}, {}, Fraction(2)),
        lambda: purchases({"A": 1, "B": -1}, Fraction(-1)),
    ):
        with pytest.raises(InvariantBroken):
            act()
