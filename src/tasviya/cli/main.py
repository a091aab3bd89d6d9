"""`tasviya`: the operator's and the participants' command line. docs/cli.md explains every command."""

from __future__ import annotations

import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tasviya import __version__
from tasviya.core.errors import OperatorError

HELP = "A clearing union in a box: settles trade between countries in their own currencies."
app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
day_app = typer.Typer(help="Open or close a currency's business day.", no_args_is_help=True)
app.add_typer(day_app, name="day")

DEFAULT_HOME = "tasviya-home"

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="TASVIYA_HOME", help="The directory in which the union lives.")
]
OutputOption = Annotated[str, typer.Option("--output", "-o", help="table, json or csv.")]
ParticipantOption = Annotated[str | None, typer.Option(help="Only this participant's (its permanent code).")]
CurrencyOption = Annotated[str | None, typer.Option(help="Only this currency.")]


def main() -> None:
    """Run the command line; an operator's error is one line with its cure, and an exit status."""
    try:
        app()
    except OperatorError as error:
        sys.stderr.write(f"tasviya: {error.refusal.reason}: {error.refusal.what}\n")
        if error.refusal.where:
            sys.stderr.write(f"  where: {error.refusal.where}\n")
        sys.stderr.write(f"  cure:  {error.refusal.cure}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def init(
    union: Annotated[Path, typer.Option(help="A union.toml, or a directory that has one.")],
    home: HomeOption = Path(DEFAULT_HOME),
) -> None:
    """Make the store of a union from its configuration. Example: tasviya init --union examples/corridor"""
    from tasviya.app import Home, MachineClock, initialise

    if Home(home).database.exists():
        raise OperatorError(
            "union_exists",
            f"{home} already holds a union.",
            "Choose another --home, or remove that directory.",
        )
    file = union / "union.toml" if union.is_dir() else union
    register = initialise(Home(home), file, MachineClock())
    tables = register.tables()
    typer.echo(
        f"{home}: {len(tables['members'])} members, {len(tables['participants'])} participants,"
        f" {len(tables['settlement_accounts'])} settlement accounts."
    )


@app.command()
def submit(
    files: Annotated[list[Path], typer.Argument(help="ISO 20022 files.")],
    sender: Annotated[str, typer.Option("--as", help="The BIC that sends them.")],
    home: HomeOption = Path(DEFAULT_HOME),
) -> None:
    """Hand in files as a participant's. Example: tasviya submit payment.xml --as ALTNKZ20XXX"""
    from tasviya.app import Home, hand_in

    count = hand_in(Home(home), sender, files)
    typer.echo(f"{count} handed in as {sender}; `tasviya run --once` takes them in.")


@app.command()
def run(
    home: HomeOption = Path(DEFAULT_HOME),
    once: Annotated[bool, typer.Option(help="Take in what waits, tell, and stop.")] = False,
    workers: Annotated[int, typer.Option(help="Processes beside the writer's; 0 for none.")] = 2,
    poll_ms: Annotated[int, typer.Option(help="How often to look for new files.")] = 200,
) -> None:
    """Settle what arrives until interrupted. Example: tasviya run --once"""
    from tasviya.app import Application, Home

    with Application(Home(home), worker_count=workers) as application:
        while True:
            taken = application.drain()
            application.system.advance()
            application.tell()
            if once:
                typer.echo(f"{taken} files taken in.", err=True)
                return
            time.sleep(poll_ms / 1000)


@app.command()
def status(
    name: Annotated[str, typer.Argument(help="UETR, payment id, end-to-end id or instruction id.")],
    home: HomeOption = Path(DEFAULT_HOME),
    output: OutputOption = "table",
) -> None:
    """Where a payment stands, and why. Example: tasviya status 7f9c…"""
    from tasviya.app import Home, ask
    from tasviya.cli.output import Format, details, screen, show

    rows = ask(Home(home)).payments(name)
    if not rows:
        raise OperatorError("unknown_payment", f"No payment is known by {name}.", "Check the id.")
    if Format(output) is Format.TABLE:
        for row in rows:
            screen.print(details(row, f"Payment {row['payment_id']}"))
    else:
        show(rows, Format(output))


