"""`tasviya customs mirror`: two members' declarations of the same trade against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.controls import OnDay, rates_in
from tasviya.cli.declarations import plain, read_declaration, stop
from tasviya.cli.duty import EXAMPLE, CustomsFolder, GivenRates, read_customs
from tasviya.cli.options import DEFAULT_HOME, Home, Output
from tasviya.cli.options import date_in as day_in
from tasviya.cli.output import Format, Row, show
from tasviya.core.errors import OperatorError
from tasviya.core.money import format_minor

if TYPE_CHECKING:
    from tasviya.customs.mirror import Gap, RateOf
    from tasviya.customs.mirror_lines import MirrorLine
    from tasviya.customs.mirror_match import Accepted
    from tasviya.customs.tariff import Tariff
    from tasviya.customs.valuation import Rates

ACCEPTED = "accepted.csv"
SUFFIXES = (".json", ".xml")


def mirror(
    exports: Annotated[
        Path | None, typer.Argument(help="A folder of export declarations, and accepted.csv.")
    ] = None,
    imports: Annotated[Path | None, typer.Argument(help="The same of the other member's imports.")] = None,
    currency: Annotated[
        str, typer.Option(help="Of folders: in which values are compared, and what rates are in.")
    ] = "",
    rate: GivenRates = None,
    on: OnDay = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long goods may be under way.")] = 60,
    value_tolerance: Annotated[str, typer.Option(help="What is no gap of value, per cent.")] = "5",
    quantity_tolerance: Annotated[str, typer.Option(help="What is no gap of quantity, per cent.")] = "2",
    member: Annotated[
        str, typer.Option(help="Whose duty goods under another code would pay; of a union: whose imports.")
    ] = "",
    partner: Annotated[str, typer.Option("--from", help="Of a union: only from this member.")] = "",
    actor: Annotated[str, typer.Option("--as", help="Of a union: who asks, by its roles.")] = "",
    customs: CustomsFolder = EXAMPLE,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Where what was declared out is not what was declared in, each gap with its reason: of two folders, or
    of what a union keeps. Example: tasviya customs mirror examples/customs/mirror/exports
    examples/customs/mirror/imports --currency EUR --on 2026-12-31"""
    from tasviya import app
    from tasviya.customs.mirror import Tolerance
    from tasviya.customs.mirror import mirror as gaps_of

    day = day_in(on) or datetime.now(UTC).date()
    rates = rates_in(rate)
    given = Tolerance(
        value=_percent(value_tolerance, "--value-tolerance"),
        quantity=_percent(quantity_tolerance, "--quantity-tolerance"),
        days=days,
    )
    trades: Mapping[str, tuple[Sequence[Accepted], Sequence[Accepted]]]
    if exports and imports and currency:
        trades = {"": (_accepted(exports), _accepted(imports))}
        tariff = read_customs(customs, member) if member else None
    elif member and actor and not (exports or imports):
        asked = app.ask_customs(app.Home(home))
        trades = asked.sides(member, actor, partner or None)
        currency, tariff = asked.money(member).code, asked.tariff_on(member, day)
    else:
        raise typer.BadParameter("Name two folders and --currency; or, of a union, --member and --as.")
    rate_of = _rate_of(tariff, rates, currency) if tariff else None
    rows: list[Row] = []
    for other, sides in trades.items():
        gaps = gaps_of(*sides, currency, rates, day, given, rate_of)
        if isinstance(gaps, list):
            stop(gaps, exports or home)
        rows += [({"from": other} if other else {}) | _row(each, currency) for each in gaps]
    if output is not Format.TABLE:
        show(rows, output)
        return
    for row in rows:
        title = " ".join(filter(None, (row.get("from", ""), row["reason"], row["goods"])))
        typer.echo(f"{title}  {row['exports'] or '-'} / {row['imports'] or '-'}\n  {row['what']}")
    out, into = (sum(len(sides[place]) for sides in trades.values()) for place in (0, 1))
    count = f"{out:,} exports and {into:,} imports"
    typer.echo(f"{count}: {len(rows):,} gaps." if rows else f"{count}: no gap.")


