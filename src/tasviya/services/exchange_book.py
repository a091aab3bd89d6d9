"""The exchange's working memory: open orders, the payments they serve, and the latest rates."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction
from statistics import median
from typing import Protocol

import msgspec
import numpy as np

from tasviya.core.currencies import currency
from tasviya.exchange.market import Market, OrderKind
from tasviya.exchange.order import Order, exponent_for
from tasviya.exchange.quotes import FirmQuote
from tasviya.membership.register import Snapshot
from tasviya.services.rate_rows import BATCH_SOURCE, RateStore
from tasviya.settlement.payment import Payment

SIGNIFICANT = 15
"""Significant digits of a value as it is kept."""

UNTIL_FRESH = "It waits for a fresh one."


class BatchRow(msgspec.Struct, frozen=True, array_like=True):
    """A batch as the store keeps it, a field a column."""

    seq: int
    at: int
    certified: bool
    why: str
    orders: int
    filled: int
    set_aside: int
    digest: bytes
    question: bytes
    answer: bytes


class QuoteRow(msgspec.Struct, frozen=True, array_like=True):
    """A firm quote as the store keeps it, a field a column: sizes as given."""

    seq: int
    quote_id: str
    provider: str
    base: str
    counter: str
    bid_tick: int
    ask_tick: int
    bid_minor: int
    ask_minor: int
    given_at: int
    expires_at: int

    def firm(self) -> FirmQuote:
        """The quote as it was given."""
        return FirmQuote(
            self.provider,
            self.base,
            self.counter,
            self.bid_tick,
            self.ask_tick,
            self.bid_minor,
            self.ask_minor,
            self.given_at,
            self.expires_at,
        )


class ExchangeStore(RateStore, Protocol):
    """What the exchange needs of a store."""

    def open_orders(self) -> list[Order]:
        """In order of entry."""
        ...

    def order_named(self, order_id: str) -> Order | None: ...

    def open_quotes(self) -> list[QuoteRow]:
        """Quotes of which an order is open."""
        ...

    def quote_named(self, quote_id: str) -> QuoteRow | None: ...

    def quotes_given(self, from_ns: int, until_ns: int) -> list[QuoteRow]:
        """In a span, in the order in which they were given, also those that have been taken since."""
        ...

    def pairs(self) -> dict[tuple[str, str], int]:
        """The exponents of the pairs that have had orders."""
        ...

    def latest_batch_ns(self) -> int:
        """When the latest batch was; 0 before the first."""
        ...

    def payments(self, seqs: Sequence[int]) -> dict[int, Payment]: ...


class Book:
    """Open orders and rates, loaded from a store."""

    def __init__(self, store: ExchangeStore) -> None:
        self.orders: dict[int, Order] = {}
        self.named: dict[str, Order] = {}
        """The open orders, by id."""
        self.order_of: dict[int, int] = {}
        """The open order of a payment, by number."""
        self.orders_of: dict[int, list[int]] = {}
        """The open orders of a quote, by number."""
        self._sums: Counter[tuple[str, str, OrderKind]] = Counter()
        self._endings: list[tuple[int, int]] = []
        """(instant, number) of orders that their owners have set a time, in order; some have ended
        already."""
        self.unseen: dict[int, None] = {}
        """Open orders that no batch has taken in yet, the earliest first."""
        for order in store.open_orders():
            self.add(order)
        self.payments: dict[int, Payment] = store.payments(list(self.order_of))
        self.quotes: dict[int, QuoteRow] = {}
        self._quotes_of: dict[frozenset[str], dict[int, QuoteRow]] = {}
        for quote in store.open_quotes():
            self.add_quote(quote)
        self.exponents = store.pairs()
        kept = store.exchange_values()
        self.values: dict[str, Fraction] = {row.currency: Fraction(row.value) for row in kept}
        """What one unit of each currency is worth by the last batch or a later fixing, in one measure."""
        self.priced = {row.currency for row in kept if row.source == BATCH_SOURCE}
        """Currencies whose value is a batch's."""
        self.latest_fixing = store.latest_fixing()
        """The latest business date that has been fixed, yyyy-mm-dd; empty before the first."""
        self.suspended = {row.currency: row.fixed_on for row in store.latest_rates() if row.suspended}
        """Currencies whose rate is too old to exchange at, and of when it is."""
        self.latest_batch_ns = store.latest_batch_ns()

    def value(self, code: str, snapshot: Snapshot) -> Fraction | None:
        """What one minor unit of a currency was last worth, in the measure of `values`; None if nobody has
        said."""
        known = self.values.get(code)
        if known is None:
            said = snapshot.central_bank_rate(code)
            if said is None:
                return None
            known = Fraction(said) * self._measure(snapshot)
        return known / currency(code).minor_per_major

    def _measure(self, snapshot: Snapshot) -> Fraction:
        """What the measure of central banks' rates is in that of `values`: the median of what both know."""
        said = {code: snapshot.central_bank_rate(code) for code in self.values}
        ratios = [self.values[code] / Fraction(rate) for code, rate in said.items() if rate]
        return median(ratios) if ratios else Fraction(1)

    def why_suspended(self, *codes: str) -> str:
        """Why one of these currencies takes part in no batch; empty if all do."""
        old = [code for code in codes if code in self.suspended]
        if not old:
            return ""
        since = self.suspended[old[0]]
        return f"{old[0]} is suspended from exchange: its last fresh rate is of {since}."

    def rate(self, sell: str, buy: str, snapshot: Snapshot) -> Fraction | None:
        """How many minor units of one currency one minor unit of another last bought; None if not known."""
        sold, bought = self.value(sell, snapshot), self.value(buy, snapshot)
        return sold / bought if sold and bought else None

    def exponent(self, sell: str, buy: str, rate: Fraction) -> int:
        """The pair's exponent; of a new pair, the one that fits this rate."""
        known = self.exponents.get((sell, buy))
        return exponent_for(rate) if known is None else known

    def market(self) -> Market:
        """Every pair that has had orders: only its exponents matter."""
        codes = sorted({code for pair in self.exponents for code in pair})
        place = {code: index for index, code in enumerate(codes)}
        exponents = np.zeros((len(codes), len(codes)), np.int64)
        for (sell, buy), exponent in self.exponents.items():
            exponents[place[sell], place[buy]] = exponent
        return Market(tuple(codes), exponents, np.zeros(len(codes)))

    def wanted(self, sell: str, buy: str, kind: OrderKind) -> int:
        """What the open orders of a pair and kind add up to."""
        return self._sums[sell, buy, kind]

    def first_expiry(self) -> int | None:
        """When the first order ends that its owner has set a time; a payment's order ends with its
        payment."""
        while self._endings and self._endings[0][1] not in self.orders:
            del self._endings[0]
        return self._endings[0][0] if self._endings else None

    def ended_by(self, instant_ns: int) -> list[Order]:
        """The open orders whose owners' time has come by an instant."""
        count = bisect_right(self._endings, instant_ns, key=lambda each: each[0])
        return [self.orders[seq] for _, seq in self._endings[:count] if seq in self.orders]

    def add(self, order: Order) -> None:
        """Take an open order in; the payment that it serves is in `payments`."""
        self.orders[order.seq] = self.named[order.order_id] = order
        self._sums[order.sell, order.buy, order.kind] += order.quantity
        if order.payment_seq:
            self.order_of[order.payment_seq] = order.seq
        elif order.expires_at:
            insort(self._endings, (order.expires_at, order.seq))
        if order.quote_seq:
            self.orders_of.setdefault(order.quote_seq, []).append(order.seq)
        if not order.batch_seq:
            self.unseen[order.seq] = None

    def add_quote(self, quote: QuoteRow) -> None:
        """Take a quote in; its orders follow by `add`, and it goes with the last of them."""
        self.quotes[quote.seq] = quote
        self._quotes_of.setdefault(frozenset((quote.base, quote.counter)), {})[quote.seq] = quote

    def quotes_between(self, one: str, other: str) -> Mapping[int, QuoteRow]:
        """The open quotes of a pair, either way round, by number."""
        return self._quotes_of.get(frozenset((one, other)), {})

    def reduce(self, order: Order, filled: int) -> None:
        """So much of an order's quantity has been filled."""
        order.quantity -= filled
        self._sums[order.sell, order.buy, order.kind] -= filled

    def order_for(self, payment: Payment) -> Order | None:
        """The open order that serves a payment."""
        seq = self.order_of.get(payment.seq)
        return None if seq is None else self.orders[seq]

    def remove(self, order: Order) -> None:
        """An order is no longer open."""
        del self.orders[order.seq], self.named[order.order_id]
        self.unseen.pop(order.seq, None)
        self._sums[order.sell, order.buy, order.kind] -= order.quantity
        self.payments.pop(order.payment_seq, None)
        self.order_of.pop(order.payment_seq, None)
        if order.quote_seq:
            standing = self.orders_of[order.quote_seq]
            standing.remove(order.seq)
            if not standing:
                del self.orders_of[order.quote_seq]
                quote = self.quotes.pop(order.quote_seq)
                del self._quotes_of[frozenset((quote.base, quote.counter))][quote.seq]


def rounded(value: Fraction, digits: int = SIGNIFICANT) -> str:
    """A value with so many significant digits, half to even, as a plain decimal."""
    with localcontext(Context(prec=digits, rounding=ROUND_HALF_EVEN)):
        return format((Decimal(value.numerator) / Decimal(value.denominator)).normalize(), "f")
