"""The figures the lab draws from, and where each comes from.

    trade_matrix("trade_2015")     goods exports between sixteen states, 2015
    rates("2026-09-29")            units of currency for one US dollar

Flows of one year meet rates of another: LABEL says so, and whatever shows them shows it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files

from tasviya.core.errors import OperatorError

MATRICES = ("trade_2015", "trade_south_east_asia")
RATE_DATES = ("2026-09-29",)


@dataclass(frozen=True, slots=True)
class TradeMatrix:
    """What states sell each other in a year."""

    name: str
    period: str
    source: str
    """The head of the file: what it holds and who published it."""
    usd: Mapping[tuple[str, str], int]
    """US dollars by (exporter, importer), ISO 3166 alpha-2."""

    @property
    def states(self) -> frozenset[str]:
        """The states it knows."""
        return frozenset(state for pair in self.usd for state in pair)


@dataclass(frozen=True, slots=True)
class Rates:
    """One day's indicative rates."""

    day: date
    source: str
    per_usd: Mapping[str, Fraction]
    """Units of each currency for one US dollar, exact quotients of what was published."""
    place: str = ""
    """The user's file they were read from, and the line; empty if they are the package's."""

    def of(self, currency: str) -> Fraction:
        """Units of a currency for one US dollar.

        Raises: OperatorError if there is no rate of it.
        """
        rate = self.per_usd.get(currency)
        if rate is None:
            what = f"There is no rate of {currency} on {self.day}."
            cure = f"Use currencies among {', '.join(sorted(self.per_usd))}."
            raise OperatorError("LB04", what, cure, self.place)
        return rate


@dataclass(frozen=True, slots=True)
class Company:
    """An invented company."""

    country: str
    town: str
    name: str


def trade_matrix(name: str) -> TradeMatrix:
    """A trade matrix by name.

    Raises: OperatorError if there is none of that name.
    """
    if name not in MATRICES:
        cure = f"Use one of {', '.join(MATRICES)}."
        raise OperatorError("LB01", f"There is no trade matrix {name!r}.", cure)
    period = {"trade_2015": "2015", "trade_south_east_asia": "a year around 2009"}[name]
    usd = {(row["exporter"], row["importer"]): int(row["usd"]) for row in data_rows(f"{name}.csv")}
    return TradeMatrix(name, period, _head(f"{name}.csv"), usd)


def matrix_for(members: Iterable[str]) -> TradeMatrix:
    """The first matrix that knows all of a union's members, else the one that knows most.

    Raises: OperatorError if none knows two of them.
    """
    wanted = frozenset(members)
    best = max((trade_matrix(name) for name in MATRICES), key=lambda each: len(each.states & wanted))
    if len(best.states & wanted) < 2:
        raise OperatorError(
            "LB02",
            f"No trade figures are at hand for the members {', '.join(sorted(wanted))}.",
            "Give the union members of an example, or write your own payment files.",
        )
    return best


@cache
def rates(name: str) -> Rates:
    """The rates of an ISO date.

    Raises: OperatorError if there are none of that date.
    """
    if name not in RATE_DATES:
        cure = f"Use those of {', '.join(RATE_DATES)}."
        raise OperatorError("LB03", f"There are no rates of {name!r}.", cure)
    per_eur = {row["currency"]: Fraction(Decimal(row["per_eur"])) for row in data_rows(f"rates_{name}.csv")}
    per_usd = {code: rate / per_eur["USD"] for code, rate in per_eur.items()}
    return Rates(date.fromisoformat(name), _head(f"rates_{name}.csv"), per_usd)


def label(matrix: TradeMatrix, day_rates: Rates) -> str:
    """What every page that shows a drawn day must say."""
    return (
        f"Trade flows of {matrix.period} meet indicative, not official, rates of {day_rates.day}; "
        "amounts are drawn. Banks, BICs and companies are fictitious; no institution is affiliated."
    )


@cache
def companies(country: str) -> tuple[Company, ...]:
    """The companies of a country; of any other country, a few whose names say so."""
    found = tuple(
        Company(row["country"], row["town"], row["name"])
        for row in data_rows("companies.csv")
        if row["country"] == country
    )
    return found or tuple(Company(country, "Capital", f"{country} Trading Company {n}") for n in range(1, 5))


@cache
def goods() -> tuple[tuple[str, str], ...]:
    """What is traded: headings of the Harmonized System and a short description."""
    return tuple((row["heading"], row["description"]) for row in data_rows("goods.csv"))


@cache
def sizes() -> tuple[int, ...]:
    """1,024 equally likely sizes of a payment about their average, in millionths of it."""
    return tuple(int(row["millionths"]) for row in data_rows("lognormal.csv"))


def _text(file: str) -> str:
    return files("tasviya.lab").joinpath("data", file).read_text(encoding="utf-8")


def data_rows(file: str) -> Iterable[dict[str, str]]:
    return csv.DictReader(line for line in _text(file).splitlines() if not line.startswith("#"))


def _head(file: str) -> str:
    lines = (line[1:].strip() for line in _text(file).splitlines() if line.startswith("#"))
    return " ".join(lines)
