"""What customs answer about a movement, in messages of NCTS.

    declared 928, 028    not secured 055    released 029    rejected 051    to be controlled 060
    incident 182         arrived 043        unloaded 025    discharged 045

What a declaration said is carried over from the one that is kept; a movement that was declared as plain facts
has no 029, and a 043 without goods. Codes of the NCTS lists are a member's own: reasons of 055 are G with the
digits of this union's code.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tasviya.core.clock import NANOSECONDS
from tasviya.core.errors import Refusal
from tasviya.customs.formats.ncts.answers import (
    Acknowledged,
    Answer,
    Control,
    ControlDecided,
    GoodsReleased,
    GuaranteeNotValid,
    IncidentForwarded,
    IncidentNotice,
    InvalidGuarantee,
    MrnAllocated,
    NotReleased,
    ReleasedForTransit,
    UnloadingPermitted,
    WrittenOff,
)
from tasviya.customs.formats.ncts.messages import Header, Trader, TransitDeclaration
from tasviya.customs.formats.ncts.reading import read
from tasviya.customs.movement import MovementRow
from tasviya.customs.transit import Incident, IncidentKind, Status
from tasviya.membership.roles import Act
from tasviya.services.customs_accounts import day_in
from tasviya.services.lodging import allowed
from tasviya.services.transit import COUNTRY
from tasviya.services.work import Work

INCIDENTS = {
    IncidentKind.OFF_ROUTE: "1",
    IncidentKind.SEAL_BROKEN: "2",
    IncidentKind.TRANSHIPMENT: "3",
    IncidentKind.ACCIDENT: "5",
    IncidentKind.GOODS_DAMAGED: "5",
}
"""Codes of incidents. Source: Implementing Regulation (EU) 2015/2447, article 305(1), in its order."""
IN_FULL, IN_PART = "1", "2"
"""How goods are released from transit, in 025."""
MOTIVE = "ZZ"
"""Of 051: why is said in words."""
ON_PAPER, OF_GOODS = "0", "1"
"""What 060 tells: documents are asked for, or goods are looked at."""

Acting = Callable[[Work], MovementRow | Refusal]


def telling(
    work: Work, reference: str, act: Acting, *, trader: str = "", place: str = ""
) -> tuple[MovementRow | Refusal, tuple[Answer, ...]]:
    """Do something about a movement, and say what its traders are told of it.

    trader: at the destination; the holder if it is left out. place: of an incident, a code of UN/LOCODE;
    without it no incident is told.
    """
    before = work.memory.customs.movement(reference)
    row = act(work)
    if isinstance(before, Refusal):
        return row, ()
    if isinstance(row, Refusal):
        return row, (not_secured(work, before, row),) if row.reason.startswith("GU") else ()
    return row, tuple(_answers(work, before, row, trader or row.holder, place))


def accepted(work: Work, row: MovementRow) -> tuple[Answer, ...]:
    """928 and 028: a declaration has been received, and has an MRN."""
    office, day = row.body.departure_office, date.fromisoformat(row.accepted_on)
    return (
        Acknowledged(header(work, row, "928"), office, holder(row), row.lrn, row.mrn),
        MrnAllocated(header(work, row, "028"), row.lrn, row.mrn, day, office, holder(row)),
    )


def not_secured(work: Work, row: MovementRow, refusal: Refusal) -> Answer:
    """055: the guarantee cannot be used."""
    reasons = ((f"G{refusal.reason[2:]}", f"{refusal.what} {refusal.cure}"),)
    return GuaranteeNotValid(
        header(work, row, "055"),
        row.mrn,
        date.fromisoformat(row.accepted_on),
        row.body.departure_office,
        holder(row),
        (InvalidGuarantee(row.grn, reasons),),
    )


def control(
    work: Work,
    reference: str,
    actor: str,
    controls: tuple[Control, ...],
    documents: tuple[tuple[str, str], ...],
) -> tuple[MovementRow | Refusal, tuple[Answer, ...]]:
    """060: an officer of the member of departure looks at goods, or asks for documents, before their release.

    Refused: TW01, RO01; TN02 they have set out.
    """
    row = work.memory.customs.movement(reference)
    unfit = row if isinstance(row, Refusal) else allowed(work, actor, Act.CONTROL, row.departure)
    if isinstance(row, Refusal) or unfit is not None:
        return unfit or row, ()
    if row.body.status not in (Status.DECLARED, Status.RESERVED):
        what = f"{reference} is {row.status}: it cannot be controlled at departure now."
        return Refusal("TN02", what, "Take down what is found where the goods are.", "status"), ()
    told = ", ".join([*(each.type for each in controls), *(kind for kind, _ in documents)])
    work.act("control_transit", reference, told, actor)
    kind, office = OF_GOODS if controls else ON_PAPER, row.body.departure_office
    head = header(work, row, "060")
    answer = ControlDecided(head, work.now_ns, kind, office, holder(row), "", row.mrn, controls, documents)
    return row, (answer,)


def header(work: Work, row: MovementRow, number: str) -> Header:
    """Who tells it: customs of departure, in answer to the declaration."""
    declared = declared_in(row)
    to, answered = (declared.header.sender, declared.header.id) if declared else (row.holder, "")
    identity = f"{row.mrn}-{number}-{work.now_ns // NANOSECONDS}"
    return Header(f"NTA.{row.departure}", to, work.now_ns, identity, answered)


def holder(row: MovementRow) -> Trader:
    """The holder as the declaration names it."""
    declared = declared_in(row)
    return declared.holder if declared else Trader(row.holder)


def declared_in(row: MovementRow) -> TransitDeclaration | None:
    """The declaration that is kept; None if it came as plain facts."""
    found = read(row.declared) if row.declared else None
    return found if isinstance(found, TransitDeclaration) else None


def _answers(work: Work, before: MovementRow, row: MovementRow, trader: str, place: str) -> list[Answer]:
    answers: list[Answer] = []
    news = row.body.incidents[len(before.body.incidents) :]
    if news and place:
        office = row.body.here.office if row.body.here else row.body.departure_office
        notices = tuple(_notice(each, place) for each in news)
        head = header(work, row, "182")
        departure = row.body.departure_office
        answers.append(IncidentForwarded(head, row.mrn, work.now_ns, departure, office, notices))
    if before.status == row.status:
        return answers
    body, day = row.body, day_in(work, row.departure)
    match body.status:
        case Status.RELEASED if row.declared:
            accepted_on = date.fromisoformat(row.accepted_on)
            head = header(work, row, "029")
            answers.append(ReleasedForTransit(head, row.mrn, accepted_on, day, row.declared, row.lrn))
        case Status.REJECTED:
            head, office, text = header(work, row, "051"), body.departure_office, body.ended_for
            made = NotReleased(head, row.mrn, body.declared_at, MOTIVE, text, office, holder(row))
            answers.append(made)
        case Status.ARRIVED:
            accepted_on = date.fromisoformat(row.accepted_on)
            head, office = header(work, row, "043"), body.arrived_office
            answers.append(UnloadingPermitted(head, row.mrn, office, trader, accepted_on, row.declared))
        case Status.UNLOADED if body.result:
            indicator = IN_PART if body.result.lacking_minor else IN_FULL
            there = day_in(work, body.arrived_office[:COUNTRY])
            head, office = header(work, row, "025"), body.arrived_office
            answers.append(GoodsReleased(head, row.mrn, there, indicator, office, trader))
        case Status.DISCHARGED:
            head, office = header(work, row, "045"), body.departure_office
            answers.append(WrittenOff(head, row.mrn, day, office, holder(row)))
        case _:
            pass
    return answers


def _notice(incident: Incident, place: str) -> IncidentNotice:
    text = incident.text or str(incident.kind).replace("_", " ")
    return IncidentNotice(INCIDENTS[incident.kind], text, incident.member, place)
