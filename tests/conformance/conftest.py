"""The stores under one suite: every fixture below is a ledger that promises the same."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tasviya.adapters.sqlite_connection import connect
from tasviya.adapters.sqlite_ledger import SqliteLedger, create_tables
from tasviya.ledger.book import Book
from tasviya.ledger.kernel import Kernel
from tasviya.ledger.ledger import Ledger

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("ledger_tables", "long_history")

from ledger_tables import Clock, Play  # noqa: E402

STORES = ["book", "kernel", "sqlite", "sqlite-apsw"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _sqlite(path: Path, clock: Callable[[], int], driver: Any) -> Iterator[Ledger]:
    connection = connect(path, driver=driver, background_checkpoints=False)
    create_tables(connection)
    ledger = SqliteLedger(connection, clock)
    yield ledger
    ledger.close()
    connection.close()


@pytest.fixture(params=STORES)
def ledger(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger whose clock the test moves."""
    if request.param == "book":
        yield Book(clock)
    elif request.param == "kernel":
        yield Kernel(clock)
    else:
        driver = "apsw" if request.param.endswith("apsw") else "sqlite3"
        yield from _sqlite(tmp_path / "ledger.db", clock, driver)


@pytest.fixture
def play(ledger: Ledger, clock: Clock) -> Play:
    """Plays a table on each store in turn."""
    return Play(ledger, clock)
