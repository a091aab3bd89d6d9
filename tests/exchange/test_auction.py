"""A batch auction keeps its rules on any book, and finds the answers that can be worked out by hand."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from exchange_books import fx_like, loose
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from order_tables import IN, OUT, batches, columns, table
from plain_rules import violations

from tasviya.exchange.auction import ROUNDS_MOST, clear
from tasviya.exchange.certificate import verify
from tasviya.exchange.market import Clearing, Market, Orders

ROUGH = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def fills(clearing: Clearing) -> list[tuple[int, int]]:
    return list(zip(clearing.sold.tolist(), clearing.bought.tolist(), strict=True))


def proven_or_holds(market: Market, orders: Orders, clearing: Clearing) -> None:
    """Every rule holds, by plain whole numbers and by the certificate; a certified batch is proven."""
    assert violations(market, orders, clearing) == []
    verdict = verify(market, orders, clearing)
    assert verdict.holds, verdict.violations
    assert verdict.proven or not clearing.certified or verdict.coarse


@ROUGH
@given(batches())
def test_the_thinnest_books_of_the_most_unequal_currencies_keep_every_rule(
    batch: tuple[Market, Orders],
) -> None:
    proven_or_holds(*batch, clear(*batch))


@ROUGH
@given(batches(quantity_max=10**9, decades=3.0))
def test_books_of_usual_amounts_keep_every_rule(batch: tuple[Market, Orders]) -> None:
    proven_or_holds(*batch, clear(*batch))


@ROUGH
@given(batches(quantity_max=10**17, decades=2.0, whole=False))
def test_the_largest_amounts_keep_every_rule(batch: tuple[Market, Orders]) -> None:
    proven_or_holds(*batch, clear(*batch))


def test_two_orders_that_want_each_other_trade_in_full() -> None:
    """100 A at no less than 2.00 B meet 250 B at no less than 0.10 A: only at 2.5 does all move."""
    batch = table(2, (0, 1, IN, 100, 200), (1, 0, IN, 250, 10), exponent=2, reference=[2.5, 1.0])
    clearing = clear(*batch)
    assert clearing.certified
    assert clearing.sold.tolist() == [100, 250]
    assert clearing.prices[0] / clearing.prices[1] == pytest.approx(2.5, rel=1e-15)
    assert clearing.dust.sum() <= 1, "at a price rounded to 60 bits, one payout may come to its floor"


def test_the_margin_is_filled_in_part_by_time() -> None:
    """Who sells 60 A for B meets three sellers of B at one limit: the first fills, the second in part."""
    batch = table(2, (0, 1, IN, 60, 1), (1, 0, IN, 40, 1), (1, 0, IN, 40, 1), (1, 0, IN, 40, 1))
    clearing = clear(*batch)
    assert clearing.certified
    assert fills(clearing) == [(60, 60), (40, 40), (20, 20), (0, 0)]


def test_both_kinds_share_one_queue_at_the_margin() -> None:
    batch = table(2, (0, 1, IN, 60, 1), (1, 0, OUT, 40, 1), (1, 0, IN, 40, 1), (1, 0, OUT, 40, 1))
    clearing = clear(*batch)
    assert clearing.certified
    assert fills(clearing) == [(60, 60), (40, 40), (20, 20), (0, 0)]


def test_a_better_limit_goes_before_an_earlier_order() -> None:
    batch = table(2, (0, 1, IN, 50, 100), (1, 0, IN, 40, 100), (1, 0, OUT, 40, 99), exponent=2)
    clearing = clear(*batch)
    assert clearing.certified
    assert clearing.bought.tolist() == [50, 10, 40]


def test_a_ring_of_three_clears_without_a_currency_between() -> None:
    """A for B, B for C, C for A, each at 2 % less than 1: nobody wants the reverse of any pair."""
    batch = table(3, (0, 1, IN, 1000, 98), (1, 2, IN, 1000, 98), (2, 0, IN, 1000, 98), exponent=2)
    clearing = clear(*batch)
    assert clearing.certified
    assert fills(clearing) == [(1000, 1000)] * 3


def test_a_payment_gets_what_it_asked_and_pays_no_more_than_its_limit() -> None:
    batch = table(2, (0, 1, OUT, 97, 95), (1, 0, IN, 300, 101), exponent=2)
    clearing = clear(*batch)
    assert clearing.certified
    assert fills(clearing) == [(98, 97), (97, 97)] or clearing.bought[0] == 97
    assert clearing.sold[0] <= 103


def test_a_whole_order_at_the_margin_is_set_aside_and_the_next_takes_its_place() -> None:
    batch = table(2, (0, 1, IN, 60, 1), (1, 0, IN, 40, 1), (1, 0, IN, 40, 1, True), (1, 0, IN, 40, 1))
    clearing = clear(*batch)
    assert clearing.certified
    assert fills(clearing) == [(60, 60), (40, 40), (0, 0), (20, 20)]
    assert clearing.set_aside.tolist() == [False, False, True, False]


def test_whole_orders_that_nobody_completes_leave_nothing_half_done() -> None:
    batch = table(2, (0, 1, IN, 60, 1, True), (1, 0, IN, 40, 1, True))
    clearing = clear(*batch)
    assert violations(*batch, clearing) == []
    assert not clearing.sold.any()


@pytest.mark.parametrize("rows", [(), ((0, 1, IN, 5, 1),), ((0, 1, OUT, 5, 1), (0, 1, IN, 7, 2))])
def test_a_batch_with_nobody_on_the_other_side_fills_nothing(rows: tuple[tuple[int, ...], ...]) -> None:
    batch = table(3, *rows)
    clearing = clear(*batch)
    assert clearing.certified
    assert not clearing.sold.any()
    assert not clearing.bought.any()
    assert clearing.prices[2] == 0


def test_parts_of_a_market_that_never_meet_are_priced_each_near_its_reference() -> None:
    batch = table(
        4,
        (0, 1, IN, 50, 199),
        (1, 0, IN, 50, 49),
        (2, 3, IN, 50, 1),
        exponent=2,
        reference=[2.0, 1.0, 1.0, 100.0],
    )
    clearing = clear(*batch)
    assert clearing.certified
    assert violations(*batch, clearing) == []
    assert clearing.prices[0] / clearing.prices[1] == pytest.approx(2.0, rel=0.02)
    assert clearing.prices[3] / clearing.prices[2] == pytest.approx(100.0, rel=0.01)


def test_names_of_currencies_do_not_matter() -> None:
    for seed in range(5):
        market, orders = fx_like(6, 400, seed, exact_out=0.4)
        order = np.random.default_rng(seed).permutation(6)
        place = np.argsort(order).astype(np.int16)
        other = Market(
            tuple(np.array(market.currencies)[order]),
            market.exponents[np.ix_(order, order)],
            market.reference[order],
        )
        renamed = Orders(
            place[orders.sell], place[orders.buy], orders.kind, orders.quantity, orders.tick, orders.whole
        )
        one, two = clear(market, orders), clear(other, renamed)
        assert one.certified
        assert two.certified
        filled_one = np.where(orders.kind == OUT, one.bought, one.sold)
        filled_two = np.where(orders.kind == OUT, two.bought, two.sold)
        rate = one.prices[order] / two.prices
        assert np.allclose(rate, rate[0], rtol=1e-9)
        # The tree's other root may round a margin's last units otherwise.
        assert np.count_nonzero(filled_one != filled_two) <= 6


@pytest.mark.parametrize(("currencies", "count"), [(3, 20), (5, 300), (20, 3000)])
@pytest.mark.parametrize("exact_out", [0.0, 0.5, 0.9])
def test_fx_like_books_are_certified(currencies: int, count: int, exact_out: float) -> None:
    for seed in range(4):
        batch = fx_like(currencies, count, seed, exact_out)
        clearing = clear(*batch)
        assert clearing.certified, (seed, clearing.why)
        assert violations(*batch, clearing) == []


@pytest.mark.parametrize("spread", [0.05, 0.2])
def test_loose_books_are_certified(spread: float) -> None:
    for seed in range(4):
        batch = loose(50, 2000, seed, spread=spread)
        clearing = clear(*batch)
        assert clearing.certified, (seed, clearing.why)
        assert violations(*batch, clearing) == []


@pytest.mark.parametrize(("seed", "count"), [(2, 2865), (28, 4121), (47, 1815)])
def test_parts_that_only_full_orders_join_are_certified(seed: int, count: int) -> None:
    """Once refused: no level near the rates could take up what prices had left unbalanced between parts."""
    batch = loose(50, count, seed)
    clearing = clear(*batch)
    assert clearing.certified, clearing.why
    assert violations(*batch, clearing) == []


def test_a_large_book_is_shared_by_two_threads_and_still_adds_up() -> None:
    """Over each pair and kind, payouts and payments come to the floor or the ceiling of one product."""
    market, orders = fx_like(8, 120_000, 1, exact_out=0.3)
    clearing = clear(market, orders)
    assert clearing.certified
    assert violations(market, orders, clearing) == []
    price = clearing.prices.tolist()
    for kind, a, b in np.ndindex(2, 8, 8):
        some = (orders.kind == kind) & (orders.sell == a) & (orders.buy == b)
        sold, bought = int(clearing.sold[some].sum()), int(clearing.bought[some].sum())
        if kind == IN:
            assert 0 <= bought - sold * price[a] // max(price[b], 1) <= 1
        else:
            assert -1 <= sold + (-bought * price[b] // max(price[a], 1)) <= 0


def test_dust_that_no_currency_needs_is_given_back() -> None:
    """100.00 B at no less than 6.2 A: a price of 60 bits comes to a trifle more; no unit of it."""
    batch = table(
        2, (1, 0, IN, 100_000, 6_200_000), (0, 1, OUT, 10_000, 153_846), exponent=6, reference=[1.0, 6.2]
    )
    clearing = clear(*batch)
    assert clearing.certified
    assert violations(*batch, clearing) == []
    assert fills(clearing) == [(10_000, 62_000), (62_000, 10_000)]
    assert not clearing.dust.any()


@pytest.mark.parametrize(("exact_out", "whole"), [(0.5, 0.5), (0.9, 0.9)])
def test_payments_that_fill_wholly_or_not_at_all_clear_beside_orders_that_divide(
    exact_out: float, whole: float
) -> None:
    for seed in range(3):
        batch = fx_like(10, 2000, seed, exact_out, whole)
        clearing = clear(*batch)
        assert clearing.certified, (seed, clearing.why)
        assert violations(*batch, clearing) == []
        assert clearing.set_aside.mean() < 0.08
        assert np.count_nonzero(clearing.sold) > 0.48 * len(batch[1])


def test_three_payments_that_form_a_ring_settle_though_none_can_be_divided() -> None:
    """16,000 B for at most 101,000 A, 700 C for at most 16,100 B, 99,000 A for at most 750 C.

    Each pays what the next one buys: A 99,000, B 16,000, C 700, at one price each.
    """
    batch = table(
        3,
        (0, 1, OUT, 16_000, 158_416, True),
        (1, 2, OUT, 700, 43_479, True),
        (2, 0, OUT, 99_000, 132_000_000, True),
        exponent=6,
        reference=[1.0, 6.2, 135.0],
    )
    clearing = clear(*batch)
    assert clearing.certified
    assert fills(clearing) == [(99_000, 16_000), (16_000, 700), (700, 99_000)]
    assert not clearing.dust.any()


def test_two_payments_that_face_each_other_settle_at_the_rate_of_their_amounts() -> None:
    """16,000 B for at most 101,000 A, 99,000 A for at most 16,100 B: at 6.1875 A for one B."""
    rows = (0, 1, OUT, 16_000, 158_416, True), (1, 0, OUT, 99_000, 6_149_069, True)
    clearing = clear(*table(2, *rows, exponent=6, reference=[1.0, 6.2]))
    assert clearing.certified
    assert fills(clearing) == [(99_000, 16_000), (16_000, 99_000)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(50, 200), st.integers(80, 110)), min_size=2, max_size=6)
)
def test_of_few_whole_orders_the_largest_value_fills(
    drawn: list[tuple[int, int, int]],
) -> None:
    """Two currencies: a subset can fill if one rate balances it within all limits, tried one by one."""
    rows = [(side, 1 - side, OUT, 1000 * quantity, tick, True) for side, quantity, tick in drawn]
    batch = table(2, *rows, exponent=2)
    clearing = clear(*batch)
    assert violations(*batch, clearing) == []
    best = 0
    for chosen in itertools.product((False, True), repeat=len(rows)):
        some = [row for row, one in zip(rows, chosen, strict=True) if one]
        bought = [sum(row[3] for row in some if row[1] == side) for side in (0, 1)]
        # Sellers of 0 buy all of 1 that is bought, for all of 0 that is bought.
        if all(bought) and all(row[4] * bought[row[0]] <= 100 * bought[row[1]] for row in some):
            best = max(best, sum(bought))
    assert int(clearing.bought.sum()) == best


@pytest.mark.parametrize("seed", [0, 1])
def test_a_book_of_payments_alone_fills_in_a_few_rounds(seed: int) -> None:
    """Nothing can be divided, so a choice must nearly balance; prices move by what is missing."""
    batch = fx_like(10, 2500, seed, 0.5, whole=1.0)
    clearing = clear(*batch)
    assert clearing.certified, clearing.why
    assert violations(*batch, clearing) == []
    assert clearing.effort["searches"] <= 16
    assert np.count_nonzero(clearing.sold) > 900


@pytest.mark.parametrize("whole", [0.99, 0.9, 0.5])
def test_books_of_many_whole_orders_take_a_bounded_number_of_rounds(whole: float) -> None:
    for currencies in (10, 30, 50):
        batch = fx_like(currencies, 1000, 1, 0.5, whole)
        clearing = clear(*batch)
        assert violations(*batch, clearing) == []
        assert clearing.effort["searches"] <= ROUNDS_MOST + 12


def test_where_minor_units_are_too_coarse_a_batch_says_so_and_still_adds_up() -> None:
    """1,000 C buy A, which buys B at 13.28 a unit, which buys C at 28.36: that is 35.26 units of B."""
    exponents = np.array([[0, 4, 0], [0, 0, 2], [4, 0, 0]])
    market = Market(("A", "B", "C"), exponents, np.log([1.0, 13.28, 0.468]))
    orders = columns(
        [(0, 1, OUT, 100, 753, False), (1, 2, IN, 100, 2836, False), (2, 0, IN, 1000, 100, False)]
    )
    clearing = clear(market, orders)
    assert not clearing.certified
    assert clearing.why.startswith("whole minor units are too coarse")
    assert violations(market, orders, clearing) == []
    assert clearing.bought[0] == clearing.sold[1] == 35
    assert 990 <= clearing.sold[2] < 1000


def test_a_process_started_again_gives_the_same_bytes() -> None:
    script = (
        "import sys, hashlib; sys.path[:0] = sys.argv[1:]\n"
        "from exchange_books import fx_like\n"
        "from tasviya.exchange.auction import clear\n"
        "c = clear(*fx_like(12, 60_000, 7, exact_out=0.5))\n"
        "columns = (c.prices, c.sold, c.bought, c.set_aside)\n"
        "print(hashlib.sha256(b''.join(column.tobytes() for column in columns)).hexdigest())\n"
    )
    support = str(Path(__file__).parent.parent / "support")
    runs = {
        subprocess.run(
            [sys.executable, "-c", script, support], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "NUMBA_NUM_THREADS": "1"},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(runs) == 1
