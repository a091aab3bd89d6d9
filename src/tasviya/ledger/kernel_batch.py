"""The compiled functions that Python calls: judge a batch, repeat a stored one, look up ids and accounts.

A batch is (n, 16) words; every event gets a status and a timestamp. What a transfer is compared with when
its id exists may lie in an encoded batch of long ago: such events get EXISTS and the time 0 here, and their
answer from `compare_older` once that batch has been decoded. Either way they change nothing, so the order is
safe.

Source: TigerBeetle, src/state_machine.zig, `execute_create` and `execute_expire_pending_transfers`.
"""

from __future__ import annotations

import numpy as np

from tasviya.ledger.compiled import ZERO, compiled, inlined, u64
from tasviya.ledger.id_index import FAILED, first_slot
from tasviya.ledger.kernel_changes import carry_out, expires_at, pop_expiry, release, undo_step
from tasviya.ledger.kernel_rules import compare_transfer, create_transfer, refuse_time
from tasviya.ledger.kernel_state import (
    EXPIRED,
    EXPIRIES,
    FAILED_IDS,
    HISTORY,
    P_ROW,
    PENDING,
    PENDINGS,
    ROWS,
    State,
)
from tasviya.ledger.kernel_words import (
    IMPORTED,
    LINKED,
    NONE,
    POST,
    VOID,
    find_account,
    find_id,
    flags_of,
    pending_number,
    row_of,
    spend_id,
)
from tasviya.ledger.ledger import CreateTransferStatus as S
from tasviya.ledger.records import CREDIT_ID, DEBIT_ID, ID, LEDGER_CODE_FLAGS, TIMESTAMP

FETCHED = 256
"""So many events are fetched before they are judged: what is loaded for them still lies in the cache then."""


@inlined
def is_transient(status):
    return (
        status == S.DEBIT_ACCOUNT_NOT_FOUND
        or status == S.CREDIT_ACCOUNT_NOT_FOUND
        or status == S.PENDING_TRANSFER_NOT_FOUND
        or status == S.EXCEEDS_CREDITS
        or status == S.EXCEEDS_DEBITS
        or status == S.DEBIT_ACCOUNT_ALREADY_CLOSED
        or status == S.CREDIT_ACCOUNT_ALREADY_CLOSED
    )


@inlined
def fetch(state, events, found, start, stop):
    """Find some events' accounts, and load what judging them will read; something of what was loaded.

    Loads here wait for nothing, so their cache misses overlap; in the judgement each would be waited for.
    found: (n, 2) the debit and credit accounts' slots, or -1.
    """
    touched = ZERO
    for i in range(start, stop):
        slot = first_slot(state.seed, state.directory, events[i, ID], events[i, ID + 1])
        touched ^= state.id_values[slot] ^ state.id_keys[slot, 0]
        debit = find_account(state, events[i, DEBIT_ID], events[i, DEBIT_ID + 1])
        credit = find_account(state, events[i, CREDIT_ID], events[i, CREDIT_ID + 1])
        touched ^= state.accounts[max(debit, 0), TIMESTAMP] ^ state.accounts[max(credit, 0), TIMESTAMP]
        found[i, 0] = debit
        found[i, 1] = credit
    return touched


@compiled
def apply_transfers(events, latest, found, made, made_slots, statuses, times, failed, undo, before, *arrays):
    """Judge a batch in order and carry it out; how many transfers were made.

    latest: the batch's timestamp, that of its last event.
    made, made_slots: the transfers made, and their debit and credit slots, one after another.
    statuses, times: of every event. failed: (n, 2) ids now spent; counts[FAILED_IDS] says how many.
    found, undo, before: scratch. arrays: the `State`.
    """
    state = State(*arrays)
    total = len(events)
    touched = ZERO
    first_row = state.counts[ROWS]
    state.counts[FAILED_IDS] = 0
    count, steps, chain, broken = np.int64(0), np.int64(0), NONE, False
    imports = total > 0 and (flags_of(events[0, LEDGER_CODE_FLAGS]) & IMPORTED) != 0
    for i in range(total):
        if i % FETCHED == 0:
            touched ^= fetch(state, events, found, i, min(i + FETCHED, total))
        flags = flags_of(events[i, LEDGER_CODE_FLAGS])
        now = latest - u64(total - 1 - i)
        time = now
        linked = (flags & LINKED) != 0
        if linked and chain < 0:
            chain, steps = np.int64(i), np.int64(0)
            for k in range(len(before)):
                before[k] = state.counts[k]
        if linked and i == total - 1:
            status = S.LINKED_EVENT_CHAIN_OPEN
        elif broken:
            status = S.LINKED_EVENT_FAILED
        else:
            status = refuse_time(events, i, (flags & IMPORTED) != 0, imports, latest)
            if status == S.CREATED:
                step = steps if chain >= 0 else NONE
                status, time = create_transfer(
                    state, events, i, flags, now, found, first_row, made, made_slots, count, undo, step
                )
        if status == S.CREATED:
            count += 1
            steps += 1
        else:
            if chain >= 0 and not broken:
                broken = True
                count -= steps
                while steps > 0:
                    steps -= 1
                    undo_step(state, undo, steps)
                before[EXPIRIES] = state.counts[EXPIRIES]  # the heap keeps what was undone; `expire` drops it
                for k in range(len(before)):
                    state.counts[k] = before[k]
                for j in range(chain, i):
                    statuses[j] = S.LINKED_EVENT_FAILED
            if is_transient(status):
                spend_id(state, events, i)
                for k in range(2):
                    failed[state.counts[FAILED_IDS], k] = events[i, k]
                state.counts[FAILED_IDS] += 1
        statuses[i] = status
        times[i] = time
        if chain >= 0 and (not linked or status == S.LINKED_EVENT_CHAIN_OPEN):
            chain, broken = NONE, False
    state.counts[ROWS] = first_row + count
    return count, touched


