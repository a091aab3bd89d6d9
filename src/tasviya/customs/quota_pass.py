"""The inner loop of a day's quotas: each request's whole part of what its quota gives, and the remainder."""

from __future__ import annotations

import numpy as np

from tasviya.customs.compiled import compiled, inlined

FITS = 1 << 31
"""Numbers below it multiply within 63 bits."""


@inlined
def _divided(quantity, total, wanted):
    """quantity × total over wanted: quotient and remainder, exactly, with no product beyond 63 bits.

    Long multiplication, a bit of the quantity at a time, keeps the remainder below `wanted`.
    0 ≤ total < wanted < 2**62; 0 ≤ quantity ≤ wanted.
    """
    if quantity < FITS and total < FITS:
        product = quantity * total
        return product // wanted, product % wanted
    quotient, rest = np.int64(0), np.int64(0)
    bit = np.int64(1) << np.int64(62)
    while bit > 0:
        quotient, rest = quotient << 1, rest << 1
        if rest >= wanted:
            rest -= wanted
            quotient += 1
        if quantity & bit:
            rest += total
            if rest >= wanted:
                rest -= wanted
                quotient += 1
        bit >>= 1
    return quotient, rest


@compiled
def whole_parts(quota, quantity, total, wanted):
    """Each request's part rounded down, its remainder, and what each quota has to spare then.

    quota: (N,) int64, places of quotas. quantity: (N,) int64. total, wanted: (Q,) int64, of each quota.
    A quota that gives all that is wanted leaves no remainders.
    """
    granted, remainder = np.empty(len(quota), np.int64), np.zeros(len(quota), np.int64)
    spare = total.copy()
    for row in range(len(quota)):
        at = quota[row]
        if total[at] == wanted[at]:
            granted[row] = quantity[row]
        else:
            granted[row], remainder[row] = _divided(quantity[row], total[at], wanted[at])
        spare[at] -= granted[row]
    return granted, remainder, spare
