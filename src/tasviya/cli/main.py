"""`tasviya`: the operator's and the participants' command line. docs/cli.md explains every command.

Exit statuses: 0 done; 1 it cannot be done; 2 the configuration or the command line is wrong; 3 the store
cannot serve; 4 a proof has failed; 130 interrupted.
"""

from __future__ import annotations

import os
import sys

import typer

from tasviya import __version__
from tasviya.cli import (
    ask,
    certificates,
    controls,
    credit,
    customs,
    cycle,
    cycle_imbalances,
    declarations,
    default,
    duty,
    duty_payments,
    exchange,
    exchange_day,
    goods,
    guarantees,
    licences,
    lodging,
    lsm,
    mirror,
    netting,
    netting_years,
    operate,
    quotas,
    refunds,
    risk,
    rule_versions,
    setoff,
    shared_data,
    tariff,
    tariff_versions,
    transit,
    transit_way,
    unit,
)
from tasviya.core.errors import OperatorError

INTERRUPTED = 130
HELP = "A clearing union in a box: settles trade between countries in their own currencies."
app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False)
for commands in (
    operate.commands,
    ask.commands,
    lsm.commands,
    unit.commands,
    credit.commands,
    duty.commands,
    goods.commands,
):
    app.registered_commands += commands.registered_commands
app.add_typer(operate.day_commands, name="day")
app.add_typer(operate.held_commands, name="held")
exchange.exchange_app.command()(exchange_day.day)
app.add_typer(exchange.exchange_app, name="exchange")
app.add_typer(unit.unit_app, name="unit")
cycle.cycle_app.command()(cycle_imbalances.imbalances)
app.add_typer(cycle.cycle_app, name="cycle")
app.add_typer(default.default_app, name="default")
netting.netting_app.command()(netting_years.swing)
netting.netting_app.command()(netting_years.imbalances)
app.add_typer(netting.netting_app, name="netting")
app.add_typer(setoff.setoff_app, name="setoff")
app.add_typer(lsm.lsm_app, name="lsm")
customs.customs_app.command()(declarations.assess)
customs.customs_app.registered_commands += lodging.commands.registered_commands
customs.customs_app.command()(controls.controls)
customs.customs_app.command()(controls.select)
customs.customs_app.command()(controls.hits)
customs.customs_app.command()(mirror.mirror)
customs.customs_app.add_typer(risk.risk_app, name="risk")
for commands in (duty_payments.commands, refunds.commands, quotas.commands):
    customs.customs_app.registered_commands += commands.registered_commands
customs.customs_app.add_typer(refunds.refund_app, name="refund")
tariff.tariff_app.registered_commands += tariff_versions.commands.registered_commands
customs.customs_app.add_typer(tariff.tariff_app, name="tariff")
customs.customs_app.add_typer(rule_versions.rules_app, name="rules")
customs.customs_app.add_typer(licences.licence_app, name="licence")
customs.customs_app.add_typer(certificates.certificate_app, name="certificate")
customs.customs_app.registered_commands += shared_data.commands.registered_commands
transit.transit_app.registered_commands += transit_way.commands.registered_commands
customs.customs_app.add_typer(transit.transit_app, name="transit")
customs.customs_app.add_typer(guarantees.guarantee_app, name="guarantee")
app.add_typer(customs.customs_app, name="customs")


def main() -> None:
    """Run the command line; an operator's error is three lines with its cure, and an exit status."""
    try:
        app()
    except OperatorError as error:
        told = error.refusal
        sys.stderr.write(f"tasviya: {told.reason}: {told.what}\n")
        if told.where:
            sys.stderr.write(f"  where: {told.where}\n")
        sys.stderr.write(f"  cure:  {told.cure}\n")
        sys.exit(error.exit_code)
    except SystemExit as ended:  # the library's own way to end, also when interrupted
        if ended.code == INTERRUPTED:
            sys.stderr.write("tasviya: interrupted; what was committed stays.\n")
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tasviya {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version.", callback=_print_version, is_eager=True
    ),
) -> None:
    pass
