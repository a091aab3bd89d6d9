"""Days that go wrong around a clearing cycle: closed currencies, stale rates, late clocks, rules that end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from clearing_union import CLEARING, ClearingUnion
from exchange_union import A, B, D, E, F, G

from tasviya import app
from tasviya.core.errors import OperatorError
from tasviya.services import clearing
from tasviya.services.clearing_discharge import discharge

UNIT = 10_000
DAY = date(2026, 9, 29)


def owe(union: ClearingUnion) -> None:
    """KZT owes 100 units, INR is owed 56 and OMR 44."""
    union.through(B, D, 1000, "INR", "KZT")
    union.through(G, E, 2, "OMR", "INR")
    union.settle()


def how(union: ClearingUnion, number: int | None = None) -> dict[tuple[str, str], str]:
    """What was paid how, by creditor."""
    return {
        (row["creditor"], row["how"]): row["units"] for row in app.ask_clearing(union.home).discharges(number)
    }


def ends_on(union: ClearingUnion) -> str:
    return str(app.ask_clearing(union.home).cycles()[0]["cut_off_on"])


# --- when a cycle ends ------------------------------------------------------------------------------


def test_cycles_cut_off_by_hand_on_one_day_all_leave_the_next_one_to_tomorrow(union: ClearingUnion) -> None:
    for number in (1, 2, 3):
        union._do(clearing.cut_off)
        union._do(discharge)
        assert union.cycle()["cycle"] == number
        assert ends_on(union) == "2026-09-30"


def test_a_cycle_cut_off_ahead_of_its_day_settles_on_the_day_on_which_it_was(tmp_path: Path) -> None:
    union = ClearingUnion(tmp_path, ("days = 1", "days = 5"))
    union.at("10:30").settle()
    assert ends_on(union) == "2026-10-05"
    owe(union)
    union._do(clearing.cut_off)
    (request,) = union.told("SIXXKZ20XXX", "pacs.029")[0].transactions
    assert request.settlement_date == "2026-09-29"
    assert ends_on(union) == "2026-10-06"
    union.at("15:00").settle()
    assert union.cycle(1)["status"] == "closed"


def test_a_cycle_cut_off_before_the_day_opens_is_cut_off_once_a_day(tmp_path: Path) -> None:
    """Its cut-off comes before the first opening: nothing may wait for a date that nobody has opened."""
    union = ClearingUnion(
        tmp_path,
        ('cutoff_at = "14:00"', 'cutoff_at = "07:00"'),
        ('settles_at = "15:00"', 'settles_at = "07:30"'),
    )
    union.at("10:30").settle().at("10:30", "2026-09-30").settle()
    assert [row["cycle"] for row in app.ask_clearing(union.home).cycles()] == [3, 2, 1]
    assert ends_on(union) == "2026-10-01"


def test_a_union_that_slept_cuts_off_once_and_goes_on_from_today(union: ClearingUnion) -> None:
    owe(union)
    union.at("10:30", "2026-10-12").settle()
    assert [row["status"] for row in app.ask_clearing(union.home).cycles()] == ["open", "closed"]
    assert ends_on(union) == "2026-10-13"


def test_a_cut_off_in_another_zone_ends_on_the_date_there(tmp_path: Path) -> None:
    """Half past midnight in Auckland is noon of the day before in UTC."""
    union = ClearingUnion(
        tmp_path,
        ('zone = "UTC"\ncutoff_at = "14:00"\nsettles_at = "15:00"',
         'zone = "Pacific/Auckland"\ncutoff_at = "00:30"\nsettles_at = "00:45"'),
    )  # fmt: skip
    union.at("10:30").settle()
    owe(union)
    union.at("11:40", "2026-09-30").settle()
    first, second = app.ask_clearing(union.home).cycles()[::-1][:2]
    assert (first["cut_off_on"], first["status"]) == ("2026-09-29", "closed")
    assert second["cut_off_on"] == "2026-09-30" and second["status"] == "closed"


# --- who can pay ------------------------------------------------------------------------------------


def test_a_netted_cycle_waits_for_a_currency_whose_day_has_ended(union: ClearingUnion) -> None:
    owe(union)
    union.at("14:00").settle()
    union.close_currency("OMR", DAY)
    union.at("16:00").settle()
    assert union.cycle()["status"] == "netted"
    union.at("10:30", "2026-09-30").settle()
    assert union.cycle(1)["status"] == "closed"


def test_settled_by_hand_no_money_moves_in_a_currency_that_is_closed(union: ClearingUnion) -> None:
    owe(union)
    union.at("14:00").settle()
    union.close_currency("KZT", DAY)
    before = union.books()
    union._do(discharge)
    assert {name for _, name in how(union)} == {"unpaid"}
    assert {name: value for name, value in union.books().items() if "KZT" in name.split("/")[1]} == {
        name: value for name, value in before.items() if "KZT" in name.split("/")[1]
    }


def test_nothing_is_paid_in_a_currency_whose_rate_is_too_old(tmp_path: Path) -> None:
    """OMR has no rate from 5 October; it may be stale for a day. It owes, and IN would take its money."""
    union = ClearingUnion(tmp_path, day="2026-10-02")
    union.at("10:30").settle()
    union.through(F, D, 1000, "INR", "OMR")
    union.settle()
    union._do(clearing.cut_off)
    union._do(lambda work: clearing.suspend(work, "Checking"))
    for day in ("2026-10-02", "2026-10-05", "2026-10-06"):
        union.at("10:30", day).settle().at("19:00").settle()
    union.at("10:30", "2026-10-07").settle()
    union._do(clearing.resume)
    union.settle()
    assert union.cycle(1)["status"] == "closed"
    assert {name for _, name in how(union, 1)} == {"unpaid"}


def test_a_suspended_institution_neither_pays_nor_is_paid_through_the_union(tmp_path: Path) -> None:
    name = 'name = "Settlement institution of Kazakhstan"'
    status = (
        'status = [{ status = "active", valid_to = 2026-09-30 },'
        ' { status = "suspended", valid_from = 2026-09-30 }]'
    )
    union = ClearingUnion(tmp_path, (name, f"{name}\n{status}"))
    union.at("10:30").settle()
    owe(union)
    union._do(clearing.cut_off)
    union._do(lambda work: clearing.suspend(work, "Until tomorrow."))
    union.at("10:30", "2026-09-30").settle()
    refused = union.through(A, D, 10, "INR", "KZT")
    also = union.through(D, A, 10, "KZT", "INR")
    good = union.through(G, E, 1, "OMR", "INR")
    union.settle()
    assert [union.statuses(A, refused), union.statuses(D, also)] == [["RJCT AG10"], ["RJCT AG10"]]
    assert union.status(good) == "settled"
    union._do(clearing.resume)
    union.settle()
    assert union.cycle(1)["status"] == "closed"
    assert {name for _, name in how(union, 1)} == {"unpaid"}


def test_interest_of_the_same_day_leaves_room_for_what_is_discharged(tmp_path: Path) -> None:
    """Oman has no quota, so its position is all its room; the debtor's is small, so nearly all is paid."""
    union = ClearingUnion(
        tmp_path,
        ('KZ = "1000", IN = "1000", OM = "1000"', 'KZ = "10", OM = "0"'),
        ('ceiling_percent = "500"', 'ceiling_percent = "100000"'),
        ('KZT = "14.25", INR = "6.5"', 'KZT = "1000", INR = "1000"'),
    )
    union.at("10:30").settle()
    union.through(B, E, 4, "OMR", "KZT")
    union.settle().make_markets()
    union.fix(DAY)
    interest = union.positions()["OMR"] - 88 * UNIT
    assert interest > 2 * UNIT
    union.at("14:00").settle().at("15:00").settle()
    assert (union.cycle()["status"], union.cycle()["why"]) == ("closed", "")
    assert union.positions()["OMR"] < interest


