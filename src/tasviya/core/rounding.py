"""Exact amounts to whole minor units, by a rounding that has a name.

Every rounding here is the same for a debt as for a claim: what −x comes to is minus what x comes to.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from tasviya.core.errors import invariant


class Rounding(StrEnum):
    """How an exact amount becomes a whole number of units."""

    HALF_EVEN = "half_even"
    """To the nearest; what lies in the middle goes to the even one."""
    HALF_UP = "half_up"
    """To the nearest; what lies in the middle goes away from zero."""
    DOWN = "down"
    """Towards zero."""
    UP = "up"
    """Away from zero."""


ROUNDINGS = tuple(each.value for each in Rounding)
"""Every rounding's name, as configurations write it."""


def rounded(exact: Fraction, rounding: Rounding, unit: int = 1) -> int:
    """An exact amount of minor units as a whole multiple of `unit`, itself minor units above zero.

    Raises: InvariantBroken if `unit` is not above zero.
    """
    invariant(unit > 0, "a rounding unit is above zero")
    return rounded_ratio(exact.numerator, exact.denominator, rounding, unit)


def rounded_ratio(over: int, under: int, rounding: Rounding, unit: int = 1) -> int:
    """`rounded` of over / under, which need not be in lowest terms; under and unit are above zero."""
    of = under * unit
    whole, rest = divmod(abs(over), of)
    if rounding is Rounding.UP:
        more = rest > 0
    elif rounding is Rounding.DOWN:
        more = False
    else:
        more = 2 * rest > of or (2 * rest == of and (rounding is Rounding.HALF_UP or whole % 2 == 1))
    size = (whole + more) * unit
    return -size if over < 0 else size
