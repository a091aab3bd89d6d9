"""Clearing vectors: what everybody pays if those who cannot pay all pay what they have.

    Network ─▶ clear ─▶ ClearingVector ─▶ clearing_payments.in_whole_units, and their proof
    cash, debts         the greatest

A node that can pay all it owes does; one that cannot is in default and shares what it has among its creditors
in proportion. Without losses in default this is Eisenberg and Noe's model (Management Science 47 (2001),
236–249); if a defaulter keeps only parts of its cash and of what it is paid, Rogers and Veraart's (Management
Science 59 (2013), 882–898), whose vector is not unique: the greatest is the one with the fewest defaults.

Plain iteration from above finds defaults in the order of time and can stop short of the last. So once it
finds no more, the payments of all in default are solved for together, and whoever is short then is in default
too: their fictitious default algorithm, in as many rounds as there are nodes at the most. Floats search; a
shortage below the tolerances counts as none. Money follows from it in whole units only, by
`clearing_payments`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from tasviya.core.errors import invariant
from tasviya.settlement.netting import Obligations

Int64s = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LARGEST_SUM = 1 << 62
"""All cash and debts together stay below it."""
ABSOLUTE, RELATIVE = 1e-3, 1e-12
"""A shortage below a thousandth of a unit and a millionth of a millionth of the debt is none."""
_SOLVED, _PRECISION = 1e-9, 2e-14
"""How near the payments of those in default are solved for: units, and parts of the largest debt."""
_KRYLOV = 1e-14
_SWEEPS, _FEW = 50, 1000
"""After so many sweeps, up to a thousandth of all nodes that are newly short are followed one by one."""
_STEPS, _WATCHED, _SLOW = 400, 5, 0.97


@dataclass(frozen=True, slots=True)
class Network:
    """Who owes whom, and what each has besides; whole minor units of one currency."""

    cash: Int64s
    """(nodes,) what each has besides its claims, 0 or more."""
    debtor: Int64s
    """(debts,) nodes."""
    creditor: Int64s
    amount: Int64s
    """Above 0; a pair may have several debts."""

    def __post_init__(self) -> None:
        ends = np.concatenate((self.debtor, self.creditor))
        inside = not len(ends) or (ends.min() >= 0 and ends.max() < len(self.cash))
        invariant(bool(inside), "debts are between nodes of the network")
        invariant(not (self.debtor == self.creditor).any(), "nobody owes itself")
        invariant(bool((self.amount > 0).all() and (self.cash >= 0).all()), "debts and cash are not negative")
        everything = float(self.amount.sum(dtype=np.float64) + self.cash.sum(dtype=np.float64))
        invariant(everything < LARGEST_SUM, "all cash and debts add up within 62 bits")

    @property
    def owed(self) -> Int64s:
        """(nodes,) all that each owes."""
        return added_up(self.debtor, self.amount, len(self.cash))


@dataclass(frozen=True, slots=True)
class ClearingVector:
    """The greatest clearing vector of a network."""

    paid: Floats
    """(nodes,) what each pays."""
    defaulted: Bools
    """(nodes,) who cannot pay all."""
    rounds: int
    """How often the payments of all in default were solved for."""


def network_of(cash: Mapping[str, int], obligations: Obligations) -> tuple[list[str], Network]:
    """The names of the nodes in order, and the network, of everyone with cash or obligations."""
    names = sorted({*cash, *(party for pair in obligations for party in pair)})
    place = {name: number for number, name in enumerate(names)}
    pairs = [pair for pair in sorted(obligations) if obligations[pair]]
    return names, Network(
        np.array([cash.get(name, 0) for name in names], np.int64),
        np.array([place[debtor] for debtor, _ in pairs], np.int64),
        np.array([place[creditor] for _, creditor in pairs], np.int64),
        np.array([obligations[pair] for pair in pairs], np.int64),
    )


def clear(
    network: Network, cash_kept: Fraction = Fraction(1), claims_kept: Fraction = Fraction(1)
) -> ClearingVector:
    """The greatest clearing vector.

    cash_kept, claims_kept: which parts of its cash, and of what it is paid, a node in default can still pay
    with, 0 to 1; both 1 is Eisenberg and Noe's model.
    """
    invariant(0 <= cash_kept <= 1 and 0 <= claims_kept <= 1, "default leaves a part")
    nodes = len(network.cash)
    owed, cash = network.owed.astype(np.float64), network.cash.astype(np.float64)
    shares = network.amount / owed[network.debtor]
    inflow = sparse.csr_matrix((shares, (network.creditor, network.debtor)), shape=(nodes, nodes))
    least = owed - (ABSOLUTE + RELATIVE * owed)
    kept_cash, part = float(cash_kept) * cash, float(claims_kept)
    paid, defaulted, sweeps, rounds = owed.copy(), np.zeros(nodes, np.bool_), 0, 0
    while True:
        received = inflow @ paid
        short = (cash + received < least) & ~defaulted
        # Payments fall towards the greatest vector, so whoever is short on the way is short there.
        if short.any() and (sweeps < _SWEEPS or np.count_nonzero(short) > nodes // _FEW):
            sweeps += 1
            defaulted |= short
            paid = np.where(defaulted, np.minimum(kept_cash + part * received, owed), owed)
        elif short.any():
            paid = _followed(short, inflow, cash - least, kept_cash, part, paid, received, defaulted)
        else:
            paid = _solved(inflow, defaulted, owed, kept_cash, part, paid)
            rounds += 1
            if not ((cash + inflow @ paid < least) & ~defaulted).any():
                return ClearingVector(paid, defaulted, rounds)


def _followed(
    short: Bools,
    inflow: sparse.csr_matrix,
    spare: Floats,
    kept_cash: Floats,
    part: float,
    paid: Floats,
    received: Floats,
    defaulted: Bools,
) -> Floats:
    """What is paid once a few defaults, and those that they bring about one after the other, are followed.

    Along a chain a sweep over all finds one default; this finds them all, each with its own debts only.
    spare: cash less what a node needs at the least. Marks who defaults.
    """
    by_debtor = inflow.tocsc()
    starts, creditors, shares = by_debtor.indptr, by_debtor.indices, by_debtor.data
    paid, waiting = paid.copy(), deque(np.flatnonzero(short).tolist())
    defaulted |= short
    while waiting:
        node = waiting.popleft()
        after = min(kept_cash[node] + part * received[node], paid[node])
        debts = slice(starts[node], starts[node + 1])
        fewer = shares[debts] * (paid[node] - after)
        paid[node] = after
        for creditor, less in zip(creditors[debts].tolist(), fewer.tolist(), strict=True):
            received[creditor] -= less
            if not defaulted[creditor] and spare[creditor] + received[creditor] < 0:
                defaulted[creditor] = True
                waiting.append(creditor)
    return paid


def _solved(
    inflow: sparse.csr_matrix,
    defaulted: Bools,
    owed: Floats,
    kept_cash: Floats,
    part: float,
    near: Floats,
) -> Floats:
    """What all pay if exactly these are in default, each as much as it has; near: a first guess."""
    places = np.flatnonzero(defaulted)
    if not len(places):
        return owed.copy()
    rows = inflow[places]
    within = part * rows[:, places]
    given = kept_cash[places] + part * (rows @ np.where(defaulted, 0.0, owed))
    allowed = _SOLVED + _PRECISION * float(owed[places].max())
    found = _by_sweeps(within, given, near[places], allowed)
    if found is None:
        # Those in default pay mostly each other: sweeps would take for ever.
        system = linalg.LinearOperator(within.shape, matvec=lambda x: x - within @ x, dtype=np.float64)
        found, _ = linalg.bicgstab(system, given, near[places], rtol=_KRYLOV, atol=0.0, maxiter=_STEPS)
        if not _is_solution(found, within, given, allowed):
            found = linalg.spsolve(sparse.identity(len(places), format="csc") - within.tocsc(), given)
            invariant(_is_solution(found, within, given, allowed), "those in default pay what they have")
    paid = owed.copy()
    paid[places] = np.clip(found, 0.0, owed[places])
    return paid


def _by_sweeps(within: sparse.csr_matrix, given: Floats, near: Floats, allowed: float) -> Floats | None:
    """The solution of x = within x + given by repeating it; None if that is slow."""
    found, changes = near, list[float]()
    for _ in range(_STEPS):
        after: Floats = within @ found + given
        changes.append(float(np.abs(after - found).max()))
        found = after
        if not changes[-1]:
            return found
        if len(changes) > _WATCHED:
            rate = (changes[-1] / changes[-1 - _WATCHED]) ** (1 / _WATCHED)
            if rate > _SLOW:
                return None
            # What all further changes add up to, if they shrink at this rate.
            if changes[-1] * rate / (1 - rate) <= allowed:
                return found
    return None


def _is_solution(found: Floats, within: sparse.csr_matrix, given: Floats, allowed: float) -> bool:
    return bool(np.isfinite(found).all() and np.abs(found - within @ found - given).max() <= allowed)


def added_up(places: Int64s, amounts: Int64s, nodes: int) -> Int64s:
    """(nodes,) amounts summed by place, exactly."""
    total = np.zeros(nodes, np.int64)
    np.add.at(total, places, amounts)
    return total
