"""What becomes of one event: the rules of the plain ledger, in order of precedence.

Every rule returns a status and a timestamp; the first that applies wins. What they change goes through
`Books`, which can take it back.

Source: TigerBeetle, src/state_machine.zig, `create_account`, `create_transfer`,
`post_or_void_pending_transfer` and their `..._exists`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tasviya.ledger.book_state import Books, Outcome, PendingStatus, expires_at
from tasviya.ledger.ledger import (
    AMOUNT_MAX,
    ID_MAX,
    NANOSECONDS_PER_SECOND,
    TIMESTAMP_MAX,
    TRANSIENT,
    Account,
    AccountBalance,
    AccountFlags,
    CreateAccountStatus,
    CreateTransferStatus,
    Transfer,
    TransferFlags,
)

ACCOUNT_FLAGS = 0b11_1111
TRANSFER_FLAGS = 0b1_1111_1111
RESOLVES = TransferFlags.POST_PENDING_TRANSFER | TransferFlags.VOID_PENDING_TRANSFER
NOT_WITH_RESOLVES = (
    TransferFlags.PENDING
    | TransferFlags.BALANCING_DEBIT
    | TransferFlags.BALANCING_CREDIT
    | TransferFlags.CLOSING_DEBIT
    | TransferFlags.CLOSING_CREDIT
)
BALANCING = TransferFlags.BALANCING_DEBIT | TransferFlags.BALANCING_CREDIT
CLOSING = TransferFlags.CLOSING_DEBIT | TransferFlags.CLOSING_CREDIT
LIMITED = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS | AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS


def create_account(books: Books, account: Account, timestamp: int) -> Outcome:
    status = CreateAccountStatus
    if getattr(account, "reserved", 0):
        return status.RESERVED_FIELD, timestamp
    if account.flags & ~ACCOUNT_FLAGS:
        return status.RESERVED_FLAG, timestamp
    if account.id == 0:
        return status.ID_MUST_NOT_BE_ZERO, timestamp
    if account.id == ID_MAX:
        return status.ID_MUST_NOT_BE_INT_MAX, timestamp
    existing = books.accounts.get(account.id)
    if existing:
        found = _account_exists(account, existing)
        return found, existing.timestamp if found == status.EXISTS else timestamp
    if account.flags & LIMITED == LIMITED:
        return status.FLAGS_ARE_MUTUALLY_EXCLUSIVE, timestamp
    if account.debits_pending:
        return status.DEBITS_PENDING_MUST_BE_ZERO, timestamp
    if account.debits_posted:
        return status.DEBITS_POSTED_MUST_BE_ZERO, timestamp
    if account.credits_pending:
        return status.CREDITS_PENDING_MUST_BE_ZERO, timestamp
    if account.credits_posted:
        return status.CREDITS_POSTED_MUST_BE_ZERO, timestamp
    if account.ledger == 0:
        return status.LEDGER_MUST_NOT_BE_ZERO, timestamp
    if account.code == 0:
        return status.CODE_MUST_NOT_BE_ZERO, timestamp
    if account.flags & AccountFlags.IMPORTED:
        if _regresses(account.timestamp, books.accounts, books.transfers):
            return status.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS, timestamp
        timestamp = account.timestamp
    kept = replace(account, flags=AccountFlags(account.flags), timestamp=timestamp)
    books.put(books.accounts, account.id, kept)
    return status.CREATED, timestamp


def _account_exists(account: Account, existing: Account) -> CreateAccountStatus:
    status = CreateAccountStatus
    if account.flags != existing.flags:
        return status.EXISTS_WITH_DIFFERENT_FLAGS
    if account.user_data_128 != existing.user_data_128:
        return status.EXISTS_WITH_DIFFERENT_USER_DATA_128
    if account.user_data_64 != existing.user_data_64:
        return status.EXISTS_WITH_DIFFERENT_USER_DATA_64
    if account.user_data_32 != existing.user_data_32:
        return status.EXISTS_WITH_DIFFERENT_USER_DATA_32
    if account.ledger != existing.ledger:
        return status.EXISTS_WITH_DIFFERENT_LEDGER
    if account.code != existing.code:
        return status.EXISTS_WITH_DIFFERENT_CODE
    return status.EXISTS


def create_transfer(books: Books, transfer: Transfer, timestamp: int) -> Outcome:
    """Judge one transfer and carry it out. A refusal that time may cure spends the id, even in a chain."""
    outcome = _create_transfer(books, transfer, timestamp)
    if outcome[0] in TRANSIENT:
        books.failed_ids.add(transfer.id)
    return outcome


def _create_transfer(books: Books, transfer: Transfer, timestamp: int) -> Outcome:
    status = CreateTransferStatus
    if transfer.flags & ~TRANSFER_FLAGS:
        return status.RESERVED_FLAG, timestamp
    if transfer.id == 0:
        return status.ID_MUST_NOT_BE_ZERO, timestamp
    if transfer.id == ID_MAX:
        return status.ID_MUST_NOT_BE_INT_MAX, timestamp
    existing = books.transfers.get(transfer.id)
    if existing:
        found = _transfer_exists(books, transfer, existing)
        return found, existing.timestamp if found == status.EXISTS else timestamp
    if transfer.id in books.failed_ids:
        return status.ID_ALREADY_FAILED, timestamp
    if transfer.flags & RESOLVES:
        return _resolve(books, transfer, timestamp)
    return _move(books, transfer, timestamp)


def _move(books: Books, transfer: Transfer, timestamp: int) -> Outcome:
    """Move or reserve an amount."""
    status = CreateTransferStatus
    flags = transfer.flags
    if transfer.debit_account_id == 0:
        return status.DEBIT_ACCOUNT_ID_MUST_NOT_BE_ZERO, timestamp
    if transfer.debit_account_id == ID_MAX:
        return status.DEBIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX, timestamp
    if transfer.credit_account_id == 0:
        return status.CREDIT_ACCOUNT_ID_MUST_NOT_BE_ZERO, timestamp
    if transfer.credit_account_id == ID_MAX:
        return status.CREDIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX, timestamp
    if transfer.debit_account_id == transfer.credit_account_id:
        return status.ACCOUNTS_MUST_BE_DIFFERENT, timestamp
    if transfer.pending_id:
        return status.PENDING_ID_MUST_BE_ZERO, timestamp
    if not flags & TransferFlags.PENDING:
        if transfer.timeout:
            return status.TIMEOUT_RESERVED_FOR_PENDING_TRANSFER, timestamp
        if flags & CLOSING:
            return status.CLOSING_TRANSFER_MUST_BE_PENDING, timestamp
    if transfer.ledger == 0:
        return status.LEDGER_MUST_NOT_BE_ZERO, timestamp
    if transfer.code == 0:
        return status.CODE_MUST_NOT_BE_ZERO, timestamp
    debit = books.accounts.get(transfer.debit_account_id)
    if debit is None:
        return status.DEBIT_ACCOUNT_NOT_FOUND, timestamp
    credit = books.accounts.get(transfer.credit_account_id)
    if credit is None:
        return status.CREDIT_ACCOUNT_NOT_FOUND, timestamp
    if debit.ledger != credit.ledger:
        return status.ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER, timestamp
    if transfer.ledger != debit.ledger:
        return status.TRANSFER_MUST_HAVE_THE_SAME_LEDGER_AS_ACCOUNTS, timestamp
    moment = timestamp
    if flags & TransferFlags.IMPORTED:
        moment = transfer.timestamp
        if _regresses(moment, books.transfers, books.accounts):
            return status.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS, timestamp
        if moment <= debit.timestamp:
            return status.IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_DEBIT_ACCOUNT, timestamp
        if moment <= credit.timestamp:
            return status.IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_CREDIT_ACCOUNT, timestamp
        if transfer.timeout:
            return status.IMPORTED_EVENT_TIMEOUT_MUST_BE_ZERO, timestamp
    if debit.flags & AccountFlags.CLOSED:
        return status.DEBIT_ACCOUNT_ALREADY_CLOSED, timestamp
    if credit.flags & AccountFlags.CLOSED:
        return status.CREDIT_ACCOUNT_ALREADY_CLOSED, timestamp
    amount = _balancing_amount(transfer, debit, credit)
    refusal = _refuse_amount(transfer, amount, debit, credit, moment)
    if refusal:
        return refusal, timestamp
    kept = replace(transfer, amount=amount, flags=TransferFlags(flags), timestamp=moment)
    books.put(books.transfers, kept.id, kept)
    debit_flags, credit_flags = debit.flags, credit.flags
    if flags & TransferFlags.CLOSING_DEBIT:
        debit_flags |= AccountFlags.CLOSED
    if flags & TransferFlags.CLOSING_CREDIT:
        credit_flags |= AccountFlags.CLOSED
    if flags & TransferFlags.PENDING:
        books.put(books.pending, kept.id, PendingStatus.PENDING)
        books.expect_expiry(kept)
        debit = replace(debit, flags=debit_flags, debits_pending=debit.debits_pending + amount)
        credit = replace(credit, flags=credit_flags, credits_pending=credit.credits_pending + amount)
    else:
        debit = replace(debit, debits_posted=debit.debits_posted + amount)
        credit = replace(credit, credits_posted=credit.credits_posted + amount)
    _record(books, debit, credit, moment)
    return status.CREATED, moment


def _balancing_amount(transfer: Transfer, debit: Account, credit: Account) -> int:
    """The amount, cut down to what a balancing transfer may move."""
    amount = transfer.amount
    if transfer.flags & TransferFlags.BALANCING_DEBIT:
        available = debit.credits_posted - debit.debits_posted - debit.debits_pending
        amount = min(amount, max(0, available))
    if transfer.flags & TransferFlags.BALANCING_CREDIT:
        available = credit.debits_posted - credit.credits_posted - credit.credits_pending
        amount = min(amount, max(0, available))
    return amount


def _refuse_amount(
    transfer: Transfer, amount: int, debit: Account, credit: Account, moment: int
) -> CreateTransferStatus | None:
    """Refuse what would overflow a balance or the clock, or break an account's limit."""
    status = CreateTransferStatus
    if transfer.flags & TransferFlags.PENDING:
        if debit.debits_pending + amount > AMOUNT_MAX:
            return status.OVERFLOWS_DEBITS_PENDING
        if credit.credits_pending + amount > AMOUNT_MAX:
            return status.OVERFLOWS_CREDITS_PENDING
    if debit.debits_posted + amount > AMOUNT_MAX:
        return status.OVERFLOWS_DEBITS_POSTED
    if credit.credits_posted + amount > AMOUNT_MAX:
        return status.OVERFLOWS_CREDITS_POSTED
    debits = debit.debits_pending + debit.debits_posted + amount
    credits = credit.credits_pending + credit.credits_posted + amount
    if debits > AMOUNT_MAX:
        return status.OVERFLOWS_DEBITS
    if credits > AMOUNT_MAX:
        return status.OVERFLOWS_CREDITS
    if moment + transfer.timeout * NANOSECONDS_PER_SECOND > TIMESTAMP_MAX:
        return status.OVERFLOWS_TIMEOUT
    if debit.flags & AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS and debits > debit.credits_posted:
        return status.EXCEEDS_CREDITS
    if credit.flags & AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS and credits > credit.debits_posted:
        return status.EXCEEDS_DEBITS
    return None


