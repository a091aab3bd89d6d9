"""Obligations of firms by name: in one order, whatever order their rows came in.

Rows of the same debtor and creditor are one obligation; with references each reference is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from tasviya.core.money import format_minor
from tasviya.settlement.setoff import Int64s, added


@dataclass(frozen=True, slots=True)
class Obligations:
    """Who owes whom how much, whatever order the rows came in.

    names: firms by the bytes of their UTF-8. debtor, creditor, amount: (R,) int64, in ascending order of
    debtor, creditor and reference, which are unique together. references: by row, or none at all. rows: how
    many the file had.
    """

    names: tuple[str, ...]
    debtor: Int64s
    creditor: Int64s
    amount: Int64s
    references: tuple[str, ...]
    currency: str
    decimals: int
    rows: int

    def __len__(self) -> int:
        return len(self.amount)

    def digest(self) -> str:
        """SHA-256 of all rows as lines `debtor,creditor,reference,amount` of CSV, amounts in minor units."""
        return sha256(
            lines(self.names, self.debtor, self.creditor, self.amount, self.references or ("",) * len(self))
        ).hexdigest()


def lines(
    names: Sequence[str],
    debtor: Int64s,
    creditor: Int64s,
    amount: Int64s,
    *more: Sequence[str],
    decimals: int = 0,
    last: Int64s | None = None,
) -> bytes:
    """Rows as lines of CSV: debtor, creditor, whatever more, the amount with so many decimals, and one more
    number if given."""
    known = [quoted(name) for name in names]
    parts = [map(known.__getitem__, debtor.tolist()), map(known.__getitem__, creditor.tolist())]
    cells = (map(quoted, column) if any(column) else column for column in more)
    amounts: Iterable[str] = map(str, amount.tolist())
    if decimals:
        amounts = (format_minor(minor, decimals) for minor in amount.tolist())
    after = [] if last is None else [map(str, last.tolist())]
    rows = zip(*parts, *cells, amounts, *after, strict=True)
    return "".join([",".join(row) + "\n" for row in rows]).encode()


def together(one: Obligations, other: Obligations) -> tuple[Obligations, Int64s]:
    """The obligations of both, those of the same firms and reference added up; and by obligation, how much
    comes from the first."""
    names = tuple(sorted({*one.names, *other.names}))
    references = tuple(sorted({*one.references, *other.references, ""}))
    number = {name: place for place, name in enumerate(names)}
    of_reference = {text: place for place, text in enumerate(references)}
    keys, amounts = [], []
    for each in (one, other):
        rank = np.array([number[name] for name in each.names], np.int64)
        cells = each.references or ("",) * len(each)
        reference = np.array([of_reference[text] for text in cells], np.int64)
        keys.append(np.stack((rank[each.debtor], rank[each.creditor], reference)))
        amounts.append(each.amount)
    key, place, sums = grouped(np.concatenate(keys, axis=1), np.concatenate(amounts))
    keyed = bool(one.references or other.references)
    of_row = tuple([references[each] for each in key[2].tolist()]) if keyed else ()
    currency = one.currency or other.currency
    rows = one.rows + other.rows
    made = Obligations(names, key[0], key[1], sums, of_row, currency, one.decimals, rows)
    return made, added(place[: len(one)], one.amount, len(made))


def quoted(cell: str) -> str:
    """A cell of CSV."""
    if _PLAIN_CELL.fullmatch(cell):
        return cell
    return '"' + cell.replace('"', '""') + '"'


_PLAIN_CELL = re.compile(r"[^\",\r\n]*")


def grouped(keys: Int64s, amounts: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """The different columns of keys in ascending order, each column's place among them, and its amounts
    added up."""
    order = np.lexsort(keys[::-1])
    ordered = keys[:, order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    place = np.empty(len(order), np.int64)
    place[order] = np.cumsum(fresh) - 1
    return ordered[:, fresh], place, added(place, amounts, int(fresh.sum()))
