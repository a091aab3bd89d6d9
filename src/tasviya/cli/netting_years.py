"""`tasviya netting swing` and `tasviya netting imbalances`: credit over years, and who piles up claims."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tasviya.cli.dollars import Unit, percent, right_aligned, unit_of
from tasviya.cli.netting import (
    Data,
    OfMembers,
    OfRegion,
    asked_for,
    figures,
    tell_figures,
)
from tasviya.cli.options import Output
from tasviya.cli.output import Format, Row, screen, show
from tasviya.core.errors import OperatorError

if TYPE_CHECKING:
    from tasviya.lab.swing_years import History, Outcome
    from tasviya.settlement.imbalances import Lasting
    from tasviya.settlement.netting import Flow
    from tasviya.settlement.swing import Band

FirstYear = Annotated[int | None, typer.Option("--from", help="First year; the figures' if left out.")]
LastYear = Annotated[int | None, typer.Option("--to", help="Last year; the figures' if left out.")]
Scale = Annotated[
    str, typer.Option(help="Share in money by part of the quota, both in percent: credit, half, 50:0,100:50.")
]
BaseYear = Annotated[
    int | None, typer.Option("--base", help="Quotas of this year's trade; each year's own if left out.")
]
Quota = Annotated[str, typer.Option(help="Percent of a member's trade with the others.")]
CreditorQuota = Annotated[
    str | None, typer.Option(help="Percent beyond which claims have a right to money; none if left out.")
]
Charge = Annotated[str, typer.Option(help="A year's charge on claims beyond the free part, percent.")]
Free = Annotated[str, typer.Option(help="Part of the quota that bears no charge, percent.")]
Purchase = Annotated[str, typer.Option(help="Percent of its claim that a creditor spends a year.")]

WHOLE = 100
"""Percent."""
MOST_SHOWN = 10
"""Purchases that a table has room for; JSON has all."""


def swing(
    region: OfRegion = None,
    members: OfMembers = None,
    quota: Annotated[
        str, typer.Option(help="Percent of a member's trade, one or several: 0,15,30.")
    ] = "0,15,30",
    scale: Scale = "credit",
    creditor_quota: CreditorQuota = None,
    charge: Charge = "0",
    free: Free = "50",
    purchase: Purchase = "0",
    first: FirstYear = None,
    last: LastYear = None,
    base: BaseYear = None,
    data: Data = None,
    output: Output = Format.TABLE,
) -> None:
    """How much of years of trade is paid in money when surplus and deficit swing within a quota. Example:
    tasviya netting swing --region latam --quota 0,15,30"""
    from tasviya.lab.swing_years import Rules, simulate

    quotas = [share_in(text, "--quota", most=None) for text in quota.split(",")]
    rules = Rules(
        quotas[0],
        _bands(scale),
        None if creditor_quota is None else share_in(creditor_quota, "--creditor-quota", most=None),
        base,
        share_in(charge, "--charge"),
        share_in(free, "--free", most=None),
        share_in(purchase, "--purchase"),
    )
    of = _history(region, members, first, last, base, data)
    unit = unit_of(of.gross // len(of.years))
    outcomes = [simulate(of, replace(rules, quota=each)) for each in quotas]
    if output is Format.JSON:
        _print_json([_facts(each) | {"years": _by_year(each)} for each in outcomes])
    elif output is Format.CSV:
        show([_facts(each) for each in outcomes], output)
    else:
        _print_head(of, unit)
        screen.print(
            right_aligned([_line(f"quota {percent(each.rules.quota)} %", each, unit) for each in outcomes])
        )
        screen.print(_MEANING, style="dim", highlight=False)
    tell_figures([of.last], output)


def imbalances(
    region: OfRegion = None,
    members: OfMembers = None,
    at_least: Annotated[int, typer.Option(min=1, max=500, help="Years in a row that make it last.")] = 5,
    quota: Quota = "15",
    scale: Scale = "credit",
    charge: Annotated[str, typer.Option(help="Charges to try, percent a year: 10,50.")] = "10,50",
    free: Free = "50",
    purchase: Annotated[
        str, typer.Option(help="Parts of its claim a creditor spends a year, to try: 25,100.")
    ] = "25,100",
    first: FirstYear = None,
    last: LastYear = None,
    base: BaseYear = None,
    data: Data = None,
    output: Output = Format.TABLE,
) -> None:
    """Who sells more than it buys year after year, and what a charge or purchases would change. Example:
    tasviya netting imbalances --region latam"""
    from tasviya.lab.swing_years import Rules, simulate
    from tasviya.settlement.imbalances import evening_out, lasting

    rules = Rules(
        share_in(quota, "--quota", most=None),
        _bands(scale),
        None,
        base,
        free=share_in(free, "--free", most=None),
    )
    of = _history(region, members, first, last, base, data)
    unit = unit_of(of.gross // len(of.years))
    found = lasting([each.net for each in of.years], at_least)
    even = evening_out(found)
    cases = {"nothing": rules}
    for part in shares_in(charge, "--charge"):
        cases[f"a charge of {percent(part)} %"] = replace(rules, charge=part)
    for part in shares_in(purchase, "--purchase"):
        cases[f"purchases of {percent(part)} %"] = replace(rules, purchase=part)
    if even:
        cases["evening out"] = replace(rules, more_trade=tuple(even))
    outcomes = {name: simulate(of, each) for name, each in cases.items()}
    rows = [_told(each, of, outcomes["nothing"], unit if output is Format.TABLE else None) for each in found]
    if output is Format.JSON:
        simulated = [{"case": name} | _facts(each) for name, each in outcomes.items()]
        bought = [{"buyer": each.debtor, "seller": each.creditor, "usd": each.amount} for each in even]
        _print_json({"lasting": rows, "evening_out": bought, "simulated": simulated})
    elif output is Format.CSV:
        show(rows, output)
    else:
        _print_head(of, unit)
        screen.print()
        screen.print(f"On one side for {at_least} years or more, {unit.words} US dollars", style="italic")
        screen.print(right_aligned(rows, text=2) if rows else "Nobody.")
        if even:
            screen.print()
            screen.print("What would even them out: purchases a year, besides", style="italic")
            screen.print(right_aligned(_largest(even, unit), text=2))
        screen.print()
        screen.print("What measures would have changed", style="italic")
        screen.print(right_aligned([_line(name, each, unit) for name, each in outcomes.items()]))
        screen.print(_MEANING, style="dim", highlight=False)
    tell_figures([of.last], output)


_MEANING = (
    "Money: per cent of all trade. Claims in the end; what was recycled, and what fell short, in all years."
)


def _history(
    region: str | None,
    members: str | None,
    first: int | None,
    last: int | None,
    base: int | None,
    data: object,
) -> History:
    from pathlib import Path

    from tasviya.lab.swing_years import history

    if (region is None) == (members is None):
        cure = "Give one of them; `tasviya netting --list` shows the regions."
        raise OperatorError("LB11", "One of --region and --members says whose trade it is.", cure, "--region")
    wanted = asked_for(region, members, last or first or 0)
    of = history(figures(data if isinstance(data, Path) else None, None), wanted, first, last)
    if base is not None and base not in [each.year for each in of.years]:
        years = f"{of.years[0].year} to {of.years[-1].year}"
        raise OperatorError("LB12", f"{base} is none of the years.", f"Use one of {years}.", "--base")
    return of


def _bands(text: str) -> tuple[Band, ...]:
    """A scale: credit, half, or ends and shares in money in percent."""
    from tasviya.settlement.swing import ALL_CREDIT, HALF_AND_HALF, Band, refuse_bands

    named = {"credit": ALL_CREDIT, "half": HALF_AND_HALF}
    if text in named:
        return named[text]
    parts = [each.partition(":") for each in text.split(",")]
    bands = tuple(Band(share_in(end, "--scale"), share_in(share, "--scale")) for end, _, share in parts)
    if wrong := refuse_bands(bands):
        raise OperatorError("LB14", wrong, "Write credit, half, or bands such as 50:0,100:50.", "--scale")
    return bands


def share_in(text: str, option: str, most: int | None = WHOLE) -> Fraction:
    """A percentage as a part of one.

    Raises: OperatorError.
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= (most or 10_000) or number != round(number, 6):
        what = f"{text!r} is no percentage from 0 to {most or 10_000}."
        raise OperatorError("LB14", what, "Write a number such as 15 or 2.5.", option)
    return Fraction(number) / WHOLE


