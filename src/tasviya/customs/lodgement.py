"""A declaration in the hands of a member's customs, and its life cycle.

    draft ⇄ rejected ──▶ accepted ──▶ secured ──▶ released ──▶ closed
                            └──────────────────────▲
    beside: accepted, secured ──▶ invalidated

Accepted, it has an MRN, and tariff, official rates and rounding are frozen: what it pays follows from that
day, whenever it is assessed again. It is secured once what is assessed is paid, deferred, guaranteed or
nothing; released once it is secured and nothing holds it. Both may happen in the commit that accepts it.

Source: the states of the customs reference and of the Union Customs Code, articles 158 to 194 (verification,
release, amendment, invalidation).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction

import msgspec

from tasviya.core.life_cycle import following
from tasviya.customs.declaration import Kind


class LodgementStatus(StrEnum):
    """Where a declaration stands."""

    DRAFT = "draft"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    SECURED = "secured"
    RELEASED = "released"
    CLOSED = "closed"
    INVALIDATED = "invalidated"


class LodgementEvent(StrEnum):
    """What can happen to a declaration."""

    SAVE = "save"
    REJECT = "reject"
    ACCEPT = "accept"
    SECURE = "secure"
    UNSECURE = "unsecure"
    RELEASE = "release"
    CLOSE = "close"
    INVALIDATE = "invalidate"


TRANSITIONS: Mapping[LodgementStatus, Mapping[LodgementEvent, LodgementStatus]] = {
    LodgementStatus.DRAFT: {
        LodgementEvent.SAVE: LodgementStatus.DRAFT,
        LodgementEvent.REJECT: LodgementStatus.REJECTED,
        LodgementEvent.ACCEPT: LodgementStatus.ACCEPTED,
    },
    LodgementStatus.REJECTED: {
        LodgementEvent.SAVE: LodgementStatus.DRAFT,
        LodgementEvent.REJECT: LodgementStatus.REJECTED,
        LodgementEvent.ACCEPT: LodgementStatus.ACCEPTED,
    },
    LodgementStatus.ACCEPTED: {
        LodgementEvent.SECURE: LodgementStatus.SECURED,
        LodgementEvent.INVALIDATE: LodgementStatus.INVALIDATED,
    },
    LodgementStatus.SECURED: {
        LodgementEvent.UNSECURE: LodgementStatus.ACCEPTED,  # an amendment asks for more than is secured
        LodgementEvent.RELEASE: LodgementStatus.RELEASED,
        LodgementEvent.INVALIDATE: LodgementStatus.INVALIDATED,
    },
    LodgementStatus.RELEASED: {LodgementEvent.CLOSE: LodgementStatus.CLOSED},
    LodgementStatus.CLOSED: {},
    LodgementStatus.INVALIDATED: {},
}

UNDECIDED = frozenset({LodgementStatus.DRAFT, LodgementStatus.REJECTED})
"""It may be put right and lodged again under the same number."""
WAITING = frozenset({LodgementStatus.ACCEPTED, LodgementStatus.SECURED})
"""Accepted, and the goods not released."""


class Hold(msgspec.Struct, frozen=True, array_like=True):
    """Why goods are not released though they may be paid for. code: of the rule or control that holds them.
    authority: who can lift it. ground: the reason's code and the field that it is about; once lifted, the
    same does not hold the goods again."""

    code: str
    why: str
    authority: str = ""
    ground: str = ""


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """A refusal as a row keeps it."""

    code: str
    what: str
    cure: str
    where: str


class Lodgement(msgspec.Struct):
    """A declaration as a member's customs have it: one row of the store, field by field in this order.

    Instants are nanoseconds since the epoch (0: not yet); amounts minor units of the member's currency.
    """

    seq: int
    member: str
    declarant: str
    """Who answers for it, as customs know them."""
    lrn: str
    """Its declarant's number; with member and declarant it tells it from all others."""
    kind: Kind
    digest: bytes
    """SHA-256 of what was lodged."""
    body: bytes
    """What was lodged: the evidence."""
    actor: str
    """Who lodged it."""
    saved_at: int
    status: LodgementStatus = LodgementStatus.DRAFT
    mrn: str = ""
    version: int = 1
    """Rises with every amendment."""
    faults: tuple[Fault, ...] = ()
    """Why it was rejected."""
    accepted_on: str = ""
    """The day whose tariff and rates hold, yyyy-mm-dd in the member's zone."""
    accepted_at: int = 0
    released_at: int = 0
    tariff: str = ""
    """The digest of the tariff that holds."""
    rates_on: str = ""
    """The date of the fixing whose rates hold; empty if no rate was needed or none is official yet."""
    rates: Mapping[str, str] = {}
    """Official rates that hold: what one of each currency is worth in the member's, as fractions."""
    taxes: Mapping[str, int] = {}
    """What it pays, by tax."""
    lines: tuple[Mapping[str, str | int], ...] = ()
    """The explanation of every figure: a row an item and tax."""
    channel: str = "green"
    holds: tuple[Hold, ...] = ()
    ucr: str = ""
    """Links it with declarations of the same shipment elsewhere: the MRN of the declaration before it."""
    controlled_by: str = ""
    """The officer whose control it last went through."""
    amended_by: str = ""
    release_reason: str = ""
    """What released it: a payment's id, `deferred`, `cash account`, `nothing due`."""
    trader: str = ""
    """Whose goods they are: the importer, of an export the exporter."""
    destination: str = ""
    """Of an export: the country to which the goods go."""
    licences: tuple[str, ...] = ()
    """The numbers of licences that it has used."""
    certificates: tuple[str, ...] = ()
    """The numbers of certificates of origin that it has used."""
    lifted: tuple[Hold, ...] = ()
    """Holds that controls have lifted."""

    def happens(self, event: LodgementEvent) -> None:
        """Move to the status that follows.

        Raises: InvariantBroken if TRANSITIONS has no such way.
        """
        self.status = following(TRANSITIONS, self.status, event, self.mrn or self.lrn)

    @property
    def frozen_rates(self) -> dict[str, Fraction]:
        """The official rates that hold for it."""
        return {code: Fraction(text) for code, text in self.rates.items()}

    @property
    def assessed(self) -> int:
        """All its taxes."""
        return sum(self.taxes.values())
