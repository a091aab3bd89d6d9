"""A settlement day end to end: files in, checked, settled, durable, answers and notices out.

    python benchmarks/bench_day.py [--payments N] [--workers W] [--union DIR]

Prints absolute figures and, since machines differ, ratios to a floor measured in the same run: one process
that reads the same files, parses them with lxml, writes as many bytes as the answers have, and syncs as often
as the day commits. With --linear the day is run at a quarter of the size too, to see how time grows.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lxml import etree

from tasviya import app
from tasviya.core.clock import ManualClock
from tasviya.lab.market_makers import MarketMakers
from tasviya.lab.trade_day import market_makers, opening_balances, write_day
from tasviya.membership.register import Register
from tasviya.membership.union import load_union

BUSINESS_DATE = date(2026, 9, 29)


@dataclass(frozen=True)
class Measured:
    """One day's figures; seconds of wall time, bytes."""

    payments: int
    files: int
    writing: float
    settling: float
    closing: float
    floor: float
    commits: int
    bytes_in: int
    bytes_out: int
    peak_memory: int


def measure(union: Path, payments: int, workers: int) -> Measured:
    register = load_union(union.read_text(encoding="utf-8"), str(union))
    instants = list(_instants(register))
    with tempfile.TemporaryDirectory(prefix="tasviya-bench-") as directory:
        home = app.Home(Path(directory))
        clock = ManualClock(min(instants) - 1)
        app.initialise(home, union, clock, opening_balances(register, BUSINESS_DATE, payments))
        begun = time.perf_counter()
        written = write_day(home.inbox, register, BUSINESS_DATE, payments, seed=1)
        wrote = time.perf_counter()
        with app.Application(home, clock, workers) as application:
            opened = time.perf_counter()
            makers = MarketMakers(market_makers(register, BUSINESS_DATE, payments))

            def taken(_: int, __: int) -> None:
                if makers.due(clock.now_ns()):
                    application.do(makers.stand)

            application.drain(taken)
            application.finish_telling()
            settled = time.perf_counter()
            clock.advance_to(max(instants))
            application.system.advance()
            application.tell()
            closed = time.perf_counter()
            application.system.memory.check()
            commits = application.system.memory.numbers.commit - 1
        answers = sum(file.stat().st_size for file in home.outbox.rglob("*.xml"))
        inputs = sorted(home.received.rglob("*.xml"))
        bytes_in = sum(file.stat().st_size for file in inputs)
        floor = _floor(inputs, answers, commits, home.root / "floor")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Measured(
        written.payments,
        written.files,
        wrote - begun,
        settled - opened,
        closed - settled,
        floor,
        commits,
        bytes_in,
        answers,
        peak * 1024,
    )


def _floor(inputs: list[Path], answers: int, commits: int, target: Path) -> float:
    """Seconds for the least that any such system does: read, parse, write, sync."""
    begun = time.perf_counter()
    for file in inputs:
        try:
            etree.fromstring(file.read_bytes())
        except etree.XMLSyntaxError:
            continue
    with target.open("wb", buffering=0) as out:
        portion = bytes(answers // max(commits, 1))
        for _ in range(commits):
            out.write(portion)
            os.fdatasync(out.fileno())
    return time.perf_counter() - begun


def _instants(register: Register) -> list[int]:
    snapshot = register.on(BUSINESS_DATE)
    hours = [snapshot.operating_hours(code) for code in snapshot.currencies]
    return [at for each in hours if each for at, _ in each.schedule(BUSINESS_DATE)]


def show(measured: Measured) -> None:
    count = measured.payments
    rate = count / measured.settling
    print(f"{count:>10,} payments in {measured.files:,} files, {measured.commits:,} commits")
    print(f"{'writing the input':<34}{measured.writing:8.2f} s {count / measured.writing:12,.0f} /s")
    print(f"{'checked, settled, durable, told':<34}{measured.settling:8.2f} s {rate:12,.0f} /s")
    print(f"{'closing: expiry, statements':<34}{measured.closing:8.2f} s")
    print(
        f"{'floor: read, parse, write, sync':<34}{measured.floor:8.2f} s {count / measured.floor:12,.0f} /s"
    )
    print(f"{'ratio to the floor':<34}{measured.settling / measured.floor:8.1f} ×")
    print(f"{'bytes in / out':<34}{measured.bytes_in / 1e6:8.1f} MB {measured.bytes_out / 1e6:8.1f} MB")
    print(f"{'largest process':<34}{measured.peak_memory / 1e6:8.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--payments", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--union", type=Path, default=Path("examples/sco/union.toml"))
    parser.add_argument("--linear", action="store_true", help="also at a quarter of the size")
    asked = parser.parse_args()
    quarter = measure(asked.union, asked.payments // 4, asked.workers) if asked.linear else None
    whole = measure(asked.union, asked.payments, asked.workers)
    show(whole)
    if quarter:
        each, before = whole.settling / whole.payments, quarter.settling / quarter.payments
        print(f"{'time a payment, whole / quarter':<34}{each / before:8.2f} ×")


if __name__ == "__main__":
    main()
