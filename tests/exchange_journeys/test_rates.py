"""Days in a row: where official rates come from, what ends a currency's exchange, and what brings it back."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from exchange_days import (
    FRIDAY,
    MONDAY,
    NEXT_FRIDAY,
    NEXT_THURSDAY,
    NEXT_TUESDAY,
    NEXT_WEDNESDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    column,
    cross,
    quiet_day,
    quoted_day,
    rates,
    traded_day,
)
from exchange_union import UNION, A, B, D, ExchangeUnion, F, G
from small_union import minor
from typer.testing import CliRunner

from tasviya.adapters.sqlite_store import SqliteStore
from tasviya.app import export
from tasviya.cli.main import app
from tasviya.core.errors import OperatorError, StoreError
from tasviya.services.exchange_book import Book
from tasviya.services.unit_of_work import Changes

# The ladder


def test_date_is_fixed_when_its_last_currency_closes(union: ExchangeUnion) -> None:
    union.at("18:29").settle()
    with pytest.raises(OperatorError, match="No date has been fixed"):
        rates(union)
    union.at("18:30").settle()
    assert column(union, "level") == dict.fromkeys(("INR", "KZT", "OMR"), "central_bank")
    assert column(union, "evidence") == {"INR": "IN-SI", "KZT": "KZ-SI", "OMR": "OM-SI"}
    assert cross(union, "KZT", "INR") == pytest.approx(0.16, rel=1e-5)
    assert cross(union, "OMR", "INR") == pytest.approx(220, rel=1e-5)
    product = 1.0
    for row in rates(union).values():
        product *= float(row["value"])
    assert product == pytest.approx(1, rel=2e-5), "against the geometric mean of the members"


def test_best_source_of_each_day_fixes_it(union: ExchangeUnion) -> None:
    quiet_day(union, TUESDAY)
    quoted_day(union, WEDNESDAY)
    assert column(union, "level") == {"INR": "quotes", "KZT": "quotes", "OMR": "central_bank"}
    assert column(union, "evidence") == {"INR": "IN-D, KZ-A", "KZT": "IN-D, KZ-A", "OMR": "OM-SI"}
    assert cross(union, "INR", "KZT") == pytest.approx(6.25, rel=2e-5)
    traded_day(union, THURSDAY)
    assert column(union, "level") == {"INR": "batch", "KZT": "batch", "OMR": "central_bank"}
    assert rates(union)["KZT"]["evidence"] == "batch 1", "the quotes had expired before there was one"
    price = cross(union, "KZT", "INR")
    assert price * 1.00001 >= 0.1599
    assert price <= 1.00001 / 6.24
    assert {row["level"] for row in rates(union, TUESDAY).values()} == {"central_bank"}, (
        "what was fixed stays"
    )


def test_batches_and_quotes_are_of_their_own_date(union: ExchangeUnion) -> None:
    quoted_day(union, TUESDAY)
    traded_day(union, WEDNESDAY)
    quiet_day(union, THURSDAY)
    assert set(column(union, "level").values()) == {"central_bank"}


def thin_batch(union: ExchangeUnion, reference: str) -> None:
    """Two orders that meet at a price of their own, in the next batch."""
    union.order(A, reference, "KZT", "INR", 50, "0.1618")
    union.order(D, reference, "INR", "KZT", 8.09, "6.18")


def test_last_batch_with_enough_behind_it_counts(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    thin_batch(union, "FIRST")
    union.at("10:31").settle()
    union.at("10:40")
    for number in (1, 2):
        union.order(A, f"{number}", "KZT", "INR", 500, "0.1599")
        union.order(D, f"{number}", "INR", "KZT", 80, "6.24")
    union.order(A, "RIALS", "OMR", "KZT", 1, "1361")
    union.at("11:01").settle()
    union.at("11:10")
    thin_batch(union, "LAST")
    union.at("18:31").settle()
    assert [union.batch(number)[0]["filled"] for number in (1, 2, 3)] == [2, 4, 2]
    found = rates(union)
    assert (found["KZT"]["level"], found["KZT"]["evidence"]) == ("batch", "batch 2")
    assert found["OMR"]["level"] == "central_bank", "nobody traded it there"


def test_bank_that_trades_with_itself_fixes_nothing(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    for number in (1, 2):
        union.order(A, f"SELL-{number}", "KZT", "INR", 500, "0.1599")
        union.order(A, f"BUY-{number}", "INR", "KZT", 80, "6.24")
    union.at("18:31").settle()
    assert union.batch(1)[0]["filled"] == 4
    assert set(column(union, "level").values()) == {"central_bank"}


def test_quotes_of_too_few_and_batches_of_too_few_do_not_count(union: ExchangeUnion) -> None:
    union.at("10:25").settle()
    union.firm(A, "INR", "KZT", "6.24", "6.26")
    union.order(D, "BUY", "INR", "KZT", 160, "6.23")
    union.at("10:31").settle()
    union.at("18:31").settle()
    assert union.batch(1)[0]["filled"] == 2
    assert set(column(union, "level").values()) == {"central_bank"}


def test_jump_that_one_source_alone_says_is_held_and_published(union: ExchangeUnion) -> None:
    quiet_day(union, TUESDAY)
    before = column(union, "value")
    traded_day(union, WEDNESDAY, sell="0.175", buy="5.6")
    found = rates(union)
    for code in ("KZT", "INR"):
        assert found[code]["value"] == before[code]
        assert (found[code]["level"], found[code]["stale_since"]) == ("last", TUESDAY)
        assert found[code]["disputed"] not in ("", before[code])
    ratio = float(found["KZT"]["disputed"]) / float(found["INR"]["disputed"])
    assert ratio * 1.00001 >= 0.175
    assert ratio <= 1.00001 / 5.6
    assert found["OMR"]["disputed"] == ""


# Too old


@pytest.fixture
def silent(union: ExchangeUnion) -> ExchangeUnion:
    """After Tuesday, 6 October: Oman's central bank has been silent for two days, and one is allowed."""
    for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, MONDAY):
        quiet_day(union, day)
    assert rates(union)["OMR"]["stale_since"] == FRIDAY
    assert rates(union)["OMR"]["suspended"] == "no"
    quiet_day(union, NEXT_TUESDAY)
    return union


