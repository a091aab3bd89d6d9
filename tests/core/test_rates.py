"""Official rates: never made up, never changed, exact round any ring."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.currencies import currency
from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.core.money import Money
from tasviya.core.rates import (
    CrossRate,
    FxReason,
    OfficialRate,
    RateHistory,
    RateSource,
    convert,
    significant,
)
from tasviya.core.rounding import Rounding, rounded

DAY, NEXT, SATURDAY = date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 3)
KZT, JPY, KWD, IRR, CNY = (currency(code) for code in ("KZT", "JPY", "KWD", "IRR", "CNY"))
values = st.fractions(Fraction(1, 10**9), 10**9, max_denominator=10**9)


def rate(code: str, value: str | Fraction, day: date = DAY, fixed_on: date | None = None) -> OfficialRate:
    return OfficialRate(code, "TSU", day, Fraction(value), RateSource.BATCH, ("batch 7",), fixed_on)


def history(*rates: OfficialRate) -> RateHistory:
    found = RateHistory("TSU").with_rates(rates)
    assert isinstance(found, RateHistory)
    return found


def refused(found: object, reason: FxReason) -> Refusal:
    assert isinstance(found, Refusal)
    assert found.reason == reason
    return found


# What is there and what is not


def test_missing_rate_is_refused_not_one() -> None:
    known = history(rate("CNY", "0.1"))
    assert "none before" in refused(known.on("KZT", DAY), FxReason.NO_RATE).what
    refused(known.cross("CNY", "KZT", DAY), FxReason.NO_RATE)
    refused(known.cross("KZT", "KZT", DAY), FxReason.NO_RATE)


def test_weekend_has_no_rate_and_names_the_last() -> None:
    known = history(rate("CNY", "0.1"), rate("CNY", "0.2", NEXT))
    refusal = refused(known.on("CNY", SATURDAY), FxReason.NO_RATE)
    assert "no rate on 2026-10-03; its last is of 2026-09-30" in refusal.what
    assert refusal.transient
    last = known.last("CNY", SATURDAY)
    assert last is not None
    assert last.business_date == NEXT
    assert known.last("CNY", date(2026, 9, 28)) is None


def test_rate_once_given_stands() -> None:
    known = history(rate("CNY", "0.1"))
    assert (
        "0.1 on 2026-09-29, not 0.2"
        in refused(known.with_rates([rate("CNY", "0.2")]), FxReason.RATE_STANDS).what
    )
    again = known.with_rates([rate("CNY", "0.1"), rate("CNY", "0.2", NEXT)])
    assert isinstance(again, RateHistory)
    assert (len(known), len(again)) == (1, 2)


def test_two_rates_for_one_date_in_one_delivery_are_refused() -> None:
    refused(RateHistory("TSU").with_rates([rate("CNY", "0.1"), rate("CNY", "0.3")]), FxReason.RATE_STANDS)


@pytest.mark.parametrize("value", ["0", "-1"])
def test_rate_is_positive(value: str) -> None:
    with pytest.raises(InvariantBroken):
        rate("CNY", value)


def test_units_are_not_mixed() -> None:
    with pytest.raises(InvariantBroken):
        RateHistory("USD").with_rates([rate("CNY", "0.1")])


def test_staleness_is_passed_on_to_cross_rates() -> None:
    known = history(
        rate("CNY", "0.1", NEXT, fixed_on=DAY), rate("KZT", "0.001", NEXT), rate("IRR", "1", NEXT)
    )
    crosses = [known.cross(*pair, NEXT) for pair in (("CNY", "KZT"), ("KZT", "CNY"), ("KZT", "IRR"))]
    assert [cross.stale for cross in crosses if isinstance(cross, CrossRate)] == [True, True, False]
    assert not rate("CNY", "1", fixed_on=DAY).stale


# Cross rates


@given(values, values, values)
def test_cross_rates_agree_round_a_ring(a: Fraction, b: Fraction, c: Fraction) -> None:
    known = history(rate("CNY", a), rate("KZT", b), rate("IRR", c))
    ring = [known.cross(*pair, DAY) for pair in (("CNY", "KZT"), ("KZT", "IRR"), ("IRR", "CNY"))]
    product = Fraction(1)
    for cross in ring:
        assert isinstance(cross, CrossRate)
        product *= cross.value
    assert product == 1


@given(values, values)
def test_inverse_is_the_cross_the_other_way(a: Fraction, b: Fraction) -> None:
    known = history(rate("CNY", a), rate("KZT", b))
    there, back = known.cross("CNY", "KZT", DAY), known.cross("KZT", "CNY", DAY)
    assert isinstance(there, CrossRate)
    assert there.inverse == back
    assert there.inverse.inverse == there
    assert known.cross("CNY", "TSU", DAY) == CrossRate("CNY", "TSU", DAY, a)


# Amounts


@pytest.mark.parametrize(
    ("amount", "to", "value", "rounding", "minor"),
    [
        (Money(100_00, CNY), KZT, "65.7795", Rounding.DOWN, 6_577_95),
        (Money(1_00, KZT), CNY, "0.0152", Rounding.DOWN, 1),
        (Money(1_00, KZT), CNY, "0.0152", Rounding.UP, 2),
        (Money(1_00, KZT), CNY, "0.015", Rounding.HALF_EVEN, 2),
        (Money(1_00, KZT), CNY, "0.025", Rounding.HALF_EVEN, 2),
        (Money(-1_00, KZT), CNY, "0.0152", Rounding.DOWN, -1),
        (Money(-1_00, KZT), CNY, "0.0152", Rounding.UP, -2),
        (Money(1_000, KWD), JPY, "500.7", Rounding.DOWN, 500),
        (Money(500, JPY), KWD, "0.002", Rounding.DOWN, 1_000),
        (Money(0, KZT), CNY, "0.0152", Rounding.UP, 0),
        (Money(10**24, IRR), CNY, "0.000004879", Rounding.DOWN, 4_879_000_000_000_000_000),
    ],
)
def test_amount_is_rounded_once_as_named(
    amount: Money, to: object, value: str, rounding: Rounding, minor: int
) -> None:
    assert isinstance(to, type(KZT))
    cross = CrossRate(amount.currency.code, to.code, DAY, Fraction(value))
    assert convert(amount, to, cross, rounding) == Money(minor, to)


def test_amount_does_not_become_nothing() -> None:
    cross = CrossRate("IRR", "CNY", DAY, Fraction("0.000004879"))
    refusal = refused(convert(Money(100, IRR), CNY, cross, Rounding.DOWN), FxReason.NOTHING_LEFT)
    assert refusal.what == "1.00 IRR is less than the smallest unit of CNY."
    assert convert(Money(100, IRR), CNY, cross, Rounding.UP) == Money(1, CNY)


def test_another_pairs_rate_converts_nothing() -> None:
    with pytest.raises(InvariantBroken):
        convert(Money(1, KZT), CNY, CrossRate("CNY", "KZT", DAY, Fraction(1)), Rounding.DOWN)


@given(st.integers(1, 10**18), values)
def test_there_and_back_never_gains(minor: int, value: Fraction) -> None:
    there = CrossRate("CNY", "KZT", DAY, value)
    paid = convert(Money(minor, CNY), KZT, there, Rounding.DOWN)
    if isinstance(paid, Money):
        back = convert(paid, CNY, there.inverse, Rounding.DOWN)
        assert isinstance(back, Refusal) or back.minor <= minor


@given(st.fractions(-(10**6), 10**6))
def test_roundings_are_neighbours(exact: Fraction) -> None:
    down, up = (rounded(exact, each) for each in (Rounding.DOWN, Rounding.UP))
    assert abs(down) <= abs(exact) <= abs(up)
    assert abs(up) - abs(down) in (0, 1)
    for near in (rounded(exact, Rounding.HALF_EVEN), rounded(exact, Rounding.HALF_UP)):
        assert near in (down, up)
        assert abs(exact - near) <= Fraction(1, 2)


# Significant digits


@given(values, st.integers(1, 12))
def test_significant_digits_are_those_of_decimal_arithmetic(value: Fraction, digits: int) -> None:
    context = Context(prec=60, rounding=ROUND_HALF_EVEN)
    exact = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    told = Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(exact)
    assert significant(value, digits) == Fraction(told)


@pytest.mark.parametrize(
    ("value", "digits", "told"),
    [
        ("9.99995", 5, "10"),
        ("0.000123456", 3, "0.000123"),
        ("1", 6, "1"),
        ("2038461.9", 6, "2038460"),
        ("12.5", 2, "12"),
    ],
)
def test_significant_digits(value: str, digits: int, told: str) -> None:
    assert significant(Fraction(value), digits) == Fraction(told)
