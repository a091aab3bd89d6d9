"""`tasviya customs tariff …`: a member's tariff from TARIC3 files, and all that is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tasviya.cli.declarations import stop
from tasviya.cli.duty import EXAMPLE, CustomsFolder, law_of, text_of
from tasviya.cli.options import Output, date_in
from tasviya.cli.output import Format, show
from tasviya.core.errors import OperatorError

HELP = "A member's tariff: made from TARIC3 files, checked, put into force."
tariff_app = typer.Typer(help=HELP, no_args_is_help=True)

CHUNK = 1 << 20
"""Bytes that are read at a time."""
Member = Annotated[str, typer.Option(help="Whose tariff: two letters.")]
On = Annotated[str | None, typer.Option(help="The day, yyyy-mm-dd; today if left out.")]


@tariff_app.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="TARIC3 envelopes in XML, the earliest first.")],
    member: Member,
    out: Annotated[Path, typer.Option(help="The folder that the tariff goes into.")],
    customs: CustomsFolder = EXAMPLE,
    on: On = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier import.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Make a member's tariff from TARIC3 envelopes, and say what was left out and why. Example: tasviya
    customs tariff import examples/customs/taric3.xml --member KZ --out tariff"""
    from tasviya import app
    from tasviya.customs.formats.taric3 import Holdings, read
    from tasviya.services.tariff_files import files_of, made_from, told

    law, law_text = law_of(out if (out / f"{member}.toml").is_file() else customs, member)
    day = date_in(on) or datetime.now(UTC).date()
    holdings = Holdings()
    for file in files:
        found = read(_chunks(file), holdings)
        if isinstance(found, list):
            stop(found, file)
        holdings = found
    done = made_from(holdings, law, day)
    made = files_of(done)
    there = [name for name in made if (out / name).exists()]
    if there and not force:
        cure = "Name another folder, or say --force to replace an earlier import."
        raise OperatorError("target_exists", f"{out / there[-1]} exists.", cure, "--out")
    if not (out / f"{member}.toml").is_file():
        app.write_file(out / f"{member}.toml", law_text.encode())
    for name, content in made.items():
        app.write_file(out / name, content)
    show(told(done), output)
    if output is Format.TABLE:
        typer.echo(f"{out / law.tariff_file}: {len(done.made.rows):,} rows.")


@tariff_app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="The folder with the member's law and tariff.")],
    member: Member,
    on: On = None,
    days: Annotated[int, typer.Option(min=0, max=36_600, help="Tell what expires within so many.")] = 30,
    output: Output = Format.TABLE,
) -> None:
    """Everything that is wrong with a tariff, and a count of its measures. Exit status 4 if anything is
    wrong. Example: tasviya customs tariff check examples/customs --member KZ"""
    from tasviya import app
    from tasviya.services.customs_files import quotas_of
    from tasviya.services.tariff_files import checked, counted, quota_file

    law, _ = law_of(folder, member)
    day = date_in(on) or datetime.now(UTC).date()
    quotas = folder / quota_file(law)
    numbers = None
    if quotas.is_file():
        numbers = quotas_of(
            app.read_bytes(quotas, "Name a CSV file of tariff quotas."), str(quotas)
        ).by_number
    found = checked(text_of(folder / law.tariff_file), law, numbers, law.tariff_file)
    faults = [
        {"code": each.reason, "where": each.where, "what": each.what, "cure": each.cure}
        for each in found.faults
    ]
    if output is not Format.TABLE:
        show(faults or counted(found, law, day, days), output)
    else:
        show(counted(found, law, day, days), output, empty="No measures.")
        if numbers is None and any(each.quota for each in found.measures):
            typer.echo(f"There is no {quotas.name}: order numbers of quotas are not checked.")
        if faults:
            show(faults, output)
    if faults:
        typer.echo(f"{len(faults):,} faults.", err=True)
        raise typer.Exit(4)


def _chunks(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
    except OSError as error:
        what = f"{file} cannot be read: {error.strerror or error}."
        raise OperatorError("unreadable", what, "Name a TARIC3 file.", str(file)) from None
