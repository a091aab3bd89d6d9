"""What becomes of a batch: the rules of the fast ledger, compiled. `book_rules` says the same in plain words.

A batch is (n, 16) words; every event gets a status and a timestamp. What a transfer is compared with when
its id exists may lie in an encoded batch of long ago: such events get EXISTS and the time 0 here, and their
answer from `compare_older` once that batch has been decoded. Either way they change nothing, so the order is
safe.

Source: TigerBeetle, src/state_machine.zig.
"""

from __future__ import annotations

import numpy as np

from tasviya.ledger.compiled import LOW_16, LOW_32, ONE, WORD_MAX, ZERO, compiled, inlined, u64
from tasviya.ledger.id_index import FAILED, IS_PENDING, NUMBER, find, first_slot, mix
from tasviya.ledger.kernel_state import (
    ACCOUNTS,
    EXPIRED,
    EXPIRIES,
    FAILED_IDS,
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
    ROWS,
    VOIDED,
    State,
)
from tasviya.ledger.ledger import CreateTransferStatus as S
from tasviya.ledger.records import (
    AMOUNT,
    CREDIT_ID,
    CREDITS_PENDING,
    CREDITS_POSTED,
    DEBIT_ID,
    DEBITS_PENDING,
    DEBITS_POSTED,
    ID,
    LEDGER_CODE_FLAGS,
    PENDING_ID,
    TIMESTAMP,
    USER_DATA_32_TIMEOUT,
    USER_DATA_64,
    USER_DATA_128,
    WORDS,
)
from tasviya.ledger.wide import add, less, subtract, subtract_to_zero

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

# Words of an undo step of a linked chain.
U_DEBIT_SLOT, U_CREDIT_SLOT, U_ID_SLOT, U_RESOLVED, U_DEBIT_LINK, U_CREDIT_LINK = 0, 1, 2, 3, 4, 5
U_DEBITS, U_DEBIT_FLAGS, U_CREDITS, U_CREDIT_FLAGS = 6, 10, 11, 15


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
def compare_transfer(state, events, i, flags, kept, k):
    """How an event differs from kept[k], the transfer made under its id; what it left out counts as equal."""
    if flags != flags_of(kept[k, LEDGER_CODE_FLAGS]):
        return S.EXISTS_WITH_DIFFERENT_FLAGS
    if differs(events, i, PENDING_ID, kept, k, PENDING_ID):
        return S.EXISTS_WITH_DIFFERENT_PENDING_ID
    if high_32(events[i, USER_DATA_32_TIMEOUT]) != high_32(kept[k, USER_DATA_32_TIMEOUT]):
        return S.EXISTS_WITH_DIFFERENT_TIMEOUT
    resolves = (flags & (POST | VOID)) != 0
    if differs(events, i, DEBIT_ID, kept, k, DEBIT_ID) and not (resolves and is_zero(events, i, DEBIT_ID)):
        return S.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT_ID
    if differs(events, i, CREDIT_ID, kept, k, CREDIT_ID) and not (resolves and is_zero(events, i, CREDIT_ID)):
        return S.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID
    amount = wide(events, i, AMOUNT)
    user_data_128 = wide(events, i, USER_DATA_128)
    user_data_64 = events[i, USER_DATA_64]
    user_data_32 = events[i, USER_DATA_32_TIMEOUT] & LOW_32
    ledger = events[i, LEDGER_CODE_FLAGS] & LOW_32
    code = code_of(events[i, LEDGER_CODE_FLAGS])
    if resolves:
        number = pending_number(state, kept, k)
        if is_zero(events, i, AMOUNT) if flags & VOID else is_max(events, i, AMOUNT):
            amount = wide(state.pending, number, P_AMOUNT)
        if is_zero(events, i, USER_DATA_128):
            user_data_128 = wide(state.pending, number, P_USER_DATA_128)
        if user_data_64 == ZERO:
            user_data_64 = state.pending[number, P_USER_DATA_64]
        if user_data_32 == ZERO:
            user_data_32 = state.pending[number, P_USER_DATA_32_TIMEOUT] & LOW_32
        if ledger == ZERO:
            ledger = kept[k, LEDGER_CODE_FLAGS] & LOW_32
        if code == ZERO:
            code = code_of(kept[k, LEDGER_CODE_FLAGS])
    elif flags & (BALANCING_DEBIT | BALANCING_CREDIT) and not less(
        amount[0], amount[1], kept[k, AMOUNT], kept[k, AMOUNT + 1]
    ):
        amount = wide(kept, k, AMOUNT)
    if amount[0] != kept[k, AMOUNT] or amount[1] != kept[k, AMOUNT + 1]:
        return S.EXISTS_WITH_DIFFERENT_AMOUNT
    if user_data_128[0] != kept[k, USER_DATA_128] or user_data_128[1] != kept[k, USER_DATA_128 + 1]:
        return S.EXISTS_WITH_DIFFERENT_USER_DATA_128
    if user_data_64 != kept[k, USER_DATA_64]:
        return S.EXISTS_WITH_DIFFERENT_USER_DATA_64
    if user_data_32 != kept[k, USER_DATA_32_TIMEOUT] & LOW_32:
        return S.EXISTS_WITH_DIFFERENT_USER_DATA_32
    if ledger != kept[k, LEDGER_CODE_FLAGS] & LOW_32:
        return S.EXISTS_WITH_DIFFERENT_LEDGER
    if code != code_of(kept[k, LEDGER_CODE_FLAGS]):
        return S.EXISTS_WITH_DIFFERENT_CODE
    return S.EXISTS


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


