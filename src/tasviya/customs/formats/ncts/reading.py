"""What traders send to NCTS, from bytes to typed values: 007, 013, 014, 015, 044, 170.

    bytes ──schema.opened──▶ elements ──▶ a message, or everything that is wrong with it

Nothing is filled in or put right. What the schema leaves to rules is checked here as far as the message alone
tells: reference numbers have their check digit, and a movement is named in one way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.errors import Refusal
from tasviya.core.rounding import Rounding
from tasviya.customs.declaration import Declaration, Document, Item, Kind, Party
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats.ncts.elements import Elements
from tasviya.customs.formats.ncts.messages import (
    Arrival,
    Cancellation,
    Crossing,
    GuaranteeUse,
    Message,
    Presentation,
    TransitDeclaration,
    UnloadedItem,
    UnloadingRemarks,
)
from tasviya.customs.formats.ncts.schema import opened
from tasviya.customs.mrn import check_grn

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

SUPPORTING = ("SupportingDocument", "TransportDocument")
CODE = ("harmonizedSystemSubHeadingCode", "combinedNomenclatureCode")
"""The goods code is the one after the other."""


def read(raw: bytes) -> Message | list[Refusal]:
    """The message in a file, or everything that keeps it from being read. Never raises.

    Refused as by `schema.opened`; with DN04, DN05; MN01 to MN04 reference numbers; CR06 a currency.
    """
    found = opened(raw)
    if isinstance(found, list):
        return found
    elements = Elements(found.root)
    message = READERS[found.type](elements)
    return elements.refusals or message


def _declaration(of: Elements) -> TransitDeclaration:
    """015 and 013 alike; an amendment names its movement in one way."""
    root, operation, consignment = of.root, _only(of, "TransitOperation"), _only(of, "Consignment")
    if of.root.tag.endswith("CC013C"):
        _named_once(of, operation)
    holder = of.trader(root, "HolderOfTheTransitProcedure")
    departure = of.text(root, "CustomsOfficeOfDeparture/referenceNumber")
    items = tuple(_item(of, each) for each in of.all(consignment, "HouseConsignment/ConsignmentItem"))
    told = of.texts(consignment, "HouseConsignment/ConsignmentItem/Packaging/numberOfPackages")
    kinds = of.all(consignment, "HouseConsignment/ConsignmentItem/Packaging")
    houses = of.all(consignment, "HouseConsignment")
    declared = Declaration(
        lrn=of.text(operation, "LRN"),
        kind=Kind.TRANSIT,
        type=of.text(operation, "declarationType"),
        items=items,
        mrn=of.mrn(operation, "MRN"),
        office=departure,
        declarant=Party(holder.id or holder.tir, holder.name, *_address(of, root)),
        importer=_party(of, consignment, "Consignee"),
        exporter=_party(of, consignment, "Consignor"),
        dispatch_country=of.text(consignment, "countryOfDispatch"),
        destination_country=of.text(consignment, "countryOfDestination"),
        gross_mass=of.mass(consignment, "grossMass", Rounding.UP),
        packages=sum(map(int, told)) if len(told) == len(kinds) else None,
        documents=tuple(each for name in SUPPORTING for each in _documents(of, [consignment, *houses], name)),
        previous=_documents(of, [consignment, *houses], "PreviousDocument"),
    )
    return TransitDeclaration(
        header=of.header(),
        declaration=declared,
        holder=holder,
        departure=departure,
        destination=of.text(root, "CustomsOfficeOfDestinationDeclared/referenceNumber"),
        security=of.whole(operation, "security") or 0,
        guarantees=tuple(use for each in of.all(root, "Guarantee") for use in _guarantees(of, each)),
        transit=tuple(
            Crossing(of.text(each, "referenceNumber"), of.instant(each, "arrivalDateAndTimeEstimated"))
            for each in of.all(root, "CustomsOfficeOfTransitDeclared")
        ),
        exits=of.texts(root, "CustomsOfficeOfExitForTransitDeclared/referenceNumber"),
        representative=of.text(root, "Representative/identificationNumber"),
        additional_type=of.text(operation, "additionalDeclarationType"),
        equipment=of.equipment(consignment),
        routing=of.texts(consignment, "CountryOfRoutingOfConsignment/country"),
        reduced=of.flag(operation, "reducedDatasetIndicator") is True,
        binding_itinerary=of.flag(operation, "bindingItinerary") is True,
        amends_guarantee_only=of.flag(operation, "amendmentTypeFlag") is True,
        limit_on=of.day(operation, "limitDate"),
        rounded=tuple(of.rounded),
        left_out=of.left_out(),
    )


def _item(of: Elements, element: Element) -> Item:
    measure = "Commodity/GoodsMeasure"
    masses = {
        Unit.KG: of.mass(element, f"{measure}/netMass", Rounding.DOWN),
        Unit.KG_GROSS: of.mass(element, f"{measure}/grossMass", Rounding.UP),
    }
    of.texts(element, "goodsItemNumber")  # its place in its house; the declaration counts through
    return Item(
        number=of.whole(element, "declarationGoodsItemNumber") or 0,
        goods="".join(of.text(element, f"Commodity/CommodityCode/{each}") for each in CODE),
        description=of.text(element, "Commodity/descriptionOfGoods"),
        quantities={unit: mass for unit, mass in masses.items() if mass is not None},
        supplementary=of.mass(element, f"{measure}/supplementaryUnits", Rounding.DOWN),
        documents=_documents(of, [element], "SupportingDocument"),
        previous=_documents(of, [element], "PreviousDocument"),
    )


def _guarantees(of: Elements, element: Element) -> list[GuaranteeUse]:
    """One a reference, or one for a guarantee without any."""
    kind, other = of.text(element, "guaranteeType"), of.text(element, "otherGuaranteeReference")
    uses = []
    for each in of.all(element, "GuaranteeReference"):
        grn = of.text(each, "GRN")
        if wrong := check_grn(grn, of.place(each, "GRN")) if grn else None:
            of.refusals.append(wrong)
        amount = of.amount(each, "amountToBeCovered", "currency")
        uses.append(GuaranteeUse(kind, grn, of.text(each, "accessCode"), amount, other))
    return uses or [GuaranteeUse(kind, other=other)]


def _cancellation(of: Elements) -> Cancellation:
    operation, asked = _only(of, "TransitOperation"), _only(of, "Invalidation")
    _named_once(of, operation)
    return Cancellation(
        of.header(),
        of.mrn(operation, "MRN"),
        of.text(operation, "LRN"),
        of.text(of.root, "CustomsOfficeOfDeparture/referenceNumber"),
        of.flag(asked, "initiatedByCustoms") is True,
        of.instant(asked, "requestDateAndTime"),
        of.text(asked, "justification"),
        of.left_out(),
    )


def _arrival(of: Elements) -> Arrival:
    operation = _only(of, "TransitOperation")
    return Arrival(
        of.header(),
        of.mrn(operation, "MRN"),
        of.text(of.root, "CustomsOfficeOfDestinationActual/referenceNumber"),
        of.text(of.root, "TraderAtDestination/identificationNumber"),
        of.instant(operation, "arrivalNotificationDateAndTime"),
        of.flag(operation, "simplifiedProcedure") is True,
        of.location(_only(of, "Consignment")),
        of.left_out(),
    )


def _remarks(of: Elements) -> UnloadingRemarks:
    operation, remark = _only(of, "TransitOperation"), _only(of, "UnloadingRemark")
    found = of.first(of.root, "Consignment")
    consignment = etree.Element("nothing") if found is None else found
    return UnloadingRemarks(
        of.header(),
        of.mrn(operation, "MRN"),
        of.text(of.root, "CustomsOfficeOfDestinationActual/referenceNumber"),
        of.text(of.root, "TraderAtDestination/identificationNumber"),
        of.day(remark, "unloadingDate") or date.min,  # a day that is none is refused
        conform=of.flag(remark, "conform") is True,
        complete=of.flag(remark, "unloadingCompletion") is True,
        seals_intact=of.flag(remark, "stateOfSeals"),
        remark=of.text(remark, "unloadingRemark"),
        other=of.text(operation, "otherThingsToReport"),
        gross_mass=of.mass(consignment, "grossMass", Rounding.UP),
        items=tuple(_unloaded(of, each) for each in of.all(consignment, "HouseConsignment/ConsignmentItem")),
        equipment=of.equipment(consignment),
        rounded=tuple(of.rounded),
        left_out=of.left_out(),
    )


def _unloaded(of: Elements, element: Element) -> UnloadedItem:
    of.texts(element, "goodsItemNumber")
    return UnloadedItem(
        of.whole(element, "declarationGoodsItemNumber") or 0,
        "".join(of.text(element, f"Commodity/CommodityCode/{each}") for each in CODE),
        of.text(element, "Commodity/descriptionOfGoods"),
        of.mass(element, "Commodity/GoodsMeasure/netMass", Rounding.DOWN),
        of.mass(element, "Commodity/GoodsMeasure/grossMass", Rounding.UP),
    )


def _presentation(of: Elements) -> Presentation:
    operation, consignment = _only(of, "TransitOperation"), _only(of, "Consignment")
    return Presentation(
        of.header(),
        of.text(operation, "LRN"),
        of.text(of.root, "CustomsOfficeOfDeparture/referenceNumber"),
        of.trader(of.root, "HolderOfTheTransitProcedure"),
        of.mrn(operation, "MRN"),
        of.day(operation, "limitDate"),
        of.location(consignment),
        of.equipment(consignment),
        of.left_out(),
    )


READERS: dict[str, Callable[[Elements], Message]] = {
    "CC007C": _arrival,
    "CC013C": _declaration,
    "CC014C": _cancellation,
    "CC015C": _declaration,
    "CC044C": _remarks,
    "CC170C": _presentation,
}


def _only(of: Elements, name: str) -> Element:
    """An element that the schema asks for."""
    return of.all(of.root, name)[0]


def _named_once(of: Elements, operation: Element) -> None:
    given = [name for name in ("MRN", "LRN") if of.text(operation, name)]
    if len(given) == 1:
        return
    what = "The movement is named by MRN and by LRN." if given else "The movement is not named."
    of.refuse(operation, "MRN", "DN05", what, "Give its MRN once it has one, until then its LRN.")


def _documents(of: Elements, parents: list[Element], name: str) -> tuple[Document, ...]:
    return tuple(
        Document(
            of.text(each, "type"),
            of.text(each, "referenceNumber"),
            line=of.whole(each, "documentLineItemNumber") or of.whole(each, "goodsItemNumber") or 0,
        )
        for parent in parents
        for each in of.all(parent, name)
    )


def _party(of: Elements, consignment: Element, name: str) -> Party:
    """Of the whole consignment; else of its houses, if there is one alone."""
    parents = [consignment, *of.all(consignment, "HouseConsignment")]
    found = [each for parent in parents for each in of.all(parent, name)]
    if len(found) != 1:
        return Party()
    (trader,) = found
    return Party(of.text(trader, "identificationNumber"), of.text(trader, "name"), *_address(of, trader))


def _address(of: Elements, parent: Element) -> tuple[str, str]:
    """An address in one line, and its country."""
    holder = of.first(parent, "HolderOfTheTransitProcedure")
    found = of.address(parent if holder is None else holder)
    if found is None:
        return "", ""
    return ", ".join(filter(None, (found.street, found.postcode, found.city))), found.country
