"""A claim: what customs ask somebody to pay, under a reference that payments quote.

    open ──met──▶ met            what was paid or pledged covers it: its taxes are collected, or deferred
      └──withdrawn──▶ withdrawn  nothing is due any more; what came in for it is given back

Every declaration that pays something has one, under its MRN; a correction after release, a month's deferred
duty and a call on a guarantee have each one of their own. A payment is taken only as far as it fits: what is
on its way counts, so a claim is never paid twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from tasviya.core.errors import Refusal
from tasviya.core.money import Currency, Money


class ClaimKind(StrEnum):
    """What a claim is for."""

    DECLARATION = "declaration"
    CORRECTION = "correction"
    DEFERRED = "deferred"
    """What a trader's releases of a month came to."""
    CALL = "call"
    """A guarantee is called."""
    REFUND = "refund"
    """What customs owe a trader; the customs are its debtor."""
    SHARE = "share"
    """What customs owe another member of a pool; the customs are its debtor."""


OUTGOING = frozenset({ClaimKind.REFUND, ClaimKind.SHARE})
"""What customs pay, not what they are paid."""


class ClaimStatus(StrEnum):
    """Where a claim stands."""

    OPEN = "open"
    MET = "met"
    WITHDRAWN = "withdrawn"


class Claim(msgspec.Struct):
    """One claim: a row of the store, field by field in this order. Amounts in minor units of `currency`."""

    reference: str
    """What payments quote: the MRN, or the MRN with an ending of its own."""
    kind: ClaimKind
    mrn: str
    """The declaration that it is about; of a share, the member that is owed it."""
    member: str
    debtor: str
    """Who is to pay: a trader, or the guarantor's participant code."""
    currency: str
    taxes: Mapping[str, int]
    """What it is made of, by tax."""
    made_at: int
    status: ClaimStatus = ClaimStatus.OPEN
    paid: int = 0
    """What has been paid or pledged for it."""
    on_the_way: int = 0
    """What payments that have been admitted and not settled will bring."""
    due_on: str = ""
    """Until when, yyyy-mm-dd; empty: before the goods are released."""
    met_at: int = 0
    met_by: str = ""
    """What met it last: a payment's id, a guarantee, a cash account."""
    guarantee: str = ""
    """The guarantee behind it: what it defers to, or what stands for its payment."""
    charged_by: str = ""
    """Of one that is deferred: the claim of the month in which it is to be paid."""

    @property
    def total(self) -> int:
        """What is claimed."""
        return sum(self.taxes.values())

    @property
    def deferred(self) -> bool:
        """Whether its taxes are to be paid later, by a claim of their own."""
        return self.kind is ClaimKind.DECLARATION and bool(self.guarantee)

    @property
    def left(self) -> int:
        """What is still to come; what is on its way counts as to come."""
        return max(0, self.total - self.paid)


CLAIM_CODES = {
    "CL01": "a payment or pledge for a claim names one that is there and open",
    "CL02": "a payment or pledge is no more than what is left of its claim",
    "CL03": "a claim is paid in its own currency",
}


def fits(claim: Claim, minor: int, money: Currency, where: str = "") -> Refusal | None:
    """Whether an amount can still be paid for a claim; minor units of `money`."""
    if claim.status is not ClaimStatus.OPEN:
        what = f"{claim.reference} is {claim.status}: nothing is due."
        return Refusal("CL01", what, "Do not pay it again.", where)
    if claim.currency != money.code:
        what = f"{claim.reference} is to be paid in {claim.currency}, not in {money.code}."
        return Refusal("CL03", what, f"Pay {claim.left} minor units of {claim.currency}.", where)
    free = claim.left - claim.on_the_way
    if minor > free:
        told = f", as {Money(claim.on_the_way, money)} is on its way" if claim.on_the_way else ""
        what = (
            f"{Money(minor, money)} is more than the {Money(free, money)} that {claim.reference} lacks{told}."
        )
        cure = f"Pay {Money(free, money)}." if free else "Do not pay it again."
        return Refusal("CL02", what, cure, where)
    return None
