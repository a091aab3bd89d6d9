"""What customs say to traders in messages of NCTS, as typed values; `writing.write` makes them XML.

Codes are those of the NCTS code lists, which this union does not translate: a member's customs choose them.
Instants are nanoseconds since the epoch, in whole seconds; they are written in UTC.

Source: XML schemas of NCTS 60.4.16, and the names of their elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeAlias

from tasviya.core.errors import Refusal
from tasviya.customs.formats.ncts.messages import Header, Trader


@dataclass(frozen=True, slots=True)
class MrnAllocated:
    """028: the declaration is accepted, and its movement has a number."""

    header: Header
    lrn: str
    mrn: str
    accepted_on: date
    office: str
    holder: Trader


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """928: the declaration has been received. mrn: if it has one already."""

    header: Header
    office: str
    holder: Trader
    lrn: str
    mrn: str = ""


@dataclass(frozen=True, slots=True)
class ReleasedForTransit:
    """029: the goods may set out. declared: bytes of the 015 or 013, whose consignment is carried over. lrn:
    where the 013 names its movement by MRN."""

    header: Header
    mrn: str
    accepted_on: date
    released_on: date
    declared: bytes
    lrn: str = ""


@dataclass(frozen=True, slots=True)
class NotReleased:
    """051: the goods are not released for transit. motive: two characters; text: why, in words."""

    header: Header
    mrn: str
    submitted_at: int
    motive: str
    text: str
    office: str
    holder: Trader


@dataclass(frozen=True, slots=True)
class InvalidGuarantee:
    """A guarantee that cannot be used. reasons: each a code and what it means here."""

    grn: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GuaranteeNotValid:
    """055: guarantees of the declaration cannot be used."""

    header: Header
    mrn: str
    accepted_on: date
    office: str
    holder: Trader
    guarantees: tuple[InvalidGuarantee, ...]


@dataclass(frozen=True, slots=True)
class FunctionalError:
    """What a message breaks. pointer: the element's path. code: of list CL180, such as 14, a rule. reason:
    the rule's own code, up to seven characters. value: as it was sent."""

    pointer: str
    code: str
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """056: a message from the office of departure's trader is rejected. of: its type's number, such as 015.
    code: of the rejection, one or two digits; reason: in words, as the list asks."""

    header: Header
    of: str
    rejected_at: int
    code: str
    office: str
    holder: Trader
    lrn: str = ""
    mrn: str = ""
    reason: str = ""
    errors: tuple[FunctionalError, ...] = ()


@dataclass(frozen=True, slots=True)
class Control:
    """A control that was decided on: up to three characters, and what it means."""

    type: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ControlDecided:
    """060: the goods or their documents are to be controlled. kind: one digit. documents: each its type of
    four characters, and what is asked for."""

    header: Header
    notified_at: int
    kind: str
    office: str
    holder: Trader
    lrn: str = ""
    mrn: str = ""
    controls: tuple[Control, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UnloadingPermitted:
    """043: the goods may be unloaded. office: where they arrived. declared: as in 029; empty if the
    consignment is not told. continued: how often before permission was given, 0 for the first."""

    header: Header
    mrn: str
    office: str
    trader: str
    accepted_on: date | None = None
    declared: bytes = b""
    incidents: tuple[IncidentNotice, ...] = ()
    continued: int = 0


@dataclass(frozen=True, slots=True)
class GoodsReleased:
    """025: the goods are released from transit. indicator: one digit, whether in full, in part or not."""

    header: Header
    mrn: str
    released_on: date
    indicator: str
    office: str
    trader: str


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """045: the movement has been discharged, and its guarantee is free."""

    header: Header
    mrn: str
    on: date
    office: str
    holder: Trader
    guarantor: Trader | None = None


@dataclass(frozen=True, slots=True)
class IncidentNotice:
    """An incident on the way. code: one digit. locode: the place, of UN/LOCODE. container, seals: the new
    ones. means: a vehicle after transhipment: how it is identified, by what, its nationality."""

    code: str
    text: str
    country: str
    locode: str
    container: str = ""
    seals: tuple[str, ...] = ()
    means: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class IncidentForwarded:
    """182: the holder is told of incidents. office: of departure; registered_by: the office that did."""

    header: Header
    mrn: str
    notified_at: int
    office: str
    registered_by: str
    incidents: tuple[IncidentNotice, ...]


@dataclass(frozen=True, slots=True)
class FunctionalErrors:
    """906: a message breaks rules, and nothing was done."""

    header: Header
    errors: tuple[FunctionalError, ...]
    lrn: str = ""
    mrn: str = ""


@dataclass(frozen=True, slots=True)
class XmlError:
    """What breaks XML or a schema. line, column: from 1, 0 if not known. code: of list CL030."""

    line: int
    column: int
    code: str
    text: str
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class XmlErrors:
    """917: a message is no XML, or does not keep to its schema."""

    header: Header
    errors: tuple[XmlError, ...]
    lrn: str = ""
    mrn: str = ""


Answer: TypeAlias = (
    MrnAllocated
    | Acknowledged
    | ReleasedForTransit
    | NotReleased
    | GuaranteeNotValid
    | Rejected
    | ControlDecided
    | UnloadingPermitted
    | GoodsReleased
    | WrittenOff
    | IncidentForwarded
    | FunctionalErrors
    | XmlErrors
)

RULE_BROKEN = "14"
_XML_CODES = (
    ("Missing child", "13"),
    ("not expected", "15"),
    ("[facet 'enumeration']", "12"),
    ("[facet 'maxLength']", "39"),
    ("[facet 'minLength']", "40"),
    ("[facet 'pattern']", "51"),
    ("[facet 'minInclusive']", "54"),
    ("[facet 'maxInclusive']", "55"),
    ("[facet 'length']", "50"),
    ("atomic type", "50"),
    ("well-formed", "52"),
    ("ends too early", "52"),
    ("UTF-8", "53"),
)
"""By words of a finding, the code of list CL030; others are 18, unspecified."""


def functional_error(refusal: Refusal) -> FunctionalError:
    """A refusal as 906 and 056 carry it: its code as the reason, its path as the pointer."""
    return FunctionalError(refusal.where or "/", RULE_BROKEN, refusal.reason[:7], refusal.what)


def xml_error(refusal: Refusal) -> XmlError:
    """A refusal of `schema.opened` as 917 carries it. Its line stands in its words."""
    code = next((code for words, code in _XML_CODES if words in refusal.what), "18")
    line, column = _place(refusal)
    pointer = refusal.where if refusal.where.startswith("/") else ""
    return XmlError(line, column, code, f"{refusal.what} {refusal.cure}", pointer)


def _place(refusal: Refusal) -> tuple[int, int]:
    """Line and column that a finding ends in; 0 where it names none."""
    words = refusal.what.replace(",", " ").replace(")", " ").replace(".", " ").split()
    found = {}
    for word, after in pairwise(words):
        if word.lstrip("(") in ("line", "column") and after.isdecimal():
            found[word.lstrip("(")] = int(after)
    return found.get("line", 0), found.get("column", 0)
