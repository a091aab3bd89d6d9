"""pacs.004: a settled payment comes back, as a payment of its own that names the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tasviya.messages.amounts import amount_text, to_minor
from tasviya.messages.fields import Reader
from tasviya.messages.model import Group, Return, Transaction
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import (
    agent,
    amount,
    code_or_proprietary,
    document,
    element,
    elements,
    escape,
    original_message,
    original_references,
)
from tasviya.messages.xml import NAMESPACE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

RETURN = "pacs.004.001.09"
ROOT = "PmtRtr"

_BIC = "FinInstnId/BICFI"
_AGENTS = {f"InstgAgt/{_BIC}": "instructing_agent", f"InstdAgt/{_BIC}": "instructed_agent"}
_GROUP = Reader(
    NAMESPACE + RETURN,
    Group,
    {
        **_AGENTS,
        "MsgId": "message_id",
        "CreDtTm": "created_at",
        "NbOfTxs": "number_of_transactions",
        "CtrlSum": "control_sum",
        "TtlRtrdIntrBkSttlmAmt": "total_amount",
        "TtlRtrdIntrBkSttlmAmt@Ccy": "total_currency",
        "IntrBkSttlmDt": "settlement_date",
        "SttlmInf/SttlmMtd": "settlement_method",
        "SttlmInf/ClrSys/*": "clearing_system",
        **{
            f"SttlmInf/{name}": "settles_elsewhere?"
            for name in ("SttlmAcct", "InstgRmbrsmntAgt", "InstdRmbrsmntAgt", "ThrdRmbrsmntAgt")
        },
    },
)
_COMMON = Reader(
    NAMESPACE + RETURN,
    Return,
    {
        "OrgnlMsgId": "original_message_id",
        "OrgnlMsgNmId": "original_message_type",
        "RtrRsnInf/Rsn/*": "reason",
        "RtrRsnInf/AddtlInf": "additional_info[]",
    },
)
_SINGLE = Reader(
    NAMESPACE + RETURN,
    Return,
    {
        **_AGENTS,
        "RtrId": "return_id",
        "OrgnlGrpInf/OrgnlMsgId": "original_message_id",
        "OrgnlGrpInf/OrgnlMsgNmId": "original_message_type",
        "OrgnlInstrId": "original_instruction_id",
        "OrgnlEndToEndId": "original_end_to_end_id",
        "OrgnlTxId": "original_transaction_id",
        "OrgnlUETR": "original_uetr",
        "OrgnlIntrBkSttlmAmt": "original_amount",
        "OrgnlIntrBkSttlmAmt@Ccy": "original_currency",
        "OrgnlIntrBkSttlmDt": "original_settlement_date",
        "RtrdIntrBkSttlmAmt": "amount",
        "RtrdIntrBkSttlmAmt@Ccy": "currency",
        "IntrBkSttlmDt": "settlement_date",
        "SttlmPrty": "priority",
        "ChrgBr": "charge_bearer",
        "RtrRsnInf/Rsn/*": "reason",
        "RtrRsnInf/AddtlInf": "additional_info[]",
    },
)


def parse(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked pacs.004. What it says once for all its transactions is filled into each."""
    group = Group(*_GROUP.read(business[0]))
    common = Return(0)
    for element_ in business.iterchildren("{*}OrgnlGrpInf"):
        common = Return(*_COMMON.read(element_))
    returns: list[Transaction] = []
    for position, element_ in enumerate(business.iterchildren("{*}TxInf"), start=1):
        found = Return(*_SINGLE.read(element_))
        found.position, found.refusals = position, []
        found.amount = found.amount.strip()
        found.amount_minor = to_minor(found.amount, found.currency, scheme)
        found.original_message_id = found.original_message_id or common.original_message_id
        found.original_message_type = found.original_message_type or common.original_message_type
        if found.reason is None:
            found.reason, found.additional_info = common.reason, common.additional_info
        found.settlement_date = found.settlement_date or group.settlement_date
        found.instructing_agent = found.instructing_agent or group.instructing_agent
        found.instructed_agent = found.instructed_agent or group.instructed_agent
        found.priority = found.priority or "NORM"
        returns.append(found)
    return group, returns


def build_return(
    scheme: Scheme,
    *,
    message_id: str,
    created_at: str,
    returns: Sequence[Return],
    settlement_date: str | None = None,
) -> bytes:
    """A pacs.004, all returns in one currency.

    returns: `amount_minor` counts; `amount` and `position` do not.
    settlement_date: for the group; without it each return's own is written.
    """
    currency = returns[0].currency
    total = amount_text(sum(each.amount_minor for each in returns), currency, scheme)
    head = (
        f"<GrpHdr>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm>"
        f"<NbOfTxs>{len(returns)}</NbOfTxs><CtrlSum>{total}</CtrlSum>"
        f"{amount('TtlRtrdIntrBkSttlmAmt', total, currency)}"
        f"{element('IntrBkSttlmDt', settlement_date)}<SttlmInf><SttlmMtd>CLRG</SttlmMtd>"
        f"<ClrSys><Prtry>{escape(scheme.clearing_system)}</Prtry></ClrSys></SttlmInf></GrpHdr>"
    )
    dated = settlement_date is None
    return document(RETURN, ROOT, head + "".join(_element(each, scheme, dated) for each in returns))


def _element(facts: Return, scheme: Scheme, dated: bool) -> str:
    original = (
        amount(
            "OrgnlIntrBkSttlmAmt", escape(facts.original_amount), facts.original_currency or facts.currency
        )
        if facts.original_amount
        else ""
    )
    reason = code_or_proprietary("Rsn", facts.reason) + elements("AddtlInf", facts.additional_info)
    money = amount_text(facts.amount_minor, facts.currency, scheme)
    return (
        f"<TxInf>{element('RtrId', facts.return_id)}"
        f"{original_message('OrgnlGrpInf', facts.original_message_id, facts.original_message_type)}"
        f"{original_references(facts)}{original}"
        f"{element('OrgnlIntrBkSttlmDt', facts.original_settlement_date)}"
        f"{amount('RtrdIntrBkSttlmAmt', money, facts.currency)}"
        f"{element('IntrBkSttlmDt', facts.settlement_date) if dated else ''}"
        f"{element('SttlmPrty', facts.priority)}{element('ChrgBr', facts.charge_bearer)}"
        f"{agent('InstgAgt', facts.instructing_agent)}{agent('InstdAgt', facts.instructed_agent)}"
        f"{f'<RtrRsnInf>{reason}</RtrRsnInf>' if reason else ''}</TxInf>"
    )
