"""pacs.002: what became of a message and of its transactions. Also pacs.028, the question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tasviya.messages.fields import Reader
from tasviya.messages.model import Group, StatusReport, StatusRequest, Transaction
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import (
    agent,
    code_or_proprietary,
    document,
    element,
    elements,
    lines,
    original_message,
    original_references,
)
from tasviya.messages.xml import NAMESPACE, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

REPORT = "pacs.002.001.10"
REQUEST = "pacs.028.001.03"
REPORT_ROOT = "FIToFIPmtStsRpt"
REQUEST_ROOT = "FIToFIPmtStsReq"

_BIC = "FinInstnId/BICFI"
_ORIGINAL = {
    "OrgnlInstrId": "original_instruction_id",
    "OrgnlEndToEndId": "original_end_to_end_id",
    "OrgnlTxId": "original_transaction_id",
    "OrgnlUETR": "original_uetr",
    "OrgnlGrpInf/OrgnlMsgId": "original_message_id",
    "OrgnlGrpInf/OrgnlMsgNmId": "original_message_type",
    f"InstgAgt/{_BIC}": "instructing_agent",
    f"InstdAgt/{_BIC}": "instructed_agent",
}
_WHOLE = {"OrgnlMsgId": "original_message_id", "OrgnlMsgNmId": "original_message_type"}
_REASON = {"StsRsnInf/Rsn/*": "reason", "StsRsnInf/AddtlInf": "additional_info[]"}
_HEADER = {
    "MsgId": "message_id",
    "CreDtTm": "created_at",
    f"InstgAgt/{_BIC}": "instructing_agent",
    f"InstdAgt/{_BIC}": "instructed_agent",
}


class _Readers(Struct):
    group: Reader
    whole: Reader
    single: Reader


_OF = {
    REPORT_ROOT: _Readers(
        Reader(NAMESPACE + REPORT, Group, _HEADER),
        Reader(NAMESPACE + REPORT, StatusReport, {**_WHOLE, **_REASON, "GrpSts": "status"}),
        Reader(
            NAMESPACE + REPORT,
            StatusReport,
            {
                **_ORIGINAL,
                **_REASON,
                "StsId": "status_id",
                "TxSts": "status",
                "AccptncDtTm": "accepted_at",
                "ClrSysRef": "clearing_reference",
                "FctvIntrBkSttlmDt/Dt": "settlement_date",
            },
        ),
    ),
    REQUEST_ROOT: _Readers(
        Reader(NAMESPACE + REQUEST, Group, _HEADER),
        Reader(NAMESPACE + REQUEST, StatusRequest, _WHOLE),
        Reader(NAMESPACE + REQUEST, StatusRequest, {**_ORIGINAL, "StsReqId": "status_request_id"}),
    ),
}


def parse(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked pacs.002 or pacs.028. What it says of whole messages comes first, with position 0; a
    transaction that does not name its message belongs to the only one named so."""
    readers = _OF[local_name(business)]
    struct: type[StatusReport | StatusRequest] = (
        StatusReport if local_name(business) == REPORT_ROOT else StatusRequest
    )
    group = Group(*readers.group.read(business[0]))
    wholes = [
        _made(struct, readers.whole.read(each), 0)
        for each in business.iterchildren("{*}OrgnlGrpInfAndSts", "{*}OrgnlGrpInf")
    ]
    singles = [
        _made(struct, readers.single.read(each), position)
        for position, each in enumerate(business.iterchildren("{*}TxInfAndSts", "{*}TxInf"), start=1)
    ]
    if len(wholes) == 1:
        for single in singles:
            single.original_message_id = single.original_message_id or wholes[0].original_message_id
            single.original_message_type = single.original_message_type or wholes[0].original_message_type
    group.number_of_transactions = str(len(singles))
    # A whole message's status is worth telling; that a request names its transactions' message is not.
    told = [
        each
        for each in wholes
        if not singles or len(wholes) > 1 or (isinstance(each, StatusReport) and each.status)
    ]
    return group, [*told, *singles]


def _made(
    struct: type[StatusReport | StatusRequest], out: list[Any], position: int
) -> StatusReport | StatusRequest:
    out[0], out[-1] = position, []
    return struct(*out)


def build_status_report(
    scheme: Scheme,
    *,
    message_id: str,
    created_at: str,
    original_message_id: str,
    original_message_type: str,
    original_created_at: str | None = None,
    group_status: str | None = None,
    reason: str | None = None,
    additional_info: str = "",
    transactions: Sequence[StatusReport] = (),
) -> bytes:
    """A pacs.002 on one message.

    group_status: for the whole message, with `reason` and `additional_info` if it is RJCT.
    transactions: for single ones; their own original message and refusals are not written.
    additional_info: any length; it is broken into lines of 105 characters.
    """
    told = _reason(reason, tuple(lines(additional_info)))
    head = (
        f"<GrpHdr>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts>{element('OrgnlMsgId', original_message_id)}"
        f"{element('OrgnlMsgNmId', original_message_type)}{element('OrgnlCreDtTm', original_created_at)}"
        f"{element('GrpSts', group_status)}{told}</OrgnlGrpInfAndSts>"
    )
    return document(REPORT, REPORT_ROOT, head + "".join(map(_report_element, transactions)))


def _reason(code: str | None, info: tuple[str, ...]) -> str:
    if not (code or info):
        return ""
    # Additional information needs a code beside it in practice: NARR, narrative, is the one for none.
    return f"<StsRsnInf>{code_or_proprietary('Rsn', code or 'NARR')}{elements('AddtlInf', info)}</StsRsnInf>"


def _report_element(facts: StatusReport) -> str:
    date = (
        f"<FctvIntrBkSttlmDt><Dt>{facts.settlement_date}</Dt></FctvIntrBkSttlmDt>"
        if facts.settlement_date
        else ""
    )
    return (
        f"<TxInfAndSts>{element('StsId', facts.status_id)}"
        f"{original_references(facts)}"
        f"{element('TxSts', facts.status)}{_reason(facts.reason, facts.additional_info)}"
        f"{element('AccptncDtTm', facts.accepted_at)}{date}"
        f"{element('ClrSysRef', facts.clearing_reference)}"
        f"{agent('InstgAgt', facts.instructing_agent)}"
        f"{agent('InstdAgt', facts.instructed_agent)}</TxInfAndSts>"
    )


def build_status_request(
    scheme: Scheme,
    *,
    message_id: str,
    created_at: str,
    requests: Sequence[StatusRequest],
) -> bytes:
    """A pacs.028. Each request names its original message; one of position 0 asks for all of that message."""
    head = f"<GrpHdr>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm></GrpHdr>"
    wholes = "".join(
        original_message("OrgnlGrpInf", each.original_message_id, each.original_message_type)
        for each in requests
        if each.position == 0
    )
    singles = "".join(_request_element(each) for each in requests if each.position)
    return document(REQUEST, REQUEST_ROOT, head + wholes + singles)


def _request_element(facts: StatusRequest) -> str:
    return (
        f"<TxInf>{element('StsReqId', facts.status_request_id)}"
        f"{original_message('OrgnlGrpInf', facts.original_message_id, facts.original_message_type)}"
        f"{original_references(facts)}"
        f"{agent('InstgAgt', facts.instructing_agent)}"
        f"{agent('InstdAgt', facts.instructed_agent)}</TxInf>"
    )
