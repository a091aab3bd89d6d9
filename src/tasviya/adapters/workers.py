"""Work that needs no decision, in processes of its own: reading and checking what arrives, building and
writing what is told. The writer decides and posts meanwhile.

With no workers the same functions run in the writer's process, in the same order, with the same result.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

from tasviya.adapters.inbox import InboxFile
from tasviya.adapters.outbox import FileOutbox
from tasviya.adapters.sqlite_connection import connect
from tasviya.messages.registry import parse_file
from tasviya.messages.scheme import Scheme
from tasviya.messages.transport import encode_parsed

P = ParamSpec("P")
T = TypeVar("T")

ReadFile = tuple[InboxFile, bytes, bytes | None, bytes]
"""(file, raw bytes, signature, encoded reads)."""

_scheme: Scheme
_outbox: FileOutbox


def start(workers: int, database: Path, outbox: Path, scheme: Scheme) -> Executor:
    """Processes ready to work; with 0, an executor that works at once in this process."""
    if workers == 0:
        _prepare(str(database), str(outbox), scheme)
        return Inline()
    return ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_prepare, initargs=(str(database), str(outbox), scheme)
    )


def read_files(files: Sequence[InboxFile]) -> list[ReadFile]:
    """Read files and what they say. A file that has gone is left out."""
    found: list[ReadFile] = []
    for file in files:
        path = Path(file.path)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            continue
        beside = Path(file.path + ".sig")
        signature = beside.read_bytes() if beside.exists() else None
        found.append((file, raw, signature, encode_parsed(parse_file(raw, _scheme))))
    return found


def deliver(commits: Sequence[int]) -> list[int]:
    """Write what these commits had to tell; the outbox rows' numbers."""
    return _outbox.deliver(commits)


def state(commit_seq: int, directory: str) -> list[int]:
    """Write the statements that a closing commit ordered; the outbox rows' numbers."""
    return _outbox.state(commit_seq, Path(directory))


def _prepare(database: str, outbox: str, scheme: Scheme) -> None:
    global _scheme, _outbox
    gc.freeze()
    _scheme = scheme
    _outbox = FileOutbox(connect(Path(database), read_only=True), scheme, Path(outbox))


class Inline(Executor):
    """An executor without processes."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - handed over to whoever asks for the result
            future.set_exception(error)
        return future
