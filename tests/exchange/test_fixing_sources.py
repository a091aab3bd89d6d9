"""From batches, from quotes and from central banks to the day's fixing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import combinations
from math import floor, log10

import numpy as np
import pytest

from tasviya.core.business_day import Calendar
from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal
from tasviya.core.rates import FxReason, RateSource
from tasviya.exchange.cross_rates import PairQuote
from tasviya.exchange.fixing import FixingTerms, Reading, Sheet, fix
from tasviya.exchange.fixing_sources import (
    batch_sheet,
    central_bank_sheet,
    largest_group,
    mid_quote,
    quote_sheet,
)
from tasviya.exchange.market import Market
from tasviya.exchange.quotes import FirmQuote, inverse

DAY, NOW = date(2026, 9, 29), 1_790_000_000 * 10**9
CODES = ("CNY", "RUB", "JPY", "KWD")
CURRENCIES = {code: currency(code) for code in (*CODES, "INR", "KZT")}
WORTH = {"CNY": 1.0, "RUB": 0.0794, "JPY": 0.0477, "KWD": 23.2}
"""Of whole units; minor units have 2, 2, 0 and 3 decimals."""
CALENDARS = dict.fromkeys(CODES, Calendar(""))


def minor_worth(code: str) -> float:
    return WORTH[code] / CURRENCIES[code].minor_per_major


def market() -> Market:
    exponents = np.zeros((4, 4), np.int64)
    for i, a in enumerate(CODES):
        for j, b in enumerate(CODES):
            exponents[i, j] = 5 - floor(log10(minor_worth(a) / minor_worth(b)))
    return Market(CODES, exponents, np.zeros(4))


MARKET = market()


def quotes(provider: str, skew: float = 1.0) -> list[FirmQuote]:
    """A provider's quotes of all pairs, 10 basis points wide; `skew` is what it says of KWD."""
    found = []
    for i, j in combinations(range(4), 2):
        base, counter = CODES[i], CODES[j]
        said = minor_worth(base) / minor_worth(counter) * (1 / skew if counter == "KWD" else 1)
        ticks = said * 10.0 ** int(MARKET.exponents[i, j])
        bid, ask = round(ticks * 0.9995), round(ticks * 1.0005)
        found.append(FirmQuote(provider, base, counter, bid, ask, 10**6, 10**6, NOW, NOW + 60 * 10**9))
    return found


def sheet_of(given: list[FirmQuote]) -> Sheet:
    found = quote_sheet(given, MARKET, CURRENCIES)
    assert isinstance(found, tuple), found
    return found[0]


def batches(*said: tuple[str, int, int, int]) -> Sheet:
    """What batches say, each of a currency: its value, orders and banks."""
    readings = (
        (code, Reading(Fraction(value), (f"batch {number}",), orders, banks))
        for number, (code, value, orders, banks) in enumerate(said, start=1)
    )
    return batch_sheet(readings, FixingTerms(orders_min=20, banks_min=3))


def test_last_batch_with_enough_behind_it_counts() -> None:
    sheet = batches(("CNY", 5, 20, 3), ("CNY", 6, 40, 4), ("CNY", 7, 19, 9), ("CNY", 8, 90, 2))
    assert sheet.source is RateSource.BATCH
    assert sheet.readings["CNY"] == Reading(Fraction(6), ("batch 2",), 40, 4)


def test_last_thin_batch_is_told_where_no_batch_had_enough() -> None:
    sheet = batches(("RUB", 5, 19, 9), ("CNY", 1, 30, 5), ("JPY", 2, 30, 5), ("RUB", 6, 1, 1))
    assert sheet.readings["RUB"].evidence == ("batch 4",)
    found = fix(DAY, CALENDARS, [sheet], {})
    assert set(found.fixed) == {"CNY", "JPY"}
    assert "RUB" in found.refused


