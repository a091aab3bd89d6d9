"""Accounts and transfers as 128-byte records: TigerBeetle's layout, little-endian, and back to objects.

The same bytes are seen two ways: as structured arrays with named fields, and as sixteen 64-bit words a
record, which is what compiled code works on (the word numbers stand below).

Source: TigerBeetle, src/tigerbeetle.zig, `Account` and `Transfer`.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tasviya.ledger.filters import check_batch_size, check_integers
from tasviya.ledger.ledger import Account, AccountFlags, Transfer, TransferFlags

WORDS = 16
RECORD_BYTES = 128
WORD_MASK = 0xFFFF_FFFF_FFFF_FFFF

# Words of a transfer. 128-bit fields take two words, low word first. Typed, so that compiled functions that
# take them as arguments are compiled once, not once a word.
ID, DEBIT_ID, CREDIT_ID, AMOUNT, PENDING_ID, USER_DATA_128 = map(np.int64, (0, 2, 4, 6, 8, 10))
USER_DATA_64, USER_DATA_32_TIMEOUT, LEDGER_CODE_FLAGS, TIMESTAMP = map(np.int64, (12, 13, 14, 15))
# Words of an account; those not named here are as in a transfer.
DEBITS_PENDING, DEBITS_POSTED, CREDITS_PENDING, CREDITS_POSTED = map(np.int64, (2, 4, 6, 8))

Words = npt.NDArray[np.uint64]
Event = TypeVar("Event", Account, Transfer)

_WIDE = [("low", "<u8"), ("high", "<u8")]
TRANSFER = np.dtype(
    [
        ("id", _WIDE),
        ("debit_account_id", _WIDE),
        ("credit_account_id", _WIDE),
        ("amount", _WIDE),
        ("pending_id", _WIDE),
        ("user_data_128", _WIDE),
        ("user_data_64", "<u8"),
        ("user_data_32", "<u4"),
        ("timeout", "<u4"),
        ("ledger", "<u4"),
        ("code", "<u2"),
        ("flags", "<u2"),
        ("timestamp", "<u8"),
    ]
)
ACCOUNT = np.dtype(
    [
        ("id", _WIDE),
        ("debits_pending", _WIDE),
        ("debits_posted", _WIDE),
        ("credits_pending", _WIDE),
        ("credits_posted", _WIDE),
        ("user_data_128", _WIDE),
        ("user_data_64", "<u8"),
        ("user_data_32", "<u4"),
        ("reserved", "<u4"),
        ("ledger", "<u4"),
        ("code", "<u2"),
        ("flags", "<u2"),
        ("timestamp", "<u8"),
    ]
)
_transfer_flags = functools.cache(TransferFlags)
_account_flags = functools.cache(AccountFlags)
_RECORD = struct.Struct("<13QIIIHHQ")
_RECORD_WITH_IDS = struct.Struct("<16s16s16s7QIIIHHQ")
"""The same, its first three fields as bytes: the quickest for integers that are mostly large."""
_NARROW_RECORD = struct.Struct("<16s16s16sQ8xQ8xQ8xQIIIHHQ")
"""The same, of amount, pending id and user data the low words only."""


def as_words(batch: Sequence[Any] | npt.NDArray[Any]) -> Words:
    """A batch as (events, 16) words: arrays are viewed where they lie, objects are packed.

    Raises: BatchTooLarge; IntegerOverflowError for an object's field that does not fit.
    """
    if isinstance(batch, np.ndarray):
        words = np.ascontiguousarray(batch).view(np.uint64).reshape(-1, WORDS)
        words = np.require(words, requirements=["C", "ALIGNED", "WRITEABLE"])
    elif not batch:
        words = np.empty((0, WORDS), np.uint64)
    elif hasattr(batch[0], "debits_pending"):
        words = pack_accounts(batch)
    else:
        words = pack_transfers(batch)
    check_batch_size(words)
    return words


def pack_transfers(transfers: Sequence[Transfer]) -> Words:
    """Transfers as (n, 16) words."""
    buffer = bytearray(RECORD_BYTES * len(transfers))
    try:
        _pack_narrow(transfers, buffer)
    except (struct.error, OverflowError):
        _pack_wide(transfers, buffer)
    return np.frombuffer(buffer, np.uint64).reshape(-1, WORDS)


def _pack_narrow(transfers: Sequence[Transfer], buffer: bytearray) -> None:
    """Into a buffer of zeros, those whose amounts, pending ids and user data fit in 64 bits."""
    put, offset = _NARROW_RECORD.pack_into, 0
    for t in transfers:
        # fmt: off
        put(
            buffer, offset,
            t.id.to_bytes(16, "little"),
            t.debit_account_id.to_bytes(16, "little"), t.credit_account_id.to_bytes(16, "little"),
            t.amount, t.pending_id, t.user_data_128,
            t.user_data_64, t.user_data_32, t.timeout, t.ledger, t.code, t.flags, t.timestamp,
        )
        # fmt: on
        offset += RECORD_BYTES


def _pack_wide(transfers: Sequence[Transfer], buffer: bytearray) -> None:
    """Any transfers. Raises: IntegerOverflowError for a field that does not fit."""
    put, mask, offset = _RECORD_WITH_IDS.pack_into, WORD_MASK, 0
    try:
        for t in transfers:
            amount, pending, user = t.amount, t.pending_id, t.user_data_128
            # fmt: off
            put(
                buffer, offset,
                t.id.to_bytes(16, "little"),
                t.debit_account_id.to_bytes(16, "little"), t.credit_account_id.to_bytes(16, "little"),
                amount & mask, amount >> 64, pending & mask, pending >> 64, user & mask, user >> 64,
                t.user_data_64, t.user_data_32, t.timeout, t.ledger, t.code, t.flags, t.timestamp,
            )
            # fmt: on
            offset += RECORD_BYTES
    except (struct.error, OverflowError):
        for t in transfers:
            check_integers(t)
        raise


def pack_accounts(accounts: Sequence[Account]) -> Words:
    """Accounts as (n, 16) words."""
    buffer = bytearray(RECORD_BYTES * len(accounts))
    mask, offset = WORD_MASK, 0
    try:
        for a in accounts:
            # fmt: off
            _RECORD.pack_into(
                buffer, offset, a.id & mask, a.id >> 64,
                a.debits_pending & mask, a.debits_pending >> 64,
                a.debits_posted & mask, a.debits_posted >> 64,
                a.credits_pending & mask, a.credits_pending >> 64,
                a.credits_posted & mask, a.credits_posted >> 64,
                a.user_data_128 & mask, a.user_data_128 >> 64, a.user_data_64, a.user_data_32,
                getattr(a, "reserved", 0), a.ledger, a.code, a.flags, a.timestamp,
            )
            # fmt: on
            offset += RECORD_BYTES
    except struct.error:
        for a in accounts:
            check_integers(a)
        raise
    return np.frombuffer(buffer, np.uint64).reshape(-1, WORDS)


def unpack_transfers(words: Words) -> list[Transfer]:
    """(n, 16) words as transfers."""
    return [
        Transfer(*_wide(r), r[12], r[13], r[14], r[15], r[16], _transfer_flags(r[17]), r[18])
        for r in _RECORD.iter_unpack(np.ascontiguousarray(words).tobytes())
    ]


def unpack_accounts(words: Words) -> list[Account]:
    """(n, 16) words as accounts."""
    return [
        Account(*_wide(r), r[12], r[13], r[15], r[16], _account_flags(r[17]), r[18])
        for r in _RECORD.iter_unpack(np.ascontiguousarray(words).tobytes())
    ]


def _wide(record: tuple[int, ...]) -> tuple[int, int, int, int, int, int]:
    """The six 128-bit fields that a record begins with."""
    a, b, c, d, e, f, g, h, i, j, k, m = record[:12]
    return a | b << 64, c | d << 64, e | f << 64, g | h << 64, i | j << 64, k | m << 64


RESULT = np.dtype([("timestamp", "<u8"), ("status", "<u4"), ("reserved", "<u4")])
"""One event's answer when a batch came as an array."""


def id_words(ids: Sequence[int]) -> Words:
    """Ids as (n, 2) words; what is no 128-bit id becomes 0, which nothing has."""
    words = np.zeros((len(ids), 2), np.uint64)
    for place, id in enumerate(ids):
        if 0 <= id < 1 << 128:
            words[place] = (id & WORD_MASK, id >> 64)
    return words
