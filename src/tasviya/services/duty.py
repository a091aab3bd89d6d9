"""What would goods pay: questions as texts, from a command or a file of many, and answers with their reasons.

    Asked ──asked_claim, asked_line──▶ duty.plan, duty.assess ──▶ Answer ──explained──▶ rows for people
    CSV ──assess_file──▶ CSV: the same columns, the taxes of each row, or why it is refused

A file's rows are worked out in columns, a single question one by one; both give the same figures. Every row
is a declaration of its own: what a law rounds as a total is rounded by row.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from io import StringIO

import numpy as np

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import Refusal
from tasviya.core.money import AmountError, format_minor, parse_amount
from tasviya.core.rounding import rounded_ratio
from tasviya.customs.csv_table import DATE_CURE, ECHO, Columns, Row, Table, read_date, read_table
from tasviya.customs.duty import (
    MILLION,
    WHOLE,
    Assessment,
    Line,
    Plan,
    assess,
    components,
    plan,
    total,
)
from tasviya.customs.duty_columns import MISSING, TOO_LONG, DutyTable, State, assess_columns
from tasviya.customs.duty_expression import Bound, Unit
from tasviya.customs.nomenclature import goods_code
from tasviya.customs.quantity import thousandths
from tasviya.customs.tariff import Claim, Tariff
from tasviya.customs.tax_law import Level, Tax
from tasviya.customs.valuation import CustomsValue, Part, Rates, customs_value, decimal_text

ADDED = ("freight", "insurance", "other")
"""What is added to the price, in the invoice's currency."""
PLAIN = ("goods", "origin", "value", "currency", *ADDED, "preference", "additional", "quota", "on")
"""Columns of a file beside the quantities', which are named by their unit."""
QUESTIONS = Columns(PLAIN[:3], (*PLAIN[3:], *Unit), "TF01", "TF01")
_BOUND = {Bound.START: "", Bound.MIN: "at least ", Bound.MAX: "at most "}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, as it was typed. on: the day if the question names none."""

    goods: str
    origin: str
    value: str
    currency: str
    on: date
    added: Mapping[str, str] = field(default_factory=dict)
    quantities: Mapping[str, str] = field(default_factory=dict)
    preference: str = ""
    additional: Sequence[str] = ()
    quota: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the goods would pay."""

    value: CustomsValue
    assessment: Assessment
    by_tax: Mapping[str, int]

    @property
    def total(self) -> int:
        """Minor units of the member's currency."""
        return sum(self.by_tax.values())


def answer(tariff: Tariff, asked: Asked, rates: Rates) -> Answer | Refusal:
    """What goods would pay. Refused with a place among the question's fields."""
    worth = asked_value(asked, tariff, rates)
    if isinstance(worth, Refusal):
        return worth
    quantities = asked_quantities(asked.quantities)
    if isinstance(quantities, Refusal):
        return quantities
    claim = asked_claim(asked)
    made = claim if isinstance(claim, Refusal) else plan(tariff, claim, rates)
    if isinstance(made, Refusal):
        return made
    assessed = assess(made, Line(worth.minor, quantities))
    return assessed if isinstance(assessed, Refusal) else Answer(worth, assessed, total([assessed]))


def asked_claim(asked: Asked) -> Claim | Refusal:
    """Whose measures are looked for."""
    goods, origin = goods_code(asked.goods, where="goods"), asked.origin.strip().upper()
    if isinstance(goods, Refusal):
        return goods
    if not (len(origin) == 2 and origin.isascii() and origin.isalpha()):
        return Refusal(
            "CD07", f"{asked.origin!r} is no country.", 'Give two letters, such as "MD".', "origin"
        )
    codes = frozenset(each.strip() for each in asked.additional if each.strip())
    return Claim(str(goods), origin, asked.on, asked.preference.strip(), codes, asked.quota.strip())


