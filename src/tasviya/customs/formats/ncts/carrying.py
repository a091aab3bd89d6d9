"""A declaration's consignment carried over into what customs answer with: 029 and 043.

Both repeat what was declared. It is copied element by element, never by way of typed values, so that nothing
of it is lost or said otherwise; what their schemas have no place for is left out, by name.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.customs.formats.ncts.schema import opened

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

DECLARATIONS = ("CC015C", "CC013C")
NOT_RELEASED = ("supplementaryUnits",)
"""What 029 leaves out of a consignment."""
NOT_UNLOADED = (
    "countryOfDispatch",
    "modeOfTransportAtTheBorder",
    "Carrier",
    "ContactPerson",
    "AdditionalSupplyChainActor",
    "LocationOfGoods",
    "ActiveBorderTransportMeans",
    "PlaceOfLoading",
    "PlaceOfUnloading",
    "documentLineItemNumber",
    "TransportCharges",
    "supplementaryUnits",
)
"""What 043 leaves out of a consignment; of an item's previous documents also the following."""
NOT_OF_PREVIOUS = ("typeOfPackages", "numberOfPackages", "measurementUnitAndQualifier", "quantity")
BEFORE_CONTAINER = ("countryOfDispatch", "countryOfDestination")
BEFORE_LOADING = (
    *BEFORE_CONTAINER,
    "containerIndicator",
    "inlandModeOfTransport",
    "modeOfTransportAtTheBorder",
    "grossMass",
    "referenceNumberUCR",
    "Carrier",
    "Consignor",
    "Consignee",
    "AdditionalSupplyChainActor",
    "TransportEquipment",
    "LocationOfGoods",
    "DepartureTransportMeans",
    "CountryOfRoutingOfConsignment",
    "ActiveBorderTransportMeans",
)
"""What stands before an element that 029 or 043 must have, and a declaration need not."""


def declared(raw: bytes) -> Element | list[Refusal]:
    """The root of a declaration, 015 or 013. Refused as by `schema.opened`."""
    found = opened(raw, DECLARATIONS)
    return found if isinstance(found, list) else found.root


def for_release(root: Element) -> Element:
    """The consignment of a declaration as 029 has it."""
    consignment = _without(root, NOT_RELEASED)
    _contained(consignment)
    if consignment.find("PlaceOfLoading") is None:
        _put(consignment, etree.Element("PlaceOfLoading"), BEFORE_LOADING)
    return consignment


def for_unloading(root: Element, incidents: list[Element]) -> Element:
    """The consignment of a declaration as 043 has it, with what happened on the way."""
    consignment = _without(root, NOT_UNLOADED)
    for document in consignment.iterfind("HouseConsignment/ConsignmentItem/PreviousDocument"):
        for name in NOT_OF_PREVIOUS:
            for each in document.findall(name):
                document.remove(each)
    _contained(consignment)
    house = consignment.find("HouseConsignment")
    if house is not None:
        for incident in incidents:
            house.addprevious(incident)
    return consignment


def copies(root: Element, *names: str) -> list[Element]:
    """Elements of a declaration, in the order of the names. A guarantee's access code stays secret."""
    found = [deepcopy(each) for name in names for each in root.findall(name)]
    for each in found:
        for code in each.findall("GuaranteeReference/accessCode"):
            parent = code.getparent()
            if parent is not None:
                parent.remove(code)
    return found


def without_access_codes(raw: bytes) -> bytes:
    """A declaration as it is kept: what opens a guarantee is not in it.

    raw: XML that `schema.opened` takes.
    """
    found = declared(raw)
    if isinstance(found, list):
        raise InvariantBroken("what is kept has been read")
    for each in list(found.iter("accessCode")):
        parent = each.getparent()
        if parent is not None:
            parent.remove(each)
    return etree.tostring(found, encoding="UTF-8", xml_declaration=True)


def _without(root: Element, names: tuple[str, ...]) -> Element:
    consignment = deepcopy(root.findall("Consignment")[0])
    for each in list(consignment.iter(*names)):
        parent = each.getparent()
        if parent is not None:
            parent.remove(each)
    return consignment


def _contained(consignment: Element) -> None:
    """Say whether the goods are in containers, if the declaration does not: by whether it numbers one."""
    if consignment.find("containerIndicator") is not None:
        return
    numbered = consignment.find("TransportEquipment/containerIdentificationNumber") is not None
    indicator = etree.Element("containerIndicator")
    indicator.text = "1" if numbered else "0"
    _put(consignment, indicator, BEFORE_CONTAINER)


def _put(consignment: Element, element: Element, after: tuple[str, ...]) -> None:
    """Behind every element of some names, which stand first."""
    place = sum(1 for each in consignment if each.tag in after)
    consignment.insert(place, element)
