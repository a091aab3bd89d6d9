"""Files in, messages out: one door for all message types.

    raw bytes → xml.read → envelope.pairs → for each pair: header, type, schema, fields, rules

What is wrong with one message stays with that message; only a file that is not XML fails as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasviya.core.errors import Refusal
from tasviya.messages import credit_transfer
from tasviya.messages.envelope import is_crowded, pairs
from tasviya.messages.header import parse_header
from tasviya.messages.message_types import MESSAGE_TYPES
from tasviya.messages.model import (
    CreditTransfer,
    Group,
    Header,
    ParsedMessage,
    Read,
    UnreadableMessage,
)
from tasviya.messages.rules import check, check_characters
from tasviya.messages.scheme import Scheme
from tasviya.messages.slices import Slices, count_elements, raw_slices, rewritten, self_contained
from tasviya.messages.xml import HEADER, NAMESPACE, PREFIXES, local_name, namespace_of, read, validate

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

__all__ = ["MESSAGE_TYPES", "parse_file"]


def parse_file(raw: bytes, scheme: Scheme) -> list[Read]:
    """The messages of a file, in order. Never raises: what cannot be read comes back as such.

    raw: UTF-8, as received. It may hold a bare Document, an AppHdr and a Document in any element, or several
        such pairs; element prefixes do not matter.
    """
    root = read(raw, scheme)
    if isinstance(root, Refusal):
        return [UnreadableMessage([root])]
    if raw.count(b"xmlns:") > PREFIXES and is_crowded(root):
        what = f"More than {PREFIXES} namespace prefixes are in force around a Document."
        return [UnreadableMessage([Refusal("ATTRIBUTES", what, "Declare only the prefixes that are used.")])]
    found = pairs(root)
    if not found:
        return [UnreadableMessage([_no_message(root)])]
    if len(found) > scheme.file_messages:
        what = f"The file has {len(found):,} messages; {scheme.file_messages:,} are read at once."
        return [UnreadableMessage([Refusal("TOO-LARGE", what, "Split it into smaller files.")])]
    slices = raw_slices(raw)
    total = count_elements(root)
    expected = [total] if len(found) == 1 else [_transactions_in(document) for _, document in found]
    if slices is not None and not (len(slices) == total == sum(expected)):
        slices = None
    if len(found) == 1 and len(raw) > scheme.message_bytes and total <= 1:
        what = f"The file has {len(raw):,} bytes; one payment or report may have {scheme.message_bytes:,}."
        refusal = Refusal("TOO-LARGE", what, "Leave out what the payment does not need.")
        return [_unreadable(*found[0], [refusal])]
    # ASCII without character references holds no character that XML allows and the default rule does not.
    plain = raw.isascii() and b"&#" not in raw and b"\x7f" not in raw
    check_texts = scheme.character_rule != "unicode" or not plain
    read_messages: list[Read] = []
    used = 0
    for (app_hdr, document), count in zip(found, expected, strict=True):
        own = None if slices is None else slices[used : used + count]
        used += count
        read_messages.append(_message(app_hdr, document, raw, own, scheme, check_texts))
    return read_messages


def _transactions_in(document: Element | None) -> int:
    return 0 if document is None else count_elements(document)


def _message(
    app_hdr: Element | None,
    document: Element | None,
    raw: bytes,
    slices: Slices | None,
    scheme: Scheme,
    check_texts: bool,
) -> Read:
    """One message of a file. check_texts: whether a text of the file may hold a character to refuse."""
    header = None
    header_refusals: list[Refusal] = []
    if app_hdr is not None:
        header_refusals = _header_refusals(app_hdr)
        header = None if header_refusals else parse_header(app_hdr)
    if document is None:
        refusal = Refusal(
            "NO-DOCUMENT", "An AppHdr is not followed by a Document.", "Send both together.", "/AppHdr"
        )
        return _unreadable(app_hdr, None, [refusal, *header_refusals])
    namespace = namespace_of(document)
    message_type = namespace.removeprefix(NAMESPACE)
    kind = MESSAGE_TYPES.get(message_type) if namespace.startswith(NAMESPACE) else None
    if kind is None:
        return _unreadable(app_hdr, document, [_unknown(namespace, message_type), *header_refusals])
    refusals = header_refusals + validate(document, message_type)
    if refusals:
        return _broken(app_hdr, document, message_type, header, refusals)
    body, places = None, slices or []
    if kind.parse is credit_transfer.parse:
        body, places = _locate(document, message_type, raw, slices)
        source = raw if body is None else body
        cuts = [source[start:end] for start, end in places]
        group, transactions = credit_transfer.parse(document[0], scheme, cuts)
    else:
        group, transactions = kind.parse(document[0], scheme)
    message = ParsedMessage(
        message_type,
        group.message_id,
        header.business_message_id if header else None,
        group.created_at,
        header.sender_bic if header else group.instructing_agent,
        header.receiver_bic if header else group.instructed_agent,
        bool(header and (header.possible_duplicate or header.duplicate)),
        len(transactions),
        [],
        transactions,
        group,
        header,
        body,
    )
    for transfer, (start, end) in zip(transactions, places, strict=False):
        if isinstance(transfer, CreditTransfer):
            transfer.start, transfer.end = start, end
    check(message, kind.root, scheme)
    if check_texts:
        check_characters(message, document, scheme)
    return message


def _locate(
    document: Element, message_type: str, raw: bytes, slices: Slices | None
) -> tuple[bytes | None, Slices]:
    """Where each transfer's element lies: in the file (then no bytes come first), or else in the message
    written anew."""
    business = document[0]
    if (
        slices is None
        or len(slices) != sum(1 for _ in business.iterchildren("{*}CdtTrfTxInf"))
        or not self_contained(business, NAMESPACE + message_type, raw, slices)
    ):
        return rewritten(document)
    return None, slices


def _header_refusals(app_hdr: Element) -> list[Refusal]:
    version = namespace_of(app_hdr).removeprefix(NAMESPACE)
    if version != HEADER:
        what = f"The header is of version {version}; {HEADER} is read."
        return [Refusal("FF01", what, f"Send {HEADER}.", "/AppHdr")]
    return validate(app_hdr, HEADER)


def _no_message(root: Element) -> Refusal:
    what = f"The file's root is {local_name(root)[:60]}, and no Document lies within reach."
    return Refusal("NO-MESSAGE", what, "Send an ISO 20022 Document, bare or with its AppHdr in an envelope.")


def _unknown(namespace: str, message_type: str) -> Refusal:
    named = message_type if namespace.startswith(NAMESPACE) else namespace
    family = [each for each in MESSAGE_TYPES if each[:8] == named[:8]]
    what = f"The Document is of {named[:100] or 'no namespace'}, which is not processed here."
    cure = f"Send {', '.join(family or MESSAGE_TYPES)}."
    return Refusal("UNKNOWN-MESSAGE", what, cure, "/Document")


def _broken(
    app_hdr: Element | None,
    document: Element,
    message_type: str,
    header: Header | None,
    refusals: list[Refusal],
) -> Read:
    """A message that breaks its schema: answered under its own id if that can be read."""
    message_id = _text(document, "MsgId") or _text(document, "Id") or _text(document, "OrgtrRef")
    if not message_id or len(message_id) > 35:
        return _unreadable(app_hdr, document, refusals)
    sender, receiver = (header.sender_bic, header.receiver_bic) if header else _parties(app_hdr, document)
    return ParsedMessage(
        message_type,
        message_id,
        header.business_message_id if header else None,
        sender_bic=sender,
        receiver_bic=receiver,
        refusals=refusals,
        group=Group(message_id),
        header=header,
    )


def _unreadable(
    app_hdr: Element | None, document: Element | None, refusals: list[Refusal]
) -> UnreadableMessage:
    """Whatever of a message's identity can be read, for the answer."""
    reference = None
    if app_hdr is not None:
        reference = _text(app_hdr, "BizMsgIdr")
    if document is not None and not reference:
        reference = _text(document, "MsgId")
    message_type = None
    if document is not None:
        message_type = namespace_of(document).removeprefix(NAMESPACE)[:35] or None
    sender, receiver = _parties(app_hdr, document)
    return UnreadableMessage(refusals, (reference or "NOTPROVIDED")[:35], message_type, sender, receiver)


def _parties(app_hdr: Element | None, document: Element | None) -> tuple[str | None, str | None]:
    """Sender and receiver, from a header or document that may break its schema."""
    if app_hdr is not None:
        return _text(app_hdr, "BICFI", "Fr"), _text(app_hdr, "BICFI", "To")
    if document is not None:
        return _text(document, "BICFI", "InstgAgt"), _text(document, "BICFI", "InstdAgt")
    return None, None


def _text(element: Element, name: str, within: str | None = None) -> str | None:
    """The text of the first element of a name, in any namespace, at any depth."""
    if within is not None:
        inner = next(element.iter(f"{{*}}{within}"), None)
        return None if inner is None else _text(inner, name)
    found = next(element.iter(f"{{*}}{name}"), None)
    text = "" if found is None else (found.text or "").strip()
    return text or None
