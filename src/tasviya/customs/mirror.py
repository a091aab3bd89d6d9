"""Two sides of the same trade: where what was declared out is not what was declared in.

    exports, imports ──mirror_match──▶ shipments ──mirror_lines──▶ lines ──mirror──▶ gaps with reasons

A gap is a question to ask, not an offence: goods are lost and returned, and are sold again under way. What
differs by no more than a tolerance is no gap. Nothing is rounded before it is compared.

    value gap = importer's value - carriage - exporter's value

Carriage is the freight and the insurance that the import declares; if it declares none, those of the export.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import Refusal
from tasviya.core.rounding import Rounding, rounded
from tasviya.customs.declaration import Amount, Kind
from tasviya.customs.declaration_rules import kilograms, written
from tasviya.customs.duty_units import Unit
from tasviya.customs.mirror_lines import MirrorLine, Money, currencies_of, lines_of
from tasviya.customs.mirror_match import DAYS, Accepted, Shipment, match
from tasviya.customs.worth import Rates

MIRROR_CODES = {
    "MR01": "exports are mirrored with imports",
    "MR02": "a declaration is given once",
    "MR03": "every currency that is declared has a rate",
    "MR04": "accepted.csv says of every declaration in its folder when it was accepted",
}
RateOf = Callable[[str, str, date, MirrorLine], Fraction | None]
"""The duty on a line's value and quantities as a share of the value, were it goods of a subheading and an
origin on a day; None if it cannot be told."""


class GapReason(StrEnum):
    """What two sides differ in."""

    ORPHAN_EXPORT = "orphan_export"
    """Declared out and not in, though the goods have had time to arrive."""
    ORPHAN_IMPORT = "orphan_import"
    """Declared in and not out."""
    GOODS = "goods"
    """Declared in under another subheading."""
    QUANTITY = "quantity"
    VALUE = "value"
    ORIGIN = "origin"
    UNIT_PRICE = "unit_price"
    """Declared in at a price per kilogram that is far from that of other imports of the subheading."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What does not agree. goods: the subheading, of the exporter's side where both differ; empty for a whole
    declaration. duty: what declaring other goods saves, minor units rounded down; None if it is not told."""

    reason: GapReason
    exports: tuple[str, ...]
    imports: tuple[str, ...]
    goods: str
    exported: str
    imported: str
    what: str
    duty: int | None = None


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is no gap.

    value, quantity: shares of the exporter's figure. alike: how far apart masses may be, as a share of the
    larger, of goods that are taken for the same under two subheadings. days: how long goods may be under way.
    low, high: quantiles of prices per kilogram; prices between low / margin and high x margin are no gap.
    Quartiles stand firm where up to a quarter of the prices are odd themselves.
    least: how many imports a subheading needs to have quantiles.
    """

    value: Fraction = Fraction(5, 100)
    quantity: Fraction = Fraction(2, 100)
    alike: Fraction = Fraction(25, 100)
    days: int = DAYS
    low: Fraction = Fraction(25, 100)
    high: Fraction = Fraction(75, 100)
    margin: Fraction = Fraction(2)
    least: int = 20


@dataclass(frozen=True, slots=True)
class _Pair:
    """The same goods on both sides of a shipment."""

    shipment: Shipment
    out: MirrorLine
    into: MirrorLine


def mirror(
    exports: Sequence[Accepted],
    imports: Sequence[Accepted],
    code: str,
    rates: Rates,
    as_of: date,
    tolerance: Tolerance = Tolerance(),
    rate_of: RateOf | None = None,
) -> tuple[Gap, ...] | list[Refusal]:
    """Every gap between two members' declarations of the trade from one to the other.

    exports, imports: accepted, without broken rules, all of that trade and of the days that are looked at.
    code: the currency in which values are compared; rates: what one of another is worth in it, for
    declarations that bring none of their own. as_of: the day up to which imports are given; younger exports
    may still be under way. rate_of: of the importer's tariff.
    Sorted by reason, then by declarations. Refused with all of MR01, MR02 and MR03 that is found.
    """
    if refusals := list(_faults(exports, imports, code, rates)):
        return refusals
    money, found = Money(code, rates), match(exports, imports, tolerance.days)
    gaps = [*_orphans(found.orphan_exports, found.orphan_imports, as_of, tolerance)]
    for shipment in found.shipments:
        out, into = (
            lines_of(shipment.exports, money, exported=True),
            lines_of(shipment.imports, money, exported=False),
        )
        pairs, lonely = _paired(shipment, out, into, tolerance)
        gaps += lonely
        for pair in pairs:
            gaps += _compared(pair, money, tolerance, rate_of)
    gaps += _odd_prices(imports, money, tolerance)
    order = list(GapReason)
    return tuple(sorted(gaps, key=lambda gap: (order.index(gap.reason), gap.exports, gap.imports, gap.goods)))


