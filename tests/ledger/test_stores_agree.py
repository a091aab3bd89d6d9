"""Book, kernel and SQLite ledger, driven by the same random history, never differ."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import events
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tasviya.adapters.sqlite_connection import connect
from tasviya.adapters.sqlite_ledger import SqliteLedger, create_tables
from tasviya.ledger.book import Book
from tasviya.ledger.kernel import Kernel
from tasviya.ledger.ledger import Account, AccountFilter, AccountFlags, QueryFilter, Transfer, TransferFlags
from tasviya.ledger.proof import differences, trial_balance


class Stores(RuleBasedStateMachine):
    """Everything done to one store is done to all, and all must answer alike."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self.book = Book(self.clock)
        self.kernel = Kernel(self.clock, hash_seed=self.now)
        self.open_sqlite()
        self.sent: list[Transfer] = []

    def clock(self) -> int:
        return self.now

    def open_sqlite(self) -> None:
        self.connection = connect(self.folder / "ledger.db", background_checkpoints=False)
        self.connection.execute("PRAGMA synchronous = OFF")
        create_tables(self.connection)
        self.sqlite = SqliteLedger(self.connection, self.clock)

    def ask(self, method: str, argument: Any) -> Any:
        answer, *others = (
            getattr(store, method)(argument) for store in (self.book, self.kernel, self.sqlite)
        )
        for other in others:
            assert other == answer
        return answer

    @initialize()
    def open_some_accounts(self) -> None:
        kinds = [0, 8, 2, 4, 8, 0]
        self.ask(
            "create_accounts",
            [Account(id, ledger=1, code=1, flags=AccountFlags(kind)) for id, kind in enumerate(kinds, 1)],
        )

    @rule(data=st.data())
    def create_accounts(self, data: st.DataObject) -> None:
        self.ask("create_accounts", data.draw(events.batches(events.accounts, self.now)))

    @rule(data=st.data())
    def create_transfers(self, data: st.DataObject) -> None:
        batch = data.draw(events.batches(events.transfers, self.now))
        self.ask("create_transfers", batch)
        self.sent = [*self.sent[-40:], *batch]

    @precondition(lambda self: self.sent)
    @rule(
        data=st.data(), field=st.sampled_from(["", "amount", "code", "user_data_64", "timeout", "pending_id"])
    )
    def send_again(self, data: st.DataObject, field: str) -> None:
        again = data.draw(st.lists(st.sampled_from(self.sent), max_size=10))
        copies = [Transfer(*(getattr(t, name) for name in Transfer.__slots__)) for t in again]
        for copy in copies[:3] if field else []:
            setattr(copy, field, data.draw(events.small))
        for copy in copies[-1:]:
            copy.flags &= ~TransferFlags.LINKED
        self.ask("create_transfers", copies)

    @rule(seconds=st.sampled_from([0, 1, 2]), nanoseconds=st.sampled_from([0, 1, 7, 1000]))
    def time_passes(self, seconds: int, nanoseconds: int) -> None:
        self.now += seconds * 1_000_000_000 + nanoseconds

    @rule(filter=events.account_filters)
    def read_an_account(self, filter: AccountFilter) -> None:
        self.ask("get_account_transfers", filter)
        self.ask("get_account_balances", filter)

    @rule(filter=events.query_filters)
    def query(self, filter: QueryFilter) -> None:
        self.ask("query_accounts", filter)
        self.ask("query_transfers", filter)

    @rule(ids=st.lists(events.transfer_ids, max_size=8))
    def look_up_transfers(self, ids: list[int]) -> None:
        self.ask("lookup_transfers", ids)

    @rule()
    def reopen(self) -> None:
        self.now += 1_000_000  # refusals' timestamps are not kept: only the clock tells them apart now
        self.sqlite.close()
        self.connection.close()
        self.open_sqlite()

    @rule(batch=st.lists(events.transfers(False, 0), max_size=6))
    def roll_back(self, batch: list[Transfer]) -> None:
        self.now += 1_000_000
        head = self.sqlite.head
        self.connection.execute("BEGIN")
        self.sqlite.create_transfers(batch)
        self.connection.execute("ROLLBACK")
        self.sqlite.reload()
        assert self.sqlite.head == head
        self.now += 1_000_000

    @invariant()
    def accounts_are_equal_and_balance(self) -> None:
        accounts = self.ask("lookup_accounts", [*events.ACCOUNT_IDS, events.RARE_ID])
        assert trial_balance(accounts).holds

    def teardown(self) -> None:
        reader = SqliteLedger.open_reader(connect(self.folder / "ledger.db", read_only=True))
        assert reader.all_accounts() == self.sqlite.all_accounts()
        assert list(reader.iterate_transfers()) == list(self.sqlite.iterate_transfers())
        assert not differences(
            self.sqlite.all_accounts(), self.sqlite.iterate_transfers(), self.sqlite.is_expired
        )
        self.sqlite.close()
        self.connection.close()
        shutil.rmtree(self.folder)


TestStores = Stores.TestCase
TestStores.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
