"""Whether a participant may trade: what orders and quotes are asked before anything of theirs is looked
at."""

from __future__ import annotations

from collections.abc import Sequence

from tasviya.core.business_day import Phase
from tasviya.core.errors import Refusal
from tasviya.membership.participant import ACTIVE
from tasviya.services.exchange import settlement
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
        row = memory.days.get(code)
        if row is None or row.phase not in TRADING:
            return Refusal("not_open", f"{code} is not open.", "Trade while both currencies are open.")
    suspended = memory.book.why_suspended(*currencies)
    if suspended:
        cure = "Trade it when it has a fresh rate."
        return Refusal("suspended_currency", suspended, cure, transient=True)
    return None
