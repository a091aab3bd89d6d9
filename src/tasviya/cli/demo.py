"""`tasviya demo`: a whole settlement day on real trade, from the banks' files to the statements."""

from __future__ import annotations

import shutil
import time
from datetime import date
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tasviya.app import Application, Home, ask, initialise
from tasviya.cli.output import screen, table
from tasviya.core.clock import ManualClock
from tasviya.core.errors import OperatorError
from tasviya.lab.figures import RATE_DATES, label, matrix_for, rates
from tasviya.lab.trade_day import opening_balances, write_day
from tasviya.membership.union import load_union

BUSINESS_DATE = date(2026, 9, 29)
MOST_PAYMENTS = 1_000_000


def run_demo(union: Path, root: Path, payments: int, seed: int, workers: int) -> None:
    """Draw the day, settle it, close it, and print what happened.

    Raises: OperatorError.
    """
    if not 1 <= payments <= MOST_PAYMENTS:
        raise OperatorError(
            "bad_number",
            f"{payments:,} payments are not between 1 and {MOST_PAYMENTS:,}.",
            "Choose another number.",
        )
    file = union / "union.toml" if union.is_dir() else union
    home, begun = Home(root), time.perf_counter()
    if root.exists():
        shutil.rmtree(root)
    register = _read(file)
    matrix, day_rates = matrix_for(register.on(BUSINESS_DATE).members), rates(RATE_DATES[-1])
    screen.print(f"[bold]{register.on(BUSINESS_DATE).union.name}[/bold], {BUSINESS_DATE}")
    screen.print(label(matrix, day_rates), style="dim")
    balances = opening_balances(register, BUSINESS_DATE, payments)
    clock = ManualClock(_morning(register))
    initialise(home, file, clock, balances)
    columns = (TextColumn("{task.description:<26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen) as progress:
        writing = progress.add_task("Banks write their messages", total=payments)
        written = write_day(
            home.inbox,
            register,
            BUSINESS_DATE,
            payments,
            seed,
            progress=lambda n: progress.advance(writing, n),
        )
        wrote = time.perf_counter()
        settling = progress.add_task("The union settles them", total=written.payments)
        with Application(home, clock, workers) as application:
            application.drain(lambda _, count: progress.advance(settling, count))
            clock.advance_to(_evening(register))
            application.system.advance()
            application.tell()
        settled = time.perf_counter()
    _report(home, written.files, settled - wrote, wrote - begun)


def _read(file: Path):  # type: ignore[no-untyped-def]
    try:
        return load_union(file.read_text(encoding="utf-8"), str(file))
    except OSError as error:
        raise OperatorError("file_unreadable", f"{error}.", "Name a union.toml, or its directory.") from None


def _morning(register) -> int:  # type: ignore[no-untyped-def]
    """A moment before the first currency opens."""
    return min(at for at, _ in _events(register)) - 1


def _evening(register) -> int:  # type: ignore[no-untyped-def]
    return max(at for at, _ in _events(register))


def _events(register):  # type: ignore[no-untyped-def]
    snapshot = register.on(BUSINESS_DATE)
    hours = [snapshot.operating_hours(code) for code in snapshot.currencies]
    return [event for each in hours if each for event in each.schedule(BUSINESS_DATE)]


def _report(home: Home, files: int, settling_seconds: float, writing_seconds: float) -> None:
    queries = ask(home)
    screen.print()
    rows = queries.day_report()
    screen.print(table(rows, "The day by currency"))
    received = sum(row["received"] for row in rows)
    screen.print()
    reasons = queries.rejections()
    if reasons:
        screen.print(table(reasons, "What was not settled, and why"))
        screen.print()
    balance = [row for row in queries.trial_balance() if row["ledger"] < 1000]
    screen.print(table(balance, "Trial balance of central-bank money"))
    screen.print()
    rate = received / settling_seconds
    screen.print(
        f"{received:,} payments in {files:,} files: written in {writing_seconds:.1f} s, checked, settled,"
        f" made durable and answered in {settling_seconds:.1f} s ({rate:,.0f} a second)."
    )
    screen.print(f"Answers lie in {home.outbox}, statements in {home.statements}.")
    screen.print("Next:")
    for command in ("queue", "liquidity --currency KZT", "trial-balance"):
        screen.print(f"  tasviya {command} --home {home.root}", highlight=False)
