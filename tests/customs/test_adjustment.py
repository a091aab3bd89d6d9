"""Corrections, refunds and drawback: what differences come to, and what never happens."""

from __future__ import annotations

import doctest
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.customs.adjustment import (
    Account,
    Adjustment,
    Drawback,
    ImportLine,
    Use,
    adjust,
    drawback,
    last_day,
)
from tasviya.customs.tax_law import TaxLaw, read_law

LAW = """member = "XX"
currency = "GBP"
tariff = "XX.csv"
[[tax]]
code = "DUTY"
on = ["value"]
rounding = "{rounding}"
rounding_unit = "{unit}"
[[tax]]
code = "VAT"
on = ["value", "DUTY"]
rounding = "down"
[[refund]]
years = 3
minimum = "10.00"
demand_years = 2
demand_minimum = "5.00"
valid_from = 2026-01-01
[[drawback]]
tax = "DUTY"
percent = "{percent}"
years = 2
valid_from = 2026-01-01
"""
ACCEPTED = date(2026, 3, 1)
LATER = date(2026, 9, 1)


def law(percent: str = "90", rounding: str = "down", unit: str = "0.01") -> TaxLaw:
    return read_law(LAW.format(percent=percent, rounding=rounding, unit=unit), "XX.toml")


def adjusted(
    before: dict[str, int],
    after: dict[str, int],
    accounts: dict[str, Account] | None = None,
    on: date = LATER,
) -> Adjustment:
    paid = {code: Account(minor) for code, minor in before.items()}
    found = adjust(law(), before, after, paid if accounts is None else accounts, accepted=ACCEPTED, on=on)
    assert isinstance(found, Adjustment), found
    return found


def figures(found: Adjustment) -> list[tuple[str, int, int, int, int]]:
    return [(each.tax, each.demand, each.refund, each.remitted, each.withheld) for each in found.changes]


def test_more_is_demanded_and_less_is_refunded_tax_by_tax() -> None:
    found = adjusted({"DUTY": 100_00, "VAT": 220_00}, {"DUTY": 120_00, "VAT": 200_00})
    assert figures(found) == [("DUTY", 20_00, 0, 0, 0), ("VAT", 0, 20_00, 0, 0)]
    assert (found.demand, found.refund) == (20_00, 20_00)


def test_a_tax_that_did_not_change_is_not_there() -> None:
    assert adjusted({"DUTY": 100_00}, {"DUTY": 100_00}).changes == ()


def test_what_was_never_paid_is_remitted_before_anything_is_refunded() -> None:
    found = adjusted({"DUTY": 100_00}, {"DUTY": 40_00}, {"DUTY": Account(75_00)})
    assert figures(found) == [("DUTY", 0, 35_00, 25_00, 0)]
    assert found.changes[0].why == (
        "40.00 after, 100.00 before; 25.00 never paid, of which 25.00 remitted; "
        "75.00 paid and not given back, of which 35.00 refunded"
    )


def test_what_was_drawn_back_is_not_refunded_as_well() -> None:
    found = adjusted({"DUTY": 100_00}, {"DUTY": 40_00}, {"DUTY": Account(100_00, 0, 90_00)})
    assert figures(found) == [("DUTY", 0, 10_00, 0, 50_00)]
    assert "drawback" in found.changes[0].why


@pytest.mark.parametrize(
    ("after", "on", "told"),
    [
        (80_00, date(2029, 3, 1), (0, 20_00, 0)),
        (80_00, date(2029, 3, 2), (0, 0, 20_00)),
        (90_01, LATER, (0, 0, 9_99)),
        (90_00, LATER, (0, 10_00, 0)),
        (120_00, date(2028, 3, 1), (20_00, 0, 0)),
        (120_00, date(2028, 3, 2), (0, 0, 20_00)),
        (104_99, LATER, (0, 0, 4_99)),
        (105_00, LATER, (5_00, 0, 0)),
    ],
)
def test_time_and_minimum_of_the_law_hold_to_the_day_and_to_the_penny(
    after: int, on: date, told: tuple[int, int, int]
) -> None:
    (change,) = adjusted({"DUTY": 100_00}, {"DUTY": after}, on=on).changes
    assert (change.demand, change.refund, change.withheld) == told


