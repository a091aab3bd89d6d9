"""Interest as banks see it: accrued when a day closes, stated, explained, and nothing of it lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_union import BLOCKED, CENTRAL_BANK, SUSPENDED, UNION, A, B, C, D, SmallUnion, messages_in, minor

from tasviya.adapters.sqlite_ledger import SqliteLedger
from tasviya.adapters.sqlite_store import SqliteStore
from tasviya.app import ask_credit
from tasviya.core.currencies import currency
from tasviya.core.errors import StoreError
from tasviya.ledger.ledger import TransferFlags
from tasviya.messages.statements import AccountReport
from tasviya.services.unit_of_work import Changes
from tasviya.settlement.accounts import AccountKind, ledger_account

CREDIT = """
[member.settlement_institution.credit]
deposit_percent = "3.60"
overnight_percent = "18"
intraday_percent = "7.2"
day_count = "ACT/360"
"""
TUESDAY, WEDNESDAY, FRIDAY, MONDAY = "2026-09-29", "2026-09-30", "2026-10-02", "2026-10-05"
"""Thursday, 1 October, is a holiday of KZT."""


def with_credit(root: Path, credit: str = CREDIT, *changes: tuple[str, str], **more: Any) -> SmallUnion:
    """The small union, whose settlement institution of KZT sets terms."""
    text = UNION.read_text(encoding="utf-8")
    head = '[[member.bank]]\ncode = "KZ-A"'
    for good, bad in ((head, f"{credit}\n{head}"), *changes):
        assert good in text, good
        text = text.replace(good, bad, 1)
    root.mkdir(exist_ok=True)
    file = root / "union.toml"
    file.write_text(text, encoding="utf-8")
    return SmallUnion(root / "home", union=file, **more)


@pytest.fixture(params=[False, True], ids=["restarted", "stays up"])
def union(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SmallUnion]:
    made = with_credit(tmp_path / "u", stays_up=request.param)
    yield made.at("10:00").settle()
    made.close()


def close(union: SmallUnion, day: str = TUESDAY) -> None:
    """Let a day end, opening it first if need be."""
    union.at("10:00", day).settle()
    union.at("18:30", day).settle()


def accruals(union: SmallUnion, bank: str, kind: str = "", day: str = "") -> list[dict[str, Any]]:
    """What was accrued, the latest last."""
    rows = ask_credit(union.home).interest(None, bank, None, None)
    return [row for row in rows if kind in ("", row["kind"]) and day in ("", row["date"])]


def exact(union: SmallUnion, bank: str, kind: str) -> Fraction:
    """All exact interest of a bank, minor units."""
    rows = ask_credit(union.home).db.execute(
        "SELECT i.exact FROM interest_accrual i JOIN account a ON a.account_id = i.account_id"
        " JOIN participant_bics b ON b.participant = a.owner WHERE b.bic = ? AND i.kind = ?",
        (bank, kind),
    )
    return sum((Fraction(text) for (text,) in rows), Fraction(0))


def statement(union: SmallUnion, bic: str, day: str = TUESDAY, name: str = "KZT-ACC*") -> AccountReport:
    """A bank's camt.053 of its account in KZT."""
    (file,) = (union.home.statements / day / bic).glob(f"{name}.xml")
    (report,) = [t for m in messages_in(file.read_bytes(), union) for t in m.transactions]
    assert isinstance(report, AccountReport)
    return report


def told(report: AccountReport) -> list[tuple[int, str, str | None]]:
    """The entries that belong to no payment: signed amount, code, words."""
    return [
        (
            entry.amount_minor if entry.is_credit else -entry.amount_minor,
            entry.transaction_code,
            entry.remittance,
        )
        for entry in report.entries
        if not entry.end_to_end_id
    ]


# On balances


