"""fxtr.014, a bank instructs its side of a trade; fxtr.017, where the trade stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasviya.messages.amounts import amount_text, to_minor
from tasviya.messages.fields import Reader
from tasviya.messages.model import Group, Transaction
from tasviya.messages.scheme import Scheme
from tasviya.messages.trades import TradeInstruction, TradeNotice
from tasviya.messages.writing import amount, document, element
from tasviya.messages.xml import NAMESPACE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

INSTRUCTION, NOTICE = "fxtr.014.001.05", "fxtr.017.001.05"
INSTRUCTION_ROOT, NOTICE_ROOT = "FXTradInstr", "FXTradStsAndDtlsNtfctn"
WORDS = 210
"""The longest narrative (SndrToRcvrInf)."""

_RATE = {
    "AgrdRate/XchgRate": "rate",
    "AgrdRate/UnitCcy": "unit_currency",
    "AgrdRate/QtdCcy": "quoted_currency",
}


def _bic(party: str, field: str) -> dict[str, str]:
    """Where a party's BIC may stand."""
    return {f"{party}/AnyBIC/AnyBIC": field, f"{party}/PtyId/AnyBIC/AnyBIC": field}


_INSTRUCTION = Reader(
    NAMESPACE + INSTRUCTION,
    TradeInstruction,
    {
        "TradInf/TradDt": "trade_date",
        "TradInf/OrgtrRef": "reference",
        "TradInf/CmonRef": "common_reference",
        "TradInf/OprTp": "operation",
        "TradInf/PmtVrssPmtInd": "versus_payment",
        **_bic("TradgSdId/SubmitgPty", "submitter"),
        **_bic("TradgSdId/TradPty", "trader"),
        **_bic("CtrPtySdId/SubmitgPty", "counterparty_submitter"),
        **_bic("CtrPtySdId/TradPty", "counterparty"),
        "TradAmts/TradgSdBuyAmt/Amt": "buy_amount",
        "TradAmts/TradgSdBuyAmt/Amt@Ccy": "buy_currency",
        "TradAmts/TradgSdBuyAmt/DgtlTknAmt": "in_tokens?",
        "TradAmts/TradgSdSellAmt/Amt": "sell_amount",
        "TradAmts/TradgSdSellAmt/Amt@Ccy": "sell_currency",
        "TradAmts/TradgSdSellAmt/DgtlTknAmt": "in_tokens?",
        "TradAmts/SttlmDt": "settlement_date",
        **_RATE,
        "NDFConds": "non_deliverable?",
    },
)


class _NoticeFields(TradeNotice):
    """A notice whose message id is still among its fields."""

    message_id: str = ""


_NOTICE = Reader(
    NAMESPACE + NOTICE,
    _NoticeFields,
    {
        "StsDtls/MtchgSysUnqRef": "trade_id",
        "StsDtls/MtchgSysMtchgRef": "match_id",
        "StsDtls/StsOrgtr": "originator",
        "StsDtls/CurSts/StsCd/*": "status",
        "StsDtls/CurSts/SubStsCd": "reason",
        "StsDtls/CurStsDtTm": "at",
        "StsDtls/PrvsSts/*": "previous_status",
        "StsDtls/AllgdTrad": "alleged",
        "TradInf/TradDt": "trade_date",
        "TradInf/MsgId": "message_id",
        "TradInf/OrgtrRef": "reference",
        "TradInf/CmonRef": "common_reference",
        **_bic("TradgSdId/SubmitgPty", "trader"),
        **_bic("CtrPtySdId/SubmitgPty", "counterparty"),
        "TradAmts/TradgSdBuyAmt/Amt": "buy_minor",
        "TradAmts/TradgSdBuyAmt/Amt@Ccy": "buy_currency",
        "TradAmts/TradgSdSellAmt/Amt": "sell_minor",
        "TradAmts/TradgSdSellAmt/Amt@Ccy": "sell_currency",
        "TradAmts/SttlmDt": "settlement_date",
        **_RATE,
        "GnlInf/CtrPtyRef": "other_reference",
        "GnlInf/SndrToRcvrInf": "text",
    },
)


