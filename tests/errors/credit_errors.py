"""What stops a question about interest or collateral, or a change of it: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from secured_union import Secured
from small_union import B, C

from tasviya.app import ask_credit
from tasviya.services.collateral import release

Act = Callable[[Path], object]


def secured(directory: Path) -> Secured:
    union = Secured(directory / "secured")
    union.at("10:00").settle()
    return union


def drawn(directory: Path) -> Secured:
    """KZ-B has drawn on its line."""
    union = secured(directory)
    union.pay(B, C, 300)
    union.settle()
    return union


def valued_twice(directory: Path) -> None:
    union = secured(directory)
    union.pledge("BOND-1", "400")
    union.pledge("BOND-1", "500")


CREDIT_CASES: list[tuple[str, str, str, Act]] = [
    ("unknown_participant", "A participant is named by its code or a BIC.", "`tasviya collateral NOBODY`",
     lambda d: ask_credit(secured(d).home).collateral("NOBODY", None)),
    ("no_account", "Collateral secures the credit of an account.", "Pledge for a currency without one",
     lambda d: secured(d).do(lambda work: release(work, "OM-E", "KZT", "BOND-1"))),
    ("class_not_taken", "Collateral is of a class that is taken.", "Pledge gold where bonds are taken",
     lambda d: secured(d).pledge("BAR-1", "500", "GOLD")),
    ("bad_reference", "An asset's reference is a name.", "Pledge `BOND 2`",
     lambda d: secured(d).pledge("BOND 2", "500")),
    ("valued_later", "Collateral counts once it has been valued.", "Pledge what is valued tomorrow",
     lambda d: secured(d).pledge("BOND-2", "500", valued_on=date(2026, 9, 30))),
    ("value_stands", "A holding is valued once for a date.", "Value it twice on one day", valued_twice),
    ("unknown_collateral", "Only what is there can be released.", "Release `BOND-9`",
     lambda d: secured(d).release("BOND-9")),
    ("collateral_needed", "Collateral stays while it secures drawn credit.", "Release it while it does",
     lambda d: drawn(d).release("BOND-1")),
]  # fmt: skip
