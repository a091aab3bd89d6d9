"""The certificate: right clearings are proven, and whatever is changed in one is found."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.exchange.certificate import NotABatch, Rule, verify
from tasviya.exchange.market import QUANTITY_MAX, TICK_MAX, Clearing, Market, Orders
from tasviya.exchange.rings import gaining_ring

sys.path.insert(0, str(Path(__file__).parent))
from batches_made_up import batch, last_tick, with_row
from plain_certificate import broken_rules, has_gaining_ring

Batch = tuple[Market, Orders, Clearing]
seeds = st.integers(0, 10**6)


# Right clearings


@settings(deadline=None)
@given(seeds, st.integers(2, 10), st.integers(0, 120))
def test_right_clearing_is_proven(seed: int, currencies: int, count: int) -> None:
    made_up = batch(seed, currencies, count)
    verdict = verify(*made_up)
    assert verdict.proven, verdict.violations
    assert not broken_rules(*made_up)
    assert verdict.left == verdict.left_value == 0


def test_figures_of_a_right_batch_are_those_of_its_columns() -> None:
    market, orders, clearing = batch(7, count=200)
    verdict = verify(market, orders, clearing)
    assert verdict.orders == len(orders)
    assert verdict.filled == int(((clearing.sold > 0) | (clearing.bought > 0)).sum()) > 50
    assert verdict.set_aside == int(clearing.set_aside.sum()) > 0
    assert verdict.dust_value == int(clearing.dust[0]) * int(clearing.prices[0])


def test_more_threads_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasviya.exchange.certificate.ORDERS_A_THREAD", 10)
    market, orders, clearing = batch(3, count=400)
    clearing.sold[:] += 1
    one, three = (verify(market, orders, clearing, threads=count) for count in (1, 3))
    assert not one.holds
    assert one == three


def test_batch_without_orders_is_proven() -> None:
    assert verify(*batch(1, count=0)).proven


def test_columns_with_gaps_between_their_values_are_read() -> None:
    market, orders, clearing = batch(5)
    spread = np.zeros(2 * len(orders), np.int64)
    spread[::2] = clearing.sold
    assert verify(market, orders, replace(clearing, sold=spread[::2])).proven


# Each rule


def first(mask: np.ndarray) -> int:
    found = np.flatnonzero(mask)
    assert len(found), "the batch holds no such order"
    return int(found[0])


def filled(orders: Orders, clearing: Clearing) -> np.ndarray:
    return (clearing.sold > 0) & (clearing.bought > 0) & (orders.quantity > 10)


def overfill(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    place = first(filled(orders, clearing) & (orders.kind == 0))
    orders.quantity[place] -= 1
    return market, orders, clearing


def sell_less_than_nothing(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    clearing.sold[first(clearing.sold == 0)] = -1
    return market, orders, clearing


def fill_a_whole_order_in_part(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    place = first(filled(orders, clearing) & orders.whole)
    orders.quantity[place] += 1
    return market, orders, clearing


def set_aside_what_is_not_whole(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    clearing.set_aside[first((clearing.sold == 0) & ~orders.whole)] = True
    return market, orders, clearing


def set_aside_what_fills(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    clearing.set_aside[first(filled(orders, clearing) & orders.whole)] = True
    return market, orders, clearing


def buy_without_selling(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    clearing.bought[first((clearing.sold == 0) & (orders.kind == 0))] = 1
    return market, orders, clearing


def want_more_than_the_price(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    place = first(filled(orders, clearing))
    a, b = orders.sell[place], orders.buy[place]
    prices, power = clearing.prices, int(market.exponents[a, b])
    orders.tick[place] = last_tick(int(prices[a]), int(prices[b]), power) + 1
    return market, orders, clearing


def pay_out_one_unit_too_many(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    place = first(filled(orders, clearing) & (orders.kind == 0))
    clearing.bought[place] += 2
    clearing.dust[orders.buy[place]] -= 2
    return market, orders, clearing


def take_one_unit_too_many(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    place = first(filled(orders, clearing) & (orders.kind == 1))
    clearing.sold[place] += 2
    clearing.dust[orders.sell[place]] += 2
    return market, orders, clearing


def be_wrong_by_two_to_the_64(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    """A fill whose products agree in their lower 64 bits."""
    place = first(filled(orders, clearing) & (orders.kind == 0) & (orders.sell == 0))
    clearing.sold[place] += 16  # times 2**60, the price of the first currency
    orders.quantity[place] += 16
    clearing.dust[0] += 16
    return market, orders, clearing


def misstate_the_dust(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    clearing.dust[1] += 1
    return market, orders, clearing


def make_money(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    place = first(filled(orders, clearing) & (orders.buy != 0) & (orders.kind == 0))
    clearing.bought[place] += 1
    clearing.dust[orders.buy[place]] -= 1
    return market, orders, clearing


def keep_more_than_rounding(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    """Sixty orders each sell almost the price of one unit of the dearest currency, and get none of it."""
    quantity = (int(clearing.prices[0]) - 1) // int(clearing.prices[1])
    for _ in range(60):
        orders, clearing = with_row(orders, clearing, sell=1, buy=0, quantity=quantity, sold=quantity)
        clearing.dust[1] += quantity
    return market, orders, clearing


def serve_the_later_first(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    place = first(filled(orders, clearing) & ~orders.whole)
    row = {name: int(getattr(orders, name)[place]) for name in Orders.__slots__}
    orders, clearing = with_row(orders, clearing, **row)
    clearing.sold[-1], clearing.bought[-1] = clearing.sold[place], clearing.bought[place]
    clearing.sold[place] = clearing.bought[place] = 0
    return market, orders, clearing


def fill_two_in_part(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    place = first(filled(orders, clearing) & ~orders.whole)
    orders.quantity[place] += 1
    row = {name: int(getattr(orders, name)[place]) for name in Orders.__slots__}
    fill = {"sold": int(clearing.sold[place]), "bought": int(clearing.bought[place])}
    clearing.dust[orders.sell[place]] += fill["sold"]
    clearing.dust[orders.buy[place]] -= fill["bought"]
    return market, *with_row(orders, clearing, **row, **fill)


def leave_one_out(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    return market, *with_row(orders, clearing, sell=2, buy=1)


def leave_a_ring_without_price(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    market, orders, clearing = unpriced(market, orders, clearing)
    orders, clearing = with_row(orders, clearing, sell=4, buy=1, tick=999_999)
    return market, *with_row(orders, clearing, sell=1, buy=4, tick=1_000_000)


def fill_without_price(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    clearing.prices[2] = 0
    return market, orders, clearing


def price_below_zero(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    clearing.prices[3] *= -1
    return market, orders, clearing


def price_of_61_bits(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    clearing.prices[0] += 1
    return market, orders, clearing


BREAKS: list[tuple[str, Callable[..., Batch]]] = [
    ("V1", overfill),
    ("V1", sell_less_than_nothing),
    ("V1", fill_a_whole_order_in_part),
    ("V1", set_aside_what_is_not_whole),
    ("V1", set_aside_what_fills),
    ("V1", buy_without_selling),
    ("V2", want_more_than_the_price),
    ("V3", pay_out_one_unit_too_many),
    ("V3", take_one_unit_too_many),
    ("V3", be_wrong_by_two_to_the_64),
    ("V4", misstate_the_dust),
    ("V4", make_money),
    ("V4", keep_more_than_rounding),
    ("V5", serve_the_later_first),
    ("V5", fill_two_in_part),
    ("V6", leave_one_out),
    ("V6", leave_a_ring_without_price),
    ("V7", fill_without_price),
    ("V7", price_below_zero),
    ("V7", price_of_61_bits),
]


@pytest.mark.parametrize(("rule", "spoil"), BREAKS, ids=[f"{rule}-{each.__name__}" for rule, each in BREAKS])
def test_what_breaks_a_rule_is_found(rule: str, spoil: Callable[..., Batch]) -> None:
    for seed in range(20):
        spoilt = spoil(*batch(seed, count=200))
        verdict = verify(*spoilt)
        assert verdict.counts[Rule[rule]] > 0
        assert any(each.rule is Rule[rule] for each in verdict.violations)
        assert not verdict.holds
        assert not verdict.proven
        assert counted(verdict.counts) == rules_only(broken_rules(*spoilt))


def counted(counts: object) -> dict[str, int]:
    assert isinstance(counts, dict)
    return {rule.name: count for rule, count in counts.items() if count}


def rules_only(wrong: dict[str, int]) -> dict[str, int]:
    """The twin's findings without the sentences that V1 to V3 imply."""
    if wrong.get("hold") or wrong.get("least"):
        assert wrong.get("V1") or wrong.get("V2") or wrong.get("V3"), "V1 to V3 imply it"
    return {rule: count for rule, count in wrong.items() if rule not in ("hold", "least")}


