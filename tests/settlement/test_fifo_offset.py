"""FIFO offsetting: the one largest set that keeps the order, against every set there is and a plain twin."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from queues_made_up import ACCOUNTS, every_set, funds, mixed, plain_items

from tasviya.settlement.fifo_offset import cheap_bound, find, largest_in_order
from tasviya.settlement.offsetting import (
    Item,
    Liquidity,
    Queued,
    plain_liquidity,
    plain_queue,
    queued,
    violations,
)
from tasviya.settlement.plain_offset import IN, plain_states


def settled(queue: Queued, has: list[int]) -> list[int]:
    return np.flatnonzero(find(queue, plain_liquidity(np.array(has, np.int64))).settles).tolist()


def ring(*amounts: int) -> Queued:
    """Each account pays the next one, and the last the first."""
    count = len(amounts)
    pays = [
        Item(amount, 2, place, place, ((place, amount),), (((place + 1) % count, amount),))
        for place, amount in enumerate(amounts)
    ]
    return queued(pays, count)


def test_ring_of_equal_payments_settles_without_money() -> None:
    assert settled(ring(100, 100, 100), [0, 0, 0]) == [0, 1, 2]


def test_ring_needs_what_its_largest_payment_lacks() -> None:
    assert settled(ring(100, 130, 100), [0, 29, 0]) == []
    assert settled(ring(100, 130, 100), [0, 30, 0]) == [0, 1, 2]


def test_payment_behind_one_that_cannot_settle_waits_too() -> None:
    first = Item(50, 2, 0, 0, ((0, 50),), ((2, 50),))
    second = Item(10, 2, 1, 0, ((0, 10),), ((1, 10),))
    back = Item(10, 2, 2, 1, ((1, 10),), ((0, 10),))
    assert settled(queued([first, second, back], 3), [0, 0, 0]) == []
    assert settled(queued([second, back], 3), [0, 0, 0]) == [0, 1]


def test_money_kept_for_urgent_payments_does_not_help_others() -> None:
    queue = ring(100, 130, 100)
    kept = np.array([0, 30, 0], np.int64)
    nothing = np.zeros(3, np.int64)
    assert not find(queue, Liquidity(kept, kept, nothing)).settles.any()


def test_limit_sets_a_payment_aside_and_those_behind_it_pass() -> None:
    over = Item(50, 2, 0, 0, ((0, 50),), ((1, 50),), 0)
    behind = Item(30, 2, 1, 0, ((0, 30),), ((2, 30),))
    back = Item(30, 2, 2, 2, ((2, 30),), ((0, 30),))
    nothing = np.zeros(3, np.int64)
    limits = (np.array([20], np.int64), np.array([0], np.int32))
    found = find(queued([over, behind, back], 3), Liquidity(nothing, nothing, nothing, *limits))
    assert found.settles.tolist() == [False, True, True]


def test_payment_within_a_limit_passes_one_that_exceeds_it() -> None:
    over = Item(50, 2, 0, 0, ((0, 50),), ((1, 50),), 0)
    within = Item(15, 2, 1, 0, ((0, 15),), ((1, 15),), 0)
    has, nothing = np.array([100, 0], np.int64), np.zeros(2, np.int64)
    liquidity = Liquidity(has, nothing, nothing, np.array([20], np.int64), np.array([0], np.int32))
    assert find(queued([over, within], 2), liquidity).settles.tolist() == [False, True]


def test_payment_that_its_limit_would_allow_after_all_stops_those_behind_it() -> None:
    first = Item(10, 2, 0, 0, ((0, 10),), ((2, 10),), 0)
    second = Item(15, 2, 1, 0, ((0, 15),), ((1, 15),), 0)  # exceeds the limit if the first settles
    behind = Item(1, 2, 2, 0, ((0, 1),), ((1, 1),))
    has, nothing = np.array([9, 0, 0], np.int64), np.zeros(3, np.int64)
    liquidity = Liquidity(has, nothing, nothing, np.array([20], np.int64), np.array([0], np.int32))
    queue = queued([first, second, behind], 3)
    found = find(queue, liquidity)
    assert not found.settles.any()


def test_what_comes_back_makes_room_under_a_limit() -> None:
    there = Item(50, 2, 0, 0, ((0, 50),), ((1, 50),), 0)
    back = Item(40, 2, 1, 1, ((1, 40),), ((0, 40),), -1, 0)
    has, nothing = np.array([10, 0], np.int64), np.zeros(2, np.int64)
    owner = np.array([0], np.int32)
    for free, settles in ((9, False), (10, True)):
        liquidity = Liquidity(has, nothing, nothing, np.array([free], np.int64), owner)
        assert find(queued([there, back], 2), liquidity).settles.tolist() == [settles, settles], free


def test_trades_of_two_currencies_settle_as_a_ring() -> None:
    # Accounts 0 to 2 are in one currency, 3 to 5 in another: nobody has anything, each trades with the next.
    trades = [
        Item(0, 1, each, -1, ((each, 100), (3 + (each + 1) % 3, 7)), (((each + 1) % 3, 100), (3 + each, 7)))
        for each in range(3)
    ]
    assert settled(queued(trades, 6), [0] * 6) == [0, 1, 2]
    assert settled(queued(trades[:2], 6), [0] * 6) == []


def test_trade_waits_behind_urgent_payments_and_stops_nobody() -> None:
    trade = Item(0, 1, 9, -1, ((0, 100), (3, 7)), ((1, 100), (2, 7)))
    urgent = Item(50, 0, 1, 0, ((0, 50),), ((4, 50),))
    normal = Item(20, 2, 1, 0, ((0, 20),), ((4, 20),))
    assert settled(queued([trade, urgent], 5), [149, 0, 0, 7, 0]) == [1]
    assert settled(queued([trade, urgent], 5), [150, 0, 0, 7, 0]) == [0, 1]
    assert settled(queued([trade, normal], 5), [20, 0, 0, 7, 0]) == [1]


@given(plain_items(), funds())
def test_set_is_the_largest_of_all_that_keep_the_order(items: list[Item], liquidity: Liquidity) -> None:
    queue = queued(items, ACCOUNTS)
    found = largest_in_order(queue, liquidity)
    for each in every_set(queue, liquidity, in_order=True):
        assert not (each & ~found).any()
    assert violations(queue, liquidity, found, in_order=True) == []


@given(mixed())
def test_nothing_is_broken_whatever_waits(case: tuple[Queued, Liquidity]) -> None:
    queue, liquidity = case
    found = largest_in_order(queue, liquidity)
    assert violations(queue, liquidity, found, in_order=True) == []


@given(mixed())
def test_compiled_pass_agrees_with_its_plain_twin(case: tuple[Queued, Liquidity]) -> None:
    queue, liquidity = case
    if len(liquidity.limit_free):
        return  # which of two limits is looked at first may decide
    nobody = np.zeros(len(queue), np.int8)
    plain = plain_states(queue, liquidity, nobody)
    from tasviya.settlement.fifo_offset import _compiled_states

    assert (_compiled_states(queue, liquidity, nobody) == IN).tolist() == (plain == IN).tolist()


@given(plain_items(), funds(kept=False), st.integers(0, 10**6))
def test_value_does_not_depend_on_when_others_payments_came(
    items: list[Item], liquidity: Liquidity, seed: int
) -> None:
    """Each account keeps its own order; how the accounts' payments lie between each other is drawn anew."""
    lines: dict[int, list[Item]] = {}
    for item in items:
        lines.setdefault(item.home, []).append(item)
    shuffled = []
    while lines:
        seed, pick = divmod(seed, len(lines)) if seed >= len(lines) else (seed * 7 + 3, seed % len(lines))
        home = sorted(lines)[pick]
        shuffled.append(lines[home].pop(0)._replace(arrival=len(shuffled)))
        if not lines[home]:
            del lines[home]
    first, second = queued(items, ACCOUNTS), queued(shuffled, ACCOUNTS)
    assert find(first, liquidity).value(first) == find(second, liquidity).value(second)


