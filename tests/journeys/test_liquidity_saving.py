"""Payments that wait for each other's money settle together: by schedule, on demand, when money arrives."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_union import TODAY, UNION, A, B, C, D, E, F, G, R, SmallUnion, messages_in, minor

from tasviya.app import ask, ask_lsm
from tasviya.core.errors import OperatorError
from tasviya.services import lsm

TABLE = """
[liquidity_saving]
minutes = 30
"""
QUIET = """
[liquidity_saving]
minutes = 0
on_arrival = false
free_order = true
"""


def union_with(tmp_path: Path, table: str = TABLE, *, stays_up: bool = False) -> SmallUnion:
    """The small union with passes over its queue, open."""
    file = tmp_path / "union.toml"
    text = UNION.read_text(encoding="utf-8")
    file.write_text(text.replace("[operator]", f"{table}\n[operator]"), encoding="utf-8")
    return SmallUnion(tmp_path / "home", union=file, stays_up=stays_up).at("10:00").settle()


@pytest.fixture
def saving(tmp_path: Path) -> SmallUnion:
    return union_with(tmp_path)


@pytest.fixture
def quiet(tmp_path: Path) -> SmallUnion:
    """Passes on demand only."""
    return union_with(tmp_path, QUIET)


def passes(union: SmallUnion) -> list[tuple[object, ...]]:
    """(trigger, algorithm, tried, settled, needed) of each pass, the first first."""
    sql = "SELECT trigger, algorithm, tried, settled, needed_minor FROM lsm_pass ORDER BY seq"
    return [(*row[:4], int(row[4])) for row in ask(union.home).db.execute(sql)]


def run(union: SmallUnion, currency: str | None = "KZT", algorithm: str | None = None) -> None:
    with union.application() as application:
        application.do(lambda work: lsm.run(work, currency, algorithm))
        application.tell()
        application.system.memory.check()
    union.must_balance()


def all_are(union: SmallUnion, status: str, *payments: str) -> bool:
    return {union.status(each) for each in payments} == {status}


def test_two_payments_that_wait_for_each_other_settle_at_the_next_half_hour(saving: SmallUnion) -> None:
    there, back = saving.pay(B, D, 1650), saving.pay(D, B, 1399)
    saving.settle()
    saving.at("10:29").settle()
    assert all_are(saving, "queued", there, back)
    assert passes(saving) == []
    saving.at("10:30").settle()
    assert saving.statuses(B, there) == ["PDNG AM04", "ACSC"]
    assert [each.uetr for each in saving.onward(D)] == [there]
    assert [each.uetr for each in saving.onward(B)] == [back]
    # One by one, one of the two would have had to bring what it lacks.
    assert passes(saving) == [("schedule", "fifo", 2, 2, minor(1650 - 600))]
    (told,) = ask_lsm(saving.home).passes()
    assert (told["tried_value"], told["by_pairs"]) == ("3049.00", 2)
    assert (told["needed_alone"], told["at_most"], told["gap_percent"]) == ("1050.00", "3049.00", "0.00")
    assert (saving.balance(B), saving.drawn(B)) == (0, minor(151))
    assert saving.balance(D) == minor(1000 + 1650 - 1399)


def test_ring_of_three_settles_on_demand(quiet: SmallUnion) -> None:
    ring = [quiet.pay(B, C, 1400), quiet.pay(C, D, 1401), quiet.pay(D, B, 1398)]
    quiet.at("12:00").settle()
    assert all_are(quiet, "queued", *ring)
    run(quiet)
    assert all_are(quiet, "settled", *ring)
    assert [each[:4] for each in passes(quiet)] == [("demand", "fifo", 3, 3)]


def test_money_that_is_not_enough_alone_lets_a_ring_settle(saving: SmallUnion) -> None:
    ring = [saving.pay(B, C, 1700), saving.pay(C, B, 1030)]
    saving.settle()
    saving.at("10:30").settle()
    assert all_are(saving, "queued", *ring)
    # B has 100 and a line of 500: with what C pays it still lacks 70.
    saving.interbank(A, B, 70)
    saving.settle()
    assert all_are(saving, "settled", *ring)
    assert [each[:4] for each in passes(saving)] == [("schedule", "fifo", 2, 0), ("arrival", "fifo", 2, 2)]


def test_payment_behind_one_that_cannot_settle_waits_with_it(quiet: SmallUnion) -> None:
    large, small, back = quiet.pay(B, D, 9000), quiet.pay(B, C, 1100), quiet.pay(C, B, 1050)
    quiet.settle()
    run(quiet)
    assert all_are(quiet, "queued", large, small, back)
    run(quiet, algorithm="free")
    assert quiet.status(large) == "queued"
    assert all_are(quiet, "settled", small, back)


def test_free_order_does_not_pass_a_more_urgent_payment(quiet: SmallUnion) -> None:
    large, small = quiet.pay(B, D, 9000, priority="HIGH"), quiet.pay(B, C, 1100)
    back = quiet.pay(C, B, 1050)
    quiet.settle()
    run(quiet, algorithm="free")
    assert all_are(quiet, "queued", large, small, back)


def test_limit_holds_in_a_pass_and_what_comes_back_makes_room(quiet: SmallUnion) -> None:
    # C lets its net payments to B come to 300.
    there, back = quiet.pay(C, B, 1300), quiet.pay(B, C, 999)
    quiet.settle()
    run(quiet)
    assert all_are(quiet, "queued", there, back)
    quiet.pay(B, C, 1)
    quiet.settle()
    run(quiet)
    assert quiet.status(there) == "settled" or quiet.status(there) == "queued"
    assert quiet.status(back) == quiet.status(there)


def test_limit_is_used_up_by_what_a_pass_settles(quiet: SmallUnion) -> None:
    quiet.pay(C, B, 1290)
    quiet.pay(B, C, 1000)
    quiet.settle()
    run(quiet)
    assert quiet.waiting() == []
    beyond = quiet.pay(C, B, 11)
    quiet.settle()
    assert quiet.statuses(C, beyond) == ["PDNG AM23"]


def test_money_kept_for_urgent_payments_is_not_used_by_a_pass(quiet: SmallUnion) -> None:
    # R has 250 and keeps 200 of it.
    there, back = quiet.pay(R, B, 700), quiet.pay(B, R, 649)
    quiet.settle()
    run(quiet)
    assert all_are(quiet, "queued", there, back)
    urgent = quiet.pay(R, B, 700, priority="URGT")
    quiet.settle()
    run(quiet)
    assert all_are(quiet, "settled", urgent, back)


def test_respondents_settle_through_their_correspondents_books(quiet: SmallUnion) -> None:
    # E and F have their KZT with C: E 500 there, F nothing.
    there, back = quiet.pay(E, F, 800), quiet.pay(F, E, 799)
    across, home = quiet.pay(F, B, 650), quiet.pay(B, F, 650)
    quiet.settle()
    assert all_are(quiet, "queued", there, back, across, home)
    run(quiet)
    assert all_are(quiet, "settled", there, back, across, home)
    assert quiet.balance(C, with_whom=F) == minor(1)


def test_statement_shows_what_was_lent_while_a_set_was_posted(quiet: SmallUnion) -> None:
    quiet.pay(B, C, 1400)
    quiet.pay(C, B, 1250)
    quiet.settle()
    run(quiet)
    _, rows = ask(quiet.home).statement("ACCBKZT", None)
    whats = [row["what"] for row in rows]
    assert whats == ["credit_drawn", "offset_lent", "settlement", "settlement", "offset_repaid"]
    assert rows[1]["amount"] == rows[4]["amount"].removeprefix("-") != "0.00"
    books = quiet.books()
    assert {name: net for name, net in books.items() if "offset" in name and net} == {}
    assert minor(rows[-1]["balance"]) == quiet.balance(B) == 0
    quiet.at("18:30").settle()
    (file,) = (quiet.home.statements / TODAY / B).glob("*ACCBKZT*")
    (report,) = next(messages_in(file.read_bytes(), quiet)).transactions
    words = [entry.remittance for entry in report.entries]  # type: ignore[union-attr]
    assert "Lent while payments settle together" in words
    assert "Repaid by payments that settled together" in words


def test_balance_dips_no_lower_than_where_a_set_leaves_it(quiet: SmallUnion) -> None:
    quiet.pay(A, B, 1400)
    quiet.pay(B, A, 1300)
    quiet.settle()
    run(quiet)
    (row,) = [row for row in ask(quiet.home).liquidity("KZ-A", "KZT") if row["with_whom"] == ""]
    assert (row["balance"], row["used_peak"]) == ("900.00", "100.00")


def test_nothing_settles_in_part(quiet: SmallUnion) -> None:
    ring = [quiet.pay(B, C, 1400), quiet.pay(C, D, 1401), quiet.pay(D, B, 700)]
    quiet.settle()
    before = quiet.books()
    waiting = quiet.waiting()
    run(quiet)
    settled = [each for each in ring if quiet.status(each) == "settled"]
    assert settled in ([], ring[2:])
    if not settled:
        assert (quiet.books(), quiet.waiting()) == (before, waiting)


def test_set_that_the_ledger_refuses_waits_and_settles_later(quiet: SmallUnion) -> None:
    ring = [quiet.pay(B, C, 1400), quiet.pay(C, B, 600)]
    quiet.settle()
    with quiet.application() as application:
        accounts = application.system.memory.accounts.values()
        (state,) = [each for each in accounts if each.account.key == "KZ-B/KZT/settlement"]
        state.funds.balance += minor(200)  # the writer believes what the ledger does not
        application.do(lambda work: lsm.run(work, "KZT", None))
        application.system.memory.check()
    assert all_are(quiet, "queued", *ring)
    quiet.interbank(A, B, 200)
    quiet.settle()
    run(quiet)
    assert all_are(quiet, "settled", *ring)
    quiet.must_balance()


def test_set_longer_than_a_chain_settles_in_several(quiet: SmallUnion) -> None:
    """1,686 payments between two correspondents' respondents are 8,430 transfers: more than a chain takes."""
    there = [quiet.transfer(E, G, 9_000), *(quiet.transfer(E, G, 10) for _ in range(850))]
    back = [quiet.transfer(G, E, 20) for _ in range(850)]  # the first 15 settle at once
    quiet.send(E, quiet.message(*there))
    quiet.send(G, quiet.message(*back))
    quiet.settle()
    assert len(quiet.waiting()) == 1_686
    run(quiet)
    assert quiet.waiting() == []
    assert [each[3] for each in passes(quiet)] == [1_686]
    sql = "SELECT count FROM ledger_batch ORDER BY seq DESC LIMIT 2"
    assert sum(count for (count,) in ask(quiet.home).db.execute(sql)) > 8_189


