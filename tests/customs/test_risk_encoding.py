"""Target encoding tells no line its own label; what leaves out only the line itself does."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from tasviya.core.errors import InvariantBroken
from tasviya.customs.risk_encoding import Encoding, encode, fit, folds_of, out_of_fold
from tasviya.customs.risk_history import Floats, Texts

Labels = NDArray[np.int64]
LINES = 10_000


def texts(values: list[str]) -> Texts:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def at_random(categories: int, seed: int) -> tuple[Texts, Labels]:
    """Lines in so many categories, their labels by the toss of a coin."""
    drawn = np.random.default_rng(seed)
    names = [f"c{each}" for each in drawn.integers(categories, size=LINES)]
    return texts(names), drawn.integers(2, size=LINES)


def leave_one_out(categories: Texts, labels: Labels) -> Floats:
    """The counterexample: each line's category by all its other lines."""
    found, lines = Counter[str](), Counter[str]()
    for category, label in zip(categories, labels, strict=True):
        found[category] += int(label)
        lines[category] += 1
    rest = [
        (found[category] - int(label)) / max(1, lines[category] - 1)
        for category, label in zip(categories, labels, strict=True)
    ]
    return np.array(rest)


def told(encoded: Floats, labels: Labels) -> float:
    """How many labels are right if each is taken to be what most lines with the very same number have."""
    groups: dict[float, Counter[int]] = {}
    for number, label in zip(encoded, labels, strict=True):
        groups.setdefault(float(number), Counter())[int(label)] += 1
    return sum(max(each.values()) for each in groups.values()) / len(labels)


def by_chance(encoded: Floats, labels: Labels) -> tuple[float, float]:
    """The same for labels that have been shuffled since: mean and standard deviation of twenty shuffles."""
    drawn = np.random.default_rng(7)
    found = [told(encoded, drawn.permutation(labels)) for _ in range(20)]
    return float(np.mean(found)), float(np.std(found))


@pytest.mark.parametrize("categories", [20, 200, 2500])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_labels_at_random_have_no_correlation_with_their_own_encoding(categories: int, seed: int) -> None:
    """Ten thousand coins: chance gives a standard deviation of 0.01; four of them either way."""
    column, labels = at_random(categories, seed)
    encoded = out_of_fold(column, labels, folds_of(LINES, seed))
    assert abs(np.corrcoef(encoded, labels)[0, 1]) < 0.04
    with_own = encode(fit(column, labels), column)
    assert np.corrcoef(with_own, labels)[0, 1] > {20: 0.02, 200: 0.1, 2500: 0.4}[categories]


@pytest.mark.parametrize(("categories", "leaks"), [(20, 0.99), (200, 0.75)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_encoding_tells_no_labels_beyond_chance_and_leave_one_out_does(
    categories: int, leaks: float, seed: int
) -> None:
    column, labels = at_random(categories, seed)
    encoded = out_of_fold(column, labels, folds_of(LINES, seed))
    mean, deviation = by_chance(encoded, labels)
    assert abs(told(encoded, labels) - mean) < 5 * deviation
    leaking = leave_one_out(column, labels)
    mean, deviation = by_chance(leaking, labels)
    assert told(leaking, labels) > max(leaks, mean + 20 * deviation)


def test_leave_one_out_is_lower_where_the_label_is_one_in_every_category() -> None:
    column, labels = at_random(200, 1)
    leaking = leave_one_out(column, labels)
    for name in set(column):
        here = column == name
        assert leaking[here & (labels == 1)].max() < leaking[here & (labels == 0)].min()


def test_no_label_of_a_fold_has_a_part_in_its_numbers() -> None:
    column, labels = at_random(500, 4)
    folds = folds_of(LINES, 4)
    encoded = out_of_fold(column, labels, folds)
    for fold in range(5):
        turned = np.where(folds == fold, 1 - labels, labels)
        again = out_of_fold(column, turned, folds)
        assert (again[folds == fold] == encoded[folds == fold]).all()
        assert (again[folds != fold] != encoded[folds != fold]).any()


def test_by_hand() -> None:
    """Folds 0 and 1; for a line of fold 0: a has 1 of 2 in fold 1, the whole 2 of 3; smoothing 1."""
    column, labels = texts(["a", "b", "a", "a", "c"]), np.array([1, 0, 1, 0, 1])
    folds = np.array([0, 0, 1, 1, 1])
    encoded = out_of_fold(column, labels, folds, smoothing=1)
    assert encoded[0] == pytest.approx((1 + 2 / 3) / 3)
    assert encoded[1] == pytest.approx(2 / 3)
    assert encoded[2] == encoded[3] == pytest.approx((1 + 1 / 2) / 2)
    assert encoded[4] == pytest.approx(1 / 2)
    made = fit(column, labels, smoothing=1)
    assert made == Encoding({"a": (2, 3), "b": (0, 1), "c": (1, 1)}, 3, 5, 1)
    assert list(encode(made, texts(["b", "z"]))) == pytest.approx([0.3, 0.6])
    assert [made.rate("b"), made.rate("z")] == pytest.approx([0.3, 0.6])


def test_folds_are_even_and_the_same_for_the_same_seed() -> None:
    folds = folds_of(1003, 5)
    assert sorted(np.bincount(folds)) == [200, 200, 201, 201, 201]
    assert (folds == folds_of(1003, 5)).all() and (folds != folds_of(1003, 6)).any()
    assert list(folds_of(10, 1)) == [2, 4, 0, 1, 1, 4, 3, 0, 2, 3]


def test_one_fold_is_none() -> None:
    with pytest.raises(InvariantBroken):
        out_of_fold(texts(["a", "b"]), np.array([0, 1]), np.array([0, 0]))