# --- rules that begin and end -----------------------------------------------------------------------


def test_clearing_may_begin_on_a_later_date(tmp_path: Path) -> None:
    later = CLEARING.replace("[clearing]", "[clearing]\nvalid_from = 2026-09-30")
    for stays_up in (False, True):
        union = ClearingUnion(tmp_path / str(stays_up), clearing=later, stays_up=stays_up)
        union.at("10:30").settle()
        early = union.through(B, D, 100, "INR", "KZT")
        union.settle().at("19:00").settle()
        assert union.status(early) == "rejected"
        union.at("10:30", "2026-09-30").settle()
        paid = union.through(B, D, 100, "INR", "KZT")
        union.settle()
        assert union.row(paid)["settled_by"] == "cycle 1"
        union.close()


def test_clearing_may_begin_before_anything_is_fixed_without_a_restart(tmp_path: Path) -> None:
    """Its first rates are the central banks', of the date on which it begins."""
    later = CLEARING.replace("[clearing]", "[clearing]\nvalid_from = 2026-09-30")
    union = ClearingUnion(tmp_path, clearing=later, stays_up=True)
    union.open_currency("KZT", DAY)
    union.close_currency("KZT", DAY)
    union.at("10:30", "2026-09-30").settle()
    paid = union.through(B, D, 100, "INR", "KZT")
    union.settle()
    assert union.status(paid) == "settled"
    union.close()


