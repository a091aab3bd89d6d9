"""What a participant can spend now: balance + what is left of its credit line - what it has set aside.

`Funds` is the writer's working copy of one account between two commits. The ledger is the authority: it is
loaded from there, changed by every decision exactly as the posting will change the ledger, and thrown away
if a commit fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tasviya.settlement.payment import Priority


@dataclass(slots=True)
class Funds:
    """One account's spendable money; minor units."""

    account_id: int
    balance: int
    undrawn: int = 0
    """What is left of its credit line."""
    reserved: dict[str, int] = field(default_factory=dict)
    """Set aside for a class of priority: usable by that class and the more urgent ones."""
    held: int = 0
    """Held for what is under way: no longer in `balance`, still on the account."""
    bottomless: bool = False
    """It may owe: paying from it draws on no credit line."""

    def spendable(self, priority: Priority) -> int:
        """What a payment of this priority may use. May be negative when reservations exceed the money."""
        free = self.balance + self.undrawn
        if self.reserved and priority is not Priority.URGENT:
            free -= self.reserved.get(Priority.URGENT, 0)
            if priority is Priority.NORMAL:
                free -= self.reserved.get(Priority.HIGH, 0)
        return free

    def drawing_for(self, amount: int) -> int:
        """How much of the credit line paying `amount` takes: only what the balance lacks."""
        return 0 if self.bottomless else max(0, amount - self.balance)

    def pay(self, amount: int, priority: Priority) -> int:
        """Take `amount` out, drawing on the credit line for what lacks; use up the class's reservation.

        Returns the amount drawn.
        """
        drawn = self.drawing_for(amount)
        self.undrawn -= drawn
        self.balance += drawn - amount
        if priority in self.reserved:
            self.reserved[priority] = max(0, self.reserved[priority] - amount)
        return drawn

    def hold(self, amount: int, priority: Priority) -> int:
        """Hold `amount` for a later posting, as `pay` would take it. Returns the amount drawn."""
        drawn = self.pay(amount, priority)
        self.held += amount
        return drawn

    def use(self, held: int, amount: int) -> None:
        """A hold ends: `amount` of it has been paid, the rest is free again."""
        self.held -= held
        self.balance += held - amount

    def receive(self, amount: int) -> None:
        """Money has come in. A drawn line is repaid at the close of the day, not by each credit."""
        self.balance += amount


@dataclass(slots=True)
class Exposure:
    """How far one account may pay out, net, to one counterparty today, or to all that have no limit of their
    own (a multilateral limit). Minor units."""

    limit: int
    net_paid: int = 0
    """Paid less received since opening, normal priority only."""

    @property
    def free(self) -> int:
        return self.limit - self.net_paid


@dataclass(slots=True)
class Limits:
    """An account's own limits on normal payments. Urgent and high ones are not bound by them."""

    bilateral: dict[str, Exposure] = field(default_factory=dict)
    """By counterparty code."""
    multilateral: Exposure | None = None

    def of(self, counterparty: str) -> Exposure | None:
        """The exposure kept under that counterparty; "" for the multilateral one."""
        return self.bilateral.get(counterparty) if counterparty else self.multilateral

    def towards(self, counterparty: str) -> Exposure | None:
        """The limit that binds payments to this counterparty; None if none does."""
        return self.bilateral.get(counterparty) or self.multilateral
