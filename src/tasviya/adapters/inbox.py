"""Files that arrive: `inbox/<BIC>/<name>.xml`, a detached signature beside as `<name>.xml.sig`.

The directory is the connection: whoever may write into it is its sender. A file is taken in the order of its
name; a name may begin with the instant it arrived, `20260929T043012345Z-`, which a replay follows. After the
commit that took it in, a file moves to `received/`: should the machine stop in between, it is read again, and
the same bytes get the same answer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from tasviya.core.clock import to_ns

_STAMP = re.compile(r"(\d{8}T\d{6})(\d{3})Z-")


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A file that waits. arrived_at: the instant its name gives; 0 if it gives none."""

    path: str
    sender: str
    size: int
    arrived_at: int


def pending(inbox: Path) -> list[InboxFile]:
    """All files that wait, in order of the instant in their name, then by name. Hidden files are drafts."""
    found = [
        InboxFile(entry.path, sender.name, entry.stat().st_size, arrival(entry.name))
        for sender in _directories(inbox)
        for entry in os.scandir(sender.path)
        if entry.is_file() and not entry.name.startswith(".") and not entry.name.endswith(".sig")
    ]
    return sorted(found, key=lambda file: (file.arrived_at, Path(file.path).name, file.sender))


def portions(
    files: Sequence[InboxFile], *, most_bytes: int, span_ns: int | None = None
) -> Iterator[list[InboxFile]]:
    """Files in portions that one commit takes: not too large, and with a span not too far apart in time."""
    portion: list[InboxFile] = []
    size = 0
    for file in files:
        far = portion and span_ns is not None and file.arrived_at - portion[0].arrived_at > span_ns
        if portion and (far or size + file.size > most_bytes):
            yield portion
            portion, size = [], 0
        portion.append(file)
        size += file.size
    if portion:
        yield portion


def arrival(name: str) -> int:
    """The instant at the head of a file's name; 0 if there is none."""
    match = _STAMP.match(name)
    if match is None:
        return 0
    try:
        whole = datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return to_ns(whole) + int(match[2]) * 1_000_000


def stamp(moment: datetime, name: str) -> str:
    """A file name that carries its arrival. moment: aware."""
    return f"{moment.astimezone(UTC).strftime('%Y%m%dT%H%M%S%f')[:-3]}Z-{name}"


def unused(path: Path) -> Path:
    """The path, or one beside it with a number, at which no file lies."""
    for number in count(1):
        if not path.exists():
            return path
        path = path.with_name(f"{path.stem.partition('~')[0]}~{number}{path.suffix}")
    return path


def move_away(file: InboxFile, received: Path) -> None:
    """Move a file that has been taken in, and its signature."""
    target = received / file.sender
    target.mkdir(parents=True, exist_ok=True)
    for path in (Path(file.path), Path(file.path + ".sig")):
        if path.exists():
            path.replace(unused(target / path.name))


def _directories(inbox: Path) -> Iterator[os.DirEntry[str]]:
    if inbox.is_dir():
        yield from sorted((each for each in os.scandir(inbox) if each.is_dir()), key=lambda each: each.name)
