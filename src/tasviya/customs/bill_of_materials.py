"""A bill of materials as a file: what a product is made of, what each cost, and whether it originates.

    goods_code,value,originating,name
    5209.42,38.50,no,denim
    9607.11,1.20,yes,zip fastener

`originating` is no, yes, or wholly (wholly obtained); `name` may be left out. Values are decimal text of one
currency. A wrong row refuses the file, with the row's line and what to change.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

from tasviya.core.errors import Refusal
from tasviya.core.money import AmountError, Currency, parse_amount
from tasviya.customs.nomenclature import goods_code
from tasviya.customs.origin import Material, Standing

COLUMNS = ("goods_code", "value", "originating")
"""The columns that must be there, in any order."""


def read_bill(raw: bytes, *, decimals: int = 2, where: str = "materials") -> tuple[Material, ...] | Refusal:
    """The materials of a file, in its order, or the first thing that is wrong with it.

    raw: CSV, UTF-8. decimals: of the currency. where: the file's name, before the line in a refusal.
    Refused: BM02 not text, or a column missing; BM03 a row that is no row; BM04 a value that is none; BM05
    `originating` that says neither; and GC01 to GC07 for a code that is none. Never raises.
    """
    cure = f"Write a CSV file with the columns {', '.join(COLUMNS)}, in UTF-8."
    try:
        rows = list(_rows(raw.decode("utf-8-sig")))
    except (UnicodeDecodeError, csv.Error) as error:
        return Refusal("BM02", f"The file is no CSV text: {error}.", cure, where)
    missing = [name for name in COLUMNS if not rows or name not in rows[0][1]]
    if missing:
        return Refusal("BM02", f"The column {missing[0]} is missing.", cure, f"{where}, line 1")
    (_, heads), *body = rows
    found = []
    for line, cells in body:
        place = f"{where}, line {line}"
        if len(cells) != len(heads):
            what = f"The row has {len(cells)} cells, and the heading {len(heads)}."
            return Refusal("BM03", what, "Give each column a cell, quoted if it has a comma.", place)
        made = _material(dict(zip(heads, cells, strict=True)), decimals, place)
        if isinstance(made, Refusal):
            return made
        found.append(made)
    return tuple(found)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with their last line's number."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, [cell.strip() for cell in cells]


def _material(row: dict[str, str], decimals: int, where: str) -> Material | Refusal:
    code = goods_code(row["goods_code"], where=f"{where}, goods_code")
    if isinstance(code, Refusal):
        return code
    try:
        value_minor = parse_amount(row["value"], Currency("", 0, decimals))
    except AmountError:
        value_minor = -1
    if value_minor < 0:
        what = f"The value {row['value'][:40]!r} is no amount."
        cure = f"Write what it cost, with at most {decimals} decimals: not below zero."
        return Refusal("BM04", what, cure, f"{where}, value")
    told = row["originating"].casefold()
    if told not in list(Standing):
        what = f"Whether it originates is {row['originating'][:40]!r}."
        cure = "Write no, yes, or wholly if it was wholly obtained; no if you cannot show it."
        return Refusal("BM05", what, cure, f"{where}, originating")
    return replace(Material(code, value_minor), standing=Standing(told), name=row.get("name", ""))
