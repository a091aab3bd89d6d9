"""FIFO offsetting: the one largest set that keeps every account's order within and above the priority.

Where each item takes from one account and no limit binds, every other set that keeps the order lies within
this one (Bech and Soramäki 2001), so nothing is left to improve. An item that takes from two accounts, such
as a payment through a correspondent, must come in turn at both; if it cannot settle, those that stand behind
it where it does not wait pass it, in a further round, which can only add to the set.
"""

from __future__ import annotations

import numpy as np

from tasviya.settlement.fifo_pass import ASIDE, IN, OUT, keep_what_can_stay, what_waits
from tasviya.settlement.offsetting import Bools, Found, Liquidity, Queued, fits
from tasviya.settlement.plain_offset import plain_states, plain_what_waits

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
    for _ in range(ROUNDS):
        passed = np.where(state == ASIDE, ASIDE, np.where((state == OUT) & several, OUT, IN)).astype(np.int8)
        passed = np.where(absent != IN, absent, passed).astype(np.int8)
        if np.array_equal(passed, absent):
            break
        absent = passed
        state = states(queue, liquidity, absent)
    return np.asarray(state == IN)


def cheap_bound(queue: Queued, liquidity: Liquidity) -> int:
    """What no set settles more of, in whatever order: each account pays at most what waits there, and at most
    what it has and all that could come in. Minor units; in one currency."""
    small = fits(queue, liquidity)
    count = what_waits if small else plain_what_waits
    taken, given = count(queue.touch_account, queue.touch_amount, queue.accounts)
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


def _compiled_states(queue: Queued, liquidity: Liquidity, absent: np.ndarray) -> np.ndarray:
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