def test_currency_without_a_fresh_rate_is_suspended(silent: ExchangeUnion) -> None:
    assert column(silent, "suspended") == {"INR": "no", "KZT": "no", "OMR": "yes"}
    silent.at("10:10", NEXT_WEDNESDAY).settle()
    silent.order(A, "RUPEES", "INR", "KZT", 1_000, "6.19")
    waits = silent.convert(B, F, 1, "OMR", "KZT", most=1_500)
    paid = silent.convert(B, D, 100, "INR", "KZT", most=650)
    silent.settle()
    reason = f"OMR is suspended from exchange: its last fresh rate is of {FRIDAY}. It waits for a fresh one."
    assert silent.row(waits)["reason_text"] == reason
    silent.at("10:31").settle()
    assert silent.status(paid) == "settled"
    assert (silent.status(waits), silent.row(waits)["reason_text"]) == ("queued", reason)
    with pytest.raises(OperatorError, match="suspended from exchange"):
        silent.order(A, "RIALS", "KZT", "OMR", 1_000, "0.0007")
    before = silent.spendable(B)
    silent.at("17:01").settle()
    assert silent.status(waits) == "expired"
    assert silent.spendable(B) == before + minor(1_500)


def test_order_that_stands_when_its_currency_is_suspended_is_told_why(union: ExchangeUnion) -> None:
    """An operator fixes a date while it is still open."""
    for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, MONDAY):
        quiet_day(union, day)
    union.at("10:10", NEXT_TUESDAY).settle()
    union.order(A, "RIALS", "OMR", "KZT", 10, "1300")
    waits = union.convert(B, F, 1, "OMR", "KZT", most=1_500)
    union.settle()
    union.fix(date.fromisoformat(NEXT_TUESDAY))
    union.at("10:31").settle()
    assert union.status(waits) == "queued"
    assert union.row(waits)["reason_text"].startswith("OMR is suspended from exchange")


def test_fresh_rate_brings_a_suspended_currency_back(silent: ExchangeUnion) -> None:
    quiet_day(silent, NEXT_WEDNESDAY)
    assert column(silent, "suspended")["OMR"] == "yes"
    quiet_day(silent, NEXT_THURSDAY)
    assert rates(silent)["OMR"]["level"] == "central_bank"
    assert cross(silent, "OMR", "INR") == pytest.approx(221, rel=1e-5)
    silent.at("10:10", NEXT_FRIDAY).settle()
    silent.order(A, "RIALS", "OMR", "KZT", 10, "1300")
    paid = silent.convert(B, F, 1, "OMR", "KZT", most=1_500)
    silent.settle()
    silent.at("10:31").settle()
    assert silent.status(paid) == "settled"


# What the exchange goes on from


