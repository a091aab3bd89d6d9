"""A payment's life cycle: every status and event, written out."""

from __future__ import annotations

import pytest
from payments_made_up import payment

from tasviya.core.errors import InvariantBroken
from tasviya.settlement.payment import FINAL, ISO_STATUS, TRANSITIONS, Event, Status

TABLE = """
                settle    queue     hold      warehouse   refuse     cancel     expire
    received    settled   queued    held      warehoused  rejected   .          .
    held        settled   queued    .         warehoused  rejected   cancelled  expired
    warehoused  settled   queued    .         .           rejected   cancelled  expired
    queued      settled   queued    .         .           rejected   cancelled  expired
    settled     .         .         .         .           .          .          .
    rejected    .         .         .         .           .          .          .
    cancelled   .         .         .         .           .          .          .
    expired     .         .         .         .           .          .          .
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [
    (Status(row[0]), Event(event), told) for row in ROWS for event, told in zip(HEAD, row[1:], strict=True)
]


@pytest.mark.parametrize(("status", "event", "told"), CELLS, ids=str)
def test_event_leads_on_or_cannot_happen(status: Status, event: Event, told: str) -> None:
    subject = payment(1, status=status)
    if told == ".":
        with pytest.raises(InvariantBroken):
            subject.happens(event)
        assert subject.status is status
    else:
        subject.happens(event)
        assert subject.status is Status(told)


def test_table_is_complete() -> None:
    assert {status for status, _, _ in CELLS} == set(Status) == set(TRANSITIONS)
    assert {event for _, event, _ in CELLS} == set(Event)


def test_what_is_final_stays_so() -> None:
    assert {Status.SETTLED, Status.REJECTED, Status.CANCELLED, Status.EXPIRED} == FINAL


def test_every_status_can_be_told_and_settled_alone_is_told_as_settled() -> None:
    assert set(ISO_STATUS) == set(Status)
    assert [status for status, told in ISO_STATUS.items() if told == "ACSC"] == [Status.SETTLED]
