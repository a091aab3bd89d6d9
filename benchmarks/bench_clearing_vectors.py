"""What clearing vectors and DebtRank take on a large network, as figures and as ratios.

    python benchmarks/bench_clearing_vectors.py [--nodes N] [--debts M] [--rounds R]

The network is made up: debtors and creditors by Zipf's law, lognormal amounts, cash of a part of what each
owes. The floor is one pass over the debts, what everybody receives if everybody pays, by NumPy's bincount;
the peer for Eisenberg and Noe is plain iteration of that until no payment changes by a unit.
"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction

import numpy as np

from measure import median_seconds
from tasviya.settlement.clearing_payments import in_whole_units, violations
from tasviya.settlement.clearing_vector import Network, clear
from tasviya.settlement.debt_rank import Exposures, debt_rank

KEPT = Fraction(4, 5), Fraction(9, 10)
"""What a node in default keeps of its cash and of its claims, for Rogers and Veraart."""


def made_up(nodes: int, debts: int, seed: int = 7) -> Network:
    """A scale-free network, one debt a pair."""
    chance = np.random.default_rng(seed)
    weight = np.arange(1, nodes + 1, dtype=float) ** -0.8
    weight /= weight.sum()
    elsewhere = chance.permutation(nodes)
    debtor, creditor = (chance.choice(nodes, debts, p=weight) for _ in range(2))
    creditor = np.where(chance.random(debts) < 0.5, elsewhere[creditor], creditor)
    creditor = np.where(creditor == debtor, (creditor + 1) % nodes, creditor)
    amount = np.maximum(1, np.round(np.exp(chance.normal(10.2, 2.0, debts)))).astype(np.int64)
    pairs, place = np.unique(debtor * nodes + creditor, return_inverse=True)
    together = np.zeros(len(pairs), np.int64)
    np.add.at(together, place, amount)
    owed = np.zeros(nodes, np.int64)
    np.add.at(owed, pairs // nodes, together)
    cash = np.floor(owed * chance.random(nodes) * 0.4).astype(np.int64)
    return Network(cash, pairs // nodes, pairs % nodes, together)


def chain_of(nodes: int) -> Network:
    """Each owes the next; nobody can pay, and each shows it only once the one before does."""
    places = np.arange(nodes - 1)
    owed = 7 + 2 * places
    cash = np.full(nodes, 2)
    return Network(cash, places, places + 1, owed)


def iterated(network: Network) -> tuple[np.ndarray, int]:
    """Eisenberg and Noe's vector by plain iteration, until no payment changes by a unit; and the sweeps."""
    owed = network.owed.astype(float)
    part = network.amount / owed[network.debtor]
    paid, sweeps = owed.copy(), 0
    while True:
        received = np.bincount(network.creditor, part * paid[network.debtor], len(owed))
        after = np.minimum(owed, network.cash + received)
        sweeps += 1
        if np.abs(after - paid).max() < 1:
            return after, sweeps
        paid = after


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--debts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    wish = parser.parse_args()
    network = made_up(wish.nodes, wish.debts)
    owed = network.owed.astype(float)
    part = network.amount / owed[network.debtor]
    floor = median_seconds(
        lambda: np.bincount(network.creditor, part * owed[network.debtor], len(owed)), wish.rounds
    )
    print(f"{wish.nodes:,} nodes, {len(network.amount):,} debts; one pass over them: {floor * 1e3:.1f} ms\n")
    print(f"{'':<44}{'seconds':>8} {'passes':>7}   result")

    def line(what: str, seconds: float, result: str) -> None:
        print(f"{what:<44}{seconds:8.3f} {seconds / floor:7.1f}   {result}")

    for name, kept in (("Eisenberg and Noe", (Fraction(1), Fraction(1))), ("Rogers and Veraart", KEPT)):
        vector = clear(network, *kept)
        seconds = median_seconds(lambda: clear(network, *kept), wish.rounds)  # noqa: B023
        line(name, seconds, f"{vector.defaulted.sum():,} in default, solved {vector.rounds} times")
        start = time.perf_counter()
        payments = in_whole_units(network, vector, *kept)
        taken = time.perf_counter() - start
        start = time.perf_counter()
        wrong = violations(network, vector, payments, *kept)
        if wrong:
            raise SystemExit(f"payments do not hold: {wrong[:3]}")
        lost = vector.paid.sum() - payments.sum()
        line("  its payments in whole units", taken, f"{lost:,.0f} units left by rounding")
        line("  their proof in integers", time.perf_counter() - start, "holds")
    chain = chain_of(wish.nodes)
    vector = clear(chain)
    seconds = median_seconds(lambda: clear(chain), wish.rounds)
    line("Eisenberg and Noe along one chain", seconds, f"{vector.defaulted.sum():,} in default, one by one")
    found, sweeps = iterated(network)
    apart = np.abs(found - clear(network).paid).max()
    seconds = median_seconds(lambda: iterated(network), wish.rounds)
    line(
        "Eisenberg and Noe by plain iteration", seconds, f"{sweeps} sweeps, within {apart:,.1f} units of ours"
    )
    equity = np.maximum(network.cash, 1)
    exposures = Exposures(network.creditor, network.debtor, network.amount, equity)
    shock = np.zeros(wish.nodes)
    shock[int(np.argmax(owed))] = 1.0
    for name, differential in (("DebtRank of the largest debtor", False), ("  its differential form", True)):
        rank = debt_rank(exposures, shock, differential=differential)
        seconds = median_seconds(
            lambda: debt_rank(exposures, shock, differential=differential),  # noqa: B023
            wish.rounds,
        )
        line(name, seconds, f"{100 * rank.rank:.1f} % of all value, {rank.steps} steps")


if __name__ == "__main__":
    main()
