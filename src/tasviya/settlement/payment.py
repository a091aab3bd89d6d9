"""A payment and its life cycle.

Everything that may change a payment's status stands in TRANSITIONS; docs/architecture.md draws its diagram
from it. A status with no way out is final, and a payment reaches exactly one of those.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tasviya.core.life_cycle import following


class Status(StrEnum):
    """Where a payment stands."""

    RECEIVED = "received"
    HELD = "held"
    WAREHOUSED = "warehoused"
    QUEUED = "queued"
    SETTLED = "settled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Event(StrEnum):
    """What can happen to a payment."""

    SETTLE = "settle"
    QUEUE = "queue"
    HOLD = "hold"
    WAREHOUSE = "warehouse"
    REFUSE = "refuse"
    CANCEL = "cancel"
    EXPIRE = "expire"


TRANSITIONS: dict[Status, dict[Event, Status]] = {
    Status.RECEIVED: {
        Event.SETTLE: Status.SETTLED,
        Event.QUEUE: Status.QUEUED,
        Event.HOLD: Status.HELD,
        Event.WAREHOUSE: Status.WAREHOUSED,
        Event.REFUSE: Status.REJECTED,
    },
    Status.HELD: {
        Event.SETTLE: Status.SETTLED,
        Event.QUEUE: Status.QUEUED,
        Event.WAREHOUSE: Status.WAREHOUSED,
        Event.REFUSE: Status.REJECTED,
        Event.CANCEL: Status.CANCELLED,
        Event.EXPIRE: Status.EXPIRED,
    },
    Status.WAREHOUSED: {
        Event.SETTLE: Status.SETTLED,
        Event.QUEUE: Status.QUEUED,
        Event.REFUSE: Status.REJECTED,
        Event.CANCEL: Status.CANCELLED,
        Event.EXPIRE: Status.EXPIRED,
    },
    Status.QUEUED: {
        Event.SETTLE: Status.SETTLED,
        Event.QUEUE: Status.QUEUED,  # it now waits for something else
        Event.REFUSE: Status.REJECTED,
        Event.CANCEL: Status.CANCELLED,
        Event.EXPIRE: Status.EXPIRED,
    },
    Status.SETTLED: {},
    Status.REJECTED: {},
    Status.CANCELLED: {},
    Status.EXPIRED: {},
}

FINAL = frozenset(status for status, ways_out in TRANSITIONS.items() if not ways_out)

ISO_STATUS = {
    Status.RECEIVED: "RCVD",
    Status.HELD: "PDNG",
    Status.WAREHOUSED: "ACSP",
    Status.QUEUED: "PDNG",
    Status.SETTLED: "ACSC",
    Status.REJECTED: "RJCT",
    Status.CANCELLED: "CANC",
    Status.EXPIRED: "RJCT",
}
"""What pacs.002 says of each status: ISO 20022 ExternalPaymentTransactionStatus1Code."""


class Priority(StrEnum):
    """Which queue a payment stands in, the most urgent first."""

    URGENT = "URGT"
    HIGH = "HIGH"
    NORMAL = "NORM"


PRIORITY_RANK = {Priority.URGENT: 0, Priority.HIGH: 1, Priority.NORMAL: 2}


class Payment(msgspec.Struct):
    """An instruction to move money, from receipt to a final status. One row of the store's `payment` table,
    field by field in this order.

    Instants are nanoseconds since the epoch (0: not yet); amounts are minor units of `currency`.
    """

    seq: int
    """Its place among all payments ever received, from 1."""
    payment_id: str
    message_seq: int
    position: int
    """Its place in its message, from 1."""
    message_type: str
    sender: str
    """The participant that sent it."""
    instruction_id: str
    end_to_end_id: str
    transaction_id: str
    uetr: str
    currency: str
    amount_minor: int
    settlement_date: str = ""
    """The business date of its settlement institution on which it is to settle, yyyy-mm-dd."""
    priority: Priority = Priority.NORMAL
    debtor: str = ""
    """The participant that pays (the payer's bank)."""
    creditor: str = ""
    """The participant that is paid (the payee's bank)."""
    debtor_correspondent: str = ""
    """The participant in whose books the debtor pays, if not with its own settlement account."""
    creditor_correspondent: str = ""
    debtor_name: str = ""
    debtor_account: str = ""
    creditor_name: str = ""
    creditor_account: str = ""
    purpose: str = ""
    remittance: str = ""
    status: Status = Status.RECEIVED
    reason: str = ""
    """Why it is not settled: an ISO 20022 reason code; empty when settled."""
    reason_text: str = ""
    reason_path: str = ""
    blocked_by: str = ""
    """The account it waits for while queued: 32 hexadecimal digits."""
    received_at: int = 0
    queued_at: int = 0
    """When it first had to wait; 0 if it never did."""
    settled_at: int = 0
    not_after: int = 0
    """The instant after which the payer no longer wants it settled; 0: the cut-off decides."""
    not_before: int = 0
    """The instant before which the payer does not want it settled; 0: at once."""
    attempt: int = 0
    """How often the ledger has refused it; part of its transfers' ids."""
    original_seq: int = 0
    """For a return: the payment that it returns."""
    xml_start: int = 0
    xml_end: int = 0
    """Where its element stands in its message's bytes."""
    route: str = "gross"
    """How it reaches the payee: `gross`; or, where the payer's bank pays in another currency, `exchange` (in
    a batch auction), `quote` (at a firm quote at once, else in a batch) or `union` (through the two
    settlement institutions, at the official rate)."""
    fixed: str = ""
    """Of a payment in two currencies: `out`, the payee's bank receives `amount_minor`; `in`, the payer's bank
    is debited `debit_minor`, and `amount_minor` is the least that the payee's bank receives."""
    debit_currency: str = ""
    """What the payer's bank is debited in; empty if in `currency`."""
    debit_minor: int = 0
    """What it is debited: fixed, or at the most; once settled, what it was. Minor units of
    `debit_currency`."""
    settled_by: str = ""
    """What converted it: "batch 12", "quote 3", "cycle 4"; empty if nothing did yet."""
    unit_minor: int = 0
    """By the union route: what it moved between positions, minor units of the union's unit."""
    claim: str = ""
    """The claim of or on customs that it pays, by its reference; or CASH/ and the trader whose account it
    fills."""

    def happens(self, event: Event) -> None:
        """Move to the status that follows.

        Raises: InvariantBroken if TRANSITIONS has no such way.
        """
        self.status = following(TRANSITIONS, self.status, event, self.payment_id)

    @property
    def taken_minor(self) -> int:
        """What its source accounts must hold, minor units of their currency."""
        return self.debit_minor if self.debit_currency else self.amount_minor

    @property
    def claim_minor(self) -> int:
        """What it pays of its claim, minor units of the currency that is fixed."""
        return self.debit_minor if self.fixed == "in" else self.amount_minor

    @property
    def rank(self) -> int:
        """Its priority as a number, 0 the most urgent."""
        return PRIORITY_RANK[self.priority]
