"""Orders and their life: what one wants, what it holds, when it ends.

    enter ─▶ open ─▶ filled
               ├──▶ cancelled    its owner no longer wants it
               └──▶ expired      its time, or its currency's day, is over

A limit is kept in ticks: whole numbers over a power of ten that the pair keeps for good, rounded so that it
is never worse for the one who set it. What an order may have to pay is held while it is open.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

import msgspec

from tasviya.core.errors import invariant
from tasviya.core.life_cycle import following
from tasviya.exchange.market import QUANTITY_MAX, TICK_DIGITS, TICK_MAX, OrderKind


class OrderStatus(StrEnum):
    """Where an order stands."""

    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class OrderEvent(StrEnum):
    """What can happen to an order."""

    FILL_PARTLY = "fill_partly"
    FILL = "fill"
    CANCEL = "cancel"
    EXPIRE = "expire"


TRANSITIONS: dict[OrderStatus, dict[OrderEvent, OrderStatus]] = {
    OrderStatus.OPEN: {
        OrderEvent.FILL_PARTLY: OrderStatus.OPEN,
        OrderEvent.FILL: OrderStatus.FILLED,
        OrderEvent.CANCEL: OrderStatus.CANCELLED,
        OrderEvent.EXPIRE: OrderStatus.EXPIRED,
    },
    OrderStatus.FILLED: {},
    OrderStatus.CANCELLED: {},
    OrderStatus.EXPIRED: {},
}


class Order(msgspec.Struct):
    """A participant's order to sell one currency for another. One row of the store's `exchange_order` table,
    field by field in this order.

    Instants are nanoseconds since the epoch (0: not yet, or none); amounts are minor units.
    """

    seq: int
    """Its place among all orders ever entered, from 1: its priority in time."""
    order_id: str
    participant: str
    """Who sells, and pays from its settlement account."""
    sell: str
    buy: str
    kind: OrderKind
    quantity: int
    """What is left to sell (exact-in) or to buy (exact-out)."""
    tick: int
    """Its limit: at least tick / 10**exponent of the pair, minor units bought for one sold."""
    whole: bool
    """It fills in full or not at all."""
    payment_seq: int
    """The payment that it serves; 0 if none."""
    settlement_date: str
    """The business date of both its currencies on which it settles, yyyy-mm-dd."""
    entered_at: int
    expires_at: int = 0
    """The instant at which it ends; 0: with its day."""
    quote_seq: int = 0
    """The quote that it came from; 0 if none."""
    status: OrderStatus = OrderStatus.OPEN
    held: int = 0
    """What is held for it now, of the currency it sells."""
    attempt: int = 0
    """How often something has been held for it; part of its transfers' ids."""
    hold: str = ""
    """The transfer that holds it, 32 hexadecimal digits."""
    sold: int = 0
    bought: int = 0
    batch_seq: int = 0
    """The last batch it was in; 0 if none yet."""
    note: str = ""
    """Why that batch did not fill it."""

    def happens(self, event: OrderEvent) -> None:
        """Move to the status that follows.

        Raises: InvariantBroken if TRANSITIONS has no such way.
        """
        self.status = following(TRANSITIONS, self.status, event, self.order_id)


def exponent_for(rate: Fraction) -> int:
    """The power of ten that gives limits of a pair TICK_DIGITS significant digits at this rate.

    rate: minor units bought for one minor unit sold, above 0.
    """
    invariant(rate > 0, "a rate is positive")
    exponent, least = 0, 10 ** (TICK_DIGITS - 1)
    while rate * _power(exponent) < least:
        exponent += 1
    while rate * _power(exponent) >= 10 * least:
        exponent -= 1
    return exponent


def tick_at_least(rate: Fraction, exponent: int) -> int | None:
    """The limit of one who wants at least `rate`, in ticks; None if it is outside 1…TICK_MAX."""
    scaled = rate * _power(exponent)
    tick = max(-((-scaled.numerator) // scaled.denominator), 1)
    return tick if tick <= TICK_MAX else None


def limit_of(tick: int, exponent: int) -> Fraction:
    """The rate that a tick means: minor units bought for one minor unit sold."""
    return Fraction(tick) / _power(exponent)


def to_hold(kind: OrderKind, quantity: int, tick: int, exponent: int) -> int:
    """The most an order can come to pay, minor units of the currency it sells."""
    if kind is OrderKind.EXACT_IN:
        return quantity
    most = quantity / limit_of(tick, exponent)
    return -((-most.numerator) // most.denominator)


def fits(kind: OrderKind, quantity: int, tick: int, exponent: int) -> bool:
    """Whether all amounts of an order are within what a batch can carry, and at its limit it gets at least
    one minor unit for what it pays: an order that could pay something for nothing is a mistake."""
    hold = to_hold(kind, quantity, tick, exponent)
    gets = quantity * limit_of(tick, exponent) if kind is OrderKind.EXACT_IN else Fraction(quantity)
    return 1 <= quantity <= QUANTITY_MAX and 1 <= hold <= QUANTITY_MAX and 1 <= gets <= QUANTITY_MAX


def _power(exponent: int) -> Fraction:
    return Fraction(10**exponent) if exponent >= 0 else Fraction(1, 10**-exponent)
