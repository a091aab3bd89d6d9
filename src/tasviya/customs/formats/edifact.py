"""EDIFACT: bytes → one message's segments, and segments → bytes.

    bytes ──read──▶ Message: type, references, segments        segments ──write──▶ bytes

    UNA:+.? '  UNB … (UNH … UNT) … UNZ

Every segment's place is counted from UNH, which is 1, as UNT counts them. Tokens are pydifact's; what an
interchange must hold is checked here, for a file that is cut off would otherwise lose its end in silence.
Texts are in the character set that UNB names: UTF-8 is UNOW.

Source: ISO 9735 (syntax), UN/EDIFACT service segments UNA, UNB, UNH, UNT, UNZ; levels A to K and W of its
character sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydifact.control.characters import Characters
from pydifact.exceptions import EDISyntaxError
from pydifact.parser import Parser
from pydifact.segments import Segment as RawSegment
from pydifact.serializer import Serializer
from pydifact.tokenizer import Tokenizer

from tasviya.core.errors import Refusal
from tasviya.customs.duty_text import INVISIBLE

SIZE_MAX = 1024 * 1024
"""The largest file, bytes."""
EDIFACT_CODES = {
    "DC01": "an EDIFACT file is an interchange from UNB to UNZ, of 1 MiB at the most",
    "DC02": "texts are in the character set that UNB names",
    "DC03": "a segment is a tag of three capitals and its elements, up to its terminator",
    "DC04": "an interchange holds one message, and UNZ repeats its count and reference",
    "DC05": "UNT counts the segments of its message and repeats its reference",
}
CHARACTER_SETS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOW": "utf-8",
}
DEFAULT = ":+.? '"
"""The service characters where UNA names none."""
BLANKS = b" \t\r\n\xef\xbb\xbf"
JOINERS = "\u200c\u200d"
SHOWN = 40
_START = re.compile(rb"(?:UNA(.{6})[\r\n ]*)?UNB[^A-Z0-9]([A-Z]{4})", re.S)
_Raw = list[str | list[str]]
"""A segment as pydifact has it: its tag and its elements, a composite being a list."""
_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")
_ANEW = "Send the whole interchange again."


class Segment(NamedTuple):
    """A segment: its tag, its elements' components, and its place in the message, UNH being 1."""

    tag: str
    elements: tuple[tuple[str, ...], ...]
    place: int

    def get(self, element: int, component: int = 0) -> str:
        """A component, both counted from 0; nothing where there is none."""
        if element < len(self.elements) and component < len(self.elements[element]):
            return self.elements[element][component]
        return ""

    @property
    def where(self) -> str:
        return f"{self.tag}, segment {self.place}"


@dataclass(frozen=True, slots=True)
class Message:
    """A message and its envelope. segments: without UNH and UNT. sender, recipient, control: of UNB."""

    type: str
    version: str
    release: str
    reference: str
    sender: str
    recipient: str
    control: str
    segments: tuple[Segment, ...]


def read(raw: bytes) -> Message | Refusal:
    """The one message of an interchange, or why there is none, by EDIFACT_CODES. Never raises."""
    if len(raw) > SIZE_MAX:
        what = f"The file has {len(raw):,} bytes; {SIZE_MAX:,} are read at once."
        return Refusal("DC01", what, "Declare the goods in several declarations.")
    raw = raw.strip(BLANKS)
    start = _START.match(raw)
    if start is None:
        what = f"The file begins with {raw[:12].decode('ascii', 'replace')!r}."
        return Refusal("DC01", what, "Begin it with UNB, or with UNA and UNB.", "UNB")
    text = _decoded(raw, start[2].decode("ascii"))
    if isinstance(text, Refusal):
        return text
    characters = _characters(text[3:9] if start[1] else "")
    if characters is None:
        what = f"UNA names the characters {text[3:9]!r}."
        cure = "Name four different ones, no letters, digits or blanks; a blank for no release character."
        return Refusal("DC03", what, cure, "UNA")
    segments = _segments(text[9:].lstrip() if start[1] else text, characters)
    return segments if isinstance(segments, Refusal) else _message(segments)


def write(
    segments: Iterable[tuple[str, *tuple[str | list[str], ...]]],
    reference: str,
    kind: str,
    envelope: Envelope,
) -> bytes:
    """An interchange of one message. segments: without UNH and UNT; each a tag and its elements, a composite
    being a list. kind: the message's type, such as CUSRES, of directory D.99B.

    Texts that ISO 8859-1 has no sign for make it UNOW, in UTF-8. What is no sign at all becomes a blank.
    """
    body = [_trimmed(each) for each in segments]
    head: _Raw = ["UNH", reference, [kind, "D", "99B", "UN"]]
    inner: list[_Raw] = [head, *body, ["UNT", str(len(body) + 2), reference]]
    at = envelope.at
    for level, version, day in (("UNOC", "3", f"{at:%y%m%d}"), ("UNOW", "4", f"{at:%Y%m%d}")):
        first: _Raw = ["UNB", [level, version], envelope.sender, envelope.recipient, [day, f"{at:%H%M}"]]
        whole: list[_Raw] = [[*first, envelope.control], *inner, ["UNZ", "1", envelope.control]]
        text = Serializer().serialize([_raw(each) for each in whole], with_una_header=False)
        if level == "UNOW" or _fits(text, CHARACTER_SETS[level]):
            break
    return text.encode(CHARACTER_SETS[level])


class Envelope(NamedTuple):
    """Of an interchange: from whom to whom, its reference, and when it is made."""

    sender: str
    recipient: str
    control: str
    at: datetime


