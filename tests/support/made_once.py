"""A union's directory that many tests begin from: made once a process, and copied afterwards."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable, Hashable
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeVar

T = TypeVar("T")
_MADE: dict[Hashable, tuple[Path, object]] = {}


def once(key: Hashable, directory: Path, make: Callable[[], T]) -> T:
    """What `make` gives and what it makes of a directory: the same for every key, however often it is asked.

    Nothing may hold the directory open when `make` is done.
    """
    if key not in _MADE:
        value = make()
        kept = Path(mkdtemp(prefix="tasviya-tests-"))
        atexit.register(shutil.rmtree, kept, ignore_errors=True)
        shutil.copytree(directory, kept, dirs_exist_ok=True)
        _MADE[key] = (kept, value)
        return value
    kept, found = _MADE[key]
    shutil.copytree(kept, directory, dirs_exist_ok=True)
    return found  # type: ignore[return-value]
