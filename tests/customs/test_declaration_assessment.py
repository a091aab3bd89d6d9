"""What declarations pay: values add up to the last minor unit, items pay what they would alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.core.rounding import Rounding, rounded
from tasviya.customs.declaration import Amount, Charge, ChargeKind, Declaration, Item, Kind
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats import declaration_json, wco
from tasviya.customs.tariff import Tariff, read_tariff
from tasviya.customs.tax_law import read_law
from tasviya.services.declarations import (
    Assessed,
    apportion,
    assess_declaration,
    assessed_rows,
    item_values,
)
from tasviya.services.duty import Answer, Asked, answer

DATA = Path(__file__).parent / "data"
EXAMPLE = Path(__file__).parents[2] / "examples" / "customs"
DAY = date(2026, 10, 1)
RATES = {"EUR": Fraction("512.34"), "GBP": Fraction("590.02"), "JPY": Fraction("3.4567")}


def tariff() -> Tariff:
    law = read_law((EXAMPLE / "KZ.toml").read_text(encoding="utf-8"), "KZ.toml")
    return read_tariff((EXAMPLE / "KZ.csv").read_text(encoding="utf-8"), law, "KZ.csv")


def example() -> Declaration:
    found = declaration_json.read((EXAMPLE / "import.json").read_bytes())
    assert isinstance(found, Declaration)
    return found


def assessed(declaration: Declaration) -> Assessed:
    found = assess_declaration(declaration, tariff(), RATES, DAY)
    assert isinstance(found, Assessed), [str(each) for each in found]
    return found


def refused(declaration: Declaration, rates: dict[str, Fraction] = RATES) -> list[Refusal]:
    found = assess_declaration(declaration, tariff(), rates, DAY)
    assert isinstance(found, list)
    return found


def test_the_example() -> None:
    """9,500 and 1,000 euros at 512.34, and 41,000 tenge: 5,420,570.00; the taxes by hand."""
    found = assessed(example())
    assert found.value.minor == 542_057_000
    assert [each.value.minor for each in found.items] == [114_117_452, 256_763_626, 171_175_922]
    assert found.by_tax == {"DUTY": 35_661_684, "EXC": 6_686_037, "VAT": 70_128_500, "FEE": 1_084_114}
    assert found.total == 113_560_335
    assert found.by_tax["FEE"] == rounded(Fraction(542_057_000, 500), Rounding.HALF_UP)


def test_one_item_pays_what_the_question_answers() -> None:
    """A declaration of one item and the question of `tasviya duty` are two ways to the same figures."""
    item = replace(example().items[0], invoice=Amount(200_000, "EUR"))
    freight = (Charge(ChargeKind.FREIGHT, Amount(12_050, "EUR")),)
    found = assessed(replace(example(), items=(item,), invoice=None, charges=freight))
    quantities = {"vol_hl": "145"}
    asked = Asked("220429", "MD", "2000", "EUR", DAY, {"freight": "120.50"}, quantities)
    told = answer(tariff(), asked, RATES)
    assert isinstance(told, Answer)
    assert found.by_tax == told.by_tax and found.items[0].value == told.value
    assert found.total == 45_078_359


def test_a_published_declaration_pays_by_the_examples_tariff() -> None:
    """HMRC's shavers, 1,000 pounds at 590.02 and 5 per cent; preference 100 claims nothing."""
    reading = wco.read((DATA / "TT_IM001a_decl.xml").read_bytes())
    assert isinstance(reading, wco.Reading)
    found = assessed(reading.declaration)
    assert found.value.minor == 59_002_000
    assert found.by_tax == {"DUTY": 2_950_100, "VAT": 7_434_300, "FEE": 118_004}


PRICES = st.lists(st.integers(3, 10**9), min_size=1, max_size=12)
CHARGES = st.lists(
    st.tuples(
        st.sampled_from([ChargeKind.FREIGHT, ChargeKind.INSURANCE, ChargeKind.ADDITION]),
        st.integers(0, 10**8),
        st.sampled_from(["EUR", "KZT", "JPY"]),
    ),
    max_size=4,
)


