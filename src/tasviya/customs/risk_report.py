"""What looking at the n per cent with the highest scores would have found: never one figure alone.

    scores, labels, revenue ──at_shares──▶ by share of lines: precision, recall, revenue recall

Precision is how many of those looked at had something; recall, how many of all that had something were looked
at; revenue recall, how much of their tax. Ties go to the line that stands earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasviya.core.errors import invariant
from tasviya.customs.risk_history import Floats

PERCENTS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class AtShare:
    """What a share of the lines would have found. lines, found: counts; the others 0 to 1."""

    percent: int
    lines: int
    found: int
    precision: float
    recall: float
    revenue_recall: float


def at_shares(
    scores: Floats, labels: NDArray[np.int64], revenue: Floats, percents: Sequence[int] = PERCENTS
) -> tuple[AtShare, ...]:
    """By share, what the lines with the highest scores had. All three columns are of one length, not empty.

    A share is rounded down to whole lines, one at least. Where nothing is to be found, recalls are 0.
    """
    invariant(
        len(scores) == len(labels) == len(revenue) > 0, "scores, labels and revenue are of the same lines"
    )
    order = np.argsort(-scores, kind="stable")
    all_found, all_revenue = int(labels.sum()), float((revenue * labels).sum())
    told = []
    for percent in percents:
        lines = max(1, len(scores) * percent // 100)
        chosen = order[:lines]
        found = int(labels[chosen].sum())
        at_stake = float((revenue[chosen] * labels[chosen]).sum())
        told.append(
            AtShare(
                percent,
                lines,
                found,
                found / lines,
                found / all_found if all_found else 0.0,
                at_stake / all_revenue if all_revenue else 0.0,
            )
        )
    return tuple(told)
