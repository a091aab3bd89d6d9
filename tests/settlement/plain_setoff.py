"""Simple twins of set-off: a small linear program, and trying every amount."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import linprog

from tasviya.settlement.setoff import Debts, debts


def owed(text: str) -> tuple[Debts, list[str]]:
    """Debts of a table with a line a debt, `A B 10`: A owes B 10; and the firms' names in order."""
    rows = [line.split() for line in text.strip().splitlines()]
    names = sorted({name for row in rows for name in row[:2]})
    debtor, creditor = (np.array([names.index(row[place]) for row in rows]) for place in (0, 1))
    made = debts(len(names), debtor, creditor, np.array([int(row[2]) for row in rows]))
    assert isinstance(made, tuple)
    return made[0], names


def most_by_program(owed: Debts, credit: int = 0, only: int | None = None) -> int:
    """The most that can be cancelled, by a linear program (HiGHS); `only` this firm is lent to, if given."""
    firms, rows = owed.firms, len(owed)
    balance = np.zeros((firms, rows + 2 * firms))
    for row in range(rows):
        balance[owed.debtor[row], row] -= 1
        balance[owed.creditor[row], row] += 1
    balance[:, rows : rows + firms] = np.eye(firms)
    balance[:, rows + firms :] = -np.eye(firms)
    lent = np.zeros((1, rows + 2 * firms))
    lent[0, rows : rows + firms] = 1
    gain = np.zeros(rows + 2 * firms)
    gain[:rows] = -1
    lends = [(0, None if only in (None, firm) else 0) for firm in range(firms)]
    bounds = [(0, int(amount)) for amount in owed.amount] + lends + [(0, None)] * firms
    found = linprog(gain, A_ub=lent, b_ub=[credit], A_eq=balance, b_eq=np.zeros(firms), bounds=bounds)
    assert found.status == 0
    return round(-found.fun)


def most_by_trying(owed: Debts) -> int:
    """The most that can be cancelled, by trying every amount of every debt."""
    best = 0
    for tried in product(*[range(amount + 1) for amount in owed.amount.tolist()]):
        cancelled = np.array(tried, np.int64)
        if (owed.by_debtor(cancelled) == owed.by_creditor(cancelled)).all():
            best = max(best, int(cancelled.sum()))
    return best
