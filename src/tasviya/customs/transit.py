"""Goods in transit through several members: a movement, its legs and incidents, and what may happen to it.

    declared ─▶ reserved ─▶ released ─▶ under way ⇄ incident ─▶ arrived ─▶ unloaded ─▶ discharged
        └─ rejected, cancelled ─┘           └────▶ enquiry ◀───────┘           └─────▶ called
                                                      └──▶ called, or arrived after all

Everything that changes a movement's status stands in TRANSITIONS; docs/transit.md draws it from there. The
acts are in `transit_acts`. A movement holds one reservation of one guarantee from `reserved` until it ends:
released goods are always secured, and no ended movement holds money.

ETIR has the words of eTIR for the same; there each member's leg is an operation, started and terminated.

Instants are nanoseconds since the epoch, 0: not yet. Amounts are minor units of the guarantee's currency.

Source: Convention on a common transit procedure, appendix I; TIR Convention, annex 11 (eTIR).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tasviya.core.errors import Refusal, invariant

TRANSIT_CODES = {
    "TN01": "nothing happens any more to a movement that has ended",
    "TN02": "a movement's events come in the order of its life",
    "TN03": "goods enter a member in which they are not yet",
    "TN04": "goods leave the member in which they are",
    "TN05": "an event is no earlier than the one before it",
    "TN06": "an enquiry starts when goods or results are overdue",
    "TN07": "a call waits until the time for an enquiry is over",
    "TN08": "what is proved or lacking is no more than is at stake",
    "TN09": "goods that lack something are not discharged whole",
    "TN10": "a movement has its members, offices and a limit for its arrival",
    "TN11": "a day has terms of transit",
}

DAY = 86_400_000_000_000
"""A day in nanoseconds."""


class Status(StrEnum):
    """Where a movement stands."""

    DECLARED = "declared"
    RESERVED = "reserved"
    RELEASED = "released"
    UNDER_WAY = "under_way"
    INCIDENT = "incident"
    ARRIVED = "arrived"
    UNLOADED = "unloaded"
    ENQUIRY = "enquiry"
    DISCHARGED = "discharged"
    CALLED = "called"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What can happen to a movement."""

    AMEND = "amend"
    RESERVE = "reserve"
    RELEASE = "release"
    ENTER = "enter"
    LEAVE = "leave"
    INCIDENT = "incident"
    RESUME = "resume"
    ARRIVE = "arrive"
    UNLOAD = "unload"
    ENQUIRE = "enquire"
    DISCHARGE = "discharge"
    CALL = "call"
    REJECT = "reject"
    CANCEL = "cancel"


TRANSITIONS: dict[Status, dict[Event, Status]] = {
    Status.DECLARED: {
        Event.AMEND: Status.DECLARED,
        Event.RESERVE: Status.RESERVED,
        Event.REJECT: Status.REJECTED,
        Event.CANCEL: Status.CANCELLED,
    },
    Status.RESERVED: {
        Event.RELEASE: Status.RELEASED,
        Event.REJECT: Status.REJECTED,  # not released for transit: the reservation is freed
        Event.CANCEL: Status.CANCELLED,
    },
    Status.RELEASED: {
        Event.ENTER: Status.UNDER_WAY,
        Event.LEAVE: Status.UNDER_WAY,
        Event.INCIDENT: Status.INCIDENT,
        Event.ARRIVE: Status.ARRIVED,
        Event.ENQUIRE: Status.ENQUIRY,
    },
    Status.UNDER_WAY: {
        Event.ENTER: Status.UNDER_WAY,
        Event.LEAVE: Status.UNDER_WAY,
        Event.INCIDENT: Status.INCIDENT,
        Event.ARRIVE: Status.ARRIVED,
        Event.ENQUIRE: Status.ENQUIRY,
    },
    Status.INCIDENT: {
        Event.ENTER: Status.INCIDENT,
        Event.LEAVE: Status.INCIDENT,
        Event.INCIDENT: Status.INCIDENT,
        Event.RESUME: Status.UNDER_WAY,
        Event.ARRIVE: Status.ARRIVED,
        Event.ENQUIRE: Status.ENQUIRY,
    },
    Status.ARRIVED: {
        Event.UNLOAD: Status.UNLOADED,
        Event.DISCHARGE: Status.DISCHARGED,  # found satisfactory without unloading
        Event.ENQUIRE: Status.ENQUIRY,  # the results of the control are overdue
    },
    Status.ENQUIRY: {
        Event.ENTER: Status.ENQUIRY,  # what comes in late still tells where the goods are
        Event.LEAVE: Status.ENQUIRY,
        Event.INCIDENT: Status.ENQUIRY,
        Event.ARRIVE: Status.ARRIVED,
        Event.UNLOAD: Status.UNLOADED,
        Event.DISCHARGE: Status.DISCHARGED,  # by another proof that the procedure has ended
        Event.CALL: Status.CALLED,
    },
    Status.UNLOADED: {
        Event.DISCHARGE: Status.DISCHARGED,
        Event.CALL: Status.CALLED,
    },
    Status.DISCHARGED: {},
    Status.CALLED: {},
    Status.REJECTED: {},
    Status.CANCELLED: {},
}

