"""Trades that are refused, wait or are given up: one small act each, in a union of three currencies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trading
from exchange_union import A, B, D, ExchangeUnion, G
from refused_payments import Act

from tasviya.app import ask
from tasviya.core.errors import Refusal


def instruct(union: ExchangeUnion, bic: str, other: str, sell: str, buy: str, **changes: Any) -> None:
    trading.instruct(union, bic, other, sell, buy, f"{bic[:4]}-{sell.split(maxsplit=1)[0]}", **changes)


def different(union: ExchangeUnion) -> None:
    instruct(union, A, D, "1000 KZT", "160 INR")
    instruct(union, D, A, "161 INR", "1000 KZT")


def unfunded(union: ExchangeUnion) -> None:
    instruct(union, A, D, "800 INR", "5001 KZT")
    instruct(union, D, A, "5001 KZT", "800 INR")


def unmatched(union: ExchangeUnion) -> None:
    instruct(union, A, D, "1000 KZT", "160 INR")
    union.settle().at("18:00")


TRADE_CASES: list[tuple[str, str, str, str, Act]] = [
    ("DS0G", "A bank instructs its own side of a trade only.", "Send a trade that another bank submits",
     "TradgSdId/SubmitgPty", lambda u: instruct(u, A, D, "1000 KZT", "160 INR", submitter=G)),
    ("CNOR", "The other side of a trade is a participant, named by its BIC.", "Trade with a bank of no union",
     "CtrPtySdId", lambda u: instruct(u, A, "STRGKZ20XXX", "1000 KZT", "160 INR")),
    ("AG03", "A trade is between two banks.", "Trade with oneself", "CtrPtySdId",
     lambda u: instruct(u, A, A, "1000 KZT", "160 INR")),
    ("AM03", "Both sides of a trade have an account, or a correspondent, in both currencies.",
     "Buy INR without an account in INR", "TradAmts", lambda u: instruct(u, B, D, "1000 KZT", "160 INR")),
    ("DT03", "A trade settles on a day on which both currencies work.", "Let a trade settle on a Saturday",
     "TradAmts/SttlmDt", lambda u: instruct(u, A, D, "1000 KZT", "160 INR", settlement_date="2026-10-03")),
    ("NARR", "Both sides instruct the same trade.", "Sell 161 INR where 160 are bought", "", different),
    ("AM04", "A trade waits until both sides have the money.", "Sell more than there is", "", unfunded),
    ("ED05", "A trade that has not matched or settled by the last cut-off of its date is given up.",
     "Wait until the cut-off for a side that never comes", "", unmatched),
]  # fmt: skip
"""(code, rule, how to break it, where, act)."""


def refusal_of_trade(act: Act, directory: Path) -> Refusal:
    """How the last instruction of an act was refused, or why it waits, as the store keeps it."""
    union = ExchangeUnion(directory / "home")
    union.at("10:10").settle()
    act(union)
    union.settle()
    sql = "SELECT reason, reason_text FROM trade ORDER BY seq DESC LIMIT 1"
    code, text = ask(union.home).db.execute(sql).fetchone()
    text, _, where = text.partition(" @ ")
    at = text.rfind(". ", 0, -1) + 1 or text.rfind(";") + 1
    return Refusal(code, text[:at].strip(), text[at:].strip(), where)
