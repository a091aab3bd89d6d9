"""The plain ledger: dictionaries and integers, the oracle that every faster store is compared with.

A batch goes through three steps: pending transfers whose time is up give their money back, then each event
is judged in order (`book_rules`), then each gets its result. Linked events stand or fall together: a chain
keeps a list of undo steps and runs them backwards when one of its events is refused.

Source: TigerBeetle, src/state_machine.zig, `execute_create` and `execute_expire_pending_transfers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from tasviya.ledger import book_rules
from tasviya.ledger.book_state import Books, Outcome
from tasviya.ledger.filters import (
    FILTER_FLAG_BITS,
    account_filter_finds,
    check_batch_size,
    check_integers,
    query_filter_finds,
    result_limit,
)
from tasviya.ledger.ledger import (
    TIMESTAMP_MAX,
    Account,
    AccountBalance,
    AccountFilter,
    AccountFilterFlags,
    AccountFlags,
    CreateAccountResult,
    CreateAccountStatus,
    CreateTransferResult,
    CreateTransferStatus,
    QueryFilter,
    QueryFilterFlags,
    Transfer,
    TransferFlags,
)

LINKED = 1
Event = TypeVar("Event", Account, Transfer)
Create: TypeAlias = Callable[[Books, Event, int], Outcome]
Statuses: TypeAlias = type[CreateAccountStatus] | type[CreateTransferStatus]


class Book:
    """A ledger in memory.

    clock_ns: the time in nanoseconds since 1970; may stand still or go back, timestamps never do.
    """

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        self._clock_ns = clock_ns
        self._books = Books()
        self._last_timestamp = 0

    def create_accounts(self, accounts: Sequence[Account]) -> list[CreateAccountResult]:
        outcomes = self._execute(
            accounts, AccountFlags.IMPORTED, CreateAccountStatus, book_rules.create_account
        )
        return [CreateAccountResult(timestamp, CreateAccountStatus(status)) for status, timestamp in outcomes]

    def create_transfers(self, transfers: Sequence[Transfer]) -> list[CreateTransferResult]:
        outcomes = self._execute(
            transfers, TransferFlags.IMPORTED, CreateTransferStatus, book_rules.create_transfer
        )
        return [
            CreateTransferResult(timestamp, CreateTransferStatus(status)) for status, timestamp in outcomes
        ]

    def lookup_accounts(self, ids: Sequence[int]) -> list[Account]:
        check_batch_size(ids)
        self.expire()
        return [replace(self._books.accounts[id]) for id in ids if id in self._books.accounts]

    def lookup_transfers(self, ids: Sequence[int]) -> list[Transfer]:
        check_batch_size(ids)
        self.expire()
        return [replace(self._books.transfers[id]) for id in ids if id in self._books.transfers]

    def get_account_transfers(self, filter: AccountFilter) -> list[Transfer]:
        check_integers(filter, FILTER_FLAG_BITS)
        self.expire()
        if not account_filter_finds(filter):
            return []
        matches = [t for t in self._books.transfers.values() if _account_filter_matches(filter, t)]
        if filter.flags & AccountFilterFlags.REVERSED:
            matches.reverse()
        return [replace(t) for t in matches[: result_limit(filter)]]

    def get_account_balances(self, filter: AccountFilter) -> list[AccountBalance]:
        kept = self._books.history.get(filter.account_id, {})
        transfers = self.get_account_transfers(filter)
        return [replace(kept[t.timestamp]) for t in transfers if kept]

    def query_accounts(self, filter: QueryFilter) -> list[Account]:
        self.expire()
        return _query(filter, list(self._books.accounts.values()))

    def query_transfers(self, filter: QueryFilter) -> list[Transfer]:
        self.expire()
        return _query(filter, list(self._books.transfers.values()))

    def expire(self) -> None:
        """Give back what pending transfers have reserved past their timeout, the earliest first."""
        now = max(self._last_timestamp + 1, self._clock_ns())
        due = [id for expires_at, _, id in self._books.expiries if expires_at <= now]
        for id in due:
            book_rules.expire(self._books, self._books.transfers[id])
        if due:
            self._last_timestamp = now + len(due)

    def _execute(
        self, events: Sequence[Event], imported: int, statuses: Statuses, create: Create[Event]
    ) -> list[Outcome]:
        """Judge a batch in order; events linked into a chain are undone together if one of them fails."""
        check_batch_size(events)
        for event in events:
            check_integers(event)
        self.expire()
        before = max(self._last_timestamp + 1, self._clock_ns())
        self._last_timestamp = latest = before + len(events)
        imports = bool(events) and bool(events[0].flags & imported)
        outcomes: list[Outcome] = []
        chain_start: int | None = None
        broken = False
        for index, event in enumerate(events):
            timestamp = before + 1 + index
            linked = bool(event.flags & LINKED)
            if linked and chain_start is None:
                chain_start = index
                self._books.undo = []
            if linked and index == len(events) - 1:
                outcome: Outcome = (statuses.LINKED_EVENT_CHAIN_OPEN, timestamp)
            elif broken:
                outcome = (statuses.LINKED_EVENT_FAILED, timestamp)
            else:
                refusal = _refuse_time(event, bool(event.flags & imported), imports, latest, statuses)
                outcome = (refusal, timestamp) if refusal else create(self._books, event, timestamp)
            if outcome[0] != statuses.CREATED and chain_start is not None and not broken:
                broken = True
                self._books.roll_back()
                undone = outcomes[chain_start:]
                outcomes[chain_start:] = [(statuses.LINKED_EVENT_FAILED, time) for _, time in undone]
            outcomes.append(outcome)
            if chain_start is not None and (not linked or outcome[0] == statuses.LINKED_EVENT_CHAIN_OPEN):
                self._books.undo = None
                chain_start, broken = None, False
        return outcomes


def _refuse_time(
    event: Account | Transfer, imported: bool, imports: bool, latest: int, statuses: Statuses
) -> int | None:
    """Judge an event's timestamp: its own only if imported, and then all of its batch must be."""
    if imported != imports:
        return statuses.IMPORTED_EVENT_NOT_EXPECTED if imported else statuses.IMPORTED_EVENT_EXPECTED
    if not imported:
        return statuses.TIMESTAMP_MUST_BE_ZERO if event.timestamp else None
    if not 0 < event.timestamp <= TIMESTAMP_MAX:
        return statuses.IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE
    if event.timestamp >= latest:
        return statuses.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_ADVANCE
    return None


