"""How interest counts days: from a date until another, the last not counted, over the days of a year.

Periods that meet add up: the days of two that follow each other are those of the whole, under every
convention here.

Sources: 2006 ISDA Definitions, section 4.16: (d) Actual/365 (Fixed), (e) Actual/360, (g) 30E/360. The codes
are those of ISO 20022 InterestComputationMethod2Code; 30E/360, whose February keeps its last day, is A011.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from tasviya.core.errors import invariant


class DayCount(StrEnum):
    """A convention, by its usual name."""

    ACT_360 = "ACT/360"
    ACT_365F = "ACT/365F"
    THIRTY_E_360 = "30E/360"

    @property
    def basis(self) -> int:
        """The days of a year."""
        return 365 if self is DayCount.ACT_365F else 360

    @property
    def iso_code(self) -> str:
        """Its code in ISO 20022."""
        return _ISO[self]

    def days(self, begins: date, ends: date) -> int:
        """How many days count from a date until another, `ends` itself not among them.

        Raises: InvariantBroken if the period ends before it begins.
        """
        invariant(begins <= ends, f"{begins} is not after {ends}")
        if self is not DayCount.THIRTY_E_360:
            return (ends - begins).days
        months = 12 * (ends.year - begins.year) + ends.month - begins.month
        return 30 * months + min(ends.day, 30) - min(begins.day, 30)


_ISO = {DayCount.ACT_360: "A004", DayCount.ACT_365F: "A005", DayCount.THIRTY_E_360: "A011"}
DAY_COUNTS = tuple(each.value for each in DayCount)
"""Every convention's name, as configurations write it."""
