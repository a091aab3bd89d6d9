"""`tasviya demo`: a whole settlement day on real trade, from the banks' files to the statements.

    asked ─▶ writing ─▶ settling ─▶ done

The stage is kept beside the day, so that an interrupted demo goes on where it stopped.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tasviya import app
from tasviya.cli.cycle import print_headlines
from tasviya.cli.demo_customs import EARLY_NS, CustomsMorning, print_customs
from tasviya.cli.output import Row, screen, stderr, table
from tasviya.core.clock import ManualClock
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError, writes_to
from tasviya.lab.figures import RATE_DATES, label, matrix_for, rates
from tasviya.lab.market_makers import MarketMakers
from tasviya.lab.trade_day import market_makers, opening_balances, write_day
from tasviya.membership.register import Register
from tasviya.membership.union import load_union

BUSINESS_DATE = date(2026, 9, 29)
MOST_PAYMENTS = 1_000_000
MOST_MONEY = 1_000
MOST_BATCHES = 8
"""How many batches of the exchange the report shows."""
WRITING, SETTLING, DONE = "writing", "settling", "done"


class Wish(msgspec.Struct, frozen=True):
    """What day is asked for."""

    union: str
    payments: int
    seed: int
    money: int = 100
    """Percent of the opening balances that the lab gives."""
    declarations: int = 0
    """How many payments' goods are declared to customs."""


class Progressed(msgspec.Struct):
    """How far a day has come, and what it took so far."""

    wish: Wish
    stage: str = WRITING
    files: int = 0
    written: int = 0
    writing_seconds: float = 0.0
    settling_seconds: float = 0.0


