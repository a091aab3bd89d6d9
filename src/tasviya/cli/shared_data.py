"""`tasviya customs expected`: exports of other members that are on their way to one."""

from __future__ import annotations

import typer

from tasviya.cli.lodging import As, Member
from tasviya.cli.options import DEFAULT_HOME, Home, Output
from tasviya.cli.output import Format, show

commands = typer.Typer()


@commands.command()
def expected(member: Member, actor: As, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Exports that other members have accepted for a member, and the imports that name them. Parties and
    prices are told to its customs and the exporter's alone. Example: tasviya customs expected --member KZ
    --as kz.officer.1"""
    from tasviya import app

    rows = app.ask_customs(app.Home(home)).expected(member, actor)
    show(rows, output, empty=f"No exports to {member}.")