def asked_value(asked: Asked, tariff: Tariff, rates: Rates) -> CustomsValue | Refusal:
    """The customs value of what was typed."""
    try:
        money = currency(asked.currency.strip() or tariff.law.currency.code)
    except UnknownCurrency as error:
        return Refusal("CD03", f"{error}.", "Give a code of ISO 4217.", "currency")
    parts = []
    for name, text in (("price", asked.value), *asked.added.items()):
        try:
            minor = parse_amount(text.strip(), money)
        except AmountError as error:
            return Refusal("CD06", f"{error}.", 'Write it such as "1250.50".', name)
        if minor < 0:
            return Refusal("CD06", f"{text} is below zero.", "Give an amount of 0 or more.", name)
        parts.append(Part(name, minor, money))
    return customs_value(parts, rates, tariff.law)


def asked_quantities(texts: Mapping[str, str]) -> dict[Unit, int] | Refusal:
    """Quantities in thousandths of their units."""
    found = {}
    for name, text in texts.items():
        if name not in tuple(Unit):
            what, cure = f"{name!r} is no unit.", f"Write one of {', '.join(Unit)}."
            return Refusal("CD07", what, cure, "quantity")
        quantity = thousandths(text.strip())
        if quantity is None or quantity < 0:
            what = f"{text!r:.80} is no quantity of {name}."
            cure = "Write 0 or more with three decimals at the most."
            return Refusal("CD06", what, cure, f"quantity {name}")
        found[Unit(name)] = quantity
    return found


def explained(given: Answer, tariff_file: str) -> list[dict[str, str]]:
    """By tax: base, rate, where it stands, what it comes to exactly, its rounding, its amount."""
    assessed, money = given.assessment, given.assessment.plan.currency
    rows = []
    for charge in assessed.charges:
        step, tax = charge.step, charge.step.tax
        parts = [
            f"{_BOUND[bound]}{'-' if term.sign < 0 else ''}{term.text} = {_money(abs(made), money.decimals)}"
            for bound, term, made in components(charge, assessed.line)
        ]
        if step.share is not WHOLE:
            parts.append(f"{step.preference}: {decimal_text(Fraction(*step.share) * 100)} % of that")
        level = " of the total" if tax.level is Level.TOTAL else ""
        rows.append(
            {
                "tax": tax.code,
                "name": tax.name,
                "base": format_minor(charge.base, money.decimals, grouping=","),
                "rate": step.measure.rate.text,
                "row": f"{tariff_file}:{step.measure.row}",
                "worked_out": "; ".join(parts),
                "exact": _money(charge.exact, money.decimals),
                "rounding": f"{tax.rounding} to {format_minor(tax.unit, money.decimals)}{level}",
                "amount": format_minor(_due(charge.amount, charge.exact, tax), money.decimals, grouping=","),
            }
        )
    return rows


def assess_file(tariff: Tariff, text: str, rates: Rates, on: date, where: str) -> tuple[str, int, int]:
    """A file of questions with the taxes of each row beside it; how many rows, and how many were refused.

    Raises: OperatorError if the file is no table with the columns goods, origin and value.
    """
    table = read_table(text, QUESTIONS, where)
    batch = _Batch(tariff, rates)
    for row in table.rows:
        batch.add(_asked(row, on))
    made = _written(table, batch)
    return made, len(table.rows), sum(isinstance(each, Refusal) for each in batch.rows)


def _asked(row: Row, on: date) -> Asked | Refusal:
    if row.fault:
        return Refusal("TF01", row.fault, "Give every column one cell; quote cells with commas.")
    cells = row.cells
    if cells.get("on"):
        day = read_date(cells["on"])
        if day is None:
            return Refusal("CD07", f"{cells['on'][:ECHO]!r} is no date.", DATE_CURE, "on")
        on = day
    return Asked(
        cells["goods"],
        cells["origin"],
        cells["value"],
        cells.get("currency", ""),
        on,
        {name: cells[name] for name in ADDED if cells.get(name)},
        {name: cells[name] for name in Unit if cells.get(name)},
        cells.get("preference", ""),
        cells.get("additional", "").split(),
        cells.get("quota", ""),
    )


