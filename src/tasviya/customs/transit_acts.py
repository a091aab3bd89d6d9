"""What happens to a movement: each act answers with the movement as it is afterwards, or with a refusal.

Acts that touch the guarantee take it and answer with both, as one unit of work must store them together:

    secure ─ a reservation          discharge, reject, cancel ─ all of it freed
    call   ─ part of it demanded in the member where the goods went wrong, the rest freed

The very same event again changes nothing while it is the latest. What a border, an office or a holder reports
is never refused because it is unwelcome: another way or another office is taken down as it is. Nothing here
asks for the time: instants are nanoseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import NamedTuple

from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal, invariant
from tasviya.core.life_cycle import following
from tasviya.customs import guarantee as guarantees
from tasviya.customs.guarantee import Act, Guarantee, Wanted
from tasviya.customs.mrn import check
from tasviya.customs.transit import (
    TRANSITIONS,
    ControlResult,
    Event,
    Incident,
    IncidentKind,
    Leg,
    Movement,
    Status,
    Terms,
)


class Settled(NamedTuple):
    """Movement and guarantee as they are afterwards, and what the ledger posts; None if nothing."""

    movement: Movement
    guarantee: Guarantee
    act: Act | None


def declare(movement: Movement) -> Movement | Refusal:
    """A new movement, if its own facts hold.

    Refused: MN01, MN02, MN03 its reference number; TN10 no member, office or limit after its declaration.
    """
    if wrong := check(movement.mrn):
        return wrong
    lacking = [
        name
        for name in ("itinerary", "departure_office", "destination_office")
        if not getattr(movement, name)
    ]
    if lacking:
        what = f"{movement.mrn} names no {lacking[0].replace('_', ' ')}."
        return Refusal("TN10", what, "Name members and offices from departure to destination.", lacking[0])
    if movement.limit_at <= movement.declared_at:
        what = f"{movement.mrn} would have to arrive before it is declared."
        return Refusal("TN10", what, "Give a limit after the declaration.", "limit_at")
    return replace(movement, last_at=movement.declared_at)


def amend(movement: Movement, amended: Movement, at: int) -> Movement | Refusal:
    """The movement as its declaration says now, before anything is reserved for it.

    amended: the new facts, under the same MRN. Refused: TN01, TN02 too late for that; TN05; as by `declare`.
    Raises: InvariantBroken if they are no new movement's.
    """
    invariant(amended.status is Status.DECLARED and not amended.minor, "an amendment is a declaration")
    found = _happens(movement, Event.AMEND, at)
    if isinstance(found, Refusal):
        return found
    return declare(replace(amended, mrn=movement.mrn, declared_at=at))


def secure(
    movement: Movement, guarantee: Guarantee, minor: int, on: date, at: int, access_code: str = ""
) -> Settled | Refusal:
    """Reserve what is at stake. minor: of the guarantee's currency, as `guarantee.at_stake` works it out.

    Refused: TN01, TN02, TN05; as by `guarantee.reserve`: then the movement stays declared.
    Raises: InvariantBroken if it is another guarantee than the one that the movement names.
    """
    invariant(movement.grn == guarantee.grn, f"{movement.mrn} names {guarantee.grn}")
    found = _happens(movement, Event.RESERVE, at)
    if isinstance(found, Refusal):
        return found
    wanted = Wanted(movement.mrn, minor, on, movement.holder, movement.itinerary, access_code)
    decided = guarantees.reserve(guarantee, wanted)
    if isinstance(decided, Refusal):
        return decided
    return Settled(replace(found, minor=minor), decided.guarantee, decided.act)


def release(movement: Movement, at: int, terms: Terms, seals: tuple[str, ...] = ()) -> Movement | Refusal:
    """The goods set out under their seals: the leg of departure begins. terms: those of that day."""
    found = _happens(movement, Event.RELEASE, at)
    if isinstance(found, Refusal):
        return found
    leg = Leg(movement.itinerary[0], movement.departure_office, at, seals_seen=seals)
    return replace(found, terms=terms, seals=seals, legs=(leg,))


def enter(
    movement: Movement, member: str, office: str, at: int, seals_seen: tuple[str, ...] | None = None
) -> Movement | Refusal:
    """The goods cross into a member; if they had not been seen leaving the one before, they leave it now.

    A member off the itinerary, or a seal that is not there, is taken down as an incident.
    Refused: TN01, TN02, TN05; TN03 they are there already.
    """
    here = None if movement.final else movement.here
    if here and replace(here, on_route=True) == Leg(member, office, at, seals_seen=seals_seen):
        return movement
    if here and here.member == member:
        what = f"The goods of {movement.mrn} are in {member} already."
        return Refusal("TN03", what, "Report the member that they cross into.", "member")
    found = _happens(movement, Event.ENTER, at)
    if isinstance(found, Refusal):
        return found
    return _entered(found, member, office, at, seals_seen)


def leave(movement: Movement, member: str, at: int) -> Movement | Refusal:
    """The goods leave a member. Refused: TN01, TN02, TN05; TN04 they are not there."""
    last = movement.legs[-1] if movement.legs and not movement.final else None
    if last and (last.member, last.left_at) == (member, at):
        return movement
    found = _happens(movement, Event.LEAVE, at)
    if isinstance(found, Refusal):
        return found
    here = movement.here
    if here is None or here.member != member:
        what = f"The goods of {movement.mrn} are {f'in {here.member}' if here else 'between members'}."
        return Refusal("TN04", what, "Report the member that they leave, or first that they enter.", "member")
    return replace(found, legs=_left(movement.legs, at))


def report(movement: Movement, kind: IncidentKind, at: int, text: str = "") -> Movement | Refusal:
    """Something goes wrong on the way; an office decides whether the goods go on."""
    told = Incident(kind, movement.went_wrong_in, at, text)
    if movement.incidents and movement.incidents[-1] == told and not movement.final:
        return movement
    found = _happens(movement, Event.INCIDENT, at)
    if isinstance(found, Refusal):
        return found
    return _noted(found, kind, at, text)


def resume(movement: Movement, at: int, seals: tuple[str, ...] | None = None) -> Movement | Refusal:
    """An office lets the goods go on after an incident. seals: the new ones; None if the old ones stay."""
    found = _happens(movement, Event.RESUME, at)
    if isinstance(found, Refusal):
        return found
    return found if seals is None else replace(found, seals=seals)


def arrive(
    movement: Movement, member: str, office: str, at: int, seals_seen: tuple[str, ...] | None = None
) -> Movement | Refusal:
    """The goods are presented at an office, the declared one or another; that ends an enquiry for them."""
    if (movement.status, movement.arrived_office, movement.arrived_at) == (Status.ARRIVED, office, at):
        return movement
    if movement.arrived_at and not movement.final:
        what = f"The goods of {movement.mrn} arrived at {movement.arrived_office}."
        return Refusal("TN02", what, "Report what was found at unloading.", "status")
    found = _happens(movement, Event.ARRIVE, at)
    if isinstance(found, Refusal):
        return found
    status, here = found.status, found.here
    if here is None or here.member != member:
        found = _entered(found, member, office, at, seals_seen)
    elif _broken(movement.seals, seals_seen):
        found = _noted(found, IncidentKind.SEAL_BROKEN, at, _missing(movement.seals, seals_seen))
    return replace(found, status=status, arrived_at=at, arrived_office=office, enquiry_at=0)


def unload(movement: Movement, result: ControlResult) -> Movement | Refusal:
    """The goods have been unloaded and counted. Refused: TN01, TN02 they have not arrived; TN05; TN08."""
    if movement.status is Status.UNLOADED and movement.result == result:
        return movement
    found = _happens(movement, Event.UNLOAD, result.at)
    if isinstance(found, Refusal):
        return found
    if not movement.arrived_at:
        return _too_early(movement, Event.UNLOAD, "Report first where the goods arrived.")
    if refused := _beyond(movement, result.lacking_minor, "lacking"):
        return refused
    return replace(found, result=result)


def enquire(movement: Movement, at: int) -> Movement | Refusal:
    """Ask where the goods are, or what their control found. Refused: TN01, TN02, TN05; TN06 before that is
    overdue, which succeeds later."""
    found = _happens(movement, Event.ENQUIRE, at)
    if isinstance(found, Refusal):
        return found
    if at <= movement.enquiry_from:
        what = (
            f"Nothing is overdue yet of {movement.mrn}: that is after {iso_instant(movement.enquiry_from)}."
        )
        return Refusal("TN06", what, "Wait until then.", "at", transient=True)
    return replace(found, enquiry_at=at, last_at=movement.last_at)


def discharge(movement: Movement, guarantee: Guarantee, at: int, proof: str = "") -> Settled | Refusal:
    """The procedure has ended well: the whole reservation is free.

    proof: of an end that is not on record, while an enquiry runs. Refused: TN01, TN02, TN05; TN09 unloading
    found something lacking.
    """
    found = _happens(movement, Event.DISCHARGE, at)
    if isinstance(found, Refusal):
        return found
    if movement.result and movement.result.lacking_minor:
        what = f"Goods of {movement.mrn} are lacking."
        return Refusal("TN09", what, "Call what is due on them; the rest is freed with it.", "result")
    if movement.status is Status.ENQUIRY and not proof:
        return _too_early(movement, Event.DISCHARGE, "Name the proof that the procedure has ended.")
    return _freed(replace(found, ended_for=proof), guarantee)


def call(movement: Movement, guarantee: Guarantee, at: int, proved_minor: int = 0) -> Settled | Refusal:
    """Demand what is due where the goods went wrong, and free the rest.

    After unloading that is what is lacking; after an enquiry, all but `proved_minor`, the part for which
    another proof was given. Refused: TN01, TN02, TN05; TN07 an enquiry has time left; TN08.
    """
    found = _happens(movement, Event.CALL, at)
    if isinstance(found, Refusal):
        return found
    if movement.status is Status.UNLOADED:
        minor = movement.result.lacking_minor if movement.result else 0
        if not minor:
            return _too_early(movement, Event.CALL, "Discharge it: nothing is lacking.")
    else:
        if at <= movement.call_from:
            what = f"The enquiry for {movement.mrn} has time until {iso_instant(movement.call_from)}."
            return Refusal("TN07", what, "Wait until then, or give a proof.", "at", transient=True)
        if refused := _beyond(movement, proved_minor, "proved"):
            return refused
        minor = movement.minor - proved_minor
        if not minor:
            return _too_early(movement, Event.CALL, "Discharge it: all is proved.")
    where = movement.went_wrong_in
    decided = guarantees.call(guarantee, movement.mrn, minor, where)
    if isinstance(decided, Refusal):
        return decided
    return Settled(replace(found, called_minor=minor, called_in=where), decided.guarantee, decided.act)


def reject(movement: Movement, guarantee: Guarantee, at: int, reason: str) -> Settled | Refusal:
    """Customs do not release the goods for transit; what was reserved is freed."""
    return _ended(movement, guarantee, Event.REJECT, at, reason)


def cancel(movement: Movement, guarantee: Guarantee, at: int, reason: str) -> Settled | Refusal:
    """The declaration is withdrawn before the goods set out; what was reserved is freed."""
    return _ended(movement, guarantee, Event.CANCEL, at, reason)


def _happens(movement: Movement, event: Event, at: int) -> Movement | Refusal:
    ways_out = TRANSITIONS[movement.status]
    if not ways_out:
        what = f"{movement.mrn} has ended: it is {movement.status}."
        return Refusal("TN01", what, "Declare a movement of its own.", "status")
    if event not in ways_out:
        return _too_early(movement, event, f"What may come next: {', '.join(ways_out)}.")
    if at < movement.last_at:
        before = iso_instant(movement.last_at)
        what = f"{movement.mrn} has {event} at {iso_instant(at)}, and an event at {before} before it."
        return Refusal("TN05", what, "Correct the instant, or report events in their order.", "at")
    status = following(TRANSITIONS, movement.status, event, movement.mrn)
    return replace(movement, status=status, last_at=at)


def _too_early(movement: Movement, event: Event, cure: str) -> Refusal:
    what = f"{movement.mrn} is {movement.status}: {event} cannot happen to it now."
    return Refusal("TN02", what, cure, "status")


def _entered(
    movement: Movement, member: str, office: str, at: int, seals_seen: tuple[str, ...] | None
) -> Movement:
    on_route = member in movement.itinerary
    leg = Leg(member, office, at, seals_seen=seals_seen, on_route=on_route)
    moved = replace(movement, legs=(*_left(movement.legs, at), leg))
    if not on_route:
        moved = _noted(moved, IncidentKind.OFF_ROUTE, at, f"{member} is not on the itinerary")
    if _broken(movement.seals, seals_seen):
        moved = _noted(moved, IncidentKind.SEAL_BROKEN, at, _missing(movement.seals, seals_seen))
    if moved.incidents == movement.incidents or moved.status is not Status.UNDER_WAY:
        return moved
    return replace(moved, status=following(TRANSITIONS, moved.status, Event.INCIDENT, moved.mrn))


def _left(legs: tuple[Leg, ...], at: int) -> tuple[Leg, ...]:
    """The legs with the last one left, if it was not yet."""
    if not legs or legs[-1].left_at:
        return legs
    return (*legs[:-1], replace(legs[-1], left_at=at))


def _noted(movement: Movement, kind: IncidentKind, at: int, text: str) -> Movement:
    incident = Incident(kind, movement.went_wrong_in, at, text)
    return replace(movement, incidents=(*movement.incidents, incident))


def _broken(seals: tuple[str, ...], seen: tuple[str, ...] | None) -> bool:
    return seen is not None and not set(seals) <= set(seen)


def _missing(seals: tuple[str, ...], seen: tuple[str, ...] | None) -> str:
    return f"not seen: {', '.join(each for each in seals if each not in (seen or ()))}"


def _beyond(movement: Movement, minor: int, word: str) -> Refusal | None:
    if 0 <= minor <= movement.minor:
        return None
    what = f"{minor} minor units are {word}, and {movement.minor} are at stake in {movement.mrn}."
    return Refusal("TN08", what, f"Give at most {movement.minor}, and not below zero.", word)


def _ended(movement: Movement, guarantee: Guarantee, event: Event, at: int, reason: str) -> Settled | Refusal:
    found = _happens(movement, event, at)
    if isinstance(found, Refusal):
        return found
    ended = replace(found, ended_for=reason)
    return _freed(ended, guarantee) if movement.minor else Settled(ended, guarantee, None)


def _freed(movement: Movement, guarantee: Guarantee) -> Settled | Refusal:
    decided = guarantees.discharge(guarantee, movement.mrn)
    if isinstance(decided, Refusal):
        return decided
    return Settled(movement, decided.guarantee, decided.act)
