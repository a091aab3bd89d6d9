"""`tasviya customs assess`: what a declaration pays, item by item and tax by tax."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.markup import escape

from tasviya.cli.duty import EXAMPLE, CustomsFolder, GivenRates, OfRates, official_rates, read_customs
from tasviya.cli.options import Output, date_in
from tasviya.cli.output import Format, Row, details, screen, show
from tasviya.core.errors import OperatorError, Refusal

if TYPE_CHECKING:
    from tasviya.customs.declaration import Declaration
    from tasviya.customs.tax_law import TaxLaw
    from tasviya.services.declarations import Assessed


def assess(
    file: Annotated[Path, typer.Argument(help="A declaration: JSON, XML (WCO, ASYCUDA) or CUSDEC.")],
    member: Annotated[str, typer.Option(help="The member that the goods enter: two letters.")],
    rate: GivenRates = None,
    on: Annotated[str | None, typer.Option(help="The day, yyyy-mm-dd; today if left out.")] = None,
    home: OfRates = None,
    customs: CustomsFolder = EXAMPLE,
    output: Output = Format.TABLE,
) -> None:
    """What does a declaration pay: every item's customs value and taxes, and sums by tax. Example: tasviya
    customs assess examples/customs/import.json --member KZ --rate EUR=512.34 --on 2026-10-01"""
    from tasviya.services.declarations import assess_declaration

    tariff = read_customs(customs, member)
    day = date_in(on) or datetime.now(UTC).date()
    rates = official_rates(rate, home, tariff, day)
    declared, left_out = read_declaration(file)
    found = assess_declaration(declared, tariff, rates, day)
    if isinstance(found, list):
        stop(found, file)
    _print(found, tariff.law, left_out, output)


def read_declaration(file: Path) -> tuple[Declaration, tuple[str, ...]]:
    """The declaration in a file, and what of it was left out.

    Raises: OperatorError.
    """
    from tasviya import app

    return declaration_in(file, app.read_bytes(file, "Name a declaration's file."))


def declaration_in(file: Path, raw: bytes) -> tuple[Declaration, tuple[str, ...]]:
    """The declaration in a file's bytes, in whatever format, and what of it was left out.

    Raises: OperatorError.
    """
    from tasviya.customs.formats.reading import read

    found = read(raw)
    if isinstance(found, list):
        stop(found, file)
    return found.declaration, found.left_out


def stop(refusals: list[Refusal], file: Path) -> NoReturn:
    """Tell all that was found; the last one stops the command.

    Raises: OperatorError.
    """
    *others, last = [
        OperatorError(each.reason, plain(each.what), plain(each.cure), plain(f"{file} {each.where}").strip())
        for each in refusals
    ]
    for each in (other.refusal for other in others):
        sys.stderr.write(f"tasviya: {each.reason}: {each.what}\n")
        sys.stderr.write(f"  where: {each.where}\n  cure:  {each.cure}\n")
    raise last


def left_out_words(left_out: tuple[str, ...]) -> None:
    """Say what of a declaration was not read."""
    if left_out:
        many = f"{len(left_out)} elements or segments" if len(left_out) > 1 else "1 element or segment"
        sys.stderr.write(f"No part of this: {many}, such as {plain(left_out[0])}.\n")


def plain(text: str) -> str:
    """A text from a file without what would steer a terminal."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _print(found: Assessed, law: TaxLaw, left_out: tuple[str, ...], output: Format) -> None:
    from tasviya.core.money import format_minor
    from tasviya.services.declarations import assessed_rows

    rows = assessed_rows(found, law.tariff_file)
    left_out_words(left_out)
    if output is not Format.TABLE:
        show(rows, output)
        return
    money, declared = law.currency, found.declaration

    def text(minor: int) -> str:
        return format_minor(minor, money.decimals, grouping=",")

    screen.print(
        details(
            {
                "declaration": f"{escape(plain(declared.lrn))}, {declared.kind} into {law.member}",
                "customs value": f"{text(found.value.minor)} {money}",
                "to pay": f"{text(found.total)} {money}",
            }
        )
    )
    for each in found.items:
        item = each.item
        screen.print()
        goods = f"{item.goods} of origin {item.claimed_origin}, {item.description}"
        screen.print(f"Item {item.number}: {plain(goods)}", markup=False)
        screen.print(f"customs value {text(each.value.minor)} {money}: {' + '.join(each.value.explanation)}")
        own = [row for row in rows if row["item"] == item.number]
        show([{name: row[name] for name in ("tax", "base", "rate", "row", "amount")} for row in own], output)
    screen.print()
    names = {tax.code: tax.name for tax in law.taxes}
    totals: list[Row] = [
        {"tax": code, "name": names[code], "amount": text(minor)} for code, minor in found.by_tax.items()
    ]
    show(totals, output, title="Together")
    if law.notice:
        screen.print(law.notice, style="dim")
