"""A batch of the exchange: what stands in the book is cleared, proven, posted in one chain, and told.

Everything that orders sell and buy is posted together or not at all. The chain first takes in what is sold,
from the holds; then it pays out what is bought; last it moves the dust that cannot be split to the rounding
account. What the batch does not settle stays in the book, with the price that would have filled it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from fractions import Fraction

import numpy as np

from tasviya.core.clock import NANOSECONDS
from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import Money
from tasviya.exchange.batch_record import Batch, digest, pack
from tasviya.exchange.market import Market, OrderKind, Orders
from tasviya.exchange.order import Order, OrderEvent, limit_of
from tasviya.ledger.ledger import TransferFlags
from tasviya.services.exchange import pool, sold_leg, withdraw
from tasviya.services.exchange_book import UNTIL_FRESH, BatchRow, rounded
from tasviya.services.exchange_fills import bought_legs, note_fill
from tasviya.services.memory import Memory
from tasviya.services.order_checks import TRADING
from tasviya.services.payments import refuse, retry
from tasviya.services.rate_rows import BATCH_SOURCE, ValueRow
from tasviya.services.unit_of_work import FillRow, PriceRow
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.routing import Leg, LegCode

MINUTE_NS = 60 * NANOSECONDS
Fills = Mapping[int, tuple[int, int]]
"""What orders have sold and bought, minor units, by the order's number."""


