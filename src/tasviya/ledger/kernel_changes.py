"""What accepted transfers change in the fast ledger's books, and how a broken chain takes it back. Compiled.

Source: TigerBeetle, src/state_machine.zig.
"""

from __future__ import annotations

import numpy as np

from tasviya.ledger.compiled import LOW_32, ZERO, inlined, u64
from tasviya.ledger.id_index import IS_PENDING
from tasviya.ledger.kernel_state import (
    EXPIRIES,
    HISTORY,
    IDS,
    LAST_TRANSFER_TIME,
    P_AMOUNT,
    P_LEDGER_CODE_FLAGS,
    P_ROW,
    P_SLOTS,
    P_TIMESTAMP,
    P_USER_DATA_32_TIMEOUT,
    P_USER_DATA_64,
    P_USER_DATA_128,
    PENDING,
    PENDINGS,
    POSTED,
    VOIDED,
)
from tasviya.ledger.kernel_words import (
    CLOSED_BIT,
    CLOSING_CREDIT,
    CLOSING_DEBIT,
    KEEPS_HISTORY,
    NANOSECONDS,
    PENDING_FLAG,
    POST,
    VOID,
    decrease,
    flags_of,
    high_32,
    increase,
    wide,
)
from tasviya.ledger.records import (
    AMOUNT,
    CREDITS_PENDING,
    CREDITS_POSTED,
    DEBITS_PENDING,
    DEBITS_POSTED,
    ID,
    LEDGER_CODE_FLAGS,
    TIMESTAMP,
    USER_DATA_32_TIMEOUT,
    USER_DATA_64,
    USER_DATA_128,
)

# Words of an undo step of a linked chain.
U_DEBIT_SLOT, U_CREDIT_SLOT, U_ID_SLOT, U_RESOLVED, U_DEBIT_LINK, U_CREDIT_LINK = 0, 1, 2, 3, 4, 5
U_DEBITS, U_DEBIT_FLAGS, U_CREDITS, U_CREDIT_FLAGS = 6, 10, 11, 15


@inlined
def expires_at(state, number):
    timeout = high_32(state.pending[number, P_USER_DATA_32_TIMEOUT])
    return state.pending[number, P_TIMESTAMP] + timeout * NANOSECONDS


@inlined
def push_expiry(state, time, number):
    """Into the heap; the earliest, then the lowest number, is at its top."""
    place = state.counts[EXPIRIES]
    state.counts[EXPIRIES] += 1
    while place > 0:
        parent = (place - 1) >> 1
        if state.expiry_time[parent] < time or (
            state.expiry_time[parent] == time and state.expiry_pending[parent] <= number
        ):
            break
        state.expiry_time[place] = state.expiry_time[parent]
        state.expiry_pending[place] = state.expiry_pending[parent]
        place = parent
    state.expiry_time[place] = time
    state.expiry_pending[place] = number


@inlined
def pop_expiry(state):
    """Out of the heap: the number of the pending transfer that expires first."""
    top = state.expiry_pending[0]
    state.counts[EXPIRIES] -= 1
    size = state.counts[EXPIRIES]
    time, number = state.expiry_time[size], state.expiry_pending[size]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            state.expiry_time[other] < state.expiry_time[child]
            or (
                state.expiry_time[other] == state.expiry_time[child]
                and state.expiry_pending[other] < state.expiry_pending[child]
            )
        ):
            child = other
        if time < state.expiry_time[child] or (
            time == state.expiry_time[child] and number < state.expiry_pending[child]
        ):
            break
        state.expiry_time[place] = state.expiry_time[child]
        state.expiry_pending[place] = state.expiry_pending[child]
        place = child
    state.expiry_time[place] = time
    state.expiry_pending[place] = number
    return np.int64(top)


@inlined
def release(state, number, outcome):
    """Give back what a pending transfer reserved, and reopen what it closed unless it posts."""
    state.pending_status[number] = outcome
    debit_slot = np.int64(state.pending[number, P_SLOTS] & LOW_32)
    credit_slot = np.int64(high_32(state.pending[number, P_SLOTS]))
    low, high = wide(state.pending, number, P_AMOUNT)
    decrease(state.accounts, debit_slot, DEBITS_PENDING, low, high)
    decrease(state.accounts, credit_slot, CREDITS_PENDING, low, high)
    flags = flags_of(state.pending[number, P_LEDGER_CODE_FLAGS])
    if outcome != POSTED and flags & (CLOSING_DEBIT | CLOSING_CREDIT):
        if flags & CLOSING_DEBIT:
            state.accounts[debit_slot, LEDGER_CODE_FLAGS] &= ~CLOSED_BIT
        if flags & CLOSING_CREDIT:
            state.accounts[credit_slot, LEDGER_CODE_FLAGS] &= ~CLOSED_BIT


@inlined
def remember_pending(state, made, place, row, debit_slot, credit_slot):
    """Keep what resolving this pending transfer will need; its number."""
    number = state.counts[PENDINGS]
    state.counts[PENDINGS] += 1
    for k in range(2):
        state.pending[number, P_AMOUNT + k] = made[place, AMOUNT + k]
        state.pending[number, P_USER_DATA_128 + k] = made[place, USER_DATA_128 + k]
    state.pending[number, P_USER_DATA_64] = made[place, USER_DATA_64]
    state.pending[number, P_USER_DATA_32_TIMEOUT] = made[place, USER_DATA_32_TIMEOUT]
    state.pending[number, P_LEDGER_CODE_FLAGS] = made[place, LEDGER_CODE_FLAGS]
    state.pending[number, P_TIMESTAMP] = made[place, TIMESTAMP]
    state.pending[number, P_ROW] = u64(row)
    state.pending[number, P_SLOTS] = u64(debit_slot) | (u64(credit_slot) << u64(32))
    state.pending_status[number] = PENDING
    if high_32(made[place, USER_DATA_32_TIMEOUT]) != ZERO:
        push_expiry(state, expires_at(state, number), number)
    return number


