"""What a clearing cycle comes to, whatever its payments, positions, quotas and scale."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken
from tasviya.settlement.clearing_cycle import (
    TRANSITIONS,
    ClearingCycle,
    CycleEvent,
    CycleStatus,
    Result,
    figures,
    net,
    quota_minor,
)
from tasviya.settlement.netting import bilateral, multilateral
from tasviya.settlement.swing import ALL_CREDIT, HALF_AND_HALF, Band

CODES = ("CNY", "INR", "KZT", "RUB", "UZS")
SCALES = (
    ALL_CREDIT,
    HALF_AND_HALF,
    (Band(Fraction(1, 5), Fraction(0)), Band(Fraction(1), Fraction(1, 2))),
    (
        Band(Fraction(1, 3), Fraction(1, 7)),
        Band(Fraction(1, 2), Fraction(0)),
        Band(Fraction(1), Fraction(9, 10)),
    ),
)
UNITS = st.integers(0, 10**12)


def adding_up_to_zero(size: int) -> st.SearchStrategy[dict[str, int]]:
    """Units by currency; the last one balances them."""
    several = st.lists(st.integers(-(10**size), 10**size), min_size=4, max_size=4)
    return several.map(lambda found: dict(zip(CODES, [*found, -sum(found)], strict=True)))


@st.composite
def cycles(draw: st.DrawFn) -> dict[str, Any]:
    pairs = [(a, b) for a in CODES for b in CODES if a != b]
    return {
        "flows": draw(st.dictionaries(st.sampled_from(pairs), UNITS, max_size=12)),
        "before": draw(adding_up_to_zero(12)),
        "interest": draw(adding_up_to_zero(6)),
        "overdue": draw(adding_up_to_zero(9)),
        "quotas": draw(st.fixed_dictionaries(dict.fromkeys(CODES, UNITS))),
        "bands": draw(st.sampled_from(SCALES)),
    }


def results_of(cycle: dict[str, Any], codes: tuple[str, ...] = CODES) -> dict[str, Result]:
    found = net(
        1,
        {code: f"{code}-SI" for code in codes},
        cycle["before"],
        cycle["flows"],
        cycle["interest"],
        cycle["quotas"],
        cycle["bands"],
        cycle["overdue"],
    )
    return {each.currency: each for each in found}


@settings(max_examples=40, deadline=None)
@given(cycles())
def test_results_add_up(cycle: dict[str, Any]) -> None:
    results = results_of(cycle)
    for name in ("net", "credit", "money", "before", "after"):
        assert sum(getattr(each, name) for each in results.values()) == 0, name
    for code, each in results.items():
        assert each.credit + each.money == each.net + cycle["overdue"][code]
        assert each.after == each.before + each.net and each.unpaid == each.money
        each.discharged = each.money
        # Once all is paid, its position has moved by its credit alone; what was overdue has left it.
        assert each.after == each.before - cycle["overdue"][code] + each.credit and each.unpaid == 0


@settings(max_examples=40, deadline=None)
@given(cycles())
def test_nobody_has_credit_beyond_its_quota_once_it_has_paid(cycle: dict[str, Any]) -> None:
    for code, each in results_of(cycle).items():
        each.discharged = each.money
        assert each.after >= -cycle["quotas"][code]


@settings(max_examples=40, deadline=None)
@given(cycles(), st.permutations(CODES), st.randoms(use_true_random=False))
def test_the_same_flows_in_another_order_give_the_same_result(
    cycle: dict[str, Any], codes: tuple[str, ...], random: Any
) -> None:
    shuffled = dict(cycle)
    for name in ("flows", "before", "interest", "overdue", "quotas"):
        items = list(cycle[name].items())
        random.shuffle(items)
        shuffled[name] = dict(items)
    assert results_of(shuffled, tuple(codes)) == results_of(cycle)


@settings(max_examples=40, deadline=None)
@given(cycles())
def test_netting_raises_nothing_that_anyone_owes(cycle: dict[str, Any]) -> None:
    """A pair is left with less than it had, and who starts within its quota pays no more than it has lost."""
    flows = cycle["flows"]
    for pair, left in bilateral(flows).items():
        assert left <= flows[pair] and (pair[1], pair[0]) not in bilateral(flows)
    owed = {code: sum(units for (paying, _), units in flows.items() if paying == code) for code in CODES}
    assert all(-units <= owed[code] for code, units in multilateral(flows).items())
    within = cycle | {"before": dict.fromkeys(CODES, 0), "overdue": dict.fromkeys(CODES, 0)}
    for each in results_of(within).values():
        assert each.money >= min(each.net, 0)
        assert each.money <= max(each.net, 0)


@settings(max_examples=40, deadline=None)
@given(cycles())
def test_figures_follow_from_gross_record_and_results(cycle: dict[str, Any]) -> None:
    results = list(results_of(cycle).values())
    made = figures(cycle["flows"], results)
    assert made.gross >= made.bilateral >= made.multilateral
    assert made.money == -sum(min(each.money, 0) for each in results)
    assert 0 <= made.saved_of_bilateral <= made.saved_of_gross <= 1 or made.bilateral == 0
    assert figures({}, results).saved_of_gross == 0


def test_what_an_earlier_cycle_left_unpaid_takes_nothing_from_what_this_one_saves() -> None:
    cycle = {
        "flows": {("KZT", "INR"): 100, ("INR", "KZT"): 90},
        "before": {"KZT": -50, "INR": 50},
        "overdue": {"KZT": -50, "INR": 50},
        "interest": {},
        "quotas": {"KZT": 1000, "INR": 1000},
        "bands": ALL_CREDIT,
    }
    results = results_of(cycle, ("KZT", "INR"))
    assert results["KZT"].money == -50
    made = figures(cycle["flows"], list(results.values()))
    assert (made.gross, made.multilateral, made.money, made.own, made.saved_of_gross) == (190, 10, 50, 0, 1)


def test_half_and_half_as_the_payments_union_settled() -> None:
    """Half of a deficit in gold, half in credit, until the quota is used up; beyond it all is gold.

    Source: International Organization 9 (1955), on the settlements of the OEEC; see settlement/swing.py.
    """
    cycle = {
        "flows": {("KZT", "INR"): 300},
        "before": {},
        "overdue": {},
        "interest": {},
        "quotas": {"KZT": 100, "INR": 1000},
        "bands": HALF_AND_HALF,
    }
    results = results_of(cycle, ("KZT", "INR"))
    assert (results["KZT"].credit, results["KZT"].money) == (-100, -200)
    assert (results["INR"].credit, results["INR"].money) == (100, 200)


@pytest.mark.parametrize(
    ("trade", "percent", "minor"),
    [
        ("1000", "10", 1_000_000),
        ("0", "10", 0),
        ("0.0001", "50", 0),
        ("1000", "0", 0),
        ("333.3333", "1", 33_333),
    ],
)
def test_a_quota_is_a_part_of_base_trade_rounded_down(trade: str, percent: str, minor: int) -> None:
    assert quota_minor(Fraction(trade), Fraction(percent), 4) == minor


def test_every_status_is_reached_and_left_or_is_the_end() -> None:
    reached = {target for ways in TRANSITIONS.values() for target in ways.values()} | {CycleStatus.OPEN}
    assert reached == set(CycleStatus) == set(TRANSITIONS)
    assert [status for status, ways in TRANSITIONS.items() if not ways] == [CycleStatus.CLOSED]
    assert {event for ways in TRANSITIONS.values() for event in ways} == set(CycleEvent)


def test_a_cycle_takes_no_way_that_the_table_does_not_have() -> None:
    cycle = ClearingCycle(1, "TSU", "2026-09-29", 0)
    with pytest.raises(InvariantBroken, match="settle cannot happen"):
        cycle.happens(CycleEvent.SETTLE)
    assert cycle.status is CycleStatus.OPEN
