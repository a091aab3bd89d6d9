"""Commands that ask: they read the store beside its writer and change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tasviya.cli.options import DEFAULT_HOME, Home, InCurrency, OfParticipant, Output
from tasviya.cli.output import Format, Row, details, screen, show
from tasviya.core.errors import OperatorError

commands = typer.Typer()

INTERNAL = frozenset(("payment_id", "seq", "message_seq", "attempt", "original_seq", "xml_start", "xml_end"))
"""What a payment's row says to programs only."""


@commands.command()
def status(
    name: Annotated[str, typer.Argument(help="UETR, payment id, end-to-end id or instruction id.")],
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Where a payment stands, and why. Example: tasviya status 3d0f8b0e-5b2c-4f0e-9a55-0c8f5d1f2a77"""
    from tasviya import app

    rows = app.ask(app.Home(home)).payments(name)
    if not rows:
        raise OperatorError("unknown_payment", f"No payment is known by {name}.", "Check the id.")
    if output is Format.TABLE:
        for row in rows:
            told = {name: value for name, value in row.items() if name not in INTERNAL}
            screen.print(details(told, f"Payment {row['payment_id']}"))
    else:
        show(rows, output)


@commands.command()
def queue(
    home: Home = DEFAULT_HOME,
    participant: OfParticipant = None,
    currency: InCurrency = None,
    output: Output = Format.TABLE,
) -> None:
    """Payments that wait, for what, and what ends it. Example: tasviya queue --currency KZT"""
    from tasviya import app

    rows = app.ask(app.Home(home)).queue(participant, currency)
    show(rows, output, empty="No payment waits.")


@commands.command()
def liquidity(
    home: Home = DEFAULT_HOME,
    participant: OfParticipant = None,
    currency: InCurrency = None,
    output: Output = Format.TABLE,
) -> None:
    """Balances, credit lines and what can be spent. Example: tasviya liquidity --participant KZ-ALTYN"""
    from tasviya import app

    show(app.ask(app.Home(home)).liquidity(participant, currency), output)


@commands.command()
def statement(
    account: Annotated[str, typer.Argument(help="The account's number; `tasviya liquidity` lists them.")],
    date: Annotated[str | None, typer.Option(help="yyyy-mm-dd; the latest day if left out.")] = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """An account's day, entry by entry. Example: tasviya statement KZ309010008190937865"""
    from tasviya import app

    head, rows = app.ask(app.Home(home)).statement(account, date)
    if output is Format.TABLE:
        screen.print(details(head))
    show(rows, output, empty="Nothing moved.")


@commands.command("trial-balance")
def trial_balance(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Debits and credits by currency and kind of account, and whether correspondents' books agree with their
    respondents'. Exit status 4 if anything differs. Example: tasviya trial-balance -o csv"""
    from tasviya import app

    asked = app.ask(app.Home(home))
    rows = asked.trial_balance()
    show(rows, output)
    apart = [f"ledger {ledger}" for ledger, net in _nets(rows).items() if net]
    apart += [
        f"{row['respondent']} at {row['correspondent']} in {row['currency']}"
        for row in asked.books_agree()
        if row["difference"].strip("-0.")
    ]
    if apart:
        typer.echo(f"The books do not agree: {'; '.join(apart)}.", err=True)
        raise typer.Exit(4)


def _nets(rows: list[Row]) -> dict[int, int]:
    """Debits less credits of each ledger, minor units."""
    nets: dict[int, int] = {}
    for row in rows:
        net = int(row["debits"].replace(".", "")) - int(row["credits"].replace(".", ""))
        nets[row["ledger"]] = nets.get(row["ledger"], 0) + net
    return nets


@commands.command()
def report(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """What became of all payments, by currency. Example: tasviya report -o json"""
    from tasviya import app

    show(app.ask(app.Home(home)).day_report(), output, empty="No payment has been received.")


@commands.command()
def export(
    target: Annotated[Path, typer.Argument(help="A SQLite file to make, or with --csv a directory.")],
    csv: Annotated[bool, typer.Option("--csv", help="CSV files, one a table.")] = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """Unpack everything into plain tables. Example: tasviya export day.sqlite"""
    from tasviya import app

    counts = app.export(app.Home(home), target, as_csv=csv)
    for name, count in counts.items():
        typer.echo(f"{count:>12,} {name}")
