"""Official rates: dated facts, given once, never changed and never made up.

    Fixing ─▶ OfficialRate ─▶ RateHistory ─▶ cross, convert

A rate says how many of a unit one of a currency is worth on a business date: exactly, as a fraction. All
rates of a date are in one unit, so that cross rates agree round any ring and a rate and its inverse
multiply to one. A rate that is not there is a refusal, never one or zero; a day without a fixing says so
and names the last one before it. Only amounts are rounded, by a named rounding, and an amount never to
nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from fractions import Fraction

from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import Currency, Money
from tasviya.core.rounding import Rounding, rounded


class FxReason(StrEnum):
    """The scheme's own reasons around rates and quotes."""

    NO_RATE = "FX01"
    """The currency has no rate on the date."""
    RATE_STANDS = "FX02"
    """The date has a rate already, and it is another."""
    NOTHING_LEFT = "FX03"
    """The amount is worth less than the smallest unit of the other currency."""
    NOT_CONNECTED = "FX04"
    """The quotes do not tie all currencies together."""
    NOT_A_QUOTE = "FX05"
    """A quote's numbers make no sense: not positive, too large, crossed, another pair's."""
    EXPIRED = "FX06"
    """The quote is no longer valid."""
    OUT_OF_BAND = "FX07"
    """The quote is too far from the last batch price."""
    TOO_LARGE = "FX08"
    """The quote is not good for that much."""
    NO_QUOTE = "FX09"
    """Nobody quotes that conversion."""
    NO_UNIT = "FX10"
    """The weights, shares or rates given make no unit of account."""


ISO_REASON: Mapping[FxReason, str] = {
    FxReason.NO_RATE: "AM03",
    FxReason.NOTHING_LEFT: "AM06",
    FxReason.EXPIRED: "TM01",
    FxReason.TOO_LARGE: "AM14",
    FxReason.NO_QUOTE: "ED05",
}
"""The nearest code of ISO 20022 ExternalStatusReason1Code, for those that a payment's sender can meet."""


class RateSource(IntEnum):
    """Where a rate comes from, the best first: the steps of the fixing ladder."""

    BATCH = 1
    QUOTES = 2
    CENTRAL_BANK = 3
    LAST = 4
    """The last fixing again."""


@dataclass(frozen=True, slots=True)
class OfficialRate:
    """What one of a currency is worth in a unit on a business date.

    Both count whole units, not minor ones: 1 KZT = `value` of the unit.
    """

    currency: str
    unit: str
    """A currency's code, the union unit's, or any name that all rates of the date share."""
    business_date: date
    value: Fraction
    source: RateSource
    evidence: tuple[str, ...] = ()
    """The batch, the contributors or the central bank it comes from."""
    fixed_on: date | None = None
    """The business date it was found for, if that is an earlier one."""

    def __post_init__(self) -> None:
        invariant(self.value > 0, "a rate is positive")

    @property
    def stale(self) -> bool:
        """Whether it is an earlier date's."""
        return self.fixed_on is not None and self.fixed_on < self.business_date


@dataclass(frozen=True, slots=True)
class CrossRate:
    """One `base` = `value` of `quote`, from the official rates of one date."""

    base: str
    quote: str
    business_date: date
    value: Fraction
    stale: bool = False
    """Whether a rate that it rests on is an earlier date's."""

    @property
    def inverse(self) -> CrossRate:
        """The same rate the other way about; twice gives it back."""
        return CrossRate(self.quote, self.base, self.business_date, 1 / self.value, self.stale)


