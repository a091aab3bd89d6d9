"""What becomes of a batch of accounts: compiled, like `kernel_rules`. `book_rules` says it in plain words.

Source: TigerBeetle, src/state_machine.zig, `create_account` and `create_account_exists`.
"""

from __future__ import annotations

import numpy as np

from tasviya.ledger.compiled import LOW_32, ONE, ZERO, compiled, inlined, u64
from tasviya.ledger.id_index import mix
from tasviya.ledger.kernel_state import ACCOUNTS, State
from tasviya.ledger.kernel_words import (
    LINKED,
    TIMESTAMP_MAX,
    code_of,
    differs,
    find_account,
    flags_of,
    is_max,
    is_zero,
)
from tasviya.ledger.ledger import CreateAccountStatus as S
from tasviya.ledger.records import (
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
    WORDS,
)

KNOWN_FLAGS = 0b11_1111
IMPORTED = 16
LIMITED = 2 | 4


@inlined
def index_account(seed, account_index, low, high, slot):
    mask = u64(len(account_index) - 1)
    place = mix(high ^ seed[1] ^ mix(low ^ seed[0])) & mask
    while account_index[place] != 0:
        place = (place + ONE) & mask
    account_index[place] = slot + 1


@inlined
def forget_newest_account(state):
    """Take back the account made last; what was indexed last leaves no hole in the probing."""
    state.counts[ACCOUNTS] -= 1
    slot = state.counts[ACCOUNTS]
    low, high = state.accounts[slot, ID], state.accounts[slot, ID + 1]
    mask = u64(len(state.account_index) - 1)
    place = mix(high ^ state.seed[1] ^ mix(low ^ state.seed[0])) & mask
    while np.int64(state.account_index[place]) != slot + 1:
        place = (place + ONE) & mask
    state.account_index[place] = 0
    for k in range(WORDS):
        state.accounts[slot, k] = ZERO


@inlined
def compare_account(events, i, accounts, slot):
    if flags_of(events[i, LEDGER_CODE_FLAGS]) != flags_of(accounts[slot, LEDGER_CODE_FLAGS]):
        return S.EXISTS_WITH_DIFFERENT_FLAGS
    if differs(events, i, USER_DATA_128, accounts, slot, USER_DATA_128):
        return S.EXISTS_WITH_DIFFERENT_USER_DATA_128
    if events[i, USER_DATA_64] != accounts[slot, USER_DATA_64]:
        return S.EXISTS_WITH_DIFFERENT_USER_DATA_64
    if events[i, USER_DATA_32_TIMEOUT] != accounts[slot, USER_DATA_32_TIMEOUT]:
        return S.EXISTS_WITH_DIFFERENT_USER_DATA_32
    if events[i, LEDGER_CODE_FLAGS] & LOW_32 != accounts[slot, LEDGER_CODE_FLAGS] & LOW_32:
        return S.EXISTS_WITH_DIFFERENT_LEDGER
    if code_of(events[i, LEDGER_CODE_FLAGS]) != code_of(accounts[slot, LEDGER_CODE_FLAGS]):
        return S.EXISTS_WITH_DIFFERENT_CODE
    return S.EXISTS


@inlined
def create_account(state, events, i, flags, now, time_taken):
    """Judge one account whose time is in order, and make it: status, time."""
    if events[i, USER_DATA_32_TIMEOUT] >> u64(32) != ZERO:
        return S.RESERVED_FIELD, now
    if flags & ~KNOWN_FLAGS:
        return S.RESERVED_FLAG, now
    if is_zero(events, i, ID):
        return S.ID_MUST_NOT_BE_ZERO, now
    if is_max(events, i, ID):
        return S.ID_MUST_NOT_BE_INT_MAX, now
    slot = find_account(state, events[i, ID], events[i, ID + 1])
    if slot >= 0:
        status = compare_account(events, i, state.accounts, slot)
        return status, state.accounts[slot, TIMESTAMP] if status == S.EXISTS else now
    if flags & LIMITED == LIMITED:
        return S.FLAGS_ARE_MUTUALLY_EXCLUSIVE, now
    if not is_zero(events, i, DEBITS_PENDING):
        return S.DEBITS_PENDING_MUST_BE_ZERO, now
    if not is_zero(events, i, DEBITS_POSTED):
        return S.DEBITS_POSTED_MUST_BE_ZERO, now
    if not is_zero(events, i, CREDITS_PENDING):
        return S.CREDITS_PENDING_MUST_BE_ZERO, now
    if not is_zero(events, i, CREDITS_POSTED):
        return S.CREDITS_POSTED_MUST_BE_ZERO, now
    if events[i, LEDGER_CODE_FLAGS] & LOW_32 == ZERO:
        return S.LEDGER_MUST_NOT_BE_ZERO, now
    if code_of(events[i, LEDGER_CODE_FLAGS]) == ZERO:
        return S.CODE_MUST_NOT_BE_ZERO, now
    made = state.counts[ACCOUNTS]
    moment = now
    if flags & IMPORTED:
        moment = events[i, TIMESTAMP]
        if time_taken or (made > 0 and moment <= state.accounts[made - 1, TIMESTAMP]):
            return S.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS, now
    for k in range(WORDS):
        state.accounts[made, k] = events[i, k]
    state.accounts[made, TIMESTAMP] = moment
    index_account(state.seed, state.account_index, events[i, ID], events[i, ID + 1], made)
    state.counts[ACCOUNTS] += 1
    return S.CREATED, moment


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


@compiled
def apply_accounts(events, latest, times_taken, statuses, times, *arrays):
    """Judge a batch in order and make its accounts. The index must have room for all of them.

    times_taken: for each event, whether a transfer has its timestamp.
    """
    state = State(*arrays)
    total = len(events)
    chain, broken, first_of_chain = -1, False, np.int64(0)
    imports = total > 0 and (flags_of(events[0, LEDGER_CODE_FLAGS]) & IMPORTED) != 0
    for i in range(total):
        flags = flags_of(events[i, LEDGER_CODE_FLAGS])
        now = latest - u64(total - 1 - i)
        time = now
        linked = (flags & LINKED) != 0
        if linked and chain < 0:
            chain, first_of_chain = i, state.counts[ACCOUNTS]
        if linked and i == total - 1:
            status = S.LINKED_EVENT_CHAIN_OPEN
        elif broken:
            status = S.LINKED_EVENT_FAILED
        else:
            status = refuse_time(events, i, (flags & IMPORTED) != 0, imports, latest)
            if status == S.CREATED:
                status, time = create_account(state, events, i, flags, now, times_taken[i])
        if status != S.CREATED and chain >= 0 and not broken:
            broken = True
            while state.counts[ACCOUNTS] > first_of_chain:
                forget_newest_account(state)
            for j in range(chain, i):
                statuses[j] = S.LINKED_EVENT_FAILED
        statuses[i] = status
        times[i] = time
        if chain >= 0 and (not linked or status == S.LINKED_EVENT_CHAIN_OPEN):
            chain, broken = -1, False


@compiled
def index_accounts(seed, accounts, account_index, start, stop):
    """Index the accounts in slots [start, stop)."""
    for slot in range(start, stop):
        index_account(seed, account_index, accounts[slot, ID], accounts[slot, ID + 1], slot)
