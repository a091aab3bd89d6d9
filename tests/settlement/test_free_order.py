"""Free order: no less than FIFO, nothing broken, and a bound that every set keeps."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from queues_made_up import ACCOUNTS, every_set, funds, mixed, plain_items

from tasviya.settlement import free_order
from tasviya.settlement.fifo_offset import largest_in_order
from tasviya.settlement.free_order import find
from tasviya.settlement.offsetting import (
    Item,
    Liquidity,
    Queued,
    plain_liquidity,
    plain_queue,
    queued,
    violations,
)
from tasviya.settlement.relaxation import SCALE, proven_bound, relax, rows_of


def drawn(count: int, accounts: int, share: float, seed: int = 5) -> tuple[Queued, Liquidity]:
    """A queue of a few large banks and many small ones; a share of what each owes on net is funded."""
    draw = np.random.default_rng(seed)
    weight = 1 / np.arange(1, accounts + 1)
    payer = draw.choice(accounts, count, p=weight / weight.sum())
    payee = (payer + 1 + draw.choice(accounts - 1, count)) % accounts
    amount = np.maximum(1, np.rint(np.exp(draw.normal(10, 1.5, count)))).astype(np.int64)
    need = np.zeros(accounts, np.int64)
    np.add.at(need, payer, amount)
    np.subtract.at(need, payee, amount)
    has = (np.maximum(need, 0) * share).astype(np.int64)
    queue = plain_queue(payer.astype(np.int32), payee.astype(np.int32), amount, accounts)
    return queue, plain_liquidity(has)


def test_payment_that_fits_passes_one_that_does_not() -> None:
    first = Item(50, 2, 0, 0, ((0, 50),), ((2, 50),))
    second = Item(10, 2, 1, 0, ((0, 10),), ((1, 10),))
    back = Item(10, 2, 2, 1, ((1, 10),), ((0, 10),))
    queue = queued([first, second, back], 3)
    found = find(queue, plain_liquidity(np.zeros(3, np.int64)))
    assert found.settles.tolist() == [False, True, True]
    assert found.bound == 20


def test_payment_does_not_pass_a_more_urgent_one() -> None:
    first = Item(50, 1, 0, 0, ((0, 50),), ((2, 50),))
    second = Item(10, 2, 1, 0, ((0, 10),), ((1, 10),))
    back = Item(10, 2, 2, 1, ((1, 10),), ((0, 10),))
    found = find(queued([first, second, back], 3), plain_liquidity(np.zeros(3, np.int64)))
    assert not found.settles.any()


def test_set_of_most_value_is_found_where_all_sets_can_be_tried() -> None:
    queue, liquidity = drawn(14, 4, 0.4, seed=2)
    most = max(int(queue.value[each].sum()) for each in every_set(queue, liquidity, in_order=False))
    found = find(queue, liquidity)
    assert found.value(queue) == most <= found.bound


@settings(max_examples=40, deadline=None)
@given(mixed())
def test_free_order_breaks_nothing_and_settles_no_less_than_fifo(case: tuple[Queued, Liquidity]) -> None:
    queue, liquidity = case
    found = find(queue, liquidity)
    assert violations(queue, liquidity, found.settles, in_order=False) == []
    ordered = int(queue.value[largest_in_order(queue, liquidity)].sum())
    assert ordered <= found.value(queue) <= found.bound


@settings(max_examples=40, deadline=None)
@given(plain_items(), funds())
def test_no_set_settles_more_than_the_bound(items: list[Item], liquidity: Liquidity) -> None:
    queue = queued(items, ACCOUNTS)
    most = max(int(queue.value[each].sum()) for each in every_set(queue, liquidity, in_order=False))
    assert most <= find(queue, liquidity).bound


@given(plain_items(), funds(), st.lists(st.floats(0, 3), min_size=ACCOUNTS, max_size=ACCOUNTS))
def test_bound_holds_at_any_prices(items: list[Item], liquidity: Liquidity, prices: list[float]) -> None:
    """A solver that stops early, or errs, costs tightness and nothing else."""
    queue = queued(items, ACCOUNTS)
    rows = rows_of(queue, liquidity)
    most = max(int(queue.value[each].sum()) for each in every_set(queue, liquidity, in_order=False))
    assert most <= proven_bound(queue.value, rows, np.array(prices), {})
    assert SCALE > 1


def test_same_queue_gives_the_same_set_again() -> None:
    queue, liquidity = drawn(300, 12, 0.25)
    first, second = find(queue, liquidity), find(queue, liquidity)
    assert first.settles.tolist() == second.settles.tolist()
    assert first.bound == second.bound


def test_large_payments_are_decided_for_the_bound() -> None:
    queue, liquidity = drawn(1500, 30, 0.25)
    rows = rows_of(queue, liquidity)
    bound, node = relax(queue, rows)
    found = find(queue, liquidity)
    assert node.decided
    assert 0.97 * bound < found.value(queue) <= bound
    assert violations(queue, liquidity, found.settles, in_order=False) == []


def test_order_of_the_queue_changes_the_value_little() -> None:
    queue, liquidity = drawn(400, 12, 0.25)
    order = np.random.default_rng(1).permutation(len(queue))
    payer, payee = queue.touch_account[0::2][order], queue.touch_account[1::2][order]
    other = plain_queue(payer, payee, queue.value[order], queue.accounts)
    one, two = find(queue, liquidity), find(other, liquidity)
    assert abs(one.value(queue) - two.value(other)) <= one.bound // 50


@settings(max_examples=10, deadline=None)
@given(plain_items(), funds())
def test_amounts_too_large_to_search_with_settle_in_order(items: list[Item], liquidity: Liquidity) -> None:
    scale = 2**57
    large = [
        item._replace(
            value=item.value * scale,
            takes=tuple((place, amount * scale) for place, amount in item.takes),
            gives=tuple((place, amount * scale) for place, amount in item.gives),
        )
        for item in items
    ]
    columns = (liquidity.spendable, liquidity.kept_urgent, liquidity.kept_high)
    rich = Liquidity(*(np.array(column * np.int64(scale), np.int64) for column in columns))
    ordered = largest_in_order(queued(items, ACCOUNTS), liquidity)
    assert free_order.find(queued(large, ACCOUNTS), rich).settles.tolist() == ordered.tolist()
