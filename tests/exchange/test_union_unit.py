"""The union's unit: continuity whenever it changes, and the SDR as the same code makes it."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import prod
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.core.rates import FxReason, significant
from tasviya.core.rounding import Rounding
from tasviya.exchange.fixing import root
from tasviya.exchange.union_unit import (
    Basket,
    basket,
    capped_weights,
    interest,
    one_currency,
    published,
    revised,
)

DAY = date(2026, 10, 1)
NAMES = ("CNY", "RUB", "INR", "KZT", "IRR")
REPOSITORY = Path(__file__).parents[2]
RATES = Path(os.environ.get("TASVIYA_SHARED") or REPOSITORY.parent / "shared") / "data" / "rates"
values = st.fractions(Fraction(1, 10**6), 10**4, max_denominator=10**8)
sizes = st.lists(st.integers(1, 10**9), min_size=4, max_size=12)


def fractions(numbers: Mapping[str, str]) -> dict[str, Fraction]:
    return {code: Fraction(number) for code, number in numbers.items()}


def made(found: Basket | Refusal) -> Basket:
    assert isinstance(found, Basket), found
    return found


def exact(found: Fraction | dict[str, Fraction] | Refusal) -> Fraction:
    assert isinstance(found, Fraction), found
    return found


def each(found: dict[str, Fraction] | Refusal) -> dict[str, Fraction]:
    assert isinstance(found, dict), found
    return found


def refused(found: object, reason: FxReason) -> Refusal:
    assert isinstance(found, Refusal)
    assert found.reason == reason
    return found


# Weights


@given(sizes)
def test_weights_lie_within_bounds_and_add_up_to_one(found: list[int]) -> None:
    weights = each(capped_weights({str(place): Fraction(size) for place, size in enumerate(found)}))
    assert sum(weights.values()) == 1
    slack = Fraction(len(found), 20_000)
    assert all(Fraction(1, 100) - slack <= weight <= Fraction(30, 100) + slack for weight in weights.values())
    assert all((weight * 10_000).denominator == 1 for weight in weights.values())
    ranked = sorted(range(len(found)), key=lambda place: found[place])
    for smaller, larger in pairwise(ranked):
        assert weights[str(smaller)] <= weights[str(larger)] + slack


def test_what_the_cap_takes_goes_to_the_others_in_proportion() -> None:
    found = each(capped_weights(fractions({"A": "700", "B": "160", "C": "80", "D": "60"}), Fraction(1, 2)))
    assert found == fractions({"A": "0.5", "B": "0.2667", "C": "0.1333", "D": "0.1"})


def test_floor_lifts_the_smallest() -> None:
    found = each(capped_weights(fractions({"A": "40", "B": "35", "C": "25", "D": "0"}), Fraction(1, 2)))
    assert found == fractions({"A": "0.396", "B": "0.3465", "C": "0.2475", "D": "0.01"})


def test_bounds_that_leave_no_weights_are_refused() -> None:
    refused(capped_weights(fractions({"A": "1", "B": "1", "C": "1"})), FxReason.NO_UNIT)
    refused(capped_weights(dict.fromkeys(map(str, range(101)), Fraction(1))), FxReason.NO_UNIT)


@pytest.mark.parametrize("wrong", [{}, {"A": "0", "B": "0"}, {"A": "-1", "B": "2"}])
def test_sizes_that_weigh_nothing_are_refused(wrong: dict[str, str]) -> None:
    refused(capped_weights(fractions(wrong)), FxReason.NO_UNIT)


# Continuity


@given(sizes, st.data())
@settings(deadline=None)
def test_unit_is_worth_the_same_before_and_after(found: list[int], data: st.DataObject) -> None:
    """To a digit of the anchor's seventh: half of one in a million of its share."""
    weights = each(capped_weights({f"C{place}": Fraction(size) for place, size in enumerate(found)}))
    on_the_day = {code: data.draw(values) for code in weights}
    average = {
        code: value * data.draw(st.fractions(Fraction(8, 10), Fraction(12, 10), max_denominator=100))
        for code, value in on_the_day.items()
    }
    worth = data.draw(values)
    unit = made(basket("TSU", DAY, weights, average, on_the_day, worth))
    now = exact(unit.worth(on_the_day))
    assert abs(now / worth - 1) <= Fraction(1, 10**6)
    for code, amount in unit.amounts.items():
        assert amount == significant(amount, 7 if code == unit.anchor else 5)
    assert sum(each(unit.shares(on_the_day)).values()) == 1


