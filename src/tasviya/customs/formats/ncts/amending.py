"""What an amendment (013) may change of a declaration, and what it may not.

Holder, representative, office of departure, both types, what is said of security and the goods codes stay as
they were declared. An amendment of the guarantee alone changes nothing else at all.

Source: NCTS rule R0520, on the elements of which this union has a field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tasviya.core.errors import Refusal
from tasviya.customs.formats.ncts.messages import TransitDeclaration

FIXED = {
    "holder": "HolderOfTheTransitProcedure",
    "representative": "Representative",
    "departure": "CustomsOfficeOfDeparture",
    "additional_type": "TransitOperation/additionalDeclarationType",
    "security": "TransitOperation/security",
}
"""Fields that no amendment changes, and their elements."""
OTHERS = {
    "destination": "CustomsOfficeOfDestinationDeclared",
    "transit": "CustomsOfficeOfTransitDeclared",
    "exits": "CustomsOfficeOfExitForTransitDeclared",
    "equipment": "Consignment/TransportEquipment",
    "routing": "Consignment/CountryOfRoutingOfConsignment",
    "reduced": "TransitOperation/reducedDatasetIndicator",
    "binding_itinerary": "TransitOperation/bindingItinerary",
    "limit_on": "TransitOperation/limitDate",
}
"""Fields that an amendment of the guarantee alone does not change, beside those above."""
HS_DIGITS = 6


def check(declared: TransitDeclaration, amended: TransitDeclaration) -> list[Refusal]:
    """Everything that an amendment changes and may not; empty if it keeps to what it may.

    declared: the declaration, or its last amendment. Refused: DN07 with the element.
    """
    return [
        Refusal(
            "DN07",
            f"{what} is not as it was declared.",
            "Leave it as it was, or cancel the declaration and declare anew.",
            f"/CC013C/{where}",
        )
        for what, where in (*_fixed(declared, amended), *_others(declared, amended))
    ]


def _fixed(declared: TransitDeclaration, amended: TransitDeclaration) -> Iterator[tuple[str, str]]:
    for name, element in FIXED.items():
        if getattr(declared, name) != getattr(amended, name):
            yield f"The {name.replace('_', ' ')}", element
    before, after = declared.declaration, amended.declaration
    if before.type != after.type:
        yield "The type", "TransitOperation/declarationType"
    for name, element in (("mrn", "MRN"), ("lrn", "LRN")):
        given = getattr(after, name)
        if given and getattr(before, name) and given != getattr(before, name):
            yield f"The {element}", f"TransitOperation/{element}"
    codes = {item.number: item.goods[:HS_DIGITS] for item in before.items}
    for item in after.items:
        if codes.get(item.number, item.goods[:HS_DIGITS]) != item.goods[:HS_DIGITS]:
            yield f"The code of item {item.number}", "Consignment/HouseConsignment/ConsignmentItem/Commodity"


def _others(declared: TransitDeclaration, amended: TransitDeclaration) -> Iterator[tuple[str, str]]:
    """What else is other in an amendment of the guarantee alone."""
    if not amended.amends_guarantee_only:
        return
    after = amended.declaration
    told_already = replace(
        declared.declaration,
        mrn=after.mrn,
        lrn=after.lrn,
        type=after.type,
        office=after.office,
        declarant=after.declarant,
    )
    if told_already != after:
        yield "Something of the goods", "Consignment"
    for name, element in OTHERS.items():
        if getattr(declared, name) != getattr(amended, name):
            yield f"The {name.replace('_', ' ')}", element
