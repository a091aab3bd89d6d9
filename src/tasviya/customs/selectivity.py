"""Which declarations are looked at: rules with their reasons, and a share that nobody can foresee.

    Declaration, rules, facts ──select──▶ Selection: green | yellow | red, with every reason

Green goes through, yellow has its documents looked at, red its goods. A rule hits an item if all its
conditions hold of it; the reddest rule that hits decides, and every one that hits is told to the officer.
What a declaration leaves out never turns a rule off: a price per kilogram that cannot be told counts as hit.

Beside the rules a share of all declarations is drawn, whatever rules say of them, so that what no rule knows
of is found, and rules can be measured against chance. The draw is a keyed hash of the declaration's number:
nobody without the secret can foresee it or choose a number that escapes it, and whoever is shown the secret
later can check every draw.

Source: Revised Kyoto Convention, general annex, standards 6.3 to 6.5 (risk management); HMAC: RFC 2104.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Amount, Declaration, Item, Kind, Party
from tasviya.customs.declaration_rules import written
from tasviya.customs.duty_units import Unit
from tasviya.customs.nomenclature import bare
from tasviya.customs.tax_law import FIRST_DAY, LAST_DAY
from tasviya.customs.worth import worth

SELECTIVITY_CODES = {
    "SL01": "a declaration has its MRN before it is drawn",
    "SL02": "the secret of the draw has 16 bytes at the least",
}
RANDOM = "RANDOM"
"""The draw, as the code of a reason."""
SECRET_BYTES = 16
_DOMAIN = b"tasviya selectivity draw 1\0"
NO_PREFERENCE = ("", "100")


class Channel(StrEnum):
    """What is done with a declaration."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


CHANNELS = tuple(Channel)
"""From the least to the most that is done."""


@dataclass(frozen=True, slots=True)
class SelectionRule:
    """A rule of a member. Conditions that are empty or None are none; lists hold if one of them does.

    goods: beginnings of codes. traders: importers of an import, exporters of an export. price_under,
    price_over: of a kilogram net. value_over: of the item. missing: types of documents, one of which is not
    shown. first_time: the trader has declared nothing before. preference: one is claimed.
    """

    code: str
    channel: Channel
    reason: str
    direction: Kind | None = None
    goods: tuple[str, ...] = ()
    origins: frozenset[str] = frozenset()
    dispatched_from: frozenset[str] = frozenset()
    traders: frozenset[str] = frozenset()
    declarants: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()
    procedures: frozenset[str] = frozenset()
    price_under: Amount | None = None
    price_over: Amount | None = None
    value_over: Amount | None = None
    missing: tuple[str, ...] = ()
    first_time: bool = False
    preference: bool = False
    begins: date = FIRST_DAY
    ends: date = LAST_DAY


