"""What goes wrong in messages, made on purpose: every kind a bank's file can fail by, under its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_AMOUNT = re.compile(rb">([0-9.]+)</IntrBkSttlmAmt>")
_SUM = re.compile(rb"<CtrlSum>([0-9.]+)</CtrlSum>")
_IBAN = re.compile(rb"<IBAN>([A-Z]{2})([0-9]{2})")
_CURRENCY = re.compile(rb'Ccy="[A-Z]{3}"')


def _too_many_decimals(content: bytes) -> bytes:
    """One decimal too many, in the amount and in the sums over it: nothing else is wrong."""
    found = _AMOUNT.search(content)
    if not found:
        return content
    amount = found[1]
    finer = amount + (b"5" if b"." in amount else b".5")
    return content.replace(b">" + amount + b"<", b">" + finer + b"<")


def _wrong_control_sum(content: bytes) -> bytes:
    return _SUM.sub(rb"<CtrlSum>1\1</CtrlSum>", content, count=1)


def _bad_iban(content: bytes) -> bytes:
    return _IBAN.sub(lambda m: b"<IBAN>%b%02d" % (m[1], (int(m[2]) + 1) % 97), content, count=1)


def _unknown_currency(content: bytes) -> bytes:
    return _CURRENCY.sub(b'Ccy="QQQ"', content)


def _not_xml(content: bytes) -> bytes:
    return b"Dear colleagues,\r\nplease find the payment file attached.\r\n"


def _doctype(content: bytes) -> bytes:
    head, _, rest = content.partition(b"?>")
    return head + b'?><!DOCTYPE Messages [<!ENTITY rate SYSTEM "file:///rate.txt">]>' + rest


def _truncated(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


WRONG_CONTROL_SUM, BAD_IBAN = "wrong_control_sum", "bad_iban"

SPOILED: Mapping[str, Callable[[bytes], bytes]] = {
    "too_many_decimals": _too_many_decimals,
    WRONG_CONTROL_SUM: _wrong_control_sum,
    BAD_IBAN: _bad_iban,
    "unknown_currency": _unknown_currency,
    "not_xml": _not_xml,
    "doctype": _doctype,
    "truncated": _truncated,
}
"""What each fault does to a good file with one payment. A bad IBAN needs a file that names an IBAN."""

PAST_DATE, DUPLICATE = "past_date", "duplicate"
FILE_FAULTS = (*SPOILED, PAST_DATE, DUPLICATE)
"""Faults of a file with one payment. The last two are drawn: an old date, and the same file again."""

UNKNOWN_PAYEE_BANK = "unknown_payee_bank"
"""A fault of one payment among good ones: its payee's bank has a BIC that nobody here has."""
