"""A CSV file as a table with columns that are known: the checks that all files of the customs room share.

    text ──read_table──▶ Table: heading, rows with their line, and of a row that does not fit, why

Names of columns may stand in any order and in capitals, each once; blanks around names and cells do not
count; empty lines are skipped. A heading that does not hold stops the file. A row that does not fit is
given with its fault, and the caller decides what that comes to.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO

from tasviya.core.errors import OperatorError

ECHO = 40
"""Characters of a cell that an error repeats."""
DATE_CURE = "Write it as yyyy-mm-dd."


@dataclass(frozen=True, slots=True)
class Row:
    """A row. line: of the file, its last one. cells: by column. given: as they stand. fault: "" if it fits.

    is_short: it has fewer cells than the heading; those that are missing are not in `cells`.
    """

    line: int
    cells: Mapping[str, str]
    given: tuple[str, ...]
    fault: str = ""
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A file. heading: the names of its columns as they stand there."""

    heading: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """What columns a file has, and what its faults are called.

    heading_code: of a heading that does not hold. row_code: of a row that is no CSV or does not fit.
    """

    needed: Sequence[str]
    optional: Sequence[str]
    heading_code: str
    row_code: str


def read_table(text: str, columns: Columns, where: str) -> Table:
    """The rows of a file's text.

    Raises: OperatorError with the line if the heading does not hold, or a line is no CSV.
    """
    reader = csv.reader(StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    rows: list[Row] = []
    try:
        heading = tuple(name.strip() for name in next(reader, []))
        names = [name.lower() for name in heading]
        _check(names, columns, where)
        for given in reader:
            if not given:
                continue
            cells = {name: cell.strip() for name, cell in zip(names, given, strict=False)}
            fault = (
                "" if len(given) == len(names) else f"It has {len(given)} cells, the heading {len(names)}."
            )
            rows.append(Row(reader.line_num, cells, tuple(given), fault, len(given) < len(names)))
    except csv.Error as error:
        cure = "Write cells with commas between them; close every quotation mark."
        place = f"{where}:{reader.line_num}"
        raise OperatorError(columns.row_code, f"It is no CSV: {error}.", cure, place) from None
    return Table(heading, tuple(rows))


def whole(row: Row, columns: Columns, where: str) -> Row:
    """The row, if it has a cell for every column.

    Raises: OperatorError.
    """
    if row.fault:
        cure = "Give every column one cell; quote cells with commas."
        raise OperatorError(columns.row_code, row.fault, cure, f"{where}:{row.line}")
    return row


def read_date(text: str) -> date | None:
    """A day, or None if the text is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _check(names: Sequence[str], columns: Columns, where: str) -> None:
    known = (*columns.needed, *columns.optional)
    wrong = [name for name in names if name not in known or names.count(name) > 1]
    wrong += [name for name in columns.needed if name not in names]
    if wrong:
        told = ", ".join(repr(name) for name in dict.fromkeys(wrong))
        optional = f", and {', '.join(columns.optional)} if you like" if columns.optional else ""
        cure = f"Name the columns {', '.join(columns.needed)}{optional}, once each."
        what = f"Missing, twice or unknown: {told:.80}."
        raise OperatorError(columns.heading_code, what, cure, f"{where}:1")
