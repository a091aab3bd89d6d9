"""How this room compiles its inner loops. Indices and amounts are int64."""

from __future__ import annotations

import numba

from tasviya.core.compiled import OPTIONS, drop_stale_code

drop_stale_code(__file__)

compiled = numba.njit(**OPTIONS)
"""For functions called from Python."""
inlined = numba.njit(forceinline=True, **OPTIONS)
"""For the pieces of such functions: read like calls, compiled into their caller."""
