"""Tariff quotas: the law's vector, sub-quotas near exhaustion, and what holds on any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quotas_made_up import BEGIN, DAY, END, NUMBERS, days, granted, quotas, requests

from tasviya.core.errors import Refusal
from tasviya.customs.tariff_quota import (
    Allocation,
    QuotaRequest,
    QuotaState,
    TariffQuota,
    TariffQuotas,
    allocate,
    family_totals,
    returned,
    state_of,
    tariff_quotas,
    told,
)

Day = tuple[TariffQuotas, dict[str, int], list[QuotaRequest]]
FAMILY = quotas("A 1000\nA1 100 A\nA2 600 A")


@pytest.mark.parametrize(
    ("left", "asked", "got"),
    [
        (400, (300, 300, 200), (150, 150, 100)),  # SI 2020/1432, regulation 12
        (800, (300, 300, 200), (300, 300, 200)),
        (100, (70, 70, 70), (34, 33, 33)),  # the spare unit goes to the lower id
        (101, (70, 70, 71), (34, 33, 34)),  # … unless another's remainder is larger
        (0, (70, 70, 70), (0, 0, 0)),
        (1, (1, 1, 1000), (0, 0, 1)),
    ],
)
def test_one_day_shares_what_is_left_in_proportion(
    left: int, asked: tuple[int, ...], got: tuple[int, ...]
) -> None:
    known = quotas("A 1000")
    rows = requests("\n".join(f"A R{row} {quantity}" for row, quantity in enumerate(asked)))
    day = allocate(known, {"A": left}, DAY, rows)
    assert tuple(granted(day).values()) == got
    assert day.left == {"A": left - sum(got)}


@pytest.mark.parametrize(
    ("left", "table", "got"),
    [
        ((500, 100, 600), "A x 100\nA1 y 100\nA2 z 100", (100, 100, 100)),
        ((500, 60, 600), "A x 100\nA1 y 100\nA2 z 100", (100, 60, 100)),  # only the sub-quota is short
        ((180, 60, 250), "A x 90\nA1 y 160\nA2 z 150", (45, 60, 75)),  # it gives all, the others half
        ((180, 100, 250), "A x 90\nA1 y 160\nA2 z 150", (41, 72, 67)),  # all the same proportion, 0.45
        ((30, 100, 600), "A1 x 100\nA2 y 200", (10, 20)),  # sub-quotas alone can exhaust the parent
        ((5, 9, 600), "A x 10\nA1 y 10", (3, 2)),  # ties go by order number
        ((0, 100, 600), "A x 10\nA1 y 100", (0, 0)),
        ((100, 0, 600), "A x 10\nA1 y 100", (10, 0)),
        ((10, 2, 600), "A x 9\nA1 p 3\nA1 q 3\nA1 r 3", (8, 1, 1, 0)),  # rounding does not lift it over 2
    ],
)
def test_sub_quotas_draw_on_their_parent_on_the_same_day(
    left: tuple[int, ...], table: str, got: tuple[int, ...]
) -> None:
    day = allocate(FAMILY, dict(zip(("A", "A1", "A2"), left, strict=True)), DAY, requests(table))
    assert tuple(granted(day).values()) == got
    assert day.left["A"] == left[0] - sum(got)


@given(days())
def test_nobody_gets_more_than_is_asked_or_left(drawn: Day) -> None:
    known, left, rows = drawn
    day = allocate(known, left, DAY, rows)
    got = granted(day)
    assert len(got) == len(rows)
    assert all(0 <= got[row.id] <= row.quantity for row in rows)
    by_quota = {n: sum(got[row.id] for row in rows if row.order_number == n) for n in NUMBERS}
    assert all(by_quota[n] <= left[n] for n in NUMBERS)
    of_family = sum(by_quota[n] for n in NUMBERS if n[0] == "A")
    assert of_family <= left["A"]
    assert day.left == {**{n: left[n] - by_quota[n] for n in NUMBERS}, "A": left["A"] - of_family}


@given(days())
def test_what_is_left_serves_as_much_as_it_can(drawn: Day) -> None:
    known, left, rows = drawn
    got = granted(allocate(known, left, DAY, rows))
    wanted = {n: sum(row.quantity for row in rows if row.order_number == n) for n in NUMBERS}
    for head in "AB":
        family = [n for n in NUMBERS if n[0] == head]
        most = sum(wanted[n] if n == head else min(wanted[n], left[n]) for n in family)
        assert sum(got[row.id] for row in rows if row.order_number in family) == min(most, left[head])


def proportion(head: str, wanted: dict[str, int], left: dict[str, int]) -> Fraction:
    """The largest proportion, to 1, that fits the parent when every sub-quota stops at what it has; found
    by trying each order in which they stop."""
    stops = {n: Fraction(left[n], wanted[n]) for n in wanted if n != head}
    best = Fraction(0)
    for stopped in [set(), *({m for m in stops if stops[m] <= at} for at in stops.values())]:
        free = sum(wanted[n] for n in wanted if n not in stopped)
        room = left[head] - sum(left[n] for n in stopped)
        tried = min(Fraction(room, free), Fraction(1)) if free else Fraction(1)
        used = sum(min(tried * wanted[n], left[n]) if n != head else tried * wanted[n] for n in wanted)
        if tried >= 0 and used <= left[head]:
            best = max(best, tried)
    return best


@given(days())
def test_a_short_parent_is_shared_in_one_proportion(drawn: Day) -> None:
    _, left, rows = drawn
    wanted: dict[str, int] = {}
    for row in rows:
        if row.order_number[0] == "A":
            wanted[row.order_number] = wanted.get(row.order_number, 0) + row.quantity
    if not wanted:
        return
    totals, at = family_totals("A", wanted, left), proportion("A", wanted, left)
    for number, total in totals.items():
        exact = min(at * wanted[number], left[number]) if number != "A" else at * wanted[number]
        assert abs(total - exact) < 1
        assert total == exact or at < 1


@given(days(), st.randoms(use_true_random=False))
def test_order_of_requests_within_a_day_does_not_matter(drawn: Day, random: Random) -> None:
    known, left, rows = drawn
    shuffled = random.sample(rows, len(rows))
    one, other = allocate(known, left, DAY, rows), allocate(known, left, DAY, shuffled)
    assert granted(one) == granted(other)
    assert one.left == other.left


@given(days(), st.data())
def test_what_comes_back_can_be_had_again(drawn: Day, data: st.DataObject) -> None:
    known, left, rows = drawn
    day = allocate(known, left, DAY, rows)
    after = day.left
    for outcome in day.outcomes:
        assert isinstance(outcome, Allocation)
        if outcome.granted:
            given_back = returned(known, after, outcome.request.order_number, outcome.granted)
            assert not isinstance(given_back, Refusal)
            after = given_back
    assert after == left


@pytest.mark.parametrize(
    ("left", "own", "sub"),
    [
        ({"A": 1000, "A1": 100}, "open", "open"),
        ({"A": 101, "A1": 100}, "open", "open"),
        ({"A": 100, "A1": 100}, "critical", "critical"),
        ({"A": 500, "A1": 10}, "open", "critical"),
        ({"A": 100, "A1": 0}, "critical", "exhausted"),
        ({"A": 0, "A1": 50}, "exhausted", "exhausted"),
    ],
)
def test_state_follows_what_is_used_of_it_and_of_its_parent(left: dict[str, int], own: str, sub: str) -> None:
    known = quotas("A 1000\nA1 100 A")
    assert (state_of(known, left, "A"), state_of(known, left, "A1")) == (own, sub)


def test_security_is_required_once_a_quota_was_critical_before_the_day() -> None:
    known = quotas("A 1000")
    first = allocate(known, known.full(), DAY, requests("A x 950"))
    assert [each.must_secure for each in first.outcomes if isinstance(each, Allocation)] == [False]
    assert state_of(known, first.left, "A") is QuotaState.CRITICAL
    second = allocate(known, first.left, DAY, requests("A y 10"))
    assert [each.must_secure for each in second.outcomes if isinstance(each, Allocation)] == [True]


def test_quota_may_be_critical_from_its_first_day() -> None:
    known = tariff_quotas([TariffQuota("A", "kg", BEGIN, END, 10, "", 0)])
    assert isinstance(known, TariffQuotas)
    assert state_of(known, known.full(), "A") is QuotaState.CRITICAL


GOOD = QuotaRequest("A", DAY, "x", 10, "kg")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (replace(GOOD, order_number="Z"), "unknown_quota"),
        (replace(GOOD, day=date(2026, 10, 6)), "outside_period"),
        (replace(GOOD, quantity=0), "bad_quantity"),
        (replace(GOOD, quantity=-5), "bad_quantity"),
        (replace(GOOD, unit="t"), "wrong_unit"),
        (replace(GOOD, id="old"), "request_repeated"),
    ],
)
def test_refused_request_takes_nothing_and_harms_no_other(bad: QuotaRequest, reason: str) -> None:
    known = quotas("A 100")
    other = replace(GOOD, id="y")
    day = allocate(known, known.full(), DAY, [bad, other], {"old"})
    refusal, allocation = day.outcomes
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, bool(refusal.cure)) == (reason, True)
    assert allocation == Allocation(other, 10, False)
    assert day.left == {"A": 90}


def test_day_after_the_period_is_refused() -> None:
    known, late = quotas("A 100"), date(2027, 1, 1)
    (refusal,) = allocate(known, known.full(), late, [replace(GOOD, day=late)]).outcomes
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "outside_period"


def test_same_request_twice_counts_once_and_two_with_one_id_not_at_all() -> None:
    known = quotas("A 100")
    same = allocate(known, known.full(), DAY, [GOOD, GOOD])
    assert [type(each) for each in same.outcomes] == [Allocation, Refusal]
    other = allocate(known, known.full(), DAY, [GOOD, replace(GOOD, quantity=11)])
    assert [type(each) for each in other.outcomes] == [Refusal, Refusal]


A = TariffQuota("A", "kg", BEGIN, END, 100)
SUB = replace(A, order_number="A1", parent="A")


@pytest.mark.parametrize(
    ("given_quotas", "word"),
    [
        ([A, A], "twice"),
        ([replace(A, begin=END, end=BEGIN)], "ends before"),
        ([replace(A, volume=0)], "no volume"),
        ([replace(A, critical_percent=101)], "critical"),
        ([SUB], "not there"),
        ([A, SUB, replace(SUB, order_number="A11", parent="A1")], "a sub-quota itself"),
        ([A, replace(SUB, unit="t")], "its parent in kg"),
        ([A, replace(SUB, end=date(2027, 1, 1))], "parent's period"),
    ],
)
def test_quotas_that_do_not_fit_are_refused(given_quotas: list[TariffQuota], word: str) -> None:
    refusal = tariff_quotas(given_quotas)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "bad_quota"
    assert word in refusal.what


@pytest.mark.parametrize(("number", "quantity"), [("Z", 5), ("A", 0), ("A", 61)])
def test_no_more_comes_back_than_was_used(number: str, quantity: int) -> None:
    assert isinstance(returned(quotas("A 100"), {"A": 40}, number, quantity), Refusal)


def test_quantities_are_told_without_idle_zeros() -> None:
    assert [told(each) for each in (0, 12_500, 1_234_000, -1)] == ["0", "12.5", "1,234", "-0.001"]
