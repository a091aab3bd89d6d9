"""The union's own unit of account: a basket of its members' currencies, one currency, or none.

    trade ─▶ capped weights ─▶ amounts, once ─▶ value in every currency, each day

A basket holds a fixed amount of each currency. Amounts come from weights at average rates, scaled so that on
the day of change one unit is worth what it was worth before: nobody gains or loses by a revision, an entry or
an exit. They are rounded to 5 significant digits; the anchor's absorbs the residual, to 7. Between changes
only rates move the unit. A value is in the scale that the rates given share (`exchange.fixing`: the members'
geometric mean); only ratios of values matter.

Sources: weights to amounts, 5 digits and the currency that absorbs the rest follow the SDR (International
Monetary Fund, "Review of the Method of Valuation of the SDR", 2022, and its rule O-1); the interest rate
follows the SDR's, whose weekly rate is the sum of each currency's share times its rate (rule T-1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tasviya.core.errors import Refusal, invariant
from tasviya.core.rates import FxReason, significant
from tasviya.core.rounding import Rounding, rounded

WEIGHT_CAP = Fraction(30, 100)
WEIGHT_FLOOR = Fraction(1, 100)
WEIGHT_DIGITS = 4
AMOUNT_DIGITS = 5
ANCHOR_DIGITS = 7
VALUE_DIGITS = 6
INTEREST_DECIMALS = 3
YEAR_DAYS = 365

Values = Mapping[str, Fraction]
"""By currency: what one of it is worth, all in one scale."""


@dataclass(frozen=True, slots=True)
class Basket:
    """What one unit holds, from a date on. With a single currency it is that currency by another name.

    amounts: whole units of each currency, not minor ones. anchor: the currency whose amount absorbs
    residuals.
    """

    code: str
    valid_from: date
    amounts: Mapping[str, Fraction]
    anchor: str

    def __post_init__(self) -> None:
        invariant(self.anchor in self.amounts, "the anchor is in the basket")
        invariant(all(amount > 0 for amount in self.amounts.values()), "amounts in a basket are positive")

    def worth(self, values: Values) -> Fraction | Refusal:
        """One unit's value in the scale of `values`, exactly."""
        for currency in self.amounts:
            if values.get(currency, 0) <= 0:
                what = f"{self.code} holds {currency}, which has no value."
                cure = "Give its fixing; a stale one will do."
                return Refusal(FxReason.NO_RATE, what, cure, currency, transient=True)
        return sum((amount * values[currency] for currency, amount in self.amounts.items()), Fraction(0))

    def in_currencies(self, values: Values) -> dict[str, Fraction] | Refusal:
        """What one unit is in each currency of `values`, exactly; `published` rounds it."""
        worth = self.worth(values)
        if isinstance(worth, Refusal):
            return worth
        return {currency: worth / value for currency, value in values.items() if value > 0}

    def shares(self, values: Values) -> dict[str, Fraction] | Refusal:
        """How much of a unit's value each currency makes up; together exactly one."""
        worth = self.worth(values)
        if isinstance(worth, Refusal):
            return worth
        return {currency: amount * values[currency] / worth for currency, amount in self.amounts.items()}

    def interest_percent(self, values: Values, rates_percent: Values) -> Fraction | Refusal:
        """The unit's yearly interest, percent to 3 decimals, a half to the even; never below zero.

        rates_percent: of each currency's reference instrument.
        """
        shares = self.shares(values)
        if isinstance(shares, Refusal):
            return shares
        missing = sorted(set(shares) - set(rates_percent))
        if missing:
            what = f"{self.code} holds {missing[0]}, which has no interest rate."
            return Refusal(FxReason.NO_RATE, what, "Give the rate of its reference instrument.", missing[0])
        exact = sum((share * rates_percent[currency] for currency, share in shares.items()), Fraction(0))
        scale = 10**INTEREST_DECIMALS
        return max(Fraction(0), Fraction(rounded(exact * scale, Rounding.HALF_EVEN), scale))


def published(value: Fraction) -> Fraction:
    """A value of the unit as it is published: 6 significant digits, a half to the even."""
    return significant(value, VALUE_DIGITS)


def interest(minor: int, percent: Fraction, days: int, rounding: Rounding) -> int:
    """Simple interest on an amount over days of a year of 365 (Act/365), minor units."""
    return rounded(minor * percent * days / (100 * YEAR_DAYS), rounding)


def one_currency(code: str, valid_from: date, currency: str, amount: Fraction = Fraction(1)) -> Basket:
    """A unit that is an amount of one currency."""
    return Basket(code, valid_from, {currency: amount}, currency)


