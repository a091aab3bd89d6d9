"""Holdings of TARIC3 as the rows of a member's tariff, and every measure that is left out with its reason.

    Holdings + law ──tariff_of──▶ rows for tariff.read_tariff, what is left out

The law's [[taric]] says which types of measure are of which tax, and by which preference they are claimed.
A measure without an end goes on as long as its regulation. Groups become their members (taric3_areas); what
is said of a country itself goes before what is said of a group it is in. A measure that cannot be said in
full is left out, not shortened: goods may then be refused, but never pay a rate that nobody laid down.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tasviya.core.errors import Refusal
from tasviya.customs.formats.taric3 import Holdings
from tasviya.customs.formats.taric3_areas import Areas, Span
from tasviya.customs.formats.taric3_duty import DutyComponent, compose
from tasviya.customs.formats.taric3_goods import GOODS_SUFFIX, GoodsLine, digits_of
from tasviya.customs.tax_law import LAST_DAY, TaxLaw

EXPORT = "1"
"""The trade movement of measures for exports only."""
STOPPED = "1"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TariffRow:
    """A row of a tariff's file. measure: the number of the measure that it comes from."""

    tax: str
    goods: str
    rate: str
    span: Span
    preference: str
    additional: str
    quota: str
    measure: str

    @property
    def key(self) -> tuple[str, ...]:
        """What no two rows share on one day, as tariff.Measure.key."""
        return (self.tax, self.goods, self.span.origin, self.preference, self.additional, self.quota)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A measure, or what of it, that is not in the rows."""

    measure: str
    type: str
    goods: str
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Made:
    """A tariff.

    conditions: by measure in the rows, its conditions, such as certificates: no row holds them.
    """

    rows: tuple[TariffRow, ...]
    left_out: tuple[LeftOut, ...]
    conditions: Mapping[str, str]


def tariff_of(holdings: Holdings, law: TaxLaw, lines: Iterable[GoodsLine]) -> Made:
    """The rows that the measures come to, by tax and goods, and what is left out. lines: the nomenclature."""
    making = _Making(holdings, law, lines)
    rows: list[TariffRow] = []
    left_out: list[LeftOut] = []
    for measure in holdings.all("measure"):
        made = making.rows_of(measure)
        if isinstance(made, Refusal):
            left_out.append(_left_out(measure, made))
        else:
            rows += made
    every = {tax.code for tax in law.taxes if tax.every}
    kept, doubled = _once_a_day(rows, every)
    types = {each["measure.sid"]: each for each in holdings.all("measure")} if doubled else {}
    left_out += [_left_out(types[row.measure], refusal) for row, refusal in doubled]
    order = {tax.code: place for place, tax in reversed(list(enumerate(law.taxes)))}
    kept.sort(key=lambda row: (order[row.tax], *row.key[1:], row.span.begins))
    told = {row.measure for row in kept}
    conditions = {sid: text for sid, text in making.conditions.items() if sid in told}
    return Made(tuple(kept), tuple(left_out), conditions)


class _Making:
    """What measures refer to, by their numbers."""

    def __init__(self, holdings: Holdings, law: TaxLaw, lines: Iterable[GoodsLine]) -> None:
        self.law = law
        self.areas = Areas(holdings, law)
        self.odd = {line.sid for line in lines if line.is_odd}
        self.suffixes = {
            each["goods.nomenclature.sid"]: each["producline.suffix"]
            for each in holdings.all("goods.nomenclature")
        }
        self.exports = {
            each["measure.type.id"]
            for each in holdings.all("measure.type")
            if each["trade.movement.code"] == EXPORT
        }
        self.components: dict[str, list[DutyComponent]] = defaultdict(list)
        for each in holdings.all("measure.component"):
            self.components[each["measure.sid"]].append(
                DutyComponent(
                    each["duty.expression.id"],
                    each["duty.amount"],
                    each["monetary.unit.code"],
                    each["measurement.unit.code"],
                    each["measurement.unit.qualifier.code"],
                )
            )
        self.excluded: dict[str, list[str]] = defaultdict(list)
        for each in holdings.all("measure.excluded.geographical.area"):
            self.excluded[each["measure.sid"]].append(each["excluded.geographical.area"])
        self.conditions, self.levied = _conditions(holdings)
        self.ends = _regulation_ends(holdings)
        self._rates: dict[tuple[DutyComponent, ...], str | Refusal] = {}

    def rows_of(self, measure: Mapping[str, str]) -> list[TariffRow] | Refusal:
        sid = measure["measure.sid"]
        taken = self.law.measure_types.get(measure["measure.type"])
        if taken is None:
            what = f"Type {measure['measure.type']} is no tax of {self.law.member}."
            return Refusal("TX07", what, "Name it under [[taric]] of the law if it is one.", "measure.type")
        days = self._days(measure)
        if isinstance(days, Refusal):
            return days
        if refusal := self._goods_refusal(measure):
            return refusal
        if sid in self.levied:
            what = f"Its rate hangs on conditions: {self.conditions[sid]}."
            return Refusal("TX10", what, "Write its rates by hand, such as an entry price.", "conditions")
        rate = self._rate(tuple(self.components.get(sid, ())))
        if isinstance(rate, Refusal):
            return rate
        spans = self.areas.spans(
            measure["geographical.area"], tuple(sorted(self.excluded.get(sid, ()))), *days
        )
        if isinstance(spans, Refusal):
            return spans
        additional = measure["additional.code.type"] + measure["additional.code"]
        goods = digits_of(measure["goods.nomenclature.item.id"])
        quota = measure["ordernumber"]
        return [
            TariffRow(taken.tax, goods, rate, span, taken.preference, additional, quota, sid)
            for span in spans
        ]

    def _days(self, measure: Mapping[str, str]) -> tuple[date, date] | Refusal:
        if measure["measure.type"] in self.exports or measure["stopped.flag"] == STOPPED:
            what = "It is stopped." if measure["stopped.flag"] == STOPPED else "It is of exports."
            return Refusal("TX11", what, "Nothing needs to be done.", "measure")
        regulation = (
            measure["measure.generating.regulation.role"],
            measure["measure.generating.regulation.id"],
        )
        end = measure["validity.end.date"] or self.ends.get(regulation, "")
        begins = date.fromisoformat(measure["validity.start.date"])
        ends = date.fromisoformat(end) if end else LAST_DAY
        if ends < begins:
            what = f"It ends on {ends}, before it begins on {begins}."
            return Refusal(
                "TX11", what, "Nothing needs to be done if it was taken back.", "validity.end.date"
            )
        return begins, ends

    def _goods_refusal(self, measure: Mapping[str, str]) -> Refusal | None:
        code, sid = measure["goods.nomenclature.item.id"], measure["goods.nomenclature.sid"]
        if not code:
            what = "It is of no goods, only of an additional code."
            cure = "Write it under [[agricultural]] of the law if it is a component."
            return Refusal("TX09", what, cure, "goods.nomenclature.item.id")
        if self.suffixes and self.suffixes.get(sid, GOODS_SUFFIX if not sid else "") != GOODS_SUFFIX:
            suffix = self.suffixes.get(sid)
            what = f"{code} has the suffix {suffix}." if suffix else f"{code} is not in the nomenclature."
            cure = f"Only lines of suffix {GOODS_SUFFIX} are goods; read the envelope with the line first."
            return Refusal("TX09", what, cure, "goods.nomenclature.sid")
        if sid in self.odd:
            what = f"Lines below {code} do not begin with its digits."
            return Refusal("TX09", what, "Write a row for each of those lines.", "goods.nomenclature.sid")
        return None

    def _rate(self, components: tuple[DutyComponent, ...]) -> str | Refusal:
        if not components:
            return Refusal("TX05", "It has no component.", "Ask the sender for its rate.", "components")
        if components not in self._rates:
            self._rates[components] = compose(components)
        return self._rates[components]


def _conditions(holdings: Holdings) -> tuple[dict[str, str], set[str]]:
    """By measure: its conditions in words; and those whose rate hangs on them."""
    texts: dict[str, str] = {}
    measures: dict[str, str] = {}
    for each in holdings.all("measure.condition"):
        sid, certificate = each["measure.sid"], each["certificate.type.code"] + each["certificate.code"]
        text = f"{each['condition.code']} {certificate}".rstrip()
        told = texts.get(sid, "").split(", ") if sid in texts else []
        texts[sid] = ", ".join(dict.fromkeys((*told, text)))
        measures[each["measure.condition.sid"]] = sid
    levied = {
        measures[each["measure.condition.sid"]]
        for each in holdings.all("measure.condition.component")
        if each["measure.condition.sid"] in measures
    }
    return texts, levied


def _regulation_ends(holdings: Holdings) -> dict[tuple[str, str], str]:
    """The last day of regulations that have one; the earlier of two."""
    found = {}
    for kind in ("base.regulation", "modification.regulation"):
        for each in holdings.all(kind):
            ends = [day for day in (each["effective.end.date"], each["validity.end.date"]) if day]
            if ends:
                found[each[f"{kind}.role"], each[f"{kind}.id"]] = min(ends)
    return found


def _once_a_day(
    rows: Iterable[TariffRow], every: set[str]
) -> tuple[list[TariffRow], list[tuple[TariffRow, Refusal]]]:
    """Rows of which none says otherwise than another on one day, and the others; taxes in `every` may."""
    kept: list[TariffRow] = []
    doubled: list[tuple[TariffRow, Refusal]] = []
    by_key: dict[tuple[str, ...], list[TariffRow]] = defaultdict(list)
    for row in rows:
        if row.tax in every:
            kept.append(row)
        else:
            by_key[row.key].append(row)
    for alike in by_key.values():
        if len(alike) == 1:
            kept += alike
            continue
        alike.sort(key=lambda row: (row.span.is_member, row.span.begins, int(row.measure)))
        taken: list[TariffRow] = []
        for row in alike:
            parts = [row]
            if row.span.is_member:
                for own in (each for each in taken if not each.span.is_member):
                    parts = [left for part in parts for left in _without(part, own.span)]
            for part in parts:
                other = next((each for each in taken if _overlap(each.span, part.span)), None)
                if other is None:
                    taken.append(part)
                else:
                    first = max(other.span.begins, part.span.begins)
                    what = f"Measure {other.measure} says what {part.span.origin} pays on {first} as well."
                    cure = "Ask the sender which one holds; write that row by hand."
                    doubled.append((part, Refusal("TX12", what, cure, "validity.start.date")))
        kept += taken
    return kept, doubled


def _overlap(one: Span, other: Span) -> bool:
    return one.begins <= other.ends and other.begins <= one.ends


def _without(row: TariffRow, days: Span) -> list[TariffRow]:
    """A row on its other days."""
    if not _overlap(row.span, days):
        return [row]
    parts = []
    if row.span.begins < days.begins:
        parts.append(replace(row, span=replace(row.span, ends=days.begins - _DAY)))
    if days.ends < row.span.ends:
        parts.append(replace(row, span=replace(row.span, begins=days.ends + _DAY)))
    return parts


def _left_out(measure: Mapping[str, str], refusal: Refusal) -> LeftOut:
    return LeftOut(
        measure["measure.sid"], measure["measure.type"], measure["goods.nomenclature.item.id"], refusal
    )
