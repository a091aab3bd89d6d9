"""Credit and interest as settlement institutions set them: dated records, and the tables they are read from.

    [member.settlement_institution.credit]
    deposit_percent = "3.50"        # yearly, on what lies on settlement accounts overnight; may be below zero
    overnight_percent = "14.25"     # yearly, on credit that is still drawn when the day has closed
    intraday_percent = "0"          # yearly, for one day, on the most that was drawn within the day
    day_count = "ACT/365F"          # or ACT/360, 30E/360
    rounding = "half_even"          # or half_up, down, up
    rounding_unit = "0.01"          # what interest is paid in; the currency's minor unit if left out
    [member.settlement_institution.haircuts]
    GOVERNMENT = "5"                # percent off the value of collateral of that class

    [[member.bank]]
    credit_lines.KZT = { limit = 400_000_000, secured = true }
    collateral.KZT = [{ reference = "KZ-BOND-2031", class = "GOVERNMENT", value = 500_000_000,
                        valued_on = 2026-01-01 }]

Each may be given dates, each may be left out: no interest is then paid, and credit lines need no collateral.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from tasviya.core.day_count import DAY_COUNTS
from tasviya.core.errors import ConfigurationError
from tasviya.core.rounding import ROUNDINGS
from tasviya.membership.records import Record
from tasviya.membership.toml_table import Table

Dates = Callable[[Table], dict[str, Any]]
Keep = Callable[[Record, str], None]
Amount = Callable[[Table, str, str], int]
"""An amount of a table's key in a currency, minor units."""

_CLASS = re.compile(r"[A-Z0-9][A-Z0-9-]{0,34}")
_PERCENT_MOST = Decimal(1_000)
_PERCENT_DIGITS = 10


class CreditLine(Record, frozen=True, kw_only=True):
    """Credit of the settlement institution to a participant."""

    KEY: ClassVar[tuple[str, ...]] = ("participant", "currency")

    participant: str
    currency: str
    limit_minor: int
    secured: int = 0
    """1: granted only as far as collateral covers it; 0: granted in full."""


class CreditTerms(Record, frozen=True, kw_only=True):
    """What a settlement institution pays and asks for money in its currency; percents are yearly decimals."""

    KEY: ClassVar[tuple[str, ...]] = ("currency",)

    currency: str
    deposit_percent: str
    overnight_percent: str
    intraday_percent: str
    day_count: str
    rounding: str
    rounding_unit_minor: int


class CollateralClass(Record, frozen=True, kw_only=True):
    """A kind of asset that a settlement institution takes as collateral."""

    KEY: ClassVar[tuple[str, ...]] = ("currency", "asset_class")

    currency: str
    asset_class: str
    haircut_percent: str
    """What its value counts less, 0 to 100; a decimal."""


class Collateral(Record, frozen=True, kw_only=True):
    """What a participant has pledged for its credit in a currency."""

    KEY: ClassVar[tuple[str, ...]] = ("participant", "currency", "reference")

    participant: str
    currency: str
    reference: str
    """Which asset it is, such as an ISIN."""
    asset_class: str
    value_minor: int
    """In the currency, at the market."""
    valued_on: str


def read_credit(table: Table, code: str, amount: Amount, dates: Dates, keep: Keep) -> None:
    """The records of a settlement institution's `credit` and `haircuts`.

    Raises: ConfigurationError.
    """
    for entry in table.dated("credit", "deposit_percent"):
        unit = amount(entry, "rounding_unit", code) if "rounding_unit" in entry.values else 1
        if not unit:
            what, cure = "The rounding unit is nothing.", "Give an amount above zero, or leave it out."
            raise ConfigurationError("CF25", what, cure, entry.at("rounding_unit"))
        terms = CreditTerms(
            currency=code,
            deposit_percent=percent(entry, "deposit_percent", -_PERCENT_MOST, _PERCENT_MOST, "0"),
            overnight_percent=percent(entry, "overnight_percent", Decimal(0), _PERCENT_MOST, "0"),
            intraday_percent=percent(entry, "intraday_percent", Decimal(0), _PERCENT_MOST, "0"),
            day_count=entry.choice("day_count", DAY_COUNTS),
            rounding=entry.choice("rounding", ROUNDINGS, ROUNDINGS[0]),
            rounding_unit_minor=unit,
            **dates(entry),
        )
        entry.done()
        keep(terms, entry.path)
    for name, entry in table.by_currency("haircuts", "percent"):
        if not _CLASS.fullmatch(name):
            what = f"{name!r} is not the name of a class."
            raise ConfigurationError("CF04", what, "Write capitals, digits and hyphens.", entry.path)
        haircut = percent(entry, "percent", Decimal(0), Decimal(100))
        keep(
            CollateralClass(currency=code, asset_class=name, haircut_percent=haircut, **dates(entry)),
            entry.path,
        )
        entry.done()


def read_lines(table: Table, code: str, amount: Amount, dates: Dates, keep: Keep) -> None:
    """The records of a participant's `credit_lines` and `collateral`.

    Raises: ConfigurationError.
    """
    for money, entry in table.by_currency("credit_lines", "limit"):
        limit = amount(entry, "limit", money)
        secured = int(entry.flag("secured"))
        line = CreditLine(
            participant=code, currency=money, limit_minor=limit, secured=secured, **dates(entry)
        )
        keep(line, entry.path)
        entry.done()
    for money, entry in table.by_currency("collateral", "value"):
        since = dates(entry)
        valued_on = entry.day("valued_on") or since["valid_from"]
        if valued_on > since["valid_from"]:
            what = f"It was valued on {valued_on}, after {since['valid_from']}, when it begins to count."
            cure = "Let it count from its valuation on: valid_from, or an earlier valued_on."
            raise ConfigurationError("CF27", what, cure, entry.at("valued_on"))
        pledge = Collateral(
            participant=code,
            currency=money,
            reference=entry.matching("reference", _CLASS, "a reference of capitals, digits and hyphens"),
            asset_class=entry.text("class"),
            value_minor=amount(entry, "value", money),
            valued_on=valued_on,
            **since,
        )
        keep(pledge, entry.path)
        entry.done()


def is_name(text: str) -> bool:
    """Whether a text can name a class or an asset: at most 35 capitals, digits and hyphens."""
    return _CLASS.fullmatch(text) is not None


def percent(table: Table, key: str, least: Decimal, most: Decimal, default: str | None = None) -> str:
    """A decimal between bounds, as text.

    Raises: ConfigurationError.
    """
    text = table.text(key, default)
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    exponent = value.as_tuple().exponent
    fits = value.is_finite() and isinstance(exponent, int) and exponent >= -_PERCENT_DIGITS
    if not (fits and least <= value <= most):
        what = (
            f"{text!r} is not a percent from {least:f} to {most:f} with at most {_PERCENT_DIGITS} decimals."
        )
        raise ConfigurationError("CF25", what, 'Write it as a text, such as "3.5".', table.at(key))
    return format(value.normalize(), "f") if value else "0"
