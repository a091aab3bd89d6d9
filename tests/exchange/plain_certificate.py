"""The rules of a batch once more, one order at a time, in whole numbers of any size: the certificate's twin.

It looks at every sentence of the rules itself, also at those that the certificate derives from others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise, permutations
from math import ceil, floor

from tasviya.exchange.market import PRICE_BITS, Clearing, Market, Orders


def broken_rules(market: Market, orders: Orders, clearing: Clearing) -> Counter[str]:
    """How often each rule is broken; `hold` and `least` are the sentences that V1 to V3 imply."""
    wrong: Counter[str] = Counter()
    names = market.currencies
    n = len(names)
    prices = clearing.prices.tolist()
    for place, price in enumerate(prices):
        if not 0 <= price <= 2**PRICE_BITS:
            wrong["V7"] += 1
            prices[place] = 0
    dust = [0] * n
    segments = set()
    by_pair: dict[tuple[int, int], list[tuple[int, int, bool, bool]]] = defaultdict(list)
    easiest: dict[tuple[int, int], Fraction] = {}
    for place in range(len(orders)):
        a, b, kind = int(orders.sell[place]), int(orders.buy[place]), int(orders.kind[place])
        quantity, tick = int(orders.quantity[place]), int(orders.tick[place])
        whole, aside = bool(orders.whole[place]), bool(clearing.set_aside[place])
        sold, bought = int(clearing.sold[place]), int(clearing.bought[place])
        fill = (sold, bought)[kind]
        limit = Fraction(tick) / Fraction(10) ** int(market.exponents[a, b])
        filled = bool(sold or bought)
        bounds = 0 <= fill <= quantity and sold >= 0 and bought >= 0
        if filled and (not bounds or fill == 0 or aside or (whole and fill != quantity)):
            wrong["V1"] += 1
        if aside and not whole and not filled:
            wrong["V1"] += 1
        dust[a] += sold
        dust[b] -= bought
        priced = prices[a] > 0 and prices[b] > 0
        if filled:
            segments.add((a, b, kind))
            if priced:
                if limit * prices[b] > prices[a]:
                    wrong["V2"] += 1
                exact = (
                    Fraction(sold * prices[a], prices[b])
                    if kind == 0
                    else Fraction(bought * prices[b], prices[a])
                )
                if (bought, sold)[kind] not in (floor(exact), ceil(exact)):
                    wrong["V3"] += 1
                if sold > (quantity if kind == 0 else ceil(quantity / limit)):
                    wrong["hold"] += 1
                if kind == 0 and bought < floor(sold * limit):
                    wrong["least"] += 1
            else:
                wrong["V7"] += 1
        if not aside or filled:
            by_pair[a, b].append((tick, place, filled, fill >= quantity or aside))
        if not aside and fill < quantity:
            easiest[a, b] = min(easiest.get((a, b), limit), limit)
            if priced and clearing.certified and prices[a] - n >= limit * (prices[b] + n):
                wrong["V6"] += 1
    for stack in by_pair.values():
        stack.sort()
        last = max((rank for rank, each in enumerate(stack) if each[2]), default=-1)
        if any(not full for _, _, _, full in stack[: max(last, 0)]):
            wrong["V5"] += 1
    claimed = clearing.dust.tolist()
    wrong["V4"] += sum(1 for found, said in zip(dust, claimed, strict=True) if found < 0 or found != said)
    value = sum(found * price for found, price in zip(dust, prices, strict=True))
    wrong["V4"] += any(dust) and value >= (len(segments) + n) * max(prices)
    if clearing.certified and 0 in prices:
        wrong["V6"] += has_gaining_ring(easiest, prices)
    return +wrong


def has_gaining_ring(easiest: dict[tuple[int, int], Fraction], prices: list[int]) -> bool:
    """By trying every ring and every path between currencies with price: for a handful of currencies."""
    n = len(prices)
    unpriced = [place for place in range(n) if not prices[place]]
    for length in range(1, len(unpriced) + 1):
        for ring in permutations(unpriced, length):
            if length > 1 and product(easiest, [*ring, ring[0]]) < 1:
                return True
            for first in range(n):
                for last in range(n):
                    if prices[first] and prices[last]:
                        gain = product(easiest, [first, *ring, last])
                        if gain < 10**300 and prices[first] - n >= gain * (prices[last] + n):
                            return True
    return False


def product(easiest: dict[tuple[int, int], Fraction], path: list[int]) -> Fraction:
    found = Fraction(1)
    for pair in pairwise(path):
        if pair not in easiest:
            return Fraction(10**400)
        found *= easiest[pair]
    return found