def test_passes_end_with_the_day(saving: SmallUnion) -> None:
    saving.pay(B, C, 1700)
    saving.pay(C, B, 1000)
    saving.settle()
    saving.at("12:00").settle()
    saving.at("17:00").settle()
    count = len(passes(saving))
    saving.at("18:30").settle()
    assert len(passes(saving)) == count > 0
    assert {each[3] for each in passes(saving)} == {0}


def test_one_payment_alone_asks_for_no_pass(saving: SmallUnion) -> None:
    saving.pay(B, C, 1700)
    saving.settle()
    saving.at("12:00").settle()
    assert passes(saving) == []


def test_restart_changes_nothing(tmp_path: Path) -> None:
    told = []
    for name, stays_up in (("up", True), ("again", False)):
        (tmp_path / name).mkdir()
        union = union_with(tmp_path / name, stays_up=stays_up)
        union.pay(B, C, 1700)
        union.pay(C, B, 1030)
        union.at("10:10").settle()
        union.pay(D, R, 1200)
        union.at("10:35").settle()
        union.pay(R, D, 1100)
        union.interbank(A, B, 70)
        union.at("10:50").settle()
        union.at("11:20").settle()
        union.close()
        told.append((passes(union), union.books(), union.waiting()))
    assert told[0] == told[1]
    assert [each[0] for each in told[0][0]] == ["schedule", "arrival"]


