"""Rates and trade flows from a user's own files, in the forms in which they are published.

    date,CNY,RUB,…            units of each currency for one euro, a day a row; USD must be among them
    exporter,importer,usd     a year's exports; or usd_thousand, usd_million. States by ISO 3166 codes of
                              two or three letters

Lines that begin with # are comments; a file may be packed by gzip. A rate that is not there is an error,
never a 1.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from tasviya.core.errors import OperatorError
from tasviya.lab.figures import Rates, TradeMatrix

UNITS = {"usd": 1, "usd_thousand": 1_000, "usd_million": 1_000_000}
"""Columns that may carry the value of a flow, and how many US dollars one is."""

Place = str
"""A file and a line, for whoever has to correct it."""
GZIP = b"\x1f\x8b"
LARGEST = 1 << 28
"""How many bytes a packed file may unpack to."""


def read_rates(file: Path, day: str | None = None) -> Rates:
    """The rates of a day in a file of daily rates; of its last day if none is named.

    Raises: OperatorError.
    """
    columns, rows = read_table(file, "rates")
    need(file, columns, ("date", "USD"))
    chosen = None
    for place, row in rows:
        if day is None or row["date"] == day:
            chosen = place, row
    if chosen is None:
        raise OperatorError("LB03", f"{file} has no rates of {day or 'any day'}.", "Name a day that it has.")
    place, row = chosen
    try:
        that_day = date.fromisoformat(row["date"])
    except ValueError:
        raise OperatorError(
            "LB07", f"{row['date']!r} is no date.", "Write dates as 2026-09-29.", f"{place}, date"
        ) from None
    per_eur = {"EUR": Fraction(1)}
    for code in columns:
        if code == "date" or not row[code].strip():
            continue  # a currency without a figure has no rate that day, and says so when it is asked for
        value = number(row[code], f"{place}, {code}")
        if not value:
            raise OperatorError(
                "LB07", f"The rate of {code} is 0.", "Leave it empty if there is none.", place
            )
        per_eur[code] = value
    if "USD" not in per_eur:
        what = f"There is no rate of USD on {that_day}, and flows are given in it."
        raise OperatorError("LB04", what, "Choose a day that has one.", place)
    per_usd = {code: rate / per_eur["USD"] for code, rate in per_eur.items()}
    return Rates(that_day, f"The file {file}.", per_usd, place)


def read_flows(file: Path) -> TradeMatrix:
    """A year's trade flows in a file.

    Raises: OperatorError.
    """
    columns, rows = read_table(file, "flows")
    unit = next((name for name in UNITS if name in columns), None)
    need(file, columns, ("exporter", "importer", unit or "usd"))
    usd: dict[tuple[str, str], int] = {}
    for place, row in rows:
        exporter, importer = (_state(row[name], f"{place}, {name}") for name in ("exporter", "importer"))
        if (exporter, importer) in usd:
            what = f"{exporter} to {importer} is there twice."
            raise OperatorError("LB09", what, "Give each flow once.", place)
        usd[exporter, importer] = round(number(row[unit or "usd"], f"{place}, {unit}") * UNITS[unit or "usd"])
    return TradeMatrix(file.name, "the file's year", f"The file {file}.", usd)


def currency_of(state: str) -> str:
    """The currency in which a state pays.

    state: ISO 3166 alpha-2.
    """
    return _states()[state][1]


def _state(text: str, place: Place) -> str:
    known = _states().get(text.strip().upper())
    if known is None:
        cure = (
            "Use a code of ISO 3166, such as KZ or KAZ; lab/data/states.csv lists the states that are known."
        )
        raise OperatorError("LB08", f"{text!r} is no state that the lab knows.", cure, place)
    return known[0]


@cache
def _states() -> dict[str, tuple[str, str]]:
    """Two letters and the currency, by either code."""
    text = files("tasviya.lab").joinpath("data", "states.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    return {row[code]: (row["alpha2"], row["currency"]) for row in rows for code in ("alpha2", "alpha3")}


def read_table(file: Path, what: str) -> tuple[list[str], Iterator[tuple[Place, dict[str, str]]]]:
    """A file's columns, and its rows with their places; the file may be packed by gzip.

    Raises: OperatorError.
    """
    try:
        raw = file.read_bytes()
        if raw.startswith(GZIP):
            raw = _unpacked(raw)
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else _reason(error)
        cure = f"Name a CSV file of {what}, or leave --{what} out to use those of the package."
        raise OperatorError("LB05", f"{file} cannot be read: {reason}.", cure, str(file)) from None
    lines = [(place, line) for place, line in enumerate(text.splitlines(), 1) if line and line[0] != "#"]
    reader = csv.reader(line for _, line in lines)
    columns = [name.strip() for name in next(reader, [])]

    def rows() -> Iterator[tuple[Place, dict[str, str]]]:
        for (line_number, _), values in zip(lines[1:], reader, strict=False):
            place = f"{file}, line {line_number}"
            if len(values) != len(columns):
                what = f"It has {len(values)} fields, the heading {len(columns)}."
                raise OperatorError("LB06", what, "Give each line a field a column.", place)
            yield place, dict(zip(columns, values, strict=True))

    return columns, rows()


def _unpacked(raw: bytes) -> bytes:
    with gzip.open(BytesIO(raw)) as packed:
        unpacked = packed.read(LARGEST + 1)
    if len(unpacked) > LARGEST:
        raise OSError(f"it unpacks to more than {LARGEST:,} bytes")
    return unpacked


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).rstrip(".")


def need(file: Path, columns: list[str], wanted: tuple[str, ...]) -> None:
    """Refuse a file without some columns.

    Raises: OperatorError.
    """
    missing = [name for name in wanted if name not in columns]
    if missing:
        what = f"The column {missing[0]} is missing."
        cure = f"Give the columns {', '.join(wanted)}."
        raise OperatorError("LB06", what, cure, f"{file}, line 1")


def number(text: str, place: Place) -> Fraction:
    """A figure that is not below zero.

    Raises: OperatorError.
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value < Decimal("1e18") or (value and value < Decimal("1e-18")):
        raise OperatorError("LB07", f"{text!r} is no figure of zero or more.", "Correct it.", place)
    return Fraction(value)
