"""A customs declaration: which goods, of whom, at what price, under which procedure.

    a file of any format ──formats.reading──▶ Declaration ──declaration_rules.check──▶ refusals, or none

A declaration is what somebody says; nothing in it is worked out or put right. What may be given for the whole
shipment or for an item (procedure, charges) stands where it was given. Amounts are whole minor units of a
currency, quantities thousandths of a unit.

Source: the elements of the WCO Data Model that customs declarations share; codes of procedures, preferences,
documents and charges are a member's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tasviya.customs.duty_units import Unit


class Kind(StrEnum):
    """What becomes of the goods."""

    IMPORT = "import"
    EXPORT = "export"
    TRANSIT = "transit"


class ChargeKind(StrEnum):
    """What belongs to the customs value beside the price; a deduction lowers it."""

    FREIGHT = "freight"
    INSURANCE = "insurance"
    ADDITION = "addition"
    DEDUCTION = "deduction"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount: minor units, and a code of ISO 4217, which nobody has looked up yet."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A part of the customs value beside the price. amount: as given, also for a deduction above zero. code:
    what the declarant's customs call it."""

    kind: ChargeKind
    amount: Amount
    code: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Who declares, sends or receives. id: under which customs know it. country: two letters."""

    id: str = ""
    name: str = ""
    address: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is shown or that came before. line: the item there, 0 if none is named."""

    type: str
    reference: str
    status: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """Who bears freight and risk, and up to where: a code of Incoterms and a place."""

    code: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Goods of one code, origin and procedure.

    number: from 1. goods: the code's text, as given. origin: a country; preferential_origin: the one that a
    preference is claimed for. quantities: thousandths of a unit; kg is the net mass, kg_gross the gross mass.
    supplementary: thousandths of the unit that the tariff lays down for the goods, where the declaration does
    not name it; none if it is not given. invoice, statistical: the price, and the value for statistics.
    """

    number: int
    goods: str
    description: str = ""
    origin: str = ""
    preferential_origin: str = ""
    preference: str = ""
    additional_codes: tuple[str, ...] = ()
    quota: str = ""
    invoice: Amount | None = None
    statistical: Amount | None = None
    charges: tuple[Charge, ...] = ()
    quantities: Mapping[Unit, int] = field(default_factory=dict)
    supplementary: int | None = None
    procedure: str = ""
    additional_procedures: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    previous: tuple[Document, ...] = ()

    @property
    def price(self) -> Amount | None:
        """What the item is worth by itself: its price, else its value for statistics."""
        return self.invoice or self.statistical

    @property
    def claimed_origin(self) -> str:
        """The origin whose measures count: the preferential one, else the other."""
        return self.preferential_origin or self.origin


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is declared of a shipment.

    lrn: the declarant's own number; mrn: the customs', empty until it is accepted. type: what the declarant's
    customs call the kind, such as IMA. procedure: of items that name none. invoice: the total, if it is
    given. gross_mass: thousandths of a kilogram, if it is given for the whole. packages: how many.
    """

    lrn: str
    kind: Kind
    items: tuple[Item, ...]
    type: str = ""
    mrn: str = ""
    procedure: str = ""
    office: str = ""
    declarant: Party = Party()
    importer: Party = Party()
    exporter: Party = Party()
    dispatch_country: str = ""
    destination_country: str = ""
    delivery: DeliveryTerms = DeliveryTerms()
    invoice: Amount | None = None
    charges: tuple[Charge, ...] = ()
    gross_mass: int | None = None
    packages: int | None = None
    documents: tuple[Document, ...] = ()
    previous: tuple[Document, ...] = ()
