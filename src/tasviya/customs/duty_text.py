"""A text that is read with its places, so that a refusal can point at what is wrong.

text as given ──text_of──▶ Text: blanks of one kind, nothing unseen, and where each character stood
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasviya.core.errors import Refusal

INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u061c\u2060\ufeff")
"""Characters without width that copying leaves in texts; they mean nothing here."""
DASHES = str.maketrans("–−‐‑", "----")
SPACES = re.compile(r" *")
PIECE = re.compile(r"[^ ]+")


class Unread(Exception):
    """Reading stops here. It goes no further than `duty_expression.parse`, which gives the refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.what)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Text:
    """What can be seen of a text, with blanks of one kind.

    places: where each character, and the end, stands in the text as given, from 1.
    """

    seen: str
    places: tuple[int, ...]

    def unread(self, code: str, at: int, what: str, cure: str) -> Unread:
        return Unread(Refusal(code, what, cure, str(self.places[at])))

    def skip(self, at: int, end: int) -> int:
        """The place of the next character that is no blank, or the end."""
        found = SPACES.match(self.seen, at, end)
        return found.end() if found else at

    def piece(self, at: int, end: int) -> str:
        """What stands there, quoted, as far as the next blank."""
        found = PIECE.match(self.seen, at, end)
        return quoted(found[0] if found else "")


def text_of(raw: str) -> Text:
    """Blanks of every width as one, dashes as hyphens, what has no width left out."""
    seen, places = [], []
    for place, character in enumerate(raw, 1):
        if character not in INVISIBLE:
            seen.append(" " if character.isspace() else character)
            places.append(place)
    return Text("".join(seen).translate(DASHES), (*places, len(raw) + 1))


def quoted(found: str) -> str:
    """What was found, cut short, with what cannot be seen made visible."""
    found = found.strip()
    return repr(found if len(found) <= 40 else found[:39] + "…")
