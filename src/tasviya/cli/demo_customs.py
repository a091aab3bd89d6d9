"""The demo's customs: what is declared in the morning, and what has come of it in the evening."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from rich.progress import Progress

from tasviya import app
from tasviya.cli.output import Row, screen, table
from tasviya.core.clock import NANOSECONDS, ManualClock
from tasviya.customs.lodgement import Lodgement
from tasviya.lab.customs_day import LODGED_TOGETHER, duty_files, lodge_all, open_customs
from tasviya.lab.customs_law import with_customs
from tasviya.lab.figures import RATE_DATES, rates
from tasviya.lab.shipments import Choice
from tasviya.lab.trade_day import DaySummary, scheme_of, write_files
from tasviya.membership.register import Snapshot
from tasviya.services.work import Work

EARLY_NS = 3600 * NANOSECONDS
"""How long before the first currency opens traders begin to lodge."""


class CustomsMorning:
    """Shipments are chosen while banks write, declared before anything opens, and paid for in more files."""

    def __init__(self, snapshot: Snapshot, declarations: int) -> None:
        self.snapshot = snapshot
        self.day_rates = rates(RATE_DATES[-1])
        self.choice = Choice(snapshot, self.day_rates, with_customs(snapshot), declarations)

    def lodge(self, home: app.Home, clock: ManualClock, seed: int, progress: Progress) -> DaySummary:
        """Lodge the declarations, and write the banks' payments of what they come to."""
        shipments = self.choice.made()
        if not shipments:
            return DaySummary()
        task = progress.add_task("Traders lodge declarations", total=len(shipments))
        with app.Application(home, clock, 0) as application:
            open_customs(application.do, self.snapshot)
            step = EARLY_NS * LODGED_TOGETHER // (2 * len(shipments) + 4 * LODGED_TOGETHER)

            def later(act: Callable[[Work], list[Lodgement]]) -> list[Lodgement]:
                clock.advance_to(clock.now_ns() + step)
                return application.do(act)

            dues = lodge_all(later, shipments, lambda count: progress.advance(task, count))
        files = duty_files(self.snapshot, self.day_rates, dues, seed)
        return write_files(home.inbox, scheme_of(self.snapshot), files)


def print_customs(home: app.Home) -> None:
    """What customs have come to, and one shipment from export to release; nothing if nothing was declared."""
    asked = app.ask_customs_day(home)
    totals = asked.totals()
    if not totals:
        return
    title = "Customs: declared, assessed, released by member; in millions"
    screen.print(table([_short(row) for row in totals], title))
    screen.print()
    released = asked.shipments()
    if released:
        steps = [row | {"at": row["at"][11:19]} for row in asked.trace(released[0])]
        screen.print(table(steps, "One shipment, from export to release; UTC"))
        screen.print()


def _short(row: Row) -> Row:
    """A member's totals in short columns: all of it has room in 80."""
    counts = {name: row[name] for name in ("member", "declared", "rejected", "at_once", "paid")}
    millions = {name: f"{Decimal(row[name]) / 10**6:,.1f}" for name in ("assessed", "collected")}
    return counts | {"waits": row["waiting"]} | millions | {"currency": row["currency"]}
