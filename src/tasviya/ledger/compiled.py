"""How this room compiles its inner loops: once, cached on disk, without holding the interpreter's lock.

Integers inside compiled code are unsigned 64-bit words (`u64`) unless they index something; mixing signed and
unsigned words would silently become floating point, so every constant below is typed. Rows are reached as
`table[row, field]`, never through a view of a row: views are counted references, and counting costs more than
the work. Numba's cache notices changes of a function's own file only, so all of this room's cached code is
dropped when any of its files is newer.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
import numpy as np

u64 = np.uint64
ZERO = np.uint64(0)
ONE = np.uint64(1)
LOW_32 = np.uint64(0xFFFF_FFFF)
LOW_16 = np.uint64(0xFFFF)
WORD_MAX = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def _drop_stale_code() -> None:
    """Remove cached machine code that is older than any of this room's sources."""
    folder = Path(__file__).parent
    newest = max(source.stat().st_mtime for source in folder.glob("*.py"))
    for index in (folder / "__pycache__").glob("*.nbi"):
        with suppress(OSError):
            if index.stat().st_mtime < newest:
                index.unlink()


_drop_stale_code()

_OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "boundscheck": False,
    "_nrt": False,
}

compiled = numba.njit(**_OPTIONS)
"""For functions called from Python. They own no memory: every array, scratch too, is an argument."""
inlined = numba.njit(forceinline=True, **_OPTIONS)
"""For the pieces of such functions: read like calls, compiled into their caller."""
