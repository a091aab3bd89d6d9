"""Geographical areas of TARIC3 as a tariff's origins: groups become their members, each for its own days.

A measure is of every origin, of a country, or of a group; some countries or groups may be excluded. Members
join and leave: a measure of a group comes to one span of days for each stay of a member.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from tasviya.core.errors import Refusal
from tasviya.customs.formats.taric3 import Holdings
from tasviya.customs.tax_law import EVERY_ORIGIN, LAST_DAY, TaxLaw

EVERYBODY = "1011"
"""The area of every origin, erga omnes."""
_COUNTRY = re.compile(r"[A-Z]{2}")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """An origin for some days, both included. excluded: countries, if the origin is every one.

    is_member: it comes from a group; what is said of the country itself goes before it.
    """

    origin: str
    excluded: tuple[str, ...]
    begins: date
    ends: date
    is_member: bool = False


@dataclass(frozen=True, slots=True)
class _Stay:
    """A country in a group."""

    country: str
    begins: date
    ends: date


class Areas:
    """The areas of holdings, and what the law's own groups add."""

    def __init__(self, holdings: Holdings, law: TaxLaw) -> None:
        self._law = law
        self._sids: dict[str, str] = {}
        ids: dict[str, str] = {}
        for each in holdings.all("geographical.area"):
            self._sids[each["geographical.area.id"]] = each["geographical.area.sid"]
            ids[each["geographical.area.sid"]] = each["geographical.area.id"]
        self._stays: dict[str, list[_Stay]] = {}
        for each in holdings.all("geographical.area.membership"):
            country = ids.get(each["geographical.area.sid"], "")
            begins, ends = each["validity.start.date"], each["validity.end.date"]
            stay = _Stay(country, date.fromisoformat(begins), date.fromisoformat(ends) if ends else LAST_DAY)
            self._stays.setdefault(ids.get(each["geographical.area.group.sid"], ""), []).append(stay)
        self._known: dict[tuple[str, tuple[str, ...], date, date], tuple[Span, ...] | Refusal] = {}

    def spans(
        self, area: str, excluded: tuple[str, ...], begins: date, ends: date
    ) -> tuple[Span, ...] | Refusal:
        """What origins a measure has between two days. Refused with TX08 if an area is not known."""
        key = (area, excluded, begins, ends)
        if key not in self._known:
            self._known[key] = self._spans(*key)
        return self._known[key]

    def _spans(
        self, area: str, excluded: tuple[str, ...], begins: date, ends: date
    ) -> tuple[Span, ...] | Refusal:
        shut: list[_Stay] = []
        for each in excluded:
            found = self._of(each)
            if isinstance(found, Refusal):
                return found
            shut += found
        stays = [_Stay(EVERY_ORIGIN, begins, ends)] if area == EVERYBODY else self._of(area)
        if isinstance(stays, Refusal):
            return stays
        spans: list[Span] = []
        for first, last in _pieces(begins, ends, [*stays, *shut]):
            out = tuple(sorted({each.country for each in shut if each.begins <= first <= each.ends}))
            here = {each.country for each in stays if each.begins <= first <= each.ends}
            for country in sorted(here - set(out)):
                told = out if country == EVERY_ORIGIN else ()
                spans.append(Span(country, told, first, last, country not in (area, EVERY_ORIGIN)))
        return tuple(_joined(spans))

    def _of(self, area: str) -> list[_Stay] | Refusal:
        if _COUNTRY.fullmatch(area):
            return [_Stay(area, date.min, LAST_DAY)]
        if area in self._stays:
            bad = [each.country for each in self._stays[area] if not _COUNTRY.fullmatch(each.country)]
            if not bad:
                return self._stays[area]
            what = f"The area {area} has a member {bad[0]!r} that is no country here."
            return Refusal("TX08", what, "Read the envelope with that country first.", "geographical.area")
        if area in self._law.groups:
            return [_Stay(each, date.min, LAST_DAY) for each in sorted(self._law.groups[area])]
        cure = "Read the envelope with its members first, or name it under [groups] of the law."
        return Refusal("TX08", f"The area {area} has no members.", cure, "geographical.area")


def _pieces(begins: date, ends: date, stays: list[_Stay]) -> list[tuple[date, date]]:
    """Spans of days within which nobody joins or leaves."""
    starts = {begins}
    for each in stays:
        if begins < each.begins <= ends:
            starts.add(each.begins)
        if begins <= each.ends < ends:
            starts.add(each.ends + _DAY)
    ordered = sorted(starts)
    return [*((first, then - _DAY) for first, then in pairwise(ordered)), (ordered[-1], ends)]


def _joined(spans: list[Span]) -> list[Span]:
    """Spans that say the same and follow each other, as one."""
    open_spans: dict[tuple[str, tuple[str, ...]], Span] = {}
    found: list[Span] = []
    for each in spans:
        key = (each.origin, each.excluded)
        before = open_spans.get(key)
        if before and before.ends + _DAY == each.begins:
            each = Span(each.origin, each.excluded, before.begins, each.ends, each.is_member)
        elif before:
            found.append(before)
        open_spans[key] = each
    return sorted([*found, *open_spans.values()], key=lambda each: (each.origin, each.begins))
