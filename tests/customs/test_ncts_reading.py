"""Messages that traders send to NCTS: published ones and made-up ones are read or refused as they should."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from transit_made_up import ARRIVAL, DECLARED, GRN, LOCATION, MRN, REMARKS, message

from tasviya.core.clock import instant_of
from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Amount, Document, Kind
from tasviya.customs.declaration_rules import check
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats import declaration_json
from tasviya.customs.formats.ncts import amending
from tasviya.customs.formats.ncts.messages import (
    Arrival,
    Cancellation,
    Crossing,
    Equipment,
    GuaranteeUse,
    Presentation,
    TransitDeclaration,
    UnloadedItem,
    UnloadingRemarks,
)
from tasviya.customs.formats.ncts.reading import read
from tasviya.customs.formats.ncts.schema import NCTS_CODES, READ, SIZE_MAX, WRITTEN, opened, schema
from tasviya.customs.mrn import MRN_CODES, grn
from tasviya.messages.xml import FAILURES

DATA = Path(__file__).parent / "data" / "ncts5"
KNOWN = {*NCTS_CODES, *MRN_CODES, *FAILURES, "CR06"}


def declared(raw: bytes) -> TransitDeclaration:
    found = read(raw)
    assert isinstance(found, TransitDeclaration), found
    return found


def refused(raw: bytes) -> list[Refusal]:
    found = read(raw)
    assert isinstance(found, list) and found, found
    assert all(each.reason in KNOWN and each.cure.endswith(".") and each.what for each in found), found
    return found


def changed(old: str, new: str) -> bytes:
    assert old in DECLARED
    return DECLARED.replace(old, new, 1).encode()


def test_a_declaration_for_transit() -> None:
    found = declared(DECLARED.encode())
    whole, (item,) = found.declaration, found.declaration.items
    assert (whole.lrn, whole.kind, whole.type, whole.mrn) == ("ORDA-77", Kind.TRANSIT, "T1", "")
    assert (found.departure, found.destination, whole.office) == ("KZ398001", "TM000204", "KZ398001")
    assert found.transit == (Crossing("UZ000300", instant_of("2026-10-03T18:00:00Z")),)
    assert found.itinerary == ("KZ", "UZ", "TM")
    assert found.guarantees == (GuaranteeUse("1", GRN, "Q7x2", Amount(300_000, "EUR")),)
    assert (found.security, found.limit_on) == (0, date(2026, 10, 9))
    assert (found.binding_itinerary, found.reduced) == (True, False)
    assert (found.holder.id, found.holder.name) == ("KZ-ORDA", "Orda Trans")
    assert (whole.declarant.address, whole.declarant.country) == ("Abai 12, 050000, Almaty", "KZ")
    assert (whole.importer.name, whole.importer.address) == ("Balkan Import", "Garashsyzlyk 1, Ashgabat")
    assert found.equipment == (Equipment("MSCU6639871", ("S-100", "S-101"), (1,)),)
    assert found.seals == ("S-100", "S-101") and found.routing == ("UZ",)
    assert (whole.gross_mass, whole.packages) == (12_500_500, 400)
    assert (whole.dispatch_country, whole.destination_country) == ("KZ", "TM")
    assert (item.goods, item.description) == ("52094200", "Denim")
    assert item.documents == (Document("N380", "INV-9", line=3),)
    assert item.previous == (Document("N830", "EX-5"),)
    assert found.header.prepared_at == instant_of("2026-10-01T08:30:00Z")
    assert check(whole) == []


def test_masses_finer_than_a_gram_are_rounded_and_told() -> None:
    """Net down and gross up: so net stays below gross, of an item and of the whole."""
    found = declared(DECLARED.encode())
    (item,) = found.declaration.items
    assert item.quantities == {Unit.KG: 12_000_123, Unit.KG_GROSS: 12_500_500}
    place = "/CC015C/Consignment/HouseConsignment/ConsignmentItem/Commodity/GoodsMeasure/netMass"
    assert found.rounded == (place,)
    found = declared(changed("<grossMass>12500.5</grossMass>", "<grossMass>12500.500001</grossMass>"))
    assert found.declaration.gross_mass == 12_500_501 and len(found.rounded) == 2


def test_what_has_no_field_is_told() -> None:
    left = declared(DECLARED.encode()).left_out
    assert "/CC015C/HolderOfTheTransitProcedure/ContactPerson/phoneNumber" in left
    assert "/CC015C/Consignment/HouseConsignment/ConsignmentItem/Packaging/typeOfPackages" in left
    assert not any(
        each.endswith(("MRN", "LRN", "GRN", "identifier", "harmonizedSystemSubHeadingCode")) for each in left
    )


def test_a_transit_declaration_comes_back_from_json_as_it_was() -> None:
    whole = declared(DECLARED.encode()).declaration
    written = declaration_json.write(whole)
    assert json.loads(written)["kind"] == "transit"
    assert declaration_json.read(written) == whole


def test_an_amendment_is_a_declaration_under_its_number() -> None:
    operation = f"<MRN>{MRN}</MRN>"
    raw = DECLARED.replace("CC015C", "CC013C").replace("<LRN>ORDA-77</LRN>", operation)
    flag = "<bindingItinerary>1</bindingItinerary><amendmentTypeFlag>1</amendmentTypeFlag>"
    raw = raw.replace("<bindingItinerary>1</bindingItinerary>", flag)
    found = declared(raw.encode())
    assert (found.declaration.mrn, found.declaration.lrn) == (MRN, "")
    assert found.amends_guarantee_only and check(found.declaration) == []
    for named in ("", f"<LRN>ORDA-77</LRN>{operation}"):
        (wrong,) = refused(raw.replace(operation, named).encode())
        assert wrong.reason == "DN05" and wrong.where.startswith("/CC013C/TransitOperation")


def amended(old: str, new: str, flag: int) -> list[tuple[str, str]]:
    """What the declaration's amendment, changed, is refused for."""
    assert old in DECLARED
    raw = DECLARED.replace(old, new, 1).replace("CC015C", "CC013C")
    told = f"<bindingItinerary>1</bindingItinerary><amendmentTypeFlag>{flag}</amendmentTypeFlag>"
    raw = raw.replace("<bindingItinerary>1</bindingItinerary>", told)
    found = amending.check(declared(DECLARED.encode()), declared(raw.encode()))
    return [(each.reason, each.where.removeprefix("/CC013C/")) for each in found]


