"""Consistent rates from noisy quotes: transitive, hardly moved by false ones, which are told."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, permutations
from math import exp, log
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.core.rates import FxReason
from tasviya.exchange.cross_rates import CrossRates, PairQuote, consistent_rates

NAMES = ("BYN", "CNY", "INR", "IRR", "KGS", "KZT", "PKR", "RUB", "TJS", "UZS")
WORTH = np.log([2.215, 1.0, 0.0698, 4.88e-6, 0.0767, 0.0152, 0.0242, 0.0794, 0.727, 5.69e-4])
PAIRS = list(combinations(range(10), 2))
BP = 1e-4
DRAWS = 200


def said(base: int, quote: int, log_value: float, contributor: str, noise: float = 5e-4) -> PairQuote:
    return PairQuote(NAMES[base], NAMES[quote], Fraction(exp(log_value)), contributor, noise)


def market(seed: int, false: int = 0, by_bp: float = 0.0) -> tuple[list[PairQuote], set[int]]:
    """A quote for each of 45 pairs, each by another contributor, noise of 2.5 to 20 bp; some of them
    false."""
    chance = np.random.default_rng(seed)
    noise = 5 * BP * np.exp(chance.uniform(log(0.5), log(4), len(PAIRS)))
    logs = [WORTH[i] - WORTH[j] for i, j in PAIRS] + chance.normal(0, noise)
    chosen = chance.choice(len(PAIRS), false, replace=False)
    logs[chosen] += by_bp * BP * chance.choice([-1, 1], false)
    quotes = [said(i, j, logs[k], f"bank {k}", noise[k]) for k, (i, j) in enumerate(PAIRS)]
    return quotes, {int(place) for place in chosen}


def solved(quotes: list[PairQuote]) -> CrossRates:
    found = consistent_rates(quotes)
    assert isinstance(found, CrossRates)
    return found


def worst_error(values: np.ndarray) -> float:
    """Of any currency against the mean of all, in logarithms."""
    off = values - WORTH
    return float(np.abs(off - off.mean()).max())


def robust_error(quotes: list[PairQuote]) -> float:
    rates = solved(quotes)
    return worst_error(np.array([log(rates.values[name]) for name in NAMES]))


def least_squares_error(quotes: list[PairQuote]) -> float:
    rows = np.zeros((len(quotes) + 1, 10))
    said_logs = np.zeros(len(quotes) + 1)
    rows[-1] = 1e6
    for row, quote in enumerate(quotes):
        rows[row, [NAMES.index(quote.base), NAMES.index(quote.quote)]] = 1 / quote.noise, -1 / quote.noise
        said_logs[row] = log(quote.value) / quote.noise
    return worst_error(np.linalg.lstsq(rows, said_logs, rcond=None)[0])


def median_error(error: Callable[[list[PairQuote]], float], false: int, by_bp: float) -> float:
    return median(error(market(seed, false, by_bp)[0]) for seed in range(DRAWS))


# Consistency


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_rates_multiply_to_each_other_exactly(seed: int) -> None:
    rates = solved(market(seed)[0])
    for a, b, c in permutations(NAMES, 3):
        assert rates.rate(a, b) * rates.rate(b, c) == rates.rate(a, c)
        assert rates.rate(a, b) * rates.rate(b, a) == 1


def test_quotes_without_noise_are_reproduced() -> None:
    rates = solved([said(i, j, WORTH[i] - WORTH[j], f"bank {i}") for i, j in PAIRS])
    for i, j in PAIRS:
        assert log(rates.rate(NAMES[i], NAMES[j])) == pytest.approx(WORTH[i] - WORTH[j], abs=1e-10)
    assert rates.suspects == ()
    assert sum(log(value) for value in rates.values.values()) == pytest.approx(0, abs=1e-9)


def test_turning_a_quote_round_changes_nothing() -> None:
    quotes, _ = market(5, false=3, by_bp=200)
    turned = [PairQuote(q.quote, q.base, 1 / q.value, q.contributor, q.noise) for q in quotes]
    assert solved(turned) == solved(quotes)


def test_order_of_quotes_changes_nothing() -> None:
    quotes, _ = market(6, false=3, by_bp=200)
    assert solved(quotes[::-1]) == solved(quotes)


def test_pair_that_nobody_quotes_has_a_rate() -> None:
    chain = [said(i, i + 1, WORTH[i] - WORTH[i + 1], "bank") for i in range(9)]
    rate = solved(chain).rate("BYN", "UZS")
    assert log(rate) == pytest.approx(WORTH[0] - WORTH[9], abs=1e-9)


# False quotes


def test_five_false_quotes_of_45_by_300_bp_cost_at_most_a_fifth() -> None:
    """Target: 1.2 times the clean error; the clean error of least squares, which is the least there is."""
    clean = median_error(least_squares_error, 0, 0)
    spoilt = median_error(robust_error, 5, 300)
    assert spoilt <= 1.2 * clean
    assert spoilt <= 1.2 * median_error(robust_error, 0, 0)
    assert median_error(least_squares_error, 5, 300) > 10 * clean, "which least squares alone would not stand"


def test_false_quotes_are_told_and_true_ones_hardly_ever() -> None:
    caught = missed = wronged = 0
    for seed in range(100):
        quotes, chosen = market(seed, false=5, by_bp=300)
        told = {int(each.quote.contributor.split()[1]) for each in solved(quotes).suspects}
        caught += len(told & chosen)
        missed += len(chosen - told)
        wronged += len(told - chosen)
    assert caught >= 0.97 * (caught + missed)
    assert wronged <= 0.015 * 40 * 100


def test_suspect_comes_with_its_size_and_direction() -> None:
    quotes = [said(i, j, WORTH[i] - WORTH[j], f"bank {i}{j}") for i, j in PAIRS]
    quotes[0] = said(0, 1, WORTH[0] - WORTH[1] + 100 * BP, "liar")
    (suspect,) = solved(quotes).suspects
    assert suspect.quote.contributor == "liar"
    assert 15 < suspect.sigmas < 30, "100 bp are 20 times 5 bp"


# One contributor, one vote


def test_contributor_who_lies_in_most_pairs_of_a_currency_is_outvoted() -> None:
    """One bank quotes the sum against six others, all 100 bp too high; three others quote it once each."""
    true = [said(i, j, WORTH[i] - WORTH[j], f"bank {i}{j}") for i, j in PAIRS if 9 not in (i, j)]
    lies = [said(9, j, WORTH[9] - WORTH[j] + 100 * BP, "liar") for j in range(6)]
    honest = [said(9, j, WORTH[9] - WORTH[j], f"honest {j}") for j in range(6, 9)]
    rates = solved([*true, *lies, *honest])
    assert log(rates.rate("UZS", "CNY")) == pytest.approx(WORTH[9] - WORTH[1], abs=5 * BP)
    assert {each.quote.contributor for each in rates.suspects} == {"liar"}
    assert rates.support["UZS"] == ("honest 6", "honest 7", "honest 8")
    six = [said(9, j, WORTH[9] - WORTH[j] + 100 * BP, f"liar {j}") for j in range(6)]
    majority = solved([*true, *six, *honest])
    assert log(majority.rate("UZS", "CNY")) == pytest.approx(WORTH[9] - WORTH[1] + 100 * BP, abs=20 * BP)


def test_quoting_again_and_again_weighs_no_more() -> None:
    quotes, _ = market(9)
    (first, *_) = quotes
    assert solved([*quotes, *[first] * 50]) == solved(quotes)


# What is refused


def test_currencies_in_two_parts_are_refused() -> None:
    found = consistent_rates([said(0, 1, 0.0, "a"), said(2, 3, 0.0, "b")])
    assert isinstance(found, Refusal)
    assert found.reason == FxReason.NOT_CONNECTED
    assert found.what == "No quotes tie INR, IRR to BYN."


def test_no_quotes_are_refused() -> None:
    found = consistent_rates([])
    assert isinstance(found, Refusal)
    assert found.reason == FxReason.NOT_CONNECTED


@pytest.mark.parametrize(
    "quote",
    [
        PairQuote("CNY", "CNY", Fraction(1), "a"),
        PairQuote("CNY", "KZT", Fraction(0), "a"),
        PairQuote("CNY", "KZT", Fraction(-1), "a"),
        PairQuote("CNY", "KZT", Fraction(10**400), "a"),
        PairQuote("CNY", "KZT", Fraction(1, 10**400), "a"),
        PairQuote("CNY", "KZT", Fraction(1), "a", 0.0),
        PairQuote("CNY", "KZT", Fraction(1), "a", float("nan")),
        PairQuote("CNY", "KZT", Fraction(1), "a", float("inf")),
    ],
)
def test_quotes_that_make_no_sense_are_refused(quote: PairQuote) -> None:
    found = consistent_rates([said(0, 1, 0.0, "b"), quote])
    assert isinstance(found, Refusal)
    assert found.reason == FxReason.NOT_A_QUOTE
    assert found.where == "a"


def test_quotes_that_only_together_make_no_sense_are_refused() -> None:
    found = consistent_rates([said(i, i + 1, 40.0, "a") for i in range(9)])
    assert isinstance(found, Refusal)
    assert found.reason == FxReason.NOT_A_QUOTE