def known(union: ExchangeUnion, sell: str, buy: str) -> float:
    """The rate that the exchange goes by now, units bought for one sold."""
    with union.application() as application:
        memory = application.system.memory
        rate = memory.book.rate(sell, buy, memory.snapshot)
    assert rate is not None
    currencies = memory.snapshot.currencies
    return float(rate) * currencies[sell].minor_per_major / currencies[buy].minor_per_major


def test_exchange_goes_by_the_batch_until_the_fixing_and_by_the_fixing_after(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    for bic, sell, buy, amount, limit in ((A, "KZT", "INR", 600, "0.163"), (D, "INR", "KZT", 97.8, "6.1")):
        union.order(bic, "ONE", sell, buy, amount, limit)
    union.at("10:31").settle()
    batch = known(union, "KZT", "INR")
    assert 0.163 <= batch <= 1 / 6.1
    assert known(union, "OMR", "INR") == pytest.approx(220, rel=0.02), "in one measure with the batch"
    union.at("18:31").settle()
    assert set(column(union, "level").values()) == {"central_bank"}
    assert known(union, "KZT", "INR") == pytest.approx(0.16, rel=1e-5)
    assert known(union, "OMR", "INR") == pytest.approx(220, rel=1e-5)


def test_new_rate_of_a_central_bank_is_read_in_the_measure_of_the_fixing(tmp_path: Path) -> None:
    text = UNION.read_text(encoding="utf-8")
    said = text.index("rates.OMR = ")
    late = 'rates.OMR = { value = "220", valid_from = 2026-09-30 }'
    file = tmp_path / "union.toml"
    file.write_text(text[:said] + late + text[text.index("\n", said) :], encoding="utf-8")
    union = ExchangeUnion(tmp_path / "home", union=file)
    quiet_day(union, TUESDAY)
    assert set(rates(union)) == {"INR", "KZT"}
    union.at("10:10", WEDNESDAY).settle()
    assert known(union, "OMR", "INR") == pytest.approx(220, rel=1e-5)


def test_memory_goes_by_what_a_restart_would_read(tmp_path: Path) -> None:
    union = ExchangeUnion(tmp_path / "home", stays_up=True)
    traded_day(union, TUESDAY, sell="0.163", buy="6.1")
    for day in (WEDNESDAY, THURSDAY, FRIDAY, MONDAY, NEXT_TUESDAY):
        (quoted_day if day == THURSDAY else quiet_day)(union, day)
        union.at("18:45").settle()
        memory = union.application().system.memory
        again = Book(memory.store)
        for name in ("values", "priced", "suspended", "latest_fixing"):
            assert getattr(memory.book, name) == getattr(again, name), (day, name)
    assert memory.book.suspended == {"OMR": FRIDAY}
    union.close()


def test_batch_price_is_newer_than_a_stale_fixing(union: ExchangeUnion) -> None:
    for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY):
        quiet_day(union, day)
    union.at("10:10", MONDAY).settle()
    union.make_markets()
    sent = union.convert(B, F, 1, "OMR", "KZT", most=1_500)
    union.settle()
    union.at("10:31").settle()
    assert union.status(sent) == "settled"
    batch = known(union, "OMR", "KZT")
    union.at("18:31").settle()
    assert rates(union)["OMR"]["level"] == "last"
    assert known(union, "OMR", "KZT") == pytest.approx(batch, rel=0.01)


# Once, and the same again


