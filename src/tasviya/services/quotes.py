"""Firm quotes of liquidity providers: posted, withdrawn, and taken by payments at once.

A quote stands in the book as up to two orders, which hold what it promises: its ask sells the base
currency, its bid buys it. A payment on the route `quote` takes the best single quote that is good for all
of it, payment versus payment in one chain; without one it rides in the next batch, and what is left of
quotes until they expire rides there too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from tasviya.core.clock import NANOSECONDS
from tasviya.core.errors import OperatorError, Refusal, accepted
from tasviya.core.ids import derive
from tasviya.core.money import Money
from tasviya.exchange.market import Market, OrderKind
from tasviya.exchange.order import Order, OrderEvent, tick_at_least
from tasviya.exchange.quotes import Deal, FirmQuote, Fixed, QuoteTerms, as_orders, best, refuse_quote
from tasviya.ledger.ledger import TransferFlags
from tasviya.services import claims
from tasviya.services.exchange import enter, hold_for, know_pair, pool, settlement, sold_leg, withdraw
from tasviya.services.exchange_book import QuoteRow
from tasviya.services.exchange_fills import bought_legs, note_fill, note_settled
from tasviya.services.order_checks import may_trade, trade_date
from tasviya.services.work import Work
from tasviya.settlement.admission import Parties
from tasviya.settlement.conversion import IN
from tasviya.settlement.payment import Payment, Priority
from tasviya.settlement.routing import Leg, LegCode

MINUTE_NS = 60 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class WantedQuote:
    """What a provider promises; prices are minor units of the counter currency for one of the base."""

    provider: str
    reference: str
    """The provider's own, unique among its quotes."""
    base: str
    counter: str
    bid: Fraction
    ask: Fraction
    bid_minor: int
    ask_minor: int
    expires_at: int

    @property
    def quote_id(self) -> str:
        return f"Q{derive('quote', self.provider, self.reference) >> 32:024x}"


def post_quote(work: Work, wanted: WantedQuote) -> QuoteRow:
    """Take a quote into the book; the one that was given if it is the same.

    Raises: OperatorError, with nothing changed, if it cannot stand.
    """
    accepted(may_trade(work, wanted.provider, (wanted.base, wanted.counter)))
    quote = accepted(_firm(work, wanted))
    row, known = _row(work, wanted, quote), work.memory.store.quote_named(wanted.quote_id)
    if known is None:
        accepted(_stand(work, quote, row))
        return row
    if not _same(known, row):
        raise OperatorError(
            "quote_repeated",
            f"{wanted.provider} has used the reference {wanted.reference} for another quote.",
            "Give a new quote a reference of its own.",
        )
    return known


def withdraw_quote(work: Work, provider: str, quote_id: str) -> None:
    """Take what is left of a provider's quote out of the book.

    Raises: OperatorError if it has none of that id.
    """
    found = [row for row in work.memory.book.quotes.values() if row.quote_id == quote_id]
    if not found or found[0].provider != provider:
        what = f"{provider} has no open quote {quote_id}."
        raise OperatorError("unknown_quote", what, "`tasviya exchange book --as` lists what is open.")
    for order in _orders_of(work, found[0]):
        withdraw(work, order, OrderEvent.CANCEL)


def take(work: Work, payment: Payment, parties: Parties) -> bool:
    """Convert and pay a payment at the best quote that is good for all of it; whether there was one within
    its limit."""
    book, sells, buys = work.memory.book, payment.debit_currency, payment.currency
    if book.why_suspended(sells, buys):
        return False
    market = _market(work, sells, buys)
    offered = {seq: _left(work, row) for seq, row in book.quotes_between(sells, buys).items()}
    fixed, minor = (
        (Fixed.SEND, payment.debit_minor) if payment.fixed == IN else (Fixed.RECEIVE, payment.amount_minor)
    )
    deal = best(offered.values(), market, work.now_ns, sells, buys, fixed, minor)
    if isinstance(deal, Refusal) or deal.sold > payment.debit_minor or deal.bought < payment.amount_minor:
        return False
    seq = next(seq for seq, quote in offered.items() if quote is deal.quote)
    order = next(order for order in _orders_of(work, book.quotes[seq]) if order.sell == buys)
    _settle(work, payment, parties, order, deal)
    by = f"quote {seq}"
    note_fill(work, order, deal.bought, deal.sold, by)
    note_settled(work, payment, deal.sold, deal.bought, by)
    return True


def _settle(work: Work, payment: Payment, parties: Parties, order: Order, deal: Deal) -> None:
    """Post all legs of a deal as one chain: the payer's and the provider's money in, then both out."""
    payer, taken = parties.path.sources[0], pool(work, payment.debit_currency)
    legs = work.pay(payer, deal.sold, payment.priority)
    legs.append(Leg("sold", LegCode.SOLD, payer, taken.id, taken.partition))
    name, attempt = payment.payment_id, payment.attempt
    work.post(f"{name}:sold", attempt, legs, deal.sold, payment.seq, goes_on=True)
    onward = (*parties.path.legs, *claims.paying_legs(work, payment, deal.bought))
    given = sold_leg(work, order, deal.bought, TransferFlags.POST_PENDING_TRANSFER)
    work.memory.accounts[given.debit].funds.use(order.held, deal.bought)
    work.post(f"{name}:given", attempt, [given], deal.bought, goes_on=True)
    for subject, paid, (out, receives) in (
        (f"{name}:paid", deal.sold, bought_legs(work, order, deal.sold)),
        (name, deal.bought, (onward, parties.path.receives)),
    ):
        reference = payment.seq if subject == name else 0
        work.post(subject, attempt, out, paid, reference, goes_on=subject != name)
        work.receive(receives, paid)


