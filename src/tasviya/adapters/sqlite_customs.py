"""Declarations, claims and tariffs in the embedded store, read and written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec

from tasviya.adapters.sqlite_connection import Connection
from tasviya.customs.claim import Claim
from tasviya.customs.lodgement import Lodgement
from tasviya.services.customs_book import GuaranteeRow, TariffVersion
from tasviya.services.unit_of_work import Changes

S = TypeVar("S", bound=msgspec.Struct)
PLAIN = (int, str, bytes)
"""What a column holds as it is; all else is JSON."""
_encode = msgspec.json.Encoder().encode


class StoredCustoms:
    """What the store answers about customs."""

    connection: Connection

    def lodgement(self, member: str, declarant: str, lrn: str) -> Lodgement | None:
        where = "member = ? AND declarant = ? AND lrn = ?"
        return next(iter(lodgements_where(self.connection, where, member, declarant, lrn)), None)

    def lodgement_of(self, mrn: str) -> Lodgement | None:
        return next(iter(lodgements_where(self.connection, "mrn = ? AND mrn <> ''", mrn)), None)

    def claim(self, reference: str) -> Claim | None:
        return next(iter(claims_where(self.connection, "reference = ?", reference)), None)

    def deferred_claims(self, member: str, until_ns: int) -> list[Claim]:
        where = "guarantee <> '' AND kind = 'declaration' AND charged_by = '' AND status = 'met'"
        order = "member = ? AND met_at < ? ORDER BY debtor, met_at, reference"
        return claims_where(self.connection, f"{where} AND {order}", member, until_ns)

    def claims_overdue(self, day: str) -> list[Claim]:
        where = "status = 'open' AND due_on <> '' AND due_on < ? ORDER BY due_on, reference"
        return claims_where(self.connection, where, day)

    def guarantee(self, grn: str) -> GuaranteeRow | None:
        return next(
            iter(rows_where(self.connection, "customs_guarantee", GuaranteeRow, "grn = ?", grn)), None
        )

    def tariff_versions(self, member: str) -> list[TariffVersion]:
        where = "member = ? ORDER BY valid_from, published_at"
        return rows_where(self.connection, "customs_tariff", TariffVersion, where, member)

    def latest_acceptance(self, member: str) -> str:
        sql = "SELECT coalesce(max(accepted_on), '') FROM customs_declaration WHERE member = ?"
        return str(self.connection.execute(sql, (member,)).fetchone()[0])


def lodgements_where(db: Connection, where: str, *values: Any) -> list[Lodgement]:
    """The declarations that a condition holds for."""
    return rows_where(db, "customs_declaration", Lodgement, where, *values)


def claims_where(db: Connection, where: str, *values: Any) -> list[Claim]:
    """The claims that a condition holds for."""
    return rows_where(db, "customs_claim", Claim, where, *values)


def rows_where(db: Connection, table: str, kind: type[S], where: str, *values: Any) -> list[S]:
    """The rows of a table that a condition holds for, as their type."""
    names = kind.__struct_fields__
    as_json = _as_json(kind)
    rows = db.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {where}", values)
    return [_row(kind, names, as_json, row) for row in rows.fetchall()]


def write_customs(db: Connection, changes: Changes) -> None:
    """Write what a unit of work changes of customs."""
    write_rows(db, "customs_tariff", changes.tariffs)
    write_rows(db, "customs_declaration", changes.lodgements.values())
    write_rows(db, "customs_claim", changes.claims.values())
    write_rows(db, "customs_guarantee", changes.guarantees.values())


def write_rows(db: Connection, table: str, rows: Iterable[msgspec.Struct]) -> None:
    """Write rows of one type into its table, over those of the same key."""
    given = list(rows)
    if given:
        names = given[0].__struct_fields__
        marks = ", ".join("?" * len(names))
        db.executemany(
            f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({marks})",
            [tuple(map(_told, msgspec.structs.astuple(row))) for row in given],
        )


def _told(value: Any) -> Any:
    return value if isinstance(value, PLAIN) else _encode(value).decode()


@cache
def _as_json(kind: type[msgspec.Struct]) -> tuple[bool, ...]:
    """Which of a row type's fields are JSON."""
    return tuple(not _is_plain(each.type) for each in msgspec.structs.fields(kind))


def _is_plain(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, PLAIN)


def _row(kind: type[S], names: Sequence[str], as_json: Sequence[bool], row: Sequence[Any]) -> S:
    given = {
        name: msgspec.json.decode(value) if coded else value
        for name, coded, value in zip(names, as_json, row, strict=True)
    }
    return msgspec.convert(given, kind, builtin_types=(bytes,))
