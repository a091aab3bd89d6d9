"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tasviya.cli.output import Format

DEFAULT_HOME = Path("tasviya-home")

Home = Annotated[
    Path, typer.Option("--home", envvar="TASVIYA_HOME", help="The directory in which the union lives.")
]
Output = Annotated[Format, typer.Option("--output", "-o", help="How to print rows.")]
OfParticipant = Annotated[
    str | None, typer.Option("--participant", help="Only this participant's (its permanent code).")
]
InCurrency = Annotated[str | None, typer.Option("--currency", help="Only this currency.")]
Now = Annotated[
    str | None,
    typer.Option(
        envvar="TASVIYA_NOW", help="Pretend it is this instant: 2026-09-29T10:00:00Z. Sandbox only."
    ),
]
PaymentId = Annotated[str, typer.Argument(help="The payment's id, P and 24 digits; `tasviya held list`.")]
Workers = Annotated[int, typer.Option(min=0, max=64, help="Processes beside the writer's; 0 for none.")]
