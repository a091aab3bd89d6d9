"""Prices by the convex program of linear exchange, to check the auction's with (exact-in orders only).

    minimise   sum_i m_i log(p_a / beta_i) + sum_i y_i log r_i
    subject to beta_i <= p_a,  beta_i <= r_i p_b,  0 <= y_i <= m_i = X_i p_a,  the values y_i circulate

for orders i that sell X_i of a for b at no less than r_i b for one a. Its optimum is 0, at equilibrium
prices.

Source: N. R. Devanur, J. Garg, L. A. Végh, A rational convex program for linear Arrow-Debreu markets, ACM
Transactions on Economics and Computation 5 (2016), program (2), here for agents who want what they own and
one other good.
"""

from __future__ import annotations

import math
import warnings
from importlib.util import find_spec

import numpy as np

from tasviya.exchange.auction import clear
from tasviya.exchange.market import Market, Orders

AVAILABLE = find_spec("cvxpy") is not None and find_spec("clarabel") is not None


def prices_apart(market: Market, orders: Orders) -> float | None:
    """How far the auction's log prices lie from the program's; None if the solver gives up.

    Prices of currencies that trade nothing with each other are not compared: an interval of them is right.
    """
    import cvxpy

    n, count = len(market.currencies), len(orders)
    sell, buy = orders.sell.astype(int), orders.buy.astype(int)
    cross = market.reference[sell] - market.reference[buy]
    log_limit = np.log(orders.tick) - market.exponents[sell, buy] * math.log(10) - cross
    owned = orders.quantity * np.exp(market.reference[sell] - market.reference.max())
    owned /= owned.mean()
    price, beta, spent = cvxpy.Variable(n), cvxpy.Variable(count), cvxpy.Variable(count)
    moves = np.zeros((n, count))
    moves[buy, np.arange(count)] += 1
    moves[sell, np.arange(count)] -= 1
    income = cvxpy.multiply(owned, price[sell])
    goal = cvxpy.sum(cvxpy.rel_entr(income, cvxpy.multiply(owned, beta))) + log_limit @ spent
    limits = [
        beta <= price[sell], beta <= cvxpy.multiply(np.exp(log_limit), price[buy]), spent >= 0,
        spent <= income, moves @ spent == 0, cvxpy.sum(price) == n,
    ]  # fmt: skip
    program = cvxpy.Problem(cvxpy.Minimize(goal), limits)
    try:
        with warnings.catch_warnings():
            # Where an interval of prices is right, the solver calls its answer inaccurate.
            warnings.simplefilter("ignore", UserWarning)
            program.solve(solver=cvxpy.CLARABEL, tol_gap_abs=1e-13, tol_gap_rel=1e-13, tol_feas=1e-13)
    except cvxpy.SolverError:
        return None
    if program.status not in ("optimal", "optimal_inaccurate"):
        return None
    clearing = clear(market, orders)
    if not clearing.certified:
        return math.inf
    used = clearing.prices > 0
    ours = np.where(used, np.log(np.maximum(clearing.prices, 1)) - market.reference, 0.0)
    apart = ours - np.log(np.maximum(price.value, 1e-300))
    return max(
        (float(np.ptp(apart[part])) for part in _trading(n, sell, buy, clearing.sold > 0)), default=0.0
    )


def _trading(n: int, sell: np.ndarray, buy: np.ndarray, filled: np.ndarray) -> list[list[int]]:
    """The parts of a market that trade with each other."""
    part = list(range(n))
    for a, b in zip(sell[filled].tolist(), buy[filled].tolist(), strict=True):
        one, other = part[a], part[b]
        part = [one if p == other else p for p in part]
    return [[c for c in range(n) if part[c] == p] for p in sorted(set(part))]
