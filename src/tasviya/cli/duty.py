"""`tasviya duty`: what goods would pay on their way into a member."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.options import Output, date_in
from tasviya.cli.output import Format, details, screen, show
from tasviya.core.errors import OperatorError, accepted

if TYPE_CHECKING:
    from datetime import date

    from tasviya.customs.tariff import Tariff
    from tasviya.customs.tax_law import TaxLaw
    from tasviya.customs.valuation import Rates
    from tasviya.services.duty import Answer

commands = typer.Typer()

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
EXAMPLE = Path("examples/customs")
GivenRates = Annotated[
    list[str] | None,
    typer.Option(help="The day's official rate in the member's currency: EUR=512.34. May be repeated."),
]
OfRates = Annotated[
    Path | None, typer.Option(help="Take the day's official rates from the union here; --rate comes first.")
]
CustomsFolder = Annotated[
    Path, typer.Option(envvar="TASVIYA_CUSTOMS", help="The folder with a law and a tariff for each member.")
]


@commands.command()
def duty(
    member: Annotated[str, typer.Option(help="The member that the goods enter: two letters.")],
    hs: Annotated[str, typer.Option(help="The goods' code, leading zeros included.")] = "",
    origin: Annotated[str, typer.Option(help="The country of origin: two letters.")] = "",
    value: Annotated[str, typer.Option(help="The price paid for the goods.")] = "",
    currency: Annotated[str, typer.Option(help="Of the price; the member's own if left out.")] = "",
    freight: Annotated[str, typer.Option(help="Added to the price, as are insurance and other.")] = "",
    insurance: Annotated[str, typer.Option(help="In the price's currency.")] = "",
    other: Annotated[str, typer.Option(help="Any other addition.")] = "",
    quantity: Annotated[
        list[str] | None, typer.Option(help="A quantity that a rate needs: kg=120.5. May be repeated.")
    ] = None,
    preference: Annotated[str, typer.Option(help="The preference that is claimed.")] = "",
    additional: Annotated[
        list[str] | None, typer.Option(help="An additional code of the goods. May be repeated.")
    ] = None,
    quota: Annotated[str, typer.Option(help="The tariff quota that is claimed.")] = "",
    on: Annotated[str | None, typer.Option(help="The day, yyyy-mm-dd; today if left out.")] = None,
    rate: GivenRates = None,
    home: OfRates = None,
    file: Annotated[Path | None, typer.Option(help="A CSV of many questions instead.")] = None,
    result: Annotated[Path | None, typer.Option("--result", help="Where the answers to --file go.")] = None,
    customs: CustomsFolder = EXAMPLE,
    output: Output = Format.TABLE,
) -> None:
    """What would goods pay: every tax with its base, rate, rounding and reason. Example: tasviya duty
    --member KZ --hs 220429 --origin MD --value 2000 --currency EUR --rate EUR=512.34 --quantity vol_hl=145"""
    from tasviya.services.duty import Asked, answer, assess_file

    tariff = read_customs(customs, member)
    day = date_in(on) or datetime.now(UTC).date()
    rates = official_rates(rate, home, tariff, day)
    if file:
        if not result:
            raise OperatorError("no_result", "--file has nowhere to write.", "Add --result FILE.", "--result")
        if result.exists():
            what = f"{result} is there already."
            raise OperatorError("target_exists", what, "Name another file.", "--result")
        written, rows, refused = assess_file(tariff, text_of(file), rates, day, str(file))
        result.write_text(written, encoding="utf-8")
        typer.echo(f"{rows} rows, of which {refused} are refused with a reason: {result}")
        return
    added = {"freight": freight, "insurance": insurance, "other": other}
    asked = Asked(
        hs,
        origin,
        value,
        currency,
        day,
        {name: text for name, text in added.items() if text},
        pairs(quantity, "quantity", "kg=120.5"),
        preference,
        additional or (),
        quota,
    )
    _print(accepted(answer(tariff, asked, rates)), tariff, output)


def read_customs(folder: Path, member: str) -> Tariff:
    """A member's law and its tariff.

    Raises: OperatorError if there is none for the member, or what it says does not hold.
    """
    from tasviya.customs.tariff import read_tariff

    law, _ = law_of(folder, member)
    return read_tariff(text_of(folder / law.tariff_file), law, law.tariff_file)


def law_of(folder: Path, member: str) -> tuple[TaxLaw, str]:
    """A member's law, and the text that says so.

    Raises: OperatorError if there is none for the member, or what it says does not hold.
    """
    from tasviya.customs.tax_law import read_law

    law_file = folder / f"{member}.toml"
    if not law_file.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("??.toml"))) or "none"
        what = f"{folder} has no law of {member!r}; it has {known}."
        cure = "Name one of them, or another folder with --customs."
        raise OperatorError("no_law", what, cure, "--member")
    text = text_of(law_file)
    return read_law(text, law_file.name), text


def official_rates(given: list[str] | None, home: Path | None, tariff: Tariff, day: date) -> Rates:
    """The rates of a union's fixing, if one is named, and those that are given in their place.

    Raises: OperatorError if a given one is none, or the union has no fixing of that day.
    """
    from tasviya import app

    rates = app.ask_rates(app.Home(home)).worth_in(tariff.law.currency.code, day) if home else {}
    rates |= {code: Fraction(text) for code, text in pairs(given, "rate", "EUR=512.34").items()}
    if any(each <= 0 for each in rates.values()):
        raise OperatorError("CD03", "A rate is not above zero.", "Give the day's official rate.", "--rate")
    return rates


def text_of(file: Path) -> str:
    """A file's text. Raises: OperatorError."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = f"{file} cannot be read: {error}."
        raise OperatorError("unreadable", what, "Give a file of UTF-8 text.", str(file)) from None


def pairs(given: list[str] | None, name: str, example: str) -> dict[str, str]:
    """Options such as EUR=512.34, by their names.

    Raises: OperatorError if one is none, or is there twice.
    """
    found = {}
    for each in given or ():
        key, equals, text = each.partition("=")
        if not (equals and _NUMBER.fullmatch(text.strip())):
            what = f"{each!r} is no name and number."
            raise OperatorError("CD07", what, f"Write --{name} {example}.", f"--{name}")
        if key.strip() in found:
            what = f"{key.strip()} is given twice."
            raise OperatorError("CD07", what, "Give it once.", f"--{name}")
        found[key.strip()] = text.strip()
    return found


def _print(given: Answer, tariff: Tariff, output: Format) -> None:
    from tasviya.core.money import format_minor
    from tasviya.services.duty import explained

    law = tariff.law
    rows = explained(given, law.tariff_file)
    if output is not Format.TABLE:
        show(rows, output)
        return
    money = law.currency
    claim = given.assessment.plan.claim
    whole = format_minor(given.total, money.decimals, grouping=",")
    worth = format_minor(given.value.minor, money.decimals, grouping=",")
    screen.print(
        details(
            {
                "goods": f"{claim.goods} of origin {claim.origin}, into {law.member} on {claim.day}",
                "customs value": f"{worth} {money}: {' + '.join(given.value.explanation)}",
                "to pay": f"{whole} {money}",
            }
        )
    )
    screen.print()
    show([{name: row[name] for name in ("tax", "base", "rate", "row", "amount")} for row in rows], output)
    screen.print()
    for row in rows:
        screen.print(f"{row['tax']}: {row['worked_out']}; {row['exact']}, {row['rounding']}")
    if law.notice:
        screen.print(law.notice, style="dim")
