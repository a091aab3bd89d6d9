"""The ISO 4217 table, held against another edition of it."""

from __future__ import annotations

import iso4217
import pytest

from tasviya.core.currencies import UnknownCurrency, currency, iso_currencies, union_currency


@pytest.mark.parametrize(
    ("code", "decimals"),
    [
        ("IRR", 2),
        ("JPY", 0),
        ("KWD", 3),
        ("UZS", 2),
        ("VND", 0),
        ("IDR", 2),
        ("BYN", 2),
        ("IQD", 3),
        ("CLF", 4),
    ],
)
def test_decimals_are_those_of_iso_4217_not_of_a_locale(code: str, decimals: int) -> None:
    assert currency(code).decimals == decimals
    assert currency(code).minor_per_major == 10**decimals


def test_table_agrees_with_the_iso4217_package() -> None:
    other = {
        each.code: (each.number, each.exponent) for each in iso4217.Currency if each.exponent is not None
    }
    ours = {code: (money.number, money.decimals) for code, money in iso_currencies().items()}
    assert ours == other


def test_codes_and_numbers_are_unique() -> None:
    numbers = [money.number for money in iso_currencies().values()]
    assert len(numbers) == len(set(numbers))
    assert all(0 < number < 1000 for number in numbers)


def test_codes_are_three_capitals() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in iso_currencies())


@pytest.mark.parametrize("code", ["XAU", "XTS", "XXX", "QQQ", "kzt", "", "KZTT"])
def test_metals_tests_and_inventions_are_no_currencies(code: str) -> None:
    with pytest.raises(UnknownCurrency, match="ISO 4217"):
        currency(code)


def test_unions_own_unit_is_a_currency_with_a_number_of_its_own() -> None:
    unit = union_currency("XTU", 4, "Union unit")
    assert (unit.code, unit.decimals, str(unit)) == ("XTU", 4, "XTU")
    assert unit.number > 1000
    assert unit.number != union_currency("XUT", 4, "Another").number
    assert union_currency("XTU", 5, "As many decimals as messages carry").decimals == 5


@pytest.mark.parametrize(
    ("code", "decimals"), [("KZT", 2), ("XX", 2), ("xtu", 2), ("XT1", 2), ("XTÜ", 2), ("XTU", 6), ("XTU", -1)]
)
def test_malformed_or_taken_unit_is_refused(code: str, decimals: int) -> None:
    with pytest.raises(ValueError, match=r"capital|taken|decimals"):
        union_currency(code, decimals, "Unit")
