"""What becomes of one transfer: the fast ledger's rules, compiled. `book_rules` says them in plain words.

Source: TigerBeetle, src/state_machine.zig, `create_transfer`, `post_or_void_pending_transfer`, `..._exists`.
"""

from __future__ import annotations

import numpy as np

from tasviya.ledger.compiled import LOW_32, ZERO, inlined, u64
from tasviya.ledger.id_index import FAILED, IS_PENDING, NUMBER
from tasviya.ledger.kernel_changes import carry_out, expires_at, save_for_undo
from tasviya.ledger.kernel_state import (
    EXPIRED,
    P_AMOUNT,
    P_LEDGER_CODE_FLAGS,
    P_SLOTS,
    P_USER_DATA_32_TIMEOUT,
    P_USER_DATA_64,
    P_USER_DATA_128,
    POSTED,
    VOIDED,
)
from tasviya.ledger.kernel_words import (
    BALANCING_CREDIT,
    BALANCING_DEBIT,
    BELOW_FLAGS,
    CLOSED_BIT,
    CLOSING_CREDIT,
    CLOSING_DEBIT,
    CREDITS_LIMITED,
    DEBITS_LIMITED,
    FLAGS_SHIFT,
    IMPORTED,
    KNOWN_FLAGS,
    NANOSECONDS,
    NONE,
    NOT_WITH_RESOLVING,
    PENDING_FLAG,
    POST,
    TIMESTAMP_MAX,
    VOID,
    code_of,
    differs,
    find_id,
    flags_of,
    high_32,
    is_max,
    is_zero,
    pending_number,
    regresses,
    row_of,
    wide,
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
from tasviya.ledger.wide import add, less, subtract_to_zero


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
def move(state, events, i, flags, now, found, row, id_slot, made, made_slots, place, undo, step):
    """Move or reserve an amount: status, time. found: accounts' slots. step: of undo, or -1 if unlinked."""
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
    debit, credit = np.int64(found[i, 0]), np.int64(found[i, 1])
    if debit < 0:
        return S.DEBIT_ACCOUNT_NOT_FOUND, now
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
def create_transfer(state, events, i, flags, now, found, first_row, made, made_slots, place, undo, step):
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
    return move(state, events, i, flags, now, found, row, id_slot, made, made_slots, place, undo, step)


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
