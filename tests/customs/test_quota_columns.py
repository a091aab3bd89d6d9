"""Quota requests in columns: to the thousandth what the plain way gives."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from quotas_made_up import DAY, NUMBERS, days, quotas, requests

from tasviya.core.errors import Refusal
from tasviya.customs.quota_columns import TOTAL_MAX, Int64s, QuotaDayColumns, allocate_columns
from tasviya.customs.quota_pass import whole_parts
from tasviya.customs.tariff_quota import Allocation, QuotaRequest, TariffQuotas, allocate


def columns(rows: list[QuotaRequest]) -> tuple[Int64s, Int64s, Int64s]:
    ids = sorted(row.id for row in rows)
    return (
        np.array([NUMBERS.index(row.order_number) for row in rows], np.int64),
        np.array([row.quantity for row in rows], np.int64),
        np.array([ids.index(row.id) for row in rows], np.int64),
    )


def must_be_the_same(known: TariffQuotas, left: dict[str, int], rows: list[QuotaRequest]) -> None:
    plain = allocate(known, left, DAY, rows)
    fast = allocate_columns(known, left, DAY, NUMBERS, *columns(rows))
    assert isinstance(fast, QuotaDayColumns)
    told = [(each.granted, each.must_secure) for each in plain.outcomes if isinstance(each, Allocation)]
    assert list(zip(fast.granted.tolist(), fast.must_secure.tolist(), strict=True)) == told
    assert fast.left == plain.left


@settings(deadline=None)  # the first call compiles
@given(days())
def test_columns_give_what_the_plain_way_gives(
    drawn: tuple[TariffQuotas, dict[str, int], list[QuotaRequest]],
) -> None:
    must_be_the_same(*drawn)


@pytest.mark.parametrize("scale", [1_000, 10**12])
def test_thousands_of_requests_are_the_same(scale: int) -> None:
    chance = np.random.default_rng(7)
    number = chance.choice(NUMBERS, 3_000)
    quantity = chance.integers(1, scale, 3_000)
    rows = [
        QuotaRequest(str(number[row]), DAY, f"R{row:04d}", int(quantity[row]), "kg") for row in range(3_000)
    ]
    volume = 200 * scale
    known = quotas("\n".join(f"{n} {volume}{f' {n[0]}' if len(n) > 1 else ''}" for n in NUMBERS))
    must_be_the_same(known, {"A": volume, "A1": volume // 9, "A2": volume, "A3": 0, "B": volume - 1}, rows)


@pytest.mark.parametrize("bits", [10, 30, 31, 32, 45, 60])
def test_parts_are_exact_at_any_size(bits: int) -> None:
    chance = np.random.default_rng(bits)
    most = 1 << bits
    for _ in range(200):
        wanted = int(chance.integers(2, most))
        total, quantity = int(chance.integers(0, wanted)), int(chance.integers(0, wanted, endpoint=True))
        one = [np.array([each], np.int64) for each in (0, quantity, total, wanted)]
        granted, remainder, _ = whole_parts(*one)
        assert (int(granted[0]), int(remainder[0])) == divmod(quantity * total, wanted)


@pytest.mark.parametrize(
    ("quota", "quantity", "rank", "day", "reason", "row"),
    [
        ([4, 5], [1, 1], [0, 1], DAY, "unknown_quota", "1"),
        ([4, -1], [1, 1], [0, 1], DAY, "unknown_quota", "1"),
        ([4, 0], [1, 1], [0, 1], date(2027, 1, 1), "outside_period", "0"),
        ([4, 0], [1, 0], [0, 1], DAY, "bad_quantity", "1"),
        ([4, 0, 0], [1, 1, 1], [0, 3, 0], DAY, "request_repeated", "2"),
        ([4, 0], [TOTAL_MAX, 1], [0, 1], DAY, "quantities_too_large", ""),
        ([4, 0], [2**63 - 1, 2**63 - 1], [0, 1], DAY, "quantities_too_large", ""),
    ],
)
def test_columns_at_fault_are_refused_by_row(
    quota: list[int], quantity: list[int], rank: list[int], day: date, reason: str, row: str
) -> None:
    known = quotas("A 9\nA1 9 A\nA2 9 A\nA3 9 A\nB 9")
    given_columns = [np.array(each, np.int64) for each in (quota, quantity, rank)]
    refusal = allocate_columns(known, known.full(), day, NUMBERS, *given_columns)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.where) == (reason, row)


def test_an_order_number_that_is_no_quota_is_refused() -> None:
    known, none = quotas("A 9"), np.zeros(1, np.int64)
    refusal = allocate_columns(known, known.full(), DAY, ["Z"], none, none + 1, none)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "unknown_quota"


def test_day_without_requests_changes_nothing() -> None:
    must_be_the_same(quotas("A 9\nA1 9 A\nA2 9 A\nA3 9 A\nB 9"), dict.fromkeys(NUMBERS, 9), requests(""))
