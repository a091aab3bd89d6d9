"""The text of a rule of origin, as agreements abbreviate it, and the rule that it is.

    rule       either
    either     every { "or" every }
    every      condition { "and" condition }            "and" binds tighter than "or"
    condition  "(" rule ")"
             | "WO" [ "of" codes ]                      wholly obtained
             | ( "AH" | "CC" | "CTH" | "CTSH" ) [ "except" codes ] [ "tolerance" percent ]
             | "RVC" percent                            regional value content, at least
             | "MaxNOM" percent [ "of" codes ]          non-originating materials, at most
    codes      code [ "-" code ] { "," … }              2, 4 or 6 digits, of the Harmonized System
    percent    0 … 100, at most four decimals, "%" if you like

Capitals do not matter. "from", "chapter", "heading" and "subheading" may stand before codes and say nothing:
"CC except from heading 0901" is "CC except 0901".
"""

from __future__ import annotations

import re
from fractions import Fraction

from tasviya.core.errors import Refusal
from tasviya.customs.nomenclature import text_of
from tasviya.customs.origin import (
    CHANGES,
    DEPTH_MAX,
    Change,
    Codes,
    Either,
    Every,
    ForeignValue,
    RegionalValue,
    Rule,
    WhollyObtained,
)

LENGTH_MAX = 2000
"""How long a rule's text may be, characters."""
_TOKEN = re.compile(r"\s*([()%,\-–]|[A-Za-z]+|[0-9]+(?:\.[0-9]+)*|\S)")
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,4})?")
_SAY_NOTHING = {"from", "chapter", "chapters", "heading", "headings", "subheading", "subheadings"}
_CONDITIONS = "WO, AH, CC, CTH, CTSH, RVC 40, MaxNOM 50 or a group in parentheses"


class _Broken(Exception):
    """Leads from where the text is wrong to `read_rule`, which answers."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.what)
        self.refusal = refusal


def read_rule(text: str, *, tolerance_percent: Fraction = Fraction(0), where: str = "rule") -> Rule | Refusal:
    """The rule that a text is, or why it is none, with the place in the text, characters from 1.

    tolerance_percent: the agreement's general de minimis, for changes that name none of their own.
    where: what a refusal names before the place.
    Refused: RO01 nothing there, or too much; RO02 a word that is no condition; RO03 a percentage that is
    none; RO04 a code that is none; RO05 something missing or left over; RO06 groups too deep. Never raises,
    whatever the text.
    """
    if not text.strip():
        return Refusal("RO01", "There is no rule.", "Write one such as CTH or RVC 40.", where)
    if len(text) > LENGTH_MAX:
        what = f"The rule has {len(text)} characters, more than {LENGTH_MAX}."
        return Refusal("RO01", what, "Write one such as CTH or RVC 40.", where)
    reading = _Reading(text, tolerance_percent, where)
    try:
        rule = reading.either(0)
        if reading.next:
            what = f"After the rule there is {reading.next!r}."
            cure = "Join conditions with and, or; codes with commas."
            return Refusal("RO05", what, cure, reading.where)
    except _Broken as broken:
        return broken.refusal
    return rule


class _Reading:
    """Where in the text reading has come to. A method a rule of the grammar."""

    def __init__(self, text: str, tolerance_percent: Fraction, within: str) -> None:
        found = list(_TOKEN.finditer(text))
        self.tokens = [each.group(1) for each in found]
        self.places = [each.start(1) + 1 for each in found]
        self.end = len(text.rstrip()) + 1
        self.at = 0
        self.tolerance_percent = tolerance_percent
        self.within = within

    @property
    def next(self) -> str:
        """The token that comes next; empty at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    @property
    def where(self) -> str:
        place = self.places[self.at] if self.at < len(self.places) else self.end
        return f"{self.within}, character {place}"

    def takes(self, *words: str) -> bool:
        """Whether one of these comes next; it is then behind us."""
        found = self.next.lower() in words
        self.at += found
        return found

    def either(self, depth: int) -> Rule:
        parts = [self.every(depth)]
        while self.takes("or"):
            parts.append(self.every(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def every(self, depth: int) -> Rule:
        parts = [self.condition(depth)]
        while self.takes("and"):
            parts.append(self.condition(depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def condition(self, depth: int) -> Rule:
        where, word = self.where, self.next
        if self.takes("("):
            # Both kinds of group may open at each parenthesis, so a level of text is up to two of the rule.
            if 2 * (depth + 1) >= DEPTH_MAX:
                what = f"Groups stand {depth + 1} deep."
                raise _Broken(Refusal("RO06", what, "Take parentheses away that decide nothing.", where))
            rule = self.either(depth + 1)
            if not self.takes(")"):
                what = "A parenthesis is not closed."
                raise _Broken(Refusal("RO05", what, "Close it after its last condition.", self.where))
            return rule
        if not word:
            raise _Broken(Refusal("RO05", "A condition is missing.", f"Write {_CONDITIONS}.", where))
        if self.takes("wo"):
            return WhollyObtained(self.codes("of"))
        if self.takes("rvc"):
            return RegionalValue(self.percent("RVC"))
        if self.takes("maxnom"):
            return ForeignValue(self.percent("MaxNOM"), self.codes("of"))
        if word.upper() in CHANGES:
            self.at += 1
            excepted = self.codes("except")
            own = self.percent("tolerance") if self.takes("tolerance") else self.tolerance_percent
            return Change(CHANGES[word.upper()], excepted, own)
        raise _Broken(Refusal("RO02", f"{word[:40]!r} is no condition.", f"Write {_CONDITIONS}.", where))

    def percent(self, of: str) -> Fraction:
        where, word = self.where, self.next
        if not _PERCENT.fullmatch(word) or Fraction(word) > 100:
            found = f"{of} stands before {word[:40]!r}, which is no percentage."
            what = found if word else f"{of} lacks a percentage."
            cure = f"Write {of} and a number from 0 to 100 with at most four decimals."
            raise _Broken(Refusal("RO03", what, cure, where))
        self.at += 1
        self.takes("%")
        return Fraction(word)

    def codes(self, word: str) -> tuple[Codes, ...]:
        """What a word introduces; nothing without it."""
        if not self.takes(word):
            return ()
        found = [self.some_codes()]
        while self.takes(","):
            found.append(self.some_codes())
        return tuple(found)

    def some_codes(self) -> Codes:
        where = self.where
        first = self.code()
        last = self.code() if self.takes("-", "–") else first
        if len(first) != len(last) or first > last:
            what = f"{first}-{last} is no range."
            cure = "Write the lower code first, and both with as many digits."
            raise _Broken(Refusal("RO04", what, cure, where))
        return Codes(first, last)

    def code(self) -> str:
        while self.next.lower() in _SAY_NOTHING:
            self.at += 1
        where, digits = self.where, self.next.replace(".", "")
        if not text_of(digits):
            found = f"{digits[:40]!r} is no chapter, heading or subheading."
            what = found if digits else "A code is missing."
            cure = "Write 2, 4 or 6 digits of the Harmonized System of 2022, such as 0901."
            raise _Broken(Refusal("RO04", what, cure, where))
        self.at += 1
        return digits
