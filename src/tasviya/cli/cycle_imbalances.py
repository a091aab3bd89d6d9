"""`tasviya cycle imbalances`: who piles up claims or debts cycle after cycle, and what would change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.dollars import percent, right_aligned
from tasviya.cli.netting_years import share_in, shares_in
from tasviya.cli.options import DEFAULT_HOME, Home, Output
from tasviya.cli.output import Format, Row, screen, show
from tasviya.core.errors import OperatorError

if TYPE_CHECKING:
    from tasviya.app import ClearingQueries
    from tasviya.lab.swing_years import Outcome, Periods, Rules


def imbalances(
    at_least: Annotated[int, typer.Option(min=1, max=500, help="Cycles in a row that make it last.")] = 2,
    quota: Annotated[str, typer.Option(help="Quotas to try, percent of today's: 50,200.")] = "50,200",
    charge: Annotated[
        str, typer.Option(help="Charges on claims beyond half the quota to try, percent a cycle: 1,10.")
    ] = "1,10",
    purchase: Annotated[
        str, typer.Option(help="Parts of its claim that a creditor spends a cycle, to try: 25,100.")
    ] = "25,100",
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Lasting creditors and debtors of the union's own cycles, what would even them out, and what other rules
    would have changed. Example: tasviya cycle imbalances --at-least 3"""
    from tasviya import app
    from tasviya.lab.swing_years import simulate
    from tasviya.settlement.imbalances import evening_out, lasting

    asked = app.ask_clearing(app.Home(home))
    of, say = _periods(asked)
    rules = _rules(asked)
    found = lasting([each.net for each in of.years], at_least)
    even = evening_out(found)
    cases = {"as it is": rules}
    for each in (share_in(text, "--quota", most=None) for text in quota.split(",")):
        cases[f"quotas of {percent(each)} %"] = replace(rules, quota=each, creditor_quota=each)
    for each in shares_in(charge, "--charge"):
        cases[f"a charge of {percent(each)} %"] = replace(rules, charge=each)
    for each in shares_in(purchase, "--purchase"):
        cases[f"purchases of {percent(each)} %"] = replace(rules, purchase=each)
    if even:
        cases["evening out"] = replace(rules, more_trade=tuple(even))
    told: list[Row] = [
        {
            "currency": each.party,
            "side": "creditor" if each.creditor else "debtor",
            "cycles": f"{each.periods} in a row, {each.of_all} of {len(of.years)}",
            "together": say(each.total),
            "a_cycle": say(round(each.average)),
        }
        for each in found
    ]
    if output is not Format.TABLE:
        show(told, output)
        return
    screen.print(f"On one side for {at_least} cycles or more", style="italic")
    screen.print(right_aligned(told, text=3) if told else "Nobody.")
    if even:
        screen.print("What would even them out: purchases a cycle, besides", style="italic")
        bought = [{"buyer": e.debtor, "seller": e.creditor, "units": say(e.amount)} for e in even]
        screen.print(right_aligned(bought, text=2))
    screen.print("What these cycles would have come to", style="italic")
    lines = [_line(name, simulate(of, each), say) for name, each in cases.items()]
    screen.print(right_aligned(lines))


def _periods(asked: ClearingQueries) -> tuple[Periods, Callable[[int], str]]:
    """The union's cycles as periods of trade, and how amounts are told.

    Raises: OperatorError if no cycle has a result yet.
    """
    from tasviya.lab.swing_years import Periods, Year
    from tasviya.settlement.netting import multilateral, netting

    records = asked.records()
    if not records:
        cure = "Ask when a cycle has been cut off; `tasviya netting imbalances` asks real trade."
        raise OperatorError("unknown_cycle", "No cycle has been cut off yet.", cure)
    years = []
    for cycle, flows, results in records:
        made = netting(flows)
        quotas = {each.currency: each.quota for each in results}
        years.append(Year(cycle.seq, made.gross, made.bilateral, multilateral(flows), quotas))
    return Periods(years), lambda minor: asked.amount(minor, records[-1][0].unit)


def _rules(asked: ClearingQueries) -> Rules:
    """The union's own scale, with its quotas as they were in every cycle."""
    from tasviya.lab.swing_years import Rules
    from tasviya.settlement.swing import Band

    bands = tuple(Band(Fraction(upto), Fraction(money)) for upto, money in asked.scale())
    return Rules(Fraction(1), bands, Fraction(1))


def _line(name: str, outcome: Outcome, say: Callable[[int], str]) -> Row:
    positions = outcome.positions
    largest = max(positions, key=lambda code: (positions[code], code)) if positions else ""
    return {
        "rules": name,
        "paid in money": f"{percent(outcome.money_share)} %",
        "claims in the end": say(outcome.years[-1].claims),
        "largest": f"{largest} {say(positions[largest])}" if largest else "",
        "recycled": say(sum(each.recycled for each in outcome.years)),
    }