def test_shares_are_the_weights_while_rates_are_average() -> None:
    weights = fractions({"CNY": "0.4", "RUB": "0.35", "INR": "0.25"})
    flat = fractions({"CNY": "1.7", "RUB": "0.13", "INR": "0.11"})
    unit = made(basket("TSU", DAY, weights, flat, flat, Fraction(17)))
    assert unit.anchor == "CNY"
    for code, share in each(unit.shares(flat)).items():
        assert float(share) == pytest.approx(float(weights[code]), abs=2e-5)


def test_entry_and_exit_keep_the_units_worth() -> None:
    on_the_day = fractions({"CNY": "1", "RUB": "0.0794", "INR": "0.0698", "KZT": "0.0152"})
    old = made(
        basket("TSU", DAY, fractions({"CNY": "0.5", "RUB": "0.5"}), on_the_day, on_the_day, Fraction(10))
    )
    entered = fractions({"CNY": "0.4", "RUB": "0.3", "INR": "0.2", "KZT": "0.1"})
    larger = made(revised(old, DAY, entered, on_the_day, on_the_day))
    smaller = made(revised(larger, DAY, fractions({"INR": "0.7", "KZT": "0.3"}), on_the_day, on_the_day))
    for unit in (larger, smaller):
        assert float(exact(unit.worth(on_the_day))) == pytest.approx(10, rel=1e-6)
    assert set(larger.amounts) == {"CNY", "RUB", "INR", "KZT"}
    assert set(smaller.amounts) == {"INR", "KZT"}
    assert smaller.code == "TSU"


def test_scale_of_values_does_not_matter() -> None:
    unit = Basket("TSU", DAY, fractions({"CNY": "3", "RUB": "26"}), "CNY")
    one = fractions({"CNY": "1", "RUB": "0.0794"})
    other = {code: value * 977 for code, value in one.items()}
    assert unit.in_currencies(one) == unit.in_currencies(other)


def test_value_in_two_currencies_is_their_cross_rate() -> None:
    unit = Basket("TSU", DAY, fractions({"CNY": "3", "RUB": "26"}), "CNY")
    found = each(unit.in_currencies(fractions({"CNY": "1", "RUB": "0.08", "USD": "7.1"})))
    assert found["RUB"] / found["CNY"] == Fraction(1) / Fraction("0.08")
    assert found["USD"] == (3 + 26 * Fraction("0.08")) / Fraction("7.1")


def test_published_value_has_six_digits() -> None:
    assert [published(Fraction(text)) for text in ("2045515.240687", "0.13849951")] == [
        2_045_520,
        Fraction("0.1385"),
    ]


@pytest.mark.parametrize(("weight", "moved_bp"), [("0.05", 15), ("0.30", 90)])
def test_false_rate_moves_the_unit_by_its_weight(weight: str, moved_bp: int) -> None:
    """A rate that is 3 % too high, seen from another currency: why weights are capped."""
    flat = fractions({"CNY": "1", "RUB": "0.08", "INR": "0.07"})
    weights = fractions({"RUB": weight, "INR": "0.2"})
    unit = made(basket("TSU", DAY, weights | {"CNY": 1 - sum(weights.values())}, flat, flat, Fraction(10)))
    false = flat | {"RUB": flat["RUB"] * Fraction(103, 100)}
    before, after = (each(unit.in_currencies(at))["INR"] for at in (flat, false))
    assert float(after / before - 1) * 10_000 == pytest.approx(moved_bp, abs=0.01)


# One currency, or none


def test_unit_can_be_one_currency() -> None:
    unit = one_currency("TSU", DAY, "CNY", Fraction(10))
    found = each(unit.in_currencies(fractions({"CNY": "1", "KZT": "0.0152"})))
    assert found["CNY"] == 10
    assert each(unit.shares({"CNY": Fraction(3)})) == {"CNY": 1}


