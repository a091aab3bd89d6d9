"""Trades that two banks agreed: matched, settled payment versus payment, or given up with money untouched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from exchange_union import CODE, SUSPENDED, UNION, A, B, D, E, ExchangeUnion, F, G
from small_union import TOMORROW, SmallUnion, messages_in, minor
from trading import instruct, notices, told

from tasviya.app import ask, ask_exchange
from tasviya.core.errors import OperatorError, StoreError
from tasviya.messages.model import Receipt
from tasviya.messages.statements import AccountReport, CounterValue, Entry


def agree(union: ExchangeUnion, **changes: Any) -> None:
    """KZ-A sells IN-D 1000 KZT for 160 INR; both instruct it."""
    instruct(union, A, D, "1000 KZT", "160 INR", "A-1", **changes)
    instruct(union, D, A, "160 INR", "1000 KZT", "D-7", **changes)


def balances(union: ExchangeUnion, *bics: str) -> list[int]:
    return [union.balance(bic, code) for bic in bics for code in ("KZT", "INR")]


BEFORE = [minor(100_000), minor(10_000), minor(5_000), minor(20_000)]
"""What KZ-A and IN-D have, KZT and INR each."""
AFTER = [minor(99_000), minor(10_160), minor(6_000), minor(19_840)]


def test_two_instructions_that_mirror_each_other_settle_at_once(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    agree(union)
    union.settle()
    assert balances(union, A, D) == AFTER
    assert told(union, A) == ["UMTC NARR", "FMTC", "STLD"]
    assert told(union, D) == ["UMTC NARR", "FMTC", "STLD"], "the first alleges KZ-A's side"
    alleged, matched, settled = notices(union, D)
    assert (alleged.alleged, alleged.reference, alleged.trader) == (True, "A-1", A)
    assert (matched.alleged, matched.reference, matched.other_reference) == (False, "D-7", "A-1")
    assert (settled.previous_status, settled.match_id) == ("FMTC", notices(union, A)[-1].match_id)
    assert (settled.buy_minor, settled.sell_minor) == (minor(1_000), minor(160))


def test_both_payments_of_a_trade_are_one_chain(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    before = linked(union)
    agree(union)
    union.settle()
    chains = linked(union)[len(before) :]
    assert [flags & 1 for flags in chains] == [1, 0], (
        "the first is linked to the second, which ends the chain"
    )


def test_each_bank_sees_its_own_instructions_and_what_became_of_them(union: ExchangeUnion) -> None:
    instruct(union.at("10:10"), A, D, "1000 KZT", "160 INR", "A-1")
    instruct(union, D, A, "161 INR", "1000 KZT", "D-7")
    union.settle()
    (mine,) = ask_exchange(union.home).own_trades(A)
    assert (mine["with"], mine["sells"], mine["buys"]) == ("IN-D", "1000.00 KZT", "160.00 INR")
    assert (mine["reference"], mine["status"], mine["settled_at"]) == ("A-1", "unmatched", "")
    instruct(union, D, A, "160 INR", "1000 KZT", "D-8")
    union.settle()
    (mine,) = ask_exchange(union.home).own_trades(A)
    assert (mine["status"], mine["settled_at"][:10], mine["why"]) == ("settled", union.day, "")
    theirs = ask_exchange(union.home).own_trades(D)
    assert [(row["reference"], row["status"]) for row in theirs] == [("D-8", "settled"), ("D-7", "unmatched")]
    assert ask_exchange(union.home).own_trades(B) == []


def test_side_rescinds_what_the_other_has_not_instructed(union: ExchangeUnion) -> None:
    instruct(union.at("10:10"), A, D, "1000 KZT", "161 INR", "A-1")
    union.settle()
    (mine,) = ask_exchange(union.home).own_trades(A)
    assert union.rescind(A, mine["trade"]).status == "rescinded"
    assert told(union, A) == ["UMTC NARR", "RSCD"]
    assert [(each.status, each.alleged) for each in notices(union, D)] == [("UMTC", True), ("RSCD", True)]
    instruct(union, D, A, "161 INR", "1000 KZT", "D-7")
    assert told(union.settle(), D)[2:] == ["UMTC NARR"]
    instruct(union, A, D, "1000 KZT", "161 INR", "A-2")
    union.settle()
    (again, first) = ask_exchange(union.home).own_trades(A)
    assert (again["status"], first["status"]) == ("settled", "rescinded")


@pytest.mark.parametrize(("bic", "code"), [(A, "trade_matched"), (B, "unknown_trade")])
def test_trade_that_binds_or_is_another_s_is_not_rescinded(union: ExchangeUnion, bic: str, code: str) -> None:
    agree(union.at("10:10"), settlement_date=TOMORROW)
    union.settle()
    (mine,) = ask_exchange(union.home).own_trades(A)
    with pytest.raises(OperatorError) as refused:
        union.rescind(bic, mine["trade"])
    assert refused.value.refusal.reason == code
    assert ask_exchange(union.home).own_trades(A) == [mine]


def linked(union: ExchangeUnion) -> list[int]:
    """The flags of every transfer, in order."""
    from tasviya.adapters.sqlite_connection import connect
    from tasviya.adapters.sqlite_ledger import SqliteLedger

    ledger = SqliteLedger.open_reader(connect(union.home.database, read_only=True))
    return [int(transfer.flags) for transfer in ledger.iterate_transfers()]


def test_notices_and_statements_tell_the_counter_value(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    agree(union)
    union.settle()
    match_id = notices(union, A)[-1].match_id or ""
    (debit,) = entries(union, A, "ACCAKZT")
    at = debit.booked_at or ""
    rate = ("KZT", "INR", "INR", "6.25", match_id, at)
    assert debit.counter_value == CounterValue(minor(160), "INR", *rate)
    assert (debit.transaction_code, debit.remittance) == (
        "FORX/SPOT/OTHR",
        "Trade of 2026-09-29, KZ-A A-1, IN-D D-7",
    )
    (credit,) = entries(union, D, "ACCDKZT")
    assert credit.is_credit and credit.amount_minor == minor(1_000)
    union.at("18:31").settle()
    stated = [
        entry
        for file in sorted(union.home.statements.glob(f"*/{A}/KZT-ACCAKZT.xml"))
        for message in messages_in(file.read_bytes(), union)
        for report in message.transactions
        for entry in report.entries  # type: ignore[union-attr]
        if entry.transaction_code == "FORX/SPOT/OTHR"
    ]
    assert [(each.amount_minor, each.counter_value) for each in stated] == [
        (debit.amount_minor, debit.counter_value)
    ]
    assert stated[0].account_servicer_reference == debit.account_servicer_reference == match_id


def entries(union: ExchangeUnion, bic: str, account: str) -> list[Entry]:
    return [
        entry
        for message in union.told(bic, "camt.054")
        for report in message.transactions
        if isinstance(report, AccountReport) and report.account == account
        for entry in report.entries
    ]


def test_trade_settles_on_its_date_and_not_before(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    agree(union, settlement_date=TOMORROW)
    union.settle()
    assert (told(union, A)[-1], balances(union, A, D)) == ("FMTC", BEFORE)
    union.at("23:00").settle().at("09:30", TOMORROW).settle()
    assert balances(union, A, D) == BEFORE, "KZT has opened, INR has not"
    union.at("10:01").settle()
    assert (told(union, A)[-1], balances(union, A, D)) == ("STLD", AFTER)


def test_side_without_money_is_waited_for(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    instruct(union, D, A, "5001 KZT", "800 INR", "D-1")
    instruct(union, A, D, "800 INR", "5001 KZT", "A-1")
    union.settle()
    assert told(union, D)[-2:] == ["FMTC", "SMAP AM04"]
    assert notices(union, D)[-1].text == "IN-D lacks 1.00 KZT to pay it; it settles when funded."
    assert notices(union, A)[-1].text == ("IN-D has not funded it yet; it settles when both have the money.")
    assert balances(union, A, D) == BEFORE
    union.pay(B, D, 1)
    union.settle()
    assert (told(union, D)[-1], told(union, A)[-1]) == ("STLD", "STLD")
    assert union.balance(D) == 0


def test_trade_without_money_is_given_up_at_the_cut_off(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    instruct(union, D, A, "5001 KZT", "800 INR", "D-1")
    instruct(union, A, D, "800 INR", "5001 KZT", "A-1")
    union.settle().at("17:30").settle()
    assert told(union, D)[-1] == "SMAP AM04", "a bank's own payment has until the interbank cut-off"
    union.at("18:00").settle()
    for bic in (A, D):
        assert told(union, bic)[-1] == "RJCT AM04"
        assert "no money has moved" in (notices(union, bic)[-1].text or "")
    assert balances(union, A, D) == BEFORE
    union.at("18:20").settle()
    assert told(union, D).count("RJCT AM04") == 1


def test_side_that_nobody_mirrors_is_given_up_at_the_cut_off(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    instruct(union, A, D, "1000 KZT", "160 INR", "A-1")
    union.settle().at("18:01").settle()
    assert told(union, A) == ["UMTC NARR", "RJCT ED05"]


DIFFERENT = [
    ({"sell": "160 INR", "buy": "1000.01 KZT"}, "the amount bought is 1,000.01 KZT, there 1,000.00 KZT"),
    ({"sell": "161 INR", "buy": "1000 KZT"}, "the amount sold is 161.00 INR, there 160.00 INR"),
    ({"settlement_date": TOMORROW}, "the settlement date is 2026-09-30, there 2026-09-29"),
    ({"trade_date": "2026-09-28"}, "the trade date is 2026-09-28, there 2026-09-29"),
    ({"common_reference": "C-1"}, "the common reference is C-1, there none"),
]


@pytest.mark.parametrize(("change", "what"), DIFFERENT)
def test_both_sides_are_told_what_differs(union: ExchangeUnion, change: dict[str, str], what: str) -> None:
    union.at("10:10").settle()
    instruct(union, A, D, "1000 KZT", "160 INR", "A-1")
    amounts = {"sell": "160 INR", "buy": "1000 KZT"} | change
    instruct(union, D, A, amounts.pop("sell"), amounts.pop("buy"), "D-7", **amounts)
    union.settle()
    assert balances(union, A, D) == BEFORE
    assert (notices(union, D)[-1].text or "").startswith(f"It differs from KZ-A's A-1: {what}.")
    assert (notices(union, A)[-1].text or "").startswith("It differs from IN-D's D-7: ")
    assert (told(union, A)[-1], told(union, D)[-1]) == ("UMTC NARR", "UMTC NARR")
    instruct(union, D, A, "160 INR", "1000 KZT", "D-8")
    union.settle()
    assert balances(union, A, D) == AFTER, "what was instructed rightly settles all the same"


def test_of_two_like_trades_each_finds_its_own_by_the_common_reference(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    for number in (1, 2):
        instruct(union, A, D, "1000 KZT", "160 INR", f"A-{number}", common_reference=f"C-{number}")
    instruct(union, D, A, "160 INR", "1000 KZT", "D-2", common_reference="C-2")
    union.settle()
    assert [each.reference for each in notices(union, A) if each.status == "STLD"] == ["A-2"]


def test_side_without_an_account_pays_through_its_correspondent(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    union.pay(B, E, 700)
    instruct(union, E, B, "600 KZT", "0.400 OMR", "E-1")
    instruct(union, B, E, "0.400 OMR", "600 KZT", "B-1")
    union.settle()
    assert told(union, B) == ["RJCT AM03"], "KZ-B has no way to OMR"
    instruct(union, E, A, "600 KZT", "0.400 OMR", "E-2")
    instruct(union, A, E, "0.400 OMR", "600 KZT", "A-1")
    union.settle()
    assert told(union, E)[-1] == "STLD"
    assert union.balance(A, "KZT", with_whom=E) == minor(100)
    assert union.balance(E, "OMR") == minor("100.400", "OMR")


def test_same_file_again_gets_the_same_answer_and_moves_nothing(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    raw = instruct(union, A, D, "1000 KZT", "160 INR", "A-1")
    union.settle()
    union.send(A, raw)
    union.settle()
    first, again = notices(union, A)
    assert first == again
    instruct(union, D, A, "160 INR", "1000 KZT", "D-7")
    union.settle()
    assert balances(union, A, D) == AFTER


def test_same_reference_with_another_body_is_refused(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    instruct(union, A, D, "1000 KZT", "160 INR", "A-1")
    instruct(union, A, D, "1000 KZT", "161 INR", "A-1")
    union.settle()
    (message,) = union.told(A, "camt.025")
    (receipt,) = message.transactions
    assert isinstance(receipt, Receipt) and (receipt.status, receipt.reason) == ("RJCT", "DU01")
    assert told(union, A) == ["UMTC NARR"]


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("AM03", D, {"buy_currency": "USD"}),
    ("AM03", F, {}),
    ("AM12", D, {"buy_minor": 0}),
    ("AG03", D, {"operation": "CANC"}),
    ("AG03", A, {}),
    ("AG10", SUSPENDED, {"buy_currency": "OMR"}),
    ("CNOR", "STRGKZ20XXX", {}),
    ("CNOR", "", {}),
    ("DS0G", D, {"submitter": G}),
    ("DS0G", D, {"trader": G}),
    ("DT01", D, {"trade_date": "2026-09-22", "settlement_date": "2026-09-22"}),
    ("DT03", D, {"settlement_date": "2026-10-03"}),
    ("DT04", D, {"settlement_date": "2028-10-03"}),
]


@pytest.mark.parametrize(("code", "other", "changes"), REFUSED)
def test_instruction_that_cannot_settle_is_refused(
    union: ExchangeUnion, code: str, other: str, changes: dict[str, Any]
) -> None:
    union.at("10:10").settle()
    instruct(union, A, other, "1000 KZT", "160 INR", "A-1", **changes)
    union.settle()
    (notice,) = notices(union, A)
    assert (notice.status, notice.reason) == ("RJCT", code)
    assert (notice.text or "").count(". ") >= 1, "what was found, and the cure"


class Changed(ExchangeUnion):
    """The same union with one text of its file changed."""

    def __init__(self, root: Path, old: str, new: str) -> None:
        text = UNION.read_text(encoding="utf-8")
        assert text.count(old) == 1
        root.parent.joinpath("union.toml").write_text(text.replace(old, new), encoding="utf-8")
        SmallUnion.__init__(self, root, union=root.parent / "union.toml")

    def drawn_by(self, bic: str) -> int:
        """What of its line in KZT a bank has drawn, minor units."""
        (row,) = [each for each in ask(self.home).liquidity(CODE[bic], "KZT") if not each["with_whom"]]
        return minor(row["drawn"])


def test_trade_draws_on_a_credit_line_for_what_the_balance_lacks(tmp_path: Path) -> None:
    account = 'accounts.KZT = "ACCAKZT"'
    union = Changed(tmp_path / "home", account, account + "\ncredit_lines.KZT = 500")
    union.at("10:10").settle()
    instruct(union, A, D, "100300 KZT", "16000 INR", "A-1")
    instruct(union, D, A, "16000 INR", "100300 KZT", "D-1")
    union.settle()
    assert told(union, A)[-1] == "STLD"
    assert (union.balance(A), union.drawn_by(A)) == (0, minor(300))
    assert union.balance(D) == minor(105_300)


MEMBER = 'name = "India"\n'


@pytest.mark.parametrize(
    ("code", "rule"),
    [("AM23", "payment_limits.INR = 159"), ("RR04", 'screening = { policy = "operator" }')],
)
def test_trade_against_a_member_s_own_rules_is_refused(tmp_path: Path, code: str, rule: str) -> None:
    union = Changed(tmp_path / "home", MEMBER, f"{MEMBER}{rule}\n")
    union.at("10:10").settle()
    agree(union)
    union.settle()
    for bic in (A, D):
        (notice,) = notices(union, bic)
        assert (notice.status, notice.reason) == ("RJCT", code)


def test_commit_that_fails_settles_neither_side(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    agree(union)
    for _ in range(3):
        transfers = [union.transfer(B, A, 1, position=n, remittance="x" * 140) for n in range(1, 61)]
        union.send(B, union.message(*transfers))
    application = union.application()
    try:
        db = application.store.connection
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 3}").fetchall()
        with pytest.raises(StoreError):
            application.drain()
        assert ask(union.home).db.execute("SELECT count(*) FROM trade").fetchone() == (0,)
        assert balances(union, A, D) == BEFORE
        db.execute("PRAGMA max_page_count = 100000").fetchall()
    finally:
        application.__exit__(None, None, None)
    union.settle()
    assert told(union, A) == ["UMTC NARR", "FMTC", "STLD"]
    assert balances(union, D) == AFTER[2:]


def test_trade_that_the_ledger_refuses_waits_and_settles_under_new_ids(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    instruct(union, D, A, "5001 KZT", "800 INR", "D-1")
    instruct(union, A, D, "800 INR", "5001 KZT", "A-1")
    application = union.application()
    try:
        states = application.system.memory.accounts.values()
        (state,) = [each for each in states if each.account.key == "IN-D/KZT/settlement"]
        state.funds.balance += minor(10)  # the writer errs: the ledger has the last word
        application.drain()
        application.tell()
        application.system.memory.check()
    finally:
        application.__exit__(None, None, None)
    assert (told(union, D)[-1], notices(union, D)[-1].text) == (
        "SMAP AM04",
        "IN-D cannot pay it; it settles when funded.",
    )
    assert balances(union, A, D) == BEFORE
    union.pay(B, D, 1)
    union.settle()
    assert told(union, D)[-1] == "STLD"
    assert ask(union.home).db.execute("SELECT max(attempt) FROM trade").fetchone() != (0,)


def test_payments_that_wait_go_before_a_trade(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    waiting = union.pay(D, A, 6_000, priority="URGT")
    instruct(union, D, A, "1000 KZT", "160 INR", "D-1")
    instruct(union, A, D, "160 INR", "1000 KZT", "A-1")
    union.settle()
    assert union.status(waiting) == "queued"
    assert notices(union, D)[-1].text == "earlier payments wait for money of IN-D; it settles after them."
    union.pay(B, D, 1_500)
    union.settle()
    assert (union.status(waiting), told(union, D)[-1]) == ("settled", "SMAP AM04")
    union.pay(B, D, 500)
    union.settle()
    assert told(union, D)[-1] == "STLD"


def test_money_from_a_trade_pays_what_waits_for_it(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    waiting = union.pay(D, A, 6_000)
    instruct(union, A, D, "1000 KZT", "160 INR", "A-1")
    instruct(union, D, A, "160 INR", "1000 KZT", "D-1")
    union.settle()
    assert (told(union, D)[-1], union.status(waiting)) == ("STLD", "settled")
