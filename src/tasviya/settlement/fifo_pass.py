"""The inner loop of the FIFO algorithm: begin with everything, take out what cannot stay, until all can.

Whoever is short gives up the last of its line; what that would have brought others may leave these short
in turn. Nothing that could stay is ever taken out, so what is left is the one largest set that keeps the
order.

The order in which short accounts are looked at does not matter.

Source: M. L. Bech, K. Soramäki, "Gridlock resolution in interbank payment systems", Bank of Finland
Discussion Papers 9/2001.
"""

from __future__ import annotations

import numpy as np

from tasviya.settlement.compiled import compiled, inlined
from tasviya.settlement.plain_offset import ASIDE, IN, OUT

NOBODY = -1


@inlined
def _short(a, last, net, kept_urgent, kept_high, urgent, high):
    """Whether an account pays more than it may, if its last item is of that priority."""
    left = net[a]
    if last >= 1 and kept_urgent[a] > urgent[a]:
        left -= kept_urgent[a] - urgent[a]
    if last >= 2 and kept_high[a] > high[a]:
        left -= kept_high[a] - high[a]
    return left < 0


@compiled
def keep_what_can_stay(
    value, rank, home, limit_used, limit_freed,
    touch_start, touch_account, touch_amount, touch_place,
    line_start, line_item,
    spendable, kept_urgent, kept_high, limit_free, limit_owner,
    absent,
):  # fmt: skip
    """Each item's state: IN, OUT or ASIDE.

    absent: by item: it does not take part; it stops those behind it in its own queue, unless a limit did.
    """
    items, accounts, limits = len(value), len(spendable), len(limit_free)
    state = np.zeros(items, np.int8)
    net = spendable.copy()
    room = limit_free.copy()
    urgent, high = np.zeros(accounts, np.int64), np.zeros(accounts, np.int64)
    end = line_start[1:].copy()
    cut = end.copy()
    for t in range(len(touch_account)):
        net[touch_account[t]] += touch_amount[t]
    for k in range(items):
        if absent[k] != IN:
            state[k] = absent[k]
            for t in range(touch_start[k], touch_start[k + 1]):
                net[touch_account[t]] -= touch_amount[t]
            continue
        if rank[k] < 2:
            _count_priority(k, 1, rank, touch_start, touch_account, touch_amount, urgent, high)
        if limits > 0:
            if limit_used[k] >= 0:
                room[limit_used[k]] -= value[k]
            if limit_freed[k] >= 0:
                room[limit_freed[k]] += value[k]
    stack = np.empty(accounts, np.int64)
    stacked = np.ones(accounts, np.bool_)
    for a in range(accounts):
        stack[a] = accounts - 1 - a
    top = accounts
    for k in range(items):
        if absent[k] == OUT and home[k] >= 0:
            for t in range(touch_start[k], touch_start[k + 1]):
                if touch_account[t] == home[k] and touch_place[t] >= 0 and touch_place[t] < cut[home[k]]:
                    cut[home[k]] = touch_place[t]
    tight = True
    while top > 0 or tight:
        tight = False
        for limit in range(limits):
            while room[limit] < 0:
                owner = limit_owner[limit]
                counted = room[limit]
                for p in range(line_start[owner], end[owner]):
                    k = line_item[p]
                    if state[k] == IN and limit_used[k] == limit:
                        counted += value[k]
                k = -1
                for p in range(line_start[owner], end[owner]):
                    if state[line_item[p]] == IN and limit_used[line_item[p]] == limit:
                        counted -= value[line_item[p]]
                        if counted < 0:
                            k = line_item[p]
                            break
                if k < 0:
                    break
                top = _take_out(
                    k, ASIDE, value, rank, limit_used, limit_freed, touch_start, touch_account, touch_amount,
                    touch_place, state, net, room, urgent, high, cut, stack, stacked, top, NOBODY,
                )  # fmt: skip
        if top == 0:
            break
        top -= 1
        a = stack[top]
        stacked[a] = False
        first = line_start[a]
        while end[a] > first:
            k = line_item[end[a] - 1]
            if state[k] != IN:
                end[a] -= 1
                continue
            if end[a] <= cut[a] and not _short(a, rank[k], net, kept_urgent, kept_high, urgent, high):
                break
            end[a] -= 1
            top = _take_out(
                k, OUT, value, rank, limit_used, limit_freed, touch_start, touch_account, touch_amount,
                touch_place, state, net, room, urgent, high, cut, stack, stacked, top, a,
            )  # fmt: skip
        tight = limits > 0
    return state


@inlined
def _take_out(
    k, how, value, rank, limit_used, limit_freed, touch_start, touch_account, touch_amount,
    touch_place, state, net, room, urgent, high, cut, stack, stacked, top, at,
):  # fmt: skip
    """Take one item out: what it took is there again, what it gave is not.

    at: the account whose line it leaves from its end. Returns the new top of the stack.
    """
    state[k] = how
    for t in range(touch_start[k], touch_start[k + 1]):
        a, moved = touch_account[t], touch_amount[t]
        net[a] -= moved
        if moved < 0 and how == OUT and a != at and touch_place[t] < cut[a]:
            cut[a] = touch_place[t]
        elif moved < 0 or a == at:
            continue
        if not stacked[a]:
            stacked[a] = True
            stack[top] = a
            top += 1
    if rank[k] < 2:
        _count_priority(k, -1, rank, touch_start, touch_account, touch_amount, urgent, high)
    if limit_used[k] >= 0:
        room[limit_used[k]] += value[k]
    if limit_freed[k] >= 0:
        room[limit_freed[k]] -= value[k]
    return top


@inlined
def _count_priority(
    k, sign, rank, touch_start, touch_account, touch_amount, urgent, high
):  # fmt: skip
    """Note what an urgent item, or one of high priority, takes; or that it no longer does."""
    for t in range(touch_start[k], touch_start[k + 1]):
        if touch_amount[t] < 0:
            if rank[k] == 0:
                urgent[touch_account[t]] -= sign * touch_amount[t]
            else:
                high[touch_account[t]] -= sign * touch_amount[t]


@compiled
def what_waits(touch_account, touch_amount, accounts):
    """What is taken from each account, and what is given to it, all items together."""
    taken, given = np.zeros(accounts, np.int64), np.zeros(accounts, np.int64)
    for t in range(len(touch_account)):
        if touch_amount[t] < 0:
            taken[touch_account[t]] -= touch_amount[t]
        else:
            given[touch_account[t]] += touch_amount[t]
    return taken, given
