"""FIFO offsetting: the one largest set that keeps every account's order within and above the priority.

Where each item takes from one account and no limit binds, every other set that keeps the order lies within
this one (Bech and Soramäki 2001), so nothing is left to improve. An item that takes from two accounts, such
as a payment through a correspondent, must come in turn at both; if it cannot settle, those that stand behind
it where it does not wait pass it, in a further round, which can only add to the set.
"""

from __future__ import annotations

from itertools import count

import numpy as np

from tasviya.settlement.offsetting import NONE, Bools, Found, Int64s, Liquidity, Queued, fits
from tasviya.settlement.plain_offset import ASIDE, IN, OUT, plain_states, plain_what_waits

ROUNDS = 8


def find(queue: Queued, liquidity: Liquidity) -> Found:
    """The largest set that keeps the order."""
    return Found(largest_in_order(queue, liquidity), cheap_bound(queue, liquidity))


def largest_in_order(queue: Queued, liquidity: Liquidity) -> Bools:
    """Which items settle, without a bound on what others could."""
    states = _compiled_states if fits(queue, liquidity) else plain_states
    absent = np.zeros(len(queue), np.int8)
    state = states(queue, liquidity, absent)
    if len(queue.line_item) == len(queue) and not len(liquidity.limit_free):
        return np.asarray(state == IN)  # each waits where it takes from: nobody can be passed
    several = _several(queue)
    for rounds in count(1):
        passed = (state != IN) & (several | (state == ASIDE)) & (absent == IN)
        if rounds <= ROUNDS and passed.any():
            absent = np.where(passed, state, absent).astype(np.int8)
        else:
            within = _within_limit(queue, liquidity, state) & (absent != OUT)
            if not within.any():
                break
            absent[within] = OUT  # its limit would allow it after all: those behind it wait with it
        state = states(queue, liquidity, absent)
    return np.asarray(state == IN)


def _within_limit(queue: Queued, liquidity: Liquidity, state: np.ndarray) -> Bools:
    """Which items are set aside for a limit that would allow them now."""
    room = liquidity.limit_free.tolist()
    values, used, freed = queue.value.tolist(), queue.limit_used.tolist(), queue.limit_freed.tolist()
    for item in np.flatnonzero(state == IN).tolist():
        if used[item] != NONE:
            room[used[item]] -= values[item]
        if freed[item] != NONE:
            room[freed[item]] += values[item]
    within = np.zeros(len(queue), np.bool_)
    for item in np.flatnonzero(state == ASIDE).tolist():
        within[item] = values[item] <= room[used[item]]
    return within


def cheap_bound(queue: Queued, liquidity: Liquidity) -> int:
    """What no set settles more of, in whatever order: each account pays at most what waits there, and at most
    what it has and all that could come in. Minor units; in one currency."""
    small = fits(queue, liquidity)
    add_up = _compiled_what_waits if small else plain_what_waits
    taken, given = add_up(queue.touch_account, queue.touch_amount, queue.accounts)
    paid = (
        min(out, max(0, has + comes))
        for out, has, comes in zip(
            map(int, taken), liquidity.spendable.tolist(), map(int, given), strict=True
        )
    )
    total = int(queue.value.sum()) if small else int(sum(queue.value.tolist()))
    return min(total, int(sum(paid)))


def _several(queue: Queued) -> Bools:
    """Which items may be passed at an account where they do not wait: they take from several, or wait
    nowhere."""
    standing = np.bincount(queue.line_item, minlength=len(queue))
    return np.asarray((standing > 1) | (queue.home < 0))


# Compiled code takes a while to load: commands that only ask, and unions without passes, do without.


def _compiled_what_waits(account: np.ndarray, amount: np.ndarray, accounts: int) -> tuple[Int64s, Int64s]:
    from tasviya.settlement.fifo_pass import what_waits

    taken, given = what_waits(account, amount, accounts)
    return taken, given


def _compiled_states(queue: Queued, liquidity: Liquidity, absent: np.ndarray) -> np.ndarray:
    from tasviya.settlement.fifo_pass import keep_what_can_stay

    state: np.ndarray = keep_what_can_stay(
        queue.value,
        queue.rank,
        queue.home,
        queue.limit_used,
        queue.limit_freed,
        queue.touch_start,
        queue.touch_account,
        queue.touch_amount,
        queue.touch_place,
        queue.line_start,
        queue.line_item,
        liquidity.spendable,
        liquidity.kept_urgent,
        liquidity.kept_high,
        liquidity.limit_free,
        liquidity.limit_owner,
        absent,
    )
    return state
