"""A set-off while one waits: answers that get better, each proven, the last of them the most.

    prices by small steps ──▶ the core: debts worth a try that can carry most ──exactly──▶ part of the answer
                                                  the rest ──rings──▶ the other part

The solver's time grows faster than the debts, and a few large debts carry most of what can be cancelled. So
each answer solves a core of debts exactly, larger each time, and walks rings through the rest; the last
solves all. Prices that are found quickly serve twice: they tell which debts are hardly in any good ring, and
they bound the most from above, so one knows how far an answer can be from it. No clock and no chance decides
an answer, only whoever stops asking for the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tasviya.core.errors import Refusal, invariant
from tasviya.settlement.setoff import Debts, Int64s, SetOff
from tasviya.settlement.setoff_certificate import bound, usable, verify
from tasviya.settlement.setoff_flow import Solved, most_gain, solve, strong_parts, strong_rows
from tasviya.settlement.setoff_prices import NOWHERE, improved_prices, least_prices
from tasviya.settlement.setoff_rings import cancel_rings

CORES = (80_000, 320_000)
"""Debts in the core of the first answers."""
ROUNDS = 20
"""How often prices are improved, at the most."""


def answers(debts: Debts, cores: Sequence[int] = CORES) -> Iterator[Solved | Refusal]:
    """Set-offs without credit, each at least as good as the one before; the last is optimal.

    cores: debts that the first answers solve exactly, ascending. A refusal is the last: the solver gave up.
    """
    strong = _Strong.of(debts)
    best, prices = 0, strong.guide
    for number, core in enumerate(cores):
        if core >= len(strong.rows):
            break
        found = _by_core(strong, core)
        if isinstance(found, Refusal):
            yield found
            return
        cancelled, of_core = found
        if number:  # the first answer makes do with the guide, which is there already
            improved = improved_prices(debts.firms, strong.tail, strong.head, strong.carries, of_core, ROUNDS)
            prices = min(prices, improved, key=lambda each: _sum_over(strong, each))
        if int(cancelled.sum()) >= best:
            best = int(cancelled.sum())
            none = np.zeros(debts.firms, np.int64)
            made = SetOff(cancelled, _apart(strong, prices), none, none, 0, optimal=False)
            invariant(verify(debts, made).holds, "every answer holds")
            yield Solved(made, np.full(debts.firms, NOWHERE, np.int64))
    yield solve(debts)


@dataclass(frozen=True, slots=True)
class _Strong:
    """Debts inside strongly connected parts, the only ones that are in any ring.

    part: by firm. rows: which of all debts. tail, head, carries: of these, and what each can use. guide: by
    firm, prices found by small steps.
    """

    debts: Debts
    part: Int64s
    rows: Int64s
    tail: Int64s
    head: Int64s
    carries: Int64s
    guide: Int64s

    @classmethod
    def of(cls, debts: Debts) -> _Strong:
        part = strong_parts(debts.firms, debts.debtor, debts.creditor)
        rows = np.flatnonzero(part[debts.debtor] == part[debts.creditor])
        tail, head = debts.debtor[rows], debts.creditor[rows]
        carries = usable(debts)[rows]
        start = np.zeros(debts.firms, np.int64)
        guide = improved_prices(debts.firms, tail, head, carries, start, ROUNDS)
        return cls(debts, part, rows, tail, head, carries, guide)


def _by_core(strong: _Strong, core: int) -> tuple[Int64s, Int64s] | Refusal:
    """What is cancelled by solving a core exactly and walking rings through the rest; the core's prices."""
    firms, tail, head = strong.debts.firms, strong.tail, strong.head
    tried = np.flatnonzero(1 - strong.guide[tail] + strong.guide[head] >= 0)
    if len(tried) > core:
        carries = strong.carries[tried]
        tried = np.sort(tried[np.argpartition(carries, len(tried) - core)[len(tried) - core :]])
    tried = tried[strong_rows(firms, tail[tried], head[tried])]
    room, ones = strong.carries[tried], np.ones(len(tried), np.int64)
    flow = most_gain(firms, tail[tried], head[tried], room, ones)
    if isinstance(flow, Refusal):
        return flow
    priced = least_prices(firms, tail[tried], head[tried], ones, room - flow, flow)
    invariant(priced is not None, "no ring gains in the core")
    inside = np.zeros(len(strong.rows), np.int64)
    inside[tried] = flow
    inside += cancel_rings(firms, tail, head, strong.debts.amount[strong.rows] - inside)
    cancelled = np.zeros(len(strong.debts), np.int64)
    cancelled[strong.rows] = inside
    return cancelled, priced[0] if priced else strong.guide


def _sum_over(strong: _Strong, prices: Int64s) -> int:
    """The bound of prices inside the parts."""
    owed = Debts(strong.debts.firms, strong.tail, strong.head, strong.carries)
    return bound(owed, prices) or 0


def _apart(strong: _Strong, prices: Int64s) -> Int64s:
    """The same prices inside each strongly connected part, and the parts so far apart that a debt between
    two of them, which is in no ring, adds nothing to the bound."""
    debts, part = strong.debts, strong.part
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
