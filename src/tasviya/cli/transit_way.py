"""`tasviya customs transit enter`, `leave`, `incident`, …: what happens to goods on their way."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from tasviya.cli.lodging import As
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output
from tasviya.cli.output import Format
from tasviya.cli.transit import (
    Answers,
    At,
    Mrn,
    Office,
    Place,
    Seals,
    Trader,
    act_on,
    instant,
    minor_of,
    seals_in,
)
from tasviya.customs.transit import IncidentKind

commands = typer.Typer()


@commands.command()
def present(
    mrn: Mrn,
    actor: As,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Goods that were declared ahead are at departure. Example: tasviya customs transit present
    26KZT00000000001J0 --as KZ-ORDA"""
    from tasviya.services import transit

    act_on(mrn, partial(transit.present, reference=mrn, actor=actor), None, (home, now, output))


@commands.command()
def enter(
    mrn: Mrn,
    office: Office,
    actor: As,
    at: At = None,
    seals: Seals = None,
    place: Place = "",
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """The goods cross into a member. Example: tasviya customs transit enter 26KZT00000000001J0 --office
    UZ000300 --as uz.officer.1 --seals S-100,S-101"""
    from tasviya.services import transit_way

    act = partial(
        transit_way.enter,
        reference=mrn,
        office=office,
        actor=actor,
        at=instant(at),
        seals_seen=seals_in(seals),
    )
    act_on(mrn, act, answers, (home, now, output), place=place)


@commands.command()
def leave(
    mrn: Mrn,
    office: Office,
    actor: As,
    at: At = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """The goods leave a member. Example: tasviya customs transit leave 26KZT00000000001J0 --office KZ398001
    --as kz.officer.1"""
    from tasviya.services import transit_way

    act = partial(transit_way.leave, reference=mrn, office=office, actor=actor, at=instant(at))
    act_on(mrn, act, None, (home, now, output))


@commands.command()
def incident(
    mrn: Mrn,
    kind: Annotated[IncidentKind, typer.Option(help="What went wrong.")],
    actor: As,
    at: At = None,
    text: Annotated[str, typer.Option(help="In words.")] = "",
    place: Place = "",
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Something goes wrong where the goods are. Example: tasviya customs transit incident 26KZT00000000001J0
    --kind transhipment --as KZ-ORDA --place UZTAS"""
    from tasviya.services import transit_way

    act = partial(transit_way.report, reference=mrn, kind=kind, actor=actor, at=instant(at), text=text)
    act_on(mrn, act, answers, (home, now, output), place=place)


@commands.command()
def resume(
    mrn: Mrn,
    actor: As,
    at: At = None,
    seals: Annotated[str | None, typer.Option("--seals", help="New seals, with commas between them.")] = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Let the goods go on after an incident. Example: tasviya customs transit resume 26KZT00000000001J0
    --as uz.officer.1 --seals S-200"""
    from tasviya.services import transit_way

    act = partial(transit_way.resume, reference=mrn, actor=actor, at=instant(at), seals=seals_in(seals))
    act_on(mrn, act, None, (home, now, output))


@commands.command()
def arrive(
    mrn: Mrn,
    office: Office,
    actor: As,
    at: At = None,
    seals: Seals = None,
    trader: Trader = "",
    place: Place = "",
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """The goods are presented at an office, the declared one or another. Example: tasviya customs transit
    arrive 26KZT00000000001J0 --office UZ000204 --as uz.officer.1"""
    from tasviya.services import transit_way

    act = partial(
        transit_way.arrive,
        reference=mrn,
        office=office,
        actor=actor,
        at=instant(at),
        seals_seen=seals_in(seals),
    )
    act_on(mrn, act, answers, (home, now, output), trader=trader, place=place)


@commands.command()
def unload(
    mrn: Mrn,
    actor: As,
    at: At = None,
    lacking: Annotated[
        str, typer.Option(help="Duty and tax on what is not there, of the guarantee's currency.")
    ] = "0",
    remark: Annotated[str, typer.Option(help="What was found, in words.")] = "",
    trader: Trader = "",
    answers: Answers = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """The goods have been unloaded and counted. Example: tasviya customs transit unload 26KZT00000000001J0
    --as uz.officer.1 --lacking 1250.00 --remark "two rolls" """
    from tasviya.services import transit_way

    minor = minor_of(home, mrn, lacking, "--lacking")
    act = partial(
        transit_way.unload,
        reference=mrn,
        actor=actor,
        at=instant(at),
        lacking_minor=minor,
        remark=remark,
    )
    act_on(mrn, act, answers, (home, now, output), trader=trader)


@commands.command()
def enquire(
    mrn: Mrn,
    actor: As,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Ask where goods are that are overdue. Example: tasviya customs transit enquire 26KZT00000000001J0
    --as kz.officer.1"""
    from tasviya.services import transit_way

    act_on(mrn, partial(transit_way.enquire, reference=mrn, actor=actor), None, (home, now, output))
