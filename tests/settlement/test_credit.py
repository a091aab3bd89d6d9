"""Collateral: what it covers, how far a line goes, and that none is let go that secures what is drawn."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal
from tasviya.settlement.credit import Cover, Holding, line_value, release

KZT = currency("KZT")

holdings = st.lists(
    st.builds(
        Holding,
        st.integers(1, 10**6).map(lambda number: f"BOND-{number}"),
        st.integers(0, 10**15),
        st.decimals(0, 100, places=2).map(Fraction),
    ),
    max_size=6,
    unique_by=lambda each: each.reference,
)


def test_haircut_comes_off_the_value_and_fractions_count_for_nothing() -> None:
    assert Holding("A", 100_000, Fraction(5)).line_value == 95_000
    assert Holding("A", 100_000, Fraction("12.5")).line_value == 87_500
    assert Holding("A", 99, Fraction("0.5")).line_value == 98  # 98.505
    assert Holding("A", 99, Fraction(100)).line_value == 0
    assert line_value([Holding("A", 100, Fraction(5)), Holding("B", 50, Fraction(20))]) == 95 + 40


@given(holdings, st.integers(0, 10**15), st.integers(0, 10**15))
def test_secured_line_never_exceeds_what_collateral_is_worth_after_its_haircut(
    held: list[Holding], limit: int, drawn: int
) -> None:
    cover = Cover(line_value(held), limit, drawn)
    exact = sum((Fraction(each.value) * (100 - each.haircut_percent) / 100 for each in held), Fraction(0))
    assert cover.line <= exact and cover.line <= limit
    assert exact - cover.line_value < len(held) or not held
    assert cover.free - cover.uncovered == cover.line_value - drawn
    assert min(cover.free, cover.uncovered) == 0


@given(holdings.filter(bool), st.integers(0, 10**15))
def test_collateral_is_released_exactly_as_long_as_the_rest_covers_what_is_drawn(
    held: list[Holding], drawn: int
) -> None:
    going, rest = held[0], held[1:]
    answer = release(held, going.reference, drawn, KZT)
    if line_value(rest) >= drawn:
        assert answer == line_value(rest)
    else:
        assert isinstance(answer, Refusal)
        assert (answer.reason, answer.where) == ("collateral_needed", going.reference)


def test_refusal_says_what_would_be_uncovered() -> None:
    held = [Holding("A", 100_000, Fraction(5)), Holding("B", 50_000, Fraction(0))]
    answer = release(held, "A", 60_000, KZT)
    assert isinstance(answer, Refusal)
    assert answer.what == "A secures drawn credit: without it 100.00 of 600.00 KZT would be uncovered."
