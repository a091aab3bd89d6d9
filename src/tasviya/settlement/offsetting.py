"""Offsetting: payments that wait for each other's money settle together, where what they bring suffices.

    find(queue, liquidity) ─▶ Found     one function an algorithm, a row each in `algorithms.ALGORITHMS`

An item is a payment, or a trade whose two payments settle both or neither. It takes from accounts and gives
to accounts; a set of items settles if afterwards no account is short, counting all that the set brings in.
What never breaks, whatever the algorithm:

- an account pays no more than it has, its credit line and what comes in, less what it keeps for more urgent
  payments;
- the limits that participants have set on each other hold, net of what comes back;
- no payment settles while a more urgent one waits for the same account.

Amounts are whole minor units. `violations` says in plain whole numbers what a set would break.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Int64s: TypeAlias = npt.NDArray[np.int64]
Int32s: TypeAlias = npt.NDArray[np.int32]
Bools: TypeAlias = npt.NDArray[np.bool_]

NONE = -1
"""No account, no limit."""
LARGEST_SUM = 2**62
"""What all amounts of a pass together must stay below for compiled code to add them up."""
ROUNDED_UP = 1.0 + 1e-6
"""Makes up for what a sum of floats may lack."""


class Item(NamedTuple):
    """What may settle, before it is a row of columns. Accounts are places from 0."""

    value: int
    """What counts as settled, minor units."""
    rank: int
    """Its priority, 0 the most urgent."""
    arrival: int
    """Among items of its rank the earlier comes first."""
    home: int
    """The account in whose queue it waits: it stops those behind it there; NONE if it stops nobody."""
    takes: tuple[tuple[int, int], ...]
    """(account, amount)."""
    gives: tuple[tuple[int, int], ...]
    limit_used: int = NONE
    """The place of the limit that it counts towards."""
    limit_freed: int = NONE
    """The place of the payee's limit that it frees."""


@dataclass(frozen=True, slots=True)
class Queued:
    """n items as columns; what an item does to accounts, and who stands in each account's line, packed.

    touch_*: rows touch_start[k] to touch_start[k + 1] are item k's: an account, the amount (below zero:
    taken), and for what is taken the row of `line_item` where the item stands.
    line_*: rows line_start[a] to line_start[a + 1] are account a's line: the items that take from it, in
    order.
    """

    value: Int64s
    rank: npt.NDArray[np.int8]
    home: Int32s
    limit_used: Int32s
    limit_freed: Int32s
    touch_start: Int64s
    touch_account: Int32s
    touch_amount: Int64s
    touch_place: Int64s
    line_start: Int64s
    line_item: Int32s
    magnitude: float
    """At least what all amounts add up to."""

    def __len__(self) -> int:
        return len(self.value)

    @property
    def accounts(self) -> int:
        """How many accounts there are, with or without a line."""
        return len(self.line_start) - 1


@dataclass(frozen=True, slots=True)
class Liquidity:
    """What can be spent; minor units."""

    spendable: Int64s
    """By account: balance and what is left of the credit line."""
    kept_urgent: Int64s
    """By account: what only urgent payments may use."""
    kept_high: Int64s
    """By account: what only urgent payments and those of high priority may use."""
    limit_free: Int64s = field(default_factory=lambda: np.zeros(0, np.int64))
    """By limit: how much more may be paid, net."""
    limit_owner: Int32s = field(default_factory=lambda: np.zeros(0, np.int32))
    """By limit: the account that set it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an algorithm came to."""

    settles: Bools
    """By item."""
    bound: int
    """No set of these items, in whatever order, settles more: minor units, proven in whole numbers."""

    def value(self, queue: Queued) -> int:
        """What the set settles, minor units."""
        return sum(queue.value[self.settles].tolist())


def queued(items: Sequence[Item], accounts: int) -> Queued:
    """Items as columns."""
    count = len(items)
    touch_start = np.zeros(count + 1, np.int64)
    account: list[int] = []
    amount: list[int] = []
    lines: list[list[tuple[tuple[int, bool, int], int, int]]] = [[] for _ in range(accounts)]
    for number, item in enumerate(items):
        order = (item.rank, item.home == NONE, item.arrival)
        for place, taken in item.takes:
            lines[place].append((order, number, len(account)))
            account.append(place)
            amount.append(-taken)
        for place, given in item.gives:
            account.append(place)
            amount.append(given)
        touch_start[number + 1] = len(account)
    places = np.full(len(account), NONE, np.int64)
    line_start = np.zeros(accounts + 1, np.int64)
    line_item: list[int] = []
    for place, line in enumerate(lines):
        for _, number, touch in sorted(line):
            places[touch] = len(line_item)
            line_item.append(number)
        line_start[place + 1] = len(line_item)
    return Queued(
        np.array([item.value for item in items], np.int64),
        np.array([item.rank for item in items], np.int8),
        np.array([item.home for item in items], np.int32),
        np.array([item.limit_used for item in items], np.int32),
        np.array([item.limit_freed for item in items], np.int32),
        touch_start,
        np.array(account, np.int32),
        np.array(amount, np.int64),
        places,
        line_start,
        np.array(line_item, np.int32),
        float(sum(map(abs, amount))) * ROUNDED_UP,
    )