def _resolve(books: Books, transfer: Transfer, timestamp: int) -> Outcome:
    """Post or void what is pending."""
    status = CreateTransferStatus
    flags = transfer.flags
    voids = bool(flags & TransferFlags.VOID_PENDING_TRANSFER)
    if flags & RESOLVES == RESOLVES or flags & NOT_WITH_RESOLVES:
        return status.FLAGS_ARE_MUTUALLY_EXCLUSIVE, timestamp
    if transfer.pending_id == 0:
        return status.PENDING_ID_MUST_NOT_BE_ZERO, timestamp
    if transfer.pending_id == ID_MAX:
        return status.PENDING_ID_MUST_NOT_BE_INT_MAX, timestamp
    if transfer.pending_id == transfer.id:
        return status.PENDING_ID_MUST_BE_DIFFERENT, timestamp
    if transfer.timeout:
        return status.TIMEOUT_RESERVED_FOR_PENDING_TRANSFER, timestamp
    pending = books.transfers.get(transfer.pending_id)
    if pending is None:
        return status.PENDING_TRANSFER_NOT_FOUND, timestamp
    if not pending.flags & TransferFlags.PENDING:
        return status.PENDING_TRANSFER_NOT_PENDING, timestamp
    if transfer.debit_account_id not in (0, pending.debit_account_id):
        return status.PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT_ID, timestamp
    if transfer.credit_account_id not in (0, pending.credit_account_id):
        return status.PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT_ID, timestamp
    if transfer.ledger not in (0, pending.ledger):
        return status.PENDING_TRANSFER_HAS_DIFFERENT_LEDGER, timestamp
    if transfer.code not in (0, pending.code):
        return status.PENDING_TRANSFER_HAS_DIFFERENT_CODE, timestamp
    amount = pending.amount if transfer.amount == (0 if voids else AMOUNT_MAX) else transfer.amount
    if amount > pending.amount:
        return status.EXCEEDS_PENDING_TRANSFER_AMOUNT, timestamp
    if voids and amount < pending.amount:
        return status.PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT, timestamp
    settled = books.pending[pending.id]
    if settled == PendingStatus.POSTED:
        return status.PENDING_TRANSFER_ALREADY_POSTED, timestamp
    if settled == PendingStatus.VOIDED:
        return status.PENDING_TRANSFER_ALREADY_VOIDED, timestamp
    if settled == PendingStatus.EXPIRED or (pending.timeout and expires_at(pending) <= timestamp):
        return status.PENDING_TRANSFER_EXPIRED, timestamp
    moment = timestamp
    if flags & TransferFlags.IMPORTED:
        moment = transfer.timestamp
        if _regresses(moment, books.transfers, books.accounts):
            return status.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS, timestamp
    if not voids and books.accounts[pending.debit_account_id].flags & AccountFlags.CLOSED:
        return status.DEBIT_ACCOUNT_ALREADY_CLOSED, timestamp
    if not voids and books.accounts[pending.credit_account_id].flags & AccountFlags.CLOSED:
        return status.CREDIT_ACCOUNT_ALREADY_CLOSED, timestamp
    kept = replace(
        transfer,
        debit_account_id=pending.debit_account_id,
        credit_account_id=pending.credit_account_id,
        amount=amount,
        user_data_128=transfer.user_data_128 or pending.user_data_128,
        user_data_64=transfer.user_data_64 or pending.user_data_64,
        user_data_32=transfer.user_data_32 or pending.user_data_32,
        ledger=pending.ledger,
        code=pending.code,
        flags=TransferFlags(flags),
        timestamp=moment,
    )
    books.put(books.transfers, kept.id, kept)
    debit, credit = _release(books, pending, PendingStatus.VOIDED if voids else PendingStatus.POSTED)
    if not voids:
        debit = replace(debit, debits_posted=debit.debits_posted + amount)
        credit = replace(credit, credits_posted=credit.credits_posted + amount)
    _record(books, debit, credit, moment)
    return status.CREATED, moment


