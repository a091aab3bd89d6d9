"""Ids are derived from what they name, never drawn: the same input gives the same id, so a repeat of
anything can be recognised and nothing is posted twice.

Every id is the first 128 bits of a SHA-256 over its kind and its parts, each part length-prefixed so that
("ab", "c") and ("a", "bc") differ. Payments derive theirs from sender, message id and position, never from
the UETR, which cover payments, returns and onward legs share.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import NewType

PaymentId = NewType("PaymentId", str)
"""`P` and 24 hexadecimal digits."""
AccountId = NewType("AccountId", int)
"""A ledger account's 128-bit id."""
TransferId = NewType("TransferId", int)
"""A ledger transfer's 128-bit id."""
ParticipantCode = NewType("ParticipantCode", str)
"""A participant's permanent code in the union; its BICs may change, this does not."""


def derive(kind: str, *parts: str | int) -> int:
    """A 128-bit id, never 0 nor all ones (both are reserved in the ledger)."""
    text = kind + ":"
    for part in parts:
        written = str(part)
        text += f"{len(written)}:{written}"
    value = int.from_bytes(sha256(text.encode()).digest()[:16], "big")
    return min(max(value, 1), (1 << 128) - 2)


def payment_id(sender: str, message_id: str, position: int) -> PaymentId:
    """A payment's id. `position`: its place in the message, from 1."""
    return PaymentId(f"P{derive('payment', sender, message_id, position) >> 32:024x}")


def transfer_ids(subject: str, attempt: int, legs: int) -> range:
    """The ids of a posting's ledger transfers, in the order of its legs: neighbours, so that a store finds
    them together.

    subject: what is posted, such as a payment's id. attempt: rises only once the refusal of the one before is
    durable, for the ledger remembers a refused id for ever. legs: at most 256.
    """
    first = derive("transfer", subject, attempt) & ~0xFF
    return range(first, first + legs)


@lru_cache(maxsize=1 << 16)
def account_id(participant: str, kind: str, currency: str, with_whom: str = "") -> AccountId:
    """A ledger account's id from its owner, kind and currency; `with_whom` tells vostro accounts apart."""
    return AccountId(derive("account", participant, kind, currency, with_whom))


def uetr_of(sender: str, message_id: str) -> str:
    """The UETR of the only payment in a message that we make: a version 4 UUID, in form."""
    text = f"{derive('uetr', sender, message_id):032x}"
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