@inlined
def refuse_amount(accounts, debit, credit, low, high, debits, credits, expiry, flags):
    """Refuse what would overflow a balance or the clock, or break a limit; CREATED if nothing speaks against.

    debit, credit: slots. debits, credits: the debit account's debits and the credit account's credits,
    pending and posted together.
    """
    if flags & PENDING_FLAG:
        if add(accounts[debit, DEBITS_PENDING], accounts[debit, DEBITS_PENDING + 1], low, high)[2]:
            return S.OVERFLOWS_DEBITS_PENDING
        if add(accounts[credit, CREDITS_PENDING], accounts[credit, CREDITS_PENDING + 1], low, high)[2]:
            return S.OVERFLOWS_CREDITS_PENDING
    if add(accounts[debit, DEBITS_POSTED], accounts[debit, DEBITS_POSTED + 1], low, high)[2]:
        return S.OVERFLOWS_DEBITS_POSTED
    if add(accounts[credit, CREDITS_POSTED], accounts[credit, CREDITS_POSTED + 1], low, high)[2]:
        return S.OVERFLOWS_CREDITS_POSTED
    new_debits = add(debits[0], debits[1], low, high)
    if new_debits[2]:
        return S.OVERFLOWS_DEBITS
    new_credits = add(credits[0], credits[1], low, high)
    if new_credits[2]:
        return S.OVERFLOWS_CREDITS
    if expiry > TIMESTAMP_MAX:
        return S.OVERFLOWS_TIMEOUT
    if flags_of(accounts[debit, LEDGER_CODE_FLAGS]) & DEBITS_LIMITED and less(
        accounts[debit, CREDITS_POSTED], accounts[debit, CREDITS_POSTED + 1], new_debits[0], new_debits[1]
    ):
        return S.EXCEEDS_CREDITS
    if flags_of(accounts[credit, LEDGER_CODE_FLAGS]) & CREDITS_LIMITED and less(
        accounts[credit, DEBITS_POSTED], accounts[credit, DEBITS_POSTED + 1], new_credits[0], new_credits[1]
    ):
        return S.EXCEEDS_DEBITS
    return S.CREATED


@inlined
def pending_and_posted(accounts, slot, field):
    """The sum of an account's pending and posted debits (or credits), which cannot overflow."""
    low, high, _ = add(
        accounts[slot, field], accounts[slot, field + 1], accounts[slot, field + 2], accounts[slot, field + 3]
    )
    return low, high


@inlined
def at_most_free(accounts, slot, available, used, low, high):
    """The amount, or what the account's posted `available` side leaves free over `used`, if that is less."""
    free = subtract_to_zero(accounts[slot, available], accounts[slot, available + 1], used[0], used[1])
    if less(free[0], free[1], low, high):
        return free
    return low, high


