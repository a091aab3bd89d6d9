"""Interest in the embedded store, read and written."""

from __future__ import annotations

from tasviya.adapters.sqlite_connection import Connection
from tasviya.journal.entry import whole
from tasviya.services.interest_rows import InterestStateRow
from tasviya.services.unit_of_work import Changes


class StoredInterest:
    """What the store answers about interest."""

    connection: Connection

    def interest_states(self) -> list[InterestStateRow]:
        rows = self.connection.execute("SELECT account_id, kind, carried, owed FROM interest_state")
        return [
            InterestStateRow(int(account, 16), kind, carried, int(owed))
            for account, kind, carried, owed in rows
        ]

    def interest_until(self) -> list[tuple[str, str]]:
        return list(self.connection.execute("SELECT currency, until FROM interest_until"))


def write_interest(db: Connection, changes: Changes) -> None:
    """Write what a unit of work changes of interest."""
    if changes.accruals:
        marks = ", ".join("?" * len(changes.accruals[0]))
        db.executemany(
            f"INSERT INTO interest_accrual VALUES ({marks})",
            [
                (
                    f"{row.account_id:032x}",
                    *[whole(value) if isinstance(value, int) else value for value in row[1:]],
                )
                for row in changes.accruals
            ],
        )
    if changes.interest_states:
        db.executemany(
            "INSERT OR REPLACE INTO interest_state VALUES (?, ?, ?, ?)",
            [
                (f"{row.account_id:032x}", row.kind, row.carried, whole(row.owed))
                for row in changes.interest_states.values()
            ],
        )
    for code, until in changes.interest_until.items():
        if until:
            db.execute("INSERT OR REPLACE INTO interest_until VALUES (?, ?)", (code, until))
        else:
            db.execute("DELETE FROM interest_until WHERE currency = ?", (code,))
