"""TigerBeetle itself gives the book's answers; TIGERBEETLE_ADDRESS names a server to ask."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasviya.adapters.tigerbeetle import TigerBeetleLedger
from tasviya.core.errors import StoreError
from tasviya.ledger.book import Book
from tasviya.ledger.ledger import Account

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger"))

import events

ADDRESS = os.environ.get("TIGERBEETLE_ADDRESS", "")
LONG = 1000  # seconds: no timeout ends while a test runs


@pytest.fixture(scope="module")
def server() -> Iterator[TigerBeetleLedger]:
    if not ADDRESS:
        pytest.skip("TIGERBEETLE_ADDRESS names no server")
    with TigerBeetleLedger(ADDRESS) as ledger:
        yield ledger


def elsewhere(event: Any, offset: int) -> Any:
    """The event with ids that no earlier run has used; 0 and the largest id stay what they are."""
    names = [name for name in event.__slots__ if name == "id" or name.endswith("_id")]
    moved = {n: getattr(event, n) + offset for n in names if 0 < getattr(event, n) < events.MAX}
    return replace(
        event, **moved, **({"timeout": event.timeout + LONG} if getattr(event, "timeout", 0) else {})
    )


def untimed(items: list[Any]) -> list[Any]:
    return [replace(item, timestamp=0) for item in items]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_tigerbeetle_answers_as_the_book(server: TigerBeetleLedger, data: st.DataObject) -> None:
    book, offset = Book(time.time_ns), int.from_bytes(os.urandom(13), "little") << 8
    for _ in range(6):
        for kind, method in ((events.accounts, "create_accounts"), (events.transfers, "create_transfers")):
            batch = [elsewhere(event, offset) for event in data.draw(st.lists(kind(False, 0), max_size=20))]
            ours, theirs = getattr(book, method)(batch), getattr(server, method)(batch)
            assert [result.status for result in ours] == [result.status for result in theirs]
        ids = [id + offset for id in [*events.ACCOUNT_IDS, events.RARE_ID]]
        assert untimed(book.lookup_accounts(ids)) == untimed(server.lookup_accounts(ids))
        timeless = {"timestamp_min": 0, "timestamp_max": 0}
        filter = elsewhere(replace(data.draw(events.account_filters), **timeless), offset)
        for method in ("get_account_transfers", "get_account_balances"):
            assert untimed(getattr(book, method)(filter)) == untimed(getattr(server, method)(filter))


def test_server_that_is_not_there_is_told_and_not_waited_for() -> None:
    with TigerBeetleLedger("127.0.0.1:1", patience_s=0.2) as nobody:
        for method, argument in (("create_accounts", [Account(1)]), ("lookup_accounts", [1])):
            with pytest.raises(StoreError) as stopped:
                getattr(nobody, method)(argument)
            assert stopped.value.refusal.reason == "LEDGER_UNAVAILABLE"
            assert "looked up" in stopped.value.refusal.cure
