"""The union's unit of account at work: its first basket, its value at every fixing, its revisions.

The first fixing that has a value for all of its currencies makes the first basket, from the weights that the
union is set up with. `revise` makes the next one, from the day after the last fixing on and worth the same
there: other weights, also of currencies that enter or without those that leave. Baskets stay; the one in
force on a date is the last that begins by then.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction

from tasviya.core.errors import OperatorError, Refusal, accepted
from tasviya.core.rates import FxReason
from tasviya.exchange.fixing import Fixing
from tasviya.exchange.union_unit import (
    Basket,
    Values,
    basket,
    capped_weights,
    one_currency,
    published,
    revised,
)
from tasviya.membership.register import Snapshot
from tasviya.membership.unit_rules import ONE_CURRENCY, SIZE, UnitRules
from tasviya.services.clearing_memory import UnitRates
from tasviya.services.exchange_book import rounded
from tasviya.services.rate_rows import (
    RateRow,
    UnitBasketRow,
    UnitFixingRow,
    UnitValueRow,
    baskets_of,
    decimal_text,
)
from tasviya.services.work import Work

_WEIGHT = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20}|/[1-9][0-9]{0,19})?")
SHARE_DIGITS = 6
"""Significant digits of a share, percent; shares are shown, nobody reckons with them."""


def value_unit(work: Work, snapshot: Snapshot, day: date, fixing: Fixing) -> None:
    """Value the unit on a date that has just been fixed, and note it; without a unit nothing happens."""
    rules = snapshot.unit
    if rules is None:
        return
    values = {code: each.rate.value for code, each in fixing.fixed.items()}
    in_one: dict[str, Fraction] = {}
    held = _in_force(work, rules, snapshot, day, values)
    worth = held if isinstance(held, Refusal) else held.worth(values)
    text = day.isoformat()
    if isinstance(held, Refusal) or isinstance(worth, Refusal):
        what = worth.what if isinstance(worth, Refusal) else ""
        work.changes.unit_fixings.append(UnitFixingRow(rules.code, text, "", "", what))
        return
    for code, value in values.items():
        amount = held.amounts.get(code)
        share = "" if amount is None else rounded(100 * amount * value / worth, SHARE_DIGITS)
        in_one[code] = published(worth / value)
        in_it = decimal_text(in_one[code])
        work.changes.unit_values.append(UnitValueRow(rules.code, text, code, in_it, share))
    work.memory.clearing.rates = UnitRates(text, in_one)
    percents = {code: Fraction(percent) for code, percent in snapshot.unit_interest.items()}
    interest = held.interest_percent(values, percents) if percents else None
    lacks = interest.what if isinstance(interest, Refusal) else ""
    percent = f"{float(interest):.3f}" if isinstance(interest, Fraction) else ""
    begins = held.valid_from.isoformat()
    work.changes.unit_fixings.append(UnitFixingRow(rules.code, text, begins, percent, lacks))


def revise(
    work: Work, weights: Values | None = None, valid_from: date | None = None, anchor: str = ""
) -> Basket:
    """Make the unit's next basket, worth the same as the old one at the last fixing.

    weights: of its currencies, together 1; None: those that the union is set up with. valid_from: None, or
    the day after the last fixing.
    Raises: OperatorError, with nothing changed.
    """
    rules = work.memory.snapshot.unit
    if rules is None:
        raise OperatorError("no_unit", "This union has no unit.", "Add [unit] to its configuration.")
    if rules.kind == ONE_CURRENCY:
        what = f"{rules.code} is {rules.amount} {rules.currency}; it has no basket."
        raise OperatorError("unit_without_basket", what, 'Only a unit of kind = "basket" is revised.')
    baskets = baskets_of(work.memory.store.basket_rows(rules.code))
    if not baskets:
        what = f"{rules.code} has no basket yet."
        raise OperatorError("no_basket", what, "The first fixing makes it; revise it later.")
    day = _day_after_fixing(work)
    if valid_from not in (None, day):
        what = f"A basket can change on {day}, not on {valid_from}."
        raise OperatorError("not_revised_then", what, "Revise after the last fixing before the day you want.")
    if baskets[-1].valid_from >= day:
        what = f"{rules.code} has a basket from {baskets[-1].valid_from} on already."
        raise OperatorError("basket_stands", what, "It stays; revise it after the next fixing.")
    if weights is None:
        weights = accepted(_set_up_weights(rules, work.memory.register.on(day)))
    made = accepted(_next(work, rules, baskets[-1], day, weights, anchor))
    _keep(work, made, weights)
    return made


def weights_in(texts: Iterable[str]) -> dict[str, Fraction] | None:
    """Weights as people write them, such as KZT=0.6 or KZT=3/5; None if there are none.

    Raises: OperatorError if one is malformed or they do not add up to 1.
    """
    weights: dict[str, Fraction] = {}
    for text in texts:
        code, _, value = text.partition("=")
        weight = Fraction(value) if _WEIGHT.fullmatch(value) else Fraction(0)
        if not 0 < weight <= 1 or code in weights:
            what = f"{text!r:.40} is no weight."
            raise OperatorError("bad_weights", what, "Give each currency once, such as KZT=0.6.")
        weights[code] = weight
    if weights and sum(weights.values()) != 1:
        what = f"The weights add up to {float(sum(weights.values())):.10g}."
        raise OperatorError("bad_weights", what, "Let them add up to 1.")
    return weights or None


def _next(
    work: Work, rules: UnitRules, old: Basket, day: date, weights: Values, anchor: str
) -> Basket | Refusal:
    """The basket after an old one, with these weights."""
    store = work.memory.store
    means = _means(store.rates_before(day.isoformat(), rules.base_fixings), {})
    on_the_day = {row.currency: Fraction(row.value) for row in store.latest_rates()}
    named = anchor or (rules.anchor if weights.get(rules.anchor) else None)
    return revised(old, day, weights, means, on_the_day, named)


def _in_force(
    work: Work, rules: UnitRules, snapshot: Snapshot, day: date, values: Values
) -> Basket | Refusal:
    """The basket of a date; the first is made now."""
    if rules.kind == ONE_CURRENCY:
        begins = date.fromisoformat(rules.valid_from)
        return one_currency(rules.code, begins, rules.currency, Fraction(rules.amount))
    known = baskets_of(work.memory.store.basket_rows(rules.code))
    begun = [each for each in known if each.valid_from <= day]
    if begun:
        return begun[-1]
    weights = _set_up_weights(rules, snapshot)
    if isinstance(weights, Refusal):
        return weights
    if rules.currency not in values:
        what = f"{rules.code} begins at {rules.amount} {rules.currency}, which has no value."
        return Refusal(FxReason.NO_RATE, what, "Name its central bank's rate.", rules.currency)
    worth = Fraction(rules.amount) * values[rules.currency]
    window = work.memory.store.rates_before(day.isoformat(), rules.base_fixings - 1)
    first = basket(rules.code, day, weights, _means(window, values), values, worth, rules.anchor or None)
    if isinstance(first, Basket):
        _keep(work, first, weights)
    return first


def _set_up_weights(rules: UnitRules, snapshot: Snapshot) -> dict[str, Fraction] | Refusal:
    """The weights of the union's configuration on a date."""
    parts = {each.currency: Fraction(each.value) for each in snapshot.unit_weights}
    if any(each.measure == SIZE for each in snapshot.unit_weights):
        return capped_weights(parts, Fraction(rules.cap), Fraction(rules.floor))
    return parts


