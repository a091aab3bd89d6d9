"""The composition root: the one place that names concrete adapters and asks the machine for the time."""

from __future__ import annotations

import gc
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from tasviya.adapters import workers
from tasviya.adapters.delivery import Delivery
from tasviya.adapters.inbox import InboxFile, move_away, pending, portions, unused
from tasviya.adapters.migrations import must_be_current
from tasviya.adapters.outbox import write_file
from tasviya.adapters.sqlite_connection import Connection, connect
from tasviya.adapters.sqlite_exchange_queries import ExchangeQueries
from tasviya.adapters.sqlite_lsm_queries import LsmQueries
from tasviya.adapters.sqlite_queries import Queries
from tasviya.adapters.sqlite_rate_queries import RateQueries
from tasviya.adapters.transactions import reading
from tasviya.core.clock import NANOSECONDS, Clock, ManualClock, MonotonicClock
from tasviya.core.errors import OperatorError, StoreError, writes_to
from tasviya.core.money import format_minor as amount_text
from tasviya.home import Home, MachineClock, clock_at, read_text, union_file
from tasviya.membership.participant import LIVE, OpeningBalance
from tasviya.membership.register import Register, Snapshot
from tasviya.membership.union import load_union
from tasviya.messages.scheme import Scheme
from tasviya.messages.signature import Unsigned, Verifier
from tasviya.messages.transport import decode_parsed
from tasviya.services.founding import endow, found
from tasviya.services.intake import ArrivedFile
from tasviya.services.payments import ByPolicy, Screening, Undeclared
from tasviya.services.system import System
from tasviya.services.work import Work
from tasviya.settlement.payment import Payment

if TYPE_CHECKING:
    from tasviya.adapters.sqlite_store import SqliteStore

T = TypeVar("T")

__all__ = [
    "Application",
    "Home",
    "MachineClock",
    "amount_text",
    "ask",
    "ask_exchange",
    "ask_lsm",
    "ask_rates",
    "by_hand",
    "clock_at",
    "export",
    "hand_in",
    "initialise",
    "read_text",
    "scheme_of",
    "screening_of",
    "union_file",
    "write_file",
]

BATCH_BYTES = 1_500_000
"""About a thousand payments: what one commit takes in at the most."""
BATCH_SPAN_NS = 300 * NANOSECONDS
"""In a replay, files further apart than this are not decided together."""
LOOK_AHEAD = 6
"""How many batches may be read before their turn."""


def initialise(
    home: Home, union_file: Path, clock: Clock, balances: Iterable[OpeningBalance] = ()
) -> Register:
    """Make a store for the union of a `union.toml`.

    It gets its place when it is whole: whatever stops this, it can be tried again.
    balances: what a sandbox's accounts start with, beside those in the file.
    Raises: ConfigurationError, OperatorError, StoreError.
    """
    register = load_union(read_text(union_file), str(union_file))
    with writes_to(home.root):
        for directory in (home.inbox, home.received, home.outbox, home.statements):
            directory.mkdir(parents=True, exist_ok=True)
        draft = Home(home.root / ".draft")
        if draft.root.exists():
            shutil.rmtree(draft.root)
        draft.root.mkdir()
    store = open_store(draft, clock)
    try:
        system = System(store, clock, Unsigned(), Undeclared())
        system.do(lambda work: found(work, (r for rows in register.tables().values() for r in rows)))
        snapshot = system.memory.snapshot
        wanted = [*snapshot.opening_balances, *balances]
        if wanted:
            system.do(lambda work: endow(work, wanted))
    finally:
        store.close()
    if Path(f"{draft.database}-wal").exists():
        raise StoreError(
            "store_failed", f"{draft.database} could not be finished.", "Free space and start again."
        )
    with writes_to(home.root):
        draft.database.replace(home.database)
        shutil.rmtree(draft.root)
    return register


def open_store(home: Home, clock: Clock) -> SqliteStore:
    """The embedded store, for its one writer.

    Raises: StoreError.
    """
    # Compiled code takes a second to load: commands that only ask do without.
    from tasviya.adapters.sqlite_store import SqliteStore

    return SqliteStore(home.database, clock)


def export(home: Home, target: Path, *, as_csv: bool) -> dict[str, int]:
    """Unpack a store into plain tables; how many rows each has.

    Raises: OperatorError if there is no union, or the target exists.
    """
    from tasviya.adapters import sqlite_export

    return sqlite_export.export(_reader(home), target, as_csv=as_csv)


def ask(home: Home) -> Queries:
    """Questions to a union's store, beside its writer.

    Raises: OperatorError if there is none.
    """
    return Queries(_reader(home))


