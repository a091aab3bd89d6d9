"""A tariff as dated data: which measures there are, and which of them are for these goods on this day.

    CSV ──read_tariff──▶ Tariff ──measures──▶ tuple[Measure, …]

A measure is a rate of one tax for all goods whose code begins with its own, of an origin, between two dates;
some must be claimed by preference, by quota or by additional code. Of a tax that charges one measure, the one
nearest to the goods counts: what was claimed before what is normal, then the longest code, then a country
before a group before every origin.

Columns of the file, in any order: tax, goods, rate; and, empty or left out if there is nothing to say, origin
(every one), excluded (countries, separated by blanks), valid_from, valid_to, preference, additional, quota.
Goods are 2 to 12 digits, or nothing: all goods.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise

from tasviya.core.errors import OperatorError, Refusal
from tasviya.customs.csv_table import DATE_CURE, ECHO, Columns, Row, read_date, read_table, whole
from tasviya.customs.duty_expression import Expression, parse
from tasviya.customs.tax_law import EVERY_ORIGIN, FIRST_DAY, LAST_DAY, Tax, TaxLaw

TARIFF_CODES: Mapping[str, str] = {
    "TF01": "the file is no table with the columns tax, goods and rate",
    "TF02": "a row's tax is not of the member's law",
    "TF03": "a row's goods are no code",
    "TF04": "a row's origin is no country and no group of the law",
    "TF05": "a row's dates are none, or not in order",
    "TF06": "two rows say different things of the same goods on the same days",
}
NEEDED = ("tax", "goods", "rate")
COLUMNS = (*NEEDED, "origin", "excluded", "valid_from", "valid_to", "preference", "additional", "quota")
TARIFF_FILE = Columns(NEEDED, COLUMNS[len(NEEDED) :], "TF01", "TF01")
_GOODS = re.compile(r"([0-9]{2,12})?")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Measure:
    """A rate of a tax for some goods. row: the line of its file, for errors and explanations."""

    tax: str
    goods: str
    rate: Expression
    origin: str = EVERY_ORIGIN
    excluded: frozenset[str] = frozenset()
    begins: date = FIRST_DAY
    ends: date = LAST_DAY
    preference: str = ""
    additional: str = ""
    quota: str = ""
    row: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """What no two measures share on one day."""
        return (self.tax, self.goods, self.origin, self.preference, self.additional, self.quota)


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose measures are looked for: goods by their digits, of an origin, on a day, with what is claimed."""

    goods: str
    origin: str
    day: date
    preference: str = ""
    additional: frozenset[str] = frozenset()
    quota: str = ""


class Tariff:
    """A member's measures and the law that they belong to."""

    def __init__(self, law: TaxLaw, measures: Sequence[Measure]) -> None:
        self.law = law
        self.measures = tuple(measures)
        self._by_goods: dict[tuple[str, str], list[Measure]] = defaultdict(list)
        for measure in measures:
            self._by_goods[measure.tax, measure.goods].append(measure)

    def of(self, tax: Tax, claim: Claim) -> tuple[Measure, ...] | Refusal:
        """The measures of a tax that are charged: none, one, or as many as apply if it charges every one.

        Refused if goods need an additional code, or if two measures are equally near.
        """
        could = [each for each in self._about(tax.code, claim) if self._is_open_to(each, claim)]
        found = [each for each in could if each.additional in ("", *claim.additional)]
        if could and not found:
            codes = ", ".join(sorted({each.additional for each in could}))
            what = f"{tax.name} of {claim.goods} depends on an additional code, and none of them is given."
            return Refusal("CD04", what, f"Give one of {codes}.", "additional")
        if tax.every:
            return tuple(found)
        found.sort(key=self._nearness, reverse=True)
        if len(found) > 1 and self._nearness(found[0]) == self._nearness(found[1]):
            what = f"Rows {found[0].row} and {found[1].row} of the tariff are equally near to {claim.goods}."
            return Refusal("TF06", what, "Take one of them out, or date them one after the other.", tax.code)
        return tuple(found[:1])

    def known(self, goods: str) -> bool:
        """Whether some measure names these goods, or goods of which they are a part."""
        return any(
            (tax.code, goods[:size]) in self._by_goods for tax in self.law.taxes for size in range(2, 13)
        )

    def _about(self, tax: str, claim: Claim) -> Iterator[Measure]:
        for size in range(len(claim.goods) + 1):
            for each in self._by_goods.get((tax, claim.goods[:size]), ()):
                if each.begins <= claim.day <= each.ends:
                    yield each

    def _is_open_to(self, measure: Measure, claim: Claim) -> bool:
        return (
            measure.preference in ("", claim.preference)
            and measure.quota in ("", claim.quota)
            and claim.origin not in measure.excluded
            and self.law.has_origin(claim.origin, measure.origin)
        )

    def _nearness(self, measure: Measure) -> tuple[bool, bool, int, bool, int]:
        """The greater, the nearer."""
        origin = 0 if measure.origin == EVERY_ORIGIN else 1 if measure.origin in self.law.groups else 2
        return (
            bool(measure.quota),
            bool(measure.preference),
            len(measure.goods),
            bool(measure.additional),
            origin,
        )


