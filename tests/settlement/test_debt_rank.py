"""DebtRank: distress is passed on once, or whenever it grows; a plain twin in dictionaries agrees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken
from tasviya.settlement.debt_rank import STILL, Exposures, debt_rank

Lent = dict[tuple[int, int], int]
"""By (creditor, debtor)."""


def exposures(equity: list[int], lent: Lent) -> Exposures:
    pairs = sorted(lent)
    columns = ([c for c, _ in pairs], [d for _, d in pairs], [lent[pair] for pair in pairs], equity)
    return Exposures(*(np.array(each, np.int64) for each in columns))


CHAIN = exposures([10, 10, 10, 10], {(1, 0): 5, (2, 1): 20, (3, 2): 2})
"""1 has lent to 0, 2 to 1, 3 to 2."""


def test_distress_runs_down_a_chain() -> None:
    found = debt_rank(CHAIN, np.array([1.0, 0, 0, 0]))
    # Half of 1's equity is gone; 2 has lent twice its equity to 1, capped at all of it; 3 a fifth to 2.
    assert found.distress.tolist() == [1.0, 0.5, 0.5, 0.1]
    assert found.rank == pytest.approx((0.5 * 5 + 0.5 * 20 + 0.1 * 2) / 27)


def test_differential_form_does_not_cap_what_a_small_distress_does() -> None:
    found = debt_rank(CHAIN, np.array([1.0, 0, 0, 0]), differential=True)
    assert found.distress.tolist() == [1.0, 0.5, 1.0, 0.2]


def test_differential_form_passes_on_what_comes_later() -> None:
    # 0 hits 1 at once and again through 2; 1 passes on to 3.
    both = exposures([10, 10, 10, 10], {(1, 0): 2, (2, 0): 10, (1, 2): 3, (3, 1): 10})
    shock = np.array([1.0, 0, 0, 0])
    assert debt_rank(both, shock).distress.tolist() == pytest.approx([1.0, 0.5, 1.0, 0.2])
    assert debt_rank(both, shock, differential=True).distress.tolist() == pytest.approx([1.0, 0.5, 1.0, 0.5])


def test_who_has_no_equity_is_lost_at_any_loss() -> None:
    found = debt_rank(exposures([1, 0, 0], {(1, 0): 1, (2, 0): 0}), np.array([0.25, 0, 0]))
    assert found.distress.tolist() == [0.25, 0.25, 0.0]


def test_value_can_be_given_and_nothing_lent_ranks_nothing() -> None:
    value = np.array([0.0, 1.0, 1.0, 0.0])
    assert debt_rank(CHAIN, np.array([1.0, 0, 0, 0]), value).rank == 0.5
    assert debt_rank(exposures([1, 1], {}), np.array([1.0, 0])).rank == 0


def test_a_shock_is_a_part() -> None:
    with pytest.raises(InvariantBroken):
        debt_rank(CHAIN, np.array([1.5, 0, 0, 0]))


def plain(equity: list[int], lent: Lent, shock: list[float], differential: bool) -> list[float]:
    """The same in dictionaries, member by member."""
    impact = {
        pair: (amount / equity[pair[0]] if equity[pair[0]] else 1.0)
        for pair, amount in lent.items()
        if amount
    }
    if not differential:
        impact = {pair: min(part, 1.0) for pair, part in impact.items()}
    distress, grown = list(shock), list(shock)
    done = [False] * len(equity)
    while (max(grown) > STILL) if differential else any(each > 0 for each in grown):
        hit = [0.0] * len(equity)
        for (creditor, debtor), part in impact.items():
            hit[creditor] += part * grown[debtor]
        after = [min(was + more, 1.0) for was, more in zip(distress, hit, strict=True)]
        if differential:
            grown = [now - was for now, was in zip(after, distress, strict=True)]
        else:
            done = [was or each > 0 for was, each in zip(done, grown, strict=True)]
            grown = [0.0 if was else now for was, now in zip(done, after, strict=True)]
        distress = after
    return distress


@st.composite
def unions(draw: st.DrawFn) -> tuple[list[int], Lent, list[float]]:
    members = draw(st.integers(2, 7))
    equity = [draw(st.integers(0, 50)) for _ in range(members)]
    pairs = [(c, d) for c in range(members) for d in range(members) if c != d]
    lent = draw(st.dictionaries(st.sampled_from(pairs), st.integers(0, 40), max_size=20))
    shock = [draw(st.sampled_from([0.0, 0.0, 0.25, 1.0])) for _ in range(members)]
    return equity, lent, shock


@given(unions(), st.booleans())
def test_both_forms_are_what_plain_loops_say(
    union: tuple[list[int], Lent, list[float]], differential: bool
) -> None:
    equity, lent, shock = union
    found = debt_rank(exposures(equity, lent), np.array(shock), differential=differential)
    assert found.distress.tolist() == pytest.approx(plain(equity, lent, shock, differential), abs=1e-9)
    assert ((found.distress >= shock) & (found.distress <= 1)).all()
    assert 0 <= found.rank <= 1


@given(unions())
def test_differential_form_finds_no_less_distress(union: tuple[list[int], Lent, list[float]]) -> None:
    equity, lent, shock = union
    made, start = exposures(equity, lent), np.array(shock)
    once, all_of_it = debt_rank(made, start), debt_rank(made, start, differential=True)
    assert (all_of_it.distress >= once.distress - 1e-6).all()
