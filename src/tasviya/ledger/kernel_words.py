"""How compiled code reads records and finds accounts and ids: flags, wide fields, places in the tables."""

from __future__ import annotations

import numpy as np

from tasviya.ledger.compiled import LOW_16, ONE, WORD_MAX, ZERO, inlined, u64
from tasviya.ledger.id_index import FAILED, IS_PENDING, NUMBER, find, mix
from tasviya.ledger.kernel_state import ACCOUNTS, IDS, LAST_TRANSFER_TIME, P_ROW
from tasviya.ledger.records import ID, PENDING_ID, TIMESTAMP
from tasviya.ledger.wide import add, subtract

# Transfer flags.
LINKED, PENDING_FLAG, POST, VOID = 1, 2, 4, 8
BALANCING_DEBIT, BALANCING_CREDIT, CLOSING_DEBIT, CLOSING_CREDIT, IMPORTED = 16, 32, 64, 128, 256
KNOWN_FLAGS = 0b1_1111_1111
NOT_WITH_RESOLVING = PENDING_FLAG | BALANCING_DEBIT | BALANCING_CREDIT | CLOSING_DEBIT | CLOSING_CREDIT
# Account flags, and where they stand in the word they share with ledger and code.
DEBITS_LIMITED, CREDITS_LIMITED, KEEPS_HISTORY, CLOSED = 2, 4, 8, 32
FLAGS_SHIFT = np.uint64(48)
CODE_SHIFT = np.uint64(32)
CLOSED_BIT = np.uint64(CLOSED << 48)
BELOW_FLAGS = np.uint64((1 << 48) - 1)
NONE = np.int64(-1)
TIMESTAMP_MAX = np.uint64((1 << 63) - 1)
NANOSECONDS = np.uint64(1_000_000_000)


@inlined
def code_of(word):
    return (word >> CODE_SHIFT) & LOW_16


@inlined
def flags_of(word):
    return np.int64(word >> FLAGS_SHIFT)


@inlined
def high_32(word):
    return word >> u64(32)


@inlined
def is_zero(table, row, field):
    return (table[row, field] | table[row, field + 1]) == ZERO


@inlined
def is_max(table, row, field):
    return table[row, field] == WORD_MAX and table[row, field + 1] == WORD_MAX


@inlined
def differs(a, a_row, a_field, b, b_row, b_field):
    return a[a_row, a_field] != b[b_row, b_field] or a[a_row, a_field + 1] != b[b_row, b_field + 1]


@inlined
def wide(table, row, field):
    return table[row, field], table[row, field + 1]


@inlined
def increase(table, row, field, low, high):
    table[row, field], table[row, field + 1], _ = add(table[row, field], table[row, field + 1], low, high)


@inlined
def decrease(table, row, field, low, high):
    table[row, field], table[row, field + 1] = subtract(table[row, field], table[row, field + 1], low, high)


@inlined
def find_id(state, table, row, field):
    """The slot of an id, or where it belongs."""
    return find(
        state.seed, state.id_keys, state.id_values, state.directory, table[row, field], table[row, field + 1]
    )


@inlined
def spend_id(state, ids, row):
    """Mark an id as failed."""
    slot = find_id(state, ids, row, 0)
    state.id_keys[slot, 0] = ids[row, 0]
    state.id_keys[slot, 1] = ids[row, 1]
    state.id_values[slot] = FAILED
    state.counts[IDS] += 1


@inlined
def find_account(state, low, high):
    """The account's slot, or -1."""
    mask = u64(len(state.account_index) - 1)
    place = mix(high ^ state.seed[1] ^ mix(low ^ state.seed[0])) & mask
    while state.account_index[place] != 0:
        slot = np.int64(state.account_index[place]) - 1
        if state.accounts[slot, ID] == low and state.accounts[slot, ID + 1] == high:
            return slot
        place = (place + ONE) & mask
    return np.int64(-1)


@inlined
def account_made_at(state, time):
    """Whether an account has this timestamp; accounts lie in the order of theirs."""
    low, high = 0, state.counts[ACCOUNTS]
    while low < high:
        middle = (low + high) // 2
        if state.accounts[middle, TIMESTAMP] < time:
            low = middle + 1
        else:
            high = middle
    return low < state.counts[ACCOUNTS] and state.accounts[low, TIMESTAMP] == time


@inlined
def regresses(state, time):
    """Whether an imported transfer's time does not follow all transfers', or is an account's."""
    return time <= u64(state.counts[LAST_TRANSFER_TIME]) or account_made_at(state, time)


@inlined
def pending_number(state, transfers, i):
    """The number of the pending transfer that transfers[i] names, which must be one."""
    return np.int64(state.id_values[find_id(state, transfers, i, PENDING_ID)] & NUMBER) - 1


@inlined
def row_of(state, value):
    """The row that an id index's value means."""
    if value & IS_PENDING:
        return np.int64(state.pending[np.int64(value & NUMBER) - 1, P_ROW])
    return np.int64(value) - 1
