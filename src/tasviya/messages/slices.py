"""Where each transaction's element lies in the bytes, so that it can travel on unchanged.

The usual file is cut as received. That is safe only if the cuts are certain to be the very elements that
were checked, so: no comment, CDATA or processing instruction that could hold a decoy; as many cuts as the
whole tree has elements of that name, so that none is prefixed and none nested; and no prefix inside a cut
that was declared outside it. Otherwise the message is written anew with its namespace as the default, and
cut from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.errors import invariant
from tasviya.messages.writing import escape
from tasviya.messages.xml import PREFIXES, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

Slices = list[tuple[int, int]]

_START, _END = b"<CdtTrfTxInf", b"</CdtTrfTxInf"
_AFTER_NAME = b"> \t\r\n"
_TAG = re.compile(rb"""<(/?)(?:[^\s/>:]+:)?([^\s/>:]+)(?:[^"'>]|"[^"]*"|'[^']*')*?(/?)>""")
"""A tag: whether it ends an element, its local name, whether it is empty. A > in an attribute ends no tag."""
_DECLARED = (b"<?xml ", b"\xef\xbb\xbf<?xml ")


def raw_slices(raw: bytes) -> Slices | None:
    """The first and last byte (exclusive) of each CdtTrfTxInf in a file, or None if cutting is unsafe."""
    declared = raw.find(b"?>") + 2 if raw.startswith(_DECLARED) else 0
    # Looking for one byte first is several times faster, and few files have it.
    if (b"!" in raw and b"<!" in raw) or (raw.find(b"?", declared) >= 0 and raw.find(b"<?", declared) >= 0):
        return None
    found: Slices = []
    end = 0
    while (start := raw.find(_START, end)) >= 0:
        close = raw.find(_END, start)
        nested = raw.find(_START, start + 1, close) >= 0
        if close < 0 or nested or raw[start + len(_START)] not in _AFTER_NAME:
            return None
        end = raw.index(b">", close) + 1
        found.append((start, end))
    return found


def count_elements(element: Element) -> int:
    """How many CdtTrfTxInf there are in an element, whatever their namespace and depth."""
    return sum(1 for _ in element.iter("{*}CdtTrfTxInf"))


def self_contained(business: Element, namespace: str, raw: bytes, slices: Iterable[tuple[int, int]]) -> bool:
    """Whether cuts of an element's children mean the same elsewhere under the same default namespace."""
    scope = business.nsmap
    if scope.get(None) != namespace:
        return False
    outside = [f"{prefix}:".encode() for prefix in scope if prefix is not None]
    if len(outside) > PREFIXES:
        return False
    return not outside or not any(prefix in raw[start:end] for start, end in slices for prefix in outside)


def children(cut: bytes) -> Iterator[tuple[bytes, int, int]]:
    """An element's own children: local name, first and last byte (exclusive). What lies deeper is not told:
    supplementary data may hold elements of any name.

    cut: well-formed, without comment, CDATA or processing instruction, as all cuts are.
    """
    depth, start = 0, 0
    for tag in _TAG.finditer(cut):
        ends, name, empty = tag.groups()
        if not ends:
            if depth == 1:
                start = tag.start()
            depth += 1
        if ends or empty:
            depth -= 1
            if depth == 1:
                yield name, start, tag.end()
    invariant(depth == 0, "a cut is one element")


def rewritten(document: Element) -> tuple[bytes, Slices]:
    """A document in default-namespace form, and where its CdtTrfTxInf lie in that."""
    namespace = etree.QName(document).namespace or ""
    business = document[0]
    name = local_name(business)
    pieces = [f'<Document xmlns="{namespace}"><{name}>'.encode()]
    length = len(pieces[0])
    slices: Slices = []
    for child in business:
        piece = default_form(child).encode()
        if local_name(child) == "CdtTrfTxInf":
            slices.append((length, length + len(piece)))
        pieces.append(piece)
        length += len(piece)
    pieces.append(f"</{name}></Document>".encode())
    return b"".join(pieces), slices


def default_form(element: Element) -> str:
    """An element as text without prefixes, to stand where its namespace is the default. What lies in an
    `Envlp` (of SplmtryData) may be anything, and keeps its own declarations."""
    name = local_name(element)
    if name == "Envlp":
        return f"<{name}>{''.join(map(_foreign, element))}</{name}>"
    # The schemas know no attribute but the currency's; xsi:type and the like say nothing new.
    currency = element.get("Ccy")
    attributes = f' Ccy="{escape(currency)}"' if currency else ""
    inside = "".join(default_form(child) for child in element)
    text = escape(element.text) if element.text and not inside else ""
    return f"<{name}{attributes}>{text}{inside}</{name}>"


def _foreign(element: Element) -> str:
    # Exclusive canonical XML declares what the element uses, and nothing else that is in scope.
    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False).decode()