def test_balance_earns_interest_until_the_next_business_day(union: SmallUnion) -> None:
    close(union)
    assert union.balance(A) == minor("1000.10")  # 1,000 × 3.6 % / 360
    close(union, WEDNESDAY)
    assert union.balance(A) == minor("1000.30")  # two days: Thursday is a holiday
    close(union, FRIDAY)
    assert union.balance(A) == minor("1000.60")  # three: a weekend
    days = [(row["begins"], row["ends"], row["days"]) for row in accruals(union, A)]
    assert days == [(TUESDAY, WEDNESDAY, 1), (WEDNESDAY, FRIDAY, 2), (FRIDAY, MONDAY, 3)]
    assert exact(union, A, "deposit") == 10 + Fraction("20.002") + Fraction("30.009")


def test_statement_says_what_interest_was_reckoned_from(union: SmallUnion) -> None:
    close(union)
    report = statement(union, A)
    words = "Interest on the balance: 1,000.00 KZT × 3.6 % × 1 day / 360"
    assert told(report) == [(10, "ACMT/MCOP/INTR", words)]
    assert report.entries[-1].account_servicer_reference == "2026-09-29:2026-09-30:deposit"
    assert [each.amount_minor for each in report.balances] == [minor(1000), minor("1000.10")]


def test_settlement_institution_pays_it_and_is_told(union: SmallUnion) -> None:
    before = union.books()
    close(union)
    books = union.books()
    banks = [name for name in books if "/KZT/settlement/" in name]
    earned = sum(books[name] - before[name] for name in banks)
    assert earned > 0
    assert books["KZ-SI/KZT/interest/"] == -earned
    assert books["KZ-SI/KZT/issue/"] == before["KZ-SI/KZT/issue/"]
    report = statement(union, "SIKZKZ20XXX", name="*INTEREST*")
    assert sum(amount for amount, _, _ in told(report)) == -earned


def test_negative_rate_takes_what_a_positive_one_gives(tmp_path: Path) -> None:
    gives = with_credit(tmp_path / "gives")
    takes = with_credit(tmp_path / "takes", CREDIT.replace('"3.60"', '"-3.60"'))
    close(gives)
    close(takes)
    assert gives.balance(A) - minor(1000) == minor(1000) - takes.balance(A) == 10
    (entry,) = told(statement(takes, A))
    assert entry[:2] == (-10, "ACMT/MDOP/INTR")


def test_currency_without_terms_bears_none(union: SmallUnion) -> None:
    before = {name: net for name, net in union.books().items() if "/OMR/" in name}
    close(union)
    assert {name: net for name, net in union.books().items() if "/OMR/" in name} == before
    assert {row["currency"] for row in ask_credit(union.home).interest(None, None, None, None)} == {"KZT"}


# On credit


def test_credit_drawn_overnight_costs_interest_and_is_drawn_for_it(union: SmallUnion) -> None:
    union.pay(B, C, 450)  # of 100 and a line of 500
    union.settle()
    close(union)
    # 350 × 18 % / 360 = 0.175 → 0.18 (even), 350 × 7.2 % / 360 = 0.07; both are drawn: there is no balance.
    assert (union.balance(B), union.drawn(B)) == (0, minor("350.25"))
    entries = told(statement(union, B))
    assert entries == [
        (minor(350), "LDAS/MCOP/OTHR", "Intraday credit drawn"),
        (18, "LDAS/MCOP/OTHR", "Intraday credit drawn"),
        (-18, "ACMT/MDOP/INTR", "Interest on credit drawn overnight: -350.00 KZT × 18 % × 1 day / 360"),
        (7, "LDAS/MCOP/OTHR", "Intraday credit drawn"),
        (-7, "ACMT/MDOP/INTR", "Interest on credit drawn within the day: -350.00 KZT × 7.2 % × 1 day / 360"),
    ]
    assert union.books()["KZ-B/KZT/credit_limit/"] == minor("149.75")


