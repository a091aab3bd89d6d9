"""Clearing cycles in the embedded store, read and written."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tasviya.adapters.sqlite_connection import Connection
from tasviya.services.clearing_memory import DefaultRow, FlowRow
from tasviya.services.unit_of_work import Changes
from tasviya.settlement.clearing_cycle import ClearingCycle, CycleStatus, Discharge, Result

CYCLE_LIST = ", ".join(ClearingCycle.__struct_fields__)
DEFAULT_LIST = ", ".join(DefaultRow.__struct_fields__)
RESULT_LIST = ", ".join(Result.__struct_fields__)


class StoredClearing:
    """What the store answers about clearing."""

    connection: Connection

    def open_cycles(self) -> list[ClearingCycle]:
        return cycles_where(self.connection, "status <> 'closed' ORDER BY seq")

    def flow_rows(self, cycle_seq: int) -> list[FlowRow]:
        rows = self.connection.execute(
            "SELECT * FROM clearing_flow WHERE cycle_seq = ? ORDER BY paying, paid", (cycle_seq,)
        )
        return [FlowRow(*row) for row in rows]

    def cycle_interest(self, cycle_seq: int) -> dict[str, int]:
        rows = self.connection.execute(
            "SELECT currency, sum(interest + charge) FROM position_interest WHERE cycle_seq = ?"
            " GROUP BY currency ORDER BY currency",
            (cycle_seq,),
        )
        return {code: int(units) for code, units in rows}

    def carried_interest(self) -> dict[str, str]:
        rows = self.connection.execute(
            "SELECT currency, carried FROM position_interest"
            " WHERE business_date = (SELECT max(business_date) FROM position_interest)"
        )
        return dict(rows.fetchall())

    def overdue(self) -> dict[str, int]:
        rows = self.connection.execute(
            "SELECT currency, money - discharged FROM clearing_result"
            " WHERE money <> discharged AND cycle_seq ="
            " (SELECT max(seq) FROM clearing_cycle WHERE status = 'closed')"
            " AND cycle_seq > (SELECT coalesce(max(after_cycle), 0) FROM clearing_default)"
        )
        return dict(rows.fetchall())

    def defaults(self) -> list[DefaultRow]:
        rows = self.connection.execute(
            f"SELECT {DEFAULT_LIST} FROM clearing_default WHERE ended_at = 0 ORDER BY seq"
        )
        return [DefaultRow(*row) for row in rows]

    def positions_stated(self) -> tuple[str, int]:
        sql = "SELECT business_date, last_commit FROM position_statement ORDER BY business_date DESC LIMIT 1"
        row = self.connection.execute(sql).fetchone()
        return row if row else ("", 0)

    def cycle_results(self, cycle_seq: int) -> list[Result]:
        rows = self.connection.execute(
            f"SELECT {RESULT_LIST} FROM clearing_result WHERE cycle_seq = ? ORDER BY rowid", (cycle_seq,)
        )
        return [Result(*row) for row in rows]

    def latest_unit_values(self, code: str) -> tuple[str, dict[str, str]]:
        rows = self.connection.execute(
            "SELECT business_date, currency, value FROM unit_value WHERE code = ?1 AND business_date ="
            " (SELECT max(business_date) FROM unit_value WHERE code = ?1) ORDER BY currency",
            (code,),
        ).fetchall()
        return (rows[0][0] if rows else "", {currency: value for _, currency, value in rows})


def cycles_where(db: Connection, where: str, *values: str | int | None) -> list[ClearingCycle]:
    """The cycles that a condition holds for."""
    rows = db.execute(f"SELECT {CYCLE_LIST} FROM clearing_cycle WHERE {where}", values)
    found = [ClearingCycle(*row) for row in rows]
    for cycle in found:
        cycle.status = CycleStatus(cycle.status)
    return found


def write_clearing(db: Connection, changes: Changes) -> None:
    """Write what a unit of work changes of clearing."""
    _write(db, "clearing_cycle", ClearingCycle, list(changes.cycles.values()))
    if changes.flows:
        db.executemany(
            "INSERT OR REPLACE INTO clearing_flow VALUES (?, ?, ?, ?, ?)", list(changes.flows.values())
        )
    if changes.position_interest:
        db.executemany(
            "INSERT INTO position_interest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", changes.position_interest
        )
    if changes.position_statements:
        db.executemany("INSERT INTO position_statement VALUES (?, ?)", changes.position_statements)
    _write(db, "clearing_result", Result, changes.results)
    _write(db, "clearing_default", DefaultRow, changes.defaults)
    if changes.losses:
        db.executemany("INSERT INTO clearing_loss VALUES (?, ?, ?, ?)", changes.losses)
    _write(db, "clearing_discharge", Discharge, changes.discharges)


def _write(db: Connection, table: str, kind: type[msgspec.Struct], rows: Sequence[msgspec.Struct]) -> None:
    if rows:
        names = kind.__struct_fields__
        marks = ", ".join("?" * len(names))
        db.executemany(
            f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({marks})",
            [msgspec.structs.astuple(row) for row in rows],
        )
