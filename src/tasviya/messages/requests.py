"""camt.060 asks for a report on an account; camt.050 moves one's own liquidity; camt.025 answers both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tasviya.messages.amounts import amount_text, to_minor
from tasviya.messages.fields import Reader
from tasviya.messages.model import Group, LiquidityTransfer, Receipt, ReportRequest, Transaction
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import (
    account,
    agent,
    amount,
    code_or_proprietary,
    document,
    element,
    elements,
    lines,
)
from tasviya.messages.xml import NAMESPACE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

REPORT_REQUEST, LIQUIDITY, RECEIPT = "camt.060.001.05", "camt.050.001.07", "camt.025.001.08"
REPORT_REQUEST_ROOT, LIQUIDITY_ROOT, RECEIPT_ROOT = "AcctRptgReq", "LqdtyCdtTrf", "Rct"

_BIC = "FinInstnId/BICFI"
_HEADER = {"MsgId": "message_id", "CreDtTm": "created_at"}
_REQUEST_GROUP = Reader(
    NAMESPACE + REPORT_REQUEST, Group, {**_HEADER, f"MsgSndr/Agt/{_BIC}": "instructing_agent"}
)
_REQUEST = Reader(
    NAMESPACE + REPORT_REQUEST,
    ReportRequest,
    {
        "Id": "request_id",
        "ReqdMsgNmId": "requested_message",
        "Acct/Id/IBAN": "account",
        "Acct/Id/Othr/Id": "account",
        "Acct/Ccy": "account_currency",
        f"AcctOwnr/Agt/{_BIC}": "owner",
        "AcctOwnr/Pty/Id/OrgId/AnyBIC": "owner",
        "RptgPrd/FrToDt/FrDt": "from_date",
        "RptgPrd/FrToDt/ToDt": "to_date",
    },
)
_LIQUIDITY_GROUP = Reader(NAMESPACE + LIQUIDITY, Group, _HEADER)


class _LiquidityFields(LiquidityTransfer):
    """A transfer whose amount may have left its currency to the account."""

    bare_amount: str | None = None
    account_currency: str | None = None


_LIQUIDITY = Reader(
    NAMESPACE + LIQUIDITY,
    _LiquidityFields,
    {
        "LqdtyTrfId/InstrId": "instruction_id",
        "LqdtyTrfId/EndToEndId": "end_to_end_id",
        "LqdtyTrfId/TxId": "transaction_id",
        "LqdtyTrfId/UETR": "uetr",
        f"Cdtr/{_BIC}": "creditor",
        "CdtrAcct/Id/IBAN": "creditor_account",
        "CdtrAcct/Id/Othr/Id": "creditor_account",
        "TrfdAmt/AmtWthCcy": "amount",
        "TrfdAmt/AmtWthCcy@Ccy": "currency",
        "TrfdAmt/AmtWthtCcy": "bare_amount",
        f"Dbtr/{_BIC}": "debtor",
        "DbtrAcct/Id/IBAN": "debtor_account",
        "DbtrAcct/Id/Othr/Id": "debtor_account",
        "DbtrAcct/Ccy": "account_currency",
        "SttlmDt": "settlement_date",
    },
)
_RECEIPT_GROUP = Reader(NAMESPACE + RECEIPT, Group, _HEADER)


class _ReceiptFields(Receipt):
    """A receipt whose narrative is still in lines."""

    told: tuple[str, ...] = ()


_RECEIPT = Reader(
    NAMESPACE + RECEIPT,
    _ReceiptFields,
    {
        "OrgnlMsgId/MsgId": "original_message_id",
        "OrgnlMsgId/MsgNmId": "original_message_type",
        "ReqHdlg/Sts/*": "status",
        "ReqHdlg/StsRsn/Rsn/*": "reason",
        "ReqHdlg/StsRsn/AddtlInf": "told[]",
    },
)


def parse_report_request(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked camt.060."""
    group = Group(*_REQUEST_GROUP.read(business[0]))
    requests: list[Transaction] = []
    for position, each in enumerate(business.iterchildren("{*}RptgReq"), start=1):
        request = ReportRequest(*_REQUEST.read(each))
        request.position, request.refusals = position, []
        requests.append(request)
    return group, requests