def _means(window: Iterable[RateRow], today: Values) -> dict[str, Fraction]:
    """Each currency's mean value over fixings."""
    found: dict[str, list[Fraction]] = defaultdict(list)
    for code, value in today.items():
        found[code].append(value)
    for row in window:
        found[row.currency].append(Fraction(row.value))
    return {code: sum(values, Fraction(0)) / len(values) for code, values in found.items()}


def _day_after_fixing(work: Work) -> date:
    """The first business day of any currency after the last fixing."""
    latest = date.fromisoformat(work.memory.book.latest_fixing)
    snapshot = work.memory.snapshot
    hours = (snapshot.operating_hours(code) for code in snapshot.currencies)
    return min(each.calendar.next_business_day(latest) for each in hours if each)


def _keep(work: Work, made: Basket, weights: Mapping[str, Fraction]) -> None:
    """Store a basket, and note in the journal that it was made."""
    day = made.valid_from.isoformat()
    words = []
    for code, amount in made.amounts.items():
        text, weight = decimal_text(amount), rounded(weights[code], 10)
        row = UnitBasketRow(made.code, day, code, text, weight, code == made.anchor)
        work.changes.unit_baskets.append(row)
        words.append(f"{code} {text} for {weight}")
    work.act("unit_basket", f"{made.code} {day}", "; ".join(words))
