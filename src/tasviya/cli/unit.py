"""`tasviya rates` and `tasviya unit …`: official rates, and the union's unit of account."""

from __future__ import annotations

from typing import Annotated

import typer

from tasviya.cli.options import DEFAULT_HOME, Home, InCurrency, Now, Output, date_in
from tasviya.cli.output import Format, details, screen, show
from tasviya.services.fixing import fix_date
from tasviya.services.unit import revise as revise_unit
from tasviya.services.unit import weights_in

commands = typer.Typer()
unit_app = typer.Typer(help="The union's unit of account: its value, its basket.", no_args_is_help=True)

OfDate = Annotated[str | None, typer.Option("--date", help="yyyy-mm-dd; the latest fixing if left out.")]


@commands.command()
def rates(
    date: OfDate = None,
    currency: InCurrency = None,
    base: Annotated[str | None, typer.Option(help="Also what one of this currency is in each.")] = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Official rates: what one of each currency is worth, the members' geometric mean being 1, and where it
    comes from. Example: tasviya rates --base KZT"""
    from tasviya import app

    found = app.ask_rates(app.Home(home)).rates(date_in(date), currency, base)
    show(found, output, empty="No currency has a rate.")


@unit_app.command("show")
def unit_show(date: OfDate = None, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """What one unit is in every currency, what it holds of each, and its interest. Example: tasviya unit
    show"""
    from tasviya import app

    head, rows = app.ask_rates(app.Home(home)).unit(date_in(date))
    if output is Format.TABLE:
        screen.print(details(head))
    show(rows, output, empty="It has no value.")


@unit_app.command("fix")
def unit_fix(
    date: Annotated[
        str | None, typer.Option("--date", help="yyyy-mm-dd; the latest open date if left out.")
    ] = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Fix a date now, without waiting for its last currency to close; what is fixed stays. Example: tasviya
    unit fix"""
    from tasviya import app

    with app.by_hand(home, now) as application:
        day = date_in(date) or application.system.memory.latest_date
        application.do(lambda work: fix_date(work, day))
    show(app.ask_rates(app.Home(home)).rates(day), output, empty="No currency has a rate.")


@unit_app.command("revise")
def unit_revise(
    weight: Annotated[
        list[str] | None,
        typer.Option(help="A currency and its weight, KZT=0.6; once each. Else the union's own."),
    ] = None,
    valid_from: Annotated[
        str | None, typer.Option("--from", help="yyyy-mm-dd: the day after the last fixing.")
    ] = None,
    anchor: Annotated[str, typer.Option(help="Whose amount absorbs the rounding.")] = "",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Make the next basket: other weights, also of currencies that enter or leave, and the same worth.
    Example: tasviya unit revise --weight KZT=0.7 --weight UZS=0.3"""
    from tasviya import app

    weights, day = weights_in(weight or ()), date_in(valid_from)
    with app.by_hand(home, now) as application:
        made = application.do(lambda work: revise_unit(work, weights, day, anchor))
    held = app.ask_rates(app.Home(home)).basket(made.code, made.valid_from)
    show(held, output)
