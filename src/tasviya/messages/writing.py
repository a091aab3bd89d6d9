"""Pieces that every message is written from: escaped, cut to the schema's length, left out when empty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol

from tasviya.messages.identifiers import iban_holds

_special = re.compile('[&<>"\r\n\t\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]').search
_FORBIDDEN = [*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
_ESCAPES: dict[int, str] = dict.fromkeys(_FORBIDDEN, "\N{REPLACEMENT CHARACTER}") | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("\r"): "&#13;",
    ord("\n"): "&#10;",
    ord("\t"): "&#9;",
}


def escape(text: str) -> str:
    """A text as XML carries it, in an element or an attribute. What XML cannot carry becomes �."""
    return text.translate(_ESCAPES) if _special(text) else text


def element(tag: str, text: str | None, longest: int = 35) -> str:
    """An element with a text cut to its longest; nothing if there is no text."""
    return f"<{tag}>{escape(text[:longest])}</{tag}>" if text else ""


def code_or_proprietary(tag: str, value: str | None) -> str:
    """A choice of code (up to four characters) or proprietary text."""
    if not value:
        return ""
    kind = "Cd" if len(value) <= 4 else "Prtry"
    return f"<{tag}><{kind}>{escape(value[:35])}</{kind}></{tag}>"


@lru_cache(maxsize=8192)
def agent(tag: str, bic: str | None) -> str:
    """An institution named by its BIC."""
    return f"<{tag}>{institution(bic)}</{tag}>" if bic else ""


def institution(bic: str) -> str:
    """What stands in an institution's element."""
    return f"<FinInstnId><BICFI>{escape(bic)}</BICFI></FinInstnId>"


@lru_cache(maxsize=8192)
def account(tag: str, number: str | None) -> str:
    """An account: as IBAN if the number is one, else as another kind of number."""
    return f"<{tag}>{account_number(number)}</{tag}>" if number else ""


def account_number(number: str) -> str:
    """An account's `Id` element."""
    if iban_holds(number):
        return f"<Id><IBAN>{number}</IBAN></Id>"
    return f"<Id><Othr><Id>{escape(number[:34])}</Id></Othr></Id>"


def amount(tag: str, text: str, currency: str) -> str:
    """An amount with its currency."""
    return f'<{tag} Ccy="{escape(currency)}">{text}</{tag}>'


def lines(text: str, width: int = 105) -> Iterator[str]:
    """A text in lines of at most `width` characters, broken at spaces where there are any."""
    rest = " ".join(text.split())
    while len(rest) > width:
        end = rest.rfind(" ", 1, width + 1)
        cut = end if end > 0 else width
        yield rest[:cut]
        rest = rest[cut:].lstrip()
    if rest:
        yield rest


def elements(tag: str, texts: Iterable[str], longest: int = 105) -> str:
    """One element a text."""
    return "".join(element(tag, text, longest) for text in texts)


class Originals(Protocol):
    """What refers to an earlier transaction."""

    original_instruction_id: str | None
    original_end_to_end_id: str | None
    original_transaction_id: str | None
    original_uetr: str | None


def original_references(facts: Originals) -> str:
    """The ids of an earlier transaction, in the order that most messages have them."""
    return (
        element("OrgnlInstrId", facts.original_instruction_id)
        + element("OrgnlEndToEndId", facts.original_end_to_end_id)
        + element("OrgnlTxId", facts.original_transaction_id)
        + element("OrgnlUETR", facts.original_uetr, 36)
    )


def original_message(tag: str, message_id: str | None, message_type: str | None) -> str:
    """An earlier message's id and type; nothing unless both are known."""
    if not (message_id and message_type):
        return ""
    return f"<{tag}>{element('OrgnlMsgId', message_id)}{element('OrgnlMsgNmId', message_type)}</{tag}>"


def document(message_type: str, root: str, inside: str) -> bytes:
    """A whole document, without an XML declaration so that it also fits into an envelope."""
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{message_type}"
    return f'<Document xmlns="{namespace}"><{root}>{inside}</{root}></Document>'.encode()
