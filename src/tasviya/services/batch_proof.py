"""The proof of a batch for people: what was checked, and what came out."""

from __future__ import annotations

from typing import Any

from tasviya.core.errors import OperatorError
from tasviya.exchange.batch_record import digest, unpack
from tasviya.exchange.certificate import NotABatch, verify

MAGIC = b"TASVIYA BATCH 1\n"
"""What a file with a batch's record begins with; then eight bytes of the question's length, question,
answer."""


def to_file(question: bytes, answer: bytes) -> bytes:
    """A batch's record as a file that anyone can verify."""
    return MAGIC + len(question).to_bytes(8, "big") + question + answer


def from_file(raw: bytes, where: str) -> tuple[bytes, bytes]:
    """The record in a file.

    Raises: OperatorError.
    """
    start = len(MAGIC) + 8
    length = int.from_bytes(raw[len(MAGIC) : start], "big")
    if not raw.startswith(MAGIC) or len(raw) < start + length:
        cure = "Name a file that `tasviya exchange record` made, whole."
        raise OperatorError("not_a_batch", "The file is no batch's record.", cure, where)
    return raw[start : start + length], raw[start + length :]


def prove(question: bytes, answer: bytes, where: str) -> dict[str, Any]:
    """Check a batch from its record alone; what was found, ready to print.

    Raises: OperatorError if the record is none.
    """
    try:
        batch = unpack(question, answer)
        verdict = verify(batch.market, batch.orders, batch.clearing)
    except (ValueError, NotABatch) as error:
        cure = "Ask for the record again."
        raise OperatorError("not_a_batch", f"The record cannot be read: {error}.", cure, where) from None
    return {
        "holds": "yes" if verdict.holds else "no",
        "certified": "yes" if verdict.proven else "no",
        "orders": verdict.orders,
        "filled": verdict.filled,
        "set_aside": verdict.set_aside,
        "left_in_the_money": verdict.left,
        "violations": sum(verdict.counts.values()),
        "first": "; ".join(str(each) for each in verdict.violations[:3]),
        "digest": digest(question, answer).hex(),
    }
