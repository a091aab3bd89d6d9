"""Every algorithm that finds queued payments that settle together, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tasviya.settlement import bilateral, fifo_offset
from tasviya.settlement.offsetting import Found, Liquidity, Queued

Find = Callable[[Queued, Liquidity], Found]


def _in_any_order(queue: Queued, liquidity: Liquidity) -> Found:
    # The solver takes a while to load: unions that keep the order do without.
    from tasviya.settlement import free_order

    return free_order.find(queue, liquidity)


ALGORITHMS: Mapping[str, Find] = {
    "bilateral": bilateral.find,
    "fifo": fifo_offset.find,
    "free": _in_any_order,
    "rings": fifo_offset.find,
}
"""`rings` is the FIFO algorithm over the accounts of all currencies and the trades between them."""

KEEP_ORDER = frozenset({"bilateral", "fifo", "rings"})
"""Whose sets never let a payment pass one of the same priority that waits before it."""
