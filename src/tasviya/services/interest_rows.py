"""Interest as the store keeps it, and the working memory of it between two accruals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, Protocol

from tasviya.settlement.routing import LegCode


class InterestKind(StrEnum):
    """What interest is for."""

    DEPOSIT = "deposit"
    """On what lies on a settlement account overnight."""
    OVERNIGHT = "overnight"
    """On credit that is still drawn when the day has closed."""
    INTRADAY = "intraday"
    """On the most that was drawn within the day."""


LEG_OF = {
    InterestKind.DEPOSIT: LegCode.DEPOSIT_INTEREST,
    InterestKind.OVERNIGHT: LegCode.OVERNIGHT_INTEREST,
    InterestKind.INTRADAY: LegCode.INTRADAY_INTEREST,
}
"""The ledger's transfer code of each kind of interest."""


class AccrualRow(NamedTuple):
    """An accrual: how it was reckoned and what became of it. Minor units; below zero the holder pays.
    Fractions of one are exact, as texts."""

    account_id: int
    kind: str
    begins: str
    ends: str
    commit_seq: int
    business_date: str
    base: int
    percent: str
    day_count: str
    days: int
    exact: str
    carried_in: str
    due: int
    paid: int
    carried: str
    posted_for: str
    words: str


class InterestStateRow(NamedTuple):
    """What of an account's interest of one kind is carried on, and what is owed."""

    account_id: int
    kind: str
    carried: str
    owed: int


@dataclass(slots=True)
class InterestState:
    """What of an account's interest of one kind is carried on, exactly, and what the holder still owes."""

    carried: Fraction = Fraction(0)
    owed: int = 0


class InterestStore(Protocol):
    """What interest needs of a store."""

    def interest_states(self) -> list[InterestStateRow]: ...

    def interest_until(self) -> list[tuple[str, str]]:
        """Until when each currency's interest has been accrued."""
        ...


class InterestBook:
    """The working memory of interest: what is carried and owed, by account and kind."""

    def __init__(self, store: InterestStore) -> None:
        self.states: dict[int, dict[InterestKind, InterestState]] = {}
        for row in store.interest_states():
            state = self.state(row.account_id, InterestKind(row.kind))
            state.carried, state.owed = Fraction(row.carried), row.owed
        self.owing: set[int] = {
            account for account, kinds in self.states.items() if any(each.owed for each in kinds.values())
        }
        """Accounts whose holders owe interest: what comes in there pays that first."""
        self.until = {code: date.fromisoformat(until) for code, until in store.interest_until()}
        """Until when each currency's interest has been accrued."""

    def state(self, account_id: int, kind: InterestKind) -> InterestState:
        """What is carried and owed; nothing, if nothing was ever accrued."""
        return self.states.setdefault(account_id, {}).setdefault(kind, InterestState())

    def owed(self, account_id: int) -> Iterable[tuple[InterestKind, InterestState]]:
        """What an account's holder owes, in the order in which it is collected."""
        kinds = self.states.get(account_id, {})
        return [(kind, kinds[kind]) for kind in InterestKind if kind in kinds and kinds[kind].owed]
