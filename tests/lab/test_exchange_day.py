"""A day on the exchange: drawn the same everywhere, in real proportions, and proven batch by batch."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from hashlib import sha256

import numpy as np
import pytest

from tasviya.core.errors import OperatorError
from tasviya.exchange.market import OrderKind
from tasviya.exchange.order import limit_of
from tasviya.lab.exchange_day import BASIS_POINT, MILLION, SPREAD, Day, Wish, draw
from tasviya.lab.exchange_replay import BatchOfDay, netting, replay
from tasviya.lab.figures import Rates, TradeMatrix, rates, trade_matrix

PER_USD = {"KZT": Fraction(400), "UZS": Fraction(12_000), "KGS": Fraction(80), "USD": Fraction(1)}
EVEN = Rates(date(2026, 9, 29), "made up", PER_USD)


def flows(**usd: int) -> TradeMatrix:
    """Flows named exporter_importer, a year's worth of so many US dollars a day."""
    return TradeMatrix(
        "made_up", "a year", "made up", {(f[:2], f[3:]): value * 250 for f, value in usd.items()}
    )


@pytest.fixture(scope="module")
def real() -> Day:
    return draw(trade_matrix("trade_2015"), rates("2026-09-29"), Wish(orders=20_000))


# The draw


def test_same_seed_draws_the_same_day_and_another_draws_another(real: Day) -> None:
    def columns(seed: int) -> bytes:
        day = draw(trade_matrix("trade_2015"), rates("2026-09-29"), Wish(orders=500, seed=seed))
        orders = day.orders
        columns = (
            orders.sell,
            orders.buy,
            orders.kind,
            orders.quantity,
            orders.tick,
            orders.whole,
            day.cents,
        )
        return b"".join(column.astype("<i8").tobytes() for column in columns)

    assert columns(1) == columns(1) != columns(2)
    assert sha256(columns(1)).hexdigest()[:16] == "9bf829b1da060b85", "as on every other machine"


def test_flows_have_orders_by_their_share_of_value(real: Day) -> None:
    counts = np.zeros_like(real.expected)
    np.add.at(counts, (real.orders.sell, real.orders.buy), 1)
    assert counts.sum() == 20_000
    assert abs(counts / 20_000 - real.expected / real.expected.sum()).max() < 1e-4
    assert abs(int(real.cents.sum()) / int(real.expected.sum()) - 1) < 0.05


def test_limits_lie_around_the_tolerance_behind_the_days_rate() -> None:
    day = draw(flows(KZ_UZ=1_000_000), EVEN, Wish(orders=4_000, tolerance=30))
    rate, exponent = day.rate(1, 0), int(day.market.exponents[1, 0])
    assert (day.market.currencies[1], rate) == ("UZS", Fraction(400, 12_000))
    behind = np.array([float(1 - limit_of(tick, exponent) / rate) for tick in day.orders.tick.tolist()])
    one = BASIS_POINT / MILLION
    assert abs(behind.mean() / one - 30) < 2
    assert abs(behind.std() / one - SPREAD) < 2


@pytest.mark.parametrize("percent", [0, 35, 100])
def test_sides_are_fixed_and_orders_whole_as_asked(percent: int) -> None:
    wish = Wish(orders=4_000, exact_out_percent=percent, whole_percent=percent)
    day = draw(flows(KZ_UZ=1_000_000), EVEN, wish)
    for column in (day.orders.kind == OrderKind.EXACT_OUT, day.orders.whole):
        assert abs(column.mean() * 100 - percent) < (3 if 0 < percent < 100 else 1e-9)


def test_amounts_are_worth_the_same_whichever_side_is_fixed(real: Day) -> None:
    fixed = np.where(real.orders.kind == OrderKind.EXACT_OUT, real.orders.buy, real.orders.sell)
    minor = np.array([float(each) for each in real.minor_per_usd])[fixed]
    off = real.orders.quantity / minor - real.cents / 100
    assert (abs(off) <= 0.01 + 1 / minor).all()


def test_flows_within_one_currency_are_left_out_and_counted() -> None:
    usd = {("DE", "FR"): 10**9, ("KZ", "KG"): 10**6}
    day = draw(TradeMatrix("euro", "a year", "made up", usd), EVEN, Wish(orders=5))
    assert (day.left_out, day.market.currencies) == (1, ("KGS", "KZT"))
    with pytest.raises(OperatorError, match="No trade between two currencies"):
        draw(TradeMatrix("euro", "a year", "made up", {("DE", "FR"): 10**9}), EVEN, Wish())


