"""What a member's law says of taxes on goods, as dated data: which there are, on what, and how they round.

    member = "KZ"
    currency = "KZT"
    tariff = "KZ.csv"                # the measures, in a file beside this one
    value_rounding = "half_up"       # of the customs value, to the minor unit

    [[tax]]
    code = "DUTY"
    name = "Customs duty"
    on = ["value"]                   # what its per cents are of: the customs value, taxes named before it
    rounding = "down"                # or half_up, half_even, up
    rounding_unit = "0.01"           # what it is rounded to; the minor unit if left out
    level = "line"                   # or "total": the sum of a declaration's lines is rounded, not each line
    every = false                    # true: every measure that applies is charged, not the nearest one
    required = true                  # true: goods without a measure of it are refused
    shared = true                    # true: members share what comes in by it; it goes into a pool
    valid_from = 2026-01-01          # and valid_to; either may be left out

    [groups]                         # of countries, for measures' origins
    UNION = ["KG", "TJ"]

    [[preference]]                   # whoever claims it, with that origin, pays so much of the normal rate
    code = "GSP"
    origin = "DEVELOPING"
    tax = "DUTY"
    percent = "75"

    [[agricultural]]                 # what an agricultural component is by additional code
    table = "EA"
    code = "7001"
    rate = "12.50 EUR / 100 kg"

    [[entry_price]]                  # what goods pay that have an entry price, from a price of 100 kg upwards
    goods = "070200"
    least = "84.60"
    currency = "EUR"
    rate = "8.8% + 2.30 EUR / 100 kg"
    valid_from = 2026-04-01
    valid_to = 2026-04-30

    [[refund]]                       # and [[drawback]]: adjustment_law has their keys

    [[taric]]                        # which types of measure of TARIC3 files are of which tax
    types = ["142", "145"]
    tax = "DUTY"
    preference = "300"               # what is claimed for them to apply; nothing if left out

Rounding is law: the United Kingdom truncates to the penny, Albania rounds half up to the lek, the United
States half up to the cent (docs/customs.md has the cases).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import ConfigurationError, Refusal
from tasviya.core.money import AmountError, Currency, parse_amount
from tasviya.core.rounding import ROUNDINGS, Rounding
from tasviya.customs.adjustment_law import DrawbackLaw, RefundLaw, read_drawbacks, read_refunds
from tasviya.customs.duty_expression import Clause, parse
from tasviya.membership.toml_table import Table

VALUE = "value"
"""The customs value, as what a tax is on."""
EVERY_ORIGIN = "*"
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,15}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_GOODS = re.compile(r"[0-9]{2,12}")
_MEASURE_TYPE = re.compile(r"[0-9]{3}|[0-9]{6}")
FIRST_DAY, LAST_DAY = date(1, 1, 1), date(9999, 12, 31)
_HUNDRED = 100


class Level(StrEnum):
    """What is rounded: a tax of each line, or its sum over a declaration."""

    LINE = "line"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on goods. on: VALUE and codes of taxes before it. unit: what it is rounded to, minor units.
    shared: whether members share what comes in."""

    code: str
    name: str
    on: tuple[str, ...]
    rounding: Rounding
    unit: int
    level: Level
    every: bool
    required: bool
    shared: bool
    begins: date
    ends: date

    def in_force(self, day: date) -> bool:
        return self.begins <= day <= self.ends


@dataclass(frozen=True, slots=True)
class Preference:
    """A share of the normal rate for goods of some origin, if it is claimed. percent: of the normal rate."""

    code: str
    origin: str
    tax: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class EntryPrice:
    """What goods pay whose price is this or more. least: minor units of `currency` for 100 kg."""

    goods: str
    least: int
    currency: Currency
    clauses: tuple[Clause, ...]
    begins: date
    ends: date


@dataclass(frozen=True, slots=True)
class MeasureType:
    """What measures of some types in a TARIC3 file are here."""

    tax: str
    preference: str = ""


