"""What a declaration pays: every item's customs value and taxes, and the sums by tax.

    Declaration ──declaration_rules.check──▶ apportion ──▶ customs values ──duty.plan, duty.assess──▶ Assessed

Charges of the whole shipment are shared among its items by their prices, each charge in its own currency, to
the last minor unit by largest remainder. The shipment's customs value is rounded once, as the member's law
says; its items' values are their exact ones rounded down, and the spare minor units go one each to the
largest remainders. So an item's value lies less than a minor unit from its exact one, and the items add up to
the shipment without a rest.

Source: WTO Agreement on Customs Valuation, articles 1 and 8; apportioning by value is our choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal
from tasviya.core.money import allocate, format_minor
from tasviya.customs.declaration import Charge, ChargeKind, Declaration, Item, Kind
from tasviya.customs.declaration_rules import check, named, path
from tasviya.customs.duty import Assessment, Line, assess, plan, total
from tasviya.customs.nomenclature import goods_code
from tasviya.customs.tariff import Claim, Tariff
from tasviya.customs.tax_law import TaxLaw
from tasviya.customs.valuation import CustomsValue, Part, Rates, customs_value, rate_of
from tasviya.services.duty import Answer, explained

NO_PREFERENCE = frozenset(["", "100"])
"""How declarations say that no preference is claimed: by nothing, or by 100, the rate open to every origin.

Source: Implementing Regulation (EU) 2015/2447, annex B, data element 4/17."""
ASSESSING_CODES = {
    "CA01": "what is assessed is an import: a member's law of taxes is on goods that enter it",
    "CA02": "every item is worth at least a minor unit",
}


@dataclass(frozen=True, slots=True)
class AssessedItem:
    """An item with its customs value and its taxes."""

    item: Item
    value: CustomsValue
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a declaration pays. value: of the shipment. by_tax: minor units of the member's currency."""

    declaration: Declaration
    value: CustomsValue
    items: tuple[AssessedItem, ...]
    by_tax: Mapping[str, int]

    @property
    def total(self) -> int:
        """All taxes, minor units of the member's currency."""
        return sum(self.by_tax.values())


def assess_declaration(
    declaration: Declaration, tariff: Tariff, rates: Rates, on: date
) -> Assessed | list[Refusal]:
    """What a declaration pays on a day at that day's official rates.

    Refused with everything that is found: first rules of the declaration alone (CR…), then values, then each
    item's taxes (CD…, TF06), each with the path of its field.
    """
    refusals = check(declaration)
    if declaration.kind is not Kind.IMPORT:
        what = f"The declaration is of kind {declaration.kind}."
        refusals.append(Refusal("CA01", what, "Assess it where the goods are imported.", "kind"))
    if refusals:
        return refusals
    values = item_values(declaration, rates, tariff.law)
    if isinstance(values, list):
        return values
    whole, each_value = values
    assessed: list[AssessedItem] = []
    for place, (item, value) in enumerate(zip(declaration.items, each_value, strict=True)):
        found = _assess(item, value.minor, tariff, rates, on)
        if isinstance(found, Refusal):
            refusals.append(_placed(found, place))
        else:
            assessed.append(AssessedItem(item, value, found))
    if refusals:
        return _once(refusals)
    return Assessed(declaration, whole, tuple(assessed), total(each.assessment for each in assessed))


def apportion(declaration: Declaration) -> list[list[Part]]:
    """By item, the parts of its customs value: price, its share of the shipment's charges, its own charges.

    Shares of a charge add up to it exactly. declaration: one without a broken rule.
    """
    items = declaration.items
    parts: list[list[Part]] = []
    for item in items:
        price = item.price
        parts.append([Part("price", price.minor, currency(price.currency))] if price else [])
    weights = [item.price.minor if item.price else 0 for item in items]
    for charge in declaration.charges:
        for place, share in enumerate(allocate(charge.amount.minor, weights)):
            parts[place].append(_part(charge, share))
    for place, item in enumerate(items):
        parts[place] += [_part(charge, charge.amount.minor) for charge in item.charges]
    return parts


