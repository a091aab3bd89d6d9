"""Trades: two banks have agreed to exchange two currencies, and each instructs its side.

    instruct ─▶ unmatched ─match─▶ matched ─lack─▶ waiting ─settle─▶ settled
                    │                 └────────────settle──────────────▲
                    ├─ refuse ─▶ refused; each open status ─ expire ─▶ expired
                    └─ rescind ─▶ rescinded

Two instructions match if each mirrors the other: what one buys the other sells, in the same amounts, with the
same dates and the same common reference, or none. What both agreed settles payment versus payment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from tasviya.core.life_cycle import following
from tasviya.core.money import Currency, Money


class TradeStatus(StrEnum):
    """Where one side's instruction stands."""

    RECEIVED = "received"
    UNMATCHED = "unmatched"
    MATCHED = "matched"
    WAITING = "waiting"
    """It is to settle today, and something is missing."""
    SETTLED = "settled"
    REFUSED = "refused"
    EXPIRED = "expired"
    RESCINDED = "rescinded"
    """Its own side took it back before the other had instructed it."""


class TradeEvent(StrEnum):
    """What can happen to it."""

    WAIT_FOR_OTHER = "wait_for_other"
    MATCH = "match"
    LACK = "lack"
    SETTLE = "settle"
    REFUSE = "refuse"
    EXPIRE = "expire"
    RESCIND = "rescind"


TRANSITIONS: dict[TradeStatus, dict[TradeEvent, TradeStatus]] = {
    TradeStatus.RECEIVED: {
        TradeEvent.WAIT_FOR_OTHER: TradeStatus.UNMATCHED,
        TradeEvent.MATCH: TradeStatus.MATCHED,
        TradeEvent.REFUSE: TradeStatus.REFUSED,
    },
    TradeStatus.UNMATCHED: {
        TradeEvent.MATCH: TradeStatus.MATCHED,
        TradeEvent.EXPIRE: TradeStatus.EXPIRED,
        TradeEvent.RESCIND: TradeStatus.RESCINDED,
    },
    TradeStatus.MATCHED: {
        TradeEvent.LACK: TradeStatus.WAITING,
        TradeEvent.SETTLE: TradeStatus.SETTLED,
        TradeEvent.EXPIRE: TradeStatus.EXPIRED,
    },
    TradeStatus.WAITING: {
        TradeEvent.LACK: TradeStatus.WAITING,
        TradeEvent.SETTLE: TradeStatus.SETTLED,
        TradeEvent.EXPIRE: TradeStatus.EXPIRED,
    },
    TradeStatus.SETTLED: {},
    TradeStatus.REFUSED: {},
    TradeStatus.EXPIRED: {},
    TradeStatus.RESCINDED: {},
}

ISO_TRADE_STATUS = {
    TradeStatus.RECEIVED: "UMTC",
    TradeStatus.UNMATCHED: "UMTC",
    TradeStatus.MATCHED: "FMTC",
    TradeStatus.WAITING: "SMAP",
    TradeStatus.SETTLED: "STLD",
    TradeStatus.REFUSED: "RJCT",
    TradeStatus.EXPIRED: "RJCT",
    TradeStatus.RESCINDED: "RSCD",
}
"""What fxtr.017 says of each status: ISO 20022 TradeStatus6Code."""


class Trade(msgspec.Struct):
    """One side's instruction. One row of the store's `trade` table, field by field in this order.

    Instants are nanoseconds since the epoch (0: not yet); amounts are minor units; dates yyyy-mm-dd.
    """

    seq: int
    """Its place among all instructions ever received, from 1."""
    trade_id: str
    message_seq: int
    participant: str
    """Who instructs it."""
    counterparty: str
    """The participant on the other side; of a refused one, what the message named."""
    reference: str
    """The instructing participant's own."""
    common_reference: str
    """What both sides call it; empty if they call it nothing."""
    trade_date: str
    settlement_date: str
    buy_currency: str
    buy_minor: int
    sell_currency: str
    sell_minor: int
    rate: str
    unit_currency: str
    quoted_currency: str
    received_at: int
    status: TradeStatus = TradeStatus.RECEIVED
    reason: str = ""
    reason_text: str = ""
    match_id: str = ""
    """Of it and its other side together; empty until they match."""
    other_seq: int = 0
    """The other side's instruction; 0 until they match."""
    matched_at: int = 0
    settled_at: int = 0
    attempt: int = 0
    """How often the ledger has refused it; part of its transfers' ids."""

    def happens(self, event: TradeEvent) -> None:
        """Move to the status that follows.

        Raises: InvariantBroken if TRANSITIONS has no such way.
        """
        self.status = following(TRANSITIONS, self.status, event, self.trade_id)


