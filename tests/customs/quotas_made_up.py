"""Quotas and requests as text tables, and drawn at random."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.customs.tariff_quota import QuotaDay, QuotaRequest, TariffQuota, TariffQuotas, tariff_quotas

DAY = date(2026, 10, 5)
BEGIN, END = date(2026, 1, 1), date(2026, 12, 31)
NUMBERS = ("A", "A1", "A2", "A3", "B")
"""A has three sub-quotas, B stands alone."""


def quotas(table: str) -> TariffQuotas:
    """Rows of order number, volume and, for a sub-quota, its parent."""
    made = tariff_quotas(
        TariffQuota(number, "kg", BEGIN, END, int(volume), *parent)
        for number, volume, *parent in map(str.split, table.splitlines())
    )
    assert isinstance(made, TariffQuotas), made
    return made


def requests(table: str, day: date = DAY) -> list[QuotaRequest]:
    """Rows of order number, id and quantity."""
    rows = map(str.split, table.splitlines())
    return [QuotaRequest(number, day, id_, int(quantity), "kg") for number, id_, quantity in rows]


def granted(day: QuotaDay) -> dict[str, int]:
    """What each request got, by id."""
    return {each.request.id: each.granted for each in day.outcomes if not isinstance(each, Refusal)}


@st.composite
def days(draw: st.DrawFn, most: int = 40) -> tuple[TariffQuotas, dict[str, int], list[QuotaRequest]]:
    """Quotas, what is left of them, and a day's requests; small numbers and numbers beyond 31 bits."""
    scale = draw(st.sampled_from((1, 1, 1 << 29, 1 << 52)))
    known = quotas("\n".join(f"{n} {most * scale}{f' {n[0]}' if len(n) > 1 else ''}" for n in NUMBERS))
    count = st.integers(0, most * scale)
    left = {number: draw(count) for number in NUMBERS}
    asked = st.tuples(st.sampled_from(NUMBERS), st.integers(1, most * scale // 2))
    drawn = draw(st.lists(asked, max_size=12))
    ids = draw(st.permutations([f"R{row:02d}" for row in range(len(drawn))]))
    rows = zip(drawn, ids, strict=True)
    return known, left, [QuotaRequest(number, DAY, id_, quantity, "kg") for (number, quantity), id_ in rows]