def _row(gap: Gap, code: str) -> Row:
    from tasviya.core.currencies import currency

    duty = "" if gap.duty is None else format_minor(gap.duty, currency(code).decimals)
    texts = {
        "exports": " ".join(gap.exports),
        "imports": " ".join(gap.imports),
        "goods": gap.goods,
        "exported": gap.exported,
        "imported": gap.imported,
        "what": gap.what,
    }
    return {"reason": str(gap.reason), **{name: plain(text) for name, text in texts.items()}, "duty": duty}


def _accepted(folder: Path) -> Sequence[Accepted]:
    """The declarations in a folder, with the days on which accepted.csv says that they were accepted.

    Raises: OperatorError if a file cannot be read, breaks a rule, or has no day.
    """
    from tasviya import app
    from tasviya.customs.csv_rows import cells_of
    from tasviya.customs.declaration_rules import check
    from tasviya.customs.mirror_match import Accepted

    table = folder / ACCEPTED
    raw = app.read_bytes(table, f"Put {ACCEPTED} there, with the columns file and accepted.")
    days: dict[str, tuple[int, str]] = {}
    for line, cells in cells_of(raw, str(table), "MR04", ("file", "accepted")):
        if cells["file"] in days:
            what = f"{plain(cells['file'])} is there twice."
            raise OperatorError("MR04", what, "Give every declaration one line.", f"{table}:{line}")
        days[cells["file"]] = line, cells["accepted"]
    files = sorted(each for each in folder.iterdir() if each.suffix.lower() in SUFFIXES)
    for name in [*days, *(each.name for each in files)]:
        if name not in days or not (folder / name).is_file():
            what = f"{name} has no line there." if name not in days else f"{name} is not in the folder."
            raise OperatorError("MR04", plain(what), "Give every declaration its line.", str(table))
    found = []
    for file in files:
        declared, _ = read_declaration(file)
        if refusals := check(declared):
            stop(refusals, file)
        line, text = days[file.name]
        try:
            found.append(Accepted(declared, date.fromisoformat(text)))
        except ValueError:
            what = f"{text[:40]!r} is no date."
            raise OperatorError("MR04", what, "Write it as yyyy-mm-dd.", f"{table}:{line}") from None
    return found


def _rate_of(tariff: Tariff, rates: Rates, code: str) -> RateOf:
    """The first tax of a member's law on goods, as a share of their value; None where it cannot be told."""
    from tasviya.core.errors import Refusal
    from tasviya.core.rounding import Rounding, rounded
    from tasviya.customs.declaration import Amount
    from tasviya.customs.declaration_rules import kilograms
    from tasviya.customs.worth import worth
    from tasviya.services.duty import Asked, answer

    money = tariff.law.currency
    one = Fraction(1) if money.code == code else rates.get(money.code)
    own = {name: each / one for name, each in {**rates, code: Fraction(1)}.items()} if one else {}

    def rate_of(goods: str, origin: str, day: date, line: MirrorLine) -> Fraction | None:
        value = worth(Amount(rounded(line.value, Rounding.HALF_UP), code), money.code, own, money.code)
        minor = rounded(value or Fraction(0), Rounding.HALF_UP)
        quantities = {str(unit): kilograms(quantity) for unit, quantity in line.quantities.items()}
        text = format_minor(minor, money.decimals)
        found = answer(tariff, Asked(goods, origin, text, money.code, day, {}, quantities), own)
        if isinstance(found, Refusal) or minor <= 0:
            return None
        first = next(iter(found.by_tax.values()), None)
        return None if first is None else Fraction(first, minor)

    return rate_of


def _percent(text: str, option: str) -> Fraction:
    from tasviya.customs.quantity import thousandths

    found = thousandths(text)
    if found is None or not 0 <= found <= 100_000:
        what = f"{text[:40]!r} is no percentage."
        raise OperatorError("bad_tolerance", what, "Write a number from 0 to 100, such as 5.", option)
    return Fraction(found, 100_000)
