"""`duty.assess` for columns of lines: the same figures to the last unit, compiled.

    Plans ──DutyTable.of──▶ DutyTable, columns ──assess_columns──▶ amounts, exact amounts, states

The compiled loop computes in 64 bits and looks before it multiplies: a line that would not fit, or whose rate
depends on an entry price, is left to `duty.assess`, which has whole numbers of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from tasviya.core.errors import Refusal, invariant
from tasviya.core.rounding import Rounding
from tasviya.customs.compiled import compiled, inlined
from tasviya.customs.duty import BASE, MILLION, UNITS, Line, Plan, Step, assess
from tasviya.customs.duty_expression import Bound, Unit

Int64s = npt.NDArray[np.int64]
Int8s = npt.NDArray[np.int8]
MISSING = -1
"""A quantity that is not given."""
TOO_LONG = -1
"""In place of an exact amount of more than 63 bits."""
_SAFE = float(1 << 62)
_STEPS_MOST = 60
_BOUNDS = tuple(Bound)
_MODES = tuple(Rounding)


class State(IntEnum):
    """What became of a line."""

    ASSESSED = 0
    REFUSED = 1
    """`duty.assess` says why."""
    LEFT = 2
    """Not computed by the compiled loop; never seen outside."""


@dataclass(frozen=True, slots=True)
class DutyTable:
    """Plans as flat columns. units: what the columns of quantities are, in order. width: steps of the
    longest."""

    plans: tuple[Plan, ...]
    units: tuple[Unit, ...]
    width: int
    arrays: tuple[Int64s, ...]

    @classmethod
    def of(cls, plans: Sequence[Plan]) -> DutyTable:
        units = tuple(unit for place, unit in enumerate(UNITS) if place in _units_of(plans))
        column = {UNITS.index(unit): place for place, unit in enumerate(units)}
        first_step, first_clause, first_term = [0], [0], [0]
        steps: list[tuple[int, ...]] = []
        bounds: list[int] = []
        terms: list[tuple[int, ...]] = []
        hard: list[int] = []
        for plan in plans:
            hard.append(int(any(map(_is_hard, plan.steps))))
            for step in plan.steps if not hard[-1] else ():
                for bound, parts in step.bands[0][1]:
                    bounds.append(_BOUNDS.index(bound))
                    terms += [
                        (each.sign, BASE if each.of == BASE else column[each.of], each.over, each.under)
                        for each in parts
                    ]
                    first_term.append(len(terms))
                first_clause.append(len(bounds))
                steps.append(_head(step))
            first_step.append(len(steps))
        arrays = (
            np.array(hard, np.int64),
            np.array(first_step, np.int64),
            np.array(steps, np.int64).reshape(len(steps), 6),
            np.array(first_clause, np.int64),
            np.array(bounds, np.int64),
            np.array(first_term, np.int64),
            np.array(terms, np.int64).reshape(len(terms), 4),
        )
        width = max((len(plan.steps) for plan in plans), default=0)
        return cls(tuple(plans), units, width, arrays)


@dataclass(frozen=True, slots=True)
class Columns:
    """What lines pay. amounts, exact: (N, width) int64, minor units and millionths of one, by step of the
    line's plan, zero beyond. state: (N,) int8 of State. Of an exact amount of more than 63 bits only the
    amount is given.
    """

    amounts: Int64s
    exact: Int64s
    state: Int8s


def assess_columns(table: DutyTable, plan: Int64s, value: Int64s, quantities: Int64s) -> Columns:
    """Assess lines. plan: (N,) places in table.plans. value: (N,) minor units. quantities: (N, units)
    thousandths, MISSING where not given.
    """
    lines = len(plan)
    invariant(
        quantities.shape == (lines, len(table.units)) and len(value) == lines, "columns are of one length"
    )
    invariant(
        not lines or (int(plan.min()) >= 0 and int(plan.max()) < len(table.plans)), "plans are of the table"
    )
    amounts, exact = np.zeros((2, lines, table.width), np.int64)
    state = np.empty(lines, np.int8)
    _assess(plan, value, quantities, *table.arrays, amounts, exact, state)
    for row in np.flatnonzero(state == State.LEFT).tolist():
        given = {
            unit: quantity
            for unit, quantity in zip(table.units, quantities[row].tolist(), strict=True)
            if quantity != MISSING
        }
        made = assess(table.plans[plan[row]], Line(int(value[row]), given))
        amounts[row], exact[row] = 0, 0
        if isinstance(made, Refusal):
            state[row] = State.REFUSED
            continue
        state[row] = State.ASSESSED
        for place, charge in enumerate(made.charges):
            amounts[row, place] = charge.amount
            exact[row, place] = charge.exact if charge.exact < 1 << 63 else TOO_LONG
    return Columns(amounts, exact, state)


def _units_of(plans: Sequence[Plan]) -> set[int]:
    found = {
        term.of
        for plan in plans
        for step in plan.steps
        for _, fold in step.bands
        for _, terms in fold
        for term in terms
    }
    weighs = any(step.measure.rate.entry_price for plan in plans for step in plan.steps)
    return (found - {BASE}) | ({UNITS.index(Unit.KG)} if weighs else set())


def _is_hard(step: Step) -> bool:
    """Whether the compiled loop cannot do it: an entry price, or figures of more than 62 bits."""
    figures = [*step.share, step.tax.unit * MILLION]
    figures += [
        each for _, fold in step.bands for _, terms in fold for t in terms for each in (t.over, t.under)
    ]
    too_long = max(figures) >= _SAFE or max((*step.on, 0)) >= _STEPS_MOST
    return step.measure.rate.entry_price or too_long


def _head(step: Step) -> tuple[int, ...]:
    mode = _MODES.index(step.tax.rounding)
    return (int(step.on_value), sum(1 << place for place in step.on), *step.share, mode, step.unit * MILLION)


_HALF_EVEN, _HALF_UP = _MODES.index(Rounding.HALF_EVEN), _MODES.index(Rounding.HALF_UP)
_UP = _MODES.index(Rounding.UP)
_START, _MIN = _BOUNDS.index(Bound.START), _BOUNDS.index(Bound.MIN)


@inlined
def _times(of, over, under):
    """of * over // under, none below zero; -1 if it would not fit."""
    if under == 1:
        return of * over if float(of) * over < _SAFE else -1
    whole = of // under
    rest = of - whole * under
    if float(whole) * over + over >= _SAFE or float(rest) * over >= _SAFE:
        return -1
    return whole * over + rest * over // under


