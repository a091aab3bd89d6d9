"""What the embedded ledger adds: durability, one writer, tamper evidence, plain rows, group commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tasviya.adapters.sqlite_batches import LedgerDamaged
from tasviya.adapters.sqlite_connection import Connection, WriterBusy, connect
from tasviya.adapters.sqlite_ledger import SqliteLedger, create_tables
from tasviya.core.errors import StoreError
from tasviya.ledger.kernel import Kernel, LedgerFull
from tasviya.ledger.ledger import (
    AMOUNT_MAX,
    Account,
    AccountFilter,
    AccountFlags,
    CreateTransferStatus,
    Transfer,
    TransferFlags,
)
from tasviya.ledger.proof import trial_balance
from tasviya.ledger.records import pack_transfers

DISK_FULL = """
CREATE TRIGGER full BEFORE INSERT ON ledger_batch
BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END
"""
HISTORY = AccountFlags.HISTORY
CREATED, ALREADY_FAILED = CreateTransferStatus.CREATED, CreateTransferStatus.ID_ALREADY_FAILED


class Clock:
    now = 1_000_000

    def __call__(self) -> int:
        self.now += 1_000
        return self.now


def pay(id: int, amount: int = 1, flags: TransferFlags = TransferFlags.NONE, **more: int) -> Transfer:
    return Transfer(id, 1, 2, amount, ledger=1, code=1, flags=flags, **more)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def connection(path: Path) -> Iterator[Connection]:
    connection = connect(path)
    create_tables(connection)
    yield connection
    connection.close()


@pytest.fixture
def ledger(connection: Connection) -> SqliteLedger:
    ledger = SqliteLedger(connection, Clock())
    ledger.create_accounts([Account(id, ledger=1, code=1, flags=HISTORY) for id in (1, 2)])
    return ledger


def test_a_second_writer_is_refused_with_a_cure(connection: Connection, path: Path) -> None:
    with pytest.raises(WriterBusy, match="open the file read-only"):
        connect(path)
    connection.close()
    connect(path).close()


def test_the_file_is_opened_to_lose_nothing(connection: Connection) -> None:
    told = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in
            ("journal_mode", "synchronous", "page_size", "wal_autocheckpoint")}  # fmt: skip
    assert told == {"journal_mode": "wal", "synchronous": 2, "page_size": 16384, "wal_autocheckpoint": 0}


def test_business_rows_and_transfers_share_one_commit(ledger: SqliteLedger, connection: Connection) -> None:
    connection.execute("CREATE TABLE payment (id INTEGER)")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO payment VALUES (7)")
    ledger.create_transfers([pay(7)])
    connection.execute("ROLLBACK")
    with pytest.raises(StoreError, match=r"reload\(\)"):
        ledger.create_transfers([pay(8)])
    ledger.reload()
    assert ledger.lookup_transfers([7]) == []
    assert ledger.balances(1) == (0, 0, 0, 0)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO payment VALUES (7)")
    ledger.create_transfers([pay(7)])
    connection.execute("COMMIT")
    assert connection.execute("SELECT count(*) FROM payment").fetchone() == (1,)
    assert ledger.balances(1) == (0, 1, 0, 0)


def test_any_tool_reads_current_balances_of_any_size(ledger: SqliteLedger, path: Path) -> None:
    ledger.create_transfers([pay(1, 5), pay(2, AMOUNT_MAX - 5), pay(3, 9, TransferFlags.PENDING)])
    ledger.create_transfers([pay(4, 0, TransferFlags.PENDING | TransferFlags.CLOSING_CREDIT)])
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as tool:
        rows = tool.execute(
            "SELECT id, debits_pending, debits_posted, credits_pending, credits_posted, flags, as_of_batch"
            " FROM ledger_account ORDER BY slot"
        ).fetchall()
    most = str(AMOUNT_MAX)
    assert rows == [(f"{1:032x}", 0, most, 0, 0, 8, 2), (f"{2:032x}", 0, 0, 0, most, 8 | 32, 2)]


def test_ids_once_refused_stay_refused_after_reopening(ledger: SqliteLedger, connection: Connection) -> None:
    refused = Transfer(9, 1, 99, 1, ledger=1, code=1)
    assert ledger.create_transfers([refused])[0].status == CreateTransferStatus.CREDIT_ACCOUNT_NOT_FOUND
    again = SqliteLedger(connection, Clock())
    assert again.create_transfers([refused, pay(9)])[1].status == ALREADY_FAILED


def test_expiry_is_durable(ledger: SqliteLedger, connection: Connection) -> None:
    clock = Clock()
    ledger = SqliteLedger(connection, clock)
    ledger.create_transfers([pay(1, 5, TransferFlags.PENDING, timeout=1)])
    clock.now += 2_000_000_000
    assert ledger.balances(1) == (0, 0, 0, 0)
    again = SqliteLedger(connection, lambda: 0)
    assert again.balances(1) == (0, 0, 0, 0)
    assert again.is_expired(1) and not again.is_expired(2)
    assert again.head == ledger.head


@pytest.mark.parametrize("column", ["data", "failed", "expired", "timestamp", "first_row", "digest"])
def test_a_changed_batch_is_named_on_opening(
    ledger: SqliteLedger, connection: Connection, column: str
) -> None:
    for id in range(1, 6):
        ledger.create_transfers([pay(id), Transfer(100 + id, 1, 99, 1, ledger=1, code=1)])
    (value,) = connection.execute(f"SELECT {column} FROM ledger_batch WHERE seq = 3").fetchone()
    changed = value + 1 if isinstance(value, int) else bytes([value[0] ^ 1 if value else 1]) + value[1:]
    connection.execute(f"UPDATE ledger_batch SET {column} = ? WHERE seq = 3", (changed,))
    with pytest.raises(LedgerDamaged, match=r"Ledger batch [34] does not match"):
        SqliteLedger(connection, Clock())


@pytest.mark.parametrize(("seq", "missing"), [(2, 2), (5, 5)])
def test_a_missing_batch_is_named_on_opening(
    ledger: SqliteLedger, connection: Connection, seq: int, missing: int
) -> None:
    for id in range(1, 6):
        ledger.create_transfers([pay(id)])
    connection.execute("DELETE FROM ledger_batch WHERE seq = ?", (seq,))
    with pytest.raises(LedgerDamaged, match=f"Ledger batch {missing} is missing"):
        SqliteLedger(connection, Clock())


def test_a_reader_sees_what_is_committed_and_nothing_else(
    ledger: SqliteLedger, connection: Connection, path: Path
) -> None:
    reading = connect(path, read_only=True)
    reader = SqliteLedger.open_reader(reading)
    ledger.create_transfers([pay(1)])
    connection.execute("BEGIN")
    ledger.create_transfers([pay(2)])
    assert [t.id for t in reader.get_account_transfers(AccountFilter(1))] == [1]
    connection.execute("COMMIT")
    assert [t.id for t in reader.lookup_transfers([1, 2])] == [1, 2]
    assert reader.balances(1) == (0, 2, 0, 0)
    assert reader.head == ledger.head
    reading.close()


def test_submitted_batches_share_commits_and_keep_their_order(
    ledger: SqliteLedger, connection: Connection
) -> None:
    answers = [ledger.submit([pay(id), pay(id)]) for id in range(1, 201)]
    assert {tuple(r.status for r in answer.result(60)) for answer in answers} == {
        (CREATED, CreateTransferStatus.EXISTS)
    }
    assert [t.id for t in ledger.get_account_transfers(AccountFilter(2))] == list(range(1, 201))
    (batches,) = connection.execute("SELECT count(*) FROM ledger_batch").fetchone()
    assert batches < 150
    again = SqliteLedger(connection, Clock())
    assert again.head == ledger.head
    assert again.balances(1) == ledger.balances(1) == (0, 200, 0, 0)


def test_submitted_arrays_of_any_shape_are_answered_each_on_its_own(ledger: SqliteLedger) -> None:
    linked = pack_transfers([pay(1, flags=TransferFlags.LINKED), pay(2)])
    open_chain = pack_transfers([pay(3, flags=TransferFlags.LINKED)])
    plain = pack_transfers([pay(4)])
    answers = [ledger.submit(batch) for batch in (plain, open_chain, plain, linked, plain, plain[:0])]
    told = [np.asarray(answer.result(60)["status"]).tolist() for answer in answers]
    exists, chain_open = int(CreateTransferStatus.EXISTS), int(CreateTransferStatus.LINKED_EVENT_CHAIN_OPEN)
    assert told == [[CREATED], [chain_open], [exists], [CREATED, CREATED], [exists], []]
    ledger.drain()


def test_a_commit_that_fails_is_told_and_reload_cures_it(
    ledger: SqliteLedger, connection: Connection
) -> None:
    ledger.create_transfers([pay(1)])
    connection.execute(DISK_FULL)
    with pytest.raises(StoreError, match="disk is full"):
        ledger.create_transfers([pay(2)])
    with pytest.raises(StoreError, match="ahead of the disk"):
        ledger.lookup_transfers([1])
    connection.execute("DROP TRIGGER full")
    ledger.reload()
    assert [t.id for t in ledger.lookup_transfers([1, 2])] == [1]
    assert ledger.create_transfers([pay(2)])[0].status == CREATED


def test_a_group_that_fails_is_told_to_all_who_submitted(
    ledger: SqliteLedger, connection: Connection
) -> None:
    connection.execute(DISK_FULL)
    answers = [ledger.submit([pay(id)]) for id in range(1, 9)]
    for answer in answers:
        with pytest.raises(StoreError, match="disk is full"):
            answer.result(60)
    with pytest.raises(StoreError):
        ledger.drain()
    connection.execute("DROP TRIGGER full")
    ledger.reload()
    assert ledger.balances(1) == (0, 0, 0, 0)


def test_balances_may_be_written_later(path: Path) -> None:
    connection = connect(path)
    create_tables(connection)
    ledger = SqliteLedger(connection, Clock(), balance_rows="on_checkpoint")
    ledger.create_accounts([Account(id, ledger=1, code=1) for id in (1, 2)])
    ledger.create_transfers([pay(1, 5)])
    held = "SELECT debits_posted, as_of_batch FROM ledger_account WHERE slot = 0"
    assert connection.execute(held).fetchone() == (0, 0)
    ledger.close()
    assert connection.execute(held).fetchone() == (5, 1)
    connection.close()


def test_the_id_index_grows_by_splitting_and_forgets_nothing(ledger: SqliteLedger) -> None:
    ids = np.arange(60_000, dtype=np.uint64) * np.uint64(7919) + np.uint64(5)
    batch = np.zeros((8000, 16), np.uint64)
    batch[:, 2], batch[:, 4], batch[:, 6], batch[:, 14] = 1, 2, 1, 1 | 1 << 32
    for start in range(0, 56_000, 8000):
        batch[:, 0] = ids[start : start + 8000]
        assert set(ledger.create_transfers(batch)["status"].tolist()) == {int(CREATED)}
    batch[:, 0] = ids[8000:16_000]
    assert set(ledger.create_transfers(batch)["status"].tolist()) == {int(CreateTransferStatus.EXISTS)}
    assert [t.id for t in ledger.lookup_transfers(ids[55_990:56_010].tolist())] == ids[55_990:56_000].tolist()


def test_a_full_ledger_refuses_before_it_changes_anything() -> None:
    kernel = Kernel(lambda: 0, capacity_transfers=4, capacity_accounts=4)
    kernel.create_accounts([Account(id, ledger=1, code=1) for id in (1, 2)])
    kernel.create_transfers([pay(1), pay(2), pay(3)])
    with pytest.raises(LedgerFull, match="larger capacity"):
        kernel.create_transfers([pay(4), pay(5)])
    with pytest.raises(LedgerFull):
        kernel.create_accounts([Account(id, ledger=1, code=1) for id in (3, 4, 5)])
    assert kernel.balances(1) == (0, 3, 0, 0)


def test_rows_that_a_very_large_batch_leaves_behind_follow_with_the_next_commits(
    ledger: SqliteLedger, connection: Connection
) -> None:
    ledger.create_accounts([Account(id, ledger=1, code=1) for id in range(3, 2003)])
    many = [Transfer(id, id, 1, 1, ledger=1, code=1) for id in range(3, 2003)]
    ledger.create_transfers(many)
    current = "SELECT count(*) FROM ledger_account WHERE debits_posted = 1"
    assert connection.execute(current).fetchone() == (512 - 1,)  # one of them is account 1
    again = SqliteLedger(connection, Clock())
    for id in range(3):
        again.create_transfers([pay(5000 + id)])
    assert connection.execute(current).fetchone() == (2000,)
    assert trial_balance(again.all_accounts()).holds
