"""Long random histories that several stores live through together, to the nanosecond.

    new accounts ─▶ batches of transfers and accounts, questions between them ─▶ new accounts ─▶ …

Few accounts and few ids, so that events meet; after some batches all are new again, so that a full account or
a spent id does not end the story. A store with its own clock answers first, and the others are given its
time: so results, records, histories and filters are compared whole, timestamps included.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Any

from tasviya.ledger.ledger import (
    NANOSECONDS_PER_SECOND,
    Account,
    AccountFilter,
    AccountFilterFlags,
    AccountFlags,
    CreateAccountStatus,
    CreateTransferStatus,
    QueryFilter,
    QueryFilterFlags,
    Transfer,
    TransferFlags,
)

MAX = (1 << 128) - 1
ACCOUNT_FIELDS = ("flags", "user_data_128", "user_data_64", "user_data_32", "ledger", "code")
ACCOUNTS, TRANSFERS = range(1, 9), range(101, 401)
P, POST, VOID = (
    TransferFlags.PENDING,
    TransferFlags.POST_PENDING_TRANSFER,
    TransferFlags.VOID_PENDING_TRANSFER,
)
KINDS = (*[0] * 9, *[P] * 12, 16, 16, 32, 32, 48, P | 16, P | 32, P | 48, P | 64, P | 128, P | 192)
LONG_S = 100_000  # a timeout that no history lives to see
SETTLED_NS = 150_000_000  # TigerBeetle gives back what is past its time within a few ticks of 10 ms


class Timeline:
    """The stores' clock where none has its own: it moves on at random, often past a timeout, often not."""

    def __init__(self, chance: Random) -> None:
        self.now = 1_700_000_000 * NANOSECONDS_PER_SECOND
        self._chance = chance

    def __call__(self) -> int:
        return self.now

    def pass_by(self) -> None:
        self.now += self._chance.choice((0, 1, 90, 1_000, NANOSECONDS_PER_SECOND // 2))


@dataclass
class Epoch:
    """What one set of accounts and ids has seen so far."""

    offset: int
    ledgers: tuple[int, int]
    sent: list[Transfer]
    opened: list[Account]
    pending: list[Transfer]
    times: list[int]


class LongHistory:
    """stores: they follow `clock`. server: a store with its own clock, asked first, that others may share."""

    def __init__(self, seed: int, stores: Sequence[Any], clock: Timeline, server: Any = None) -> None:
        self._chance = Random(seed)
        self._stores, self._clock, self._server = stores, clock, server
        self._expiries: list[int] = []
        self.statuses: Counter[Any] = Counter()
        self.events = self.questions = 0
        self._newest = 0

    def live(self, events: int) -> None:
        """Send so many events, and ask about them."""
        while self.events < events:
            self._begin()
            for _ in range(40):
                self._send_transfers()
                if self._chance.random() < 0.15:
                    self._send_accounts()
                if self._chance.random() < 0.5:
                    self._ask()

    # ------------------------------------------------------------------ what is asked

    def _begin(self) -> None:
        pick = self._chance
        ledgers = pick.sample(range(1, 1 << 32), 2)
        self._epoch = Epoch(pick.getrandbits(110) << 12, (ledgers[0], ledgers[1]), [], [], [], [])
        kinds = [0, 8, 2, 4, 8 | 2, 8 | 4, 0, 8]
        batch = [
            Account(self._id(id), ledger=self._epoch.ledgers[0], code=1, flags=AccountFlags(kind))
            for id, kind in zip(ACCOUNTS, kinds, strict=True)
        ]
        batch[6].ledger = self._epoch.ledgers[1] if pick.random() < 0.3 else self._epoch.ledgers[0]
        self._create("create_accounts", batch)
        self._epoch.opened += batch
        first = Transfer(self._id(99), self._id(1), self._id(2), 1, ledger=ledgers[0], code=1)
        self._epoch.times.append(self._create("create_transfers", [first])[0].timestamp)

    def _id(self, id: int) -> int:
        return id + self._epoch.offset if 0 < id < MAX else id

    def _account_id(self) -> int:
        rare = self._chance.random() < 0.03
        return self._id(self._chance.choice((0, MAX, 77)) if rare else self._chance.choice(ACCOUNTS))

    def _amount(self) -> int:
        if self._chance.random() < 0.85:
            return self._chance.randrange(60)
        return self._chance.choice((MAX, MAX, MAX - 1, MAX // 2, 1 << 127, 1 << 64, (1 << 64) - 1, 1 << 63))

    def _some(self, value: int, odds: float) -> int:
        return value if self._chance.random() < odds else 0

    def _user_data(self) -> dict[str, int]:
        return {
            "user_data_128": self._some(self._chance.choice((1, 1 << 100)), 0.2),
            "user_data_64": self._some(1, 0.2),
            "user_data_32": self._some(1, 0.2),
        }

    def _ledger(self) -> int:
        rare = self._chance.random() < 0.05
        return self._chance.choice((0, *self._epoch.ledgers)) if rare else self._epoch.ledgers[0]

    def _transfer(self) -> Transfer:
        pick = self._chance
        kind = pick.random()
        if kind < 0.15 and self._epoch.sent:
            return self._again(pick.choice(self._epoch.sent))
        if kind < 0.4 and self._epoch.pending:
            return self._resolving()
        flags = pick.choice(KINDS)
        if pick.random() < 0.04:
            flags = pick.randrange(1 << pick.choice((9, 16)))
        timeout = 0
        if (flags & P and pick.random() < 0.3) or pick.random() < 0.01:
            timeout = pick.choice((LONG_S, LONG_S, LONG_S + 1, (1 << 32) - 1, 1, 1, 2))
        return Transfer(
            id=self._id(pick.choice(TRANSFERS) if pick.random() < 0.98 else pick.choice((0, MAX))),
            debit_account_id=self._account_id(),
            credit_account_id=self._account_id(),
            amount=self._amount(),
            pending_id=self._some(self._id(101), 0.02),
            timeout=timeout,
            ledger=self._ledger(),
            code=self._some(1, 0.97),
            flags=TransferFlags(flags & ~256),
            **self._user_data(),
        )

    def _resolving(self) -> Transfer:
        """A posting or voiding transfer that mostly names what is pending, mostly rightly."""
        pick = self._chance
        flags = pick.choice((POST, POST, VOID, VOID, POST | VOID if pick.random() < 0.1 else POST))
        if pick.random() < 0.03:
            flags |= pick.choice((2, 16, 32, 64, 128))
        id = self._id(pick.choice(TRANSFERS))
        named = 0.9 if pick.random() < 0.3 else 0
        kept = pick.choice(self._epoch.pending)
        accounts = kept.debit_account_id, kept.credit_account_id
        if pick.random() < 0.3:
            accounts = self._account_id(), self._account_id()
        return Transfer(
            id=id,
            debit_account_id=self._some(accounts[0], named),
            credit_account_id=self._some(accounts[1], named),
            amount=pick.choice((0, MAX, self._amount(), kept.amount, min(kept.amount + 1, MAX))),
            pending_id=kept.id if pick.random() < 0.9 else pick.choice((0, MAX, id, id - 1)),
            timeout=self._some(1, 0.02),
            ledger=self._some(self._ledger(), 0.2),
            code=self._some(pick.choice((1, 1, 2)), 0.2),
            flags=flags,
            **self._user_data(),
        )

    def _again(self, sent: Transfer) -> Transfer:
        """The same once more, often with a field or two changed."""
        again = replace(sent, flags=sent.flags & ~TransferFlags.LINKED & ~TransferFlags.IMPORTED, timestamp=0)
        names = [f.name for f in fields(Transfer) if f.name not in ("id", "timestamp", "flags")]
        for name in self._chance.sample(names, self._chance.choice((0, 0, 1, 1, 2))):
            value = getattr(again, name)
            other = value + 1 if value < 1 << 15 else value - 1
            setattr(again, name, self._chance.choice((0, value ^ 1, other)))
        if self._chance.random() < 0.1:
            again.flags ^= TransferFlags(self._chance.choice((2, 4, 8, 16, 64)))
        return again

    def _account(self) -> Account:
        pick = self._chance
        if pick.random() < 0.4:
            again = replace(pick.choice(self._epoch.opened), timestamp=0)
            again.flags &= ~AccountFlags.IMPORTED & ~AccountFlags.LINKED
            if pick.random() < 0.7:
                name = pick.choice(ACCOUNT_FIELDS)
                setattr(again, name, getattr(again, name) ^ 2)
            return again
        account = Account(
            id=self._id(pick.choice((*range(20, 40), 0, MAX))),
            ledger=self._ledger(),
            code=self._some(1, 0.95),
            flags=AccountFlags(pick.choice((0, 8, 2, 4, 6, 32, pick.randrange(1 << 16))) & ~16),
            reserved=self._some(1, 0.02),
            **self._user_data(),
        )
        if pick.random() < 0.1:
            name = pick.choice(("debits_pending", "debits_posted", "credits_pending", "credits_posted"))
            setattr(account, name, 1)
        return account

    def _send_transfers(self) -> None:
        batch = [self._transfer() for _ in range(self._chance.choice((1, 3, 10, 30)))]
        self._link_and_import(batch, TransferFlags.LINKED, TransferFlags.IMPORTED)
        results = self._create("create_transfers", batch)
        for sent, result in zip(batch, results, strict=True):
            if result.status == CreateTransferStatus.CREATED:
                self._epoch.sent.append(sent)
                self._epoch.times.append(result.timestamp)
                if sent.flags & P:
                    self._epoch.pending.append(sent)
                    if sent.timeout:
                        self._expiries.append(result.timestamp + sent.timeout * NANOSECONDS_PER_SECOND)

    def _send_accounts(self) -> None:
        batch = [self._account() for _ in range(self._chance.choice((1, 3, 10)))]
        self._link_and_import(batch, AccountFlags.LINKED, AccountFlags.IMPORTED)
        results = self._create("create_accounts", batch)
        for sent, result in zip(batch, results, strict=True):
            if result.status == CreateAccountStatus.CREATED:
                self._epoch.opened.append(sent)
                self._epoch.times.append(result.timestamp)

    def _link_and_import(self, batch: list[Any], linked: Any, imported: Any) -> None:
        """Chains of any length, the last one open at times; at times a batch from the past."""
        pick = self._chance
        odds = pick.choice((0, 0, 0.1, 0.3, 0.6))
        for event in batch[: None if pick.random() < 0.1 else -1]:
            if pick.random() < odds:
                event.flags |= linked
        if pick.random() < 0.12:
            moment = self._newest
            for event in batch:
                event.flags |= imported
                moment += pick.choice((0, 1, 1, 2, 5)) if pick.random() < 0.9 else -3
                event.timestamp = moment
                if isinstance(event, Transfer):
                    self._make_importable(event)
            odd = pick.choice(batch)
            if pick.random() < 0.2:
                odd.flags &= ~imported
            elif pick.random() < 0.2:
                odd.timestamp = pick.choice((0, 1, 1 << 63, (1 << 63) - 1, self._epoch.times[0]))
        elif pick.random() < 0.03:
            pick.choice(batch).timestamp = 1
        elif pick.random() < 0.03:
            pick.choice(batch).flags |= imported

    def _make_importable(self, transfer: Transfer) -> None:
        """Timeouts are mostly refused; and a TigerBeetle that is to import the end of one stops for good."""
        if transfer.timeout and self._chance.random() < 0.9:
            transfer.timeout = 0
        if any(transfer.pending_id == pending.id and pending.timeout for pending in self._epoch.pending):
            transfer.pending_id = 0

    # ------------------------------------------------------------------ who is asked

    def _create(self, method: str, batch: list[Any]) -> list[Any]:
        self.events += len(batch)
        if self._server:
            self._clock.now = self._quiet_moment()
            ours = getattr(self._server, method)(batch)
            for store in self._stores:
                store.lookup_accounts([])
            self._clock.now = _moment(batch, ours) or time.time_ns()
        else:
            self._clock.pass_by()
            ours = getattr(self._stores[0], method)(batch)
        for store in self._stores if self._server else self._stores[1:]:
            theirs = getattr(store, method)(batch)
            for event, mine, other in zip(batch, ours, theirs, strict=True):
                assert other == mine, (type(store).__name__, event, mine, other)
        self.statuses.update(result.status for result in ours)
        self._newest = max([self._newest, *(r.timestamp for r in ours)])
        return list(ours)

    def _quiet_moment(self) -> int:
        """Now, once the server has surely given back what is past its time, and nothing is about to be."""
        now = time.time_ns()
        self._expiries = [at for at in self._expiries if at > now - SETTLED_NS]
        near = [at for at in self._expiries if at < now + SETTLED_NS // 2]
        if near:
            time.sleep((max(near) + SETTLED_NS - now) / NANOSECONDS_PER_SECOND)
            return self._quiet_moment()
        return now

    def _ask(self) -> None:
        pick = self._chance
        ids = [self._id(id) for id in (*ACCOUNTS, *range(20, 40), 77, 0, MAX)]
        self._compare("lookup_accounts", ids)
        self._compare("lookup_transfers", [self._id(id) for id in pick.sample(TRANSFERS, 20)] + [0, MAX])
        for _ in range(3):
            account = AccountFilter(
                self._account_id(),
                code=self._some(1, 0.2),
                flags=AccountFilterFlags(pick.choice((1, 2, 3, 3, 5, 6, 7, 7, 0, 4, 8, 11, 1 << 31))),
                **self._bounds(),
            )
            self._compare("get_account_transfers", account)
            self._compare("get_account_balances", account)
            query = QueryFilter(
                code=self._some(pick.choice((1, 2)), 0.3),
                ledger=pick.choice(self._epoch.ledgers),
                flags=QueryFilterFlags(pick.choice((0, 0, 1, 1, 2, 1 << 31))),
                **self._bounds(),
            )
            self._compare("query_accounts", query)
            self._compare("query_transfers", query)

    def _bounds(self) -> dict[str, int]:
        pick = self._chance
        near = pick.choice((-1, 0, 1))
        times = [t + d for t in pick.choices(self._epoch.times, k=2) for d in (0, near)]
        odd = (1 << 63, (1 << 63) - 1, 1, (1 << 64) - 1)
        return {
            "timestamp_min": pick.choice((0, 0, *times, pick.choice(odd))),
            "timestamp_max": pick.choice((0, 0, *times, pick.choice(odd))),
            "limit": pick.choice((0, 1, 2, 7, 8189, 1 << 31, (1 << 32) - 1)),
            "reserved": self._some(1, 0.05),
            **self._user_data(),
        }

    def _compare(self, method: str, question: Any) -> None:
        self.questions += 1
        everyone = list(self._stores)
        if self._server:
            self._clock.now = self._quiet_moment()
            everyone.insert(0, self._server)
        first = getattr(everyone[0], method)(question)
        for store in everyone[1:]:
            theirs = getattr(store, method)(question)
            assert theirs == first, (type(store).__name__, method, question, first, theirs)


def _moment(batch: list[Any], results: list[Any]) -> int | None:
    """The clock that gives the batch these timestamps; None if no result tells."""
    for place, (event, result) in enumerate(zip(batch, results, strict=True)):
        silent = ("CREATED", "LINKED_EVENT_FAILED") if int(event.flags) & _imported(event) else ()
        if result.status.name not in ("EXISTS", *silent):
            return int(result.timestamp) - place - 1
    return None


def _imported(event: Any) -> int:
    return int(TransferFlags.IMPORTED if isinstance(event, Transfer) else AccountFlags.IMPORTED)
