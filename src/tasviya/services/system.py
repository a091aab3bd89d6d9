"""The single writer: it drains what has arrived, decides it in order and commits it once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from tasviya.core.clock import Clock
from tasviya.messages.signature import Verifier
from tasviya.services import exchange_batch, operating_day, trades
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
        """Whether a day event, or a time that a payer has set, comes by an instant."""
        timers = self.memory.timers
        return (
            bool(timers and timers[0][0] <= instant_ns)
            or exchange_batch.due(self.memory, instant_ns) is not None
            or bool(operating_day.due(self.memory, instant_ns))
        )

    def advance(self) -> None:
        """Let everything that has come due happen in the order of time, each in a commit of its own."""
        while True:
            now = self.clock.now_ns()
            events = operating_day.due(self.memory, now)
            timers = self.memory.timers
            batch_at = exchange_batch.due(self.memory, now)
            soonest = min([events[0][0]] if events else [], default=now + 1)
            if timers and timers[0][0] <= now and timers[0][0] < min(soonest, batch_at or soonest):
                instant, seq = timers[0]
                self._unit(partial(operating_day.time_comes, instant=instant, seq=seq))
            elif batch_at is not None and batch_at < soonest:
                self._unit(exchange_batch.run)
            elif events:
                _, currency, day, event = events[0]
                self._unit(partial(operating_day.happen, currency=currency, business_date=day, event=event))
            else:
                return

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
                return result

    def _reload(self) -> None:
        self.store.reload()
        self.memory = Memory(self.store, self.clock.now_ns())
