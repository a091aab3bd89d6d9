"""Credit lines at work: how far a line goes on a date, by its limit and by the collateral behind it."""

from __future__ import annotations

from fractions import Fraction

from tasviya.membership.register import Snapshot
from tasviya.settlement.credit import Cover, Holding, line_value


def line_of(snapshot: Snapshot, participant: str, currency: str) -> int:
    """How far a participant's credit line goes on a date, minor units; 0 without one."""
    limit = snapshot.credit_line(participant, currency)
    if not limit or not snapshot.is_secured(participant, currency):
        return limit
    return cover_of(snapshot, participant, currency, 0).line


def cover_of(snapshot: Snapshot, participant: str, currency: str, drawn: int) -> Cover:
    """How a participant's credit in a currency is covered on a date. drawn: minor units."""
    holdings = holdings_of(snapshot, participant, currency)
    return Cover(line_value(holdings), snapshot.credit_line(participant, currency), drawn)


def holdings_of(snapshot: Snapshot, participant: str, currency: str) -> list[Holding]:
    """What a participant has pledged in a currency, as it counts on a date. A class that is not taken on that
    date counts for nothing."""
    return [
        Holding(
            each.reference,
            each.value_minor,
            Fraction(snapshot.haircuts.get((currency, each.asset_class), "100")),
        )
        for each in snapshot.collateral(participant, currency)
    ]
