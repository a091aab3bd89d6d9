"""The embedded store: one SQLite file, one writer, many readers.

Business rows are ordinary tables (sql/0001_initial.sql). The ledger's own tables lie in the same file, so a
unit of work is one transaction: transfers, payments, queue, outbox and journal last together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tasviya.adapters.migrations import migrate
from tasviya.adapters.payment_rows import CHANGING, COLUMNS
from tasviya.adapters.sqlite_clearing import StoredClearing, write_clearing
from tasviya.adapters.sqlite_connection import connect
from tasviya.adapters.sqlite_controls import StoredControls, write_controls
from tasviya.adapters.sqlite_customs import StoredCustoms, write_customs
from tasviya.adapters.sqlite_exchange import StoredExchange, write_exchange
from tasviya.adapters.sqlite_facts import StoredFacts
from tasviya.adapters.sqlite_interest import StoredInterest, write_interest
from tasviya.adapters.sqlite_ledger import SqliteLedger
from tasviya.adapters.sqlite_rates import StoredRates, write_rates
from tasviya.adapters.sqlite_trades import StoredTrades, write_trades
from tasviya.adapters.transactions import transaction
from tasviya.core.clock import Clock
from tasviya.core.errors import StoreError, invariant
from tasviya.journal import entry as journal
from tasviya.ledger.ledger import (
    BATCH_MAX,
    CreateAccountStatus,
    CreateTransferStatus,
    Transfer,
    TransferFlags,
)
from tasviya.membership.participant import TABLE_OF
from tasviya.services.unit_of_work import (
    Changes,
    PassRow,
    PostingRefused,
    QueueRow,
)

ACCEPTED = (CreateTransferStatus.CREATED, CreateTransferStatus.EXISTS)


class SqliteStore(
    StoredFacts,
    StoredExchange,
    StoredRates,
    StoredTrades,
    StoredClearing,
    StoredInterest,
    StoredCustoms,
    StoredControls,
):
    """The writer's store.

    Raises (on opening): StoreError if the file is another writer's, damaged or of a newer version.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        super().__init__(connect(path))
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
        with transaction(db):
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
        refused = {}
        for batch in whole_chains(changes.transfers, BATCH_MAX):
            for transfer, result in zip(batch, self.ledger.create_transfers(batch), strict=True):
                if result.status not in ACCEPTED:
                    refused[transfer.id] = result.status
        if refused:
            raise PostingRefused(refused)

    def _write_rows(self, changes: Changes) -> None:
        many = self.connection.executemany
        if changes.files:
            many("INSERT INTO received_file VALUES (?, ?, ?, ?, ?, ?, ?, ?)", changes.files)
        if changes.messages:
            many("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", changes.messages)
        if changes.new_payments:
            marks = ", ".join("?" * len(COLUMNS))
            many(f"INSERT INTO payment VALUES ({marks})", map(msgspec.structs.astuple, changes.new_payments))
        if changes.changed_payments:
            assignments = ", ".join(f"{name} = ?" for name in CHANGING)
            many(
                f"UPDATE payment SET {assignments} WHERE seq = ?",
                [
                    (*(getattr(payment, name) for name in CHANGING), seq)
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
        write_exchange(self.connection, changes)
        write_trades(self.connection, changes)
        write_rates(self.connection, changes)
        write_clearing(self.connection, changes)
        write_interest(self.connection, changes)
        write_customs(self.connection, changes)
        write_controls(self.connection, changes)
        if changes.passes:
            whole = journal.whole
            rows = [
                tuple(whole(each) if isinstance(each, int) else each for each in row)
                for row in changes.passes
            ]
            many(f"INSERT INTO lsm_pass VALUES ({', '.join('?' * len(PassRow._fields))})", rows)

    def _write_queue(self, queued: dict[int, QueueRow | None]) -> None:
        self.connection.executemany(
            "DELETE FROM queue WHERE payment_seq = ?", [(seq,) for seq, row in queued.items() if row is None]
        )
        self.connection.executemany(
            "INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    row.payment_seq,
                    f"{row.account_id:032x}",
                    row.rank,
                    row.by_limit,
                    journal.whole(row.shortfall),
                    row.since,
                )
                for row in queued.values()
                if row is not None
            ],
        )

    def _write_states(self, changes: Changes) -> None:

        def many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
            if rows:
                self.connection.executemany(sql, rows)

        many(
            "UPDATE account SET entry_seq = ?, opening = ?, lowest = ? WHERE account_id = ?",
            [
                (a.entry_seq, journal.whole(a.opening), journal.whole(a.lowest), f"{a.account_id:032x}")
                for a in changes.accounts
            ],
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
            [(f"{account:032x}", who, journal.whole(net)) for account, who, net in changes.limits],
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
        for record, day in changes.ended:
            columns = ("valid_from", *record.KEY)
            self.connection.execute(
                f"UPDATE {TABLE_OF[type(record)]} SET valid_to = ? WHERE "
                + " AND ".join(f"{column} = ?" for column in columns),
                (day, *(getattr(record, column) for column in columns)),
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

    def _last_digest(self) -> bytes:
        row = self.connection.execute(
            "SELECT digest FROM journal ORDER BY commit_seq DESC LIMIT 1"
        ).fetchone()
        return bytes(row[0]) if row else journal.GENESIS


def whole_chains(transfers: Sequence[Transfer], most: int) -> Iterator[Sequence[Transfer]]:
    """Transfers in batches of at most `most`, no linked chain cut in two.

    Raises: InvariantBroken if one chain is longer than that.
    """
    start = 0
    while len(transfers) - start > most:
        end = start + most
        while end > start and transfers[end - 1].flags & TransferFlags.LINKED:
            end -= 1
        invariant(end > start, f"a chain has at most {most} transfers")
        yield transfers[start:end]
        start = end
    if start < len(transfers):
        yield transfers[start:]