def shipment(prices: list[int], charges: list[tuple[ChargeKind, int, str]], deducted: int = 0) -> Declaration:
    items = tuple(
        Item(number, "520942", origin="TR", invoice=Amount(price, "EUR"), procedure="4000")
        for number, price in enumerate(prices, 1)
    )
    given = [*charges, (ChargeKind.DEDUCTION, deducted, "EUR")]
    whole = tuple(Charge(kind, Amount(minor, code)) for kind, minor, code in given)
    return Declaration("L-1", Kind.IMPORT, items, charges=whole, invoice=Amount(sum(prices), "EUR"))


@given(PRICES, CHARGES, st.fractions(0, Fraction(1, 2)), st.sampled_from(Rounding))
@settings(max_examples=150, deadline=None)
def test_items_add_up_to_the_shipment(
    prices: list[int], charges: list[tuple[ChargeKind, int, str]], share: Fraction, rounding: Rounding
) -> None:
    """Charges in their own currency, and customs values in the member's, whatever the rounding."""
    declaration = shipment(prices, charges, int(sum(prices) * share))
    parts = apportion(declaration)
    for place, charge in enumerate(declaration.charges, 1):
        sign = -1 if charge.kind is ChargeKind.DEDUCTION else 1
        assert sum(each[place].minor for each in parts) == sign * charge.amount.minor
    law = replace(tariff().law, value_rounding=rounding)
    found = item_values(declaration, RATES, law)
    assert isinstance(found, tuple), [str(each) for each in found]
    whole, values = found
    assert sum(each.minor for each in values) == whole.minor
    scales = {"EUR": RATES["EUR"], "KZT": Fraction(1), "JPY": RATES["JPY"] * 100}
    by_hand = [sum(part.minor * scales[part.currency.code] for part in each) for each in parts]
    assert whole.minor == rounded(Fraction(sum(by_hand)), rounding)
    for exact, value in zip(by_hand, values, strict=True):
        assert abs(exact - value.minor) < 1
    if len(prices) == 1:
        assert values[0].minor == whole.minor


@given(PRICES)
@settings(max_examples=30, deadline=None)
def test_taxes_by_item_add_up_to_the_totals(prices: list[int]) -> None:
    found = assessed(shipment(prices, []))
    for code in ("DUTY", "VAT"):
        by_item = [
            charge.amount
            for each in found.items
            for charge in each.assessment.charges
            if charge.step.tax.code == code
        ]
        assert sum(by_item) == found.by_tax[code]
    assert len(assessed_rows(found, "KZ.csv")) == 3 * len(prices)


def test_refusals_name_the_items_field() -> None:
    wine, denim, trousers = example().items
    items = (
        replace(wine, quantities={Unit.KG: 1}),
        replace(denim, preference="NONE"),
        replace(trousers, goods="901811"),
    )
    found = refused(replace(example(), items=items))
    assert [(each.reason, each.where) for each in found] == [
        ("CD02", "items[0].quantities.vol_hl"),
        ("CD05", "items[1].preference"),
        ("CD01", "items[2].goods"),
    ]


def test_a_missing_rate_is_told_once() -> None:
    (found,) = refused(example(), {})
    assert (found.reason, found.where, found.transient) == ("CD03", "items", True)


def test_broken_rules_come_first_and_all() -> None:
    found = refused(replace(example(), lrn="", kind=Kind.EXPORT))
    assert [each.reason for each in found] == ["CR10", "CA01"]


def test_an_item_that_is_worth_nothing_is_refused() -> None:
    wine = example().items[0]
    gone = Charge(ChargeKind.DEDUCTION, Amount(300_000, "EUR"))
    found = refused(replace(example(), items=(replace(wine, charges=(gone,)), *example().items[1:])))
    assert [(each.reason, each.where) for each in found] == [("CA02", "items[0].invoice")]


@pytest.mark.parametrize(("preference", "duty"), [("100", 10), ("", 10), ("FTA", 0)])
def test_a_preference_of_100_claims_nothing(preference: str, duty: int) -> None:
    denim = replace(example().items[1], preference=preference)
    found = assessed(replace(example(), items=(denim,), invoice=None, charges=()))
    assert found.by_tax["DUTY"] == found.value.minor * duty // 100
