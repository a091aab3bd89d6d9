"""Whether a participant may trade: what orders and quotes are asked before anything of theirs is looked
at."""

from __future__ import annotations

from collections.abc import Sequence

from tasviya.core.business_day import NoBusinessDay, Phase
from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal
from tasviya.core.joint_days import next_window
from tasviya.membership.participant import ACTIVE
from tasviya.services.exchange import settlement
from tasviya.services.memory import Memory
from tasviya.services.work import Work

TRADING = (Phase.OPEN, Phase.CUSTOMER_CUTOFF)
"""Phases of a currency's day in which its orders are entered and cleared."""


def may_trade(work: Work, participant: str, currencies: Sequence[str]) -> Refusal | None:
    """Why a participant may not trade these currencies now; None if it may."""
    memory = work.memory
    snapshot = memory.snapshot
    if snapshot.exchange_rules is None:
        return Refusal("no_exchange", "This union has no exchange.", "Add [exchange] to its configuration.")
    if len(set(currencies)) < len(currencies):
        return Refusal("same_currency", f"It trades {currencies[0]} for itself.", "Name two currencies.")
    if snapshot.status(participant) != ACTIVE:
        what = f"{participant} is {snapshot.status(participant)}."
        return Refusal("not_active", what, "Only active participants trade.")
    for code in currencies:
        if code not in snapshot.currencies:
            cure = f"One of {', '.join(snapshot.currencies)}."
            return Refusal("unknown_currency", f"{code} does not settle here.", cure)
        if settlement(work, participant, code).id not in memory.accounts:
            what = f"{participant} has no settlement account in {code}."
            return Refusal("no_account", what, "Trade currencies in which it has accounts.")
    if not _open_together(memory, currencies):
        names = " and ".join(currencies)
        return Refusal(
            "not_open", f"{names} are not open together.", _next_window(work, currencies), transient=True
        )
    return None


def may_order(work: Work, participant: str, currencies: Sequence[str]) -> Refusal | None:
    """Why a participant may not enter orders now: as `may_trade`, and a currency without a fresh rate waits
    for quotes of it."""
    refusal = may_trade(work, participant, currencies)
    suspended = work.memory.book.why_suspended(*currencies)
    if refusal is None and suspended:
        cure = "Trade it when it has a fresh rate."
        refusal = Refusal("suspended_currency", suspended, cure, transient=True)
    return refusal


def trade_date(work: Work, currency: str) -> str:
    """The business date on which what is traded now settles: that of both currencies, which are open."""
    return work.memory.days[currency].business_date


def _open_together(memory: Memory, currencies: Sequence[str]) -> bool:
    """Whether all are open, and on one and the same business date."""
    rows = [memory.days.get(code) for code in currencies]
    dates = {row.business_date for row in rows if row is not None and row.phase in TRADING}
    return len(dates) == 1 and all(row is not None and row.phase in TRADING for row in rows)


def _next_window(work: Work, currencies: Sequence[str]) -> str:
    """When they are open together next, as a cure."""
    hours = [work.memory.snapshot.operating_hours(code) for code in currencies]
    try:
        opens, ends = next_window([each for each in hours if each], work.now_ns)
    except NoBusinessDay:
        return "Their hours never meet: ask their settlement institutions."
    return f"Trade between {iso_instant(opens)} and {iso_instant(ends)}."
