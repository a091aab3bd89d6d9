"""What proving a batch and fixing the day's rates take, as figures and as ratios.

    python benchmarks/bench_rates.py [--quick]

The certificate is told next to a floor of the same run: adding up the same columns, in one thread and in as
many as it uses itself. Orders are made up: 58 % fill in full, the rest are out of the money; prices are
powers of two, so that amounts convert without remainder. What the certificate does is the same for any. The
accuracy of consistent rates is told next to that of least squares without a false quote.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations

import numpy as np

from measure import median_seconds
from tasviya.core.business_day import Calendar
from tasviya.core.errors import Refusal
from tasviya.core.rates import RateSource
from tasviya.exchange.certificate import verify
from tasviya.exchange.cross_rates import CrossRates, PairQuote, consistent_rates
from tasviya.exchange.fixing import Reading, Sheet, fix
from tasviya.exchange.market import Clearing, Market, Orders

THREADS = 2
BP = 1e-4


# --- the certificate ---------------------------------------------------------------------------------


def batch(currencies: int, count: int, seed: int = 1) -> tuple[Market, Orders, Clearing]:
    """A right clearing of many orders: they come in twos that mirror each other, so all balances."""
    chance = np.random.default_rng(seed)
    half = count // 2
    power = chance.integers(45, 61, currencies)
    power[0] = 60
    ratio = 2.0 ** (power[:, None] - power[None, :])
    exponents = 5 - np.floor(np.log10(ratio)).astype(np.int64)
    np.fill_diagonal(exponents, 0)
    a = chance.integers(0, currencies, half)
    b = (a + chance.integers(1, currencies, half)) % currencies
    fills = chance.random(half) < 0.58
    more = 1 + np.where(fills, -1, 1) * (1e-4 + np.abs(chance.normal(0, 0.004, half)))
    # A whole number of both currencies' units changes hands, there at one order and back at its mirror.
    high = np.maximum(power[a], power[b])
    lots = chance.integers(1, 1 << 25, half)
    in_a, in_b = lots << (high - power[a]), lots << (high - power[b])
    kinds = chance.integers(0, 2, (2, half))

    def side(
        sell: np.ndarray, buy: np.ndarray, kind: np.ndarray, sold: np.ndarray, bought: np.ndarray
    ) -> list:
        fair = ratio[sell, buy] * 10.0 ** exponents[sell, buy]
        return [sell, buy, kind, np.where(kind == 0, sold, bought), np.maximum(1, fair * more), sold, bought]

    there, back = side(a, b, kinds[0], in_a, in_b), side(b, a, kinds[1], in_b, in_a)
    sell, buy, kind, quantity, tick, sold, bought = (
        np.concatenate(pair) for pair in zip(there, back, strict=True)
    )
    filled = np.concatenate((fills, fills))
    shuffled = chance.permutation(len(sell))
    orders = Orders(
        sell[shuffled].astype(np.int16),
        buy[shuffled].astype(np.int16),
        kind[shuffled].astype(np.int8),
        quantity[shuffled].astype(np.int64),
        tick[shuffled].astype(np.int64),
        chance.random(len(sell)) < 0.2,
    )
    clearing = Clearing(
        np.int64(1) << power.astype(np.int64),
        np.where(filled, sold, 0)[shuffled].astype(np.int64),
        np.where(filled, bought, 0)[shuffled].astype(np.int64),
        np.zeros(len(sell), np.bool_),
        np.zeros(currencies, np.int64),
        certified=True,
    )
    market = Market(tuple(f"C{place:02}" for place in range(currencies)), exponents, np.log(2.0) * power)
    return market, orders, clearing


def read_all(orders: Orders, clearing: Clearing, threads: int) -> Callable[[], None]:
    """Adds up the bytes of the columns that a certificate must at least look at."""
    columns = [getattr(orders, name) for name in ("sell", "buy", "kind", "quantity", "tick")]
    columns += [clearing.sold, clearing.bought, clearing.set_aside]
    count = len(orders)

    def part(number: int) -> int:
        return sum(
            int(each[count * number // threads : count * (number + 1) // threads].sum()) for each in columns
        )

    def work() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(part, range(threads)))

    return work


def certificate(sizes: list[tuple[int, int]], rounds: int) -> None:
    print("certificate of a batch                         ms   orders/s   next to adding up its columns")
    for currencies, count in sizes:
        made_up = batch(currencies, count)
        if not verify(*made_up).proven:
            raise SystemExit("the made-up batch is not proven: the benchmark is wrong")
        for threads in (1, THREADS):
            taken = median_seconds(lambda: verify(*made_up, threads=threads), rounds)  # noqa: B023
            floor = median_seconds(read_all(*made_up[1:], threads), rounds)
            what = f"  {currencies} currencies, {count:,} orders, {threads} thread{'s'[: threads - 1]}"
            a_second, beside = count / taken / 1e6, taken / floor
            print(f"{what:<44}{taken * 1e3:6.1f} {a_second:8.0f} M   {beside:.1f} x {floor * 1e3:.1f} ms")


# --- consistent rates --------------------------------------------------------------------------------

NAMES = [f"C{place}" for place in range(10)]
PAIRS = list(combinations(range(10), 2))


def quotes(
    chance: np.random.Generator, false: int, by_bp: float
) -> tuple[np.ndarray, list[PairQuote], set[int]]:
    """True values, a quote for each of 45 pairs with noise of 2.5 to 20 bp, and which are false."""
    worth = chance.normal(0, 3, 10)
    noise = 5 * BP * np.exp(chance.uniform(np.log(0.5), np.log(4), len(PAIRS)))
    logs = np.array([worth[i] - worth[j] for i, j in PAIRS]) + chance.normal(0, noise)
    chosen = chance.choice(len(PAIRS), false, replace=False)
    logs[chosen] += by_bp * BP * chance.choice([-1, 1], false)
    said = [
        PairQuote(NAMES[i], NAMES[j], Fraction(float(np.exp(logs[k]))), f"{k}", float(noise[k]))
        for k, (i, j) in enumerate(PAIRS)
    ]
    return worth, said, {int(place) for place in chosen}


def worst_bp(found: np.ndarray, worth: np.ndarray) -> float:
    off = found - worth
    return float(np.abs(off - off.mean()).max()) / BP


def solved(said: list[PairQuote]) -> CrossRates:
    rates = consistent_rates(said)
    if isinstance(rates, Refusal):
        raise SystemExit(str(rates))
    return rates


def least_squares(said: list[PairQuote]) -> np.ndarray:
    rows, right = np.zeros((len(said) + 1, 10)), np.zeros(len(said) + 1)
    rows[-1] = 1e6
    for row, quote in enumerate(said):
        rows[row, [NAMES.index(quote.base), NAMES.index(quote.quote)]] = 1 / quote.noise, -1 / quote.noise
        right[row] = np.log(float(quote.value)) / quote.noise
    return np.linalg.lstsq(rows, right, rcond=None)[0]


def consistent(draws: int) -> None:
    print(f"\nrates from 45 quotes, {draws} draws      median worst error   suspects caught   true ones told")
    clean = statistics.median(
        worst_bp(least_squares(said), worth)
        for worth, said, _ in (quotes(np.random.default_rng(seed), 0, 0) for seed in range(draws))
    )
    for false, by_bp in ((0, 0), (1, 50), (1, 100), (5, 300)):
        errors, caught, wronged = [], 0, 0
        for seed in range(draws):
            worth, said, chosen = quotes(np.random.default_rng(seed), false, by_bp)
            rates = solved(said)
            told = {int(each.quote.contributor) for each in rates.suspects}
            errors.append(worst_bp(np.log([float(rates.values[name]) for name in NAMES]), worth))
            caught, wronged = caught + len(told & chosen), wronged + len(told - chosen)
        error = statistics.median(errors)
        share = f"{caught / (false * draws):.1%}" if false else ""
        what = f"  {false} false by {by_bp} bp" if false else "  none false"
        falsely = wronged / draws / (len(PAIRS) - false)
        print(f"{what:<30}{error:6.2f} bp, {error / clean:.2f} x clean {share:>14} {falsely:>16.2%}")
    _, said, _ = quotes(np.random.default_rng(0), 5, 300)
    print(f"  one set of rates: {median_seconds(lambda: solved(said), 50) * 1e3:.1f} ms")


# --- the fixing --------------------------------------------------------------------------------------


def fixing(days: int) -> None:
    chance = np.random.default_rng(3)
    names = [f"C{place:02}" for place in range(20)]
    calendars = dict.fromkeys(names, Calendar(""))
    logs = chance.normal(0, 3, 20)
    sheets = []
    for _ in range(days):
        logs = logs + chance.normal(0, 30 * BP, 20)
        values = [Fraction(float(each)).limit_denominator(10**12) for each in np.exp(logs)]
        sheets.append(
            Sheet(
                RateSource.BATCH,
                {name: Reading(value, ("batch",), 100, 5) for name, value in zip(names, values, strict=True)},
            )
        )

    def run() -> None:
        last: dict = {}
        for number, sheet in enumerate(sheets):
            day = date(2026, 1, 1) + timedelta(days=number)
            last = dict(fix(day, calendars, [sheet], last).fixed)

    print(f"\nfixing of 20 currencies: {median_seconds(run, 5) / days * 1e3:.2f} ms a day")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a million orders at most, 50 draws")
    quick = parser.parse_args().quick
    sizes = [(10, 1_000_000), (50, 1_000_000)]
    certificate(sizes if quick else [*sizes, (10, 10_000_000), (50, 10_000_000)], 5 if quick else 9)
    consistent(50 if quick else 400)
    fixing(30)


if __name__ == "__main__":
    main()
