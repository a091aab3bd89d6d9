"""`tasviya customs tariff draft`, `publish`, `list`: a tariff comes into force, by two persons."""

from __future__ import annotations

from typing import Annotated

import typer

from tasviya.cli.duty import EXAMPLE, CustomsFolder, read_customs
from tasviya.cli.lodging import As, Member
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output, date_in
from tasviya.cli.output import Format, show
from tasviya.core.errors import OperatorError, accepted

commands = typer.Typer()


@commands.command("draft")
def draft_(
    member: Member,
    valid_from: Annotated[str, typer.Option("--from", help="The day from which it holds, yyyy-mm-dd.")],
    actor: As,
    customs: CustomsFolder = EXAMPLE,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Take a member's law, measures and quotas in as a draft. Example: tasviya customs tariff draft
    --member KZ --from 2026-09-01 --as kz.tariff.1 --customs examples/customs"""
    from tasviya import app
    from tasviya.services.tariff_files import quota_file
    from tasviya.services.tariffs import draft

    law = read_customs(customs, member).law
    text, measures = (app.read_text(customs / name) for name in (f"{member}.toml", law.tariff_file))
    beside = customs / quota_file(law)
    quotas = app.read_text(beside) if beside.exists() else ""
    day = date_in(valid_from)
    if day is None:
        raise OperatorError("bad_date", "The day is empty.", "Write it as yyyy-mm-dd.", "--from")
    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: draft(work, member, text, measures, day, actor, quotas)))
        application.finish_telling()
    versions(member, home, output)


@commands.command("publish")
def publish_(
    member: Member,
    digest: Annotated[str, typer.Argument(help="The draft's digest; its first digits are enough.")],
    actor: As,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Put a draft into force; who drafted it may not. Example: tasviya customs tariff publish 3f9a
    --member KZ --as kz.tariff.2"""
    from tasviya import app
    from tasviya.services.tariffs import publish

    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: publish(work, member, digest, actor)))
        application.finish_telling()
    versions(member, home, output)


@commands.command("list")
def versions(member: Member, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """A member's tariffs, drafts too. Example: tasviya customs tariff list --member KZ"""
    from tasviya import app

    show(app.ask_customs(app.Home(home)).tariffs(member), output, empty=f"{member} has no tariff.")