def _decoded(raw: bytes, level: str) -> str | Refusal:
    charset = CHARACTER_SETS.get(level)
    known = ", ".join(CHARACTER_SETS)
    if charset is None:
        return Refusal(
            "DC02", f"UNB names the character set {level}.", f"Use UNOW, or one of {known}.", "UNB"
        )
    try:
        text = raw.decode(charset)
    except UnicodeDecodeError as error:
        what = f"Byte {error.start:,} is none of {level} ({charset})."
        return Refusal("DC02", what, "Name the set that the texts are in: UNOW is UTF-8.", "UNB")
    if charset != "utf-8" and not raw.isascii() and _is_utf8(raw):
        what = f"UNB names {level} ({charset}), and the texts are UTF-8."
        return Refusal("DC02", what, "Name UNOW, or write the texts in the set that is named.", "UNB")
    return text


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _characters(named: str) -> Characters | None:
    """The service characters: those of UNA, if there is one; none if these cannot part anything."""
    if not named:
        return Characters.from_str(DEFAULT)
    component, element, release, terminator = named[0], named[1], named[3], named[5]
    parting = {component, element, terminator, release}
    if len(parting) < 4 or any(sign.isalnum() or sign == "\0" for sign in parting):
        return None
    if any(sign.isspace() for sign in (component, element, terminator)):
        return None
    # pydifact would take a blank for a release character, which UNA writes where there is none.
    return Characters.from_str(
        f"{component}{element}.{chr(0) if release.isspace() else release} {terminator}"
    )


def _segments(text: str, characters: Characters) -> list[_Raw] | Refusal:
    """All segments of a file as pydifact parts them."""
    found: list[_Raw] = []
    if "\0" in text:
        what = f"Character {text.index(chr(0)) + 1:,} is no sign (NUL)."
        return Refusal("DC03", what, "Send texts without it.")
    try:
        tokens = Tokenizer().get_tokens(text, characters)
        for raw in Parser().convert_tokens_to_raw_segments(tokens):
            if not (isinstance(raw[0], str) and _TAG.fullmatch(raw[0])):
                tag = raw[0] if isinstance(raw[0], str) else ":".join(raw[0])
                what = f"Segment {len(found) + 1} of the file begins with {tag[:SHOWN]!r}, which is no tag."
                cure = "Write a tag of three capitals; in a text, release (?) the sign that ends segments."
                return Refusal("DC03", what, cure, f"segment {len(found) + 1} of the file")
            found.append(raw)
    except EDISyntaxError:
        pass
    if not text.endswith(characters.segment_terminator) or not found or found[-1][0] != "UNZ":
        last = f", {found[-1][0]}" if found else ""
        what = f"The file ends after segment {len(found)}{last}, and its last must be UNZ."
        return Refusal("DC01", what, _ANEW, f"segment {len(found) + 1} of the file")
    return found


def _message(raw: list[_Raw]) -> Message | Refusal:
    every = [_segment(each, place) for place, each in enumerate(raw)]
    head, tail, inner = every[0], every[-1], every[1:-1]
    tags = [each.tag for each in inner]
    control = head.get(4)
    if tags.count("UNH") != 1 or inner[0].tag != "UNH":
        first = inner[0].tag if inner else "nothing"
        what = f"The interchange holds {tags.count('UNH')} messages, and begins with {first}."
        return Refusal("DC04", what, "Send each message in an interchange of its own, without groups.", "UNH")
    if tail.get(0) != "1" or tail.get(1) != control:
        told = f"UNZ has {tail.get(0)!r:.20} and {tail.get(1)!r:.40}"
        what = f"{told}; there is 1 message, and UNB has {control!r:.40}."
        return Refusal("DC04", what, _ANEW, "UNZ")
    start, end = inner[0], inner[-1]
    if end.tag != "UNT":
        what = f"The message ends with {end.tag}, segment {end.place}, and not with UNT."
        return Refusal("DC05", what, _ANEW, end.where)
    if end.get(0).lstrip("0") != str(len(inner)):
        what = f"UNT counts {end.get(0)!r:.20} segments; there are {len(inner)}."
        return Refusal("DC05", what, "Send what is missing, or correct the count.", end.where)
    if end.get(1) != start.get(0):
        what = f"UNT has the reference {end.get(1)!r:.40}, UNH {start.get(0)!r:.40}."
        return Refusal("DC05", what, "Write the same reference in both.", end.where)
    return Message(
        type=start.get(1),
        version=start.get(1, 1),
        release=start.get(1, 2),
        reference=start.get(0),
        sender=head.get(1),
        recipient=head.get(2),
        control=control,
        segments=tuple(inner[1:-1]),
    )


def _segment(raw: _Raw, place: int) -> Segment:
    elements = ((each,) if isinstance(each, str) else tuple(each) for each in raw[1:])
    return Segment(str(raw[0]), tuple(elements), place)


def _raw(segment: _Raw) -> RawSegment:
    return RawSegment(*segment)


def _trimmed(segment: Iterable[str | list[str]]) -> _Raw:
    """Without empty elements at its end, and every text fit to be sent."""
    found = [
        _sendable(each) if isinstance(each, str) else [_sendable(part) for part in each] for each in segment
    ]
    while not any(found[-1]):
        found.pop()
    return found


def _sendable(text: str) -> str:
    return "".join(_signs(text))


def _signs(text: str) -> Iterator[str]:
    """Without signs of no width, but for the two that join and part letters; blanks for control signs."""
    for sign in text:
        if sign.isprintable() or sign in JOINERS:
            yield sign
        elif sign not in INVISIBLE:
            yield " "
