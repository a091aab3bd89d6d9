"""Messages that customs answer with in NCTS: each is valid against its schema, and loses nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from transit_made_up import DECLARED, GRN, MRN

from tasviya.core.clock import instant_of
from tasviya.core.errors import Refusal
from tasviya.customs.formats.ncts.answers import (
    Acknowledged,
    Answer,
    Control,
    ControlDecided,
    FunctionalError,
    FunctionalErrors,
    GoodsReleased,
    GuaranteeNotValid,
    IncidentForwarded,
    IncidentNotice,
    InvalidGuarantee,
    MrnAllocated,
    NotReleased,
    Rejected,
    ReleasedForTransit,
    UnloadingPermitted,
    WrittenOff,
    XmlError,
    XmlErrors,
    functional_error,
    xml_error,
)
from tasviya.customs.formats.ncts.messages import Address, Header, Trader
from tasviya.customs.formats.ncts.reading import read
from tasviya.customs.formats.ncts.schema import READ, WRITTEN, opened
from tasviya.customs.formats.ncts.writing import WRITERS, write

NOON = instant_of("2026-10-01T12:00:00Z")
DAY = date(2026, 10, 1)
HEADER = Header("NTA.KZ", "KZ-ORDA", NOON, "R-1", "M-1")
HOLDER = Trader("KZ-ORDA", name="Orda Trans", address=Address("Abai 12", "Almaty", "KZ", "050000"))
NOTICE = IncidentNotice(
    "3", "Engine fire, goods moved", "UZ", "UZTAS", "MSCU6639871", ("S-200",), ("30", "01A777", "UZ")
)
SEALED = replace(NOTICE, means=None, seals=(), container="")
WEIGH = Control("10", "Weigh")
BROKEN = (FunctionalError("/CC015C/TransitOperation", "14", "DN05", "as sent"),)
ANSWERS: tuple[Answer, ...] = (
    GoodsReleased(HEADER, MRN, DAY, "1", "TM000204", "TM-BALKAN"),
    MrnAllocated(HEADER, "ORDA-77", MRN, DAY, "KZ398001", HOLDER),
    ReleasedForTransit(HEADER, MRN, DAY, DAY, DECLARED.encode()),
    UnloadingPermitted(HEADER, MRN, "TM000204", "TM-BALKAN", DAY, DECLARED.encode(), (NOTICE,), 1),
    UnloadingPermitted(HEADER, MRN, "TM000204", "TM-BALKAN"),
    WrittenOff(HEADER, MRN, DAY, "KZ398001", HOLDER, Trader("KZ-ALTYN")),
    WrittenOff(HEADER, MRN, DAY, "KZ398001", HOLDER),
    NotReleased(HEADER, MRN, NOON, "B1", "Not as declared", "KZ398001", HOLDER),
    GuaranteeNotValid(
        HEADER,
        MRN,
        DAY,
        "KZ398001",
        HOLDER,
        (
            InvalidGuarantee(GRN, (("G03", "0.01 EUR is lacking"), ("G04", ""))),
            InvalidGuarantee(GRN, (("G01", ""),)),
        ),
    ),
    Rejected(HEADER, "015", NOON, "12", "KZ398001", HOLDER, lrn="ORDA-77", reason="Rules", errors=BROKEN),
    ControlDecided(HEADER, NOON, "0", "KZ398001", HOLDER, "ORDA-77", MRN, (WEIGH,), (("N380", "Invoice"),)),
    IncidentForwarded(HEADER, MRN, NOON, "KZ398001", "UZ000300", (NOTICE, SEALED)),
    FunctionalErrors(HEADER, BROKEN, "ORDA-77", MRN),
    XmlErrors(HEADER, (XmlError(4, 0, "51", "Not of the pattern", "/CC015C/messageSender"),), "ORDA-77"),
    Acknowledged(HEADER, "KZ398001", HOLDER, "ORDA-77", MRN),
    Acknowledged(HEADER, "KZ398001", Trader(tir="KZ-TIR-1"), "ORDA-77"),
)


def tree(answer: Answer) -> etree._Element:
    raw = write(answer)
    assert isinstance(raw, bytes), raw
    found = opened(raw, WRITTEN)
    assert not isinstance(found, list), found
    assert found.type == WRITERS[type(answer)][0]
    return found.root


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda each: type(each).__name__)
def test_every_answer_is_valid_and_says_who_answers_what(answer: Answer) -> None:
    root = tree(answer)
    assert [
        root.findtext(name) for name in ("messageSender", "messageRecipient", "correlationIdentifier")
    ] == [
        "NTA.KZ",
        "KZ-ORDA",
        "M-1",
    ]
    assert root.findtext("preparationDateAndTime") == "2026-10-01T12:00:00"
    assert write(answer) == write(answer)


def test_every_message_that_is_written_has_a_case() -> None:
    assert {name for name, _ in WRITERS.values()} == set(WRITTEN)
    assert {type(each) for each in ANSWERS} == set(WRITERS)


def test_facts_stand_where_they_belong() -> None:
    allocated = tree(ANSWERS[1])
    assert allocated.findtext("TransitOperation/MRN") == MRN
    assert allocated.findtext("HolderOfTheTransitProcedure/Address/city") == "Almaty"
    invalid = tree(ANSWERS[8])
    assert [each.text for each in invalid.iterfind("GuaranteeReference/InvalidGuaranteeReason/code")] == [
        "G03",
        "G04",
        "G01",
    ]
    told = tree(ANSWERS[11])
    assert told.findtext("Consignment/Incident/Transhipment/TransportMeans/identificationNumber") == "01A777"
    assert told.findtext("CustomsOfficeOfIncidentRegistration/referenceNumber") == "UZ000300"


def leaves(element: etree._Element) -> list[tuple[str, str]]:
    """Every text below an element with its name, in order."""
    return [(str(each.tag), (each.text or "").strip()) for each in element.iter() if not len(each)]


def test_release_for_transit_carries_the_declaration_over() -> None:
    """All of the consignment and the parties, but the access code; one figure has no place in 029."""
    root, sent = tree(ANSWERS[2]), etree.fromstring(DECLARED)
    goods, declared = root.find("Consignment"), sent.find("Consignment")
    assert goods is not None and declared is not None
    added = [("containerIndicator", "1"), ("PlaceOfLoading", "")]
    assert [each for each in leaves(goods) if each not in added] == [
        each for each in leaves(declared) if each[0] != "supplementaryUnits"
    ]
    assert root.find("Guarantee/GuaranteeReference/accessCode") is None
    assert b"Q7x2" not in etree.tostring(root)
    for name in ("HolderOfTheTransitProcedure", "CustomsOfficeOfTransitDeclared"):
        one, other = root.find(name), sent.find(name)
        assert one is not None and other is not None and leaves(one) == leaves(other)
    assert root.findtext("TransitOperation/LRN") == "ORDA-77"
    assert root.findtext("TransitOperation/bindingItinerary") == "1"


def test_every_element_of_a_declaration_is_carried_over() -> None:
    every = (Path(__file__).parent / "data" / "ncts5" / "made_up_every_element_cc015c.xml").read_bytes()
    sent = etree.fromstring(every)
    root = tree(replace(ANSWERS[2], declared=every))
    gone = {"supplementaryUnits", "accessCode", "limitDate", "presentationOfTheGoodsDateAndTime"}
    kept = [text for group in sent if len(group) for text in leaves(group) if text[0] not in gone]
    assert len(kept) > 150 and set(kept) <= set(leaves(root))
    told = tree(replace(ANSWERS[3], declared=every))
    assert ("descriptionOfGoods", "1") in leaves(told) and told.find("Consignment/Carrier") is None


def test_what_a_declaration_says_of_containers_and_loading_stays() -> None:
    place = "<PlaceOfLoading><UNLocode>KZALA</UNLocode></PlaceOfLoading><HouseConsignment>"
    said = DECLARED.replace("<HouseConsignment>", place)
    said = said.replace(
        "    <grossMass>", "    <containerIndicator>0</containerIndicator>\n    <grossMass>", 1
    )
    root = tree(replace(ANSWERS[2], declared=said.encode()))
    assert root.findtext("Consignment/containerIndicator") == "0"
    assert root.findtext("Consignment/PlaceOfLoading/UNLocode") == "KZALA"


def test_permission_to_unload_carries_goods_and_incidents() -> None:
    root = tree(ANSWERS[3])
    assert root.findtext("Consignment/Incident/Location/UNLocode") == "UZTAS"
    item = "Consignment/HouseConsignment/ConsignmentItem"
    assert root.findtext(f"{item}/Commodity/CommodityCode/harmonizedSystemSubHeadingCode") == "520942"
    assert root.findtext(f"{item}/Packaging/numberOfPackages") == "400"
    assert root.find(f"{item}/PreviousDocument/numberOfPackages") is None
    assert root.findtext("Consignment/TransportEquipment/Seal/identifier") == "S-100"
    assert root.findtext("CTLControl/continueUnloading") == "1"


def test_a_declaration_that_is_none_is_not_carried_over() -> None:
    for answer in (ANSWERS[2], ANSWERS[3]):
        found = write(replace(answer, declared=b"<a/>"))
        assert isinstance(found, list) and found[0].reason == "DN01"


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        (replace(ANSWERS[1], mrn="26KZ"), "/CC028C/TransitOperation/MRN"),
        (replace(ANSWERS[1], lrn="L" * 23), "/CC028C/TransitOperation/LRN"),
        (replace(ANSWERS[1], holder=Trader(name="N" * 71)), "/CC028C/HolderOfTheTransitProcedure/name"),
        (replace(ANSWERS[0], office="TM"), "/CC025C/CustomsOfficeOfDestinationActual/referenceNumber"),
        (replace(ANSWERS[12], errors=()), "/CC906C"),
        (replace(ANSWERS[1], header=replace(HEADER, id="")), "/CC028C/messageType"),
    ],
)
def test_what_would_be_no_message_is_not_written(answer: Answer, where: str) -> None:
    found = write(answer)
    assert isinstance(found, list), found
    assert (found[0].reason, found[0].where) == ("DN06", where)


def test_refusals_of_a_message_are_told_as_functional_errors() -> None:
    found = read(DECLARED.replace("<currency>EUR", "<currency>EUX").encode())
    assert isinstance(found, list)
    errors = tuple(functional_error(each) for each in found)
    root = tree(FunctionalErrors(HEADER, errors, "ORDA-77"))
    assert root.findtext("FunctionalError/errorPointer") == "/CC015C/Guarantee/GuaranteeReference/currency"
    assert root.findtext("FunctionalError/errorReason") == "CR06"


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("<LRN>ORDA-77</LRN>", "", "15", 9),
        ("<security>0</security>", "<security>none</security>", "51", 11),
        ("<reducedDatasetIndicator>0<", "<reducedDatasetIndicator>2<", "12", 12),
        ("<referenceNumber>KZ398001<", "<referenceNumber>KZ<", "50", 16),
        ("0</security>", "0</securit>", "52", 11),
    ],
)
def test_refusals_of_the_schema_are_told_as_xml_errors_with_their_line(
    old: str, new: str, code: str, line: int
) -> None:
    assert old in DECLARED
    found = read(DECLARED.replace(old, new, 1).encode())
    assert isinstance(found, list)
    errors = tuple(xml_error(each) for each in found)
    assert code in {each.code for each in errors}, errors
    root = tree(XmlErrors(HEADER, errors, "ORDA-77"))
    assert root.findtext("XMLError/errorLineNumber") == str(line)
    assert root.findtext("XMLError/errorCode") == code


@given(st.text(max_size=600), st.text(max_size=600))
@settings(max_examples=150, deadline=None)
def test_whatever_the_words_they_are_written_or_refused(text: str, lrn: str) -> None:
    answers: tuple[Answer, ...] = (
        Rejected(HEADER, "015", NOON, "12", "KZ398001", HOLDER, lrn=lrn, reason=text),
        XmlErrors(HEADER, (xml_error(Refusal("DN02", text, lrn)),)),
        IncidentForwarded(HEADER, MRN, NOON, "KZ398001", "UZ000300", (replace(NOTICE, text=text),)),
    )
    for answer in answers:
        raw = write(answer)
        if isinstance(raw, bytes):
            assert not isinstance(opened(raw, WRITTEN), list)
        else:
            assert all(each.reason == "DN06" for each in raw)


def test_no_message_is_both_read_and_written() -> None:
    assert not set(READ) & set(WRITTEN)
