"""`tasviya customs …`: goods against money, from file to file; no union is needed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.options import Output, date_in
from tasviya.cli.output import Format, Row, show
from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import OperatorError, Refusal, accepted
from tasviya.core.money import Currency, format_minor, parse_amount

if TYPE_CHECKING:
    from tasviya.customs.revenue import Share

customs_app = typer.Typer(
    help="What goods pay, from files; declarations, payment and release in a union.", no_args_is_help=True
)

MORE_DECIMALS = 4
"""How many decimals beyond the currency's an exact share is shown with."""


@customs_app.command()
def share(
    key: Annotated[Path, typer.Option("--key", help="A TOML file of share keys.")],
    pool: Annotated[str, typer.Option("--pool", help="What is divided, 1000000.00; -5.00: a correction.")],
    code: Annotated[str, typer.Option("--currency", help="The pool's currency, KZT.")],
    on: Annotated[str, typer.Option("--on", help="The day whose key counts, yyyy-mm-dd.")],
    output: Output = Format.TABLE,
) -> None:
    """Divide a pool among members to the last minor unit, and explain each figure. Example: tasviya customs
    share --key keys.toml --pool 1000000.00 --currency KZT --on 2026-10-01"""
    from tasviya import app
    from tasviya.customs.revenue import explained, key_on
    from tasviya.services.customs_files import keys_of

    of, day = _currency(code), date_in(on)
    if day is None:
        raise OperatorError("bad_date", "The day is empty.", "Write it as yyyy-mm-dd.", "--on")
    total = _amount(pool, of)
    read = keys_of(app.read_text(key, "Name a TOML file of share keys in UTF-8."), str(key))
    chosen = accepted(key_on(read.keys, day))
    shares = explained(total, chosen, read.figures[chosen.valid_from])
    if isinstance(shares, Refusal):
        place = f"{key}: key of {chosen.valid_from}, {shares.where}"
        raise OperatorError(shares.reason, shares.what, shares.cure, place)
    title = f"{format_minor(total, of.decimals, ',')} {of.code} by the key of {chosen.valid_from}"
    show([_share_row(each, of) for each in shares], output, title=title)


@customs_app.command()
def quota(
    quotas: Annotated[Path, typer.Argument(help="CSV: order_number, unit, begin, end, volume, …")],
    requests: Annotated[Path, typer.Argument(help="CSV: order_number, day, id, quantity, unit, …")],
    result: Annotated[Path, typer.Option("--result", "-o", help="The CSV file to make.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result.")] = False,
) -> None:
    """Allocate tariff quotas day after day, a day's requests in proportion. Example: tasviya customs quota
    quotas.csv requests.csv -o allocated.csv"""
    from tasviya import app
    from tasviya.services.customs_files import quotas_of, requests_of
    from tasviya.services.quota_allocation import allocate_days, file_of, summary

    if result.resolve() in (quotas.resolve(), requests.resolve()):
        what = f"{result} is what is read."
        raise OperatorError("target_exists", what, "Name another file to write to.", str(result))
    if result.exists() and not (force and result.is_file()):
        cure = "Name another file, or say --force to replace a file."
        raise OperatorError("target_exists", f"{result} exists.", cure, str(result))
    known = quotas_of(app.read_bytes(quotas, "Name a CSV file of tariff quotas."), str(quotas))
    asked = requests_of(app.read_bytes(requests, "Name a CSV file of requests."), str(requests))
    allocated = allocate_days(known, asked)
    app.write_file(result, file_of(allocated))
    show(summary(known, allocated), Format.TABLE, empty="No quotas.")
    refused = [each for each in allocated.outcomes if each.refusal]
    told = f", {len(refused):,} refused: reason and cure stand there" if refused else ""
    typer.echo(f"{result}: {len(allocated.outcomes):,} rows{told}.")


def _share_row(each: Share, of: Currency) -> Row:
    """Exact, rounded down in size, what it got of the spare minor units, and the share."""
    parts = {name: _exact(amount, of.decimals) for name, amount in each.parts.items() if len(each.parts) > 1}
    return {
        "member": each.member,
        **parts,
        "exact_share": _exact(each.exact, of.decimals),
        "rounded_down": format_minor(each.floor, of.decimals),
        "spare_unit": each.remainder_unit,
        "amount": format_minor(each.minor, of.decimals),
    }


def _exact(minor: Fraction, decimals: int) -> str:
    """An exact amount of minor units, with … behind it where its decimals go on."""
    size = abs(minor) * 10**MORE_DECIMALS
    text = format_minor(size.numerator // size.denominator, decimals + MORE_DECIMALS)
    if size.denominator == 1:
        keep = len(text) - MORE_DECIMALS
        text = (text[:keep] + text[keep:].rstrip("0")).rstrip(".")
    else:
        text += "…"
    return f"-{text}" if minor < 0 else text


def _currency(code: str) -> Currency:
    try:
        return currency(code)
    except UnknownCurrency as error:
        cure = "Use a code of ISO 4217."
        raise OperatorError("unknown_currency", f"{error}.", cure, "--currency") from None


def _amount(text: str, of: Currency) -> int:
    try:
        return parse_amount(text, of)
    except ValueError as error:
        cure = f"Write digits with up to {of.decimals} decimals, without separators."
        raise OperatorError("bad_amount", f"{error}.", cure, "--pool") from None
