"""How often rules are right: what controls found, by the rules for which they were made.

    results of controls ──hit_rates──▶ by rule: hits, found, and the share

A control counts for every rule that named it. The draw is among them as RANDOM: its share is what anybody
would find by chance, and a rule that finds no more is not worth its controls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from tasviya.core.errors import OperatorError
from tasviya.customs.csv_rows import cells_of

HIT_RATE_CODES = {
    "SL03": "results of controls are CSV: mrn, each once; rules, blanks between; found, yes or no"
}
COLUMNS = ("mrn", "rules", "found")


@dataclass(frozen=True, slots=True)
class ControlResult:
    """What a control came to. rules: those that hit, and RANDOM if it was drawn."""

    mrn: str
    rules: tuple[str, ...]
    found: bool


@dataclass(frozen=True, slots=True)
class HitRate:
    """Of a rule: how many of its declarations were controlled, and in how many something was found."""

    rule: str
    hits: int
    found: int

    @property
    def rate(self) -> Fraction | None:
        """The share with a finding, 0 to 1; None if nothing was controlled."""
        return Fraction(self.found, self.hits) if self.hits else None


def hit_rates(results: Iterable[ControlResult], rules: Iterable[str] = ()) -> tuple[HitRate, ...]:
    """Of every rule that results name, and of `rules` that none names, by their codes."""
    given = list(results)
    hits = Counter(rule for each in given for rule in dict.fromkeys(each.rules))
    found = Counter(rule for each in given if each.found for rule in dict.fromkeys(each.rules))
    return tuple(HitRate(rule, hits[rule], found[rule]) for rule in sorted({*hits, *rules}))


def read_results(raw: bytes, where: str) -> tuple[ControlResult, ...]:
    """The results in a CSV file.

    Raises: OperatorError SL03 with the line at fault.
    """
    results: dict[str, ControlResult] = {}
    for line, cells in cells_of(raw, where, "SL03", COLUMNS):
        mrn, rules, found = cells["mrn"], tuple(cells["rules"].split()), cells["found"]
        if not mrn or mrn in results:
            what = f"{mrn:.40} is there twice." if mrn else "There is no MRN."
            raise OperatorError("SL03", what, "Give every control once, with its MRN.", f"{where}:{line}")
        if not rules or found not in ("yes", "no"):
            what = f"found is {found[:40]!r}." if rules else "No rule is named."
            cure = "Name the rules, or RANDOM, with blanks between; write yes or no."
            raise OperatorError("SL03", what, cure, f"{where}:{line}")
        results[mrn] = ControlResult(mrn, rules, found == "yes")
    return tuple(results.values())
