"""How fast a batch auction clears, how often with a certificate, how near a convex program's prices.

    python benchmarks/bench_exchange.py [--quick] [--certify] [--program]

Each size is a book of FX-like orders between 50 currencies, unsorted columns to integer fills; medians of
the runs. Floors of the same run: NumPy's stable argsort of the same orders by pair, kind and tick, and one
pass of reading the columns. `--certify` clears 2,000 FX-like books (3 to 50 currencies, 20 to 1,000,000
orders, none, half or nine tenths of them exact-out) and 500 loose ones of each kind; it takes some minutes.
`--program` compares prices with the convex program of Devanur, Garg and Végh (needs cvxpy and Clarabel).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from convex_program import AVAILABLE, prices_apart
from exchange_books import fx_like, loose

from tasviya.exchange.auction import clear
from tasviya.exchange.market import Clearing, Market, Orders
from tasviya.exchange.order_book import build

Batch = tuple[Market, Orders]
COLD = """
import sys, time
sys.path[:0] = sys.argv[1:]
from exchange_books import fx_like
batch = fx_like(50, 10_000, 1)
begun = time.perf_counter()
from tasviya.exchange.auction import clear
clear(*batch)
print(time.perf_counter() - begun)
"""


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def speed(sizes: list[int], runs: int) -> None:
    print(
        "orders         sort  prices, fills     total  certified  /argsort  /reading  orders/s/core   memory"
    )
    for size in sizes:
        market, orders = fx_like(50, size, 1)
        segment = (orders.kind.astype(np.int64) * 50 + orders.sell) * 50 + orders.buy
        key = segment << 30 | orders.tick
        columns = (orders.sell, orders.buy, orders.kind, orders.quantity, orders.tick)
        clearing = clear(market, orders)
        sorting = statistics.median(seconds(lambda o=orders, m=market: build(m, o)) for _ in range(runs))
        total = statistics.median(seconds(lambda o=orders, m=market: clear(m, o)) for _ in range(runs))
        argsort = min(seconds(lambda k=key: np.argsort(k, kind="stable")) for _ in range(min(runs, 3)))
        reading = min(seconds(lambda c=columns: [column.max() for column in c]) for _ in range(runs))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{size:>10,} {sorting * 1e3:6.1f} ms {(total - sorting) * 1e3:8.1f} ms {total * 1e3:8.1f} ms"
            f"   {'yes' if clearing.certified else 'no':>6}   {total / argsort:9.2f}   {total / reading:9.1f}"
            f"   {size / total / min(2, os.cpu_count() or 1):13,.0f}   {peak:.2f} GB"
        )


def cold_start() -> None:
    support = str(Path(__file__).parent.parent / "tests" / "support")
    runs = [
        float(
            subprocess.run(
                [sys.executable, "-c", COLD, support], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(3)
    ]
    print(f"first batch of a fresh process, compiled code cached: {statistics.median(runs):.2f} s")


def certify(name: str, books: Callable[[int], Batch], count: int) -> None:
    done: list[Clearing] = []
    times, left = [], []
    for seed in range(count):
        batch = books(seed)
        begun = time.perf_counter()
        clearing = clear(*batch)
        times.append(time.perf_counter() - begun)
        done.append(clearing)
        if not clearing.certified:
            left.append(f"{seed} ({len(batch[0].currencies)} currencies, {len(batch[1]):,} orders)")
    certified = sum(clearing.certified for clearing in done)
    turned = sum(clearing.effort["traces"] > 0 for clearing in done)
    print(
        f"{name}: {certified} of {count} certified, {turned} round turns; "
        f"median {statistics.median(times) * 1e3:.1f} ms, longest {max(times) * 1e3:.0f} ms"
    )
    for book in left[:10]:
        print(f"    not certified: seed {book}")


def any_fx_book(seed: int) -> Batch:
    chance = np.random.default_rng([seed, 2])
    orders = int(np.exp(chance.uniform(np.log(20), np.log(1_000_000))))
    return fx_like(int(chance.integers(3, 51)), orders, seed, exact_out=(0.0, 0.5, 0.9)[seed % 3])


def any_loose_book(seed: int, exact_out: float = 0.0) -> Batch:
    chance = np.random.default_rng([seed, 3])
    return loose(50, int(np.exp(chance.uniform(np.log(1000), np.log(20_000)))), seed, exact_out)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--quick", action="store_true", help="up to 1,000,000 orders")
    options.add_argument(
        "--certify", action="store_true", help="2,000 FX-like books and 500 loose ones of each kind"
    )
    options.add_argument("--program", action="store_true", help="prices next to a convex program's")
    options.add_argument("--books", type=int, default=2000, help="how many books --certify clears")
    chosen = options.parse_args()
    speed([10_000, 100_000, 1_000_000] + ([] if chosen.quick else [10_000_000]), 5)
    cold_start()
    if chosen.certify:
        certify("FX-like", any_fx_book, chosen.books)
        certify("loose, exact-in", any_loose_book, chosen.books // 4)
        certify("loose, half exact-out", lambda seed: any_loose_book(seed, 0.5), chosen.books // 4)
    if chosen.program and AVAILABLE:
        apart = [prices_apart(*fx_like(2 + seed % 5, 30 + seed, seed)) for seed in range(50)]
        found = [distance for distance in apart if distance is not None]
        print(
            f"convex program: {len(found)} of 50 markets solved; "
            f"log prices apart by {max(found):.1e} at most, median {statistics.median(found):.1e}"
        )
    elif chosen.program:
        print("convex program: cvxpy and Clarabel are not installed")


if __name__ == "__main__":
    main()
