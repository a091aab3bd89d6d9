"""A day of many quota requests at once, in columns; to the thousandth what `tariff_quota.allocate` gives.

    columns ──▶ wanted by quota ──quota_totals──▶ total of each ──whole_parts──▶ rounded down ──▶ spare ones

The quotas' totals come from the plain module, whatever their number of requests; only what is done a request
is in columns. A day in which no quota is short takes one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from tasviya.core.errors import Refusal
from tasviya.customs.quota_pass import whole_parts
from tasviya.customs.tariff_quota import Left, QuotaState, TariffQuotas, drawn, quota_totals, state_of

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TOTAL_MAX = (1 << 61) - 1
"""The most that a day's requests may add up to, thousandths: sums of twice that fit 63 bits."""


@dataclass(frozen=True, slots=True)
class QuotaDayColumns:
    """A day's allocations by row, and what is left after it.

    granted: (N,) int64, thousandths. must_secure: (N,) bool.
    """

    granted: Int64s
    must_secure: Bools
    left: Left


def allocate_columns(
    quotas: TariffQuotas,
    left: Left,
    day: date,
    numbers: Sequence[str],
    quota: Int64s,
    quantity: Int64s,
    rank: Int64s,
) -> QuotaDayColumns | Refusal:
    """Allocate one day's requests.

    numbers: Q order numbers, each once. quota: (N,) int64, places in `numbers`. quantity: (N,) int64,
    thousandths of the quota's unit. rank: (N,) int64, each once, in the order of the requests' ids.
    Refused, all of it, with the first row at fault as its place, from 0.
    """
    if refusal := _fault(quotas, day, numbers, quota, quantity, rank):
        return refusal
    wanted = np.zeros(len(numbers), np.int64)
    np.add.at(wanted, quota, quantity)
    asked = {numbers[place]: int(wanted[place]) for place in np.flatnonzero(wanted).tolist()}
    totals = quota_totals(quotas, left, asked)
    total = np.array([totals.get(number, 0) for number in numbers], np.int64)
    granted, remainder, spare = whole_parts(quota, quantity, total, wanted)
    _give_spare(granted, quota, remainder, rank, spare)
    critical = [number in asked and state_of(quotas, left, number) != QuotaState.OPEN for number in numbers]
    return QuotaDayColumns(granted, np.array(critical, np.bool_)[quota], drawn(quotas, left, totals))


def _give_spare(granted: Int64s, quota: Int64s, remainder: Int64s, rank: Int64s, spare: Int64s) -> None:
    """One each to the largest remainders of each quota; ties to the lower rank."""
    rows = np.flatnonzero(spare[quota] > 0)
    if not len(rows):
        return
    rows = rows[np.lexsort((rank[rows], -remainder[rows], quota[rows]))]
    of = quota[rows]
    begins = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    sizes = np.diff(np.r_[begins, len(rows)])
    turn = np.arange(len(rows)) - np.repeat(begins, sizes)
    granted[rows[turn < spare[of]]] += 1


def _fault(
    quotas: TariffQuotas,
    day: date,
    numbers: Sequence[str],
    quota: Int64s,
    quantity: Int64s,
    rank: Int64s,
) -> Refusal | None:
    found = [quotas.by_number.get(number) for number in numbers]
    is_known = np.array([each is not None for each in found], np.bool_)
    is_open = np.array([each is not None and each.begin <= day <= each.end for each in found], np.bool_)
    outside = (quota < 0) | (quota >= len(numbers))
    place = np.where(outside, 0, quota)
    for wrong, reason, what, cure in (
        (outside | (~is_known[place] if found else outside), "unknown_quota",
         "A request is of no quota here.", "Correct the order number, or add the quota."),
        (~is_open[place] if found else outside, "outside_period",
         f"{day} is not a day of a request's quota.", "Claim the quota of that day, or pay the full duty."),
        (quantity <= 0, "bad_quantity", "A quantity is not above zero.", "Claim a quantity above zero."),
        (_repeats(rank), "request_repeated", "A request is there more than once.",
         "Give each request an id of its own; hand the same one in once."),
    ):  # fmt: skip
        if wrong.any():
            return Refusal(reason, what, cure, str(int(np.argmax(wrong))))
    total = (int((quantity >> 32).sum()) << 32) + int((quantity & 0xFFFFFFFF).sum())
    if total > TOTAL_MAX:
        what = f"A day's requests come to {total}, more than {TOTAL_MAX} thousandths."
        return Refusal("quantities_too_large", what, "Count in a larger unit.")
    return None


def _repeats(rank: Int64s) -> Bools:
    """Rows whose rank another row before them has."""
    repeat = np.zeros(len(rank), np.bool_)
    order = np.argsort(rank, kind="stable")
    repeat[order[1:]] = rank[order[1:]] == rank[order[:-1]]
    return repeat
