"""Journal entries: what was received, decided and posted, in the order of commit.

An entry is a MessagePack array: its global number (gapless from 1), its kind, and the kind's fields below.
MessagePack has one shortest form for every value we use, so the same facts give the same bytes. Integers
beyond 64 bits are written as decimal text. All entries of one commit are one row, and each row's digest
covers the one before it, so nothing can be changed, dropped or put in between unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from hashlib import sha256
from typing import Any

import msgspec

VERSION = 1
GENESIS = bytes(32)
"""What stands before the first row."""


class EntryKind(IntEnum):
    """What an entry records; `FIELDS` names what follows the number and the kind."""

    RECEIVED = 1
    DECIDED = 2
    POSTED = 3
    ADMINISTERED = 4
    HELD = 5


FIELDS: dict[EntryKind, tuple[str, ...]] = {
    EntryKind.RECEIVED: ("file_seq", "sender_bic", "sha256"),
    EntryKind.DECIDED: ("payment_id", "status", "reason", "actor", "checker"),
    EntryKind.POSTED: (
        "transfer_id",
        "posted_for",
        "payment_seq",
        "leg_code",
        "amount",
        "debit_account_id",
        "debit_entry_seq",
        "debit_balance_after",
        "credit_account_id",
        "credit_entry_seq",
        "credit_balance_after",
    ),
    EntryKind.ADMINISTERED: ("act", "subject", "facts", "actor", "checker"),
    EntryKind.HELD: ("transfer_id", "held_for", "payment_seq", "account_id", "amount", "held_after"),
}
"""`posted_for` is a payment's id, and `payment_seq` its number; 0 if it was posted for something else. The
`amount` of `held` is negative where a hold ends. Balances are credits less debits, minor units; account
entry numbers are gapless from 1 per account."""

Entry = tuple[Any, ...]

_SAFE = (1 << 63) - 1
_encoder = msgspec.msgpack.Encoder()


def whole(value: int) -> int | str:
    """An integer as an entry carries it: as text beyond 63 bits."""
    return value if -_SAFE <= value <= _SAFE else str(value)


def encode(entries: Sequence[Entry]) -> bytes:
    """A commit's entries as bytes; the same entries give the same bytes."""
    return _encoder.encode(entries)


def decode(raw: bytes) -> Iterator[dict[str, Any]]:
    """A commit's entries as dictionaries with named fields; ids as hexadecimal text."""
    for number, kind, *values in msgspec.msgpack.decode(raw):
        fields: dict[str, Any] = {"entry": number, "kind": EntryKind(kind).name.lower()}
        for name, value in zip(FIELDS[EntryKind(kind)], values, strict=True):
            fields[name] = value.hex() if isinstance(value, bytes) else value
        yield fields


def chain(
    previous: bytes,
    commit_seq: int,
    at_ns: int,
    first_entry: int,
    count: int,
    ledger_digest: bytes,
    raw: bytes,
) -> bytes:
    """The digest of a commit's row: over the digest before, its facts, its ledger batch and its entries."""
    digest = sha256(previous)
    digest.update(f"{VERSION}:{commit_seq}:{at_ns}:{first_entry}:{count}:".encode())
    digest.update(ledger_digest)
    digest.update(raw)
    return digest.digest()
