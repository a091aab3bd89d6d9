"""The auction's prices are those of a convex program that knows nothing of paths or forests."""

from __future__ import annotations

import pytest
from convex_program import AVAILABLE, prices_apart
from exchange_books import fx_like


@pytest.mark.skipif(not AVAILABLE, reason="cvxpy with Clarabel is not installed")
def test_prices_are_those_of_the_convex_program() -> None:
    """To 2e-6, which is the solver's accuracy on the worst of these markets; half of them agree to 1e-12."""
    solved = 0
    for seed in range(50):
        apart = prices_apart(*fx_like(2 + seed % 5, 30 + seed, seed))
        if apart is not None:
            solved += 1
            assert apart < 2e-6, seed
    assert solved >= 45
