"""Payments of a clearing vector in whole units, and their proof in integers.

    ClearingVector ─▶ in_whole_units ─▶ payments, debt by debt ─▶ violations: none if they hold

What a node in default pays is shared among its debts by largest remainders. Rounding may leave a creditor
with fewer units than the vector says, so that it can pay fewer itself: payments are lowered until nobody pays
more than it has. Units that rounding leaves stay with debtors; none come from nowhere.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from tasviya.core.errors import invariant
from tasviya.core.money import allocate
from tasviya.settlement.clearing_vector import ABSOLUTE, Bools, ClearingVector, Int64s, Network, added_up

EXACT_IN_FLOAT = 1 << 50
"""Quotients below it are off by a unit or two in floating point, and corrected in integers."""
LARGEST_OWED = 1 << 60
"""Below it a remainder that is off by some debts' worth is still within 64 bits."""
INT64_MAX = (1 << 63) - 1
ONE_IN = 10**12
"""Of its debts a defaulter may keep that part, since the vector was searched for in floats."""


def in_whole_units(
    network: Network,
    vector: ClearingVector,
    cash_kept: Fraction = Fraction(1),
    claims_kept: Fraction = Fraction(1),
) -> Int64s:
    """(debts,) what is paid of each debt, in whole units."""
    owed = network.owed
    able = np.minimum(np.floor(vector.paid + ABSOLUTE).astype(np.int64), owed)
    total = np.where(vector.defaulted, able, owed)
    payments = network.amount.copy()
    changed = total < owed
    while changed.any():
        debts = np.flatnonzero(changed[network.debtor])
        payments[debts] = shared(total, network.debtor[debts], network.amount[debts], owed)
        most = _most(network, vector.defaulted, payments, owed, (cash_kept, claims_kept))
        changed = total > most
        total = np.minimum(total, most)
    return payments


def shared(total: Int64s, debtor: Int64s, amount: Int64s, owed: Int64s) -> Int64s:
    """(debts,) each debtor's total shared among its debts by largest remainders, as by `core.money.allocate`.

    debtor, amount: all debts of some debtors, in any order. total, owed: (nodes,), total at most owed.
    """
    if not len(debtor):
        return np.zeros(0, np.int64)
    if int(amount.max()) >= EXACT_IN_FLOAT or int(owed.max()) >= LARGEST_OWED:
        return _shared_plainly(total, debtor, amount)
    all_owed = owed[debtor]
    parts = (total[debtor].astype(np.float64) * amount / all_owed).astype(np.int64)
    # The remainder itself is small, so it is right in 64 bits that wrap round.
    with np.errstate(over="ignore"):
        remainder = total[debtor] * amount - parts * all_owed
    for _ in range(3):
        step = (remainder >= all_owed).astype(np.int64) - (remainder < 0)
        parts, remainder = parts + step, remainder - step * all_owed
    invariant(bool(((remainder >= 0) & (remainder < all_owed)).all()), "quotients are exact")
    spare = total - added_up(debtor, parts, len(total))
    order = np.lexsort((np.arange(len(debtor)), -remainder, debtor))
    by_debtor = debtor[order]
    first = np.searchsorted(by_debtor, by_debtor)
    parts[order] += np.arange(len(order)) - first < spare[by_debtor]
    return parts


def violations(
    network: Network,
    vector: ClearingVector,
    payments: Int64s,
    cash_kept: Fraction = Fraction(1),
    claims_kept: Fraction = Fraction(1),
) -> list[str]:
    """What is wrong with payments, in integers alone; nothing if they hold.

    No debt is paid more than it is; nobody pays more than it has, or less, but for what rounding explains: a
    unit a claim, and a millionth of a millionth of its debts; creditors of one debtor are paid in proportion,
    to the unit.
    """
    found = []
    nodes, owed = len(network.cash), network.owed
    total = added_up(network.debtor, payments, nodes)
    if bool((payments < 0).any() or (payments > network.amount).any()):
        found.append("a debt is paid less than nothing, or more than it is")
    most = _most(network, vector.defaulted, payments, owed, (cash_kept, claims_kept))
    found += [f"node {node} pays more than it has" for node in np.flatnonzero(total > most).tolist()]
    claims = added_up(network.creditor, np.ones_like(network.amount), nodes)
    explained = np.where(vector.defaulted, 2 + claims + owed // ONE_IN, 0)
    kept = np.flatnonzero(most - total > explained)
    found += [f"node {node} pays less than it has" for node in kept.tolist()]
    partly = np.flatnonzero((total < owed)[network.debtor])
    columns = (network.debtor[partly], payments[partly], network.amount[partly])
    all_owed, all_paid = owed.tolist(), total.tolist()
    for debt, node, paid, amount in zip(partly.tolist(), *(each.tolist() for each in columns), strict=True):
        if abs(paid * all_owed[node] - amount * all_paid[node]) >= all_owed[node]:
            found.append(f"debt {debt} is not paid in proportion")
    return found


def _most(
    network: Network, defaulted: Bools, payments: Int64s, owed: Int64s, kept: tuple[Fraction, Fraction]
) -> Int64s:
    """(nodes,) the most that each can pay, of what it has and is paid."""
    received = added_up(network.creditor, payments, len(owed))
    most: Int64s = np.minimum(network.cash + received, owed)
    of_cash, of_claims = kept
    if of_cash == 1 and of_claims == 1:
        return most
    below = of_cash.denominator * of_claims.denominator
    cash_times, claims_times = int(of_cash * below), int(of_claims * below)
    places = np.flatnonzero(defaulted)
    cash, claims = network.cash[places], received[places]
    if (int(cash.max(initial=0)) + int(claims.max(initial=0))) * below <= INT64_MAX:
        has = (cash * cash_times + claims * claims_times) // below
    else:
        exact = cash.astype(object) * cash_times + claims.astype(object) * claims_times
        has = np.array([int(each) // below for each in exact], np.int64)
    most[places] = np.minimum(has, owed[places])
    return most


def _shared_plainly(total: Int64s, debtor: Int64s, amount: Int64s) -> Int64s:
    parts = np.zeros(len(debtor), np.int64)
    order = np.argsort(debtor, kind="stable")
    for debts in np.split(order, np.flatnonzero(np.diff(debtor[order])) + 1):
        parts[debts] = allocate(int(total[debtor[debts[0]]]), amount[debts].tolist())
    return parts
