"""What rows of the outbox refer to, looked up before they are put in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasviya.messages.scheme import Scheme
from tasviya.services.statements import AccountFacts, Exchanges, Period
from tasviya.services.unit_of_work import OutboxRow, ReceivedMessage
from tasviya.settlement.payment import Payment
from tasviya.settlement.trade import Trade

Documents = list[tuple[str, bytes]]
"""(message type, document)."""


@dataclass(slots=True)
class Facts:
    """What rows refer to, looked up beforehand."""

    scheme: Scheme
    payments: Mapping[int, Payment]
    messages: Mapping[int, ReceivedMessage]
    sources: Mapping[int, bytes]
    """By message number: the bytes that its payments' offsets refer to."""
    accounts: Mapping[str, AccountFacts]
    """By account id."""
    bics: Mapping[str, str]
    """By participant."""
    repeats: Mapping[int, list[OutboxRow]] = field(default_factory=dict)
    """By file number: the answers that were given to it."""
    committed_at: Mapping[int, int] = field(default_factory=dict)
    """By commit: its instant."""
    periods: Mapping[int, Period] = field(default_factory=dict)
    """By the number of an outbox row that asks for a statement or a report."""
    trades: Mapping[int, Trade] = field(default_factory=dict)
    """By number of an instruction."""
    exchanges: Exchanges = field(default_factory=Exchanges)
    """Trades and orders that moved an account of `periods`."""


def message_id(row: OutboxRow, index: int = 0) -> str:
    """The id of a message of ours: its row's number, and its place among the row's documents."""
    return f"TSV{row.seq:012d}" + (f"-{index}" if index else "")
