"""`tasviya exchange …`: the batch auction between currencies."""

from __future__ import annotations

import typer

from tasviya.cli.exchange_day import day

exchange_app = typer.Typer(help="The exchange of one currency for another.", no_args_is_help=True)
exchange_app.command()(day)
