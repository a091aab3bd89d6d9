"""Licences, certificates of origin, selections and results of controls in the embedded store."""

from __future__ import annotations

from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_customs import rows_where, write_rows
from tasviya.services.control_rows import CertificateRow, ControlRow, DrawRow, LicenceRow, SelectionRow
from tasviya.services.unit_of_work import Changes

SECRET_TABLE = "customs_draw_secret"


class StoredControls:
    """What the store answers about controls."""

    connection: Connection

    def licence(self, member: str, number: str) -> LicenceRow | None:
        where = "member = ? AND number = ?"
        return next(
            iter(rows_where(self.connection, "customs_licence", LicenceRow, where, member, number)), None
        )

    def licences(self, member: str) -> list[LicenceRow]:
        """A member's licences by their numbers."""
        return rows_where(
            self.connection, "customs_licence", LicenceRow, "member = ? ORDER BY number", member
        )

    def certificate(self, number: str) -> CertificateRow | None:
        found = rows_where(self.connection, "customs_certificate", CertificateRow, "number = ?", number)
        return next(iter(found), None)

    def selection(self, mrn: str) -> SelectionRow | None:
        found = rows_where(self.connection, "customs_selection", SelectionRow, "mrn = ?", mrn)
        return next(iter(found), None)

    def draw(self, member: str) -> DrawRow | None:
        return next(iter(rows_where(self.connection, SECRET_TABLE, DrawRow, "member = ?", member)), None)

    def has_declared(self, member: str, trader: str) -> bool:
        sql = "SELECT 1 FROM customs_declaration WHERE member = ? AND trader = ? AND mrn <> '' LIMIT 1"
        return self.connection.execute(sql, (member, trader)).fetchone() is not None

    def control_results(self, member: str | None = None) -> list[ControlRow]:
        """Results of controls in the order in which they came, of all members if none is named."""
        where = ("member = ?" if member else "1") + " ORDER BY at, mrn, hold"
        return rows_where(
            self.connection, "customs_control", ControlRow, where, *([member] if member else [])
        )


def write_controls(db: Connection, changes: Changes) -> None:
    """Write what a unit of work changes of controls."""
    write_rows(db, "customs_licence", changes.licences.values())
    write_rows(db, "customs_certificate", changes.certificates.values())
    write_rows(db, "customs_selection", changes.selections.values())
    write_rows(db, "customs_control", changes.controls)
    write_rows(db, SECRET_TABLE, changes.draws)
