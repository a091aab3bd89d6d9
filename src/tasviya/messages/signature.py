"""Who answers for a message's bytes: a verifier stands before the parser and sees just what was received."""

from __future__ import annotations

from typing import Protocol

from tasviya.core.errors import Refusal


class Verifier(Protocol):
    """Checks a detached signature over the raw bytes, before anything reads them."""

    sandbox_only: bool

    def verify(self, raw: bytes, signature: bytes | None, sender: str) -> Refusal | None:
        """None if the sender answers for the bytes.

        sender: the BIC of the authenticated connection.
        """
        ...


class Unsigned:
    """Accepts messages without a signature and refuses those that bring one, since nobody would check it."""

    sandbox_only = True

    def verify(self, raw: bytes, signature: bytes | None, sender: str) -> Refusal | None:
        if signature is None:
            return None
        return Refusal(
            "DS0B",
            f"The message from {sender} brings a signature, and this system checks none.",
            "Send it without a signature: the sandbox is open.",
        )
