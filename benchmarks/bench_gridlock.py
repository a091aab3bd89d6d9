"""Queued payments that settle together: how fast, and how near to the best there can be.

    python benchmarks/bench_gridlock.py [--rounds N] [--day] [--payments N]

Queues are made up: a few large banks and many small ones (Zipf), lognormal amounts, a share of what each bank
owes on net funded. Times are given as ratios to one pass that adds up the same columns; values as shares of
what the relaxation in parts allows, and of the best bound proven in whole numbers. With --day a day of real
trade is settled with a fifth of its money, without passes, with FIFO passes and with passes in any order.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import numpy as np

from tasviya import app
from tasviya.core.clock import ManualClock
from tasviya.core.errors import invariant
from tasviya.lab.market_makers import MarketMakers
from tasviya.lab.trade_day import market_makers, opening_balances, write_day
from tasviya.membership.union import load_union
from tasviya.settlement import fifo_offset, free_order
from tasviya.settlement.offsetting import (
    Found,
    Int64s,
    Liquidity,
    Queued,
    plain_liquidity,
    plain_queue,
    violations,
)
from tasviya.settlement.relaxation import proven_bound, relaxed_prices, rows_of

BUSINESS_DATE = date(2026, 9, 29)
UNION = Path(__file__).parents[1] / "examples" / "sco" / "union.toml"


def drawn(count: int, banks: int, share: float, seed: int) -> tuple[Queued, Liquidity]:
    """A queue of payments between banks, of which a share of the net need is funded."""
    draw = np.random.default_rng(seed)
    weight = 1.0 / np.arange(1, banks + 1)
    weight /= weight.sum()
    payer, payee = draw.choice(banks, count, p=weight), draw.choice(banks, count, p=weight)
    same = np.flatnonzero(payer == payee)
    while len(same):
        payer[same] = draw.choice(banks, len(same), p=weight)
        payee[same] = draw.choice(banks, len(same), p=weight)
        same = same[payer[same] == payee[same]]
    amount = np.maximum(1, np.round(np.exp(draw.normal(10, 1.5, count)))).astype(np.int64)
    need = np.zeros(banks, np.int64)
    np.add.at(need, payer, amount)
    np.subtract.at(need, payee, amount)
    has = (np.maximum(need, 0) * share).astype(np.int64)
    queue = plain_queue(payer.astype(np.int32), payee.astype(np.int32), amount, banks)
    return queue, plain_liquidity(has)


def add_up(payer: Int64s, payee: Int64s, amount: Int64s, banks: int) -> None:
    """The floor: what each bank pays and what it gets, added up once."""
    np.bincount(payer, amount, banks)
    np.bincount(payee, amount, banks)


def timed(act: Callable[[], object], rounds: int) -> float:
    """The median time of an act, seconds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        act()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def show(name: str, queue: Queued, found: Found, liquidity: Liquidity, seconds: float, floor: float) -> None:
    invariant(not violations(queue, liquidity, found.settles, in_order=False), "what is found may settle")
    rows = rows_of(queue, liquidity)
    relaxed = proven_bound(queue.value, rows, relaxed_prices(queue, rows), {})
    whole, value = int(queue.value.sum()), found.value(queue)
    best = min(found.bound, relaxed)
    print(
        f"{name:<34} {100 * value / whole:6.2f} % {100 * (1 - value / relaxed):8.3f} %"
        f" {100 * (1 - value / best):8.3f} % {1000 * seconds:10.2f} ms {seconds / floor:10,.0f}x"
    )