def due(memory: Memory, until_ns: int) -> int | None:
    """When the next batch comes, if it comes by an instant: at the first full period after something new came
    into the book."""
    rules = memory.snapshot.exchange_rules
    book = memory.book
    if rules is None or not book.unseen:
        return None
    period = rules.batch_minutes * MINUTE_NS
    since = max(book.latest_batch_ns, book.orders[next(iter(book.unseen))].entered_at)
    at = (since // period + 1) * period
    return at if at <= until_ns else None


def parted(memory: Memory, first_ns: int, second_ns: int) -> bool:
    """Whether a batch could come between two instants: what arrives after it is not in it."""
    rules = memory.snapshot.exchange_rules
    if rules is None:
        return False
    period = rules.batch_minutes * MINUTE_NS
    return first_ns // period != second_ns // period


def expire_orders(work: Work) -> None:
    """Orders whose owners' time has come end."""
    for order in work.memory.book.ended_by(work.now_ns):
        withdraw(work, order, OrderEvent.EXPIRE)
    retry(work)


def run(
    work: Work, besides: Sequence[Order] = (), closing: Callable[[Fills], bool] | None = None
) -> BatchRow | None:
    """Clear the book once; None if nothing stands in it that can be cleared now.

    besides: orders that this batch must take in. closing: posts, in the same chain, what the fills pay for,
    and says whether there was anything; it gets them by the order's number.
    """
    memory = work.memory
    memory.book.latest_batch_ns = work.now_ns
    _turn_away(work)
    _explain_suspended(work)
    orders = _taking_part(work, {order.seq for order in besides})
    for order in orders:
        memory.book.unseen.pop(order.seq, None)
    if not orders:
        return None
    batch = _clear(memory, orders)
    filled = [(order, int(s), int(b)) for order, s, b in _fills(orders, batch) if s]
    _post(work, filled, batch, closing)
    row = _record(work, batch, filled)
    for order, sold, bought in filled:
        order.batch_seq = row.seq
        work.changes.fills.append(FillRow(row.seq, order.seq, sold, bought))
        note_fill(work, order, sold, bought, f"batch {row.seq}")
    _remember_prices(work, batch, row)
    gone = {order.seq for order, _, _ in filled}
    for order in orders:
        if order.seq not in gone:
            _explain(work, order, batch, row)
    retry(work)
    return row


def _turn_away(work: Work) -> None:
    """Refuse payments that wait in the book and would no longer be admitted."""
    book = work.memory.book
    for payment in list(book.payments.values()):
        refusal = work.parties_of(payment)
        if isinstance(refusal, Refusal):
            withdraw(work, book.orders[book.order_of[payment.seq]], OrderEvent.CANCEL)
            refuse(work, payment, refusal)


def _taking_part(work: Work, must: Set[int]) -> list[Order]:
    """The open orders that this batch clears, the earliest first."""
    memory = work.memory
    rules = memory.snapshot.exchange_rules
    suspended = memory.book.suspended
    open_now = {code for code, row in memory.days.items() if row.phase in TRADING and code not in suspended}
    standing = [
        order
        for order in memory.book.orders.values()
        if order.sell in open_now
        and order.buy in open_now
        and f"{order.order_id}:sold" not in work.forced_to_wait
    ]
    # Should there be more than a batch takes, those that no batch has seen go first, then the longest unseen.
    most = rules.largest_batch if rules else 0
    ranked = sorted(standing, key=lambda order: (order.seq not in must, order.batch_seq, order.seq))
    chosen = ranked[:most]
    return sorted(chosen, key=lambda order: order.seq)


def _explain_suspended(work: Work) -> None:
    """Tell the orders in suspended currencies why this batch passes them over."""
    book = work.memory.book
    for order in book.orders.values() if book.suspended else ():
        why = book.why_suspended(order.sell, order.buy)
        if why:
            _note(work, order, f"{why} {UNTIL_FRESH}")


def _note(work: Work, order: Order, why: str) -> None:
    """Keep why an order has not filled; the payment that it serves tells it too."""
    order.note = why
    work.changes.orders[order.seq] = order
    payment = work.memory.book.payments.get(order.payment_seq)
    if payment is not None:
        payment.reason_text = why
        work.changed(payment)


def _clear(memory: Memory, orders: list[Order]) -> Batch:
    """Find prices and fills, and have them proven."""
    # Compiled code takes a while to load: a union without orders does without.
    from tasviya.exchange.auction import clear
    from tasviya.exchange.certificate import verify

    book = memory.book
    codes = sorted({order.sell for order in orders} | {order.buy for order in orders})
    place = {code: index for index, code in enumerate(codes)}
    exponents = np.zeros((len(codes), len(codes)), np.int64)
    for order in orders:
        exponents[place[order.sell], place[order.buy]] = book.exponents[order.sell, order.buy]
    values = [book.value(code, memory.snapshot) or Fraction(1) for code in codes]
    market = Market(tuple(codes), exponents, np.log(np.array(values, np.float64)))
    columns = Orders(
        np.array([place[order.sell] for order in orders], np.int16),
        np.array([place[order.buy] for order in orders], np.int16),
        np.array([order.kind for order in orders], np.int8),
        np.array([order.quantity for order in orders], np.int64),
        np.array([order.tick for order in orders], np.int64),
        np.array([order.whole for order in orders], np.bool_),
    )
    clearing = clear(market, columns)
    verdict = verify(market, columns, clearing)
    invariant(verdict.holds, f"a batch proves right, not: {verdict.violations[:3]}")
    return Batch(market, [order.seq for order in orders], columns, clearing)


def _fills(orders: list[Order], batch: Batch) -> zip[tuple[Order, int, int]]:
    clearing = batch.clearing
    return zip(orders, clearing.sold.tolist(), clearing.bought.tolist(), strict=True)


def _post(
    work: Work,
    filled: list[tuple[Order, int, int]],
    batch: Batch,
    closing: Callable[[Fills], bool] | None,
) -> None:
    """Post all legs of a batch as one chain."""
    number = work.memory.numbers.batch
    for order, sold, _ in filled:
        leg = sold_leg(work, order, sold, TransferFlags.POST_PENDING_TRANSFER)
        work.memory.accounts[leg.debit].funds.use(order.held, sold)
        work.post(f"{order.order_id}:sold", number, [leg], sold, order.payment_seq, goes_on=True)
    for order, _, bought in filled:
        legs, receives = bought_legs(work, order, bought)
        work.post(f"{order.order_id}:bought", number, legs, bought, order.payment_seq, goes_on=True)
        work.receive(receives, bought)
    for code, dust in zip(batch.market.currencies, batch.clearing.dust.tolist(), strict=True):
        if dust:
            taken, kept = pool(work, code), pool(work, code, AccountKind.ROUNDING)
            leg = Leg("dust", LegCode.ROUNDING, taken.id, kept.id, taken.partition)
            work.post(f"batch:{number}:{code}", 0, [leg], dust, goes_on=True)
    fills = {order.seq: (sold, bought) for order, sold, bought in filled}
    if (closing is not None and closing(fills)) or filled:
        work.end_chain()


def _record(work: Work, batch: Batch, filled: list[tuple[Order, int, int]]) -> BatchRow:
    """Keep all that a member needs to check the batch again."""
    numbers, clearing = work.memory.numbers, batch.clearing
    question, answer = pack(batch)
    row = BatchRow(
        numbers.batch,
        work.now_ns,
        clearing.certified,
        clearing.why,
        len(batch.orders),
        len(filled),
        int(clearing.set_aside.sum()),
        digest(question, answer),
        question,
        answer,
    )
    numbers.batch += 1
    work.changes.batches.append(row)
    facts = f"{row.orders} orders, {row.filled} filled, {'certified' if row.certified else 'not certified'}"
    work.act("exchange_batch", f"{row.seq}", f"{facts}, {row.digest.hex()}")
    return row


def _remember_prices(work: Work, batch: Batch, row: BatchRow) -> None:
    """Keep a batch's prices, and what they say of each currency's value: the first keeps its own, the others
    follow by the ratio of prices."""
    book, market = work.memory.book, batch.market
    prices = batch.clearing.prices.tolist()
    anchor = next((place for place, price in enumerate(prices) if price), None)
    if anchor is None:
        return
    base = book.value(market.currencies[anchor], work.memory.snapshot) or Fraction(1)
    for code, price, dust in zip(market.currencies, prices, batch.clearing.dust.tolist(), strict=True):
        if not price:
            continue
        scale = work.memory.snapshot.currencies[code].minor_per_major
        value = rounded(base * Fraction(price, prices[anchor]) * scale)
        book.values[code] = Fraction(value)
        book.priced.add(code)
        work.changes.values[code] = ValueRow(code, value, BATCH_SOURCE)
        work.changes.prices.append(PriceRow(row.seq, code, price, dust, value))


def _explain(work: Work, order: Order, batch: Batch, row: BatchRow) -> None:
    """Say why an order has not filled, and what would fill it at the batch's price."""
    place = batch.market.currencies.index
    sell_price, buy_price = (int(batch.clearing.prices[place(code)]) for code in (order.sell, order.buy))
    order.batch_seq = row.seq
    _note(work, order, _why(work, order, sell_price, buy_price, row))


def _why(work: Work, order: Order, sell_price: int, buy_price: int, row: BatchRow) -> str:
    """Why a batch at these prices has not filled an order."""
    currencies = work.memory.snapshot.currencies
    if not (sell_price and buy_price):
        return f"Batch {row.seq} found nobody who wants {order.sell} for {order.buy}; it waits for the next."
    limit = limit_of(order.tick, work.memory.book.exponents[order.sell, order.buy])
    if Fraction(sell_price, buy_price) >= limit:
        return f"Batch {row.seq} could fill it only in part; it waits for the next."
    sold, bought = currencies[order.sell], currencies[order.buy]
    if order.kind is OrderKind.EXACT_IN:
        gets = Money(order.quantity * sell_price // buy_price, bought)
        least = Money(_up(order.quantity * limit), bought)
        there = f"there {Money(order.quantity, sold)} buy {gets}, and it wants {least}"
    else:
        costs = Money(_up(Fraction(order.quantity * buy_price, sell_price)), sold)
        most = Money(order.held, sold)
        there = f"there {Money(order.quantity, bought)} cost {costs}, and it may be debited {most}"
    return f"Batch {row.seq} is out of its reach: {there}."


def _up(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
