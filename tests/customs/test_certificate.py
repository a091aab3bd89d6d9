"""Certificates of origin: every status and event, every refusal, and quantities that stay exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from origin_made_up import made, rule

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.core.life_cycle import following
from tasviya.customs.certificate import (
    TRANSITIONS,
    Certificate,
    Event,
    Status,
    Use,
    expire,
    give_back,
    issue,
    revoke,
    use,
    verify,
)
from tasviya.customs.nomenclature import GoodsCode
from tasviya.customs.origin import judge

TABLE = """
                verify    use       use_up   give_back  give_back_verified  revoke   expire
    issued      verified  issued    used_up  issued     .                   revoked  expired
    verified    .         verified  used_up  .          verified            revoked  expired
    used_up     .         .         .        issued     verified            revoked  .
    revoked     .         .         .        revoked    revoked             .        .
    expired     .         .         .        expired    expired             revoked  .
"""
HEADS, *LINES = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [
    (Status(row[0]), Event(event), told) for row in LINES for event, told in zip(HEADS, row[1:], strict=True)
]

FROM, UNTIL = date(2026, 3, 1), date(2026, 12, 31)
CERTIFICATE = Certificate(
    number="C-7",
    issuer="Chamber of Navbahor",
    exporter="Aqsu Textile",
    consignee="KZ-BARAKA",
    origin="UZ",
    goods=GoodsCode("620342"),
    rule="CTH or RVC 40",
    quantity=1000,
    unit="piece",
    issued_on=FROM,
    valid_until=UNTIL,
)
WANTED = Use("D-1", date(2026, 5, 4), "KZ-BARAKA", GoodsCode("62034231"), 400, "piece")


def done(found: Certificate | Refusal) -> Certificate:
    assert not isinstance(found, Refusal), found
    return found


def refused(found: Certificate | Refusal) -> str:
    assert isinstance(found, Refusal)
    assert found.what.endswith(".") and found.cure.endswith(".") and found.where
    return found.reason


USED = done(use(CERTIFICATE, WANTED))
USED_UP = done(use(USED, replace(WANTED, reference="D-2", quantity=600)))
VERIFIED = done(verify(USED, date(2026, 6, 1)))
REVOKED = done(revoke(USED, date(2026, 7, 1), "issued in error"))
EXPIRED = expire(USED, date(2027, 1, 1))


@pytest.mark.parametrize(("status", "event", "told"), CELLS, ids=str)
def test_event_leads_on_or_cannot_happen(status: Status, event: Event, told: str) -> None:
    if told == ".":
        with pytest.raises(InvariantBroken):
            following(TRANSITIONS, status, event, "C-7")
    else:
        assert following(TRANSITIONS, status, event, "C-7") is Status(told)


def test_table_is_complete() -> None:
    assert {status for status, _, _ in CELLS} == set(Status) == set(TRANSITIONS)
    assert {event for _, event, _ in CELLS} == set(Event)


def test_uses_add_up_until_nothing_is_left() -> None:
    assert (USED.status, USED.used, USED.left) == (Status.ISSUED, 400, 600)
    assert (USED_UP.status, USED_UP.used, USED_UP.left) == (Status.USED_UP, 1000, 0)


@pytest.mark.parametrize("day", [FROM, UNTIL])
def test_first_and_last_day_are_good(day: date) -> None:
    assert done(use(CERTIFICATE, replace(WANTED, on=day))).used == 400


@pytest.mark.parametrize(
    ("of", "change", "reason"),
    [
        (CERTIFICATE, {"on": UNTIL + timedelta(1)}, "CO01"),
        (EXPIRED, {"reference": "D-2"}, "CO01"),
        (CERTIFICATE, {"on": FROM - timedelta(1)}, "CO02"),
        (REVOKED, {"reference": "D-2"}, "CO03"),
        (CERTIFICATE, {"consignee": "KZ-CHORSU"}, "CO04"),
        (CERTIFICATE, {"goods": GoodsCode("620343")}, "CO05"),
        (CERTIFICATE, {"quantity": 1001}, "CO06"),
        (USED, {"reference": "D-2", "quantity": 601}, "CO06"),
        (USED_UP, {"reference": "D-3", "quantity": 1}, "CO06"),
        (CERTIFICATE, {"quantity": 0}, "CO07"),
        (CERTIFICATE, {"quantity": -5}, "CO07"),
        (CERTIFICATE, {"unit": "kg"}, "CO07"),
        (USED, {"quantity": 1}, "CO08"),
    ],
)
def test_use_is_refused(of: Certificate, change: dict[str, object], reason: str) -> None:
    assert refused(use(of, replace(WANTED, **change))) == reason  # type: ignore[arg-type]


def test_certificate_of_national_digits_is_not_for_other_goods_of_the_subheading() -> None:
    narrow = replace(CERTIFICATE, goods=GoodsCode("62034231"))
    assert done(use(narrow, WANTED)).used == 400
    assert refused(use(narrow, replace(WANTED, goods=GoodsCode("62034290")))) == "CO05"
    assert refused(use(narrow, replace(WANTED, goods=GoodsCode("620342")))) == "CO05"


def test_overuse_says_how_much_is_left_and_may_succeed_later() -> None:
    found = use(USED, replace(WANTED, reference="D-2", quantity=700))
    assert isinstance(found, Refusal) and found.transient
    assert found.what == "700 piece is 100 piece more than is left: 600 of 1000 piece."
    freed = done(give_back(USED, "D-1"))
    assert done(use(freed, replace(WANTED, reference="D-2", quantity=700))).left == 300


def test_same_use_again_changes_nothing() -> None:
    assert use(USED, WANTED) == USED
    assert use(REVOKED, WANTED) == REVOKED


def test_verified_stays_verified_through_uses() -> None:
    full = done(use(VERIFIED, replace(WANTED, reference="D-2", quantity=600)))
    assert full.status is Status.USED_UP
    assert done(give_back(full, "D-2")) == VERIFIED
    assert verify(VERIFIED, date(2026, 6, 2)) == VERIFIED


def test_what_has_ended_is_not_verified() -> None:
    assert refused(verify(EXPIRED, UNTIL)) == "CO01"
    assert refused(verify(REVOKED, UNTIL)) == "CO03"
    assert refused(verify(USED_UP, UNTIL)) == "CO12"
    assert refused(verify(CERTIFICATE, FROM - timedelta(1))) == "CO02"


def test_used_up_may_be_revoked_and_its_uses_stay_to_be_charged() -> None:
    found = done(revoke(USED_UP, date(2026, 8, 1), "wrong rule"))
    assert (found.status, found.uses) == (Status.REVOKED, USED_UP.uses)
    assert refused(revoke(found, date(2026, 8, 2), "again")) == "CO03"


def test_what_is_given_back_after_the_end_does_not_come_to_life() -> None:
    assert done(give_back(REVOKED, "D-1")).status is Status.REVOKED
    assert done(give_back(EXPIRED, "D-1")).status is Status.EXPIRED


def test_use_that_was_not_there_is_not_given_back() -> None:
    assert refused(give_back(USED, "D-9")) == "CO13"


def test_it_expires_the_day_after_its_last_and_not_when_used_up() -> None:
    assert expire(USED, UNTIL) == USED
    assert (EXPIRED.status, EXPIRED.ended_on) == (Status.EXPIRED, date(2027, 1, 1))
    assert expire(USED_UP, date(2027, 1, 1)) == USED_UP


def test_it_is_issued_for_goods_that_originate_only() -> None:
    by = rule("CTH or RVC 40")
    met, broken = made(100, ("520942", 90, "no")), made(100, ("620311", 90, "no"))
    assert issue(CERTIFICATE, judge(by, met)) == CERTIFICATE
    assert done(issue(replace(CERTIFICATE, rule=""), judge(by, met))).rule == "CTH or RVC 40"
    assert refused(issue(CERTIFICATE, judge(by, broken))) == "CO09"
    assert refused(issue(replace(CERTIFICATE, quantity=0), judge(by, met))) == "CO10"
    assert refused(issue(replace(CERTIFICATE, valid_until=date(2026, 2, 1)), judge(by, met))) == "CO11"
    with pytest.raises(InvariantBroken):
        issue(USED, judge(by, met))


quantities = st.lists(st.integers(1, 700), max_size=8)


def with_uses(wanted: list[int], *, verified: bool) -> Certificate:
    """The certificate after as many of the uses as fit."""
    now = done(verify(CERTIFICATE, FROM)) if verified else CERTIFICATE
    for number, quantity in enumerate(wanted):
        found = use(now, replace(WANTED, reference=f"D-{number}", quantity=quantity))
        now = now if isinstance(found, Refusal) else found
    return now


@given(quantities, st.booleans(), st.integers(1, 1000))
def test_use_and_its_giving_back_change_nothing(wanted: list[int], verified: bool, quantity: int) -> None:
    before = with_uses(wanted, verified=verified)
    found = use(before, replace(WANTED, reference="new", quantity=quantity))
    if isinstance(found, Refusal):
        assert quantity > before.left
    else:
        assert give_back(found, "new") == before


@given(quantities, st.booleans())
def test_quantity_is_used_or_left_and_used_up_says_which(wanted: list[int], verified: bool) -> None:
    now = with_uses(wanted, verified=verified)
    assert now.used + now.left == 1000
    assert (now.left == 0) is (now.status is Status.USED_UP)
    while now.uses:
        now = done(give_back(now, now.uses[0].reference))
    assert now == with_uses([], verified=verified)
