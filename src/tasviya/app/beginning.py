"""A union's store is made, and opened for its writer."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tasviya.core.clock import Clock
from tasviya.core.errors import StoreError, writes_to
from tasviya.home import Home, read_text
from tasviya.membership.participant import OpeningBalance
from tasviya.membership.register import Register
from tasviya.membership.union import load_union
from tasviya.messages.signature import Unsigned
from tasviya.services.founding import endow, found
from tasviya.services.payments import Undeclared
from tasviya.services.system import System

if TYPE_CHECKING:
    from tasviya.adapters.sqlite_store import SqliteStore


def initialise(
    home: Home, union_file: Path, clock: Clock, balances: Iterable[OpeningBalance] = ()
) -> Register:
    """Make a store for the union of a `union.toml`.

    It gets its place when it is whole: whatever stops this, it can be tried again.
    balances: what a sandbox's accounts start with, beside those in the file.
    Raises: ConfigurationError, OperatorError, StoreError.
    """
    register = load_union(read_text(union_file), str(union_file))
    with writes_to(home.root):
        for directory in (home.inbox, home.received, home.outbox, home.statements):
            directory.mkdir(parents=True, exist_ok=True)
        draft = Home(home.root / ".draft")
        if draft.root.exists():
            shutil.rmtree(draft.root)
        draft.root.mkdir()
    store = open_store(draft, clock)
    try:
        system = System(store, clock, Unsigned(), Undeclared())
        system.do(lambda work: found(work, (r for rows in register.tables().values() for r in rows)))
        snapshot = system.memory.snapshot
        wanted = [*snapshot.opening_balances, *balances]
        if wanted:
            system.do(lambda work: endow(work, wanted))
    finally:
        store.close()
    if Path(f"{draft.database}-wal").exists():
        raise StoreError(
            "store_failed", f"{draft.database} could not be finished.", "Free space and start again."
        )
    with writes_to(home.root):
        draft.database.replace(home.database)
        shutil.rmtree(draft.root)
    return register


def open_store(home: Home, clock: Clock) -> SqliteStore:
    """The embedded store, for its one writer.

    Raises: StoreError.
    """
    # Compiled code takes a second to load: commands that only ask do without.
    from tasviya.adapters.sqlite_store import SqliteStore

    return SqliteStore(home.database, clock)
