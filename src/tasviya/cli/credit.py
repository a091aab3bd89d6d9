"""`tasviya interest`, `collateral`, `pledge`, `release`: what was accrued and why, and what covers credit."""

from __future__ import annotations

from typing import Annotated

import typer

from tasviya.cli.options import DEFAULT_HOME, Home, InCurrency, Now, Output, date_in
from tasviya.cli.output import Format, Row, screen, show, table
from tasviya.services.collateral import pledge as take
from tasviya.services.collateral import release as let_go

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


@commands.command()
def pledge(
    bic: Annotated[str, typer.Argument(help="The BIC of the participant that pledges.")],
    reference: Annotated[str, typer.Argument(help="Which asset it is, such as its ISIN.")],
    currency: Annotated[str, typer.Option(help="The currency of the credit that it secures.")],
    asset_class: Annotated[str, typer.Option("--class", help="Its class; the union's `haircuts` name them.")],
    value: Annotated[str, typer.Option(help="Its value at the market, in that currency.")],
    valued_on: Annotated[str | None, typer.Option(help="yyyy-mm-dd; the business date if left out.")] = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Take an asset as collateral for a participant's credit, or value one anew that is there. Example:
    tasviya pledge ALDBKZ20XXX KZ-BOND-2031 --currency KZT --class GOVERNMENT --value 40000000"""
    from tasviya import app

    day = date_in(valued_on)
    with app.by_hand(home, now) as application:
        who = application.participant(bic)
        application.do(lambda work: take(work, who, currency, reference, asset_class, value, day))
        application.finish_telling()
    collateral(bic, currency, home, output)


@commands.command()
def release(
    bic: Annotated[str, typer.Argument(help="The BIC of the participant that has pledged it.")],
    reference: Annotated[str, typer.Argument(help="Which asset it is; `tasviya collateral` lists them.")],
    currency: Annotated[str, typer.Option(help="The currency of the credit that it secures.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Let collateral go from the next business date on, unless it secures drawn credit. Example: tasviya
    release ALDBKZ20XXX KZ-BOND-2031 --currency KZT"""
    from tasviya import app

    with app.by_hand(home, now) as application:
        who = application.participant(bic)
        application.do(lambda work: let_go(work, who, currency, reference))
    collateral(bic, currency, home, output)


def _pledged(holdings: list[Row]) -> None:
    """What is pledged, without the end that most of it does not have."""
    if not any(row["until"] for row in holdings):
        holdings = [{name: value for name, value in row.items() if name != "until"} for row in holdings]
    show(holdings, Format.TABLE, title="Collateral")
