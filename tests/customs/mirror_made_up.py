"""Paired declarations of trade that never was, with gaps planted in some; all else differs by noise alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random

from tasviya.customs.declaration import (
    Amount,
    Charge,
    ChargeKind,
    Declaration,
    DeliveryTerms,
    Document,
    Item,
    Kind,
    Party,
)
from tasviya.customs.duty_units import Unit
from tasviya.customs.mirror import GapReason
from tasviya.customs.mirror_match import Accepted

GOODS = ("090111", "220429", "300490", "520942", "620342", "640399", "851010", "901811", "950300", "870323")
PER_KG = {goods: 1000 + 40 * place for place, goods in enumerate(GOODS)}
"""Euro cents a kilogram."""
AS_OF = date(2026, 12, 31)
RATES = {"KZT": Fraction(1, 512)}
"""What a tenge is worth in euros."""
Planted = frozenset[tuple[GapReason, str, str]]
"""Gaps by reason, export and import; "" for what is not there."""


@dataclass
class World:
    """Both sides, and what is wrong with them."""

    exports: list[Accepted]
    imports: list[Accepted]
    planted: Planted


@dataclass
class _Pair:
    """A shipment before it is declared twice; either side may be changed."""

    export: Accepted
    imported: Accepted


def world(pairs: int, each: int, seed: int) -> World:
    """So many pairs; of each kind of gap, `each` of them are planted, no two in one pair."""
    drawn = Random(seed)
    made = [_pair(number, drawn) for number in range(pairs)]
    planted: set[tuple[GapReason, str, str]] = set()
    places = iter(drawn.sample(range(pairs), each * len(_PLANTS)))
    gone: set[str] = set()
    for reason, plant in _PLANTS.items():
        for _ in range(each):
            pair = made[next(places)]
            plant(pair, drawn)
            out, into = pair.export.reference, pair.imported.reference
            if reason is GapReason.ORPHAN_EXPORT:
                gone.add(into)
                into = ""
            elif reason in (GapReason.ORPHAN_IMPORT, GapReason.UNIT_PRICE):
                if reason is GapReason.ORPHAN_IMPORT:
                    gone.add(out)
                out = ""
            planted.add((reason, out, into))
    young = replace(_pair(pairs, drawn).export, on=AS_OF - timedelta(60))
    exports = [pair.export for pair in made if pair.export.reference not in gone]
    imports = [pair.imported for pair in made if pair.imported.reference not in gone]
    drawn.shuffle(exports)
    drawn.shuffle(imports)
    return World([*exports, young], imports, frozenset(planted))


def _pair(number: int, drawn: Random) -> _Pair:
    goods = drawn.sample(GOODS, drawn.randint(1, 3))
    cif = drawn.random() < 0.3
    items, values = [], []
    for place, code in enumerate(goods, 1):
        mass = drawn.randint(20_000, 5_000_000)
        cents = mass * PER_KG[code] * drawn.randint(85, 115) // 100_000
        values.append(cents)
        items.append(
            Item(
                place,
                code,
                origin=drawn.choice(("MD", "TR", "CN")),
                invoice=Amount(cents, "EUR"),
                quantities={Unit.KG: mass},
            )
        )
    freight, insurance = sum(values) * drawn.randint(20, 90) // 1000, sum(values) // 300
    charges = (
        Charge(ChargeKind.FREIGHT, Amount(freight, "EUR")),
        Charge(ChargeKind.INSURANCE, Amount(insurance, "EUR")),
    )
    if cif:  # the price has the carriage in it; the exporter says how much, or what the goods are worth alone
        whole = sum(values)
        prices = [value + (freight + insurance) * value // whole for value in values]
        by_value = drawn.random() < 0.5
        items = [
            replace(
                item,
                invoice=Amount(price, "EUR"),
                statistical=Amount(value, "EUR") if by_value else None,
            )
            for item, price, value in zip(items, prices, values, strict=True)
        ]
    exporter, importer = (
        Party("", f"Exporter {number // 2}", "", "MD"),
        Party("", f"Importer {number // 2}", "", "KZ"),
    )
    named = ("mrn", "item", "ucr", "nothing")[number % 4 if number % 8 else 3]
    ucr = (Document("DCR", f"6MD{number}"),) if named == "ucr" else ()
    on = date(2026, 1, 1) + timedelta(drawn.randint(0, 200))
    export = Declaration(
        f"E-{number}",
        Kind.EXPORT,
        tuple(items),
        mrn=f"26MD{number:06}",
        procedure="1000",
        exporter=replace(exporter, id=f"MD-{number // 2}"),
        importer=importer,
        delivery=DeliveryTerms("CIF" if cif else "FOB"),
        charges=charges if cif else (),
        previous=ucr,
    )
    before = (Document("N821", f"26MD{number:06}"),)
    in_tenge = drawn.random() < 0.4
    imported = Declaration(
        f"I-{number}",
        Kind.IMPORT,
        tuple(_as_imported(item, drawn, in_tenge) for item in items),
        mrn=f"26KZ{number:06}",
        procedure="4000",
        exporter=replace(exporter, name=exporter.name.upper()),
        importer=replace(importer, id=f"KZ-{number // 2}"),
        delivery=DeliveryTerms("CIF" if cif else "FOB"),
        charges=() if cif else charges,
        previous=before if named == "mrn" else ucr,
    )
    if named == "item":
        first, *rest = imported.items
        imported = replace(imported, items=(replace(first, previous=before), *rest))
    return _Pair(Accepted(export, on), Accepted(imported, on + timedelta(drawn.randint(-2, 40))))


def _as_imported(item: Item, drawn: Random, in_tenge: bool) -> Item:
    """The importer's word for the same goods: a hundredth off in price, a two-hundredth in mass."""
    assert item.invoice
    cents = item.invoice.minor * drawn.randint(9900, 10100) // 10_000
    price = Amount(cents * 512, "KZT") if in_tenge else Amount(cents, "EUR")
    mass = item.quantities[Unit.KG] * drawn.randint(9950, 10050) // 10_000
    return replace(item, invoice=price, statistical=None, quantities={Unit.KG: mass})


