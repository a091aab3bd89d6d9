"""The embedded durable ledger: the fast kernel in memory, every batch a row of one SQLite file.

A call judges its batch, inserts one row of `ledger_batch` (and brings the touched rows of `ledger_account`
up to date), commits, and only then answers. If the connection is in a transaction already, the rows join it
and the caller commits, together with its own: pay and record in one commit. After a rollback or a failed
commit memory is ahead of the disk; `reload` rebuilds it, and until then every call refuses.

Each batch carries a digest over itself and the digest before it; opening replays all batches and checks them.
The tables are ordinary: any SQLite tool reads accounts and balances.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from tasviya.adapters.sqlite_batches import (
    SCHEMA,
    BatchRow,
    BatchRows,
    account_rows,
    balance_rows,
    create_tables,
)
from tasviya.adapters.sqlite_connection import Connection, reading_beside
from tasviya.adapters.sqlite_pipeline import Pipeline
from tasviya.core.errors import StoreError, invariant
from tasviya.ledger.batches import ACCOUNTS, Batch
from tasviya.ledger.kernel import Decision, Kernel
from tasviya.ledger.kernel_state import reserve
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
from tasviya.ledger.records import Words, as_words

__all__ = ["SCHEMA", "SqliteLedger", "SqliteLedgerReader", "create_tables"]

INSERT_ACCOUNT = "INSERT INTO ledger_account VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
UPDATE_BALANCES = (
    "UPDATE ledger_account SET debits_pending = ?, debits_posted = ?, credits_pending = ?,"
    " credits_posted = ?, flags = ?, as_of_batch = ? WHERE slot = ?"
)
DIRTY_MAX = 1 << 24
BALANCE_ROWS_MAX = 512

Prepared = tuple[BatchRow, list[tuple[Any, ...]], list[tuple[Any, ...]]]
"""A batch's row, the accounts it opened, the balances it changed."""
BalanceRows = Literal["each_commit", "on_checkpoint"]


