"""The exchange's book: payments in two currencies and orders enter it, and leave it unfilled.

limit_refused ─▶ place ─▶ hold what it may pay ─▶ (exchange_batch settles it)
                   └─▶ withdraw: cancelled or expired, the hold is released
"""

from __future__ import annotations

from fractions import Fraction

from tasviya.core.errors import Refusal
from tasviya.core.ids import derive, transfer_ids
from tasviya.core.money import Money
from tasviya.exchange.market import PAIR_MAX, OrderKind
from tasviya.exchange.order import Order, OrderEvent, fits, limit_of, tick_at_least, to_hold
from tasviya.ledger.ledger import TransferFlags
from tasviya.services.exchange_book import UNTIL_FRESH
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.conversion import IN
from tasviya.settlement.payment import Event, Payment, Priority
from tasviya.settlement.routing import Leg, LegCode
from tasviya.settlement.rules import AM12, AM13, NARR


def limit_refused(work: Work, payment: Payment) -> Refusal | None:
    """Settle what a payment may at the most be debited, where its sender sets no limit; or why it cannot go
    through the exchange."""
    memory = work.memory
    book, snapshot = memory.book, memory.snapshot
    sell, buy = payment.debit_currency, payment.currency
    known = book.rate(sell, buy, snapshot)
    if not payment.debit_minor:
        if known is None:
            what = f"{sell} has no rate in {buy} yet, and the payment names no limit."
            return AM12.refuse(what, "Give InstdAmt: the most that may be debited.")
        rules = snapshot.exchange_rules
        points = rules.limit_basis_points if rules else 0
        most = payment.amount_minor / known * Fraction(10_000 + points, 10_000)
        payment.debit_minor = max(-((-most.numerator) // most.denominator), 1)
    kind = _kind(payment)
    limit = Fraction(payment.amount_minor, payment.debit_minor)
    exponent = book.exponent(sell, buy, known or limit)
    tick = tick_at_least(limit, exponent)
    quantity = payment.debit_minor if kind is OrderKind.EXACT_IN else payment.amount_minor
    if tick is None or not fits(kind, quantity, tick, exponent):
        money, paid = snapshot.currencies[buy], snapshot.currencies[sell]
        amounts = f"{Money(payment.amount_minor, money)} for {Money(payment.debit_minor, paid)}"
        what = f"{amounts} is no rate near the last."
        return AM12.refuse(what, "Check both amounts and their decimals.")
    if book.wanted(sell, buy, kind) + quantity > PAIR_MAX:
        return AM13.refuse(f"The open orders from {sell} to {buy} would be more than a batch can add up.")
    return None


def place(work: Work, payment: Payment) -> None:
    """Enter a payment's order: what it may be debited is held, and it waits for the next batch."""
    memory = work.memory
    book, sell, buy = memory.book, payment.debit_currency, payment.currency
    kind = _kind(payment)
    limit = Fraction(payment.amount_minor, payment.debit_minor)
    exponent = book.exponent(sell, buy, book.rate(sell, buy, memory.snapshot) or limit)
    order = Order(
        seq=memory.numbers.order,
        order_id=f"O{derive('order', payment.payment_id, payment.attempt) >> 32:024x}",
        participant=payment.debtor,
        sell=sell,
        buy=buy,
        kind=kind,
        quantity=payment.debit_minor if kind is OrderKind.EXACT_IN else payment.amount_minor,
        tick=tick_at_least(limit, exponent) or 0,
        whole=True,
        payment_seq=payment.seq,
        settlement_date=payment.settlement_date,
        entered_at=work.now_ns,
        expires_at=payment.not_after,
    )
    payment.queued_at = payment.queued_at or work.now_ns
    payment.blocked_by = ""
    memory.book.payments[payment.seq] = payment
    enter(work, order, exponent, payment.priority)
    what = f"Its order to buy {buy} with {sell} is in the exchange's book."
    suspended = memory.book.why_suspended(sell, buy)
    told = NARR.refuse(suspended, UNTIL_FRESH) if suspended else NARR.refuse(what)
    work.happened(payment, Event.QUEUE, told)


def know_pair(work: Work, sell: str, buy: str, exponent: int) -> None:
    """Keep in which ticks a pair's limits are, from its first order on."""
    exponents = work.memory.book.exponents
    if (sell, buy) not in exponents:
        exponents[sell, buy] = exponent
        work.changes.pairs.append((sell, buy, exponent))


def hold_for(work: Work, order: Order) -> int:
    """What must be held for an order: the most that it can come to pay. A bid may be taken at its own price,
    which its ticks in the other direction only come near to."""
    book = work.memory.book
    most = to_hold(order.kind, order.quantity, order.tick, book.exponents[order.sell, order.buy])
    quote = book.quotes.get(order.quote_seq)
    if quote is None or order.kind is OrderKind.EXACT_IN:
        return most
    bid = limit_of(quote.bid_tick, book.exponents[quote.base, quote.counter])
    taken = order.quantity * bid
    return max(most, taken.numerator // taken.denominator)


def enter(work: Work, order: Order, exponent: int, priority: Priority = Priority.NORMAL) -> None:
    """Take an order into the book and hold what it may come to pay; its owner has the money."""
    memory = work.memory
    memory.numbers.order += 1
    know_pair(work, order.sell, order.buy, exponent)
    order.held = hold_for(work, order)
    account = settlement(work, order.participant, order.sell)
    hold(work, order, work.hold(account.id, order.held, priority))
    memory.book.add(order)


def hold(work: Work, order: Order, before: list[Leg], *, goes_on: bool = False) -> None:
    """Hold in the ledger what an order may come to pay.

    before: legs that stand in front of it in the chain. goes_on: the chain goes on.
    """
    order.attempt += 1
    leg = sold_leg(work, order, order.held, TransferFlags.PENDING)
    legs, subject = [*before, leg], f"{order.order_id}:hold"
    work.post(subject, order.attempt, legs, order.held, order.payment_seq, goes_on=goes_on)
    order.hold = f"{transfer_ids(subject, order.attempt, len(legs))[-1]:032x}"
    work.changes.orders[order.seq] = order


def withdraw(work: Work, order: Order, event: OrderEvent) -> None:
    """An order ends unfilled: what is held for it is free again."""
    leg = sold_leg(work, order, order.held, TransferFlags.VOID_PENDING_TRANSFER)
    work.memory.accounts[leg.debit].funds.use(order.held, 0)
    work.post(f"{order.order_id}:release", order.attempt, [leg], order.held, order.payment_seq)
    work.fresh[leg.debit] = None
    order.held = 0
    order.happens(event)
    work.memory.book.remove(order)
    work.changes.orders[order.seq] = order


def sold_leg(work: Work, order: Order, amount: int, phase: TransferFlags) -> Leg:
    """The leg by which what an order sells is held, paid into the exchange, or released."""
    account = settlement(work, order.participant, order.sell)
    used = 0 if phase is TransferFlags.PENDING else int(order.hold, 16)
    pool_id = pool(work, order.sell).id
    return Leg("sold", LegCode.SOLD, account.id, pool_id, account.partition, amount, phase, used)


def settlement(work: Work, participant: str, currency: str) -> LedgerAccount:
    """A participant's settlement account; of a settlement institution in its own currency, what it has taken
    in for the union."""
    snapshot = work.memory.snapshot
    institution = snapshot.settlement_institution(currency)
    its_own = institution is not None and institution.code == participant
    kind = AccountKind.CLEARING if its_own else AccountKind.SETTLEMENT
    return ledger_account(kind, participant, snapshot.currencies[currency])


def pool(work: Work, currency: str, kind: AccountKind = AccountKind.EXCHANGE) -> LedgerAccount:
    """The account through which the exchange takes in and pays out a currency, or the one for dust."""
    return work.memory.directory(work.memory.latest_date).pool(currency, kind)


def _kind(payment: Payment) -> OrderKind:
    return OrderKind.EXACT_IN if payment.fixed == IN else OrderKind.EXACT_OUT
