"""The id index finds what it holds, whatever pattern the ids have, and however full a sub-table is."""

from __future__ import annotations

import numpy as np
import pytest

from tasviya.ledger.id_index import SLOTS, find
from tasviya.ledger.kernel import Kernel
from tasviya.ledger.ledger import BATCH_MAX, Account, CreateTransferStatus

COUNT = 6 * BATCH_MAX
numbers, none = np.arange(1, COUNT + 1, dtype=np.uint64), np.zeros(COUNT, np.uint64)
PATTERNS = {
    "one after another": (numbers, none),
    "one after another, downwards": (numbers[::-1], none),
    "every sixteenth": (numbers * np.uint64(16), none),
    "every seventeenth": (numbers * np.uint64(17), none),
    "equal low words": (none, numbers),
    "equal low halves": (numbers << np.uint64(40), none),
    "random": tuple(np.random.default_rng(1).integers(1, 1 << 63, (2, COUNT), dtype=np.uint64)),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_ids_of_any_pattern_are_new_once_and_exist_from_then_on(pattern: str) -> None:
    kernel = Kernel(lambda: 1_000_000, hash_seed=1 << 77)
    kernel.create_accounts([Account(1, ledger=1, code=1), Account(2, ledger=1, code=1)])
    words = np.zeros((COUNT, 16), np.uint64)
    words[:, 0], words[:, 1] = PATTERNS[pattern]
    words[:, 2], words[:, 4], words[:, 6], words[:, 14] = 1, 2, 3, 1 | 1 << 32
    for expected in (CreateTransferStatus.CREATED, CreateTransferStatus.EXISTS):
        for start in range(0, COUNT, BATCH_MAX):
            results = kernel.create_transfers(words[start : start + BATCH_MAX])
            assert (results["status"] == expected).all()


def test_a_search_comes_to_every_slot() -> None:
    seed, directory = np.array([3, 5], np.uint64), np.zeros(1, np.int32)
    keys, values = np.zeros((SLOTS, 2), np.uint64), np.zeros(SLOTS, np.uint64)
    for low in range(1, SLOTS):  # all but one slot: a search that left some out would not end
        slot = find(seed, keys, values, directory, np.uint64(low), np.uint64(0))
        assert values[slot] == 0
        keys[slot, 0], values[slot] = low, low
    for low in range(1, SLOTS):
        assert values[find(seed, keys, values, directory, np.uint64(low), np.uint64(0))] == low