def test_basket_without_currencies_is_none() -> None:
    with pytest.raises(InvariantBroken):
        Basket("TSU", DAY, {}, "CNY")
    refused(basket("TSU", DAY, {}, {}, {}, Fraction(1)), FxReason.NO_UNIT)


@pytest.mark.parametrize("missing", [{"CNY": "1"}, {"CNY": "1", "RUB": "0"}])
def test_missing_value_is_refused_not_left_out(missing: dict[str, str]) -> None:
    unit = Basket("TSU", DAY, fractions({"CNY": "3", "RUB": "26"}), "CNY")
    for found in (
        unit.worth(fractions(missing)),
        unit.shares(fractions(missing)),
        unit.in_currencies(fractions(missing)),
    ):
        assert refused(found, FxReason.NO_RATE).where == "RUB"
    flat = fractions({"CNY": "1", "RUB": "0.08"})
    weights = fractions({"CNY": "0.5", "RUB": "0.5"})
    refused(basket("TSU", DAY, weights, fractions(missing), flat, Fraction(1)), FxReason.NO_RATE)
    refused(basket("TSU", DAY, weights, flat, fractions(missing), Fraction(1)), FxReason.NO_RATE)
    refused(revised(unit, DAY, weights, flat, fractions(missing)), FxReason.NO_RATE)


def test_anchor_outside_the_basket_is_refused() -> None:
    flat = fractions({"CNY": "1", "RUB": "0.08"})
    refused(basket("TSU", DAY, {"CNY": Fraction(1)}, flat, flat, Fraction(1), "RUB"), FxReason.NO_UNIT)


# Interest


def test_interest_is_the_shares_times_the_rates() -> None:
    unit = Basket("TSU", DAY, fractions({"CNY": "3", "RUB": "25"}), "CNY")
    at = fractions({"CNY": "1", "RUB": "0.08"})  # shares 0.6 and 0.4
    assert unit.interest_percent(at, fractions({"CNY": "1.4321", "RUB": "16"})) == Fraction("7.259")
    assert unit.interest_percent(at, fractions({"CNY": "-3", "RUB": "1"})) == 0
    assert refused(unit.interest_percent(at, fractions({"CNY": "1"})), FxReason.NO_RATE).where == "RUB"


@pytest.mark.parametrize(
    ("minor", "percent", "days", "rounding", "earned"),
    [
        (1_000_000_00, "7.259", 365, Rounding.DOWN, 7_259_000),
        (1_000_000_00, "7.259", 1, Rounding.DOWN, 19_887),
        (1_000_000_00, "7.259", 1, Rounding.UP, 19_888),
        (-1_000_000_00, "7.259", 1, Rounding.DOWN, -19_887),
        (1_000_000_00, "0", 30, Rounding.UP, 0),
    ],
)
def test_interest_counts_actual_days_of_365(
    minor: int, percent: str, days: int, rounding: Rounding, earned: int
) -> None:
    assert interest(minor, Fraction(percent), days, rounding) == earned


# The SDR, by the same code. Amounts: International Monetary Fund, SDR valuation, from 1 October 2016 and from
# 1 August 2022; weights: its review of 2022. Rates: European Central Bank, not the Fund's own.

SDR_2016 = fractions(
    {"USD": "0.58252", "EUR": "0.38671", "CNY": "1.0174", "JPY": "11.900", "GBP": "0.085946"}
)
SDR_2022 = fractions(
    {"USD": "0.57813", "EUR": "0.37379", "CNY": "1.0993", "JPY": "13.452", "GBP": "0.080870"}
)
SDR_WEIGHTS = fractions({"USD": "0.4338", "EUR": "0.2931", "CNY": "0.1228", "JPY": "0.0759", "GBP": "0.0744"})


def dollar_values() -> list[dict[str, Fraction]]:
    """Each day's value of one of each currency, in dollars."""
    text = (Path(__file__).parent / "data" / "ecb_rates_2022.csv").read_text(encoding="utf-8")
    days = []
    for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        for_a_euro = {code: Fraction(number) for code, number in row.items() if code != "date"} | {
            "EUR": Fraction(1)
        }
        days.append({code: for_a_euro["USD"] / number for code, number in for_a_euro.items()})
    return days


