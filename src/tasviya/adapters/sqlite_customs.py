"""Declarations, claims and tariffs in the embedded store, read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec

from tasviya.adapters.sqlite_connection import Connection
from tasviya.customs.claim import Claim
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.movement import MovementRow
from tasviya.customs.quota_claim import QuotaClaim, QuotaUse
from tasviya.customs.refund import DrawbackRow, Refund
from tasviya.services.customs_book import GuaranteeRow, TariffVersion, VersionKind
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

    def claims_made(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM customs_claim").fetchone()[0])

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

    def movement(self, mrn: str) -> MovementRow | None:
        return next(iter(rows_where(self.connection, "customs_movement", MovementRow, "mrn = ?", mrn)), None)

    def movement_of(self, holder: str, lrn: str) -> MovementRow | None:
        where = "holder = ? AND lrn = ?"
        found = rows_where(self.connection, "customs_movement", MovementRow, where, holder, lrn)
        return next(iter(found), None)

    def tariff_versions(self, member: str, kind: str = VersionKind.TARIFF) -> list[TariffVersion]:
        where = "member = ? AND kind = ? ORDER BY valid_from, published_at"
        return rows_where(self.connection, "customs_tariff", TariffVersion, where, member, str(kind))

    def claims_about(self, mrn: str) -> list[Claim]:
        return claims_where(self.connection, "mrn = ? ORDER BY made_at, reference", mrn)

    def quota_claims_of(self, mrn: str) -> list[QuotaClaim]:
        return rows_where(self.connection, "customs_quota_request", QuotaClaim, "mrn = ? ORDER BY item", mrn)

    def quota_claims_asked(self, member: str) -> list[QuotaClaim]:
        where = "status = 'asked' AND member = ? ORDER BY day, mrn, item"
        return rows_where(self.connection, "customs_quota_request", QuotaClaim, where, member)

    def quota_uses(self, member: str) -> list[QuotaUse]:
        return rows_where(self.connection, "customs_quota", QuotaUse, "member = ?", member)

    def claims_open(self, member: str) -> list[Claim]:
        where = "status = 'open' AND member = ? ORDER BY made_at, reference"
        return claims_where(self.connection, where, member)

    def refund(self, reference: str) -> Refund | None:
        where = "reference = ?"
        return next(iter(rows_where(self.connection, "customs_refund", Refund, where, reference)), None)

    def refunds_about(self, mrn: str) -> list[Refund]:
        where = "mrn = ? ORDER BY asked_on, reference"
        return rows_where(self.connection, "customs_refund", Refund, where, mrn)

    def drawbacks_from(self, mrn: str) -> list[DrawbackRow]:
        return rows_where(self.connection, "customs_drawback", DrawbackRow, "mrn = ?", mrn)

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
    readers = _readers(kind)
    rows = db.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {where}", values)
    return [_row(kind, names, readers, row) for row in rows.fetchall()]


def write_customs(db: Connection, changes: Changes) -> None:
    """Write what a unit of work changes of customs."""
    write_rows(db, "customs_tariff", changes.tariffs)
    write_rows(db, "customs_declaration", changes.lodgements.values())
    write_rows(db, "customs_claim", changes.claims.values())
    write_rows(db, "customs_guarantee", changes.guarantees.values())
    write_rows(db, "customs_refund", changes.refunds.values())
    write_rows(db, "customs_drawback", changes.drawbacks)
    write_rows(db, "customs_quota_request", changes.quota_claims.values())
    write_rows(db, "customs_quota", changes.quota_uses.values())
    write_rows(db, "customs_movement", changes.movements.values())


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
def _readers(kind: type[msgspec.Struct]) -> tuple[Callable[[Any], Any], ...]:
    """What the columns of a row type are read by."""
    return tuple(_reader(each.type) for each in msgspec.structs.fields(kind))


def _reader(kind: Any) -> Callable[[Any], Any]:
    """What a column's value is read by."""
    if kind is bool:
        return bool
    return _as_it_is if isinstance(kind, type) and issubclass(kind, PLAIN) else msgspec.json.decode


def _as_it_is(value: Any) -> Any:
    return value


def _row(
    kind: type[S], names: Sequence[str], readers: Sequence[Callable[[Any], Any]], row: Sequence[Any]
) -> S:
    given = {name: read(value) for name, read, value in zip(names, readers, row, strict=True)}
    return msgspec.convert(given, kind, builtin_types=(bytes,))
