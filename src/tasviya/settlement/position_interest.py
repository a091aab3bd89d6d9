"""Interest on positions: what debtors owe for the day is what creditors get.

    positions, percent, days ─▶ debtors' interest ─▶ shared among creditors by claim
    claims beyond a part of the quota ─▶ creditors' charge ─▶ shared among debtors by debt

A day counts as 1/360 of a year (ACT/360). What does not make a whole minor unit is carried to the next day,
exactly, so that daily interest adds up to a year's. The charge presses on those who pile up claims: it lowers
what debtors owe, so that all of it stays among the members and sums to zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tasviya.core.errors import invariant
from tasviya.core.money import allocate

YEAR = 360


@dataclass(frozen=True, slots=True)
class PositionTerms:
    """What positions cost. Percents are yearly."""

    percent: Fraction
    charge_percent: Fraction
    charge_from: Fraction
    """The part of the quota beyond which a claim is charged."""


@dataclass(frozen=True, slots=True)
class Accrual:
    """One institution's day; minor units of the union's unit, + is received."""

    position: int
    interest: int
    charge: int
    """Received (+) or paid (-) of the charge on claims."""
    carried: Fraction
    """Owed and not yet a whole unit; of a creditor the charge's."""

    @property
    def net(self) -> int:
        return self.interest + self.charge


def accrue(
    positions: Mapping[str, int],
    quotas: Mapping[str, int],
    terms: PositionTerms,
    days: int,
    carried: Mapping[str, Fraction],
) -> dict[str, Accrual]:
    """Everyone's interest and charge for so many days; they add up to zero.

    positions: adding up to zero. quotas: a claim is charged beyond a part of it. carried: from the days
    before. A negative percent turns interest round: creditors pay it to debtors.
    """
    invariant(sum(positions.values()) == 0, "positions add up to zero")
    debts = {code: Fraction(-units) for code, units in positions.items() if units < 0}
    claims = {code: Fraction(units) for code, units in positions.items() if units > 0}
    payers, earners = (debts, claims) if terms.percent >= 0 else (claims, debts)
    excess = {
        code: max(units - terms.charge_from * quotas.get(code, 0), Fraction(0))
        for code, units in claims.items()
    }
    rest = {code: carried.get(code, Fraction(0)) for code in positions}
    year = Fraction(days, YEAR) / 100
    interest = _moved(payers, abs(terms.percent) * year, earners, rest)
    charge = _moved(excess, terms.charge_percent * year, debts, rest)
    return {
        code: Accrual(units, interest.get(code, 0), charge.get(code, 0), rest[code])
        for code, units in positions.items()
    }


def _moved(
    bases: Mapping[str, Fraction], rate: Fraction, earners: Mapping[str, Fraction], rest: dict[str, Fraction]
) -> dict[str, int]:
    """What each pays (-) on its base at a rate, and what each earner gets of it in proportion.

    rest: what each has carried so far; changed to what it carries on.
    """
    moved: dict[str, int] = {}
    if not rate or not earners:
        return moved
    for code, base in bases.items():
        exact = base * rate + rest[code]
        moved[code] = -(exact.numerator // exact.denominator)
        rest[code] = exact + moved[code]
    total = -sum(moved.values())
    scale = [int(share) for share in earners.values()]
    for code, part in zip(earners, allocate(total, scale), strict=True):
        moved[code] = moved.get(code, 0) + part
    return moved