@dataclass(frozen=True, slots=True)
class TaxLaw:
    """A member's law of taxes on goods; taxes are in the order in which they are worked out.

    agricultural: by table and additional code, what stands in the component's place. measure_types: by type
    of a TARIC3 file. refunds, drawbacks: by the day from which they hold, then by tax.
    """

    member: str
    currency: Currency
    value_rounding: Rounding
    taxes: tuple[Tax, ...]
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    preferences: tuple[Preference, ...] = ()
    agricultural: Mapping[tuple[str, str], Clause] = field(default_factory=dict)
    entry_prices: tuple[EntryPrice, ...] = ()
    tariff_file: str = ""
    notice: str = ""
    measure_types: Mapping[str, MeasureType] = field(default_factory=dict)
    refunds: tuple[RefundLaw, ...] = ()
    drawbacks: tuple[DrawbackLaw, ...] = ()

    def has_origin(self, country: str, origin: str) -> bool:
        """Whether a country is the origin that a measure names: a country, a group or every one."""
        return origin in (EVERY_ORIGIN, country) or country in self.groups.get(origin, ())


def read_law(text: str, where: str) -> TaxLaw:
    """The law in a file's text. where: the file's name, for errors.

    Raises: ConfigurationError.
    """
    try:
        root = Table(tomllib.loads(text), where, root=True)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            "CF01", f"The file is not TOML: {error}.", "Mend that place.", where
        ) from None
    money = _currency(root)
    groups = _groups(root)
    taxes: list[Tax] = []
    for table in root.tables("tax"):
        taxes.append(_tax(table, money, taxes))
    if not taxes:
        raise ConfigurationError("CF02", "The law has no tax.", "Add a table [[tax]].", root.at("tax"))
    law = TaxLaw(
        member=root.matching("member", _COUNTRY, 'a country\'s two letters, such as "KZ"'),
        currency=money,
        value_rounding=Rounding(root.choice("value_rounding", ROUNDINGS, "half_up")),
        taxes=tuple(taxes),
        groups=groups,
        preferences=tuple(_preference(each, taxes, groups) for each in root.tables("preference")),
        agricultural=dict(_agricultural(each) for each in root.tables("agricultural")),
        entry_prices=tuple(_entry_price(each) for each in root.tables("entry_price")),
        tariff_file=root.text("tariff"),
        notice=root.text("notice", ""),
        measure_types=_measure_types(root, taxes),
        refunds=read_refunds([(each, _dates(each)) for each in root.tables("refund")], money),
        drawbacks=read_drawbacks(
            [(each, _dates(each)) for each in root.tables("drawback")], [tax.code for tax in taxes]
        ),
    )
    root.done()
    return law


def _currency(root: Table) -> Currency:
    try:
        return currency(root.text("currency"))
    except UnknownCurrency as error:
        raise ConfigurationError(
            "CF05", f"{error}.", "Write a code of ISO 4217.", root.at("currency")
        ) from None


def _groups(root: Table) -> dict[str, frozenset[str]]:
    if root.get("groups") is None:
        return {}
    groups = {}
    for name in (table := root.table("groups")).values:
        listed = table.need(name)
        if not isinstance(listed, list) or not all(_is_country(each) for each in listed):
            cure = 'Write a list of countries\' two letters, such as ["KG", "TJ"].'
            raise ConfigurationError("CF04", f"{listed!r} is no list of countries.", cure, table.at(name))
        groups[name] = frozenset(listed)
    return groups


def _is_country(text: object) -> bool:
    return isinstance(text, str) and _COUNTRY.fullmatch(text) is not None


def _tax(table: Table, money: Currency, before: list[Tax]) -> Tax:
    code = table.matching("code", _CODE, 'capital letters, digits and "-", 16 at the most')
    begins, ends = _dates(table)
    for other in before:
        if other.code == code and other.begins <= ends and begins <= other.ends:
            what = f"The tax {code} is there twice on the same dates."
            raise ConfigurationError("CF10", what, "Give both valid_from and valid_to.", table.at("code"))
    on = table.texts("on", (VALUE, *dict.fromkeys(each.code for each in before)))
    unit = table.text("rounding_unit", "")
    try:
        minor = parse_amount(unit, money) if unit else 1
    except AmountError:
        minor = 0
    if minor <= 0:
        what = f"{unit!r} is no amount of {money} above zero."
        raise ConfigurationError(
            "CF25", what, 'Write what the tax is rounded to, such as "0.01".', table.at("rounding_unit")
        )
    tax = Tax(
        code=code,
        name=table.text("name", code),
        on=tuple(on.split(",")),
        rounding=Rounding(table.choice("rounding", ROUNDINGS)),
        unit=minor,
        level=Level(table.choice("level", tuple(Level), "line")),
        every=table.flag("every"),
        required=table.flag("required"),
        shared=table.flag("shared"),
        begins=begins,
        ends=ends,
    )
    table.done()
    return tax


