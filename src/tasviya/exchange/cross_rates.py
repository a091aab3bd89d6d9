"""One consistent set of rates from many noisy, partly false quotes of pairs.

    quotes ─▶ one a pair and contributor ─▶ least absolute deviations ─▶ Tukey's biweight ─▶ CrossRates

Every currency gets one value, so any two rates multiply to the third and an inverse is the inverse. The
values minimise the weighted squares of what the quotes' logarithms say they are off, with weights that fall
to nothing where a quote is far off: a false quote costs nothing, as long as it is outvoted.

*One contributor, one vote.* Quotes of a contributor for one pair count once, by their median, and all that
a contributor says of a currency weighs as much as one quote: who quotes one currency against many others
gains nothing by it. What is told as suspect is a quote whose residual, standardised by its own noise as if
the others alone had been asked, passes SUSPECT_SIGMAS.

Floats search here; what is published are fractions of 12 digits, and facts from then on.

Sources: least squares on a graph's gradient: X. Jiang, L.-H. Lim, Y. Yao, Y. Ye, "Statistical ranking and
combinatorial Hodge theory", Math. Program. 127 (2011). Biweight and its constant 4.685, of 95 % efficiency
under normal noise: P. Huber, E. Ronchetti, "Robust Statistics", 2nd ed., Wiley 2009.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, inf, log
from statistics import median

import numpy as np
import numpy.typing as npt

from tasviya.core.errors import Refusal, invariant
from tasviya.core.rates import FxReason, significant

SUSPECT_SIGMAS = 4.0
DIGITS = 12
RATE_MAX = 10**18
"""A rate beyond this, or below one over it, is a mistake."""
_BIWEIGHT = 4.685
_ROUNDS = 30
_LEAST_WEIGHT = 1e-9
"""Of a quote's full weight: keeps the graph connected when the only quotes of a currency disagree."""
_LEAST_SCALE = 0.5
"""Quotes that agree better than their stated noise are not thereby shown to be better."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairQuote:
    """A contributor's word that one `base` is worth `value` of `quote`."""

    base: str
    quote: str
    value: Fraction
    contributor: str
    noise: float = 5e-4
    """How far off such a quote usually is, as a part of it: half its spread will do."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A quote that the others contradict."""

    quote: PairQuote
    sigmas: float
    """How many times its noise it is off, above (+) or below (-) what the others say."""


@dataclass(frozen=True, slots=True)
class CrossRates:
    """A value for every currency, only ratios of which mean anything; their geometric mean is one."""

    values: Mapping[str, Fraction]
    suspects: tuple[Suspect, ...]
    support: Mapping[str, tuple[str, ...]]
    """Who has quoted a currency without being suspect in any of its pairs."""

    def rate(self, base: str, quote: str) -> Fraction:
        """What one `base` is worth in `quote`; KeyError for a currency that nobody quoted."""
        return self.values[base] / self.values[quote]


def consistent_rates(quotes: Sequence[PairQuote]) -> CrossRates | Refusal:
    """The rates that all quotes together support.

    Refuses quotes that make no sense (FX05) and quotes that leave the currencies in more than one part
    (FX04).
    """
    for quote in quotes:
        if (
            quote.base == quote.quote
            or not 1 < quote.value * RATE_MAX < RATE_MAX**2
            or not 0 < quote.noise < inf
        ):
            what = f"{quote.contributor} quotes {quote.base}/{quote.quote} at {quote.value!s:.40}."
            return Refusal(
                FxReason.NOT_A_QUOTE, what, "Quote two currencies at a positive rate.", quote.contributor
            )
    votes = _one_a_pair(quotes)
    currencies = sorted({code for vote in votes for code in (vote.base, vote.quote)})
    apart = _apart(currencies, votes)
    if apart or not votes:
        what = f"No quotes tie {', '.join(apart)} to {currencies[0]}." if apart else "There are no quotes."
        return Refusal(FxReason.NOT_CONNECTED, what, "Quote a pair that ties them together.", transient=True)
    system = _System.of(currencies, votes)
    values = system.robust()
    if np.ptp(values) > log(RATE_MAX):
        what = f"The quotes make one currency worth more than {RATE_MAX:.0e} of another."
        return Refusal(FxReason.NOT_A_QUOTE, what, "Look for a quote by the wrong unit.")
    sigmas = system.standardised(values)
    suspects = [
        Suspect(vote, float(sigma))
        for vote, sigma in zip(votes, sigmas, strict=True)
        if abs(sigma) > SUSPECT_SIGMAS
    ]
    return CrossRates(
        {
            code: significant(Fraction(exp(value)), DIGITS)
            for code, value in zip(currencies, values, strict=True)
        },
        tuple(sorted(suspects, key=lambda each: -abs(each.sigmas))),
        _support(currencies, votes, suspects),
    )


