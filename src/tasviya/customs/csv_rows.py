"""The lines of a CSV file with their numbers, every mistake with its place.

The first line names columns; every other has a cell for each. Empty lines are left out.
"""

from __future__ import annotations

import csv
from io import StringIO

from tasviya.core.errors import OperatorError


def rows_of(raw: bytes, where: str, code: str) -> list[tuple[int, list[str]]]:
    """The heading and the lines of a file, each with its line number. code: what errors are called.

    Raises: OperatorError if it is not UTF-8, no CSV or empty, or a line has not one cell a column.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"Byte {error.start + 1:,} is not UTF-8."
        raise OperatorError(code, what, "Save the file as UTF-8.", f"{where}:{line}") from None
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        place = f"{where}:{reader.line_num}"
        raise OperatorError(code, f"It is no CSV: {error}.", "Mend that line.", place) from None
    if not rows:
        raise OperatorError(code, "The file is empty.", "Give a heading and lines.", where)
    columns = len(rows[0][1])
    for line, cells in rows:
        if len(cells) != columns:
            what = f"It has {len(cells)} cells, the heading {columns}."
            cure = "Give every column one cell; quote cells with commas."
            raise OperatorError(code, what, cure, f"{where}:{line}")
    return rows


def cells_of(raw: bytes, where: str, code: str, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """The lines of a file that has exactly these columns, in any order; blanks around cells are taken off.

    Raises: OperatorError as `rows_of`, and if the heading is another.
    """
    (_, heading), *rows = rows_of(raw, where, code)
    names = [name.strip().lower() for name in heading]
    if sorted(names) != sorted(columns):
        what = f"The first line is {','.join(names)!r:.80}."
        raise OperatorError(code, what, f"Name the columns {', '.join(columns)}.", f"{where}:1")
    stripped = ((line, [cell.strip() for cell in cells]) for line, cells in rows)
    return [(line, dict(zip(names, cells, strict=True))) for line, cells in stripped]