def _change(each: Accepted, place: int, change: Callable[[Item], Item]) -> Accepted:
    items = list(each.declaration.items)
    items[place] = change(items[place])
    return replace(each, declaration=replace(each.declaration, items=tuple(items)))


def _scaled(item: Item, percent: int) -> Item:
    assert item.invoice
    worth = item.statistical and replace(item.statistical, minor=item.statistical.minor * percent // 100)
    return replace(
        item, invoice=replace(item.invoice, minor=item.invoice.minor * percent // 100), statistical=worth
    )


def _nothing(pair: _Pair, _: Random) -> None:
    """The other side is left out by the world."""


def _value(pair: _Pair, drawn: Random) -> None:
    percent = drawn.choice((60, 70, 150))
    pair.imported = _change(pair.imported, 0, lambda item: _scaled(item, percent))


def _quantity(pair: _Pair, drawn: Random) -> None:
    percent = drawn.choice((80, 90, 115))
    pair.imported = _change(
        pair.imported,
        0,
        lambda item: replace(item, quantities={Unit.KG: item.quantities[Unit.KG] * percent // 100}),
    )


def _goods(pair: _Pair, drawn: Random) -> None:
    """The last item; pairs that name nothing now name each other, as their one item may no longer tell."""
    there = {item.goods for item in pair.export.declaration.items}
    other = drawn.choice(sorted(set(GOODS) - there))
    if not pair.imported.declaration.previous and not pair.imported.declaration.items[0].previous:
        named = (Document("N821", pair.export.reference),)
        pair.imported = replace(pair.imported, declaration=replace(pair.imported.declaration, previous=named))
    pair.imported = _change(pair.imported, -1, lambda item: replace(item, goods=other))


def _origin(pair: _Pair, _: Random) -> None:
    pair.imported = _change(pair.imported, 0, lambda item: replace(item, origin="UZ"))


def _unit_price(pair: _Pair, _: Random) -> None:
    """Both sides agree on a tenth of the price, and the carriage is free."""
    for name in ("export", "imported"):
        each = getattr(pair, name)
        plain = replace(each.declaration, charges=(), delivery=DeliveryTerms("FOB"))
        bare = replace(plain, items=tuple(replace(item, statistical=None) for item in plain.items))
        setattr(pair, name, _change(replace(each, declaration=bare), 0, lambda item: _scaled(item, 10)))


_PLANTS: dict[GapReason, Callable[[_Pair, Random], None]] = {
    GapReason.ORPHAN_EXPORT: _nothing,
    GapReason.ORPHAN_IMPORT: _nothing,
    GapReason.GOODS: _goods,
    GapReason.QUANTITY: _quantity,
    GapReason.VALUE: _value,
    GapReason.ORIGIN: _origin,
    GapReason.UNIT_PRICE: _unit_price,
}
