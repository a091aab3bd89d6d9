"""The store's layout, brought up to date by numbered steps that only go forward."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib.resources import files

from tasviya.adapters.sqlite_batches import SCHEMA as LEDGER_TABLES
from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.transactions import transaction
from tasviya.core.errors import StoreError


def migrate(db: Connection) -> None:
    """Bring the store's layout to this version, one numbered step after the other, each in a transaction.

    Raises: StoreError if the store is newer than this program.
    """
    steps = _steps()
    version = _version(db, steps[-1][0])
    for number, script in steps:
        if number > version:
            laid = LEDGER_TABLES + script if number == 1 else script
            with transaction(db):
                for statement in statements(laid):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")


def must_be_current(db: Connection) -> None:
    """A reader's look at the layout: it can change nothing.

    Raises: StoreError if the store's layout is not this program's.
    """
    latest = _steps()[-1][0]
    version = _version(db, latest)
    if version < latest:
        what = f"The store has layout {version}; this program reads layout {latest}."
        raise StoreError("store_older", what, "`tasviya run --once` brings it up to date.")


def _steps() -> list[tuple[int, str]]:
    """Number and script of each step, in order."""
    return sorted(
        (int(file.name[:4]), file.read_text(encoding="utf-8"))
        for file in files("tasviya.adapters").joinpath("sql").iterdir()
        if file.name.endswith(".sql")
    )


def _version(db: Connection, latest: int) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > latest:
        raise StoreError(
            "store_newer",
            f"The store has layout {version}; this program knows up to {latest}.",
            "Use the version of Tasviya that wrote it, or a later one.",
        )
    return int(version)


def statements(script: str) -> Iterator[str]:
    """The single statements of a SQL script."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
