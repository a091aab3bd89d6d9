"""What a settlement date means: now, later, never. And what happens at each of the day's events."""

from __future__ import annotations

import pytest
from small_union import CENTRAL_BANK, A, B, C, E, G, SmallUnion, messages_in, minor

from tasviya.messages.model import AccountReport

TABLE = """
    sent at   on date      for date     kind      told
    10:00     2026-09-29   2026-09-29   pacs.008  ACSC
    10:00     2026-09-29   2026-09-30   pacs.008  ACSP
    10:00     2026-09-29   2026-10-08   pacs.008  RJCT DT04
    10:00     2026-09-29   2026-10-07   pacs.008  ACSP
    10:00     2026-09-29   2026-10-01   pacs.008  RJCT DT03
    10:00     2026-09-29   2026-10-03   pacs.008  RJCT DT03
    10:00     2026-09-29   2026-09-28   pacs.008  RJCT DT01
    10:00     2026-09-29   2026-09-25   pacs.008  RJCT DT01
    16:59     2026-09-29   2026-09-29   pacs.008  ACSC
    17:00     2026-09-29   2026-09-29   pacs.008  RJCT TM01
    17:00     2026-09-29   2026-09-29   pacs.009  ACSC
    17:59     2026-09-29   2026-09-29   pacs.009  ACSC
    18:00     2026-09-29   2026-09-29   pacs.009  RJCT TM01
    17:30     2026-09-29   2026-09-30   pacs.008  ACSP
    18:30     2026-09-29   2026-09-29   pacs.009  RJCT TM01
    19:00     2026-09-29   2026-09-30   pacs.008  ACSP
    08:30     2026-09-29   2026-09-29   pacs.008  ACSP
    10:00     2026-10-01   2026-10-01   pacs.008  RJCT DT03
    10:00     2026-10-01   2026-10-02   pacs.008  ACSP
    10:00     2026-10-03   2026-10-05   pacs.008  ACSP
"""
CASES = [line.split(maxsplit=4) for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize(("time", "day", "wanted", "kind", "told"), CASES, ids=lambda text: text)
def test_date_is_judged(union: SmallUnion, time: str, day: str, wanted: str, kind: str, told: str) -> None:
    union.at(time, day).settle()
    send = union.pay if kind == "pacs.008" else union.interbank
    paid = send(A, B, 1, settlement_date=wanted)
    union.settle()
    assert union.statuses(A, paid) == [told.strip()]


def test_payment_for_a_later_day_settles_when_that_day_opens(open_union: SmallUnion) -> None:
    kept = open_union.pay(A, B, 10, settlement_date="2026-09-30")
    open_union.settle()
    assert (open_union.statuses(A, kept), open_union.balance(B)) == (["ACSP"], minor(100))
    open_union.at("18:30").settle()
    open_union.at("08:59", "2026-09-30").settle()
    assert open_union.statuses(A, kept) == ["ACSP"]
    open_union.at("09:00").settle()
    assert (open_union.statuses(A, kept), open_union.balance(B)) == (["ACSP", "ACSC"], minor(110))
    assert [each.uetr for each in open_union.onward(B)] == [kept]


def test_payments_kept_for_a_day_meet_it_in_order_of_arrival(open_union: SmallUnion) -> None:
    day = "2026-09-30"
    first = open_union.pay(B, C, 400, settlement_date=day)
    second = open_union.pay(B, C, 300, settlement_date=day)
    third = open_union.pay(B, C, 100, settlement_date=day)
    open_union.settle()
    open_union.at("09:00", day).settle()
    # B can spend 600. The third could settle, and stands behind the second.
    assert [open_union.status(each) for each in (first, second, third)] == ["settled", "queued", "queued"]


def test_payment_kept_for_a_day_can_be_recalled_before(open_union: SmallUnion) -> None:
    kept = open_union.pay(A, B, 10, settlement_date="2026-09-30")
    open_union.settle()
    open_union.recall(A, kept)
    open_union.settle()
    assert open_union.statuses(A, kept) == ["ACSP", "CANC DUPL"]
    open_union.at("09:00", "2026-09-30").settle()
    assert open_union.balance(B) == minor(100)


def test_day_passes_and_the_next_opens_though_nobody_was_there(open_union: SmallUnion) -> None:
    # The machine stands from Tuesday 10:00 to Wednesday 11:00: Tuesday is closed, Wednesday opened.
    open_union.at("11:00", "2026-09-30")
    paid = open_union.pay(A, B, 10)
    application = open_union.application()
    application.drain()
    application.tell()
    if not open_union.stays_up:
        application.__exit__(None, None, None)
    assert open_union.statuses(A, paid) == ["ACSC"]
    assert closing(open_union, A, "2026-09-29") == minor(1000)


def test_statements_chain_from_day_to_day(open_union: SmallUnion) -> None:
    open_union.pay(A, B, 300)
    open_union.pay(B, A, 50)
    open_union.settle()
    open_union.at("18:30").settle()
    open_union.at("10:00", "2026-09-30").settle()
    open_union.pay(A, B, 200)
    open_union.settle()
    open_union.at("18:30").settle()
    days = [statement(open_union, A, day) for day in ("2026-09-29", "2026-09-30")]
    assert [(opening_of(each), closing_of(each)) for each in days] == [
        (minor(1000), minor(750)),
        (minor(750), minor(550)),
    ]
    for each in days:
        assert opening_of(each) + sum(signed(entry) for entry in each.entries) == closing_of(each)
    assert closing_of(days[-1]) == open_union.balance(A)
    numbers = [int(entry.reference or 0) for each in days for entry in each.entries]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # nothing is left out


def test_idle_account_has_a_statement_too(open_union: SmallUnion) -> None:
    open_union.at("18:30").settle()
    stated = statement(open_union, C, "2026-09-29")
    assert (opening_of(stated), closing_of(stated), stated.entries) == (minor(1000), minor(1000), [])


def test_statement_told_late_still_says_how_the_day_closed(union: SmallUnion) -> None:
    union.at("10:00").settle()
    union.at("18:30").settle_without_telling()
    union.at("10:00", "2026-09-30").settle_without_telling()
    union.pay(A, C, 100)
    union.settle()
    stated = statement(union, C, "2026-09-29")
    assert (opening_of(stated), closing_of(stated)) == (minor(1000), minor(1000))


def test_statement_tells_credit_drawn_and_repaid(open_union: SmallUnion) -> None:
    open_union.pay(B, C, 450)
    open_union.settle()
    open_union.pay(A, B, 400)
    open_union.settle()
    open_union.at("18:30").settle()
    told = [
        (signed(entry), entry.remittance)
        for entry in statement(open_union, B, "2026-09-29").entries
        if not entry.end_to_end_id
    ]
    assert told == [(minor(350), "Intraday credit drawn"), (-minor(350), "Intraday credit repaid")]


def test_vostro_is_stated_to_its_respondent_by_its_correspondent(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, E, 70)
    open_union.settle()
    open_union.at("18:30").settle()
    stated = statement(open_union, E, "2026-09-29", "KZT-VOSTROE")
    assert (opening_of(stated), closing_of(stated)) == (minor(500), minor(570))
    assert (stated.servicer, stated.owner) == (C, E)
    assert [entry.uetr for entry in stated.entries] == [paid]
    assert closing_of(statement(open_union, G, "2026-09-29", "KZT-VOSTROG")) == minor(300)


def test_settlement_institution_sees_what_it_has_issued(open_union: SmallUnion) -> None:
    open_union.at("18:30").settle()
    stated = statement(open_union, CENTRAL_BANK, "2026-09-29", "KZT-KZ-SI.KZT.ISSUE")
    assert closing_of(stated) == sum(
        balance for name, balance in open_union.books().items() if "/KZT/settlement/" in name
    )


def statement(union: SmallUnion, bic: str, day: str, name: str = "") -> AccountReport:
    """A bank's camt.053 of a day and an account, KZT's settlement account if none is named."""
    files = sorted((union.home.statements / day / bic).glob(f"{name or 'KZT-ACC*'}.xml"))
    (report,) = [
        each for file in files for m in messages_in(file.read_bytes(), union) for each in m.transactions
    ]
    assert isinstance(report, AccountReport)
    return report


def closing(union: SmallUnion, bic: str, day: str) -> int:
    return closing_of(statement(union, bic, day))


def opening_of(report: AccountReport) -> int:
    return next(each.amount_minor for each in report.balances if each.code == "OPBD")


def closing_of(report: AccountReport) -> int:
    return next(each.amount_minor for each in report.balances if each.code == "CLBD")


def signed(entry) -> int:  # type: ignore[no-untyped-def]
    return entry.amount_minor if entry.is_credit else -entry.amount_minor