def test_minimum_is_of_all_taxes_together() -> None:
    found = adjusted({"DUTY": 100_00, "VAT": 200_00}, {"DUTY": 94_00, "VAT": 196_00})
    assert found.refund == 10_00


def test_last_day_of_a_leap_day_is_28_february() -> None:
    assert last_day(date(2028, 2, 29), 3) == date(2031, 2, 28)
    assert last_day(date(2028, 2, 29), 4) == date(2032, 2, 29)


@pytest.mark.parametrize(
    ("before", "after", "accounts", "accepted", "code"),
    [
        ({"DUTY": -1}, {}, {}, ACCEPTED, "AJ01"),
        ({"DUTY": 5}, {}, {"DUTY": Account(5, 6)}, ACCEPTED, "AJ01"),
        ({}, {}, {}, LATER + timedelta(days=1), "AJ02"),
        ({}, {}, {}, date(2025, 12, 31), "AJ03"),
        ({"EXC": 5}, {}, {}, ACCEPTED, "AJ06"),
        ({}, {"EXC": 5}, {}, ACCEPTED, "AJ06"),
    ],
)
def test_what_cannot_be_adjusted_is_refused(
    before: dict[str, int], after: dict[str, int], accounts: dict[str, Account], accepted: date, code: str
) -> None:
    found = adjust(law(), before, after, accounts, accepted=accepted, on=LATER)
    assert isinstance(found, Refusal) and found.reason == code and found.cure


MINOR = st.integers(0, 10**7)


@given(
    st.dictionaries(st.sampled_from(["DUTY", "VAT"]), st.tuples(MINOR, MINOR)),
    st.dictionaries(st.sampled_from(["DUTY", "VAT"]), st.tuples(MINOR, MINOR, MINOR)),
    st.integers(0, 1500),
)
def test_differences_add_up_and_no_more_is_given_back_than_was_paid(
    taxes: dict[str, tuple[int, int]], paid: dict[str, tuple[int, int, int]], days: int
) -> None:
    before = {code: first for code, (first, _) in taxes.items()}
    after = {code: second for code, (_, second) in taxes.items()}
    accounts = {code: Account(sum(each), each[1], each[2]) for code, each in paid.items()}
    found = adjusted(before, after, accounts, ACCEPTED + timedelta(days=days))
    for each in found.changes:
        parts = (each.demand, each.refund, each.remitted, each.withheld)
        assert min(parts) >= 0 and sum(parts) == abs(each.after - each.before)
        assert each.refund <= accounts.get(each.tax, Account(0)).left
        assert each.demand == 0 or each.refund == each.remitted == 0
    changed = {each.tax for each in found.changes}
    assert changed == {code for code in taxes if before[code] != after[code]}


@given(st.lists(MINOR, min_size=2, max_size=6))
def test_corrections_one_after_the_other_never_give_back_more_than_was_paid(assessed: list[int]) -> None:
    account = Account(assessed[0])
    for before, after in pairwise(assessed):
        for each in adjusted({"DUTY": before}, {"DUTY": after}, {"DUTY": account}).changes:
            account = Account(account.paid + each.demand, account.refunded + each.refund)
        assert account.left >= 0
    if all(abs(a - b) >= 10_00 for a, b in pairwise(assessed)):
        assert account.left == assessed[-1], "who pays all demands has paid what is assessed in the end"


# --- drawback ----------------------------------------------------------------------------------------


def imported(paid: int = 100_00, quantity: int = 1_000_000, **more: int) -> ImportLine:
    account = Account(paid, more.pop("refunded", 0), more.pop("drawn", 0))
    return ImportLine(ACCEPTED, quantity, {"DUTY": account, "VAT": Account(7)}, more.pop("used", 0))