@compiled
def compare_older(events, which, rows, start, stop, decoded, first_row, statuses, times, latest, *arrays):
    """Answer the events which[start:stop], whose ids lie in one older batch, here decoded."""
    state = State(*arrays)
    total = len(events)
    for k in range(start, stop):
        i, place = which[k], rows[k] - first_row
        flags = flags_of(events[i, LEDGER_CODE_FLAGS])
        status = compare_transfer(state, events, i, flags, decoded, place)
        statuses[i] = status
        times[i] = decoded[place, TIMESTAMP] if status == S.EXISTS else latest - u64(total - 1 - i)


@compiled
def rows_of_ids(ids, rows, *arrays):
    """The row of each id, or -1 if it was never made. ids: (n, at least 2) words."""
    state = State(*arrays)
    for i in range(len(ids)):
        value = state.id_values[find_id(state, ids, i, 0)]
        rows[i] = -1 if value == ZERO or value & FAILED else row_of(state, value)


@compiled
def expire(now, expired_rows, *arrays):
    """Give back what has been reserved past its time; how many, and their rows, the earliest first.

    Stops when `expired_rows` is full.
    """
    state = State(*arrays)
    count = 0
    while count < len(expired_rows) and state.counts[EXPIRIES] > 0 and state.expiry_time[0] <= now:
        due = state.expiry_time[0]
        number = pop_expiry(state)
        still_pending = number < state.counts[PENDINGS] and state.pending_status[number] == PENDING
        if still_pending and expires_at(state, number) == due:
            release(state, number, EXPIRED)
            expired_rows[count] = state.pending[number, P_ROW]
            count += 1
    return count


@compiled
def replay(transfers, slots, expired_rows, failed, *arrays):
    """Repeat what a stored batch did, without judging it."""
    state = State(*arrays)
    for i in range(len(expired_rows)):
        low, high = np.int64(0), state.counts[PENDINGS]
        while low < high:
            middle = (low + high) // 2
            if state.pending[middle, P_ROW] < expired_rows[i]:
                low = middle + 1
            else:
                high = middle
        release(state, low, EXPIRED)
    first_row = state.counts[ROWS]
    for i in range(len(transfers)):
        id_slot = find_id(state, transfers, i, ID)
        resolved = NONE
        if flags_of(transfers[i, LEDGER_CODE_FLAGS]) & (POST | VOID):
            resolved = pending_number(state, transfers, i)
        debit, credit = np.int64(slots[i, 0]), np.int64(slots[i, 1])
        carry_out(state, transfers, i, first_row + i, debit, credit, resolved, id_slot)
    state.counts[ROWS] = first_row + len(transfers)
    for i in range(len(failed)):
        spend_id(state, failed, i)


@compiled
def walk(slot, sides, first_row, end_row, limit, found, *arrays):
    """An account's rows within [first_row, end_row), the newest first; how many.

    sides: 1 debits, 2 credits, 3 both. Stops at `limit`.
    """
    state = State(*arrays)
    count = 0
    link = state.newest_link[slot]
    while link != 0 and count < limit:
        row, side = np.int64(link - 1) >> 1, np.int64(link - 1) & 1
        if row < first_row:
            break
        if row < end_row and sides & (1 << side):
            found[count] = row
            count += 1
        link = state.links[row, side]
    return count


@compiled
def slots_of_accounts(ids, slots, *arrays):
    """The slot of each account, or -1. ids: (n, 2) words."""
    state = State(*arrays)
    for i in range(len(ids)):
        slots[i] = find_account(state, ids[i, 0], ids[i, 1])


@compiled
def find_history(keys, entries, *arrays):
    """Where in the history each key (row * 2 + side) stands; every key must be there."""
    state = State(*arrays)
    for i in range(len(keys)):
        low, high = 0, state.counts[HISTORY]
        while low < high:
            middle = (low + high) // 2
            if state.history[middle, 0] < u64(keys[i]):
                low = middle + 1
            else:
                high = middle
        entries[i] = low