def test_clearing_that_has_ended_waits_with_a_clear_error(tmp_path: Path) -> None:
    ends = CLEARING.replace("[clearing]", "[clearing]\nvalid_to = 2026-09-30")
    union = ClearingUnion(tmp_path, clearing=ends)
    union.at("10:30").settle()
    owe(union)
    union._do(clearing.cut_off)
    union._do(lambda work: clearing.suspend(work, "Clearing ends tomorrow."))
    union.at("10:30", "2026-09-30").settle()
    late = union.through(B, D, 1, "INR", "KZT")
    union.settle()
    assert union.statuses(B, late) == ["RJCT FF05"]
    with pytest.raises(OperatorError, match="does not clear"):
        union._do(clearing.resume)
    union._do(clearing.carry_over)
    with pytest.raises(OperatorError, match="does not clear"):
        union._do(clearing.cut_off)
    assert union.positions()["KZT"] < -100 * UNIT and sum(union.positions().values()) == 0


@pytest.mark.parametrize("stays_up", [False, True])
def test_a_payment_kept_for_a_date_without_clearing_is_refused_then(tmp_path: Path, stays_up: bool) -> None:
    ends = CLEARING.replace("[clearing]", "[clearing]\nvalid_to = 2026-09-30")
    union = ClearingUnion(tmp_path, clearing=ends, stays_up=stays_up)
    union.at("10:30").settle()
    kept = union.through(B, D, 10, "INR", "KZT", settlement_date="2026-09-30")
    union.settle()
    union.at("10:30", "2026-09-30").settle()
    assert union.row(kept)["status"] == "rejected" and "union route" in union.row(kept)["reason_text"]
    union.close()


def test_a_cycle_suspended_without_rates_is_told_when_it_goes_on(tmp_path: Path) -> None:
    """The rupee that the unit is worth has no rate on the 29th; the cycle of the 30th is paid for none."""
    union = ClearingUnion(
        tmp_path, ('rates.INR = "1"\n', 'rates.INR = [{ value = "1", valid_from = 2026-09-30 }]\n')
    )
    union.at("10:30").settle()
    union._do(clearing.cut_off)
    assert union.cycle()["status"] == "suspended" and "no official rate" in union.cycle()["why"]
    with pytest.raises(OperatorError, match="no value"):
        union._do(clearing.resume)
    union.at("10:30", "2026-09-30").settle()
    union._do(clearing.resume)
    union.settle()
    assert union.cycle(1)["status"] == "closed"


# --- quotas -----------------------------------------------------------------------------------------


