"""Messages of NCTS that traders send, at work: each does what it says, or is answered with why not.

    015 declares and secures    013 amends and secures    014 cancels    170 presents
    007 arrives                 044 unloads

What is no message is answered by 917 or 906; a message that is refused, by 056 from the office of departure,
by 906 from that of destination; a guarantee that cannot be used, by 055, and the movement stays declared.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.customs.formats.ncts.amending import check as check_amendment
from tasviya.customs.formats.ncts.answers import (
    Answer,
    FunctionalErrors,
    Rejected,
    XmlErrors,
    functional_error,
    xml_error,
)
from tasviya.customs.formats.ncts.carrying import without_access_codes
from tasviya.customs.formats.ncts.messages import (
    Arrival,
    Cancellation,
    Header,
    Message,
    Presentation,
    Trader,
    TransitDeclaration,
    UnloadingRemarks,
)
from tasviya.customs.formats.ncts.reading import read
from tasviya.customs.formats.ncts.schema import LIMITS
from tasviya.customs.formats.reading import beginning
from tasviya.customs.movement import MovementRow
from tasviya.messages.xml import FAILURES
from tasviya.messages.xml import read as read_xml
from tasviya.services.transit import Declared, amend, cancel, declare, present, secure
from tasviya.services.transit_answers import Acting, accepted, declared_in, holder, not_secured, telling
from tasviya.services.transit_way import arrive, unload
from tasviya.services.work import Work

OF_XML = frozenset(FAILURES) | {"DN01", "DN02", "DN03"}
"""What 917 tells."""
AHEAD = "D"
"""The additional type of a declaration whose goods are presented later."""
WITH_ERRORS = "12"
"""The code of a rejection that lists errors."""


class Received(NamedTuple):
    """What a message came to: its movement, if there is one; why it was refused; and the answers."""

    row: MovementRow | None
    refusals: tuple[Refusal, ...]
    answers: tuple[Answer, ...]


def receive(work: Work, raw: bytes, actor: str, lacking_minor: int | None = None) -> Received:
    """Do what a message says. actor: who sends it, with a role of their own or as the holder.

    lacking_minor: of 044, duty and tax on what is not there, minor units of the guarantee's currency; None:
    nobody has said, which is refused (TW07) where the goods are not as declared.
    """
    message = read(raw)
    if isinstance(message, list):
        return _unread(work, raw, message, actor)
    number = beginning(raw)[3:6]
    if isinstance(message, TransitDeclaration):
        return _declares(work, raw, message, actor, number)
    row = _named(work, message, actor)
    if isinstance(row, Refusal):
        return _refused(work, raw, message, number, None, [row])
    found, answers = _does(work, row, message, actor, lacking_minor)
    if isinstance(found, Refusal):
        return _refused(work, raw, message, number, row, [found])
    return Received(found, (), answers)


def declared(message: TransitDeclaration, raw: bytes) -> Declared | Refusal:
    """What a declaration (015) or an amendment (013) declares.

    Refused: TW02 it names no guarantee, or several: a movement is secured by one.
    """
    used = [each for each in message.guarantees if each.grn]
    if len(used) != 1:
        named = ", ".join(each.grn for each in used) or "none"
        what = f"The declaration names {len(used)} guarantees by their reference: {named}."
        return Refusal(
            "TW02", what, "Name one that covers the whole movement.", "Guarantee/GuaranteeReference"
        )
    return Declared(
        lrn=message.declaration.lrn,
        holder=message.holder.id or message.holder.tir,
        offices=(message.departure, *(each.office for each in message.transit), message.destination),
        grn=used[0].grn,
        security=message.security,
        limit_on=message.limit_on,
        seals=message.seals,
        goods=message.declaration,
        named=used[0].amount,
        body=without_access_codes(raw),
        digest=sha256(raw).digest(),
        ahead=message.additional_type == AHEAD,
    )


def _declares(work: Work, raw: bytes, message: TransitDeclaration, actor: str, number: str) -> Received:
    """015 and 013: taken in, and secured by the guarantee with its access code."""
    facts = declared(message, raw)
    if isinstance(facts, Refusal):
        return _refused(work, raw, message, number, None, [facts])
    answers: tuple[Answer, ...] = ()
    known = work.memory.customs.movement_of(facts.holder, facts.lrn)
    if number == "015":
        row = declare(work, facts, actor)
        if not isinstance(row, Refusal):
            answers = accepted(work, row)
    else:
        amended = _amended(work, message, facts, actor)
        if isinstance(amended, list):
            return _refused(work, raw, message, number, None, amended)
        row = amended
    if isinstance(row, Refusal):
        return _refused(work, raw, message, number, None, [row])
    if known is not None and row.body.status != "declared":
        return Received(row, (), answers)  # the same again, which has been secured
    code = next(each.access_code for each in message.guarantees if each.grn)
    held = secure(work, row.mrn, actor, code)
    if isinstance(held, Refusal):
        return Received(row, (held,), (*answers, not_secured(work, row, held)))
    return Received(held, (), answers)


def _amended(
    work: Work, message: TransitDeclaration, facts: Declared, actor: str
) -> MovementRow | Refusal | list[Refusal]:
    row = _named(work, message, actor)
    if isinstance(row, Refusal):
        return row
    before = declared_in(row)
    broken = check_amendment(before, message) if before else []
    return broken or amend(work, row.mrn, replace(facts, lrn=row.lrn, holder=row.holder), actor)


def _does(
    work: Work, row: MovementRow, message: Message, actor: str, lacking_minor: int | None
) -> tuple[MovementRow | Refusal, tuple[Answer, ...]]:
    trader = ""
    act: Acting
    match message:
        case Cancellation(reason=reason):
            act = partial(cancel, reference=row.mrn, actor=actor, reason=reason)
        case Presentation():
            act = partial(present, reference=row.mrn, actor=actor)
        case Arrival(office=office, at=at, trader=trader):
            act = partial(arrive, reference=row.mrn, office=office, actor=actor, at=at)
        case UnloadingRemarks(trader=trader):
            told = (
                message.remark or message.other or ("as declared" if message.conform else "not as declared")
            )
            if lacking_minor is None and not message.conform:
                what = f"The goods of {row.mrn} are not as declared: {told:.80}."
                cure = "Say what duty and tax is on what is lacking, or 0: --lacking."
                return Refusal("TW07", what, cure, "UnloadingRemark/conform"), ()
            at = row.body.result.at if row.body.result else 0  # the same again is no second result
            minor = lacking_minor or 0
            act = partial(unload, reference=row.mrn, actor=actor, at=at, lacking_minor=minor, remark=told)
        case _:
            raise InvariantBroken(f"{type(message).__name__} is told apart before")
    return telling(work, row.mrn, act, trader=trader)


def _named(work: Work, message: Message, actor: str) -> MovementRow | Refusal:
    """The movement that a message names, by MRN, or by its holder's number."""
    of: Any = message.declaration if isinstance(message, TransitDeclaration) else message
    if of.mrn:
        return work.memory.customs.movement(of.mrn)
    who = getattr(message, "holder", None)
    owner = (who.id or who.tir) if isinstance(who, Trader) else actor
    found = work.memory.customs.movement_of(owner, of.lrn)
    if found is None:
        what = f"{owner} has declared nothing for transit under {of.lrn:.40}."
        return Refusal(
            "TW01", what, "Give the MRN, or the number as it was declared.", "TransitOperation/LRN"
        )
    return found


