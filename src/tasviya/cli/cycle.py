"""`tasviya cycle …`: positions between settlement institutions, and the clearing cycles that settle them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output
from tasviya.cli.output import Format, details, screen, show, table
from tasviya.home import Home as HomeDirectory
from tasviya.services import clearing, clearing_discharge
from tasviya.services.work import Work
from tasviya.settlement.clearing_cycle import ClearingCycle

cycle_app = typer.Typer(help="Clearing cycles: what payments between members net to.", no_args_is_help=True)

Number = Annotated[int | None, typer.Argument(help="A cycle's number; the latest cut off if left out.")]


@cycle_app.command()
def headlines(home: Home = DEFAULT_HOME) -> None:
    """What days and cycles have come to: settled in members' own currencies, and money saved. Example:
    tasviya cycle headlines"""
    from tasviya import app

    print_headlines(app.Home(home))


def print_headlines(home: HomeDirectory) -> None:
    """Print a union's headline figures.

    Raises: OperatorError.
    """
    from tasviya import app

    asked = app.ask_headlines(home)
    for rows, title in (
        (asked.routes(), "Settled in members' own currencies, by route"),
        (asked.saved(), "Clearing cycles: what netting and credit saved"),
        (asked.discharged(), "How what was left was paid"),
    ):
        if rows:
            screen.print(table(rows, title))
            screen.print()


@cycle_app.command("list")
def list_cycles(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Every cycle and its figures, the latest first. Example: tasviya cycle list"""
    from tasviya import app

    show(app.ask_clearing(app.Home(home)).cycles(), output, empty="No cycle has opened yet.")


@cycle_app.command("show")
def show_cycle(number: Number = None, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """A cycle: its figures, everyone's result, and how what was due was paid. Example: tasviya cycle show
    1"""
    from tasviya import app

    asked = app.ask_clearing(app.Home(home))
    head, rows = asked.cycle(number)
    if output is not Format.TABLE:
        show(rows, output)
        return
    screen.print(details(head))
    screen.print()
    show(rows, output, title="Results, in the union's unit", empty="It has no result yet.")
    paid = asked.discharges(number)
    if paid:
        screen.print()
        screen.print(table(paid, "How it was paid"))


@cycle_app.command()
def flows(number: Number = None, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """A cycle's gross record: what payments moved between each two currencies. Example: tasviya cycle
    flows"""
    from tasviya import app

    show(app.ask_clearing(app.Home(home)).flows(number), output, empty="No payment went into it.")


@cycle_app.command()
def positions(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Every settlement institution's position now: a claim on the union (+), or a debt to it (-). Example:
    tasviya cycle positions"""
    from tasviya import app

    show(app.ask_clearing(app.Home(home)).positions(), output, empty="This union has no positions.")


@cycle_app.command()
def interest(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Interest on positions, day by day, with what it was reckoned from. Example: tasviya cycle interest"""
    from tasviya import app

    show(app.ask_clearing(app.Home(home)).interest(), output, empty="No interest has accrued yet.")


@cycle_app.command()
def trace(
    payment: Annotated[
        str, typer.Argument(help="A payment's UETR, payment id, instruction id or end-to-end id.")
    ],
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Follow one payment by the union route through its cycle. Example: tasviya cycle trace 5e771e00-…"""
    from tasviya import app

    show(app.ask_clearing(app.Home(home)).trace(payment), output)


@cycle_app.command("cut-off")
def cut_off(home: Home = DEFAULT_HOME, now: Now = None) -> None:
    """Cut the open cycle off now and net it; the next one opens. Example: tasviya cycle cut-off"""
    _act(home, now, clearing.cut_off)


@cycle_app.command()
def settle(home: Home = DEFAULT_HOME, now: Now = None) -> None:
    """Pay now what the netted cycle leaves due, in a batch of the exchange where something is bought.
    Example: tasviya cycle settle"""
    _act(home, now, clearing_discharge.discharge)


@cycle_app.command()
def suspend(
    why: Annotated[str, typer.Option(help="What everyone will read.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Stop the netted cycle before it pays; its result stays. Example: tasviya cycle suspend --why "A court
    order"."""
    _act(home, now, lambda work: clearing.suspend(work, why))


@cycle_app.command()
def resume(home: Home = DEFAULT_HOME, now: Now = None) -> None:
    """Let a suspended cycle go on. Example: tasviya cycle resume"""
    _act(home, now, clearing.resume)


@cycle_app.command("carry-over")
def carry_over(home: Home = DEFAULT_HOME, now: Now = None) -> None:
    """Close a suspended cycle unpaid: what was due comes due again in the next. Example: tasviya cycle
    carry-over"""
    _act(home, now, clearing.carry_over)


def _act(home: Home, now: Now, act: Callable[[Work], ClearingCycle]) -> None:
    from tasviya import app

    with app.by_hand(home, now) as application:
        cycle = application.do(act)
        application.tell()
    told = f": {cycle.why}" if cycle.why else "."
    typer.echo(f"Cycle {cycle.seq} is {cycle.status}{told}")