def test_why_tells_what_a_payment_lacks_and_what_would_release_it(saving: SmallUnion) -> None:
    there, back = saving.pay(B, C, 1700), saving.pay(C, B, 1030)
    behind = saving.pay(B, A, 50)
    saving.settle()
    (told,) = ask_lsm(saving.home).why(there)
    assert told["why"] == "KZ-B has 600.00 KZT for payments of its priority, and it takes 1,700.00 KZT."
    assert (told["waits_for"], told["lacks"], told["releases"]) == ("money", "1100.00", "70.00")
    assert told["how"] == (
        "If 70.00 KZT come to KZ-B, it settles together with payments that wait elsewhere."
    )
    assert told["next_pass"].startswith("2026-09-29T10:30")
    assert told["expires"].startswith("2026-09-29T17:00")
    (told,) = ask_lsm(saving.home).why(behind)
    assert [each["uetr"] for each in told["ahead"]] == [there]
    assert (told["lacks"], told["releases"]) == ("1150.00", "120.00")
    # It is true: 69.99 more do not do, 0.01 more do.
    saving.interbank(A, B, "69.99")
    saving.settle()
    assert all_are(saving, "queued", there, back)
    saving.interbank(A, B, "0.01")
    saving.settle()
    assert all_are(saving, "settled", there, back)
    saving.interbank(A, B, "49.99")
    saving.settle()
    assert saving.status(behind) == "queued"
    saving.interbank(A, B, "0.01")
    saving.settle()
    assert saving.status(behind) == "settled"


def test_why_tells_what_a_limit_lacks(quiet: SmallUnion) -> None:
    quiet.pay(C, B, 200)
    over = quiet.pay(C, B, 150)
    quiet.settle()
    (told,) = ask_lsm(quiet.home).why(over)
    assert (told["waits_for"], told["lacks"], told["releases"]) == ("limit", "50.00", "50.00")
    assert "towards KZ-B; 100.00 KZT are left" in told["why"]
    assert told["next_pass"] == ""


def test_why_tells_when_money_for_one_account_is_not_enough(quiet: SmallUnion) -> None:
    quiet.pay(C, A, 990)
    through = quiet.pay(E, A, 510)  # E has 500 with C, and C has 10 left
    quiet.settle()
    (told,) = ask_lsm(quiet.home).why(through)
    assert told["releases"] == ""
    assert told["how"].startswith("Money for KZ-C alone does not release it: KZ-C must pay for it too")


def test_why_is_asked_of_payments_that_wait(quiet: SmallUnion) -> None:
    paid = quiet.pay(A, B, 1)
    quiet.settle()
    with pytest.raises(OperatorError, match="is settled"):
        ask_lsm(quiet.home).why(paid)
    with pytest.raises(OperatorError, match="No payment is known"):
        ask_lsm(quiet.home).why("nothing")
