"""The ISO 4217 table, and a union's own unit beside it.

Source: ISO 4217 list one (the file's first line gives the date of publication).
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from tasviya.core.money import Currency

UNIT_DECIMALS_MAX = 5
"""A union's unit has no more decimals: an amount of ISO 20022 carries five."""


class UnknownCurrency(LookupError):
    """The code is not one of ISO 4217 with a minor unit."""


@cache
def iso_currencies() -> dict[str, Currency]:
    """All currencies of ISO 4217 that payments can carry, by code. Metals and test codes, which have no
    minor unit, are left out."""
    text = files("tasviya.core").joinpath("data/iso4217.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {
        row["code"]: Currency(row["code"], int(row["number"]), int(row["decimals"]), row["name"])
        for row in rows
        if row["decimals"]
    }


def currency(code: str) -> Currency:
    """The currency of an ISO 4217 code.

    Raises: UnknownCurrency.
    """
    try:
        return iso_currencies()[code]
    except KeyError:
        raise UnknownCurrency(f"{code} is not a currency code of ISO 4217 with a minor unit") from None


def union_currency(code: str, decimals: int, name: str) -> Currency:
    """A union's own unit of account as a currency.

    code: three capitals that ISO 4217 does not use (codes from XA to XZ are free for private use where
    unassigned). Its number lies above 1000, clear of ISO's three digits, and derives from the code.
    Raises: ValueError if the code is malformed or taken, or decimals are not 0…5.
    """
    if len(code) != 3 or not (code.isascii() and code.isalpha() and code.isupper()):
        raise ValueError(f"{code!r} is not three capital letters")
    if code in iso_currencies():
        raise ValueError(f"{code} is taken by ISO 4217 ({iso_currencies()[code].name})")
    if not 0 <= decimals <= UNIT_DECIMALS_MAX:
        raise ValueError(f"a union unit has 0 to {UNIT_DECIMALS_MAX} decimals, as many as messages carry")
    number = 1000 + sum((ord(letter) - 64) * 27**place for place, letter in enumerate(reversed(code)))
    return Currency(code, number, decimals, name)