@pytest.mark.parametrize("flag", [0, 1])
@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("<name>Orda Trans", "<name>Orda", "HolderOfTheTransitProcedure"),
        ("KZ398001<", "KZ398002<", "CustomsOfficeOfDeparture"),
        ("<declarationType>T1", "<declarationType>T2", "TransitOperation/declarationType"),
        ("Type>A<", "Type>D<", "TransitOperation/additionalDeclarationType"),
        ("<security>0", "<security>1", "TransitOperation/security"),
        (">520942<", ">520943<", "Consignment/HouseConsignment/ConsignmentItem/Commodity"),
        ("<LRN>ORDA-77", "<LRN>ORDA-78", "TransitOperation/LRN"),
    ],
)
def test_R0520_what_no_amendment_changes(flag: int, old: str, new: str, where: str) -> None:
    assert ("DN07", where) in amended(old, new, flag)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("12000.1239", "11999", "Consignment"),
        ("TM000204", "TM000205", "CustomsOfficeOfDestinationDeclared"),
        ("UZ000300", "UZ000301", "CustomsOfficeOfTransitDeclared"),
        ("S-101", "S-102", "Consignment/TransportEquipment"),
        ("2026-10-09", "2026-10-10", "TransitOperation/limitDate"),
    ],
)
def test_R0520_what_an_amendment_of_the_guarantee_alone_leaves(old: str, new: str, where: str) -> None:
    assert amended(old, new, 0) == []
    assert amended(old, new, 1) == [("DN07", where)]


def test_R0520_the_guarantee_is_amended_either_way() -> None:
    for flag in (0, 1):
        assert amended(GRN, grn(2026, "KZ", "32"), flag) == []
        assert amended("3000.00", "3100.00", flag) == []


def test_a_cancellation_names_its_movement_in_one_way() -> None:
    rest = """<Invalidation><requestDateAndTime>2026-10-01T09:00:00</requestDateAndTime>
    <initiatedByCustoms>0</initiatedByCustoms><justification>No truck</justification></Invalidation>
    <CustomsOfficeOfDeparture><referenceNumber>KZ398001</referenceNumber></CustomsOfficeOfDeparture>
    <HolderOfTheTransitProcedure><identificationNumber>KZ-ORDA</identificationNumber>
    </HolderOfTheTransitProcedure>"""
    found = read(message("CC014C", f"<TransitOperation><MRN>{MRN}</MRN></TransitOperation>{rest}"))
    assert isinstance(found, Cancellation)
    assert (found.mrn, found.lrn, found.office, found.reason) == (MRN, "", "KZ398001", "No truck")
    assert not found.by_customs and found.requested_at == instant_of("2026-10-01T09:00:00Z")
    both = f"<TransitOperation><LRN>ORDA-77</LRN><MRN>{MRN}</MRN></TransitOperation>"
    assert [each.reason for each in refused(message("CC014C", both + rest))] == ["DN05"]


