"""What a member's customs are set up with: who may do what there, and rates of currencies from outside.

    [[member.role]]
    person = "kz.officer.1"
    roles = ["officer"]

    customs_rates.EUR = { value = "512.34", valid_from = 2026-09-28, valid_to = 2026-10-05 }

Rates are dated records: what settles in the union is valued at its own fixing, the rest by these.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import ConfigurationError
from tasviya.membership.records import Record
from tasviya.membership.roles import read_roles
from tasviya.membership.toml_table import Table

LARGEST_RATE = 10**12


class CustomsRate(Record, frozen=True, kw_only=True):
    """What one of a currency is worth in a member's, for customs."""

    KEY: ClassVar[tuple[str, ...]] = ("member", "outside")

    member: str
    outside: str
    """A currency that does not settle in the union."""
    value: str
    """A decimal above zero."""


def read_customs(
    table: Table, member: str, dates: Callable[[Table], dict[str, Any]], keep: Callable[[Record, str], None]
) -> None:
    """The records of a member's roles and `customs_rates`.

    Raises: ConfigurationError.
    """
    read_roles(table, member, dates, keep)
    for code, entry in table.by_currency("customs_rates", "value"):
        try:
            currency(code)
        except UnknownCurrency as error:
            cure = "Use the three capitals of ISO 4217, such as EUR."
            raise ConfigurationError("CF05", f"{error}.", cure, entry.path) from None
        value = entry.decimal("value", 0, LARGEST_RATE, code="CF21")
        if Decimal(value) <= 0:
            raise ConfigurationError(
                "CF21", f"{value} is no rate.", "Give one above zero.", entry.at("value")
            )
        keep(CustomsRate(member=member, outside=code, value=value, **dates(entry)), entry.path)
        entry.done()
