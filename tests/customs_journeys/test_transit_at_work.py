"""Goods in transit through three members of a union at work: their guarantee is held, freed or called.

Every step opens the union anew, so each journey is also one through restarts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import pytest
from customs_union import LAW, MEASURES, declaration
from exchange_union import A, E
from transit_union import HOLDER, OFFICES, STAKE, TRANSIT, TransitUnion

from tasviya.app import ask_customs
from tasviya.core.errors import OperatorError
from tasviya.customs.claim import ClaimStatus
from tasviya.customs.declaration import Declaration
from tasviya.customs.formats import declaration_json
from tasviya.customs.transit import DAY, IncidentKind
from tasviya.services.guarantee_holds import hold
from tasviya.services.guarantees import revoke
from tasviya.services.transit import call, cancel, discharge, reject, release, secure
from tasviya.services.transit_way import arrive, enquire, enter, leave, report, resume, unload
from tasviya.services.unit_of_work import PostingRefused
from tasviya.services.work import Work

OM_CUSTOMS = "CSTMOM20XXX"
SEEN = ("S-1", "S-2")


@pytest.fixture
def union(tmp_path: Path) -> TransitUnion:
    """The union of three customs at 10:30 UTC."""
    made = TransitUnion(tmp_path)
    made.at("10:30").settle()
    return made


def refusal(act: Callable[[], object]) -> str:
    """The code with which an act is refused."""
    with pytest.raises(OperatorError) as stopped:
        act()
    return stopped.value.refusal.reason


def test_goods_pass_a_third_member_and_their_guarantee_is_free_again(union: TransitUnion) -> None:
    grn = union.guaranteed().grn
    mrn = union.declared(grn).mrn
    assert union.line(grn) == (STAKE, 0, 0)
    union.ok(lambda work: secure(work, mrn, HOLDER))
    assert union.line(grn) == (0, STAKE, 0)
    union.ok(lambda work: release(work, mrn, "KZ.officer.1"))
    union.at("16:00", "2026-09-30").ok(lambda work: leave(work, mrn, "KZ", "KZ.officer.2"))
    union.ok(lambda work: enter(work, mrn, OFFICES[1], "OM.officer.1", seals_seen=SEEN))
    assert union.movement(mrn)["in"] == "OM"
    union.at("10:30", "2026-10-02").ok(lambda work: arrive(work, mrn, OFFICES[2], "IN.officer.1"))
    union.ok(lambda work: unload(work, mrn, "IN.officer.1", remark="as declared"))
    assert union.line(grn) == (0, STAKE, 0)
    union.ok(lambda work: discharge(work, mrn, "KZ.officer.1"))
    union.settle()
    told = union.movement(mrn)
    assert (told["status"], told["etir"], told["reserved"]) == (
        "discharged",
        "operation discharged",
        "0.00",
    )
    assert [each["member"] for each in told["legs"]] == ["KZ", "OM", "IN"] and not told["incidents"]
    assert union.line(grn) == (STAKE, 0, 0)
    assert union.ok(lambda work: work.memory.customs.guarantee(grn)).reservations == {}


def test_guarantee_one_minor_unit_short_holds_nothing(union: TransitUnion) -> None:
    grn = union.guaranteed(STAKE - 1).grn
    mrn = union.declared(grn).mrn
    assert refusal(lambda: union.ok(lambda work: secure(work, mrn, HOLDER))) == "GU06"
    assert union.movement(mrn)["status"] == "declared"
    assert union.line(grn) == (STAKE - 1, 0, 0)
    assert refusal(lambda: union.ok(lambda work: release(work, mrn, "KZ.officer.1"))) == "TN02"


def test_ledger_itself_refuses_to_hold_more_than_the_line(union: TransitUnion) -> None:
    guarantee = union.guaranteed(STAKE)
    union.released(guarantee.grn)
    with pytest.raises(PostingRefused, match="exceeds"):
        union.ok(lambda work: hold(work, guarantee, "26KZT0000000099J0", 1))
    assert union.line(guarantee.grn) == (0, STAKE, 0)


def test_two_movements_share_a_line_and_the_third_waits_for_a_discharge(union: TransitUnion) -> None:
    grn = union.guaranteed(2 * STAKE).grn
    first, second = (union.released(grn, number) for number in ("T-1", "T-2"))
    third = union.declared(grn, "T-3").mrn
    assert refusal(lambda: union.ok(lambda work: secure(work, third, HOLDER))) == "GU06"
    union.ok(lambda work: arrive(work, first, OFFICES[2], "IN.officer.1"))
    union.ok(lambda work: discharge(work, first, "KZ.officer.1"))
    union.ok(lambda work: secure(work, third, HOLDER))
    assert union.line(grn) == (0, 2 * STAKE, 0)
    held = union.ok(lambda work: work.memory.customs.guarantee(grn)).reservations
    assert held == {second: STAKE, third: STAKE}


def test_highest_tariff_of_the_members_passed_is_at_stake(union: TransitUnion) -> None:
    """1,000.00 INR of goods: 10 % duty and 12 % of 1,100 in IN are 232.00 INR, and 1,450.00 KZT; so in KZ."""
    body = declaration_json.read(declaration(kind="transit", currency="INR", declarant=HOLDER))
    assert isinstance(body, Declaration)
    grn = union.guaranteed().grn
    row = union.declared(grn, goods=body, named=None)
    assert union.movement(row.mrn)["at_stake"] == "1,450.00 KZT"
    law = LAW.replace("{member}", "IN").replace("{currency}", "INR")
    union.publish("IN", law, MEASURES.replace("VAT,,12%", "VAT,,20%"), "2026-09-29")
    row = union.declared(grn, "T-2", goods=body, named=None)  # 320.00 INR
    assert union.movement(row.mrn)["at_stake"] == "2,000.00 KZT"


def test_stake_in_another_currency_is_rounded_up(union: TransitUnion) -> None:
    grn = union.guaranteed(10_000_0000, "TSU").grn
    row = union.declared(grn, minor=1)
    assert (row.stake, union.movement(row.mrn)["at_stake"]) == (2, "0.0002 TSU")  # 0.01 / 62.5 = 0.00016


def test_incident_stops_goods_until_an_office_lets_them_go_on(union: TransitUnion) -> None:
    mrn = union.released(union.guaranteed().grn)
    union.ok(lambda work: enter(work, mrn, OFFICES[1], "OM.officer.1", seals_seen=("S-1",)))
    told = union.movement(mrn)
    assert told["status"] == "incident"
    assert [(each["kind"], each["text"]) for each in told["incidents"]] == [("seal_broken", "not seen: S-2")]
    union.ok(lambda work: report(work, mrn, IncidentKind.TRANSHIPMENT, HOLDER, text="new tractor"))
    assert refusal(lambda: union.ok(lambda work: resume(work, mrn, "IN.officer.1"))) == "RO01"
    union.ok(lambda work: resume(work, mrn, "OM.officer.1", seals=("S-1", "S-9")))
    assert (union.movement(mrn)["status"], union.movement(mrn)["seals"]) == ("under_way", "S-1 S-9")


def test_goods_that_arrive_elsewhere_arrive(union: TransitUnion) -> None:
    grn = union.guaranteed().grn
    mrn = union.released(grn)
    union.ok(lambda work: enter(work, mrn, OFFICES[1], "OM.officer.1"))
    union.ok(lambda work: arrive(work, mrn, "OM000777", "OM.officer.2"))
    row = union.ok(lambda work: work.memory.customs.movement(mrn))
    assert row.body.diverted and row.body.went_wrong_in == "OM"
    union.ok(lambda work: discharge(work, mrn, "KZ.officer.1"))
    assert union.line(grn) == (STAKE, 0, 0)


def test_lost_goods_are_called_where_they_were_seen_last_and_paid_through_the_clearing(
    union: TransitUnion,
) -> None:
    grn = union.guaranteed().grn
    mrn = union.released(grn)
    union.ok(lambda work: enter(work, mrn, OFFICES[1], "OM.officer.1"))
    assert refusal(lambda: union.ok(lambda work: enquire(work, mrn, "KZ.officer.1"))) == "TN06"
    union.at("10:30", "2026-10-16").settle()  # to arrive by the 7th; seven days later nobody has seen them
    (due,) = ask_customs(union.home).movements_due(union.now)
    assert (due["mrn"], due["due"], due["member"]) == (mrn, "enquire", "KZ")
    union.ok(lambda work: enquire(work, mrn, "KZ.officer.1"))
    assert refusal(lambda: union.ok(lambda work: call(work, mrn, "OM.chief"))) == "TN07"
    union.at("10:30", "2026-11-16").settle()
    (due,) = ask_customs(union.home).movements_due(union.now)
    assert (due["due"], due["member"]) == ("call", "OM")
    assert refusal(lambda: union.ok(lambda work: call(work, mrn, "KZ.chief"))) == "RO01"
    row = union.ok(lambda work: call(work, mrn, "OM.chief", proved_minor=STAKE - 27_500_00))
    assert ask_customs(union.home).movements_due(union.now) == []
    assert union.line(grn) == (STAKE - 27_500_00, 0, 27_500_00)
    claim = union.ok(lambda work: work.memory.customs.claim(row.claim))
    assert claim is not None
    assert (claim.debtor, claim.member, claim.currency, claim.total) == (
        "KZ-A",
        "OM",
        "OMR",
        19_909,
    )  # 27,500.00 KZT at 0.16, an OMR at 221, rounded down
    assert union.customs_books() == {
        "OM/deferred/KZ-A": 19_909,
        "OM/accrued/DEBT": 19_909,
        f"KZ/guarantee/{grn}": STAKE - 27_500_00,
        "KZ/guarantee_called": 27_500_00,
    }
    union.through(A, OM_CUSTOMS, "19.909", "OMR", "KZT", remittance=f"/MRN/{row.claim}")
    union.settle()
    paid = union.ok(lambda work: work.memory.customs.claim(row.claim))
    assert paid is not None and paid.status is ClaimStatus.MET
    books = union.customs_books()
    assert (books["OM/cash"], books["OM/revenue/DEBT"]) == (19_909, 19_909)
    assert "OM/deferred/KZ-A" not in books
    positions = union.positions()
    assert (
        positions["OMR"] == -positions["KZT"] == pytest.approx(439_9889, rel=1e-5)
    )  # 19.909 OMR at 221 / 10
    union.through(E, A, 20_000, "KZT", "OMR")
    union.settle()
    union.at("10:30", "2026-11-17").settle()
    union.at("14:00").settle()
    union.at("15:00").settle()
    cycle = union.cycle()
    assert (cycle["payments"], cycle["gross"], cycle["multilateral"]) == (2, "759.9876", "119.9876")


def test_what_is_lacking_is_called_and_the_rest_is_free(union: TransitUnion) -> None:
    grn = union.guaranteed().grn
    mrn = union.released(grn)
    union.ok(lambda work: arrive(work, mrn, OFFICES[2], "IN.officer.1"))
    too_little = lambda work: unload(work, mrn, "IN.officer.1", 0, 1)  # noqa: E731
    assert refusal(lambda: union.ok(too_little)) == "TW06"
    union.ok(lambda work: unload(work, mrn, "IN.officer.1", 0, 6_250_00, "two rolls are lacking"))
    assert refusal(lambda: union.ok(lambda work: discharge(work, mrn, "KZ.officer.1"))) == "TN09"
    row = union.ok(lambda work: call(work, mrn, "IN.chief"))
    claim = union.ok(lambda work: work.memory.customs.claim(row.claim))
    assert claim is not None and (claim.currency, claim.total) == ("INR", 1_000_00)
    assert union.line(grn) == (STAKE - 6_250_00, 0, 6_250_00)


def test_what_has_not_set_out_is_cancelled_or_rejected_and_frees_its_hold(union: TransitUnion) -> None:
    grn = union.guaranteed().grn
    mrn = union.declared(grn).mrn
    union.ok(lambda work: secure(work, mrn, HOLDER))
    assert refusal(lambda: union.ok(lambda work: cancel(work, mrn, "KZ-OTHER", "a slip"))) == "RO01"
    union.ok(lambda work: cancel(work, mrn, HOLDER, "a slip"))
    assert union.line(grn) == (STAKE, 0, 0)
    second = union.declared(grn, "T-2").mrn
    union.ok(lambda work: reject(work, second, "KZ.officer.1", "not what was declared"))
    assert union.movement(second)["ended_for"] == "not what was declared"
    assert refusal(lambda: union.ok(lambda work: secure(work, second, HOLDER))) == "TN01"


def test_revoked_guarantee_keeps_what_it_holds_and_takes_nothing_new(union: TransitUnion) -> None:
    grn = union.guaranteed(2 * STAKE).grn
    mrn, waiting = union.released(grn), union.declared(grn, "T-2").mrn
    union.ok(lambda work: revoke(work, grn, "KZ.chief"))
    assert refusal(lambda: union.ok(lambda work: secure(work, waiting, HOLDER))) == "GU02"
    union.ok(lambda work: arrive(work, mrn, OFFICES[2], "IN.officer.1"))
    union.ok(lambda work: discharge(work, mrn, "KZ.officer.1"))
    assert union.line(grn) == (2 * STAKE, 0, 0)


def test_report_that_comes_late_is_taken_down_as_it_was(union: TransitUnion) -> None:
    mrn = union.released(union.guaranteed().grn)
    crossed = union.now + 2 * 3_600 * 10**9
    early = lambda work: enter(work, mrn, OFFICES[1], "OM.officer.1", crossed)  # noqa: E731
    assert refusal(lambda: union.ok(early)) == "TW05"
    union.at("10:30", "2026-10-16").ok(lambda work: enquire(work, mrn, "KZ.officer.1"))
    union.ok(lambda work: enter(work, mrn, OFFICES[1], "OM.officer.1", crossed))
    assert union.movement(mrn)["legs"][1]["entered_at"] == "2026-09-29T12:30:00.000Z"
    assert union.ok(lambda work: enter(work, mrn, OFFICES[1], "OM.officer.1", crossed)).status == "enquiry"


def test_holder_reports_no_border_and_ends_no_movement(union: TransitUnion) -> None:
    mrn = union.released(union.guaranteed().grn)
    for act in (
        lambda: union.ok(lambda work: enter(work, mrn, OFFICES[1], HOLDER)),
        lambda: union.ok(lambda work: discharge(work, mrn, HOLDER)),
        lambda: union.ok(lambda work: enquire(work, mrn, HOLDER)),
    ):
        assert refusal(act) == "RO01"


def test_same_number_again_is_the_same_movement(union: TransitUnion) -> None:
    grn = union.guaranteed().grn
    assert union.declared(grn).mrn == union.declared(grn).mrn
    assert refusal(lambda: union.declared(grn, minor=1)) == "CU04"


def test_limits_are_those_of_the_day_of_release(union: TransitUnion) -> None:
    mrn = union.released(union.guaranteed().grn)
    row = union.ok(lambda work: work.memory.customs.movement(mrn))
    assert row.body.terms is not None and row.body.terms.enquiry_lasts == 28 * DAY
    assert row.due_at == row.body.limit_at + 7 * DAY


def test_changed_limits_hold_for_goods_that_set_out_from_then_on(union: TransitUnion) -> None:
    grn = union.guaranteed(2 * STAKE).grn
    before = union.released(grn)

    def shorten(work: Work) -> None:
        rules = work.memory.snapshot.transit
        assert rules is not None
        work.end_record(rules, date(2026, 9, 30))
        work.add_record(msgspec.structs.replace(rules, valid_from="2026-09-30", enquiry_days=10))

    union._do(shorten)
    union.at("10:30", "2026-09-30").settle()
    after = union.released(grn, "T-2")
    lasts = [
        union.ok(lambda work, mrn=mrn: work.memory.customs.movement(mrn)).body.terms.enquiry_lasts
        for mrn in (before, after)
    ]
    assert lasts == [28 * DAY, 10 * DAY]


def test_union_without_terms_has_no_transit(tmp_path: Path) -> None:
    union = TransitUnion(tmp_path, (TRANSIT, "\n"))
    union.at("10:30").settle()
    assert refusal(lambda: union.declared(union.guaranteed().grn)) == "TN11"


def test_guarantee_in_the_unions_unit_is_called_in_a_members_currency(union: TransitUnion) -> None:
    grn = union.guaranteed(1_000_0000, "TSU").grn
    mrn = union.released(grn)  # 62,500.00 KZT are 1,000 units
    assert union.line(grn) == (0, 1_000_0000, 0)
    union.ok(lambda work: arrive(work, mrn, OFFICES[2], "IN.officer.1"))
    union.ok(lambda work: unload(work, mrn, "IN.officer.1", 0, 100_0000, "a tenth is lacking"))
    row = union.ok(lambda work: call(work, mrn, "IN.chief"))
    claim = union.ok(lambda work: work.memory.customs.claim(row.claim))
    assert claim is not None and (claim.currency, claim.total) == ("INR", 1_000_00)
    assert union.line(grn) == (900_0000, 0, 100_0000)
