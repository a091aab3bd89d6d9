"""Free-order offsetting: a set of much value, where arrival does not count within a priority.

    relax ─▶ round ─▶ search in whole numbers ─▶ fill ─▶ the best of what was found, and the bound

The relaxation says which payments surely settle, which surely do not, and between which there is a choice;
the search makes it. Whatever that finds, the FIFO set is looked at too, so it settles no less. Finding the
set of most value is NP-hard; `Found.bound` says how much more there could be at the most.
"""

from __future__ import annotations

import numpy as np

from tasviya.settlement.fifo_offset import cheap_bound, largest_in_order
from tasviya.settlement.offsetting import (
    LARGEST_SUM,
    NONE,
    Bools,
    Found,
    Int64s,
    Liquidity,
    Queued,
    fits,
    violations,
)

MOVES_AN_ITEM = 4_500
MOVES_MAX = 45_000_000
STAGES = 9
DEAREST = 1 << 20
"""How dear a lack may become."""
ROUNDS = 4
"""How often the search is made anew without what would have passed a more urgent payment."""


def find(queue: Queued, liquidity: Liquidity) -> Found:
    """A set of much value that breaks no priority, reservation or limit."""
    ordered = largest_in_order(queue, liquidity)
    bound = cheap_bound(queue, liquidity)
    if not len(queue) or not fits(queue, liquidity) or queue.magnitude > LARGEST_SUM / 64:
        return Found(ordered, bound)
    # The solver takes a while to load: what never asks for it does without.
    from tasviya.settlement.relaxation import relax, rows_of

    rows = rows_of(queue, liquidity)
    proven, node = relax(queue, rows)
    found = [ordered]
    movable = _movable(queue, liquidity)
    for _ in range(ROUNDS):
        chosen = _search(queue, rows.start, rows.row, rows.change, rows.room, node.share, movable)
        passing = _passing(queue, chosen)
        if not passing.any():
            found.append(chosen)
            break
        movable &= ~passing
    found = [each for each in found if not violations(queue, liquidity, each, in_order=False)]
    best = max(found, key=lambda each: sum(queue.value[each].tolist()))
    return Found(best, min(bound, proven))


def _search(
    queue: Queued,
    start: Int64s,
    row: np.ndarray,
    change: Int64s,
    room: Int64s,
    share: np.ndarray,
    movable: Bools,
) -> Bools:
    """The best set that the search meets among items that may move."""
    from tasviya.settlement.free_search import EXPONENTIAL, fill, room_left, search

    taken = (share > 0.5) & movable
    candidates = np.flatnonzero(movable)
    if not len(candidates):
        return taken & False
    line = candidates[np.argsort(queue.home[candidates], kind="stable")]
    line_start = np.searchsorted(queue.home[line], np.arange(queue.accounts + 1)).astype(np.int64)
    moves = min(MOVES_MAX, MOVES_AN_ITEM * len(queue)) // STAGES
    threshold = max(1, int(np.median(queue.value[candidates])) // 16)
    dearest = min(DEAREST, int(LARGEST_SUM / (4 * queue.magnitude + float(room.sum(dtype=np.float64)))))
    left = room_left(start, row, change, taken, room)
    _, best = search(
        queue.value,
        start,
        row,
        change,
        taken,
        left,
        candidates,
        queue.home,
        line_start,
        line,
        moves,
        threshold,
        STAGES,
        dearest,
        EXPONENTIAL,
    )
    order = candidates[np.argsort(-queue.value[candidates], kind="stable")]
    left = room_left(start, row, change, best, room)
    if (left < 0).any():  # the search met nothing that lacks nothing
        best[:] = False
        left = room.copy()
    fill(queue.value, start, row, change, best, left, order)
    return np.asarray(best)


def _movable(queue: Queued, liquidity: Liquidity) -> Bools:
    """Items that a free order may settle: none from an account that keeps money for more urgent ones, since
    what it may use depends on what else settles, and none whose limit is already exceeded."""
    movable = np.ones(len(queue), np.bool_)
    keeps = (liquidity.kept_urgent > 0) | (liquidity.kept_high > 0) | (liquidity.spendable < 0)
    taken_from = keeps[queue.touch_account] & (queue.touch_amount < 0)
    movable[np.repeat(np.arange(len(queue)), np.diff(queue.touch_start))[taken_from]] = False
    if len(liquidity.limit_free):
        limited = queue.limit_used != NONE
        movable[limited] &= liquidity.limit_free[queue.limit_used[limited]] >= 0
    return movable


def _passing(queue: Queued, chosen: Bools) -> Bools:
    """Items that may not settle since a more urgent one waits for the same account."""
    passing = np.zeros(len(queue), np.bool_)
    for account in range(queue.accounts):
        line = queue.line_item[queue.line_start[account] : queue.line_start[account + 1]]
        waits = line[~chosen[line] & (queue.home[line] == account)]
        if len(waits):
            passing[line[queue.rank[line] > queue.rank[waits].min()]] = True
    return passing & chosen
