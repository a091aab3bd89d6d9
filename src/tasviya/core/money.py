"""Money: whole minor units of one currency. No floats, no implied rounding.

The number of decimals comes from ISO 4217 (IRR 2, JPY 0, KWD 3), never from a locale database, which
displays some currencies with fewer digits than payments carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasviya.core.errors import invariant


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency: its ISO 4217 code and number, and how many decimals its minor unit has.

    A union's own unit of account is a `Currency` too, with a code and a number that ISO 4217 leaves free.
    """

    code: str
    number: int
    decimals: int
    name: str = ""

    @property
    def minor_per_major(self) -> int:
        """How many minor units make one: 100 for two decimals."""
        return int(10**self.decimals)

    def __str__(self) -> str:
        return self.code


DIGITS_MAX = 64
"""An amount with more digits is a mistake in every currency."""


class AmountError(ValueError):
    """The text is not an amount of that currency; `too_precise` if only its decimals are too many."""

    def __init__(self, message: str, *, too_precise: bool = False) -> None:
        super().__init__(message)
        self.too_precise = too_precise


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: integer minor units and their currency."""

    minor: int
    currency: Currency

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{format_minor(self.minor, self.currency.decimals, grouping=',')} {self.currency.code}"

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Split exactly by whole-number weights; the parts always add up to the whole.

        Each part is floored in size; the spare units go one each to the parts with the largest
        remainders, ties to the earlier part. A part of weight zero gets nothing.
        Raises: ValueError if a weight is negative or all are zero.
        """
        return [Money(part, self.currency) for part in allocate(self.minor, weights)]

    def _same_currency(self, other: Money) -> None:
        invariant(self.currency == other.currency, f"{self.currency} and {other.currency} are not added")


def allocate(minor: int, weights: Sequence[int]) -> list[int]:
    """`Money.allocate` on bare minor units."""
    total = sum(weights)
    if any(weight < 0 for weight in weights) or total == 0:
        raise ValueError("weights must be whole numbers, none negative, not all zero")
    sign, size = (-1, -minor) if minor < 0 else (1, minor)
    parts = [size * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % total), i))
    for i in by_remainder[: size - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


def parse_amount(text: str, currency: Currency) -> int:
    """The minor units that a decimal text such as "1250.5" means.

    Trailing zeros beyond the currency's decimals are not accepted: a sender who writes 1.00 JPY has another
    currency in mind than ISO 4217's.
    Raises: AmountError.
    """
    whole, _, fraction = text.partition(".")
    sign = ""
    if whole[:1] in "+-":
        sign, whole = whole[:1], whole[1:]
    digits = (whole or "0") + fraction
    if not (whole or fraction) or not (digits.isascii() and digits.isdigit()):
        raise AmountError(f"{text!r:.40} is not a decimal number")
    if len(digits) > DIGITS_MAX:
        raise AmountError(f"{text:.20}… has {len(digits)} digits")
    if len(fraction) > currency.decimals:
        raise AmountError(
            f"{text} {currency.code} has {len(fraction)} decimals; {currency.code} has {currency.decimals}",
            too_precise=True,
        )
    minor = int(digits) * int(10 ** (currency.decimals - len(fraction)))
    return -minor if sign == "-" else minor


def format_minor(minor: int, decimals: int, grouping: str = "") -> str:
    """Minor units as a decimal text with exactly `decimals` digits: (125050, 2) → "1250.50"."""
    sign = "-" if minor < 0 else ""
    whole, fraction = divmod(abs(minor), 10**decimals)
    text = f"{whole:,}".replace(",", grouping)
    return f"{sign}{text}.{fraction:0{decimals}d}" if decimals else f"{sign}{text}"
