"""`tasviya setoff …`: cancel debts that form rings, and prove it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tasviya.cli.options import Output
from tasviya.cli.output import Format, details, screen, show
from tasviya.core.errors import OperatorError

if TYPE_CHECKING:
    from tasviya.services.setoff import Outcome

NEXT_TAKES = 5
"""How much longer than all before it the next answer may take."""


class _FileOrCommand(TyperGroup):
    """`tasviya setoff FILE` is short for `tasviya setoff run FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "--install-completion"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


setoff_app = typer.Typer(
    cls=_FileOrCommand,
    help="Cancel debts that form rings. `tasviya setoff FILE …` is short for `tasviya setoff run FILE …`.",
    no_args_is_help=True,
)

Decimals = Annotated[
    int, typer.Option(min=0, max=8, help="Decimals of amounts in the file; 0: whole minor units.")
]
Repeats = Annotated[
    bool, typer.Option("--add-repeats", help="Add the same debt up if it is there twice; else a mistake.")
]


@setoff_app.command()
def run(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet with the columns debtor, creditor, amount.")],
    result: Annotated[Path, typer.Option("--result", "-o", help="The folder to make.")],
    credit: Annotated[
        str | None, typer.Option(help="Lend at most so much in all, where it discharges most.")
    ] = None,
    anytime: Annotated[
        float | None,
        typer.Option(min=0, help="Take the best answer of so many seconds; 0: the first one."),
    ] = None,
    decimals: Decimals = 0,
    add_repeats: Repeats = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result.")] = False,
) -> None:
    """Cancel as much as possible of who owes whom, with a proof that nothing more can be. Example: tasviya
    setoff obligations.csv -o result"""
    from tasviya import app
    from tasviya.services.obligation_files import read
    from tasviya.services.setoff import FILES, credit_in, digest_of, files, set_off

    if credit is not None and anytime is not None:
        cure = "Leave --anytime out: what credit does is told of the exact answer."
        raise OperatorError("bad_credit", "--credit and --anytime do not go together.", cure, "--credit")
    limit = credit_in(credit, decimals) if credit is not None else 0
    app.may_write(result, known=FILES, replace=force)
    raw = app.read_bytes(file, "Name a CSV or Parquet file of obligations.")
    obligations = read(raw, str(file), decimals, repeats=add_repeats)
    is_enough = None if anytime is None else _patience(anytime)
    outcome = set_off(obligations, digest_of(raw), credit=limit, is_enough=is_enough, where=str(file))
    app.write_folder(result, files(outcome, file.name), known=FILES, replace=force)
    _tell(outcome, result)


@setoff_app.command()
def verify(
    result: Annotated[Path, typer.Argument(help="The folder that `tasviya setoff` has written.")],
    file: Annotated[
        Path | None, typer.Argument(help="The obligations; also prove that the result is theirs.")
    ] = None,
    output: Output = Format.TABLE,
) -> None:
    """Prove a result offline, without the solver. Exit status 4 if it does not hold. Example: tasviya setoff
    verify result obligations.csv"""
    from tasviya import app
    from tasviya.services.setoff import FILES
    from tasviya.services.setoff_proof import prove

    found = app.read_folder(result, FILES, "Name the folder that `tasviya setoff` has written.")
    given = app.read_bytes(file, "Name the file that was set off, or none.") if file else None
    proof = prove(found, str(result), given, str(file))
    facts = proof.facts()
    if output is Format.TABLE:
        screen.print(details(facts))
        for violation in proof.violations:
            screen.print(violation, markup=False)
    else:
        show([facts | {"violated": list(proof.violations)}], output)
    if proof.violations:
        raise typer.Exit(4)


def _patience(seconds: float) -> Callable[[], bool]:
    """Says that it is enough when the next answer would probably come too late."""
    begun = time.monotonic()

    def is_enough() -> bool:
        return (time.monotonic() - begun) * (1 + NEXT_TAKES) > seconds

    return is_enough


def _tell(outcome: Outcome, result: Path) -> None:
    from tasviya.services.setoff_summary import headline

    for line in headline(outcome):
        typer.echo(line)
    typer.echo(f"{result}: summary.md tells more; `tasviya setoff verify {result}` proves it.")