def test_fixing_that_could_not_be_committed_comes_out_the_same(
    union: ExchangeUnion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = ExchangeUnion(tmp_path / "twin", stays_up=True)
    for each in (union, twin):
        traded_day(each, TUESDAY)
        each.at("10:10", WEDNESDAY).settle()
    commit = SqliteStore.commit

    def disk_is_full(store: SqliteStore, changes: Changes) -> None:
        if changes.rates:
            raise StoreError("disk_full", "The disk is full.", "Free space.")
        commit(store, changes)

    monkeypatch.setattr(SqliteStore, "commit", disk_is_full)
    with pytest.raises(StoreError):
        union.at("18:31").settle()
    assert rates(union).keys() == {"INR", "KZT", "OMR"}
    assert rates(union)["KZT"]["date"] == TUESDAY
    monkeypatch.undo()
    union.settle()
    twin.at("18:31").settle()
    twin.close()
    assert rates(union) == rates(twin)
    assert rates(union)["KZT"]["date"] == WEDNESDAY
    assert rates(union, TUESDAY) == rates(twin, TUESDAY)


def test_union_that_slept_over_a_close_fixes_the_date_before_the_next_opens(union: ExchangeUnion) -> None:
    union.at("12:00").settle()
    union.at("12:00", WEDNESDAY).settle()
    assert rates(union)["KZT"]["date"] == TUESDAY


def test_quote_that_the_others_contradict_is_named_and_counts_for_nothing(tmp_path: Path) -> None:
    """IN-G has no tenge in the small union; here it has, and asks 40 basis points more than the others."""
    text = UNION.read_text(encoding="utf-8")
    account = 'accounts.INR = "ACCGINR"\n'
    wider = text.replace(account, account + 'accounts.KZT = "ACCGKZT"\nopening_balances.KZT = 5_000\n')
    file = tmp_path / "union.toml"
    file.write_text(wider, encoding="utf-8")
    union = ExchangeUnion(tmp_path / "home", union=file)
    union.at("10:10").settle()
    for bank, bid, ask in ((A, "6.2495", "6.2505"), (D, "6.2495", "6.2505"), (G, "6.2745", "6.2755")):
        union.firm(bank, "INR", "KZT", bid, ask)
    union.at("18:31").settle()
    assert column(union, "evidence") == {"INR": "IN-D, KZ-A", "KZT": "IN-D, KZ-A", "OMR": "OM-SI"}
    assert cross(union, "INR", "KZT") == pytest.approx(6.25, rel=2e-5)
    export(union.home, tmp_path / "day.sqlite", as_csv=False)
    sql = "SELECT facts FROM journal_entry WHERE facts LIKE '%suspect%'"
    ((facts,),) = sqlite3.connect(tmp_path / "day.sqlite").execute(sql)
    assert "IN-G INR/KZT suspect" in facts
    assert "KZ-A INR/KZT" not in facts


def test_fixing_stands_in_the_journal(union: ExchangeUnion, tmp_path: Path) -> None:
    quiet_day(union, TUESDAY)
    export(union.home, tmp_path / "day.sqlite", as_csv=False)
    sql = "SELECT facts FROM journal_entry WHERE facts LIKE '%fixing%'"
    ((facts,),) = sqlite3.connect(tmp_path / "day.sqlite").execute(sql)
    told = [f"{code} {row['value']} central_bank" for code, row in rates(union).items()]
    assert "; ".join(sorted(told)) in "; ".join(sorted(json.loads(facts)["facts"].split("; ")))


def closed_early(union: ExchangeUnion) -> None:
    """Two currencies close at 09:30, before INR has opened."""
    union.at("09:30").settle()
    for code in ("KZT", "OMR"):
        union.close_currency(code, date.fromisoformat(TUESDAY))
    union.settle()


def test_date_waits_for_a_currency_that_opens_later(union: ExchangeUnion) -> None:
    closed_early(union)
    union.at("12:00").settle()
    with pytest.raises(OperatorError, match="No date has been fixed"):
        rates(union)
    union.at("18:31").settle()
    assert rates(union)["INR"]["date"] == TUESDAY


def test_date_does_not_wait_for_a_currency_that_never_opened(union: ExchangeUnion) -> None:
    closed_early(union)
    union.at("12:00", WEDNESDAY).settle()
    assert rates(union)["INR"]["date"] == TUESDAY


def test_currency_that_has_gone_on_to_the_next_date_is_not_waited_for(union: ExchangeUnion) -> None:
    closed_early(union)
    union.at("12:00").settle()
    union.open_currency("KZT", date.fromisoformat(WEDNESDAY))
    union.at("18:31").settle()
    assert rates(union)["KZT"]["date"] == TUESDAY


def test_date_fixed_ahead_of_its_close_is_not_fixed_again(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    union.fix(date.fromisoformat(TUESDAY))
    before = rates(union)
    traded_day(union, TUESDAY)
    assert rates(union) == before


def test_rates_are_shown_and_crossed(union: ExchangeUnion) -> None:
    quiet_day(union, TUESDAY)
    home = ["--home", str(union.home.root), "-o", "csv"]
    run = CliRunner().invoke
    shown = run(app, ["rates", "--base", "OMR", "--currency", "INR", *home])
    assert shown.exit_code == 0, shown.output
    head, row = shown.output.splitlines()
    assert head == "currency,date,value,level,evidence,stale_since,disputed,suspended,one_OMR"
    assert row.startswith(f"INR,{TUESDAY},")
    assert float(row.rpartition(",")[2]) == pytest.approx(220, rel=1e-5)
    assert run(app, ["rates", "--date", "2026-09-28", *home]).exit_code == 1
    assert run(app, ["rates", "--base", "USD", *home]).exit_code == 1
