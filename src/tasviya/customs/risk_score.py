"""A risk score for lines of declarations: which are the likeliest that a control finds something in.

    History ──train──▶ RiskModel ──score──▶ numbers 0 to 1 ──explain──▶ what speaks for the highest
                          │  ▲
                        dump load                 (a text: JSON with the trees in it)

Categories are encoded as how often controls found something in them, for training out of the fold
(risk_encoding); gradient-boosted trees are grown on these and on mass, price and tax. The same history and
settings grow the same trees: one thread, a seed, no sampling. A score only orders what may be looked at. It
decides nothing about money, and rules and the random share of selectivity stand beside it.

Source: LightGBM (G. Ke and others, NeurIPS 2017), which the extra `risk` installs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasviya.core.errors import OperatorError
from tasviya.customs.risk_encoding import SMOOTHING, Encoding, encode, fit, folds_of, out_of_fold
from tasviya.customs.risk_history import CATEGORIES, GOODS, Floats, History

CROSSES = (
    f"importer_id+{GOODS}",
    f"declarant_id+{GOODS}",
    f"seller_id+{GOODS}",
    f"country_of_origin+{GOODS}",
    f"{GOODS}:4",
    f"{GOODS}:2",
)
"""Categories made of others: who with which goods, and goods by heading and chapter."""
RISK_MODEL_CODES = {
    "RK05": "the extra `risk` is installed where a model is trained or used",
    "RK06": "a history to learn from has lines with findings and lines without, several of each",
    "RK07": "a model's file is one that `train` has written",
    "RK08": "lines to score have the categories that the model has learnt from",
}
LEAST = 20
"""How many lines of either label a history needs."""
FORMAT = "tasviya-risk-1"
LEAST_MASS = 0.001
"""Kilograms; prices of less are not divided by it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How trees are grown. rounds: how many; leaves, rate: size and weight of each; seed: of the folds."""

    rounds: int = 250
    leaves: int = 63
    rate: float = 0.1
    smoothing: int = SMOOTHING
    seed: int = 1


@dataclass(frozen=True, slots=True)
class RiskModel:
    """What was learnt. encodings: by category, in the order of the trees' features. trees: their own text."""

    encodings: Mapping[str, Encoding]
    trees: str


NUMBER_FEATURES = ("net_mass", "item_price", "tax_rate", "price_per_kg", "tax")


def train(history: History, settings: Settings = Settings()) -> RiskModel:
    """A model of what controls found. history: with labels.

    Raises: OperatorError RK05 without the extra, RK06 if there is too little to learn from.
    """
    lightgbm = _lightgbm()
    labels = history.labels
    least = min(int(labels.sum()), len(labels) - int(labels.sum()))
    if least < LEAST:
        what = f"{int(labels.sum()):,} of {len(labels):,} lines have a finding; {LEAST} of either are needed."
        raise OperatorError("RK06", what, "Give a longer history, of controls that found nothing as well.")
    folds = folds_of(len(history), settings.seed)
    columns = {name: history.category(name) for name in _names(history)}
    encoded = [out_of_fold(column, labels, folds, settings.smoothing) for column in columns.values()]
    features = np.column_stack([*encoded, *_numbers(history)])
    parameters = {
        "objective": "binary",
        "num_leaves": settings.leaves,
        "learning_rate": settings.rate,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    names = [f"f{place}" for place in range(features.shape[1])]
    data = lightgbm.Dataset(features, labels, feature_name=names)
    grown = lightgbm.train(parameters, data, num_boost_round=settings.rounds)
    encodings = {name: fit(column, labels, settings.smoothing) for name, column in columns.items()}
    return RiskModel(encodings, grown.model_to_string())


def score(model: RiskModel, history: History) -> Floats:
    """By line, how likely a finding is by what was learnt, 0 to 1.

    Raises: OperatorError RK05 without the extra, RK07 if the trees are none, RK08 if a category is missing.
    """
    return np.asarray(_trees(model).predict(_features(model, history), num_threads=1), dtype=np.float64)


def explain(model: RiskModel, history: History, most: int = 3) -> list[tuple[str, ...]]:
    """By line, what speaks most for a finding, the strongest first: sentences for officers.

    Raises: as `score`.
    """
    trees = _trees(model)
    contributions = np.asarray(trees.predict(_features(model, history), pred_contrib=True, num_threads=1))
    columns = {name: history.category(name) for name in model.encodings}
    numbers = dict(zip(NUMBER_FEATURES, _numbers(history), strict=True))
    features = (*model.encodings, *NUMBER_FEATURES)
    told = []
    for line, parts in enumerate(contributions[:, :-1]):
        strongest = [int(each) for each in np.argsort(-parts, kind="stable")[:most] if parts[each] > 0]
        told.append(tuple(_reason(features[each], model, columns, numbers, line) for each in strongest))
    return told


def hit_rates_by_goods(model: RiskModel, history: History) -> Floats:
    """By line, the plain share of findings that its subheading had: what a score has to beat.

    Subheadings that the model has not seen have the whole's share.
    """
    known = model.encodings[GOODS]
    rates = [
        found / lines if lines else known.found / known.lines
        for found, lines in (known.tables.get(goods, (0, 0)) for goods in history.categories[GOODS])
    ]
    return np.array(rates, dtype=np.float64)


def dump(model: RiskModel) -> bytes:
    """A model as a file; `load` gives it back."""
    encodings = [
        {
            "name": name,
            "found": each.found,
            "lines": each.lines,
            "smoothing": each.smoothing,
            "tables": each.tables,
        }
        for name, each in model.encodings.items()
    ]
    tree = {"format": FORMAT, "encodings": encodings, "trees": model.trees}
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def load(raw: bytes, where: str) -> RiskModel:
    """The model in a file.

    Raises: OperatorError RK07 if it is none.
    """
    try:
        tree = json.loads(raw)
        if tree["format"] != FORMAT:
            raise ValueError(f"its format is {str(tree['format'])[:20]!r}")
        encodings = {str(each["name"]): _encoding(each) for each in tree["encodings"]}
        trees = tree["trees"]
        if GOODS not in encodings or not isinstance(trees, str):
            raise ValueError("it has no goods, or its trees are no text")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, RuntimeError) as error:
        what = f"The file is no model: {type(error).__name__}."
        raise OperatorError("RK07", what, "Train one: tasviya customs risk train.", where) from None
    return RiskModel(encodings, trees)


