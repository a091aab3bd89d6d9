"""What the fast ledger answers: lookups, an account's transfers and balances, queries.

By id: the hash gives the row, the row its batch, and one record is decoded in place. By account: links lead
from an account's newest transfer backwards. Queries pass over every batch whose columns' bounds exclude a
match, and stop when enough is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tasviya.ledger import columns, kernel_batch
from tasviya.ledger.batches import BatchIndex
from tasviya.ledger.filters import (
    FILTER_FLAG_BITS,
    account_filter_finds,
    check_batch_size,
    check_integers,
    query_filter_finds,
    result_limit,
)
from tasviya.ledger.kernel_state import ACCOUNTS, EXPIRED, P_ROW, PENDINGS, State
from tasviya.ledger.ledger import (
    Account,
    AccountBalance,
    AccountFilter,
    AccountFilterFlags,
    AccountFlags,
    QueryFilter,
    QueryFilterFlags,
    Transfer,
)
from tasviya.ledger.records import (
    DEBIT_ID,
    LEDGER_CODE_FLAGS,
    TIMESTAMP,
    USER_DATA_32_TIMEOUT,
    USER_DATA_64,
    USER_DATA_128,
    WORD_MASK,
    WORDS,
    Words,
    id_words,
    unpack_accounts,
    unpack_transfers,
)

HISTORY_FLAG = np.uint64(int(AccountFlags.HISTORY) << 48)
WALK_BUFFER = 1 << 13


class KernelReads:
    """The reading half of `Kernel`, over the state that its other half changes."""

    _state: State
    _index: BatchIndex
    _read_batch: Callable[[int], bytes]
    _slot_of: dict[int, int]
    _columns: Words

    def expire(self) -> None:
        """Give back what is past its time, so that what is read is current."""
        raise NotImplementedError

    def balances(self, account_id: int) -> tuple[int, int, int, int] | None:
        """Debits pending and posted, credits pending and posted: the quickest look at an account."""
        slot = self._slot(account_id)
        if slot is None:
            return None
        w = self._state.accounts[slot].tolist()
        return w[2] | w[3] << 64, w[4] | w[5] << 64, w[6] | w[7] << 64, w[8] | w[9] << 64

    def lookup_accounts(self, ids: Sequence[int]) -> list[Account]:
        check_batch_size(ids)
        self.expire()
        slots = [slot for slot in map(self._slot, ids) if slot is not None]
        return unpack_accounts(self._state.accounts[slots]) if slots else []

    def lookup_transfers(self, ids: Sequence[int]) -> list[Transfer]:
        check_batch_size(ids)
        self.expire()
        rows = np.empty(len(ids), np.int64)
        kernel_batch.rows_of_ids(id_words(ids), rows, *self._state)
        return unpack_transfers(self.transfers_at(rows[rows >= 0]))

    def get_account_transfers(self, filter: AccountFilter) -> list[Transfer]:
        _, transfers = self._account_rows(filter)
        return unpack_transfers(transfers)

    def get_account_balances(self, filter: AccountFilter) -> list[AccountBalance]:
        slot = self._slot(filter.account_id)
        if slot is None or not self._state.accounts[slot, LEDGER_CODE_FLAGS] & HISTORY_FLAG:
            check_integers(filter, FILTER_FLAG_BITS)
            self.expire()
            return []
        rows, transfers = self._account_rows(filter)
        account = self._state.accounts[slot]
        is_debit = (transfers[:, DEBIT_ID] == account[0]) & (transfers[:, DEBIT_ID + 1] == account[1])
        entries = np.empty(len(rows), np.int64)
        kernel_batch.find_history(rows * 2 + ~is_debit, entries, *self._state)
        kept = self._state.history[entries].tolist()
        return [
            AccountBalance(h[1] | h[2] << 64, h[3] | h[4] << 64, h[5] | h[6] << 64, h[7] | h[8] << 64, time)
            for h, time in zip(kept, transfers[:, TIMESTAMP].tolist(), strict=True)
        ]

    def query_accounts(self, filter: QueryFilter) -> list[Account]:
        check_integers(filter, FILTER_FLAG_BITS)
        self.expire()
        if not query_filter_finds(filter):
            return []
        accounts = self._state.accounts[: int(self._state.counts[ACCOUNTS])]
        matches = np.flatnonzero(_matches(filter, accounts))
        if filter.flags & QueryFilterFlags.REVERSED:
            matches = matches[::-1]
        return unpack_accounts(accounts[matches[: result_limit(filter)]])

    def query_transfers(self, filter: QueryFilter) -> list[Transfer]:
        check_integers(filter, FILTER_FLAG_BITS)
        self.expire()
        if not query_filter_finds(filter):
            return []
        places: Sequence[int] = self._index.between(filter.timestamp_min, filter.timestamp_max)
        backwards = bool(filter.flags & QueryFilterFlags.REVERSED)
        wanted, found = result_limit(filter), []
        for place in reversed(places) if backwards else places:
            seq, first, end = self._index.rows(place)
            data = self._read_batch(seq)
            if not _can_match(filter, data):
                continue
            transfers = self._decode(seq, end - first)
            transfers = transfers[_matches(filter, transfers)]
            found.append((transfers[::-1] if backwards else transfers)[:wanted])
            wanted -= len(found[-1])
            if not wanted:
                break
        return unpack_transfers(np.concatenate(found)) if found else []

    def iterate_transfers(self) -> Iterator[Transfer]:
        """Every transfer, in the order made."""
        for place in range(self._index.count):
            seq, first, end = self._index.rows(place)
            yield from unpack_transfers(self._decode(seq, end - first))

    def is_expired(self, transfer_id: int) -> bool:
        """Whether a pending transfer has given its money back for want of time."""
        row = np.empty(1, np.int64)
        kernel_batch.rows_of_ids(id_words([transfer_id]), row, *self._state)
        rows = self._state.pending[: int(self._state.counts[PENDINGS]), P_ROW]
        number = int(np.searchsorted(rows, max(int(row[0]), 0)))
        found = row[0] >= 0 and number < len(rows) and int(rows[number]) == int(row[0])
        return bool(found and self._state.pending_status[number] == EXPIRED)

    def all_accounts(self) -> list[Account]:
        """Every account, in the order made."""
        return unpack_accounts(self._state.accounts[: int(self._state.counts[ACCOUNTS])])

    def transfers_at(self, rows: npt.NDArray[np.int64]) -> Words:
        """The records of some rows, in the order asked; each batch is read once."""
        order = np.argsort(rows, kind="stable")
        found = np.zeros((len(rows), WORDS), np.uint64)
        ordered, start = rows[order], 0
        while start < len(rows):
            seq, first, end = self._index.rows(self._index.of_row(int(ordered[start])))
            stop = int(np.searchsorted(ordered, end))
            part, slots = np.empty((stop - start, WORDS), np.uint64), np.empty((stop - start, 2), np.uint32)
            data = columns.as_bytes_array(self._read_batch(seq))
            places = ordered[start:stop] - first
            columns.decode_rows(data, end - first, places, self._state.accounts, self._columns, part, slots)
            found[order[start:stop]] = part
            start = stop
        return found

    def _slot(self, account_id: int) -> int | None:
        slot = self._slot_of.get(account_id)
        if slot is None:
            slots = np.empty(1, np.int64)
            kernel_batch.slots_of_accounts(id_words([account_id]), slots, *self._state)
            slot = int(slots[0])
            if slot < 0:
                return None
            self._slot_of[account_id] = slot
        return slot

    def _decode(self, seq: int, count: int) -> Words:
        """All records of a batch."""
        transfers, slots = np.empty((count, WORDS), np.uint64), np.empty((count, 2), np.uint32)
        data = columns.as_bytes_array(self._read_batch(seq))
        columns.decode(data, count, self._state.accounts, self._columns, transfers, slots)
        return transfers

    def _account_rows(self, filter: AccountFilter) -> tuple[npt.NDArray[np.int64], Words]:
        """The rows that match, in the order asked for, and their records."""
        check_integers(filter, FILTER_FLAG_BITS)
        self.expire()
        none = np.empty(0, np.int64), np.empty((0, WORDS), np.uint64)
        slot = self._slot(filter.account_id)
        batches = self._index.between(filter.timestamp_min, filter.timestamp_max)
        if slot is None or not batches or not account_filter_finds(filter):
            return none
        rows = self._walk(slot, filter, self._index.rows(batches[0])[1], self._index.rows(batches[-1])[2])
        if not filter.flags & AccountFilterFlags.REVERSED:
            rows = rows[::-1]
        wanted, kept_rows, kept = result_limit(filter), [none[0]], [none[1]]
        for start in range(0, len(rows), WALK_BUFFER):
            part = np.ascontiguousarray(rows[start : start + WALK_BUFFER])
            transfers = self.transfers_at(part)
            matches = np.flatnonzero(_matches(filter, transfers))[:wanted]
            kept_rows.append(part[matches])
            kept.append(transfers[matches])
            wanted -= len(matches)
            if not wanted:
                break
        return np.concatenate(kept_rows), np.concatenate(kept)

    def _walk(self, slot: int, filter: AccountFilter, first_row: int, end_row: int) -> npt.NDArray[np.int64]:
        """An account's rows within a span, the newest first."""
        sides = int(filter.flags & (AccountFilterFlags.DEBITS | AccountFilterFlags.CREDITS))
        size = WALK_BUFFER
        while True:
            found = np.empty(size, np.int64)
            count = kernel_batch.walk(slot, sides, first_row, end_row, size, found, *self._state)
            if count < size:
                return found[:count]
            size *= 8


