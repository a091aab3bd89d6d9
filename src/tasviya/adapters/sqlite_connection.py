"""The one place where a SQLite file is opened.

One writer, many readers: WAL, `synchronous=FULL`, 16 KiB pages. A writer holds an operating-system lock
beside the file (`<file>.writer`) for as long as its connection is open; the lock vanishes with its process.
Checkpoints of the WAL run on a second connection in a thread of their own, because inline they would stop a
commit for tens of milliseconds. Transactions are explicit: nothing begins or commits by itself.

Either driver serves, the standard library's `sqlite3` or `apsw`: callers keep to `Connection`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, Protocol

from tasviya.core.errors import StoreError

PAGE_BYTES = 16384
CACHE_KIB = 65536
CHECKPOINT_AT_BYTES = 32 << 20
CHECKPOINT_LOOKS_EVERY_S = 0.2

Driver = Literal["sqlite3", "apsw"]


class WriterBusy(StoreError):
    """Another process, or another connection of this one, is the writer of this file."""


class Connection(Protocol):
    """What both drivers' connections can do, and all that is asked of them."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any: ...

    def close(self) -> None: ...


def copy_database(source: Path, target: Path) -> None:
    """Copy a store as it stands, beside its writer.

    Raises: StoreError if either cannot be read or written.
    """
    try:
        uri = f"{source.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as read, closing(sqlite3.connect(target)) as written:
            read.backup(written)
    except sqlite3.Error as error:
        what = f"{source} could not be copied to {target}: {error}."
        raise StoreError("store_failed", what, "Free space, or check the paths.") from None


def connect(
    path: str | Path,
    *,
    read_only: bool = False,
    busy_timeout_s: float = 5.0,
    background_checkpoints: bool = True,
    driver: Driver = "sqlite3",
) -> Connection:
    """Open a SQLite file, as its writer or as one of its readers.

    Raises: WriterBusy if it has a writer already; StoreError if it cannot be opened.
    """
    path = Path(path)
    held = None if read_only else _WriterHold(path)
    try:
        connection = _open(path, read_only, busy_timeout_s, driver, held)
        _prepare(connection, read_only, background_checkpoints)
    except Exception as error:
        if held:
            held.release()
        if isinstance(error, StoreError):
            raise
        if "malformed" in str(error):
            raise damaged(error) from error
        raise StoreError(
            "STORE_UNREADABLE",
            f"{path}: {error}.",
            "Check the path, its permissions and that it is a SQLite file.",
        ) from error
    if held and background_checkpoints:
        held.checkpointer = Checkpointer(path, driver)
    return connection


def damaged(error: Exception) -> StoreError:
    """What to say of a file that SQLite finds broken."""
    cure = "Keep the file, restore the store from its last copy, and hand in again what came since."
    return StoreError("store_damaged", f"SQLite: {error}.", cure)


def reading_beside(connection: Connection) -> Connection:
    """A second connection to the same file, for reading while the first one writes."""
    ((_, _, path),) = [
        row for row in connection.execute("PRAGMA database_list").fetchall() if row[1] == "main"
    ]
    return connect(path, read_only=True)


class _WriterHold:
    """The writer's lock and its checkpointer, let go when the connection closes."""

    def __init__(self, path: Path) -> None:
        self.checkpointer: Checkpointer | None = None
        lock_path = path.with_name(path.name + ".writer")
        try:
            self._descriptor: int | None = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(
                "STORE_UNREADABLE", f"{lock_path}: {error.strerror}.", "Check the folder and its permissions."
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise WriterBusy(
                "STORE_BUSY",
                f"{path} has a writer already.",
                "Stop the other process that serves this store, or open the file read-only.",
            ) from error

    def release(self) -> None:
        if self.checkpointer:
            self.checkpointer.stop()
            self.checkpointer = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class _Connection(sqlite3.Connection):
    """The standard driver's connection that lets go of the writer's lock when closed."""

    held: _WriterHold | None = None

    def close(self) -> None:
        held, self.held = self.held, None
        if held and held.checkpointer:
            held.checkpointer.stop()
            held.checkpointer = None
        super().close()
        if held:
            held.release()


def _open(
    path: Path, read_only: bool, busy_timeout_s: float, driver: Driver, held: _WriterHold | None
) -> Connection:
    if driver == "apsw":
        return _open_apsw(path, read_only, busy_timeout_s, held)
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )
    connection.held = held
    return connection


def _open_apsw(path: Path, read_only: bool, busy_timeout_s: float, held: _WriterHold | None) -> Connection:
    import apsw

    class ApswConnection(apsw.Connection):  # type: ignore[misc, unused-ignore]
        def close(self, force: bool = False) -> None:
            super().close(force)
            if held:
                held.release()

    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection: Connection = ApswConnection(str(path), flags=flags)
    connection.set_busy_timeout(int(busy_timeout_s * 1000))  # type: ignore[attr-defined]
    return connection


def _prepare(connection: Connection, read_only: bool, background_checkpoints: bool) -> None:
    if read_only:
        pragmas = ["query_only = ON"]
    else:
        inline_pages = 0 if background_checkpoints else CHECKPOINT_AT_BYTES // PAGE_BYTES
        pragmas = [
            f"page_size = {PAGE_BYTES}",
            "journal_mode = WAL",
            "synchronous = FULL",
            f"wal_autocheckpoint = {inline_pages}",
            "foreign_keys = ON",
        ]
    for pragma in [*pragmas, f"cache_size = -{CACHE_KIB}"]:
        connection.execute(f"PRAGMA {pragma}").fetchall()


class Checkpointer:
    """Moves the WAL into the database, in a thread and on a connection of its own, whenever it has grown."""

    def __init__(self, path: Path, driver: Driver = "sqlite3") -> None:
        self._wal = path.with_name(path.name + "-wal")
        self._path, self._driver = path, driver
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpointer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        connection: Connection | None = None
        while not self._stopping.wait(CHECKPOINT_LOOKS_EVERY_S):
            if not self._wal.exists() or self._wal.stat().st_size < CHECKPOINT_AT_BYTES:
                continue
            connection = connection or _open(self._path, False, 0.0, self._driver, None)
            try:
                # PASSIVE never waits for the writer or a reader. The second pass finds little left to do, so
                # that the writer can begin the WAL anew and the file stops growing.
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.OperationalError:
                continue  # busy: the next look tries again
        if connection:
            connection.close()
