"""Orders of participants themselves: entered, repeated, cancelled.

What an order may come to pay is held at once, from the participant's own settlement account: an order
without money behind it is refused, it does not wait. The same order again is the same order; another one
under the same reference is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from tasviya.core.errors import OperatorError, Refusal, accepted
from tasviya.core.ids import derive
from tasviya.core.money import Money
from tasviya.exchange.market import PAIR_MAX, QUANTITY_MAX, OrderKind
from tasviya.exchange.order import Order, OrderEvent, OrderStatus, fits, tick_at_least, to_hold
from tasviya.services.exchange import enter, settlement, withdraw
from tasviya.services.order_checks import may_order, trade_date
from tasviya.services.work import Work
from tasviya.settlement.payment import Priority


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """What a participant asks for; amounts in minor units."""

    participant: str
    reference: str
    """The participant's own, unique among its orders."""
    sell: str
    buy: str
    kind: OrderKind
    quantity: int
    limit: Fraction
    """At least so many minor units bought for one sold."""
    whole: bool = False
    expires_at: int = 0
    """An instant; 0: with its day."""
    where: str = ""
    """Where it was written, for error texts."""

    @property
    def order_id(self) -> str:
        return f"O{derive('own order', self.participant, self.reference) >> 32:024x}"


def enter_orders(work: Work, wanted: Iterable[WantedOrder]) -> list[Order]:
    """Take orders into the book, one after the other.

    Raises: OperatorError, with the place of the first that cannot stand; then none of them does.
    """
    entered = []
    for each in wanted:
        try:
            entered.append(enter_order(work, each))
        except OperatorError as error:
            why = error.refusal
            raise OperatorError(why.reason, why.what, why.cure, why.where or each.where) from None
    return entered


def enter_order(work: Work, wanted: WantedOrder) -> Order:
    """Take an order into the book; the one that stands there if it is the same.

    Raises: OperatorError, with nothing changed, if it cannot stand.
    """
    accepted(may_order(work, wanted.participant, (wanted.sell, wanted.buy)))
    if wanted.expires_at and wanted.expires_at <= work.now_ns:
        raise OperatorError("expired", "Its time has passed already.", "Give it a later time, or none.")
    book = work.memory.book
    rate = book.rate(wanted.sell, wanted.buy, work.memory.snapshot)
    exponent = book.exponent(wanted.sell, wanted.buy, rate or wanted.limit)
    order, known = accepted(_order(work, wanted, exponent)), _known(work, wanted.order_id)
    if known is None:
        accepted(_funds_refused(work, order, exponent))
        enter(work, order, exponent)
        return order
    if not same_wish(known, order):
        raise OperatorError(
            "order_repeated",
            f"{wanted.participant} has used the reference {wanted.reference} for another order.",
            "Give a new order a reference of its own.",
        )
    return known


def cancel_order(work: Work, participant: str, order_id: str) -> Order:
    """Take an order of a participant's out of the book; what is held for it is free again.

    Raises: OperatorError if it has no such order, or that has ended.
    """
    order = _known(work, order_id)
    if order is None or order.participant != participant or order.payment_seq:
        what = f"{participant} has no order {order_id}."
        raise OperatorError("unknown_order", what, "`tasviya exchange book --as` lists the open ones.")
    if order.status is not OrderStatus.OPEN:
        raise OperatorError("order_ended", f"The order is {order.status}.", "Nothing is left to cancel.")
    withdraw(work, order, OrderEvent.CANCEL)
    return order


def same_wish(one: Order, other: Order) -> bool:
    """Whether two orders ask for the same, whatever has filled of them."""
    return _wish(one) == _wish(other)


def _wish(order: Order) -> tuple[object, ...]:
    done = order.sold if order.kind is OrderKind.EXACT_IN else order.bought
    pair = (order.sell, order.buy, order.kind)
    return (*pair, order.quantity + done, order.tick, order.whole, order.expires_at, order.quote_seq)


def _known(work: Work, order_id: str) -> Order | None:
    """The order of that id, as this unit of work has it."""
    open_one = work.memory.book.named.get(order_id)
    kept = None if open_one else work.memory.store.order_named(order_id)
    return open_one or (kept and work.changes.orders.get(kept.seq, kept))


def _order(work: Work, wanted: WantedOrder, exponent: int) -> Order | Refusal:
    """The order as the book would have it; a refusal if its numbers make none."""
    memory = work.memory
    if not 1 <= wanted.quantity <= QUANTITY_MAX or wanted.limit <= 0:
        what = f"{wanted.quantity} minor units are no amount to trade."
        return Refusal(
            "not_an_order", what, f"Amounts are from 1 to {QUANTITY_MAX} minor units, limits above 0."
        )
    tick = tick_at_least(wanted.limit, exponent)
    if tick is None or not fits(wanted.kind, wanted.quantity, tick, exponent):
        what = "Its limit is too far from any rate, or its amount too small to get anything at it."
        return Refusal(
            "limit_out_of_range", what, "Check the limit's direction and both currencies' decimals."
        )
    if memory.book.wanted(wanted.sell, wanted.buy, wanted.kind) + wanted.quantity > PAIR_MAX:
        what = f"The open orders from {wanted.sell} to {wanted.buy} would be more than a batch can add up."
        return Refusal("pair_full", what, "Wait for the next batch.", transient=True)
    return Order(
        seq=memory.numbers.order,
        order_id=wanted.order_id,
        participant=wanted.participant,
        sell=wanted.sell,
        buy=wanted.buy,
        kind=wanted.kind,
        quantity=wanted.quantity,
        tick=tick,
        whole=wanted.whole,
        payment_seq=0,
        settlement_date=trade_date(work, wanted.sell),
        entered_at=work.now_ns,
        expires_at=wanted.expires_at,
    )


def _funds_refused(work: Work, order: Order, exponent: int) -> Refusal | None:
    """Whether the participant lacks what the order may come to pay."""
    state = work.memory.accounts[settlement(work, order.participant, order.sell).id]
    needed = to_hold(order.kind, order.quantity, order.tick, exponent)
    lacks = needed - state.funds.spendable(Priority.NORMAL)
    if lacks <= 0:
        return None
    money = work.memory.snapshot.currencies[order.sell]
    what = f"{order.participant} lacks {Money(lacks, money)} to stand behind it."
    return Refusal("AM04", what, "Fund the account first; an order does not wait for money.", transient=True)
