"""Quantities of goods: whole thousandths of a unit, and the decimal texts that they are written as."""

from __future__ import annotations

import re

THOUSAND = 1_000
QUANTITY_MAX = 10**15
"""The largest quantity, thousandths."""
_TEXT = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,3}0*)?", re.ASCII)
_LENGTH_MAX = 64


def thousandths(text: str) -> int | None:
    """A quantity in thousandths of its unit; None if the text is none, is too large, or has more than three
    decimals."""
    if len(text) > _LENGTH_MAX or not _TEXT.fullmatch(text):
        return None
    whole, _, decimals = text.lstrip("-").partition(".")
    found = int(whole) * THOUSAND + int(decimals[:3].ljust(3, "0"))
    if found > QUANTITY_MAX:
        return None
    return -found if text.startswith("-") else found
