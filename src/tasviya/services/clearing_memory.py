"""What clearing keeps at hand: the cycle that is open, the one that is being settled, and the official rates.

Positions themselves are ledger accounts; here stands what moved them in the cycle that is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Protocol

import msgspec

from tasviya.core.money import Currency
from tasviya.membership.register import Snapshot
from tasviya.settlement.clearing_cycle import ClearingCycle, CycleStatus, Result


class FlowRow(NamedTuple):
    """What payments between two currencies have moved in a cycle."""

    cycle_seq: int
    paying: str
    paid: str
    units: int
    payments: int


class PositionInterestRow(NamedTuple):
    """An institution's interest of a business date, by its currency."""

    business_date: str
    currency: str
    cycle_seq: int
    position: int
    percent: str
    days: int
    interest: int
    charge: int
    carried: str


class DefaultRow(msgspec.Struct):
    """A settlement institution that has failed. One row of `clearing_default`, field by field in this
    order."""

    seq: int
    currency: str
    institution: str
    declared_at: int
    why: str
    unit: str
    owed: int
    """What it owed, minor units of the unit."""
    uncovered: int
    after_cycle: int
    """The last cycle that was closed by then: what it left unpaid is settled with the rest."""
    ended_at: int = 0
    """0: it lasts."""


class LossRow(NamedTuple):
    """What one bears of a default in one step."""

    default_seq: int
    step: str
    currency: str
    units: int


class ClearingStore(Protocol):
    """What clearing needs of a store."""

    def open_cycles(self) -> list[ClearingCycle]:
        """Cycles that are not closed, the earliest first."""
        ...

    def flow_rows(self, cycle_seq: int) -> list[FlowRow]: ...

    def cycle_interest(self, cycle_seq: int) -> dict[str, int]:
        """What interest and charges have come to in a cycle, by currency."""
        ...

    def carried_interest(self) -> dict[str, str]:
        """What the last accrual has left over, by currency."""
        ...

    def overdue(self) -> dict[str, int]:
        """What the last closed cycle left unpaid, by currency: owed to it (+) or by it (-). Nothing, if there
        has been a default since."""
        ...

    def defaults(self) -> list[DefaultRow]:
        """Those that last."""
        ...

    def positions_stated(self) -> tuple[str, int]:
        """The last business date on which positions were stated ("": never), and up to which commit."""
        ...

    def cycle_results(self, cycle_seq: int) -> list[Result]: ...

    def latest_unit_values(self, code: str) -> tuple[str, dict[str, str]]:
        """The last business date on which the unit had a value, and what one unit was, by currency."""
        ...


@dataclass(frozen=True, slots=True)
class UnitRates:
    """The official rates that positions are counted at."""

    fixed_on: str
    """The business date of the fixing; empty before the first, when central banks' rates hold."""
    values: Mapping[str, Fraction]
    """What one unit of the union's is, by currency, in whole units of the currency."""

    def units(self, minor: int, money: Currency, unit: Currency) -> int:
        """An amount in minor units of the union's unit, to the nearest, at least one."""
        exact = minor / self.values[money.code] * Fraction(unit.minor_per_major, money.minor_per_major)
        return max(_nearest(exact), 1)

    def amount(self, units: int, money: Currency, unit: Currency) -> int:
        """What so many minor units of the union's unit are in a currency, minor units, to the nearest."""
        exact = units * self.values[money.code] * Fraction(money.minor_per_major, unit.minor_per_major)
        return _nearest(exact)

    def between(self, sold: Currency, bought: Currency) -> Fraction:
        """Minor units of one currency for a minor unit of another."""
        rate = self.values[bought.code] / self.values[sold.code]
        return rate * Fraction(bought.minor_per_major, sold.minor_per_major)


class Clearing:
    """Clearing between two commits, loaded from a store."""

    def __init__(self, store: ClearingStore, snapshot: Snapshot | None) -> None:
        cycles = store.open_cycles()
        self.open = next((each for each in cycles if each.status is CycleStatus.OPEN), None)
        """The cycle that payments go into."""
        self.pending = next((each for each in cycles if each.status is not CycleStatus.OPEN), None)
        """The one that has been cut off and is not closed."""
        seq = self.open.seq if self.open else 0
        self.flows = {(row.paying, row.paid): row for row in store.flow_rows(seq)}
        self.interest = store.cycle_interest(seq)
        self.results = store.cycle_results(self.pending.seq) if self.pending else []
        """Of the pending cycle."""
        self.carried = {code: Fraction(text) for code, text in store.carried_interest().items()}
        self.overdue = store.overdue()
        """What the last closed cycle left unpaid, by currency."""
        self.failed = {row.currency: row for row in store.defaults()}
        """Settlement institutions that have failed, by the currency that they settle."""
        self.stated_on, self.stated_commit = store.positions_stated()
        """The last business date on which positions were stated, and up to which commit."""
        self.rates: UnitRates | None = None
        if snapshot is not None:
            self.look_up_rates(store, snapshot)

    def look_up_rates(self, store: ClearingStore, snapshot: Snapshot) -> None:
        """Take the rates that hold on a date: of the last fixing, else what central banks say then."""
        self.rates = None if snapshot.clearing is None else _rates(store, snapshot)

    def close(self) -> None:
        """The pending cycle is closed; what it has not paid is overdue."""
        self.overdue = {each.currency: each.unpaid for each in self.results if each.unpaid}
        self.pending, self.results = None, []


def _rates(store: ClearingStore, snapshot: Snapshot) -> UnitRates | None:
    """The rates of the last fixing that valued the unit; before the first, what central banks say."""
    rules = snapshot.unit
    if rules is None:
        return None
    fixed_on, values = store.latest_unit_values(rules.code)
    if fixed_on:
        return UnitRates(fixed_on, {code: Fraction(text) for code, text in values.items()})
    said = {
        code: Fraction(rate) for code in snapshot.currencies if (rate := snapshot.central_bank_rate(code))
    }
    if rules.currency not in said:
        return None
    worth = Fraction(rules.amount) * said[rules.currency]
    return UnitRates("", {code: worth / value for code, value in said.items()})


def _nearest(exact: Fraction) -> int:
    """Half to even."""
    return round(exact)
