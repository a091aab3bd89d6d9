"""`tasviya customs transit …`: goods on their way through members, and the guarantee that stands for them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tasviya.cli.declarations import left_out_words, plain, stop
from tasviya.cli.lodging import As
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output
from tasviya.cli.output import Format, Row, details, screen, show
from tasviya.core.clock import instant_of
from tasviya.core.errors import OperatorError, accepted
from tasviya.core.money import parse_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasviya.core.money import Currency
    from tasviya.customs.formats.ncts.answers import Answer
    from tasviya.services.transit_answers import Acting

transit_app = typer.Typer(help="Goods in transit: declare, secure, move, discharge.", no_args_is_help=True)

Mrn = Annotated[str, typer.Argument(help="The movement's MRN.")]
Office = Annotated[str, typer.Option(help="The office that reports; its first two letters are its member.")]
At = Annotated[str | None, typer.Option("--at", help="When it happened: 2026-09-29T10:00:00Z; now.")]
Seals = Annotated[
    str | None, typer.Option("--seals", help="Seals on the goods, with commas; left out: nobody looked.")
]
Answers = Annotated[Path | None, typer.Option("--answers", help="A folder for messages of NCTS in answer.")]
Place = Annotated[str, typer.Option(help="Where it happened, of UN/LOCODE; then 182 tells it.")]
Trader = Annotated[str, typer.Option(help="The trader at the destination; the holder if left out.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Message = Annotated[Path, typer.Argument(help="A message of NCTS.")]


@transit_app.command()
def declare(
    file: Message,
    actor: As,
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Declare goods for transit by a message CC015C, and hold what is at stake of its guarantee. Example:
    tasviya customs transit declare examples/customs/transit.xml --as KZ-ORDA --answers answers"""
    from tasviya import app
    from tasviya.customs.formats.reading import beginning

    raw = app.read_bytes(file, "Name a message of NCTS.")
    if beginning(raw) != "<CC015C>":
        what = f"The file begins with {plain(beginning(raw)):.40}."
        raise OperatorError("DN01", what, "Send other messages by `transit message`.", str(file))
    _receive(file, raw, actor, None, answers, (home, now, output))


