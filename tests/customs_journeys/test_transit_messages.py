"""Messages of NCTS at work: each does what it says, and every answer keeps to its schema."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from transit_union import HOLDER, OFFICES, TransitUnion

from tasviya.core.errors import Refusal
from tasviya.customs.formats import reading
from tasviya.customs.formats.ncts.answers import Answer, Control
from tasviya.customs.formats.ncts.schema import opened
from tasviya.customs.formats.ncts.writing import WRITERS, write
from tasviya.customs.transit import IncidentKind
from tasviya.services.transit import discharge, reject, release, secure
from tasviya.services.transit_answers import control, telling
from tasviya.services.transit_messages import Received, receive
from tasviya.services.transit_way import enter, report

sys.path.insert(0, str(Path(__file__).parent.parent / "customs"))

from transit_made_up import ARRIVAL, DECLARED, GRN, LOCATION, MRN, REMARKS, message

CODE = "Q7x2"


@pytest.fixture
def union(tmp_path: Path) -> TransitUnion:
    """The union of three customs at 10:30 UTC."""
    made = TransitUnion(tmp_path)
    made.at("10:30").settle()
    return made


def declaration(grn: str, *changes: tuple[str, str]) -> bytes:
    """A declaration from KZ through OM to IN, 3,000.00 KZT to be covered."""
    text = DECLARED.replace(GRN, grn).replace("TM000204", OFFICES[2]).replace("UZ000300", OFFICES[1])
    text = text.replace("<currency>EUR<", "<currency>KZT<")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def numbers(answers: tuple[Answer, ...]) -> list[str]:
    """The types of answers, each of which is a message that its schema takes."""
    found = []
    for each in answers:
        raw = write(each)
        assert isinstance(raw, bytes), raw
        name, _ = WRITERS[type(each)]
        assert not isinstance(opened(raw, (name,)), list)
        found.append(name[2:5])
    return found


def sent(union: TransitUnion, raw: bytes, actor: str = HOLDER, lacking: int | None = None) -> Received:
    got: list[Received] = []
    union._do(lambda work: got.append(receive(work, raw, actor, lacking)))
    return got[0]


def told(union: TransitUnion, mrn: str, act: Callable[..., Any], **facts: str) -> list[str]:
    """What is answered to an act that is done."""
    row, answers = union._do(lambda work: telling(work, mrn, act, **facts))
    assert not isinstance(row, Refusal), row
    return numbers(answers)


def accepted(union: TransitUnion, *changes: tuple[str, str]) -> str:
    grn = union.guaranteed(3_000_00, access_code=CODE).grn
    received = sent(union, declaration(grn, *changes))
    assert received.row is not None and received.refusals == (), received.refusals
    return received.row.mrn


def test_a_movement_from_message_to_message(union: TransitUnion) -> None:
    mrn = accepted(union)
    assert union.movement(mrn)["status"] == "reserved"
    officer, there = {"actor": "KZ.officer.1"}, {"actor": "OM.officer.1"}
    assert told(union, mrn, partial(release, reference=mrn, **officer)) == ["029"]
    crossing = partial(enter, reference=mrn, office=OFFICES[1], seals_seen=("S-100",), **there)
    assert told(union, mrn, crossing, place="OMMCT") == ["182"]
    accident = partial(report, reference=mrn, kind=IncidentKind.ACCIDENT, actor=HOLDER)
    assert told(union, mrn, accident) == [], "nobody has said where"
    union.at("10:30", "2026-10-08").settle()
    arrival = ARRIVAL.replace(MRN, mrn).replace("TM000204", OFFICES[2])
    arrived = sent(union, message("CC007C", arrival), "IN.officer.1")
    assert (arrived.refusals, numbers(arrived.answers)) == ((), ["043"])
    assert union.movement(mrn)["arrived"] == f"{OFFICES[2]} 2026-10-08T10:00:00.000Z"
    remarks = REMARKS.replace(MRN, mrn).replace("TM000204", OFFICES[2]).replace("<conform>0", "<conform>1")
    unloaded = sent(union, message("CC044C", remarks), "IN.officer.1")
    assert (unloaded.refusals, numbers(unloaded.answers)) == ((), ["025"])
    assert told(union, mrn, partial(discharge, reference=mrn, **officer)) == ["045"]


def test_what_is_lacking_is_said_in_money_with_the_message(union: TransitUnion) -> None:
    mrn = accepted(union)
    told(union, mrn, partial(release, reference=mrn, actor="KZ.officer.1"))
    union.at("10:30", "2026-10-08").settle()
    arrival = ARRIVAL.replace(MRN, mrn).replace("TM000204", OFFICES[2])
    sent(union, message("CC007C", arrival), "IN.officer.1")
    raw = message("CC044C", REMARKS.replace(MRN, mrn).replace("TM000204", OFFICES[2]))
    silent = sent(union, raw, "IN.officer.1")
    assert ([each.reason for each in silent.refusals], numbers(silent.answers)) == (["TW07"], ["906"])
    unloaded = sent(union, raw, "IN.officer.1", 12_50)
    assert (unloaded.refusals, numbers(unloaded.answers)) == ((), ["025"])
    union.at("10:45")
    again = sent(union, raw, "IN.officer.1", 12_50)
    assert (again.refusals, again.answers) == ((), ())
    other = sent(union, raw, "IN.officer.1", 12_51)
    assert [each.reason for each in other.refusals] == ["TN02"]
    assert union.movement(mrn)["found"] == "Two rolls are lacking"
    assert union.movement(mrn)["lacking"] == "12.50"


def test_a_declaration_is_acknowledged_and_gets_its_number(union: TransitUnion) -> None:
    grn = union.guaranteed(3_000_00, access_code=CODE).grn
    first, again = (sent(union, declaration(grn)) for _ in range(2))
    assert numbers(first.answers) == numbers(again.answers) == ["928", "028"]
    assert first.row is not None and again.row is not None
    assert (first.row.mrn, first.row.status) == (again.row.mrn, "reserved")
    assert union.line(grn) == (0, 3_000_00, 0)


def test_access_code_is_not_kept(union: TransitUnion) -> None:
    mrn = accepted(union)
    row = union.ok(lambda work: work.memory.customs.movement(mrn))
    assert CODE.encode() not in row.declared and b"ORDA-77" in row.declared


def test_guarantee_that_is_short_is_told_and_may_be_amended(union: TransitUnion) -> None:
    short = union.guaranteed(2_999_99, access_code=CODE).grn
    received = sent(union, declaration(short))
    assert numbers(received.answers) == ["928", "028", "055"]
    assert [each.reason for each in received.refusals] == ["GU06"]
    row = received.row
    assert row is not None and union.movement(row.mrn)["status"] == "declared"
    other = union.guaranteed(3_000_00, access_code=CODE).grn
    changes = (
        ("CC015C", "CC013C"),
        ("<LRN>ORDA-77</LRN>", f"<MRN>{row.mrn}</MRN>"),
        ("1</bindingItinerary>", "1</bindingItinerary><amendmentTypeFlag>1</amendmentTypeFlag>"),
    )
    amended = sent(union, declaration(other, *changes))
    assert (amended.refusals, amended.answers) == ((), ())
    assert union.line(other) == (0, 3_000_00, 0)
    assert told(union, row.mrn, partial(release, reference=row.mrn, actor="KZ.officer.1")) == ["029"]


def test_amendment_of_another_departure_is_refused(union: TransitUnion) -> None:
    short = union.guaranteed(2_999_99, access_code=CODE).grn
    mrn = sent(union, declaration(short)).row.mrn  # type: ignore[union-attr]
    changes = (
        ("CC015C", "CC013C"),
        ("<LRN>ORDA-77</LRN>", f"<MRN>{mrn}</MRN>"),
        ("1</bindingItinerary>", "1</bindingItinerary><amendmentTypeFlag>0</amendmentTypeFlag>"),
        ("KZ398001", "KZ398002"),
    )
    refused = sent(union, declaration(short, *changes))
    assert ([each.reason for each in refused.refusals], numbers(refused.answers)) == (["DN07"], ["056"])
    unknown = sent(union, declaration(short, *changes[:1], (changes[1][0], f"<MRN>{MRN}</MRN>"), changes[2]))
    assert ([each.reason for each in unknown.refusals], numbers(unknown.answers)) == (["TW01"], ["056"])


def test_goods_that_were_declared_ahead_are_presented(union: TransitUnion) -> None:
    mrn = accepted(union, ("<additionalDeclarationType>A", "<additionalDeclarationType>D"))
    early = union._do(lambda work: release(work, mrn, "KZ.officer.1"))
    assert isinstance(early, Refusal) and early.reason == "TW04"
    inside = f"""<TransitOperation><LRN>ORDA-77</LRN></TransitOperation>
