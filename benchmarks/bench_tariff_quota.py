"""How fast a day of quota requests is allocated, in columns, next to the plain way.

    python benchmarks/bench_tariff_quota.py [--requests N] [--quotas Q] [--runs R]

Requests are drawn with a seed over quotas of which a quarter are sub-quotas; these and their parents are
short, the other half is not. A time is from columns in memory to every request's thousandths and what is
left; medians after a run that does not count, in which the loop compiles or is loaded. The floor adds the
same columns up by quota. The plain way runs once on the same day, from objects in memory, and must give the
same to the thousandth.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date

import numpy as np

from measure import median_seconds
from tasviya.core.errors import accepted
from tasviya.customs.quota_columns import Int64s, QuotaDayColumns, allocate_columns
from tasviya.customs.tariff_quota import (
    Allocation,
    QuotaRequest,
    TariffQuota,
    TariffQuotas,
    allocate,
    tariff_quotas,
)

DAY = date(2026, 10, 1)
BEGIN, END = date(2026, 1, 1), date(2026, 12, 31)
SEED = 1
LARGEST = 50_000_000
"""The largest request, thousandths of a kilogram: two lorries' load."""


def drawn(requests: int, quotas: int) -> tuple[TariffQuotas, list[str], Int64s, Int64s, Int64s]:
    """Quotas, their order numbers, and columns of requests: quota, quantity, rank of the id."""
    chance = np.random.default_rng(SEED)
    mean = requests // quotas * LARGEST // 2
    made = []
    for place in range(quotas):
        number, of_four = f"09{place:04d}", place % 4
        parent = f"09{place - 1:04d}" if of_four == 1 else ""
        made.append(TariffQuota(number, "kg", BEGIN, END, mean if of_four < 2 else 3 * mean // 2, parent))
    known = accepted(tariff_quotas(made))
    quota = chance.integers(0, quotas, requests)
    return (
        known,
        list(known.by_number),
        quota,
        chance.integers(1, LARGEST, requests),
        chance.permutation(requests),
    )


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--requests", type=int, default=1_000_000)
    options.add_argument("--quotas", type=int, default=2_000)
    options.add_argument("--runs", type=int, default=5)
    chosen = options.parse_args()
    known, numbers, quota, quantity, rank = drawn(chosen.requests, chosen.quotas)
    left = known.full()

    def fast() -> QuotaDayColumns:
        return accepted(allocate_columns(known, left, DAY, numbers, quota, quantity, rank))

    def floor() -> None:
        np.add.at(np.zeros(len(numbers), np.int64), quota, quantity)

    columns, adding = median_seconds(fast, chosen.runs), median_seconds(floor, chosen.runs)
    found = fast()
    short = int((found.granted < quantity).sum())
    rows = zip(quota.tolist(), quantity.tolist(), rank.tolist(), strict=True)
    asked = [QuotaRequest(numbers[q], DAY, f"R{id_:09d}", size, "kg") for q, size, id_ in rows]
    begun = time.perf_counter()
    day = allocate(known, left, DAY, asked)
    plain = time.perf_counter() - begun
    granted = [each.granted for each in day.outcomes if isinstance(each, Allocation)]
    same = granted == found.granted.tolist() and day.left == found.left
    print(
        f"{chosen.requests:,} requests of one day over {chosen.quotas:,} quotas, "
        f"{short:,} get less than they ask\n"
        f"columns {columns:.3f} s, {columns / adding:.0f} times adding them up by quota ({adding:.4f} s)\n"
        f"plain {plain:.2f} s, {plain / columns:.1f} times that; "
        f"{'the same to the thousandth' if same else 'ANOTHER RESULT'}"
    )
    if not same:
        sys.exit(1)


if __name__ == "__main__":
    main()
