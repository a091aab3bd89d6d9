"""Which whole orders fill: a choice that nearly balances, then prices that balance it in full.

    in the money by a little ─▶ choose: nearly balanced ─▶ firm: filled at any price ─▶ prices
                      ▲                                                                  │ beyond a limit
                      └─────────────── at those prices, by a little more ◀───────────────┘

Whole orders balance only by luck, but prices can move by what is missing. So orders are left out, or taken
in again, one by one, as long as that brings all currencies nearer to balance. The chosen are *firm*: they
stand in a book of their own at the least tick and fill whatever the prices, which divisible orders and
balance then set. If a limit is missed by little, the next choice is among orders whose limits lie further
from the rates; if by much, the currency whose price moved most is left out. Each round is one search that
begins where the first one ended, and there are few.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tasviya.exchange.attempt import Settlement
from tasviya.exchange.compiled import compiled
from tasviya.exchange.margin_search import WIDEST, MarginSearch
from tasviya.exchange.market import Bools, Int64s, Market, OrderKind, Orders
from tasviya.exchange.order_book import PLACE_BITS, Book, Float64s, build
from tasviya.exchange.whole_prices import most_in_the_money

FIRM_TICK = 1
ROUNDS_MAX = 12
"""Choices that are tried before whole orders are given up."""
SPARE_LEAST, SPARE_GROWTH = 1e-5, 2.0
"""How far, in logarithms, limits of the first choice lie from the rates, and by what that grows."""
_LEFT_OUT_SHARE = 15
"""Of so many currencies, one is left out a round: those whose prices would have to move most."""
NEAR = 1e-3
"""Limits missed by less than this are avoided by a choice further from the rates."""
SUBSETS = 7
"""Of so few orders, every subset is tried."""
_CHOICES_MAX = 5000
"""So many of the orders next to the rates may be left out."""
_ROUNDS_MIXED = 4
"""Choices that are tried where orders can be divided: the first ones succeed, or none does."""
_BAND = 1e-3
"""A band so narrow that divisible orders fill in it about as the choice has it."""
_FAR = 5e-3
"""Currencies whose price a choice would move by more than this are left out."""
_BESIDE = 1e-3
"""Divisible orders within so much of the rates tell how much more of them fills as prices move."""


Solve = Callable[[Book, MarginSearch], Settlement | None]
"""The settlement of a book, near where a search begins; None if whole orders stand in its way."""


Filled = tuple[Orders, Settlement, Bools]
"""Orders as they were settled, their settlement, and which whole orders fill."""


def fill_firm(market: Market, orders: Orders, x: Float64s, solve: Solve) -> Filled | None:
    """Whole orders in the money that fill together with those that can be divided; None if none were found.

    Of a few whole orders alone, the largest value at the reference. x: log prices less the reference, where
    to begin.
    """
    alone = bool(orders.whole.all())
    if len(orders) <= SUBSETS and alone:
        return _fill_subset(market, orders, x, solve)
    n, spare = len(x), SPARE_LEAST
    left_out = np.zeros(n, np.bool_)
    band, rounds = (WIDEST, ROUNDS_MAX) if alone else (_BAND, _ROUNDS_MIXED)
    for _ in range(rounds):
        firm, left_out = choose(market, orders, x, spare, left_out)
        if not firm.any():
            return None
        tried, settled = _settled(market, orders, firm, x, band, solve)
        if settled is not None and not np.any(firm & ~_allowed(market, orders, settled)):
            return tried, settled, firm
        spare *= SPARE_GROWTH
        found = x if settled is None else _log_prices(market, settled)
        missed = float(beyond(market, orders, found)[firm].max())
        if settled is not None and missed < NEAR:
            spare = max(spare, 1.5 * missed)
        else:
            left_out[_weakest(orders, firm, found - x)] = True
    return None


def _fill_subset(market: Market, orders: Orders, x: Float64s, solve: Solve) -> Filled | None:
    """Of a few whole orders alone, the subset of the largest value for which prices can be found."""
    count, worth = len(orders), np.exp(market.reference - market.reference.max())
    value = orders.quantity * worth[np.where(orders.kind == OrderKind.EXACT_OUT, orders.buy, orders.sell)]
    subsets = (np.arange(1, 1 << count)[:, None] >> np.arange(count)) & 1 == 1
    for firm in subsets[np.argsort(-(subsets @ value), kind="stable")]:
        if set(orders.sell[firm].tolist()) != set(orders.buy[firm].tolist()):
            continue
        tried, settled = _settled(market, orders, firm, x, WIDEST, solve)
        if settled is not None and not np.any(firm & ~_allowed(market, orders, settled)):
            return tried, settled, firm
    return None


def _settled(
    market: Market, orders: Orders, firm: Bools, x: Float64s, band: float, solve: Solve
) -> tuple[Orders, Settlement | None]:
    """The orders with `firm` ones filled at any price, and their settlement."""
    tried = as_firm(orders, firm)
    search = MarginSearch(market, build(market, tried), x, band, _dearest(market, orders, firm))
    return tried, solve(search.book, search)


def choose(market: Market, orders: Orders, x: Float64s, spare: float, left_out: Bools) -> tuple[Bools, Bools]:
    """Whole orders in the money by `spare` that, with all divisible orders in the money, nearly balance.

    left_out: currencies of which no whole order is chosen. Returns the choice, and `left_out` with those
    added whose orders are too few or too large to balance.
    """
    while True:
        firm, moves = _nearly_balanced(market, orders, x, spare, left_out)
        worst = np.argsort(-moves, kind="stable")[: -(-len(x) // _LEFT_OUT_SHARE)]
        far = worst[moves[worst] > _FAR]
        if not len(far):
            return firm, left_out
        left_out = left_out.copy()
        left_out[far] = True


def _nearly_balanced(
    market: Market, orders: Orders, x: Float64s, spare: float, left_out: Bools
) -> tuple[Bools, Float64s]:
    """A choice of whole orders, and by how much it moves the price of each currency, about."""
    n = len(x)
    worth = np.exp(market.reference + x - (market.reference + x).max())
    by_buy = orders.kind == OrderKind.EXACT_OUT
    sell, buy = orders.sell.astype(np.int64), orders.buy.astype(np.int64)
    scaled = np.where(by_buy, buy, sell)
    value = orders.quantity * worth[scaled]
    gain = -beyond(market, orders, x)
    barred = orders.whole & (left_out[sell] | left_out[buy])
    fills = (gain >= np.where(orders.whole, spare, 0.0)) & ~barred
    beside = ~orders.whole & (np.abs(gain) < _BESIDE)
    places = np.flatnonzero(fills & orders.whole)
    places = places[np.argsort(gain[places], kind="stable")][:_CHOICES_MAX]
    stays = np.ix_(~left_out, ~left_out)
    moved = np.zeros(n)
    for rough in (True, False, False):
        response = np.zeros(n * n)
        response += np.bincount(sell[fills] * n + scaled[fills], value[fills], n * n)
        response -= np.bincount(buy[fills] * n + scaled[fills], value[fills], n * n)
        net = response.reshape(n, n).sum(axis=1)
        for one, other, sign in ((sell, sell, 1), (buy, buy, 1), (sell, buy, -1), (buy, sell, -1)):
            values = value[beside] * sign / (2 * _BESIDE)
            response += np.bincount(one[beside] * n + other[beside], values, n * n)
        matrix = response.reshape(n, n)
        volume = np.maximum(np.abs(matrix).sum(axis=1, keepdims=True), 1e-100)
        # Only ratios of prices mean anything.
        share = ((matrix - matrix.mean(axis=1, keepdims=True)) / volume)[stays]
        moves = np.zeros((n, n))
        moves[stays] = np.eye(len(share)) if rough else np.linalg.pinv(share, rcond=1e-7)
        moves /= volume.T
        weight = np.ascontiguousarray(moves.T @ moves)
        chosen = fills[places]
        _balance(sell[places], buy[places], value[places], chosen, weight @ net, weight, 100 + 30 * n)
        fills[places] = chosen
        net = np.bincount(sell[fills], value[fills], n) - np.bincount(buy[fills], value[fills], n)
        moved = np.abs(moves @ net)
    firm: Bools = fills & orders.whole
    return firm, moved


def _log_prices(market: Market, settled: Settlement) -> Float64s:
    """Log prices less the reference."""
    return np.log(np.maximum(np.array(settled.prices, np.float64), 1.0)) - market.reference


def _weakest(orders: Orders, firm: Bools, moved: Float64s) -> Int64s:
    """The currencies whose prices had to move most; if none moved, those with the fewest firm orders."""
    n = len(moved)
    count = np.bincount(orders.sell[firm], minlength=n) + np.bincount(orders.buy[firm], minlength=n)
    used = np.flatnonzero(count)
    by = -np.abs(moved - np.median(moved[used])) if moved.any() else count
    weakest: Int64s = used[np.argsort(by[used], kind="stable")][: -(-n // _LEFT_OUT_SHARE)]
    return weakest


def as_firm(orders: Orders, firm: Bools) -> Orders:
    """The orders with `firm` ones filled at any price, and other whole ones empty."""
    tick = np.where(firm, FIRM_TICK, orders.tick)
    return replace(orders, tick=tick, quantity=np.where(orders.whole & ~firm, 0, orders.quantity))


def in_the_money(market: Market, orders: Orders, prices: list[int]) -> Bools:
    """Which orders' limits the prices satisfy; at least all of them whose currencies have a price."""
    return orders.tick <= limits(market, prices)[orders.sell, orders.buy]


