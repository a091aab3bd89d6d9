"""Declarations by themselves: every rule, where it is broken, and that all broken ones are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Amount, Charge, ChargeKind, Declaration, Item, Kind, Party
from tasviya.customs.declaration_rules import RULES, check, kilograms, written
from tasviya.customs.duty_units import Unit

EURO = "EUR"


def item(number: int = 1, **more: Any) -> Item:
    given: dict[str, Any] = {
        "goods": "220429",
        "origin": "MD",
        "procedure": "4000",
        "invoice": Amount(100_000, EURO),
        "quantities": {Unit.KG: 10_000, Unit.KG_GROSS: 11_000},
    }
    return Item(number, **(given | more))


def declared(*items: Item, **more: Any) -> Declaration:
    return Declaration(**({"lrn": "L-1", "kind": Kind.IMPORT, "items": items or (item(),)} | more))


def freight(minor: int, code: str = EURO) -> tuple[Charge, ...]:
    return (Charge(ChargeKind.FREIGHT, Amount(minor, code)),)


BROKEN: dict[str, tuple[Declaration, str]] = {
    "CR01": (declared(items=()), "items"),
    "CR02 below one": (declared(item(0)), "items[0].number"),
    "CR02 twice": (declared(item(1), item(1)), "items[1].number"),
    "CR02 order": (declared(item(2), item(1)), "items[1].number"),
    "CR03 none": (declared(item(goods="")), "items[0].goods"),
    "CR03 zero lost": (declared(item(goods="2011010")), "items[0].goods"),
    "CR03 unknown": (declared(item(goods="999998")), "items[0].goods"),
    "CR04 none": (declared(item(origin="")), "items[0].origin"),
    "CR04 name": (declared(item(origin="Moldova")), "items[0].origin"),
    "CR04 small": (declared(dispatch_country="md"), "dispatch_country"),
    "CR04 party": (declared(importer=Party(country="KAZ")), "importer.country"),
    "CR05 none": (declared(item(invoice=None)), "items[0].invoice"),
    "CR05 zero": (declared(item(invoice=Amount(0, EURO))), "items[0].invoice.amount"),
    "CR05 negative": (declared(item(invoice=Amount(-1, EURO))), "items[0].invoice.amount"),
    "CR05 charge": (declared(charges=freight(-1)), "charges[0].amount"),
    "CR05 own charge": (declared(item(charges=freight(-1))), "items[0].charges[0].amount"),
    "CR06": (declared(charges=freight(1, "EUX")), "charges[0].currency"),
    "CR07 sum": (declared(invoice=Amount(100_001, EURO)), "invoice.amount"),
    "CR07 two": (declared(item(), item(2, invoice=Amount(1, "KZT"))), "items[1].invoice.currency"),
    "CR07 statistical": (
        declared(item(), item(2, invoice=None, statistical=Amount(1, "KZT"))),
        "items[1].statistical.currency",
    ),
    "CR08 item": (
        declared(item(quantities={Unit.KG: 2, Unit.KG_GROSS: 1})),
        "items[0].quantities.kg",
    ),
    "CR08 whole": (declared(item(), item(2), gross_mass=19_999), "gross_mass"),
    "CR09 unit": (declared(item(quantities={Unit.HL: -1})), "items[0].quantities.hl"),
    "CR09 supplementary": (declared(item(supplementary=-1)), "items[0].supplementary"),
    "CR09 packages": (declared(packages=-1), "packages"),
    "CR10 number": (declared(lrn=" "), "lrn"),
    "CR10 procedure": (declared(item(procedure="")), "items[0].procedure"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_told_alone_with_its_place(case: str) -> None:
    declaration, where = BROKEN[case]
    (found,) = check(declaration)
    assert (found.reason, found.where) == (case[:4], where)
    assert found.what.endswith(".") and found.cure.endswith((".", "?"))


def test_every_rule_has_a_case_and_a_text() -> None:
    assert [rule.code for rule in RULES] == sorted({case[:4] for case in BROKEN})
    assert all(rule.text.endswith(".") for rule in RULES)


def test_what_holds_is_not_refused() -> None:
    assert check(declared()) == []
    assert check(declared(item(), item(3), invoice=Amount(200_000, EURO), gross_mass=20_000)) == []
    assert check(declared(charges=freight(0))) == []
    exported = replace(declared(item(origin="", invoice=None, statistical=Amount(1, EURO))), kind=Kind.EXPORT)
    assert check(exported) == []


def test_all_broken_rules_are_told() -> None:
    wrong = item(0, goods="1", origin="", invoice=Amount(-5, "EUX"), quantities={Unit.KG: -1}, procedure="")
    found = check(declared(wrong, item(0), lrn="", invoice=Amount(1, EURO), gross_mass=-1))
    assert {each.reason for each in found} == {
        "CR02",
        "CR03",
        "CR04",
        "CR05",
        "CR06",
        "CR07",
        "CR09",
        "CR10",
    } | ({"CR08"})


def test_a_lost_zero_is_suggested_and_never_put_in() -> None:
    declaration = declared(item(goods="2011010"))
    (found,) = check(declaration)
    assert "02011010" in found.cure and declaration.items[0].goods == "2011010"


def test_the_difference_to_the_invoice_is_told() -> None:
    (found,) = check(declared(item(), item(2), invoice=Amount(200_050, EURO)))
    assert "2,000.00 EUR" in found.what and "0.50 EUR apart" in found.what


def test_amounts_and_quantities_for_people() -> None:
    assert written(Amount(123_456_789, "JPY")) == "123,456,789 JPY"
    assert written(Amount(1, "???")) == "1 minor units of ???"
    assert [kilograms(each) for each in (0, 1, 120_500, -1_000)] == ["0", "0.001", "120.5", "-1"]


def test_refusals_are_values() -> None:
    assert all(isinstance(each, Refusal) for declaration, _ in BROKEN.values() for each in check(declaration))
