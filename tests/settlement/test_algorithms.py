"""What every algorithm of offsetting holds to, and what pairs of accounts settle between themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from queues_made_up import ACCOUNTS, funds, mixed, plain_items

from tasviya.settlement.algorithms import ALGORITHMS, KEEP_ORDER
from tasviya.settlement.offsetting import Item, Liquidity, Queued, plain_liquidity, queued, violations


def pays(arrival: int, payer: int, payee: int, amount: int, rank: int = 2) -> Item:
    return Item(amount, rank, arrival, payer, ((payer, amount),), ((payee, amount),))


@pytest.mark.parametrize("name", ALGORITHMS)
@settings(max_examples=25, deadline=None)
@given(mixed())
def test_no_algorithm_breaks_anything(name: str, case: tuple[Queued, Liquidity]) -> None:
    queue, liquidity = case
    found = ALGORITHMS[name](queue, liquidity)
    assert violations(queue, liquidity, found.settles, in_order=name in KEEP_ORDER) == []


@pytest.mark.parametrize("name", ALGORITHMS)
@settings(max_examples=20, deadline=None)
@given(plain_items(), funds())
def test_no_algorithm_settles_more_than_its_bound(name: str, items: list[Item], liquidity: Liquidity) -> None:
    queue = queued(items, ACCOUNTS)
    found = ALGORITHMS[name](queue, liquidity)
    assert found.value(queue) <= found.bound <= sum(item.value for item in items)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_empty_queue_settles_nothing(name: str) -> None:
    found = ALGORITHMS[name](queued([], 3), plain_liquidity(np.array([5, 0, 7], np.int64)))
    assert (found.settles.tolist(), found.bound) == ([], 0)


@pytest.mark.parametrize("name", sorted(KEEP_ORDER))
@settings(max_examples=25, deadline=None)
@given(plain_items(), funds())
def test_fifo_settles_all_that_any_algorithm_does_that_keeps_the_order(
    name: str, items: list[Item], liquidity: Liquidity
) -> None:
    queue = queued(items, ACCOUNTS)
    largest = ALGORITHMS["fifo"](queue, liquidity).settles
    assert not (ALGORITHMS[name](queue, liquidity).settles & ~largest).any()


def test_pair_settles_its_first_payments_and_no_others() -> None:
    queue = queued([pays(0, 0, 1, 50), pays(1, 0, 2, 5), pays(2, 1, 0, 48), pays(3, 1, 0, 9)], 3)
    has = plain_liquidity(np.array([0, 0, 0], np.int64))
    # 1 has 50 for 48, then 2 for 9: its second payment would leave it short of 7.
    assert ALGORITHMS["bilateral"](
        queue, plain_liquidity(np.array([2, 0, 0], np.int64))
    ).settles.tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert not ALGORITHMS["bilateral"](queue, has).settles.any()


def test_pair_that_settles_brings_another_pairs_heads_together() -> None:
    items = [pays(0, 0, 1, 50), pays(1, 1, 0, 50), pays(2, 0, 2, 30), pays(3, 2, 0, 30)]
    found = ALGORITHMS["bilateral"](queued(items, 3), plain_liquidity(np.zeros(3, np.int64)))
    assert found.settles.all()


def test_ring_of_three_is_no_pair() -> None:
    ring = queued([pays(0, 0, 1, 50), pays(1, 1, 2, 50), pays(2, 2, 0, 50)], 3)
    has = plain_liquidity(np.zeros(3, np.int64))
    assert not ALGORITHMS["bilateral"](ring, has).settles.any()
    assert ALGORITHMS["fifo"](ring, has).settles.all()


def test_check_of_sets_can_fail() -> None:
    """Each rule is broken once: the property tests rest on this."""
    has, kept = np.array([10, 0], np.int64), np.array([5, 0], np.int64)
    nothing = np.zeros(2, np.int64)
    limits = (np.array([3], np.int64), np.array([0], np.int32))
    plain = plain_liquidity(has)
    one = queued([pays(0, 0, 1, 11)], 2)
    assert violations(one, plain, np.array([True]), in_order=True) == ["account 0 is short of 1"]
    reserved = queued([pays(0, 0, 1, 6)], 2)
    assert violations(reserved, Liquidity(has, kept, nothing), np.array([True]), in_order=True)
    limited = queued([pays(0, 0, 1, 4)._replace(limit_used=0)], 2)
    assert violations(
        limited, Liquidity(has, nothing, nothing, *limits), np.array([True]), in_order=True
    ) == ["limit 0 is exceeded by 1"]
    two = queued([pays(0, 0, 1, 9), pays(1, 0, 1, 1)], 2)
    passing = np.array([False, True])
    assert violations(two, plain, passing, in_order=True) == ["item 1 passes another at account 0"]
    assert violations(two, plain, passing, in_order=False) == []
    urgent = queued([pays(0, 0, 1, 9, rank=1), pays(1, 0, 1, 1)], 2)
    assert violations(urgent, plain, passing, in_order=False) == ["item 1 passes another at account 0"]
