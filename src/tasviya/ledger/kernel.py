"""The fast ledger: the rules of `book`, vectorised over flat memory, a batch at a time.

Flow of a batch: what is past its time expires; `kernel_rules` judges every event and changes the books;
events whose id exists are compared with the batch that holds the transfer; what was made is encoded
(`columns`) into a `Batch`, all that a store must keep. Replaying batches in order rebuilds the books.

Pure: clock and hash seed are arguments, and nothing here touches a disk. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from tasviya.ledger import columns, kernel_accounts, kernel_batch
from tasviya.ledger.batches import ACCOUNTS, TRANSFERS, Batch, BatchIndex
from tasviya.ledger.id_index import LOAD_PERCENT, SLOTS, count_new, split
from tasviya.ledger.kernel_reads import KernelReads
from tasviya.ledger.kernel_state import ACCOUNTS as ACCOUNT_COUNT
from tasviya.ledger.kernel_state import (
    EXPIRIES,
    FAILED_IDS,
    HISTORY,
    IDS,
    P_ROW,
    P_SLOTS,
    PENDINGS,
    ROWS,
    new_state,
    touch,
)
from tasviya.ledger.ledger import (
    BATCH_MAX,
    Account,
    CreateAccountResult,
    CreateAccountStatus,
    CreateTransferResult,
    CreateTransferStatus,
    Records,
    Transfer,
)
from tasviya.ledger.records import RESULT, TIMESTAMP, WORDS, Words, as_words

ACCOUNT_STATUS = {int(status): status for status in CreateAccountStatus}
TRANSFER_STATUS = {int(status): status for status in CreateTransferStatus}
IMPORTED_ACCOUNT = np.uint64(16 << 48)


@dataclass(frozen=True, slots=True)
class Decision:
    """Answers for a batch, valid once `batch` is kept. batch: None if nothing changed."""

    statuses: npt.NDArray[np.uint32]
    timestamps: npt.NDArray[np.uint64]
    batch: Batch | None

    def as_array(self) -> Records:
        results = np.zeros(len(self.statuses), RESULT)
        results["timestamp"] = self.timestamps
        results["status"] = self.statuses
        return results

    def as_account_results(self) -> list[CreateAccountResult]:
        statuses = map(ACCOUNT_STATUS.__getitem__, self.statuses.tolist())
        return list(map(CreateAccountResult, self.timestamps.tolist(), statuses))

    def as_transfer_results(self) -> list[CreateTransferResult]:
        statuses = map(TRANSFER_STATUS.__getitem__, self.statuses.tolist())
        return list(map(CreateTransferResult, self.timestamps.tolist(), statuses))


class LedgerFull(MemoryError):
    """The reserved address space is used up; nothing was done. Cure: open with a larger capacity."""


class Kernel(KernelReads):
    """A ledger in memory, as fast as memory.

    clock_ns: the time in nanoseconds since 1970; may stand still or go back, timestamps never do.
    hash_seed: 128 secret bits, so that nobody can choose ids that slow the index down.
    read_batch: where batches' data can be read again by seq; without it the kernel keeps them itself.
    prefault_transfers: make the memory for so many transfers now instead of on the hot path.
    """

    def __init__(
        self,
        clock_ns: Callable[[], int],
        hash_seed: int = 0,
        *,
        read_batch: Callable[[int], bytes] | None = None,
        prefault_transfers: int = 0,
        capacity_transfers: int = 1 << 28,
        capacity_accounts: int = 1 << 24,
    ) -> None:
        self._clock_ns = clock_ns
        self._state = new_state(hash_seed, capacity_transfers, capacity_accounts)
        self._index = BatchIndex(capacity_transfers)
        self._kept: dict[int, bytes] = {}
        self._keeps = read_batch is None
        self._read_batch = read_batch or self._kept.__getitem__
        self._last_timestamp = 0
        self._next_seq = 0
        self._slot_of: dict[int, int] = {}
        tables = len(self._state.id_values) // SLOTS
        self._table_counts = np.zeros(tables, np.int64)
        self._table_depths = np.zeros(tables, np.int32)
        self._tables = 1
        self._found = np.zeros((BATCH_MAX, 2), np.int32)
        self._made = np.zeros((BATCH_MAX, WORDS), np.uint64)
        self._made_slots = np.zeros((BATCH_MAX, 2), np.uint32)
        self._failed = np.zeros((BATCH_MAX, 2), np.uint64)
        self._undo = np.zeros((BATCH_MAX, WORDS), np.uint64)
        self._before = np.zeros(len(self._state.counts), np.int64)
        self._moved_keys, self._moved_values = np.zeros((SLOTS, 2), np.uint64), np.zeros(SLOTS, np.uint64)
        self._columns = np.zeros((columns.COLUMNS, BATCH_MAX), np.uint64)
        self._encoded = np.zeros(columns.buffer_size(BATCH_MAX), np.uint8)
        if prefault_transfers:
            self._prefault(prefault_transfers)

    @overload
    def create_accounts(self, accounts: Records) -> Records: ...
    @overload
    def create_accounts(self, accounts: Sequence[Account]) -> list[CreateAccountResult]: ...
    def create_accounts(self, accounts: Any) -> Any:
        decision = self.decide_accounts(as_words(accounts))
        return decision.as_array() if isinstance(accounts, np.ndarray) else decision.as_account_results()

    @overload
    def create_transfers(self, transfers: Records) -> Records: ...
    @overload
    def create_transfers(self, transfers: Sequence[Transfer]) -> list[CreateTransferResult]: ...
    def create_transfers(self, transfers: Any) -> Any:
        decision = self.decide_transfers(as_words(transfers))
        return decision.as_array() if isinstance(transfers, np.ndarray) else decision.as_transfer_results()

    def decide_transfers(self, events: Words) -> Decision:
        """Judge a batch and change the books; a store must keep the decision's batch before it answers."""
        state, total = self._state, len(events)
        self._check_room(total, 0)
        expired = self._expire()
        latest = self._advance(total)
        statuses, times = np.empty(total, np.uint32), np.empty(total, np.uint64)
        first_row = int(state.counts[ROWS])
        made, _ = kernel_batch.apply_transfers(
            events,
            np.uint64(latest),
            self._found,
            self._made,
            self._made_slots,
            statuses,
            times,
            self._failed,
            self._undo,
            self._before,
            *state,
        )
        spent = int(state.counts[FAILED_IDS])
        self._grow(self._made[:made])
        if spent:
            self._grow(self._failed[:spent])
        self._compare_older(events, statuses, times, latest)
        if not made and not spent and not expired:
            return Decision(statuses, times, None)
        data = b""
        if made:
            size = columns.encode(self._made, self._made_slots, made, self._columns, self._encoded)
            data = self._encoded[:size].tobytes()
        batch = self._next_batch(TRANSFERS, first_row, made, self._failed[:spent].tobytes(), expired, data)
        if made:
            self._index.add(batch, int(self._made[0, TIMESTAMP]), int(self._made[made - 1, TIMESTAMP]))
        return Decision(statuses, times, batch)

    def decide_accounts(self, events: Words) -> Decision:
        """Judge a batch of accounts and open them; a store must keep the batch before it answers."""
        total = len(events)
        self._check_room(0, total)
        expired = self._expire()
        latest = self._advance(total)
        statuses, times = np.empty(total, np.uint32), np.empty(total, np.uint64)
        first_slot = int(self._state.counts[ACCOUNT_COUNT])
        self._make_room_for_accounts(first_slot + total)
        taken = self._times_taken(events)
        kernel_accounts.apply_accounts(events, np.uint64(latest), taken, statuses, times, *self._state)
        made = int(self._state.counts[ACCOUNT_COUNT]) - first_slot
        if not made and not expired:
            return Decision(statuses, times, None)
        data = self._state.accounts[first_slot : first_slot + made].tobytes()
        return Decision(statuses, times, self._next_batch(ACCOUNTS, first_slot, made, b"", expired, data))

    def decide_expiry(self) -> Batch | None:
        """Give back what is past its time; a store must keep the batch, if there is one."""
        expired = self._expire()
        return (
            self._next_batch(TRANSFERS, int(self._state.counts[ROWS]), 0, b"", expired, b"")
            if expired
            else None
        )

    def expire(self) -> None:
        """Before reading: give back what is past its time, unless a store keeps the batches and decides."""
        if self._keeps:
            self.decide_expiry()

    def expiry_is_due(self) -> bool:
        """Whether `decide_expiry` may find something."""
        state = self._state
        if not state.counts[EXPIRIES]:
            return False
        return int(state.expiry_time[0]) <= max(self._last_timestamp + 1, self._clock_ns())

    def touched_slots(self, batch: Batch) -> npt.NDArray[np.int64]:
        """The slots of the accounts that the batch just decided changed, some repeatedly."""
        if batch.kind == ACCOUNTS or not batch.count:
            made = np.empty(0, np.int64)
        else:
            made = self._made_slots[: batch.count].reshape(-1).astype(np.int64)
        if not batch.expired:
            return made
        rows = self._state.pending[: int(self._state.counts[PENDINGS]), P_ROW]
        numbers = np.searchsorted(rows, batch.expired_rows())
        slots = self._state.pending[numbers, P_SLOTS]
        debits, credits = slots & np.uint64(0xFFFF_FFFF), slots >> np.uint64(32)
        return np.concatenate([made, debits.astype(np.int64), credits.astype(np.int64)])

    def account_words(self, slots: Any) -> Words:
        """The current records of the accounts in some slots."""
        words: Words = self._state.accounts[slots]
        return words

    @property
    def account_count(self) -> int:
        return int(self._state.counts[ACCOUNT_COUNT])

    def replay(self, batch: Batch) -> None:
        """Repeat a batch kept earlier, the next in order."""
        state = self._state
        made = np.empty((batch.count if batch.kind == TRANSFERS else 0, WORDS), np.uint64)
        slots = np.empty((len(made), 2), np.uint32)
        if len(made):
            data = columns.as_bytes_array(batch.data)
            columns.decode(data, batch.count, state.accounts, self._columns, made, slots)
        failed = batch.failed_ids().copy()
        kernel_batch.replay(made, slots, batch.expired_rows().copy(), failed, *state)
        self._grow(made)
        self._grow(failed)
        if batch.kind == ACCOUNTS and batch.count:
            end = batch.first_row + batch.count
            self._make_room_for_accounts(end)
            state.accounts[batch.first_row : end] = np.frombuffer(batch.data, np.uint64).reshape(-1, WORDS)
            self._index_accounts(batch.first_row, end)
        if len(made):
            self._index.add(batch, int(made[0, TIMESTAMP]), int(made[-1, TIMESTAMP]))
        self._last_timestamp = max(self._last_timestamp, batch.timestamp)
        self._next_seq = batch.seq + 1
        if self._keeps:
            self._kept[batch.seq] = batch.data

    def _check_room(self, transfers: int, accounts: int) -> None:
        """Raise LedgerFull rather than touch memory that was never reserved."""
        counts = self._state.counts
        fits = (
            int(max(counts[ROWS], counts[IDS], counts[EXPIRIES])) + transfers <= len(self._state.links)
            and int(counts[HISTORY]) + 2 * transfers <= len(self._state.history)
            and int(counts[ACCOUNT_COUNT]) + accounts <= len(self._state.accounts)
            and self._index.has_room()
        )
        if not fits:
            raise LedgerFull("the ledger holds as much as it was opened for; open it with a larger capacity")

    def _advance(self, total: int) -> int:
        """The timestamp of a batch's last event: after all before it, and not before the clock."""
        self._last_timestamp = max(self._last_timestamp + 1, self._clock_ns()) + total
        return self._last_timestamp

    def _expire(self) -> bytes:
        """The rows that expired, 8 bytes each."""
        state = self._state
        if not state.counts[EXPIRIES]:
            return b""
        now = max(self._last_timestamp + 1, self._clock_ns())
        if int(state.expiry_time[0]) > now:
            return b""
        rows = np.empty(BATCH_MAX, np.uint64)
        parts = []
        while count := kernel_batch.expire(np.uint64(now), rows, *state):
            parts.append(rows[:count].tobytes())
        expired = b"".join(parts)
        if expired:
            self._last_timestamp = now + len(expired) // 8
        return expired

    def _next_batch(
        self, kind: str, first_row: int, count: int, failed: bytes, expired: bytes, data: bytes
    ) -> Batch:
        batch = Batch(self._next_seq, kind, self._last_timestamp, first_row, count, failed, expired, data)
        self._next_seq += 1
        if self._keeps:
            self._kept[batch.seq] = data
        return batch

    def _compare_older(self, events: Words, statuses: Any, times: Any, latest: int) -> None:
        """Answer the events whose id an older batch holds, batch by batch."""
        which = np.flatnonzero(times == 0)
        if not len(which):
            return
        rows = np.empty(len(which), np.int64)
        kernel_batch.rows_of_ids(events[which], rows, *self._state)
        order = np.argsort(rows, kind="stable")
        which, rows = which[order], rows[order]
        start = 0
        while start < len(rows):
            seq, first, end = self._index.rows(self._index.of_row(int(rows[start])))
            stop = int(np.searchsorted(rows, end))
            decoded = self._decode(seq, end - first)
            kernel_batch.compare_older(
                events,
                which,
                rows,
                start,
                stop,
                decoded,
                first,
                statuses,
                times,
                np.uint64(latest),
                *self._state,
            )
            start = stop

    def _times_taken(self, accounts: Words) -> npt.NDArray[np.bool_]:
        """For each event, whether it is imported with a timestamp that a transfer has."""
        taken = np.zeros(len(accounts), np.bool_)
        for i in np.flatnonzero(accounts[:, 14] & IMPORTED_ACCOUNT):
            time = int(accounts[i, TIMESTAMP])
            for place in self._index.between(time, time) if time < 1 << 63 else ():
                seq, first, end = self._index.rows(place)
                taken[i] = bool((self._decode(seq, end - first)[:, TIMESTAMP] == np.uint64(time)).any())
        return taken

    def _grow(self, ids: Words) -> None:
        """Count new ids and split the fullest sub-tables, so that the mean load stays low."""
        state = self._state
        count_new(state.seed, state.directory, self._table_counts, ids)
        while int(state.counts[IDS]) * 100 > LOAD_PERCENT * SLOTS * self._tables:
            full = int(self._table_counts[: self._tables].argmax())
            if 1 << int(self._table_depths[full]) == len(state.directory):
                state = self._state = state._replace(directory=np.concatenate([state.directory] * 2))
            split(
                state.seed,
                state.id_keys,
                state.id_values,
                state.directory,
                self._table_depths,
                self._table_counts,
                full,
                self._tables,
                self._moved_keys,
                self._moved_values,
            )
            self._tables += 1

    def _make_room_for_accounts(self, count: int) -> None:
        """Keep the account index at most half full."""
        size = len(self._state.account_index)
        if size >= 2 * count:
            return
        while size < 2 * count:
            size *= 2
        self._state = self._state._replace(account_index=np.zeros(size, np.uint32))
        self._index_accounts(0, int(self._state.counts[ACCOUNT_COUNT]))

    def _index_accounts(self, start: int, stop: int) -> None:
        state = self._state
        kernel_accounts.index_accounts(state.seed, state.accounts, state.account_index, start, stop)
        state.counts[ACCOUNT_COUNT] = stop

    def _prefault(self, transfers: int) -> None:
        """Touch the memory that so many transfers will need."""
        slots = (transfers * 100 // (LOAD_PERCENT * SLOTS) + 8) * SLOTS
        touch(self._state.id_keys, min(slots, len(self._state.id_keys)))
        touch(self._state.id_values, min(slots, len(self._state.id_values)))
        touch(self._state.links, min(transfers, len(self._state.links)))
