"""What banks are told of a conversion: the counter value, the rate and what converted it, in structure."""

from __future__ import annotations

from itertools import cycle

import pytest
from exchange_union import A, B, D, E, ExchangeUnion, F
from small_union import messages_in, minor

from tasviya.messages.model import CreditTransfer, StatusReport
from tasviya.messages.statements import AccountReport, CounterValue, Entry
from tasviya.services.statements import AccountFacts
from tasviya.services.telling import documents
from tasviya.services.telling_facts import Facts
from tasviya.services.unit_of_work import OutboxRow
from tasviya.settlement.accounts import AccountKind


def send_ring(union: ExchangeUnion) -> str:
    """Three payments that a batch can settle together. Returns the UETR of KZ-B's: 1000 KZT for 160 INR."""
    union.at("10:10").settle()
    first = union.convert(B, D, "155.00", "INR", "KZT", most="1000", route="EXCHANGE.IN")
    union.convert(D, F, "0.690", "OMR", "INR", most="160", route="EXCHANGE.IN")
    union.convert(E, A, "985", "KZT", "OMR", most="0.740", route="EXCHANGE.IN")
    union.settle()
    return first


def entries(union: ExchangeUnion, bic: str, kind: str, account: str) -> list[Entry]:
    """The entries of payments that a bank was told of an account."""
    return [
        entry
        for message in union.told(bic, kind)
        for report in message.transactions
        if isinstance(report, AccountReport) and report.account == account
        for entry in report.entries
        if entry.end_to_end_id
    ]


def test_entries_of_both_sides_tell_the_other_amount_and_the_rate(union: ExchangeUnion) -> None:
    send_ring(union)
    union.at("10:31").settle()
    (debit,) = entries(union, B, "camt.054", "ACCBKZT")
    assert (debit.amount_minor, debit.currency, debit.is_credit) == (minor(1_000), "KZT", False)
    at = debit.booked_at or ""
    # One INR is worth more than one KZT, so the rate is told for one INR: 1000 / 160.
    rate = ("KZT", "INR", "INR", "6.25", "batch 1", at)
    assert debit.counter_value == CounterValue(minor(160, "INR"), "INR", *rate)
    (credit,) = [each for each in entries(union, D, "camt.054", "ACCDINR") if each.is_credit]
    assert (credit.amount_minor, credit.currency) == (minor(160, "INR"), "INR")
    assert credit.counter_value == CounterValue(minor(1_000), "KZT", *rate)


def test_statement_says_of_a_conversion_what_the_notice_said(union: ExchangeUnion) -> None:
    send_ring(union)
    union.at("10:31").settle()
    union.ask_report(B, "ACCBKZT")
    union.settle().at("18:31").settle()
    noticed = entries(union, B, "camt.054", "ACCBKZT")
    for kind in ("camt.052", "camt.053"):
        stated = entries_in_statements(union, B) if kind == "camt.053" else entries(union, B, kind, "ACCBKZT")
        assert [each.counter_value for each in stated] == [each.counter_value for each in noticed]
        assert [each.transaction_code for each in stated] == ["PMNT/ICDT/XBCT"]


def entries_in_statements(union: ExchangeUnion, bic: str) -> list[Entry]:
    """The entries of payments in the day's statements of a bank."""
    files = sorted(union.home.statements.glob(f"*/{bic}/*.xml"))
    return [
        entry
        for file in files
        for message in messages_in(file.read_bytes(), union)
        for report in message.transactions
        for entry in report.entries  # type: ignore[union-attr]
        if entry.end_to_end_id
    ]


def test_status_of_a_settled_conversion_names_rate_and_batch(union: ExchangeUnion) -> None:
    first = send_ring(union)
    union.at("10:31").settle()
    waiting, settled = (
        report
        for message in union.told(B, "pacs.002")
        for report in message.transactions
        if isinstance(report, StatusReport) and report.original_uetr == first
    )
    assert waiting.clearing_reference is None
    assert settled.clearing_reference == "batch 1"
    assert " ".join(settled.additional_info) == ("1,000.00 KZT became 160.00 INR: 1 KZT = 0.16 INR, batch 1.")


