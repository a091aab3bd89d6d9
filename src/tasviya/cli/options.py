"""Options that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tasviya.cli.output import Format
from tasviya.core.errors import OperatorError

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


def date_in(text: str | None) -> date | None:
    """The date of an option; None if it was left out.

    Raises: OperatorError.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise OperatorError("bad_date", f"{text} is no date.", "Write it as yyyy-mm-dd.") from None