def queues(rounds: int) -> None:
    fifo_offset.find(*drawn(1000, 20, 0.25, 1))  # compiles, or loads what has been compiled
    free_order.find(*drawn(1000, 20, 0.25, 1))
    head = ("queue", "settled", "under LP", "under bound", "time", "to adding up")
    print(f"{head[0]:<34} {head[1]:>8} {head[2]:>10} {head[3]:>10} {head[4]:>13} {head[5]:>11}")
    cases = [(100_000, 0.25, 5), (100_000, 0.10, 5), *((10_000, 0.25, seed) for seed in (5, 6, 7))]
    for count, share, seed in cases:
        queue, liquidity = drawn(count, 100, share, seed)
        columns = queue.touch_account[0::2], queue.touch_account[1::2], queue.value
        floor = timed(lambda columns=columns: add_up(*columns, 100), 9)
        name = f"{count:,} payments, {share:.2f} funded"
        seconds = timed(lambda case=(queue, liquidity): fifo_offset.find(*case), 3 * rounds)
        show(f"FIFO  {name}", queue, fifo_offset.find(queue, liquidity), liquidity, seconds, floor)
        begun = time.perf_counter()
        found = free_order.find(queue, liquidity)
        seconds = time.perf_counter() - begun
        show(f"free  {name}", queue, found, liquidity, seconds, floor)


def day(payments: int, share: float) -> None:
    """A day of real trade with little money: what settles with and without passes."""
    text = UNION.read_text(encoding="utf-8")
    head, _, rest = text.partition("[liquidity_saving]")
    table, _, rest = rest.partition("\n\n")
    ways = {
        "gross alone": "",
        "passes, FIFO": f"[liquidity_saving]{table}",
        "passes, any order": f"[liquidity_saving]{table}".replace('"fifo"', '"free"\nfree_order = true'),
    }
    print(f"\n{payments:,} payments of real trade, {100 * share:.0f} % of the money they were drawn for")
    print(f"{'way':<20} {'settled':>8} {'expired':>8} {'together':>9} {'money saved, USD':>18}")
    for way, table in ways.items():
        with tempfile.TemporaryDirectory(prefix="tasviya-bench-") as directory:
            file = Path(directory) / "union.toml"
            file.write_text(f"{head}{table}\n\n{rest}", encoding="utf-8")
            _one_day(way, file, app.Home(Path(directory) / "home"), payments, share)


def _one_day(way: str, union: Path, home: app.Home, payments: int, share: float) -> None:
    from tasviya.core.currencies import currency
    from tasviya.lab.figures import RATE_DATES, rates

    register = load_union(union.read_text(encoding="utf-8"), str(union))
    snapshot = register.on(BUSINESS_DATE)
    hours = [snapshot.operating_hours(code) for code in snapshot.currencies]
    instants = [at for each in hours if each for at, _ in each.schedule(BUSINESS_DATE)]
    clock = ManualClock(min(instants) - 1)
    balances = [
        msgspec.structs.replace(each, amount_minor=int(each.amount_minor * share))
        for each in opening_balances(register, BUSINESS_DATE, payments)
    ]
    app.initialise(home, union, clock, balances)
    write_day(home.inbox, register, BUSINESS_DATE, payments, seed=2015)
    makers = MarketMakers(market_makers(register, BUSINESS_DATE, payments))
    with app.Application(home, clock, 0) as application:

        def taken(_: int, __: int) -> None:
            if makers.due(clock.now_ns()):
                application.do(makers.stand)

        application.drain(taken)
        clock.advance_to(max(instants))
        application.system.advance()
    asked = app.ask(home)
    per_usd = rates(RATE_DATES[-1])
    report, together = asked.day_report(), asked.settled_together()
    saved = sum(
        needed / (currency(code).minor_per_major * per_usd.of(code))
        for code, (_, _, needed) in together.items()
    )
    settled = sum(row["settled_at_once"] + row["settled_after_waiting"] for row in report)
    expired = sum(row["expired"] for row in report)
    count = sum(each for each, _, _ in together.values())
    print(f"{way:<20} {settled:8,} {expired:8,} {count:9,} {float(saved):18,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often FIFO is timed, times three")
    parser.add_argument("--day", action="store_true", help="also a day of real trade with little money")
    parser.add_argument("--payments", type=int, default=4_000, help="of that day")
    parser.add_argument("--share", type=float, default=0.2, help="of that day's money")
    wanted = parser.parse_args()
    queues(wanted.rounds)
    if wanted.day:
        day(wanted.payments, wanted.share)


if __name__ == "__main__":
    main()