def parse_instruction(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked fxtr.014. Its sender's reference stands for the message's id: it has no other."""
    trade = TradeInstruction(*_INSTRUCTION.read(business))
    trade.position, trade.refusals = 1, []
    trade.buy_amount, trade.sell_amount = trade.buy_amount.strip(), trade.sell_amount.strip()
    trade.buy_minor = to_minor(trade.buy_amount, trade.buy_currency, scheme)
    trade.sell_minor = to_minor(trade.sell_amount, trade.sell_currency, scheme)
    trade.rate = trade.rate.strip()
    return Group(trade.reference), [trade]


def parse_notice(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked fxtr.017."""
    found = _NoticeFields(*_NOTICE.read(business))
    facts: dict[str, Any] = {name: getattr(found, name) for name in TradeNotice.__struct_fields__}
    notice = TradeNotice(**facts)
    notice.position, notice.refusals = 1, []
    notice.alleged = str(found.alleged).strip() in ("true", "1")
    notice.buy_minor = to_minor(str(found.buy_minor).strip(), notice.buy_currency, scheme)
    notice.sell_minor = to_minor(str(found.sell_minor).strip(), notice.sell_currency, scheme)
    notice.rate = notice.rate.strip()
    return Group(found.message_id, notice.at), [notice]


def build_trade_instruction(scheme: Scheme, *, trade: TradeInstruction) -> bytes:
    """A fxtr.014. `…_minor` count, `…_amount` and `position` do not."""
    kind = element("OprTp", trade.operation, 4) + element("PmtVrssPmtInd", trade.versus_payment)
    information = (
        f"<TradInf>{element('TradDt', trade.trade_date)}{element('OrgtrRef', trade.reference)}"
        f"{element('CmonRef', trade.common_reference)}{kind}</TradInf>"
    )
    sides = (
        f"<TradgSdId>{_party('SubmitgPty', trade.submitter)}{_optional('TradPty', trade.trader)}</TradgSdId>"
        f"<CtrPtySdId>{_party('SubmitgPty', trade.counterparty_submitter)}"
        f"{_optional('TradPty', trade.counterparty)}</CtrPtySdId>"
    )
    return document(INSTRUCTION, INSTRUCTION_ROOT, information + sides + _terms(trade, scheme))


def build_trade_notice(scheme: Scheme, *, message_id: str, created_at: str, notice: TradeNotice) -> bytes:
    """A fxtr.017. created_at: when the trade came to stand so, unless the notice says when."""
    status = (
        f"<StsDtls>{element('MtchgSysUnqRef', notice.trade_id)}"
        f"{element('MtchgSysMtchgRef', notice.match_id)}"
        f"{element('StsOrgtr', notice.originator or scheme.operator_bic)}"
        f"<CurSts><StsCd><Cd>{notice.status}</Cd></StsCd>{element('SubStsCd', notice.reason, 4)}</CurSts>"
        f"<CurStsDtTm>{notice.at or created_at}</CurStsDtTm>{_previous(notice.previous_status)}"
        f"{'<AllgdTrad>true</AllgdTrad>' if notice.alleged else ''}</StsDtls>"
    )
    information = (
        f"<TradInf>{element('TradDt', notice.trade_date)}{element('MsgId', message_id)}"
        f"{element('OrgtrRef', notice.reference)}{element('CmonRef', notice.common_reference)}"
        "<SpltTradInd>false</SpltTradInd><PmtVrssPmtInd>true</PmtVrssPmtInd></TradInf>"
    )
    sides = (
        f"<TradgSdId>{_party('SubmitgPty', notice.trader)}</TradgSdId>"
        f"<CtrPtySdId>{_party('SubmitgPty', notice.counterparty)}</CtrPtySdId>"
    )
    general = element("CtrPtyRef", notice.other_reference) + element("SndrToRcvrInf", notice.text, WORDS)
    return document(
        NOTICE,
        NOTICE_ROOT,
        f"{status}{information}{sides}{_terms(notice, scheme)}"
        f"{f'<GnlInf>{general}</GnlInf>' if general else ''}",
    )


def _party(tag: str, bic: str | None) -> str:
    if not bic:
        return f"<{tag}><NmAndAdr><Nm>NOTPROVIDED</Nm></NmAndAdr></{tag}>"
    return f"<{tag}><AnyBIC>{element('AnyBIC', bic)}</AnyBIC></{tag}>"


def _optional(tag: str, bic: str | None) -> str:
    return _party(tag, bic) if bic else ""


def _terms(facts: TradeInstruction | TradeNotice, scheme: Scheme) -> str:
    """Both amounts, the date, and the rate agreed."""
    buy = amount_text(facts.buy_minor, facts.buy_currency, scheme)
    sell = amount_text(facts.sell_minor, facts.sell_currency, scheme)
    return (
        f"<TradAmts><TradgSdBuyAmt>{amount('Amt', buy, facts.buy_currency)}</TradgSdBuyAmt>"
        f"<TradgSdSellAmt>{amount('Amt', sell, facts.sell_currency)}</TradgSdSellAmt>"
        f"{element('SttlmDt', facts.settlement_date)}</TradAmts>"
        f"<AgrdRate>{element('XchgRate', facts.rate)}{element('UnitCcy', facts.unit_currency)}"
        f"{element('QtdCcy', facts.quoted_currency)}</AgrdRate>"
    )


def _previous(status: str | None) -> str:
    return f"<PrvsSts><Cd>{status}</Cd></PrvsSts>" if status else ""
