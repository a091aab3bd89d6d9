"""A declaration from a file of any format that is read here, told apart by how the file begins.

    bytes ──beginning──▶ "{", "<ASYCUDA>", "UNB" ──FORMATS──▶ that format's own reader ──▶ Reading | refusals

A format is a row of FORMATS. Names of files and media types are not asked: they are often wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Declaration
from tasviya.customs.formats import asycuda, cusdec, declaration_json, wco
from tasviya.customs.formats.ncts import reading as ncts
from tasviya.customs.formats.ncts.messages import TransitDeclaration
from tasviya.customs.formats.result import Reading
from tasviya.messages.xml import read as read_xml

FORMAT_CODES = {"DF01": "a declaration's file is of a format that is read here"}
BLANKS = b" \t\r\n\xef\xbb\xbf"
SEEN = 65_536
"""So many bytes at a file's beginning are looked at."""
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
"""How a file in UTF-16 or UTF-32 begins: XML, if anything that is read here."""
_BEFORE = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.S)
_NAME = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name for people, how its files begin (as `beginning` tells it), and its reader, which
    never raises."""

    name: str
    begins: frozenset[str]
    read: Callable[[bytes], Reading | list[Refusal]]


def _json(raw: bytes) -> Reading | list[Refusal]:
    declared = declaration_json.read(raw)
    return Reading(declared, ()) if isinstance(declared, Declaration) else declared


def _ncts(raw: bytes) -> Reading | list[Refusal]:
    declared = ncts.read(raw)
    if isinstance(declared, TransitDeclaration):
        return Reading(declared.declaration, declared.left_out)
    what = "The message is no declaration."
    return declared if isinstance(declared, list) else [Refusal("DN01", what, "Send CC015C.")]


FORMATS: tuple[Format, ...] = (
    Format("JSON", frozenset(["{", "["]), _json),
    Format("XML of the WCO Data Model", frozenset(["<MetaData>", "<Declaration>"]), wco.read),
    Format("XML of ASYCUDA", frozenset(["<ASYCUDA>"]), asycuda.read),
    Format("XML of NCTS", frozenset(["<CC015C>"]), _ncts),
    Format("CUSDEC", frozenset(["UNA", "UNB"]), cusdec.read),
)


def read(raw: bytes) -> Reading | list[Refusal]:
    """The declaration in a file of one of FORMATS, or everything that keeps it from being read. Never
    raises."""
    begins = beginning(raw)
    for each in FORMATS:
        if begins in each.begins:
            return each.read(raw)
    if begins.startswith("<"):
        broken = read_xml(raw, wco.LIMITS)
        if isinstance(broken, Refusal):
            return [broken]
    known = ", ".join(each.name for each in FORMATS)
    what = f"The file begins with {begins!r:.60}." if begins else "The file is empty."
    return [Refusal("DF01", what, f"Send a declaration as one of {known}.")]


def beginning(raw: bytes) -> str:
    """How a file begins: the name of XML's root in <>, else its first three characters, one if that is { or
    [; nothing if it is empty."""
    if raw.startswith(_WIDE):
        return "<"
    head = raw[:SEEN].lstrip(BLANKS)
    if not head.startswith(b"<"):
        text = head[:3].decode("utf-8", "replace")
        return text[:1] if text[:1] in ("{", "[") else text
    before = _BEFORE.match(head)
    name = _NAME.match(head, before.end() if before else 0)
    return f"<{name[1].decode('ascii', 'replace')}>" if name else "<"