def capped_weights(
    sizes: Values, cap: Fraction = WEIGHT_CAP, floor: Fraction = WEIGHT_FLOOR
) -> dict[str, Fraction] | Refusal:
    """Weights in proportion to sizes, such as trade, but within bounds; to 4 decimals, together exactly one.

    What is over a cap or under a floor is made up by the others in proportion. The residual of the rounding
    goes to the largest weight below the cap.
    """
    if not sizes or any(size < 0 for size in sizes.values()) or not any(sizes.values()):
        return _no_unit("There are no sizes to weigh by.", "Give each member's size, none negative.")
    if not floor * len(sizes) <= 1 <= cap * len(sizes):
        what = f"{len(sizes)} weights between {float(floor)} and {float(cap)} do not add up to one."
        return _no_unit(what, "Widen the bounds.")
    scale = _scale(sizes, cap, floor)
    step = Fraction(1, 10**WEIGHT_DIGITS)
    weights = {
        code: rounded(min(cap, max(floor, size * scale)) / step, Rounding.HALF_EVEN) * step
        for code, size in sizes.items()
    }
    residual = 1 - sum(weights.values())
    open_codes = [code for code, weight in weights.items() if weight < cap] or list(weights)
    taker = max(open_codes, key=lambda code: (weights[code], code))
    weights[taker] += residual
    return weights


def basket(
    code: str,
    valid_from: date,
    weights: Values,
    average: Values,
    on_the_day: Values,
    worth: Fraction,
    anchor: str | None = None,
) -> Basket | Refusal:
    """The amounts that give currencies their weights at average values, and the unit its worth on the day.

    average: each currency's mean value over the base window. on_the_day: values on the day of change.
    worth: of one unit on that day, in the same scale: what the old basket says, or at first what the union
    chooses. anchor: the largest weight unless given.
    """
    held = {currency: weight for currency, weight in weights.items() if weight}
    if not held or any(weight < 0 for weight in held.values()) or worth <= 0:
        return _no_unit("Weights and worth of a unit are positive.", "Give weights that add up to one.")
    for currency in held:
        if average.get(currency, 0) <= 0 or on_the_day.get(currency, 0) <= 0:
            what = f"{currency} has no value on the day or over the base window."
            return Refusal(FxReason.NO_RATE, what, "Give its fixings.", currency, transient=True)
    anchor = anchor or max(held, key=lambda currency: (held[currency], currency))
    if anchor not in held:
        return _no_unit(f"The anchor {anchor} has no weight.", "Name a currency of the basket.")
    raw = {currency: weight / average[currency] for currency, weight in held.items()}
    scale = worth / sum(amount * on_the_day[currency] for currency, amount in raw.items())
    amounts = {currency: significant(amount * scale, AMOUNT_DIGITS) for currency, amount in raw.items()}
    rest = worth - sum(amount * on_the_day[currency] for currency, amount in amounts.items())
    corrected = amounts[anchor] + rest / on_the_day[anchor]
    if corrected <= 0:
        return _no_unit(f"The anchor {anchor} is too small to absorb the rounding.", "Name a larger one.")
    amounts[anchor] = significant(corrected, ANCHOR_DIGITS)
    return Basket(code, valid_from, amounts, anchor)


def revised(
    old: Basket,
    valid_from: date,
    weights: Values,
    average: Values,
    on_the_day: Values,
    anchor: str | None = None,
) -> Basket | Refusal:
    """The next basket: other weights, also of currencies that enter or without those that leave, same worth.

    on_the_day: values on the last day of the old basket, of its currencies and of the new ones.
    """
    worth = old.worth(on_the_day)
    if isinstance(worth, Refusal):
        return worth
    return basket(old.code, valid_from, weights, average, on_the_day, worth, anchor)


def _scale(sizes: Values, cap: Fraction, floor: Fraction) -> Fraction:
    """What sizes are multiplied by so that, within the bounds, they add up to one.

    The sum grows with the scale and is straight between the scales at which a size meets a bound.
    """

    def total(scale: Fraction) -> Fraction:
        return sum((min(cap, max(floor, size * scale)) for size in sizes.values()), Fraction(0))

    bends = sorted({bound / size for size in sizes.values() if size for bound in (floor, cap)})
    below = Fraction(0)
    for bend in bends:
        if total(bend) >= 1:
            low, high = total(below), total(bend)
            return bend if low == high else below + (bend - below) * (1 - low) / (high - low)
        below = bend
    return below


def _no_unit(what: str, cure: str) -> Refusal:
    return Refusal(FxReason.NO_UNIT, what, cure)
