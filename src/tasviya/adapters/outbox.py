"""From the outbox to the receivers: one file per receiver and commit, in the order of commits.

A delivery may be done twice, after a crash between writing and marking: the bytes and the name are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tasviya.adapters.payment_rows import COLUMN_LIST, payment_of
from tasviya.adapters.sqlite_connection import Connection
from tasviya.messages.scheme import Scheme
from tasviya.services.telling import ANSWERS, Facts, letter
from tasviya.services.unit_of_work import OutboxRow, ReceivedMessage
from tasviya.settlement.payment import Payment

STATEMENT = "statement"


class FileOutbox:
    """Writes what there is to tell under `directory/<BIC>/<commit>.xml`, reading the store alongside its
    writer."""

    def __init__(self, db: Connection, scheme: Scheme, directory: Path) -> None:
        self.db, self.scheme, self.directory = db, scheme, directory
        self._accounts: dict[str, tuple[str, str, str]] = {}
        self._bics: dict[str, str] = {}

    def deliver(self, commits: Sequence[int]) -> list[int]:
        """Write everything these commits had to tell, statements apart. Returns the outbox rows' numbers."""
        rows = self._rows(
            f"commit_seq IN (SELECT value FROM json_each(?)) AND kind <> '{STATEMENT}' ORDER BY seq",
            _json(commits),
        )
        facts = self._facts(rows)
        by_file: dict[tuple[str, int], list[OutboxRow]] = {}
        for row in rows:
            by_file.setdefault((row.receiver, row.commit_seq), []).append(row)
        for (receiver, commit_seq), theirs in by_file.items():
            write_file(self.directory / receiver / f"{commit_seq:09d}.xml", letter(receiver, theirs, facts))
        return [row.seq for row in rows]

    def _rows(self, where: str, *values: Any) -> list[OutboxRow]:
        sql = f"SELECT seq, commit_seq, receiver, kind, refs FROM outbox WHERE {where}"
        decode = msgspec.json.decode
        return [OutboxRow(*rest, decode(refs)) for *rest, refs in self.db.execute(sql, values)]

    def _facts(self, rows: Sequence[OutboxRow]) -> Facts:
        repeats = {row.refs[0]: self._answers_to(row.refs[0]) for row in rows if row.kind == "repeat"}
        every = [*rows, *(row for answers in repeats.values() for row in answers)]
        payments: set[int] = set()
        messages: set[int] = set()
        for row in every:
            if row.kind in ("status", "onward"):
                messages.add(row.refs[0])
                payments.update(item[0] if row.kind == "status" else item for item in row.refs[1])
            elif row.kind == "notice":
                payments.update(item[0] for item in row.refs[1])
            elif row.kind in ("refused", "unreadable"):
                messages.add(row.refs[0])
        found = self._messages(sorted(messages))
        self._directory()
        return Facts(
            self.scheme,
            self.payments(sorted(payments)),
            {seq: message for seq, (message, _) in found.items()},
            {seq: source for seq, (_, source) in found.items()},
            self._accounts,
            self._bics,
            repeats,
            self._instants(sorted({row.commit_seq for row in every})),
        )

    def payments(self, seqs: Sequence[int]) -> dict[int, Payment]:
        """Payments by number."""
        sql = f"SELECT {COLUMN_LIST} FROM payment WHERE seq IN (SELECT value FROM json_each(?))"
        return {row[0]: payment_of(row) for row in self.db.execute(sql, (_json(seqs),))}

    def _messages(self, seqs: Sequence[int]) -> dict[int, tuple[ReceivedMessage, bytes]]:
        sql = (
            "SELECT m.*, f.raw FROM message m JOIN received_file f ON f.seq = m.file_seq"
            " WHERE m.seq IN (SELECT value FROM json_each(?))"
        )
        found = {}
        for *fields, raw in self.db.execute(sql, (_json(seqs),)):
            message = ReceivedMessage(*fields)
            found[message.seq] = (message, message.body or raw)
        return found

    def _instants(self, commits: Sequence[int]) -> dict[int, int]:
        sql = "SELECT commit_seq, at FROM journal WHERE commit_seq IN (SELECT value FROM json_each(?))"
        return dict(self.db.execute(sql, (_json(commits),)).fetchall())

    def _answers_to(self, file_seq: int) -> list[OutboxRow]:
        """The rows that answered a file when it first came."""
        (commit_seq,) = self.db.execute(
            "SELECT commit_seq FROM received_file WHERE seq = ?", (file_seq,)
        ).fetchone()
        of_file = {
            seq for (seq,) in self.db.execute("SELECT seq FROM message WHERE file_seq = ?", (file_seq,))
        }
        answers = self._rows("commit_seq = ? ORDER BY seq", commit_seq)
        return [row for row in answers if row.kind in ANSWERS and row.refs[0] in of_file]

    def _directory(self) -> None:
        """Names and numbers, read afresh: accounts may have been opened and BICs changed."""
        self._bics = dict(
            self.db.execute("SELECT participant, bic FROM participant_bics ORDER BY valid_from").fetchall()
        )
        self._accounts = {
            account_id: (number or account_id, currency, self._bics.get(owner, ""))
            for account_id, number, currency, owner in self.db.execute(
                "SELECT account_id, number, currency, owner FROM account"
            )
        }


def undelivered(db: Connection, most: int = 1000) -> list[int]:
    """Commits with something left to tell, statements apart; the oldest first."""
    sql = (
        f"SELECT DISTINCT commit_seq FROM outbox WHERE delivered_at IS NULL AND kind <> '{STATEMENT}'"
        " ORDER BY commit_seq LIMIT ?"
    )
    return [seq for (seq,) in db.execute(sql, (most,))]


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that readers see all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(content)
    draft.replace(path)


def _json(values: Sequence[Any]) -> str:
    return msgspec.json.encode(values).decode()
