"""What a union's cycles have come to, and who is lastingly on one side of them, as it is told."""

from __future__ import annotations

import json
import sys

import pytest
from clearing_union import ClearingUnion
from exchange_union import A, B, D, E, G

from tasviya import app
from tasviya.cli.main import main


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    monkeypatch.setattr(sys, "argv", ["tasviya", *words])
    monkeypatch.setattr("tasviya.cli.output.screen.width", 120)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    return capsys.readouterr().out


def two_days(union: ClearingUnion) -> None:
    """KZT owes 100 units on the first day and 50 on the second; INR is owed 56 and 6, OMR 44 and 44. A
    payment within KZT goes gross, and nobody sells what the first cycle wants to buy.
    """
    union.pay(A, B, 10)
    union.through(B, D, 1000, "INR", "KZT")
    union.through(G, E, 2, "OMR", "INR")
    union.settle().at("14:00").settle().at("15:00").settle().at("19:00").settle()
    union.at("10:30", "2026-09-30").settle()
    union.make_markets()
    union.through(B, D, 500, "INR", "KZT")
    union.through(G, E, 2, "OMR", "INR")
    union.settle().at("14:00").settle().at("15:00").settle().at("19:00").settle()


def units(union: ClearingUnion, number: int) -> float:
    """All that a cycle made due, paid or not."""
    return sum(float(row["units"]) for row in app.ask_clearing(union.home).discharges(number))


def test_headlines_are_what_the_cycles_records_add_up_to(union: ClearingUnion) -> None:
    two_days(union)
    asked = app.ask_headlines(union.home)
    first, second = asked.saved()
    assert (first["cycle"], first["gross"], first["all_net_to"]) == (1, "144", "100")
    assert (second["cycle"], second["gross"], second["all_net_to"]) == (2, "94", "50")
    due = {number: units(union, number) for number in (1, 2)}
    again = 30  # of the first cycle, unpaid: it is not saved there, nor counted twice in the second
    for row, own in ((first, due[1]), (second, due[2] - again)):
        for saved, of in (("saved", "gross"), ("of_pairs", "pairs_net_to")):
            assert abs(float(row[saved].split()[0]) - 100 * (1 - own / int(row[of]))) < 0.1
    assert (int(first["paid"]), due[1]) == (10, 40)
    routes = {row["route"]: row for row in asked.routes()}
    assert routes["union"]["payments"] == routes["union"]["settled"] == 4
    assert routes["all"]["payments"] == sum(row["payments"] for name, row in routes.items() if name != "all")
    paid_how = asked.discharged()
    told = sum(float(row["units"].replace(",", "")) for row in paid_how)
    assert abs(told - sum(due.values())) < 0.001
    assert abs(sum(float(row["share"].split()[0]) for row in paid_how) - 100) < 0.2


def test_headlines_are_printed_with_their_three_tables(
    union: ClearingUnion, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    two_days(union)
    told = said(monkeypatch, capsys, "cycle", "headlines", "--home", str(union.home.root))
    assert told.index("by route") < told.index("what netting and credit saved") < told.index("was paid")


def test_lasting_sides_are_named_with_what_they_came_to(
    union: ClearingUnion, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    two_days(union)
    words = ("cycle", "imbalances", "--home", str(union.home.root))
    told = {row["currency"]: row for row in json.loads(said(monkeypatch, capsys, *words, "-o", "json"))}
    sides = {code: (row["side"], row["together"]) for code, row in told.items()}
    assert sides == {
        "KZT": ("debtor", "-150.0000"),
        "INR": ("creditor", "62.0001"),
        "OMR": ("creditor", "87.9999"),  # rials at the second day's rate
    }
    assert json.loads(said(monkeypatch, capsys, *words, "--at-least", "3", "-o", "json")) == []
    printed = said(monkeypatch, capsys, *words)
    assert "as it is" in printed and "a charge of 10.00 %" in printed and "evening out" in printed
