"""What a settlement date means in each phase of a day, and what a payer's own times mean."""

from __future__ import annotations

from datetime import date, time

import pytest

from tasviya.core.business_day import Calendar, OperatingHours, Phase
from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal
from tasviya.messages.model import CreditTransfer
from tasviya.settlement.admission import Day, judge_date
from tasviya.settlement.timing import ANY_TIME, window

HOURS = OperatingHours(
    "Asia/Almaty", Calendar("", overrides={date(2026, 10, 1): False}), time(9), time(17), time(18), time(19)
)
PHASES = {
    "closed": Phase.CLOSED,
    "open": Phase.OPEN,
    "late": Phase.CUSTOMER_CUTOFF,
    "last": Phase.INTERBANK_CUTOFF,
}

# The business date is Tuesday, 29 September; Thursday is a holiday; two days ahead are kept.
TABLE = """
    phase   for    customer's  bank's
    open    29     now         now
    late    29     TM01        now
    last    29     TM01        TM01
    closed  29     later       later
    open    30     later       later
    late    30     later       later
    closed  30     later       later
    open    01     DT03        DT03
    open    02     later       later
    open    03     DT04        DT04
    open    05     DT04        DT04
    open    25     DT01        DT01
    open    27     DT01        DT01
"""
ROWS = [tuple(line.split()) for line in TABLE.strip().splitlines()[1:]]


def day_of(phase: str) -> Day:
    return Day(date(2026, 9, 29), PHASES[phase], HOURS, date(2026, 9, 29))


@pytest.mark.parametrize(("phase", "wanted", "customer", "bank"), ROWS)
def test_date(phase: str, wanted: str, customer: str, bank: str) -> None:
    requested = date(2026, 10 if int(wanted) < 20 else 9, int(wanted))
    for is_customer, told in ((True, customer), (False, bank)):
        found = judge_date(requested, day_of(phase), customer=is_customer, warehousing_days=2)
        assert (found.reason if isinstance(found, Refusal) else found.value) == told


def transfer(**times: str) -> CreditTransfer:
    return CreditTransfer(1, **times)  # type: ignore[arg-type]


def told(**times: str) -> tuple[str, str]:
    found = window(transfer(**times), date(2026, 9, 29), "Asia/Almaty")
    return tuple(iso_instant(at)[11:16] if at else "-" for at in (found.not_before, found.not_after))  # type: ignore[return-value]


def test_payer_s_times_are_instants_of_the_settlement_date() -> None:
    assert window(transfer(), date(2026, 9, 29), "Asia/Almaty") == ANY_TIME
    assert told(settle_till="11:00:00Z") == ("-", "11:00")
    assert told(settle_till="11:00:00+05:00") == ("-", "06:00")
    assert told(settle_till="11:00:00") == ("-", "06:00"), "the settlement institution's own time"
    assert told(settle_from="10:00:00Z") == ("10:00", "-")


def test_earliest_of_several_ends_the_wait() -> None:
    assert told(settle_till="11:00:00Z", settle_at="10:30:00Z", reject_after="12:00:00Z") == ("-", "10:30")
