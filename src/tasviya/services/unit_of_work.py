"""What a use case changes, and the store that makes it last.

A use case reads facts, decides, and gathers everything it wants changed in one `Changes`. `Store.commit`
posts the transfers and writes every row in one transaction: all of it lasts, or none. **A payment is final
when that commit returns.** After a failed commit the store and the working memory are thrown away and loaded
again from what is durable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import msgspec

from tasviya.customs.claim import Claim
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.movement import MovementRow
from tasviya.customs.quota_claim import QuotaClaim, QuotaUse
from tasviya.customs.refund import DrawbackRow, Refund
from tasviya.exchange.order import Order
from tasviya.journal.entry import Entry
from tasviya.ledger.ledger import CreateTransferStatus, Ledger, Transfer
from tasviya.membership.records import Record
from tasviya.services.clearing_memory import ClearingStore, DefaultRow, FlowRow, LossRow, PositionInterestRow
from tasviya.services.control_rows import CertificateRow, ControlRow, DrawRow, LicenceRow, SelectionRow
from tasviya.services.customs_book import CustomsStore, GuaranteeRow, TariffVersion
from tasviya.services.exchange_book import BatchRow, ExchangeStore, QuoteRow
from tasviya.services.interest_rows import AccrualRow, InterestStateRow, InterestStore
from tasviya.services.rate_rows import (
    FixingRow,
    RateRow,
    UnitBasketRow,
    UnitFixingRow,
    UnitValueRow,
    ValueRow,
)
from tasviya.settlement.accounts import LedgerAccount
from tasviya.settlement.clearing_cycle import ClearingCycle, Discharge, Result
from tasviya.settlement.payment import Payment
from tasviya.settlement.trade import Trade


class ReceivedFile(NamedTuple):
    """A file as it came: the evidence."""

    seq: int
    sender: str
    name: str
    received_at: int
    digest: bytes
    raw: bytes
    signature: bytes | None
    commit_seq: int
    """The commit that took it in, and answered it."""


class ReceivedMessage(NamedTuple):
    """A message of a file. `reason` is empty unless it was refused whole."""

    seq: int
    file_seq: int
    message_type: str
    message_id: str
    sender: str
    transactions: int
    reason: str
    reason_text: str
    reason_path: str
    body: bytes | None
    carried: str
    """What its group header says for all its transactions, and the onward message must say too."""


class QueueRow(NamedTuple):
    """A payment that waits."""

    payment_seq: int
    account_id: int
    rank: int
    by_limit: bool
    shortfall: int
    since: int


class OutboxRow(NamedTuple):
    """Something to tell a receiver; `refs` are plain values, from which the message is built."""

    seq: int
    commit_seq: int
    receiver: str
    kind: str
    refs: Any


class AccountRow(NamedTuple):
    """An account's own record beside its ledger balances."""

    account_id: int
    entry_seq: int
    opening: int
    lowest: int


class CreditLineRow(NamedTuple):
    """What of a settlement account's credit line is granted and drawn; minor units."""

    account_id: int
    granted: int
    drawn: int
    peak: int


class DayRow(NamedTuple):
    """The phase of one settlement institution's business date."""

    institution: str
    currency: str
    business_date: str
    phase: str
    since: int
    opened_commit: int
    """The commit that opened it: where its statements begin."""


class PriceRow(NamedTuple):
    """What a batch came to for one currency."""

    batch_seq: int
    currency: str
    price: int
    dust: int
    value: str
    """Of one unit, in the union's common measure; a decimal."""


class FillRow(NamedTuple):
    """What an order got in a batch; minor units."""

    batch_seq: int
    order_seq: int
    sold: int
    bought: int


class PassRow(NamedTuple):
    """What a pass over the queue did in one currency. Amounts in minor units."""

    seq: int
    at: int
    trigger: str
    """`schedule`, `demand` or `arrival`."""
    currency: str
    algorithm: str
    """One of ALGORITHMS."""
    tried: int
    """How many payments waited."""
    tried_minor: int
    pairs: int
    """How many of those settled did so by pairs of banks."""
    settled: int
    settled_minor: int
    trades: int
    """How many trades settled with them."""
    needed_minor: int
    """Money that settling them one by one would have needed beside what was there."""
    bound_minor: int
    """No set of those that waited, in whatever order, settles more."""