@app.command()
def queue(
    home: HomeOption = Path(DEFAULT_HOME),
    participant: ParticipantOption = None,
    currency: CurrencyOption = None,
    output: OutputOption = "table",
) -> None:
    """Payments that wait, for what, and what ends it. Example: tasviya queue --currency KZT"""
    from tasviya.app import Home, ask
    from tasviya.cli.output import Format, show

    show(ask(Home(home)).queue(participant, currency), Format(output), empty="No payment waits.")


@app.command()
def liquidity(
    home: HomeOption = Path(DEFAULT_HOME),
    participant: ParticipantOption = None,
    currency: CurrencyOption = None,
    output: OutputOption = "table",
) -> None:
    """Balances, credit lines and what can be spent. Example: tasviya liquidity --participant KZ-ALTYN"""
    from tasviya.app import Home, ask
    from tasviya.cli.output import Format, show

    show(ask(Home(home)).liquidity(participant, currency), Format(output))


@app.command("trial-balance")
def trial_balance(home: HomeOption = Path(DEFAULT_HOME), output: OutputOption = "table") -> None:
    """Debits and credits by currency and kind of account. Exit status 4 if they differ."""
    from tasviya.app import Home, ask
    from tasviya.cli.output import Format, show

    rows = ask(Home(home)).trial_balance()
    show(rows, Format(output))
    totals: dict[int, list[int]] = {}
    for row in rows:
        total = totals.setdefault(row["ledger"], [0, 0])
        total[0] += int(row["debits"].replace(".", ""))
        total[1] += int(row["credits"].replace(".", ""))
    if any(debits != credits for debits, credits in totals.values()):
        typer.echo("The books do not balance.", err=True)
        raise typer.Exit(4)


@day_app.command("open")
def day_open(
    currency: Annotated[str, typer.Argument(help="The currency, or `all`.")],
    business_date: Annotated[
        str | None, typer.Option("--date", help="yyyy-mm-dd; today if left out.")
    ] = None,
    home: HomeOption = Path(DEFAULT_HOME),
) -> None:
    """Open a business day ahead of its hour. Example: tasviya day open KZT"""
    from tasviya.services.operating_day import open_day

    _each_day(home, currency, business_date, open_day)


@day_app.command("close")
def day_close(
    currency: Annotated[str, typer.Argument(help="The currency, or `all`.")],
    business_date: Annotated[
        str | None, typer.Option("--date", help="yyyy-mm-dd; the open one if left out.")
    ] = None,
    home: HomeOption = Path(DEFAULT_HOME),
) -> None:
    """Close a business day: what waits expires, statements are written. Example: tasviya day close all"""
    from tasviya.services.operating_day import close_day

    _each_day(home, currency, business_date, close_day)


def _each_day(home: Path, currency: str, business_date: str | None, act) -> None:  # type: ignore[no-untyped-def]
    from tasviya.app import Application, Home

    with Application(Home(home), worker_count=0) as application:
        memory = application.system.memory
        codes = list(memory.snapshot.currencies) if currency == "all" else [currency]
        for code in codes:
            if code not in memory.snapshot.currencies:
                raise OperatorError(
                    "unknown_currency",
                    f"{code} does not settle here.",
                    f"One of {', '.join(memory.snapshot.currencies)}.",
                )
            try:
                day = date.fromisoformat(business_date) if business_date else None
            except ValueError:
                raise OperatorError(
                    "bad_date", f"{business_date} is no date.", "Write it as yyyy-mm-dd."
                ) from None
            chosen = day or memory.day(code, application.clock.now_ns()).business_date
            application.do(lambda work, c=code, d=chosen: act(work, c, d))
            typer.echo(f"{code} {chosen}: {application.system.memory.days[code].phase}")
        application.tell()


@app.command()
def demo(
    union: Annotated[Path, typer.Option(help="A union.toml, or a directory that has one.")] = Path(
        "examples/sco"
    ),
    payments: Annotated[int, typer.Option(help="How many payments.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same day.")] = 2015,
    home: Annotated[Path, typer.Option(help="Where to put the day; what lies there is replaced.")] = Path(
        "demo-home"
    ),
    workers: Annotated[int, typer.Option(help="Processes beside the writer's.")] = 2,
) -> None:
    """Run a settlement day on real trade. Example: tasviya demo --payments 1000"""
    from tasviya.cli.demo import run_demo

    run_demo(union, home, payments, seed, workers)
