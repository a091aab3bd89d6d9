"""Goods have a code: the Harmonized System of 2022, and how a code that a person wrote is read.

    "0901.11 00" ──goods_code──▶ GoodsCode("09011100") | Refusal   chapter 09, heading 0901, subheading 090111

Six digits are the world's, the same everywhere; two or four after them are a state's own and are not checked
here. Spaces, dots and characters without width are taken out. Nothing is put in: a code that has lost its
leading zero is refused and told what it may have been, because 7-digit 9011100 and 8-digit 09011100 look
alike to a spreadsheet and to nobody else.

Source: WCO, Harmonized Commodity Description and Coding System, edition of 2022; the list and its English
texts from the data set datasets/harmonized-system (PDDL), see NOTICE: 96 chapters, 1,228 headings and 5,612
subheadings, and 999999 for goods that nobody has specified.
"""

from __future__ import annotations

import gzip
import unicodedata
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tasviya.core.errors import Refusal, invariant

UNSPECIFIED = "999999"
"""Stands for goods not specified according to kind. No tariff has it; statistics do."""
LENGTHS = (6, 8, 10)
"""How many digits a code may have: the subheading's six, and a state's two or four."""
TOLD = 5
"""How many codes a cure names at most."""
SHOWN = 40
"""How much of a text a refusal repeats at most, characters."""


@dataclass(frozen=True, slots=True, order=True)
class GoodsCode:
    """The code of some goods. Made by `goods_code`, which is what says that it exists.

    digits: 6, 8 or 10 of them, 0 to 9.
    """

    digits: str

    def __post_init__(self) -> None:
        whole = self.digits.isascii() and self.digits.isdigit()
        invariant(whole and len(self.digits) in LENGTHS, "a goods code has 6, 8 or 10 digits")

    @property
    def chapter(self) -> str:
        """Its first two digits."""
        return self.digits[:2]

    @property
    def heading(self) -> str:
        """Its first four digits."""
        return self.digits[:4]

    @property
    def subheading(self) -> str:
        """Its first six digits: all that the Harmonized System knows."""
        return self.digits[:6]

    @property
    def national(self) -> str:
        """What a state has added: none, two or four digits."""
        return self.digits[6:]

    def __str__(self) -> str:
        return self.digits


def goods_code(text: str, *, unspecified: bool = False, where: str = "goods_code") -> GoodsCode | Refusal:
    """The code that a text is, or why it is none.

    unspecified: whether 999999 will do. where: the place that a refusal names.
    Refused: GC01 nothing there; GC02 not digits; GC03 seven or nine digits; GC04 fewer than six; GC05 more
    than ten, or more characters than any code needs; GC06 no such subheading; GC07 999999 where goods must be
    specified. Never raises, whatever the text.
    """
    digits = bare(text)
    if not digits:
        what = "There is no goods code." if not text.strip() else "Nothing of the goods code can be seen."
        return Refusal("GC01", what, "Write the six digits of the subheading, such as 090111.", where)
    if len(digits) > SHOWN:
        what = f"{digits[:SHOWN]!r}… has {len(digits)} characters, and a goods code has 6, 8 or 10."
        return Refusal("GC05", what, "Write the code alone, without the goods' name.", where)
    if not (digits.isascii() and digits.isdigit()):
        return Refusal("GC02", f"{digits!r} is not all digits 0 to 9.", _without_letters(digits), where)
    if len(digits) > max(LENGTHS):
        what = f"{digits} has {len(digits)} digits, and a goods code has 6, 8 or 10."
        return Refusal("GC05", what, f"Leave out what follows the tenth: {digits[:10]}?", where)
    if len(digits) < min(LENGTHS):
        kind = {2: "chapter", 4: "heading"}.get(len(digits)) if digits in _texts() else None
        what = f"{digits} is a {kind}." if kind else f"{digits} has {len(digits)} of a subheading's 6 digits."
        return Refusal("GC04", what, _what_is_meant(digits), where)
    if len(digits) not in LENGTHS:
        what = f"{digits} has {len(digits)} digits, and a goods code has 6, 8 or 10."
        return Refusal("GC03", what, _what_was_lost(digits), where)
    if digits[:6] not in _texts():
        what = f"{digits[:6]} is no subheading of the Harmonized System of 2022."
        return Refusal("GC06", what, f"The nearest are {_named(nearest(digits))}.", where)
    if digits[:6] == UNSPECIFIED and not unspecified:
        what = f"{UNSPECIFIED} stands for goods that nobody has specified."
        return Refusal("GC07", what, "Write the code of the goods that are there.", where)
    return GoodsCode(digits)