<CustomsOfficeOfDeparture><referenceNumber>KZ398001</referenceNumber></CustomsOfficeOfDeparture>
<HolderOfTheTransitProcedure><identificationNumber>{HOLDER}</identificationNumber>
</HolderOfTheTransitProcedure><Consignment>{LOCATION}<HouseConsignment><sequenceNumber>1</sequenceNumber></HouseConsignment>
</Consignment>"""
    presented = sent(union, message("CC170C", inside))
    assert presented.refusals == ()
    assert told(union, mrn, partial(release, reference=mrn, actor="KZ.officer.1")) == ["029"]


CANCELLED = """<TransitOperation>{named}</TransitOperation>
<Invalidation><requestDateAndTime>2026-09-29T09:00:00</requestDateAndTime>
<initiatedByCustoms>0</initiatedByCustoms><justification>sold otherwise</justification></Invalidation>
<CustomsOfficeOfDeparture><referenceNumber>KZ398001</referenceNumber></CustomsOfficeOfDeparture>
<HolderOfTheTransitProcedure><identificationNumber>KZ-ORDA</identificationNumber>
</HolderOfTheTransitProcedure>"""


def test_cancelled_by_message_once(union: TransitUnion) -> None:
    mrn = accepted(union)
    raw = message("CC014C", CANCELLED.format(named=f"<MRN>{mrn}</MRN>"))
    assert sent(union, raw).refusals == ()
    assert union.movement(mrn)["ended_for"] == "sold otherwise"
    again = sent(union, raw)
    assert ([each.reason for each in again.refusals], numbers(again.answers)) == (["TN01"], ["056"])


@pytest.mark.parametrize("named", ["<LRN>NONE-1</LRN>", f"<MRN>{MRN}</MRN>"])
def test_what_nobody_knows_is_not_cancelled(union: TransitUnion, named: str) -> None:
    received = sent(union, message("CC014C", CANCELLED.format(named=named)))
    assert ([each.reason for each in received.refusals], numbers(received.answers)) == (["TW01"], ["056"])


def test_arrival_of_what_nobody_knows_is_answered_by_the_office_of_destination(union: TransitUnion) -> None:
    received = sent(union, message("CC007C", ARRIVAL), "IN.officer.1")
    assert ([each.reason for each in received.refusals], numbers(received.answers)) == (["TW01"], ["906"])


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (b"<no", "917"),
        (b"<CC015C/>", "917"),
        (declaration("26KZ0000000000019"), "906"),
        (DECLARED.replace("<messageSender>KZ-ORDA<", "<messageSender><").encode(), "917"),
    ],
    ids=["no XML", "another namespace", "a wrong check digit", "against the schema"],
)
def test_what_is_no_message_is_told_why(union: TransitUnion, raw: bytes, number: str) -> None:
    received = sent(union, raw)
    assert received.row is None and received.refusals
    assert numbers(received.answers) == [number]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ((("KZ-ORDA", "KZ-OTHER"),), "RO01"),
        ((("<currency>KZT<", "<currency>CHF<"),), "GU11"),
        ((("OM000300", "TM000300"),), "CU03"),
        ((("<security>0", "<security>7"),), "TW02"),
        ((("<amountToBeCovered>3000.00", "<amountToBeCovered>0"),), "TW03"),
        ((("<limitDate>2026-10-09", "<limitDate>2026-09-28"),), "TN10"),
    ],
    ids=["another's name", "no rate", "no member", "no such safety data", "no stake", "too late"],
)
def test_declaration_that_cannot_be_accepted_is_rejected(
    union: TransitUnion, changes: tuple[tuple[str, str], ...], code: str
) -> None:
    received = sent(union, declaration(union.guaranteed().grn, *changes))
    assert ([each.reason for each in received.refusals], numbers(received.answers)) == ([code], ["056"])
    assert received.row is None


def test_officer_asks_for_documents_and_does_not_release(union: TransitUnion) -> None:
    mrn = accepted(union)
    controls, documents = (Control("10", "weigh"),), (("N380", "invoice"),)
    row, answers = union._do(lambda work: control(work, mrn, "KZ.officer.1", controls, documents))
    assert not isinstance(row, Refusal) and numbers(answers) == ["060"]
    assert told(union, mrn, partial(reject, reference=mrn, actor="KZ.officer.1", reason="no")) == ["051"]


def test_facts_without_a_message_are_answered_too(union: TransitUnion) -> None:
    grn = union.guaranteed().grn
    mrn = union.declared(grn).mrn
    union.ok(lambda work: secure(work, mrn, HOLDER))
    assert told(union, mrn, partial(release, reference=mrn, actor="KZ.officer.1")) == []


def test_declaration_for_transit_is_recognised_among_declarations() -> None:
    found = reading.read(DECLARED.encode())
    assert not isinstance(found, list)
    assert (found.declaration.kind, found.declaration.lrn) == ("transit", "ORDA-77")
