"""The customs value: what was paid for goods and what the law adds to it, at the day's official rates.

    invoice + freight + insurance + other additions - deductions ──official rates──▶ minor units of the member

All parts are added exactly and the sum is rounded once, as the member's law says. A part in a currency
without an official rate on that day refuses the value: a rate is never made up.

Source: WTO Agreement on Customs Valuation, articles 1 and 8 (transaction value and its adjustments).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tasviya.core.errors import Refusal
from tasviya.core.money import Currency, format_minor
from tasviya.core.rounding import rounded
from tasviya.customs.tax_law import TaxLaw

Rates = Mapping[str, Fraction]
"""Official rates: how many of the member's currency one of another is worth, by code."""
VALUE_MAX = 10**15
"""The highest customs value of a line, minor units; more is a typing error."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a customs value. minor: minor units of its currency, below zero for a deduction."""

    name: str
    minor: int
    currency: Currency


@dataclass(frozen=True, slots=True)
class CustomsValue:
    """A customs value in minor units of the member's currency, and how it came about."""

    minor: int
    parts: tuple[Part, ...]
    explanation: tuple[str, ...]


def rate_of(money: Currency, rates: Rates, law: TaxLaw) -> Fraction | Refusal:
    """How many of the member's currency one of `money` is worth."""
    if money.code == law.currency.code:
        return Fraction(1)
    rate = rates.get(money.code)
    if rate is None or rate <= 0:
        what = f"There is no official rate of {money.code} in {law.currency.code} on that day."
        cure = f"Give the day's rate, or value the goods in {law.currency.code}."
        return Refusal("CD03", what, cure, money.code, transient=True)
    return rate


def customs_value(parts: Iterable[Part], rates: Rates, law: TaxLaw) -> CustomsValue | Refusal:
    """What parts come to. Refused without a rate, or if the sum is not above zero or is above VALUE_MAX."""
    exact, told, given = Fraction(0), [], tuple(parts)
    own = law.currency
    for part in given:
        rate = rate_of(part.currency, rates, law)
        if isinstance(rate, Refusal):
            return rate
        exact += (
            own_minor := Fraction(part.minor * own.minor_per_major, part.currency.minor_per_major) * rate
        )
        amount = f"{format_minor(part.minor, part.currency.decimals)} {part.currency}"
        if part.currency.code != own.code:
            amount += f" x {decimal_text(rate)} = {decimal_text(own_minor / own.minor_per_major)} {own}"
        told.append(f"{part.name} {amount}")
    minor = rounded(exact, law.value_rounding)
    if not 0 < minor <= VALUE_MAX:
        what = f"The goods are worth {format_minor(minor, own.decimals)} {own}."
        return Refusal("CD06", what, "Give a value above zero and of 15 digits at the most.", "value")
    return CustomsValue(minor, given, tuple(told))


def decimal_text(exact: Fraction, digits: int = 8) -> str:
    """An exact figure with so many decimals at the most; "…" says that there would be more."""
    scaled = exact * 10**digits
    text = f"{abs(int(scaled)):0{digits + 1}}"
    whole, decimals = text[:-digits], text[-digits:].rstrip("0")
    more = "" if scaled.denominator == 1 else "…"
    sign = "-" if exact < 0 else ""
    return f"{sign}{whole}.{decimals}{more}" if decimals or more else f"{sign}{whole}"
