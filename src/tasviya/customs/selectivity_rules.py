"""A member's rules of selectivity as dated data.

    random_share = "0.03"                # of all declarations, 0.02 to 1
    random_channel = "yellow"            # or red

    [[rule]]
    code = "DENIM-CHEAP"
    channel = "red"                      # or yellow
    reason = "Denim below what it costs to weave"
    direction = "import"                 # or export, transit; left out: all
    goods = ["5209"]                     # beginnings of codes
    origins = ["TR"]                     # so are dispatched_from, traders, declarants, offices, procedures
    price_per_kg_under = "2.50"          # and price_per_kg_over, value_over, in `currency`
    currency = "EUR"
    missing_documents = ["N380"]         # one of these is not shown
    first_time = true                    # the trader has declared nothing before
    preference = true                    # one is claimed
    valid_from = 2026-01-01              # and valid_to; either may be left out

A rule has one condition at the least; all that it has must hold.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tasviya.core.errors import ConfigurationError
from tasviya.customs.declaration import Kind
from tasviya.customs.rule_table import (
    ANY,
    CODE,
    CODE_FORM,
    amount_in,
    countries_in,
    dates_in,
    goods_in,
    listed,
    need_one_at_a_time,
    root_of,
)
from tasviya.customs.selectivity import RANDOM, Channel, SelectionRule, Selectivity
from tasviya.membership.toml_table import Table

LEAST_SHARE = Decimal("0.02")
"""Less than that and what no rule knows of stays unseen for long."""
LOOKED_AT = (Channel.YELLOW, Channel.RED)
SOMETHING = "a text that is not empty"


def read_selectivity(text: str, where: str) -> Selectivity:
    """The rules and the draw in a file's text. where: the file's name, for errors.

    Raises: ConfigurationError.
    """
    root = root_of(text, where)
    share = Fraction(root.decimal("random_share", LEAST_SHARE, 1, code="CF25"))
    channel = Channel(root.choice("random_channel", LOOKED_AT, Channel.YELLOW))
    tables = list(root.tables("rule"))
    rules = tuple(_rule(table) for table in tables)
    root.done()
    places = zip(rules, tables, strict=True)
    need_one_at_a_time((rule.code, rule.begins, rule.ends, table.at("code")) for rule, table in places)
    return Selectivity(rules, share, channel)


def _rule(table: Table) -> SelectionRule:
    code = table.matching("code", CODE, CODE_FORM)
    if code == RANDOM:
        what = f"{RANDOM} is what the draw is called."
        raise ConfigurationError("CF04", what, "Give the rule another code.", table.at("code"))
    money, (begins, ends) = table.text("currency", ""), dates_in(table)
    direction = table.choice("direction", ("", *Kind), "")

    def names(key: str) -> frozenset[str]:
        return frozenset(listed(table, key, ANY, SOMETHING))

    rule = SelectionRule(
        code=code,
        channel=Channel(table.choice("channel", LOOKED_AT)),
        reason=table.matching("reason", ANY, SOMETHING).rstrip("."),
        direction=Kind(direction) if direction else None,
        goods=goods_in(table),
        origins=countries_in(table, "origins"),
        dispatched_from=countries_in(table, "dispatched_from"),
        traders=names("traders"),
        declarants=names("declarants"),
        offices=names("offices"),
        procedures=names("procedures"),
        price_under=amount_in(table, "price_per_kg_under", money),
        price_over=amount_in(table, "price_per_kg_over", money),
        value_over=amount_in(table, "value_over", money),
        missing=listed(table, "missing_documents", ANY, SOMETHING),
        first_time=table.flag("first_time"),
        preference=table.flag("preference"),
        begins=begins,
        ends=ends,
    )
    table.done()
    if rule == SelectionRule(code, rule.channel, rule.reason, rule.direction, begins=begins, ends=ends):
        what = f"The rule {code} has no condition and would hit everything."
        raise ConfigurationError("CF02", what, "Add what it is about, such as goods or origins.", table.path)
    return rule