@inlined
def move(state, events, i, flags, now, row, id_slot, made, made_slots, place, undo, step):
    """Move or reserve an amount: status, time. step: of undo, or -1 outside a chain."""
    accounts = state.accounts
    if is_zero(events, i, DEBIT_ID):
        return S.DEBIT_ACCOUNT_ID_MUST_NOT_BE_ZERO, now
    if is_max(events, i, DEBIT_ID):
        return S.DEBIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX, now
    if is_zero(events, i, CREDIT_ID):
        return S.CREDIT_ACCOUNT_ID_MUST_NOT_BE_ZERO, now
    if is_max(events, i, CREDIT_ID):
        return S.CREDIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX, now
    if not differs(events, i, DEBIT_ID, events, i, CREDIT_ID):
        return S.ACCOUNTS_MUST_BE_DIFFERENT, now
    if not is_zero(events, i, PENDING_ID):
        return S.PENDING_ID_MUST_BE_ZERO, now
    timeout = high_32(events[i, USER_DATA_32_TIMEOUT])
    if not flags & PENDING_FLAG:
        if timeout != ZERO:
            return S.TIMEOUT_RESERVED_FOR_PENDING_TRANSFER, now
        if flags & (CLOSING_DEBIT | CLOSING_CREDIT):
            return S.CLOSING_TRANSFER_MUST_BE_PENDING, now
    ledger = events[i, LEDGER_CODE_FLAGS] & LOW_32
    if ledger == ZERO:
        return S.LEDGER_MUST_NOT_BE_ZERO, now
    if code_of(events[i, LEDGER_CODE_FLAGS]) == ZERO:
        return S.CODE_MUST_NOT_BE_ZERO, now
    debit = find_account(state, events[i, DEBIT_ID], events[i, DEBIT_ID + 1])
    if debit < 0:
        return S.DEBIT_ACCOUNT_NOT_FOUND, now
    credit = find_account(state, events[i, CREDIT_ID], events[i, CREDIT_ID + 1])
    if credit < 0:
        return S.CREDIT_ACCOUNT_NOT_FOUND, now
    if (accounts[debit, LEDGER_CODE_FLAGS] & LOW_32) != (accounts[credit, LEDGER_CODE_FLAGS] & LOW_32):
        return S.ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER, now
    if ledger != accounts[debit, LEDGER_CODE_FLAGS] & LOW_32:
        return S.TRANSFER_MUST_HAVE_THE_SAME_LEDGER_AS_ACCOUNTS, now
    moment = now
    if flags & IMPORTED:
        moment = events[i, TIMESTAMP]
        if regresses(state, moment):
            return S.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS, now
        if moment <= accounts[debit, TIMESTAMP]:
            return S.IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_DEBIT_ACCOUNT, now
        if moment <= accounts[credit, TIMESTAMP]:
            return S.IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_CREDIT_ACCOUNT, now
        if timeout != ZERO:
            return S.IMPORTED_EVENT_TIMEOUT_MUST_BE_ZERO, now
    if accounts[debit, LEDGER_CODE_FLAGS] & CLOSED_BIT:
        return S.DEBIT_ACCOUNT_ALREADY_CLOSED, now
    if accounts[credit, LEDGER_CODE_FLAGS] & CLOSED_BIT:
        return S.CREDIT_ACCOUNT_ALREADY_CLOSED, now
    low, high = wide(events, i, AMOUNT)
    debits = pending_and_posted(accounts, debit, DEBITS_PENDING)
    credits = pending_and_posted(accounts, credit, CREDITS_PENDING)
    if flags & BALANCING_DEBIT:
        low, high = at_most_free(accounts, debit, CREDITS_POSTED, debits, low, high)
    if flags & BALANCING_CREDIT:
        low, high = at_most_free(accounts, credit, DEBITS_POSTED, credits, low, high)
    expiry = moment + timeout * NANOSECONDS
    refusal = refuse_amount(accounts, debit, credit, low, high, debits, credits, expiry, flags)
    if refusal != S.CREATED:
        return refusal, now
    for k in range(WORDS):
        made[place, k] = events[i, k]
    made[place, AMOUNT] = low
    made[place, AMOUNT + 1] = high
    made[place, TIMESTAMP] = moment
    made_slots[place, 0] = debit
    made_slots[place, 1] = credit
    if step >= 0:
        save_for_undo(state, undo, step, debit, credit, id_slot, NONE)
    carry_out(state, made, place, row, debit, credit, NONE, id_slot)
    return S.CREATED, moment


