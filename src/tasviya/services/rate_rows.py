"""Official rates and the unit's values as the store keeps them, and what their use cases ask of it.

Values are decimal texts: a fixing has 6 significant digits, so nothing is lost by writing it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple, Protocol

from tasviya.core.errors import invariant
from tasviya.core.rates import OfficialRate, RateSource
from tasviya.exchange.fixing import UNIT, Fixed, Reading
from tasviya.exchange.union_unit import Basket

_DIGITS_MAX = 60
LEVELS = {source: source.name.lower() for source in RateSource}
"""How the store writes where a rate comes from."""
_SOURCES = {name: source for source, name in LEVELS.items()}


class FixingRow(NamedTuple):
    """That a business date has been fixed."""

    business_date: str
    at: int
    without: str
    """Currencies that have never had a rate, with commas."""


class RateRow(NamedTuple):
    """A currency's official rate on a business date."""

    currency: str
    business_date: str
    value: str
    level: str
    evidence: str
    fixed_on: str
    variance: str
    disputed: str
    suspended: bool

    @classmethod
    def of(cls, fixed: Fixed) -> RateRow:
        """The row of a fixing."""
        rate = fixed.rate
        return cls(
            rate.currency,
            rate.business_date.isoformat(),
            decimal_text(rate.value),
            LEVELS[rate.source],
            ", ".join(rate.evidence),
            (rate.fixed_on or rate.business_date).isoformat(),
            str(fixed.variance),
            "" if fixed.disputed is None else decimal_text(fixed.disputed),
            fixed.suspended,
        )

    def rate(self) -> OfficialRate:
        """The rate of the row."""
        day, found = date.fromisoformat(self.business_date), date.fromisoformat(self.fixed_on)
        evidence = tuple(name for name in self.evidence.split(", ") if name)
        source = _SOURCES[self.level]
        known = found if source is RateSource.LAST else None
        return OfficialRate(self.currency, UNIT, day, Fraction(self.value), source, evidence, known)

    def fixed(self) -> Fixed:
        """The fixing of the row."""
        disputed = Fraction(self.disputed) if self.disputed else None
        return Fixed(self.rate(), int(self.variance), disputed, self.suspended)


class ValueRow(NamedTuple):
    """What one unit of a currency is worth to the exchange now."""

    currency: str
    value: str
    source: str
    """BATCH_SOURCE or FIXING_SOURCE."""


BATCH_SOURCE, FIXING_SOURCE = "batch", "fixing"


class UnitBasketRow(NamedTuple):
    """A currency's amount in the unit from a date on."""

    code: str
    valid_from: str
    currency: str
    amount: str
    weight: str
    anchor: bool


class UnitFixingRow(NamedTuple):
    """The unit's day: whose amounts it was valued by, its interest, and what it lacks."""

    code: str
    business_date: str
    basket_from: str
    interest: str
    why: str


class UnitValueRow(NamedTuple):
    """One unit in a currency, and the currency's share in it."""

    code: str
    business_date: str
    currency: str
    value: str
    share: str


class BatchReading(NamedTuple):
    """What a batch says of a currency, and how much stood behind it."""

    batch_seq: int
    currency: str
    value: str
    orders: int
    banks: int

    def reading(self) -> Reading:
        """What the fixing reads of it."""
        return Reading(Fraction(self.value), (f"batch {self.batch_seq}",), self.orders, self.banks)


class RateStore(Protocol):
    """What the fixing and the unit need of a store."""

    def latest_fixing(self) -> str:
        """The latest business date that has been fixed; empty before the first."""
        ...

    def latest_rates(self) -> list[RateRow]:
        """Every currency's latest official rate."""
        ...

    def rates_before(self, business_date: str, count: int) -> list[RateRow]:
        """The official rates of the last so many fixings before a date, the latest first."""
        ...

    def exchange_values(self) -> list[ValueRow]: ...

    def date_span(self, business_date: str) -> tuple[int, int]:
        """From when until before when, in nanoseconds, trading was of a business date: from its first opening
        to the first of a later date."""
        ...

    def batch_readings(self, from_ns: int, until_ns: int) -> list[BatchReading]:
        """Of all batches in a span, in their order."""
        ...

    def basket_rows(self, code: str) -> list[UnitBasketRow]:
        """Every basket that a unit has had, the earliest first."""
        ...


def decimal_text(value: Fraction) -> str:
    """A value as a plain decimal, exactly.

    Raises: InvariantBroken if it has none of so few digits.
    """
    with localcontext(Context(prec=_DIGITS_MAX)):
        text = format((Decimal(value.numerator) / Decimal(value.denominator)).normalize(), "f")
    invariant(Fraction(text) == value, f"{value} is a plain decimal")
    return text


def baskets_of(rows: Sequence[UnitBasketRow]) -> list[Basket]:
    """The baskets that the rows tell, the earliest first."""
    by_date: dict[str, list[UnitBasketRow]] = {}
    for row in rows:
        by_date.setdefault(row.valid_from, []).append(row)
    return [
        Basket(
            held[0].code,
            date.fromisoformat(valid_from),
            {row.currency: Fraction(row.amount) for row in held},
            next(row.currency for row in held if row.anchor),
        )
        for valid_from, held in sorted(by_date.items())
    ]
