"""From the outbox to the receivers: one file per receiver and commit, in the order of commits.

A delivery may be done twice, after a crash between writing and marking: the bytes and the name are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from tasviya.adapters.payment_rows import COLUMN_LIST, payment_of
from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_entries import exchanges_of
from tasviya.adapters.sqlite_facts import as_json
from tasviya.adapters.sqlite_trades import trades_where
from tasviya.core.errors import StoreError, writes_to
from tasviya.messages.scheme import Scheme
from tasviya.services.statements import AccountFacts, Period, collect
from tasviya.services.telling import ANSWERS, REPLIES, letter
from tasviya.services.telling_facts import Facts
from tasviya.services.unit_of_work import OutboxRow, ReceivedMessage
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.payment import Payment
from tasviya.settlement.trade import Trade

STATEMENT = "statement"


class FileOutbox:
    """Writes what there is to tell under `directory/<BIC>/<commit>.xml`, reading the store alongside its
    writer."""

    def __init__(self, db: Connection, scheme: Scheme, directory: Path) -> None:
        self.db, self.scheme, self.directory = db, scheme, directory
        self._accounts: dict[str, AccountFacts] = {}
        self._bics: dict[str, str] = {}
        self._version: tuple[object, ...] = ()

    def deliver(self, commits: Sequence[int]) -> list[int]:
        """Write everything these commits had to tell, statements apart. Returns the outbox rows' numbers."""
        rows = self._rows(
            f"commit_seq IN (SELECT value FROM json_each(?)) AND kind <> '{STATEMENT}' ORDER BY seq",
            as_json(commits),
        )
        facts = self._facts(rows)
        by_file: dict[tuple[str, int], list[OutboxRow]] = {}
        for row in rows:
            by_file.setdefault((row.receiver, row.commit_seq), []).append(row)
        for (receiver, commit_seq), theirs in by_file.items():
            file = self.directory / receiver / f"{commit_seq:09d}.xml"
            write_file(file, letter(receiver, theirs, facts))
        return [row.seq for row in rows]

    def state(self, commit_seq: int, directory: Path) -> list[int]:
        """Write the statements that a closing commit ordered, a file an account, under
        `directory/<date>/<BIC>/`. Returns the outbox rows' numbers."""
        rows = self._rows(f"commit_seq = ? AND kind = '{STATEMENT}' ORDER BY seq", commit_seq)
        periods = self._periods(rows)
        for row in rows:
            facts = self._facts([row], {row.seq: periods[row.seq]})
            account = periods[row.seq].facts
            name = f"{account.currency}-{account.number}.xml"
            write_file(directory / row.refs[1] / row.receiver / name, letter(row.receiver, [row], facts))
        return [row.seq for row in rows]

    def _rows(self, where: str, *values: Any) -> list[OutboxRow]:
        sql = f"SELECT seq, commit_seq, receiver, kind, refs FROM outbox WHERE {where}"
        decode = msgspec.json.decode
        return [
            OutboxRow(seq, commit_seq, receiver, kind, decode(refs))
            for seq, commit_seq, receiver, kind, refs in self.db.execute(sql, values)
        ]

    def _facts(self, rows: Sequence[OutboxRow], periods: Mapping[int, Period] | None = None) -> Facts:
        repeats = {row.refs[0]: self._answers_to(row.refs[0]) for row in rows if row.kind == "repeat"}
        every = [*rows, *(row for answers in repeats.values() for row in answers)]
        payments, messages = _referred(every)
        if periods is None:
            periods = self._periods([row for row in every if row.kind in ("report", STATEMENT)])
        for period in periods.values():
            payments |= {posting.payment_seq for posting in period.postings}
        of_payments = self.payments(sorted(payments))
        originals = {p.original_seq for p in of_payments.values() if p.original_seq}
        of_payments |= self.payments(sorted(originals - payments))
        if any(row.kind in ("return", "recall") for row in every):
            messages |= {p.message_seq for p in of_payments.values()}
        found = self._messages(sorted(messages))
        self._look_up(every)
        return Facts(
            self.scheme,
            of_payments,
            {seq: message for seq, (message, _) in found.items()},
            {seq: source for seq, (_, source) in found.items()},
            self._accounts,
            self._bics,
            repeats,
            self._instants(sorted({row.commit_seq for row in every})),
            periods,
            self._trades(every),
            exchanges_of(self.db, periods.values()),
        )

    def _periods(self, rows: Sequence[OutboxRow]) -> dict[int, Period]:
        """What moved on the accounts that these rows ask for, read from the journal."""
        self._look_up(rows)
        periods: dict[int, Period] = {}
        spans: dict[tuple[int, int], dict[bytes, Period]] = {}
        for row in rows:
            account_id, business_date, first_commit, last_commit, balance, *_ = row.refs
            period = Period(self._accounts[account_id], business_date, int(balance))
            wanted = spans.setdefault((first_commit, last_commit), {})
            periods[row.seq] = wanted.setdefault(bytes.fromhex(account_id), period)
        sql = "SELECT at, entries FROM journal WHERE commit_seq BETWEEN ? AND ? ORDER BY commit_seq"
        for span, wanted in spans.items():
            for at, entries in self.db.execute(sql, span):
                collect(msgspec.msgpack.decode(entries), at, wanted)
        return periods

    def payments(self, seqs: Sequence[int]) -> dict[int, Payment]:
        """Payments by number."""
        sql = f"SELECT {COLUMN_LIST} FROM payment WHERE seq IN (SELECT value FROM json_each(?))"
        return {row[0]: payment_of(row) for row in self.db.execute(sql, (as_json(seqs),))}

    def _messages(self, seqs: Sequence[int]) -> dict[int, tuple[ReceivedMessage, bytes]]:
        sql = (
            "SELECT m.*, f.raw FROM message m JOIN received_file f ON f.seq = m.file_seq"
            " WHERE m.seq IN (SELECT value FROM json_each(?))"
        )
        found = {}
        for *fields, raw in self.db.execute(sql, (as_json(seqs),)):
            message = ReceivedMessage(*fields)
            found[message.seq] = (message, message.body or raw)
        return found

    def _trades(self, rows: Sequence[OutboxRow]) -> dict[int, Trade]:
        """The instructions of trades that rows refer to, by number."""
        seqs = sorted({row.refs[0] for row in rows if row.kind == "trade"})
        where = "seq IN (SELECT value FROM json_each(?))"
        return {trade.seq: trade for trade in trades_where(self.db, where, as_json(seqs))} if seqs else {}

    def _instants(self, commits: Sequence[int]) -> dict[int, int]:
        sql = "SELECT commit_seq, at FROM journal WHERE commit_seq IN (SELECT value FROM json_each(?))"
        return dict(self.db.execute(sql, (as_json(commits),)).fetchall())

    def _answers_to(self, file_seq: int) -> list[OutboxRow]:
        """The rows that answered a file when it first came."""
        (commit_seq,) = self.db.execute(
            "SELECT commit_seq FROM received_file WHERE seq = ?", (file_seq,)
        ).fetchone()
        of_file = {
            seq for (seq,) in self.db.execute("SELECT seq FROM message WHERE file_seq = ?", (file_seq,))
        }
        answers = self._rows("commit_seq = ? ORDER BY seq", commit_seq)
        return [
            row
            for row in answers
            if (row.kind in ANSWERS and row.refs[0] in of_file)
            or (row.kind in REPLIES and row.refs[-1] in of_file)
        ]

    def _look_up(self, rows: Sequence[OutboxRow]) -> None:
        """Names and numbers as of the business date of the last of these rows, read again when that, the
        accounts or the BICs have changed."""
        last = max((row.commit_seq for row in rows), default=0)
        (day,) = self.db.execute(
            "SELECT max(business_date) FROM operating_day WHERE opened_commit <= ?", (last,)
        ).fetchone()
        version = self.db.execute(
            "SELECT ?, (SELECT count(*) FROM account), (SELECT count(*) FROM participant_bics)", (day,)
        ).fetchone()
        if version == self._version:
            return
        self._version = version
        self._bics = dict(
            self.db.execute(
                "SELECT participant, bic FROM participant_bics"
                " WHERE ?1 IS NULL OR (valid_from <= ?1 AND (valid_to IS NULL OR ?1 < valid_to))"
                " ORDER BY valid_from",
                (day,),
            ).fetchall()
        )
        institutions = dict(
            self.db.execute("SELECT currency, institution FROM settlement_institution_hours").fetchall()
        )
        sql = "SELECT account_id, number, currency, kind, owner, with_whom FROM account"
        for account_id, number, code, kind, owner, with_whom in self.db.execute(sql):
            in_books = kind == "vostro"
            holder, servicer = (with_whom, owner) if in_books else (owner, institutions.get(code, ""))
            self._accounts[account_id] = AccountFacts(
                account_id,
                number or account_id,
                code,
                AccountKind[kind.upper()],
                self._bics.get(holder, ""),
                self._bics.get(servicer, ""),
            )


