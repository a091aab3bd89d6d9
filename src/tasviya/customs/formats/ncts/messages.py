"""What traders and customs say in messages of NCTS, as typed values.

Read: 007 `Arrival`, 013 and 015 `TransitDeclaration`, 014 `Cancellation`, 044 `UnloadingRemarks`, 170
`Presentation`. Instants are nanoseconds since the epoch, as NCTS writes them in UTC; masses thousandths of a
kilogram; offices are references of eight characters whose first two are the country.

Source: XML schemas of NCTS 60.4.16, and the names of their elements.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from tasviya.customs.declaration import Amount, Declaration

COUNTRY = 2
"""So many characters of an office's reference are its country."""


@dataclass(frozen=True, slots=True)
class Header:
    """Who says it to whom, and when. correlation: the id of the message that it answers."""

    sender: str
    recipient: str
    prepared_at: int
    id: str
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    street: str
    city: str
    country: str
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Trader:
    """A holder or a guarantor: by an identifier, or by name and address. tir: a TIR holder's identifier."""

    id: str = ""
    tir: str = ""
    name: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class GuaranteeUse:
    """A guarantee that a declaration names. kind: `1` is a comprehensive one. amount: to be covered."""

    kind: str
    grn: str = ""
    access_code: str = ""
    amount: Amount | None = None
    other: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """An office of transit that is declared. expected_at: 0 if that is not said."""

    office: str
    expected_at: int = 0


@dataclass(frozen=True, slots=True)
class Equipment:
    """A container, if its number is given, and its seals; items: numbers of the goods in it."""

    container: str = ""
    seals: tuple[str, ...] = ()
    items: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TransitDeclaration:
    """A declaration for transit (015), or its amendment (013).

    declaration: the goods, of the kind `transit`; its declarant is the holder. security: 0 none, 1 entry, 2
    exit, 3 both. routing: countries. reduced: with fewer data. limit_on: by when the goods are to arrive.
    rounded: paths of masses finer than a gram: net is rounded down, gross up. left_out: paths of elements
    that no field here holds, each once.
    """

    header: Header
    declaration: Declaration
    holder: Trader
    departure: str
    destination: str
    security: int
    guarantees: tuple[GuaranteeUse, ...]
    transit: tuple[Crossing, ...] = ()
    exits: tuple[str, ...] = ()
    representative: str = ""
    additional_type: str = ""
    equipment: tuple[Equipment, ...] = ()
    routing: tuple[str, ...] = ()
    reduced: bool = False
    binding_itinerary: bool = False
    amends_guarantee_only: bool = False
    """Of an amendment: whether nothing but the guarantee changes (NCTS rule R0520)."""
    limit_on: date | None = None
    rounded: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def itinerary(self) -> tuple[str, ...]:
        """The countries of its offices, from departure to destination; each once in a row."""
        offices = [self.departure, *(each.office for each in self.transit), self.destination]
        return tuple(in_a_row(office[:COUNTRY] for office in offices))

    @property
    def seals(self) -> tuple[str, ...]:
        return tuple(seal for each in self.equipment for seal in each.seals)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A request to withdraw a declaration (014), named by `mrn` or `lrn`. requested_at: 0 if not said."""

    header: Header
    mrn: str
    lrn: str
    office: str
    by_customs: bool
    requested_at: int = 0
    reason: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """Goods are presented at an office of destination (007), the declared one or another."""

    header: Header
    mrn: str
    office: str
    trader: str
    at: int
    simplified: bool
    location: str = ""
    """Where the goods are: what qualifies the place, and the place, such as `U KZALA`."""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnloadedItem:
    """What was found of an item: number as declared; masses None if they are not said."""

    number: int
    goods: str = ""
    description: str = ""
    net_mass: int | None = None
    gross_mass: int | None = None


@dataclass(frozen=True, slots=True)
class UnloadingRemarks:
    """What was found at unloading (044). conform: all is as declared. seals_intact: None if not said."""

    header: Header
    mrn: str
    office: str
    trader: str
    on: date
    conform: bool
    complete: bool
    seals_intact: bool | None = None
    remark: str = ""
    other: str = ""
    gross_mass: int | None = None
    items: tuple[UnloadedItem, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    rounded: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presentation:
    """Goods that were declared before are presented (170)."""

    header: Header
    lrn: str
    office: str
    holder: Trader
    mrn: str = ""
    limit_on: date | None = None
    location: str = ""
    equipment: tuple[Equipment, ...] = ()
    left_out: tuple[str, ...] = ()


Message: TypeAlias = TransitDeclaration | Cancellation | Arrival | UnloadingRemarks | Presentation


def in_a_row(texts: Iterable[str]) -> list[str]:
    """Texts without those that repeat the one before."""
    kept: list[str] = []
    for text in texts:
        if kept[-1:] != [text]:
            kept.append(text)
    return kept
