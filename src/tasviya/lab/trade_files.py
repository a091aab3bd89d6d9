"""Trade of several years, from files as they are published, the user's own or the package's.

    exporter,importer,year,exports_musd      a row a flow and year; also trade, usd, usd_thousand, usd_million
    iso_o,iso_d,flow                         a row a flow, of one year; the file's name may say of which
    region,exporter,importer,1986,1987,…     the package's panel: a column a year, thousands of dollars

States are called what the file calls them. Trade within a state is left out; values are rounded to the US
dollar. A flow of zero says that the state has figures; one that is not there says nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from tasviya.core.errors import OperatorError
from tasviya.lab import figures
from tasviya.lab.figures import TradeMatrix
from tasviya.lab.given_figures import need, number, read_table

EXPORTER, IMPORTER = ("exporter", "iso_o"), ("importer", "iso_d")
VALUES = {
    "usd": 1,
    "usd_thousand": 1_000,
    "usd_million": 1_000_000,
    "exports_musd": 1_000_000,
    "trade": 1_000_000,
    "flow": 1_000_000,
}
"""Columns that may carry a flow's value, and how many US dollars one is."""

REGIONS_2009, PANEL = "trade_regions_2009", "trade_panel_1986_2006"

Flows = Mapping[tuple[str, str], int]
"""US dollars by (exporter, importer)."""


@dataclass(frozen=True, slots=True)
class TradeYears:
    """What states sell each other, by year."""

    name: str
    source: str
    flows: Mapping[int, Flows]
    """By year; under ANY_YEAR what may be of any."""

    def matrix(self, year: int) -> TradeMatrix | None:
        """A year's trade, if it has it."""
        usd = self.flows.get(year) or self.flows.get(ANY_YEAR)
        return TradeMatrix(self.name, str(year), self.source, usd) if usd else None

    @property
    def years(self) -> list[int]:
        """The years that it has."""
        return sorted(year for year in self.flows if year != ANY_YEAR)


ANY_YEAR = 0


def read_trade(path: Path, wanted: Collection[int] | None = None) -> list[TradeYears]:
    """A file's trade, or that of every file of trade in a folder, by name.

    wanted: years that are read; all if None.
    Raises: OperatorError.
    """
    if not path.is_dir():
        return [_read_file(path, wanted)]
    found = [
        _read_file(file, wanted)
        for file in sorted(path.iterdir())
        if file.name.endswith((".csv", ".csv.gz")) and _has_trade(file)
    ]
    if not found:
        what = f"{path} has no file of trade: columns {', '.join(_COLUMNS)}."
        raise OperatorError("LB05", what, "Name a folder or a file that has.", str(path))
    return found


@cache
def shipped() -> tuple[TradeYears, ...]:
    """The trade figures that come with the package."""
    of_2015 = figures.trade_matrix("trade_2015")
    head, rows = _shipped_rows(REGIONS_2009)
    cross_section = {(row["exporter"], row["importer"]): int(row["usd_thousand"]) * 1000 for row in rows}
    panel_head, rows = _shipped_rows(PANEL)
    panel: dict[str, dict[int, dict[tuple[str, str], int]]] = {}
    for row in rows:
        # Between its regions the panel has nothing, so none is ever read together with another.
        within, pair = panel.setdefault(row.pop("region"), {}), (row.pop("exporter"), row.pop("importer"))
        for year, value in row.items():
            if value:
                within.setdefault(int(year), {})[pair] = int(value) * 1000
    return (
        *(TradeYears(PANEL, panel_head, flows) for flows in panel.values()),
        TradeYears(REGIONS_2009, head, {2009: cross_section}),
        TradeYears("trade_2015", of_2015.source, {2015: of_2015.usd}),
    )


def _read_file(file: Path, wanted: Collection[int] | None) -> TradeYears:
    columns, rows = read_table(file, "data")
    exporter, importer, value = (_one_of(columns, names) for names in (EXPORTER, IMPORTER, tuple(VALUES)))
    need(file, columns, (exporter or "exporter", importer or "importer", value or "usd_million"))
    named = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", file.name)
    of_all = int(named[0]) if named else ANY_YEAR
    by_year: dict[int, dict[tuple[str, str], int]] = {}
    for place, row in rows:
        year = _year(row["year"], f"{place}, year") if "year" in columns else of_all
        if wanted is not None and year not in wanted and year != ANY_YEAR:
            continue
        pair = row[exporter].strip(), row[importer].strip()
        if not all(pair):
            name = importer if pair[0] else exporter
            raise OperatorError("LB08", "A state is missing.", "Name it.", f"{place}, {name}")
        flows = by_year.setdefault(year, {})
        if pair in flows:
            what = f"{pair[0]} to {pair[1]} is there twice."
            raise OperatorError("LB09", what, "Give each flow once a year.", place)
        flows[pair] = round(number(row[value], f"{place}, {value}") * VALUES[value])
    abroad = {
        year: {pair: usd for pair, usd in flows.items() if pair[0] != pair[1]}
        for year, flows in by_year.items()
    }
    return TradeYears(file.name, f"The file {file}.", abroad)


_COLUMNS = ("exporter", "importer", "year", "usd_million")


def _has_trade(file: Path) -> bool:
    columns, _ = read_table(file, "data")
    return all(_one_of(columns, names) for names in (EXPORTER, IMPORTER, tuple(VALUES)))


def _one_of(columns: Collection[str], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in columns), "")


def _year(text: str, place: str) -> int:
    if not re.fullmatch(r"\d{4}", text.strip()) or not int(text):
        raise OperatorError("LB07", f"{text!r} is no year.", "Write years as 2015.", place)
    return int(text)


def _shipped_rows(name: str) -> tuple[str, list[dict[str, str]]]:
    text = files("tasviya.lab").joinpath("data", f"{name}.csv").read_text(encoding="utf-8").splitlines()
    head = " ".join(line[1:].strip() for line in text if line.startswith("#"))
    return head, list(csv.DictReader(line for line in text if not line.startswith("#")))