FINAL = frozenset(status for status, ways_out in TRANSITIONS.items() if not ways_out)
ETIR = {
    Status.DECLARED: "declaration recorded",
    Status.RESERVED: "guarantee registered",
    Status.RELEASED: "operation started",
    Status.UNDER_WAY: "operation started",
    Status.INCIDENT: "operation started",
    Status.ARRIVED: "operation terminated",
    Status.UNLOADED: "operation terminated",
    Status.DISCHARGED: "operation discharged",
}
"""What eTIR says of a status, where it has a word for it."""
SECURED = frozenset(Status) - FINAL - {Status.DECLARED}
"""Where a movement holds a reservation."""


class IncidentKind(StrEnum):
    """What can go wrong on the way."""

    OFF_ROUTE = "off_route"
    """It left its itinerary."""
    SEAL_BROKEN = "seal_broken"
    TRANSHIPMENT = "transhipment"
    ACCIDENT = "accident"
    GOODS_DAMAGED = "goods_damaged"


@dataclass(frozen=True, slots=True)
class Terms:
    """Time limits of transit, from a day on: nanoseconds, each above zero or zero.

    enquiry_after: from the limit for arrival until an enquiry starts. results_within: from the arrival until
    the results of its control are overdue. enquiry_lasts: from an enquiry's start until the guarantee may be
    called.
    """

    valid_from: date
    enquiry_after: int
    results_within: int
    enquiry_lasts: int

    def __post_init__(self) -> None:
        invariant(
            min(self.enquiry_after, self.results_within, self.enquiry_lasts) >= 0, "time limits run forwards"
        )


@dataclass(frozen=True, slots=True)
class Leg:
    """A member's part of the way. seals_seen: what was found there; None if nobody looked."""

    member: str
    office: str
    entered_at: int
    left_at: int = 0
    seals_seen: tuple[str, ...] | None = None
    on_route: bool = True


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that went wrong on the way, in a member."""

    kind: IncidentKind
    member: str
    at: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class ControlResult:
    """What was found at unloading. lacking_minor: duty and tax on what is not there, or is other goods; 0 if
    all is as declared."""

    at: int
    lacking_minor: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """Goods under transit, from declaration to a final status. Made by `transit_acts.declare`.

    holder: of the procedure. itinerary: members in order, that of departure first and that of destination
    last. seals: those now on the goods. limit_at: by when they are to arrive. minor: what is reserved, 0 if
    nothing yet.
    """

    mrn: str
    grn: str
    holder: str
    itinerary: tuple[str, ...]
    departure_office: str
    destination_office: str
    limit_at: int
    declared_at: int
    lrn: str = ""
    minor: int = 0
    seals: tuple[str, ...] = ()
    status: Status = Status.DECLARED
    terms: Terms | None = None
    """Those of the day of its release, which hold until it ends."""
    legs: tuple[Leg, ...] = ()
    incidents: tuple[Incident, ...] = ()
    arrived_at: int = 0
    arrived_office: str = ""
    result: ControlResult | None = None
    enquiry_at: int = 0
    last_at: int = 0
    """The instant of the latest event, but for an enquiry: what is reported late happened before it."""
    ended_for: str = ""
    """Why it was rejected or cancelled, or by what proof it was discharged."""
    called_minor: int = 0
    called_in: str = ""

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def here(self) -> Leg | None:
        """The leg that was entered last, if it has not been left."""
        return self.legs[-1] if self.legs and not self.legs[-1].left_at else None

    @property
    def late(self) -> bool:
        """Whether it arrived after its limit."""
        return self.arrived_at > self.limit_at

    @property
    def diverted(self) -> bool:
        """Whether it arrived at another office than declared."""
        return bool(self.arrived_office) and self.arrived_office != self.destination_office

    @property
    def went_wrong_in(self) -> str:
        """The member in which a debt arises: that of the last leg entered and not left, else of departure."""
        open_leg = self.here
        return open_leg.member if open_leg else self.itinerary[0]

    @property
    def enquiry_from(self) -> int:
        """From when on an enquiry may start; 0 while none can."""
        if self.terms is None:
            return 0
        if self.arrived_at:
            return self.arrived_at + self.terms.results_within
        return self.limit_at + self.terms.enquiry_after

    @property
    def call_from(self) -> int:
        """From when on the guarantee may be called without a result; 0 while no enquiry runs."""
        return self.enquiry_at + self.terms.enquiry_lasts if self.terms and self.enquiry_at else 0


def terms_on(terms: Iterable[Terms], day: date) -> Terms | Refusal:
    """The time limits that hold on a day: the latest that begin on it or before.

    Refused: TN11 none do.
    """
    dated = sorted(terms, key=lambda each: each.valid_from)
    place = bisect_right([each.valid_from for each in dated], day)
    if place:
        return dated[place - 1]
    known = f"the first begin on {dated[0].valid_from}" if dated else "there are none"
    what = f"No terms of transit hold on {day}; {known}."
    return Refusal("TN11", what, "Lay down terms from that day or earlier.", "terms")
