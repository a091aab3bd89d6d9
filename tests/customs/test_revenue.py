"""Revenue sharing: published per cents, a formula like SACU's, and sums that hold for any pool."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.customs.revenue import Component, Figures, Share, ShareKey, explained, fault_of, key_on, share

SINCE = date(2026, 1, 1)


def key(table: str) -> ShareKey:
    """Rows of member and per cent."""
    percents = {member: Decimal(percent) for member, percent in map(str.split, table.splitlines())}
    return ShareKey(SINCE, tuple(percents), percents)


def figures(table: str) -> Figures:
    """A heading of columns, then rows of member and figures."""
    (_, *names), *rows = map(str.split, table.splitlines())
    return {name: {row[0]: Decimal(row[place]) for row in rows} for place, name in enumerate(names, 1)}


FIVE = key("A 85.065\nB 6.955\nC 4.86\nD 1.9\nE 1.22")
UNION = figures("""member imports gdp people
A 50 800 40
B 30 150 10
C 20 50 5""")
CUSTOMS = ShareKey(SINCE, ("A", "B", "C"), None, (Component("customs", Decimal(100), "imports"),))
EXCISE = ShareKey(
    SINCE,
    ("A", "B", "C"),
    None,
    (
        Component("excise", Decimal(85), "gdp"),
        Component("development", Decimal(15), "gdp", "people", is_inverse=True),
    ),
)


@pytest.mark.parametrize(
    ("pool", "shares"),
    [
        (100_000_000, (85_065_000, 6_955_000, 4_860_000, 1_900_000, 1_220_000)),
        (10_001, (8507, 696, 486, 190, 122)),
        (7, (6, 1, 0, 0, 0)),
        (1, (1, 0, 0, 0, 0)),
        (0, (0, 0, 0, 0, 0)),
        (-1, (-1, 0, 0, 0, 0)),
        (-10_001, (-8507, -696, -486, -190, -122)),
    ],
)
def test_pool_is_divided_by_per_cents(pool: int, shares: tuple[int, ...]) -> None:
    assert share(pool, FIVE, {}) == dict(zip("ABCDE", shares, strict=True))


def test_customs_follow_intra_union_imports() -> None:
    assert share(1_000_000, CUSTOMS, UNION) == {"A": 500_000, "B": 300_000, "C": 200_000}


def test_excise_follows_gdp_and_development_a_low_gdp_per_head() -> None:
    # GDP per head 20, 15, 10: their inverses are as 3, 4 and 6
    exact = {
        "A": Fraction(850_000 * 800, 1000) + Fraction(150_000 * 3, 13),
        "B": Fraction(850_000 * 150, 1000) + Fraction(150_000 * 4, 13),
        "C": Fraction(850_000 * 50, 1000) + Fraction(150_000 * 6, 13),
    }
    shares = explained(1_000_000, EXCISE, UNION)
    assert isinstance(shares, tuple)
    assert {each.member: each.exact for each in shares} == exact
    assert {each.member: each.minor for each in shares} == {"A": 714_615, "B": 173_654, "C": 111_731}
    assert shares[2].parts == {"excise": 42_500, "development": Fraction(900_000, 13)}


def test_ties_go_to_the_member_that_stands_first() -> None:
    assert share(2, key("B 25\nA 25\nD 25\nC 25"), {}) == {"B": 1, "A": 1, "D": 0, "C": 0}


POOLS = st.integers(-(10**24), 10**24)


@given(POOLS, st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
def test_shares_add_up_to_the_pool(pool: int, weights: list[int]) -> None:
    members = tuple(f"M{place}" for place in range(len(weights)))
    basis = dict(zip(members, map(Decimal, weights), strict=True))
    by_weight = ShareKey(SINCE, members, None, (Component("all", Decimal(100), "weight"),))
    shares = explained(pool, by_weight, {"weight": basis})
    assert isinstance(shares, tuple)
    must_be_explained(pool, shares)


@given(POOLS)
def test_every_figure_of_a_formula_is_explained(pool: int) -> None:
    shares = explained(pool, EXCISE, UNION)
    assert isinstance(shares, tuple)
    must_be_explained(pool, shares)
    assert all(sum(each.parts.values()) == each.exact for each in shares)


def must_be_explained(pool: int, shares: tuple[Share, ...]) -> None:
    assert sum(each.minor for each in shares) == sum(each.exact for each in shares) == pool
    sign = -1 if pool < 0 else 1
    for each in shares:
        assert each.minor == each.floor + each.remainder_unit
        assert each.remainder_unit in (0, sign)
        assert abs(each.floor) <= abs(each.exact) < abs(each.floor) + 1


def test_key_in_force_is_the_one_that_began_last() -> None:
    first, second = key("A 100"), ShareKey(date(2027, 1, 1), ("A",), {"A": Decimal(100)})
    keys = [second, first]
    assert key_on(keys, date(2026, 12, 31)) is first
    assert key_on(keys, date(2027, 1, 1)) is second
    refusal = key_on(keys, date(2025, 12, 31))
    assert isinstance(refusal, Refusal)
    assert "2026-01-01" in refusal.what
    assert isinstance(key_on([], SINCE), Refusal)


PART = Component("all", Decimal(100), "gdp")


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (key("A 50\nB 49.99"), "99.99"),
        (key("A 101\nB -1"), "below zero"),
        (ShareKey(SINCE, ("A",), {"A": Decimal("NaN")}), "no number"),
        (ShareKey(SINCE, (), {}), "no members"),
        (ShareKey(SINCE, ("A", "A"), {"A": Decimal(100)}), "one twice"),
        (ShareKey(SINCE, ("A", "B"), {"A": Decimal(100)}), "not of its members"),
        (ShareKey(SINCE, ("A",)), "neither"),
        (ShareKey(SINCE, ("A",), {"A": Decimal(100)}, (PART,)), "both"),
        (ShareKey(SINCE, ("A",), None, (PART, PART)), "one name"),
        (ShareKey(SINCE, ("A",), None, (Component("all", Decimal(99), "gdp"),)), "99"),
    ],
)
def test_key_that_does_not_divide_a_pool_is_refused(bad: ShareKey, word: str) -> None:
    refusal = fault_of(bad)
    assert refusal is not None
    assert (refusal.reason, share(1, bad, UNION)) == ("bad_share_key", refusal)
    assert word in refusal.what


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("member gdp people\nA 1 1\nB 1 1", "figures.gdp.C"),
        ("member gdp\nA 1\nB 1\nC 1", "figures.people.A"),
        ("member gdp people\nA 1 1\nB -1 1\nC 1 1", "figures.gdp.B"),
        ("member gdp people\nA 1 1\nB 1 0\nC 1 1", "figures.gdp.B"),
        ("member gdp people\nA 1 1\nB 1 1\nC 0 1", "figures.gdp.C"),
        ("member gdp people\nA 0 1\nB 0 1\nC 0 1", "figures.gdp"),
    ],
)
def test_figures_that_are_missing_or_divide_by_zero_are_refused(table: str, where: str) -> None:
    refusal = share(1, EXCISE, figures(table))
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.where) == ("bad_figure", where)
