"""How many lines' taxes are worked out in a second: one by one, and in columns, which must agree.

    python benchmarks/bench_duty.py [LINES] [--tariff CSV --column NAME]

The example tariff's goods, or every rate in a column of a tariff of one's own; values and quantities are
random. The floor is one exact multiplication and division a line over the same values. One core.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections import deque
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from measure import median_seconds
from tasviya.core.errors import Refusal
from tasviya.customs.duty import Assessment, Line, Plan, assess, plan
from tasviya.customs.duty_columns import DutyTable, assess_columns
from tasviya.customs.duty_expression import Kind, parse
from tasviya.customs.tariff import Claim, Measure, Tariff, read_tariff
from tasviya.customs.tax_law import read_law

EXAMPLE = Path(__file__).parent.parent / "examples" / "customs"
DAY = date(2026, 10, 1)
RATES = {"EUR": Fraction("512.34"), "GBP": Fraction("590.02"), "USD": Fraction("441.23")}
ROUNDS = 5
SCALAR_LINES = 10_000


def example_plans() -> list[Plan]:
    """One plan for all goods of the example's tariff that have no entry price."""
    law = read_law((EXAMPLE / "KZ.toml").read_text(encoding="utf-8"), "KZ.toml")
    tariff = read_tariff((EXAMPLE / "KZ.csv").read_text(encoding="utf-8"), law, "KZ.csv")
    return plans_of(tariff, sorted({each.goods for each in tariff.measures if each.tax == "DUTY"}))


def own_plans(file: Path, column: str) -> list[Plan]:
    """A plan for every readable rate of a column, with the example's other taxes."""
    law = read_law((EXAMPLE / "KZ.toml").read_text(encoding="utf-8"), "KZ.toml")
    others = [
        each
        for each in read_tariff((EXAMPLE / "KZ.csv").read_text(encoding="utf-8"), law, "KZ.csv").measures
        if each.tax != "DUTY" and not each.goods
    ]
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        texts = [row[column] for row in csv.DictReader(lines)]
    rates = [rate for rate in map(parse, texts) if not isinstance(rate, Refusal) and not rate.entry_price]
    measures = [
        Measure("DUTY", f"{number:010}", rate)
        for number, rate in enumerate(rates)
        if all(part.kind is not Kind.TABLE for clause in rate.on(DAY) for part in clause.components)
    ]
    return plans_of(Tariff(law, [*measures, *others]), [each.goods for each in measures])


def plans_of(tariff: Tariff, goods: Sequence[str]) -> list[Plan]:
    found = []
    for code in goods:
        additional = frozenset(["7002", "C999"])
        made = plan(tariff, Claim(code, "CN", DAY, additional=additional), RATES)
        if isinstance(made, Plan) and not any(step.measure.rate.entry_price for step in made.steps):
            found.append(made)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("lines", type=int, nargs="?", default=1_000_000)
    options.add_argument("--tariff", type=Path, help="a gzipped CSV of one's own")
    options.add_argument("--column", default="ukgt_duty_rate", help="its column of rates")
    chosen = options.parse_args()
    plans = own_plans(chosen.tariff, chosen.column) if chosen.tariff else example_plans()
    table = DutyTable.of(plans)
    chance = np.random.default_rng(1)
    of = chance.integers(0, len(plans), chosen.lines)
    value = chance.integers(1, 5_000_000_000, chosen.lines)
    quantities = chance.integers(0, 50_000_000, (chosen.lines, len(table.units)))
    columns = median_seconds(lambda: assess_columns(table, of, value, quantities), ROUNDS)
    floor = median_seconds(lambda: value * 1_234 // 1_000_000, ROUNDS)
    made = assess_columns(table, of, value, quantities)
    few = min(chosen.lines, SCALAR_LINES)
    lines = [
        (plans[of[row]], Line(int(value[row]), dict(zip(table.units, quantities[row].tolist(), strict=True))))
        for row in range(few)
    ]
    one_by_one = median_seconds(lambda: deque((assess(*each) for each in lines), maxlen=0), ROUNDS)
    scalar = one_by_one / few
    apart = sum(not same(assess(each, line), made.amounts[row]) for row, (each, line) in enumerate(lines))
    taxes = sum(len(plans[place].steps) for place in of.tolist()) / chosen.lines
    per_second = chosen.lines / columns
    print(f"{chosen.lines:,} lines of {len(plans):,} goods, {taxes:.1f} taxes each")
    print(f"    columns {per_second / 1e6:.1f} million lines/s, {columns / floor:.0f} times the floor")
    print(f"    one by one {1 / scalar:,.0f} lines/s; columns are {scalar * per_second:.0f} times as fast")
    print(f"    {few:,} lines compared, {apart} apart")


def same(alone: Assessment | Refusal, amounts: npt.NDArray[np.int64]) -> bool:
    if isinstance(alone, Refusal):
        return False
    return [charge.amount for charge in alone.charges] == amounts[: len(alone.charges)].tolist()


if __name__ == "__main__":
    main()
