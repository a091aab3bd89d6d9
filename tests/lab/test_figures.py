"""The figures the lab carries, and that it says where they come from."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.lab.figures import companies, goods, label, matrix_for, rates, sizes, trade_matrix

SCO = ["BY", "CN", "IN", "IR", "KG", "KZ", "PK", "RU", "TJ", "UZ"]


def test_matrix_of_2015_is_the_published_one() -> None:
    matrix = trade_matrix("trade_2015")
    assert len(matrix.usd) == 228
    assert len(matrix.states) == 16
    assert (
        matrix.usd["CN", "IN"] == 58_262_026_310 or 58_200_000_000 < matrix.usd["CN", "IN"] < 58_300_000_000
    )
    assert round(sum(matrix.usd.values()) / 10**8) == 5367, "536.7 billion dollars"
    assert "UNCTAD" in matrix.source


def test_matrix_of_south_east_asia_names_its_source() -> None:
    matrix = trade_matrix("trade_south_east_asia")
    assert len(matrix.usd) == 55
    assert "Apache-2.0" in matrix.source


def test_rates_are_exact_and_labelled() -> None:
    found = rates("2026-09-29")
    assert found.per_usd["USD"] == 1
    assert found.per_usd["KZT"] == Fraction("501.27353544") / Fraction("1.13607202")
    assert "not official" in found.source
    assert all(currency(code) for code in found.per_usd)


def test_label_says_that_flows_of_one_year_meet_rates_of_another() -> None:
    text = label(trade_matrix("trade_2015"), rates("2026-09-29"))
    for words in ("2015", "2026-09-29", "not official", "fictitious", "no institution is affiliated"):
        assert words in text


def test_matrix_is_chosen_by_members() -> None:
    assert matrix_for(["KZ", "UZ"]).name == "trade_2015"
    assert matrix_for(["SG", "TH", "VN"]).name == "trade_south_east_asia"


@pytest.mark.parametrize(
    ("code", "ask"),
    [
        ("LB01", lambda: trade_matrix("trade_1900")),
        ("LB02", lambda: matrix_for(["FR", "DE"])),
        ("LB03", lambda: rates("2026-01-01")),
        ("LB04", lambda: rates("2026-09-29").of("XOF")),
    ],
)
def test_figures_that_are_not_at_hand_are_refused(code: str, ask: object) -> None:
    with pytest.raises(OperatorError) as caught:
        ask()  # type: ignore[operator]
    assert caught.value.refusal.reason == code


def test_sizes_average_one() -> None:
    assert len(sizes()) == 1024
    assert sum(sizes()) == 1024 * 1_000_000
    assert list(sizes()) == sorted(sizes())


def test_company_names_fit_into_messages_in_many_scripts() -> None:
    countries = [*sorted(trade_matrix("trade_south_east_asia").states), *SCO]
    found = [company for country in countries for company in companies(country)]
    assert all(len(company.name) <= 140 and len(company.town) <= 35 for company in found)
    assert all(len(companies(country)) >= 4 for country in countries)
    assert sum(not company.name.isascii() for company in found) > 30


def test_country_without_companies_of_its_own_gets_plain_ones() -> None:
    assert companies("FR")[0].name == "FR Trading Company 1"


def test_goods_fit_into_a_remittance_line() -> None:
    assert all(len(heading) == 4 and heading.isdigit() for heading, _ in goods())
    assert all(len(f"Invoice 000000, HS {heading} {text}") <= 140 for heading, text in goods())