def _refused(
    work: Work, raw: bytes, message: Message, number: str, row: MovementRow | None, why: list[Refusal]
) -> Received:
    errors = tuple(functional_error(each) for each in why)
    of: Any = message.declaration if isinstance(message, TransitDeclaration) else message
    lrn, mrn = getattr(of, "lrn", ""), of.mrn
    if isinstance(message, Arrival | UnloadingRemarks):
        told: Answer = FunctionalErrors(_header(work, raw, "906", message.header), errors, "", mrn)
        return Received(row, tuple(why), (told,))
    office = message.departure if isinstance(message, TransitDeclaration) else message.office
    who = getattr(message, "holder", None)
    trader = who if isinstance(who, Trader) else holder(row) if row else Trader(message.header.sender[:17])
    head, reason = _header(work, raw, "056", message.header), f"{why[0].what} {why[0].cure}"
    named = "" if mrn else lrn
    told = Rejected(head, number, work.now_ns, WITH_ERRORS, office, trader, named, mrn, reason, errors)
    return Received(row, tuple(why), (told,))


def _unread(work: Work, raw: bytes, why: list[Refusal], actor: str) -> Received:
    root = read_xml(raw, LIMITS)
    sender = "" if isinstance(root, Refusal) else root.findtext("messageSender", "").strip()
    identity = "" if isinstance(root, Refusal) else root.findtext("messageIdentification", "").strip()
    given = Header(sender[:35] or actor or "unknown", "", 0, identity[:35])
    if any(each.reason in OF_XML for each in why):
        broken = tuple(xml_error(each) for each in why)
        return Received(None, tuple(why), (XmlErrors(_header(work, raw, "917", given), broken),))
    errors = tuple(functional_error(each) for each in why)
    return Received(None, tuple(why), (FunctionalErrors(_header(work, raw, "906", given), errors),))


def _header(work: Work, raw: bytes, number: str, given: Header) -> Header:
    """Of an answer to a message that changed nothing: the same again is answered under the same id."""
    identity = f"{number}-{sha256(raw).hexdigest()[:24]}"
    return Header(given.recipient or "NTA", given.sender, work.now_ns, identity, given.id)
