"""What happens to goods in transit on their way, as customs, holders and carriers report it.

    enter, leave        the customs of that member
    report, arrive      they too, or the holder
    resume, unload      the customs of the member where the goods are
    enquire             the customs of departure

A report names the instant at which it happened; one that comes late is taken down as it was. Whoever reports
has a role in the member that the goods are in, or that the office is of.
"""

from __future__ import annotations

from collections.abc import Callable

from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal
from tasviya.customs import transit_acts as acts
from tasviya.customs.movement import MovementRow
from tasviya.customs.transit import ControlResult, IncidentKind, Movement
from tasviya.membership.roles import Act, Role, refused
from tasviya.services.lodging import allowed
from tasviya.services.transit import COUNTRY, comes_to_nothing, keep
from tasviya.services.work import Work

Reported = Callable[[Movement, int], Movement | Refusal]


def enter(
    work: Work,
    reference: str,
    office: str,
    actor: str,
    at: int = 0,
    seals_seen: tuple[str, ...] | None = None,
) -> MovementRow | Refusal:
    """The goods cross into the member of an office. at: 0 is now. Refused: TN01 to TN03, TN05; TW05."""

    def reported(movement: Movement, when: int) -> Movement | Refusal:
        return acts.enter(movement, office[:COUNTRY], office, when, seals_seen)

    return _report(work, reference, office, actor, at, "enter", reported)


def leave(work: Work, reference: str, office: str, actor: str, at: int = 0) -> MovementRow | Refusal:
    """The goods leave the member of an office. Refused: TN01, TN02, TN04, TN05; TW05."""

    def reported(movement: Movement, when: int) -> Movement | Refusal:
        return acts.leave(movement, office[:COUNTRY], when)

    return _report(work, reference, office, actor, at, "leave", reported)


def report(
    work: Work, reference: str, kind: IncidentKind, actor: str, at: int = 0, text: str = ""
) -> MovementRow | Refusal:
    """Something goes wrong where the goods are. Refused: TN01, TN02, TN05; TW05."""

    def reported(movement: Movement, when: int) -> Movement | Refusal:
        return acts.report(movement, kind, when, text)

    return _report(work, reference, "", actor, at, f"report {kind}", reported, by_holder=True)


def resume(
    work: Work, reference: str, actor: str, at: int = 0, seals: tuple[str, ...] | None = None
) -> MovementRow | Refusal:
    """An office lets the goods go on. seals: new ones; None: the old ones stay."""

    def reported(movement: Movement, when: int) -> Movement | Refusal:
        return acts.resume(movement, when, seals)

    return _report(work, reference, "", actor, at, "resume", reported)


def arrive(
    work: Work,
    reference: str,
    office: str,
    actor: str,
    at: int = 0,
    seals_seen: tuple[str, ...] | None = None,
) -> MovementRow | Refusal:
    """The goods are presented at an office, the declared one or another. Refused: TN01, TN02, TN05; TW05."""

    def reported(movement: Movement, when: int) -> Movement | Refusal:
        return acts.arrive(movement, office[:COUNTRY], office, when, seals_seen)

    return _report(work, reference, office, actor, at, "arrive", reported, by_holder=True)


def unload(
    work: Work, reference: str, actor: str, at: int = 0, lacking_minor: int = 0, remark: str = ""
) -> MovementRow | Refusal:
    """The goods have been unloaded and counted. lacking_minor: duty and tax on what is not there, of the
    guarantee's currency. Refused: TN01, TN02, TN05, TN08; TW05; TW06 what is lacking comes to nothing."""
    row = work.memory.customs.movement(reference)
    if isinstance(row, Refusal):
        return row
    standing = work.memory.customs.guarantee(row.grn)
    if isinstance(standing, Refusal):
        return standing
    where = row.body.went_wrong_in
    if lacking_minor > 0 and (nothing := comes_to_nothing(work, standing, lacking_minor, where)):
        return nothing

    def reported(movement: Movement, when: int) -> Movement | Refusal:
        return acts.unload(movement, ControlResult(when, lacking_minor, remark))

    return _report(work, reference, "", actor, at, "unload", reported)


def enquire(work: Work, reference: str, actor: str) -> MovementRow | Refusal:
    """Ask where the goods are, or what their control found. Refused: TN01, TN02; TN06 nothing is overdue."""
    row = work.memory.customs.movement(reference)
    if isinstance(row, Refusal):
        return row
    return _report(work, reference, row.departure, actor, 0, "enquire", acts.enquire)


def _report(
    work: Work,
    reference: str,
    office: str,
    actor: str,
    at: int,
    told: str,
    reported: Reported,
    *,
    by_holder: bool = False,
) -> MovementRow | Refusal:
    """office: which reports, or its member; empty: one where the goods are."""
    row = work.memory.customs.movement(reference)
    if isinstance(row, Refusal):
        return row
    member = office[:COUNTRY] or row.body.went_wrong_in
    unfit = _may(work, row, member, actor, by_holder)
    when = at or work.now_ns
    if unfit is None and when > work.now_ns:
        what = f"{iso_instant(when)} is to come: it is {iso_instant(work.now_ns)}."
        unfit = Refusal("TW05", what, "Report it once it has happened.", "at", transient=True)
    found = unfit or reported(row.body, when)
    if isinstance(found, Refusal):
        return found
    if found == row.body:
        return row
    work.act(f"{told.split(maxsplit=1)[0]}_transit", reference, f"{office or member} {told}", actor)
    return keep(work, row, found)


def _may(work: Work, row: MovementRow, member: str, actor: str, by_holder: bool) -> Refusal | None:
    """Why somebody may not report. A trader's role is enough only where the holder's is."""
    if by_holder:
        return allowed(work, actor, Act.MOVE_TRANSIT, member, row.holder)
    held = [role for role in work.memory.snapshot.roles(member, actor) if role is not Role.DECLARANT]
    return refused(actor, held, Act.MOVE_TRANSIT, member)