def describe(code: GoodsCode | str) -> str:
    """The English text of a code from its chapter on, "Chapter: Heading: Subheading".

    code: a goods code, or the digits of a chapter or heading. Of what is unknown, empty.
    """
    digits = str(code)
    chain = [_texts()[digits[:end]] for end in (2, 4, 6) if end <= len(digits) and digits[:end] in _texts()]
    return ": ".join(dict.fromkeys(chain))


def text_of(digits: str) -> str:
    """The English text of a chapter, heading or subheading alone; empty if there is none."""
    return _texts().get(digits, "")


@cache
def below(digits: str) -> tuple[str, ...]:
    """What a chapter or heading divides into: its headings, or its subheadings, in order."""
    return tuple(code for code in _texts() if len(code) == len(digits) + 2 and code.startswith(digits))


@cache
def subheadings() -> frozenset[str]:
    """All 5,612 subheadings, six digits each; 999999 is not among them."""
    return frozenset(code for code in _texts() if len(code) == 6 and code != UNSPECIFIED)


def nearest(digits: str, count: int = 3) -> tuple[str, ...]:
    """The subheadings nearest to six digits that are none: of their heading if it exists, else by number."""
    ordered = _ordered()
    close = [code for code in ordered if code[:4] == digits[:4]]
    if not close:
        place = bisect_left(ordered, digits[:6])
        close = list(ordered[max(0, place - count) : place + count])
    wanted = int(digits[:6])
    return tuple(sorted(sorted(close, key=lambda code: (abs(int(code) - wanted), code))[:count]))


def bare(text: str) -> str:
    """A text without spaces, dots and characters that have no width."""
    return "".join(
        sign for sign in text if sign != "." and not sign.isspace() and unicodedata.category(sign) != "Cf"
    )


@cache
def _texts() -> Mapping[str, str]:
    """Every code's English text: chapters, headings, subheadings, in order of the codes."""
    packed = files("tasviya.customs").joinpath("data/hs2022.tsv.gz").read_bytes()
    lines = gzip.decompress(packed).decode("ascii").splitlines()
    return dict(line.split("\t", 1) for line in lines)


@cache
def _ordered() -> tuple[str, ...]:
    return tuple(sorted(subheadings()))


def _without_letters(digits: str) -> str:
    """What to do about characters that are not 0 to 9; other scripts' digits have their plain form."""
    plain = "".join(str(unicodedata.decimal(sign, sign)) for sign in digits)
    if plain != digits and plain.isascii() and plain.isdigit():
        return f"Write it with the digits 0 to 9: {plain}."
    return "Write the code's digits alone; spaces and dots between them may stay."


def _what_was_lost(digits: str) -> str:
    """What a code of seven or nine digits may have been."""
    with_zero = f"0{digits}"
    ways = []
    if with_zero[:6] in subheadings():
        ways.append(f"{with_zero} if a leading zero was lost: {_short(with_zero[:6])}")
    if digits[:6] in subheadings():
        ways.append(f"one digit more, or {len(digits) - 6} fewer, of {digits[:6]}: {_short(digits[:6])}")
    if not ways:
        return f"Look the code up: neither {with_zero[:6]} nor {digits[:6]} is a subheading."
    return f"Write {'; or '.join(ways)}."


def _what_is_meant(digits: str) -> str:
    """Subheadings that fewer than six digits may stand for."""
    begun = [code for code in _ordered() if code.startswith(digits)]
    zero = [code for code in _ordered() if len(digits) % 2 and code.startswith(f"0{digits}")]
    ways = []
    if zero:
        ways.append(f"if a leading zero was lost, {_named(zero)}")
    if begun:
        ways.append(f"of those that begin with {digits}, {_named(begun)}")
    if not ways:
        return f"Look the code up: no subheading begins with {digits}."
    return f"Write six digits: {'; or '.join(ways)}."


def _named(codes: list[str] | tuple[str, ...]) -> str:
    """Codes with their texts, the first few."""
    shown = ", ".join(f"{code} ({_short(code)})" for code in codes[:TOLD])
    more = len(codes) - TOLD
    return f"{shown} and {more} more" if more > 0 else shown


def _short(code: str) -> str:
    text = text_of(code)
    return text if len(text) <= SHOWN else f"{text[:SHOWN].rstrip(' ,;')}…"
