"""Categories as numbers that do not tell a line its own label: target encoding out of the fold.

    categories, labels ──out_of_fold──▶ what a model is trained on
    categories, labels ──fit──▶ Encoding ──encode──▶ what it is given later

A category's number is how often controls found something in it, drawn towards the whole's rate by `smoothing`
imagined lines. For training, lines are divided into folds, and a line's number is made from the other folds
alone: no label of a fold has a part in the fold's numbers, and a category's lines in one fold have one number
whatever their labels. Taking only the line itself out of the count would not do: then a category has two
numbers, the lower for lines with a finding, and trees learn to tell these apart and nothing else. The tests
have that as their counterexample. Where a category has so few lines that each is in a fold of its own, both
come to the same; there smoothing keeps the number near the whole's.

Source: D. Micci-Barreca, A preprocessing scheme for high-cardinality categorical attributes, SIGKDD
Explorations 3 (1), 2001.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from tasviya.core.errors import invariant
from tasviya.customs.risk_history import Floats, Texts

FOLDS = 5
SMOOTHING = 10
"""How many imagined lines of the whole's rate stand beside a category's own."""

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Encoding:
    """By category, how many lines controls found something in and how many there were; and of the whole."""

    tables: Mapping[str, tuple[int, int]]
    found: int
    lines: int
    smoothing: int = SMOOTHING

    def __post_init__(self) -> None:
        invariant(0 <= self.found <= self.lines and self.lines > 0, "an encoding is of some lines")

    def rate(self, category: str) -> float:
        """The smoothed share of lines with a finding, 0 to 1; of an unknown category, the whole's."""
        if category not in self.tables:
            return self.found / self.lines
        found, lines = self.tables[category]
        return (found + self.smoothing * self.found / self.lines) / (lines + self.smoothing)


def folds_of(lines: int, seed: int, folds: int = FOLDS) -> NDArray[np.int64]:
    """The fold of every line, 0 upwards; as even as can be, and the same for the same seed on any machine."""
    by_hash = sorted(range(lines), key=lambda place: sha256(f"{seed}:{place}".encode()).digest())
    made = np.zeros(lines, dtype=np.int64)
    made[by_hash] = np.arange(lines) % folds
    return made


def fit(categories: Texts, labels: Labels, smoothing: int = SMOOTHING) -> Encoding:
    """What lines and their labels say of each category. categories, labels: of one length, labels 0 or 1."""
    names, places = np.unique(categories.astype(str), return_inverse=True)
    found = np.bincount(places, weights=labels, minlength=len(names)).astype(np.int64)
    counts = np.bincount(places, minlength=len(names))
    tables = {str(name): (int(found[place]), int(counts[place])) for place, name in enumerate(names)}
    return Encoding(tables, int(labels.sum()), len(labels), smoothing)


def encode(encoding: Encoding, categories: Texts) -> Floats:
    """Each line's category as a number, 0 to 1."""
    rates = {category: encoding.rate(category) for category in encoding.tables}
    unknown = encoding.found / encoding.lines
    return np.array([rates.get(category, unknown) for category in categories], dtype=np.float64)


def out_of_fold(
    categories: Texts, labels: Labels, folds: NDArray[np.int64], smoothing: int = SMOOTHING
) -> Floats:
    """Each line's category as a number made from the lines of other folds alone.

    Raises: InvariantBroken if all lines are in one fold.
    """
    made = np.zeros(len(labels), dtype=np.float64)
    for fold in np.unique(folds):
        here = folds == fold
        invariant(not here.all(), "lines are in several folds")
        made[here] = encode(fit(categories[~here], labels[~here], smoothing), categories[here])
    return made
