"""Rules on trades between two banks."""

from __future__ import annotations

from tasviya.messages.amounts import trouble
from tasviya.messages.model import Group
from tasviya.messages.rules.base import TRADE, Broken, TransactionRule
from tasviya.messages.rules.dates import is_plain_date
from tasviya.messages.scheme import Scheme
from tasviya.messages.trades import TradeInstruction


class AG03Trade(TransactionRule):
    """A trade is new, and both its amounts are paid in money, payment versus payment."""

    reason = "AG03"
    cure = "Send a new trade that delivers both currencies, with PmtVrssPmtInd true or left out."
    messages = (TRADE,)

    def check(self, transaction: TradeInstruction, group: Group, scheme: Scheme) -> Broken | None:
        if transaction.operation not in (None, "NEWT"):
            return Broken(f"The operation is {transaction.operation}.", "TradInf/OprTp")
        if transaction.versus_payment is not None and transaction.versus_payment.strip() in ("false", "0"):
            return Broken("It is not to settle payment versus payment.", "TradInf/PmtVrssPmtInd")
        if transaction.non_deliverable:
            return Broken("Only a difference is to be paid.", "NDFConds")
        return Broken("An amount is in digital tokens.", "TradAmts") if transaction.in_tokens else None


class AM03Trade(TransactionRule):
    """A trade is between two currencies that are settled here."""

    reason = "AM03"
    cure = "Trade one currency of the union for another."
    messages = (TRADE,)

    def check(self, transaction: TradeInstruction, group: Group, scheme: Scheme) -> Broken | None:
        if transaction.in_tokens:
            return None
        for name, currency in _currencies(transaction):
            if currency not in scheme.currencies:
                return Broken(f"{currency} is not settled here.", f"TradAmts/{name}/Amt/@Ccy")
        if transaction.buy_currency != transaction.sell_currency:
            return None
        return Broken(f"{transaction.buy_currency} is traded for itself.", "TradAmts/TradgSdSellAmt/Amt/@Ccy")


class AM12Trade(TransactionRule):
    """Both amounts of a trade are above zero, with no more decimals than their currencies have."""

    reason = "AM12"
    cure = "Correct the amount."
    messages = (TRADE,)

    def check(self, transaction: TradeInstruction, group: Group, scheme: Scheme) -> Broken | None:
        amounts = (transaction.buy_amount, transaction.sell_amount)
        for (name, currency), amount in zip(_currencies(transaction), amounts, strict=True):
            if currency in scheme.currencies and trouble(amount, currency, scheme):
                return Broken(f"{amount[:30]} {currency} is no amount to trade.", f"TradAmts/{name}/Amt")
        return None


class DT01Trade(TransactionRule):
    """The dates of a trade are plain dates, such as 2026-11-23, and it does not settle before it is made."""

    reason = "DT01"
    cure = "Write each date as year, month and day, the trade date first."
    messages = (TRADE,)

    def check(self, transaction: TradeInstruction, group: Group, scheme: Scheme) -> Broken | None:
        traded, settles = transaction.trade_date, transaction.settlement_date or ""
        for where, date in (("TradInf/TradDt", traded), ("TradAmts/SttlmDt", settles)):
            if not is_plain_date(date):
                return Broken(f"The date is {date}.", where)
        if traded <= settles:
            return None
        return Broken(f"It is traded on {traded} and settles on {settles}.", "TradAmts/SttlmDt")


def _currencies(trade: TradeInstruction) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("TradgSdBuyAmt", trade.buy_currency), ("TradgSdSellAmt", trade.sell_currency)
