"""A file of XML that is read as it comes: element by element, in memory that does not grow with the file.

    chunks of bytes ──elements──▶ one element at a time; a refusal, if there is one, is the last

What `messages.xml` refuses is refused here as well: a document type, entities, an encoding other than
UTF-8, malformed XML, nesting beyond what the parser allows. The parser opens no file or connection. What
comes before a fault has been given when the fault is found: keep nothing of a file before its end is
reached.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.errors import Refusal
from tasviya.messages.xml import (
    DECLARED_ENCODING,
    UTF8_NAMES,
    doctype_refusal,
    encoding_refusal,
    local_name,
    syntax_refusal,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MISPLACED = "MISPLACED"
"""The reason of a refusal for the caller to replace by its own code."""
FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY")
_OVERLAP = max(map(len, FORBIDDEN)) - 1
_HEAD = 200
PIECE = 1 << 16
"""Bytes that the parser is given at once; it takes no more than ten million."""
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


def elements(chunks: Iterable[bytes], path: Sequence[str]) -> Iterator[Element | Refusal]:
    """Every element at a path, whole, in the order of the file; it is emptied when the next one is asked for.

    chunks: the file's bytes, in pieces of any size. path: names from the root down, with their namespaces
    in braces. A refusal ends it, with a reason of messages.xml.FAILURES, or MISPLACED if the root or the
    place of an element is another; `where` is the line. Never raises.
    """
    parser = etree.XMLPullParser(
        events=("end",),
        tag=path[-1],
        resolve_entities=True,  # there are none but the five of XML: a document type never gets here
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    is_whole = False
    try:
        for chunk in _checked(chunks):
            if isinstance(chunk, Refusal):
                yield chunk
                return
            parser.feed(chunk)
            for element in _ready(parser):
                if _path_of(element) != tuple(path):
                    yield _misplaced(element)
                    return
                yield element
        is_whole = True
        root = parser.close()
        if root.tag != path[0]:
            yield _misplaced(root)
    except etree.XMLSyntaxError as error:
        yield _refusal(error, is_whole)


def _ready(parser: etree.XMLPullParser) -> Iterator[Element]:
    for _, element in parser.read_events():
        if not isinstance(element, etree._Element):
            continue
        yield element
        element.clear()
        for each in (element, *element.iterancestors()):
            above = each.getparent()
            while above is not None and each.getprevious() is not None:
                del above[0]


def _path_of(element: Element) -> tuple[str, ...]:
    return (*(str(each.tag) for each in reversed(list(element.iterancestors()))), str(element.tag))


def _misplaced(element: Element) -> Refusal:
    path = "/".join(local_name(each) for each in (*reversed(list(element.iterancestors())), element))
    what = f"/{path} stands where another element is expected, or is of another namespace."
    return Refusal(
        MISPLACED, what[:300], "Send a file of the kind that is read here.", f"line {element.sourceline}"
    )


def _checked(chunks: Iterable[bytes]) -> Iterator[bytes | Refusal]:
    """The chunks as they are, as long as nothing is in them that is not even parsed."""
    decoder = getincrementaldecoder("utf-8")()
    end, passed, head = b"", 0, b""
    for chunk in _from_whole_head(chunks):
        if not passed:
            head = chunk[:_HEAD]
            if refusal := _head_refusal(head):
                yield refusal
                return
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            yield encoding_refusal(f"Near byte {passed + error.start:,} it is not UTF-8 ({error.reason}).")
            return
        seen = end + chunk
        if b"<!" in seen and any(each in seen for each in FORBIDDEN):
            yield doctype_refusal()
            return
        end, passed = seen[-_OVERLAP:], passed + len(chunk)
        yield chunk
    if decoder.getstate()[0]:
        yield encoding_refusal("The file ends within a character.")
    elif not passed:
        yield Refusal("CUT-OFF", "The file is empty.", "Send the whole file again.")


def _from_whole_head(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that the parser takes at once; the first shows the declared encoding."""
    waiting = b""
    for chunk in chunks:
        waiting += chunk
        if len(waiting) < _HEAD:
            continue
        for start in range(0, len(waiting), PIECE):
            yield waiting[start : start + PIECE]
        waiting = b""
    if waiting:
        yield waiting


def _head_refusal(head: bytes) -> Refusal | None:
    if head.startswith(_WIDE):
        return encoding_refusal("The file is in UTF-16 or UTF-32.")
    declared = DECLARED_ENCODING.match(head.lstrip(b"\xef\xbb\xbf"))
    if declared and declared[1].upper() not in UTF8_NAMES:
        return encoding_refusal(f"The file declares the encoding {declared[1].decode('ascii', 'replace')}.")
    return None


def _refusal(error: etree.XMLSyntaxError, is_whole: bool) -> Refusal:
    """is_whole: all bytes were read, so that what is wrong is that more were expected."""
    found = syntax_refusal(error)
    if is_whole and found.reason == "NOT-XML" and "Extra content" not in found.what:
        what = "The file ends before its root element does."
        found = Refusal("CUT-OFF", what, "Send the whole file again.")
    return replace(found, where=f"line {error.lineno}" if error.lineno else "")
