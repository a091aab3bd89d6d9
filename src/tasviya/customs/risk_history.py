"""Past declarations with what controls found, as columns: what a risk model learns from and is tested on.

    CSV ──read_history──▶ History

A line is one item of one declaration. Its categories are texts that are never compared but for equality; its
numbers are floating point, as what is made of them orders controls and decides nothing about money. A file's
headings are read without regard to capitals, and blanks in them stand for underscores.

Source: the columns are those of the synthetic customs declarations of Seondong/Customs-Declaration-Datasets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tasviya.core.errors import OperatorError, invariant
from tasviya.customs.csv_rows import rows_of

GOODS = "hs6_code"
LABEL = "fraud"
CATEGORIES = (
    "office_id",
    "process_type",
    "import_type",
    "import_use",
    "payment_type",
    "mode_of_transport",
    "declarant_id",
    "importer_id",
    "seller_id",
    "courier_id",
    GOODS,
    "country_of_departure",
    "country_of_origin",
    "tax_type",
    "country_of_origin_indicator",
)
"""Columns that may be there; a model uses those that its history has."""
NUMBERS = ("net_mass", "item_price", "tax_rate")
"""Columns that must be there: kilograms, a price in one currency throughout, per cent of it."""
IDENTITY = "declaration_id"
RISK_HISTORY_CODES = {
    "RK01": "a history is CSV in UTF-8 with one heading for each column, and a line at least",
    "RK02": "a history has the columns that are needed",
    "RK03": "a number is finite and not below zero",
    "RK04": "what a control found is 1 or 0",
}
_SHOWN = 40

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class History:
    """Lines as columns, all of one length.

    ids: how a line is named. found: 1 where a control found something, 0 where not; None if nobody looked.
    """

    ids: tuple[str, ...]
    categories: Mapping[str, Texts]
    numbers: Mapping[str, Floats]
    found: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def labels(self) -> NDArray[np.int64]:
        """`found`, of lines that have it.

        Raises: InvariantBroken if nobody has looked at them.
        """
        invariant(self.found is not None, "lines have labels")
        return np.asarray(self.found, dtype=np.int64)

    @property
    def revenue(self) -> Floats:
        """What a line's tax comes to, in the price's currency."""
        return self.numbers["item_price"] * self.numbers["tax_rate"] / 100

    def category(self, name: str) -> Texts:
        """A category by its name; "a+b" is both together, "hs6_code:4" the first four signs."""
        first, plus, second = name.partition("+")
        if plus:
            pairs = zip(self.category(first), self.category(second), strict=True)
            return _column([f"{one}|{other}" for one, other in pairs])
        whole, colon, length = name.partition(":")
        if colon:
            return _column([text[: int(length)] for text in self.categories[whole]])
        return self.categories[name]


def read_history(raw: bytes, where: str, *, labelled: bool) -> History:
    """The lines of a CSV file. labelled: whether it must say what controls found.

    Goods codes of fewer than six digits get their leading zeros back, which tables lose.
    Raises: OperatorError with the line and the column at the first mistake.
    """
    rows = rows_of(raw, where, "RK01")
    names = [name.strip().lower().replace(" ", "_") for name in rows[0][1]]
    lacking = [name for name in (GOODS, *NUMBERS, *[LABEL] * labelled) if name not in names]
    twice = [name for name in names if names.count(name) > 1]
    if lacking or twice:
        what = f"The column {lacking[0]} is missing." if lacking else f"The column {twice[0]} is there twice."
        cure = f"Name the columns {', '.join((GOODS, *NUMBERS))} and, of known results, {LABEL}, once each."
        raise OperatorError("RK02", what, cure, f"{where}:1")
    if len(rows) < 2:
        raise OperatorError("RK01", "There is no line.", "Give the declarations of the past.", where)
    columns = dict(zip(names, zip(*(cells for _, cells in rows[1:]), strict=True), strict=True))
    lines = [line for line, _ in rows[1:]]
    categories = {
        name: _column([each.strip() for each in columns[name]]) for name in CATEGORIES if name in columns
    }
    categories[GOODS] = _column([each.zfill(6) for each in categories[GOODS]])
    numbers = {name: _numbers(columns[name], lines, f"{where}:{{}} {name}") for name in NUMBERS}
    ids = tuple(columns[IDENTITY]) if IDENTITY in columns else tuple(str(line) for line in lines)
    found = _labels(columns[LABEL], lines, where) if labelled else None
    return History(ids, categories, numbers, found)


def together(histories: Sequence[History]) -> History:
    """Several histories as one, with the categories that all of them have.

    Raises: ValueError if there is none.
    """
    if not histories:
        raise ValueError("no history")
    shared = [name for name in CATEGORIES if all(name in each.categories for each in histories)]
    labels = [each.found for each in histories if each.found is not None]
    return History(
        tuple(chain.from_iterable(each.ids for each in histories)),
        {name: np.concatenate([each.categories[name] for each in histories]) for name in shared},
        {name: np.concatenate([each.numbers[name] for each in histories]) for name in NUMBERS},
        np.concatenate(labels) if len(labels) == len(histories) else None,
    )


def part_of(history: History, places: Sequence[int]) -> History:
    """Some of the lines, by their places from 0."""
    chosen = np.array(places, dtype=np.int64)
    return History(
        tuple(history.ids[place] for place in places),
        {name: column[chosen] for name, column in history.categories.items()},
        {name: column[chosen] for name, column in history.numbers.items()},
        None if history.found is None else history.found[chosen],
    )


def _column(texts: Sequence[str]) -> Texts:
    made = np.empty(len(texts), dtype=object)
    made[:] = texts
    return made


def _numbers(texts: Sequence[str], lines: Sequence[int], where: str) -> Floats:
    made = np.zeros(len(texts))
    for place, text in enumerate(texts):
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number >= 0):
            what = f"{text[:_SHOWN]!r} is no number of 0 or more."
            raise OperatorError(
                "RK03", what, "Write digits with a decimal point.", where.format(lines[place])
            )
        made[place] = number
    return made


def _labels(texts: Sequence[str], lines: Sequence[int], where: str) -> NDArray[np.int64]:
    for line, text in zip(lines, texts, strict=True):
        if text.strip() not in ("0", "1"):
            cure = "Write 1 where a control found something, 0 where it found nothing; leave others out."
            raise OperatorError("RK04", f"{text[:_SHOWN]!r} is neither.", cure, f"{where}:{line} {LABEL}")
    return np.array([int(text) for text in texts], dtype=np.int64)
