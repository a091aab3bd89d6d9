"""Credit lines against collateral: what collateral covers, how far a line goes, and what may be taken away.

    value of a holding × (100 − haircut) / 100, rounded down    summed: the line value
    a secured line = the lesser of its limit and the line value; an unsecured one = its limit

What is drawn stays covered: collateral is not released below what is drawn. Should its value fall below by
itself, nothing more can be drawn, and what is uncovered is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from tasviya.core.errors import Refusal
from tasviya.core.money import Currency, format_minor


@dataclass(frozen=True, slots=True)
class Holding:
    """Collateral of one class, as it counts. Minor units."""

    reference: str
    value: int
    haircut_percent: Fraction
    """0 to 100."""

    @property
    def line_value(self) -> int:
        """What it covers; a fraction of a minor unit covers nothing."""
        return int(self.value * (100 - self.haircut_percent) / 100)


@dataclass(frozen=True, slots=True)
class Cover:
    """How a participant's credit in a currency is covered. Minor units."""

    line_value: int
    limit: int
    drawn: int

    @property
    def line(self) -> int:
        """How far the line goes."""
        return min(self.limit, self.line_value)

    @property
    def free(self) -> int:
        """What of the collateral's line value secures nothing that is drawn."""
        return max(self.line_value - self.drawn, 0)

    @property
    def uncovered(self) -> int:
        """What is drawn and not covered: the value has fallen."""
        return max(self.drawn - self.line_value, 0)


def line_value(holdings: Iterable[Holding]) -> int:
    """What collateral covers, minor units."""
    return sum(each.line_value for each in holdings)


def release(holdings: Iterable[Holding], reference: str, drawn: int, money: Currency) -> Refusal | int:
    """The line value without one of the holdings, or why it must stay.

    holdings: all of a participant's in one currency, that one among them. drawn: minor units.
    """
    left = line_value(each for each in holdings if each.reference != reference)
    if left >= drawn:
        return left
    lacks = format_minor(drawn - left, money.decimals, grouping=",")
    owed = format_minor(drawn, money.decimals, grouping=",")
    return Refusal(
        "collateral_needed",
        f"{reference} secures drawn credit: without it {lacks} of {owed} {money} would be uncovered.",
        "Repay that much, or pledge other collateral first.",
        reference,
        transient=True,
    )