@inlined
def carry_out(state, made, place, row, debit_slot, credit_slot, resolved, id_slot):
    """Change the books by an accepted transfer, made[place]: balances, links, id, history.

    resolved: the number of the pending transfer that it posts or voids, or -1.
    """
    accounts = state.accounts
    flags = flags_of(made[place, LEDGER_CODE_FLAGS])
    low, high = wide(made, place, AMOUNT)
    state.id_keys[id_slot, 0] = made[place, ID]
    state.id_keys[id_slot, 1] = made[place, ID + 1]
    if flags & PENDING_FLAG:
        number = remember_pending(state, made, place, row, debit_slot, credit_slot)
        state.id_values[id_slot] = IS_PENDING | u64(number + 1)
        increase(accounts, debit_slot, DEBITS_PENDING, low, high)
        increase(accounts, credit_slot, CREDITS_PENDING, low, high)
        if flags & CLOSING_DEBIT:
            accounts[debit_slot, LEDGER_CODE_FLAGS] |= CLOSED_BIT
        if flags & CLOSING_CREDIT:
            accounts[credit_slot, LEDGER_CODE_FLAGS] |= CLOSED_BIT
    else:
        state.id_values[id_slot] = u64(row + 1)
        if flags & (POST | VOID):
            release(state, resolved, POSTED if flags & POST else VOIDED)
        if not flags & VOID:
            increase(accounts, debit_slot, DEBITS_POSTED, low, high)
            increase(accounts, credit_slot, CREDITS_POSTED, low, high)
    state.links[row, 0] = state.newest_link[debit_slot]
    state.newest_link[debit_slot] = (row << 1) + 1
    state.links[row, 1] = state.newest_link[credit_slot]
    state.newest_link[credit_slot] = (row << 1) + 2
    state.counts[IDS] += 1
    state.counts[LAST_TRANSFER_TIME] = np.int64(made[place, TIMESTAMP])
    either = accounts[debit_slot, LEDGER_CODE_FLAGS] | accounts[credit_slot, LEDGER_CODE_FLAGS]
    if flags_of(either) & KEEPS_HISTORY:
        keep_history(state, debit_slot, row << 1)
        keep_history(state, credit_slot, (row << 1) | 1)


@inlined
def keep_history(state, slot, key):
    """Keep an account's balances as they are after a transfer, if it asks for that."""
    if flags_of(state.accounts[slot, LEDGER_CODE_FLAGS]) & KEEPS_HISTORY:
        entry = state.counts[HISTORY]
        state.counts[HISTORY] += 1
        state.history[entry, 0] = u64(key)
        for k in range(8):
            state.history[entry, k + 1] = state.accounts[slot, DEBITS_PENDING + k]


@inlined
def save_for_undo(state, undo, step, debit_slot, credit_slot, id_slot, resolved):
    undo[step, U_DEBIT_SLOT] = u64(debit_slot)
    undo[step, U_CREDIT_SLOT] = u64(credit_slot)
    undo[step, U_ID_SLOT] = id_slot
    undo[step, U_RESOLVED] = u64(resolved + 1)
    undo[step, U_DEBIT_LINK] = state.newest_link[debit_slot]
    undo[step, U_CREDIT_LINK] = state.newest_link[credit_slot]
    for k in range(4):
        undo[step, U_DEBITS + k] = state.accounts[debit_slot, DEBITS_PENDING + k]
        undo[step, U_CREDITS + k] = state.accounts[credit_slot, CREDITS_PENDING + k]
    undo[step, U_DEBIT_FLAGS] = state.accounts[debit_slot, LEDGER_CODE_FLAGS]
    undo[step, U_CREDIT_FLAGS] = state.accounts[credit_slot, LEDGER_CODE_FLAGS]


@inlined
def undo_step(state, undo, step):
    """Take back one accepted transfer. Steps go backwards, so each finds the books as it left them."""
    debit_slot, credit_slot = np.int64(undo[step, U_DEBIT_SLOT]), np.int64(undo[step, U_CREDIT_SLOT])
    for k in range(4):
        state.accounts[debit_slot, DEBITS_PENDING + k] = undo[step, U_DEBITS + k]
        state.accounts[credit_slot, CREDITS_PENDING + k] = undo[step, U_CREDITS + k]
    state.accounts[debit_slot, LEDGER_CODE_FLAGS] = undo[step, U_DEBIT_FLAGS]
    state.accounts[credit_slot, LEDGER_CODE_FLAGS] = undo[step, U_CREDIT_FLAGS]
    state.newest_link[credit_slot] = np.uint32(undo[step, U_CREDIT_LINK])
    state.newest_link[debit_slot] = np.uint32(undo[step, U_DEBIT_LINK])
    if undo[step, U_RESOLVED] != ZERO:
        state.pending_status[np.int64(undo[step, U_RESOLVED]) - 1] = PENDING
    state.id_values[undo[step, U_ID_SLOT]] = ZERO