def read_tariff(text: str, law: TaxLaw, where: str) -> Tariff:
    """The measures in a CSV file's text.

    Raises: OperatorError with the line and the column at the first row that does not hold.
    """
    measures = [measure_of(row, law, where) for row in read_table(text, TARIFF_FILE, where).rows]
    for refusal in doubled(measures, law, where):
        raise OperatorError(refusal.reason, refusal.what, refusal.cure, refusal.where)
    return Tariff(law, measures)


def doubled(measures: Sequence[Measure], law: TaxLaw, where: str) -> Iterator[Refusal]:
    """Measures that say different things of the same goods on one day: TF06 with the later one's line."""
    by_key: dict[tuple[str, ...], list[Measure]] = defaultdict(list)
    every = {tax.code for tax in law.taxes if tax.every}
    for measure in measures:
        if measure.tax not in every:
            by_key[measure.key].append(measure)
    for alike in by_key.values():
        alike.sort(key=lambda each: each.begins)
        for one, other in pairwise(alike):
            if other.begins <= one.ends:
                what = (
                    f"Rows {one.row} and {other.row} are of the same goods and both hold on {other.begins}."
                )
                cure = "End the first before the second begins."
                yield Refusal("TF06", what, cure, f"{where}:{other.row}")


_rate = cache(parse)


def measure_of(row: Row, law: TaxLaw, where: str) -> Measure:
    """The measure in a row of a file. Raises: OperatorError with the line and the column."""

    def text(name: str) -> str:
        return row.cells.get(name, "")

    def at(column: str) -> str:
        return f"{where}:{row.line} {column}"

    if not row.is_short:
        whole(row, TARIFF_FILE, where)
    tax, goods, origin = text("tax"), text("goods"), text("origin") or EVERY_ORIGIN
    if tax not in (taxes := tuple(dict.fromkeys(each.code for each in law.taxes))):
        what = f"{tax!r} is no tax of {law.member}."
        raise OperatorError("TF02", what, f"Write one of {', '.join(taxes)}.", at("tax"))
    if not _GOODS.fullmatch(goods):
        cure = "Write 2 to 12 digits, leading zeros included, or nothing for all goods."
        raise OperatorError("TF03", f"{goods!r} is no code of goods.", cure, at("goods"))
    excluded = text("excluded").split()
    for country in (origin, *excluded):
        if not (_COUNTRY.fullmatch(country) or country in law.groups or country == origin == EVERY_ORIGIN):
            cure = "Write two letters, a name under [groups] of the law, or * for every origin."
            raise OperatorError("TF04", f"{country!r} is no country and no group.", cure, at("origin"))
    rate = _rate(text("rate"))
    if isinstance(rate, Refusal):
        place = at(f"rate, character {rate.where}")
        raise OperatorError(rate.reason, rate.what, rate.cure, place)
    days = []
    for name, default in (("valid_from", FIRST_DAY), ("valid_to", LAST_DAY)):
        day = read_date(text(name)) if text(name) else default
        if day is None:
            raise OperatorError("TF05", f"{text(name)[:ECHO]!r} is no date.", DATE_CURE, at(name))
        days.append(day)
    begins, ends = days
    if ends < begins:
        what = f"It ends on {ends}, before it begins."
        raise OperatorError("TF05", what, "Put the dates in order.", at("valid_to"))
    shut = frozenset(each for name in excluded for each in law.groups.get(name, (name,)))
    return Measure(
        tax,
        goods,
        rate,
        origin,
        shut,
        begins,
        ends,
        text("preference"),
        text("additional"),
        text("quota"),
        row.line,
    )
