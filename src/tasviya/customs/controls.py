"""Licences, controls and prohibitions: what keeps goods of a declaration from being accepted or released.

    Declaration, rules, licences, day ──check_controls──▶ Hold | Stop of every item and rule that wants one
                                      ──use_licences────▶ licences with the declaration's uses taken

A rule of a member is for goods by their code, in one direction, from or to some countries, on some days, from
some quantity or value upwards. A prohibition stops the goods. A licence must be shown, known, and good for
holder, goods, quantity and day. A control is met by a document that the authority has issued. What is lacking
holds the goods, and names the authority.

The check is made at acceptance, and again before release with the day of release: a licence that has ended
between the two holds the goods. A declaration's own uses do not count against it. What a declaration leaves
out never lets goods slip by: a country, a quantity or digits that a rule needs hold the goods too, and a
threshold in a currency without a rate counts as reached. A threshold is for all items under the rule
together, so that dividing goods among items does not go below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Amount, Declaration, Document, Item, Kind
from tasviya.customs.declaration_rules import named, path
from tasviya.customs.duty_units import Unit
from tasviya.customs.licence import Licence, LicenceUse, use
from tasviya.customs.nomenclature import bare
from tasviya.customs.tax_law import FIRST_DAY, LAST_DAY
from tasviya.customs.worth import Rates, worth

CONTROL_CODES = {
    "CN01": "goods that are prohibited are stopped",
    "CN02": "goods that need a licence or a control show its document",
    "CN03": "a licence that is shown is known to its authority",
    "CN04": "a declaration says what a rule needs to know: country, all digits of the code",
}


class ControlKind(StrEnum):
    """What a rule asks for."""

    LICENCE = "licence"
    CONTROL = "control"
    PROHIBITION = "prohibition"


@dataclass(frozen=True, slots=True)
class ControlRule:
    """A rule on goods that cross a member's border.

    authority: whose it is, in English; authority_local: in its own language. goods: 2 to 12 digits each, none
    for all goods. origins, destinations: countries, none for all. document: the type that satisfies it, empty
    of a prohibition. least_quantity: thousandths of `unit`; least_value: both are thresholds, None for none.
    """

    code: str
    kind: ControlKind
    direction: Kind
    authority: str
    goods: tuple[str, ...] = ()
    authority_local: str = ""
    origins: frozenset[str] = frozenset()
    destinations: frozenset[str] = frozenset()
    document: str = ""
    least_quantity: int | None = None
    unit: Unit = Unit.KG
    least_value: Amount | None = None
    begins: date = FIRST_DAY
    ends: date = LAST_DAY
    basis: str = ""
    """The law that it rests on, in words."""

    @property
    def named_authority(self) -> str:
        """The authority by both its names."""
        return f"{self.authority} ({self.authority_local})" if self.authority_local else self.authority


@dataclass(frozen=True, slots=True)
class Hold:
    """Goods wait: what is lacking, and of whom it is to be had. `refusal.where` is the item's field."""

    rule: ControlRule
    item: int
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Stop:
    """Goods are prohibited."""

    rule: ControlRule
    item: int
    refusal: Refusal


@dataclass(slots=True)
class Controlled:
    """What controls of a declaration have found. licences: with what it takes of them; wants: by item."""

    licences: dict[str, Licence]
    wants: list[Hold | Stop] = field(default_factory=list)


def check_controls(
    declaration: Declaration,
    rules: Iterable[ControlRule],
    licences: Mapping[str, Licence],
    on: date,
    rates: Rates | None = None,
) -> tuple[Hold | Stop, ...]:
    """What holds or stops a declaration's goods on a day, by item and then by rule; empty if nothing does.

    declaration: one without a broken rule of its own. licences: by number, as their authorities know them.
    rates: for thresholds in another currency than the goods' price. Changes nothing.
    """
    return tuple(control(declaration, rules, licences, on, rates).wants)


def use_licences(
    declaration: Declaration,
    rules: Iterable[ControlRule],
    licences: Mapping[str, Licence],
    on: date,
    rates: Rates | None = None,
) -> Mapping[str, Licence] | tuple[Hold | Stop, ...]:
    """The licences with what the declaration takes of them; or all that holds it, and then nothing is taken.

    The same again changes nothing. Uses are the declaration's by its MRN, or by its own number while it has
    none: take them once it has one.
    """
    found = control(declaration, rules, licences, on, rates)
    return tuple(found.wants) if found.wants else found.licences


def reference_of(declaration: Declaration) -> str:
    """The number under which a declaration uses licences."""
    return declaration.mrn or declaration.lrn


def control(
    declaration: Declaration,
    rules: Iterable[ControlRule],
    licences: Mapping[str, Licence],
    on: date,
    rates: Rates | None,
) -> Controlled:
    """What holds or stops a declaration's goods, and the licences with what it takes of them all the same:
    goods that wait for one document keep what they have of another licence."""
    found = Controlled(dict(licences))
    for rule in rules:
        if rule.direction is not declaration.kind or not rule.begins <= on <= rule.ends:
            continue
        under = [
            place for place, item in enumerate(declaration.items) if _may_be_under(declaration, item, rule)
        ]
        if not under or not _reached([declaration.items[place] for place in under], rule, rates or {}):
            continue
        for place in under:
            item = declaration.items[place]
            if unknown := _unknown(declaration, item, rule, place):
                found.wants.append(Hold(rule, item.number, unknown))
            elif rule.kind is ControlKind.PROHIBITION:
                found.wants.append(Stop(rule, item.number, _prohibited(item, rule, place)))
            elif refusal := _unsatisfied(declaration, item, rule, place, on, found):
                found.wants.append(Hold(rule, item.number, refusal))
    found.wants.sort(key=lambda each: each.item)
    return found


