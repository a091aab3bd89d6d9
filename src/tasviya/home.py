"""Where a union lives on disk, and the time there: what a command needs before it opens anything."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tasviya.core.clock import Clock, ManualClock, instant_of
from tasviya.core.errors import OperatorError


@dataclass(frozen=True, slots=True)
class Home:
    """Where a union lives on disk."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "tasviya.db"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def received(self) -> Path:
        return self.root / "received"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def statements(self) -> Path:
        return self.root / "statements"

    def must_exist(self) -> None:
        """Raises: OperatorError if no union lives here."""
        if not self.database.exists():
            raise OperatorError(
                "no_union", f"{self.root} holds no union.", "Run `tasviya init --union FILE` first."
            )


class MachineClock:
    """The machine's own time."""

    def now_ns(self) -> int:
        return time.time_ns()


def clock_at(instant: str | None) -> Clock | None:
    """A clock that stands at an ISO 8601 instant with an offset; None, the machine's, without one.

    Raises: OperatorError.
    """
    return None if instant is None else ManualClock(instant_of(instant))


def union_file(place: Path) -> Path:
    """The union.toml that a path means: itself, or the one in that directory."""
    return place / "union.toml" if place.is_dir() else place


def read_text(file: Path, cure: str = "Name a union.toml in UTF-8, or a directory that has one.") -> str:
    """The text of a file in UTF-8, without the mark that some programs put in front of it.

    Raises: OperatorError, with that cure.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError("file_unreadable", f"{error}.", cure, str(file)) from None


def read_bytes(file: Path, cure: str) -> bytes:
    """A file's bytes.

    Raises: OperatorError, with that cure.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise OperatorError("file_unreadable", f"{error}.", cure, str(file)) from None