WILD = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([-(2**63), 2**63 - 1, 2**62, -(2**62), 10**17, 2**60, 2**60 + 1, 2**32, -(2**32)]),
    st.integers(-(2**63), 2**63 - 1),
)


@given(seeds, st.lists(st.tuples(st.integers(0, 11), st.integers(0, 10**6), WILD, st.booleans()), max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_change_is_judged_as_the_twin_judges_it(
    seed: int, changes: list[tuple[int, int, int, bool]]
) -> None:
    market, orders, clearing = batch(seed, count=40)
    targets = (clearing.sold, clearing.bought, clearing.prices, clearing.dust)
    for target, place, value, added in changes:
        if target < 8:
            column = targets[target % 4]
            row = place % len(column)
            moved = int(column[row]) + value if added else value
            column[row] = max(-(2**63), min(2**63 - 1, moved))
        elif target == 8:
            clearing.set_aside[place % len(orders)] ^= True
        elif target == 9:
            orders.whole[place % len(orders)] ^= True
        elif target == 10:
            orders.tick[place % len(orders)] = 1 + abs(value) % 10**9
        else:
            orders.quantity[place % len(orders)] = 1 + abs(value) % 10**17
    verdict = verify(market, orders, clearing)
    wrong = rules_only(broken_rules(market, orders, clearing))
    assert counted(verdict.counts) == wrong
    assert verdict.proven == (not wrong and not verdict.coarse)


def test_only_the_first_few_are_listed_and_all_are_counted() -> None:
    market, orders, clearing = batch(2, count=300)
    clearing.bought[clearing.bought > 5] -= 3
    verdict = verify(market, orders, clearing)
    listed = [each.order for each in verdict.violations if each.rule is Rule.V3]
    assert len(listed) == 8
    assert listed == sorted(listed)
    assert verdict.counts[Rule.V3] > 50


def test_many_of_one_rule_do_not_hide_the_first_of_another() -> None:
    market, orders, clearing = batch(2, count=300)
    places = np.flatnonzero(filled(orders, clearing) & (orders.kind == 0))
    clearing.bought[places[:2]] += 2
    orders.tick[places] = TICK_MAX
    verdict = verify(market, orders, clearing)
    listed = {rule: [each.order for each in verdict.violations if each.rule is rule] for rule in Rule}
    assert listed[Rule.V2] == places[:8].tolist()
    assert listed[Rule.V3] == places[:2].tolist()
    assert verdict.counts[Rule.V2] == len(places) > 20


def test_largest_quantity_and_tick_are_an_order() -> None:
    market, orders, clearing = batch(2, count=0)
    orders, clearing = with_row(orders, clearing, sell=0, buy=1, quantity=QUANTITY_MAX, tick=TICK_MAX)
    assert verify(market, orders, clearing).orders == 1


def test_violation_says_which_order_and_what_it_got() -> None:
    market, orders, clearing = misstate_the_dust(*batch(2))
    (found,) = verify(market, orders, clearing).violations
    assert (found.rule, found.currency) == (Rule.V4, "RUB")
    assert str(found) == "V4: Of RUB, 0 minor units are left over; the clearing says 1."
    orders, clearing = with_row(orders, clearing, sell=2, buy=1, quantity=5)
    found = verify(market, orders, clearing).violations[-1]
    assert (found.rule, found.order) == (Rule.V6, len(orders) - 1)
    assert found.what == (
        f"exact-in order {len(orders) - 1} (INR for RUB, quantity 5, tick 1) sells 0, buys 0"
    )


# Batches that are not certified


def test_what_an_uncertified_batch_leaves_is_counted_and_valued() -> None:
    market, orders, clearing = leave_one_out(*batch(4, count=0))
    orders, clearing = with_row(orders, clearing, sell=0, buy=3, kind=1, quantity=7)
    verdict = verify(market, orders, replace(clearing, certified=False))
    assert verdict.holds
    assert not verdict.proven
    assert verdict.left == 2
    prices = clearing.prices.tolist()
    assert verdict.left_value == 100 * prices[2] + 7 * prices[3]


def test_set_aside_order_in_the_money_is_told() -> None:
    market, orders, clearing = batch(4)
    before = verify(market, orders, clearing)
    after = verify(market, *with_row(orders, clearing, sell=2, buy=1, whole=1, set_aside=1))
    assert after.proven
    assert after.set_aside_in_the_money == before.set_aside_in_the_money + 1


def test_prices_of_few_digits_prove_nothing() -> None:
    market, orders, clearing = batch(4, count=0)
    clearing.prices[:] = [1, 2, 3, 4]
    orders, clearing = with_row(orders, clearing, sell=3, buy=0)
    verdict = verify(market, orders, clearing)
    assert verdict.holds
    assert verdict.coarse == market.currencies
    assert not verdict.proven


# Currencies without price


def unpriced(market: Market, orders: Orders, clearing: Clearing) -> Batch:
    """The batch with a fifth currency that has no price; a tick is a millionth of its minor unit."""
    exponents = np.full((5, 5), 6, np.int64)
    exponents[:4, :4] = market.exponents
    market = Market((*market.currencies, "AMD"), exponents, np.append(market.reference, 0.0))
    prices, dust = np.append(clearing.prices, 0), np.append(clearing.dust, 0)
    return market, orders, replace(clearing, prices=prices, dust=dust)


def test_currency_that_all_sell_needs_no_price() -> None:
    market, orders, clearing = unpriced(*batch(4))
    assert verify(market, *with_row(orders, clearing, sell=4, buy=1)).proven


def test_currency_that_all_buy_needs_no_price() -> None:
    market, orders, clearing = unpriced(*batch(4))
    assert verify(market, *with_row(orders, clearing, sell=1, buy=4, kind=1)).proven


def test_limits_that_do_not_meet_need_no_price() -> None:
    market, orders, clearing = unpriced(*batch(4))
    orders, clearing = with_row(orders, clearing, sell=4, buy=1, tick=1_000_001)
    assert verify(market, *with_row(orders, clearing, sell=1, buy=4, tick=1_000_000)).proven


def test_no_prices_at_all_is_no_way_to_be_certified() -> None:
    market, orders, clearing = batch(4)
    nothing = replace(
        clearing,
        prices=np.zeros(4, np.int64),
        sold=np.zeros_like(clearing.sold),
        bought=np.zeros_like(clearing.sold),
        set_aside=np.zeros_like(clearing.set_aside),
        dust=np.zeros(4, np.int64),
    )
    verdict = verify(market, orders, nothing)
    assert counted(verdict.counts) == {"V6": 1}
    assert verify(market, orders, replace(nothing, certified=False)).holds


@settings(deadline=None)
@given(seeds)
def test_gaining_ring_is_found_as_by_trying_all(seed: int) -> None:
    chance = np.random.default_rng(seed)
    prices = [int(price) for price in chance.integers(10**8, 10**9, 5) * (chance.random(5) < 0.5)]
    limits = {
        (a, b): Fraction(int(chance.integers(1, 40)), int(chance.integers(1, 40)))
        for a in range(5)
        for b in range(5)
        if a != b and chance.random() < 0.4
    }
    free = {pair: limit for pair, limit in limits.items() if not (prices[pair[0]] and prices[pair[1]])}
    assert (gaining_ring(free, prices) is not None) == has_gaining_ring(free, prices)


# What is no batch at all


@pytest.mark.parametrize(
    ("column", "wrong", "message"),
    [
        ("sold", np.zeros(3, np.int64), r"sold is int64\(3,\)"),
        ("bought", np.zeros((62, 1), np.int64), "bought is int64"),
        ("sold", np.zeros(62, np.float64), "sold is float64"),
        ("set_aside", np.zeros(62, np.int8), "set_aside is int8"),
        ("prices", np.zeros(3, np.int64), "prices is int64"),
        ("prices", np.zeros(4, object), "prices is object"),
        ("dust", [0, 0, 0, 0], "dust is list"),
    ],
)
def test_wild_columns_are_refused(column: str, wrong: object, message: str) -> None:
    market, orders, clearing = batch(0, count=60)
    orders = Orders(*(getattr(orders, name)[:62] for name in Orders.__slots__))
    clearing = replace(
        clearing, **{name: getattr(clearing, name)[:62] for name in ("sold", "bought", "set_aside")}
    )
    with pytest.raises(NotABatch, match=message):
        verify(market, orders, replace(clearing, **{column: wrong}))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("sell", value) for value in (-1, 4, 32767, -32768)),
        *(("buy", value) for value in (-1, 4)),
        *(("kind", value) for value in (-1, 2, 127)),
        *(("quantity", value) for value in (0, -1, 10**17 + 1, -(2**63))),
        *(("tick", value) for value in (0, -1, 10**9 + 1, 2**63 - 1)),
    ],
)
def test_rows_that_are_no_orders_are_refused(column: str, value: int) -> None:
    market, orders, clearing = batch(0)
    getattr(orders, column)[17] = value
    with pytest.raises(NotABatch, match="order 17"):
        verify(market, orders, clearing)


def test_order_for_its_own_currency_is_none() -> None:
    market, orders, clearing = batch(0)
    orders.buy[17] = orders.sell[17]
    with pytest.raises(NotABatch, match="1 rows are no orders"):
        verify(market, orders, clearing)


def test_wild_exponents_are_refused() -> None:
    market, orders, clearing = batch(0)
    market.exponents[0, 1] = 10**18
    with pytest.raises(NotABatch, match="exponent"):
        verify(market, orders, clearing)


@pytest.mark.parametrize("count", [0, 1, 65])
def test_number_of_currencies_is_bounded(count: int) -> None:
    square = np.zeros((count, count), np.int64)
    _, orders, clearing = batch(0, count=0)
    with pytest.raises(NotABatch, match="2 to 64"):
        verify(Market(("AAA",) * count, square, np.zeros(count)), orders, clearing)