def _referred(rows: Iterable[OutboxRow]) -> tuple[set[int], set[int]]:
    """The numbers of payments and of messages that rows refer to."""
    payments: set[int] = set()
    messages: set[int] = set()
    for row in rows:
        refs = row.refs
        if row.kind in ("status", "asked_status"):
            messages.add(refs[0])
            payments.update(item[0] for item in refs[1])
        elif row.kind in ("onward", "return"):
            messages.add(refs[0])
            payments.update(refs[1])
        elif row.kind == "notice":
            payments.update(item[0] for item in refs[1] if item[0])
        elif row.kind in ("refused", "unreadable", "receipt", "acknowledgement"):
            messages.add(refs[0])
        elif row.kind == "recall":
            payments.add(refs[0])
    return payments, messages


def undelivered(db: Connection, *, statements: bool) -> list[int]:
    """Commits with something left to tell, the oldest first: statements, or all else."""
    sql = (
        f"SELECT DISTINCT commit_seq FROM outbox WHERE delivered_at IS NULL AND (kind = '{STATEMENT}') = ?"
        " ORDER BY commit_seq"
    )
    return [seq for (seq,) in db.execute(sql, (statements,))]


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that readers see all of it or none.

    Raises: StoreError, with nothing written, if the disk refuses.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        with writes_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(path)
    except StoreError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
