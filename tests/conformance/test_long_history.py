"""Book, kernel and SQLite, and TigerBeetle where TIGERBEETLE_ADDRESS names a server, live one long history.

LONG_HISTORY sets how many events that is, LONG_HISTORY_SEED which. A failure shows the event or the question.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from tasviya.adapters.sqlite_connection import connect
from tasviya.adapters.sqlite_ledger import SqliteLedger, create_tables
from tasviya.adapters.tigerbeetle import TigerBeetleLedger
from tasviya.ledger.book import Book
from tasviya.ledger.kernel import Kernel
from tasviya.ledger.ledger import CreateTransferStatus

from long_history import LongHistory, Timeline  # isort: skip

ADDRESS = os.environ.get("TIGERBEETLE_ADDRESS", "")
EVENTS = int(os.environ.get("LONG_HISTORY", "6000"))
SEED = int(os.environ.get("LONG_HISTORY_SEED", "0"))


def live(tmp_path: Path, seed: int, server: TigerBeetleLedger | None) -> LongHistory:
    clock = Timeline(Random(seed))
    connection = connect(tmp_path / "ledger.db", background_checkpoints=False)
    connection.execute("PRAGMA synchronous = OFF")
    create_tables(connection)
    sqlite = SqliteLedger(connection, clock)
    history = LongHistory(seed, [Book(clock), Kernel(clock, hash_seed=seed), sqlite], clock, server)
    try:
        history.live(EVENTS)
    finally:
        sqlite.close()
        connection.close()
    print(f"{history.events:,} events and {history.questions:,} questions agree, of seed {seed}:")
    print("  ".join(f"{status.name} {count}" for status, count in history.statuses.most_common()))
    return history


def test_stores_live_the_same_long_history(tmp_path: Path) -> None:
    history = live(tmp_path, SEED, None)
    told = {status for status in history.statuses if isinstance(status, CreateTransferStatus)}
    assert len(told) > 50


@pytest.mark.skipif(not ADDRESS, reason="TIGERBEETLE_ADDRESS names no server")
def test_tigerbeetle_lives_the_same_long_history(tmp_path: Path) -> None:
    seed = SEED or int.from_bytes(os.urandom(4), "little")
    with TigerBeetleLedger(ADDRESS) as server:
        live(tmp_path, seed, server)
