"""The embedded store: one SQLite file, one writer, many readers.

Business rows are ordinary tables (sql/0001_initial.sql). The ledger's own tables lie in the same file, so a
unit of work is one transaction: transfers, payments, queue, outbox and journal last together or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from tasviya.adapters.sqlite_connection import connect
from tasviya.adapters.sqlite_ledger import SqliteLedger

from tasviya.core.clock import Clock
from tasviya.core.currencies import currency
from tasviya.core.errors import StoreError
from tasviya.core.ids import AccountId
from tasviya.journal import entry as journal
from tasviya.ledger.ledger import CreateAccountStatus, CreateTransferStatus
from tasviya.membership.participant import RECORD_TYPES, TABLE_OF, Record
from tasviya.services.unit_of_work import (
    AccountRow,
    Changes,
    CreditLineRow,
    DayRow,
    Numbers,
    PostingRefused,
    QueueRow,
)
from tasviya.settlement.accounts import AccountKind, LedgerAccount
from tasviya.settlement.payment import Payment, Priority, Status

PAYMENT_COLUMNS = Payment.__struct_fields__
_PAYMENT_LIST = ", ".join(PAYMENT_COLUMNS)
_CHANGING = (
    "settlement_date",
    "priority",
    "status",
    "reason",
    "reason_text",
    "reason_path",
    "blocked_by",
    "queued_at",
    "settled_at",
    "attempt",
)
"""What of a payment may change after it was received."""

ACCEPTED = (CreateTransferStatus.CREATED, CreateTransferStatus.EXISTS)


class SqliteStore:
    """The writer's store.

    Raises (on opening): StoreError if the file is another writer's, damaged or of a newer version.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.connection = connect(path)
        migrate(self.connection)
        self.ledger = SqliteLedger(self.connection, clock.now_ns)
        self._digest = self._last_digest()

    def close(self) -> None:
        """Let go of the file."""
        self.ledger.close()
        self.connection.close()

    def reload(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        self.ledger.reload()
        self._digest = self._last_digest()

    # --- writing ------------------------------------------------------------------------------------

    def commit(self, changes: Changes) -> None:
        db = self.connection
        with _transaction(db):
            if changes.opened:
                self._open(changes)
            if changes.transfers:
                self._post(changes)
            self._write_rows(changes)
            self._write_journal(changes)

    def _open(self, changes: Changes) -> None:
        results = self.ledger.create_accounts([account.to_open() for account in changes.opened])
        for account, result in zip(changes.opened, results, strict=True):
            if result.status not in (CreateAccountStatus.CREATED, CreateAccountStatus.EXISTS):
                raise StoreError(
                    "account_refused",
                    f"The ledger refused to open {account.key}: {result.status.name.lower()}.",
                    "Compare the union's accounts with those of the store.",
                )
        self.connection.executemany(
            "INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)",
            [
                (f"{a.id:032x}", a.owner, a.kind.name.lower(), a.currency.code, a.with_whom, a.number)
                for a in changes.opened
            ],
        )

    def _post(self, changes: Changes) -> None:
        results = self.ledger.create_transfers(changes.transfers)
        refused = {
            transfer.id: result.status
            for transfer, result in zip(changes.transfers, results, strict=True)
            if result.status not in ACCEPTED
        }
        if refused:
            raise PostingRefused(refused)

    def _write_rows(self, changes: Changes) -> None:
        many = self.connection.executemany
        if changes.files:
            many("INSERT INTO received_file VALUES (?, ?, ?, ?, ?, ?, ?, ?)", changes.files)
        if changes.messages:
            many("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", changes.messages)
        if changes.new_payments:
            marks = ", ".join("?" * len(PAYMENT_COLUMNS))
            many(f"INSERT INTO payment VALUES ({marks})", map(msgspec.structs.astuple, changes.new_payments))
        if changes.changed_payments:
            assignments = ", ".join(f"{name} = ?" for name in _CHANGING)
            many(
                f"UPDATE payment SET {assignments} WHERE seq = ?",
                [
                    (*(getattr(payment, name) for name in _CHANGING), seq)
                    for seq, payment in changes.changed_payments.items()
                ],
            )
        if changes.queued:
            self._write_queue(changes.queued)
        if changes.outbox:
            encode = msgspec.json.encode
            many(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, NULL)",
                [
                    (row.seq, row.commit_seq, row.receiver, row.kind, encode(row.refs).decode())
                    for row in changes.outbox
                ],
            )
        self._write_states(changes)

    def _write_queue(self, queued: dict[int, QueueRow | None]) -> None:
        self.connection.executemany(
            "DELETE FROM queue WHERE payment_seq = ?", [(seq,) for seq, row in queued.items() if row is None]
        )
        self.connection.executemany(
            "INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?)",
            [
                (row.payment_seq, f"{row.account_id:032x}", row.rank, row.by_limit, row.shortfall, row.since)
                for row in queued.values()
                if row is not None
            ],
        )

    def _write_states(self, changes: Changes) -> None:
        many = self.connection.executemany
        many(
            "UPDATE account SET entry_seq = ?, opening = ?, lowest = ? WHERE account_id = ?",
            [(a.entry_seq, a.opening, a.lowest, f"{a.account_id:032x}") for a in changes.accounts],
        )
        many(
            "INSERT OR REPLACE INTO credit_line_state VALUES (?, ?, ?, ?)",
            [(f"{c.account_id:032x}", c.granted, c.drawn, c.peak) for c in changes.credit_lines],
        )
        many(
            "INSERT OR REPLACE INTO reservation_state VALUES (?, ?, ?)",
            [(f"{account:032x}", priority, left) for account, priority, left in changes.reservations],
        )
        many(
            "INSERT OR REPLACE INTO limit_state VALUES (?, ?, ?)",
            [(f"{account:032x}", who, net) for account, who, net in changes.limits],
        )
        many("INSERT OR REPLACE INTO operating_day VALUES (?, ?, ?, ?, ?, ?)", changes.days)
        many(
            "UPDATE outbox SET delivered_at = ? WHERE seq = ?",
            [(changes.at_ns, seq) for seq in changes.delivered],
        )
        for record in changes.records:
            fields = record.__struct_fields__
            marks = ", ".join("?" * len(fields))
            self.connection.execute(
                f"INSERT INTO {TABLE_OF[type(record)]} ({', '.join(fields)}) VALUES ({marks})",
                msgspec.structs.astuple(record),
            )

    def _write_journal(self, changes: Changes) -> None:
        ledger_seq, ledger_digest = self.ledger.head if changes.transfers else (0, b"")
        raw = journal.encode(changes.entries)
        first = changes.entries[0][0] if changes.entries else 0
        count = len(changes.entries)
        digest = journal.chain(
            self._digest, changes.commit_seq, changes.at_ns, first, count, ledger_digest, raw
        )
        self.connection.execute(
            "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (changes.commit_seq, journal.VERSION, changes.at_ns, first, count, ledger_seq, digest, raw),
        )
        self._digest = digest

    # --- reading ------------------------------------------------------------------------------------

    def numbers(self) -> Numbers:
        def after(sql: str) -> int:
            (last,) = self.connection.execute(sql).fetchone()
            return int(last or 0) + 1

        return Numbers(
            commit=after("SELECT max(commit_seq) FROM journal"),
            file=after("SELECT max(seq) FROM received_file"),
            message=after("SELECT max(seq) FROM message"),
            payment=after("SELECT max(seq) FROM payment"),
            outbox=after("SELECT max(seq) FROM outbox"),
            entry=after("SELECT first_entry + count - 1 FROM journal ORDER BY commit_seq DESC LIMIT 1")
            if self._digest != journal.GENESIS
            else 1,
        )

    def records(self) -> list[Record]:
        found: list[Record] = []
        for table, record_type in RECORD_TYPES.items():
            fields = record_type.__struct_fields__
            for row in self.connection.execute(f"SELECT {', '.join(fields)} FROM {table} ORDER BY rowid"):
                found.append(record_type(**dict(zip(fields, row, strict=True))))
        return found

    def account_rows(self) -> Iterator[tuple[LedgerAccount, AccountRow]]:
        sql = "SELECT account_id, owner, kind, currency, with_whom, number, entry_seq, opening, lowest FROM account"
        for identity, owner, kind, code, with_whom, number, seq, opening, lowest in self.connection.execute(
            sql
        ):
            account_id = AccountId(int(identity, 16))
            money = currency(code)
            account = LedgerAccount(account_id, AccountKind[kind.upper()], owner, money, with_whom, number)
            yield account, AccountRow(account_id, seq, opening, lowest)

    def credit_line_rows(self) -> list[CreditLineRow]:
        rows = self.connection.execute("SELECT * FROM credit_line_state")
        return [
            CreditLineRow(int(account, 16), granted, drawn, peak) for account, granted, drawn, peak in rows
        ]

    def reservation_rows(self) -> list[tuple[int, str, int]]:
        rows = self.connection.execute("SELECT account_id, priority, remaining FROM reservation_state")
        return [(int(account, 16), priority, left) for account, priority, left in rows]

    def limit_rows(self) -> list[tuple[int, str, int]]:
        rows = self.connection.execute("SELECT account_id, counterparty, net_paid FROM limit_state")
        return [(int(account, 16), who, net) for account, who, net in rows]

    def day_rows(self) -> list[DayRow]:
        sql = "SELECT institution, currency, max(business_date), phase, since, opened_commit FROM operating_day GROUP BY currency"
        return [DayRow(*row) for row in self.connection.execute(sql)]

    def queue(self) -> list[tuple[QueueRow, Payment]]:
        rows = [
            QueueRow(seq, int(account, 16), rank, bool(by_limit), shortfall, since)
            for seq, account, rank, by_limit, shortfall, since in self.connection.execute(
                "SELECT * FROM queue ORDER BY payment_seq"
            )
        ]
        payments = self.payments([row.payment_seq for row in rows])
        return [(row, payments[row.payment_seq]) for row in rows]

    def files_with_digest(self, digests: Sequence[bytes]) -> dict[tuple[str, bytes], int]:
        found = {}
        for digest in digests:
            for seq, sender in self.connection.execute(
                "SELECT seq, sender FROM received_file WHERE digest = ?", (digest,)
            ):
                found[sender, digest] = seq
        return found

    def messages_known(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        found = {}
        for key in keys:
            row = self.connection.execute(
                "SELECT seq FROM message WHERE sender = ? AND message_id = ? AND reason = ''", key
            ).fetchone()
            if row:
                found[key] = row[0]
        return found

    def uetrs_known(self, uetrs: Sequence[str]) -> dict[str, list[Payment]]:
        found: dict[str, list[Payment]] = {}
        for payment in self._payments("uetr IN (SELECT value FROM json_each(?))", _json(uetrs)):
            found.setdefault(payment.uetr, []).append(payment)
        return found

    def instructions_known(self, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        by_sender: dict[str, list[str]] = {}
        for sender, instruction in keys:
            by_sender.setdefault(sender, []).append(instruction)
        sql = (
            "SELECT instruction_id FROM payment WHERE sender = ? AND instruction_id <> ''"
            " AND instruction_id IN (SELECT value FROM json_each(?))"
        )
        return {
            (sender, instruction)
            for sender, instructions in by_sender.items()
            for (instruction,) in self.connection.execute(sql, (sender, _json(instructions)))
        }

    def payments(self, seqs: Sequence[int]) -> dict[int, Payment]:
        return {p.seq: p for p in self._payments("seq IN (SELECT value FROM json_each(?))", _json(seqs))}

    def payments_of_message(self, sender: str, message_id: str) -> list[Payment]:
        where = "message_seq = (SELECT seq FROM message WHERE sender = ? AND message_id = ? AND reason = '')"
        return self._payments(f"{where} ORDER BY position", sender, message_id)

    def warehoused(self, currency: str, business_date: str) -> list[Payment]:
        where = "status = 'warehoused' AND settlement_date <= ? AND currency = ? ORDER BY seq"
        return self._payments(where, business_date, currency)

    def returned_minor(self, original_seq: int) -> int:
        sql = (
            "SELECT coalesce(sum(amount_minor), 0) FROM payment WHERE original_seq = ? AND original_seq <> 0"
            " AND status NOT IN ('rejected', 'cancelled', 'expired')"
        )
        return int(self.connection.execute(sql, (original_seq,)).fetchone()[0])

    def _payments(self, where: str, *values: Any) -> list[Payment]:
        rows = self.connection.execute(f"SELECT {_PAYMENT_LIST} FROM payment WHERE {where}", values)
        return [payment_of(row) for row in rows]

    def _last_digest(self) -> bytes:
        row = self.connection.execute(
            "SELECT digest FROM journal ORDER BY commit_seq DESC LIMIT 1"
        ).fetchone()
        return bytes(row[0]) if row else journal.GENESIS


def payment_of(row: Sequence[Any]) -> Payment:
    """A payment from its row, in the order of its fields."""
    payment = Payment(*row)
    payment.status, payment.priority = Status(payment.status), Priority(payment.priority)
    return payment


def migrate(db: sqlite3.Connection) -> None:
    """Bring the store's layout to this version, one numbered step after the other, each in a transaction.

    Raises: StoreError if the store is newer than this program.
    """
    steps = sorted(
        (int(file.name[:4]), file.read_text(encoding="utf-8"))
        for file in files("tasviya.adapters").joinpath("sql").iterdir()
        if file.name.endswith(".sql")
    )
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > steps[-1][0]:
        raise StoreError(
            "store_newer",
            f"The store has layout {version}; this program knows up to {steps[-1][0]}.",
            "Use the version of Tasviya that wrote it, or a later one.",
        )
    for number, script in steps:
        if number > version:
            db.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it, or nothing.

    Raises: StoreError for what the disk or another process causes; other errors as they come.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise StoreError("store_failed", f"SQLite: {error}.", _cure_for(error)) from error
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _cure_for(error: sqlite3.OperationalError) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if "FULL" in name:
        return "The disk is full: free space and start again; nothing of this batch has happened."
    if "BUSY" in name or "LOCKED" in name:
        return "Another process holds the store: stop it, or wait and try again."
    return "Check the disk and start again; nothing of this batch has happened."


def _json(values: Sequence[Any]) -> str:
    return msgspec.json.encode(values).decode()