def expire(books: Books, pending: Transfer) -> None:
    """Give back what a pending transfer reserved; this makes no transfer and no entry in the history."""
    debit, credit = _release(books, pending, PendingStatus.EXPIRED)
    books.put(books.accounts, debit.id, debit)
    books.put(books.accounts, credit.id, credit)


def _release(books: Books, pending: Transfer, outcome: PendingStatus) -> tuple[Account, Account]:
    """The two accounts without the reservation, and reopened if it had closed them and did not post."""
    books.forget_expiry(pending)
    books.put(books.pending, pending.id, outcome)
    debit, credit = books.accounts[pending.debit_account_id], books.accounts[pending.credit_account_id]
    debit_flags, credit_flags = debit.flags, credit.flags
    if outcome != PendingStatus.POSTED:
        if pending.flags & TransferFlags.CLOSING_DEBIT:
            debit_flags &= ~AccountFlags.CLOSED
        if pending.flags & TransferFlags.CLOSING_CREDIT:
            credit_flags &= ~AccountFlags.CLOSED
    return (
        replace(debit, flags=debit_flags, debits_pending=debit.debits_pending - pending.amount),
        replace(credit, flags=credit_flags, credits_pending=credit.credits_pending - pending.amount),
    )


def _record(books: Books, debit: Account, credit: Account, moment: int) -> None:
    """Keep both accounts' new balances, and those of a moment where the account asks for history."""
    for account in (debit, credit):
        books.put(books.accounts, account.id, account)
        if account.flags & AccountFlags.HISTORY:
            balance = AccountBalance(
                debits_pending=account.debits_pending,
                debits_posted=account.debits_posted,
                credits_pending=account.credits_pending,
                credits_posted=account.credits_posted,
                timestamp=moment,
            )
            books.put(books.history.setdefault(account.id, {}), moment, balance)


