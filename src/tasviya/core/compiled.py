"""How compiled rooms compile: once, cached on disk, without holding the interpreter's lock.

Numba's cache notices changes of a function's own file only, so a room drops all of its cached code when any
of its files is newer.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "boundscheck": False}
"""Options of `numba.njit` that every compiled room shares."""


def drop_stale_code(module_file: str) -> None:
    """Remove cached machine code older than any source in the module's folder."""
    folder = Path(module_file).parent
    newest = max(source.stat().st_mtime for source in folder.glob("*.py"))
    for index in (folder / "__pycache__").glob("*.nbi"):
        with suppress(OSError):
            if index.stat().st_mtime < newest:
                index.unlink()
