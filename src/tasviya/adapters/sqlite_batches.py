"""The ledger's two tables, and the way between them and batches.

`ledger_batch` is the ledger: one row a commit, chained by digests. `ledger_account` says the same as ordinary
rows, for people and other tools. An amount is an INTEGER if it fits 63 bits, otherwise decimal TEXT; ids
are 32 hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tasviya.adapters.sqlite_connection import Connection
from tasviya.core.errors import StoreError
from tasviya.ledger.batches import GENESIS, Batch
from tasviya.ledger.kernel import Kernel
from tasviya.ledger.records import unpack_accounts

SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger_account (
    slot INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,            -- 32 hexadecimal digits
    ledger INTEGER NOT NULL,
    code INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    debits_pending ANY NOT NULL,        -- INTEGER up to 63 bits, then decimal TEXT
    debits_posted ANY NOT NULL,
    credits_pending ANY NOT NULL,
    credits_posted ANY NOT NULL,
    user_data_128 TEXT NOT NULL,        -- 32 hexadecimal digits
    user_data_64 ANY NOT NULL,
    user_data_32 INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,         -- nanoseconds since 1970
    as_of_batch INTEGER NOT NULL        -- the last ledger_batch.seq these balances include
) STRICT;
CREATE TABLE IF NOT EXISTS ledger_batch (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                 -- 'accounts' or 'transfers'
    timestamp INTEGER NOT NULL,         -- nanoseconds since 1970, the latest given out
    first_row INTEGER NOT NULL,
    count INTEGER NOT NULL,
    digest BLOB NOT NULL,               -- SHA-256 over the digest before and this row
    failed BLOB NOT NULL,               -- spent ids, 16 bytes each, little-endian
    expired BLOB NOT NULL,              -- rows of expired pending transfers, 8 bytes each, little-endian
    data BLOB NOT NULL                  -- transfers in columns, accounts as records
) STRICT;
"""
"""The tables, as SQL statements; harmless where they exist."""

BatchRow = tuple[int, str, int, int, int, bytes, bytes, bytes, bytes]


class LedgerDamaged(StoreError):
    """A stored batch is not what was written."""


def create_tables(connection: Connection) -> None:
    """Make the ledger's tables in a file that has no other schema, as benches and tests use it."""
    for statement in SCHEMA.split(";"):
        if statement.strip():
            connection.execute(statement)


class BatchRows:
    """`ledger_batch`: the chain so far, rows going in, data coming out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._beside: Connection | None = None
        self.seq = -1
        self.digest = GENESIS
        self.unwritten: dict[int, bytes] = {}
        """Data of batches that are decided but not yet readable in the file."""

    def chain(self, batch: Batch) -> BatchRow:
        """The batch as a row whose digest continues the chain."""
        self.digest = batch.digest(self.digest)
        self.seq = batch.seq
        return (
            batch.seq,
            batch.kind,
            batch.timestamp,
            batch.first_row,
            batch.count,
            self.digest,
            batch.failed,
            batch.expired,
            batch.data,
        )

    def insert(self, rows: Sequence[BatchRow]) -> None:
        self._connection.executemany("INSERT INTO ledger_batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def data(self, seq: int) -> bytes:
        """A batch's data."""
        waiting = self.unwritten.get(seq)
        if waiting is not None:
            return waiting
        reading = self._beside or self._connection
        (data,) = reading.execute("SELECT data FROM ledger_batch WHERE seq = ?", (seq,)).fetchone()
        return bytes(data)

    def read_beside(self, connection: Connection | None) -> None:
        """Read data over this connection while another thread writes on the first; None: no longer."""
        self._beside = connection

    def stored_seq(self) -> int:
        """The last batch in the file, -1 if there is none."""
        row = self._connection.execute("SELECT seq FROM ledger_batch ORDER BY seq DESC LIMIT 1").fetchone()
        return int(row[0]) if row else -1

    def stored_head(self) -> tuple[int, bytes]:
        """The last batch in the file: seq and digest."""
        row = self._connection.execute(
            "SELECT seq, digest FROM ledger_batch ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        return (int(row[0]), bytes(row[1])) if row else (-1, GENESIS)

    def replay_into(self, kernel: Kernel, verify: bool) -> None:
        """Feed a kernel every batch after `seq`.

        Raises: LedgerDamaged, naming the first batch that is missing or is not what was written.
        """
        stored = self._connection.execute(
            "SELECT seq, kind, timestamp, first_row, count, digest, failed, expired, data"
            " FROM ledger_batch WHERE seq > ? ORDER BY seq",
            (self.seq,),
        )
        for seq, kind, timestamp, first_row, count, digest, failed, expired, data in stored:
            batch = Batch(seq, kind, timestamp, first_row, count, bytes(failed), bytes(expired), bytes(data))
            if seq != self.seq + 1:
                raise _damaged(self.seq + 1, "is missing")
            if verify and batch.digest(self.digest) != digest:
                raise _damaged(seq, "does not match its digest")
            kernel.replay(batch)
            self.seq, self.digest = seq, bytes(digest)
        newest = self._connection.execute("SELECT max(as_of_batch) FROM ledger_account").fetchone()[0]
        if newest is not None and newest > self.seq:
            raise _damaged(newest, "is missing, though ledger_account includes it")

    def slots_behind(self, kernel: Kernel) -> list[int]:
        """The accounts whose rows do not yet say what the batches make of them."""
        stored = self._connection.execute(
            "SELECT slot, debits_pending, debits_posted, credits_pending, credits_posted, flags"
            " FROM ledger_account ORDER BY slot"
        ).fetchall()
        slots = np.arange(len(stored), dtype=np.int64)
        current = [row[-1:] + row[:-2] for row in balance_rows(kernel, slots, 0)]
        return [row[0] for row, now in zip(stored, current, strict=True) if tuple(row) != now]


def account_rows(kernel: Kernel, start: int, end: int, seq: int) -> Iterator[tuple[Any, ...]]:
    """Rows of `ledger_account` for the accounts in slots [start, end)."""
    for slot, a in enumerate(unpack_accounts(kernel.account_words(slice(start, end))), start):
        balances = map(_storable, (a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted))
        user_data = f"{a.user_data_128:032x}", _storable(a.user_data_64), a.user_data_32
        yield (slot, f"{a.id:032x}", a.ledger, a.code, int(a.flags), *balances, *user_data, a.timestamp, seq)


def balance_rows(kernel: Kernel, slots: npt.NDArray[np.int64], seq: int) -> Iterable[tuple[Any, ...]]:
    """Balances and flags of some accounts, as the UPDATE of `ledger_account` takes them."""
    words = kernel.account_words(slots)
    balances = [_storable_column(words[:, field], words[:, field + 1]) for field in (2, 4, 6, 8)]
    flags = (words[:, 14] >> np.uint64(48)).tolist()
    return zip(*balances, flags, [seq] * len(slots), slots.tolist(), strict=True)


def _storable(value: int) -> int | str:
    return value if value < 1 << 63 else str(value)


def _storable_column(low: npt.NDArray[np.uint64], high: npt.NDArray[np.uint64]) -> list[int | str]:
    lows: list[int | str] = low.tolist()
    if not high.any() and int(low.max(initial=0)) < 1 << 63:
        return lows
    return [_storable(a | b << 64) for a, b in zip(lows, high.tolist(), strict=True)]


def _damaged(seq: int, what: str) -> LedgerDamaged:
    return LedgerDamaged(
        "LEDGER_DAMAGED",
        f"Ledger batch {seq} {what}.",
        "Stop; restore the last backup and compare it with the members' copies of the journal.",
        f"ledger_batch/{seq}",
    )
