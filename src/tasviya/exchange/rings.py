"""Whether orders in currencies that have no price could still have traded among themselves.

A ring of orders a → b → c → a can trade within their limits if the product of the limits, each the least
amount bought for one unit sold, is below one. If no ring through currencies without price gains, there are
prices for them at which none of their orders is in the money: the shortest paths in logarithms are such
prices (Bellman and Ford). All is exact: fractions, no logarithms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

Limits = Mapping[tuple[int, int], Fraction]
"""By (currency sold, currency bought), the easiest limit of an open order: units bought for one sold."""


def gaining_ring(limits: Limits, prices: Sequence[int]) -> int | None:
    """A currency without price in a ring of orders that gains; None if there is none.

    prices: 0 for none. Between currencies with price a ring must gain more than the last digits of the
    prices, N units each, as orders of a pair must.
    """
    slack = len(prices)
    free = {pair: limit for pair, limit in limits.items() if not (prices[pair[0]] or prices[pair[1]])}
    unpriced = {place for place, price in enumerate(prices) if not price}
    among = _relaxed(dict.fromkeys(unpriced, Fraction(1)), free, len(unpriced))
    gaining = next(
        (sold for (sold, bought), limit in free.items() if limit * among[bought] < among[sold]), None
    )
    if gaining is not None:
        return gaining
    outward: dict[int, Fraction] = {}
    for (sold, bought), limit in limits.items():
        if not prices[sold] and prices[bought]:
            cost = limit * (prices[bought] + slack)
            outward[sold] = min(outward.get(sold, cost), cost)
    costs = _relaxed(outward, free, len(unpriced))
    for (sold, bought), limit in limits.items():
        if prices[sold] and bought in costs and prices[sold] - slack >= limit * costs[bought]:
            return bought
    return None


def _relaxed(costs: dict[int, Fraction], limits: Limits, rounds: int) -> dict[int, Fraction]:
    """Least costs after a round for each currency: further rounds change them in a gaining ring only."""
    for _ in range(rounds):
        changed = False
        for (sold, bought), limit in limits.items():
            if bought in costs:
                cost = limit * costs[bought]
                if sold not in costs or cost < costs[sold]:
                    costs[sold] = cost
                    changed = True
        if not changed:
            break
    return costs