@transit_app.command()
def message(
    file: Message,
    actor: As,
    lacking: Annotated[
        str | None, typer.Option(help="Of 044: duty and tax on what is not there, 1250.00; 0: nothing.")
    ] = None,
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Do what a message of NCTS says: 007, 013, 014, 015, 044 or 170. Example: tasviya customs transit
    message arrival.xml --as uz.officer.1"""
    from tasviya import app

    raw = app.read_bytes(file, "Name a message of NCTS.")
    _receive(file, raw, actor, lacking, answers, (home, now, output))


@transit_app.command()
def status(
    mrn: Annotated[str | None, typer.Argument(help="Only this one: its MRN or its holder's number.")] = None,
    member: Annotated[str | None, typer.Option(help="Only those that set out from this member.")] = None,
    state: Annotated[str | None, typer.Option("--status", help="Only those, such as under_way.")] = None,
    holder: Annotated[str | None, typer.Option(help="Only this holder's.")] = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Movements, or one of them: where it is, what is held for it, what went wrong. Example: tasviya customs
    transit status --status under_way"""
    from tasviya import app

    asked = app.ask_customs(app.Home(home))
    if mrn is None:
        show(asked.movements(member, state, holder), output, empty="No movements.")
        return
    found = asked.movement_told(mrn)
    if output is not Format.TABLE:
        show([found], output)
        return
    tables = {name: found.pop(name) for name in ("legs", "incidents")}
    page(found, tables)


@transit_app.command()
def due(
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """What is overdue: enquiries to start, guarantees to call, movements to discharge. Example: tasviya
    customs transit due"""
    from tasviya import app

    at = (app.clock_at(now) or app.MachineClock()).now_ns()
    show(app.ask_customs(app.Home(home)).movements_due(at), output, empty="Nothing is overdue.")


@transit_app.command()
def secure(
    mrn: Mrn,
    actor: As,
    access_code: Annotated[str, typer.Option(help="The guarantee's access code, if it has one.")] = "",
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Hold what is at stake of the guarantee, once more after a refusal. Example: tasviya customs transit
    secure 26KZT00000000001J0 --as KZ-ORDA"""
    from tasviya.services import transit

    act = partial(transit.secure, reference=mrn, actor=actor, access_code=access_code)
    act_on(mrn, act, answers, (home, now, output))


@transit_app.command()
def control(
    mrn: Mrn,
    actor: As,
    goods: Annotated[list[str] | None, typer.Option(help="A control: its type and words, 10=weigh.")] = None,
    document: Annotated[
        list[str] | None, typer.Option(help="A document to show: its type and words, N380=invoice.")
    ] = None,
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Tell that goods are looked at before their release, or documents asked for. Example: tasviya customs
    transit control 26KZT00000000001J0 --as kz.officer.1 --document N380=invoice"""
    from tasviya import app
    from tasviya.customs.formats.ncts.answers import Control
    from tasviya.services.transit_answers import control as controlled

    looked_at = tuple(Control(*_pair(each)) for each in goods or ())
    shown = tuple(_pair(each) for each in document or ())
    with app.by_hand(home, now) as application:
        row, told = application.do(lambda work: controlled(work, mrn, actor, looked_at, shown))
        application.finish_telling()
    _write(told, answers)
    accepted(row)
    status(mrn, home=home, output=output)


@transit_app.command()
def release(
    mrn: Mrn,
    actor: As,
    seals: Seals = None,
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Let the goods set out; their seals are those declared if --seals is left out. Example: tasviya customs
    transit release 26KZT00000000001J0 --as kz.officer.1"""
    from tasviya.services import transit

    act = partial(transit.release, reference=mrn, actor=actor, seals=seals_in(seals))
    act_on(mrn, act, answers, (home, now, output))


@transit_app.command()
def reject(
    mrn: Mrn,
    actor: As,
    reason: Reason,
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Do not let the goods set out: what is held for them is free. Example: tasviya customs transit reject
    26KZT00000000001J0 --as kz.officer.1 --reason "seals are broken" """
    from tasviya.services import transit

    act = partial(transit.reject, reference=mrn, actor=actor, reason=reason)
    act_on(mrn, act, answers, (home, now, output))


@transit_app.command()
def cancel(
    mrn: Mrn,
    actor: As,
    reason: Reason,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Withdraw a declaration before its goods set out. Example: tasviya customs transit cancel
    26KZT00000000001J0 --as KZ-ORDA --reason "sold otherwise" """
    from tasviya.services import transit

    act = partial(transit.cancel, reference=mrn, actor=actor, reason=reason)
    act_on(mrn, act, None, (home, now, output))


@transit_app.command()
def discharge(
    mrn: Mrn,
    actor: As,
    proof: Annotated[str, typer.Option(help="During an enquiry: what proves the end of the procedure.")] = "",
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """End a movement well: what is held for it is free. Example: tasviya customs transit discharge
    26KZT00000000001J0 --as kz.officer.1"""
    from tasviya.services import transit

    act = partial(transit.discharge, reference=mrn, actor=actor, proof=proof)
    act_on(mrn, act, answers, (home, now, output))


@transit_app.command()
def call(
    mrn: Mrn,
    actor: As,
    proved: Annotated[str, typer.Option(help="For how much another proof was given, 1250.00.")] = "0",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Call the guarantee where the goods went wrong: a claim on the guarantor, which payments quote. Example:
    tasviya customs transit call 26KZT00000000001J0 --as uz.chief"""
    from tasviya.services import transit

    minor = minor_of(home, mrn, proved, "--proved")
    act = partial(transit.call, reference=mrn, actor=actor, proved_minor=minor)
    act_on(mrn, act, None, (home, now, output))


Where = tuple[Path, str | None, Format]
"""The union, the time it is pretended to be, and how to print."""


def act_on(mrn: str, act: Acting, answers: Path | None, where: Where, **facts: str) -> None:
    """Do something about a movement, write what is answered, and show the movement.

    Raises: OperatorError if it is refused.
    """
    from tasviya import app
    from tasviya.services.transit_answers import telling

    home, now, output = where
    with app.by_hand(home, now) as application:
        application.system.advance()
        row, told = application.do(lambda work: telling(work, mrn, act, **facts))
        application.finish_telling()
    _write(told, answers)
    accepted(row)
    status(mrn, home=home, output=output)


def instant(text: str | None) -> int:
    """The instant of --at; 0 if it was left out. Raises: OperatorError."""
    return instant_of(text, "--at") if text else 0


def _receive(
    file: Path, raw: bytes, actor: str, lacking: str | None, answers: Path | None, where: Where
) -> None:
    from tasviya import app
    from tasviya.customs.formats.ncts.reading import read
    from tasviya.services.transit_messages import receive

    home, now, output = where
    read_as = read(raw)
    left_out_words(() if isinstance(read_as, list) else read_as.left_out)
    minor = None if lacking is None else minor_of(home, getattr(read_as, "mrn", ""), lacking, "--lacking")
    with app.by_hand(home, now) as application:
        application.system.advance()
        received = application.do(lambda work: receive(work, raw, actor, minor))
        application.finish_telling()
    _write(received.answers, answers)
    if received.refusals:
        stop(list(received.refusals), file)
    if received.row is not None:
        status(received.row.mrn, home=home, output=output)


def _write(told: Sequence[Answer], folder: Path | None) -> None:
    """Write answers into a folder, each under its message's id."""
    from tasviya import app
    from tasviya.customs.formats.ncts.writing import write

    for each in told if folder else ():
        raw = write(each)
        target = (folder or Path()) / f"{each.header.id}.xml"
        if isinstance(raw, list):
            stop(raw, target)
        app.write_file(target, raw)
        typer.echo(f"{target}")


def minor_of(home: Path, mrn: str, text: str, option: str) -> int:
    """An amount of a movement's guarantee, minor units.

    Raises: OperatorError.
    """
    from tasviya import app

    return amount(text, app.ask_customs(app.Home(home)).currency_of(mrn), option)


def amount(text: str, of: Currency, option: str) -> int:
    """An option's amount, minor units. Raises: OperatorError."""
    try:
        return parse_amount(text, of)
    except ValueError as error:
        cure = f"Write {of} in digits with up to {of.decimals} decimals, without separators."
        raise OperatorError("bad_amount", f"{error}.", cure, option) from None


def _pair(text: str) -> tuple[str, str]:
    kind, _, words = text.partition("=")
    return kind, words


def seals_in(text: str | None) -> tuple[str, ...] | None:
    """Seals with commas between them; None if the option was left out."""
    return None if text is None else tuple(filter(None, (each.strip() for each in text.split(","))))


def page(found: Row, tables: dict[str, Any]) -> None:
    """One thing and its lists."""
    screen.print(details({name: plain(str(value)) for name, value in found.items() if value != ""}))
    for name, rows in tables.items():
        if rows:
            screen.print()
            show(
                [{key: plain(str(value)) for key, value in row.items()} for row in rows],
                Format.TABLE,
                title=name.capitalize(),
            )
