"""Obligation set-off: firms that owe each other in rings cancel as much as possible, and no money moves.

    debts ──setoff_flow──▶ cancelled ──setoff_prices──▶ prices ──setoff_certificate──▶ Verdict

What is cancelled is a circulation: of every firm, as many claims as debts. So nobody's net position changes,
and nobody's debt rises. With credit, some firms are lent what they pay with, others hold it in the end:

    claims cancelled + credit = debts cancelled + held,   for every firm

Amounts are whole minor units of one currency. Prices are whole numbers and serve twice: they prove that
nothing more can be cancelled, and a firm's price is how much debt one more unit of credit to it discharges.

Source: T. Fleischman, P. Dini, G. Littera, "Liquidity-Saving through Obligation-Clearing and Mutual Credit",
Journal of Risk and Financial Management 13 (2020) 295; linear programming duality for circulations: R. K.
Ahuja, T. L. Magnanti, J. B. Orlin, Network Flows (1993), chapter 9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasviya.core.errors import Refusal, invariant

Int64s = npt.NDArray[np.int64]

TOTAL_MAX = 1 << 61
"""The most that all debts and the credit may add up to, minor units: sums of twice that fit 63 bits."""
FIRMS_MAX = 1 << 31


@dataclass(frozen=True, slots=True)
class Debts:
    """Who owes whom how much: one row a pair, in ascending order of debtor, then creditor.

    debtor, creditor: (D,) int64, 0…firms-1, never the same. amount: (D,) int64, minor units, 1 or more.
    """

    firms: int
    debtor: Int64s
    creditor: Int64s
    amount: Int64s

    def __len__(self) -> int:
        return len(self.amount)

    @property
    def total(self) -> int:
        """All debts, minor units."""
        return int(self.amount.sum())

    def by_debtor(self, values: Int64s) -> Int64s:
        """Values of the rows added up by debtor."""
        return added(self.debtor, values, self.firms)

    def by_creditor(self, values: Int64s) -> Int64s:
        """Values of the rows added up by creditor."""
        return added(self.creditor, values, self.firms)


@dataclass(frozen=True, slots=True)
class SetOff:
    """What is cancelled, and the prices that bound what could be.

    cancelled: (D,) int64, by row of the debts. prices: (firms,) int64, the lowest 0. credit, held: (firms,)
    int64, what a firm is lent, and what it holds of that in the end; zero without credit. credit_limit: the
    most that may be lent in all. optimal: whether it claims that nothing more can be cancelled.
    """

    cancelled: Int64s
    prices: Int64s
    credit: Int64s
    held: Int64s
    credit_limit: int
    optimal: bool

    @property
    def total(self) -> int:
        """All that is cancelled, minor units."""
        return int(self.cancelled.sum())


def debts(
    firms: int, debtor: Int64s, creditor: Int64s, amount: Int64s, *, credit: int = 0
) -> tuple[Debts, Int64s] | Refusal:
    """The debts that rows in any order come to, those of a pair added up; and each row's place among them.

    credit: what is to be lent besides; it counts towards TOTAL_MAX.
    Refused with the row's place, from 0, if a row is no debt, or all are too much.
    """
    invariant(firms < FIRMS_MAX, "firms are numbered in 31 bits")
    for wrong, reason, what in (
        (debtor == creditor, "self_debt", "A firm owes itself."),
        (amount <= 0, "bad_amount", "An amount is not above zero."),
    ):
        if wrong.any():
            return Refusal(reason, what, "Leave the row out.", str(int(np.argmax(wrong))))
    total = (int((amount >> 32).sum()) << 32) + int((amount & 0xFFFFFFFF).sum())
    if total + credit > TOTAL_MAX:
        what = f"Debts and credit come to {total + credit}, more than {TOTAL_MAX} minor units."
        return Refusal("amounts_too_large", what, "Set off in larger units, or in several parts.")
    pair = debtor.astype(np.int64) * firms + creditor
    pairs, place = np.unique(pair, return_inverse=True)
    sums = added(place, amount, len(pairs))
    return Debts(firms, pairs // max(firms, 1), pairs % max(firms, 1), sums), place


def bilateral(owed: Debts) -> Int64s:
    """What each row would cancel if only debts both ways between two firms were netted."""
    there = owed.debtor * owed.firms + owed.creditor
    back = owed.creditor * owed.firms + owed.debtor
    if not len(owed):
        return np.zeros(0, np.int64)
    place = np.minimum(np.searchsorted(there, back), len(owed) - 1)
    return np.where(there[place] == back, np.minimum(owed.amount, owed.amount[place]), 0)


def added(place: Int64s, values: Int64s, places: int) -> Int64s:
    """Values added up by place, in whole numbers."""
    sums = np.zeros(places, np.int64)
    np.add.at(sums, place, values)
    return sums
