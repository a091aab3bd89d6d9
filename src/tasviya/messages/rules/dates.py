"""Rules on how dates and times are written. Whether they suit the calendar is decided elsewhere."""

from __future__ import annotations

import re
from datetime import time

from tasviya.messages.model import CreditTransfer, Group, LiquidityTransfer, ReportRequest, Return
from tasviya.messages.rules.base import AMOUNTS, TRANSFERS, Broken, TransactionRule
from tasviya.messages.scheme import Scheme

is_plain_date = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}").fullmatch


class DT01(TransactionRule):
    """The settlement date is a plain date, such as 2026-11-23: no zone, no year beyond four digits."""

    reason = "DT01"
    cure = "Write the date as year, month and day; it is one of the settlement currency's own calendar."
    messages = AMOUNTS

    def check(
        self, transaction: CreditTransfer | Return | LiquidityTransfer, group: Group, scheme: Scheme
    ) -> Broken | None:
        date = transaction.settlement_date
        if date is None or is_plain_date(date):
            return None
        name = "SttlmDt" if isinstance(transaction, LiquidityTransfer) else "IntrBkSttlmDt"
        return Broken(f"The settlement date is {date}.", name)


class DT01Period(TransactionRule):
    """The days a report is asked for are plain dates, and the first is not after the last."""

    reason = "DT01"
    cure = "Write each date as year, month and day, the earlier first."
    messages = ("camt.060.001.05",)

    def check(self, transaction: ReportRequest, group: Group, scheme: Scheme) -> Broken | None:
        first, last = transaction.from_date, transaction.to_date
        for name, date in (("FrDt", first), ("ToDt", last)):
            if date is not None and not is_plain_date(date):
                return Broken(f"The date is {date}.", f"RptgPrd/FrToDt/{name}")
        if first and last and first > last:
            return Broken(f"The period runs from {first} back to {last}.", "RptgPrd/FrToDt")
        return None


class CH16Times(TransactionRule):
    """Requested settlement times are times of a day, such as 10:30:00+03:00; midnight is 00:00:00."""

    reason = "CH16"
    cure = "Write the time as hours, minutes and seconds, with its zone."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        times = (
            ("CLSTm", transaction.settle_at),
            ("TillTm", transaction.settle_till),
            ("FrTm", transaction.settle_from),
            ("RjctTm", transaction.reject_after),
        )
        for name, text in times:
            if text is not None and not _is_time(text):
                return Broken(f"The time is {text}.", f"SttlmTmReq/{name}")
        return None


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True