def test_quotes_of_three_providers_fix_all_currencies() -> None:
    sheet = sheet_of([*quotes("A"), *quotes("B"), *quotes("C")])
    found = fix(DAY, CALENDARS, [sheet], {}).fixed
    assert {each.rate.source for each in found.values()} == {RateSource.QUOTES}
    assert found["KWD"].rate.evidence == ("A", "B", "C")
    for base, counter in combinations(CODES, 2):
        rate = found[base].rate.value / found[counter].rate.value
        assert float(rate) == pytest.approx(WORTH[base] / WORTH[counter], rel=1e-5)


def test_two_providers_are_too_few() -> None:
    sheet = sheet_of([*quotes("A"), *quotes("B"), *quotes("B")])
    assert not fix(DAY, CALENDARS, [sheet], {}).fixed
    assert fix(DAY, CALENDARS, [sheet], {}, FixingTerms(contributors_min=2)).fixed


def test_provider_who_lies_about_a_currency_does_not_count_for_it() -> None:
    given = [*quotes("A"), *quotes("B"), *quotes("C"), *quotes("liar", skew=1.02)]
    sheet = sheet_of(given)
    assert sheet.readings["KWD"].evidence == ("A", "B", "C")
    ratio = sheet.readings["KWD"].value / sheet.readings["CNY"].value
    assert float(ratio) == pytest.approx(23.2, rel=2e-4)


def test_one_sided_quotes_say_nothing() -> None:
    (first, *rest) = quotes("A")
    silent = [replace(first, ask_minor=0), replace(first, bid_minor=0)]
    assert sheet_of([*rest, *silent]) == sheet_of(rest)
    found = quote_sheet(silent, MARKET, CURRENCIES)
    assert isinstance(found, Refusal)
    assert found.reason == FxReason.NOT_CONNECTED


def test_last_quote_of_a_pair_counts_also_when_it_is_turned_round() -> None:
    (first, *_) = quotes("A")
    moved = replace(first, bid_tick=first.bid_tick * 2, ask_tick=first.ask_tick * 2)
    turned = inverse(moved, MARKET)
    assert isinstance(turned, FirmQuote)
    for last in (moved, turned):
        values = sheet_of([first, last]).readings
        assert float(values["CNY"].value / values["RUB"].value) == pytest.approx(2 / 0.0794, rel=1e-4)


def test_quotes_that_nothing_ties_together_do_not_spoil_each_other() -> None:
    pairs = [("A", "B"), ("B", "C"), ("D", "E"), ("C", "A")]
    found = largest_group([PairQuote(one, other, Fraction(1), "X") for one, other in pairs])
    assert [(each.base, each.quote) for each in found] == [("A", "B"), ("B", "C"), ("C", "A")]
    assert largest_group([]) == []


def test_mid_is_the_same_seen_from_either_currency() -> None:
    for quote in quotes("A"):
        other = inverse(quote, MARKET)
        assert isinstance(other, FirmQuote)
        one, two = (mid_quote(each, MARKET, CURRENCIES) for each in (quote, other))
        assert float(one.value * two.value) == pytest.approx(1, abs=3e-5)
        assert one.noise == pytest.approx(5e-4, rel=0.05)


def test_central_banks_fill_in_what_quotes_do_not_say() -> None:
    said = [quote for name in "ABC" for quote in quotes(name) if "JPY" not in (quote.base, quote.counter)]
    official = central_bank_sheet(
        {code: Fraction(str(worth)) * 7 for code, worth in WORTH.items()},
        {code: f"central bank of {code}" for code in WORTH},
    )
    found = fix(DAY, CALENDARS, [official, sheet_of(said)], {}).fixed
    assert found["JPY"].rate.source is RateSource.CENTRAL_BANK
    assert found["JPY"].rate.evidence == ("central bank of JPY",)
    assert found["CNY"].rate.source is RateSource.QUOTES
    assert float(found["JPY"].rate.value / found["CNY"].rate.value) == pytest.approx(0.0477, rel=2e-5)