def _matches(filter: AccountFilter | QueryFilter, records: Words) -> npt.NDArray[np.bool_]:
    """Which accounts or transfers match a filter's fields; not which account a transfer touches."""
    low, high = filter.user_data_128 & WORD_MASK, filter.user_data_128 >> 64
    matches = records[:, TIMESTAMP] >= np.uint64(filter.timestamp_min)
    if filter.timestamp_max:
        matches &= records[:, TIMESTAMP] <= np.uint64(filter.timestamp_max)
    if low or high:
        matches &= records[:, USER_DATA_128] == np.uint64(low)
        matches &= records[:, USER_DATA_128 + 1] == np.uint64(high)
    if filter.user_data_64:
        matches &= records[:, USER_DATA_64] == np.uint64(filter.user_data_64)
    if filter.user_data_32:
        matches &= records[:, USER_DATA_32_TIMEOUT].astype(np.uint32) == np.uint32(filter.user_data_32)
    shared = records[:, LEDGER_CODE_FLAGS]
    if filter.code:
        matches &= (shared >> np.uint64(32)).astype(np.uint16) == np.uint16(filter.code)
    if isinstance(filter, QueryFilter) and filter.ledger:
        matches &= shared.astype(np.uint32) == np.uint32(filter.ledger)
    return matches


def _can_match(filter: QueryFilter, data: bytes) -> bool:
    """Whether an encoded batch may hold a transfer that the filter finds, by its columns' bounds."""
    wanted = (
        (columns.C_USER_128_LOW, filter.user_data_128 & WORD_MASK, filter.user_data_128),
        (columns.C_USER_128_HIGH, filter.user_data_128 >> 64, filter.user_data_128),
        (columns.C_USER_64, filter.user_data_64, filter.user_data_64),
        (columns.C_USER_32, filter.user_data_32, filter.user_data_32),
        (columns.C_LEDGER, filter.ledger, filter.ledger),
        (columns.C_CODE, filter.code, filter.code),
    )
    for column, value, asked in wanted:
        smallest, largest = columns.bounds(data, column)
        if asked and not smallest <= value <= largest:
            return False
    return True
