"""The sheets that a fixing climbs down: from a batch, from firm quotes, from central banks.

    Clearing ─▶ batch_sheet ─┐
    FirmQuote ─▶ quote_sheet ─┼─▶ fixing.fix
    bulletin ─▶ central_bank_sheet ─┘

The exchange prices minor units, a fixing whole ones: the currencies' decimals come in here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import Currency
from tasviya.core.rates import RateSource
from tasviya.exchange.cross_rates import CrossRates, PairQuote, consistent_rates
from tasviya.exchange.fixing import Reading, Sheet, root
from tasviya.exchange.market import Clearing, Market, Orders
from tasviya.exchange.quotes import FirmQuote, prices

NOISE_MIN = 1e-4
"""A quote is trusted to one basis point at best, however narrow."""


def batch_sheet(
    market: Market,
    orders: Orders,
    clearing: Clearing,
    banks: npt.NDArray[np.int64],
    currencies: Mapping[str, Currency],
    batch: str,
) -> Sheet:
    """What a batch, proven before, says each currency is worth, and how many orders and banks said so.

    banks: (M,) whose order each is. batch: its name, the evidence.
    """
    invariant(len(banks) == len(orders), "every order has a bank")
    filled = (clearing.sold > 0) | (clearing.bought > 0)
    readings = {}
    for place, code in enumerate(market.currencies):
        price = int(clearing.prices[place])
        its = filled & ((orders.sell == place) | (orders.buy == place))
        if price:
            value = Fraction(price * currencies[code].minor_per_major)
            readings[code] = Reading(value, (batch,), int(its.sum()), len(np.unique(banks[its])))
    return Sheet(RateSource.BATCH, readings)


def quote_sheet(
    quotes: Sequence[FirmQuote], market: Market, currencies: Mapping[str, Currency], now_ns: int
) -> tuple[Sheet, CrossRates] | Refusal:
    """What the valid two-way quotes come to together, and the rates with their suspects, to be published.

    Evidence is who quotes a currency and is not suspect; the count of them is what the ladder asks for.
    """
    pairs = [
        mid_quote(quote, market, currencies)
        for quote in quotes
        if quote.expires_at_ns > now_ns and quote.bid_minor and quote.ask_minor
    ]
    rates = consistent_rates(pairs)
    if isinstance(rates, Refusal):
        return rates
    readings = {
        code: Reading(value, rates.support[code], parties=len(rates.support[code]))
        for code, value in rates.values.items()
    }
    return Sheet(RateSource.QUOTES, readings), rates


def central_bank_sheet(values: Mapping[str, Fraction], source: Mapping[str, str]) -> Sheet:
    """Official rates as central banks publish them, brought by the caller to one currency.

    values: of one whole unit. source: whose bulletin each is.
    """
    return Sheet(
        RateSource.CENTRAL_BANK,
        {code: Reading(value, (source[code],), parties=1) for code, value in values.items()},
    )


def mid_quote(quote: FirmQuote, market: Market, currencies: Mapping[str, Currency]) -> PairQuote:
    """A firm quote as one number, whole units of both currencies: the geometric mean of bid and ask, which
    is the
    same seen from either currency. Half its spread is taken for its noise."""
    bid, ask = prices(quote, market)
    whole = Fraction(currencies[quote.base].minor_per_major, currencies[quote.counter].minor_per_major)
    noise = max(NOISE_MIN, float((ask - bid) / (ask + bid)))
    return PairQuote(quote.base, quote.counter, root(bid * ask, 2) * whole, quote.provider, noise)
