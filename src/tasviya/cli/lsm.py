"""`tasviya why` and `tasviya lsm …`: why payments wait, and passes that let them settle together."""

from __future__ import annotations

from typing import Annotated

import typer

from tasviya.cli.options import DEFAULT_HOME, Home, InCurrency, Now, Output
from tasviya.cli.output import Format, details, screen, show

commands = typer.Typer()
lsm_app = typer.Typer(help="Passes that let payments that wait settle together.", no_args_is_help=True)


@commands.command()
def why(
    name: Annotated[str, typer.Argument(help="UETR, payment id, instruction id or end-to-end id.")],
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Why a payment waits: what it lacks, what stands before it, what would release it, and when it is tried
    again. Example: tasviya why 3d0f8b0e-5b2c-4f0e-9a55-0c8f5d1f2a77"""
    from tasviya import app

    rows = app.ask_lsm(app.Home(home)).why(name)
    if output is Format.JSON:
        show(rows, output)
        return
    for row in rows:
        ahead = row.pop("ahead")
        if output is Format.TABLE:
            screen.print(details(row, f"Payment {row['payment_id']}"))
            show(ahead, output, title="Before it", empty="Nothing stands before it.")
    if output is Format.CSV:
        show(rows, output)


@lsm_app.command("run")
def lsm_run(
    currency: InCurrency = None,
    algorithm: Annotated[
        str | None,
        typer.Option(help="bilateral, fifo, free or rings; the union's own, then rings, if left out."),
    ] = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Make a pass over what waits now. Example: tasviya lsm run --currency KZT"""
    from tasviya import app
    from tasviya.services.lsm import run

    with app.by_hand(home, now) as application:
        application.system.advance()
        made = application.do(lambda work: run(work, currency, algorithm))
        application.tell()
    numbers = {row.seq for row in made}
    rows = [row for row in app.ask_lsm(app.Home(home)).passes(currency) if row["pass"] in numbers]
    show(rows, output, empty="Nothing waits that a pass could settle.")


@lsm_app.command("passes")
def lsm_passes(currency: InCurrency = None, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """What each pass tried and settled, and the most that any could have. Example: tasviya lsm passes -o
    csv"""
    from tasviya import app

    show(app.ask_lsm(app.Home(home)).passes(currency), output, empty="No pass has been made.")