def run_demo(wish: Wish, root: Path, *, fresh: bool, workers: int) -> None:
    """Draw the day, settle it, close it, and print what happened.

    Raises: OperatorError.
    """
    if not 1 <= wish.payments <= MOST_PAYMENTS:
        raise OperatorError(
            "bad_number",
            f"{wish.payments:,} payments are not between 1 and {MOST_PAYMENTS:,}.",
            "Choose another number.",
        )
    if not 1 <= wish.money <= MOST_MONEY:
        raise OperatorError(
            "bad_number",
            f"{wish.money} percent of the money is not between 1 and {MOST_MONEY}.",
            "Choose another number.",
        )
    if not 0 <= wish.declarations <= wish.payments:
        raise OperatorError(
            "bad_number",
            f"{wish.declarations:,} declarations are not between 0 and the {wish.payments:,} payments.",
            "Choose another number.",
        )
    file = app.union_file(Path(wish.union))
    register = load_union(app.read_text(file), str(file))
    _introduce(register)
    home = app.Home(root)
    columns = (TextColumn("{task.description:<27}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with writes_to(root), Progress(*columns, console=stderr) as progress:
        day = _begin(wish, root, fresh)
        if day.stage == WRITING:
            _write(day, file, register, home, progress)
        if day.stage == SETTLING:
            _settle(day, register, home, workers, progress)
    _report(home, day)


def _begin(wish: Wish, root: Path, fresh: bool) -> Progressed:
    """The day to go on with: the one that lies there if it is the one asked for, else a new one."""
    note = root / "demo.json"
    if root.exists() and any(root.iterdir()):
        if not note.exists():
            raise OperatorError(
                "not_a_demo",
                f"{root} holds something that is no demo's day.",
                "Name another --home.",
                str(root),
            )
        day = msgspec.json.decode(note.read_bytes(), type=Progressed)
        if day.wish == wish and not fresh and day.stage != WRITING:
            verb = "shown again" if day.stage == DONE else "resumed"
            screen.print(f"This day lies in {root}: it is {verb}. Begin it afresh with --fresh.", style="dim")
            return day
        shutil.rmtree(root)
    root.mkdir(parents=True, exist_ok=True)
    return _note(root, Progressed(wish))


def _note(root: Path, day: Progressed) -> Progressed:
    (root / "demo.json").write_bytes(msgspec.json.encode(day))
    return day


def _write(day: Progressed, file: Path, register: Register, home: app.Home, progress: Progress) -> None:
    begun = time.perf_counter()
    payments, declarations = day.wish.payments, day.wish.declarations
    balances = [
        msgspec.structs.replace(each, amount_minor=each.amount_minor * day.wish.money // 100)
        for each in opening_balances(register, BUSINESS_DATE, payments, declarations=declarations)
    ]
    dawn = _morning(register) - EARLY_NS
    app.initialise(home, file, ManualClock(dawn), balances)
    task = progress.add_task("Banks write their messages", total=payments)
    customs = CustomsMorning(register.on(BUSINESS_DATE), declarations)
    summary = write_day(
        home.inbox,
        register,
        BUSINESS_DATE,
        payments,
        day.wish.seed,
        progress=lambda count: progress.advance(task, count),
        look=customs.choice.look,
    )
    duties = customs.lodge(home, ManualClock(dawn), day.wish.seed, progress)
    summary.files, summary.payments = summary.files + duties.files, summary.payments + duties.payments
    day.files, day.written, day.stage = summary.files, summary.payments, SETTLING
    day.writing_seconds = time.perf_counter() - begun
    _note(home.root, day)


def _settle(day: Progressed, register: Register, home: app.Home, workers: int, progress: Progress) -> None:
    begun = time.perf_counter()
    task = progress.add_task("The union settles them", total=day.written)
    clock = ManualClock(_morning(register))
    with app.Application(home, clock, workers) as application:
        clock.advance_to(application.latest_commit_ns())
        progress.advance(task, application.system.memory.numbers.payment - 1)
        makers = MarketMakers(market_makers(register, BUSINESS_DATE, day.wish.payments))

        def taken(_: int, count: int) -> None:
            progress.advance(task, count)
            if makers.due(clock.now_ns()):
                application.do(makers.stand)

        application.drain(taken)
        closing = progress.add_task("It closes the day", total=None)
        clock.advance_to(_evening(register))
        application.system.advance()
        application.tell()
        progress.update(closing, total=1, completed=1)
    day.stage = DONE
    day.settling_seconds += time.perf_counter() - begun
    _note(home.root, day)


def _introduce(register: Register) -> None:
    snapshot = register.on(BUSINESS_DATE)
    screen.print(f"[bold]{snapshot.union.name}[/bold], {BUSINESS_DATE:%A %d %B %Y}")
    screen.print(label(matrix_for(snapshot.members), rates(RATE_DATES[-1])), style="dim")


def _morning(register: Register) -> int:
    """A moment before the first currency opens."""
    return min(_instants(register)) - 1


def _evening(register: Register) -> int:
    """When the last currency closes."""
    return max(_instants(register))


def _instants(register: Register) -> Iterator[int]:
    snapshot = register.on(BUSINESS_DATE)
    for code in snapshot.currencies:
        hours = snapshot.operating_hours(code)
        if hours is not None:
            yield from (at for at, _ in hours.schedule(BUSINESS_DATE))


def _report(home: app.Home, day: Progressed) -> None:
    asked = app.ask(home)
    rows = asked.day_report()
    screen.print()
    screen.print(table(_counts(rows), "Payments by currency, settled at once or after waiting"))
    screen.print()
    screen.print(
        table(
            [_values(row) for row in rows if row["member"] != "-"],
            "Value settled, most liquidity used and its share, minutes waited on average",
        )
    )
    screen.print()
    batches = asked.converted_by_batch()
    if batches:
        screen.print(table(_batches(batches), "Batches of the exchange; value in thousands of US dollars"))
        screen.print()
    if asked.clears():
        print_headlines(home)
    interest = app.ask_credit(home).totals()
    if interest:
        screen.print(table(interest, "Interest when the day closed: paid to banks, paid by them, still owed"))
        screen.print()
    screen.print(_passes(asked.settled_together()))
    screen.print()
    reasons = asked.rejections()
    if reasons:
        screen.print(table(reasons, "What was not settled, and why"))
        screen.print()
    screen.print(table(_books(asked.trial_balance()), "Trial balance: debits equal credits in every ledger"))
    apart = [row for row in asked.books_agree() if row["difference"].strip("-0.")]
    relations = len(asked.books_agree())
    screen.print(
        f"Correspondents' books: {relations - len(apart)} of {relations} nostros equal their vostros."
    )
    screen.print()
    print_customs(home)
    _closing_words(home, day, sum(row["received"] for row in rows))


def _counts(rows: list[Row]) -> list[Row]:
    """What became of payments, without the columns that are empty: all of it has room in 80 columns."""
    names = {"settled_at_once": "at_once", "settled_after_waiting": "after_waiting"}
    kept = ["received", *names]
    kept += [name for name in ("queued", "expired", "cancelled", "kept") if any(row[name] for row in rows)]
    return [
        {"member": row["member"], "currency": row["currency"]}
        | {names.get(name, name): row[name] for name in (*kept, "rejected")}
        for row in rows
    ]


def _values(row: Row) -> Row:
    """Value and liquidity, in whole units of the currency: all of it has room in 80 columns."""
    facts = {"member": row["member"], "currency": row["currency"]}
    for name in ("settled_value", "liquidity_peak"):
        facts[name] = f"{int(row[name].partition('.')[0]):,}"
    return facts | {"percent": row["liquidity_percent"], "minutes": row["minutes_waited"]}


def _passes(together: dict[str, tuple[int, int, int]]) -> str:
    """What passes over the queue have saved, in a sentence; values in US dollars of the lab."""
    per_usd = rates(RATE_DATES[-1])

    def in_usd(place: int) -> str:
        minors = ((code, counts[place]) for code, counts in together.items())
        usd = sum(minor / (currency(code).minor_per_major * per_usd.of(code)) for code, minor in minors)
        return f"{float(usd):,.0f}"

    settled = sum(count for count, _, _ in together.values())
    if not settled:
        return "Passes over the queue found nothing to settle together: what waited lacked money."
    return (
        f"Passes over the queue settled {settled:,} payments together, worth {in_usd(1)} US dollars;"
        f" one by one they would have needed {in_usd(2)} more than was there."
    )


def _batches(batches: list[Row]) -> list[Row]:
    """Some of the batches, evenly chosen, and all of them in a last line. value: what payments received."""
    chosen = {(n + 1) * len(batches) // MOST_BATCHES for n in range(MOST_BATCHES)}
    lines = [
        _batch_line(f"{row['batch']}", [row]) | {"certified": "yes" if row["certified"] else "no"}
        for place, row in enumerate(batches, 1)
        if place in chosen
    ]
    certified = sum(row["certified"] for row in batches)
    told = {"certified": f"{certified} of {len(batches)}", "at": "", "orders": ""}
    return [*lines, _batch_line("all", batches) | told]


def _batch_line(name: str, batches: list[Row]) -> Row:
    per_usd = rates(RATE_DATES[-1])
    value = sum(
        bought / (currency(code).minor_per_major * per_usd.of(code))
        for row in batches
        for code, bought in row["bought"].items()
    )
    return {
        "batch": name,
        "at": batches[0]["at"][11:16],
        "orders": f"{batches[0]['orders']:,}",
        "filled": f"{sum(row['filled'] for row in batches):,}",
        "payments": f"{sum(row['payments'] for row in batches):,}",
        "value": f"{float(value) / 1000:,.1f}",
        "certified": "",
    }


def _books(rows: list[Row]) -> list[Row]:
    """The trial balance by ledger: central-bank money, correspondents' books, credit promised, customs."""
    names = {0: "central-bank money", 1: "correspondents' books", 2: "credit promised", 3: "customs"}
    books: dict[tuple[str, int], list[int]] = {}
    decimals: dict[str, int] = {}
    for row in rows:
        total = books.setdefault((row["currency"], row["ledger"] // 1_000_000), [0, 0])
        decimals[row["currency"]] = len(row["debits"].partition(".")[2])
        total[0] += int(row["debits"].replace(".", ""))
        total[1] += int(row["credits"].replace(".", ""))
    return [
        {
            "currency": code,
            "books": names[kind],
            "debits": app.amount_text(debits, decimals[code]),
            "credits": app.amount_text(credits, decimals[code]),
            "difference": app.amount_text(debits - credits, decimals[code]),
        }
        for (code, kind), (debits, credits) in books.items()
        if debits or credits
    ]


def _closing_words(home: app.Home, day: Progressed, received: int) -> None:
    rate = received / day.settling_seconds if day.settling_seconds else 0
    screen.print(
        f"{received:,} payments in {day.files:,} files: written in {day.writing_seconds:.1f} s; checked,"
        f" settled, made durable, answered and stated in {day.settling_seconds:.1f} s ({rate:,.0f} a second)."
    )
    screen.print(
        f"Answers lie in {home.outbox}/<BIC>/, statements in {home.statements}/{BUSINESS_DATE}/<BIC>/."
    )
    screen.print("Three things to try next:")
    for command in ("liquidity --currency KZT", "trial-balance", "export day.sqlite"):
        screen.print(f"  .venv/bin/tasviya {command} --home {home.root}", highlight=False)
