"""One file of several messages: pairs of AppHdr and Document in an element of our own.

    <Messages xmlns="urn:tasviya:envelope:01">
      <Message><AppHdr xmlns="…head.001.001.02">…</AppHdr><Document xmlns="…">…</Document></Message>
      …
    </Messages>

What comes in need not look like this: any element may wrap any number of pairs, a few levels deep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tasviya.messages.header import build_header
from tasviya.messages.model import Header
from tasviya.messages.xml import NAMESPACE, PREFIXES, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

ENVELOPE = "urn:tasviya:envelope:01"
DEEPEST = 6
"""How many elements may lie around a Document."""
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def envelope(messages: Iterable[tuple[Header, bytes]]) -> bytes:
    """A file of messages, in the order given.

    messages: each header with its document as a `build_…` function wrote it (without an XML declaration).
    """
    pairs = b"".join(
        b"<Message>%b%b</Message>\n" % (build_header(header), document) for header, document in messages
    )
    return b'%b<Messages xmlns="%b">\n%b</Messages>\n' % (_DECLARATION, ENVELOPE.encode(), pairs)


def bare(document: bytes) -> bytes:
    """A file of one document without a header."""
    return _DECLARATION + document


def pairs(root: Element) -> list[tuple[Element | None, Element | None]]:
    """The messages of a file in order: header and document, either of which may be missing."""
    found: list[tuple[Element | None, Element | None]] = []
    header: Element | None = None
    for element in _messages(root, DEEPEST):
        if local_name(element) == "AppHdr":
            if header is not None:
                found.append((header, None))
            header = element
        else:
            found.append((header, element))
            header = None
    if header is not None:
        found.append((header, None))
    return found


def is_crowded(root: Element) -> bool:
    """Whether an envelope declares more namespace prefixes than it can need. Each message pays for those
    around it, so that many times many would take minutes."""
    return any(len(element.nsmap) > PREFIXES for element in _envelopes(root, DEEPEST))


def _envelopes(element: Element, depth: int) -> Iterator[Element]:
    """The elements around headers and documents, outermost first."""
    yield element
    if depth and local_name(element) not in ("Document", "AppHdr"):
        for child in element:
            yield from _envelopes(child, depth - 1)


def _messages(element: Element, depth: int) -> Iterator[Element]:
    """Headers and documents under an element, outermost only, in document order."""
    name = local_name(element)
    if name == "Document" or (name == "AppHdr" and f"{{{NAMESPACE}head." in str(element.tag)):
        yield element
    elif depth:
        for child in element:
            yield from _messages(child, depth - 1)
