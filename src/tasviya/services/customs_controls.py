"""What holds goods at a member's customs: its controls and licences, and the channel they go through."""

from __future__ import annotations

from tasviya.customs.declaration import Declaration
from tasviya.customs.lodgement import Hold, Lodgement
from tasviya.services.declarations import Assessed
from tasviya.services.work import Work


def judge(
    work: Work, lodged: Lodgement, declared: Declaration, assessed: Assessed | None
) -> tuple[str, tuple[Hold, ...]]:
    """The channel of a declaration, and what holds its goods."""
    return "green", ()
