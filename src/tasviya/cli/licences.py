"""`tasviya customs licence issue`, `list`: licences of an authority, and what has been used of them."""

from __future__ import annotations

from typing import Annotated

import typer

from tasviya.cli.lodging import As, Member
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output, date_in
from tasviya.cli.output import Format, show
from tasviya.core.errors import OperatorError, accepted

licence_app = typer.Typer(help="Licences for goods, as their authority issues them.", no_args_is_help=True)


@licence_app.command()
def issue(
    number: Annotated[str, typer.Argument(help="The licence's number, as declarations show it.")],
    member: Member,
    holder: Annotated[str, typer.Option(help="Whose it is: the importer's or exporter's id.")],
    goods: Annotated[str, typer.Option(help="Which goods: the beginning of their code, 2 to 12 digits.")],
    quantity: Annotated[str, typer.Option(help="How much of `--unit`, with three decimals at the most.")],
    valid_from: Annotated[str, typer.Option("--from", help="Its first day, yyyy-mm-dd.")],
    valid_until: Annotated[str, typer.Option("--until", help="Its last day, yyyy-mm-dd.")],
    actor: As,
    unit: Annotated[str, typer.Option(help="What it counts; kg if left out.")] = "kg",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Issue a licence. Example: tasviya customs licence issue L-2026-17 --member KZ --holder KZ990101300017
    --goods 2204 --quantity 500 --from 2026-09-01 --until 2026-12-31 --as kz.licences.1"""
    from tasviya import app
    from tasviya.customs.control_rules import read_licences
    from tasviya.services import licences

    for option, text in (("--from", valid_from), ("--until", valid_until)):
        if date_in(text) is None:
            raise OperatorError("bad_date", "The day is empty.", "Write it as yyyy-mm-dd.", option)
    words = {"number": number, "holder": holder, "goods": goods, "quantity": quantity, "unit": unit}
    told = "".join(f"{name} = {_quoted(text)}\n" for name, text in words.items())
    days = f"valid_from = {valid_from}\nvalid_to = {valid_until}\n"
    (made,) = read_licences(f"[[licence]]\n{told}{days}", "options").values()
    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: licences.issue(work, member, made, actor)))
        application.finish_telling()
    listed(member, home, output)


@licence_app.command("list")
def listed(member: Member, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """A member's licences, and what each has left. Example: tasviya customs licence list --member KZ"""
    from tasviya import app

    rows = app.ask_customs(app.Home(home)).licence_rows(member)
    show(rows, output, empty=f"{member} has issued no licence.")


def _quoted(text: str) -> str:
    """A text as TOML has it: JSON's strings are TOML's."""
    import json

    return json.dumps(text)
