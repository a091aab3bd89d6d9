"""Disks that fill, commits that fail, clocks that jump, writers that meet, bytes that flip."""

from __future__ import annotations

import pickle
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from killed_days import acknowledged, check_books, lost
from small_union import TODAY, A, B, C, SmallUnion, minor, moment

from tasviya.app import Application, Home, ask
from tasviya.core.clock import ManualClock, MonotonicClock
from tasviya.core.errors import StoreError


@pytest.fixture
def union(tmp_path: Path) -> SmallUnion:
    return SmallUnion(tmp_path / "home").at("10:00").settle()


@contextmanager
def at_work(union: SmallUnion, clock: Any = None) -> Iterator[Application]:
    with Application(union.home, clock or ManualClock(union.now), worker_count=0) as application:
        yield application


def rows(union: SmallUnion) -> list[int]:
    """How much the store holds: files, messages, payments, journal, outbox."""
    db = ask(union.home).db
    tables = ("received_file", "message", "payment", "journal", "outbox", "ledger_batch")
    return [db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables]


# --- the disk -------------------------------------------------------------------------------------------


def test_full_store_refuses_clearly_applies_nothing_and_goes_on_when_there_is_room(union: SmallUnion) -> None:
    for _ in range(3):
        transfers = [union.transfer(A, B, 1, position=n, remittance="x" * 140) for n in range(1, 61)]
        union.send(A, union.message(*transfers))
    before = rows(union), union.books()
    with at_work(union) as application:
        db = application.store.connection
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 3}").fetchall()
        for _ in range(2):
            with pytest.raises(StoreError) as refused:
                application.drain()
            assert "full" in str(refused.value).lower()
            assert "free space" in refused.value.refusal.cure.lower()
            assert (rows(union), union.books()) == before
            assert len(list((union.home.inbox / A).iterdir())) == 3
        db.execute("PRAGMA max_page_count = 100000").fetchall()
        application.drain()
        application.tell()
        application.system.memory.check()
    assert union.balance(B) == minor(280)
    assert len(acknowledged(union.home)) == 180
    check_books(union)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of six megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=9m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("mounting a small disk is not permitted here; the simulated full store still is tested")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=False)


def test_full_disk_loses_nothing(small_disk: Path) -> None:
    union = SmallUnion(small_disk / "home").at("10:00").settle()
    sent = []
    for _ in range(30):
        transfers = [union.transfer(A, B, "0.10", position=n, remittance="x" * 140) for n in range(1, 101)]
        sent += [str(each.uetr) for each in transfers]
        raw = union.message(*transfers)
        union.at(f"{11 + len(sent) // 1000:02d}:{len(sent) // 100 % 10 * 5:02d}")
        try:
            union.send(A, raw)
        except OSError:
            break  # the bank finds no room
        try:
            with at_work(union) as application:
                application.drain()
                application.tell()
        except StoreError as refused:
            assert "free space" in refused.refusal.cure.lower()
            break
    else:
        pytest.fail("the disk never filled")
    assert lost(union.home) == set()
    check_books(union)
    subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
    union.settle()
    assert lost(union.home) == set()
    check_books(union)
    settled = {
        row[0] for row in ask(union.home).db.execute("SELECT uetr FROM payment WHERE status = 'settled'")
    }
    assert acknowledged(union.home) == settled


def test_outbox_without_room_is_a_clear_error_and_the_answer_comes_later(
    small_disk: Path, tmp_path: Path
) -> None:
    union = SmallUnion(tmp_path / "home").at("10:00").settle()
    union.home.outbox.rmdir()
    union.home.outbox.symlink_to(small_disk)
    fill(small_disk / "hog")
    paid = union.pay(A, B, 1)
    with at_work(union) as application, pytest.raises(StoreError) as refused:
        application.drain()
        application.tell()
    assert "free space" in refused.value.refusal.cure.lower()
    assert union.status(paid) == "settled"
    (small_disk / "hog").unlink()
    union.settle()
    assert union.statuses(A, paid) == ["ACSC"]
    assert [each.uetr for each in union.onward(B)] == [paid]


def fill(file: Path) -> None:
    """Write until there is no room."""
    with pytest.raises(OSError, match="No space"), file.open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(4096))


def test_error_of_a_worker_reaches_the_operator_whole() -> None:
    error = StoreError("file_unwritable", "No room.", "Free space.", "outbox")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.refusal) == (StoreError, error.refusal)


# --- commits that fail ----------------------------------------------------------------------------------