OPEN = frozenset({TradeStatus.UNMATCHED, TradeStatus.MATCHED, TradeStatus.WAITING})
"""An instruction in one of these may still settle."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The nearest instruction of the other side, and in what the two differ."""

    other: Trade
    differences: tuple[str, ...]
    """Names of TERMS."""


TERMS = {
    "what is bought": ("buy_currency", "sell_currency"),
    "what is sold": ("sell_currency", "buy_currency"),
    "the amount bought": ("buy_minor", "sell_minor"),
    "the amount sold": ("sell_minor", "buy_minor"),
    "the trade date": ("trade_date", "trade_date"),
    "the settlement date": ("settlement_date", "settlement_date"),
    "the common reference": ("common_reference", "common_reference"),
}
"""What must agree: a field of one side, and the field of the other that it must equal."""


def match(trade: Trade, others: Iterable[Trade]) -> Trade | Mismatch | None:
    """The instruction that mirrors this one, the earliest if several do; else the one that comes nearest, and
    what differs; None if the other side has sent nothing that could be meant.

    others: the open instructions. Order does not matter.
    """
    theirs = [
        other
        for other in others
        if other.status is TradeStatus.UNMATCHED
        and (other.participant, other.counterparty) == (trade.counterparty, trade.participant)
    ]
    found = sorted((len(differences(trade, other)), other.seq, other) for other in theirs)
    if not found:
        return None
    count, _, nearest = found[0]
    if count == 0:
        return nearest
    meant = [other for _, _, other in found if _meant(trade, other)]
    return Mismatch(meant[0], differences(trade, meant[0])) if meant else None


def differences(trade: Trade, other: Trade) -> tuple[str, ...]:
    """In what two instructions differ that should mirror each other."""
    return tuple(
        name for name, (mine, theirs) in TERMS.items() if getattr(trade, mine) != getattr(other, theirs)
    )


def _meant(trade: Trade, other: Trade) -> bool:
    """Whether two instructions that differ are likely of one trade: both call it the same, or they agree in
    both currencies and not in more than two other terms."""
    if trade.common_reference and trade.common_reference == other.common_reference:
        return True
    found = differences(trade, other)
    return len(found) <= 2 and not {"what is bought", "what is sold"} & set(found)


def told(mismatch: Mismatch, trade: Trade, currencies: Mapping[str, Currency]) -> str:
    """What differs, in words, as the sender of `trade` is to be told."""
    other = mismatch.other

    def bought(side: Trade) -> Money:
        return Money(side.buy_minor, currencies[side.buy_currency])

    def sold(side: Trade) -> Money:
        return Money(side.sell_minor, currencies[side.sell_currency])

    values = {
        "what is bought": (trade.buy_currency, other.sell_currency),
        "what is sold": (trade.sell_currency, other.buy_currency),
        "the amount bought": (bought(trade), sold(other)),
        "the amount sold": (sold(trade), bought(other)),
        "the trade date": (trade.trade_date, other.trade_date),
        "the settlement date": (trade.settlement_date, other.settlement_date),
        "the common reference": (trade.common_reference or "none", other.common_reference or "none"),
    }
    parts = [f"{name} is {values[name][0]}, there {values[name][1]}" for name in mismatch.differences]
    return f"It differs from {other.participant}'s {other.reference}: {'; '.join(parts)}."


def trade_words(trade: Trade, other: Trade) -> str:
    """What an entry says of a trade: the same to both sides, whichever instructed it first."""
    first, second = sorted((trade, other), key=lambda side: side.seq)
    return (
        f"Trade of {first.trade_date}, {first.participant} {first.reference},"
        f" {second.participant} {second.reference}"
    )