def shares_in(text: str, option: str) -> list[Fraction]:
    """Percentages, several or none."""
    return [share_in(each, option) for each in text.split(",")] if text.strip() else []


def _largest(flows: Sequence[Flow], unit: Unit) -> list[Row]:
    """The largest purchases, and the rest in one line."""
    ordered = sorted(flows, key=lambda flow: (-flow.amount, flow.debtor, flow.creditor))
    rows: list[Row] = [
        {"who buys": each.debtor, "of whom": each.creditor, unit.name: unit.text(each.amount)}
        for each in ordered[:MOST_SHOWN]
    ]
    if rest := sum(each.amount for each in ordered[MOST_SHOWN:]):
        rows.append({"who buys": "others", "of whom": "others", unit.name: unit.text(rest)})
    return rows


def _print_head(of: History, unit: Unit) -> None:
    years, members = of.years, len(of.last.members)
    pairs = Fraction(sum(each.bilateral for each in years), of.gross)
    trade = f"{unit.text(of.gross)} {unit.name} US dollars of trade"
    screen.print(f"{members} members, {years[0].year} to {years[-1].year}: {trade}.", highlight=False)
    screen.print(f"Netting each pair every year leaves {percent(pairs)} %.", highlight=False)


def _line(name: str, outcome: Outcome, unit: Unit) -> Row:
    largest = max(outcome.positions, key=lambda member: (outcome.positions[member], member))
    return {
        "rules": name,
        "money %": percent(outcome.money_share),
        f"claims {unit.name}": unit.text(outcome.years[-1].claims),
        "largest": f"{largest} {unit.text(outcome.positions[largest])}" if outcome.years[-1].claims else "",
        f"recycled {unit.name}": unit.text(sum(each.recycled for each in outcome.years)),
        f"short {unit.name}": unit.text(sum(each.short for each in outcome.years)),
    }


