"""How this room compiles its inner loops: once, cached on disk, without holding the interpreter's lock.

Integers inside compiled code are unsigned 64-bit words (`u64`) unless they index something; mixing signed and
unsigned words would silently become floating point, so every constant below is typed. Rows are reached as
`table[row, field]`, never through a view of a row: views are counted references, and counting costs more than
the work.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from tasviya.core.compiled import OPTIONS, drop_stale_code

u64 = np.uint64
ZERO = np.uint64(0)
ONE = np.uint64(1)
LOW_32 = np.uint64(0xFFFF_FFFF)
LOW_16 = np.uint64(0xFFFF)
WORD_MAX = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


drop_stale_code(__file__)

_OPTIONS: dict[str, Any] = OPTIONS | {"_nrt": False}

compiled = numba.njit(**_OPTIONS)
"""For functions called from Python. They own no memory: every array, scratch too, is an argument."""
inlined = numba.njit(forceinline=True, **_OPTIONS)
"""For the pieces of such functions: read like calls, compiled into their caller."""
