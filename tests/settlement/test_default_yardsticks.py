"""Yardsticks of one member's failure: who is not paid by which model, and whose equity it concerns."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken
from tasviya.settlement.default_yardsticks import Losses, Yardsticks, yardsticks

OWED = {("A", "B"): 10, ("B", "C"): 12, ("C", "A"): 3, ("C", "D"): 5}
CASH = {"A": 100, "B": 5, "C": 1, "D": 0}


def failed(
    member: str, cash: dict[str, int] = CASH, equity: dict[str, int] | None = None, leaves: int = 0
) -> Yardsticks:
    half = Fraction(1, 2)
    return yardsticks(
        member, OWED, cash, equity or {}, cash_kept=half, claims_kept=Fraction(1), leaves=leaves
    )


def test_a_failure_is_passed_on_as_far_as_cash_does_not_stop_it() -> None:
    found = failed("A")
    # A is paid 3 by C and passes that on; B has 8 of 12, C 9 of 8.
    assert found.clearing == Losses(("A", "B"), {"B": 7, "C": 4})
    # With half its cash gone B pays 5 of 12, so C has 6 of 8, and 5.5 at half its cash: the ring turns on.
    assert found.with_costs.defaulted == ("A", "B", "C")
    assert found.with_costs.total > found.clearing.total


def test_what_it_leaves_is_paid_out() -> None:
    assert failed("A", leaves=7).clearing == Losses((), {})
    assert failed("A", leaves=5).clearing.total == 2


def test_distress_is_of_others_and_by_their_equity() -> None:
    found = failed("A", equity={"B": 40, "C": 6, "D": 50})
    # B loses 10 of 40; C a quarter of 12 in 6, capped at all before the quarter; D a quarter of 5 in 50.
    assert found.distress == pytest.approx({"B": 0.25, "C": 0.25, "D": 0.025})
    assert found.rank == pytest.approx((0.25 * 10 + 0.25 * 12 + 0.025 * 5) / 30)


def test_who_owes_nothing_fails_without_losses() -> None:
    found = failed("Z")
    assert (found.clearing, found.rank, found.distress) == (Losses((), {}), 0.0, {})


def test_nobody_leaves_less_than_nothing() -> None:
    with pytest.raises(InvariantBroken):
        failed("A", leaves=-1)


members = st.sampled_from("ABCDE")
debts = st.dictionaries(
    st.tuples(members, members).filter(lambda pair: pair[0] != pair[1]), st.integers(0, 10**9), max_size=15
)


@given(members, debts, st.dictionaries(members, st.integers(0, 10**9)), st.integers(0, 10**9))
def test_costs_never_spare_anybody_and_losses_are_not_more_than_owed(
    member: str, owed: dict[tuple[str, str], int], cash: dict[str, int], leaves: int
) -> None:
    kept = Fraction(4, 5)
    found = yardsticks(member, owed, cash, {}, cash_kept=kept, claims_kept=kept, leaves=leaves)
    assert set(found.clearing.defaulted) <= set(found.with_costs.defaulted)
    for losses in (found.clearing, found.with_costs):
        for creditor, amount in losses.by_creditor.items():
            assert 0 < amount <= sum(each for (_, to), each in owed.items() if to == creditor)
    # But for rounding, costs only add.
    assert found.with_costs.total >= found.clearing.total - len(owed)