def given_back(line: ImportLine, *quantities: int, of: TaxLaw | None = None) -> Drawback:
    found = drawback(of or law(), {"A": line}, [Use("A", each) for each in quantities], LATER)
    assert isinstance(found, Drawback), found
    return found


def test_drawback_is_the_laws_per_cent_of_the_share_that_leaves() -> None:
    found = given_back(imported(), 250_000)
    assert [(each.tax, each.amount) for each in found.figures] == [("DUTY", 22_50)]
    assert found.figures[0].why == (
        "100.00 paid and not refunded; 90 % of 250 of 1000 = 22.50, down to 0.01; less 0.00 drawn before"
    )
    assert found.lines["A"].used == 250_000 and found.lines["A"].accounts["DUTY"].drawn == 22_50


def test_many_small_exports_come_to_what_one_large_one_does() -> None:
    line = imported(10_00, 3_000)
    assert [each.amount for each in given_back(line, 1_000, 1_000, 1_000).figures] == [3_00, 3_00, 3_00]
    line = imported(1_00, 7_000)
    assert sum(each.amount for each in given_back(line, *[1_000] * 7).figures) == 90


def test_a_refund_in_between_lowers_what_is_drawn_back() -> None:
    assert given_back(imported(refunded=50_00, drawn=45_00, used=500_000), 500_000).amount == 0


@pytest.mark.parametrize(
    ("line", "use", "exported", "code"),
    [
        (imported(), Use("A", 0), LATER, "AJ01"),
        (imported(refunded=100_01), Use("A", 1), LATER, "AJ01"),
        (imported(used=1_000_001), Use("A", 1), LATER, "AJ01"),
        (imported(), Use("A", 1), date(2026, 2, 28), "AJ02"),
        (ImportLine(date(2025, 12, 31), 1, {"DUTY": Account(1)}), Use("A", 1), LATER, "AJ03"),
        (ImportLine(ACCEPTED, 1, {"VAT": Account(1)}), Use("A", 1), LATER, "AJ03"),
        (imported(), Use("A", 1), date(2028, 3, 2), "AJ04"),
        (imported(), Use("A", 1_000_001), LATER, "AJ05"),
        (imported(used=999_999), Use("A", 2), LATER, "AJ05"),
        (imported(), Use("B", 1), LATER, "AJ06"),
    ],
)
def test_what_is_not_given_back_is_refused(line: ImportLine, use: Use, exported: date, code: str) -> None:
    found = drawback(law(), {"A": line}, [use], exported)
    assert isinstance(found, Refusal) and found.reason == code and found.cure


def test_one_use_too_many_refuses_all_of_an_export() -> None:
    found = drawback(law(), {"A": imported()}, [Use("A", 600_000), Use("A", 600_000)], LATER)
    assert isinstance(found, Refusal) and found.reason == "AJ05" and "400" in found.what


@given(
    MINOR,
    st.integers(0, 10**6),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=8),
    st.sampled_from(["down", "up", "half_up", "half_even"]),
    st.sampled_from(["0.01", "1", "5"]),
    st.integers(0, 100),
)
def test_drawback_never_exceeds_what_was_paid_and_adds_up(
    paid: int, refunded: int, quantities: list[int], rounding: str, unit: str, percent: int
) -> None:
    assume(refunded <= paid)
    whole = sum(quantities)
    of = law(str(percent), rounding, unit)
    many = given_back(imported(paid, whole, refunded=refunded), *quantities, of=of)
    one = given_back(imported(paid, whole, refunded=refunded), whole, of=of)
    assert all(each.amount >= 0 for each in many.figures)
    assert many.amount == one.amount <= paid - refunded
    assert many.lines == one.lines and many.lines["A"].accounts["DUTY"].left >= 0
    assert many.lines["A"].accounts["VAT"] == Account(7)


def test_the_examples_of_the_page_are_what_the_program_says(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    done = doctest.testfile(str(root / "docs" / "customs.md"), module_relative=False)
    assert done.attempted >= 6 and done.failed == 0