def test_an_arrival() -> None:
    found = read(message("CC007C", ARRIVAL))
    assert isinstance(found, Arrival)
    assert (found.mrn, found.office, found.trader) == (MRN, "TM000204", "TM-BALKAN")
    assert (found.at, found.location) == (instant_of("2026-10-08T10:00:00Z"), "U TMASB")
    assert not found.simplified


def test_remarks_of_an_unloading() -> None:
    found = read(message("CC044C", REMARKS))
    assert isinstance(found, UnloadingRemarks)
    assert (found.mrn, found.on, found.remark) == (MRN, date(2026, 10, 8), "Two rolls are lacking")
    assert (found.conform, found.complete, found.seals_intact) == (False, True, True)
    assert found.items == (UnloadedItem(1, net_mass=11_940_500),) and found.gross_mass == 12_438_000
    before, _, _ = REMARKS.partition("<Consignment>")
    alone = read(message("CC044C", before.replace("<stateOfSeals>1</stateOfSeals>", "")))
    assert isinstance(alone, UnloadingRemarks) and alone.seals_intact is None and alone.items == ()


def test_a_presentation() -> None:
    inside = f"""<TransitOperation><LRN>ORDA-77</LRN><limitDate>2026-10-09</limitDate></TransitOperation>
    <CustomsOfficeOfDeparture><referenceNumber>KZ398001</referenceNumber></CustomsOfficeOfDeparture>
    <HolderOfTheTransitProcedure><identificationNumber>KZ-ORDA</identificationNumber>
    </HolderOfTheTransitProcedure><Consignment>{LOCATION}
    <HouseConsignment><sequenceNumber>1</sequenceNumber></HouseConsignment></Consignment>"""
    found = read(message("CC170C", inside))
    assert isinstance(found, Presentation)
    assert (found.lrn, found.mrn, found.limit_on) == ("ORDA-77", "", date(2026, 10, 9))
    assert (found.holder.id, found.location) == ("KZ-ORDA", "U TMASB")


# --- published messages -----------------------------------------------------------------------------


def test_published_messages_are_read() -> None:
    found = declared((DATA / "cc015c-valid.xml").read_bytes())
    assert (found.declaration.lrn, found.departure, found.destination) == (
        "DHbrfgDQJRm",
        "GB3KMA8M",
        "BN3KMA8M",
    )
    assert found.declaration.gross_mass == 4_380_979_244_528  # 4380979244.527545 kg
    assert found.guarantees == (GuaranteeUse("P", other="iNkM2E"),)
    shown = read((DATA / "cc170c-valid.xml").read_bytes())
    assert isinstance(shown, Presentation) and shown.equipment == (Equipment("", ("string",), (100,)),)


def test_a_published_cancellation_keeps_its_schema_and_names_no_movement() -> None:
    raw = (DATA / "cc014c-valid.xml").read_bytes()
    assert not isinstance(opened(raw), list)
    assert [(each.reason, each.where) for each in refused(raw)] == [("DN05", "/CC014C/TransitOperation")]


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("cc007c-tooManyNodes", "/CC007C/messageType[2]"),
        ("cc013c-invalid-both-mrn-and-lrn", "/CC013C/Guarantee/GuaranteeReference"),
        ("cc015c-invalid-message-sender", "/CC015C/messageSender"),
        ("cc044c-invalid", "/CC044C/messageRecipient"),
    ],
)
def test_published_messages_that_are_wrong_are_refused_with_their_place(name: str, where: str) -> None:
    found = refused((DATA / f"{name}.xml").read_bytes())
    assert (found[0].reason, found[0].where) == ("DN02", where)
    assert "(line " in found[0].what


# --- every element --------------------------------------------------------------------------------

EVERY = DATA / "made_up_every_element_cc015c.xml"
"""A declaration with every element of its schema, each once."""
OTHER_VALUES = (
    *("0", "1", "2", "UZ", "USD", "B", "ba", "T2", "N381", "UZ398001", "2026-10-02", "2026-10-02T10:00:00"),
    *("13.5", "4000.00", grn(2026, "KZ", "32"), "Z9z9", "520943", "01", "MSCU6639872", "ORDA-78"),
)
COUNTED = ("messageType", "sequenceNumber", "numberOfSeals", "goodsItemNumber")
"""Elements that say what others say already."""


