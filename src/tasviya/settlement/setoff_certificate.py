"""What anyone can prove of a set-off from debts, what is cancelled and prices alone, in whole numbers.

    debts, set-off ──additions and comparisons──▶ Verdict

The rules, for debts u→v of amount a, cancelled f, prices p, credit c and held h by firm:

- **S1** bounds: 0 <= f <= a, so no debt rises; credit and held are not below zero.
- **S2** conservation: of each firm, claims cancelled + credit = debts cancelled + held.
- **S3** credit: what is lent is what is held in the end, and no more than the limit.
- **S4** bound: no set-off at all cancels more than the bound; this one does not either.
- **S5** optimality, if it is claimed: the bound is what is cancelled.

The bound. Add to the sum of all f, for each firm, its price times what S2 says is zero. That changes nothing,
and gathers at each debt f * (1 - p[u] + p[v]), which is at most a * (1 - p[u] + p[v]) or, if that is below
zero, 0. What is left is the sum of p * (c - h): at most limit * (highest price - lowest price). So for any
prices, whoever found them and however,

    cancelled <= sum of a * max(0, 1 - p[u] + p[v]) + limit * (highest - lowest)

In place of a stands what a debt can use at all: a debtor passes on no more than it is paid and lent, a
creditor is paid no more than it passes on and keeps (`usable`); that holds of every set-off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from tasviya.settlement.setoff import TOTAL_MAX, Debts, Int64s, SetOff

ROUNDS = 4
"""How often `usable` looks along the debts: each time it can only fall."""
LISTED = 8
PRICE_MAX = 1 << 31


class Rule(IntEnum):
    """The rules of a set-off, as the module lists them."""

    S1 = 1
    S2 = 2
    S3 = 3
    S4 = 4
    S5 = 5


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a rule is broken: `row` of the debts, or `firm`; -1 if it is of the whole."""

    rule: Rule
    what: str
    row: int = -1
    firm: int = -1

    def __str__(self) -> str:
        return f"{self.rule.name}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the columns prove. cancelled, bound, lent: minor units. violations: the first few of each rule."""

    violations: tuple[Violation, ...]
    cancelled: int
    bound: int
    lent: int
    claims_optimal: bool

    @property
    def holds(self) -> bool:
        """Whether every rule holds; the debts may be cancelled."""
        return not self.violations

    @property
    def proven(self) -> bool:
        """Whether it is also proven that nothing more can be cancelled."""
        return self.holds and self.claims_optimal

    @property
    def gap_percent(self) -> float:
        """How much more than this there could be, at the most; 0 if optimal."""
        return 100 * (self.bound - self.cancelled) / self.bound if self.bound else 0.0


def verify(debts: Debts, made: SetOff) -> Verdict:
    """Prove or refute a set-off. Trusts nothing in it, neither amounts nor prices nor its own claim."""
    found: list[Violation] = []
    lengths = len(made.cancelled), len(made.credit), len(made.held)
    if lengths != (len(debts), debts.firms, debts.firms):
        return Verdict((Violation(Rule.S1, "columns are of other lengths"),), 0, 0, 0, made.optimal)
    for row in np.flatnonzero((made.cancelled < 0) | (made.cancelled > debts.amount))[:LISTED].tolist():
        what = f"{made.cancelled[row]} is cancelled of a debt of {debts.amount[row]}."
        found.append(Violation(Rule.S1, what, row=row))
    most = np.maximum(made.credit, made.held)
    odd = (np.minimum(made.credit, made.held) < 0) | (most > TOTAL_MAX)
    for firm in np.flatnonzero(odd)[:LISTED].tolist():
        what = f"credit of {made.credit[firm]}, {made.held[firm]} held."
        found.append(Violation(Rule.S1, what, firm=firm))
    cancelled, lent = _sum(made.cancelled), _sum(made.credit)
    if not found:
        found += _unbalanced(debts, made)
    if lent != _sum(made.held) or lent > made.credit_limit:
        what = f"{lent} is lent within {made.credit_limit}, {_sum(made.held)} is held."
        found.append(Violation(Rule.S3, what))
    limit = bound(debts, made.prices, made.credit_limit)
    if limit is None:
        found.append(Violation(Rule.S4, f"prices are not {debts.firms} whole numbers below {PRICE_MAX}."))
    elif cancelled > limit:
        found.append(Violation(Rule.S4, f"{cancelled} is cancelled, at most {limit} can be."))
    elif made.optimal and cancelled != limit:
        found.append(Violation(Rule.S5, f"{cancelled} is called the most, but the prices allow {limit}."))
    return Verdict(tuple(found), cancelled, limit or 0, lent, made.optimal)


def bound(debts: Debts, prices: Int64s, credit_limit: int = 0) -> int | None:
    """What no set-off of these debts can exceed, minor units; None if these are no prices."""
    if len(prices) != debts.firms or (
        len(prices) and max(abs(int(prices.min())), int(prices.max())) >= PRICE_MAX
    ):
        return None
    worth = 1 - prices[debts.debtor] + prices[debts.creditor]
    pays = worth > 0
    most = _weighted(worth[pays], usable(debts, credit_limit)[pays])
    return most + credit_limit * (int(prices.max()) - int(prices.min()) if len(prices) else 0)


def usable(debts: Debts, credit_limit: int = 0) -> Int64s:
    """What of each debt any set-off could cancel at the most, minor units."""
    most = debts.amount
    for _ in range(ROUNDS):
        paid = np.minimum(debts.by_creditor(most) + credit_limit, TOTAL_MAX)
        passed = np.minimum(debts.by_debtor(most) + credit_limit, TOTAL_MAX)
        most = np.minimum(most, np.minimum(paid[debts.debtor], passed[debts.creditor]))
    return most


def _unbalanced(debts: Debts, made: SetOff) -> list[Violation]:
    gets = debts.by_creditor(made.cancelled) + made.credit
    gives = debts.by_debtor(made.cancelled) + made.held
    wrong = np.flatnonzero(gets != gives)[:LISTED].tolist()
    text = "claims and credit come to {}, debts and what is held to {}."
    return [Violation(Rule.S2, text.format(gets[firm], gives[firm]), firm=firm) for firm in wrong]


def _weighted(weights: Int64s, amounts: Int64s) -> int:
    """The sum of weight * amount, of any size: amounts of one weight stay below TOTAL_MAX together."""
    kinds, place = np.unique(weights, return_inverse=True)
    sums = np.zeros(len(kinds), np.int64)
    np.add.at(sums, place, amounts)
    return sum(weight * amount for weight, amount in zip(kinds.tolist(), sums.tolist(), strict=True))


def _sum(values: Int64s) -> int:
    """The sum of 64-bit numbers, of any size."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