class _Batch:
    """Questions by row: those that have a plan wait for the columns, others are refused at once."""

    def __init__(self, tariff: Tariff, rates: Rates) -> None:
        self.tariff, self.rates = tariff, rates
        self.rows: list[tuple[Plan, list[int]] | Refusal] = []
        """By row, its plan and what it pays by step; or why not."""
        self._plans: dict[Claim, Plan | Refusal] = {}
        self._waiting: list[tuple[int, Plan, Line]] = []

    def add(self, asked: Asked | Refusal) -> None:
        found = asked if isinstance(asked, Refusal) else self._ready(asked)
        if isinstance(found, Refusal):
            self.rows.append(found)
            return
        self._waiting.append((len(self.rows), *found))
        self.rows.append((found[0], []))

    def finish(self) -> None:
        plans = list({id(each): each for _, each, _ in self._waiting}.values())
        place = {id(each): number for number, each in enumerate(plans)}
        table = DutyTable.of(plans)
        quantities = np.full((len(self._waiting), len(table.units)), MISSING, np.int64)
        for row, (_, _, line) in enumerate(self._waiting):
            for column, unit in enumerate(table.units):
                quantities[row, column] = line.quantities.get(unit, MISSING)
        numbers = np.array([place[id(each)] for _, each, _ in self._waiting], np.int64)
        values = np.array([line.value for _, _, line in self._waiting], np.int64)
        made = assess_columns(table, numbers, values, quantities)
        for row, (where, chosen, line) in enumerate(self._waiting):
            amounts, exact = made.amounts[row].tolist(), made.exact[row].tolist()
            if made.state[row] == State.REFUSED or TOO_LONG in exact:
                alone = assess(chosen, line)
                if isinstance(alone, Refusal):
                    self.rows[where] = alone
                    continue
                exact = [charge.exact for charge in alone.charges]
            pairs = zip(chosen.steps, amounts, exact, strict=False)
            self.rows[where] = (chosen, [_due(amount, each, step.tax) for step, amount, each in pairs])
        self._waiting.clear()

    def _ready(self, asked: Asked) -> tuple[Plan, Line] | Refusal:
        claim = asked_claim(asked)
        if isinstance(claim, Refusal):
            return claim
        worth = asked_value(asked, self.tariff, self.rates)
        if isinstance(worth, Refusal):
            return worth
        quantities = asked_quantities(asked.quantities)
        if isinstance(quantities, Refusal):
            return quantities
        if claim not in self._plans:
            self._plans[claim] = plan(self.tariff, claim, self.rates)
        made = self._plans[claim]
        return made if isinstance(made, Refusal) else (made, Line(worth.minor, quantities))


def _written(table: Table, batch: _Batch) -> str:
    batch.finish()
    law = batch.tariff.law
    taxes, decimals = tuple(dict.fromkeys(tax.code for tax in law.taxes)), law.currency.decimals
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*table.heading, *taxes, "total", "pays_in", "code", "where", "what", "cure"])
    for row, made in zip(table.rows, batch.rows, strict=True):
        cells = [*row.given, *[""] * len(table.heading)][: len(table.heading)]
        if isinstance(made, Refusal):
            writer.writerow([*cells, *[""] * (len(taxes) + 2), made.reason, made.where, made.what, made.cure])
            continue
        by_tax = dict.fromkeys(taxes, 0)
        for step, amount in zip(made[0].steps, made[1], strict=True):
            by_tax[step.tax.code] += amount
        amounts = [format_minor(minor, decimals) for minor in (*by_tax.values(), sum(by_tax.values()))]
        writer.writerow([*cells, *amounts, law.currency.code, "", "", "", ""])
    return out.getvalue()


def _due(amount: int, exact: int, tax: Tax) -> int:
    """What a tax comes to on a declaration of one line."""
    if tax.level is Level.LINE or tax.unit == 1:
        return amount
    return rounded_ratio(exact, MILLION, tax.rounding, tax.unit)


def _money(exact: int, decimals: int) -> str:
    return decimal_text(Fraction(exact, MILLION * 10**decimals))
