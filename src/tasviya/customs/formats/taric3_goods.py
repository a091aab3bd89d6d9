"""The nomenclature that holdings of TARIC3 describe: its lines on a day, and which of them can be declared.

Lines stand in the order of their codes and suffixes; a line's indents say below which it is. A line can be
declared if its suffix is 80 and nothing is below it. Most lines below another begin with its digits, but not
all: where they do not, a measure of the line above is no matter of digits, and `odd` says so.

Source: TARIC3 schemas, version 5.10 (uktrade/tamato, MIT licence); product line suffix 80: lines of goods,
others are headings between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tasviya.customs.formats.taric3 import Holdings

GOODS_SUFFIX = "80"
_CHAPTER_ZEROS = "0" * 8
LANGUAGE = "EN"


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """A line of the nomenclature on a day.

    sid: its own number. code: ten digits. depth: -1 of a chapter, 0 of a heading, and so on downwards.
    is_odd: lines below it do not begin with its digits.
    """

    sid: str
    code: str
    suffix: str
    depth: int
    begins: str
    ends: str
    text: str
    is_declarable: bool
    is_odd: bool


def digits_of(code: str) -> str:
    """A code without the pairs of zeros at its end; a chapter has two digits."""
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


def lines_on(holdings: Holdings, day: date) -> tuple[GoodsLine, ...]:
    """The lines that are valid on a day, in their order."""
    on = day.isoformat()
    depth = _latest(holdings, "goods.nomenclature.indents", on)
    period = _latest(holdings, "goods.nomenclature.description.period", on)
    texts: dict[str, str] = {}
    for each in holdings.all("goods.nomenclature.description"):
        sid = each["goods.nomenclature.description.period.sid"]
        if each["language.id"] == LANGUAGE or sid not in texts:
            texts[sid] = each["description"]
    found = []
    for each in holdings.all("goods.nomenclature"):
        begins, ends = each["validity.start.date"], each["validity.end.date"]
        if begins <= on and (not ends or on <= ends):
            sid, code = each["goods.nomenclature.sid"], each["goods.nomenclature.item.id"]
            chapter = code.endswith(_CHAPTER_ZEROS)
            level = -1 if chapter else int(depth.get(sid, {}).get("number.indents", "0"))
            text = texts.get(period.get(sid, {}).get("goods.nomenclature.description.period.sid", ""), "")
            found.append((code, each["producline.suffix"], sid, level, begins, ends, text))
    found.sort()
    odd = _odd([(code, level) for code, _, _, level, *_ in found])
    return tuple(
        GoodsLine(
            sid, code, suffix, level, begins, ends, text,
            suffix == GOODS_SUFFIX and (place + 1 == len(found) or found[place + 1][3] <= level),
            place in odd,
        )
        for place, (code, suffix, sid, level, begins, ends, text) in enumerate(found)
    )  # fmt: skip


def _latest(holdings: Holdings, kind: str, on: str) -> dict[str, dict[str, str]]:
    """By line, the record that has begun last."""
    found: dict[str, dict[str, str]] = {}
    for each in holdings.all(kind):
        begun, sid = each["validity.start.date"], each["goods.nomenclature.sid"]
        if begun <= on and (sid not in found or found[sid]["validity.start.date"] <= begun):
            found[sid] = each
    return found


def _odd(lines: Sequence[tuple[str, int]]) -> set[int]:
    """Places of lines with lines below them that do not begin with their digits."""
    odd: set[int] = set()
    above: list[int] = []
    for place, (code, depth) in enumerate(lines):
        while above and lines[above[-1]][1] >= depth:
            above.pop()
        odd.update(each for each in above if not code.startswith(digits_of(lines[each][0])))
        above.append(place)
    return odd
