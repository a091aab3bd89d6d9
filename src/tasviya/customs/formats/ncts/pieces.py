"""The pieces that every message of NCTS is built from: elements with texts, days, offices and traders."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.clock import from_ns
from tasviya.customs.formats.ncts.messages import Trader

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_CLEAN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(55296, 57344), 65534, 65535), "�")


def departure(reference: str) -> list[Element]:
    return [office("CustomsOfficeOfDeparture", reference)]


def office(name: str, reference: str) -> Element:
    return group(name, text("referenceNumber", reference))


def holder(of: Trader) -> Element:
    return trader("HolderOfTheTransitProcedure", of)


def trader(name: str, of: Trader) -> Element:
    address = of.address
    lines = (
        text("streetAndNumber", address.street if address else ""),
        text("postcode", address.postcode if address else ""),
        text("city", address.city if address else ""),
        text("country", address.country if address else ""),
    )
    return group(
        name,
        text("identificationNumber", of.id),
        text("TIRHolderIdentificationNumber", of.tir),
        text("name", of.name),
        group("Address", *lines) if address else None,
    )


def text(name: str, content: str) -> Element | None:
    """An element with a text; none if there is no text. What XML cannot carry becomes �."""
    if not content:
        return None
    found = etree.Element(name)
    found.text = content.translate(_CLEAN)
    return found


def day(name: str, on: date | None) -> Element | None:
    return text(name, on.isoformat() if on else "")


def group(name: str, *children: Element | None) -> Element:
    found = etree.Element(name)
    found.extend(some(*children))
    return found


def some(*children: Element | None) -> list[Element]:
    return [each for each in children if each is not None]


def instant(nanoseconds: int) -> str:
    """A time in UTC, to the second."""
    return from_ns(nanoseconds).strftime("%Y-%m-%dT%H:%M:%S")
