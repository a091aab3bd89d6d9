"""One batch: orders in, prices and fills out.

    build ─▶ balance over a wide band ─▶ narrow the band ─▶ margin ─▶ settle in whole numbers ─▶ pay
                                             ▲                 │ refuted
                                             └─────────────────┘

Whole orders that would fill in part are taken out, and the search goes on from where it stands; after some
rounds `whole_orders` looks for prices at which those in the money all fill.

If no margin is proven, the batch gets what settles at the best prices found, and says so; if nothing
settles in whole numbers, nothing fills. A batch never half-settles.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from tasviya.exchange.attempt import Settlement
from tasviya.exchange.equilibrium import largest_volume
from tasviya.exchange.fills import settle
from tasviya.exchange.margin_search import MarginSearch
from tasviya.exchange.market import Bools, Clearing, Market, Orders
from tasviya.exchange.order_book import PLACE_BITS, PLACE_MASK, Book, build, take_out
from tasviya.exchange.payouts import give_back, pay
from tasviya.exchange.whole_orders import SUBSETS, as_firm, fill_firm, in_the_money

ROUNDS_ALONE = 3
"""Times that whole orders at the margin are taken out one a run; where none can be divided, at all."""
ROUNDS_TIMES, ROUNDS_LEAST, ROUNDS_MOST = 4_800, 96, 300
"""So many times, by currency, are they taken out at most, and within which bounds."""

TOO_COARSE = "whole minor units are too coarse to fill all that is in the money: a few units of it stay open"
NOT_FOUND = (
    "no prices were found at which all that is in the money fills: the largest volume at the best prices"
)
NOTHING = "no fills were found that whole minor units can settle"


def clear(market: Market, orders: Orders) -> Clearing:
    """Clear a batch: one price a currency, and what each order sells and buys."""
    book = build(market, orders)
    effort: Counter[str] = Counter()
    if not len(book.live):
        return _nothing(market, orders, "", effort)
    whole = orders.whole if orders.whole.any() else None
    out = np.zeros(len(orders), np.bool_)
    search: MarginSearch | None = None
    if orders.whole.all() and len(orders) <= SUBSETS:
        return _firmly(market, orders, MarginSearch(market, book), effort)
    rounds = min(max(ROUNDS_TIMES // book.currencies, ROUNDS_LEAST), ROUNDS_MOST)
    if orders.whole.all():
        rounds = ROUNDS_ALONE
    for round_ in range(rounds):
        search = MarginSearch(market, book) if search is None else search.again()
        settled, why = _solve(market, book, search, whole, effort, turns=not round_)
        if settled is None or (whole is not None and not settled.short and not settled.proven):
            break
        if not settled.short:
            out[settled.aside] = True
            return _paid(market, orders, orders, settled, out, why, effort)
        for place in settled.aside:
            for other in [place] if round_ < ROUNDS_ALONE else _up_to_divisible(book, orders, place):
                out[other] = True
                take_out(book, _segment(book, orders, other), int(orders.tick[other]), other)
    if whole is None or search is None:
        return _nothing(market, orders, why, effort)
    return _firmly(market, orders, search, effort)


def _firmly(market: Market, orders: Orders, search: MarginSearch, effort: Counter[str]) -> Clearing:
    """Fill whole orders in the money at prices that balance them; at worst, none of them."""

    def solve(book: Book, search: MarginSearch) -> Settlement | None:
        found = search.unpinned() if orders.whole.all() else search.find(turns=False)
        _count(search, effort)
        settled = None if found is None else settle(market, book, found[0], orders.whole)
        return None if settled is None or settled.short or settled.aside else settled

    x = search.search.x
    filled = fill_firm(market, orders, x, solve)
    if filled is not None:
        tried, settled, firm = filled
        return _paid(market, orders, tried, settled, orders.whole & ~firm, "", effort)
    tried = as_firm(orders, np.zeros(len(orders), np.bool_))
    book = build(market, tried)
    settled_, why = _solve(market, book, MarginSearch(market, book, x), None, effort)
    if settled_ is None:
        return _nothing(market, orders, why, effort)
    return _paid(market, orders, tried, settled_, orders.whole, why, effort)


def _paid(
    market: Market,
    orders: Orders,
    tried: Orders,
    settled: Settlement,
    out: Bools,
    why: str,
    effort: Counter[str],
) -> Clearing:
    """The clearing of a settlement. tried: the orders as they were settled. out: whole ones that stay out."""
    sold, bought = pay(tried, settled, out)
    if orders.whole.any():
        out = out & in_the_money(market, orders, settled.prices)
    dust = give_back(tried, settled, sold, bought)
    prices = np.array(settled.prices, np.int64)
    return Clearing(prices, sold, bought, out, dust, settled.proven, why, dict(effort))


def _solve(
    market: Market,
    book: Book,
    search: MarginSearch,
    whole: Bools | None,
    effort: Counter[str],
    turns: bool = True,
) -> tuple[Settlement | None, str]:
    """The best settlement of a book, and why it is not proven; short if whole orders must go first."""
    found = search.find(turns)
    _count(search, effort)
    if found is not None:
        margin, settled = found
        heeding = settled if whole is None else settle(market, book, margin, whole)
        return heeding, NOTHING if heeding is None else ""
    for tried, why in ((search.coarse, TOO_COARSE), (largest_volume(search.search), NOT_FOUND)):
        trimmed = None if tried is None else settle(market, book, tried, whole, coarsely=True)
        if trimmed is not None and (not trimmed.short or trimmed.aside):
            return trimmed, "" if trimmed.proven else why
    return None, NOTHING


def _count(search: MarginSearch, effort: Counter[str]) -> None:
    effort.update(
        searches=1,
        calls=search.search.calls,
        pivots=search.pivots,
        margins=search.margins,
        traces=search.traces,
    )


def _up_to_divisible(book: Book, orders: Orders, place: int) -> list[int]:
    """A whole order and those behind it in its pair, up to one that can be divided; else itself."""
    key = int(orders.tick[place]) << PLACE_BITS | place
    behind = []
    for kind in range(2):
        segment = book.segment(kind, int(orders.sell[place]), int(orders.buy[place]))
        keys = book.records[book.starts[segment] : book.starts[segment + 1], 0]
        behind.append(keys[np.searchsorted(keys, key) :])
    queue = np.sort(np.concatenate(behind)) & PLACE_MASK
    divisible = np.flatnonzero(~orders.whole[queue])
    places: list[int] = queue[: divisible[0]].tolist() if len(divisible) else [place]
    return places


def _segment(book: Book, orders: Orders, place: int) -> int:
    return book.segment(*(int(column[place]) for column in (orders.kind, orders.sell, orders.buy)))


def _nothing(market: Market, orders: Orders, why: str, effort: Counter[str]) -> Clearing:
    prices, dust = np.zeros((2, len(market.currencies)), np.int64)
    sold, bought = np.zeros((2, len(orders)), np.int64)
    aside = np.zeros(len(orders), np.bool_)
    return Clearing(prices, sold, bought, aside, dust, not why, why, dict(effort))