def _transfer_exists(books: Books, transfer: Transfer, existing: Transfer) -> CreateTransferStatus:
    """How a transfer differs from the one already made under its id; what it left out counts as equal."""
    status = CreateTransferStatus
    if transfer.flags != existing.flags:
        return status.EXISTS_WITH_DIFFERENT_FLAGS
    if transfer.pending_id != existing.pending_id:
        return status.EXISTS_WITH_DIFFERENT_PENDING_ID
    if transfer.timeout != existing.timeout:
        return status.EXISTS_WITH_DIFFERENT_TIMEOUT
    asked = transfer
    if transfer.flags & RESOLVES:
        pending = books.transfers[transfer.pending_id]
        unsaid = 0 if transfer.flags & TransferFlags.VOID_PENDING_TRANSFER else AMOUNT_MAX
        asked = replace(
            transfer,
            debit_account_id=transfer.debit_account_id or existing.debit_account_id,
            credit_account_id=transfer.credit_account_id or existing.credit_account_id,
            amount=pending.amount if transfer.amount == unsaid else transfer.amount,
            user_data_128=transfer.user_data_128 or pending.user_data_128,
            user_data_64=transfer.user_data_64 or pending.user_data_64,
            user_data_32=transfer.user_data_32 or pending.user_data_32,
            ledger=transfer.ledger or existing.ledger,
            code=transfer.code or existing.code,
        )
    elif transfer.flags & BALANCING and transfer.amount >= existing.amount:
        asked = replace(transfer, amount=existing.amount)
    if asked.debit_account_id != existing.debit_account_id:
        return status.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT_ID
    if asked.credit_account_id != existing.credit_account_id:
        return status.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID
    if asked.amount != existing.amount:
        return status.EXISTS_WITH_DIFFERENT_AMOUNT
    if asked.user_data_128 != existing.user_data_128:
        return status.EXISTS_WITH_DIFFERENT_USER_DATA_128
    if asked.user_data_64 != existing.user_data_64:
        return status.EXISTS_WITH_DIFFERENT_USER_DATA_64
    if asked.user_data_32 != existing.user_data_32:
        return status.EXISTS_WITH_DIFFERENT_USER_DATA_32
    if asked.ledger != existing.ledger:
        return status.EXISTS_WITH_DIFFERENT_LEDGER
    if asked.code != existing.code:
        return status.EXISTS_WITH_DIFFERENT_CODE
    return status.EXISTS


def _regresses(
    timestamp: int, same: Mapping[int, Account | Transfer], other: Mapping[int, Account | Transfer]
) -> bool:
    """Whether an imported time does not follow all of its kind, or is taken by one of the other kind."""
    latest = max((item.timestamp for item in same.values()), default=0)
    return timestamp <= latest or any(timestamp == item.timestamp for item in other.values())
