"""Trades in messages: each rule broken by its smallest case, and what a fxtr.014 says of its parties."""

from __future__ import annotations

from typing import Any

import pytest
from message_facts import BANK_A, BANK_B, SCHEME, TRADE
from msgspec.structs import replace

from tasviya.messages.builders import build_trade_instruction
from tasviya.messages.model import ParsedMessage, UnreadableMessage
from tasviya.messages.registry import parse_file
from tasviya.messages.trades import TradeInstruction

ROOT = "/Document/FXTradInstr/"


def read(raw: bytes) -> TradeInstruction:
    (message,) = parse_file(raw, SCHEME)
    assert isinstance(message, ParsedMessage) and message.refusals == [], message
    (trade,) = message.transactions
    assert isinstance(trade, TradeInstruction)
    return trade


def written(**changes: Any) -> bytes:
    return build_trade_instruction(SCHEME, trade=replace(TRADE, **changes))


BROKEN: list[tuple[str, str, str, str]] = [
    ("AG03", "TradInf/OprTp", "NEWT", "AMND"),
    ("AG03", "TradInf/PmtVrssPmtInd", ">true<", ">false<"),
    ("AM03", "TradAmts/TradgSdBuyAmt/Amt/@Ccy", 'Ccy="KZT"', 'Ccy="USD"'),
    ("AM03", "TradAmts/TradgSdSellAmt/Amt/@Ccy", 'Ccy="BYN"', 'Ccy="KZT"'),
    ("AM12", "TradAmts/TradgSdBuyAmt/Amt", "16000.00", "0"),
    ("AM12", "TradAmts/TradgSdSellAmt/Amt", "1000.00</Amt></TradgSdSell", "1000.001</Amt></TradgSdSell"),
    ("DT01", "TradInf/TradDt", "<TradDt>2026-11-23<", "<TradDt>2026-11-23Z<"),
    ("DT01", "TradAmts/SttlmDt", "<SttlmDt>2026-11-25<", "<SttlmDt>2026-11-22<"),
]


@pytest.mark.parametrize(("code", "where", "old", "new"), BROKEN)
def test_trade_that_breaks_a_rule_is_refused_at_the_place(code: str, where: str, old: str, new: str) -> None:
    raw = written()
    assert old.encode() in raw
    trade = read(raw.replace(old.encode(), new.encode(), 1))
    assert [(each.reason, each.where) for each in trade.refusals] == [(code, ROOT + where)]


TOKEN = "<DgtlTknAmt><Unit>5</Unit></DgtlTknAmt>"
FIXING = (
    "<NDFConds><OpngInd>true</OpngInd><OpngFxgConds><OpngConfRef>R</OpngConfRef></OpngFxgConds></NDFConds>"
)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('<Amt Ccy="KZT">16000.00</Amt>', TOKEN, "TradAmts"),
        ("</AgrdRate>", f"</AgrdRate>{FIXING}", "NDFConds"),
    ],
)
def test_what_is_not_paid_in_money_is_refused(old: str, new: str, where: str) -> None:
    trade = read(written().replace(old.encode(), new.encode(), 1))
    assert {(each.reason, each.where) for each in trade.refusals} == {("AG03", ROOT + where)}


def test_party_named_by_number_and_bic_is_known_by_its_bic() -> None:
    old = f"<SubmitgPty><AnyBIC><AnyBIC>{BANK_B}</AnyBIC></AnyBIC></SubmitgPty>"
    new = (
        f"<SubmitgPty><PtyId><PtyNm>B</PtyNm><AnyBIC><AnyBIC>{BANK_B}</AnyBIC></AnyBIC></PtyId></SubmitgPty>"
    )
    raw = written()
    assert raw.count(old.encode()) == 1
    trade = read(raw.replace(old.encode(), new.encode()))
    assert (trade.submitter, trade.counterparty_submitter) == (BANK_A, BANK_B)


def test_party_without_a_bic_is_read_as_nobody() -> None:
    assert read(written(counterparty_submitter=None)).counterparty_submitter is None


def test_trade_that_breaks_its_schema_is_answered_under_its_reference() -> None:
    (message,) = parse_file(written().replace(b"<XchgRate>16<", b"<XchgRate>x<"), SCHEME)
    assert isinstance(message, ParsedMessage)
    assert (message.message_id, message.refusals[0].reason) == ("TRADE-1", "FF01")
    (nameless,) = parse_file(written(reference="").replace(b"<XchgRate>16<", b"<XchgRate>x<"), SCHEME)
    assert isinstance(nameless, UnreadableMessage)
