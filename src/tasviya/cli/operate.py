"""Commands that act: they make a union, hand files in, settle, and move days."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output, PaymentId, Workers, date_in
from tasviya.cli.output import Format, show
from tasviya.core.errors import OperatorError

commands = typer.Typer()
day_commands = typer.Typer(help="Open or close a currency's business day.", no_args_is_help=True)
held_commands = typer.Typer(help="Payments that screening has stopped.", no_args_is_help=True)

CurrencyOrAll = Annotated[str, typer.Argument(help="A currency's code, or `all`.")]
BusinessDate = Annotated[
    str | None, typer.Option("--date", help="yyyy-mm-dd; the next to open, or the open one.")
]
Actor = Annotated[str, typer.Option("--by", help="Who decides.")]
Checker = Annotated[str, typer.Option("--checked-by", help="Who has checked it; another person.")]


@commands.command()
def init(
    union: Annotated[Path, typer.Option(help="A union.toml, or a directory that has one.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Make the store of a union from its configuration. Example: tasviya init --union examples/corridor"""
    from tasviya import app

    place = app.Home(home)
    if place.database.exists():
        raise OperatorError(
            "union_exists",
            f"{home} holds a union already.",
            "Choose another --home, or remove that directory.",
        )
    tables = app.initialise(place, app.union_file(union), app.clock_at(now) or app.MachineClock()).tables()
    typer.echo(
        f"{home}: {len(tables['members'])} members, {len(tables['participants'])} participants,"
        f" {len(tables['settlement_accounts'])} settlement accounts."
    )


@commands.command()
def submit(
    files: Annotated[list[Path], typer.Argument(help="ISO 20022 files.")],
    sender: Annotated[str, typer.Option("--as", help="The BIC that sends them.")],
    home: Home = DEFAULT_HOME,
) -> None:
    """Hand in files as a participant's. Example: tasviya submit payment.xml --as ALDBKZ20XXX"""
    from tasviya import app

    count = app.hand_in(app.Home(home), sender, files)
    typer.echo(f"{count} handed in as {sender}; `tasviya run --once` takes them in.")


@commands.command()
def run(
    home: Home = DEFAULT_HOME,
    once: Annotated[bool, typer.Option(help="Take in what waits, tell, and stop.")] = False,
    workers: Workers = 2,
    poll_ms: Annotated[int, typer.Option(min=1, help="How often to look for new files.")] = 200,
    now: Now = None,
) -> None:
    """Settle what arrives until interrupted. Example: tasviya run --once"""
    from tasviya import app

    with app.Application(app.Home(home), app.clock_at(now), workers, replay=False) as application:
        while True:
            application.system.advance()
            taken = application.drain()
            application.tell()
            if once:
                typer.echo(f"{taken} files taken in.", err=True)
                return
            time.sleep(poll_ms / 1000)


@commands.command()
def demo(
    union: Annotated[Path, typer.Option(help="A union.toml, or a directory that has one.")] = Path(
        "examples/sco"
    ),
    payments: Annotated[int, typer.Option(help="How many payments.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same day.")] = 2015,
    money: Annotated[int, typer.Option(help="Percent of the money that the lab gives the banks.")] = 100,
    declarations: Annotated[
        int | None, typer.Option(help="How many payments' goods are declared; 15 of 1,000 if left out.")
    ] = None,
    home: Annotated[Path, typer.Option(help="Where the day is kept.")] = Path("demo-home"),
    fresh: Annotated[bool, typer.Option(help="Begin afresh even if a day lies there.")] = False,
    workers: Workers = 2,
) -> None:
    """Run a settlement day on real trade. A day that was interrupted is resumed; one that is done is shown
    again. Example: tasviya demo --payments 1000 --union examples/corridor"""
    from tasviya.cli.demo import Wish, run_demo

    declared = payments * 15 // 1000 if declarations is None else declarations
    run_demo(Wish(str(union), payments, seed, money, declared), home, fresh=fresh, workers=workers)


@day_commands.command("open")
def day_open(
    currency: CurrencyOrAll, business_date: BusinessDate = None, home: Home = DEFAULT_HOME, now: Now = None
) -> None:
    """Open a business day ahead of its hour. Example: tasviya day open KZT"""
    from tasviya.services.operating_day import open_day

    _each_day(home, now, currency, business_date, open_day)


@day_commands.command("close")
def day_close(
    currency: CurrencyOrAll, business_date: BusinessDate = None, home: Home = DEFAULT_HOME, now: Now = None
) -> None:
    """Close a business day: what waits expires, statements are written. Example: tasviya day close all"""
    from tasviya.services.operating_day import close_day

    _each_day(home, now, currency, business_date, close_day)


@day_commands.command("show")
def day_show(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Where every currency's day stands. Example: tasviya day show"""
    from tasviya import app

    show(app.ask(app.Home(home)).days(), output, empty="No day has been opened.")


@held_commands.command("list")
def held_list(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Held payments. Example: tasviya held list"""
    from tasviya import app

    show(app.ask(app.Home(home)).held(), output, empty="No payment is held.")


@held_commands.command("release")
def held_release(
    payment: PaymentId, actor: Actor, checker: Checker, home: Home = DEFAULT_HOME, now: Now = None
) -> None:
    """Let a held payment go on. Example: tasviya held release P3f52… --by aliya --checked-by omid"""
    from tasviya.services.holding import release

    _decide_held(home, now, payment, lambda work, held: release(work, held, actor, checker))


@held_commands.command("reject")
def held_reject(
    payment: PaymentId,
    actor: Actor,
    checker: Checker,
    words: Annotated[str, typer.Option(help="What its sender is told, such as a case number.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Refuse a held payment. Example: tasviya held reject P3f52… --words "case 17" --by a --checked-by b"""
    from tasviya.services.holding import reject

    _decide_held(home, now, payment, lambda work, held: reject(work, held, words, actor, checker))


def _decide_held(home: Path, now: str | None, payment: str, act: Callable[[Any, Any], None]) -> None:
    from tasviya import app

    with app.by_hand(home, now) as application:
        held = application.payment(payment)
        application.do(lambda work: act(work, held))
        application.tell()
        typer.echo(f"{held.payment_id}: {held.status}")


def _each_day(
    home: Path, now: str | None, currency: str, business_date: str | None, act: Callable[..., None]
) -> None:
    from tasviya import app

    with app.by_hand(home, now) as application:
        memory = application.system.memory
        known = list(memory.snapshot.currencies)
        codes = known if currency == "all" else [currency]
        if not set(codes) <= set(known):
            raise OperatorError(
                "unknown_currency", f"{currency} does not settle here.", f"One of {', '.join(known)}, or all."
            )
        for code in codes:
            day = date_in(business_date) or application.next_date(code)
            application.do(partial(act, currency=code, business_date=day))
            typer.echo(f"{code} {day}: {application.system.memory.days[code].phase}")
        application.tell()
