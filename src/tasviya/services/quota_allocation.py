"""Requests on tariff quotas, allocated day after day; what is returned on a day counts before its requests.

A refused request may come again under its id; one that was allocated may not.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

from tasviya.core.errors import Refusal
from tasviya.core.money import format_minor
from tasviya.customs.tariff_quota import Left, TariffQuotas, allocate, returned, state_of
from tasviya.services.customs_files import REQUEST_COLUMNS, RequestRow

HEADING = (*REQUEST_COLUMNS, "kind", "granted", "must_secure", "reason", "cure")


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row. granted: thousandths, below zero for a return; 0 if refused."""

    row: RequestRow
    granted: int
    must_secure: bool
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Allocated:
    """Every row's outcome, in the file's order, and what is left in the end."""

    outcomes: tuple[RowOutcome, ...]
    left: Left


def allocate_days(quotas: TariffQuotas, rows: Sequence[RequestRow]) -> Allocated:
    """Allocate every day's requests, the earliest day first."""
    by_day: dict[date, list[RequestRow]] = defaultdict(list)
    for row in rows:
        by_day[row.request.day].append(row)
    left: Left = quotas.full()
    outcomes: dict[int, RowOutcome] = {}
    held: dict[tuple[str, str], int] = {}
    earlier: set[str] = set()
    for day in sorted(by_day):
        for row in by_day[day]:
            if row.is_return:
                outcomes[row.line], left = _give_back(quotas, left, row, held)
        asked = [row for row in by_day[day] if not row.is_return]
        done = allocate(quotas, left, day, [row.request for row in asked], earlier)
        left = done.left
        for row, outcome in zip(asked, done.outcomes, strict=True):
            if isinstance(outcome, Refusal):
                outcomes[row.line] = RowOutcome(row, 0, False, outcome)
            else:
                outcomes[row.line] = RowOutcome(row, outcome.granted, outcome.must_secure, None)
                held[row.request.order_number, row.request.id] = outcome.granted
                earlier.add(row.request.id)
    return Allocated(tuple(outcomes[row.line] for row in rows), left)


def _give_back(
    quotas: TariffQuotas, left: Left, row: RequestRow, held: dict[tuple[str, str], int]
) -> tuple[RowOutcome, Left]:
    """One return: no more than its request still holds.

    held: what each request holds, by order number and id; what is given back is taken off.
    """
    request = row.request
    holds = held.get((request.order_number, request.id), 0)
    quota = quotas.by_number.get(request.order_number)
    if quota and request.unit != quota.unit:
        what = f"{request.unit or 'No unit'} is to come back; {quota.order_number} counts in {quota.unit}."
        refusal = Refusal("wrong_unit", what, f"State the quantity in {quota.unit}.", "unit")
        return RowOutcome(row, 0, False, refusal), left
    if quota and not 0 < request.quantity <= holds:
        held_text, given = format_minor(holds, 3), format_minor(request.quantity, 3)
        what = f"{given} are to come back; {request.id:.40} holds {held_text} from days before."
        cure = "Name the request that was allocated, and at most what it holds."
        return RowOutcome(row, 0, False, Refusal("bad_return", what, cure, "quantity")), left
    after = returned(quotas, left, request.order_number, request.quantity)
    if isinstance(after, Refusal):
        return RowOutcome(row, 0, False, after), left
    held[request.order_number, request.id] = holds - request.quantity
    return RowOutcome(row, -request.quantity, False, None), after


def file_of(allocated: Allocated) -> bytes:
    """The outcomes as CSV: the requests' columns, and what each got or why it got nothing."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADING)
    for each in allocated.outcomes:
        request, refusal = each.row.request, each.refusal
        told = (f"{refusal.reason}: {refusal.what}", refusal.cure) if refusal else ("", "")
        writer.writerow(
            (
                request.order_number,
                request.day,
                request.id,
                format_minor(request.quantity, 3),
                request.unit,
                "return" if each.row.is_return else "request",
                format_minor(each.granted, 3),
                "yes" if each.must_secure else "no",
                *told,
            )
        )
    return text.getvalue().encode()


def summary(quotas: TariffQuotas, allocated: Allocated) -> list[dict[str, Any]]:
    """One row a quota: volume, what is asked and granted of it itself, what is left, where it stands."""
    asked: dict[str, int] = defaultdict(int)
    granted: dict[str, int] = defaultdict(int)
    for each in allocated.outcomes:
        number = each.row.request.order_number
        granted[number] += each.granted
        if each.refusal is None and not each.row.is_return:
            asked[number] += each.row.request.quantity
    return [
        {
            "quota": number,
            "part_of": quota.parent or "-",
            "unit": quota.unit,
            "volume": format_minor(quota.volume, 3),
            "asked": format_minor(asked[number], 3),
            "granted": format_minor(granted[number], 3),
            "left": format_minor(allocated.left[number], 3),
            "state": str(state_of(quotas, allocated.left, number)),
        }
        for number, quota in quotas.by_number.items()
    ]
