"""Ledger cases as aligned text tables: reading one is reading the rule.

A table is a list of lines, each an event, an answer expected, or a step:

    account  A1 ledger=1 code=1 flags=history                       -> created
    transfer T1 A1>A2 amount=15 flags=pending timeout=1              -> created
    commit
    balances A1 debits_pending=15
    clock    +1s

Names such as A1 or T12 are ids; MAX is the largest 128-bit integer, and -5 is MAX - 5. `ledger=1 code=1` is
understood for accounts, and for transfers that name accounts; write `ledger=0` or `code=0` to leave it out.
In answers, exists~, pending~ and imported~ abbreviate exists_with_different_,
pending_transfer_has_different_ and imported_event_timestamp_.
Events of a kind gather into a batch; a blank line, `commit` or anything else sends it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tasviya.ledger.ledger import (
    AMOUNT_MAX,
    Account,
    AccountFilter,
    AccountFilterFlags,
    AccountFlags,
    CreateAccountStatus,
    CreateTransferStatus,
    Ledger,
    QueryFilter,
    QueryFilterFlags,
    Transfer,
    TransferFlags,
)

SHORT_FLAGS = {
    "debits<=credits": "DEBITS_MUST_NOT_EXCEED_CREDITS",
    "credits<=debits": "CREDITS_MUST_NOT_EXCEED_DEBITS",
    "post": "POST_PENDING_TRANSFER",
    "void": "VOID_PENDING_TRANSFER",
}
SHORT_STATUSES = {
    "exists~": "exists_with_different_",
    "pending~": "pending_transfer_has_different_",
    "imported~": "imported_event_timestamp_",
}
UNITS = {"ns": 1, "s": 1_000_000_000}


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: int = 1_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def number(text: str) -> int:
    """An integer, MAX, MAX minus something, or the digits of a name such as A1."""
    if text == "MAX":
        return AMOUNT_MAX
    if text.startswith("-"):
        return AMOUNT_MAX - int(text[1:])
    return int(re.sub(r"^[A-Z]+", "", text), 0)


def fields(words: list[str], flag_type: Any) -> dict[str, Any]:
    """name=value words as a dictionary; flags joined by +."""
    found: dict[str, Any] = {}
    for word in words:
        name, value = word.split("=", 1) if not word.startswith("flags=") else ("flags", word[6:])
        if name == "flags":
            flags = flag_type(0)
            for flag in value.split("+"):
                flags |= (
                    flag_type(int(flag)) if flag.isdigit() else flag_type[SHORT_FLAGS.get(flag, flag.upper())]
                )
            found["flags"] = flags
        else:
            found[name] = number(value)
    return found


def status_name(text: str) -> str:
    for short, whole in SHORT_STATUSES.items():
        text = text.replace(short, whole)
    return text.upper()


def account(words: list[str]) -> Account:
    given = {"ledger": 1, "code": 1} | fields(words[1:], AccountFlags)
    return Account(id=number(words[0]), **given)


def transfer(words: list[str]) -> Transfer:
    rest = words[1:]
    given: dict[str, Any] = {}
    if rest and ">" in rest[0]:
        debit, credit = rest.pop(0).split(">")
        given = {
            "debit_account_id": number(debit),
            "credit_account_id": number(credit),
            "ledger": 1,
            "code": 1,
        }
    return Transfer(id=number(words[0]), **(given | fields(rest, TransferFlags)))


class Play:
    """Plays a table on a ledger and compares every answer."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger, self.clock = ledger, clock
        self._accounts: list[tuple[Account, str]] = []
        self._transfers: list[tuple[Transfer, str]] = []

    def __call__(self, table: str) -> None:
        steps: dict[str, Callable[[list[str], str], None]] = {
            name[1:]: getattr(self, name)
            for name in dir(self)
            if re.match(r"_[a-z]", name) and name != "_commit"
        }
        kind = ""
        for line in [*table.splitlines(), ""]:
            told, _, expected = line.split("#")[0].partition("->")
            words = told.split()
            if not words or words == ["commit"]:
                self._commit()
                continue
            if words[0] != kind or words[0] not in ("account", "transfer"):
                self._commit()
            kind = words[0]
            steps[words[0]](words[1:], expected.strip())

    def _account(self, words: list[str], expected: str) -> None:
        self._accounts.append((account(words), expected))

    def _transfer(self, words: list[str], expected: str) -> None:
        self._transfers.append((transfer(words), expected))

    def _clock(self, words: list[str], _: str) -> None:
        amount, unit = re.fullmatch(r"\+(\d+)(s|ns)", words[0]).groups()  # type: ignore[union-attr]
        self.clock.now += int(amount) * UNITS[unit]

    def _commit(self) -> None:
        for events, create, statuses in (
            (self._accounts, self.ledger.create_accounts, CreateAccountStatus),
            (self._transfers, self.ledger.create_transfers, CreateTransferStatus),
        ):
            if not events:
                continue
            results = create([event for event, _ in events])
            told = [
                f"{event.id:x} {result.status.name}"
                for (event, _), result in zip(events, results, strict=True)
            ]
            wanted = [f"{event.id:x} {statuses[status_name(expected)].name}" for event, expected in events]
            events.clear()
            assert told == wanted

    def _balances(self, words: list[str], _: str) -> None:
        (found,) = self.ledger.lookup_accounts([number(words[0])])
        wanted = fields(words[1:], AccountFlags)
        closed = bool(wanted.pop("flags", 0) & AccountFlags.CLOSED)
        names = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")
        assert {n: getattr(found, n) for n in names} == dict.fromkeys(names, 0) | wanted
        assert bool(found.flags & AccountFlags.CLOSED) == closed

    def _made(self, words: list[str], _: str) -> None:
        (found,) = self.ledger.lookup_transfers([number(words[0])])
        wanted = fields(words[1:], TransferFlags)
        assert {name: getattr(found, name) for name in wanted} == wanted

    def _unknown(self, words: list[str], _: str) -> None:
        assert self.ledger.lookup_transfers([number(word) for word in words if word[0] == "T"]) == []
        assert self.ledger.lookup_accounts([number(word) for word in words if word[0] == "A"]) == []

    def _statement(self, words: list[str], expected: str) -> None:
        found = self.ledger.get_account_transfers(self._account_filter(words))
        assert [f"T{t.id}" for t in found] == expected.split()

    def _history(self, words: list[str], expected: str) -> None:
        found = self.ledger.get_account_balances(self._account_filter(words))
        told = [f"{b.debits_pending}/{b.debits_posted}/{b.credits_pending}/{b.credits_posted}" for b in found]
        assert told == expected.split()

    def _query_transfers(self, words: list[str], expected: str) -> None:
        found = self.ledger.query_transfers(QueryFilter(**fields(words, QueryFilterFlags)))
        assert [f"T{t.id}" for t in found] == expected.split()

    def _query_accounts(self, words: list[str], expected: str) -> None:
        found = self.ledger.query_accounts(QueryFilter(**fields(words, QueryFilterFlags)))
        assert [f"A{a.id}" for a in found] == expected.split()

    def _account_filter(self, words: list[str]) -> AccountFilter:
        return AccountFilter(account_id=number(words[0]), **fields(words[1:], AccountFilterFlags))
