"""`tasviya customs lodge`, `status`, `amend`, `invalidate`, `release`: declarations that a union keeps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.declarations import declaration_in, left_out_words, plain
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output
from tasviya.cli.output import Format, Row, details, screen, show
from tasviya.core.errors import OperatorError, Refusal, accepted

if TYPE_CHECKING:
    from tasviya.customs.lodgement import Lodgement
    from tasviya.services.work import Work

commands = typer.Typer()

LISTED = ("mrn", "lrn", "kind", "status", "assessed", "currency")
"""What of a declaration a list has room for."""
Member = Annotated[str, typer.Option(help="The member whose customs it is: two letters.")]
Mrn = Annotated[str, typer.Argument(help="The declaration's MRN.")]
As = Annotated[str, typer.Option("--as", help="Who does it: the id that the union's roles know.")]


@commands.command()
def lodge(
    file: Annotated[Path, typer.Argument(help="A declaration, in any format that `customs assess` reads.")],
    member: Member,
    actor: Annotated[str, typer.Option("--as", help="Who lodges it; its declarant if left out.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Keep it as a draft; lodge it later.")] = False,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Lodge a declaration: it is accepted and assessed, or kept with all that is wrong with it. Example:
    tasviya customs lodge examples/customs/import.json --member KZ"""
    from tasviya import app
    from tasviya.services import lodging

    raw = app.read_bytes(file, "Name a declaration's file.")
    declared, left_out = declaration_in(file, raw)
    left_out_words(left_out)
    given = lodging.Lodging(member, declared, raw, actor)
    given = given if actor else lodging.Lodging(member, declared, raw, given.declarant)
    act = lodging.save if draft else lodging.lodge
    with app.by_hand(home, now) as application:
        application.system.advance()
        lodged = accepted(application.do(lambda work: act(work, given)))
        application.finish_telling()
    status(lodged.mrn or lodged.lrn, home=home, output=output)
    if lodged.faults:
        what = f"{lodged.lrn} is not accepted; it is kept as rejected."
        raise OperatorError("not_accepted", what, "Put right what is listed, and lodge it again.", str(file))


@commands.command()
def status(
    mrn: Annotated[str | None, typer.Argument(help="Only this one: its MRN or number.")] = None,
    member: Annotated[str | None, typer.Option(help="Only in this member.")] = None,
    state: Annotated[str | None, typer.Option("--status", help="Only those, such as accepted.")] = None,
    declarant: Annotated[str | None, typer.Option(help="Only this declarant's.")] = None,
    most: Annotated[int, typer.Option(help="So many at the most, the latest; 0 for all.")] = 50,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Declarations, or one of them: what it pays, why, what it waits for and what has been paid. Example:
    tasviya customs status --member KZ --status accepted"""
    from tasviya import app

    asked = app.ask_customs(app.Home(home))
    if mrn is None:
        rows = asked.declarations(member, state, declarant, most or -1)
        if output is Format.TABLE:
            rows = [{name: row[name] for name in LISTED} for row in rows]
        show(rows, output, empty="No declarations.")
        return
    found = asked.declaration(mrn)
    lines: list[Row] = found.pop("lines")
    taxes, faults = found.pop("taxes"), found.pop("faults")
    if output is not Format.TABLE:
        show([found | {"taxes": taxes, "faults": faults, "lines": lines}], output)
        return
    screen.print(details({name: plain(str(value)) for name, value in found.items() if value != ""}))
    for fault in faults:
        screen.print(plain(fault), markup=False)
    if lines:
        screen.print()
        columns = ("item", "tax", "base", "rate", "amount")
        show([{name: line[name] for name in columns} for line in lines], output, title="Why")
    claims = asked.claims(found["mrn"]) if found["mrn"] else []
    if claims:
        screen.print()
        show(claims, output, title="Claims")


@commands.command()
def trace(mrn: Mrn, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Follow a shipment: declared, assessed, paid in one currency, received in another, released, netted.
    Example: tasviya customs trace 26KZ000000000001R2"""
    from tasviya import app

    steps = app.ask_customs(app.Home(home)).trace(mrn)
    if output is not Format.TABLE:
        show(steps, output)
        return
    for step in steps:
        head = f"{step['at'][:16].replace('T', ' '):<16}  {step['member']:<2}"
        screen.print(f"{head}  {step['what']}", style="bold", highlight=False)
        screen.print(f"  {plain(step['words'])}", highlight=False, markup=False, soft_wrap=True)


@commands.command()
def answer(
    mrn: Annotated[str, typer.Argument(help="The declaration's MRN, or its declarant's number.")],
    form: Annotated[str, typer.Option("--format", help="json, wco (a Response) or cusres.")] = "json",
    home: Home = DEFAULT_HOME,
) -> None:
    """What customs answer to a declaration where it stands now, on standard output. Example: tasviya customs
    answer 26KZ000000000001R2 --format wco"""
    from tasviya import app
    from tasviya.services.customs_answers import ANSWER_FORMATS, answer_of, written

    if form not in ANSWER_FORMATS:
        cure = f"One of {', '.join(ANSWER_FORMATS)}."
        raise OperatorError("bad_format", f"{form:.20} is no format of answers.", cure, "--format")
    asked = app.ask_customs(app.Home(home))
    lodged = asked.found(mrn)
    made = written(answer_of(lodged, asked.money(lodged.member)), form, lodged.member, lodged.declarant)
    sys.stdout.buffer.write(made)
    sys.stdout.flush()


@commands.command()
def amend(
    mrn: Mrn,
    file: Annotated[Path, typer.Argument(help="The whole declaration, as it should be.")],
    actor: As,
    reason: Annotated[str, typer.Option(help="Why; an officer must say.")] = "",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Change an accepted declaration before release; the tariff, rates and rounding of its day stay. Example:
    tasviya customs amend 26KZ000000000001R0 import.json --as KZ990101300017"""
    from tasviya import app
    from tasviya.services import lodging

    raw = app.read_bytes(file, "Name a declaration's file.")
    declared, left_out = declaration_in(file, raw)
    left_out_words(left_out)

    def act(work: Work) -> Lodgement | Refusal:
        found = lodging.amend(work, mrn, declared, raw, actor, reason)
        return found[0] if isinstance(found, list) else found

    with app.by_hand(home, now) as application:
        accepted(application.do(act))
        application.finish_telling()
    status(mrn, home=home, output=output)


@commands.command()
def invalidate(
    mrn: Mrn,
    actor: As,
    reason: Annotated[str, typer.Option(help="Why.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Undo a declaration whose goods are not released; what was paid is owed back. Example: tasviya customs
    invalidate 26KZ000000000001R0 --as KZ990101300017 --reason "never shipped" """
    from tasviya import app
    from tasviya.services import lodging

    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: lodging.invalidate(work, mrn, actor, reason)))
        application.finish_telling()
    status(mrn, home=home, output=output)


@commands.command()
def release(
    mrn: Mrn,
    actor: As,
    hold: Annotated[str, typer.Option(help="Which hold the control has lifted: its code.")],
    result: Annotated[str, typer.Option(help="What the control has come to, in words.")],
    found: Annotated[bool, typer.Option("--found", help="The control has found something.")] = False,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """An officer lifts a hold; the last one lifted releases goods that are paid or secured. Example: tasviya
    customs release 26KZ000000000001R0 --as kz.officer.1 --hold RED --result "as declared" """
    from tasviya import app
    from tasviya.services import lodging

    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: lodging.lift(work, mrn, hold, actor, result, found)))
        application.finish_telling()
    status(mrn, home=home, output=output)
