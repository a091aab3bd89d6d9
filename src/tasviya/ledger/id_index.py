"""From a transfer's id to its row, without ever stopping to grow: an extendible hash of small sub-tables.

A directory points from hash bits to sub-tables of 16 Ki slots with linear probing. Whenever the mean load
passes 45 %, the fullest sub-table is split in two, which takes well under a millisecond; one big table that
doubles would stop the ledger for seconds. Sixteen consecutive ids share one group of sixteen slots, so that
ordered ids stay in the processor's cache. A search goes on from group to group: one step passes sixteen ids
that were there before, not sixteen steps; and as it steps by seventeen, it comes to every slot in the end.
Ids' places in their groups are turned by the hash, so that ids with equal last bits spread over all. The hash
is keyed with a secret: chosen ids cannot pile up in one place.

A value is zero (free), FAILED (the id is spent), IS_PENDING | pending number + 1, or row + 1.
"""

from __future__ import annotations

import numpy as np

from tasviya.ledger.compiled import ZERO, compiled, inlined, u64

SLOT_BITS = 14
SLOTS = 1 << SLOT_BITS
SLOT_MASK = np.uint64(SLOTS - 1)
SLOT_SHIFT = np.uint64(SLOT_BITS)
DIRECTORY_SHIFT = np.uint64(40)
STEP = np.uint64(17)
PLACE_MASK = np.uint64(15)
FAILED = np.uint64(1 << 63)
IS_PENDING = np.uint64(1 << 62)
NUMBER = np.uint64((1 << 62) - 1)
LOAD_PERCENT = 45


@inlined
def mix(x):
    """A 64-bit finalizer: every input bit changes about half of the output bits."""
    x ^= x >> u64(33)
    x *= u64(0xFF51AFD7ED558CCD)
    x ^= x >> u64(33)
    x *= u64(0xC4CEB9FE1A85EC53)
    x ^= x >> u64(33)
    return x


@inlined
def hash_id(seed, low, high):
    """Equal for sixteen consecutive ids; their last four bits tell them apart within their group."""
    return mix(high ^ seed[1] ^ mix((low >> u64(4)) ^ seed[0]))


@inlined
def first_slot(seed, directory, low, high):
    """Where the search for an id starts."""
    h = hash_id(seed, low, high)
    table = u64(directory[(h >> DIRECTORY_SHIFT) & u64(len(directory) - 1)]) << SLOT_SHIFT
    return table | (h & SLOT_MASK & ~PLACE_MASK) | ((h + low) & PLACE_MASK)


@inlined
def find(seed, keys, values, directory, low, high):
    """The slot that holds the id, or the free slot where it belongs."""
    slot = first_slot(seed, directory, low, high)
    table = slot & ~SLOT_MASK
    while True:
        if values[slot] == ZERO or (keys[slot, 0] == low and keys[slot, 1] == high):
            return slot
        slot = table | ((slot + STEP) & SLOT_MASK)


@compiled
def count_new(seed, directory, table_counts, ids):
    """Add a batch's new ids, (n, at least 2) words, to the counts of their sub-tables."""
    for i in range(len(ids)):
        h = hash_id(seed, ids[i, 0], ids[i, 1])
        table_counts[directory[(h >> DIRECTORY_SHIFT) & u64(len(directory) - 1)]] += 1


@compiled
def split(seed, keys, values, directory, depths, table_counts, full, fresh, moved_keys, moved_values):
    """Move half of sub-table `full` into the empty sub-table `fresh`. The directory must be deep enough.

    moved_keys, moved_values: scratch for one sub-table.
    """
    bit = u64(1) << u64(depths[full])
    start = full * SLOTS
    count = 0
    for i in range(start, start + SLOTS):
        if values[i] != ZERO:
            moved_keys[count, 0] = keys[i, 0]
            moved_keys[count, 1] = keys[i, 1]
            moved_values[count] = values[i]
            values[i] = ZERO
            count += 1
    depths[full] += 1
    depths[fresh] = depths[full]
    for j in range(len(directory)):
        if directory[j] == full and (u64(j) & bit) != ZERO:
            directory[j] = fresh
    table_counts[full] = 0
    table_counts[fresh] = 0
    for i in range(count):
        slot = find(seed, keys, values, directory, moved_keys[i, 0], moved_keys[i, 1])
        keys[slot, 0] = moved_keys[i, 0]
        keys[slot, 1] = moved_keys[i, 1]
        values[slot] = moved_values[i]
        table_counts[np.int64(slot >> SLOT_SHIFT)] += 1
