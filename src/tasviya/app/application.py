"""A union at work: its system, its inbox and its outbox, and the commands that act on it."""

from __future__ import annotations

import gc
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from tasviya.adapters import workers
from tasviya.adapters.delivery import Delivery
from tasviya.adapters.inbox import InboxFile, move_away, pending, portions, unused
from tasviya.adapters.outbox import write_file
from tasviya.adapters.sqlite_connection import copy_database
from tasviya.adapters.transactions import reading
from tasviya.app.asking import ask
from tasviya.app.beginning import open_store
from tasviya.app.choices import scheme_of, screening_of, verifier_of
from tasviya.core.clock import NANOSECONDS, Clock, ManualClock, MonotonicClock
from tasviya.core.errors import OperatorError
from tasviya.home import Home, MachineClock, clock_at
from tasviya.membership.participant import LIVE
from tasviya.messages.signature import Unsigned
from tasviya.messages.transport import decode_parsed
from tasviya.services.intake import ArrivedFile
from tasviya.services.payments import Undeclared
from tasviya.services.system import System
from tasviya.services.work import Work
from tasviya.settlement.payment import Payment

if TYPE_CHECKING:
    pass

T = TypeVar("T")


BATCH_BYTES = 1_500_000
"""About a thousand payments: what one commit takes in at the most."""
BATCH_SPAN_NS = 300 * NANOSECONDS
"""In a replay, files further apart than this are not decided together."""
LOOK_AHEAD = 6
"""How many batches may be read before their turn."""


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


def hand_in_made(home: Home, messages: Iterable[tuple[str, bytes]]) -> None:
    """Put messages that were made here into their senders' inboxes, as if they had handed them in.

    messages: each with its sender's BIC. Raises: OperatorError as `hand_in`.
    """
    with tempfile.TemporaryDirectory(prefix="tasviya-") as directory:
        for number, (sender, raw) in enumerate(messages, 1):
            file = Path(directory) / f"customs-{number:06d}.xml"
            file.write_bytes(raw)
            hand_in(home, sender, [file])


def by_hand(home: Path, now: str | None) -> Application:
    """A union at work for one command, all in one process, at the machine's time or at `now`.

    Raises: OperatorError, StoreError.
    """
    return Application(Home(home), clock_at(now), 0, replay=False)


@contextmanager
def on_a_copy(home: Path, now: str | None) -> Iterator[Application]:
    """As `by_hand`, on a copy of the union that is thrown away afterwards.

    Raises: OperatorError, StoreError.
    """
    ask(Home(home)).db.close()
    with tempfile.TemporaryDirectory(prefix="tasviya-") as directory:
        copy_database(Home(home).database, Home(Path(directory)).database)
        with by_hand(Path(directory), now) as application:
            yield application


def unknown_sender(bic: str) -> OperatorError:
    """What to say to one whom nobody knows."""
    return OperatorError(
        "unknown_sender", f"No participant has the BIC {bic}.", "Name the BIC of a participant."
    )


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