def beyond(market: Market, orders: Orders, x: Float64s) -> Float64s:
    """How far, in logarithms, the limit of each order lies beyond the rate; negative in the money."""
    log_price = market.reference + x
    rate = market.exponents[orders.sell, orders.buy] * math.log(10)
    far: Float64s = np.log(orders.tick) - rate - log_price[orders.sell] + log_price[orders.buy]
    return far


def limits(market: Market, prices: list[int]) -> Int64s:
    """(N, N): the greatest tick of a pair that the prices satisfy, or 2**40."""
    pairs = range(len(prices))
    return np.array([[min(most_in_the_money(market, prices, a, b), 1 << 40) for b in pairs] for a in pairs])


def _allowed(market: Market, orders: Orders, settled: Settlement) -> Bools:
    """Whether prices satisfy an order's limit, and no order before it in its pair can be filled further."""
    n = len(settled.prices)
    pair = orders.sell.astype(np.int64) * n + orders.buy
    key = orders.tick << PLACE_BITS | np.arange(len(orders))
    last = settled.keys.ravel()[pair]
    full = (key < last) | ((key == last) & (orders.quantity == settled.part.ravel()[pair]))
    open_ = ~orders.whole & ~full
    first_open = np.full(n * n, np.iinfo(np.int64).max)
    np.minimum.at(first_open, pair[open_], key[open_])
    allowed: Bools = in_the_money(market, orders, settled.prices) & (key < first_open[pair])
    return allowed


def _dearest(market: Market, orders: Orders, firm: Bools) -> Int64s:
    """(N, N): the greatest tick of the firm orders of each pair; 0 if it has none."""
    n = len(market.currencies)
    ticks = np.zeros((n, n), np.int64)
    np.maximum.at(ticks, (orders.sell[firm], orders.buy[firm]), orders.tick[firm])
    return ticks


@compiled
def _balance(sell, buy, value, chosen, pressure, weight, flips_max):
    """Leave out or take in the order that moves prices nearest to where they are, again and again."""
    for _ in range(flips_max):
        best, most = -1, 0.0
        for i in range(len(sell)):
            a, b = sell[i], buy[i]
            moved = -value[i] if chosen[i] else value[i]
            change = moved * (
                moved * (weight[a, a] + weight[b, b] - 2.0 * weight[a, b]) + 2.0 * (pressure[a] - pressure[b])
            )
            if change < most:
                best, most = i, change
        if best < 0:
            return
        moved = -value[best] if chosen[best] else value[best]
        pressure += moved * (weight[sell[best]] - weight[buy[best]])
        chosen[best] = not chosen[best]
