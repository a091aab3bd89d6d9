"""Questions about defaults, and what they would leave: those declared, and the flows that a drill takes
apart."""

from __future__ import annotations

from collections.abc import Sequence

from tasviya.adapters.sqlite_clearing_queries import ClearingQueries, Row
from tasviya.core.clock import iso_instant
from tasviya.core.errors import OperatorError
from tasviya.settlement.netting import Flow


class DefaultQueries(ClearingQueries):
    """What can be asked of a store's defaults."""

    def declared(self) -> list[Row]:
        """Every default, the latest first."""
        rows = self._rows(
            "SELECT seq AS number, currency, institution, declared_at, why, unit, owed, uncovered, ended_at"
            " FROM clearing_default ORDER BY seq DESC"
        )
        for row in rows:
            row["declared_at"] = iso_instant(row["declared_at"])
            row["ended_at"] = iso_instant(row["ended_at"]) if row["ended_at"] else ""
            for name in ("owed", "uncovered"):
                row[name] = self.amount(row[name], row["unit"])
        return rows

    def losses(self, number: int) -> list[Row]:
        """Who bore what of a default, step by step.

        Raises: OperatorError if there is none of that number.
        """
        found = self._rows("SELECT unit FROM clearing_default WHERE seq = ?", (number,))
        if not found:
            what = f"There is no default {number}."
            raise OperatorError("unknown_default", what, "`tasviya default list` shows those there are.")
        rows = self._rows(
            "SELECT l.step, l.currency, h.institution, l.units FROM clearing_loss l"
            " JOIN settlement_institution_hours h ON h.currency = l.currency"
            " WHERE l.default_seq = ? GROUP BY l.rowid ORDER BY l.rowid",
            (number,),
        )
        for row in rows:
            row["units"] = self.amount(row["units"], found[0]["unit"])
        return rows

    def gross_flows(self, number: int | None) -> list[Flow]:
        """The payments of a cycle as flows between currencies, with the banks and correspondents that they go
        through; of the latest that has any if none is named."""
        if number is None:
            (latest,) = self.connection.execute("SELECT max(cycle_seq) FROM clearing_flow").fetchone()
        seq = latest if number is None else self._find(number).seq
        rows = self.connection.execute(
            "SELECT debit_currency, currency, sum(unit_minor), debtor, creditor, debtor_correspondent,"
            " creditor_correspondent FROM payment WHERE route = 'union' AND settled_by = ?"
            " GROUP BY debit_currency, currency, debtor, creditor, creditor_correspondent"
            " ORDER BY debit_currency, currency, debtor, creditor",
            (f"cycle {seq}",),
        )
        return [
            Flow(paying, paid, units, tuple(name for name in via if name))
            for paying, paid, units, *via in rows
        ]

    def party(self, name: str, flows: Sequence[Flow]) -> str:
        """What a member, a currency or a bank is called in flows.

        Raises: OperatorError if nothing of that name takes part in them.
        """
        currencies = dict(self.connection.execute("SELECT code, currency FROM members").fetchall())
        found = str(currencies.get(name, name))
        if not any(found in (flow.debtor, flow.creditor, *flow.via) for flow in flows):
            what = f"{name!r:.40} takes part in no payment of the cycle."
            raise OperatorError("not_in_cycle", what, "Name a member, a currency or a bank that does.")
        return found

    def unit_amount(self, minor: int) -> str:
        """An amount in the unit, with its code."""
        code = next(reversed(self._units), "")
        return f"{self.amount(minor, code)} {code}"