@given(plain_items(), funds(kept=False))
def test_no_set_in_whatever_order_settles_more_than_the_bound(
    items: list[Item], liquidity: Liquidity
) -> None:
    queue = queued(items, ACCOUNTS)
    most = max(int(queue.value[each].sum()) for each in every_set(queue, liquidity, in_order=False))
    assert most <= cheap_bound(queue, liquidity)


@settings(max_examples=20)
@given(plain_items(), funds())
def test_amounts_beyond_63_bits_settle_alike(items: list[Item], liquidity: Liquidity) -> None:
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
    plain = largest_in_order(queued(items, ACCOUNTS), liquidity).tolist()
    assert largest_in_order(queued(large, ACCOUNTS), rich).tolist() == plain


def test_payments_as_arrays_are_the_same_queue() -> None:
    payer, payee = np.array([2, 0, 1, 0], np.int32), np.array([0, 1, 2, 2], np.int32)
    amount = np.array([5, 6, 7, 8], np.int64)
    items = [
        Item(int(v), 0, k, int(p), ((int(p), int(v)),), ((int(q), int(v)),))
        for k, (p, q, v) in enumerate(zip(payer, payee, amount, strict=True))
    ]
    one, other = plain_queue(payer, payee, amount, 3), queued(items, 3)
    for name in ("value", "home", "touch_account", "touch_amount", "touch_place", "line_start", "line_item"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