@dataclass(frozen=True, slots=True)
class Selectivity:
    """A member's rules and its draw. share: of declarations, 0 to 1. random_channel: of those drawn."""

    rules: tuple[SelectionRule, ...]
    share: Fraction
    random_channel: Channel = Channel.YELLOW


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the declaration. traders: who has declared before, by identifier. rates: what one
    of a currency is worth in one that all share."""

    traders: Container[str] = frozenset()
    rates: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a declaration is looked at: a rule and the item that it hit, 0 for the draw, in words."""

    rule: str
    channel: Channel
    item: int
    text: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome. drawn: whether chance has drawn it, also where a rule hit it too."""

    channel: Channel
    reasons: tuple[Reason, ...]
    drawn: bool


def select(
    declaration: Declaration, by: Selectivity, secret: bytes, on: date, facts: Facts = Facts()
) -> Selection | Refusal:
    """The channel of a declaration on a day, and why. Same arguments, same selection.

    declaration: accepted, with its MRN. secret: of the member, SECRET_BYTES at the least, the same through a
    period that is audited together.
    Refused: SL01, SL02.
    """
    chance = drawn(declaration.mrn, secret, by.share)
    if isinstance(chance, Refusal):
        return chance
    reasons = [
        Reason(rule.code, rule.channel, item.number, f"{rule.reason}: {'; '.join(told)}.")
        for item in declaration.items
        for rule in by.rules
        if rule.begins <= on <= rule.ends and (told := _hit(declaration, item, rule, facts)) is not None
    ]
    if chance:
        reasons.append(Reason(RANDOM, by.random_channel, 0, f"Drawn by chance, {_percent(by.share)} of all."))
    channel = max((each.channel for each in reasons), key=CHANNELS.index, default=Channel.GREEN)
    return Selection(channel, tuple(reasons), chance)


def drawn(mrn: str, secret: bytes, share: Fraction) -> bool | Refusal:
    """Whether chance draws a declaration: HMAC-SHA-256 of its MRN, as a fraction of one, is below the share.

    Whoever has the secret can check it at any later time. Refused: SL01 no MRN; SL02 a short secret.
    """
    if not mrn.strip():
        what = "The declaration has no MRN, by which it would be drawn."
        return Refusal("SL01", what, "Accept it first: that gives it one.", "mrn")
    if len(secret) < SECRET_BYTES:
        what = f"The secret has {len(secret)} bytes; whoever guesses it foresees every draw."
        return Refusal("SL02", what, f"Take {SECRET_BYTES} random bytes or more.", "secret")
    found = int.from_bytes(hmac.new(secret, _DOMAIN + mrn.strip().encode(), sha256).digest(), "big")
    return found * share.denominator < share.numerator << (8 * sha256().digest_size)


def trader_of(declaration: Declaration) -> Party:
    """Whose goods they are: the exporter of an export, else the importer."""
    return declaration.exporter if declaration.kind is Kind.EXPORT else declaration.importer


def _hit(declaration: Declaration, item: Item, rule: SelectionRule, facts: Facts) -> list[str] | None:
    """What holds of an item by every condition of a rule; None if one does not hold."""
    told = []
    if rule.direction not in (None, declaration.kind):
        return None
    for condition in _CONDITIONS:
        found = condition(declaration, item, rule, facts)
        if found is None:
            return None
        if found:
            told.append(found)
    return told


def _goods(_: Declaration, item: Item, rule: SelectionRule, __: Facts) -> str | None:
    goods = bare(item.goods)
    if not rule.goods or any(goods.startswith(each) for each in rule.goods):
        return f"goods {goods}" if rule.goods else ""
    short = any(each.startswith(goods) for each in rule.goods)
    return f"goods {goods}, too few digits to tell" if short else None


def _named(declaration: Declaration, item: Item, rule: SelectionRule, _: Facts) -> str | None:
    """Conditions on a name: of the declaration or the item, one of those listed."""
    found = []
    for name, value, listed in (
        ("origin", item.origin or item.preferential_origin, rule.origins),
        ("dispatched from", declaration.dispatch_country, rule.dispatched_from),
        ("trader", trader_of(declaration).id, rule.traders),
        ("declarant", declaration.declarant.id, rule.declarants),
        ("office", declaration.office, rule.offices),
        ("procedure", item.procedure or declaration.procedure, rule.procedures),
    ):
        if listed and value not in listed:
            return None
        if listed:
            found.append(f"{name} {value}")
    return "; ".join(found)


def _price(_: Declaration, item: Item, rule: SelectionRule, facts: Facts) -> str | None:
    told = []
    for limit, above in ((rule.price_under, False), (rule.price_over, True)):
        if limit is None:
            continue
        mass, price = item.quantities.get(Unit.KG), worth(item.price, limit.currency, facts.rates)
        if not mass or price is None:
            told.append("the price of a kilogram cannot be told")
            continue
        per_kg = price * 1000 / mass
        if per_kg <= limit.minor if above else per_kg >= limit.minor:
            return None
        of_item = written(Amount(int(per_kg), limit.currency))
        told.append(f"{of_item} a kilogram, {'over' if above else 'under'} {written(limit)}")
    return "; ".join(told)


def _value(_: Declaration, item: Item, rule: SelectionRule, facts: Facts) -> str | None:
    limit = rule.value_over
    if limit is None:
        return ""
    value = worth(item.price, limit.currency, facts.rates)
    if value is None:
        return "its value cannot be told"
    return f"worth over {written(limit)}" if value > limit.minor else None


def _documents(declaration: Declaration, item: Item, rule: SelectionRule, _: Facts) -> str | None:
    shown = {each.type for each in (*declaration.documents, *item.documents) if each.reference.strip()}
    lacking = [each for each in rule.missing if each not in shown]
    if rule.missing and not lacking:
        return None
    return f"no document {', '.join(lacking)}" if lacking else ""


def _first_time(declaration: Declaration, _: Item, rule: SelectionRule, facts: Facts) -> str | None:
    if not rule.first_time:
        return ""
    trader = trader_of(declaration)
    if trader.id and trader.id in facts.traders:
        return None
    return f"{trader.id or 'a trader without identifier'} has not declared before"


def _preference(_: Declaration, item: Item, rule: SelectionRule, __: Facts) -> str | None:
    if not rule.preference:
        return ""
    claims = item.preference not in NO_PREFERENCE or bool(item.preferential_origin)
    return f"claims preference {item.preference} of {item.claimed_origin}" if claims else None


_CONDITIONS: tuple[Callable[[Declaration, Item, SelectionRule, Facts], str | None], ...] = (
    _goods,
    _named,
    _price,
    _value,
    _documents,
    _first_time,
    _preference,
)
"""Each says what holds, nothing if the rule has no such condition, and None if it does not hold."""


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g} %"


def codes_of(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """The rules that hit, each once: what a control's result names."""
    return tuple(dict.fromkeys(each.rule for each in reasons))