def ask_exchange(home: Home) -> ExchangeQueries:
    """Questions about a union's exchange, beside its writer.

    Raises: OperatorError if there is none.
    """
    return ExchangeQueries(_reader(home))


def ask_rates(home: Home) -> RateQueries:
    """Questions about official rates and the unit, beside the union's writer.

    Raises: OperatorError if there is none.
    """
    return RateQueries(_reader(home))


def ask_lsm(home: Home) -> LsmQueries:
    """Questions about passes over the queue and about what waits, beside the union's writer.

    Raises: OperatorError if there is none.
    """
    return LsmQueries(_reader(home))


def _reader(home: Home) -> Connection:
    """A connection beside the writer's.

    Raises: OperatorError if there is no store, or it has another version's layout.
    """
    home.must_exist()
    db = connect(home.database, read_only=True)
    must_be_current(db)
    return db


def hand_in(home: Home, sender: str, files: Iterable[Path]) -> int:
    """Put files into a participant's inbox, each whole or not at all; their detached signatures too. A
    file that waits there under the same name stays. Returns how many.

    Raises: OperatorError if a file cannot be read, there is no union, or nobody has that BIC.
    """
    if not ask(home).knows_bic(sender):
        raise unknown_sender(sender)
    count = 0
    for file in files:
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise OperatorError("file_unreadable", f"{error}.", "Name files that exist.", str(file)) from None
        target = unused(home.inbox / sender / file.name)
        signature = file.with_name(file.name + ".sig")
        if signature.exists():
            write_file(target.with_name(target.name + ".sig"), signature.read_bytes())
        write_file(target, raw)
        count += 1
    return count


def by_hand(home: Path, now: str | None) -> Application:
    """A union at work for one command, all in one process, at the machine's time or at `now`.

    Raises: OperatorError, StoreError.
    """
    return Application(Home(home), clock_at(now), 0, replay=False)


def unknown_sender(bic: str) -> OperatorError:
    """What to say to one whom nobody knows."""
    return OperatorError(
        "unknown_sender", f"No participant has the BIC {bic}.", "Name the BIC of a participant."
    )


def scheme_of(snapshot: Snapshot) -> Scheme:
    """What the stateless rules of messages need to know of a union."""
    union = snapshot.union
    bearers = frozenset(code for code in union.charge_bearers.split(",") if code)
    limits = {code: snapshot.system_limit(code) for code in snapshot.currencies}
    return Scheme(
        operator_bic=snapshot.bic(union.operator) or "",
        currencies={code: money.decimals for code, money in snapshot.currencies.items()},
        amount_limits={code: limit for code, limit in limits.items() if limit is not None},
        clearing_system=union.clearing_system,
        charge_bearers=bearers or None,
    )


def screening_of(snapshot: Snapshot) -> Screening:
    """How payments are screened: as every member has declared. In a sandbox a member that has declared
    nothing leaves it to its participants.

    Raises: OperatorError for a live union in which a member has declared nothing.
    """
    declared = {code: snapshot.screening_policy(code) for code in snapshot.members}
    silent = [code for code, policy in declared.items() if policy is None]
    if silent and snapshot.union.mode == LIVE:
        raise OperatorError(
            "screening_undeclared",
            f"{', '.join(silent)} has declared no screening policy.",
            "Declare one for every member in the union's configuration; until then a live union stays shut.",
        )
    return ByPolicy({code: policy.policy for code, policy in declared.items() if policy is not None})


def verifier_of(snapshot: Snapshot) -> Verifier:
    """Who answers for messages' bytes.

    Raises: OperatorError for a live union: there is no verifier of signatures yet, and unsigned messages are
    for the sandbox.
    """
    verifier = Unsigned()
    if snapshot.union.mode == LIVE and verifier.sandbox_only:
        raise OperatorError(
            "unsigned_live",
            f"{snapshot.union.code} is live, and no verifier of signatures is configured.",
            'Set mode = "sandbox"; a live union needs signed messages.',
        )
    return verifier


