"""Returns, recalls and questions about converted payments: the settled currency goes back, gross, and what
still waits in the exchange can be called off with its money."""

from __future__ import annotations

from exchange_union import CODE, A, B, D, E, ExchangeUnion, F
from small_union import minor

from tasviya.app import ask
from tasviya.messages.model import RecallAnswer, StatusReport
from tasviya.messages.statements import AccountReport, Entry


def converted(union: ExchangeUnion, payer: str) -> str:
    """A payment of 160 INR to IN-D that its payer's bank has paid in KZT, against what IN-D sells."""
    union.at("10:10").settle()
    sent = union.convert(payer, D, "155.00", "INR", "KZT", most="1000", route="EXCHANGE.IN")
    union.convert(D, B if payer == A else A, "900", "KZT", "INR", most="160", route="EXCHANGE.IN")
    union.settle().at("10:31").settle()
    assert union.status(sent) == "settled"
    return sent


def held(union: ExchangeUnion, bic: str, currency: str) -> int:
    """What is held on a settlement account, minor units."""
    sql = (
        "SELECT l.debits_pending FROM account a JOIN ledger_account l ON l.id = a.account_id"
        " WHERE a.owner = ? AND a.currency = ? AND a.kind = 'settlement'"
    )
    return int(ask(union.home).db.execute(sql, (CODE[bic], currency)).fetchone()[0])


def reports(union: ExchangeUnion, bic: str) -> list[StatusReport]:
    return [
        report
        for message in union.told(bic, "pacs.002")
        for report in message.transactions
        if isinstance(report, StatusReport)
    ]


# --- returns ----------------------------------------------------------------------------------------


def test_return_sends_back_the_settled_currency_and_reverses_nothing(union: ExchangeUnion) -> None:
    sent = converted(union, A)
    amount = union.row(sent)["amount"]
    before = {(bic, code): union.balance(bic, code) for bic in (A, D) for code in ("KZT", "INR")}
    union.give_back(D, sent, amount, currency="INR")
    union.settle()
    moved = minor(amount, "INR")
    assert union.balance(D, "INR") == before[D, "INR"] - moved
    assert union.balance(A, "INR") == before[A, "INR"] + moved
    assert [union.balance(bic) for bic in (A, D)] == [before[A, "KZT"], before[D, "KZT"]]
    assert reports(union, D)[-1].status == "ACSC"
    (told,) = union.told(A, "pacs.004")
    (returned,) = told.transactions
    assert (returned.currency, returned.amount_minor) == ("INR", moved)  # type: ignore[union-attr]
    assert (returned.original_currency, returned.original_amount) == ("INR", amount)  # type: ignore[union-attr]
    entry = last_entry(union, A, "ACCAINR")
    assert entry.is_credit and entry.counter_value is None, "nothing was converted"


def last_entry(union: ExchangeUnion, bic: str, account: str) -> Entry:
    return [
        entry
        for message in union.told(bic, "camt.054")
        for report in message.transactions
        if isinstance(report, AccountReport) and report.account == account
        for entry in report.entries
    ][-1]


def test_return_to_a_bank_without_an_account_goes_through_its_correspondent(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    sent = union.convert(E, B, "985", "KZT", "OMR", most="1", route="EXCHANGE.IN")
    union.convert(A, F, "0.9", "OMR", "KZT", most="1400", route="EXCHANGE.IN")
    union.settle().at("10:31").settle()
    assert union.status(sent) == "settled"
    amount = union.row(sent)["amount"]
    union.give_back(B, sent, amount)
    union.settle()
    assert reports(union, B)[-1].status == "ACSC"
    assert union.balance(A, "KZT", with_whom=E) == minor(amount), "in the books of its correspondent"
    assert union.balance(B) == minor(10_000)


def test_return_that_cannot_reach_the_payer_s_bank_is_refused_with_a_cure(union: ExchangeUnion) -> None:
    sent = converted(union, B)
    before = union.balance(D, "INR")
    union.give_back(D, sent, union.row(sent)["amount"], currency="INR")
    union.settle()
    refused = reports(union, D)[-1]
    assert (refused.status, refused.reason) == ("RJCT", "AM03")
    text = " ".join(refused.additional_info)
    assert "KZ-B has neither an account nor a correspondent in INR" in text
    assert "does not convert back" in text
    assert union.balance(D, "INR") == before
    assert union.told(B, "pacs.004") == []


def test_return_in_the_debited_currency_is_refused(union: ExchangeUnion) -> None:
    sent = converted(union, A)
    union.give_back(D, sent, 1_000)
    union.settle()
    assert (reports(union, D)[-1].status, reports(union, D)[-1].reason) == ("RJCT", "AM03")


def test_no_more_comes_back_than_was_credited(union: ExchangeUnion) -> None:
    sent = converted(union, A)
    credited = minor(union.row(sent)["amount"], "INR")
    union.give_back(D, sent, f"{(credited + 1) / 100:.2f}", currency="INR")
    union.settle()
    assert reports(union, D)[-1].reason == "AM09"


# --- recalls and questions --------------------------------------------------------------------------


def test_recall_takes_a_payment_out_of_the_book_and_frees_its_money(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    sent = union.convert(B, D, "155.00", "INR", "KZT", most="1000", route="EXCHANGE.IN")
    union.settle()
    assert held(union, B, "KZT") == minor(1_000)
    union.recall(B, sent)
    union.settle()
    assert union.status(sent) == "cancelled"
    assert held(union, B, "KZT") == 0
    (answer,) = [
        each
        for message in union.told(B, "camt.029")
        for each in message.transactions
        if isinstance(each, RecallAnswer) and each.position
    ]
    assert answer.status == "ACCR"
    union.convert(D, A, "900", "KZT", "INR", most="160", route="EXCHANGE.IN")
    union.settle().at("10:31").settle()
    assert union.status(sent) == "cancelled" and union.balance(B) == minor(10_000)


def test_money_freed_by_a_recall_pays_what_waits_for_it(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    sent = union.convert(B, D, "1400", "INR", "KZT", most="9500", route="EXCHANGE.IN")
    behind = union.pay(B, A, 2_000)
    union.settle()
    assert [union.status(each) for each in (sent, behind)] == ["queued", "queued"]
    union.recall(B, sent)
    union.settle()
    assert [union.status(each) for each in (sent, behind)] == ["cancelled", "settled"]


def test_recall_of_a_converted_payment_asks_the_payee_s_bank(union: ExchangeUnion) -> None:
    sent = converted(union, A)
    union.recall(A, sent)
    union.settle()
    assert len(union.told(D, "camt.056")) == 1
    assert union.status(sent) == "settled"


def test_question_is_answered_with_the_reason_and_the_price_that_would_fill_it(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    sent = union.convert(B, D, "160", "INR", "KZT", most="900")
    union.convert(D, B, "900", "KZT", "INR", most="160", route="EXCHANGE.IN")
    union.convert(A, D, "155", "INR", "KZT", most="1000", route="EXCHANGE.IN")
    union.settle()
    union.ask_status(B, sent)
    union.settle()
    before = reports(union, B)[-1]
    assert (before.status, before.reason) == ("PDNG", "NARR")
    assert "is in the exchange's book" in " ".join(before.additional_info)
    union.at("10:31").settle()
    union.ask_status(B, sent)
    union.settle()
    after = reports(union, B)[-1]
    text = " ".join(after.additional_info)
    assert (after.status, after.clearing_reference) == ("PDNG", None)
    assert "Batch 1 is out of its reach: there 160.00 INR cost" in text
    assert "may be debited 900.00 KZT" in text