class SqliteLedger:
    """A ledger in a SQLite file that `connect` opened for writing and that holds `SCHEMA`.

    clock_ns: nanoseconds since 1970.
    hash_seed: 128 secret bits; fresh ones if not given.
    verify: check the chain of digests on opening.
    prefault_transfers: make the memory for so many more transfers now, not on the way.
    balance_rows: "each_commit" keeps `ledger_account` current; a commit that touches more than 512 accounts
        writes 512 of them and leaves the rest to the commits after it, or to `write_balance_rows`.
        "on_checkpoint" leaves all to `write_balance_rows` and `close`. `as_of_batch` tells either way.
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
        self._reading: Connection | None = None
        self._behind = False
        self._load()

    @classmethod
    def open_reader(cls, connection: Connection, *, verify: bool = True) -> SqliteLedgerReader:
        """The ledger in a file that another process may be writing; connection: opened read-only."""
        return SqliteLedgerReader(connection, verify=verify)

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
        """Hand over a batch; its answer comes once it is durable. Many batches share one commit.

        While one group of batches is being written, the next is judged. Not inside a transaction. The
        result is what `create_transfers` would return.
        """
        with self._lock:
            if self._pipeline is None:
                self._refuse_if_behind()
                invariant(
                    not self._connection.in_transaction, "submitted batches have transactions of their own"
                )
                self._reading = self._reading or reading_beside(self._connection)
                self._rows.read_beside(self._reading)
                self._pipeline = Pipeline(
                    self._kernel.decide_transfers, self._prepare_ahead, self._commit_group
                )
            return self._pipeline.submit(transfers)

    def drain(self) -> None:
        """Wait until everything submitted is durable, and raise if it is not."""
        with self._lock:
            pipeline, self._pipeline = self._pipeline, None
            if pipeline:
                pipeline.close()
                self._rows.read_beside(None)
                if pipeline.failure:
                    self._behind = True
                    raise pipeline.failure

    def write_balance_rows(self) -> None:
        """Bring `ledger_account` up to date where it is not kept so in each commit."""
        self.drain()
        with self._lock:
            self._refuse_if_behind()
            slots = np.flatnonzero(self._dirty[: self._kernel.account_count])
            if not len(slots):
                return
            rows = list(balance_rows(self._kernel, slots, self._rows.seq))
            joins = self._connection.in_transaction
            if not joins:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(UPDATE_BALANCES, rows)
            if not joins:
                self._connection.execute("COMMIT")
            self._dirty[slots] = False
            self._backlog, self._turn = False, 0

    def reload(self) -> None:
        """Make memory equal to the disk again, after a rollback or a failed commit."""
        with suppress(Exception):
            self.drain()
        with self._lock:
            invariant(not self._connection.in_transaction, "reload comes after the rollback or the commit")
            if self._behind or self._rows.stored_head() != self.head:
                self._load()

    def close(self) -> None:
        """Finish what was submitted and write the balances. The connection stays the caller's to close."""
        self.drain()
        if not self._behind and not self._connection.in_transaction:
            self.write_balance_rows()
        if self._reading:
            self._reading.close()
            self._reading = None

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

    def is_expired(self, transfer_id: int) -> bool:
        """Whether a pending transfer has given its money back for want of time."""
        self._settle()
        return self._kernel.is_expired(transfer_id)

    # ------------------------------------------------------------------ inside

    def _load(self) -> None:
        self._behind = False
        self._rows = BatchRows(self._connection)
        self._kernel = Kernel(
            self._clock_ns,
            self._hash_seed,
            read_batch=self._rows.data,
            prefault_transfers=self._prefault_transfers,
        )
        self._rows.replay_into(self._kernel, self._verify)
        self._dirty = reserve((DIRTY_MAX,), np.bool_)
        behind = self._rows.slots_behind(self._kernel)
        self._dirty[behind] = True
        self._backlog, self._turn = len(behind) > 0, 0

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

    def _decide_and_keep(self, decide: Callable[[Words], Decision], events: Any) -> Decision:
        words = as_words(events)
        if self._pipeline:
            self.drain()
        with self._lock:
            self._refuse_if_behind()
            if self._rows.stored_seq() != self._rows.seq:
                self._behind = True
                self._refuse_if_behind()
            decision = decide(words)
            if decision.batch:
                self._keep(decision.batch)
            return decision

    def _refuse_if_behind(self) -> None:
        if self._behind:
            raise StoreError(
                "LEDGER_BEHIND",
                "The last unit of work was not committed, so the ledger in memory is ahead of the disk.",
                "Call reload() and try again.",
            )

    def _keep(self, batch: Batch) -> None:
        """Write a batch in the caller's transaction, or in one of its own."""
        prepared = self._prepare(batch)
        if self._connection.in_transaction:
            with self._falling_behind():
                self._write([prepared])
        else:
            self._commit([prepared])

    def _prepare_ahead(self, batch: Batch) -> Prepared:
        self._rows.unwritten[batch.seq] = batch.data
        return self._prepare(batch)

    def _commit_group(self, prepared: Sequence[Prepared]) -> None:
        self._commit(prepared)
        for row, _, _ in prepared:
            del self._rows.unwritten[row[0]]

    def _prepare(self, batch: Batch) -> Prepared:
        """What will be written for a batch, taken from memory before the next batch changes it."""
        row = self._rows.chain(batch)
        opened: list[tuple[Any, ...]] = []
        balances: list[tuple[Any, ...]] = []
        if batch.kind == ACCOUNTS:
            opened = list(
                account_rows(self._kernel, batch.first_row, batch.first_row + batch.count, batch.seq)
            )
        touched = self._kernel.touched_slots(batch)
        if self._each_commit:
            balances = list(balance_rows(self._kernel, self._due_slots(touched), batch.seq))
        else:
            self._dirty[touched] = True
        return row, opened, balances

    def _due_slots(self, touched: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Whose balance rows this commit writes: all that changed, or a share of them if very many."""
        if not self._backlog and len(touched) <= BALANCE_ROWS_MAX:
            return np.unique(touched)
        self._dirty[touched] = True
        waiting = np.flatnonzero(self._dirty[: self._kernel.account_count])
        later = np.searchsorted(waiting, self._turn)
        due = np.concatenate([waiting[later:], waiting[:later]])[:BALANCE_ROWS_MAX]
        self._backlog = len(due) < len(waiting)
        self._turn = int(due[-1]) + 1 if self._backlog else 0
        self._dirty[due] = False
        return due

    def _write(self, prepared: Sequence[Prepared]) -> None:
        self._rows.insert([row for row, _, _ in prepared])
        for _, opened, balances in prepared:
            if opened:
                self._connection.executemany(INSERT_ACCOUNT, opened)
            if balances:
                self._connection.executemany(UPDATE_BALANCES, balances)

    def _commit(self, prepared: Sequence[Prepared]) -> None:
        """Write in a transaction of its own; durable when this returns."""
        with self._falling_behind():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._write(prepared)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _falling_behind(self) -> Iterator[None]:
        """Until it succeeds, memory is ahead of the disk; a driver's error becomes a StoreError."""
        try:
            yield
        except BaseException as error:
            self._behind = True
            if isinstance(error, sqlite3.Error) or type(error).__module__.startswith("apsw"):
                raise StoreError(
                    "STORE_FAILED", f"The commit failed: {error}.", "Make room or repair, then call reload()."
                ) from error
            raise


class SqliteLedgerReader:
    """The same ledger read by another process: what is durable, as of the last look; nothing expires here.

    connection: opened read-only. Every reading first takes in the batches that are new.
    """

    def __init__(self, connection: Connection, *, verify: bool = True) -> None:
        self._verify = verify
        self._rows = BatchRows(connection)
        self._kernel = Kernel(lambda: 0, int.from_bytes(os.urandom(16), "little"), read_batch=self._rows.data)
        self.refresh()

    def refresh(self) -> None:
        """Take in what has been committed since."""
        self._rows.replay_into(self._kernel, self._verify)

    @property
    def head(self) -> tuple[int, bytes]:
        """The last batch's seq (-1 if none) and digest."""
        return self._rows.seq, self._rows.digest

    def balances(self, account_id: int) -> tuple[int, int, int, int] | None:
        return self._current().balances(account_id)

    def lookup_accounts(self, ids: Sequence[int]) -> list[Account]:
        return self._current().lookup_accounts(ids)

    def lookup_transfers(self, ids: Sequence[int]) -> list[Transfer]:
        return self._current().lookup_transfers(ids)

    def get_account_transfers(self, filter: AccountFilter) -> list[Transfer]:
        return self._current().get_account_transfers(filter)

    def get_account_balances(self, filter: AccountFilter) -> list[AccountBalance]:
        return self._current().get_account_balances(filter)

    def query_accounts(self, filter: QueryFilter) -> list[Account]:
        return self._current().query_accounts(filter)

    def query_transfers(self, filter: QueryFilter) -> list[Transfer]:
        return self._current().query_transfers(filter)

    def iterate_transfers(self) -> Iterator[Transfer]:
        return self._current().iterate_transfers()

    def all_accounts(self) -> list[Account]:
        return self._current().all_accounts()

    def is_expired(self, transfer_id: int) -> bool:
        return self._current().is_expired(transfer_id)

    def _current(self) -> Kernel:
        self.refresh()
        return self._kernel