def mean(days: Sequence[Mapping[str, Fraction]]) -> dict[str, Fraction]:
    return {code: sum((day[code] for day in days), Fraction(0)) / len(days) for code in days[0]}


def test_sdr_of_2022_comes_out_as_derived_from_ecb_rates() -> None:
    """Three months to 29 July 2022; within 16 basis points of the amounts published."""
    days = dollar_values()
    assert len(days) == 65
    old = Basket("XDR", date(2016, 10, 1), SDR_2016, "USD")
    unit = made(revised(old, date(2022, 8, 1), SDR_WEIGHTS, mean(days), days[-1], "USD"))
    derived = {"EUR": "0.37396", "CNY": "1.0977", "JPY": "13.455", "GBP": "0.080905"}
    assert {code: amount for code, amount in unit.amounts.items() if code != "USD"} == fractions(derived)
    assert abs(unit.amounts["USD"] - Fraction("0.57811")) < Fraction(2, 10**5), (
        "less what the others' digits leave"
    )
    for code, amount in SDR_2022.items():
        assert abs(unit.amounts[code] / amount - 1) < Fraction(16, 10_000)
    assert abs(exact(unit.worth(days[-1])) / exact(old.worth(days[-1])) - 1) < Fraction(1, 10**6)


def test_published_sdr_baskets_agree_on_the_day_of_change() -> None:
    """The old and the new basket on 29 July 2022: 0.2 basis points apart at the ECB's rates."""
    at = dollar_values()[-1]
    old, new = (exact(Basket("XDR", DAY, amounts, "USD").worth(at)) for amounts in (SDR_2016, SDR_2022))
    assert abs(new / old - 1) < Fraction(3, 100_000)
    assert float(old) == pytest.approx(1.3198, abs=0.004)


# A worked example on real rates


def rows_of_real_rates() -> list[dict[str, str]]:
    file = RATES / "rates_eur_daily.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here: daily rates of ten currencies")
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def test_worked_example_of_a_unit_of_ten_currencies() -> None:
    """Base window of 20 days, one unit ten yuan on its last; values against the members' geometric mean."""
    rows = rows_of_real_rates()
    told = json.loads((RATES / "union_unit_vectors.json").read_text(encoding="utf-8"))
    codes = list(told["weights"])
    days = {}
    for row in rows:
        for_a_euro = [1 / Fraction(row[code]) for code in codes]
        middle = root(prod(for_a_euro, start=Fraction(1)), len(codes))
        days[row["date"]] = {code: value / middle for code, value in zip(codes, for_a_euro, strict=True)}
    window = list(days)[:20]
    base = told["base_date"]
    assert window[-1] == base
    weights = {code: Fraction(str(weight)) for code, weight in told["weights"].items()}
    worth = 10 * days[base]["CNY"]
    unit = made(basket("TSU", DAY, weights, mean([days[day] for day in window]), days[base], worth))
    assert {code: float(amount) for code, amount in unit.amounts.items()} == told["amounts"]
    for day, expected in told["unit_value"].items():
        found = each(unit.in_currencies(days[day]))
        assert {code: round(float(found[code]), 6) for code in codes} == pytest.approx(
            expected, rel=1e-9, abs=1e-6
        )


def test_worked_example_of_weights_from_trade() -> None:
    """Weights from exports and imports among ten members in 2015."""
    file = RATES.parent / "trade" / "trade_2015_unctad.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here: trade among states in 2015")
    told = json.loads((RATES / "union_unit_vectors.json").read_text(encoding="utf-8"))["weights"]
    codes = ("CHN", "RUS", "IND", "KAZ", "KGZ", "TJK", "UZB", "PAK", "IRN", "BLR")
    states = dict(zip(codes, told, strict=True))
    trade = dict.fromkeys(told, Fraction(0))
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        if row["exporter"] in states and row["importer"] in states:
            for side in ("exporter", "importer"):
                trade[states[row[side]]] += Fraction(row["usd_thousand"])
    weights = each(capped_weights(trade))
    assert {code: float(weight) for code, weight in weights.items()} == pytest.approx(told, abs=2e-4)
