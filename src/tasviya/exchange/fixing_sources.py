"""The sheets that a fixing climbs down: from batches, from firm quotes, from central banks.

    Reading of each batch ─▶ batch_sheet ─┐
    FirmQuote ─────────────▶ quote_sheet ─┼─▶ fixing.fix
    bulletin ──────▶ central_bank_sheet ─┘

Quotes are in minor units, a fixing in whole ones: the currencies' decimals come in here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from tasviya.core.errors import Refusal
from tasviya.core.money import Currency
from tasviya.core.rates import RateSource
from tasviya.exchange.cross_rates import CrossRates, PairQuote, consistent_rates
from tasviya.exchange.fixing import FixingTerms, Reading, Sheet, root
from tasviya.exchange.market import Market
from tasviya.exchange.quotes import FirmQuote, prices

NOISE_MIN = 1e-4
"""A quote is trusted to one basis point at best, however narrow."""


def batch_sheet(said: Iterable[tuple[str, Reading]], terms: FixingTerms) -> Sheet:
    """Each currency's last reading of the date that has enough behind it; without one, its last.

    said: what each batch says of a currency, the earliest batch first, all in one measure.
    """
    readings: dict[str, Reading] = {}
    for code, reading in said:
        before = readings.get(code)
        if before is None or _enough(reading, terms) or not _enough(before, terms):
            readings[code] = reading
    return Sheet(RateSource.BATCH, readings)


def quote_sheet(
    quotes: Iterable[FirmQuote], market: Market, currencies: Mapping[str, Currency]
) -> tuple[Sheet, CrossRates] | Refusal:
    """What the two-way quotes of a date come to together, and the rates with their suspects, to be published.

    Of a provider's quotes of a pair the last one counts; of currencies that quotes tie together in separate
    groups, the largest group. Evidence is who quotes a currency and is not suspect; the count of them is what
    the ladder asks for.
    quotes: in the order in which they were given.
    """
    last = {
        (quote.provider, frozenset((quote.base, quote.counter))): quote
        for quote in quotes
        if quote.bid_minor and quote.ask_minor
    }
    rates = consistent_rates(largest_group([mid_quote(each, market, currencies) for each in last.values()]))
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
    """A firm quote as one number, whole units of both currencies: the geometric mean of bid and ask, which is
    the same seen from either currency. Half its spread is taken for its noise."""
    bid, ask = prices(quote, market)
    whole = Fraction(currencies[quote.base].minor_per_major, currencies[quote.counter].minor_per_major)
    noise = max(NOISE_MIN, float((ask - bid) / (ask + bid)))
    return PairQuote(quote.base, quote.counter, root(bid * ask, 2) * whole, quote.provider, noise)


def largest_group(quotes: Sequence[PairQuote]) -> list[PairQuote]:
    """The quotes of the largest group of currencies that quotes tie together."""
    group = {code: {code} for quote in quotes for code in (quote.base, quote.quote)}
    for quote in quotes:
        joined = group[quote.base] | group[quote.quote]
        for code in joined:
            group[code] = joined
    largest = max(group.values(), key=lambda codes: (len(codes), sorted(codes)), default=set())
    return [quote for quote in quotes if quote.base in largest]


def _enough(reading: Reading, terms: FixingTerms) -> bool:
    return reading.orders >= terms.orders_min and reading.parties >= terms.banks_min
