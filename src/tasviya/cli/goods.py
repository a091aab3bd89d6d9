"""`tasviya goods` and `tasviya origin`: what a goods code means, and where a product is from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, cast

import typer

from tasviya.cli.options import Output
from tasviya.cli.output import Format, Row, show
from tasviya.core.errors import OperatorError, accepted

commands = typer.Typer()
LEVELS = {2: "chapter", 4: "heading", 6: "subheading"}


@commands.command()
def goods(
    code: Annotated[str, typer.Argument(help="2, 4, 6, 8 or 10 digits; spaces and dots may stay.")],
    output: Output = Format.TABLE,
) -> None:
    """Explain a goods code of the Harmonized System of 2022, and what it divides into. Example: tasviya goods
    0901.11"""
    from tasviya.customs.nomenclature import bare, below, goods_code, text_of

    digits = bare(code)
    if not (len(digits) in (2, 4) and text_of(digits)):
        digits = accepted(goods_code(code, unspecified=True, where="CODE")).digits
    rows: list[Row] = [_level(digits[:end]) for end in LEVELS if end <= len(digits)]
    if len(digits) > 6:
        rows.append({"code": digits, "level": "national", "text": f"{digits[6:]}, by a state's own list"})
    if output is not Format.TABLE:
        show(rows + [_level(each) for each in below(digits)], output)
        return
    for row in rows:
        typer.echo(f"{row['code']:<10}  {row['level']:<10}  {row['text']}")
    for each in below(digits):
        typer.echo(f"  {each:<8}  {'':<10}  {text_of(each)}")


@commands.command()
def origin(
    materials: Annotated[Path, typer.Argument(help="CSV with the columns goods_code, value, originating.")],
    rule: Annotated[str, typer.Option(help="The rule of origin, such as “CTH or RVC 40”.")],
    goods: Annotated[str, typer.Option(help="The product's goods code.")],
    price: Annotated[str, typer.Option(help="The product's price ex works.")],
    tolerance: Annotated[
        str, typer.Option(help="De minimis, percent of the price, for changes that name none.")
    ] = "0",
    decimals: Annotated[int, typer.Option(min=0, max=8, help="Decimals of the price and the values.")] = 2,
    output: Output = Format.TABLE,
) -> None:
    """Say whether a product originates by a rule, and why. Exit status 4 if it does not. Example: tasviya
    origin materials.csv --rule "CTH or RVC 40" --goods 620342 --price 100.00"""
    from tasviya import app
    from tasviya.customs.bill_of_materials import read_bill
    from tasviya.customs.nomenclature import goods_code
    from tasviya.customs.origin import Judgement, Rule, judge, product
    from tasviya.customs.origin_rule import read_rule

    told = read_rule(rule, tolerance_percent=_percent(tolerance), where="--rule")
    wanted = cast(Rule, accepted(told))
    code = accepted(goods_code(goods, where="--goods"))
    price_minor = _amount(price, decimals)
    raw = app.read_bytes(materials, "Name a CSV file of materials.")
    bill = accepted(read_bill(raw, decimals=decimals, where=str(materials)))
    judgement = judge(wanted, accepted(product(code, price_minor, bill, decimals=decimals)))

    def rows(each: Judgement, depth: int) -> list[Row]:
        row: Row = {"depth": depth, "rule": each.rule, "met": each.holds, "what": each.what}
        return [row, *(found for part in each.parts for found in rows(part, depth + 1))]

    if output is Format.TABLE:
        typer.echo("\n".join(judgement.explained()))
        typer.echo(f"{code} {'originates' if judgement.holds else 'does not originate'}.")
    else:
        show(rows(judgement, 0), output)
    if not judgement.holds:
        raise typer.Exit(4)


def _level(digits: str) -> Row:
    from tasviya.customs.nomenclature import text_of

    return {"code": digits, "level": LEVELS[len(digits)], "text": text_of(digits)}


def _percent(text: str) -> Fraction:
    """The tolerance of the command line.

    Raises: OperatorError.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if digits.isascii() and digits.isdigit() and whole and len(digits) < 8 and Fraction(text) <= 100:
        return Fraction(text)
    what = f"{text[:40]!r} is no percentage."
    raise OperatorError("bad_tolerance", what, "Write a number from 0 to 100, such as 10.", "--tolerance")


def _amount(text: str, decimals: int) -> int:
    """The price of the command line, minor units.

    Raises: OperatorError.
    """
    from tasviya.core.money import AmountError, Currency, parse_amount

    try:
        return parse_amount(text, Currency("", 0, decimals))
    except AmountError:
        cure = f"Write it with at most {decimals} decimals; see --decimals."
        raise OperatorError("bad_price", f"{text[:40]!r} is no price.", cure, "--price") from None
