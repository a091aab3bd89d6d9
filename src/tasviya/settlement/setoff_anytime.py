"""A set-off while one waits: answers that get better, each proven, the last of them the most.

    debts that can carry most ──exactly──▶ their part of it ──rings among what is left──▶ an answer

The solver's time grows faster than the debts, and a few large debts carry most of what can be cancelled. So
the first answer solves the CORES[0] debts that can carry most, and walks rings through the rest; the next
takes more, the last all. Each answer has prices that bound the most from above, so one knows how far it can
be from it. No clock and no chance decides an answer, only whoever stops asking for the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tasviya.core.errors import Refusal, invariant
from tasviya.settlement.setoff import Debts, Int64s, SetOff
from tasviya.settlement.setoff_certificate import usable, verify
from tasviya.settlement.setoff_flow import Solved, most_gain, solve, strong_parts, strong_rows
from tasviya.settlement.setoff_prices import NOWHERE, improved_prices, least_prices
from tasviya.settlement.setoff_rings import cancel_rings

CORES = (140_000, 560_000)
"""Debts in the core of the first answers."""
ROUNDS = 20
"""How often prices of an answer are improved, at the most."""


def answers(debts: Debts, cores: Sequence[int] = CORES) -> Iterator[Solved | Refusal]:
    """Set-offs without credit, each at least as good as the one before; the last is optimal.

    cores: debts that the first answers solve exactly, ascending. A refusal is the last: the solver gave up.
    """
    part = strong_parts(debts.firms, debts.debtor, debts.creditor)
    strong = np.flatnonzero(part[debts.debtor] == part[debts.creditor])
    carries = usable(debts)
    best = 0
    for core in cores:
        if core >= len(strong):
            break
        found = _answer(debts, part, strong, carries, core)
        if isinstance(found, Refusal):
            yield found
            return
        if found.total >= best:
            best = found.total
            yield Solved(found, np.full(debts.firms, NOWHERE, np.int64))
    yield solve(debts)


def _answer(debts: Debts, part: Int64s, strong: Int64s, carries: Int64s, core: int) -> SetOff | Refusal:
    firms = debts.firms
    tail, head = debts.debtor[strong], debts.creditor[strong]
    large = np.sort(np.argpartition(carries[strong], len(strong) - core)[len(strong) - core :])
    large = large[strong_rows(firms, tail[large], head[large])]
    rows = strong[large]
    ones = np.ones(len(rows), np.int64)
    flow = most_gain(firms, tail[large], head[large], carries[rows], ones)
    if isinstance(flow, Refusal):
        return flow
    cancelled = np.zeros(len(debts), np.int64)
    cancelled[rows] = flow
    cancelled[strong] += cancel_rings(firms, tail, head, debts.amount[strong] - cancelled[strong])
    priced = least_prices(firms, tail[large], head[large], ones, carries[rows] - flow, flow)
    invariant(priced is not None, "no ring gains in the core")
    prices = _best_prices(debts, part, strong, carries, priced[0] if priced else ones)
    none = np.zeros(firms, np.int64)
    made = SetOff(cancelled, prices, none, none, 0, optimal=False)
    invariant(verify(debts, made).holds, "every answer holds")
    return made


def _best_prices(debts: Debts, part: Int64s, strong: Int64s, carries: Int64s, of_core: Int64s) -> Int64s:
    """Prices with a low bound: those of the core, or none at all, whichever bound is lower to begin with,
    then improved."""
    tail, head, most = debts.debtor[strong], debts.creditor[strong], carries[strong]
    worth = np.maximum(1 - of_core[tail] + of_core[head], 0)
    start = of_core if float(most @ worth.astype(np.float64)) < float(most.sum()) else np.zeros_like(of_core)
    return _apart(debts, part, improved_prices(debts.firms, tail, head, most, start, ROUNDS))


def _apart(debts: Debts, part: Int64s, prices: Int64s) -> Int64s:
    """The same prices inside each strongly connected part, and the parts so far apart that a debt between
    two of them, which is in no ring, adds nothing to the bound."""
    between = np.flatnonzero(part[debts.debtor] != part[debts.creditor])
    between = between[np.argsort(part[debts.debtor[between]], kind="stable")]
    debtor, creditor = debts.debtor[between], debts.creditor[between]
    ones = np.ones(len(between), np.int64)
    step = 1 - prices[debtor] + prices[creditor]
    parts = int(part.max(initial=-1)) + 1
    raised = least_prices(parts, part[debtor], part[creditor], step, ones, ones - 1)
    invariant(raised is not None, "parts are in no ring")
    moved = prices + (raised[0] if raised else ones)[part]
    return np.asarray(moved - moved.min(initial=0), np.int64)