def test_payment_in_one_currency_has_no_counter_value(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    union.pay(A, B, 10)
    union.settle()
    (debit,) = entries(union, A, "camt.054", "ACCAKZT")
    assert debit.counter_value is None


DECOYS = ("</InstdAmt><ChrgBr>", "<IntrBkSttlmAmt Ccy='KZT'>1</IntrBkSttlmAmt>", "<XchgRate>7</XchgRate>")
WAYS = {
    "what is debited is fixed": {"amount": "155", "most": "1000", "route": "EXCHANGE.IN"},
    "what is credited is fixed": {"amount": "160", "most": "1000", "route": "EXCHANGE"},
    "the account names the currency": {"amount": "160", "route": "EXCHANGE"},
    "a rate limits it": {"amount": "155", "most": "1000", "route": "EXCHANGE.IN", "exchange_rate": "0.155"},
}


@pytest.mark.parametrize(("way", "decoy"), list(zip(WAYS, cycle(DECOYS), strict=False)))
def test_payee_s_bank_gets_the_payer_s_words_and_what_came_of_them(
    union: ExchangeUnion, decoy: str, way: str
) -> None:
    union.at("10:10").settle()
    asked = dict(WAYS[way])
    sent = union.convert(B, D, asked.pop("amount"), "INR", "KZT", remittance=decoy, purpose="TRAD", **asked)
    union.convert(D, A, "900", "KZT", "INR", most="160", route="EXCHANGE.IN")
    union.settle().at("10:31").settle()
    assert union.status(sent) == "settled"
    (onward,) = union.onward(D)
    (debit,) = entries(union, B, "camt.054", "ACCBKZT")[:1]
    assert debit.counter_value is not None
    assert (onward.remittance, onward.purpose, onward.charge_bearer) == (decoy, "TRAD", "SHAR")
    assert (onward.amount_minor, onward.currency) == (debit.counter_value.amount_minor, "INR")
    assert (minor(onward.instructed_amount or ""), onward.instructed_currency) == (debit.amount_minor, "KZT")
    rate = onward.amount_minor / debit.amount_minor
    assert float(onward.exchange_rate or "") == pytest.approx(rate, abs=1e-10)


def test_payment_between_banks_is_converted_without_a_word_more(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    sent = union.interbank(
        B, D, 160, currency="INR", debtor_agent_account="ACCBKZT", local_instrument="EXCHANGE"
    )
    union.convert(D, A, "900", "KZT", "INR", most="160", route="EXCHANGE.IN")
    union.settle().at("10:31").settle()
    assert union.status(sent) == "settled"
    (message,) = union.told(D, "pacs.009")
    (onward,) = message.transactions
    assert isinstance(onward, CreditTransfer)
    assert (onward.amount, onward.currency, onward.instructed_amount) == ("160.00", "INR", None)
    (debit,) = [each for each in entries(union, B, "camt.054", "ACCBKZT") if not each.is_credit]
    assert debit.counter_value is not None and debit.counter_value.amount_minor == minor(160)


def test_statement_tells_the_other_side_of_an_order_that_serves_no_payment(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    entered = union.order(A, "ONE", "KZT", "INR", 1_000, "0.155")
    union.order(D, "ONE", "INR", "KZT", 160, "5.625")
    union.at("10:31").settle()
    union.ask_report(A, "ACCAKZT")
    union.ask_report(A, "ACCAINR")
    union.settle()
    sold, bought = (
        entry
        for message in union.told(A, "camt.052")
        for report in message.transactions
        if isinstance(report, AccountReport)
        for entry in report.entries
        if entry.transaction_code == "FORX/SPOT/OTHR"
    )
    assert sold.remittance == f"Order {entered.order_id}, batch 1"
    assert sold.account_servicer_reference == entered.order_id
    assert (sold.currency, sold.is_credit, bought.currency, bought.is_credit) == ("KZT", False, "INR", True)
    assert sold.counter_value is not None and bought.counter_value is not None
    assert (sold.counter_value.amount_minor, bought.counter_value.amount_minor) == (
        bought.amount_minor,
        sold.amount_minor,
    )
    assert sold.counter_value.rate == bought.counter_value.rate
    assert sold.counter_value.contract_id == "batch 1"


def test_notice_of_an_order_may_tell_its_other_side(union: ExchangeUnion) -> None:
    account = AccountFacts("0" * 32, "ACCAKZT", "KZT", AccountKind.SETTLEMENT, A, "SIXXKZ20XXX")
    against = [minor(160), "INR", "batch 7"]
    items = [
        [0, True, minor(1_000), "O1", "words", *against],
        [0, False, minor(1_000), "O1", "words", *against],
    ]
    row = OutboxRow(1, 1, A, "notice", [account.account_id, items])
    facts = Facts(union.scheme, {}, {}, {}, {account.account_id: account}, {}, committed_at={1: union.now})
    ((_, document),) = documents(row, facts)
    (message,) = messages_in(document, union)
    (report,) = message.transactions
    assert isinstance(report, AccountReport)
    at = report.created_at or ""
    debit, credit = (entry.counter_value for entry in report.entries)
    assert debit == CounterValue(minor(160), "INR", "KZT", "INR", "INR", "6.25", "batch 7", at)
    assert credit == CounterValue(minor(160), "INR", "INR", "KZT", "INR", "6.25", "batch 7", at)


def test_notice_of_a_position_in_the_unions_unit_has_the_units_decimals(union: ExchangeUnion) -> None:
    account = AccountFacts("0" * 32, "POSKZ", "TSU", AccountKind.SETTLEMENT, "SIXXKZ20XXX", "TSVOKZ20XXX")
    row = OutboxRow(1, 1, "SIXXKZ20XXX", "notice", [account.account_id, [[0, True, 12_345, "C1", "cycle 1"]]])
    facts = Facts(union.scheme, {}, {}, {}, {account.account_id: account}, {}, committed_at={1: union.now})
    ((_, document),) = documents(row, facts)
    assert b'<Amt Ccy="TSU">1.2345</Amt>' in document
    (message,) = messages_in(document, union)
    (report,) = message.transactions
    assert isinstance(report, AccountReport) and report.currency == "TSU"
    assert [(each.amount_minor, each.is_credit) for each in report.entries] == [(12_345, False)]


def test_payment_in_the_unions_unit_is_refused(union: ExchangeUnion) -> None:
    union.at("10:10").settle()
    paid = union.pay(A, B, "1.0000", "TSU")
    union.settle()
    assert union.statuses(A, paid) == ["RJCT AM03"]
