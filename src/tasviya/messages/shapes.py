"""Reading fields from bytes whose shape has been read before.

A bank's system writes every payment the same way: the same elements in the same order, only texts differ. The
shape of an element is its bytes without the texts. For a new shape the tree is read once with every text
replaced by its number, which tells where each field's text stands; from then on texts are picked by number,
without the tree. That costs a fraction of walking it, most of which goes into making an object an element.

The bytes must have passed the schema, and hold no comment, CDATA or processing instruction (`slices` sees to
that). Bytes with a reference (&amp;) or a carriage return, whose texts are not their characters, go through
the tree. Shapes are equal only if all tags are, attributes too: no payment passes for one of another shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lxml import etree

from tasviya.messages.fields import Reader, Value

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

SHAPES_KEPT = 2048
"""More than a union's banks have; a sender of ever new shapes gets them forgotten, not remembered."""

_texts = re.compile(r">([^<]*)<").findall
_strip = re.compile(r">[^<]*<").sub
_number = re.compile(r"#(\d+)#").fullmatch


class _Plan:
    """Where the fields of one shape come from."""

    __slots__ = ("base", "lists", "texts")

    def __init__(self, read: list[Value]) -> None:
        """read: the fields as read with every text replaced by its number.

        Raises: ValueError if a field is no text, list of texts or constant.
        """
        self.base: list[Value] = read
        self.texts: list[tuple[int, int]] = []
        self.lists: list[tuple[int, list[int]]] = []
        for place, value in enumerate(read):
            if isinstance(value, str) and (match := _number(value)):
                self.texts.append((place, int(match[1])))
                read[place] = None
            elif isinstance(value, tuple) and value:
                self.lists.append((place, [int(_number(text)[1]) for text in value]))  # type: ignore[index]
                read[place] = ()


class ShapedReader:
    """A reader of one kind of element that remembers shapes."""

    def __init__(self, reader: Reader, namespace: str) -> None:
        self._reader, self._namespace = reader, namespace
        self._plans: dict[str, _Plan | None] = {}

    def read(self, element: Element, cut: bytes) -> list[Value]:
        """What `Reader.read` gives. cut: the element's own bytes, its namespace being the default."""
        if b"&" in cut or b"\r" in cut:
            return self._reader.read(element)
        text = cut.decode()
        shape = _strip("><", text)
        if shape not in self._plans:
            if len(self._plans) >= SHAPES_KEPT:
                self._plans.clear()
            self._plans[shape] = self._learn(text)
        plan = self._plans[shape]
        if plan is None:
            return self._reader.read(element)
        texts: list[str] = _texts(text)
        out = plan.base.copy()
        for place, number in plan.texts:
            out[place] = texts[number] or None
        for place, numbers in plan.lists:
            out[place] = tuple([texts[number] or None for number in numbers])
        return out

    def _learn(self, text: str) -> _Plan | None:
        """The plan of a new shape; None if it has something that only the tree tells (nested fields)."""
        numbers: Iterator[int] = iter(range(len(text)))
        numbered = _strip(lambda _: f">#{next(numbers)}#<", text)
        try:
            wrapped: Any = etree.fromstring(f'<x xmlns="{self._namespace}">{numbered}</x>')
            return _Plan(self._reader.read(wrapped[0]))
        except (etree.XMLSyntaxError, TypeError, ValueError):
            return None
