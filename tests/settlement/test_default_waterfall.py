"""The waterfall: the defaulter first, then the fund, then the others, each within its bounds, to the unit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken
from tasviya.settlement.default_waterfall import Borne, Estate, Step, Survivor, Waterfall, waterfall

SURVIVORS = {"B": Survivor(20, 3, 100), "C": Survivor(10, 1, 5), "D": Survivor(0, 1, 100)}

# The defaulter has 30 of collateral, 20 of claims, 10 in the fund; the others 30 in the fund.
TABLE = """
    owed  collateral  claims  own  fund        allocation      uncovered
    0     0           0       0    -           -               0
    25    25          0       0    -           -               0
    45    30          15      0    -           -               0
    60    30          20      10   -           -               0
    61    30          20      10   B1          -               0
    75    30          20      10   B10,C5      -               0
    90    30          20      10   B20,C10     -               0
    95    30          20      10   B20,C10     B3,C1,D1        0
    115   30          20      10   B20,C10     B15,C5,D5       0
    131   30          20      10   B20,C10     B27,C5,D9       0
    290   30          20      10   B20,C10     B100,C5,D95     0
    300   30          20      10   B20,C10     B100,C5,D100    5
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()[1:]]


def parts(text: str) -> dict[str, int]:
    return {} if text == "-" else {part[0]: int(part[1:]) for part in text.split(",")}


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_who_bears_what(row: list[str]) -> None:
    owed, collateral, claims, own, fund, allocation, uncovered = row
    found = waterfall(Estate("A", int(owed), 30, 20, 10), SURVIVORS)
    wanted = [(Step.COLLATERAL, "A", int(collateral)), (Step.CLAIMS, "A", int(claims))]
    wanted += [(Step.OWN_CONTRIBUTION, "A", int(own))]
    wanted += [(Step.DEFAULT_FUND, member, amount) for member, amount in parts(fund).items()]
    wanted += [(Step.ALLOCATION, member, amount) for member, amount in parts(allocation).items()]
    assert found.borne == tuple(Borne(*each) for each in wanted if each[2])
    assert found.uncovered == int(uncovered)


def test_losses_are_the_survivors_alone() -> None:
    found = waterfall(Estate("A", 95, 30, 20, 10), SURVIVORS)
    assert found.losses == {"B": 23, "C": 11, "D": 1}
    assert (found.of_member("A"), found.of_member("B"), found.of_step(Step.DEFAULT_FUND)) == (60, 23, 30)


def test_without_survivors_all_beyond_the_estate_is_uncovered() -> None:
    assert waterfall(Estate("A", 7, 2), {}).uncovered == 5


def test_who_has_no_share_is_allocated_nothing() -> None:
    assert waterfall(Estate("A", 7), {"B": Survivor(0, 0, 100)}).uncovered == 7


amounts = st.integers(0, 10**20)
estates = st.builds(Estate, st.just("A"), amounts, amounts, amounts, amounts)
others = st.dictionaries(
    st.sampled_from("BCDEFGH"), st.builds(Survivor, amounts, st.integers(0, 1000), amounts)
)


@given(estates, others)
def test_all_that_is_owed_is_borne_or_told(estate: Estate, survivors: dict[str, Survivor]) -> None:
    found = waterfall(estate, survivors)
    assert sum(each.amount for each in found.borne) + found.uncovered == estate.owed
    assert all(each.amount > 0 for each in found.borne)
    steps = list(Step)
    order = [steps.index(each.step) for each in found.borne]
    assert order == sorted(order)


def room_of(found: Waterfall, survivors: dict[str, Survivor]) -> dict[Step, int]:
    """What each step could bear at the most."""
    estate = found.estate
    return {
        Step.COLLATERAL: estate.collateral,
        Step.CLAIMS: estate.claims,
        Step.OWN_CONTRIBUTION: estate.contribution,
        Step.DEFAULT_FUND: sum(each.contribution for each in survivors.values()),
        Step.ALLOCATION: sum(each.cap for each in survivors.values() if each.share),
    }


@given(estates, others)
def test_a_step_is_touched_only_when_those_before_are_used_up(
    estate: Estate, survivors: dict[str, Survivor]
) -> None:
    found = waterfall(estate, survivors)
    rest = estate.owed
    for step, most in room_of(found, survivors).items():
        assert found.of_step(step) == min(rest, most)
        rest -= found.of_step(step)
    assert rest == found.uncovered


@given(estates, others)
def test_fund_and_shares_are_in_proportion_and_nobody_bears_more_than_its_bound(
    estate: Estate, survivors: dict[str, Survivor]
) -> None:
    found = waterfall(estate, survivors)
    fund = sum(each.contribution for each in survivors.values())
    allocated = {each.member: each.amount for each in found.borne if each.step is Step.ALLOCATION}
    for member, each in survivors.items():
        from_fund = found.of_member(member) - allocated.get(member, 0)
        assert from_fund <= each.contribution
        if fund:
            assert abs(from_fund - Fraction(found.of_step(Step.DEFAULT_FUND) * each.contribution, fund)) < 1
        assert allocated.get(member, 0) <= each.cap
    # Who is below its cap bears at least as much for its share as anybody, but for one unit.
    rates = {m: Fraction(allocated.get(m, 0), each.share) for m, each in survivors.items() if each.share}
    for member, rate in rates.items():
        if allocated.get(member, 0) < survivors[member].cap and found.uncovered == 0:
            least = rate + Fraction(1, survivors[member].share)
            assert all(other <= least + Fraction(1, survivors[m].share) for m, other in rates.items())
    assert found.uncovered == 0 or all(
        allocated.get(member, 0) == each.cap for member, each in survivors.items() if each.share
    )


@given(estates, others)
def test_the_order_of_survivors_does_not_matter(estate: Estate, survivors: dict[str, Survivor]) -> None:
    assert waterfall(estate, survivors) == waterfall(estate, dict(reversed(survivors.items())))


@given(estates, others, amounts)
def test_more_owed_never_means_that_somebody_bears_less_but_for_rounding(
    estate: Estate, survivors: dict[str, Survivor], more: int
) -> None:
    larger = Estate("A", estate.owed + more, estate.collateral, estate.claims, estate.contribution)
    one, other = waterfall(estate, survivors), waterfall(larger, survivors)
    for member in ("A", *survivors):
        # Largest remainders may give the odd unit of either step to another.
        assert other.of_member(member) >= one.of_member(member) - 2


@pytest.mark.parametrize(
    ("estate", "survivors"),
    [
        (Estate("A", -1), {}),
        (Estate("A", 1, -1), {}),
        (Estate("A", 1), {"B": Survivor(cap=-1)}),
        (Estate("A", 1), {"A": Survivor()}),
    ],
)
def test_figures_below_zero_and_surviving_defaulters_are_mistakes_of_ours(
    estate: Estate, survivors: dict[str, Survivor]
) -> None:
    with pytest.raises(InvariantBroken):
        waterfall(estate, survivors)
