"""What stops a default, or a question about one: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from clearing_errors import act, union_in

from tasviya.app import ask_defaults
from tasviya.services.clearing_default import currency_of, declare, lift

Act = Callable[[Path], object]

FAILED = partial(declare, code="KZT", why="It did not pay.")

DEFAULT_CASES: list[tuple[str, str, str, Act]] = [
    ("unknown_member", "A member is known by its code, its settlement institution or its currency.",
     "Rehearse the default of XX", lambda d: act(union_in(d), lambda work: currency_of(work, "XX"))),
    ("failed_already", "A settlement institution fails once.", "Declare its default twice",
     lambda d: act(union_in(d), FAILED, FAILED)),
    ("not_failed", "Only who has failed is taken in again.", "Lift the default of one that has not",
     lambda d: act(union_in(d), lambda work: lift(work, "KZT"))),
    ("unknown_default", "A default is known by its number.", "`tasviya default show 7`",
     lambda d: ask_defaults(union_in(d).home).losses(7)),
    ("not_in_cycle", "An exit drill takes away who takes part.", "Drill before any payment",
     lambda d: ask_defaults(union_in(d).home).party("KZ-ALTYN", [])),
]  # fmt: skip