@inlined
def resolve(state, events, i, flags, now, row, id_slot, made, made_slots, place, undo, step):
    """Post or void what is pending: status, time. step: of undo, or -1 outside a chain."""
    accounts, pending = state.accounts, state.pending
    if (flags & POST and flags & VOID) or flags & NOT_WITH_RESOLVING:
        return S.FLAGS_ARE_MUTUALLY_EXCLUSIVE, now
    if is_zero(events, i, PENDING_ID):
        return S.PENDING_ID_MUST_NOT_BE_ZERO, now
    if is_max(events, i, PENDING_ID):
        return S.PENDING_ID_MUST_NOT_BE_INT_MAX, now
    if not differs(events, i, PENDING_ID, events, i, ID):
        return S.PENDING_ID_MUST_BE_DIFFERENT, now
    if high_32(events[i, USER_DATA_32_TIMEOUT]) != ZERO:
        return S.TIMEOUT_RESERVED_FOR_PENDING_TRANSFER, now
    value = state.id_values[find_id(state, events, i, PENDING_ID)]
    if value == ZERO or value & FAILED:
        return S.PENDING_TRANSFER_NOT_FOUND, now
    if not value & IS_PENDING:
        return S.PENDING_TRANSFER_NOT_PENDING, now
    number = np.int64(value & NUMBER) - 1
    debit = np.int64(pending[number, P_SLOTS] & LOW_32)
    credit = np.int64(high_32(pending[number, P_SLOTS]))
    if not is_zero(events, i, DEBIT_ID) and differs(events, i, DEBIT_ID, accounts, debit, ID):
        return S.PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT_ID, now
    if not is_zero(events, i, CREDIT_ID) and differs(events, i, CREDIT_ID, accounts, credit, ID):
        return S.PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT_ID, now
    ledger = events[i, LEDGER_CODE_FLAGS] & LOW_32
    if ledger != ZERO and ledger != pending[number, P_LEDGER_CODE_FLAGS] & LOW_32:
        return S.PENDING_TRANSFER_HAS_DIFFERENT_LEDGER, now
    code = code_of(events[i, LEDGER_CODE_FLAGS])
    if code != ZERO and code != code_of(pending[number, P_LEDGER_CODE_FLAGS]):
        return S.PENDING_TRANSFER_HAS_DIFFERENT_CODE, now
    low, high = wide(events, i, AMOUNT)
    reserved_low, reserved_high = wide(pending, number, P_AMOUNT)
    if is_zero(events, i, AMOUNT) if flags & VOID else is_max(events, i, AMOUNT):
        low, high = reserved_low, reserved_high
    if less(reserved_low, reserved_high, low, high):
        return S.EXCEEDS_PENDING_TRANSFER_AMOUNT, now
    if flags & VOID and less(low, high, reserved_low, reserved_high):
        return S.PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT, now
    outcome = state.pending_status[number]
    if outcome == POSTED:
        return S.PENDING_TRANSFER_ALREADY_POSTED, now
    if outcome == VOIDED:
        return S.PENDING_TRANSFER_ALREADY_VOIDED, now
    has_timeout = high_32(pending[number, P_USER_DATA_32_TIMEOUT]) != ZERO
    if outcome == EXPIRED or (has_timeout and expires_at(state, number) <= now):
        return S.PENDING_TRANSFER_EXPIRED, now
    moment = now
    if flags & IMPORTED:
        moment = events[i, TIMESTAMP]
        if regresses(state, moment):
            return S.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS, now
    if not flags & VOID:
        if accounts[debit, LEDGER_CODE_FLAGS] & CLOSED_BIT:
            return S.DEBIT_ACCOUNT_ALREADY_CLOSED, now
        if accounts[credit, LEDGER_CODE_FLAGS] & CLOSED_BIT:
            return S.CREDIT_ACCOUNT_ALREADY_CLOSED, now
    for k in range(WORDS):
        made[place, k] = events[i, k]
    for k in range(2):
        made[place, DEBIT_ID + k] = accounts[debit, ID + k]
        made[place, CREDIT_ID + k] = accounts[credit, ID + k]
    made[place, AMOUNT] = low
    made[place, AMOUNT + 1] = high
    if is_zero(events, i, USER_DATA_128):
        for k in range(2):
            made[place, USER_DATA_128 + k] = pending[number, P_USER_DATA_128 + k]
    if events[i, USER_DATA_64] == ZERO:
        made[place, USER_DATA_64] = pending[number, P_USER_DATA_64]
    if events[i, USER_DATA_32_TIMEOUT] & LOW_32 == ZERO:
        made[place, USER_DATA_32_TIMEOUT] = pending[number, P_USER_DATA_32_TIMEOUT] & LOW_32
    below = pending[number, P_LEDGER_CODE_FLAGS] & BELOW_FLAGS
    made[place, LEDGER_CODE_FLAGS] = below | (u64(flags) << FLAGS_SHIFT)
    made[place, TIMESTAMP] = moment
    made_slots[place, 0] = debit
    made_slots[place, 1] = credit
    if step >= 0:
        save_for_undo(state, undo, step, debit, credit, id_slot, number)
    carry_out(state, made, place, row, debit, credit, number, id_slot)
    return S.CREATED, moment


