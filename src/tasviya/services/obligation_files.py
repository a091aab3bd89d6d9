"""Reading obligations, and the columns of a result, from files that people give: every mistake has a line.

    debtor,creditor,amount[,reference][,currency]

Ids are any text; blanks around it do not count. Amounts are whole minor units unless `decimals` says
otherwise. The same debt twice, down to its amount or its reference, is taken for a mistake. Nothing of a file
with a mistake is used.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO

import numpy as np

from tasviya.core.errors import OperatorError
from tasviya.services.obligations import Obligations, grouped
from tasviya.settlement.setoff import TOTAL_MAX, Int64s

NEEDED = ("debtor", "creditor", "amount")
REFERENCES = ("reference", "id")
DECIMALS_MAX = 8
_ECHO = 40
"""Characters of a cell that an error repeats."""
_NAME_MAX = 256
Row = tuple[int, list[str]]
"""Its line, or its number in a Parquet file, and its cells."""


def read(raw: bytes, where: str, decimals: int = 0, *, repeats: bool = False) -> Obligations:
    """The obligations of a file.

    where: the file's name, for error texts. repeats: the same debt may be there twice; they are added up.
    Raises: OperatorError with the line at fault.
    """
    is_parquet = raw[:4] == b"PAR1"
    named, rows = _parquet(raw, where) if is_parquet else _csv(raw, where)
    read_in = _Reader(f"{where}, row " if is_parquet else f"{where}:", decimals)
    debtor, creditor, amount, reference, currency = _columns(named, where)
    for line, cells in rows:
        if len(cells) != len(named):
            what = f"It has {len(cells)} cells, the heading {len(named)}."
            cure = "Give every column one cell; quote cells with commas."
            raise OperatorError("bad_row", what, cure, read_in.place(line))
        read_in.take(
            line,
            cells[debtor].strip(),
            cells[creditor].strip(),
            cells[amount].strip(),
            cells[reference].strip() if reference >= 0 else "",
            cells[currency].strip() if currency >= 0 else "",
        )
    return read_in.obligations(keyed=reference >= 0, repeats=repeats)


def firm_values(
    raw: bytes | None, where: str, names: Sequence[str], columns: Sequence[str], decimals: int = 0
) -> list[Int64s]:
    """Columns of numbers by firm from a CSV file of the result; 0 for firms, or a file, that are not there.

    Raises: OperatorError with the line at fault.
    """
    values = [np.zeros(len(names), np.int64) for _ in columns]
    if raw is None:
        return values
    heading, rows = _csv(raw, where)
    if heading != ["firm", *columns]:
        cure = f"Name the columns firm, {', '.join(columns)}."
        raise OperatorError("bad_columns", f"They are {', '.join(heading):.60}.", cure, f"{where}:1")
    number = {name: place for place, name in enumerate(names)}
    pattern = re.compile(rf"[0-9]{{1,19}}(\.[0-9]{{{decimals}}})?" if decimals else r"[0-9]{1,19}")
    seen: set[str] = set()
    for line, cells in rows:
        place = f"{where}:{line}"
        if len(cells) != len(heading):
            raise OperatorError("bad_row", f"It has {len(cells)} cells.", "Give every column one.", place)
        firm, *figures = cells
        if firm not in number or firm in seen:
            what = f"{firm:.40} is {'there twice' if firm in seen else 'in no obligation'}."
            raise OperatorError("unknown_firm", what, "Name each firm of the obligations once.", place)
        seen.add(firm)
        for column, text in zip(values, figures, strict=True):
            minor = int(text.replace(".", "")) if pattern.fullmatch(text) and text.isascii() else -1
            if not 0 <= minor <= TOTAL_MAX:
                cure = "Write whole numbers, as `tasviya setoff` does."
                raise OperatorError("bad_amount", f"{text[:_ECHO]!r} is no number of these.", cure, place)
            column[number[firm]] = minor
    return values


class _Reader:
    """Takes row after row; keeps numbers, and each name once."""

    def __init__(self, before: str, decimals: int) -> None:
        self.before = before
        self.decimals = decimals
        self.pattern = re.compile(rf"[0-9]{{1,19}}(\.[0-9]{{1,{decimals}}})?" if decimals else r"[0-9]{1,19}")
        self.names: dict[str, int] = {}
        self.references: dict[str, int] = {}
        self.debtor: list[int] = []
        self.creditor: list[int] = []
        self.amount: list[int] = []
        self.reference: list[int] = []
        self.lines: list[int] = []
        self.total = 0
        self.currency = ""

    def place(self, line: int) -> str:
        return f"{self.before}{line}"

    def take(self, line: int, debtor: str, creditor: str, amount: str, reference: str, currency: str) -> None:
        """One row; the checks are written for a million of them."""
        if not (0 < len(debtor) <= _NAME_MAX and 0 < len(creditor) <= _NAME_MAX):
            role, name = ("creditor", creditor) if 0 < len(debtor) <= _NAME_MAX else ("debtor", debtor)
            what = f"The {role} is {'longer than any name' if name else 'empty'}."
            raise OperatorError("bad_name", what, f"Write the {role}'s id or name.", self.place(line))
        if debtor == creditor:
            cure = "Leave the row out, or correct one of the two."
            raise OperatorError("self_debt", f"{debtor:.40} owes itself.", cure, self.place(line))
        if currency != self.currency:
            if self.amount:
                what = f"{currency:.40} after {self.currency or 'none'}: set-off is within one currency."
                raise OperatorError(
                    "two_currencies", what, "Give each currency a file of its own.", self.place(line)
                )
            self.currency = currency
        minor = self._minor(amount, line)
        self.total += minor
        if self.total > TOTAL_MAX:
            what = f"With this row, debts come to more than {TOTAL_MAX:,} minor units."
            cure = "Correct the amount, write all in a larger unit, or split the file."
            raise OperatorError("amounts_too_large", what, cure, self.place(line))
        names = self.names
        self.debtor.append(names.setdefault(debtor, len(names)))
        self.creditor.append(names.setdefault(creditor, len(names)))
        self.amount.append(minor)
        self.reference.append(self.references.setdefault(reference, len(self.references)))
        self.lines.append(line)

    def obligations(self, *, keyed: bool, repeats: bool) -> Obligations:
        names, rank = _ranked(self.names)
        debtor, creditor = rank[np.array(self.debtor, np.int64)], rank[np.array(self.creditor, np.int64)]
        amount = np.array(self.amount, np.int64)
        references, number = _ranked(self.references)
        reference = number[np.array(self.reference, np.int64)]
        if not repeats:
            self._must_differ(debtor, creditor, reference if keyed else amount, keyed)
        (debtor, creditor, reference), _, sums = grouped(np.stack((debtor, creditor, reference)), amount)
        of_row = tuple([references[each] for each in reference.tolist()]) if keyed else ()
        return Obligations(
            names, debtor, creditor, sums, of_row, self.currency, self.decimals, len(self.amount)
        )

    def _minor(self, text: str, line: int) -> int:
        if self.pattern.fullmatch(text):
            minor = int(text) if not self.decimals else self._scaled(text)
            if 0 < minor <= TOTAL_MAX:
                return minor
        raise OperatorError("bad_amount", *_told(text, self.decimals), self.place(line))

    def _scaled(self, text: str) -> int:
        whole, _, fraction = text.partition(".")
        return int(whole + fraction.ljust(self.decimals, "0"))

    def _must_differ(self, debtor: Int64s, creditor: Int64s, third: Int64s, keyed: bool) -> None:
        """Raises: OperatorError if two rows are the same debt."""
        order = np.lexsort((third, creditor, debtor))
        same = np.ones(max(len(order) - 1, 0), np.bool_)
        for column in (debtor, creditor, third):
            same &= column[order][1:] == column[order][:-1]
        if not same.any():
            return
        # The sort keeps the order of equal rows, so the second of two is the later one in the file.
        later = min(order[1:][same].tolist())
        first = next(
            row
            for row in range(later)
            if (debtor[row], creditor[row], third[row]) == (debtor[later], creditor[later], third[later])
        )
        before, place = self.place(self.lines[first]), self.place(self.lines[later])
        if keyed:
            cure = "Give every debt between two firms a reference of its own, or say --add-repeats."
            raise OperatorError("reference_repeated", f"The reference was in {before} already.", cure, place)
        cure = "Take it out, or give a column `reference`; --add-repeats if both are owed."
        raise OperatorError("row_repeated", f"It is the same as {before}.", cure, place)


def _ranked(numbers: dict[str, int]) -> tuple[tuple[str, ...], Int64s]:
    """Texts in order, and the place of each by its number."""
    texts = sorted(numbers)  # by code points, which is the order of their UTF-8
    rank = np.empty(len(texts), np.int64)
    rank[[numbers[text] for text in texts]] = np.arange(len(texts))
    return tuple(texts), rank


def _told(text: str, decimals: int) -> tuple[str, str]:
    """What is wrong with an amount, and the cure."""
    shown = f"{text[:_ECHO]}{'…' if len(text) > _ECHO else ''}"
    plain = re.fullmatch(r"([+-]?)([0-9]*)(?:\.([0-9]*))?", text) if text.isascii() else None
    if not text or plain is None:
        return f"{shown!r} is no amount.", "Write digits, without blanks, signs or separators of thousands."
    sign, whole, fraction = plain.groups()
    if sign == "-":
        return f"{shown} is below zero.", "Write who owes as debtor; an amount is above zero."
    if not f"{whole}{fraction or ''}".strip("0"):
        return f"{shown} is no debt.", "Leave rows of zero out."
    if fraction is not None and len(fraction) > decimals:
        what = f"{shown} has {len(fraction)} decimals; amounts here have {decimals}."
        return what, "Write minor units, such as cents, or say --decimals 2."
    if sign or not whole or fraction == "":
        return f"{shown!r} is no amount.", "Write digits, without blanks, signs or separators of thousands."
    return f"{shown} is too large.", f"Amounts together are at most {TOTAL_MAX:,} minor units."


def _columns(named: Sequence[str], where: str) -> tuple[int, int, int, int, int]:
    """Places of debtor, creditor, amount, reference and currency; -1 for one that is not there."""
    names = [name.strip().lower() for name in named]
    reference = next((name for name in REFERENCES if name in names), REFERENCES[0])
    wanted = (*NEEDED, reference, "currency")
    missing = [name for name in NEEDED if name not in names]
    twice = [name for name in wanted if names.count(name) > 1]
    for what, found in (("It lacks", missing), ("Named twice:", twice)):
        if found:
            cure = "Name the columns debtor, creditor, amount, once each, with commas between them."
            raise OperatorError("bad_columns", f"{what} {', '.join(found)}.", cure, f"{where}:1")
    places = [names.index(name) if name in names else -1 for name in wanted]
    return places[0], places[1], places[2], places[3], places[4]


def _csv(raw: bytes, where: str) -> tuple[list[str], Iterator[Row]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"It is not UTF-8: byte {error.start + 1} cannot be read."
        raise OperatorError("file_unreadable", what, "Save it as UTF-8.", f"{where}:{line}") from None
    reader = csv.reader(StringIO(text, newline=""), strict=True)

    def rows() -> Iterator[Row]:
        try:
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
        except csv.Error as error:
            cure = "Write a line a debt, cells with commas between them; close every quotation mark."
            raise OperatorError(
                "bad_row", f"It is no CSV: {error}.", cure, f"{where}:{reader.line_num}"
            ) from None

    begun = rows()
    _, named = next(begun, (1, []))
    return named, begun


def _parquet(raw: bytes, where: str) -> tuple[list[str], Iterator[Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def text(column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Names that a writer did not mark as text are bytes of UTF-8."""
        binary = pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
        return column.cast(pa.string()) if binary else column

    try:
        table = pq.read_table(BytesIO(raw))
        columns = [text(column).to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError) as error:
        what = f"It is no Parquet file that can be read: {error!s:.80}."
        raise OperatorError("file_unreadable", what, "Write it again.", where) from None
    for field in table.schema:
        if field.name.strip().lower() == "amount" and pa.types.is_floating(field.type):
            cure = "Write integers, decimals or text: a binary fraction is no exact amount."
            raise OperatorError("bad_columns", f"amount is {field.type}.", cure, where)

    def rows() -> Iterator[Row]:
        for number, cells in enumerate(zip(*columns, strict=True), 1):
            yield number, ["" if cell is None else str(cell) for cell in cells]

    return list(table.schema.names), rows()