def _encoding(tree: Mapping[str, Any]) -> Encoding:
    tables = {str(name): (int(found), int(lines)) for name, (found, lines) in tree["tables"].items()}
    encoding = Encoding(tables, int(tree["found"]), int(tree["lines"]), int(tree["smoothing"]))
    if encoding.smoothing < 0 or not all(0 <= found <= lines > 0 for found, lines in tables.values()):
        raise ValueError("a category has more findings than lines")
    return encoding


def _names(history: History) -> list[str]:
    """The categories that a model is made of: those of the history, and what can be made of them."""
    plain = [name for name in CATEGORIES if name in history.categories]
    made = [name for name in CROSSES if all(each.partition(":")[0] in plain for each in name.split("+"))]
    return plain + made


def _numbers(history: History) -> list[Floats]:
    """The columns of NUMBER_FEATURES."""
    mass, price = history.numbers["net_mass"], history.numbers["item_price"]
    return [mass, price, history.numbers["tax_rate"], price / np.maximum(mass, LEAST_MASS), history.revenue]


def _features(model: RiskModel, history: History) -> Floats:
    for name in model.encodings:
        for each in name.split("+"):
            if (column := each.partition(":")[0]) not in history.categories:
                what = f"The column {column} is missing; the model has learnt from it."
                raise OperatorError("RK08", what, "Add the column, or train without it.", column)
    encoded = [encode(encoding, history.category(name)) for name, encoding in model.encodings.items()]
    return np.column_stack([*encoded, *_numbers(history)])


def _reason(
    feature: str, model: RiskModel, columns: Mapping[str, Any], numbers: Mapping[str, Floats], line: int
) -> str:
    if feature in numbers:
        return f"{feature} {numbers[feature][line]:,.2f}"
    category = columns[feature][line]
    found, lines = model.encodings[feature].tables.get(category, (0, 0))
    if not lines:
        return f"{feature} {category}: not seen before"
    return f"{feature} {category}: {found:,} of {lines:,} found before"


def _trees(model: RiskModel) -> Any:
    lightgbm = _lightgbm()
    try:
        trees = lightgbm.Booster(model_str=model.trees)
    except (lightgbm.basic.LightGBMError, ValueError):
        trees = None
    if trees is None or trees.num_feature() != len(model.encodings) + len(NUMBER_FEATURES):
        what = "The model's trees are damaged or another model's."
        raise OperatorError("RK07", what, "Train it again.")
    return trees


def _lightgbm() -> Any:
    try:
        import lightgbm
    except (ImportError, OSError):
        what = "Risk models need LightGBM, which is not installed."
        raise OperatorError("RK05", what, 'Install the extra: pip install "tasviya[risk]".') from None
    return lightgbm