def test_rounding_is_put_off_and_never_lost(union: SmallUnion) -> None:
    union.pay(B, C, 450)
    union.settle()
    for day in (TUESDAY, WEDNESDAY, FRIDAY, MONDAY):
        close(union, day)
    rows = accruals(union, B, "overnight")
    paid = -sum(minor(row["due"].lstrip("-")) for row in rows)
    assert abs(exact(union, B, "overnight") - paid) <= Fraction(1, 2)
    assert rows[0]["carried"] == "1/200", "0.18 was paid of 0.175"
    assert rows[1]["carried_in"] == "1/200"


def test_credit_repaid_by_the_close_costs_only_its_fee(union: SmallUnion) -> None:
    union.pay(B, C, 450)
    union.settle()
    union.pay(A, B, 400)
    union.settle()
    close(union)
    assert accruals(union, B, "overnight") == []
    (fee,) = accruals(union, B, "intraday")
    assert (fee["base"], fee["due"]) == ("-350.00", "-0.07")
    # 50 are left of 400, and 0.005 is not paid yet: 50 × 3.6 % / 360.
    assert union.balance(B) == minor("49.93")


def owing(tmp_path: Path) -> SmallUnion:
    """KZ-B has drawn all of its line: nothing is left to pay interest from."""
    union = with_credit(tmp_path / "u").at("10:00").settle()
    union.pay(B, C, 600)
    union.settle()
    close(union)
    return union


def test_interest_that_nothing_pays_stays_owed(tmp_path: Path) -> None:
    union = owing(tmp_path)
    assert (union.balance(B), union.drawn(B)) == (0, minor(500))
    (row,) = accruals(union, B, "overnight")
    assert (row["due"], row["paid"]) == ("-0.25", "0.00")
    owed = {row["kind"]: row["owed"] for row in ask_credit(union.home).owed()}
    assert owed == {"overnight": "0.25", "intraday": "0.10"}
    close(union, WEDNESDAY)
    assert ask_credit(union.home).owed()[1]["owed"] == "0.75", "and the next two days, without interest on it"


def test_money_that_comes_in_pays_owed_interest_before_payments_that_wait(tmp_path: Path) -> None:
    union = owing(tmp_path)
    union.at("10:00", WEDNESDAY).settle()
    waits = union.pay(B, C, 20)
    union.settle()
    union.pay(A, B, 20)
    union.settle()
    assert union.statuses(B, waits) == ["PDNG AM04"]
    assert union.balance(B) == minor("19.65")
    assert ask_credit(union.home).owed() == []
    (notice,) = [m.transactions[0] for m in union.told(B, "camt.054")][-1:]
    assert [(e.is_credit, e.amount_minor, e.transaction_code) for e in notice.entries] == [  # type: ignore[union-attr]
        (True, minor(20), "PMNT/ICDT/XBCT"),
        (False, 25, "ACMT/MDOP/INTR"),
        (False, 10, "ACMT/MDOP/INTR"),
    ]
    union.pay(A, B, "0.35")
    union.settle()
    assert union.statuses(B, waits) == ["PDNG AM04", "ACSC"]
    words = [words for _, code, words in told_today(union, B) if code.endswith("INTR")]
    kinds = ("overnight", "within the day")
    assert words[:2] == [f"Interest on credit drawn {kind}: owed since before" for kind in kinds]


def told_today(union: SmallUnion, bic: str) -> list[tuple[int, str, str | None]]:
    close(union, union.day)
    return told(statement(union, bic, union.day))


# Whole or not at all, and the same whatever happens beside


