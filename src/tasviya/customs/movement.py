"""A movement as the store keeps it: what it is found by, what was declared, and where it stands."""

from __future__ import annotations

import msgspec

from tasviya.customs.transit import Movement, Status


class MovementRow(msgspec.Struct, frozen=True):
    """One movement: a row of the store, field by field in this order.

    Instants are nanoseconds since the epoch, 0: not yet. stake: what it asks of its guarantee, minor units of
    the guarantee's currency. digest: SHA-256 of the declaration as it came. declared: the declaration, or its
    last amendment, without access codes; empty if it came as plain facts.
    """

    mrn: str
    lrn: str
    holder: str
    departure: str
    """The member that it sets out from."""
    destination: str
    grn: str
    status: str
    stake: int
    due_at: int
    """From when on an enquiry may start, or the guarantee be called; 0 while nothing can be overdue."""
    declared_by: str
    accepted_on: str
    presented_at: int
    """When the goods were presented; 0: the declaration came ahead of them."""
    digest: bytes
    declared: bytes
    claim: str
    """The claim on the guarantor; empty without."""
    body: Movement


def due(movement: Movement) -> tuple[str, int]:
    """What a movement waits for that can be overdue, and from when on it is; ("", 0) if nothing."""
    match movement.status:
        case Status.RELEASED | Status.UNDER_WAY | Status.INCIDENT | Status.ARRIVED:
            return "enquire", movement.enquiry_from
        case Status.ENQUIRY:
            return "call", movement.call_from
        case Status.UNLOADED if movement.result:
            return "call" if movement.result.lacking_minor else "discharge", movement.result.at
        case _:
            return "", 0
