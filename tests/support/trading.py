"""Trades that banks of the union of three currencies instruct, and what they are told of them."""

from __future__ import annotations

from typing import Any

from exchange_union import ExchangeUnion
from small_union import minor

from tasviya.messages.builders import build_trade_instruction
from tasviya.messages.trades import TradeInstruction, TradeNotice


def instruct(
    union: ExchangeUnion, bic: str, other: str, sell: str, buy: str, reference: str, **changes: Any
) -> bytes:
    """One side's instruction: "1000 KZT" for "160 INR". Returns the file."""
    facts: dict[str, Any] = {"trade_date": union.day, "settlement_date": union.day, "rate": "0.16"}
    facts |= {"submitter": bic, "counterparty_submitter": other, "unit_currency": "KZT"}
    for side, text in (("sell", sell), ("buy", buy)):
        amount, currency = text.split()
        facts |= {f"{side}_currency": currency, f"{side}_minor": minor(amount, currency)}
    trade = TradeInstruction(1, reference, **(facts | changes))
    raw = build_trade_instruction(union.scheme, trade=trade)
    union.send(bic, raw)
    return raw


def notices(union: ExchangeUnion, bic: str) -> list[TradeNotice]:
    return [
        notice
        for message in union.told(bic, "fxtr.017")
        for notice in message.transactions
        if isinstance(notice, TradeNotice)
    ]


def told(union: ExchangeUnion, bic: str) -> list[str]:
    """What a bank was told, in order: "FMTC", or "RJCT AM04"."""
    return [f"{each.status} {each.reason or ''}".strip() for each in notices(union, bic)]