def test_what_a_smaller_quota_no_longer_covers_is_due_in_money(tmp_path: Path) -> None:
    """Of 100 units KZT paid 40; its quota falls from 100 to 10 units, and the other 50 and their interest are
    called in."""
    smaller = (
        'KZ = [{ units = "1000", valid_to = 2026-09-30 }, { units = "100", valid_from = 2026-09-30 }], IN'
    )
    union = ClearingUnion(tmp_path, ('KZ = "1000", IN', smaller))
    union.at("10:30").settle()
    owe(union)
    union.make_markets()
    union.at("14:00").settle().at("15:00").settle().at("19:00").settle()
    assert union.books()["KZ-SI/TSU/position_room/KZT"] == 440 * UNIT
    union.at("10:30", "2026-09-30").settle()
    union.order(A, "MORE-INR", "INR", "KZT", 1_000, "6.31")
    union.order(A, "MORE-OMR", "OMR", "KZT", 5, "1389")
    position = union.positions()["KZT"]
    assert position < -60 * UNIT
    assert union.books()["KZ-SI/TSU/position_room/KZT"] == max(50 * UNIT + position, 0)
    waits = union.through(A, D, 1, "INR", "KZT")
    union.settle()
    assert union.status(waits) == "queued"
    union.at("14:00").settle().at("15:00").settle()
    assert union.positions()["KZT"] == -10 * UNIT - union.row(waits)["unit_minor"]
    assert union.row(waits)["status"] == "settled", "what was discharged has made room for it"


def test_members_that_share_a_currency_share_its_quota(tmp_path: Path) -> None:
    """Bhutan's banks use the rupee as well; in what India's institution is paid, India says."""
    bhutan = """
[[member]]
code = "BT"
name = "Bhutan"
currency = "INR"

[[member.bank]]
code = "BT-H"
name = "Hotel Bank"
bic = "HOTLBT20XXX"
accounts.INR = "ACCHINR"

[[member]]
code = "KZ"
"""
    union = ClearingUnion(
        tmp_path,
        ('\n[[member]]\ncode = "KZ"\n', bhutan),
        ('IN = "1000"', 'IN = "1000", BT = "500.5"'),
        ("accepts = { KZ", 'accepts = { BT = ["OMR"], KZ'),
    )
    union.at("10:30").settle()
    owe(union)
    union.make_markets()
    union.at("14:00").settle().at("15:00").settle()
    rows = {row["currency"]: row for row in app.ask_clearing(union.home).cycle(1)[1]}
    assert rows["INR"]["quota"] == "150.0500"
    assert {name for creditor, name in how(union) if creditor == "INR"} == {"own"}


# --- interest ---------------------------------------------------------------------------------------


def test_days_on_which_nothing_was_fixed_bear_interest_with_the_next(union: ClearingUnion) -> None:
    owe(union)
    union.at("19:00").settle()
    union.at("10:30", "2026-10-05").settle().at("19:00").settle()
    rows = app.ask_clearing(union.home).interest()
    days = {row["business_date"]: row["days"] for row in rows}
    # The 29th bears to the 30th; Monday the 5th from there to Tuesday the 6th.
    assert days == {"2026-09-29": 1, "2026-10-05": 6}


# --- amounts ----------------------------------------------------------------------------------------


def test_an_amount_that_the_rate_makes_too_large_is_refused(tmp_path: Path) -> None:
    union = ClearingUnion(tmp_path)
    union.at("10:30").settle()
    paid = union.through(B, D, "9999999999999999.99", "INR", "KZT")
    good = union.through(B, D, 10, "INR", "KZT")
    union.settle()
    assert (union.statuses(B, paid), union.status(good)) == (["RJCT AM13"], "settled")


def test_what_the_rate_makes_is_held_to_the_limits_of_its_currency(tmp_path: Path) -> None:
    union = ClearingUnion(tmp_path, ("[operator]", "payment_limits.KZT = 6_000\n\n[operator]"))
    union.at("10:30").settle()
    paid = union.through(B, D, 1000, "INR", "KZT")  # 6,250 KZT
    good = union.through(B, D, 900, "INR", "KZT")
    union.settle()
    assert (union.statuses(B, paid), union.status(good)) == (["RJCT AM13"], "settled")
