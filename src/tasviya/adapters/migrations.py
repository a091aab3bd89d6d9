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
    steps = sorted(
        (int(file.name[:4]), file.read_text(encoding="utf-8"))
        for file in files("tasviya.adapters").joinpath("sql").iterdir()
        if file.name.endswith(".sql")
    )
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > steps[-1][0]:
        raise StoreError(
            "store_newer",
            f"The store has layout {version}; this program knows up to {steps[-1][0]}.",
            "Use the version of Tasviya that wrote it, or a later one.",
        )
    for number, script in steps:
        if number > version:
            laid = LEDGER_TABLES + script if number == 1 else script
            with transaction(db):
                for statement in statements(laid):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")


def statements(script: str) -> Iterator[str]:
    """The single statements of a SQL script."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
