"""`tasviya customs quota-day`, `quota-secure`: tariff quotas of a union at work."""

from __future__ import annotations

from typing import Annotated

import typer

from tasviya.cli.lodging import As, Member, Mrn, status
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output, date_in
from tasviya.cli.output import Format, show
from tasviya.core.errors import OperatorError, accepted

commands = typer.Typer()


@commands.command("quota-day")
def quota_day(
    member: Member,
    on: Annotated[str, typer.Option("--on", help="A day that is over; those before it go first.")],
    actor: As,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Allocate the requests on tariff quotas of all days up to one. Example: tasviya customs quota-day
    --member KZ --on 2026-09-29 --as kz.officer.1"""
    from tasviya import app
    from tasviya.services.quotas import allocate_day

    day = date_in(on)
    if day is None:
        raise OperatorError("bad_date", "The day is empty.", "Write it as yyyy-mm-dd.", "--on")
    with app.by_hand(home, now) as application:
        done = accepted(application.do(lambda work: allocate_day(work, member, day, actor)))
        application.finish_telling()
    show(app.ask_customs(app.Home(home)).quotas(member, day.isoformat()), output, empty="No requests.")
    for each in done.demands:
        typer.echo(f"{each.mrn}: {each.reference} is to be paid by {each.due_on}.", err=True)


@commands.command("quota-secure")
def quota_secure(
    mrn: Mrn,
    defer: Annotated[str, typer.Option(help="The guarantee that stands for the difference: its GRN.")],
    actor: As,
    access_code: Annotated[str, typer.Option("--access-code", help="The guarantee's, if it asks.")] = "",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Secure what goods would pay without their critical quota: they are not held for it any more. Example:
    tasviya customs quota-secure 26KZ000000000001R0 --defer 26KZ0000000000017 --as KZ990101300017"""
    from tasviya import app
    from tasviya.services.quotas import secure_quota

    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: secure_quota(work, mrn, defer, actor, access_code)))
        application.finish_telling()
    status(mrn, home=home, output=output)
