"""`tasviya default …`: what a member's default leaves, rehearsed on a copy, declared, and who bore what."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output
from tasviya.cli.output import Format, Row, details, screen, show, table
from tasviya.core.money import Money
from tasviya.services.clearing_default import currency_of, declare, lift
from tasviya.settlement.netting import Drill, exit_drill

if TYPE_CHECKING:
    from tasviya.services.default_rehearsal import Rehearsal

default_app = typer.Typer(
    help="Defaults of settlement institutions: rehearsed, declared, borne.", no_args_is_help=True
)

Member = Annotated[
    str, typer.Argument(help="A member, its settlement institution, or the currency that it settles.")
]


@default_app.command()
def rehearse(
    member: Member, home: Home = DEFAULT_HOME, now: Now = None, output: Output = Format.TABLE
) -> None:
    """Run a member's default on a copy of the union and print who would lose what. Example: tasviya default
    rehearse KZ"""
    from tasviya import app
    from tasviya.services.default_rehearsal import rehearse as run

    with app.on_a_copy(home, now) as application:
        code, found = application.do(lambda work: (name := currency_of(work, member), run(work, name)))
        unit = application.system.memory.snapshot.unit_money
    if unit is None:
        return
    rows: list[Row] = [
        {"step": str(each.step), "borne_by": each.member, "units": str(Money(each.amount, unit))}
        for each in found.borne.borne
    ]
    if output is not Format.TABLE:
        show(rows, output)
        return
    screen.print(details(_words(found, code, lambda minor: str(Money(minor, unit)))))
    screen.print()
    show(rows, output, title="Who bears it", empty="It owes nothing: nobody bears anything.")
    screen.print()
    moved = [
        {"currency": name, "before": str(Money(before, unit)), "after": str(Money(found.after[name], unit))}
        for name, before in found.before.items()
        if before or found.after[name]
    ]
    if moved:
        screen.print(table(moved, "Positions"))
    screen.print("This was a copy: nothing has changed.", style="dim")


@default_app.command("declare")
def declare_default(
    member: Member,
    why: Annotated[str, typer.Option(help="What everyone will read.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Declare that a member's settlement institution has failed: the waterfall is posted at once. Example:
    tasviya default declare KZ --why "It did not pay cycle 7."
    """
    from tasviya import app

    with app.by_hand(home, now) as application:
        borne = application.do(lambda work: declare(work, currency_of(work, member), why))
        unit = application.system.memory.snapshot.unit_money
        application.tell()
    told = Money(borne.estate.owed, unit) if unit else borne.estate.owed
    left = Money(borne.uncovered, unit) if unit else borne.uncovered
    typer.echo(f"{member} owed {told}; {left} is borne by nobody. `tasviya default list` has it.")


@default_app.command("lift")
def lift_default(member: Member, home: Home = DEFAULT_HOME, now: Now = None) -> None:
    """Take a member's settlement institution in again. Example: tasviya default lift KZ"""
    from tasviya import app

    with app.by_hand(home, now) as application:
        row = application.do(lambda work: lift(work, currency_of(work, member)))
    typer.echo(f"{row.institution} has a quota again from the next opening on.")


@default_app.command("list")
def list_defaults(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Defaults that have been declared, the latest first. Example: tasviya default list"""
    from tasviya import app

    show(app.ask_defaults(app.Home(home)).declared(), output, empty="Nobody has failed.")


@default_app.command("show")
def show_default(
    number: Annotated[int, typer.Argument(help="The default's number.")],
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Who bore what of a default, step by step. Example: tasviya default show 1"""
    from tasviya import app

    show(app.ask_defaults(app.Home(home)).losses(number), output, empty="Nobody bore anything.")


@default_app.command()
def drill(
    gone: Annotated[str, typer.Argument(help="A member, a currency, or a bank by its code.")],
    cycle: Annotated[int | None, typer.Option(help="The cycle to take; the latest with payments.")] = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """What of a cycle stays nettable if a member, a bank or a currency is gone. Example: tasviya default
    drill KZ-ALTYN"""
    from tasviya import app

    asked = app.ask_defaults(app.Home(home))
    flows = asked.gross_flows(cycle)
    show(_drilled(exit_drill(flows, asked.party(gone, flows)), asked.unit_amount), output)


def _drilled(found: Drill, say: Callable[[int], str]) -> list[Row]:
    rows: list[Row] = []
    for words, each in (("with it", found.with_it), ("without it", found.without_it)):
        rows.append(
            {
                "state": words,
                "parties": each.parties,
                "gross": say(each.gross),
                "bilateral": f"{float(100 * each.bilateral_share):.2f} %",
                "multilateral": f"{float(100 * each.multilateral_share):.2f} %",
                "left": say(each.multilateral),
            }
        )
    return rows


def _words(found: Rehearsal, code: str, say: Callable[[int], str]) -> Row:
    borne, measured = found.borne, found.yardsticks
    failing = [name for name in measured.clearing.defaulted if name != code]
    return {
        "default_of": code,
        "owed": say(borne.estate.owed),
        "uncovered": say(borne.uncovered),
        "others_lose": say(sum(borne.losses.values())),
        "payments_of_the_cycle": say(found.gross),
        "unpaid_if_all_were_due_gross": f"{say(measured.clearing.total)} (Eisenberg-Noe)",
        "the_same_if_a_default_costs_half": f"{say(measured.with_costs.total)} (Rogers-Veraart)",
        "others_that_could_not_pay": ", ".join(failing) or "none",
        "debt_rank": f"{measured.rank:.3f}",
    }
