"""A clearing cycle: a period at whose end positions are netted, funded and settled.

    open ─▶ cut off ─▶ netted ─▶ funded ─▶ settled ─▶ closed
               └──────────┴─────────┴─▶ suspended ─▶ netted, if it goes on; closed, if it carries over

While a cycle is open, payments by the union route move positions. At the cut-off the next one opens, and the
cycle's own result is fixed: `net`, from positions and what moved them. Everything that changes a cycle's
status stands in TRANSITIONS. A suspended cycle keeps its result: no payment in it is undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

import msgspec

from tasviya.core.life_cycle import following
from tasviya.settlement.netting import multilateral, netting
from tasviya.settlement.swing import Band, Standing, settle

FUND = ""
"""The default fund, among parties that go by their currencies."""


class CycleStatus(StrEnum):
    """Where a cycle stands."""

    OPEN = "open"
    CUT_OFF = "cut_off"
    NETTED = "netted"
    FUNDED = "funded"
    SETTLED = "settled"
    CLOSED = "closed"
    SUSPENDED = "suspended"


class CycleEvent(StrEnum):
    """What can happen to a cycle."""

    CUT_OFF = "cut_off"
    NET = "net"
    FUND = "fund"
    SETTLE = "settle"
    CLOSE = "close"
    SUSPEND = "suspend"
    RESUME = "resume"
    CARRY_OVER = "carry_over"


TRANSITIONS: dict[CycleStatus, dict[CycleEvent, CycleStatus]] = {
    CycleStatus.OPEN: {CycleEvent.CUT_OFF: CycleStatus.CUT_OFF},
    CycleStatus.CUT_OFF: {
        CycleEvent.NET: CycleStatus.NETTED,
        CycleEvent.SUSPEND: CycleStatus.SUSPENDED,
    },
    CycleStatus.NETTED: {
        CycleEvent.FUND: CycleStatus.FUNDED,
        CycleEvent.SUSPEND: CycleStatus.SUSPENDED,
    },
    CycleStatus.FUNDED: {
        CycleEvent.SETTLE: CycleStatus.SETTLED,
        CycleEvent.SUSPEND: CycleStatus.SUSPENDED,
    },
    CycleStatus.SETTLED: {CycleEvent.CLOSE: CycleStatus.CLOSED},
    CycleStatus.SUSPENDED: {
        CycleEvent.RESUME: CycleStatus.NETTED,
        CycleEvent.CARRY_OVER: CycleStatus.CLOSED,
    },
    CycleStatus.CLOSED: {},
}


class ClearingCycle(msgspec.Struct):
    """One cycle. One row of the store's `clearing_cycle` table, field by field in this order.

    Instants are nanoseconds since the epoch (0: not yet).
    """

    seq: int
    """Its number, from 1."""
    unit: str
    """The code of the union's unit that its positions count in."""
    cut_off_on: str
    """The business date on which it is cut off and settles, yyyy-mm-dd."""
    opened_at: int
    status: CycleStatus = CycleStatus.OPEN
    cut_off_at: int = 0
    settled_at: int = 0
    batch_seq: int = 0
    """The exchange's batch in which it bought what was due; 0 if none."""
    why: str = ""
    """Why it is suspended, or what it carried over."""

    def happens(self, event: CycleEvent) -> None:
        """Move to the status that follows.

        Raises: InvariantBroken if TRANSITIONS has no such way.
        """
        self.status = following(TRANSITIONS, self.status, event, f"cycle {self.seq}")


class Result(msgspec.Struct):
    """One settlement institution's result of a cycle. One row of the store's `clearing_result` table.

    Amounts are minor units of the union's unit; + is a claim on the union, - a debt to it.
    """

    cycle_seq: int
    currency: str
    """The currency that it settles: there is one institution for each."""
    institution: str
    before: int
    """Its position when the cycle began."""
    paid_in: int
    """What its payees were owed more: payments to its currency."""
    paid_out: int
    """What its payers owed more: payments from its currency."""
    interest: int
    quota: int
    credit: int
    """How its position moves by this cycle: the part that is credit."""
    overdue: int
    """What an earlier cycle left unpaid, which comes due now: owed to it (+) or by it (-)."""
    money: int
    """What it receives (+) or pays (-) in money, with what is overdue."""
    discharged: int = 0
    """Of that, what has been paid."""

    @property
    def net(self) -> int:
        """What the cycle came to for it."""
        return self.paid_in - self.paid_out + self.interest

    @property
    def after(self) -> int:
        """Its position once what is due has been paid as far as it was."""
        return self.before + self.net - self.discharged

    @property
    def unpaid(self) -> int:
        """What stays due, for the next cycle."""
        return self.money - self.discharged


