"""Bilateral offsetting: two accounts whose first payments go to each other settle these together.

Looked at are the payments at the head of each line that go to the other account, until one goes elsewhere. A
pair that has settled may have brought the heads of other pairs forward, so all are looked at again until none
settles. Everything it finds keeps the order, so the FIFO algorithm finds it too: this one is cheap, and the
banks see whom they settled with.
"""

from __future__ import annotations

import numpy as np

from tasviya.settlement.fifo_offset import cheap_bound, largest_in_order
from tasviya.settlement.offsetting import NONE, Found, Item, Liquidity, Queued, item_of, queued


def find(queue: Queued, liquidity: Liquidity) -> Found:
    """What pairs of accounts settle between themselves."""
    settles = np.zeros(len(queue), np.bool_)
    lines = _lines(queue)
    spendable, limit_free = liquidity.spendable.copy(), liquidity.limit_free.copy()
    kept = liquidity.kept_urgent.copy(), liquidity.kept_high.copy()
    going = True
    while going:
        going = False
        for one in sorted(lines):
            other = _counterparty(lines, one)
            if other == NONE or not (_run(lines, one, other) and _run(lines, other, one)):
                continue
            run = [*_run(lines, one, other), *_run(lines, other, one)]
            left = Liquidity(spendable, *kept, limit_free, liquidity.limit_owner)
            items = [item for _, item in run]
            chosen = largest_in_order(queued(items, queue.accounts), left).tolist()
            both = {item.home for item, taken in zip(items, chosen, strict=True) if taken}
            if len(both) < 2:
                continue
            for (number, item), taken in zip(run, chosen, strict=True):
                if taken:
                    settles[number] = going = True
                    _settle(item, spendable, kept, limit_free)
                    lines[item.home].remove((number, item))
    return Found(settles, cheap_bound(queue, liquidity))


def _lines(queue: Queued) -> dict[int, list[tuple[int, Item]]]:
    """Each account's line, of items with their numbers."""
    lines = {}
    for account in range(queue.accounts):
        rows = queue.line_item[queue.line_start[account] : queue.line_start[account + 1]].tolist()
        if rows:
            lines[account] = [(number, item_of(queue, number)) for number in rows]
    return lines


def _counterparty(lines: dict[int, list[tuple[int, Item]]], account: int) -> int:
    """Whom the first in a line pays, if it is somebody who has a line too; NONE otherwise."""
    line = lines[account]
    if not line or not _plain(line[0][1]):
        return NONE
    payee = line[0][1].gives[0][0]
    return payee if lines.get(payee) else NONE


def _run(lines: dict[int, list[tuple[int, Item]]], payer: int, payee: int) -> list[tuple[int, Item]]:
    """The payments at the head of one line that all go to the other account."""
    run = []
    for number, item in lines[payer]:
        if not _plain(item) or item.gives[0][0] != payee:
            break
        run.append((number, item))
    return run


def _plain(item: Item) -> bool:
    return len(item.takes) == len(item.gives) == 1


def _settle(
    item: Item, spendable: np.ndarray, kept: tuple[np.ndarray, np.ndarray], limit_free: np.ndarray
) -> None:
    """What is left after an item has settled."""
    for account, amount in item.takes:
        spendable[account] -= amount
        if item.rank < 2:
            kept[item.rank][account] = max(0, kept[item.rank][account] - amount)
    for account, amount in item.gives:
        spendable[account] += amount
    if item.limit_used != NONE:
        limit_free[item.limit_used] -= item.value
    if item.limit_freed != NONE:
        limit_free[item.limit_freed] += item.value