def _dates(table: Table) -> tuple[date, date]:
    begins, ends = table.day("valid_from"), table.day("valid_to")
    first = date.fromisoformat(begins) if begins else FIRST_DAY
    last = date.fromisoformat(ends) if ends else LAST_DAY
    if last < first:
        what = f"It ends on {last}, before it begins on {first}."
        raise ConfigurationError("CF10", what, "Put the dates in order.", table.at("valid_to"))
    return first, last


def _preference(table: Table, taxes: list[Tax], groups: Mapping[str, frozenset[str]]) -> Preference:
    origin = table.text("origin")
    if origin not in groups and not _is_country(origin):
        cure = "Write a country's two letters or a name under [groups]."
        raise ConfigurationError("CF04", f"{origin!r} is no origin.", cure, table.at("origin"))
    preference = Preference(
        table.matching("code", _CODE, 'capital letters, digits and "-", 16 at the most'),
        origin,
        table.choice("tax", tuple(dict.fromkeys(each.code for each in taxes))),
        Decimal(table.decimal("percent", 0, _HUNDRED, code="CF25")),
    )
    table.done()
    return preference


def _measure_types(root: Table, taxes: list[Tax]) -> dict[str, MeasureType]:
    found: dict[str, MeasureType] = {}
    for table in root.tables("taric"):
        listed = table.need("types")
        if not isinstance(listed, list) or not all(_is_measure_type(each) for each in listed):
            cure = 'Write a list of types\' three digits, such as ["103", "105"].'
            raise ConfigurationError("CF04", f"{listed!r} is no list of types.", cure, table.at("types"))
        codes = tuple(dict.fromkeys(each.code for each in taxes))
        taken = MeasureType(table.choice("tax", codes), table.text("preference", ""))
        table.done()
        for each in listed:
            if each in found:
                cure = "Name each type once."
                raise ConfigurationError("CF10", f"The type {each} is there twice.", cure, table.at("types"))
            found[each] = taken
    return found


def _is_measure_type(text: object) -> bool:
    return isinstance(text, str) and _MEASURE_TYPE.fullmatch(text) is not None


def _agricultural(table: Table) -> tuple[tuple[str, str], Clause]:
    key = (table.text("table"), table.text("code"))
    clauses = _clauses(table)
    table.done()
    if len(clauses) > 1:
        cure = "Write a sum, such as 12.50 EUR / 100 kg."
        raise ConfigurationError("CF25", "A component has no MIN and no MAX.", cure, table.at("rate"))
    return key, clauses[0]


def _entry_price(table: Table) -> EntryPrice:
    goods, money = table.matching("goods", _GOODS, "2 to 12 digits"), _currency(table)
    try:
        least = parse_amount(table.text("least"), money)
    except AmountError as error:
        cure = 'Write a price of 100 kg, such as "84.60".'
        raise ConfigurationError("CF07", f"{error}.", cure, table.at("least")) from None
    price = EntryPrice(goods, least, money, _clauses(table), *_dates(table))
    table.done()
    return price


def _clauses(table: Table) -> tuple[Clause, ...]:
    read = parse(text := table.text("rate"))
    if isinstance(read, Refusal):
        raise ConfigurationError(read.reason, read.what, read.cure, f"{table.at('rate')}, {read.where}")
    if len(read.seasons) != 1:
        what = f"{text!r} has seasons or an entry price of its own."
        raise ConfigurationError("CF25", what, "Give dates beside the rate.", table.at("rate"))
    return read.seasons[0].clauses