@dataclass(frozen=True, slots=True)
class _System:
    """The quotes as equations: the value of `base` less that of `quote` is `log`, in logarithms."""

    size: int
    base: npt.NDArray[np.intp]
    quote: npt.NDArray[np.intp]
    logs: Floats
    noise: Floats
    weight: Floats

    @classmethod
    def of(cls, currencies: Sequence[str], votes: Sequence[PairQuote]) -> _System:
        place = {code: number for number, code in enumerate(currencies)}
        said: Counter[tuple[str, str]] = Counter()
        for vote in votes:
            said[vote.contributor, vote.base] += 1
            said[vote.contributor, vote.quote] += 1
        noise = np.array([vote.noise for vote in votes])
        most = [max(said[vote.contributor, vote.base], said[vote.contributor, vote.quote]) for vote in votes]
        return cls(
            len(currencies),
            np.array([place[vote.base] for vote in votes]),
            np.array([place[vote.quote] for vote in votes]),
            np.array([_log(vote.value) for vote in votes]),
            noise,
            1 / (noise**2 * np.array(most)),
        )

    def robust(self) -> Floats:
        """Values that far-off quotes do not move."""
        values = self.solved(self.weight)
        for _ in range(_ROUNDS):
            off = np.abs(self.residuals(values)) / self.noise
            values = self.solved(self.weight / np.maximum(off, 0.5))
        scale = max(_LEAST_SCALE, 1.4826 * float(np.median(np.abs(self.residuals(values)) / self.noise)))
        for _ in range(_ROUNDS):
            off = self.residuals(values) / (self.noise * scale * _BIWEIGHT)
            biweight = np.where(np.abs(off) < 1, (1 - off**2) ** 2, 0)
            values = self.solved(self.weight * (biweight + _LEAST_WEIGHT))
        return values

    def solved(self, weight: Floats) -> Floats:
        """Weighted least squares, values with mean zero."""
        return np.asarray(np.linalg.solve(self.laplacian(weight) + 1, self.pull(weight * self.logs)))

    def residuals(self, values: Floats) -> Floats:
        return self.logs - values[self.base] + values[self.quote]

    def standardised(self, values: Floats) -> Floats:
        """Residuals over what they would vary by, had the quote not been asked itself."""
        inverse = np.linalg.inv(self.laplacian(self.weight) + 1)
        across = (
            inverse[self.base, self.base]
            + inverse[self.quote, self.quote]
            - 2 * inverse[self.base, self.quote]
        )
        alone: Floats = np.sqrt(np.maximum(1 - self.weight / self.scale * across, 1e-3))
        return self.residuals(values) / (self.noise * alone)

    def laplacian(self, weight: Floats) -> Floats:
        """Scaled so that adding one everywhere, which sets the mean, neither drowns it nor is drowned."""
        matrix = np.zeros((self.size, self.size))
        np.add.at(matrix, (self.base, self.quote), -weight)
        matrix += matrix.T
        np.fill_diagonal(matrix, -matrix.sum(axis=1))
        return matrix / self.scale

    def pull(self, flow: Floats) -> Floats:
        ends = np.bincount(self.base, flow, self.size) - np.bincount(self.quote, flow, self.size)
        return np.asarray(ends / self.scale)

    @property
    def scale(self) -> float:
        return float(self.weight.mean())


def _one_a_pair(quotes: Sequence[PairQuote]) -> list[PairQuote]:
    """Of each contributor and pair one quote, the median; the pair's currencies in the order of their
    codes."""
    found: dict[tuple[str, str, str], list[PairQuote]] = defaultdict(list)
    for quote in quotes:
        if quote.base > quote.quote:
            quote = PairQuote(quote.quote, quote.base, 1 / quote.value, quote.contributor, quote.noise)
        found[quote.base, quote.quote, quote.contributor].append(quote)
    return [
        PairQuote(
            base, other, median(each.value for each in same), contributor, median(each.noise for each in same)
        )
        for (base, other, contributor), same in sorted(found.items())
    ]


def _apart(currencies: Sequence[str], votes: Sequence[PairQuote]) -> list[str]:
    """Currencies that no chain of quotes ties to the first."""
    tied = set(currencies[:1])
    beside = defaultdict(set)
    for vote in votes:
        beside[vote.base].add(vote.quote)
        beside[vote.quote].add(vote.base)
    waiting = list(tied)
    while waiting:
        more = beside[waiting.pop()] - tied
        tied |= more
        waiting += more
    return [code for code in currencies if code not in tied]


def _support(
    currencies: Sequence[str], votes: Sequence[PairQuote], suspects: Sequence[Suspect]
) -> dict[str, tuple[str, ...]]:
    names: dict[str, set[str]] = {code: set() for code in currencies}
    for vote in votes:
        names[vote.base].add(vote.contributor)
        names[vote.quote].add(vote.contributor)
    for suspect in suspects:
        names[suspect.quote.base].discard(suspect.quote.contributor)
        names[suspect.quote.quote].discard(suspect.quote.contributor)
    return {code: tuple(sorted(found)) for code, found in names.items()}


def _log(value: Fraction) -> float:
    """Its natural logarithm, also where the value itself is no float."""
    invariant(value > 0, "only positive values have logarithms")
    return log(value.numerator) - log(value.denominator)
