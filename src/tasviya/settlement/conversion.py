"""Payments in two currencies: what a message asks of the exchange.

    LclInstrm/Prtry   the route: EXCHANGE (in the next batch), QUOTE (at a firm quote now, else in the next
                      batch), UNION (through the settlement institutions, at the official rate), GROSS;
                      with .IN behind it what is debited is fixed, else what is credited
    DbtrAgtAcct       the settlement account that is debited; else InstdAmt/@Ccy says in what currency
    InstdAmt          what the payer's bank is debited: exactly (.IN), else at the most
    IntrBkSttlmAmt    what the payee's bank receives: exactly, or (.IN) at the least
    XchgRate          a limit beside the amounts: at least so many units credited for one debited

Without a route named, the union's default for the pair decides. Whatever limits are given, the strictest
holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from tasviya.core.errors import Refusal
from tasviya.core.money import Currency, parse_amount
from tasviya.membership.exchange_rules import EXCHANGE, GROSS, QUOTE, UNION
from tasviya.membership.register import Snapshot
from tasviya.messages.model import CreditTransfer
from tasviya.settlement.rules import AM11, AM12, FF05

IN, OUT = "in", "out"
"""Which side is fixed: what is debited, or what is credited."""

INSTRUMENTS = {
    "GROSS": (GROSS, OUT),
    "EXCHANGE": (EXCHANGE, OUT),
    "EXCHANGE.IN": (EXCHANGE, IN),
    "QUOTE": (QUOTE, OUT),
    "QUOTE.IN": (QUOTE, IN),
    "UNION": (UNION, OUT),
    "UNION.IN": (UNION, IN),
}
"""What a local instrument says: the route, and the side that is fixed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a payment asks of the exchange; minor units."""

    route: str
    fixed: str
    debit_currency: str
    debit_minor: int
    """What is debited: fixed, or the most; 0: the sender sets no limit."""
    credit_minor: int
    """What is credited: fixed, or the least."""


def wish_of(transfer: CreditTransfer, sender: str, snapshot: Snapshot) -> Wish | Refusal | None:
    """What a transfer asks of the exchange; None if it settles in one currency."""
    named = INSTRUMENTS.get(transfer.local_instrument or "")
    debit_currency = _debit_currency(transfer, sender, snapshot)
    if debit_currency == transfer.currency:
        if named is None or named[0] == GROSS:
            return None
        cure = (
            "Name the account to debit in DbtrAgtAcct, or the currency in InstdAmt; or leave LclInstrm out."
        )
        return FF05.refuse(f"{transfer.local_instrument}, and all is in {transfer.currency}.", cure)
    if snapshot.exchange_rules is None:
        return FF05.refuse("This union has no exchange.") if named and named[0] != GROSS else None
    route, fixed = named or (snapshot.exchange_route(debit_currency, transfer.currency), OUT)
    if route == GROSS:
        return None
    if route == UNION and snapshot.clearing is None:
        return FF05.refuse("This union has no union route.", "Name another route, or leave LclInstrm out.")
    money = snapshot.currencies.get(debit_currency)
    if money is None:
        return AM11.refuse(f"{debit_currency} does not settle in this union.")
    return _limited(transfer, route, fixed, money, snapshot.currencies[transfer.currency])


def _debit_currency(transfer: CreditTransfer, sender: str, snapshot: Snapshot) -> str:
    account = snapshot.account_by_number(transfer.debtor_agent_account or "")
    if account is not None and account.participant == sender:
        return account.currency
    return transfer.instructed_currency or transfer.currency


def _limited(
    transfer: CreditTransfer, route: str, fixed: str, debit: Currency, credit: Currency
) -> Wish | Refusal:
    """The wish with its limits: the amounts, and the rate where that is stricter."""
    debit_minor, credit_minor = 0, transfer.amount_minor
    if transfer.instructed_amount is not None:
        if transfer.instructed_currency != debit.code:
            what = f"InstdAmt is in {transfer.instructed_currency}, the account to debit in {debit.code}."
            return AM12.refuse(what, "Give InstdAmt in the currency that is debited.")
        try:
            debit_minor = parse_amount(transfer.instructed_amount.strip(), debit)
        except ValueError as error:
            return AM12.refuse(f"{error}.")
        if debit_minor <= 0:
            return AM12.refuse(f"{transfer.instructed_amount} {debit} is no amount to debit.")
    elif fixed == IN:
        return FF05.refuse(f"{transfer.local_instrument} fixes what is debited, and InstdAmt is missing.")
    if transfer.exchange_rate is None:
        return Wish(route, fixed, debit.code, debit_minor, credit_minor)
    rate = _rate(transfer.exchange_rate, debit, credit)
    if rate is None:
        what, cure = f"{transfer.exchange_rate} is no rate.", "Give XchgRate above zero, or leave it out."
        return AM12.refuse(what, cure, "CdtTrfTxInf/XchgRate")
    if fixed == IN:
        least = -((-debit_minor * rate.numerator) // rate.denominator)
        return Wish(route, fixed, debit.code, debit_minor, max(credit_minor, least))
    most = credit_minor * rate.denominator // rate.numerator
    return Wish(route, fixed, debit.code, min(debit_minor, most) if debit_minor else most, credit_minor)


def _rate(text: str, debit: Currency, credit: Currency) -> Fraction | None:
    """Minor units credited for one debited, from units credited for one debited."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not value.is_finite() or value <= 0:
        return None
    return Fraction(value) * Fraction(credit.minor_per_major, debit.minor_per_major)