def _may_be_under(declaration: Declaration, item: Item, rule: ControlRule) -> bool:
    """Whether nothing that is declared takes an item out of a rule."""
    goods, origin, destination = bare(item.goods), _origin(item), declaration.destination_country
    near = not rule.goods or any(goods.startswith(each) or each.startswith(goods) for each in rule.goods)
    from_there = not (rule.origins and origin) or origin in rule.origins
    to_there = not (rule.destinations and destination) or destination in rule.destinations
    return near and from_there and to_there


def _unknown(declaration: Declaration, item: Item, rule: ControlRule, place: int) -> Refusal | None:
    """What is not declared and would say whether an item is under a rule."""
    goods = bare(item.goods)
    lacks = []
    if rule.goods and not any(goods.startswith(each) for each in rule.goods):
        longest = max((each for each in rule.goods if each.startswith(goods)), key=len)
        lacks.append((f"its code is needed to {len(longest)} digits", f"{path(place)}.goods"))
    if rule.origins and not _origin(item):
        lacks.append(("its origin is needed", f"{path(place)}.origin"))
    if rule.destinations and not declaration.destination_country:
        lacks.append(("the country of destination is needed", "destination_country"))
    for what, where in lacks:
        told = f"{named(item)} may be under {rule.code} of {rule.named_authority}: {what}."
        return Refusal("CN04", told, "Declare it.", where)
    return None


def _reached(items: Sequence[Item], rule: ControlRule, rates: Rates) -> bool:
    """Whether items together reach a rule's thresholds; what is not known counts as reached."""
    if rule.least_quantity is not None:
        stated = [item.quantities.get(rule.unit) for item in items]
        known = [each for each in stated if each is not None]
        if len(known) == len(stated) and sum(known) < rule.least_quantity:
            return False
    if rule.least_value is not None:
        values = [worth(item.price, rule.least_value.currency, rates) for item in items]
        told = [each for each in values if each is not None]
        if len(told) == len(values) and sum(told) < rule.least_value.minor:
            return False
    return True


def _prohibited(item: Item, rule: ControlRule, place: int) -> Refusal:
    basis = f" by {rule.basis}" if rule.basis else ""
    what = f"{named(item)}, {item.goods}, is prohibited{basis}: {rule.code} of {rule.named_authority}."
    return Refusal("CN01", what, f"Do not move these goods; ask {rule.authority}.", f"{path(place)}.goods")


def _unsatisfied(
    declaration: Declaration, item: Item, rule: ControlRule, place: int, on: date, found: Controlled
) -> Refusal | None:
    """What is lacking of a licence or a control; a licence that serves is used in `found`."""
    where = f"{path(place)}.documents"
    shown = list(_shown(declaration, item, rule.document))
    if not shown:
        basis = f", by {rule.basis}" if rule.basis else ""
        wanted = "a licence" if rule.kind is ControlKind.LICENCE else "a document of control"
        what = f"{named(item)} needs {wanted}: {rule.code}, {rule.named_authority}{basis}."
        cure = f"Apply there, and show the document as type {rule.document}."
        return Refusal("CN02", what, cure, where)
    if rule.kind is ControlKind.CONTROL:
        return None
    first: Refusal | None = None
    for document in shown:
        licence = found.licences.get(document.reference)
        if licence is None:
            what = f"{named(item)}: {rule.named_authority} knows no licence {document.reference[:40]!r}."
            first = first or Refusal("CN03", what, "Correct the number, or ask who issued it.", where)
            continue
        used = use(licence, _wanted(declaration, item, licence, on))
        if not isinstance(used, Refusal):
            found.licences[licence.number] = used
            return None
        if first is None:
            told = f"{named(item)}, {rule.code} of {rule.named_authority}: {used.what}"
            field_of = {"goods": "goods", "quantity": f"quantities.{licence.unit}"}.get(
                used.where, used.where
            )
            place_of = f"{path(place)}.{field_of}" if field_of.startswith(("goods", "quant")) else where
            first = Refusal(used.reason, told, used.cure, place_of, used.transient)
    return first


def _wanted(declaration: Declaration, item: Item, licence: Licence, on: date) -> LicenceUse:
    holder = declaration.exporter if declaration.kind is Kind.EXPORT else declaration.importer
    quantity = item.quantities.get(licence.unit)
    goods, reference = bare(item.goods), reference_of(declaration)
    return LicenceUse(reference, item.number, on, holder.id, goods, quantity, licence.unit)


def _shown(declaration: Declaration, item: Item, kind: str) -> Iterator[Document]:
    """An item's documents of a type, then the shipment's."""
    for document in (*item.documents, *declaration.documents):
        if document.type == kind and document.reference.strip():
            yield document


def _origin(item: Item) -> str:
    return item.origin or item.preferential_origin
