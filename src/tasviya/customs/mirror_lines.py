"""A shipment's goods as each side declares them: by subheading, with value, quantities and origins.

The exporter's side is valued free on board, the importer's with what brought the goods there, both exactly
and in one currency. An export is worth its value for statistics, else its price, less the freight and the
insurance that it declares where its terms of delivery have these in the price. An import is worth its price
with the charges that it declares beside it. Charges of a whole declaration are shared by its items' prices.

Source: Incoterms 2020, rules whose price includes carriage; United Nations, International Merchandise Trade
Statistics 2010 (FOB for exports, CIF for imports).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tasviya.customs.declaration import Charge, ChargeKind, Declaration, Item
from tasviya.customs.duty_units import Unit
from tasviya.customs.mirror_match import Accepted
from tasviya.customs.nomenclature import bare
from tasviya.customs.worth import Rates, worth

CARRIAGE_PAID = frozenset(["CFR", "CPT", "CIF", "CIP", "DAP", "DPU", "DDP", "DAT"])
"""Terms whose price includes the carriage."""
CARRIAGE = frozenset([ChargeKind.FREIGHT, ChargeKind.INSURANCE])


@dataclass(frozen=True, slots=True)
class MirrorLine:
    """Goods of one subheading, as one side declares them.

    value, carriage: minor units of the common currency, exact; carriage is freight and insurance as declared.
    quantities: thousandths, of units that every item of it states.
    """

    goods: str
    value: Fraction
    carriage: Fraction
    quantities: Mapping[Unit, int]
    origins: frozenset[str]

    @property
    def per_kilogram(self) -> Fraction | None:
        """The value of a kilogram net, minor units; None where no mass is stated."""
        mass = self.quantities.get(Unit.KG, 0)
        return self.value * 1000 / mass if mass else None


@dataclass(frozen=True, slots=True)
class Money:
    """The currency in which both sides are compared, and what others are worth in it."""

    code: str
    rates: Rates

    def of(self, accepted: Accepted) -> Money:
        """The same with the rates that were official for a declaration, if it brings its own."""
        return self if accepted.rates is None else Money(self.code, accepted.rates)


def lines_of(side: Iterable[Accepted], of_all: Money, *, exported: bool) -> dict[str, MirrorLine]:
    """The lines of a side's declarations by subheading. All currencies have a rate.

    exported: whether it is the exporter's side.
    """
    parts: dict[str, list[tuple[Item, Fraction, Fraction]]] = defaultdict(list)
    for each in side:
        declaration, money = each.declaration, of_all.of(each)
        total = sum((_minor(item, money) for item in declaration.items), Fraction(0))
        for item in declaration.items:
            share = _minor(item, money) / total if total else Fraction(0)
            carriage = _charges(declaration, item, share, money, carriage=True)
            if exported:
                value = _free_on_board(declaration, item, carriage, money)
            else:
                value = (
                    _minor(item, money) + carriage + _charges(declaration, item, share, money, carriage=False)
                )
            parts[bare(item.goods)[:6]].append((item, value, carriage))
    return {goods: _line(goods, of_goods) for goods, of_goods in parts.items()}


def currencies_of(declaration: Declaration) -> set[str]:
    """Every currency in which something of it is priced."""
    items = declaration.items
    prices = [amount for item in items for amount in (item.invoice, item.statistical) if amount]
    charges = [*declaration.charges, *(charge for item in items for charge in item.charges)]
    return {each.currency for each in prices} | {each.amount.currency for each in charges}


def _line(goods: str, parts: list[tuple[Item, Fraction, Fraction]]) -> MirrorLine:
    items = [item for item, _, _ in parts]
    stated = set.intersection(*(set(item.quantities) for item in items))
    return MirrorLine(
        goods,
        sum((value for _, value, _ in parts), Fraction(0)),
        sum((carriage for _, _, carriage in parts), Fraction(0)),
        {unit: sum(item.quantities[unit] for item in items) for unit in sorted(stated)},
        frozenset(item.claimed_origin for item in items if item.claimed_origin),
    )


def _free_on_board(declaration: Declaration, item: Item, carriage: Fraction, money: Money) -> Fraction:
    at_border = worth(item.statistical, money.code, money.rates, money.code)
    if at_border is not None:
        return at_border
    included = declaration.delivery.code.upper() in CARRIAGE_PAID
    return _minor(item, money) - (carriage if included else 0)


def _charges(
    declaration: Declaration, item: Item, share: Fraction, money: Money, *, carriage: bool
) -> Fraction:
    """An item's charges with its share of the whole's: freight and insurance, or all others."""

    def sum_of(charges: Iterable[Charge]) -> Fraction:
        found = Fraction(0)
        for charge in charges:
            if (charge.kind in CARRIAGE) is carriage:
                sign = -1 if charge.kind is ChargeKind.DEDUCTION else 1
                found += sign * (worth(charge.amount, money.code, money.rates, money.code) or 0)
        return found

    return sum_of(declaration.charges) * share + sum_of(item.charges)


def _minor(item: Item, money: Money) -> Fraction:
    return worth(item.price, money.code, money.rates, money.code) or Fraction(0)
