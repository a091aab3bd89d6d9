"""Group commit: one thread judges what has arrived, another makes it durable, at the same time.

Submitted batches wait in an inbox. The judging thread takes all that wait, joins small batches that cannot
concern each other's form into one, and hands each decision on; the writing thread commits all decisions that
wait in one transaction, and only then the answers go out. So a disk that is busy makes groups larger, not
answers wrong.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from tasviya.ledger.batches import Batch
from tasviya.ledger.kernel import Decision
from tasviya.ledger.ledger import BATCH_MAX, Records, Transfer
from tasviya.ledger.records import LEDGER_CODE_FLAGS, Words, as_words

IN_FLIGHT_MAX = 1024
LINKED_OR_IMPORTED = np.uint64((1 | 256) << 48)

Submitted = tuple[Words, bool, "Future[Any]"]
"""A batch, whether it came as an array, and where its answer goes."""


class Pipeline:
    """Judges and commits submitted batches until closed.

    decide: the ledger's judgement of one batch. prepare: called with each decision's batch, in order, its
    result handed to commit. commit: makes some prepared batches durable in one transaction, or raises.
    """

    def __init__(
        self,
        decide: Callable[[Words], Decision],
        prepare: Callable[[Batch], Any],
        commit: Callable[[Sequence[Any]], None],
    ) -> None:
        self._decide, self._prepare, self._commit = decide, prepare, commit
        self._inbox: queue.SimpleQueue[Submitted | None] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[tuple[Any, list[Submitted], Decision] | None] = queue.SimpleQueue()
        self._room = threading.BoundedSemaphore(IN_FLIGHT_MAX)
        self.failure: BaseException | None = None
        self._threads = [
            threading.Thread(target=run, name=name, daemon=True)
            for run, name in ((self._judge_all, "ledger-judge"), (self._write_all, "ledger-writer"))
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, transfers: Records | Sequence[Transfer]) -> Future[Any]:
        """Queue a batch; waits if too many are in flight."""
        words = as_words(transfers)
        answer: Future[Any] = Future()
        self._room.acquire()
        self._inbox.put((words, isinstance(transfers, np.ndarray), answer))
        return answer

    def close(self) -> None:
        """Wait until all that was submitted has its answer."""
        self._inbox.put(None)
        for thread in self._threads:
            thread.join()

    def _judge_all(self) -> None:
        waiting: Submitted | None = None
        closing = False
        while not closing or waiting:
            first = waiting or self._inbox.get()
            waiting = None
            if first is None:
                break
            group, size = [first], len(first[0])
            while size < BATCH_MAX and _may_join(group[-1][0]):
                try:
                    following = self._inbox.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    closing = True
                    break
                if size + len(following[0]) > BATCH_MAX or not _may_join(following[0]):
                    waiting = following
                    break
                group.append(following)
                size += len(following[0])
            self._judge(group)
        self._outbox.put(None)

    def _judge(self, group: list[Submitted]) -> None:
        if self.failure:
            self._answer_failure(group)
            return
        try:
            words = group[0][0] if len(group) == 1 else np.concatenate([batch for batch, _, _ in group])
            decision = self._decide(words)
            prepared = self._prepare(decision.batch) if decision.batch else None
        except BaseException as error:  # noqa: BLE001 - whatever it is, the callers must hear of it
            self.failure = error
            self._answer_failure(group)
            return
        self._outbox.put((prepared, group, decision))

    def _write_all(self) -> None:
        closing = False
        while not closing:
            taken = [self._outbox.get()]
            try:
                while len(taken) < IN_FLIGHT_MAX:
                    taken.append(self._outbox.get_nowait())
            except queue.Empty:
                pass
            closing = taken[-1] is None
            decided = [item for item in taken if item is not None]
            try:
                prepared = [item[0] for item in decided if item[0] is not None]
                if self.failure is None and prepared:
                    self._commit(prepared)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the callers must hear of it
                self.failure = error
            for _, group, decision in decided:
                if self.failure:
                    self._answer_failure(group)
                else:
                    self._answer(group, decision)

    def _answer(self, group: list[Submitted], decision: Decision) -> None:
        start = 0
        for words, as_array, answer in group:
            stop = start + len(words)
            part = Decision(decision.statuses[start:stop], decision.timestamps[start:stop], None)
            answer.set_result(part.as_array() if as_array else part.as_transfer_results())
            self._room.release()
            start = stop

    def _answer_failure(self, group: list[Submitted]) -> None:
        for _, _, answer in group:
            answer.set_exception(self.failure)
            self._room.release()


def _may_join(words: Words) -> bool:
    """Whether other batches may follow in the same judgement: nothing imported, and no chain left open."""
    if not len(words):
        return True
    return not bool((words[:, LEDGER_CODE_FLAGS] & LINKED_OR_IMPORTED).any())
