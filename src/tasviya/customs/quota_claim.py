"""A declaration's claim on a tariff quota, and what has been used of a quota: rows of the store.

    asked ──allocate──▶ allocated ──give back──▶ returned
      └────────────────────give back─────────────▲

Quantities are thousandths of the quota's unit, as in tariff_quota.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from tasviya.core.life_cycle import following


class QuotaStatus(StrEnum):
    """Where a claim on a quota stands."""

    ASKED = "asked"
    ALLOCATED = "allocated"
    RETURNED = "returned"


class QuotaEvent(StrEnum):
    """What can happen to it."""

    ALLOCATE = "allocate"
    GIVE_BACK = "give_back"


TRANSITIONS: Mapping[QuotaStatus, Mapping[QuotaEvent, QuotaStatus]] = {
    QuotaStatus.ASKED: {
        QuotaEvent.ALLOCATE: QuotaStatus.ALLOCATED,
        QuotaEvent.GIVE_BACK: QuotaStatus.RETURNED,
    },
    QuotaStatus.ALLOCATED: {QuotaEvent.GIVE_BACK: QuotaStatus.RETURNED},
    QuotaStatus.RETURNED: {},
}


class QuotaClaim(msgspec.Struct):
    """What an item asks of a quota: one row of `customs_quota_request`."""

    mrn: str
    item: int
    member: str
    order_number: str
    day: str
    """The day of acceptance, whose requests share what is left; yyyy-mm-dd."""
    quantity: int
    unit: str
    status: QuotaStatus = QuotaStatus.ASKED
    granted: int = 0
    critical: int = 0
    """1: the quota was critical on that day, so the difference of duty was to be secured."""
    guarantee: str = ""
    """What secures the difference; empty if nothing does."""
    why: str = ""
    """Why nothing was granted, if a rule refused it."""

    def happens(self, event: QuotaEvent) -> None:
        """Move to the status that follows.

        Raises: InvariantBroken if TRANSITIONS has no such way.
        """
        self.status = following(TRANSITIONS, self.status, event, f"{self.mrn}/{self.item}")


class QuotaUse(msgspec.Struct):
    """What has been used of a quota's period: one row of `customs_quota`. begin: its first day."""

    member: str
    order_number: str
    begin: str
    used: int = 0
    allocated_until: str = ""
    """The last day whose requests have been allocated."""