def _stand(work: Work, quote: FirmQuote, row: QuoteRow) -> Refusal | None:
    """Enter a quote's orders if the provider has the money behind both."""
    memory = work.memory
    market = _market(work, quote.base, quote.counter)
    columns, _ = as_orders([quote], market, work.now_ns)
    memory.numbers.quote += 1
    memory.book.add_quote(row)
    work.changes.quotes.append(row)
    for place in range(len(columns)):
        sell, buy = (market.currencies[int(side[place])] for side in (columns.sell, columns.buy))
        kind = OrderKind(int(columns.kind[place]))
        order = Order(
            seq=memory.numbers.order,
            order_id=f"O{derive('quote order', row.quote_id, int(kind)) >> 32:024x}",
            participant=quote.provider,
            sell=sell,
            buy=buy,
            kind=kind,
            quantity=int(columns.quantity[place]),
            tick=int(columns.tick[place]),
            whole=False,
            payment_seq=0,
            settlement_date=trade_date(work, sell),
            entered_at=work.now_ns,
            expires_at=quote.expires_at_ns,
            quote_seq=row.seq,
        )
        exponent = int(market.exponents[market.currencies.index(sell), market.currencies.index(buy)])
        know_pair(work, sell, buy, exponent)
        lacks = hold_for(work, order) - _spendable(work, order)
        if lacks > 0:
            money = memory.snapshot.currencies[sell]
            what = f"{quote.provider} lacks {Money(lacks, money)} to stand behind it."
            return Refusal("AM04", what, "Fund the account, or quote a smaller size.", transient=True)
        enter(work, order, exponent)
    return None


def _spendable(work: Work, order: Order) -> int:
    account = settlement(work, order.participant, order.sell)
    return work.memory.accounts[account.id].funds.spendable(Priority.NORMAL)


def _firm(work: Work, wanted: WantedQuote) -> FirmQuote | Refusal:
    """The quote in ticks, if the union's terms allow it: what the provider buys rounds down, what it sells
    up."""
    memory = work.memory
    rules = memory.snapshot.exchange_rules
    market = _market(work, wanted.base, wanted.counter, wanted.ask)
    scale = Fraction(10) ** int(market.exponents[0, 1])
    bid = wanted.bid * scale
    quote = FirmQuote(
        wanted.provider,
        wanted.base,
        wanted.counter,
        bid.numerator // bid.denominator,
        tick_at_least(wanted.ask, int(market.exponents[0, 1])) or 0,
        wanted.bid_minor,
        wanted.ask_minor,
        work.now_ns,
        wanted.expires_at,
    )
    terms = QuoteTerms(rules.quote_basis_points, rules.quote_minutes * MINUTE_NS) if rules else QuoteTerms()
    last = memory.book.rate(wanted.base, wanted.counter, memory.snapshot)
    return refuse_quote(quote, market, work.now_ns, last, terms) or quote


def _market(work: Work, one: str, other: str, rate: Fraction | None = None) -> Market:
    """The pair as a market of two: only its exponents matter.

    rate: minor units of the other for one, for a pair that has no rate yet.
    """
    book, snapshot = work.memory.book, work.memory.snapshot
    exponents = np.zeros((2, 2), np.int64)
    for place, (sell, buy) in enumerate(((one, other), (other, one))):
        known = book.rate(sell, buy, snapshot) or (rate if place == 0 else 1 / rate if rate else None)
        if known is not None:
            exponents[place, 1 - place] = book.exponent(sell, buy, known)
    return Market((one, other), exponents, np.zeros(2))


def _left(work: Work, row: QuoteRow) -> FirmQuote:
    """What is left of a quote."""
    left = {order.sell: order.quantity for order in _orders_of(work, row)}
    return replace(row.firm(), bid_minor=left.get(row.counter, 0), ask_minor=left.get(row.base, 0))


def _orders_of(work: Work, row: QuoteRow) -> list[Order]:
    book = work.memory.book
    return [book.orders[seq] for seq in book.orders_of[row.seq]]


def _row(work: Work, wanted: WantedQuote, quote: FirmQuote) -> QuoteRow:
    return QuoteRow(
        work.memory.numbers.quote,
        wanted.quote_id,
        quote.provider,
        quote.base,
        quote.counter,
        quote.bid_tick,
        quote.ask_tick,
        quote.bid_minor,
        quote.ask_minor,
        quote.given_at_ns,
        quote.expires_at_ns,
    )


def _same(one: QuoteRow, other: QuoteRow) -> bool:
    """Whether two quotes promise the same, whenever they were given."""
    return replace(one.firm(), given_at_ns=0) == replace(other.firm(), given_at_ns=0)
