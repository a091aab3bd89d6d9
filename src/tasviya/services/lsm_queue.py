"""What waits, in the shape that algorithms of offsetting look at: payments, trades, and what there is to pay.

The accounts of a pass are numbered from 0 as they are met. A line ends at the first payment that no pass may
settle (one that the exchange converts, one that would no longer be admitted): those behind it wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from tasviya.core.errors import Refusal, invariant
from tasviya.services.memory import Memory
from tasviya.services.trade_posting import Side
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.admission import Parties
from tasviya.settlement.liquidity import Exposure
from tasviya.settlement.offsetting import NONE, Item, Liquidity, Queued, queued
from tasviya.settlement.payment import PRIORITY_RANK, Payment, Priority
from tasviya.settlement.trade import Trade

GUARDED = frozenset({AccountKind.SETTLEMENT, AccountKind.VOSTRO})
"""Kinds whose money a pass counts; other accounts give and take without being asked."""


@dataclass(frozen=True, slots=True)
class Waits:
    """A payment that waits, and between whom it moves money."""

    payment: Payment
    parties: Parties


@dataclass(frozen=True, slots=True)
class Pair:
    """A matched trade that waits: both sides' instructions, and what each pays."""

    trade: Trade
    other: Trade
    sides: tuple[Side, Side]


@dataclass(slots=True)
class Gathered:
    """What a pass looks at."""

    entries: list[Waits | Pair] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    """Of accounts, by their ids."""
    limits: dict[tuple[int, str], int] = field(default_factory=dict)
    """Places of limits, by the account that set it and the counterparty, "" for all others."""

    def columns(self, memory: Memory, most: int | None = None) -> tuple[Queued, Liquidity]:
        """The columns of the first `most` entries, by priority and arrival."""
        items = self.items if most is None else self.items[:most]
        return queued(items, len(self.places)), self.liquidity(memory)

    def without(self, settled: Collection[int]) -> Gathered:
        """What is left once some entries, by number, have settled."""
        gone = set(settled)
        left = [number for number in range(len(self.items)) if number not in gone]
        entries, items = [self.entries[number] for number in left], [self.items[number] for number in left]
        return Gathered(entries, items, self.places, self.limits)

    def liquidity(self, memory: Memory) -> Liquidity:
        """What the accounts have and the limits allow now."""
        funds = [memory.accounts[account].funds for account in self.places]
        kept_urgent = [each.reserved.get(Priority.URGENT, 0) for each in funds]
        kept_high = [each.reserved.get(Priority.HIGH, 0) for each in funds]
        return Liquidity(
            np.array([each.balance + each.undrawn for each in funds], np.int64),
            np.array(kept_urgent, np.int64),
            np.array(kept_high, np.int64),
            np.array([_exposure(memory, key).free for key in self.limits], np.int64),
            np.array([self.places[account] for account, _ in self.limits], np.int32),
        )


def gather(work: Work, currencies: Collection[str], trades: Iterable[Pair] = ()) -> Gathered:
    """What waits in some currencies that a pass may settle, the most urgent and earliest first."""
    memory = work.memory
    found: list[tuple[tuple[int, bool, int], Waits | Pair, int]] = []
    for account_id in memory.queue.accounts():
        if memory.accounts[account_id].account.currency.code not in currencies:
            continue
        for waiting in memory.queue.line(account_id):
            payment = waiting.payment
            if waiting.by_limit and payment.debit_currency:
                continue
            parties = _parties(work, payment)
            if parties is None:
                break
            order = (waiting.rank, False, waiting.seq)
            found.append((order, Waits(payment, parties), account_id))
    for pair in trades:
        found.append(((PRIORITY_RANK[Priority.HIGH], True, pair.trade.seq), pair, NONE))
    gathered = Gathered()
    for (rank, _, arrival), entry, home in sorted(found, key=_order):
        gathered.entries.append(entry)
        item = _item(memory, gathered, entry, home)
        gathered.items.append(item._replace(rank=rank, arrival=arrival))
    return gathered


def _order(each: tuple[tuple[int, bool, int], Waits | Pair, int]) -> tuple[int, bool, int]:
    return each[0]


def _parties(work: Work, payment: Payment) -> Parties | None:
    """Between whom a payment moves money; None if no pass may settle it."""
    if payment.debit_currency:
        return None
    if payment.payment_id in work.forced_to_wait:
        payment.attempt += 1  # the ids of the attempt that the ledger refused are spent
        work.changed(payment)
        return None
    parties = work.parties_of(payment)
    return None if isinstance(parties, Refusal) else parties


def _item(memory: Memory, gathered: Gathered, entry: Waits | Pair, home: int) -> Item:
    """An entry as an item; its priority and arrival are set by whoever asks."""

    def moves(accounts: Iterable[int], amount: int) -> tuple[tuple[int, int], ...]:
        places = gathered.places
        return tuple(
            (places.setdefault(account, len(places)), amount)
            for account in accounts
            if memory.accounts[account].account.kind in GUARDED
        )

    if isinstance(entry, Pair):
        takes = tuple(move for side in entry.sides for move in moves(side.path.sources, side.amount))
        gives = tuple(move for side in entry.sides for move in moves(side.path.receives, side.amount))
        return Item(0, 0, 0, NONE, takes, gives)
    payment, path = entry.payment, entry.parties.path
    amount = payment.amount_minor
    takes, gives = moves(path.sources, amount), moves(path.receives, amount)
    used = freed = NONE
    payer, payee = path.between
    if payer and payment.priority is Priority.NORMAL:
        used = _limit(memory, gathered, path.sources[-1], payee)
        freed = _limit(memory, gathered, path.receives[0], payer)
    return Item(amount, 0, 0, gathered.places[home], takes, gives, used, freed)


def _limit(memory: Memory, gathered: Gathered, account_id: int, counterparty: str) -> int:
    """The place of the limit that an account has set towards a counterparty; NONE if there is none."""
    limits = memory.accounts[account_id].limits
    if limits is None or limits.towards(counterparty) is None:
        return NONE
    gathered.places.setdefault(account_id, len(gathered.places))
    key = (account_id, counterparty if counterparty in limits.bilateral else "")
    return gathered.limits.setdefault(key, len(gathered.limits))


def _exposure(memory: Memory, key: tuple[int, str]) -> Exposure:
    limits = memory.accounts[key[0]].limits
    exposure = limits.of(key[1]) if limits else None
    invariant(exposure is not None, "a limit that was met is kept")
    return exposure or Exposure(0)
