"""What a ledger has committed, as a chain of batches: enough to rebuild everything, byte for byte.

A batch holds what changed: which pending transfers expired (before anything else), which accounts or
transfers were made, which ids were spent. Its digest covers the digest before it, so that no batch can be
changed, left out or moved without every later digest telling.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

import numpy as np

from tasviya.ledger.kernel_state import reserve
from tasviya.ledger.records import Words

ACCOUNTS, TRANSFERS = "accounts", "transfers"
GENESIS = bytes(32)
_HEADER = struct.Struct("<Q9sQQQQQQ")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one commit adds to the ledger.

    timestamp: the latest that the ledger had given out, nanoseconds since 1970.
    first_row, count: transfers' rows, or accounts' slots, that it made.
    failed: spent ids, 16 bytes each, little-endian. expired: rows, 8 bytes each.
    data: transfers encoded as `columns`, or accounts as 128-byte records.
    """

    seq: int
    kind: str
    timestamp: int
    first_row: int
    count: int
    failed: bytes
    expired: bytes
    data: bytes

    def digest(self, previous: bytes) -> bytes:
        """SHA-256 over the previous digest and everything in this batch."""
        sizes = (len(self.failed), len(self.expired), len(self.data))
        kind = self.kind.encode()
        header = _HEADER.pack(self.seq, kind, self.timestamp, self.first_row, self.count, *sizes)
        chain = hashlib.sha256(previous)
        for part in (header, self.failed, self.expired, self.data):
            chain.update(part)
        return chain.digest()

    def failed_ids(self) -> Words:
        return np.frombuffer(self.failed, np.uint64).reshape(-1, 2)

    def expired_rows(self) -> Words:
        return np.frombuffer(self.expired, np.uint64)


class BatchIndex:
    """Which batch holds which row, and which span of time: only batches that made transfers."""

    def __init__(self, capacity: int) -> None:
        self.count = 0
        self._seq = reserve((capacity,), np.int64)
        self._first_row = reserve((capacity,), np.int64)
        self._end_row = reserve((capacity,), np.int64)
        self._earliest = reserve((capacity,), np.int64)
        self._latest = reserve((capacity,), np.int64)

    def add(self, batch: Batch, earliest: int, latest: int) -> None:
        place = self.count
        self._seq[place] = batch.seq
        self._first_row[place] = batch.first_row
        self._end_row[place] = batch.first_row + batch.count
        self._earliest[place] = earliest
        self._latest[place] = latest
        self.count += 1

    def has_room(self) -> bool:
        return self.count < len(self._seq)

    def of_row(self, row: int) -> int:
        """The place in this index of the batch that made a row."""
        return int(np.searchsorted(self._first_row[: self.count], row, "right")) - 1

    def rows(self, place: int) -> tuple[int, int, int]:
        """A batch's seq, first row and the row after its last."""
        return int(self._seq[place]), int(self._first_row[place]), int(self._end_row[place])

    def span(self, place: int) -> tuple[int, int]:
        """A batch's earliest and latest transfer timestamp."""
        return int(self._earliest[place]), int(self._latest[place])

    def between(self, earliest: int, latest: int) -> range:
        """The places of the batches that can hold timestamps in [earliest, latest]; latest 0 is no bound."""
        first = int(np.searchsorted(self._latest[: self.count], earliest, "left"))
        last = self.count
        if latest:
            last = int(np.searchsorted(self._earliest[: self.count], latest, "right"))
        return range(first, max(first, last))