def _query(filter: QueryFilter, items: list[Event]) -> list[Event]:
    check_integers(filter, FILTER_FLAG_BITS)
    if not query_filter_finds(filter):
        return []
    matches = [i for i in items if filter.ledger in (0, i.ledger) and _fields_match(filter, i)]
    if filter.flags & QueryFilterFlags.REVERSED:
        matches.reverse()
    return [replace(item) for item in matches[: result_limit(filter)]]


def _account_filter_matches(filter: AccountFilter, transfer: Transfer) -> bool:
    is_debit = (
        bool(filter.flags & AccountFilterFlags.DEBITS) and transfer.debit_account_id == filter.account_id
    )
    is_credit = (
        bool(filter.flags & AccountFilterFlags.CREDITS) and transfer.credit_account_id == filter.account_id
    )
    return (is_debit or is_credit) and _fields_match(filter, transfer)


def _fields_match(filter: AccountFilter | QueryFilter, item: Account | Transfer) -> bool:
    return (
        filter.user_data_128 in (0, item.user_data_128)
        and filter.user_data_64 in (0, item.user_data_64)
        and filter.user_data_32 in (0, item.user_data_32)
        and filter.code in (0, item.code)
        and filter.timestamp_min <= item.timestamp
        and (filter.timestamp_max == 0 or item.timestamp <= filter.timestamp_max)
    )
