"""admi.002, a message could not be read, and admi.007, a message has arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasviya.messages.fields import Reader
from tasviya.messages.model import Acknowledgement, Group, MessageReject, Transaction
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import document, element
from tasviya.messages.xml import NAMESPACE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

REJECT, ACKNOWLEDGEMENT = "admi.002.001.01", "admi.007.001.01"
REJECT_ROOT, ACKNOWLEDGEMENT_ROOT = "admi.002.001.01", "RctAck"

_REJECT = Reader(
    NAMESPACE + REJECT,
    MessageReject,
    {
        "RltdRef/Ref": "reference",
        "Rsn/RjctgPtyRsn": "reason",
        "Rsn/RjctnDtTm": "rejected_at",
        "Rsn/ErrLctn": "location",
        "Rsn/RsnDesc": "description",
    },
)
_ACKNOWLEDGEMENT_GROUP = Reader(
    NAMESPACE + ACKNOWLEDGEMENT, Group, {"MsgId": "message_id", "CreDtTm": "created_at"}
)
_ACKNOWLEDGEMENT = Reader(
    NAMESPACE + ACKNOWLEDGEMENT,
    Acknowledgement,
    {
        "RltdRef/Ref": "reference",
        "RltdRef/MsgNm": "reference_type",
        "ReqHdlg/StsCd": "status",
        "ReqHdlg/StsDtTm": "received_at",
        "ReqHdlg/Desc": "description",
    },
)


def parse_reject(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked admi.002. It has no id of its own but its header's."""
    reject = MessageReject(*_REJECT.read(business))
    reject.position, reject.refusals = 1, []
    return Group(created_at=reject.rejected_at), [reject]


def parse_acknowledgement(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked admi.007."""
    reports: list[Transaction] = []
    for position, each in enumerate(business.iterchildren("{*}Rpt"), start=1):
        report = Acknowledgement(*_ACKNOWLEDGEMENT.read(each))
        report.position, report.refusals = position, []
        reports.append(report)
    return Group(*_ACKNOWLEDGEMENT_GROUP.read(business[0])), reports


def build_message_reject(
    scheme: Scheme,
    *,
    reference: str,
    reason: str,
    rejected_at: str,
    location: str | None = None,
    description: str | None = None,
) -> bytes:
    """An admi.002: `reference` could not be read, for `reason` (a code), at `location` (a path)."""
    return document(
        REJECT,
        REJECT_ROOT,
        f"<RltdRef>{element('Ref', reference or 'NOTPROVIDED')}</RltdRef>"
        f"<Rsn>{element('RjctgPtyRsn', reason)}<RjctnDtTm>{rejected_at}</RjctnDtTm>"
        f"{element('ErrLctn', location, 350)}"
        f"{element('RsnDesc', description, 350)}</Rsn>",
    )


def build_acknowledgement(
    scheme: Scheme,
    *,
    message_id: str,
    created_at: str,
    reference: str,
    reference_type: str | None = None,
    status: str = "RCVD",
    received_at: str | None = None,
    description: str | None = None,
) -> bytes:
    """An admi.007: the message `reference` has arrived. status: four letters or digits."""
    return document(
        ACKNOWLEDGEMENT,
        ACKNOWLEDGEMENT_ROOT,
        f"<MsgId>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm></MsgId><Rpt>"
        f"<RltdRef>{element('Ref', reference)}{element('MsgNm', reference_type)}</RltdRef>"
        f"<ReqHdlg>{element('StsCd', status, 4)}{element('StsDtTm', received_at)}"
        f"{element('Desc', description, 140)}</ReqHdlg></Rpt>",
    )
