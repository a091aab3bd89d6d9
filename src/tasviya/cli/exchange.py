"""`tasviya exchange …`: the batch auction between currencies."""

from __future__ import annotations

import typer

exchange_app = typer.Typer(help="The exchange of one currency for another.", no_args_is_help=True)