def _faults(
    exports: Sequence[Accepted], imports: Sequence[Accepted], code: str, rates: Rates
) -> Iterator[Refusal]:
    for side, kind in ((exports, Kind.EXPORT), (imports, Kind.IMPORT)):
        seen: set[str] = set()
        for each in side:
            if each.declaration.kind is not kind:
                what = f"{each.reference} is of kind {each.declaration.kind}."
                yield Refusal("MR01", what, f"Give declarations of kind {kind} there.", each.reference)
            if each.reference in seen:
                yield Refusal("MR02", f"{each.reference} is there twice.", "Give it once.", each.reference)
            seen.add(each.reference)
    used = {code: True}
    for each in (*exports, *imports):
        own = Money(code, rates).of(each).rates
        for name in currencies_of(each.declaration):
            used[name] = used.get(name, True) and (name == code or own.get(name, 0) > 0)
    for name, has_rate in sorted(used.items()):
        try:
            currency(name)
        except UnknownCurrency:
            yield Refusal("MR03", f"{name!r:.20} is no currency.", "Give a code of ISO 4217.", name)
            continue
        if not has_rate:
            yield Refusal("MR03", f"There is no rate of {name} in {code}.", "Give the rate.", name)


def _orphans(
    exports: Iterable[Accepted], imports: Iterable[Accepted], as_of: date, tolerance: Tolerance
) -> Iterator[Gap]:
    for each in exports:
        if as_of - each.on > timedelta(tolerance.days):
            goods = ", ".join(sorted(each.subheadings))
            what = f"Declared out on {each.on}: {goods}; no import of it by {as_of}."
            yield Gap(GapReason.ORPHAN_EXPORT, (each.reference,), (), "", goods, "", what)
    for each in imports:
        goods = ", ".join(sorted(each.subheadings))
        what = f"Declared in on {each.on}: {goods}; no export of it is known."
        yield Gap(GapReason.ORPHAN_IMPORT, (), (each.reference,), "", "", goods, what)


def _paired(
    shipment: Shipment, out: Mapping[str, MirrorLine], into: Mapping[str, MirrorLine], tolerance: Tolerance
) -> tuple[list[_Pair], list[Gap]]:
    """Lines of both sides that are the same goods, and gaps for lines that one side alone has."""
    pairs = [_Pair(shipment, out[goods], into[goods]) for goods in sorted(out.keys() & into.keys())]
    left_out = {goods: out[goods] for goods in sorted(out.keys() - into.keys())}
    left_in = {goods: into[goods] for goods in sorted(into.keys() - out.keys())}
    nearest = sorted((_apart(a, b), a.goods, b.goods) for a in left_out.values() for b in left_in.values())
    for apart, one, other in nearest:
        if apart <= tolerance.alike and one in left_out and other in left_in:
            pairs.append(_Pair(shipment, left_out.pop(one), left_in.pop(other)))
    lonely = [
        _gap(GapReason.ORPHAN_EXPORT, shipment, goods, goods, "", f"{goods} is in no import of the shipment.")
        for goods in left_out
    ] + [
        _gap(GapReason.ORPHAN_IMPORT, shipment, goods, "", goods, f"{goods} is in no export of the shipment.")
        for goods in left_in
    ]
    return pairs, lonely


def _apart(one: MirrorLine, other: MirrorLine) -> Fraction:
    """How far two lines' masses are apart, as a share of the larger; their values', if one states no mass."""
    mass, against = (Fraction(each.quantities.get(Unit.KG, 0)) for each in (one, other))
    if not (mass and against):
        mass, against = one.value, other.value
    larger = max(mass, against)
    return abs(mass - against) / larger if larger > 0 else Fraction(1)