def test_closing_that_could_not_be_committed_leaves_nothing_of_its_interest(
    union: SmallUnion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is written, and then the disk is full."""
    write = SqliteStore._write_journal

    def disk_is_full(store: SqliteStore, changes: Changes) -> None:
        if changes.accruals:
            raise StoreError("disk_full", "The disk is full.", "Free space.")
        write(store, changes)

    union.pay(B, C, 450)
    union.settle()
    before = union.books()
    monkeypatch.setattr(SqliteStore, "_write_journal", disk_is_full)
    with pytest.raises(StoreError):
        union.at("18:30").settle()
    monkeypatch.undo()
    assert union.books() == before
    assert ask_credit(union.home).interest(None, None, None, None) == []
    union.settle()
    assert union.drawn(B) == minor("350.25")


def test_what_one_account_pays_and_gets_is_one_chain(union: SmallUnion) -> None:
    union.pay(B, C, 450)
    union.settle()
    union.at("18:30").settle()
    transfers = list(SqliteLedger.open_reader(ask_credit(union.home).db).iterate_transfers())
    mine = ledger_account(AccountKind.SETTLEMENT, "KZ-B", currency("KZT")).id
    promise = ledger_account(AccountKind.CREDIT_LIMIT, "KZ-B", currency("KZT")).id
    last = [each for each in transfers if {mine, promise} & {each.debit_account_id, each.credit_account_id}][
        -6:
    ]
    assert [each.code for each in last] == [5, 4, 18, 5, 4, 19], "drawn, paid; drawn, paid"
    linked = [bool(each.flags & TransferFlags.LINKED) for each in last]
    assert linked == [True] * 5 + [False]


def rows_of(union: SmallUnion) -> list[Any]:
    db = ask_credit(union.home).db
    tables = ("interest_accrual", "interest_state", "interest_until", "account", "credit_line_state")
    return [sorted(db.execute(f"SELECT * FROM {table}").fetchall()) for table in tables] + [union.books()]


def test_restarts_change_nothing(tmp_path: Path) -> None:
    left = []
    for name, stays_up in (("up", True), ("restarted", False)):
        union = with_credit(tmp_path / name, stays_up=stays_up).at("10:00").settle()
        for payer, payee, amount in ((B, C, 600), (A, B, 30), (C, A, "12.34"), (B, A, 20)):
            union.pay(payer, payee, amount)
            union.settle()
        close(union)
        close(union, WEDNESDAY)
        union.at("10:00", MONDAY).settle()
        union.pay(A, B, 700)
        union.settle()
        close(union, MONDAY)
        left.append(rows_of(union))
        union.close()
    assert left[0] == left[1]


paying = st.tuples(
    st.sampled_from([A, B, C, D]), st.sampled_from([A, B, C, D]), st.sampled_from([1, 40, 350, 700])
)


@given(st.lists(st.lists(paying, max_size=4), min_size=2, max_size=4))
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_days(tmp_path_factory: pytest.TempPathFactory, days: list[list[tuple[str, str, int]]]) -> None:
    """Whatever is paid: nobody is below zero, and all interest is paid, owed or carried on."""
    union = with_credit(tmp_path_factory.mktemp("any") / "u", stays_up=True)
    for day, payments in zip((TUESDAY, WEDNESDAY, FRIDAY, MONDAY), days, strict=False):
        union.at("10:00", day).settle()
        for payer, payee, amount in payments:
            if payer != payee:
                union.pay(payer, payee, amount)
        union.settle()
        union.at("18:30", day).settle()  # every ledger adds up, nobody who must not is below zero
    db = ask_credit(union.home).db
    owed = sum(int(each) for (each,) in db.execute("SELECT owed FROM interest_state"))
    due = sum(int(each) for (each,) in db.execute("SELECT due FROM interest_accrual"))
    assert union.books()["KZ-SI/KZT/interest/"] == -(due + owed), "what was due and is not owed has been paid"
    for account, kind, carried in db.execute("SELECT account_id, kind, carried FROM interest_state"):
        sql = "SELECT exact, due FROM interest_accrual WHERE account_id = ? AND kind = ?"
        rows = db.execute(sql, (account, kind)).fetchall()
        assert sum(Fraction(exact) - due for exact, due in rows) == Fraction(carried)
        assert abs(Fraction(carried)) <= Fraction(1, 2)
    union.close()


def test_balances_of_more_than_63_bits_bear_interest(tmp_path: Path) -> None:
    most = ("opening_balances.KZT = 1_000", "opening_balances.KZT = 92_000_000_000_000_000")
    unlimited = ("payment_limits.KZT = 1_000_000\n", "")
    union = with_credit(tmp_path / "u", CREDIT, most, unlimited).at("10:00").settle()
    for _ in range(3):
        union.move(CENTRAL_BANK, "KZ-SI.KZT.ISSUE", "ACCAKZT", "9000000000000000")
    union.settle()
    close(union)
    (row,) = accruals(union, A)
    assert (row["base"], row["due"]) == ("119000000000000000.00", "11900000000000.00")
    assert union.balance(A) == minor("119011900000000000") > 2**63


@pytest.mark.parametrize(("bank", "balance"), [(SUSPENDED, "100.01"), (BLOCKED, "100.01")])
def test_accounts_that_nobody_may_use_bear_interest_too(union: SmallUnion, bank: str, balance: str) -> None:
    close(union)
    assert union.balance(bank) == minor(balance)


# Days


def test_days_that_never_opened_are_made_up_for(tmp_path: Path) -> None:
    slept = with_credit(tmp_path / "slept").at("10:00").settle()
    close(slept)
    close(slept, MONDAY)
    rows = [(row["date"], row["begins"], row["ends"], row["days"]) for row in accruals(slept, A)]
    assert rows == [
        (TUESDAY, TUESDAY, WEDNESDAY, 1),
        (MONDAY, WEDNESDAY, MONDAY, 5),
        (MONDAY, MONDAY, "2026-10-06", 1),
    ]
    assert accruals(slept, A)[1]["base"] == "1000.10"


def test_terms_change_with_the_date(tmp_path: Path) -> None:
    first = '{ deposit_percent = "3.6", day_count = "ACT/360", valid_to = 2026-09-30 }'
    second = '{ deposit_percent = "7.3", day_count = "ACT/365F", valid_from = 2026-09-30 }'
    two = f"credit = [{first}, {second}]"
    union = with_credit(tmp_path / "u", "", ('opens_at = "09:00"', f'{two}\nopens_at = "09:00"'))
    close(union)
    close(union, WEDNESDAY)
    told = [(row["percent"], row["day_count"], row["due"]) for row in accruals(union, C)]
    assert told == [("3.6", "ACT/360", "0.10"), ("7.3", "ACT/365F", "0.40")]


def test_terms_that_end_leave_no_days_to_make_up_for(tmp_path: Path) -> None:
    ends = CREDIT + "valid_to = 2026-09-30\n"
    again = ends.replace("[member.settlement_institution.credit]", "[[member.settlement_institution.credit]]")
    later = again.replace("valid_to = 2026-09-30", "valid_from = 2026-10-05")
    union = with_credit(tmp_path / "u", again + later)
    for day in (TUESDAY, WEDNESDAY, FRIDAY, MONDAY):
        close(union, day)
    assert [row["begins"] for row in accruals(union, A)] == [TUESDAY, MONDAY]


def test_year_of_days_pays_the_interest_of_the_year(tmp_path: Path) -> None:
    """C moves nothing: every day's interest is that of a balance that all before it has made."""
    union = with_credit(tmp_path / "u", CREDIT.replace('"3.60"', '"1.37"'), stays_up=True)
    day, paid, reckoned = date(2026, 9, 29), 0, Fraction(0)
    application = union.at("09:00", day.isoformat()).application()
    while day < date(2026, 11, 1):
        union.at("18:30", day.isoformat()).application().system.advance()
        day += timedelta(days=1)
    application.system.memory.check()
    rows = ask_credit(union.home).db.execute(
        "SELECT i.base, i.days, i.due FROM interest_accrual i JOIN account a USING (account_id)"
        " WHERE a.owner = 'KZ-C' ORDER BY i.begins"
    )
    for base, days, due in rows.fetchall():
        assert base == minor(1000) + paid
        reckoned += base * Fraction("1.37") * days / 36_000
        paid += due
    assert reckoned > 100
    assert abs(reckoned - paid) <= Fraction(1, 2)
    union.close()
