"""What a conversion did, in the words of messages: rates as texts, and the payer's element with what came
of it.

A rate is written as units credited for one unit debited (ISO 20022 BaseOneRate: at most eleven digits, ten of
them behind the point).
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from msgspec import Struct

from tasviya.messages.amounts import amount_text
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import amount, element

DIGITS, DECIMALS = 11, 10


class Conversion(Struct, frozen=True, array_like=True):
    """What was debited and credited in one conversion; minor units."""

    debit_currency: str
    debit_minor: int
    credit_currency: str
    credit_minor: int
    reference: str
    """The batch or quote that converted it."""


def rate_text(conversion: Conversion, scheme: Scheme) -> str:
    """Units credited for one debited, as messages write it; never zero."""
    debited = Fraction(conversion.debit_minor, 10 ** scheme.decimals(conversion.debit_currency))
    credited = Fraction(conversion.credit_minor, 10 ** scheme.decimals(conversion.credit_currency))
    rate = credited / debited
    whole = len(str(rate.numerator // rate.denominator)) if rate >= 1 else 0
    step = Decimal(1).scaleb(-min(DECIMALS, DIGITS - whole))
    value = (Decimal(rate.numerator) / Decimal(rate.denominator)).quantize(step, ROUND_HALF_EVEN)
    return format(max(value, step).normalize(), "f")


def converted(transaction: bytes, conversion: Conversion, scheme: Scheme) -> bytes:
    """A payer's CdtTrfTxInf with what came of its conversion: the amount that the payee's bank receives,
    and, in a customer's payment, what was debited and the rate between them. All else is as the payer's
    bank wrote it.
    """
    paid, got = conversion.debit_currency, conversion.credit_currency
    settled = amount("IntrBkSttlmAmt", amount_text(conversion.credit_minor, got, scheme), got)
    transaction = _SETTLED.sub(settled.encode(), transaction, count=1)
    if _BEARER not in transaction:
        return transaction  # a payment between banks has no place for what was instructed
    instructed = amount("InstdAmt", amount_text(conversion.debit_minor, paid, scheme), paid)
    told = instructed + element("XchgRate", rate_text(conversion, scheme))
    bare = _RATE.sub(b"", _INSTRUCTED.sub(b"", transaction, count=1), count=1)
    return bare.replace(_BEARER, told.encode() + _BEARER, 1)


_SETTLED = re.compile(rb"<IntrBkSttlmAmt[ >].*?</IntrBkSttlmAmt>", re.DOTALL)
_INSTRUCTED = re.compile(rb"<InstdAmt[ >].*?</InstdAmt>", re.DOTALL)
_RATE = re.compile(rb"<XchgRate>.*?</XchgRate>", re.DOTALL)
_BEARER = b"<ChrgBr>"
