"""Trades in the embedded store, a row an instruction, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasviya.adapters.sqlite_connection import Connection
from tasviya.services.unit_of_work import Changes
from tasviya.settlement.trade import Trade, TradeStatus

COLUMNS = Trade.__struct_fields__
COLUMN_LIST = ", ".join(COLUMNS)


class StoredTrades:
    """What the store answers about trades."""

    connection: Connection

    def open_trades(self) -> list[Trade]:
        return trades_where(self.connection, "status IN ('unmatched', 'matched', 'waiting') ORDER BY seq")


def trades_where(db: Connection, where: str, *values: Any) -> list[Trade]:
    """The instructions that a condition holds for."""
    rows: Sequence[Any] = db.execute(f"SELECT {COLUMN_LIST} FROM trade WHERE {where}", values).fetchall()
    found = [Trade(*row) for row in rows]
    for trade in found:
        trade.status = TradeStatus(trade.status)
    return found


def write_trades(db: Connection, changes: Changes) -> None:
    """Write what a unit of work changes of trades."""
    if changes.trades:
        marks = ", ".join("?" * len(COLUMNS))
        db.executemany(
            f"INSERT OR REPLACE INTO trade ({COLUMN_LIST}) VALUES ({marks})",
            [tuple(getattr(trade, name) for name in COLUMNS) for _, trade in sorted(changes.trades.items())],
        )
