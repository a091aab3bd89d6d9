"""Everything a store holds but its secrets, as plain tables in a SQLite file of its own or as CSV files.

Packed rows are unpacked: a row a transfer, a row a journal entry. Nothing of it is needed to run; it is for
whoever audits, analyses or leaves.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_ledger import SqliteLedger
from tasviya.core.clock import iso_instant
from tasviya.core.errors import OperatorError, writes_to
from tasviya.journal.entry import decode

Table = tuple[str, list[str], Iterator[tuple[Any, ...]]]

TRANSFER_COLUMNS = [
    "id",
    "debit_account_id",
    "credit_account_id",
    "amount",
    "pending_id",
    "user_data_128",
    "user_data_64",
    "user_data_32",
    "timeout",
    "ledger",
    "code",
    "flags",
    "timestamp",
]
PACKED = frozenset({"journal", "ledger_batch"})
SECRET = frozenset({"customs_draw_secret"})
"""What no export has: whoever knows it foresees which declarations are drawn."""


def export(db: Connection, target: Path, *, as_csv: bool) -> dict[str, int]:
    """Write all tables; returns how many rows each has.

    target: a directory for CSV, else a file; it must not exist.
    Raises: OperatorError; StoreError if the target cannot be written.
    """
    if target.exists():
        raise OperatorError(
            "target_exists", f"{target} exists.", "Name a new file or directory.", str(target)
        )
    with writes_to(target):
        if as_csv:
            target.mkdir(parents=True)
            return {
                name: _to_csv(target / f"{name}.csv", columns, rows) for name, columns, rows in _tables(db)
            }
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
        written = sqlite3.connect(target)
        try:
            with written:
                return {name: _to_sqlite(written, name, columns, rows) for name, columns, rows in _tables(db)}
        except sqlite3.OperationalError as error:
            raise OSError(f"{target}: {error}") from error
        finally:
            written.close()


def _tables(db: Connection) -> Iterator[Table]:
    names = [
        name
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    ]
    for name in names:
        if name not in PACKED | SECRET:
            cursor = db.execute(f"SELECT * FROM {name}")
            yield name, [column[0] for column in cursor.description], cursor
    yield "transfer", TRANSFER_COLUMNS, _transfers(db)
    yield "journal_entry", ["commit_seq", "at", "entry", "kind", "facts"], _entries(db)


def _transfers(db: Connection) -> Iterator[tuple[Any, ...]]:
    ids = {"id", "debit_account_id", "credit_account_id", "pending_id", "user_data_128"}
    for transfer in SqliteLedger.open_reader(db).iterate_transfers():
        yield tuple(
            f"{getattr(transfer, name):032x}" if name in ids else _plain(int(getattr(transfer, name)))
            for name in TRANSFER_COLUMNS
        )


def _entries(db: Connection) -> Iterator[tuple[Any, ...]]:
    for commit_seq, at, raw in db.execute("SELECT commit_seq, at, entries FROM journal ORDER BY commit_seq"):
        for entry in decode(raw):
            number, kind = entry.pop("entry"), entry.pop("kind")
            yield commit_seq, iso_instant(at), number, kind, msgspec.json.encode(entry).decode()


def _plain(value: int) -> int | str:
    """A number as SQLite holds it: text beyond 63 bits."""
    return value if value < 1 << 63 else str(value)


def _to_csv(path: Path, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([value.hex() if isinstance(value, bytes) else value for value in row])
            count += 1
    return count


def _to_sqlite(db: sqlite3.Connection, name: str, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> int:
    db.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    marks = ", ".join("?" * len(columns))
    return db.executemany(f"INSERT INTO {name} VALUES ({marks})", rows).rowcount
