"""A member's licences, controls and prohibitions as dated data.

    [[control]]
    code = "MED-IMPORT"
    kind = "licence"                     # or control, prohibition
    direction = "import"                 # or export, transit
    authority = "Medicines Agency"
    authority_local = "Дәрі-дәрмек агенттігі"
    goods = ["3003", "3004"]             # beginnings of codes; left out: all goods
    origins = []                         # and destinations: countries; left out: all
    document = "L911"                    # the type that satisfies it; a prohibition has none
    least_quantity = "10"                # from how much of `unit` on, kg if left out
    least_value = "1000.00"              # from which value on, in `currency`
    currency = "EUR"
    valid_from = 2026-01-01              # and valid_to; either may be left out
    basis = "Medicines Act, section 12"

and what its authorities have issued:

    [[licence]]
    number = "MED-2026-17"
    holder = "KZ120340000561"
    goods = "3004"
    quantity = "500"
    unit = "kg"
    valid_from = 2026-01-01
    valid_to = 2026-12-31

    [[licence.use]]                      # what declarations have taken of it
    reference = "26KZ0000000000001A"
    item = 1
    on = 2026-03-02
    quantity = "120.5"
"""

from __future__ import annotations

from datetime import date

from tasviya.core.errors import ConfigurationError
from tasviya.customs.controls import ControlKind, ControlRule
from tasviya.customs.declaration import Kind
from tasviya.customs.licence import Licence, LicenceUse
from tasviya.customs.rule_table import (
    ANY,
    CODE,
    CODE_FORM,
    GOODS,
    amount_in,
    countries_in,
    dates_in,
    goods_in,
    need_one_at_a_time,
    quantity_in,
    root_of,
    unit_in,
)
from tasviya.membership.toml_table import Table

SOMETHING = "a text that is not empty"
ITEMS_MAX = 99_999


def read_controls(text: str, where: str) -> tuple[ControlRule, ...]:
    """The rules in a file's text, in its order. where: the file's name, for errors.

    Raises: ConfigurationError.
    """
    root = root_of(text, where)
    tables = list(root.tables("control"))
    rules = tuple(_rule(table) for table in tables)
    root.done()
    places = zip(rules, tables, strict=True)
    need_one_at_a_time((rule.code, rule.begins, rule.ends, table.at("code")) for rule, table in places)
    return rules


def read_licences(text: str, where: str) -> dict[str, Licence]:
    """The licences in a file's text by their numbers, with what has been used of them.

    Raises: ConfigurationError.
    """
    root = root_of(text, where)
    licences: dict[str, Licence] = {}
    for table in root.tables("licence"):
        licence = _licence(table)
        if licence.number in licences:
            what = f"The licence {licence.number} is there twice."
            raise ConfigurationError("CF08", what, "Leave one of them out.", table.at("number"))
        licences[licence.number] = licence
    root.done()
    return licences


def _rule(table: Table) -> ControlRule:
    kind = ControlKind(table.choice("kind", tuple(ControlKind)))
    document = table.text("document", "")
    if bool(document.strip()) is (kind is ControlKind.PROHIBITION):
        what = f"A {kind} has {'a' if document else 'no'} document that satisfies it."
        cure = "Leave it out." if document else 'Name its type, such as document = "L911".'
        raise ConfigurationError("CF04", what, cure, table.at("document"))
    begins, ends = dates_in(table)
    rule = ControlRule(
        code=table.matching("code", CODE, CODE_FORM),
        kind=kind,
        direction=Kind(table.choice("direction", tuple(Kind))),
        authority=table.matching("authority", ANY, SOMETHING),
        goods=goods_in(table),
        authority_local=table.text("authority_local", ""),
        origins=countries_in(table, "origins"),
        destinations=countries_in(table, "destinations"),
        document=document,
        least_quantity=quantity_in(table, "least_quantity"),
        unit=unit_in(table),
        least_value=amount_in(table, "least_value", table.text("currency", "")),
        begins=begins,
        ends=ends,
        basis=table.text("basis", ""),
    )
    table.done()
    return rule


def _licence(table: Table) -> Licence:
    number, unit = table.matching("number", ANY, SOMETHING), unit_in(table)
    holder, goods = table.matching("holder", ANY, SOMETHING), table.matching("goods", GOODS, "2 to 12 digits")
    quantity = _quantity(table)
    begins, ends = dates_in(table)
    uses = []
    for each in table.tables("use"):
        on = each.day("on")
        day = date.fromisoformat(on) if on else begins
        reference = each.matching("reference", ANY, SOMETHING)
        item = each.number("item", 1, ITEMS_MAX)
        uses.append(LicenceUse(reference, item, day, holder, goods, _quantity(each), unit))
        each.done()
    table.done()
    used = sum(each.quantity or 0 for each in uses)
    if used > quantity:
        what = f"Uses of {number} come to more than its quantity."
        raise ConfigurationError("CF04", what, "Correct the uses or the quantity.", table.at("use"))
    return Licence(number, holder, goods, quantity, unit, begins, ends, tuple(uses))


def _quantity(table: Table) -> int:
    table.need("quantity")
    found = quantity_in(table, "quantity")
    if found is None:
        cure = 'Write a quantity above zero such as "120.5".'
        raise ConfigurationError("CF04", "The quantity is empty.", cure, table.at("quantity"))
    return found
