"""Interest: what a balance comes to over a period, and what of it is paid now.

    balance × yearly percent × days / (100 × the year's days)  =  exact
    exact + what was carried  ─▶  due, in whole units of the rounding  +  what is carried on

All of it is exact: rounding takes nothing away, it only puts it off. What is due over any time differs from
the exact interest over that time by less than a rounding unit, however often it is paid. A balance below
zero, or a percent below zero, turns the sign and nothing else.

Source: 2006 ISDA Definitions, section 4.16 (day count fraction).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from tasviya.core.day_count import DayCount
from tasviya.core.errors import invariant
from tasviya.core.money import Currency, format_minor
from tasviya.core.rounding import Rounding, rounded

SHOWN_DECIMALS = 6
"""Decimals of a minor unit that an exact amount is shown with; nobody reckons with what is shown."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time over which a balance stood, and its exact interest. Minor units."""

    base: int
    begins: date
    ends: date
    """The first date that no longer counts."""
    days: int
    exact: Fraction


@dataclass(frozen=True, slots=True)
class Accrual:
    """The exact interest of balances over a time, and how it comes about."""

    percent: Fraction
    """Yearly."""
    day_count: DayCount
    stretches: tuple[Stretch, ...]

    @property
    def exact(self) -> Fraction:
        """All of it, minor units."""
        return sum((each.exact for each in self.stretches), Fraction(0))


@dataclass(frozen=True, slots=True)
class Due:
    """What of exact interest is due now, and what is carried on. Minor units."""

    exact: Fraction
    carried_in: Fraction
    due: int
    carried: Fraction
    """exact + carried_in - due: always."""


def accrue(
    balances_by_day: Mapping[date, int], percent: Fraction, day_count: DayCount, until: date | None = None
) -> Accrual:
    """The interest of balances, each of which stands from its date until the next one's.

    balances_by_day: minor units, positive earns and negative owes; dates in any order.
    percent: yearly, may be below zero. until: where the last one ends; None: on the day after it.
    Raises: InvariantBroken if `until` is before the last date.
    """
    days = sorted(balances_by_day)
    if not days:
        return Accrual(percent, day_count, ())
    last = days[-1] + timedelta(days=1) if until is None else until
    invariant(last >= days[-1], f"interest until {last} is not asked for from {days[-1]} on")
    return Accrual(
        percent,
        day_count,
        tuple(
            stretch(balances_by_day[begins], percent, day_count, begins, ends)
            for begins, ends in pairwise([*days, last])
        ),
    )


def stretch(
    base: int, percent: Fraction, day_count: DayCount, begins: date, ends: date, days: int | None = None
) -> Stretch:
    """The interest of one balance over one time. days: None, or a count that is not the convention's, such as
    the one day of credit within a day."""
    count = day_count.days(begins, ends) if days is None else days
    exact = Fraction(base * percent.numerator * count, percent.denominator * 100 * day_count.basis)
    return Stretch(base, begins, ends, count, exact)


def due_now(exact: Fraction, carried: Fraction, rounding: Rounding, unit: int = 1) -> Due:
    """What of exact interest, with what was carried from before, is due in whole units.

    unit: minor units, above zero.
    """
    total = exact + carried
    due = rounded(total, rounding, unit)
    return Due(exact, carried, due, total - due)


def explained(line: Stretch, percent: Fraction, day_count: DayCount, due: Due, money: Currency) -> str:
    """An accrual in words: "120,000.00 KZT × 4.5 % × 3 days / 360 = 45.00; due 45.00"."""
    base = format_minor(line.base, money.decimals, grouping=",")
    days = f"{line.days} day" if line.days == 1 else f"{line.days} days"
    words = (
        f"{base} {money} × {_decimal(percent)} % × {days} / {day_count.basis} = {shown(line.exact, money)}"
    )
    if due.carried_in:
        words += f"; with {shown(due.carried_in, money)} from before"
    words += f"; due {format_minor(due.due, money.decimals, grouping=',')}"
    return words + (f"; {shown(due.carried, money)} carried on" if due.carried else "")


def shown(exact: Fraction, money: Currency) -> str:
    """An exact amount of minor units for people, as a decimal of the currency; ~ before one that goes on."""
    places = money.decimals + SHOWN_DECIMALS
    more = exact * 10**SHOWN_DECIMALS
    scaled = rounded(more, Rounding.HALF_EVEN)
    whole = format_minor(scaled, places, grouping=",")
    kept = len(whole) - SHOWN_DECIMALS
    text = whole[:kept] + whole[kept:].rstrip("0")
    return text.rstrip(".") if more == scaled else f"~{whole}"


@lru_cache(maxsize=256)
def _decimal(percent: Fraction) -> str:
    """A percent as a decimal, or as a fraction if it has none."""
    digits = next((n for n in range(30) if (percent * 10**n).denominator == 1), None)
    return str(percent) if digits is None else format_minor(int(percent * 10**digits), digits)
