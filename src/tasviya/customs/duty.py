"""What goods pay: every tax of a line, in whole numbers, each with its base, its rate and its rounding.

    Tariff, Claim, rates ──plan──▶ Plan ──assess──▶ Assessment ──total──▶ by tax

A plan is what is the same for all lines with the same goods, origin, day and claims: which measures are
charged and, of each, its components as whole fractions. Assessing a line is then additions and
multiplications:

    per cent of a base           base * amount * 10^4                              millionths of a minor unit
    money for a quantity         thousandths of its unit * amount * rate * ...     millionths of a minor unit

Components of a clause are added; clauses are folded from the left, MIN x is at least x, MAX x at most x;
below zero is nothing. A share of a millionth of a minor unit is left out, towards zero; only then a tax is
rounded, as its law says.

Taxes are worked out in the law's order, each on the customs value and the taxes named in `on`: duty,
additional duties, excise, then VAT on their sum. `duty_columns` gives the same figures for columns of lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import Currency
from tasviya.core.rounding import rounded_ratio
from tasviya.customs.duty_expression import Bound, Clause, Component, Kind, Unit
from tasviya.customs.quantity import THOUSAND
from tasviya.customs.tariff import Claim, Measure, Tariff
from tasviya.customs.tax_law import VALUE, EntryPrice, Level, Tax, TaxLaw
from tasviya.customs.valuation import Rates, decimal_text, rate_of

MILLION = 10**6
"""Exact amounts are in millionths of a minor unit."""
UNITS = tuple(Unit)
BASE = -1
"""What a term is of: the tax's base. Else it is of the quantity in UNITS[of]."""
HUNDRED_KG = 100
WHOLE = (1, 1)
"""The share that is paid without a preference."""

DUTY_CODES: Mapping[str, str] = {
    "CD01": "the tariff has no measure for these goods",
    "CD02": "a rate needs a quantity that is not given",
    "CD03": "a currency has no official rate on that day",
    "CD04": "the goods need an additional code",
    "CD05": "a preference or quota is claimed that these goods do not have",
    "CD06": "a value or a quantity is out of bounds",
    "CD07": "a country, a date or a unit is none",
}


@dataclass(frozen=True, slots=True)
class Term:
    """A component, ready: sign * (of * over // under), millionths of a minor unit. text: as the tariff has
    it."""

    sign: int
    of: int
    over: int
    under: int
    text: str


Fold = tuple[tuple[Bound, tuple[Term, ...]], ...]
"""A rate, ready: clauses in order."""


