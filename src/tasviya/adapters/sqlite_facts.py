"""What the embedded store answers to the writer: reads of committed rows, as the rooms' own types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from tasviya.adapters.payment_rows import COLUMN_LIST, payment_of
from tasviya.adapters.sqlite_connection import Connection
from tasviya.core.currencies import currency, union_currency
from tasviya.core.ids import AccountId
from tasviya.core.money import Currency
from tasviya.membership.participant import RECORD_TYPES
from tasviya.membership.records import Record
from tasviya.services.unit_of_work import AccountRow, CreditLineRow, DayRow, Numbers, QueueRow
from tasviya.settlement.accounts import AccountKind, LedgerAccount
from tasviya.settlement.payment import Payment

IDENTIFIED = "sender = ? AND message_id = ? AND reason = '' AND message_id <> ''"
"""A message by its sender and id, in the words of the index."""


class StoredFacts:
    """The reading half of the store."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

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
            entry=after("SELECT max(first_entry + count - 1) FROM journal"),
            order=after("SELECT max(seq) FROM exchange_order"),
            batch=after("SELECT max(seq) FROM exchange_batch"),
            quote=after("SELECT max(seq) FROM exchange_quote"),
            trade=after("SELECT max(seq) FROM trade"),
            cycle=after("SELECT max(seq) FROM clearing_cycle"),
            default=after("SELECT max(seq) FROM clearing_default"),
            lsm_pass=after("SELECT max(seq) FROM lsm_pass"),
            lodgement=after("SELECT max(seq) FROM customs_declaration"),
            claim=after("SELECT count(*) FROM customs_claim"),
            guarantee=after("SELECT count(*) FROM customs_guarantee"),
            certificate=after("SELECT count(*) FROM customs_certificate"),
            movement=after("SELECT count(*) FROM customs_movement"),
        )

    def records(self) -> list[Record]:
        found: list[Record] = []
        for table, record_type in RECORD_TYPES.items():
            fields = record_type.__struct_fields__
            for row in self.connection.execute(f"SELECT {', '.join(fields)} FROM {table} ORDER BY rowid"):
                found.append(record_type(**dict(zip(fields, row, strict=True))))
        return found

    def account_rows(self) -> Iterator[tuple[LedgerAccount, AccountRow]]:
        units = unit_currencies(self.connection)
        sql = (
            "SELECT account_id, owner, kind, currency, with_whom, number, entry_seq, opening, lowest"
            " FROM account WHERE kind <> 'claim' OR with_whom IN"
            " (SELECT reference FROM customs_claim WHERE status = 'open')"
        )
        for identity, owner, kind, code, with_whom, number, seq, opening, lowest in self.connection.execute(
            sql
        ):
            account_id = AccountId(int(identity, 16))
            money = units.get(code) or currency(code)
            account = LedgerAccount(account_id, AccountKind[kind.upper()], owner, money, with_whom, number)
            yield account, AccountRow(account_id, seq, int(opening), int(lowest))

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
        return [(int(account, 16), who, int(net)) for account, who, net in rows]

    def day_rows(self) -> list[DayRow]:
        sql = (
            "SELECT institution, currency, max(business_date), phase, since, opened_commit"
            " FROM operating_day GROUP BY currency"
        )
        return [DayRow(*row) for row in self.connection.execute(sql)]

    def day_before(self, currency: str, business_date: str) -> DayRow | None:
        row = self.connection.execute(
            "SELECT institution, currency, business_date, phase, since, opened_commit FROM operating_day"
            " WHERE currency = ? AND business_date < ? ORDER BY business_date DESC LIMIT 1",
            (currency, business_date),
        ).fetchone()
        return DayRow(*row) if row else None

    def queue(self) -> list[tuple[QueueRow, Payment]]:
        rows = [
            QueueRow(seq, int(account, 16), rank, bool(by_limit), int(shortfall), since)
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
            row = self.connection.execute(f"SELECT seq FROM message WHERE {IDENTIFIED}", key).fetchone()
            if row:
                found[key] = row[0]
        return found

    def uetrs_known(self, uetrs: Sequence[str]) -> dict[str, list[Payment]]:
        found: dict[str, list[Payment]] = {}
        for payment in self._payments("uetr IN (SELECT value FROM json_each(?))", as_json(uetrs)):
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
            for (instruction,) in self.connection.execute(sql, (sender, as_json(instructions)))
        }

    def payments(self, seqs: Sequence[int]) -> dict[int, Payment]:
        return {p.seq: p for p in self._payments("seq IN (SELECT value FROM json_each(?))", as_json(seqs))}

    def payment_named(self, payment_id: str) -> Payment | None:
        """The payment of an id. Ids are not indexed: random keys cost every payment of a long day a page."""
        return next(iter(self._payments("payment_id = ?", payment_id)), None)

    def latest_commit_ns(self) -> int:
        """When the latest commit was made; 0 before the first."""
        return int(self.connection.execute("SELECT coalesce(max(at), 0) FROM journal").fetchone()[0])

    def payments_of_message(self, sender: str, message_id: str) -> list[Payment]:
        where = f"message_seq = (SELECT seq FROM message WHERE {IDENTIFIED})"
        return self._payments(f"{where} ORDER BY position", sender, message_id)

    def warehoused(self, currency: str, business_date: str) -> list[Payment]:
        where = "status = 'warehoused' AND settlement_date <= ?1 AND ?2 IN (currency, debit_currency)"
        return self._payments(f"{where} ORDER BY seq", business_date, currency)

    def timers(self) -> list[tuple[int, int]]:
        rows = self.connection.execute(
            "SELECT not_before, not_after, seq FROM payment"
            " WHERE status IN ('queued', 'held', 'warehoused') AND not_before + not_after > 0"
        )
        return sorted((instant, seq) for *both, seq in rows for instant in both if instant)

    def latest_pass_ns(self) -> int:
        sql = "SELECT coalesce(max(at), 0) FROM lsm_pass WHERE trigger = 'schedule'"
        return int(self.connection.execute(sql).fetchone()[0])

    def returned_minor(self, original_seq: int) -> int:
        sql = (
            "SELECT coalesce(sum(amount_minor), 0) FROM payment WHERE original_seq = ? AND original_seq <> 0"
            " AND status NOT IN ('rejected', 'cancelled', 'expired')"
        )
        return int(self.connection.execute(sql, (original_seq,)).fetchone()[0])

    def _payments(self, where: str, *values: Any) -> list[Payment]:
        rows = self.connection.execute(f"SELECT {COLUMN_LIST} FROM payment WHERE {where}", values)
        return [payment_of(row) for row in rows]


def unit_currencies(db: Connection) -> dict[str, Currency]:
    """The union's own units, past ones too, by code: no table of ISO 4217 knows these."""
    rows = db.execute("SELECT DISTINCT code, decimals, name FROM unit_rules ORDER BY rowid")
    return {code: union_currency(code, decimals, name) for code, decimals, name in rows}


def as_json(values: Sequence[Any]) -> str:
    """Values as SQLite's json_each takes them."""
    return msgspec.json.encode(values).decode()