class FailingConnection:
    """A connection whose next COMMIT fails: before it has happened, or after."""

    def __init__(self, connection: Any, *, committed: bool) -> None:
        self._connection, self._committed, self.failures = connection, committed, 1

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        if sql == "COMMIT" and self.failures:
            self.failures -= 1
            if self._committed:
                self._connection.execute(sql)
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(sql, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.mark.parametrize("committed", [False, True], ids=["nothing was written", "all was written"])
def test_commit_that_fails_can_be_tried_again_and_is_done_once(union: SmallUnion, committed: bool) -> None:
    paid = [union.pay(A, B, 10), union.pay(B, C, 700), union.pay(A, B, 20)]
    with at_work(union) as application:
        connection = application.store.connection
        application.store.connection = FailingConnection(connection, committed=committed)  # type: ignore[assignment]
        with pytest.raises(StoreError) as failed:
            application.drain()
        assert failed.value.refusal.cure
        application.system.memory.check()
        application.drain()
        application.tell()
        application.system.memory.check()
        application.store.connection = connection
    assert [union.status(each) for each in paid] == ["settled", "queued", "settled"]
    assert union.balance(B) == minor(130)
    assert union.statuses(A, paid[0])[-1] == "ACSC"
    check_books(union)


# --- other writers, other files -------------------------------------------------------------------------


def test_second_writer_is_refused_and_readers_are_not(union: SmallUnion) -> None:
    with at_work(union):
        with pytest.raises(StoreError, match="has a writer already") as refused, at_work(union):
            pass
        assert refused.value.refusal.cure
        assert union.balance(A) == minor(1000)
    with at_work(union) as application:
        assert application.drain() == 0


def test_reader_sees_whole_units_of_work_only(union: SmallUnion) -> None:
    union.pay(A, B, 10)
    db = ask(union.home).db
    db.execute("BEGIN")
    before = db.execute("SELECT count(*) FROM payment").fetchone()
    with at_work(union) as application:
        application.drain()
    assert db.execute("SELECT count(*) FROM payment").fetchone() == before
    db.execute("COMMIT")
    assert db.execute("SELECT count(*) FROM payment").fetchone() == (1,)


def test_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.database.write_bytes(b"this is no database" * 1000)
    with pytest.raises(StoreError), Application(home, ManualClock(0), worker_count=0):
        pass


def test_store_of_a_later_version_is_refused(union: SmallUnion) -> None:
    with at_work(union) as application:
        application.store.connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="layout 999"), at_work(union):
        pass


def test_truncated_store_is_refused(union: SmallUnion) -> None:
    union.pay(A, B, 10)
    union.settle()
    raw = union.home.database.read_bytes()
    union.home.database.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(StoreError), at_work(union):
        pass


# --- bytes that flip ------------------------------------------------------------------------------------


def flip(union: SmallUnion, table: str, column: str, where: str) -> None:
    db = sqlite3.connect(union.home.database)
    (raw,) = db.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
    changed = bytearray(raw)
    changed[len(changed) // 2] ^= 1
    assert db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (bytes(changed),)).rowcount == 1
    db.commit()
    db.close()


def test_flipped_byte_in_the_ledger_stops_the_system(union: SmallUnion) -> None:
    union.pay(A, B, 10)
    union.settle()
    flip(union, "ledger_batch", "data", "seq = (SELECT max(seq) FROM ledger_batch)")
    with pytest.raises(StoreError) as refused, at_work(union):
        pass
    assert refused.value.refusal.cure


def test_flipped_byte_in_the_journal_breaks_its_chain(union: SmallUnion) -> None:
    union.pay(A, B, 10)
    union.settle()
    check_books(union)
    flip(union, "journal", "entries", "commit_seq = (SELECT max(commit_seq) - 1 FROM journal)")
    with pytest.raises(Exception):  # noqa: B017 - the entry may not even be readable any more
        check_books(union)


def test_journal_row_that_is_taken_out_breaks_the_chain(union: SmallUnion) -> None:
    union.pay(A, B, 10)
    union.settle()
    db = sqlite3.connect(union.home.database)
    db.execute("DELETE FROM journal WHERE commit_seq = 2")
    db.commit()
    db.close()
    with pytest.raises(AssertionError):
        check_books(union)


# --- clocks that jump -----------------------------------------------------------------------------------


class JumpingClock:
    """A machine's clock that is set by hand."""

    def __init__(self, time: str) -> None:
        self.set(time)

    def set(self, time: str, day: str = TODAY) -> None:
        self.instant = moment(time, day)

    def now_ns(self) -> int:
        return self.instant


@pytest.mark.parametrize("restarts", [False, True], ids=["while it runs", "between two runs"])
def test_clock_that_jumps_back_reorders_nothing(union: SmallUnion, restarts: bool) -> None:
    clock = JumpingClock("12:00")
    application = None
    paid = []
    for time in ("12:00", "11:00", "09:30", "12:30", "08:00", "12:31"):
        clock.set(time)
        if application is None or restarts:
            if application is not None:
                application.__exit__(None, None, None)
            application = Application(union.home, MonotonicClock(clock), worker_count=0)
        paid.append(union.pay(A, B, 10))
        application.drain()
        application.system.advance()
        application.tell()
    assert application is not None
    application.__exit__(None, None, None)
    assert [union.status(each) for each in paid] == ["settled"] * 6
    db = ask(union.home).db
    for table, column, order in (("journal", "at", "commit_seq"), ("payment", "settled_at", "seq")):
        instants = [row[0] for row in db.execute(f"SELECT {column} FROM {table} ORDER BY {order}")]
        assert instants == sorted(instants), table
    assert db.execute("SELECT phase FROM operating_day WHERE currency = 'KZT'").fetchone() == ("open",)
    check_books(union)


def test_clock_that_jumps_ahead_closes_the_day_and_does_not_open_it_again(union: SmallUnion) -> None:
    clock = JumpingClock("12:00")
    with at_work(union, MonotonicClock(clock)) as application:
        early = union.pay(A, B, 10)
        application.drain()
        clock.set("20:00")
        late = union.pay(A, B, 10)
        application.drain()
        clock.set("12:05")
        back = union.pay(A, B, 10)
        application.drain()
        application.tell()
    assert [union.statuses(A, each) for each in (early, late, back)] == [
        ["ACSC"],
        ["RJCT TM01"],
        ["RJCT TM01"],
    ]
    assert union.balance(B) == minor(110)
    check_books(union)
