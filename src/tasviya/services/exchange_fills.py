"""What follows when an order has been filled, in a batch or because its quote was taken: what is left of it
stays in the book, a payment that it serves has settled, and whoever it concerns is told."""

from __future__ import annotations

from fractions import Fraction

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.core.money import Money
from tasviya.exchange.market import OrderKind
from tasviya.exchange.order import Order, OrderEvent
from tasviya.services import claims
from tasviya.services.answers import tell_settled
from tasviya.services.exchange import hold, hold_for, pool, settlement
from tasviya.services.exchange_book import rounded
from tasviya.services.work import Work
from tasviya.settlement.admission import Parties
from tasviya.settlement.conversion import IN
from tasviya.settlement.payment import Event, Payment
from tasviya.settlement.routing import Leg, LegCode


def bought_legs(work: Work, order: Order, bought: int) -> tuple[tuple[Leg, ...], tuple[int, ...]]:
    """The legs that pay out what an order buys, and the accounts that gain: those of the payment that it
    serves, or its owner's own. bought: minor units."""
    if order.payment_seq:
        payment = work.memory.book.payments[order.payment_seq]
        path = admitted(work, payment).path
        return (*path.legs, *claims.paying_legs(work, payment, bought)), path.receives
    account, taken = settlement(work, order.participant, order.buy), pool(work, order.buy)
    leg = Leg("bought", LegCode.BOUGHT, taken.id, account.id, account.partition)
    return (leg,), (account.id,)


def admitted(work: Work, payment: Payment) -> Parties:
    """The parties of a payment that has been admitted.

    Raises: InvariantBroken if it no longer would be; who fills orders looks first.
    """
    parties = work.parties_of(payment)
    if isinstance(parties, Refusal):
        raise InvariantBroken(f"{payment.payment_id} was admitted, and now: {parties}")
    return parties


def note_fill(work: Work, order: Order, sold: int, bought: int, by: str) -> None:
    """Note what an order has got; its legs are posted. What is left of it is held anew.

    by: what filled it, such as "batch 12".
    """
    book = work.memory.book
    order.sold += sold
    order.bought += bought
    book.reduce(order, sold if order.kind is OrderKind.EXACT_IN else bought)
    order.note, order.held = "", 0
    work.changes.orders[order.seq] = order
    payment = book.payments.get(order.payment_seq)
    if order.quantity:
        order.happens(OrderEvent.FILL_PARTLY)
        _hold_rest(work, order)
    else:
        order.happens(OrderEvent.FILL)
        book.remove(order)
    if payment is None:
        _tell_owner(work, order, sold, bought, by)
    else:
        note_settled(work, payment, sold, bought, by)


def note_settled(work: Work, payment: Payment, sold: int, bought: int, by: str) -> None:
    """A payment has been converted and paid; its legs are posted."""
    parties = admitted(work, payment)
    payment.debit_minor = sold
    if payment.fixed == IN:
        payment.amount_minor = bought
    payment.settled_at = work.now_ns
    work.happened(payment, Event.SETTLE)
    payment.settled_by = by
    payment.reason_text = f"{conversion(work, payment)}, {by}."
    tell_settled(work, payment, parties.path)


def conversion(work: Work, payment: Payment) -> str:
    """What was converted into what, and the rate that came of it, in words."""
    currencies = work.memory.snapshot.currencies
    paid = Money(payment.debit_minor, currencies[payment.debit_currency])
    got = Money(payment.amount_minor, currencies[payment.currency])
    rate = Fraction(got.minor * paid.currency.minor_per_major, paid.minor * got.currency.minor_per_major)
    return f"{paid} became {got}: 1 {paid.currency} = {rounded(rate, 8)} {got.currency}"


def _hold_rest(work: Work, order: Order) -> None:
    """What is left of an order stays in the book, with as much held as it can still come to pay."""
    order.held = hold_for(work, order)
    funds = work.memory.accounts[settlement(work, order.participant, order.sell).id].funds
    funds.balance -= order.held
    funds.held += order.held
    hold(work, order, [])


def _tell_owner(work: Work, order: Order, sold: int, bought: int, by: str) -> None:
    """Tell the owner of an order that serves no payment what moved on its two accounts."""
    receiver, text = work.bic(order.participant), f"Order {order.order_id}, {by}"
    sides = ((order.sell, sold), (order.buy, bought))
    for (currency, amount), (other, against), is_debit in ((*sides, True), (*sides[::-1], False)):
        account = settlement(work, order.participant, currency)
        item = [0, is_debit, amount, order.order_id, text, against, other, by]
        work.tell_more(receiver, "notice", account.hex_id, item)
