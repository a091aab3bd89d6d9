"""`tasviya customs pay`, `charge`, `call`, `distribute`: duty is paid or deferred, charged and shared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.lodging import As, Member, status
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output, date_in
from tasviya.cli.output import Format, show
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError, accepted
from tasviya.core.money import format_minor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from tasviya.customs.claim import Claim

commands = typer.Typer()


@commands.command()
def pay(
    reference: Annotated[str, typer.Argument(help="The claim's reference: an MRN, or a claim's own.")],
    actor: Annotated[str, typer.Option("--as", help="Who pays: the trader's id.")] = "",
    cash: Annotated[bool, typer.Option("--cash", help="Pay it from the trader's cash account.")] = False,
    defer: Annotated[str, typer.Option(help="Pay it later, under a guarantee: its GRN.")] = "",
    access_code: Annotated[str, typer.Option("--access-code", help="The guarantee's, if it asks.")] = "",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Pay what a claim lacks from a cash account, or later; or say what a payment must quote. Example:
    tasviya customs pay 26KZ000000000001R0 --cash --as KZ990101300017"""
    from tasviya import app
    from tasviya.services import securing

    if not cash and not defer:
        _show([_claim(home, reference)], output)
        return
    if cash and defer:
        what = "Both --cash and --defer are given."
        raise OperatorError("bad_payment", what, "Give one of them.", "--cash")
    with app.by_hand(home, now) as application:
        if cash:
            accepted(application.do(lambda work: securing.pay_from_cash(work, reference, actor)))
        else:
            accepted(application.do(lambda work: securing.defer(work, reference, defer, actor, access_code)))
        application.finish_telling()
    claim = _claim(home, reference)
    if claim.kind == "declaration":
        status(claim.mrn, home=home, output=output)
    else:
        _show([claim], output)


@commands.command()
def charge(
    member: Member,
    until: Annotated[str, typer.Option(help="The first day that is not in it, yyyy-mm-dd.")],
    due: Annotated[str, typer.Option(help="Until when it is to be paid, yyyy-mm-dd.")],
    actor: As,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Make one claim of what each trader has deferred. Example: tasviya customs charge --member KZ
    --until 2026-10-01 --due 2026-10-15 --as kz.officer.1"""
    from tasviya import app
    from tasviya.services import securing

    first, last = _day(until, "--until"), _day(due, "--due")
    with app.by_hand(home, now) as application:
        made = accepted(application.do(lambda work: securing.charge(work, member, first, last, actor)))
        application.finish_telling()
    _show(made, output)


@commands.command()
def call(
    member: Member,
    actor: As,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Call the guarantees of claims that are overdue: their guarantors pay. Example: tasviya customs call
    --member KZ --as kz.supervisor"""
    from tasviya import app
    from tasviya.services import securing

    with app.by_hand(home, now) as application:
        called = accepted(application.do(lambda work: securing.call_overdue(work, member, actor)))
        application.finish_telling()
    _show(called, output)


@commands.command()
def distribute(
    member: Member,
    key: Annotated[Path, typer.Option("--key", help="A TOML file of share keys.")],
    on: Annotated[str, typer.Option("--on", help="The day whose key counts, yyyy-mm-dd.")],
    actor: As,
    send: Annotated[bool, typer.Option("--send", help="Hand in the payments of what is owed, too.")] = False,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Divide what a member has collected for all among members. Example: tasviya customs distribute
    --member KZ --key examples/customs/keys.toml --on 2026-10-01 --as kz.supervisor --send"""
    from tasviya import app
    from tasviya.customs.revenue import key_on
    from tasviya.services import revenue_sharing
    from tasviya.services.customs_files import keys_of

    read = keys_of(app.read_text(key, "Name a TOML file of share keys in UTF-8."), str(key))
    chosen = accepted(key_on(read.keys, _day(on, "--on")))
    figures = read.figures[chosen.valid_from]
    with app.by_hand(home, now) as application:
        application.system.advance()
        made = accepted(
            application.do(lambda work: revenue_sharing.distribute(work, member, chosen, figures, actor))
        )
        if send:
            scheme = application.scheme
            sent = accepted(
                application.do(lambda work: revenue_sharing.order_shares(work, scheme, member, actor))
            )
            app.hand_in_made(app.Home(home), sent)
            typer.echo(f"{len(sent)} payments handed in; `tasviya run --once` settles them.", err=True)
        application.finish_telling()
    _show(made, output)


def _claim(home: Path, reference: str) -> Claim:
    from tasviya import app

    claim = app.ask_customs(app.Home(home)).claim(reference)
    if claim is None:
        what = f"No claim has the reference {reference:.40}."
        raise OperatorError("CL01", what, "Give an MRN; `tasviya customs status` lists them.")
    return claim


def _show(claims: Iterable[Claim], output: Format) -> None:
    """Claims, and what a payment for each quotes."""
    rows = [
        {
            "reference": each.reference,
            "kind": str(each.kind),
            "debtor": each.debtor,
            "for": each.mrn,
            "amount": format_minor(each.total, currency(each.currency).decimals),
            "left": format_minor(each.left, currency(each.currency).decimals),
            "currency": each.currency,
            "status": str(each.status),
            "due_on": each.due_on,
            "quote": f"/MRN/{each.reference}" if each.left else "",
        }
        for each in claims
    ]
    show(rows, output, empty="No claims.")


def _day(text: str, where: str) -> date:
    day = date_in(text)
    if day is None:
        raise OperatorError("bad_date", "The day is empty.", "Write it as yyyy-mm-dd.", where)
    return day
