"""The fast ledger's memory: flat arrays that compiled code reads and changes in place.

Big arrays are reserved address space whose pages exist only once touched: nothing is ever copied to grow, so
nothing stops to grow. Memory a transfer costs: about 53 bytes of id index and 8 of account links; what it
says lies in the encoded batches.
"""

from __future__ import annotations

import math
import mmap
import sys
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tasviya.ledger.id_index import LOAD_PERCENT, SLOTS
from tasviya.ledger.records import WORDS

# What `counts` counts.
ROWS, PENDINGS, IDS, EXPIRIES = map(np.int64, range(4))
HISTORY, ACCOUNTS, FAILED_IDS, LAST_TRANSFER_TIME = map(np.int64, range(4, 8))

# Words of a pending transfer: what resolving it needs to know.
P_AMOUNT, P_USER_DATA_128, P_USER_DATA_64, P_USER_DATA_32_TIMEOUT = map(np.int64, (0, 2, 4, 5))
P_LEDGER_CODE_FLAGS, P_TIMESTAMP, P_ROW, P_SLOTS = map(np.int64, (6, 7, 8, 9))
PENDING_WORDS = 10

# What became of a pending transfer.
PENDING, POSTED, VOIDED, EXPIRED = map(np.int64, range(4))

# Words of a balance kept for an account with history: row * 2 + side, then the four balances.
HISTORY_WORDS = 9

PAGE = 4096
NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)
"""Pages count as memory only once touched. Python names the flag from 3.12 on; the number is Linux's."""


class State(NamedTuple):
    """Everything the rules read and change."""

    seed: npt.NDArray[np.uint64]
    """Two secret words that key the hashes."""
    counts: npt.NDArray[np.int64]
    accounts: npt.NDArray[np.uint64]
    """(capacity, 16): an account's record, its balances current; its place is its slot."""
    account_index: npt.NDArray[np.uint32]
    """Open addressing: slot + 1, or 0."""
    newest_link: npt.NDArray[np.uint32]
    """Per slot: (row * 2 + side) + 1 of its newest transfer, or 0; side 0 is debit, 1 credit."""
    links: npt.NDArray[np.uint32]
    """(rows, 2): the same for the transfer before, seen from the debit and from the credit account."""
    id_keys: npt.NDArray[np.uint64]
    id_values: npt.NDArray[np.uint64]
    directory: npt.NDArray[np.int32]
    pending: npt.NDArray[np.uint64]
    pending_status: npt.NDArray[np.uint8]
    expiry_time: npt.NDArray[np.uint64]
    """A binary heap, with expiry_pending: nanoseconds since 1970, pending number. May hold settled ones."""
    expiry_pending: npt.NDArray[np.uint32]
    history: npt.NDArray[np.uint64]


def reserve(shape: tuple[int, ...], dtype: Any) -> npt.NDArray[Any]:
    """Zeroed memory whose pages are made when first touched."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NO_RESERVE
    return np.frombuffer(mmap.mmap(-1, size, flags=flags), dtype).reshape(shape)


def touch(array: npt.NDArray[Any], length: int) -> None:
    """Make the pages of the first `length` elements now, so that the hot path need not."""
    octets = array[:length].reshape(-1).view(np.uint8)
    octets[::PAGE] = 0


def new_state(hash_seed: int, capacity_transfers: int, capacity_accounts: int) -> State:
    """An empty ledger. hash_seed: 128 secret bits."""
    tables = capacity_transfers * 100 // (LOAD_PERCENT * SLOTS) + 2
    seed = np.array([hash_seed & 0xFFFF_FFFF_FFFF_FFFF, hash_seed >> 64 & 0xFFFF_FFFF_FFFF_FFFF], np.uint64)
    return State(
        seed=seed,
        counts=np.zeros(8, np.int64),
        accounts=reserve((capacity_accounts, WORDS), np.uint64),
        account_index=np.zeros(1 << 10, np.uint32),
        newest_link=reserve((capacity_accounts,), np.uint32),
        links=reserve((capacity_transfers, 2), np.uint32),
        id_keys=reserve((tables * SLOTS, 2), np.uint64),
        id_values=reserve((tables * SLOTS,), np.uint64),
        directory=np.zeros(1, np.int32),
        pending=reserve((capacity_transfers, PENDING_WORDS), np.uint64),
        pending_status=reserve((capacity_transfers,), np.uint8),
        expiry_time=reserve((capacity_transfers,), np.uint64),
        expiry_pending=reserve((capacity_transfers,), np.uint32),
        history=reserve((2 * capacity_transfers, HISTORY_WORDS), np.uint64),
    )
