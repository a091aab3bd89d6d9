"""What a member's law says of corrections: when duty is given back or demanded, and how much on export.

    [[refund]]                       # corrections of declarations accepted from valid_from to valid_to
    years = 3                        # after acceptance, within which money is given back
    minimum = "10.00"                # less than this in all is not given back; nothing if left out
    demand_years = 3                 # after acceptance, within which more is demanded
    demand_minimum = "10.00"
    valid_from = 2026-01-01          # and valid_to; either may be left out

    [[drawback]]                     # for imports of that time, whose goods leave again in other goods
    tax = "DUTY"
    percent = "100"                  # of what was paid for what the exported goods contain
    years = 2                        # after import, within which they leave
    valid_from = 2026-01-01

Source: Regulation (EU) 952/2013, articles 103 (three years for demands), 116 and 121 (three years, ten euros
for refunds); 19 U.S.C. 1313 (drawback: 99 per cent, five years). The figures above are examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tasviya.core.errors import ConfigurationError
from tasviya.core.money import AmountError, Currency, parse_amount
from tasviya.membership.toml_table import Table

YEARS_MAX = 100
_HUNDRED = 100

Dates = tuple[date, date]


@dataclass(frozen=True, slots=True)
class RefundLaw:
    """For corrections of declarations accepted between two days. minimum, demand_minimum: minor units."""

    years: int
    minimum: int
    demand_years: int
    demand_minimum: int
    begins: date
    ends: date


@dataclass(frozen=True, slots=True)
class DrawbackLaw:
    """For a tax on goods imported between two days. percent: of what was paid."""

    tax: str
    percent: Decimal
    years: int
    begins: date
    ends: date


def read_refunds(tables: Sequence[tuple[Table, Dates]], money: Currency) -> tuple[RefundLaw, ...]:
    """The tables [[refund]], the earliest first. Raises: ConfigurationError."""
    found: list[RefundLaw] = []
    for table, (begins, ends) in tables:
        law = RefundLaw(
            table.number("years", 0, YEARS_MAX),
            _amount(table, "minimum", money),
            table.number("demand_years", 0, YEARS_MAX),
            _amount(table, "demand_minimum", money),
            begins,
            ends,
        )
        table.done()
        if any(each.begins <= ends and begins <= each.ends for each in found):
            raise _twice(table, "Two [[refund]] hold on one day.")
        found.append(law)
    return tuple(sorted(found, key=lambda each: each.begins))


def read_drawbacks(tables: Sequence[tuple[Table, Dates]], taxes: Sequence[str]) -> tuple[DrawbackLaw, ...]:
    """The tables [[drawback]], the earliest first. Raises: ConfigurationError."""
    found: list[DrawbackLaw] = []
    for table, (begins, ends) in tables:
        law = DrawbackLaw(
            table.choice("tax", tuple(dict.fromkeys(taxes))),
            Decimal(table.decimal("percent", 0, _HUNDRED, code="CF25")),
            table.number("years", 0, YEARS_MAX),
            begins,
            ends,
        )
        table.done()
        if any(each.tax == law.tax and each.begins <= ends and begins <= each.ends for each in found):
            raise _twice(table, f"Two [[drawback]] of {law.tax} hold on one day.")
        found.append(law)
    return tuple(sorted(found, key=lambda each: (each.begins, each.tax)))


def _amount(table: Table, key: str, money: Currency) -> int:
    text = table.text(key, "0")
    try:
        minor = parse_amount(text, money)
    except AmountError:
        minor = -1
    if minor < 0:
        cure = 'Write an amount of 0 or more, such as "10.00".'
        raise ConfigurationError("CF25", f"{text!r} is no amount of {money}.", cure, table.at(key))
    return minor


def _twice(table: Table, what: str) -> ConfigurationError:
    cure = "End the first with valid_to before the next begins."
    return ConfigurationError("CF10", what, cure, table.at("valid_from"))
