"""What tables of customs rules have in common: goods, countries, dates, amounts and quantities.

Every mistake is a ConfigurationError with the key's path, as of any configuration (CF…).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from datetime import date

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import ConfigurationError
from tasviya.core.money import AmountError, parse_amount
from tasviya.customs.declaration import Amount
from tasviya.customs.duty_units import Unit
from tasviya.customs.quantity import thousandths
from tasviya.customs.tax_law import FIRST_DAY, LAST_DAY
from tasviya.membership.toml_table import Table

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}")
CODE_FORM = 'capital letters, digits and "-", 32 at the most'
GOODS = re.compile(r"[0-9]{2,12}", re.ASCII)
COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
ANY = re.compile(r".*\S.*")


def root_of(text: str, where: str) -> Table:
    """The table that a file's text is.

    Raises: ConfigurationError CF01 if it is not TOML.
    """
    try:
        return Table(tomllib.loads(text), where, root=True)
    except (ValueError, RecursionError) as error:
        what = f"The file is not TOML: {error}."
        raise ConfigurationError("CF01", what, "Mend that place.", where) from None


def listed(table: Table, key: str, pattern: re.Pattern[str], form: str) -> tuple[str, ...]:
    """A list of texts of a form; empty if the key is left out."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(
        isinstance(each, str) and pattern.fullmatch(each) for each in value
    ):
        cure = f"Write a list of texts, each {form}."
        raise ConfigurationError("CF04", f"{value!r:.80} is no list of these.", cure, table.at(key))
    return tuple(value)


def goods_in(table: Table, key: str = "goods") -> tuple[str, ...]:
    """Beginnings of goods codes, 2 to 12 digits each."""
    return listed(table, key, GOODS, '2 to 12 digits, such as "3004"')


def countries_in(table: Table, key: str) -> frozenset[str]:
    return frozenset(listed(table, key, COUNTRY, 'two capital letters, such as "MD"'))


def dates_in(table: Table) -> tuple[date, date]:
    """The first and the last day, of `valid_from` and `valid_to`; without end where one is left out."""
    begins, ends = table.day("valid_from"), table.day("valid_to")
    first = date.fromisoformat(begins) if begins else FIRST_DAY
    last = date.fromisoformat(ends) if ends else LAST_DAY
    if last < first:
        what = f"It ends on {last}, before it begins on {first}."
        raise ConfigurationError("CF10", what, "Put the dates in order.", table.at("valid_to"))
    return first, last


def amount_in(table: Table, key: str, code: str) -> Amount | None:
    """An amount above zero of the currency; None if the key is left out."""
    text = table.text(key, "")
    if not text:
        return None
    try:
        amount = Amount(parse_amount(text, currency(code)), code)
    except (UnknownCurrency, AmountError) as error:
        place = table.at("currency" if isinstance(error, UnknownCurrency) else key)
        number = "CF05" if isinstance(error, UnknownCurrency) else "CF07"
        cure = 'Write an amount such as "1000.00", and currency = a code of ISO 4217.'
        raise ConfigurationError(number, f"{error}.", cure, place) from None
    if amount.minor <= 0:
        cure = "Write an amount above zero, or leave it out."
        raise ConfigurationError("CF07", f"{text!r} is not above zero.", cure, table.at(key))
    return amount


def quantity_in(table: Table, key: str) -> int | None:
    """A quantity above zero, thousandths; None if the key is left out."""
    text = table.text(key, "")
    quantity = thousandths(text) if text else None
    if text and (quantity is None or quantity <= 0):
        cure = 'Write a quantity above zero such as "120.5", with three decimals at the most.'
        raise ConfigurationError("CF04", f"{text!r:.40} is no quantity.", cure, table.at(key))
    return quantity


def unit_in(table: Table, default: str = "kg") -> Unit:
    return Unit(table.choice("unit", tuple(Unit), default))


def need_one_at_a_time(rules: Iterable[tuple[str, date, date, str]]) -> None:
    """Refuse a code that two rules have on one day. rules: code, first and last day, and its path.

    Raises: ConfigurationError CF10.
    """
    seen: dict[str, list[tuple[date, date]]] = {}
    for code, begins, ends, where in rules:
        if any(
            begins <= other_ends and other_begins <= ends for other_begins, other_ends in seen.get(code, ())
        ):
            cure = "Give another code, or end the one before the other begins."
            raise ConfigurationError("CF10", f"{code} is there twice on the same dates.", cure, where)
        seen.setdefault(code, []).append((begins, ends))