def item_of(queue: Queued, number: int) -> Item:
    """A row of the columns as an item again; its arrival is its row."""
    rows = range(int(queue.touch_start[number]), int(queue.touch_start[number + 1]))
    moves = [(int(queue.touch_account[row]), int(queue.touch_amount[row])) for row in rows]
    return Item(
        int(queue.value[number]),
        int(queue.rank[number]),
        number,
        int(queue.home[number]),
        tuple((account, -amount) for account, amount in moves if amount < 0),
        tuple((account, amount) for account, amount in moves if amount > 0),
        int(queue.limit_used[number]),
        int(queue.limit_freed[number]),
    )


def plain_queue(payer: Int32s, payee: Int32s, amount: Int64s, accounts: int) -> Queued:
    """Payments of one priority, from account to account, in order of arrival, as columns."""
    count = len(amount)
    line_item = np.argsort(payer, kind="stable").astype(np.int32)
    line_start = np.zeros(accounts + 1, np.int64)
    np.cumsum(np.bincount(payer, minlength=accounts), out=line_start[1:])
    account, moved = np.empty(2 * count, np.int32), np.empty(2 * count, np.int64)
    account[0::2], account[1::2] = payer, payee
    moved[0::2], moved[1::2] = -amount, amount
    places = np.full(2 * count, NONE, np.int64)
    places[2 * line_item.astype(np.int64)] = np.arange(count)
    nothing = np.full(count, NONE, np.int32)
    return Queued(
        amount.astype(np.int64),
        np.zeros(count, np.int8),
        payer.astype(np.int32),
        nothing,
        nothing,
        np.arange(0, 2 * count + 1, 2, dtype=np.int64),
        account,
        moved,
        places,
        line_start,
        line_item,
        2 * float(amount.astype(np.float64).sum()) * ROUNDED_UP,
    )


def plain_liquidity(spendable: Int64s) -> Liquidity:
    """Liquidity of accounts without reservations and limits."""
    nothing = np.zeros(len(spendable), np.int64)
    return Liquidity(spendable.astype(np.int64), nothing, nothing)


def fits(queue: Queued, liquidity: Liquidity) -> bool:
    """Whether compiled code can add it all up without overflow."""
    columns = (liquidity.spendable, liquidity.kept_urgent, liquidity.kept_high, liquidity.limit_free)
    has = sum(float(np.abs(column.astype(np.float64)).sum()) for column in columns)
    return queue.magnitude + has * ROUNDED_UP < LARGEST_SUM


def violations(queue: Queued, liquidity: Liquidity, settles: Bools, *, in_order: bool) -> list[str]:
    """What settling a set would break; nothing if it may settle.

    in_order: arrival counts within a priority, not only priority.
    """
    chosen = settles.tolist()
    found = _short(queue, liquidity, chosen)
    used = dict(enumerate(liquidity.limit_free.tolist()))
    rows = (queue.value, queue.limit_used, queue.limit_freed)
    values, useds, freeds = (column.tolist() for column in rows)
    binding: set[int] = set()
    for item in _numbers(chosen):
        if useds[item] != NONE:
            used[useds[item]] -= values[item]
            binding.add(useds[item])
        if freeds[item] != NONE:
            used[freeds[item]] += values[item]
    found += [f"limit {place} is exceeded by {-used[place]}" for place in sorted(binding) if used[place] < 0]
    return found + _passed(queue, chosen, used, in_order=in_order)


def _short(queue: Queued, liquidity: Liquidity, chosen: Sequence[bool]) -> list[str]:
    """Accounts that would pay more than they may."""
    has = liquidity.spendable.tolist()
    kept = [liquidity.kept_urgent.tolist(), liquidity.kept_high.tolist()]
    taken = [[0, 0, 0] for _ in has]
    start, account, amount = (
        column.tolist() for column in (queue.touch_start, queue.touch_account, queue.touch_amount)
    )
    rank = queue.rank.tolist()
    for item in _numbers(chosen):
        for row in range(start[item], start[item + 1]):
            has[account[row]] += amount[row]
            if amount[row] < 0:
                taken[account[row]][rank[item]] -= amount[row]
    found = []
    for place, out in enumerate(taken):
        lowest = max((each for each in range(3) if out[each]), default=NONE)
        if lowest == NONE:
            continue
        left = has[place] - sum(max(0, kept[each][place] - out[each]) for each in range(min(lowest, 2)))
        if left < 0:
            found.append(f"account {place} is short of {-left}")
    return found


def _passed(queue: Queued, chosen: Sequence[bool], room: dict[int, int], *, in_order: bool) -> list[str]:
    """Items that settle before others that come first at an account and stop those behind them."""
    found = []
    rank, home, value = queue.rank.tolist(), queue.home.tolist(), queue.value.tolist()
    used = queue.limit_used.tolist()
    starts, line = queue.line_start.tolist(), queue.line_item.tolist()
    for place in range(queue.accounts):
        waits = 3
        for item in line[starts[place] : starts[place + 1]]:
            if chosen[item]:
                if waits < rank[item] or (in_order and waits == rank[item]):
                    found.append(f"item {item} passes another at account {place}")
            elif home[item] == place and not (used[item] != NONE and value[item] > room[used[item]]):
                waits = min(waits, rank[item])
    return found


def _numbers(chosen: Iterable[bool]) -> list[int]:
    return [number for number, each in enumerate(chosen) if each]
