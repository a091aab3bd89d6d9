"""Bytes → a checked tree: hostile XML is refused, never obeyed.

What is refused before the parser sees it: files over the size or element cap, any encoding but UTF-8, and
every DOCTYPE, so that no entity but the five of XML exists. The parser itself opens no file or connection,
and drops comments and processing instructions, which would otherwise split a text in two: `1<!---->099` is
1099 to a schema and 1 to a careless reader. Then the schema; its errors come back as refusals with a path.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.errors import Refusal
from tasviya.messages.scheme import Scheme

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
    from lxml.etree import _LogEntry as LogEntry

SCHEMA_FILES = files("tasviya.messages").joinpath("schemas")
HEADER = "head.001.001.02"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
REPORTED_ERRORS = 10
"""How many schema errors of one message are reported; the rest tend to follow from these."""
ATTRIBUTES = 64
"""A file may hold this many attributes more than tags. ISO 20022 knows one, `Ccy`."""

PREFIXES = 16
"""So many namespace prefixes may be in force around a Document."""

FAILURES = {
    "TOO-LARGE": "The file exceeds the size, or the number of elements or messages, that is read at once.",
    "ENCODING": "The bytes are not UTF-8, or the file declares another encoding.",
    "DOCTYPE": "The file declares a document type or entities.",
    "CUT-OFF": "The file ends before its root element does.",
    "TOO-DEEP": "Elements are nested deeper than any message needs, or one text is too long.",
    "ATTRIBUTES": "The file holds more attributes or namespace prefixes than any message needs.",
    "NOT-XML": "The file is not well-formed XML.",
    "NO-MESSAGE": "The file is XML but holds no ISO 20022 Document.",
    "NO-DOCUMENT": "An application header is not followed by a Document.",
    "UNKNOWN-MESSAGE": "The Document is of a type or version that is not processed here.",
    "FF01": "The message breaks its schema so badly that not even its id can be read.",
}
"""Why a file or message is unreadable: the reasons that admi.002 carries, beside their meaning."""

_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities="internal",  # type: ignore[arg-type]  # the stubs predate this value
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
UTF8_NAMES = (b"UTF-8", b"UTF8", b"US-ASCII")
DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']""")


def read(raw: bytes, scheme: Scheme) -> Element | Refusal:
    """The root element of a file, or why it is not read."""
    found = _unfit(raw, scheme)
    if found is not None:
        return found
    try:
        root = etree.fromstring(raw, _PARSER)
    except etree.XMLSyntaxError as error:
        return syntax_refusal(error)
    if raw.count(b"=") > raw.count(b"<") + ATTRIBUTES and _too_many_attributes(raw):
        return Refusal(
            "ATTRIBUTES",
            "The file holds more attributes than tags.",
            "Send only the attributes of the schema: Ccy on amounts.",
        )
    return root


def _too_many_attributes(raw: bytes) -> bool:
    """Whether there are more attributes and namespace declarations than tags; equals signs in texts that no
    quote follows do not count."""
    return raw.count(b'="') + raw.count(b"='") > raw.count(b"<") + ATTRIBUTES