def test_what_is_read_counts_and_what_does_not_is_told() -> None:
    """Another value in an element gives another declaration, or the element is among those left out."""
    root = etree.fromstring(EVERY.read_bytes())
    first = declared(EVERY.read_bytes())
    counts = 0
    for leaf in [each for each in root.iter() if not len(each)]:
        where = "/" + "/".join(
            [str(each.tag).rpartition("}")[2] for each in (*reversed(list(leaf.iterancestors())), leaf)]
        )
        if where in first.left_out or leaf.tag in COUNTED:
            continue
        was = leaf.text
        found = []
        for value in OTHER_VALUES:
            leaf.text = value
            read_ = read(etree.tostring(root))
            if value != was and isinstance(read_, TransitDeclaration):
                found.append(read_ != first)
        assert any(found), where
        leaf.text = was
        counts += 1
    assert counts > 50 and first.left_out


# --- what is wrong ----------------------------------------------------------------------------------

BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'
ITEM = "/CC015C/Consignment/HouseConsignment/ConsignmentItem"
GUARANTEE = "/CC015C/Guarantee/GuaranteeReference"
WRONG: dict[str, tuple[bytes, str, str]] = {
    "an entity bomb": (BOMB.encode(), "DOCTYPE", ""),
    "another root": (b"<CC015C/>", "DN01", "/CC015C"),
    "a message that is written here": (
        b'<n:CC029C xmlns:n="http://ncts.dgtaxud.ec"/>',
        "DN01",
        "/CC029C",
    ),
    "malformed": (changed("0</security>", "0</securit>"), "NOT-XML", "line 11"),
    "cut off": (DECLARED[:900].encode(), "CUT-OFF", ""),
    "too large": (b"<a>" + b" " * SIZE_MAX + b"</a>", "TOO-LARGE", ""),
    "another encoding": (DECLARED.encode("utf-16"), "ENCODING", ""),
    "an unknown element": (
        changed("<security>", "<colour>red</colour><security>"),
        "DN02",
        "/CC015C/TransitOperation/colour",
    ),
    "another type than its root's": (
        changed("<messageType>CC015C", "<messageType>CC013C"),
        "DN03",
        "/CC015C/messageType",
    ),
    "no such instant": (
        changed("2026-10-03T18:00:00", "2026-10-03T24:00:00"),
        "DN04",
        "/CC015C/CustomsOfficeOfTransitDeclared/arrivalDateAndTimeEstimated",
    ),
    "a currency that is none": (
        changed("<currency>EUR", "<currency>EUX"),
        "CR06",
        f"{GUARANTEE}/currency",
    ),
    "decimals of yen": (
        changed("<currency>EUR", "<currency>JPY"),
        "DN04",
        f"{GUARANTEE}/amountToBeCovered",
    ),
    "a slip in the guarantee's number": (
        changed(GRN, GRN.replace("31", "32")),
        "MN03",
        f"{GUARANTEE}/GRN",
    ),
    "a gross mass of nothing": (
        changed("<grossMass>12500.5", "<grossMass>0"),
        "DN02",
        "/CC015C/Consignment/grossMass",
    ),
    "a slip in the movement's number": (
        message("CC007C", ARRIVAL.replace("417", "418")),
        "MN03",
        "/CC007C/TransitOperation/MRN",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_right_is_refused_with_its_place(case: str) -> None:
    raw, code, where = WRONG[case]
    found = refused(raw)
    assert (found[0].reason, found[0].where) == (code, where or found[0].where), found


def test_all_that_is_wrong_is_told_at_once() -> None:
    raw = changed("<currency>EUR", "<currency>EUX").replace(GRN.encode(), b"26KZ0000000000318")
    assert [each.reason for each in refused(raw)] == ["MN03", "CR06"]


def test_schemas_of_every_message_are_at_hand() -> None:
    compiled = schema()
    for name in (*READ, *WRITTEN):
        root = etree.Element(f"{{http://ncts.dgtaxud.ec}}{name}")
        assert not compiled.validate(root)
        assert "Missing child" in str(compiled.error_log.last_error)
    assert not compiled.validate(etree.Element("{http://ncts.dgtaxud.ec}CC004C"))
    assert "No matching global declaration" in str(compiled.error_log.last_error)


@given(st.integers(0, len(DECLARED) - 1), st.binary(max_size=3), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_no_file_makes_it_raise(place: int, put: bytes, cut: int) -> None:
    raw = DECLARED.encode()
    found = read(raw[:place] + put + raw[place + cut :])
    assert isinstance(found, TransitDeclaration) or all(each.what and each.cure for each in found)


def test_a_pattern_is_told_whole() -> None:
    """Its braces are no namespace's."""
    (found,) = refused(changed("<messageSender>KZ-ORDA", f"<messageSender>{'S' * 36}"))
    assert ".{1,35}" in found.what and "ncts.dgtaxud.ec" not in found.what
