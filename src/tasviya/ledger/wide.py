"""Unsigned 128-bit arithmetic on pairs of 64-bit words, low word first."""

from __future__ import annotations

from tasviya.ledger.compiled import ONE, ZERO, inlined


@inlined
def less(a_low, a_high, b_low, b_high):
    """Whether a < b."""
    return a_high < b_high or (a_high == b_high and a_low < b_low)


@inlined
def add(a_low, a_high, b_low, b_high):
    """a + b modulo 2**128, and whether it overflowed."""
    low = a_low + b_low
    carry = ONE if low < a_low else ZERO
    high = a_high + b_high
    overflows = high < a_high
    with_carry = high + carry
    return low, with_carry, overflows or with_carry < high


@inlined
def subtract(a_low, a_high, b_low, b_high):
    """a - b modulo 2**128."""
    borrow = ONE if a_low < b_low else ZERO
    return a_low - b_low, a_high - b_high - borrow


@inlined
def subtract_to_zero(a_low, a_high, b_low, b_high):
    """a - b, or zero if b is more than a."""
    if less(a_low, a_high, b_low, b_high):
        return ZERO, ZERO
    return subtract(a_low, a_high, b_low, b_high)
