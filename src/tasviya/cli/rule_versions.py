"""`tasviya customs rules draft`, `publish`, `list`: rules come into force, by two persons."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tasviya.cli.lodging import As, Member
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output, date_in
from tasviya.cli.output import Format, show
from tasviya.core.errors import OperatorError, accepted

rules_app = typer.Typer(help="Rules of controls and selectivity, by two persons.", no_args_is_help=True)


class RuleKind(StrEnum):
    """Which rules."""

    CONTROLS = "controls"
    SELECTIVITY = "selectivity"


Kind = Annotated[RuleKind, typer.Option("--kind", help="controls or selectivity.")]


@rules_app.command()
def draft(
    file: Annotated[Path, typer.Argument(help="A TOML file of rules, as `controls` or `select` reads it.")],
    member: Member,
    kind: Kind,
    valid_from: Annotated[str, typer.Option("--from", help="The day from which they hold, yyyy-mm-dd.")],
    actor: As,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Take a member's rules in as a draft. Example: tasviya customs rules draft controls.toml --member KZ
    --kind controls --from 2026-09-01 --as kz.tariff.1"""
    from tasviya import app
    from tasviya.services.customs_book import VersionKind
    from tasviya.services.tariffs import draft_rules

    text, day = app.read_text(file, "Name a TOML file of rules in UTF-8."), date_in(valid_from)
    if day is None:
        raise OperatorError("bad_date", "The day is empty.", "Write it as yyyy-mm-dd.", "--from")
    with app.by_hand(home, now) as application:
        of = VersionKind(kind)
        accepted(application.do(lambda work: draft_rules(work, of, member, text, day, actor)))
        application.finish_telling()
    versions(member, kind, home, output)


@rules_app.command()
def publish(
    digest: Annotated[str, typer.Argument(help="The draft's digest; its first digits are enough.")],
    member: Member,
    kind: Kind,
    actor: As,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Put a draft into force; who drafted it may not. The first rules of selectivity get the member a secret,
    by which declarations are drawn. Example: tasviya customs rules publish 3f9a --member KZ --kind controls
    --as kz.tariff.2"""
    from tasviya import app
    from tasviya.services import tariffs
    from tasviya.services.customs_book import VersionKind

    secret, of = app.random_secret(), VersionKind(kind)
    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: tariffs.publish(work, member, digest, actor, of, secret)))
        application.finish_telling()
    versions(member, kind, home, output)


@rules_app.command("list")
def versions(member: Member, kind: Kind, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """A member's rules of a kind, drafts too. Example: tasviya customs rules list --member KZ --kind
    controls"""
    from tasviya import app

    show(app.ask_customs(app.Home(home)).tariffs(member, kind), output, empty=f"{member} has no {kind}.")
