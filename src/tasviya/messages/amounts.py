"""Amount texts of messages ↔ whole minor units."""

from __future__ import annotations

from tasviya.core.money import AmountError, format_minor, parse_amount
from tasviya.messages.scheme import Scheme

LARGEST_MINOR = (1 << 63) - 1
"""An amount above this is not held as a number: rule AM13 refuses it whatever the scheme's limit."""


def to_minor(text: str, currency: str, scheme: Scheme) -> int:
    """The minor units of an amount; 0 if it cannot be held, and `trouble` says why."""
    known = scheme.currency(currency)
    if known is None:
        return 0
    try:
        minor = parse_amount(text, known)
    except ValueError:
        return 0
    return minor if minor <= LARGEST_MINOR else 0


def trouble(text: str, currency: str, scheme: Scheme) -> str | None:
    """Why `to_minor` gave 0: the code of the rule that refuses the amount. None if it is an amount."""
    known = scheme.currency(currency)
    if known is None:
        return "AM11"
    try:
        minor = parse_amount(text, known)
    except AmountError as error:
        return "CH20" if error.too_precise else "AM12"
    except ValueError:
        # Thousands of leading zeros pass the schema, and are more digits than Python turns into a number.
        return "AM12"
    if minor > LARGEST_MINOR:
        return "AM13"
    return "AM01" if minor == 0 else None


def amount_text(minor: int, currency: str, scheme: Scheme) -> str:
    """Minor units as a message carries them: (125050, "KZT") → "1250.50"."""
    return format_minor(minor, scheme.decimals(currency))


def scaled(text: str) -> int:
    """A decimal text times 10^17, exactly: sums of texts with unlike decimals compare as whole numbers.

    text: an xs:decimal whose value has at most 17 decimals, as the schemas allow; nought may be written in
        any length on either side.
    """
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("+-").partition(".")
    return sign * int((whole.lstrip("0") or "0") + fraction.rstrip("0").ljust(17, "0"))


def unscaled(value: int) -> str:
    """`scaled` undone: the shortest text that says it."""
    sign, size = ("-", -value) if value < 0 else ("", value)
    whole, fraction = divmod(size, 10**17)
    return f"{sign}{whole}.{fraction:017d}".rstrip("0").rstrip(".")


def whole_number(text: str) -> int:
    """The integer that an xs:decimal without decimals means: "17", "017" or "17.00"."""
    return scaled(text.strip()) // 10**17