def _unfit(raw: bytes, scheme: Scheme) -> Refusal | None:
    """Why the bytes do not even reach the parser."""
    if len(raw) > scheme.file_bytes:
        return Refusal(
            "TOO-LARGE",
            f"The file has {len(raw):,} bytes; {scheme.file_bytes:,} are read at once.",
            "Split the batch into smaller files.",
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
        return encoding_refusal("The file is in UTF-16 or UTF-32.")
    declared = (
        DECLARED_ENCODING.match(raw[:200].lstrip(b"\xef\xbb\xbf")) if b"encoding" in raw[:200] else None
    )
    if declared and declared[1].upper() not in UTF8_NAMES:
        return encoding_refusal(f"The file declares the encoding {declared[1].decode('ascii', 'replace')}.")
    if not raw.isascii():
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            return encoding_refusal(f"Byte {error.start:,} is not UTF-8 ({error.reason}).")
    # Looking for one byte first is several times faster, and few files have it.
    if b"!" in raw and (b"<!DOCTYPE" in raw or b"<!ENTITY" in raw):
        return doctype_refusal()
    if raw.count(b"<") > 2 * scheme.file_elements:
        return Refusal(
            "TOO-LARGE",
            f"The file has more than {scheme.file_elements:,} elements.",
            "Split the batch into smaller files.",
        )
    return None


def doctype_refusal() -> Refusal:
    return Refusal(
        "DOCTYPE",
        "The file declares a document type or entities.",
        "Leave the declaration out; write characters themselves, or as &amp; &lt; &gt; &quot; &apos;.",
    )


def encoding_refusal(what: str) -> Refusal:
    return Refusal("ENCODING", what, "Send UTF-8, with that or no encoding in the XML declaration.")


def syntax_refusal(error: etree.XMLSyntaxError) -> Refusal:
    """A parser's complaint as a refusal. The parser's own words are kept: they name tag, line and column."""
    # One line is enough, and a complaint may quote the file at length.
    text = " ".join((error.msg or "the file is empty").split())[:300]
    lowered = text.lower()
    if any(
        sign in lowered
        for sign in ("excessive depth", "huge text node", "huge input", "too long", "xml_parse_huge")
    ):
        return Refusal(
            "TOO-DEEP",
            f"The file is nested too deep or a text is too long: {text}.",
            "Send a message of the schema.",
        )
    if any(
        sign in lowered
        for sign in (
            "premature end",
            "document is empty",
            "the file is empty",
            "unclosed",
            "couldn't find end",
        )
    ):
        return Refusal("CUT-OFF", f"The file ends too early: {text}.", "Send the whole file again.")
    return Refusal(
        "NOT-XML", f"The file is not well-formed XML: {text}.", "Correct the XML and send it again."
    )


@cache
def schema(message_type: str) -> etree.XMLSchema:
    """A message type's compiled schema; each process compiles what it meets, once."""
    text = SCHEMA_FILES.joinpath(f"{message_type}.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))


def validate(element: Element, message_type: str) -> list[Refusal]:
    """What in a Document or AppHdr breaks the schema of its message type; empty if nothing does."""
    return findings(element, schema(message_type))


def findings(element: Element, compiled: etree.XMLSchema) -> list[Refusal]:
    """What in an element breaks a schema, as refusals with a path from it; empty if nothing does."""
    if compiled.validate(element):
        return []
    refusals: list[Refusal] = []
    seen: set[str] = set()
    for entry in compiled.error_log:  # type: ignore[attr-defined]  # the stubs forget __iter__
        if entry.path not in seen:
            seen.add(entry.path)
            refusals.append(_schema_refusal(element, entry))
        if len(refusals) == REPORTED_ERRORS:
            break
    return refusals


_QUALIFIED = re.compile(r"\{(?!['\d])[^}]*\}|(?<=')m:")
"""A namespace in braces, or its prefix; braces around digits are a pattern's own."""
_EXPECTED = re.compile(r"Expected is (?:one of )?\( ([^)]*) \)")
_CURES = {
    "SCHEMAV_CVC_ENUMERATION_VALID": "Use one of the codes that the message names.",
    "SCHEMAV_CVC_PATTERN_VALID": "Write the value in the form that the message names.",
    "SCHEMAV_CVC_MINLENGTH_VALID": "Fill the element or leave it out.",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "Shorten the text.",
    "SCHEMAV_CVC_TOTALDIGITS_VALID": "Use fewer digits.",
    "SCHEMAV_CVC_FRACTIONDIGITS_VALID": "Use fewer decimals.",
    "SCHEMAV_CVC_MININCLUSIVE_VALID": "Use a value that is not below the least allowed.",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "Leave the attribute out.",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "Add the attribute.",
}


def _schema_refusal(root: Element, entry: LogEntry) -> Refusal:
    text = _QUALIFIED.sub("", " ".join(entry.message.split()))[:400]
    cure = _CURES.get(entry.type_name, "Correct the value to the type that the message names.")
    expected = _EXPECTED.search(text)
    if expected:
        cure = f"Put here {' or '.join(part.strip() for part in expected[1].split(','))}."
    elif entry.type_name == "SCHEMAV_ELEMENT_CONTENT":
        cure = "Remove the element, or complete it as the schema has it."
    return Refusal("FF01", f"{text} (line {entry.line})", cure, _named_path(root, entry.path))


_STEP = re.compile(r"([^\[/]+)(?:\[(\d+)\])?")


def _named_path(root: Element, positions: str) -> str:
    """A libxml2 node path such as /*/*[2], told in names: /Document/FIToFICstmrCdtTrf/CdtTrfTxInf[2]."""
    steps = _STEP.findall(positions)
    element = root
    names = [local_name(root)]
    for name, position in steps[1:]:
        if name.startswith("@"):
            names.append(name)
            break
        candidates = [
            child for child in element if name == "*" or local_name(child) == name.rpartition(":")[2]
        ]
        index = int(position or 1) - 1
        if index >= len(candidates):
            break
        element = candidates[index]
        names.append(step_name(element))
    return "/" + "/".join(names)


def step_name(element: Element) -> str:
    """An element's local name, with its position where siblings share the name: CdtTrfTxInf[2]."""
    name = local_name(element)
    parent = element.getparent()
    alike = [] if parent is None else [child for child in parent if child.tag == element.tag]
    return f"{name}[{alike.index(element) + 1}]" if len(alike) > 1 else name


def path_of(element: Element, root: Element) -> str:
    """An element's path in names, from the root given."""
    steps = [step_name(element)]
    while element is not root and (parent := element.getparent()) is not None:
        element = parent
        steps.append(step_name(element) if element is not root else local_name(element))
    return "/" + "/".join(reversed(steps))


def namespace_of(element: Element) -> str:
    """An element's namespace, or nothing."""
    return str(element.tag)[1:].rpartition("}")[0]


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