def _compared(pair: _Pair, money: Money, tolerance: Tolerance, rate_of: RateOf | None) -> Iterator[Gap]:
    shipment, out, into = pair.shipment, pair.out, pair.into
    if out.goods != into.goods:
        yield _shifted(pair, money, rate_of)
    for unit in sorted(out.quantities.keys() & into.quantities.keys()):
        sent, came = out.quantities[unit], into.quantities[unit]
        if abs(came - sent) > tolerance.quantity * sent:
            texts = [f"{kilograms(each)} {unit}" for each in (sent, came)]
            way = "too many" if came > sent else "missing"
            what = f"{kilograms(abs(came - sent))} {unit} are {way} on arrival."
            yield _gap(GapReason.QUANTITY, shipment, out.goods, texts[0], texts[1], what)
            break
    carriage = into.carriage or out.carriage
    apart = into.value - carriage - out.value
    if abs(apart) > tolerance.value * out.value:
        side = "above" if apart > 0 else "below"
        what = f"The importer's value without carriage is {_text(abs(apart), money)} {side} the exporter's."
        sent_text, came_text = _text(out.value, money), _text(into.value - carriage, money)
        yield _gap(GapReason.VALUE, shipment, out.goods, sent_text, came_text, what)
    if out.origins and into.origins and out.origins != into.origins:
        texts = [", ".join(sorted(each)) for each in (out.origins, into.origins)]
        what = f"Of origin {texts[0]} for the exporter, {texts[1]} for the importer."
        yield _gap(GapReason.ORIGIN, shipment, out.goods, texts[0], texts[1], what)


def _shifted(pair: _Pair, money: Money, rate_of: RateOf | None) -> Gap:
    """Goods that came in under another subheading, and what duty that saves."""
    out, into = pair.out, pair.into
    day = max(each.on for each in pair.shipment.imports)
    what, duty = f"{out.goods} came in as {into.goods}.", None
    origin = min(into.origins or out.origins, default="")
    rates = [rate_of(goods, origin, day, into) if rate_of else None for goods in (out.goods, into.goods)]
    if rates[0] is not None and rates[1] is not None:
        saved = into.value * (rates[0] - rates[1])
        duty = max(0, rounded(saved, Rounding.DOWN))
        way = "a lower" if saved > 0 else "a higher" if saved < 0 else "the same"
        what = f"{out.goods} came in as {into.goods}, at {way} duty: {_percent(rates[1])} instead of "
        what += f"{_percent(rates[0])}, {_text(abs(saved), money)}."
    return Gap(
        GapReason.GOODS,
        tuple(each.reference for each in pair.shipment.exports),
        tuple(each.reference for each in pair.shipment.imports),
        out.goods,
        out.goods,
        into.goods,
        what,
        duty,
    )


def _odd_prices(imports: Sequence[Accepted], money: Money, tolerance: Tolerance) -> Iterator[Gap]:
    """Imports whose price per kilogram is far outside the quantiles of their subheading's."""
    prices: dict[str, list[tuple[Fraction, str]]] = defaultdict(list)
    for each in imports:
        for goods, line in lines_of([each], money, exported=False).items():
            if (price := line.per_kilogram) is not None:
                prices[goods].append((price, each.reference))
    for goods, known in sorted(prices.items()):
        if len(known) < tolerance.least:
            continue
        ordered = sorted(price for price, _ in known)
        low = _quantile(ordered, tolerance.low) / tolerance.margin
        high = _quantile(ordered, tolerance.high) * tolerance.margin
        for price, reference in known:
            if not low <= price <= high:
                limits = f"{_text(low, money)} to {_text(high, money)}"
                what = f"{_text(price, money)} a kilogram of {goods}; {len(known)} imports have {limits}."
                yield Gap(GapReason.UNIT_PRICE, (), (reference,), goods, limits, _text(price, money), what)


def _quantile(ordered: Sequence[Fraction], share: Fraction) -> Fraction:
    """The least value that at least so large a share is not above."""
    place = -(-len(ordered) * share.numerator // share.denominator) - 1
    return ordered[max(0, min(place, len(ordered) - 1))]


def _gap(reason: GapReason, shipment: Shipment, goods: str, exported: str, imported: str, what: str) -> Gap:
    exports = tuple(each.reference for each in shipment.exports)
    return Gap(
        reason, exports, tuple(each.reference for each in shipment.imports), goods, exported, imported, what
    )


def _text(minor: Fraction, money: Money) -> str:
    """An amount for people, rounded half up to the minor unit."""
    return written(Amount(rounded(minor, Rounding.HALF_UP), money.code))


def _percent(rate: Fraction) -> str:
    return f"{float(rate * 100):.4g} %"
