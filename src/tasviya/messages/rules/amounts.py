"""Rules on amounts, currencies, counts and sums."""

from __future__ import annotations

from tasviya.messages.amounts import LARGEST_MINOR, amount_text, scaled, trouble, unscaled
from tasviya.messages.model import Group, ParsedMessage
from tasviya.messages.rules.base import (
    AMOUNT,
    AMOUNTS,
    RETURN,
    TRANSFERS,
    Broken,
    MessageRule,
    TransactionRule,
    WithAmount,
)
from tasviya.messages.scheme import Scheme


class AM01(TransactionRule):
    """The amount is more than zero."""

    reason = "AM01"
    cure = "Send an amount above zero, or no payment."
    messages = AMOUNTS

    def check(self, transaction: WithAmount, group: Group, scheme: Scheme) -> Broken | None:
        if transaction.amount_minor or trouble(transaction.amount, transaction.currency, scheme) != "AM01":
            return None
        return Broken(f"The amount is {transaction.amount} {transaction.currency}.", AMOUNT)


class AM11(TransactionRule):
    """The currency is one of ISO 4217 or the union's own unit."""

    reason = "AM11"
    cure = "Use the currency's code of ISO 4217."
    messages = AMOUNTS

    def check(self, transaction: WithAmount, group: Group, scheme: Scheme) -> Broken | None:
        if transaction.amount_minor or scheme.currency(transaction.currency) is not None:
            return None
        return Broken(f"{transaction.currency} is no currency.", f"{AMOUNT}/@Ccy")


class AM03(TransactionRule):
    """The currency is settled here."""

    reason = "AM03"
    cure = "Pay in a currency that the union settles."
    messages = AMOUNTS

    def check(self, transaction: WithAmount, group: Group, scheme: Scheme) -> Broken | None:
        currency = transaction.currency
        if currency in scheme.currencies or scheme.currency(currency) is None:
            return None
        settled = ", ".join(sorted(scheme.currencies))
        return Broken(f"{currency} is not settled here; {settled} are.", f"{AMOUNT}/@Ccy")


class CH20(TransactionRule):
    """The amount has no more decimals than its currency."""

    reason = "CH20"
    cure = "Write the amount with the decimals of ISO 4217, for instance none for JPY and three for KWD."
    messages = AMOUNTS

    def check(self, transaction: WithAmount, group: Group, scheme: Scheme) -> Broken | None:
        currency = transaction.currency
        if transaction.amount_minor or trouble(transaction.amount, currency, scheme) != "CH20":
            return None
        decimals = scheme.decimals(currency)
        return Broken(
            f"{transaction.amount} {currency} has too many decimals; {currency} has {decimals}.", AMOUNT
        )


class AM12(TransactionRule):
    """The amount is a number of ordinary length."""

    reason = "AM12"
    cure = "Write the amount without needless zeros."
    messages = AMOUNTS

    def check(self, transaction: WithAmount, group: Group, scheme: Scheme) -> Broken | None:
        if transaction.amount_minor or trouble(transaction.amount, transaction.currency, scheme) != "AM12":
            return None
        return Broken(f"The amount has {len(transaction.amount):,} characters.", AMOUNT)


class AM13(TransactionRule):
    """The amount is within the system's limit for one payment."""

    reason = "AM13"
    cure = "Split the payment, or agree with the payee on another way."
    messages = AMOUNTS

    def check(self, transaction: WithAmount, group: Group, scheme: Scheme) -> Broken | None:
        minor, currency = transaction.amount_minor, transaction.currency
        if minor:
            limit = scheme.amount_limits.get(currency, LARGEST_MINOR)
            if minor <= limit:
                return None
        elif trouble(transaction.amount, currency, scheme) != "AM13":
            return None
        else:
            limit = scheme.amount_limits.get(currency, LARGEST_MINOR)
        largest = amount_text(limit, currency, scheme)
        return Broken(f"{transaction.amount} {currency} exceeds the limit of {largest} {currency}.", AMOUNT)


class AM18(MessageRule):
    """NbOfTxs is the number of transactions in the message."""

    reason = "AM18"
    cure = "Count the transactions and send the message again; one may be missing."
    messages = (*TRANSFERS, RETURN, "camt.056.001.08")

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        stated = message.group.number_of_transactions
        if stated is None or int(stated) == message.count:
            return None
        where = "CtrlData/NbOfTxs" if message.message_type.startswith("camt.") else "GrpHdr/NbOfTxs"
        return Broken(f"NbOfTxs is {stated}, and {message.count} transactions are here.", where)


class AM10(MessageRule):
    """CtrlSum, where given, is the sum of all settlement amounts as numbers, whatever their currencies."""

    reason = "AM10"
    cure = "Correct CtrlSum or the amounts, or leave CtrlSum out."
    messages = (*TRANSFERS, RETURN)

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        stated = message.group.control_sum
        if stated is None:
            return None
        found = _sum_of(message, scheme)
        if scaled(stated.strip()) == found:
            return None
        return Broken(
            f"CtrlSum is {stated.strip()}, and the amounts add up to {unscaled(found)}.", "GrpHdr/CtrlSum"
        )


class AM16(MessageRule):
    """The group's total amount, where given, is the sum of all settlement amounts, all in its currency."""

    reason = "AM16"
    cure = "Correct the total or the amounts; split the message by currency; or leave the total out."
    messages = (*TRANSFERS, RETURN)

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        stated, currency = message.group.total_amount, message.group.total_currency
        if stated is None:
            return None
        is_return = message.message_type == RETURN
        where = f"GrpHdr/{'TtlRtrdIntrBkSttlmAmt' if is_return else 'TtlIntrBkSttlmAmt'}"
        others = sorted(
            {str(getattr(each, "currency", currency)) for each in message.transactions} - {currency}
        )
        if others:
            return Broken(f"The total is in {currency}, and there are amounts in {', '.join(others)}.", where)
        found = _sum_of(message, scheme)
        if scaled(stated.strip()) == found:
            return None
        return Broken(f"The total is {stated.strip()}, and the amounts add up to {unscaled(found)}.", where)


def _sum_of(message: ParsedMessage, scheme: Scheme) -> int:
    """All amounts as written, times 10^17: also those that are no amounts of their currency."""
    held = [getattr(each, "amount_minor", 0) for each in message.transactions]
    currencies = {getattr(each, "currency", "") for each in message.transactions}
    if len(currencies) == 1 and all(held):
        return int(sum(held) * 10 ** (17 - scheme.decimals(*currencies)))
    return sum(scaled(getattr(each, "amount", "0")) for each in message.transactions)