@dataclass(slots=True)
class Changes:
    """Everything one unit of work changes."""

    commit_seq: int
    at_ns: int
    files: list[ReceivedFile] = field(default_factory=list)
    messages: list[ReceivedMessage] = field(default_factory=list)
    new_payments: list[Payment] = field(default_factory=list)
    changed_payments: dict[int, Payment] = field(default_factory=dict)
    """Payments stored before, by number, that have changed since."""
    transfers: list[Transfer] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    queued: dict[int, QueueRow | None] = field(default_factory=dict)
    """By payment number; None: it no longer waits."""
    accounts: list[AccountRow] = field(default_factory=list)
    opened: list[LedgerAccount] = field(default_factory=list)
    credit_lines: list[CreditLineRow] = field(default_factory=list)
    reservations: list[tuple[int, str, int]] = field(default_factory=list)
    """(account id, priority, remaining)."""
    limits: list[tuple[int, str, int]] = field(default_factory=list)
    """(account id, counterparty or "", net paid)."""
    days: list[DayRow] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    """Numbers of outbox rows that have reached their receivers."""
    records: list[Record] = field(default_factory=list)
    """Dated facts of the register to add."""
    ended: list[tuple[Record, str]] = field(default_factory=list)
    """Dated facts of the register, and from which date on each no longer holds."""
    pairs: list[tuple[str, str, int]] = field(default_factory=list)
    """(sold, bought, exponent) of pairs that get their first order."""
    orders: dict[int, Order] = field(default_factory=dict)
    """Orders of the exchange, new or changed, by number."""
    quotes: list[QuoteRow] = field(default_factory=list)
    batches: list[BatchRow] = field(default_factory=list)
    prices: list[PriceRow] = field(default_factory=list)
    fills: list[FillRow] = field(default_factory=list)
    trades: dict[int, Trade] = field(default_factory=dict)
    """Instructions of trades, new or changed, by number."""
    passes: list[PassRow] = field(default_factory=list)
    values: dict[str, ValueRow] = field(default_factory=dict)
    """What currencies are worth to the exchange now, by code."""
    fixings: list[FixingRow] = field(default_factory=list)
    rates: list[RateRow] = field(default_factory=list)
    unit_baskets: list[UnitBasketRow] = field(default_factory=list)
    unit_fixings: list[UnitFixingRow] = field(default_factory=list)
    unit_values: list[UnitValueRow] = field(default_factory=list)
    cycles: dict[int, ClearingCycle] = field(default_factory=dict)
    """Clearing cycles, new or changed, by number."""
    flows: dict[tuple[str, str], FlowRow] = field(default_factory=dict)
    """By paying and paid currency."""
    position_interest: list[PositionInterestRow] = field(default_factory=list)
    position_statements: list[tuple[str, int]] = field(default_factory=list)
    """(business date, the last commit that it covers)."""
    results: list[Result] = field(default_factory=list)
    discharges: list[Discharge] = field(default_factory=list)
    defaults: list[DefaultRow] = field(default_factory=list)
    losses: list[LossRow] = field(default_factory=list)
    accruals: list[AccrualRow] = field(default_factory=list)
    interest_states: dict[tuple[int, str], InterestStateRow] = field(default_factory=dict)
    interest_until: dict[str, str] = field(default_factory=dict)
    """Until when a currency's interest has been accrued; empty: it bears none any more."""
    lodgements: dict[int, Lodgement] = field(default_factory=dict)
    """Declarations, new or changed, by number."""
    claims: dict[str, Claim] = field(default_factory=dict)
    """Claims of customs, new or changed, by reference."""
    guarantees: dict[str, GuaranteeRow] = field(default_factory=dict)
    tariffs: list[TariffVersion] = field(default_factory=list)
    licences: dict[tuple[str, str], LicenceRow] = field(default_factory=dict)
    """By member and number."""
    certificates: dict[str, CertificateRow] = field(default_factory=dict)
    selections: dict[str, SelectionRow] = field(default_factory=dict)
    """By MRN."""
    controls: list[ControlRow] = field(default_factory=list)
    draws: list[DrawRow] = field(default_factory=list)
    refunds: dict[str, Refund] = field(default_factory=dict)
    """What customs give back, new or changed, by reference."""
    drawbacks: list[DrawbackRow] = field(default_factory=list)
    quota_claims: dict[tuple[str, int], QuotaClaim] = field(default_factory=dict)
    """What items ask of tariff quotas, new or changed, by MRN and item."""
    quota_uses: dict[tuple[str, str, str], QuotaUse] = field(default_factory=dict)
    movements: dict[str, MovementRow] = field(default_factory=dict)
    """Goods in transit, new or changed, by MRN."""

    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(getattr(self, name) for name in _LISTS)


