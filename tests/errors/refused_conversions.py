"""Payments in two currencies that are refused, or wait: one small act each, in a union with an exchange."""

from __future__ import annotations

from pathlib import Path

from exchange_union import A, B, D, ExchangeUnion
from refused_payments import TX, Act, latest_refusal

from tasviya.core.errors import Refusal


def out_of_the_money(union: ExchangeUnion) -> None:
    union.convert(B, D, 100, "INR", "KZT", most=600)
    union.settle().at("17:00")


CONVERSION_CASES: list[tuple[str, str, str, Act]] = [
    ("AM11", "Have a payment debited in a currency that does not settle here", TX + "InstdAmt/@Ccy",
     lambda u: u.convert(B, D, 100, "INR", "USD", most=5)),
    ("AM12", "Allow a debit with more decimals than its currency has", TX + "InstdAmt",
     lambda u: u.convert(B, D, 100, "INR", "KZT", most="625.001")),
    ("AM12", "Limit a conversion by a rate of 0", TX + "XchgRate",
     lambda u: u.convert(B, D, 100, "INR", "KZT", most=650, exchange_rate="0")),
    ("FF05", "Send a payment in one currency to the exchange", TX + "PmtTpInf/LclInstrm",
     lambda u: u.pay(B, A, 10, local_instrument="EXCHANGE")),
    ("NARR", "Convert a payment, and look before the next batch", "CdtTrfTxInf",
     lambda u: u.convert(B, D, 100, "INR", "KZT", most=650)),
    ("ED05", "Allow less than it costs, and wait until the cut-off", TX + "IntrBkSttlmAmt", out_of_the_money),
]  # fmt: skip


def refusal_of_conversion(act: Act, directory: Path) -> Refusal:
    """How the payment of an act was refused, or why it waits."""
    union = ExchangeUnion(directory / "home")
    union.at("10:10").settle()
    act(union)
    union.settle()
    return latest_refusal(union)
