"""What customs give back to a trader, and how far it has come.

    asked ──grant──▶ granted     customs owe it: a claim on them has the same reference, and they pay that
      └────refuse──▶ refused     nothing is given back; who refused it, and why, is kept

A refund follows from a correction, a drawback from goods that have left again. What came in beyond what was
due is granted as it arises: nobody has to ask for it.

Source: Regulation (EU) 952/2013, articles 116 to 121.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from tasviya.core.life_cycle import following


class RefundKind(StrEnum):
    """Why something is given back."""

    REFUND = "refund"
    DRAWBACK = "drawback"
    OVERPAID = "overpaid"


class RefundStatus(StrEnum):
    """Where it stands."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


class RefundEvent(StrEnum):
    """What can happen to it."""

    GRANT = "grant"
    REFUSE = "refuse"


TRANSITIONS: Mapping[RefundStatus, Mapping[RefundEvent, RefundStatus]] = {
    RefundStatus.ASKED: {
        RefundEvent.GRANT: RefundStatus.GRANTED,
        RefundEvent.REFUSE: RefundStatus.REFUSED,
    },
    RefundStatus.GRANTED: {},
    RefundStatus.REFUSED: {},
}

OVER = "OVER"
"""The tax under which money is kept that came in for none."""


class LineUse(msgspec.Struct, frozen=True, array_like=True):
    """What exported goods contain of an import line. quantity: thousandths of the line's unit."""

    mrn: str
    item: int
    quantity: int


class Refund(msgspec.Struct):
    """One refund: a row of the store, field by field in this order. Amounts in minor units of the member's
    currency, instants in nanoseconds (0: not yet)."""

    reference: str
    """The MRN with an ending of its own; the claim on customs has it too."""
    mrn: str
    """The declaration it is about; of a drawback, the export."""
    member: str
    trader: str
    """Who is given it."""
    kind: RefundKind
    taxes: Mapping[str, int]
    """By tax: what is asked; once it is granted, what is paid back."""
    asked_by: str
    asked_on: str
    """yyyy-mm-dd in the member's zone: the day that the law's time is counted to."""
    reason: str
    status: RefundStatus = RefundStatus.ASKED
    granted_by: str = ""
    """Who granted or refused it."""
    decided_at: int = 0
    explanation: tuple[str, ...] = ()
    """By tax, what it follows from; if it is refused, why."""
    remitted: Mapping[str, int] = {}
    """By tax, what was owed, never paid, and is owed no more."""
    version: int = 0
    """Which version of the declaration it was asked on."""
    body: bytes = b""
    """The declaration as it should have been; empty if amounts were asked for."""
    uses: tuple[LineUse, ...] = ()
    """Of a drawback: the imports that the goods contain."""

    def happens(self, event: RefundEvent) -> None:
        """Move to the status that follows.

        Raises: InvariantBroken if TRANSITIONS has no such way.
        """
        self.status = following(TRANSITIONS, self.status, event, self.reference)

    @property
    def total(self) -> int:
        """What is asked or given back."""
        return sum(self.taxes.values())


class DrawbackRow(msgspec.Struct, frozen=True):
    """What a granted drawback has used of an import line: one row of `customs_drawback`. taxes: what was
    given back for it, minor units; quantity: thousandths of the line's unit."""

    reference: str
    mrn: str
    item: int
    quantity: int
    taxes: Mapping[str, int]


def with_ending(reference: str, ending: str) -> str:
    """A reference's own ending: an MRN has at most one hyphen behind it."""
    return f"{reference}{'' if '-' in reference else '-'}{ending}"