def _facts(outcome: Outcome) -> Row:
    rules = outcome.rules
    return {
        "quota_percent": percent(rules.quota),
        "charge_percent": percent(rules.charge),
        "purchase_percent": percent(rules.purchase),
        "gross_usd": outcome.gross,
        "money_usd": sum(each.money for each in outcome.years),
        "money_percent": percent(outcome.money_share),
        "claims_usd": outcome.years[-1].claims,
        "recycled_usd": sum(each.recycled for each in outcome.years),
        "short_usd": sum(each.short for each in outcome.years),
    }


def _by_year(outcome: Outcome) -> list[Row]:
    return [
        {
            "year": each.year,
            "money_usd": each.money,
            "claims_usd": each.claims,
            "recycled_usd": each.recycled,
            "short_usd": each.short,
            "positions_usd": dict(each.positions),
        }
        for each in outcome.years
    ]


def _told(each: Lasting, of: History, now: Outcome, unit: Unit | None) -> Row:
    turnover = of.years[-1].turnover.get(each.party, 0)
    position = now.positions[each.party]
    side = "creditor" if each.creditor else "debtor"
    since = of.years[-each.periods].year
    if unit:
        return {
            "member": each.party,
            "side": side,
            "since": str(since),
            "years": f"{each.of_all} of {len(of.years)}",
            f"total {unit.name}": unit.text(each.total),
            "a year": unit.text(round(each.average)),
            "position": unit.text(position),
            "of quota %": percent(abs(position) / (now.rules.quota * turnover))
            if now.rules.quota * turnover
            else "",
        }
    return {
        "member": each.party,
        "side": side,
        "since": since,
        "years_in_a_row": each.periods,
        "years_on_that_side": each.of_all,
        "total_usd": each.total,
        "average_usd": round(each.average),
        "position_usd": position,
    }


def _print_json(told: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
