"""What customs answer in NCTS, from typed values to XML.

025, 028, 029, 043, 045, 051, 055, 056, 060, 182, 906, 917 and 928; their values are in `answers`.

    answer ──write──▶ elements ──schema──▶ bytes, or why it is no message

Texts are cut to the schema's length where they are our own words, never where they are somebody's data: such
a message is refused instead. Every message is checked against its schema before it leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from tasviya.core.errors import Refusal
from tasviya.customs.formats.ncts import carrying
from tasviya.customs.formats.ncts.answers import (
    Acknowledged,
    Answer,
    ControlDecided,
    FunctionalError,
    FunctionalErrors,
    GoodsReleased,
    GuaranteeNotValid,
    IncidentForwarded,
    IncidentNotice,
    MrnAllocated,
    NotReleased,
    Rejected,
    ReleasedForTransit,
    UnloadingPermitted,
    WrittenOff,
    XmlErrors,
)
from tasviya.customs.formats.ncts.messages import Header
from tasviya.customs.formats.ncts.pieces import (
    day,
    departure,
    group,
    holder,
    instant,
    office,
    some,
    text,
    trader,
)
from tasviya.customs.formats.ncts.schema import NAMESPACE, PHASE, schema
from tasviya.messages.xml import findings

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

TEXT_MAX = 512
ERRORS_MAX = 9_999
"""So many errors fit into a message."""
_CLEAN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(55296, 57344), 65534, 65535), "�")


def write(answer: Answer) -> bytes | list[Refusal]:
    """A message of NCTS in UTF-8, valid against its schema, or why it is none.

    Refused: DN06 with the element that breaks the schema; as by `schema.opened` where a declaration is
    carried over that is none.
    """
    name, fill = WRITERS[type(answer)]
    body = fill(answer)
    if isinstance(body, list) and body and isinstance(body[0], Refusal):
        return body
    root = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={"ncts": NAMESPACE}, PhaseID=PHASE)
    root.extend(_header(answer.header, name))
    root.extend(body)
    if broken := findings(root, schema()):
        return [replace(each, reason="DN06") for each in broken]
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _header(header: Header, name: str) -> list[Element]:
    return some(
        text("messageSender", header.sender),
        text("messageRecipient", header.recipient),
        text("preparationDateAndTime", instant(header.prepared_at)),
        text("messageIdentification", header.id),
        text("messageType", name),
        text("correlationIdentifier", header.correlation),
    )


def _allocated(answer: MrnAllocated) -> list[Element]:
    operation = group(
        "TransitOperation",
        text("LRN", answer.lrn),
        text("MRN", answer.mrn),
        day("declarationAcceptanceDate", answer.accepted_on),
    )
    return [operation, *departure(answer.office), holder(answer.holder)]


def _acknowledged(answer: Acknowledged) -> list[Element]:
    operation = group("TransitOperation", text("LRN", answer.lrn), text("MRN", answer.mrn))
    return [operation, *departure(answer.office), holder(answer.holder)]


def _released(answer: ReleasedForTransit) -> list[Element] | list[Refusal]:
    root = carrying.declared(answer.declared)
    if isinstance(root, list):
        return root
    told = root.findall("TransitOperation")[0]
    operation = group(
        "TransitOperation",
        text("LRN", told.findtext("LRN", answer.lrn)),
        text("MRN", answer.mrn),
        *carrying.copies(told, "declarationType", "additionalDeclarationType", "TIRCarnetNumber"),
        day("declarationAcceptanceDate", answer.accepted_on),
        day("releaseDate", answer.released_on),
        *carrying.copies(
            told,
            "security",
            "reducedDatasetIndicator",
            "specificCircumstanceIndicator",
            "communicationLanguageAtDeparture",
            "bindingItinerary",
        ),
    )
    others = carrying.copies(
        root,
        "Authorisation",
        "CustomsOfficeOfDeparture",
        "CustomsOfficeOfDestinationDeclared",
        "CustomsOfficeOfTransitDeclared",
        "CustomsOfficeOfExitForTransitDeclared",
        "HolderOfTheTransitProcedure",
        "Representative",
        "Guarantee",
    )
    return [operation, *others, carrying.for_release(root)]


def _not_released(answer: NotReleased) -> list[Element]:
    operation = group(
        "TransitOperation",
        text("MRN", answer.mrn),
        text("declarationSubmissionDateAndTime", instant(answer.submitted_at)),
        text("noReleaseMotivationCode", answer.motive),
        text("noReleaseMotivationText", answer.text[:TEXT_MAX]),
    )
    return [operation, *departure(answer.office), holder(answer.holder)]


def _not_valid(answer: GuaranteeNotValid) -> list[Element]:
    operation = group(
        "TransitOperation",
        text("MRN", answer.mrn),
        day("declarationAcceptanceDate", answer.accepted_on),
    )
    named = [
        group(
            "GuaranteeReference",
            text("sequenceNumber", str(number)),
            text("GRN", each.grn),
            *(
                group(
                    "InvalidGuaranteeReason",
                    text("sequenceNumber", str(place)),
                    text("code", code),
                    text("text", meaning[:TEXT_MAX]),
                )
                for place, (code, meaning) in enumerate(each.reasons, 1)
            ),
        )
        for number, each in enumerate(answer.guarantees, 1)
    ]
    return [operation, *departure(answer.office), holder(answer.holder), *named]


def _rejected(answer: Rejected) -> list[Element]:
    operation = group(
        "TransitOperation",
        text("LRN", answer.lrn),
        text("MRN", answer.mrn),
        text("businessRejectionType", answer.of),
        text("rejectionDateAndTime", instant(answer.rejected_at)),
        text("rejectionCode", answer.code),
        text("rejectionReason", answer.reason[:TEXT_MAX]),
    )
    return [operation, *departure(answer.office), holder(answer.holder), *_functional(answer.errors)]


def _control(answer: ControlDecided) -> list[Element]:
    operation = group(
        "TransitOperation",
        text("LRN", answer.lrn),
        text("MRN", answer.mrn),
        text("controlNotificationDateAndTime", instant(answer.notified_at)),
        text("notificationType", answer.kind),
    )
    controls = [
        group(
            "TypeOfControls",
            text("sequenceNumber", str(place)),
            text("type", each.type),
            text("text", each.text[:TEXT_MAX]),
        )
        for place, each in enumerate(answer.controls, 1)
    ]
    asked = [
        group(
            "RequestedDocument",
            text("sequenceNumber", str(place)),
            text("documentType", kind),
            text("description", asked_for[:TEXT_MAX]),
        )
        for place, (kind, asked_for) in enumerate(answer.documents, 1)
    ]
    return [operation, *departure(answer.office), holder(answer.holder), *controls, *asked]


def _permitted(answer: UnloadingPermitted) -> list[Element] | list[Refusal]:
    root = carrying.declared(answer.declared) if answer.declared else None
    if isinstance(root, list):
        return root
    told = etree.Element("nothing") if root is None else root.findall("TransitOperation")[0]
    operation = group(
        "TransitOperation",
        text("MRN", answer.mrn),
        *carrying.copies(told, "declarationType"),
        day("declarationAcceptanceDate", answer.accepted_on),
        text("security", told.findtext("security", "0")),
        text("reducedDatasetIndicator", told.findtext("reducedDatasetIndicator", "0")),
    )
    told_holder = [] if root is None else carrying.copies(root, "HolderOfTheTransitProcedure")
    named = [
        each for each in told_holder if each.find("name") is not None and each.find("Address") is not None
    ]
    for each in named:
        for person in each.findall("ContactPerson"):
            each.remove(person)
    goods = [] if root is None else [carrying.for_unloading(root, _incidents(answer.incidents))]
    return some(
        operation,
        office("CustomsOfficeOfDestinationActual", answer.office),
        *named,
        group("TraderAtDestination", text("identificationNumber", answer.trader)),
        group("CTLControl", text("continueUnloading", str(answer.continued))) if answer.continued else None,
        *goods,
    )


def _goods_released(answer: GoodsReleased) -> list[Element]:
    operation = group(
        "TransitOperation",
        text("MRN", answer.mrn),
        day("releaseDate", answer.released_on),
        text("releaseIndicator", answer.indicator),
    )
    receiver = group("TraderAtDestination", text("identificationNumber", answer.trader))
    return [operation, office("CustomsOfficeOfDestinationActual", answer.office), receiver]


def _written_off(answer: WrittenOff) -> list[Element]:
    operation = group("TransitOperation", text("MRN", answer.mrn), day("writeOffDate", answer.on))
    guarantor = trader("Guarantor", answer.guarantor) if answer.guarantor else None
    return some(operation, *departure(answer.office), holder(answer.holder), guarantor)


def _forwarded(answer: IncidentForwarded) -> list[Element]:
    operation = group(
        "TransitOperation",
        text("MRN", answer.mrn),
        text("incidentNotificationDateAndTime", instant(answer.notified_at)),
    )
    registered = office("CustomsOfficeOfIncidentRegistration", answer.registered_by)
    consignment = group("Consignment", *_incidents(answer.incidents))
    return [operation, *departure(answer.office), registered, consignment]


def _errors(answer: FunctionalErrors) -> list[Element]:
    return [
        group("Header", text("LRN", answer.lrn), text("MRN", answer.mrn)),
        *_functional(answer.errors),
    ]


def _xml_errors(answer: XmlErrors) -> list[Element]:
    errors = [
        group(
            "XMLError",
            text("errorLineNumber", str(each.line)),
            text("errorColumnNumber", str(each.column)),
            text("errorPointer", each.pointer[:TEXT_MAX]),
            text("errorCode", each.code),
            text("errorText", each.text[:TEXT_MAX]),
        )
        for each in answer.errors[:ERRORS_MAX]
    ]
    return [group("Header", text("LRN", answer.lrn), text("MRN", answer.mrn)), *errors]


WRITERS: dict[type[Any], tuple[str, Callable[[Any], list[Any]]]] = {
    GoodsReleased: ("CC025C", _goods_released),
    MrnAllocated: ("CC028C", _allocated),
    ReleasedForTransit: ("CC029C", _released),
    UnloadingPermitted: ("CC043C", _permitted),
    WrittenOff: ("CC045C", _written_off),
    NotReleased: ("CC051C", _not_released),
    GuaranteeNotValid: ("CC055C", _not_valid),
    Rejected: ("CC056C", _rejected),
    ControlDecided: ("CC060C", _control),
    IncidentForwarded: ("CC182C", _forwarded),
    FunctionalErrors: ("CC906C", _errors),
    XmlErrors: ("CC917C", _xml_errors),
    Acknowledged: ("CC928C", _acknowledged),
}


def _functional(errors: tuple[FunctionalError, ...]) -> list[Element]:
    return [
        group(
            "FunctionalError",
            text("errorPointer", each.pointer[:TEXT_MAX]),
            text("errorCode", each.code),
            text("errorReason", each.reason),
            text("originalAttributeValue", each.value[:TEXT_MAX]),
        )
        for each in errors[:ERRORS_MAX]
    ]


def _incidents(notices: tuple[IncidentNotice, ...]) -> list[Element]:
    return [_incident(place, each) for place, each in enumerate(notices, 1)]


def _incident(place: int, notice: IncidentNotice) -> Element:
    seals = [
        group("Seal", text("sequenceNumber", str(number)), text("identifier", seal))
        for number, seal in enumerate(notice.seals, 1)
    ]
    equipment = group(
        "TransportEquipment",
        text("sequenceNumber", "1"),
        text("containerIdentificationNumber", notice.container),
        text("numberOfSeals", str(len(seals))),
        *seals,
    )
    kind, number, nationality = notice.means or ("", "", "")
    means = group(
        "TransportMeans",
        text("typeOfIdentification", kind),
        text("identificationNumber", number),
        text("nationality", nationality),
    )
    contained = text("containerIndicator", "1" if notice.container else "0")
    return group(
        "Incident",
        text("sequenceNumber", str(place)),
        text("code", notice.code),
        text("text", notice.text[:TEXT_MAX]),
        group(
            "Location",
            text("qualifierOfIdentification", "U"),
            text("UNLocode", notice.locode),
            text("country", notice.country),
        ),
        equipment if notice.seals or notice.container else None,
        group("Transhipment", contained, means) if notice.means else None,
    )
