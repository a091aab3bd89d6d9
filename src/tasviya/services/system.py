"""The single writer: it drains what has arrived, decides it in order and commits it once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from tasviya.core.clock import Clock
from tasviya.messages.signature import Verifier
from tasviya.services import clearing, exchange_batch, fixing, lsm, operating_day, trades
from tasviya.services.clearing_discharge import discharge
from tasviya.services.intake import ArrivedFile, Intake
from tasviya.services.memory import Memory
from tasviya.services.payments import Screening
from tasviya.services.unit_of_work import PostingRefused, Store
from tasviya.services.work import Work

T = TypeVar("T")


class System:
    """A union at work on one store."""

    def __init__(self, store: Store, clock: Clock, verifier: Verifier, screening: Screening) -> None:
        self.store = store
        self.clock = clock
        self.verifier = verifier
        self.screening = screening
        self.memory = Memory(store, clock.now_ns())
        self.delivered: list[int] = []
        """Outbox rows that have reached their receivers and are not noted yet: the next commit does."""

    def receive(self, files: Sequence[ArrivedFile]) -> None:
        """Decide and commit what has arrived, in order, as one unit of work.

        Day events that came due before are done first.
        Raises: StoreError; nothing of it has happened then, and it can be received again.
        """
        self.advance()
        self._unit(lambda work: Intake(work, files, self.verifier, self.screening).run())

    def next_event_by(self, instant_ns: int) -> bool:
        """Whether something comes due by an instant: a day event, a batch, a time that somebody has set."""
        return self._next(instant_ns) is not None

    def parted(self, first_ns: int, second_ns: int) -> bool:
        """Whether what arrives at two instants must not be decided together."""
        both = (self.memory, first_ns, second_ns)
        return exchange_batch.parted(*both) or lsm.parted(*both)

    def advance(self) -> None:
        """Let everything that has come due happen in the order of time, each in a commit of its own."""
        while (act := self._next(self.clock.now_ns())) is not None:
            self._unit(act)

    def _next(self, until_ns: int) -> Callable[[Work], object] | None:
        """What comes due first by an instant. At one instant a time that somebody has set comes before a day
        event, that before clearing, a batch, a pass over the queue, and these before a fixing: what ends by
        then is not in it."""
        found: list[tuple[int, int, Callable[[Work], object]]] = []
        memory = self.memory
        if memory.timers and memory.timers[0][0] <= until_ns:
            instant, seq = memory.timers[0]
            found.append((instant, 0, partial(operating_day.time_comes, instant=instant, seq=seq)))
        expiry = memory.book.first_expiry()
        if expiry is not None and expiry <= until_ns:
            found.append((expiry, 0, exchange_batch.expire_orders))
        for instant, currency, day, event in operating_day.due(memory, until_ns)[:1]:
            act = partial(operating_day.happen, currency=currency, business_date=day, event=event)
            found.append((instant, 1, act))
        batch = exchange_batch.due(memory, until_ns)
        if batch is not None:
            found.append((batch, 3, exchange_batch.run))
        cleared = clearing.due(memory, until_ns)
        if cleared is not None:
            found.append((cleared[0], 2, clearing.cut_off if cleared[1] else discharge))
        passes = lsm.due(memory, until_ns)
        if passes is not None:
            found.append((passes, 4, lsm.scheduled))
        ended = fixing.due(memory, until_ns)
        if ended is not None:
            found.append((ended[0], 5, partial(fixing.fix_date, business_date=ended[1])))
        return min(found, key=lambda each: each[:2])[2] if found else None

    def do(self, act: Callable[[Work], T]) -> T:
        """Carry out any other use case as one unit of work."""
        return self._unit(act)

    def _unit(self, act: Callable[[Work], T]) -> T:
        """Run, commit, and try again with the payments waiting that the ledger would not post."""
        forced: frozenset[str] = frozenset()
        while True:
            work = Work(self.memory, self.clock.now_ns())
            work.forced_to_wait = forced
            work.changes.delivered += self.delivered
            try:
                result = act(work)
                lsm.on_arrival(work)
                trades.advance(work)
                changes = work.finish()
                if not changes.empty():
                    self.store.commit(changes)
            except PostingRefused as refused:
                self._reload()
                refused_payments = {work.subject_of(identity) for identity in refused.statuses}
                if refused_payments <= forced:
                    raise
                forced |= refused_payments
            except BaseException:
                self._reload()
                raise
            else:
                self.delivered = []
                self.memory.let_go()
                return result

    def _reload(self) -> None:
        self.store.reload()
        self.memory = Memory(self.store, self.clock.now_ns())