@dataclass(frozen=True, slots=True)
class Step:
    """One tax by one measure. on: earlier steps that its base contains, besides the value if `on_value`.

    bands: of goods with an entry price, the least price of 100 kg in millionths of a minor unit and the rate
    from there, the highest first; else one, from 0. share: so much of what the rate gives, a fraction. unit:
    what a line's amount is rounded to, minor units.
    """

    tax: Tax
    measure: Measure
    on_value: bool
    on: tuple[int, ...]
    bands: tuple[tuple[int, Fold], ...]
    share: tuple[int, int]
    preference: str
    unit: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is charged on some goods on a day, at that day's rates."""

    claim: Claim
    currency: Currency
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What varies from line to line. value: minor units of the member. quantities: thousandths of a unit."""

    value: int
    quantities: Mapping[Unit, int]


class Charge(NamedTuple):
    """A tax of a line. base, amount: minor units. exact: millionths of one, before rounding."""

    step: Step
    base: int
    exact: int
    amount: int


class Assessment(NamedTuple):
    """All taxes of a line."""

    plan: Plan
    line: Line
    charges: tuple[Charge, ...]

    @property
    def amount(self) -> int:
        """What the line pays, minor units; taxes rounded as a total are rounded here by themselves."""
        return sum(charge.amount for charge in self.charges)


def plan(tariff: Tariff, claim: Claim, rates: Rates) -> Plan | Refusal:
    """What these goods pay on their day at these official rates. Refused with a code of DUTY_CODES."""
    law, steps, used = tariff.law, list[Step](), set[str]()
    for tax in law.taxes:
        if not tax.in_force(claim.day):
            continue
        found = tariff.of(tax, claim)
        if isinstance(found, Refusal):
            return found
        if not found and tax.required:
            return _no_measure(tariff, tax, claim)
        for measure in found:
            bands = _bands(measure, claim, law, rates)
            if isinstance(bands, Refusal):
                return bands
            share, preference = _share(law, tax, measure, claim)
            used |= {preference, measure.preference, measure.quota}
            on = tuple(place for place, earlier in enumerate(steps) if earlier.tax.code in tax.on)
            unit = tax.unit if tax.level is Level.LINE else 1
            steps.append(Step(tax, measure, VALUE in tax.on, on, bands, share, preference, unit))
    for claimed, name in ((claim.preference, "preference"), (claim.quota, "quota")):
        if claimed not in used | {""}:
            what = f"{claim.goods} of origin {claim.origin} has no {name} {claimed} on {claim.day}."
            return Refusal("CD05", what, "Leave the claim out, or give another.", name)
    return Plan(claim, law.currency, tuple(steps))


def assess(plan: Plan, line: Line) -> Assessment | Refusal:
    """Every tax of a line. Refused if a quantity is missing that a rate needs."""
    charges: list[Charge] = []
    for step in plan.steps:
        base = line.value if step.on_value else 0
        for place in step.on:
            base += charges[place].amount
        fold = band_of(step, line)
        exact = fold if isinstance(fold, Refusal) else _exact(fold, base, line.quantities, step)
        if isinstance(exact, Refusal):
            return exact
        if step.share is not WHOLE:
            exact = exact * step.share[0] // step.share[1]
        charges.append(Charge(step, base, exact, rounded_ratio(exact, MILLION, step.tax.rounding, step.unit)))
    return Assessment(plan, line, tuple(charges))


def total(assessments: Iterable[Assessment]) -> dict[str, int]:
    """By tax, what a declaration's lines pay together, minor units, rounded at the level of the tax's law."""
    exact: dict[Tax, int] = {}
    amounts: dict[str, int] = {}
    for assessment in assessments:
        for charge in assessment.charges:
            tax = charge.step.tax
            if tax.level is Level.TOTAL:
                exact[tax] = exact.get(tax, 0) + charge.exact
            else:
                amounts[tax.code] = amounts.get(tax.code, 0) + charge.amount
    for tax, sum_ in exact.items():
        amounts[tax.code] = amounts.get(tax.code, 0) + rounded_ratio(sum_, MILLION, tax.rounding, tax.unit)
    return amounts


def band_of(step: Step, line: Line) -> Fold | Refusal:
    """The rate of a line: the only one, or that of its entry price."""
    if not step.measure.rate.entry_price:
        return step.bands[0][1]
    weight = line.quantities.get(Unit.KG, 0)
    if weight <= 0:
        return _needs(Unit.KG, step)
    price = line.value * MILLION * HUNDRED_KG * THOUSAND // weight
    for least, fold in step.bands:
        if price >= least:
            return fold
    what = f"The entry prices of {step.measure.goods} begin above {price // MILLION} minor units for 100 kg."
    return Refusal("CD01", what, "Add a price from 0 to the member's law.", "value")


def _exact(fold: Fold, base: int, quantities: Mapping[Unit, int], step: Step) -> int | Refusal:
    folded = 0
    for bound, terms in fold:
        clause = 0
        for term in terms:
            if term.of == BASE:
                of = base
            elif (given := quantities.get(UNITS[term.of])) is None:
                return _needs(UNITS[term.of], step)
            else:
                of = given
            clause += term.sign * (of * term.over // term.under)
        if bound is Bound.START:
            folded = clause
        elif bound is Bound.MIN:
            folded = max(folded, clause)
        else:
            folded = min(folded, clause)
    return max(folded, 0)


def _needs(unit: Unit, step: Step) -> Refusal:
    what = f"{step.tax.name} at {step.measure.rate.text} needs the quantity in {unit}."
    return Refusal("CD02", what, f"Give it, for example {unit}=12.5.", f"quantity {unit}")


def _no_measure(tariff: Tariff, tax: Tax, claim: Claim) -> Refusal:
    goods = claim.goods
    if not tariff.known(goods) and len(goods) % 2 and tariff.known("0" + goods):
        what = f"{goods} has {len(goods)} digits; a leading zero may be lost."
        return Refusal("CD01", what, f"If 0{goods} is meant, write that.", "goods")
    what = f"{tax.name}: the tariff of {tariff.law.member} has nothing for {goods} of origin {claim.origin}"
    return Refusal(
        "CD01", f"{what} on {claim.day}.", "Look the goods' code up; give all its digits.", "goods"
    )


def _share(law: TaxLaw, tax: Tax, measure: Measure, claim: Claim) -> tuple[tuple[int, int], str]:
    """What a preference leaves of the normal rate, unless the measure is a claimed one already."""
    if claim.preference and not (measure.preference or measure.quota):
        for each in law.preferences:
            if (each.code, each.tax) == (claim.preference, tax.code) and law.has_origin(
                claim.origin, each.origin
            ):
                part = Fraction(each.percent) / 100
                return (part.numerator, part.denominator), each.code
    return WHOLE, ""


def _bands(
    measure: Measure, claim: Claim, law: TaxLaw, rates: Rates
) -> tuple[tuple[int, Fold], ...] | Refusal:
    if not measure.rate.entry_price:
        fold = _fold(measure.rate.on(claim.day), claim, law, rates)
        return fold if isinstance(fold, Refusal) else ((0, fold),)
    bands: list[tuple[int, Fold]] = []
    for price in _entry_prices(law, claim):
        fold, rate = _fold(price.clauses, claim, law, rates), rate_of(price.currency, rates, law)
        if isinstance(fold, Refusal):
            return fold
        if isinstance(rate, Refusal):
            return rate
        scale = Fraction(law.currency.minor_per_major, price.currency.minor_per_major) * MILLION
        bands.append((int(price.least * rate * scale), fold))
    if not bands:
        what = f"{claim.goods} has an entry price, and the law of {law.member} has none on {claim.day}."
        return Refusal("CD01", what, "Add [[entry_price]] to the member's law.", "goods")
    return tuple(sorted(bands, key=lambda band: band[0], reverse=True))


def _entry_prices(law: TaxLaw, claim: Claim) -> list[EntryPrice]:
    """Those of the longest code that the goods begin with."""
    found = [
        each
        for each in law.entry_prices
        if claim.goods.startswith(each.goods) and each.begins <= claim.day <= each.ends
    ]
    longest = max((len(each.goods) for each in found), default=0)
    return [each for each in found if len(each.goods) == longest]


def _fold(clauses: tuple[Clause, ...], claim: Claim, law: TaxLaw, rates: Rates) -> Fold | Refusal:
    made: list[tuple[Bound, tuple[Term, ...]]] = []
    for clause in clauses:
        terms: list[Term] = []
        for component in clause.components:
            found = _components(component, claim, law)
            if isinstance(found, Refusal):
                return found
            for each in found:
                term = _term(each, component.sign if component.kind is Kind.TABLE else 1, law, rates)
                if isinstance(term, Refusal):
                    return term
                terms.append(term)
        made.append((clause.bound, tuple(terms)))
    return tuple(made)


def _components(component: Component, claim: Claim, law: TaxLaw) -> tuple[Component, ...] | Refusal:
    """The component itself, or what stands in its place in the table that it names."""
    if component.kind is not Kind.TABLE:
        return (component,)
    for code in sorted(claim.additional):
        if clause := law.agricultural.get((component.table, code)):
            return clause.components
    codes = sorted(code for table, code in law.agricultural if table == component.table)
    listed = ", ".join(codes[:8]) or "none is in the law"
    what = f"The agricultural component {component.table} depends on an additional code."
    return Refusal("CD04", what, f"Give one of its table: {listed}.", "additional")


def _term(component: Component, sign: int, law: TaxLaw, rates: Rates) -> Term | Refusal:
    sign *= component.sign
    if component.kind is Kind.PERCENT:
        part = Fraction(component.amount) * MILLION / 100
        return Term(sign, BASE, part.numerator, part.denominator, str(component))
    rate = rate_of(currency(component.currency), rates, law)
    if isinstance(rate, Refusal):
        return rate
    unit = component.unit or Unit.KG
    scale = Fraction(law.currency.minor_per_major * MILLION, THOUSAND * component.per)
    part = Fraction(component.amount) * rate * scale
    text = str(component)
    if component.currency != law.currency.code:
        text += f" at {decimal_text(rate)}"
    return Term(sign, UNITS.index(unit), part.numerator, part.denominator, text)


def components(charge: Charge, line: Line) -> list[tuple[Bound, Term, int]]:
    """What a charge was worked out from: of each component its clause's bound, and its millionths of a minor
    unit, before clauses are folded."""
    fold = band_of(charge.step, line)
    invariant(not isinstance(fold, Refusal), "what is charged has a rate")
    return [
        (bound, term, term.sign * (of * term.over // term.under))
        for bound, terms in (() if isinstance(fold, Refusal) else fold)
        for term in terms
        for of in [charge.base if term.of == BASE else line.quantities[UNITS[term.of]]]
    ]
