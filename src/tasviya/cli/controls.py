"""`tasviya customs controls`, `select` and `hits`: what keeps goods, and what is looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.declarations import plain, read_declaration
from tasviya.cli.duty import pairs
from tasviya.cli.options import DEFAULT_HOME, Home, Output, date_in
from tasviya.cli.output import Format, Row, details, screen, show
from tasviya.core.errors import OperatorError, accepted

if TYPE_CHECKING:
    from tasviya.customs.declaration import Declaration

WAITS = 4
"""The exit status where goods are held, stopped or looked at."""
FileOfDeclaration = Annotated[Path, typer.Argument(help="A declaration: JSON, or XML of the WCO Data Model.")]
OnDay = Annotated[str | None, typer.Option(help="The day, yyyy-mm-dd; today if left out.")]
SharedRates = Annotated[
    list[str] | None,
    typer.Option(
        help="What one of a currency is worth in one that all share: EUR=512.34, and KZT=1 as well."
    ),
]


def controls(
    file: FileOfDeclaration,
    rules: Annotated[Path, typer.Option(help="A TOML file of licences, controls and prohibitions.")],
    licences: Annotated[Path | None, typer.Option(help="A TOML file of licences that were issued.")] = None,
    on: OnDay = None,
    rate: SharedRates = None,
    output: Output = Format.TABLE,
) -> None:
    """What holds or stops a declaration's goods on a day, and which authority to ask. Exit status 4 if
    anything does. Example: tasviya customs controls examples/customs/import.json --rules
    examples/customs/controls.toml --on 2026-10-01"""
    from tasviya import app
    from tasviya.customs.control_rules import read_controls, read_licences
    from tasviya.customs.controls import Stop, check_controls

    day = date_in(on) or datetime.now(UTC).date()
    declared = _sound(file)
    given = read_controls(app.read_text(rules, "Name a TOML file of controls in UTF-8."), str(rules))
    issued = {}
    if licences:
        told = app.read_text(licences, "Name a TOML file of licences in UTF-8.")
        issued = read_licences(told, str(licences))
    found = check_controls(declared, given, issued, day, rates_in(rate))
    rows: list[Row] = [
        {
            "item": each.item,
            "outcome": "stop" if isinstance(each, Stop) else "hold",
            "rule": each.rule.code,
            "authority": each.rule.named_authority,
            "reason": each.refusal.reason,
            "what": plain(each.refusal.what),
            "where": each.refusal.where,
            "cure": plain(each.refusal.cure),
        }
        for each in found
    ]
    if output is not Format.TABLE:
        show(rows, output)
    elif not rows:
        typer.echo("Nothing holds these goods.")
    for row in rows if output is Format.TABLE else ():
        typer.echo(f"{row['outcome']} {row['reason']}: {row['what']}")
        typer.echo(f"  where: {row['where']}\n  cure:  {row['cure']}")
    if rows:
        raise typer.Exit(WAITS)


def select(
    file: FileOfDeclaration,
    rules: Annotated[Path, typer.Option(help="A TOML file of rules and the random share.")],
    secret: Annotated[Path, typer.Option(help="The file with the draw's secret; 16 bytes at the least.")],
    mrn: Annotated[str, typer.Option(help="The declaration's MRN, if it is not in the file.")] = "",
    known: Annotated[Path | None, typer.Option(help="Who has declared before, an identifier a line.")] = None,
    on: OnDay = None,
    rate: SharedRates = None,
    output: Output = Format.TABLE,
) -> None:
    """The channel of a declaration, green, yellow or red, and every reason; the same secret and MRN give the
    same draw. Example: tasviya customs select examples/customs/import.json --mrn 26KZ00000000000012 --rules
    examples/customs/selectivity.toml --secret secret.key"""
    from dataclasses import replace

    from tasviya import app
    from tasviya.customs.selectivity import Facts
    from tasviya.customs.selectivity import select as selected
    from tasviya.customs.selectivity_rules import read_selectivity

    day = date_in(on) or datetime.now(UTC).date()
    declared = _sound(file)
    by = read_selectivity(app.read_text(rules, "Name a TOML file of rules in UTF-8."), str(rules))
    hidden = app.read_bytes(secret, "Name the file with the draw's secret.")
    traders = app.read_text(known, "Name a file of identifiers.").split() if known else []
    facts = Facts(frozenset(traders), rates_in(rate))
    found = accepted(selected(replace(declared, mrn=mrn or declared.mrn), by, hidden, day, facts))
    whole: Row = {"channel": str(found.channel), "drawn": "yes" if found.drawn else "no"}
    if output is not Format.TABLE:
        empty: Row = {"rule": "", "rule_channel": "", "item": 0, "reason": ""}
        given: list[Row] = [
            {"rule": each.rule, "rule_channel": each.channel, "item": each.item, "reason": plain(each.text)}
            for each in found.reasons
        ]
        show([whole | row for row in given or [empty]], output)
        return
    screen.print(details(whole))
    for each in found.reasons:
        of_item = f", item {each.item}" if each.item else ""
        typer.echo(f"{each.channel} by {each.rule}{of_item}: {plain(each.text)}")


def hits(
    results: Annotated[
        Path | None, typer.Argument(help="CSV: mrn; rules, blanks between; found, yes or no.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="The rules; those without a control are shown too.")
    ] = None,
    member: Annotated[str | None, typer.Option(help="Of a union: only this member's controls.")] = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """How often each rule was right, next to the draw by chance: of a file's results, or of the controls that
    a union keeps. Example: tasviya customs hits examples/customs/control-results.csv"""
    from tasviya import app
    from tasviya.customs.hit_rates import hit_rates, read_results
    from tasviya.customs.selectivity_rules import read_selectivity

    if results is None:
        rates = app.ask_customs(app.Home(home)).hit_rates(member)
    else:
        read = read_results(app.read_bytes(results, "Name a CSV file of controls' results."), str(results))
        codes: list[str] = []
        if rules:
            by = read_selectivity(app.read_text(rules, "Name a TOML file of rules in UTF-8."), str(rules))
            codes = [each.code for each in by.rules]
        rates = hit_rates(read, codes)
    show(
        [
            {
                "rule": each.rule,
                "hits": each.hits,
                "found": each.found,
                "rate": "-" if each.rate is None else f"{float(each.rate):.3f}",
            }
            for each in rates
        ],
        output,
        empty="No results.",
    )


def rates_in(given: list[str] | None) -> dict[str, Fraction]:
    """Rates of the command line.

    Raises: OperatorError if one is none, or not above zero.
    """
    rates = {code: Fraction(text) for code, text in pairs(given, "rate", "EUR=512.34").items()}
    if any(each <= 0 for each in rates.values()):
        raise OperatorError("CD03", "A rate is not above zero.", "Give the day's official rate.", "--rate")
    return rates


def _sound(file: Path) -> Declaration:
    """A declaration that breaks no rule of its own.

    Raises: OperatorError with the last of its faults; the others are told.
    """
    from tasviya.cli.declarations import stop
    from tasviya.customs.declaration_rules import check

    declared, _ = read_declaration(file)
    if refusals := check(declared):
        stop(refusals, file)
    return declared
