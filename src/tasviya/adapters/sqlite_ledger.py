"""The embedded durable ledger: the fast kernel in memory, every batch a row of one SQLite file.

A call judges its batch, inserts one row of `ledger_batch` (and brings the touched rows of `ledger_account` up to
date), commits, and only then answers. If the connection is in a transaction already, the rows join it and the
caller commits, together with its own: pay and record in one commit. After a rollback or a failed commit memory
is ahead of the disk; `reload` rebuilds it, and until then every call refuses.

Each batch carries a digest over itself and the digest before it; opening replays all batches and checks them.
The tables are ordinary: any SQLite tool reads accounts and balances.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from tasviya.adapters.sqlite_batches import BatchRows, account_rows, balance_rows_of
from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_pipeline import Pipeline
from tasviya.core.errors import StoreError, invariant
from tasviya.ledger.batches import ACCOUNTS, Batch
from tasviya.ledger.kernel import Decision, Kernel
from tasviya.ledger.ledger import (
    Account,
    AccountBalance,
    AccountFilter,
    CreateAccountResult,
    CreateTransferResult,
    QueryFilter,
    Records,
    Transfer,
)
from tasviya.ledger.records import as_words

BalanceRows = Literal["each_commit", "on_checkpoint"]


class SqliteLedger:
    """A ledger in a SQLite file that `connect` opened for writing and that holds `SCHEMA`.

    clock_ns: nanoseconds since 1970.
    hash_seed: 128 secret bits; fresh ones if not given.
    verify: check the chain of digests on opening.
    prefault_transfers: make the memory for so many more transfers now, not on the way.
    balance_rows: keep `ledger_account` current in each commit, or write it on `write_balance_rows` and `close`.
    """

    def __init__(
        self,
        connection: Connection,
        clock_ns: Callable[[], int],
        *,
        hash_seed: int | None = None,
        verify: bool = True,
        prefault_transfers: int = 0,
        balance_rows: BalanceRows = "each_commit",
    ) -> None:
        self._connection = connection
        self._clock_ns = clock_ns
        self._hash_seed = int.from_bytes(os.urandom(16), "little") if hash_seed is None else hash_seed
        self._verify = verify
        self._prefault_transfers = prefault_transfers
        self._each_commit = balance_rows == "each_commit"
        self._lock = threading.RLock()
        self._pipeline: Pipeline | None = None
        self._load()

    # ------------------------------------------------------------------ writing

    @overload
    def create_accounts(self, accounts: Records) -> Records: ...
    @overload
    def create_accounts(self, accounts: Sequence[Account]) -> list[CreateAccountResult]: ...
    def create_accounts(self, accounts: Any) -> Any:
        decision = self._decide_and_keep(self._kernel.decide_accounts, accounts)
        return decision.as_array() if isinstance(accounts, np.ndarray) else decision.as_account_results()

    @overload
    def create_transfers(self, transfers: Records) -> Records: ...
    @overload
    def create_transfers(self, transfers: Sequence[Transfer]) -> list[CreateTransferResult]: ...
    def create_transfers(self, transfers: Any) -> Any:
        decision = self._decide_and_keep(self._kernel.decide_transfers, transfers)
        return decision.as_array() if isinstance(transfers, np.ndarray) else decision.as_transfer_results()

    def submit(self, transfers: Records | Sequence[Transfer]) -> Future[Any]:
        """Hand over a batch; the answer comes once it is durable. Many batches share one commit.

        While one group of batches is being written, the next is judged. Meant for a writer of its own: not
        inside a transaction. The result is what `create_transfers` would return.
        """
        self._refuse_if_behind()
        if self._pipeline is None:
            self._pipeline = Pipeline(self._kernel, self._rows, self._connection, self._lock)
        return self._pipeline.submit(transfers)

    def drain(self) -> None:
        """Wait until everything submitted is durable, and raise if it is not."""
        pipeline, self._pipeline = self._pipeline, None
        if pipeline:
            pipeline.close()
            if pipeline.failure:
                self._behind = True
                raise pipeline.failure
            if self._each_commit:
                self.write_balance_rows()

    def write_balance_rows(self) -> None:
        """Bring `ledger_account` up to date."""
        with self._lock:
            self._refuse_if_behind()
            slots = self._rows.take_dirty()
            self._write(lambda: self._update_balances(slots))

    def reload(self) -> None:
        """Make memory equal to the disk again, after a rollback or a failed commit."""
        self._close_pipeline_quietly()
        with self._lock:
            invariant(not self._connection.in_transaction, "reload comes after the rollback or commit")
            if self._behind or self._rows.stored_head() != self.head:
                self._load()

    def close(self) -> None:
        """Finish what was submitted and write the balances. The connection stays the caller's."""
        self.drain()
        if not self._behind and not self._connection.in_transaction:
            self.write_balance_rows()

    # ------------------------------------------------------------------ reading

    @property
    def head(self) -> tuple[int, bytes]:
        """The last batch's seq (-1 if none) and digest: equal heads, equal books."""
        return self._rows.seq, self._rows.digest

    def balances(self, account_id: int) -> tuple[int, int, int, int] | None:
        """Debits pending and posted, credits pending and posted, as the writer's next decision sees them."""
        self._settle()
        return self._kernel.balances(account_id)

    def lookup_accounts(self, ids: Sequence[int]) -> list[Account]:
        self._settle()
        return self._kernel.lookup_accounts(ids)

    def lookup_transfers(self, ids: Sequence[int]) -> list[Transfer]:
        self._settle()
        return self._kernel.lookup_transfers(ids)

    def get_account_transfers(self, filter: AccountFilter) -> list[Transfer]:
        self._settle()
        return self._kernel.get_account_transfers(filter)

    def get_account_balances(self, filter: AccountFilter) -> list[AccountBalance]:
        self._settle()
        return self._kernel.get_account_balances(filter)

    def query_accounts(self, filter: QueryFilter) -> list[Account]:
        self._settle()
        return self._kernel.query_accounts(filter)

    def query_transfers(self, filter: QueryFilter) -> list[Transfer]:
        self._settle()
        return self._kernel.query_transfers(filter)

    def iterate_transfers(self) -> Iterator[Transfer]:
        """Every transfer, in the order made."""
        self._settle()
        return self._kernel.iterate_transfers()

    def all_accounts(self) -> list[Account]:
        """Every account, in the order made."""
        self._settle()
        return self._kernel.all_accounts()

    # ------------------------------------------------------------------ inside

    def _load(self) -> None:
        self._behind = False
        self._rows = BatchRows(self._connection)
        self._kernel = _DurableKernel(
            self._clock_ns,
            self._hash_seed,
            read_batch=self._rows.data,
            prefault_transfers=self._prefault_transfers,
        )
        self._rows.replay_into(self._kernel, self._verify)

    def _refuse_if_behind(self) -> None:
        if self._behind:
            raise StoreError(
                "LEDGER_BEHIND", "The last commit failed, so memory and disk differ.", "Call reload() and try again."
            )

    def _settle(self) -> None:
        """Before reading: nothing in flight, and what is past its time has expired, durably."""
        self._refuse_if_behind()
        if self._pipeline:
            self.drain()
        if self._kernel.expiry_is_due():
            with self._lock:
                batch = self._kernel.decide_expiry()
                if batch:
                    self._keep(batch)

    def _decide_and_keep(self, decide: Callable[[Any], Decision], events: Any) -> Decision:
        words = as_words(events)
        self._refuse_if_behind()
        if self._pipeline:
            self.drain()
        with self._lock:
            decision = decide(words)
            if decision.batch:
                self._keep(decision.batch)
            return decision

    def _keep(self, batch: Batch) -> None:
        row = self._rows.chain(batch)
        touched = self._kernel.touched_slots(batch)

        def write() -> None:
            self._rows.insert(row)
            if batch.kind == ACCOUNTS and batch.count:
                end = batch.first_row + batch.count
                self._connection.executemany(
                    "INSERT INTO ledger_account VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    account_rows(self._kernel, batch.first_row, end, batch.seq),
                )
            if self._each_commit:
                self._update_balances(touched)
            else:
                self._rows.mark_dirty(touched)

        self._write(write)

    def _update_balances(self, slots: Iterable[int]) -> None:
        self._connection.executemany(
            "UPDATE ledger_account SET debits_pending = ?, debits_posted = ?, credits_pending = ?,"
            " credits_posted = ?, flags = ?, as_of_batch = ? WHERE slot = ?",
            balance_rows_of(self._kernel, slots, self._rows.seq),
        )

    def _write(self, write: Callable[[], None]) -> None:
        """Run in the caller's transaction, or in one of its own."""
        if self._connection.in_transaction:
            self._or_fall_behind(write)
            return
        self._or_fall_behind(lambda: self._connection.execute("BEGIN IMMEDIATE"))
        self._or_fall_behind(write)
        self._or_fall_behind(lambda: self._connection.execute("COMMIT"))

    def _or_fall_behind(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:
            self._behind = True
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StoreError(
                    "STORE_FAILED", f"The commit failed: {error}.", "Free the disk or repair it, then call reload()."
                ) from error
            raise
