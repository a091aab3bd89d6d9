"""What a set-off is told as: one page for people, and the map of where credit discharges most."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from tasviya.core.money import format_minor
from tasviya.services.obligations import Obligations
from tasviya.settlement.setoff import Int64s, bilateral
from tasviya.settlement.setoff_liquidity import CreditMap, credit_map

if TYPE_CHECKING:
    from tasviya.services.setoff import Outcome

TOP = 10
"""Firms that a page lists."""
MAP_MAX = 10_000
"""Firms that the map of credit lists."""
_NAME_SHOWN = 48


def credit_rows(outcome: Outcome) -> bytes:
    """The map of credit, best first, as CSV."""
    told = StringIO(newline="")
    writer = csv.writer(told, lineterminator="\n")
    writer.writerow(("firm", "unit_discharges", "for_units", "passes_to", "ends_with", "steps"))
    names, best = outcome.obligations.names, credit_map(outcome.debts, outcome.plain)
    columns = (best.debtor, best.worth, best.units, best.following, best.holder, best.steps)
    decimals = outcome.obligations.decimals
    for debtor, worth, units, following, holder, steps in zip(
        *[column[:MAP_MAX].tolist() for column in columns], strict=True
    ):
        writer.writerow(
            (names[debtor], worth, format_minor(units, decimals), names[following], names[holder], steps)
        )
    return told.getvalue().encode()


def summary(outcome: Outcome, source: str) -> str:
    """One page of Markdown."""
    parts = [f"# Set-off of {_cell(source)}", *_totals(outcome), *_proof(outcome)]
    if outcome.setoff.credit_limit:
        parts += _credit(outcome)
    parts += ["## Who is relieved of most", *_winners(outcome)]
    if outcome.plain.setoff.optimal:
        parts += ["## Where one unit of credit discharges most", *_map(outcome)]
    return "\n\n".join(parts) + "\n"


def headline(outcome: Outcome) -> list[str]:
    """The result in two or three lines."""
    given, verdict, total = outcome.obligations, outcome.verdict, outcome.debts.total
    code = f" {given.currency}" if given.currency else ""
    share = percent(verdict.cancelled, total)
    told = [
        f"{len(given):,} obligations of {len(given.names):,} firms: {_amount(given, total)}{code}",
        f"cancelled: {_amount(given, verdict.cancelled)}{code}, {share}",
    ]
    if outcome.setoff.credit_limit:
        more = verdict.cancelled - outcome.plain.setoff.total
        told.append(f"of it with {_amount(given, verdict.lent)} of credit: {_amount(given, more)}")
    if verdict.proven:
        return [*told, "proven: nothing more can be cancelled"]
    gap = f"{verdict.gap_percent:.2f}"
    return [
        *told,
        f"proven: at most {_amount(given, verdict.bound)} could be, so it is within {gap} % of the most",
    ]


def percent(part: int, whole: int) -> str:
    """With two decimals, rounded down: it never says more than there is."""
    return f"{part * 10_000 // whole / 100 if whole else 0:.2f} %"


def _totals(outcome: Outcome) -> list[str]:
    given, total, plain = outcome.obligations, outcome.debts.total, outcome.plain.setoff.total
    both_ways = int(bilateral(outcome.debts).sum())
    left = total - outcome.verdict.cancelled
    owed, owed_still = _owed(given, given.amount), _owed(given, outcome.left)
    free = int(np.count_nonzero((owed > 0) & (owed_still == 0)))
    money = [("owed", total), ("cancelled by netting pairs alone", both_ways), ("cancelled in rings", plain)]
    if outcome.setoff.credit_limit:
        money.append(("cancelled in rings and with credit", outcome.verdict.cancelled))
    money.append(("still owed", left))
    rows = [(what, _amount(given, amount), percent(amount, total)) for what, amount in money]
    counts = f"Obligations: {len(given):,}; firms: {len(given.names):,}; free of debt by it: {free:,}."
    return [_table((given.currency or "amount", "", "of all debt"), rows, right=(1, 2)), counts]


def _proof(outcome: Outcome) -> list[str]:
    verdict, given = outcome.verdict, outcome.obligations
    if verdict.proven:
        return ["**Nothing more can be cancelled.** `tasviya setoff verify` proves it without the solver."]
    more = _amount(given, verdict.bound - verdict.cancelled)
    share = f"{verdict.gap_percent:.2f} % of what could be cancelled at the most"
    return [
        f"**At most {more} more could be cancelled**, {share}: this answer was taken early, or is credit's."
    ]


def _credit(outcome: Outcome) -> list[str]:
    given, made = outcome.obligations, outcome.setoff
    lent, more = outcome.verdict.lent, made.total - outcome.plain.setoff.total
    each = f"{more / lent:.2f}" if lent else "0"
    worth = int(made.prices.max(initial=0)) - int(made.prices.min(initial=0))
    order = np.lexsort((np.arange(len(made.credit)), -made.credit))[:TOP]
    rows = [
        (given.names[f], _amount(given, int(made.credit[f])), _amount(given, int(made.held[f])))
        for f in order.tolist()
        if made.credit[f]
    ]
    return [
        "## Credit",
        f"{_amount(given, lent)} lent discharges {_amount(given, more)} more: {each} for each unit.",
        f"The next unit discharges {worth}. `credit.csv` says who is lent what, and who holds it in the end.",
        _table(("firm", "is lent", "holds in the end"), rows, right=(1, 2)),
    ]


def _winners(outcome: Outcome) -> list[str]:
    given = outcome.obligations
    before, relief = _owed(given, given.amount), _owed(given, outcome.cancelled)
    order = np.lexsort((np.arange(len(relief)), -relief))[:TOP]
    rows = [
        (
            given.names[firm],
            _amount(given, int(before[firm])),
            _amount(given, int(relief[firm])),
            percent(int(relief[firm]), int(before[firm])),
        )
        for firm in order.tolist()
        if relief[firm]
    ]
    return (
        [_table(("firm", "owed", "cancelled", "of its debt"), rows, right=(1, 2, 3))] if rows else ["Nobody."]
    )


def _map(outcome: Outcome) -> list[str]:
    given, best = outcome.obligations, credit_map(outcome.debts, outcome.plain)
    if not len(best.debtor):
        return ["Nowhere: no debt is left that credit could pay."]
    rows = [_corridor(given, best, place) for place in range(min(TOP, len(best.debtor)))]
    heading = ("lent to", "a unit discharges", "for at least", "it passes it to", "it ends with", "steps")
    told = "Beside what is cancelled without credit; beyond these units, a unit discharges as much or less."
    return [_table(heading, rows, right=(1, 2, 5)), told]


def _corridor(given: Obligations, best: CreditMap, place: int) -> tuple[str, ...]:
    return (
        given.names[int(best.debtor[place])],
        str(best.worth[place]),
        _amount(given, int(best.units[place])),
        given.names[int(best.following[place])],
        given.names[int(best.holder[place])],
        str(best.steps[place]),
    )


def _owed(given: Obligations, values: Int64s) -> Int64s:
    sums = np.zeros(len(given.names), np.int64)
    np.add.at(sums, given.debtor, values)
    return sums


def _amount(given: Obligations, minor: int) -> str:
    return format_minor(minor, given.decimals, grouping=",")


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int]) -> str:
    line = "|" + "|".join("---:" if place in right else "---" for place in range(len(heading))) + "|"
    told = ["| " + " | ".join(map(_cell, row)) + " |" for row in (heading, *rows)]
    return "\n".join([told[0], line, *told[1:]])


def _cell(text: str) -> str:
    """A name as one cell of Markdown, whatever is in it."""
    flat = " ".join(text.split())
    shown = flat if len(flat) <= _NAME_SHOWN else flat[: _NAME_SHOWN - 1] + "…"
    return "".join("\\" + each if each in "\\|`*_[]<>#" else each for each in shown)
