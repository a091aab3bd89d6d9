"""What a conversion did, in the words of messages: rates as texts, and the payer's element with what came
of it.

A rate is written as units credited for one unit debited (ISO 20022 BaseOneRate: at most eleven digits, ten of
them behind the point). One that does not fit is left out, never written as nought.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from tasviya.messages.amounts import amount_text
from tasviya.messages.scheme import Scheme
from tasviya.messages.slices import children
from tasviya.messages.statements import CounterValue
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

    @property
    def reversed(self) -> Conversion:
        """The same exchange as the other side sees it."""
        mine, theirs = (self.debit_currency, self.debit_minor), (self.credit_currency, self.credit_minor)
        return Conversion(*theirs, *mine, self.reference)


def rate_text(conversion: Conversion, scheme: Scheme) -> str | None:
    """Units credited for one debited, half to even in the last digit that messages have; None if they have
    too few for this rate."""
    debited = Fraction(conversion.debit_minor, 10 ** scheme.decimals(conversion.debit_currency))
    credited = Fraction(conversion.credit_minor, 10 ** scheme.decimals(conversion.credit_currency))
    rate = credited / debited
    whole = len(str(rate.numerator // rate.denominator)) if rate >= 1 else 0
    scale = 10 ** min(DECIMALS, DIGITS - whole) if whole <= DIGITS else 0
    value = Decimal(round(rate * scale)) / scale if scale else Decimal(0)
    return format(value.normalize(), "f") if 0 < value < 10**DIGITS else None


def counter_value(
    conversion: Conversion, scheme: Scheme, *, is_debit: bool, quoted_at: str = ""
) -> CounterValue:
    """What stands against one side of a conversion in an entry. The rate is told for one unit of the
    currency whose unit is worth more, which carries the most of its digits.

    is_debit: of the side that the entry books.
    """
    theirs, unit = conversion if is_debit else conversion.reversed, conversion
    text = rate_text(conversion, scheme)
    if text is None or Decimal(text) < 1:
        unit = conversion.reversed
        text = rate_text(unit, scheme)
    amount_minor, currency = theirs.credit_minor, theirs.credit_currency
    if text is None:
        return CounterValue(amount_minor, currency)
    source, target = conversion.debit_currency, conversion.credit_currency
    reference = conversion.reference
    return CounterValue(
        amount_minor, currency, source, target, unit.debit_currency, text, reference, quoted_at
    )


def converted(transaction: bytes, conversion: Conversion, scheme: Scheme) -> bytes:
    """A payer's CdtTrfTxInf with what came of its conversion: the amount that the payee's bank receives,
    and, in a customer's payment, what was debited and the rate between them. All else is as the payer's
    bank wrote it, byte for byte.

    transaction: as `slices` cuts it. Only its own children are looked at: neither texts nor supplementary
        data nor an underlying customer's transfer can be taken for its amounts.
    """
    paid, got = conversion.debit_currency, conversion.credit_currency
    settled = amount("IntrBkSttlmAmt", amount_text(conversion.credit_minor, got, scheme), got).encode()
    instructed = amount("InstdAmt", amount_text(conversion.debit_minor, paid, scheme), paid)
    told = (instructed + element("XchgRate", rate_text(conversion, scheme))).encode()
    pieces, kept = [], 0
    for name, start, end in children(transaction):
        if name in _TOLD_ANEW:
            pieces += [transaction[kept:start], settled if name == _SETTLED else b""]
            kept = end
        elif name == _BEARER:  # a payment between banks has none, and no place for what was instructed
            pieces += [transaction[kept:start], told]
            kept = start
    return b"".join([*pieces, transaction[kept:]])


_SETTLED, _BEARER = b"IntrBkSttlmAmt", b"ChrgBr"
_TOLD_ANEW = frozenset({_SETTLED, b"InstdAmt", b"XchgRate"})