class RateHistory:
    """All official rates in one unit, by currency and date. Adding to it gives a new one."""

    def __init__(self, unit: str, rates: Mapping[tuple[str, date], OfficialRate] | None = None) -> None:
        self.unit = unit
        self._rates = dict(rates or {})
        dates: dict[str, list[date]] = {}
        for code, day in sorted(self._rates):
            dates.setdefault(code, []).append(day)
        self._dates = dates

    def __len__(self) -> int:
        return len(self._rates)

    def with_rates(self, rates: Iterable[OfficialRate]) -> RateHistory | Refusal:
        """The history with these too. The same rate again changes nothing; another in its place is refused.

        Raises: InvariantBroken on a rate in another unit.
        """
        longer = dict(self._rates)
        for rate in rates:
            invariant(rate.unit == self.unit, f"rates in {rate.unit} and {self.unit} are not kept together")
            stands = longer.setdefault((rate.currency, rate.business_date), rate)
            if stands != rate:
                return Refusal(
                    FxReason.RATE_STANDS,
                    f"{rate.currency} is fixed at {_text(stands.value)} on {rate.business_date}, "
                    f"not {_text(rate.value)}.",
                    "A fixing stands; give the new value to a later date.",
                    rate.currency,
                )
        return RateHistory(self.unit, longer)

    def on(self, code: str, day: date) -> OfficialRate | Refusal:
        """The rate of that very date."""
        rate = self._rates.get((code, day))
        if rate is not None:
            return rate
        last = self.last(code, day)
        known = f"its last is of {last.business_date}" if last else "it has none before either"
        cure = "Use a date that has one, or wait for its fixing."
        return Refusal(FxReason.NO_RATE, f"{code} has no rate on {day}; {known}.", cure, code, transient=True)

    def last(self, code: str, day: date) -> OfficialRate | None:
        """The latest rate on or before a date; its `business_date` says of when."""
        dates = self._dates.get(code, [])
        place = bisect_right(dates, day)
        return self._rates[code, dates[place - 1]] if place else None

    def cross(self, base: str, quote: str, day: date) -> CrossRate | Refusal:
        """What one `base` is worth in `quote` on that very date; exact, also through the unit itself."""
        found = []
        for code in (base, quote):
            rate = self._in_unit(code, day)
            if isinstance(rate, Refusal):
                return rate
            found.append(rate)
        (value, one_stale), (cost, other_stale) = found
        return CrossRate(base, quote, day, value / cost, one_stale or other_stale)

    def _in_unit(self, code: str, day: date) -> tuple[Fraction, bool] | Refusal:
        if code == self.unit:
            return Fraction(1), False
        rate = self.on(code, day)
        return rate if isinstance(rate, Refusal) else (rate.value, rate.stale)


def convert(amount: Money, to: Currency, rate: CrossRate, rounding: Rounding) -> Money | Refusal:
    """What an amount is in another currency, rounded once, to its minor unit.

    An amount that is not nothing does not become nothing: that is refused.
    Raises: InvariantBroken if the rate is another pair's.
    """
    invariant((rate.base, rate.quote) == (amount.currency.code, to.code), "the rate is the pair's own")
    exact = amount.minor * rate.value * Fraction(to.minor_per_major, amount.currency.minor_per_major)
    minor = rounded(exact, rounding)
    if not minor and amount.minor:
        what = f"{amount} is less than the smallest unit of {to}."
        return Refusal(FxReason.NOTHING_LEFT, what, "Send more, or in another currency.", to.code)
    return Money(minor, to)


def significant(value: Fraction, digits: int) -> Fraction:
    """A positive value to that many significant digits, a half to the even neighbour.

    Raises: InvariantBroken if it is not positive.
    """
    invariant(value > 0, "significant digits are of a positive value")
    power = digits - 1 - _order(value)
    return round(value * Fraction(10) ** power) / Fraction(10) ** power


def _order(value: Fraction) -> int:
    """The power of ten of its first digit: 0 for 1 to 9.99…."""
    bits = value.numerator.bit_length() - value.denominator.bit_length()
    order = bits * 30_103 // 100_000  # the logarithm of two: near, and made exact below
    while value >= Fraction(10) ** (order + 1):
        order += 1
    while value < Fraction(10) ** order:
        order -= 1
    return order


def _text(value: Fraction) -> str:
    """Up to ten significant digits, for people."""
    return f"{float(significant(value, 10)):.10g}"