_LISTS = tuple(name for name in Changes.__slots__ if name not in ("commit_seq", "at_ns"))


class Numbers(msgspec.Struct):
    """The next free numbers of a store."""

    commit: int
    file: int
    message: int
    payment: int
    outbox: int
    entry: int
    order: int
    batch: int
    quote: int
    trade: int
    cycle: int
    default: int
    lsm_pass: int
    lodgement: int
    claim: int
    guarantee: int
    certificate: int
    movement: int


class Posting(Protocol):
    """The ledger as the writer uses it, beside its protocol."""

    def balances(self, account_id: int) -> tuple[int, int, int, int] | None:
        """(debits pending, debits posted, credits pending, credits posted); None: no such account."""
        ...


class WriterLedger(Ledger, Posting, Protocol):
    """A ledger with quick balances."""


class Store(ExchangeStore, ClearingStore, InterestStore, CustomsStore, Protocol):
    """What the writer needs of a store. Every read sees what is committed."""

    @property
    def ledger(self) -> WriterLedger: ...

    def commit(self, changes: Changes) -> None:
        """Make all of it last, in one transaction.

        Raises: PostingRefused, with nothing written, if the ledger refused a transfer; StoreError.
        """
        ...

    def reload(self) -> None:
        """Forget what memory holds and read again what is durable."""
        ...

    def numbers(self) -> Numbers: ...

    def records(self) -> list[Record]: ...

    def account_rows(self) -> Iterator[tuple[LedgerAccount, AccountRow]]: ...

    def credit_line_rows(self) -> list[CreditLineRow]: ...

    def reservation_rows(self) -> list[tuple[int, str, int]]: ...

    def limit_rows(self) -> list[tuple[int, str, int]]: ...

    def day_rows(self) -> list[DayRow]:
        """The latest business date of each currency."""
        ...

    def day_before(self, currency: str, business_date: str) -> DayRow | None:
        """The last business date that a currency opened before this one."""
        ...

    def queue(self) -> list[tuple[QueueRow, Payment]]: ...

    def files_with_digest(self, digests: Sequence[bytes]) -> dict[tuple[str, bytes], int]:
        """The numbers of files received before, by (sender, digest)."""
        ...

    def messages_known(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The numbers of messages by (sender, message id)."""
        ...

    def uetrs_known(self, uetrs: Sequence[str]) -> dict[str, list[Payment]]: ...

    def instructions_known(self, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of these (sender, instruction id) have been used."""
        ...

    def payments_of_message(self, sender: str, message_id: str) -> list[Payment]: ...

    def warehoused(self, currency: str, business_date: str) -> list[Payment]:
        """Payments kept for this date or an earlier one that pay or are debited in this currency, in order of
        arrival."""
        ...

    def timers(self) -> list[tuple[int, int]]:
        """(instant, payment number) of payments that wait and whose payers have set times, in order."""
        ...

    def open_trades(self) -> list[Trade]:
        """Instructions of trades that may still settle, in order of arrival."""
        ...

    def latest_pass_ns(self) -> int:
        """When the latest scheduled pass over the queue was made; 0 before the first."""
        ...

    def returned_minor(self, original_seq: int) -> int:
        """How much of a payment has been returned, settled or under way."""
        ...


class PostingRefused(Exception):
    """The ledger refused transfers that the writer thought it would take; nothing was committed.

    statuses: by transfer id.
    """

    def __init__(self, statuses: dict[int, CreateTransferStatus]) -> None:
        why = ", ".join(sorted({CreateTransferStatus(each).name.lower() for each in statuses.values()}))
        super().__init__(f"{len(statuses)} transfers refused: {why}")
        self.statuses = statuses