def parse_liquidity_transfer(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked camt.050. An amount without currency is in that of the account it is taken from."""
    found = _LiquidityFields(*_LIQUIDITY.read(business[1]))
    text = (found.bare_amount or found.amount).strip()
    currency = found.currency or found.account_currency or ""
    transfer = LiquidityTransfer(*(getattr(found, name) for name in LiquidityTransfer.__struct_fields__))
    transfer.position, transfer.refusals = 1, []
    transfer.amount, transfer.currency = text, currency
    transfer.amount_minor = to_minor(text, currency, scheme)
    return Group(*_LIQUIDITY_GROUP.read(business[0])), [transfer]


def parse_receipt(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked camt.025."""
    receipts: list[Transaction] = []
    for position, each in enumerate(business.iterchildren("{*}RctDtls"), start=1):
        found = _ReceiptFields(*_RECEIPT.read(each))
        receipts.append(
            Receipt(
                position,
                found.original_message_id,
                found.status,
                found.original_message_type,
                found.reason,
                " ".join(found.told) or None,
            )
        )
    return Group(*_RECEIPT_GROUP.read(business[0])), receipts


def build_report_request(
    scheme: Scheme, *, message_id: str, created_at: str, sender: str, requests: Sequence[ReportRequest]
) -> bytes:
    """A camt.060. sender: a BIC; the owner of each account, where none is given."""
    head = (
        f"<GrpHdr>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm>"
        f"<MsgSndr>{agent('Agt', sender)}</MsgSndr></GrpHdr>"
    )
    body = "".join(_request_element(each, sender) for each in requests)
    return document(REPORT_REQUEST, REPORT_REQUEST_ROOT, head + body)


def _request_element(facts: ReportRequest, sender: str) -> str:
    period = (
        f"<RptgPrd><FrToDt>{element('FrDt', facts.from_date)}{element('ToDt', facts.to_date)}</FrToDt>"
        "<Tp>ALLL</Tp></RptgPrd>"
        if facts.from_date
        else ""
    )
    number = account("Acct", facts.account)
    if number and facts.account_currency:
        number = number.removesuffix("</Acct>") + element("Ccy", facts.account_currency) + "</Acct>"
    return (
        f"<RptgReq>{element('Id', facts.request_id)}{element('ReqdMsgNmId', facts.requested_message)}{number}"
        f"<AcctOwnr>{agent('Agt', facts.owner or sender)}</AcctOwnr>{period}</RptgReq>"
    )


def build_liquidity_transfer(
    scheme: Scheme, *, message_id: str, created_at: str, transfer: LiquidityTransfer
) -> bytes:
    """A camt.050. `amount_minor` counts; `amount` and `position` do not."""
    money = amount_text(transfer.amount_minor, transfer.currency, scheme)
    ids = (
        f"<LqdtyTrfId>{element('InstrId', transfer.instruction_id)}"
        f"{element('EndToEndId', transfer.end_to_end_id or 'NOTPROVIDED')}"
        f"{element('TxId', transfer.transaction_id)}{element('UETR', transfer.uetr, 36)}</LqdtyTrfId>"
    )
    return document(
        LIQUIDITY,
        LIQUIDITY_ROOT,
        f"<MsgHdr>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm></MsgHdr><LqdtyCdtTrf>{ids}"
        f"{agent('Cdtr', transfer.creditor)}{account('CdtrAcct', transfer.creditor_account)}"
        f"<TrfdAmt>{amount('AmtWthCcy', money, transfer.currency)}</TrfdAmt>"
        f"{agent('Dbtr', transfer.debtor)}{account('DbtrAcct', transfer.debtor_account)}"
        f"{element('SttlmDt', transfer.settlement_date)}</LqdtyCdtTrf>",
    )


def build_receipt(scheme: Scheme, *, message_id: str, created_at: str, receipts: Sequence[Receipt]) -> bytes:
    """A camt.025: how requests fared. `status` such as ACPT, RJCT, or a code of the scheme."""
    head = f"<MsgHdr>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm></MsgHdr>"
    return document(RECEIPT, RECEIPT_ROOT, head + "".join(map(_receipt_element, receipts)))


def _receipt_element(facts: Receipt) -> str:
    told = code_or_proprietary("Rsn", facts.reason) + elements("AddtlInf", lines(facts.additional_info or ""))
    handling = (
        f"<ReqHdlg>{code_or_proprietary('Sts', facts.status)}"
        f"{f'<StsRsn>{told}</StsRsn>' if told else ''}</ReqHdlg>"
        if facts.status
        else ""
    )
    return (
        f"<RctDtls><OrgnlMsgId>{element('MsgId', facts.original_message_id)}"
        f"{element('MsgNmId', facts.original_message_type)}</OrgnlMsgId>{handling}</RctDtls>"
    )
