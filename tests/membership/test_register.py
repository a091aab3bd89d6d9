"""The register: dated records, read one business date at a time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tasviya.core.errors import InvariantBroken
from tasviya.membership.participant import (
    CreditLine,
    Participant,
    ParticipantBic,
    ParticipantStatus,
)
from tasviya.membership.records import Record, first_overlap
from tasviya.membership.register import Register, Snapshot
from tasviya.membership.union import load_union

DAY = date(2026, 9, 29)


@pytest.fixture(scope="module")
def register() -> Register:
    path = Path(__file__).parents[2] / "examples" / "sco" / "union.toml"
    return load_union(path.read_text(encoding="utf-8"), "union.toml")


@pytest.fixture(scope="module")
def snapshot(register: Register) -> Snapshot:
    return register.on(DAY)


def line(limit: int, valid_from: str, valid_to: str | None = None) -> CreditLine:
    return CreditLine(
        participant="A", currency="KZT", limit_minor=limit, valid_from=valid_from, valid_to=valid_to
    )


def test_record_holds_until_the_day_before_valid_to() -> None:
    record = line(1, "2026-01-01", "2026-07-01")
    days = ("2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01")
    assert [record.holds_on(day) for day in days] == [False, True, True, False]


def test_records_that_follow_each_other_do_not_overlap() -> None:
    assert first_overlap([line(2, "2026-07-01"), line(1, "2026-01-01", "2026-07-01")]) is None


@pytest.mark.parametrize("until", [None, "2026-07-02"])
def test_records_that_overlap_are_found_and_never_registered(until: str | None) -> None:
    records = [line(1, "2026-01-01", until), line(2, "2026-07-01")]
    assert first_overlap(records) == tuple(records)
    with pytest.raises(InvariantBroken):
        Register(records)


def test_change_is_a_new_register_and_the_old_one_stays() -> None:
    old = Register([line(1, "2026-01-01", "2026-07-01")])
    new = old.with_records([line(2, "2026-07-01")])
    assert old.on(DAY).credit_line("A", "KZT") == 0
    assert new.on(DAY).credit_line("A", "KZT") == 2
    assert new.on(date(2026, 3, 1)).credit_line("A", "KZT") == 1


def test_tables_give_back_what_they_were_given(register: Register) -> None:
    records: list[Record] = [record for rows in register.tables().values() for record in rows]
    assert Register(records).tables() == register.tables()


def test_snapshot_of_a_date_is_made_once(register: Register) -> None:
    assert register.on(DAY) is register.on(DAY)
    for day in range(1, 20):
        register.on(date(2026, 10, day))
    assert register.on(DAY).business_date == DAY


def test_participant_is_found_by_bic_of_eight_or_eleven(snapshot: Snapshot) -> None:
    for bic in ("ALDBKZ20XXX", "ALDBKZ20"):
        found = snapshot.participant_by_bic(bic)
        assert found is not None and found.code == "KZ-ALTYN"
    assert snapshot.participant_by_bic("ALDBKZ20123") is None


def test_former_bic_means_nobody_today(register: Register) -> None:
    assert register.on(DAY).participant_by_bic("BTORKZ20XXX") is None
    former = register.on(date(2026, 6, 30)).participant_by_bic("BTORKZ20XXX")
    assert former is not None and former.code == "KZ-TORGAI"


def test_bic_of_a_participant_that_has_left_means_nobody() -> None:
    left = Participant(
        code="A", name="A", kind="bank", member="KZ", valid_from="2026-01-01", valid_to="2026-06-01"
    )
    still = ParticipantBic(bic="AAAAKZ20XXX", participant="A", valid_from="2026-01-01")
    assert Register([left, still]).on(DAY).participant_by_bic("AAAAKZ20XXX") is None


def test_account_is_found_by_owner_and_by_number(snapshot: Snapshot) -> None:
    account = snapshot.account("KZ-ALTYN", "CNY")
    assert account is not None
    assert snapshot.account_by_number(account.number) is account
    assert account in snapshot.accounts_of("KZ-ALTYN")
    assert snapshot.account("KZ-ALTYN", "PKR") is None


def test_iban_countries_have_ibans_and_others_their_own_numbers(snapshot: Snapshot) -> None:
    for account in snapshot.accounts():
        institution = snapshot.settlement_institution(account.currency)
        assert institution is not None
        assert account.number[:2].isalpha() == (institution.member in {"KZ", "PK", "BY", "IR"})


def test_each_currency_has_one_settlement_institution_and_its_hours(snapshot: Snapshot) -> None:
    for code, member in (("CNY", "CN"), ("IRR", "IR"), ("BYN", "BY")):
        institution, hours = snapshot.settlement_institution(code), snapshot.operating_hours(code)
        assert institution is not None and institution.member == member
        assert hours is not None and hours.calendar.country == member
    assert snapshot.settlement_institution("EUR") is None
    assert snapshot.operating_hours("EUR") is None


def test_union_rests_on_thursday_and_friday_in_iran(snapshot: Snapshot) -> None:
    hours = snapshot.operating_hours("IRR")
    assert hours is not None
    assert hours.calendar.next_business_day(date(2026, 9, 30)) == date(2026, 10, 3)


def test_union_made_its_own_holiday_and_business_day(snapshot: Snapshot) -> None:
    india, uzbekistan = snapshot.operating_hours("INR"), snapshot.operating_hours("UZS")
    assert india is not None and not india.calendar.is_business_day(date(2027, 4, 1))
    assert uzbekistan is not None and uzbekistan.calendar.is_business_day(date(2026, 12, 31))


def test_bank_without_an_account_has_a_correspondent_with_one(snapshot: Snapshot) -> None:
    routes = snapshot.correspondent_routes("KZ-ALTYN", "PKR")
    assert [snapshot.account(route.correspondent, "PKR") is not None for route in routes] == [True]
    assert snapshot.correspondent_routes("KZ-ALTYN", "KZT") == ()


def test_every_member_can_pay_every_trading_partner(snapshot: Snapshot) -> None:
    for member in snapshot.members:
        reachable = {
            code
            for bank in snapshot.participants_of(member, "bank")
            for code in snapshot.currencies
            if snapshot.account(bank.code, code) or snapshot.correspondent_routes(bank.code, code)
        }
        assert len(reachable) >= 9, member


def test_limits_and_reservations_are_those_of_the_file(snapshot: Snapshot) -> None:
    assert snapshot.credit_line("KZ-ALTYN", "KZT") > snapshot.credit_line("KZ-TORGAI", "KZT") > 0
    assert snapshot.credit_line("KZ-ALTYN", "CNY") == 0
    assert list(snapshot.bilateral_limits("RU-PARUS", "RUB")) == ["CN-JADE"]
    assert snapshot.bilateral_limit("RU-PARUS", "CN-JADE", "RUB") == 80_000_000_000
    assert snapshot.bilateral_limit("RU-PARUS", "CN-PINES", "RUB") is None
    assert snapshot.multilateral_limit("CN-PINES", "CNY") == 100_000_000_000
    assert snapshot.multilateral_limit("CN-JADE", "CNY") is None
    assert list(snapshot.reservations("CN-PINES", "CNY")) == ["HIGH"]
    assert snapshot.reservations("CN-JADE", "CNY") == {}
    assert snapshot.system_limit("KZT") == 100_000_000_000_000
    assert snapshot.system_limit("EUR") is None
    assert snapshot.member_limit("TJ", "TJS") == 200_000_000_000
    assert snapshot.member_limit("TJ", "CNY") is None
    assert snapshot.screening_policy("KZ") is None


def test_status_of_someone_unknown_is_closed(snapshot: Snapshot) -> None:
    assert snapshot.status("KZ-ALTYN") == "active"
    assert snapshot.status("NOBODY") == "closed"


def test_suspension_has_dates() -> None:
    register = Register(
        [
            ParticipantStatus(
                participant="A", status="active", valid_from="2026-01-01", valid_to="2026-09-29"
            ),
            ParticipantStatus(participant="A", status="suspended", valid_from="2026-09-29"),
        ]
    )
    assert register.on(date(2026, 9, 28)).status("A") == "active"
    assert register.on(DAY).status("A") == "suspended"


def test_union_is_known_from_its_first_day(register: Register) -> None:
    union = register.on(date(2026, 1, 1)).union
    assert (union.code, union.mode, union.operator) == ("SCO", "sandbox", "UZ-OPERATOR")
    assert "fictitious" in union.notice
    with pytest.raises(InvariantBroken):
        _ = register.on(date(2025, 12, 31)).union