@inlined
def _rounded(exact, mode, unit):
    whole = exact // unit
    rest = exact - whole * unit
    if mode == _HALF_EVEN:
        more = rest > unit - rest or (rest == unit - rest and whole % 2 == 1)
    elif mode == _HALF_UP:
        more = rest >= unit - rest
    else:
        more = mode == _UP and rest > 0
    return whole + 1 if more else whole


@compiled
def _assess(
    plan,
    value,
    quantities,
    hard,
    first_step,
    steps,
    first_clause,
    bounds,
    first_term,
    terms,
    amounts,
    exact,
    state,
):
    for row in range(len(plan)):
        p = plan[row]
        state[row] = 2 if hard[p] or value[row] < 0 else 0
        begin = first_step[p]
        for s in range(begin, first_step[p + 1]):
            if state[row]:
                break
            base = value[row] if steps[s, 0] else 0
            for place in range(s - begin):
                if steps[s, 1] >> place & 1:
                    base += amounts[row, place]
            folded = 0
            for c in range(first_clause[s], first_clause[s + 1]):
                clause = 0
                for t in range(first_term[c], first_term[c + 1]):
                    of = base if terms[t, 1] < 0 else quantities[row, terms[t, 1]]
                    made = _times(of, terms[t, 2], terms[t, 3]) if of >= 0 else -1
                    if made < 0 or abs(float(clause)) + made >= _SAFE:
                        state[row] = 2
                        break
                    clause += terms[t, 0] * made
                if bounds[c] == _START:
                    folded = clause
                elif bounds[c] == _MIN:
                    folded = max(folded, clause)
                else:
                    folded = min(folded, clause)
            folded = max(folded, 0)
            if steps[s, 2] != steps[s, 3]:
                folded = _times(folded, steps[s, 2], steps[s, 3])
                if folded < 0:
                    state[row] = 2
            if not state[row]:
                exact[row, s - begin] = folded
                unit = steps[s, 5]
                amounts[row, s - begin] = _rounded(folded, steps[s, 4], unit) * (unit // 1_000_000)
