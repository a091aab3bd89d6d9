"""One transaction on an embedded store: all of it, or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from tasviya.adapters.sqlite_connection import Connection, damaged
from tasviya.core.errors import StoreError


@contextmanager
def transaction(db: Connection) -> Iterator[None]:
    """All of it, or nothing.

    Raises: StoreError for what the disk or another process causes; other errors as they come.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise StoreError("store_failed", f"SQLite: {error}.", _cure_for(error)) from error
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


@contextmanager
def reading() -> Iterator[None]:
    """Reads of a store that may be damaged.

    Raises: StoreError for what SQLite finds wrong with the file; other errors as they come.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise damaged(error) from error


def _cure_for(error: sqlite3.OperationalError) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if "FULL" in name:
        return "The disk is full: free space and start again; nothing of this batch has happened."
    if "BUSY" in name or "LOCKED" in name:
        return "Another process holds the store: stop it, or wait and try again."
    return "Check the disk and start again; nothing of this batch has happened."
