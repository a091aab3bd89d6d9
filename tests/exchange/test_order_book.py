"""A book is its orders sorted by pair, kind, tick and place, with sums that can be looked up."""

from __future__ import annotations

import numpy as np
import pytest
from exchange_books import fx_like
from hypothesis import given, settings
from order_tables import batches

from tasviya.core.errors import InvariantBroken
from tasviya.exchange.demand import totals_up_to
from tasviya.exchange.market import Market, Orders
from tasviya.exchange.order_book import PLACE_MASK, build, take_out


def sorted_plainly(market: Market, orders: Orders) -> np.ndarray:
    n = len(market.currencies)
    segment = (orders.kind.astype(int) * n + orders.sell) * n + orders.buy
    return np.lexsort((np.arange(len(orders)), orders.tick, segment))


@pytest.mark.parametrize("count", [1, 31, 33, 700, 60_000, 130_001])
def test_records_stand_by_pair_kind_tick_and_time(count: int) -> None:
    market, orders = fx_like(4, count, 3, exact_out=0.5)
    book = build(market, orders)
    order = sorted_plainly(market, orders)
    assert np.array_equal(book.records[:, 0] & PLACE_MASK, order)
    assert np.array_equal(book.records[:, 1], orders.quantity[order])


@settings(max_examples=60, deadline=None)
@given(batches(quantity_max=10**15))
def test_totals_up_to_a_tick_are_those_of_a_plain_sum(batch: tuple[Market, Orders]) -> None:
    market, orders = batch
    n = len(market.currencies)
    cut = np.full((n, n), int(np.median(orders.tick)) if len(orders) else 1, np.int64)
    totals = totals_up_to(build(market, orders), cut)
    for segment in range(2 * n * n):
        kind, sell, buy = segment // (n * n), segment // n % n, segment % n
        chosen = (
            (orders.kind == kind)
            & (orders.sell == sell)
            & (orders.buy == buy)
            & (orders.tick <= cut[sell, buy])
        )
        assert totals[segment] == sum(orders.quantity[chosen].tolist())


def test_an_order_taken_out_counts_no_more() -> None:
    market, orders = fx_like(3, 500, 1)
    book = build(market, orders)
    place = 250
    segment = book.segment(0, int(orders.sell[place]), int(orders.buy[place]))
    everything = np.full((3, 3), 10**9, np.int64)
    before = totals_up_to(book, everything)
    take_out(book, segment, int(orders.tick[place]), place)
    assert before[segment] - totals_up_to(book, everything)[segment] == orders.quantity[place]


def test_quantities_beyond_what_a_word_holds_are_refused() -> None:
    orders = Orders(
        np.zeros(100, np.int16), np.ones(100, np.int16), np.zeros(100, np.int8),
        np.full(100, 10**17), np.ones(100, np.int64), np.zeros(100, np.bool_),
    )  # fmt: skip
    with pytest.raises(InvariantBroken, match="PAIR_MAX"):
        build(Market(("A", "B"), np.zeros((2, 2), np.int64), np.zeros(2)), orders)