class Application:
    """A union at work: its system, its inbox and its outbox."""

    def __init__(
        self, home: Home, clock: Clock | None = None, worker_count: int = 2, *, replay: bool | None = None
    ) -> None:
        """
        clock: the machine's if None; another one is for a sandbox only.
        replay: follow the times in the files' names; None does so with a `ManualClock`.
        worker_count: processes beside the writer's; 0 does all in one.
        Raises: OperatorError, StoreError.
        """
        home.must_exist()
        self.home = home
        self.replay = isinstance(clock, ManualClock) if replay is None else replay
        self.clock: Clock = clock or MonotonicClock(MachineClock())
        self.store = open_store(home, self.clock)
        if isinstance(self.clock, ManualClock | MonotonicClock):
            self.clock.advance_to(self.store.latest_commit_ns())  # time has not gone back while we were away
        try:
            with reading():
                self.system = System(self.store, self.clock, Unsigned(), Undeclared())
            snapshot = self.system.memory.snapshot
            if clock is not None and snapshot.union.mode == LIVE:
                raise OperatorError(
                    "pretended_time", "A live union runs on the machine's own time.", "Leave --now out."
                )
            self.system.screening = screening_of(snapshot)
            self.system.verifier = verifier_of(snapshot)
        except BaseException:
            self.store.close()
            raise
        self.scheme = scheme_of(snapshot)
        self.executor: Executor = workers.start(worker_count, home.database, home.outbox, self.scheme)
        self.delivery = Delivery(
            self.executor, self.store.connection, home.statements, self.system.memory.numbers.commit - 1
        )
        gc.freeze()  # what is loaded stays: the collector need not walk it again and again

    def __enter__(self) -> Application:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.executor.shutdown(cancel_futures=True)
        self.store.close()

    def drain(self, progress: Callable[[int, int], None] = lambda files, payments: None) -> int:
        """Take in all files that wait, and tell what there is to tell. Returns how many files.

        progress: called after each commit with the numbers of files and of payments it took.
        """
        taken = 0
        span = BATCH_SPAN_NS if self.replay else None
        waiting = portions(pending(self.home.inbox), most_bytes=BATCH_BYTES, span_ns=span)
        reading: deque[Future[list[workers.ReadFile]]] = deque()
        for _ in range(LOOK_AHEAD):
            self._read_next(waiting, reading)
        while reading:
            arrived = reading.popleft().result()
            self._read_next(waiting, reading)
            before = self.system.memory.numbers.payment
            self._take(arrived)
            taken += len(arrived)
            progress(len(arrived), self.system.memory.numbers.payment - before)
        return taken

    def tell(self) -> None:
        """Deliver everything that is still to be told, statements too, and note it as delivered."""
        self.delivery.state()
        self.finish_telling()

    def finish_telling(self) -> None:
        """Deliver everything that is still to be told but statements, and note what has been delivered."""
        self.delivery.through(self.system.memory.numbers.commit - 1)
        self.delivery.finish()
        told = self.delivery.take_told()
        if told:
            self.system.delivered += told
            self.system.do(lambda work: None)

    def do(self, act: Callable[[Work], T]) -> T:
        """Carry out a use case; `tell` tells what it has to tell."""
        return self.system.do(act)

    def participant(self, bic: str) -> str:
        """The code of the participant that has a BIC now.

        Raises: OperatorError.
        """
        found = self.system.memory.snapshot.participant_by_bic(bic)
        if found is None:
            raise unknown_sender(bic)
        return found.code

    def payment(self, name: str) -> Payment:
        """The payment of an id.

        Raises: OperatorError if there is none.
        """
        found = self.store.payment_named(name)
        if found is None:
            raise OperatorError("unknown_payment", f"No payment is known by {name}.", "Check the id.")
        return found

    def next_date(self, currency: str) -> date:
        """A currency's business date: the one that is open, else the next to open."""
        return self.system.memory.day(currency, self.clock.now_ns()).business_date

    def latest_commit_ns(self) -> int:
        """When the latest commit was made; 0 before the first."""
        return self.store.latest_commit_ns()

    def _take(self, arrived: Sequence[workers.ReadFile]) -> None:
        files = [
            ArrivedFile(
                file.sender, Path(file.path).name, raw, decode_parsed(reads), signature, file.arrived_at
            )
            for file, raw, signature, reads in arrived
        ]
        for group in self._by_day_event(files):
            if self.replay and isinstance(self.clock, ManualClock):
                self.clock.advance_to(group[-1].arrived_at)
            self.system.delivered += self.delivery.take_told()
            self.system.receive(group)
        self.delivery.through(self.system.memory.numbers.commit - 1)
        self.delivery.go_on()
        for file, *_ in arrived:
            move_away(file, self.home.received)

    def _by_day_event(self, files: Sequence[ArrivedFile]) -> Iterator[list[ArrivedFile]]:
        """In a replay, files before and after a day event are not decided together."""
        if not self.replay:
            if files:
                yield list(files)
            return
        group: list[ArrivedFile] = []
        for file in files:
            system = self.system
            if group and (
                system.next_event_by(file.arrived_at) or system.parted(group[0].arrived_at, file.arrived_at)
            ):
                yield group
                group = []
            group.append(file)
        if group:
            yield group

    def _read_next(
        self, waiting: Iterator[list[InboxFile]], reading: deque[Future[list[workers.ReadFile]]]
    ) -> None:
        batch = next(waiting, None)
        if batch is not None:
            reading.append(self.executor.submit(workers.read_files, batch))
