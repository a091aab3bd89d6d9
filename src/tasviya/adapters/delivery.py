"""Deliveries under way: what commits have to tell is told by a worker, one delivery at a time, so that every
receiver is told in the order of commits.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from pathlib import Path

from tasviya.adapters import workers
from tasviya.adapters.outbox import undelivered
from tasviya.adapters.sqlite_connection import Connection


class Delivery:
    """What is still to be told, and what has been told but is not noted yet."""

    def __init__(self, executor: Executor, db: Connection, statements: Path, latest_commit: int) -> None:
        self.executor, self.db, self.statements = executor, db, statements
        self._under_way: Future[list[int]] | None = None
        self._waiting: list[int] = undelivered(db, statements=False)
        self._latest = latest_commit
        self._told: list[int] = []

    def through(self, latest_commit: int) -> None:
        """Queue what all commits up to this one have to tell."""
        self._waiting += range(self._latest + 1, latest_commit + 1)
        self._latest = max(self._latest, latest_commit)

    def go_on(self, *, wait: bool = False) -> None:
        """Begin the next delivery if the one before is done. wait: until it is."""
        if self._under_way is not None and (wait or self._under_way.done()):
            self._told += self._under_way.result()
            self._under_way = None
        if self._under_way is None and self._waiting:
            commits, self._waiting = self._waiting, []
            self._under_way = self.executor.submit(workers.deliver, commits)

    def finish(self) -> None:
        """Deliver all that waits."""
        while self._under_way is not None or self._waiting:
            self.go_on(wait=True)

    def state(self) -> None:
        """Write all statements that closed days have ordered."""
        stating = [
            self.executor.submit(workers.state, commit, str(self.statements))
            for commit in undelivered(self.db, statements=True)
        ]
        for future in stating:
            self._told += future.result()

    def take_told(self) -> list[int]:
        """Outbox rows that have been told since this was last asked: the caller notes them."""
        told, self._told = self._told, []
        return told
