"""Reading fields out of a checked tree in one walk.

A reader is made from a table "path in the element → field of the struct":

    PmtId/InstrId                   the text
    IntrBkSttlmAmt  and  …@Ccy      a text and its currency
    SvcLvl/*                        the text of whichever child stands there (Cd or Prtry)
    RmtInf/Ustrd with "remittance[]"    every text, in order
    ChrgsInf with a Reader          every such element, read by that reader
    UndrlygCstmrCdtTrf with "cover?"    True if the element is there

Elements that no path names are skipped with all they contain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    Table = dict[str, Any]

Value = Any
"""A text, None, a tuple of texts, or a tuple of what a nested reader read."""


class Reader:
    """Reads the elements of one kind into lists with one place a field."""

    def __init__(
        self, namespace: str, struct: type[Struct], paths: Mapping[str, str | tuple[str, Reader]]
    ) -> None:
        fields = struct.__struct_fields__
        given = struct.__struct_defaults__
        self.defaults: list[Value] = [None] * (len(fields) - len(given)) + [
            # A default that must be new each time (an empty list) is the caller's to make.
            default if default is None or isinstance(default, str | int | tuple) else None
            for default in given
        ]
        self.table: Table = {}
        self.repeated: set[int] = set()
        for path, target in paths.items():
            self._add(namespace, fields, path, target)

    def read(self, element: Element) -> list[Value]:
        """The fields of an element, in the struct's order; those not there have the struct's default."""
        out = self.defaults.copy()
        _fill(element, self.table, out)
        for place in self.repeated:
            # Gathered in a list: a tuple that grows by one costs the square of its length.
            if out[place]:
                out[place] = tuple(out[place])
        return out

    def _add(
        self, namespace: str, fields: tuple[str, ...], path: str, target: str | tuple[str, Reader]
    ) -> None:
        path, _, attribute = path.partition("@")
        *above, last = path.split("/")
        table = self.table
        for name in above:
            table = table.setdefault(f"{{{namespace}}}{name}", {})
        name, reader = (target, None) if isinstance(target, str) else target
        place = fields.index(name.rstrip("[]?"))
        for key in _names(last, namespace):
            if attribute:
                table[key] = (table[key], place)
            elif reader is not None:
                self.defaults[place] = ()
                self.repeated.add(place)
                table[key] = (place, reader)
            elif name.endswith("?"):
                table[key] = (place, None)
            elif name.endswith("[]"):
                self.defaults[place] = ()
                self.repeated.add(place)
                table[key] = ~place
            else:
                table[key] = place


def _names(last: str, namespace: str) -> list[str]:
    return [f"{{{namespace}}}{name}" for name in (("Cd", "Prtry") if last == "*" else (last,))]


def _fill(element: Element, table: Table, out: list[Value]) -> None:
    for child in element:
        entry = table.get(child.tag)  # never a comment: the parser drops them
        if entry is None:
            continue
        kind = entry.__class__
        if kind is int:
            if entry >= 0:
                out[entry] = child.text
            else:
                _gather(out, ~entry, child.text)
        elif kind is dict:
            _fill(child, entry, out)
        else:
            place, other = entry
            if other.__class__ is int:
                out[place] = child.text
                out[other] = child.get("Ccy")
            elif other is None:
                out[place] = True
            else:
                _gather(out, place, other.read(child))


def _gather(out: list[Value], place: int, value: Value) -> None:
    if out[place]:
        out[place].append(value)
    else:
        out[place] = [value]
