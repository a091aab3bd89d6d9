"""Regions whose netting the lab shows, and the obligations that their trade comes to.

    region("acu")  ─▶ members, a year ─▶ choose(trade, …) ─▶ Chosen: a matrix, its members, who has no figures
                                                       └─▶ obligations(…): who buys owes who sells

A state may be named by its codes of ISO 3166 or as published figures call it; the figures decide how it is
shown. Of several files, the one that knows most of the members in that year is taken.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tasviya.core.errors import OperatorError
from tasviya.lab.figures import TradeMatrix
from tasviya.lab.trade_files import TradeYears

ALL = "*"


@dataclass(frozen=True, slots=True)
class Region:
    """Some states and a year of their trade."""

    name: str
    year: int
    title: str
    members: tuple[str, ...]
    """ISO 3166 alpha-3, or ALL alone: every state that the figures have."""

    @property
    def everyone(self) -> bool:
        """Whether it is all that the figures have."""
        return self.members == (ALL,)


class StateNames:
    """What a matrix calls states."""

    def __init__(self, matrix: TradeMatrix) -> None:
        traded = dict.fromkeys(sorted(matrix.states), 0)
        for pair, usd in matrix.usd.items():
            for name in pair:
                traded[name] += usd
        self._traded = {name.casefold(): (name, usd) for name, usd in traded.items()}

    def of(self, text: str) -> str | None:
        """The name of a state in the matrix; None if it does not know it.

        Figures may have two names for one state; the one that trades more is meant.
        """
        spellings = (text.strip(), *_spellings().get(text.strip().casefold(), ()))
        names = [self._traded[each.casefold()] for each in spellings if each.casefold() in self._traded]
        return max(names, key=lambda known: known[1])[0] if names else None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A region's members in the figures that know most of them."""

    matrix: TradeMatrix
    members: tuple[str, ...]
    """As the figures call them, by name."""
    missing: tuple[str, ...]
    """Members without figures, as they were asked for."""
    names: StateNames


@cache
def regions(year: int | None = None) -> tuple[Region, ...]:
    """All regions; one that has several years is listed with each, its usual one first.

    year: all of them in another year, each once.
    """
    found = [
        Region(row["region"], year or int(row["year"]), row["title"], tuple(row["members"].split()))
        for row in _rows("regions.csv")
    ]
    return tuple(dict.fromkeys(found))


def region(text: str, year: int | None = None) -> Region:
    """A region by name, such as acu, or by name and year, such as epu-1955.

    year: another year of it.
    Raises: OperatorError if there is none of that name, or two years are named.
    """
    name, of_year = text.strip().lower(), year
    if match := re.fullmatch(r"(.+)-(\d{4})", name):
        name, of_year = match[1], int(match[2])
        if year not in (None, of_year):
            cure = "Name one year."
            raise OperatorError("LB12", f"{text} is of {of_year}, and --year says {year}.", cure, "--year")
    known = [each for each in regions() if each.name == name]
    if not known:
        names = ", ".join(dict.fromkeys(each.name for each in regions()))
        raise OperatorError("LB11", f"There is no region {text!r}.", f"Use one of {names}.", "--region")
    first = next((each for each in known if each.year == of_year), known[0])
    return Region(first.name, of_year or first.year, first.title, first.members)


def choose(trade: Sequence[TradeYears], wanted: Region) -> Chosen:
    """The figures that know most of a region's members in its year; of equals, the first.

    Raises: OperatorError if none knows two of them.
    """
    found: list[Chosen] = []
    for each in trade:
        matrix = each.matrix(wanted.year)
        if matrix:
            names = StateNames(matrix)
            placed = {text: names.of(text) for text in wanted.members}
            if wanted.everyone:
                members = tuple(sorted(matrix.states))
            else:
                members = tuple(sorted({name for name in placed.values() if name}))
            missing = () if wanted.everyone else tuple(text for text, name in placed.items() if not name)
            found.append(Chosen(matrix, members, missing, names))
    best = max(found, key=lambda each: len(each.members), default=None)
    if best is None or len(best.members) < 2:
        years = sorted({year for each in trade for year in each.years if _knows(each, year, wanted)})
        cure = f"Use a year among {_listed(years)}, or other figures by --data." if years else _NO_FIGURES
        raise OperatorError("LB12", f"No figures of {wanted.name} in {wanted.year} are at hand.", cure)
    return best


def obligations(chosen: Chosen, members: Iterable[str] | None = None) -> dict[tuple[str, str], int]:
    """What members owe each other for a year's trade: who buys owes who sells, US dollars."""
    within = frozenset(chosen.members if members is None else members)
    return {
        (importer, exporter): usd
        for (exporter, importer), usd in sorted(chosen.matrix.usd.items())
        if usd and exporter in within and importer in within
    }


_NO_FIGURES = "Give figures that have them by --data; `tasviya netting --list` shows what the package has."


def _knows(trade: TradeYears, year: int, wanted: Region) -> bool:
    matrix = trade.matrix(year)
    if matrix is None:
        return False
    names = StateNames(matrix)
    return wanted.everyone or sum(names.of(each) is not None for each in wanted.members) >= 2


def _listed(years: Sequence[int]) -> str:
    """Years in words, runs as 1986 to 2006."""
    runs: list[list[int]] = []
    for year in years:
        if runs and runs[-1][-1] == year - 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


@cache
def _spellings() -> Mapping[str, tuple[str, ...]]:
    """By every way to name a state, all the others."""
    ways: dict[str, list[str]] = {row["alpha3"]: row["names"].split("|") for row in _rows("state_names.csv")}
    for row in _rows("states.csv"):
        ways.setdefault(row["alpha3"], []).append(row["alpha2"])
    groups = [(alpha3, *names) for alpha3, names in ways.items()]
    return {name.casefold(): group for group in groups for name in group}


def _rows(file: str) -> Iterable[dict[str, str]]:
    text = files("tasviya.lab").joinpath("data", file).read_text(encoding="utf-8")
    return csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