def test_day_beyond_what_a_batch_carries_is_refused() -> None:
    with pytest.raises(OperatorError, match="more than a batch carries") as stopped:
        draw(flows(KZ_UZ=10**13), EVEN, Wish(orders=1))
    assert stopped.value.refusal.reason == "LB10"


# What netting could do


def test_ring_of_three_nets_wholly_between_all_and_not_at_all_in_pairs() -> None:
    day = draw(flows(KZ_UZ=9_000, UZ_KG=9_000, KG_KZ=9_000), EVEN, Wish(orders=3))
    made_even = Day(**{name: getattr(day, name) for name in Day.__slots__} | {"cents": np.full(3, 100)})
    found = netting(made_even)
    assert (found.total, found.bilateral, found.multilateral) == (300, 0, 300)


def test_two_currencies_net_twice_the_smaller_side() -> None:
    day = draw(flows(KZ_UZ=9_000, UZ_KZ=4_000), EVEN, Wish(orders=400))
    sides = [int(day.cents[day.orders.sell == side].sum()) for side in (0, 1)]
    found = netting(day)
    assert found.bilateral == found.multilateral == 2 * min(sides)


def test_real_flows_net_as_far_as_the_years_trade_does(real: Day) -> None:
    """A linear program over the 2015 flows of the sixteen states gives 57.3 and 72.9 %."""
    found = netting(real)
    assert abs(100 * found.bilateral / found.total - 57.3) < 1.5
    assert abs(100 * found.multilateral / found.total - 72.9) < 1.5


# The batches


@pytest.fixture(scope="module")
def cleared() -> tuple[Day, Wish, list[BatchOfDay]]:
    wish = Wish(orders=6_000, batches=3)
    day = draw(trade_matrix("trade_2015"), rates("2026-09-29"), wish)
    return day, wish, list(replay(day, wish))


def test_every_batch_is_proven(cleared: tuple[Day, Wish, list[BatchOfDay]]) -> None:
    _, _, batches = cleared
    assert [each.alone.proven and each.helped is not None and each.helped.proven for each in batches] == [
        True
    ] * 3


def test_what_does_not_fill_waits_for_the_next_batch(cleared: tuple[Day, Wish, list[BatchOfDay]]) -> None:
    day, _, batches = cleared
    assert sum(each.came for each in batches) == len(day.orders)
    assert sum(each.came_value for each in batches) == int(day.cents.sum())
    for book in ("alone", "helped"):
        waiting, worth = 0, 0
        for batch in batches:
            outcome = getattr(batch, book)
            assert outcome.waiting == waiting + batch.came
            assert abs(outcome.asked - worth - batch.came_value) <= 1
            waiting, worth = outcome.waiting - outcome.filled, outcome.asked - outcome.value


def test_market_makers_add_value_and_keep_to_their_share(
    cleared: tuple[Day, Wish, list[BatchOfDay]],
) -> None:
    day, wish, batches = cleared
    alone = sum(each.alone.value for each in batches)
    helped = sum(each.helped.value for each in batches if each.helped)
    assert 0.4 < alone / int(day.cents.sum()) < 0.73
    assert helped > 1.1 * alone
    lacking = day.expected.sum(axis=0) - day.expected.sum(axis=1)
    most = int(lacking[lacking > 0].sum()) * wish.market_makers_percent // 100
    assert 0 < sum(each.helped.makers_sold for each in batches if each.helped) <= most


def test_what_is_left_is_as_much_wanted_as_offered_over_all_currencies(
    cleared: tuple[Day, Wish, list[BatchOfDay]],
) -> None:
    _, _, batches = cleared
    assert all(sum(each.alone.left) == 0 and any(each.alone.left) for each in batches)


def test_ring_of_three_executes_without_market_makers() -> None:
    wish = Wish(orders=900, batches=1, whole_percent=0, tolerance=200, market_makers_percent=0)
    day = draw(flows(KZ_UZ=9_000, UZ_KG=9_000, KG_KZ=9_000), EVEN, wish)
    (batch,) = replay(day, wish)
    assert batch.helped is None
    possible = netting(day)
    assert possible.bilateral == 0
    assert 0.9 * possible.multilateral < batch.alone.value <= possible.multilateral * 1.001


def test_batches_without_orders_fill_nothing() -> None:
    wish = Wish(orders=1, batches=3, market_makers_percent=0)
    batches = list(replay(draw(flows(KZ_UZ=9_000), EVEN, wish), wish))
    assert [each.came for each in batches] == [0, 0, 1]
    assert all(each.alone.value == 0 and each.alone.proven for each in batches)
