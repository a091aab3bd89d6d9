"""Share keys, tariff quotas and requests from files that people give: every mistake has its place and a cure.

A mistake in how a file is written stops the command; a request that breaks a rule is refused alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tasviya.core.errors import OperatorError
from tasviya.customs.csv_table import DATE_CURE, ECHO, Columns, read_date, read_table, whole
from tasviya.customs.quantity import thousandths
from tasviya.customs.revenue import Component, Figures, ShareKey, fault_of
from tasviya.customs.tariff_quota import (
    CRITICAL_PERCENT,
    QuotaRequest,
    TariffQuota,
    TariffQuotas,
    tariff_quotas,
)

QUOTA_COLUMNS = ("order_number", "unit", "begin", "end", "volume")
QUOTA_OPTIONAL = ("parent", "critical_percent")
REQUEST_COLUMNS = ("order_number", "day", "id", "quantity", "unit")
REQUEST_OPTIONAL = ("kind",)
QUOTA_FILE = Columns(QUOTA_COLUMNS, QUOTA_OPTIONAL, "bad_columns", "bad_row")
REQUEST_FILE = Columns(REQUEST_COLUMNS, REQUEST_OPTIONAL, "bad_columns", "bad_row")
KINDS = ("request", "return")


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request, or the return of what one got and did not use: then its id is that request's."""

    line: int
    request: QuotaRequest
    is_return: bool


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys of a file, each with the figures that its components follow."""

    keys: tuple[ShareKey, ...]
    figures: Mapping[date, Figures]


def quotas_of(raw: bytes, where: str) -> TariffQuotas:
    """The tariff quotas of a CSV file; volumes in units, with up to three decimals.

    Raises: OperatorError with the line at fault.
    """
    quotas, lines = [], {}
    for line, cells in _rows(raw, where, QUOTA_FILE):
        place = f"{where}:{line}"
        number, percent = cells["order_number"], cells.get("critical_percent") or str(CRITICAL_PERCENT)
        if not re.fullmatch(r"[0-9]{1,3}", percent, re.ASCII):
            what = f"critical_percent is {percent[:ECHO]!r}."
            raise OperatorError("bad_amount", what, "Write a whole number, 0 to 100.", place)
        lines[number] = line
        quotas.append(
            TariffQuota(
                number,
                cells["unit"],
                _day(cells["begin"], place),
                _day(cells["end"], place),
                _quantity(cells["volume"], place),
                cells.get("parent", ""),
                int(percent),
            )
        )
    made = tariff_quotas(quotas)
    if isinstance(made, TariffQuotas):
        return made
    raise OperatorError(made.reason, made.what, made.cure, f"{where}:{lines[made.where]}")


def requests_of(raw: bytes, where: str) -> list[RequestRow]:
    """The requests and returns of a CSV file; quantities in units, with up to three decimals.

    Raises: OperatorError with the line at fault.
    """
    found = []
    for line, cells in _rows(raw, where, REQUEST_FILE):
        place = f"{where}:{line}"
        kind = cells.get("kind") or KINDS[0]
        if kind not in KINDS or not cells["id"]:
            what = f"kind is {kind[:ECHO]!r}." if cells["id"] else "It has no id."
            cure = f"Give an id; kind is {' or '.join(KINDS)}, or left empty."
            raise OperatorError("bad_row", what, cure, place)
        quantity = _quantity(cells["quantity"], place)
        day = _day(cells["day"], place)
        request = QuotaRequest(cells["order_number"], day, cells["id"], quantity, cells["unit"])
        found.append(RequestRow(line, request, kind == KINDS[1]))
    return found


def keys_of(text: str, where: str) -> KeyFile:
    """The share keys of a TOML file.

    Raises: OperatorError with the path of the key at fault.
    """
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        cure = "Correct the line; strings need quotes, lists brackets."
        raise OperatorError("bad_share_key", f"The file is not TOML: {error}.", cure, where) from None
    keys, figures = [], {}
    for number, table in enumerate(_tables(tree.get("key"), f"{where}: key"), 1):
        reading = _KeyReading(f"{where}: key {number}", table)
        key, its_figures = reading.key()
        if key.valid_from in figures:
            raise reading.wrong("valid_from", f"Another key begins on {key.valid_from} too")
        if refusal := fault_of(key):
            place = f"{reading.where}, {refusal.where}"
            raise OperatorError(refusal.reason, refusal.what, refusal.cure, place)
        keys.append(key)
        figures[key.valid_from] = its_figures
    return KeyFile(tuple(keys), figures)


class _KeyReading:
    """One key's table, read name by name."""

    def __init__(self, where: str, table: Mapping[str, Any]) -> None:
        self.where, self.table = where, table

    def key(self) -> tuple[ShareKey, Figures]:
        self._only(self.table, "", ("valid_from", "members", "percents", "component", "figures"))
        begins = self.table.get("valid_from")
        if type(begins) is not date:
            raise self.wrong("valid_from", "It is no date")
        percents = self._numbers("percents") if "percents" in self.table else None
        members = self.table.get("members", list(percents or ()))
        if not isinstance(members, list) or not all(isinstance(each, str) and each for each in members):
            raise self.wrong("members", "It is no list of names")
        parts = _tables(self.table.get("component", []), f"{self.where}, component")
        columns = self.table.get("figures", {})
        if not isinstance(columns, dict):
            raise self.wrong("figures", "It is no table of columns")
        figures = {name: self._numbers("figures", name) for name in columns}
        return ShareKey(begins, tuple(members), percents, tuple(map(self._component, parts))), figures

    def _component(self, part: Mapping[str, Any]) -> Component:
        self._only(part, "component.", ("name", "weight", "of", "per", "inverse"))
        name, of, per = part.get("name", part.get("of")), part.get("of"), part.get("per", "")
        if not (isinstance(name, str) and isinstance(of, str) and isinstance(per, str) and of):
            raise self.wrong("component", "It lacks `of`, or name, of and per are not all text")
        inverse = part.get("inverse", False)
        if not isinstance(inverse, bool):
            raise self.wrong("component.inverse", "It is neither true nor false")
        return Component(name, self._number(part.get("weight"), "component.weight"), of, per, inverse)

    def _numbers(self, *path: str) -> dict[str, Decimal]:
        found: Any = self.table
        for name in path:
            found = found[name]
        if not isinstance(found, dict):
            raise self.wrong(".".join(path), "It is no table of members")
        return {member: self._number(number, ".".join((*path, member))) for member, number in found.items()}

    def _number(self, given: Any, path: str) -> Decimal:
        if isinstance(given, bool) or not isinstance(given, (int, Decimal, str)):
            raise self.wrong(path, "It is no number")
        text = str(given)
        if not re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", text, re.ASCII):
            raise self.wrong(path, f"{text[:ECHO]!r} is no decimal number")
        return Decimal(text)

    def _only(self, table: Mapping[str, Any], before: str, names: tuple[str, ...]) -> None:
        for name in table:
            if name not in names:
                raise self.wrong(f"{before}{name}", f"No such name; there are {', '.join(names)}")

    def wrong(self, path: str, what: str) -> OperatorError:
        cure = "docs/customs.md shows a key."
        return OperatorError("bad_share_key", f"{what}.", f"Correct it; {cure}", f"{self.where}, {path}")


def _tables(found: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        what, cure = "No tables stand there.", "Write each under a heading in double brackets, [[key]]."
        raise OperatorError("bad_share_key", what, cure, where)
    return found


def _rows(raw: bytes, where: str, columns: Columns) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Lines and their cells by column."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"It is not UTF-8: byte {error.start + 1} cannot be read."
        raise OperatorError("file_unreadable", what, "Save it as UTF-8.", f"{where}:{line}") from None
    for row in read_table(text, columns, where).rows:
        yield row.line, whole(row, columns, where).cells


def _quantity(text: str, place: str) -> int:
    """Thousandths of a unit."""
    quantity = thousandths(text)
    if quantity is None:
        cure = "Write digits and up to three decimals, without separators of thousands."
        raise OperatorError("bad_amount", f"{text[:ECHO]!r} is no quantity.", cure, place)
    return quantity


def _day(text: str, place: str) -> date:
    day = read_date(text)
    if day is None:
        raise OperatorError("bad_date", f"{text[:ECHO]!r} is no date.", DATE_CURE, place)
    return day