@inlined
def create_transfer(state, events, i, flags, now, first_row, made, made_slots, place, undo, step):
    """Judge one transfer whose time is in order, and carry it out: status, time (0: compare it later)."""
    if flags & ~KNOWN_FLAGS:
        return S.RESERVED_FLAG, now
    if is_zero(events, i, ID):
        return S.ID_MUST_NOT_BE_ZERO, now
    if is_max(events, i, ID):
        return S.ID_MUST_NOT_BE_INT_MAX, now
    id_slot = find_id(state, events, i, ID)
    value = state.id_values[id_slot]
    if value != ZERO:
        if value & FAILED:
            return S.ID_ALREADY_FAILED, now
        row = row_of(state, value)
        if row < first_row:
            return S.EXISTS, ZERO
        status = compare_transfer(state, events, i, flags, made, row - first_row)
        return status, made[row - first_row, TIMESTAMP] if status == S.EXISTS else now
    row = first_row + place
    if flags & (POST | VOID):
        return resolve(state, events, i, flags, now, row, id_slot, made, made_slots, place, undo, step)
    return move(state, events, i, flags, now, row, id_slot, made, made_slots, place, undo, step)


@inlined
def refuse_time(events, i, imported, imports, latest):
    """Judge an event's timestamp, its own only if imported, like its whole batch; CREATED if it holds."""
    if imported != imports:
        return S.IMPORTED_EVENT_NOT_EXPECTED if imported else S.IMPORTED_EVENT_EXPECTED
    if not imported:
        return S.CREATED if events[i, TIMESTAMP] == ZERO else S.TIMESTAMP_MUST_BE_ZERO
    if events[i, TIMESTAMP] == ZERO or events[i, TIMESTAMP] > TIMESTAMP_MAX:
        return S.IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE
    if events[i, TIMESTAMP] >= latest:
        return S.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_ADVANCE
    return S.CREATED


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


@compiled
def apply_transfers(events, latest, made, made_slots, statuses, times, failed, undo, before, *arrays):
    """Judge a batch in order and carry it out; how many transfers were made.

    latest: the batch's timestamp, that of its last event.
    made, made_slots: the transfers made, and their debit and credit slots, one after another.
    statuses, times: of every event. failed: (n, 2) ids now spent; counts[FAILED_IDS] says how many.
    undo, before: scratch. arrays: the `State`.
    """
    state = State(*arrays)
    total = len(events)
    first_row = state.counts[ROWS]
    state.counts[FAILED_IDS] = 0
    count, steps, chain, broken = np.int64(0), np.int64(0), NONE, False
    imports = total > 0 and (flags_of(events[0, LEDGER_CODE_FLAGS]) & IMPORTED) != 0
    touched = ZERO  # loads that wait for nothing: cache misses of the whole batch overlap
    for i in range(total):
        slot = first_slot(state.seed, state.directory, events[i, ID], events[i, ID + 1])
        touched ^= state.id_values[slot] ^ state.id_keys[slot, 0]
    for i in range(total):
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
                    state, events, i, flags, now, first_row, made, made_slots, count, undo, step
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