def item_values(
    declaration: Declaration, rates: Rates, law: TaxLaw
) -> tuple[CustomsValue, list[CustomsValue]] | list[Refusal]:
    """The shipment's customs value and its items', which add up to it; minor units of the member's currency.

    declaration: one without a broken rule.
    """
    by_item = apportion(declaration)
    whole = customs_value([part for parts in by_item for part in parts], rates, law)
    if isinstance(whole, Refusal):
        return [replace(whole, where="items")]
    exact = [_exact(parts, rates, law) for parts in by_item]
    floors = [each.numerator // each.denominator for each in exact]
    spare = whole.minor - sum(floors)
    by_remainder = sorted(range(len(exact)), key=lambda place: (floors[place] - exact[place], place))
    for place in by_remainder[:spare]:
        floors[place] += 1
    refusals, values = list[Refusal](), list[CustomsValue]()
    for place, (minor, parts) in enumerate(zip(floors, by_item, strict=True)):
        if minor <= 0:
            worth = f"{format_minor(minor, law.currency.decimals)} {law.currency}"
            what = f"{named(declaration.items[place])} is worth {worth}."
            cure = "Correct its price or its deductions, or declare it together with other goods."
            refusals.append(Refusal("CA02", what, cure, f"{path(place)}.invoice"))
            continue
        told = customs_value(parts, rates, law)
        explanation = () if isinstance(told, Refusal) else told.explanation
        values.append(CustomsValue(minor, tuple(parts), explanation))
    return refusals or (whole, values)


def _assess(item: Item, value: int, tariff: Tariff, rates: Rates, on: date) -> Assessment | Refusal:
    goods = goods_code(item.goods)
    if isinstance(goods, Refusal):
        return goods
    preference = "" if item.preference in NO_PREFERENCE else item.preference
    origin = item.claimed_origin if preference else item.origin or item.preferential_origin
    claim = Claim(str(goods), origin, on, preference, frozenset(item.additional_codes), item.quota)
    made = plan(tariff, claim, rates)
    return made if isinstance(made, Refusal) else assess(made, Line(value, item.quantities))


def _part(charge: Charge, minor: int) -> Part:
    deducted = charge.kind is ChargeKind.DEDUCTION
    return Part(charge.kind.value, -minor if deducted else minor, currency(charge.amount.currency))


def _exact(parts: Sequence[Part], rates: Rates, law: TaxLaw) -> Fraction:
    """What parts come to before rounding, minor units of the member's currency; their rates are known."""
    found = Fraction(0)
    for part in parts:
        rate = rate_of(part.currency, rates, law)
        if not isinstance(rate, Refusal):
            found += Fraction(part.minor * law.currency.minor_per_major, part.currency.minor_per_major) * rate
    return found


_FIELDS = {"additional": "additional_codes", "value": "invoice", "quantity": "quantities"}
_QUANTITY = re.compile(r"quantity (\w+)")


def _placed(refusal: Refusal, place: int) -> Refusal:
    """A refusal of an item's plan, with the path of the item's field."""
    where = refusal.where
    if quantity := _QUANTITY.fullmatch(where):
        where = f"quantities.{quantity[1]}"
    where = _FIELDS.get(where, where)
    if where.isupper():  # a currency or a tax: no field of the item
        where = ""
    return replace(refusal, where=f"{path(place)}.{where}".rstrip("."))


def _once(refusals: Iterable[Refusal]) -> list[Refusal]:
    """The first of those that say the same of several items: a missing rate is missing once."""
    return list({(each.reason, each.what): each for each in reversed(list(refusals))}.values())[::-1]


def assessed_rows(found: Assessed, tariff_file: str) -> list[dict[str, str | int]]:
    """By item and tax: base, rate, where it stands, what it comes to exactly, its rounding, its amount.

    A tax that is rounded as a total shows here what the item's share comes to, rounded to the minor unit.
    """
    rows: list[dict[str, str | int]] = []
    for each in found.items:
        made = each.assessment
        amounts = {charge.step.tax.code: charge.amount for charge in made.charges}
        answer = Answer(each.value, made, amounts)
        for row, charge in zip(explained(answer, tariff_file), made.charges, strict=True):
            amount = format_minor(charge.amount, made.plan.currency.decimals, grouping=",")
            rows.append({"item": each.item.number, "goods": each.item.goods, **row, "amount": amount})
    return rows
