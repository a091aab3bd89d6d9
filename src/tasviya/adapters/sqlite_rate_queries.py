"""Questions about official rates and the unit that anyone with the store's file can ask."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_rates import StoredRates
from tasviya.core.errors import OperatorError, Refusal
from tasviya.core.rates import RateHistory
from tasviya.exchange.fixing import UNIT
from tasviya.services.exchange_book import rounded
from tasviya.services.rate_rows import RateRow

Row = dict[str, Any]

DIGITS = 10
"""Significant digits of a cross rate as it is shown."""


class RateQueries(StoredRates):
    """What can be asked of a store's rates. Values come as decimal texts."""

    def __init__(self, db: Connection) -> None:
        self.connection = db

    def rates(self, day: date | None, currency: str | None = None, base: str | None = None) -> list[Row]:
        """The official rates of a date, the latest fixed if None; with what one `base` is in each.

        Raises: OperatorError if the date has no fixing, or a currency no rate.
        """
        rows = self._rates("business_date = ? ORDER BY currency", self._fixed(day))
        codes = [row.currency for row in rows]
        for code in (currency, base):
            if code is not None and code not in codes:
                what = f"{code} has no rate on {self._fixed(day)}."
                raise OperatorError("no_rate", what, f"One of {', '.join(codes) or 'none'}.")
        history = RateHistory(UNIT).with_rates(row.rate() for row in rows)
        shown = [row for row in rows if currency in (None, row.currency)]
        return [_told(row) | self._cross(history, base, row) for row in shown]

    def worth_in(self, currency: str, day: date | None) -> dict[str, Fraction]:
        """What one of each other currency is worth in this one on a date, exactly; the latest fixed if None.

        Raises: OperatorError if the date has no fixing, or the currency no rate.
        """
        rows = self._rates("business_date = ? ORDER BY currency", self._fixed(day))
        values = {row.currency: row.rate().value for row in rows}
        if currency not in values:
            what = f"{currency} has no rate on {self._fixed(day)}."
            raise OperatorError("no_rate", what, f"One of {', '.join(values) or 'none'}.")
        own = values.pop(currency)
        return {code: value / own for code, value in values.items()}

    def unit(self, day: date | None) -> tuple[Row, list[Row]]:
        """The unit's head on a date, and a row a currency: what one unit is in it, and what the unit holds.

        Raises: OperatorError if the date has no fixing, or the union no unit.
        """
        text = self._fixed(day)
        facts = self._one(
            "SELECT u.code, u.name, u.kind, f.basket_from, f.interest, f.why FROM unit_fixing f"
            " JOIN unit_rules u ON u.code = f.code AND u.valid_from <= f.business_date"
            " WHERE f.business_date = ? ORDER BY u.valid_from DESC",
            text,
        )
        if facts is None:
            what = f"This union had no unit on {text}."
            raise OperatorError("no_unit", what, "Add [unit] to its configuration.")
        code, name, kind, begins, interest, why = facts
        head = {"unit": code, "name": name, "date": text, "kind": kind, "basket_from": begins}
        head |= {"interest_percent": interest, "lacks": why}
        held = {row.currency: row for row in self.basket_rows(code) if row.valid_from == begins}
        rows = self.connection.execute(
            "SELECT currency, value, share FROM unit_value WHERE code = ? AND business_date = ?"
            " ORDER BY currency",
            (code, text),
        )
        return head, [
            {
                "currency": currency,
                "value": value,
                "amount": held[currency].amount if currency in held else "",
                "weight": held[currency].weight if currency in held else "",
                "share_percent": share,
            }
            for currency, value, share in rows
        ]

    def basket(self, code: str, valid_from: date) -> list[Row]:
        """What one unit holds from a date on."""
        rows = [row for row in self.basket_rows(code) if row.valid_from == valid_from.isoformat()]
        return [
            {
                "unit": row.code,
                "valid_from": row.valid_from,
                "currency": row.currency,
                "amount": row.amount,
                "weight": row.weight,
                "anchor": "yes" if row.anchor else "no",
            }
            for row in rows
        ]

    def _fixed(self, day: date | None) -> str:
        """The date whose fixing is asked for."""
        latest = self.latest_fixing()
        if not latest:
            raise OperatorError("no_fixing", "No date has been fixed yet.", "A date is fixed when it closes.")
        text = day.isoformat() if day else latest
        if self._one("SELECT 1 FROM fixing WHERE business_date = ?", text) is None:
            what = f"{text} has no fixing; the latest is of {latest}."
            raise OperatorError("no_fixing", what, "Ask for a date that has one.")
        return text

    def _cross(self, history: RateHistory | Refusal, base: str | None, row: RateRow) -> Row:
        """What one of the base currency is in a row's."""
        if base is None or isinstance(history, Refusal):
            return {}
        found = history.cross(base, row.currency, date.fromisoformat(row.business_date))
        return {} if isinstance(found, Refusal) else {f"one_{base}": rounded(found.value, DIGITS)}

    def _one(self, sql: str, *values: str) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self.connection.execute(sql, values).fetchone()
        return found


def _told(row: RateRow) -> Row:
    """A rate as people read it."""
    stale = row.fixed_on != row.business_date
    return {
        "currency": row.currency,
        "date": row.business_date,
        "value": row.value,
        "level": row.level,
        "evidence": row.evidence,
        "stale_since": row.fixed_on if stale else "",
        "disputed": row.disputed,
        "suspended": "yes" if row.suspended else "no",
    }
