"""head.001.001.02, the business application header: who sends what to whom under which id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasviya.messages.fields import Reader
from tasviya.messages.model import Header
from tasviya.messages.writing import agent, element
from tasviya.messages.xml import HEADER, NAMESPACE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_READER = Reader(
    NAMESPACE + HEADER,
    Header,
    {
        "Fr/FIId/FinInstnId/BICFI": "sender_bic",
        "Fr/OrgId/Id/OrgId/AnyBIC": "sender_bic",
        "To/FIId/FinInstnId/BICFI": "receiver_bic",
        "To/OrgId/Id/OrgId/AnyBIC": "receiver_bic",
        "BizMsgIdr": "business_message_id",
        "MsgDefIdr": "message_type",
        "BizSvc": "business_service",
        "CreDt": "created_at",
        "PssblDplct": "possible_duplicate",
        "CpyDplct": "duplicate",
    },
)
_FLAG = Header.__struct_fields__.index("possible_duplicate")


def parse_header(app_hdr: Element) -> Header:
    """A header's facts. It must have passed its schema."""
    out = _READER.read(app_hdr)
    out[_FLAG] = str(out[_FLAG]).strip() in ("true", "1")
    return Header(*out)


def build_header(header: Header) -> bytes:
    """A header as bytes, without an XML declaration."""
    return (
        f'<AppHdr xmlns="{NAMESPACE}{HEADER}">'
        f"<Fr>{agent('FIId', header.sender_bic)}</Fr><To>{agent('FIId', header.receiver_bic)}</To>"
        f"{element('BizMsgIdr', header.business_message_id)}{element('MsgDefIdr', header.message_type)}"
        f"{element('BizSvc', header.business_service)}{element('CreDt', header.created_at)}"
        f"{element('CpyDplct', header.duplicate)}"
        f"{'<PssblDplct>true</PssblDplct>' if header.possible_duplicate else ''}</AppHdr>"
    ).encode()
