"""What stops a set-off or its proof: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np

from tasviya.core.errors import accepted
from tasviya.settlement.setoff_flow import most_gain

Act = Callable[[Path], object]
RING = "debtor,creditor,amount\nAqsu,Baraka,5\nBaraka,Aqsu,3\n"


def command(directory: Path, *words: str) -> None:
    from tasviya.cli.main import app

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        app(["setoff", *words], standalone_mode=False)


def file(*lines: str, words: tuple[str, ...] = ()) -> Act:
    """Set off a file of these lines."""

    def act(directory: Path) -> None:
        (directory / "owed.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command(directory, str(directory / "owed.csv"), "-o", str(directory / "result"), *words)

    return act


def rows(*lines: str, words: tuple[str, ...] = ()) -> Act:
    return file("debtor,creditor,amount", *lines, words=words)


def spoiled(name: str, content: str | None) -> Act:
    """Verify a result of which one file was taken away or replaced."""

    def act(directory: Path) -> None:
        file(*RING.splitlines())(directory)
        place = directory / "result" / name
        place.unlink() if content is None else place.write_text(content, encoding="utf-8")
        command(directory, "verify", str(directory / "result"))

    return act


def twice(directory: Path) -> None:
    file(*RING.splitlines())(directory)
    file(*RING.splitlines())(directory)


def stopped(_: Path) -> None:
    """Amounts that only the solver itself refuses; `setoff.debts` lets none so large through."""
    huge = np.full(2, (1 << 63) - 1, np.int64)
    accepted(most_gain(2, np.array([0, 1]), np.array([1, 0]), huge, np.full(2, 1 << 60, np.int64)))


SETOFF_CASES: list[tuple[str, str, str, Act]] = [
    ("bad_columns", "Obligations have debtor, creditor and amount.", "Leave the creditor out",
     file("debtor,amount", "Aqsu,5")),
    ("bad_row", "A row has a cell a column.", "Leave a cell out", rows("Aqsu,5")),
    ("bad_name", "Each side of a debt has a name.", "Leave the creditor's empty", rows("Aqsu,,5")),
    ("self_debt", "Nobody owes itself.", "Let Aqsu owe Aqsu", rows("Aqsu,Aqsu,5")),
    ("bad_amount", "Amounts are whole minor units above zero.", "Owe 12.50 without --decimals 2",
     rows("Aqsu,Baraka,12.50")),
    ("amounts_too_large", "All debts together fit the solver.", "Owe 9 quintillion",
     rows("Aqsu,Baraka,2000000000000000000", "Baraka,Aqsu,2000000000000000000")),
    ("row_repeated", "The same debt is not there twice.", "Repeat a row",
     rows("Aqsu,Baraka,5", "Aqsu,Baraka,5")),
    ("reference_repeated", "A pair of firms uses a reference once.", "Use it twice",
     file("debtor,creditor,amount,reference", "Aqsu,Baraka,5,A-1", "Aqsu,Baraka,7,A-1")),
    ("two_currencies", "Set-off is within one currency.", "Owe KZT and UZS in one file",
     file("debtor,creditor,amount,currency", "Aqsu,Baraka,5,KZT", "Baraka,Aqsu,7,UZS")),
    ("no_obligations", "Something is owed.", "Give the heading alone", rows()),
    ("bad_credit", "Credit is an amount above zero.", "`--credit 0`",
     rows("Aqsu,Baraka,5", words=("--credit", "0"))),
    ("target_exists", "A result is not overwritten by accident.", "Write to the same folder twice", twice),
    ("solver_stopped", "A solver that gives up sets nothing off.", "Give it amounts beyond its range",
     stopped),
    ("not_a_result", "A result has its certificate.", "Take `certificate.json` away",
     spoiled("certificate.json", None)),
    ("unknown_firm", "Prices are of firms that owe or are owed.", "Name another in `prices.csv`",
     spoiled("prices.csv", "firm,price\nChorsu,1\n")),
]  # fmt: skip
