"""`tasviya interest` and `tasviya collateral`: what was accrued and why, and what covers credit."""

from __future__ import annotations

from typing import Annotated

import typer

from tasviya.cli.options import DEFAULT_HOME, Home, InCurrency, Output, date_in
from tasviya.cli.output import Format, Row, screen, show, table

commands = typer.Typer()

OfWhom = Annotated[
    str | None, typer.Option("--participant", help="Only this participant's: its code or BIC.")
]


@commands.command()
def interest(
    account: Annotated[str | None, typer.Option(help="Only of the account of this number.")] = None,
    participant: OfWhom = None,
    currency: InCurrency = None,
    date: Annotated[str | None, typer.Option(help="yyyy-mm-dd; every date if left out.")] = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Interest that was accrued when days closed, and how each amount comes about. Example: tasviya interest
    --participant ALDBKZ20XXX --date 2026-09-29"""
    from tasviya import app

    asked = app.ask_credit(app.Home(home))
    rows = asked.interest(account, participant, currency, date_in(date))
    if output is not Format.TABLE or not rows:
        show(rows, output, empty="No interest has been accrued.")
        return
    for row in rows:
        head = f"{row['date']}  {row['participant']}  {row['account']}  {row['kind']}"
        screen.print(head, style="bold", highlight=False)
        screen.print(f"  {row['words']}", highlight=False, soft_wrap=True)
        if row["paid"] != row["due"]:
            screen.print(f"  paid {row['paid']}; the rest is owed", highlight=False)
    shown = {(row["account"], row["currency"]) for row in rows}
    owed = [row for row in asked.owed() if (row["account"], row["currency"]) in shown]
    if owed:
        screen.print(table(owed, "Still owed"))


@commands.command()
def collateral(
    participant: Annotated[
        str | None, typer.Argument(help="Only this participant's: its code or BIC.")
    ] = None,
    currency: InCurrency = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Credit lines, the collateral behind them with its haircuts, what is drawn and what is free; json and
    csv give the lines only. Example: tasviya collateral ALDBKZ20XXX"""
    from tasviya import app

    lines, holdings = app.ask_credit(app.Home(home)).collateral(participant, currency)
    if output is Format.TABLE and holdings:
        show(lines, output)
        screen.print()
        _pledged(holdings)
    else:
        show(lines, output, empty="There is no credit line and no collateral.")


def _pledged(holdings: list[Row]) -> None:
    """What is pledged, without the end that most of it does not have."""
    if not any(row["until"] for row in holdings):
        holdings = [{name: value for name, value in row.items() if name != "until"} for row in holdings]
    show(holdings, Format.TABLE, title="Collateral")
