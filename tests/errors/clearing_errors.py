"""What stops a clearing cycle, or a question about one: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clearing_union import CLEARING, ClearingUnion

from tasviya.app import ask_clearing
from tasviya.services import clearing
from tasviya.services.clearing_discharge import discharge
from tasviya.services.work import Work

Act = Callable[[Path], object]


def union_in(directory: Path, *changes: tuple[str, str], **options: str) -> ClearingUnion:
    return ClearingUnion(directory, *changes, **options).at("10:30").settle()  # type: ignore[return-value]


def act(union: ClearingUnion, *acts: Callable[[Work], object]) -> None:
    with union.application() as application:
        for each in acts:
            application.do(each)


def resumed_without_a_value(directory: Path) -> None:
    """The unit is worth ten rupees, and nobody has said yet what a rupee is worth."""
    union = union_in(directory, ('rates.INR = "1"\n', ""))
    act(union, clearing.cut_off, clearing.resume)


def cut_off_after_its_end(directory: Path) -> None:
    union = union_in(directory, clearing=CLEARING.replace("days = 1", "days = 5\nvalid_to = 2026-09-30"))
    act(union.at("10:30", "2026-09-30").settle(), clearing.cut_off)  # type: ignore[arg-type]


CLEARING_CASES: list[tuple[str, str, str, Act]] = [
    ("no_cycle", "A cycle is cut off in a union that clears.", "Cut one off in a union without `[clearing]`",
     lambda d: act(union_in(d, clearing=""), clearing.cut_off)),
    ("no_clearing", "Cycles are cut off and paid while the union clears.", "Let `[clearing]` end",
     cut_off_after_its_end),
    ("cycle_pending", "A cycle is cut off when the one before it is closed.", "Cut off two at once",
     lambda d: act(union_in(d), clearing.cut_off, clearing.cut_off)),
    ("cycle_not_there", "Only a netted cycle is paid; only a suspended one goes on or carries over.",
     "Pay before the cut-off", lambda d: act(union_in(d), discharge)),
    ("no_unit_value", "A cycle goes on once there are official rates to pay at.", "Let one go on without any",
     resumed_without_a_value),
    ("no_words", "Whoever suspends a cycle says why.", "Say nothing",
     lambda d: act(union_in(d), clearing.cut_off, lambda work: clearing.suspend(work, " "))),
    ("unknown_cycle", "A cycle is known by its number.", "`tasviya cycle show 7`",
     lambda d: ask_clearing(union_in(d).home).cycle(7)),
]  # fmt: skip