class Discharge(msgspec.Struct):
    """Money paid, or left unpaid, from one settlement institution to another. One row of
    `clearing_discharge`."""

    cycle_seq: int
    debtor: str
    """By currency, as the creditor."""
    creditor: str
    units: int
    """What it takes off their positions, minor units of the union's unit."""
    how: str
    """`own`: in the creditor's currency; `debtor`: in the debtor's; `third`: in another; `unpaid`."""
    currency: str = ""
    amount_minor: int = 0
    order_seq: int = 0
    """The order of the exchange that bought it; 0 if none was needed."""
    sold_minor: int = 0
    """What the debtor gave for it, minor units of its own currency."""


def net(
    cycle_seq: int,
    institutions: Mapping[str, str],
    before: Mapping[str, int],
    flows: Mapping[tuple[str, str], int],
    interest: Mapping[str, int],
    quotas: Mapping[str, int],
    bands: Sequence[Band],
    overdue: Mapping[str, int],
    fund: int = 0,
) -> list[Result]:
    """The result of a cycle for every settlement institution, in the order of `institutions`.

    institutions: participants by currency. before: positions at its beginning, by currency. flows: what
    payments moved, by (paying, paid) currency. interest, quotas: by currency; 0 where absent. Minor units of
    the unit. Positions, flows and interest each add up to zero, and so do credit and money.
    """
    moved = multilateral(flows)
    standings = {
        code: Standing(
            before.get(code, 0) - overdue.get(code, 0),
            moved.get(code, 0) + interest.get(code, 0),
            quotas.get(code, 0),
            quotas.get(code, 0),
        )
        for code in institutions
    }
    # The default fund is owed what members have contributed, and takes no money for it.
    whole = standings | {FUND: Standing(fund, 0, 0)}
    splits = settle(whole, bands, {FUND}).splits
    return [
        Result(
            cycle_seq,
            code,
            institution,
            before.get(code, 0),
            sum(units for (_, paid), units in flows.items() if paid == code),
            sum(units for (paying, _), units in flows.items() if paying == code),
            interest.get(code, 0),
            quotas.get(code, 0),
            splits[code].credit,
            overdue.get(code, 0),
            splits[code].money + overdue.get(code, 0),
        )
        for code, institution in institutions.items()
    ]


def quota_minor(base_trade: Fraction, percent: Fraction, decimals: int) -> int:
    """A position quota, minor units of the unit, rounded down.

    base_trade: the member's trade in the base period, in units.
    """
    exact = base_trade * percent / 100 * int(10**decimals)
    return exact.numerator // exact.denominator


class Figures(NamedTuple):
    """What a cycle came to; minor units of the unit."""

    gross: int
    """All that payments moved."""
    bilateral: int
    """What would be left if each two currencies settled by themselves."""
    multilateral: int
    """What is left when all net together: the sum of the cycle's claims."""
    money: int
    """What is due in money: by the scale, and overdue from before."""
    own: int
    """Of that, what this cycle itself leaves to pay."""
    discharged: int
    credit: int
    """What the positions stand at afterwards: the sum of claims."""

    @property
    def saved_of_gross(self) -> Fraction:
        """The part of gross for which the cycle leaves no money to be paid, now or later."""
        return _saved(self.gross, self.own)

    @property
    def saved_of_bilateral(self) -> Fraction:
        """The same part of what pairs would have settled in money."""
        return _saved(self.bilateral, self.own)


def figures(flows: Mapping[tuple[str, str], int], results: Sequence[Result]) -> Figures:
    """What a cycle came to, from its gross record and its results."""
    netted = netting(flows)
    return Figures(
        netted.gross,
        netted.bilateral,
        netted.multilateral,
        sum(max(each.money, 0) for each in results),
        sum(max(each.money - each.overdue, 0) for each in results),
        sum(max(each.discharged, 0) for each in results),
        sum(max(each.after, 0) for each in results),
    )


def _saved(whole: int, paid: int) -> Fraction:
    """Nothing is saved where a smaller quota calls in more than there is."""
    return Fraction(max(whole - paid, 0), whole) if whole else Fraction(0)
