"""Money: exact, in one currency at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.currencies import currency
from tasviya.core.errors import InvariantBroken
from tasviya.core.money import AmountError, Money, allocate, format_minor, parse_amount

KZT, JPY, KWD, IRR = (currency(code) for code in ("KZT", "JPY", "KWD", "IRR"))
weights = st.lists(st.integers(0, 10**12), min_size=1, max_size=20).filter(any)
minors = st.integers(-(10**30), 10**30)


@pytest.mark.parametrize(
    ("text", "code", "minor"),
    [
        ("1250.5", "KZT", 125050),
        ("1250.50", "KZT", 125050),
        ("0.01", "KZT", 1),
        (".5", "KZT", 50),
        ("5.", "KZT", 500),
        ("-3.20", "KZT", -320),
        ("+3.20", "KZT", 320),
        ("007", "KZT", 700),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("1.23", "IRR", 123),
        ("99999999999999999999.99", "KZT", 9999999999999999999999),
    ],
)
def test_text_means_minor_units(text: str, code: str, minor: int) -> None:
    assert parse_amount(text, currency(code)) == minor


@pytest.mark.parametrize(
    ("text", "code"), [("1.234", "KZT"), ("1.0", "JPY"), ("1.000", "IRR"), ("1.2345", "KWD")]
)
def test_more_decimals_than_the_currency_has_are_refused(text: str, code: str) -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount(text, currency(code))
    assert caught.value.too_precise


@pytest.mark.parametrize(
    "text", ["", ".", "-", "1,000", "1e3", "0x10", "1 000", "٣", "²", "1.2.3", "--1", "NaN", "1_0"]
)
def test_what_is_no_decimal_number_is_refused(text: str) -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount(text, KZT)
    assert not caught.value.too_precise


@given(minors, st.sampled_from([KZT, JPY, KWD]))
def test_formatting_and_parsing_are_inverse(minor: int, money: object) -> None:
    assert isinstance(money, type(KZT))
    assert parse_amount(format_minor(minor, money.decimals), money) == minor


def test_format_writes_exactly_the_currencys_decimals() -> None:
    assert format_minor(125050, 2) == "1250.50"
    assert format_minor(5, 3) == "0.005"
    assert format_minor(1500, 0) == "1500"
    assert format_minor(-1, 2) == "-0.01"
    assert format_minor(123456789, 2, grouping=",") == "1,234,567.89"


def test_money_reads_as_amount_and_code() -> None:
    assert str(Money(320000, KZT)) == "3,200.00 KZT"


def test_money_adds_subtracts_and_compares_in_one_currency() -> None:
    five, three = Money(500, KZT), Money(300, KZT)
    assert five + three == Money(800, KZT)
    assert five - three == Money(200, KZT)
    assert -five == Money(-500, KZT)
    assert three < five
    assert three <= three  # noqa: PLR0124
    assert bool(five) and not Money(0, KZT)


def test_two_currencies_are_never_added() -> None:
    for mix in (
        lambda: Money(1, KZT) + Money(1, JPY),
        lambda: Money(1, KZT) - Money(1, JPY),
        lambda: Money(1, KZT) < Money(1, JPY),
        lambda: Money(1, KZT) <= Money(1, JPY),
    ):
        with pytest.raises(InvariantBroken):
            mix()


def test_spare_units_go_to_the_largest_remainders_then_to_the_earlier() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [3, 3, 1]) == [4, 4, 2]
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert [str(part) for part in Money(5, JPY).allocate([0, 1, 1])] == ["0 JPY", "3 JPY", "2 JPY"]


@given(minors, weights)
def test_parts_add_up_to_the_whole(minor: int, shares: list[int]) -> None:
    assert sum(allocate(minor, shares)) == minor


@given(minors, weights)
def test_no_part_is_a_whole_unit_from_its_exact_share(minor: int, shares: list[int]) -> None:
    total = sum(shares)
    for part, weight in zip(allocate(minor, shares), shares, strict=True):
        assert abs(part * total - minor * weight) < total


@given(minors, weights)
def test_weight_zero_gets_nothing_and_signs_agree(minor: int, shares: list[int]) -> None:
    for part, weight in zip(allocate(minor, shares), shares, strict=True):
        assert part * minor >= 0
        assert weight or part == 0


@given(st.integers(0, 10**18), weights)
def test_allocation_does_not_depend_on_the_weights_scale(minor: int, shares: list[int]) -> None:
    assert allocate(minor, shares) == allocate(minor, [7 * weight for weight in shares])


@pytest.mark.parametrize("shares", [[], [0], [0, 0], [1, -1], [-1, 2]])
def test_weights_that_divide_nothing_are_refused(shares: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(100, shares)
