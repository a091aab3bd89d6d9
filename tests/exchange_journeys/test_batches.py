"""Payments in two currencies: converted in a batch, payment versus payment, without a vehicle currency."""

from __future__ import annotations

from exchange_union import A, B, D, E, ExchangeUnion, F
from small_union import minor

RING = (
    (B, D, "155.00", "INR", "KZT", "1000"),
    (D, F, "0.690", "OMR", "INR", "160"),
    (E, A, "985", "KZT", "OMR", "0.740"),
)
"""Each bank sells what the next one wants: KZT for INR, INR for OMR, OMR for KZT."""


def send_ring(union: ExchangeUnion) -> list[str]:
    union.at("10:10").settle()
    sent = [
        union.convert(payer, payee, least, currency, debit, most=most, route="EXCHANGE.IN")
        for payer, payee, least, currency, debit, most in RING
    ]
    union.settle()
    return sent


def test_ring_of_three_currencies_settles_in_one_batch(union: ExchangeUnion) -> None:
    sent = send_ring(union)
    assert [union.status(each) for each in sent] == ["queued"] * 3
    union.at("10:31").settle()
    assert [union.status(each) for each in sent] == ["settled"] * 3
    assert union.balance(B) == minor(9_000)
    assert union.balance(D, "INR") == minor(20_000), "sold 160 for OMR, and was paid 160"
    assert union.balance(F, "OMR") == minor("100.740", "OMR")


def test_everyone_is_told_in_the_currency_of_its_account(union: ExchangeUnion) -> None:
    first, _, _ = send_ring(union)
    union.at("10:31").settle()
    assert union.statuses(B, first) == ["PDNG NARR", "ACSC NARR"]
    assert union.entries(B) == [("ACCBKZT", -minor(1_000))]
    assert ("ACCDINR", minor(160, "INR")) in union.entries(D)
    (onward,) = union.onward(D)
    assert (onward.amount, onward.currency) == ("160.00", "INR")
    assert (onward.instructed_amount, onward.instructed_currency) == ("1000.00", "KZT")
    assert onward.exchange_rate == "0.16"
    assert onward.creditor_name == "شرکت بازرگانی 1"
