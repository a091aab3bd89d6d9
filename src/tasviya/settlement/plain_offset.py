"""The FIFO algorithm in plain Python, whole numbers of any size: it checks the compiled one, and takes its
place where sums would not fit into 63 bits."""

from __future__ import annotations

import numpy as np

from tasviya.settlement.offsetting import NONE, Liquidity, Queued

IN, OUT, ASIDE = 0, 1, 2
"""What becomes of an item: it stays, it is taken out with those behind it, or a limit sets it alone aside."""


def plain_states(queue: Queued, liquidity: Liquidity, absent: np.ndarray) -> np.ndarray:
    """What becomes of each item; the same as `fifo_pass.keep_what_can_stay`, found by going through all again
    and again."""
    state = [int(each) for each in absent.tolist()]
    values, ranks, homes = queue.value.tolist(), queue.rank.tolist(), queue.home.tolist()
    used, freed = queue.limit_used.tolist(), queue.limit_freed.tolist()
    lines = [_line(queue, account) for account in range(queue.accounts)]
    touches = [_touches(queue, item) for item in range(len(queue))]
    changed = True
    while changed:
        changed = False
        inside = [item for item in range(len(queue)) if state[item] == IN]
        room = liquidity.limit_free.tolist()
        for item in inside:
            if used[item] != NONE:
                room[used[item]] -= values[item]
            if freed[item] != NONE:
                room[freed[item]] += values[item]
        for place, left in enumerate(room):
            line = lines[int(liquidity.limit_owner[place])]
            counted = [item for item in line if state[item] == IN and used[item] == place]
            left += sum(values[item] for item in counted)
            for item in counted:
                left -= values[item]
                if left < 0:
                    state[item] = ASIDE
                    changed = True
                    break
            if changed:
                break
        if changed:
            continue
        for account, line in enumerate(lines):
            stopped = False
            for item in line:
                own = homes[item] == account or absent[item] == IN
                if state[item] == OUT and own:
                    stopped = True
                elif stopped and state[item] == IN:
                    state[item] = OUT
                    changed = True
            present = [item for item in line if state[item] == IN]
            if not changed and present and _is_short(account, present, touches, ranks, state, liquidity):
                state[present[-1]] = OUT
                changed = True
            if changed:
                break
    return np.array(state, np.int8)


def plain_what_waits(account: np.ndarray, amount: np.ndarray, accounts: int) -> tuple[list[int], list[int]]:
    """What is taken from each account, and what is given to it."""
    taken, given = [0] * accounts, [0] * accounts
    for place, moved in zip(account.tolist(), amount.tolist(), strict=True):
        if moved < 0:
            taken[place] -= moved
        else:
            given[place] += moved
    return taken, given


def _is_short(
    account: int,
    present: list[int],
    touches: list[list[tuple[int, int]]],
    ranks: list[int],
    state: list[int],
    liquidity: Liquidity,
) -> bool:
    left = int(liquidity.spendable[account])
    taken = [0, 0, 0]
    for item, moves in enumerate(touches):
        if state[item] == IN:
            for place, amount in moves:
                if place == account:
                    left += amount
                    taken[ranks[item]] -= min(0, amount)
    last = ranks[present[-1]]
    if last >= 1:
        left -= max(0, int(liquidity.kept_urgent[account]) - taken[0])
    if last >= 2:
        left -= max(0, int(liquidity.kept_high[account]) - taken[1])
    return left < 0


def _line(queue: Queued, account: int) -> list[int]:
    return [int(each) for each in queue.line_item[queue.line_start[account] : queue.line_start[account + 1]]]


def _touches(queue: Queued, item: int) -> list[tuple[int, int]]:
    rows = range(int(queue.touch_start[item]), int(queue.touch_start[item + 1]))
    return [(int(queue.touch_account[row]), int(queue.touch_amount[row])) for row in rows]
