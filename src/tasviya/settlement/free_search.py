"""The inner loop of the free-order search: threshold accepting over sets, in whole numbers.

A move adds or drops a payment, or swaps two of one account, one in and one out. A row below zero costs a
multiple of what it lacks. Moves that lose are accepted while the loss stays below a threshold that is halved
from stage to stage and, within a stage, drawn by a fixed sequence: the same queue gives the same set on any
machine.

Source: G. Dueck, T. Scheuer, "Threshold accepting", Journal of Computational Physics 90 (1990), 161-175; the
sequence is xorshift64, G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003).
"""

from __future__ import annotations

import numpy as np

from tasviya.settlement.compiled import compiled, inlined

QUANTILES = 1024
SHIFT = 16
PENALTY = 3
"""What a minor unit lacking costs at first, in minor units settled. Prices of rows are seldom above two. It
doubles with each stage at whose end the row still lacks something."""
WIDE = 2**40
"""A threshold as large is multiplied after it is shifted: the product must not overflow."""
LAST_STAGES = 24
"""How many more stages there may be until no row lacks anything."""
SEED = 88172645463325252
EXPONENTIAL = np.rint(-np.log((np.arange(QUANTILES) + 0.5) / QUANTILES) * (1 << SHIFT)).astype(np.int64)
"""Quantiles of the exponential distribution: thresholds drawn so accept as simulated annealing does."""


@inlined
def _lack(room):
    return -room if room < 0 else 0


@inlined
def _flip(k, start, row, change, taken, room, penalty):
    """Take an item in or out. Returns by how much more is lacking, at its price, and in how many rows."""
    lacking, rows = 0, 0
    sign = -1 if taken[k] else 1
    for t in range(start[k], start[k + 1]):
        before = room[row[t]]
        after = before + sign * change[t]
        room[row[t]] = after
        lacking += penalty[row[t]] * (_lack(after) - _lack(before))
        rows += (1 if after < 0 else 0) - (1 if before < 0 else 0)
    taken[k] = not taken[k]
    return lacking, rows


@compiled
def search(
    value, start, row, change, taken, room, candidates, home, line_start, line, moves, threshold, stages,
    dearest, exponential,
):  # fmt: skip
    """The best set met that lacks nothing, and what it is worth; -1 if none was met.

    taken, room: where the search begins, and what each row then has left; both are changed. candidates: items
    that may move, and the same in `line` by home. moves: in a stage. threshold: of the first stage.
    dearest: the most that a minor unit lacking may come to cost.
    """
    best_taken = taken.copy()
    best = np.int64(-1)
    worth, lacking_rows = np.int64(0), 0
    for k in range(len(value)):
        if taken[k]:
            worth += value[k]
    for r in range(len(room)):
        if room[r] < 0:
            lacking_rows += 1
    if lacking_rows == 0:
        best = worth
    at_best = False
    z = np.uint64(SEED)
    count = np.uint64(len(candidates))
    penalty = np.full(len(room), PENALTY, np.int64)
    for stage in range(stages + LAST_STAGES):
        if stage >= stages and lacking_rows == 0:
            break
        for _ in range(moves):
            z ^= z << np.uint64(13)
            z ^= z >> np.uint64(7)
            z ^= z << np.uint64(17)
            k = candidates[(z >> np.uint64(11)) % count]
            z ^= z << np.uint64(13)
            z ^= z >> np.uint64(7)
            z ^= z << np.uint64(17)
            partner = -1
            h = home[k]
            if (z & np.uint64(3)) != np.uint64(0) and h >= 0:
                size = np.uint64(line_start[h + 1] - line_start[h])
                partner = line[line_start[h] + np.int64((z >> np.uint64(20)) % size)]
                if taken[partner] == taken[k]:
                    partner = -1
            gained = -value[k] if taken[k] else value[k]
            if partner >= 0:
                gained += -value[partner] if taken[partner] else value[partner]
            lacking, rows = _flip(k, start, row, change, taken, room, penalty)
            if partner >= 0:
                more, more_rows = _flip(partner, start, row, change, taken, room, penalty)
                lacking += more
                rows += more_rows
            loss = lacking - gained
            drawn = exponential[(z >> np.uint64(40)) & np.uint64(QUANTILES - 1)]
            borne = (threshold * drawn) >> SHIFT if threshold < WIDE else (threshold >> SHIFT) * drawn
            if loss > 0 and loss > borne:
                _flip(k, start, row, change, taken, room, penalty)
                if partner >= 0:
                    _flip(partner, start, row, change, taken, room, penalty)
                continue
            if at_best and (gained < 0 or lacking_rows + rows > 0):
                best_taken[:] = taken  # kept only when it is left: most of what is best is soon bettered
                best_taken[k] = not taken[k]
                if partner >= 0:
                    best_taken[partner] = not taken[partner]
                at_best = False
            worth += gained
            lacking_rows += rows
            if lacking_rows == 0 and worth > best:
                best = worth
                at_best = True
        threshold = max(np.int64(1), threshold // 2)
        for r in range(len(room)):
            if room[r] < 0:
                penalty[r] = min(dearest, 2 * penalty[r])
    if at_best:
        best_taken[:] = taken
    return best, best_taken


@compiled
def fill(value, start, row, change, taken, room, order):
    """Add what still fits, in that order, until nothing does."""
    free = np.zeros(len(room), np.int64)
    going = True
    while going:
        going = False
        for k in order:
            if taken[k]:
                continue
            fits = True
            for t in range(start[k], start[k + 1]):
                if room[row[t]] + change[t] < 0 and change[t] < 0:
                    fits = False
            if fits:
                _flip(k, start, row, change, taken, room, free)
                going = True


@compiled
def room_left(start, row, change, taken, room):
    """What each row has left once a set has settled."""
    left = room.copy()
    for k in range(len(taken)):
        if taken[k]:
            for t in range(start[k], start[k + 1]):
                left[row[t]] += change[t]
    return left
