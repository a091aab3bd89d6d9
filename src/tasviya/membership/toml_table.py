"""A TOML table that knows its path and what has been asked of it, so that every mistake has a place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from tasviya.core.errors import ConfigurationError

_CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Table:
    """A TOML table and its path; knows which of its keys have been asked for."""

    def __init__(self, values: Mapping[str, Any], path: str, *, root: bool = False) -> None:
        self.values = values
        self.path = path
        self._between = ": " if root else "."
        self._known: set[str] = set()

    def at(self, key: str) -> str:
        return f"{self.path}{self._between}{key}"

    def get(self, key: str, default: Any = None) -> Any:
        self._known.add(key)
        return self.values.get(key, default)

    def need(self, key: str) -> Any:
        value = self.get(key)
        if value is None:
            raise ConfigurationError("CF02", f"{key!r} is missing.", f"Add {key} = ….", self.at(key))
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self.need(key) if default is None else self.get(key, default)
        if not isinstance(value, str):
            raise _wrong_kind(value, "a text in quotes", self.at(key))
        return value

    def matching(self, key: str, pattern: re.Pattern[str], form: str) -> str:
        value = self.text(key)
        if not pattern.fullmatch(value):
            raise _wrong_kind(value, form, self.at(key))
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        return _one_of(self.text(key, default), allowed, self.at(key))

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value = self.need(key) if default is None else self.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise _wrong_kind(value, f"a whole number from {least} to {most}", self.at(key))
        return value

    def decimal(
        self, key: str, least: Decimal | int, most: Decimal | int, default: str | None = None, *, code: str
    ) -> str:
        """A plain decimal between bounds, as text. code: what to call one that is not."""
        text = self.text(key, default)
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not (value.is_finite() and least <= value <= most):
            what = f"{text!r} is not a decimal from {Decimal(least):f} to {Decimal(most):f}."
            raise ConfigurationError(code, what, 'Write it as a text, such as "0.25".', self.at(key))
        return format(value.normalize(), "f")

    def flag(self, key: str, default: bool = False) -> bool:
        """A yes or no; the default if it is left out."""
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise _wrong_kind(value, "true or false", self.at(key))
        return value

    def day(self, key: str) -> str | None:
        value = self.get(key)
        if value is None:
            return None
        if type(value) is not date:
            raise _wrong_kind(value, "a date without quotes, such as 2026-09-29", self.at(key))
        return value.isoformat()

    def clock_time(self, key: str) -> str:
        value = self.need(key)
        if isinstance(value, time):
            return value.strftime("%H:%M")
        if not isinstance(value, str) or not _CLOCK_TIME.fullmatch(value):
            raise _wrong_kind(value, 'a local time such as "09:30"', self.at(key))
        return value

    def texts(self, key: str, allowed: Sequence[str]) -> str:
        value = self.need(key)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise _wrong_kind(value, "a list of texts", self.at(key))
        return ",".join(_one_of(each, allowed, self.at(key)) for each in value)

    def table(self, key: str) -> Table:
        value = self.need(key)
        if not isinstance(value, dict):
            raise _wrong_kind(value, f"a table [{key}]", self.at(key))
        return Table(value, self.at(key))

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of a list of tables, each with its `code` in its path where it has one."""
        value = self.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise _wrong_kind(value, f"tables, each headed [[{key}]]", self.at(key))
        for index, each in enumerate(value):
            name = each.get("code")
            yield Table(each, f"{self.at(key)}[{name if isinstance(name, str) else index}]")

    def dated(self, key: str, main: str) -> Iterator[Table]:
        """A value's tables, however it is given: plainly, as one table, or as a list of them."""
        value = self.get(key)
        if value is None:
            return
        if value == []:
            raise _wrong_kind(value, "a value, a table or a list of tables", self.at(key))
        for index, each in enumerate(value if isinstance(value, list) else [value]):
            path = f"{self.at(key)}[{index}]" if isinstance(value, list) else self.at(key)
            yield Table(each if isinstance(each, dict) else {main: each}, path)

    def by_currency(self, key: str, main: str) -> Iterator[tuple[str, Table]]:
        """The dated tables of every currency in a table such as `accounts.KZT = …`."""
        if key in self.values:
            inner = self.table(key)
            for code in inner.values:
                for each in inner.dated(code, main):
                    yield code, each
        self._known.add(key)

    def done(self) -> None:
        """Refuse what nobody asked for."""
        for key in self.values:
            if key not in self._known:
                near = get_close_matches(key, sorted(self._known), n=1)
                cure = f"Did you mean {near[0]!r}?" if near else "Remove it."
                raise ConfigurationError("CF03", f"{key!r} is not a key known here.", cure, self.at(key))


def _one_of(value: str, allowed: Iterable[str], where: str) -> str:
    if value not in allowed:
        raise _wrong_kind(value, "one of " + ", ".join(allowed), where)
    return value


def _wrong_kind(value: object, wanted: str, where: str) -> ConfigurationError:
    return ConfigurationError("CF04", f"{value!r} is not {wanted}.", f"Write {wanted}.", where)
