"""A restart at any moment changes nothing: the same files lead to the same books, answers and journal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from small_union import CENTRAL_BANK, A, B, C, D, E, F, G, SmallUnion

from tasviya.app import Application, ask

Step = Callable[[SmallUnion], object]

DAY: list[Step] = [
    lambda u: u.pay(A, B, 10),  # before the opening: kept
    lambda u: u.at("09:00"),
    lambda u: u.pay(A, B, 300),
    lambda u: u.at("10:00") and u.pay(B, C, 1400),  # waits
    lambda u: u.pay(B, C, 450, priority="URGT"),  # draws on the credit line
    lambda u: u.pay(C, B, 290),
    lambda u: u.pay(C, B, 30),  # beyond the limit
    lambda u: u.pay(E, G, 40),
    lambda u: u.pay(F, A, 5),  # no money with its correspondent
    lambda u: u.pay(A, D, 7, settlement_date="2026-09-30"),
    lambda u: u.at("11:00") and u.recall(B, u.paid[2]),
    lambda u: u.give_back(B, u.paid[1], 100),
    lambda u: u.move(CENTRAL_BANK, "KZ-SI.KZT.ISSUE", "VOSTROF", 20),
    lambda u: u.send(A, b"<Document"),
    lambda u: u.ask_status(C, u.paid[5]),
    lambda u: u.at("17:00") and u.interbank(B, D, 9000),
    lambda u: u.at("18:00"),
    lambda u: u.at("18:30"),
    lambda u: u.at("09:00", "2026-09-30"),
    lambda u: u.pay(A, E, 1),
    lambda u: u.at("18:30"),
]


class Traced(SmallUnion):
    """A union that remembers what it was asked to pay, so that a later step can name it."""

    def __init__(self, root: Path, *, stays_up: bool = False) -> None:
        super().__init__(root, stays_up=stays_up)
        self.paid: list[str] = []

    def pay(self, *args: object, **changes: object) -> str:
        self.paid.append(super().pay(*args, **changes))  # type: ignore[arg-type]
        return self.paid[-1]


def traces(union: SmallUnion) -> dict[str, object]:
    """Everything a day leaves behind, except whether it has been told."""
    db = ask(union.home).db
    tables = ["payment", "queue", "account", "credit_line_state", "limit_state", "operating_day", "message"]
    rows: dict[str, object] = {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    rows["outbox"] = db.execute("SELECT receiver, kind, refs FROM outbox ORDER BY seq").fetchall()
    rows["books"] = union.books()
    rows["letters"] = documents_in(union.home.outbox)
    rows["statements"] = documents_in(union.home.statements)
    rows["undelivered"] = db.execute("SELECT count(*) FROM outbox WHERE delivered_at IS NULL").fetchone()
    return rows


def documents_in(directory: Path) -> dict[str, bytes]:
    return {str(file.relative_to(directory)): file.read_bytes() for file in sorted(directory.rglob("*.xml"))}


def live(union: SmallUnion, settle: Callable[[], object]) -> dict[str, object]:
    for step in DAY:
        step(union)
        settle()
    union.close()
    return traces(union)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The day without a restart."""
    union = Traced(tmp_path_factory.mktemp("undisturbed") / "home", stays_up=True)
    return live(union, union.settle)


def test_day_holds_something_of_everything(undisturbed: dict[str, object]) -> None:
    statuses = {value for row in undisturbed["payment"] for value in row}  # type: ignore[attr-defined]
    assert statuses >= {"settled", "expired", "cancelled"}
    kinds = {row[1] for row in undisturbed["outbox"]}  # type: ignore[attr-defined]
    assert kinds >= {"status", "onward", "return", "notice", "receipt", "unreadable", "recall_answer"}
    assert "statement" in kinds


def test_restart_after_every_step_changes_nothing(undisturbed: dict[str, object], tmp_path: Path) -> None:
    union = Traced(tmp_path / "home")
    assert live(union, union.settle) == undisturbed


def test_stop_before_anything_is_told_changes_nothing(undisturbed: dict[str, object], tmp_path: Path) -> None:
    union = Traced(tmp_path / "home")

    def stop_and_start() -> None:
        union.settle_without_telling()
        union.settle()

    # The second start commits that things were told at another place in the sequence: commits are numbered
    # otherwise, and so are the letters' files; what they say is the same.
    found = live(union, stop_and_start)
    for name in ("books", "statements", "queue", "payment", "undelivered", "outbox", "credit_line_state"):
        assert same(found[name]) == same(undisturbed[name]), name
    assert said(found) == said(undisturbed)


def test_stop_between_commit_and_filing_changes_nothing(
    undisturbed: dict[str, object], tmp_path: Path
) -> None:
    """The machine stops after a commit, before the files it took are moved out of the inbox."""
    union = Traced(tmp_path / "home")

    def stop_and_start() -> None:
        inbox = documents_in(union.home.inbox)
        union.settle_without_telling()
        for name, raw in inbox.items():
            (union.home.inbox / name).write_bytes(raw)
        union.settle()

    found = live(union, stop_and_start)
    assert found["books"] == undisturbed["books"]
    assert found["payment"] == undisturbed["payment"]
    told, before = said(found), said(undisturbed)
    assert set(told) >= set(before)
    for receiver, documents in before.items():
        assert unnumbered(told[receiver]) == unnumbered(documents), receiver  # each answer twice, none new


def unnumbered(documents: list[bytes]) -> set[bytes]:
    """Documents without our own numbers for them, which count the repeats."""
    return {re.sub(rb"TSV\d+(-\d+)?", b"TSV", each) for each in documents}


def same(value: object) -> object:
    """A trace without the numbers of commits."""
    if isinstance(value, list):
        return [tuple(row[:-1] if str(row[-1]).isdigit() else row) for row in value]
    return value


def said(found: dict[str, object]) -> dict[str, list[bytes]]:
    """What each receiver was told, document by document."""
    told: dict[str, list[bytes]] = {}
    for name, raw in found["letters"].items():  # type: ignore[attr-defined]
        documents = re.findall(rb"<Document .*?</Document>", raw, re.S)
        told.setdefault(name.partition("/")[0], []).extend(documents)
    return told


def test_journal_does_not_depend_on_restarts(tmp_path: Path) -> None:
    digests = []
    for stays_up in (True, False):
        union = Traced(tmp_path / str(stays_up), stays_up=stays_up)
        live(union, union.settle)
        digests.append(
            [bytes(row[0]) for row in ask(union.home).db.execute("SELECT digest FROM journal ORDER BY 1")]
        )
    assert digests[0] == digests[1]


def test_two_workers_decide_as_none_does(undisturbed: dict[str, object], tmp_path: Path) -> None:
    from tasviya.core.clock import ManualClock

    union = Traced(tmp_path / "home")
    application: Application | None = None

    def settle() -> None:
        nonlocal application
        if application is None:
            application = Application(union.home, ManualClock(union.now), worker_count=2)
        application.clock.advance_to(union.now)  # type: ignore[attr-defined]
        application.system.advance()
        application.drain()
        application.system.advance()
        application.tell()

    for step in DAY:
        step(union)
        settle()
    assert application is not None
    application.__exit__(None, None, None)
    assert traces(union) == undisturbed
