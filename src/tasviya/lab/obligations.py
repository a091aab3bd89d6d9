"""Networks of obligations between firms that do not exist, drawn with a seed.

A few firms have most of the business: a firm's number follows a power law, as in the networks of trade credit
that are published. In a *dense* network customers and suppliers are drawn alike, so that much lies in rings.
In a *sparse* one firms stand in a chain of supply and owe to those above them; only a few debts go the other
way, and one to two per cent can be cancelled. All of it is whole numbers: the same seed draws the same
network on any machine.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from tasviya.core.errors import invariant
from tasviya.lab.figures import sizes
from tasviya.settlement.setoff import Debts, Int64s, debts

UPSTREAM_PER_MILLE = 975
"""Of a thousand debts in a sparse network that would go down the chain, how many are turned round."""
MEAN_MINOR = 5_000_000
"""An obligation's average amount, minor units."""
_BITS = 24
_MILLION = 1_000_000


class Network(StrEnum):
    """What a network is like."""

    SPARSE = "sparse"
    DENSE = "dense"


def network(kind: Network, firms: int, obligations: int, seed: int) -> Debts:
    """A network of about so many obligations: those that a pair has several of are added up.

    firms: 2 or more.
    """
    invariant(firms >= 2 and obligations >= 0, "a network has two firms at least")
    chance = np.random.default_rng([seed, firms, obligations])
    elsewhere = chance.permutation(firms)
    debtor, creditor = _firms(chance, firms, obligations), _firms(chance, firms, obligations)
    moved = chance.integers(0, 5, obligations) < 2
    creditor[moved] = elsewhere[creditor[moved]]
    itself = debtor == creditor
    creditor[itself] = (creditor[itself] + 1) % firms
    if kind is Network.SPARSE:
        height = chance.permutation(firms)
        turned = (height[debtor] > height[creditor]) & (
            chance.integers(0, 1000, obligations) < UPSTREAM_PER_MILLE
        )
        debtor[turned], creditor[turned] = creditor[turned], debtor[turned]
    size = np.array(sizes(), np.int64)
    drawn = chance.integers(0, len(size), (2, obligations))
    spread = size[drawn[0]] * size[drawn[1]] // _MILLION  # wider than one payment's: a debt is many
    amount = np.maximum(spread * (MEAN_MINOR // 100) // (_MILLION // 100), 1)
    made = debts(firms, debtor, creditor, amount)
    invariant(isinstance(made, tuple), "amounts are far below what fits")
    return made[0] if isinstance(made, tuple) else network(kind, firms, obligations, seed)


def names(firms: int) -> tuple[str, ...]:
    """A name for each firm, in order of their numbers."""
    width = len(str(max(firms - 1, 1)))
    return tuple([f"F{number:0{width}d}" for number in range(firms)])


def _firms(chance: np.random.Generator, firms: int, count: int) -> Int64s:
    """Firms by a power law: a share u of the firms has u ** 0.2 of the business."""
    drawn: npt.NDArray[np.int64] = chance.integers(0, 1 << _BITS, count)
    square = drawn * drawn >> _BITS
    fifth = (square * square >> _BITS) * drawn >> _BITS
    return firms * fifth >> _BITS
