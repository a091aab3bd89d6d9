"""What stops a question about interest or collateral, or a change of it: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from small_union import SmallUnion

from tasviya.app import ask_credit

Act = Callable[[Path], object]


def union_in(directory: Path) -> SmallUnion:
    return SmallUnion(directory / "home").at("10:00").settle()


CREDIT_CASES: list[tuple[str, str, str, Act]] = [
    ("unknown_participant", "A participant is named by its code or a BIC.", "`tasviya collateral NOBODY`",
     lambda d: ask_credit(union_in(d).home).collateral("NOBODY", None)),
]  # fmt: skip
