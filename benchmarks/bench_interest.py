"""What interest costs: an accrual next to one exact multiplication, a closing with it next to one without.

    python benchmarks/bench_interest.py [--accounts 1000] [--rounds 5]

The accruals are exact fractions, rounded with what is carried, and explained in words. The closings are of a
union with one currency, each account in it with a balance, committed to a store on disk; the two unions
differ in the terms of interest alone.
"""

from __future__ import annotations

import argparse
import statistics
import time
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import median_seconds
from tasviya.app import Application, Home, ask_credit, initialise
from tasviya.core.clock import ManualClock, to_ns
from tasviya.core.currencies import currency
from tasviya.core.day_count import DayCount
from tasviya.core.rounding import Rounding
from tasviya.settlement.interest import due_now, explained, stretch

ACCRUALS = 20_000
DAY = date(2026, 9, 29)

UNION = """
[union]
code = "BENCH"
name = "One currency"
mode = "sandbox"
valid_from = 2026-01-01
clearing_system = "TASVIYA"
warehousing_days = 5
charge_bearers = ["SHAR"]

[operator]
code = "OPERATOR"
name = "Operator"
bic = "TSVOKZ20XXX"
member = "KZ"

[[member]]
code = "KZ"
name = "Kazakhstan"
currency = "KZT"

[member.settlement_institution]
code = "KZ-SI"
name = "Settlement institution"
bic = "SIKZKZ20XXX"
zone = "UTC"
holidays = ""
weekend = ["saturday", "sunday"]
opens_at = "09:00"
customer_cutoff_at = "17:00"
interbank_cutoff_at = "18:00"
closes_at = "18:30"
"""
TERMS = 'credit = { deposit_percent = "3.65", overnight_percent = "14", day_count = "ACT/360" }\n'
BANK = """
[[member.bank]]
code = "KZ-{number:04d}"
name = "Bank {number}"
bic = "KZ{letters}KZ20XXX"
accounts.KZT = "ACC{number:04d}"
opening_balances.KZT = {balance}
"""


def accruals(rounds: int) -> tuple[float, float, float]:
    """Seconds an accrual takes, with and without its words, and one exact multiplication."""
    percent, money = Fraction("14.25"), currency("KZT")
    bases = [12_345_678_901 + 7_777 * number for number in range(ACCRUALS)]

    def reckon(*, words: bool) -> None:
        carried = Fraction(0)
        for base in bases:
            line = stretch(base, percent, DayCount.ACT_360, DAY, DAY + timedelta(days=1))
            due = due_now(line.exact, carried, Rounding.HALF_EVEN)
            if words:
                explained(line, percent, DayCount.ACT_360, due, money)
            carried = due.carried

    seconds = [
        median_seconds(lambda: reckon(words=True), rounds),
        median_seconds(lambda: reckon(words=False), rounds),
        median_seconds(lambda: [base * percent for base in bases], rounds),
    ]
    told, plain, floor = (each / ACCRUALS for each in seconds)
    return told, plain, floor


def letters(number: int) -> str:
    """Two letters and digits: a part of a BIC that no other bank has."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return signs[number // 36 % 36] + signs[number % 36]


def closing(accounts: int, terms: str, rounds: int) -> tuple[float, int]:
    """Median seconds of closing a day with so many accounts, and how many accruals were made in all."""
    banks = "".join(
        BANK.format(number=number, letters=letters(number), balance=1_000_000 + 997 * number)
        for number in range(accounts)
    )
    with TemporaryDirectory() as directory:
        file = Path(directory) / "union.toml"
        file.write_text(UNION + terms + banks, encoding="utf-8")
        home, clock = Home(Path(directory) / "home"), ManualClock(instant(DAY, "08:00"))
        initialise(home, file, clock)
        day, taken = DAY, []
        with Application(home, clock, worker_count=0) as application:
            while len(taken) <= rounds:
                if day.weekday() < 5:
                    clock.advance_to(instant(day, "18:29"))
                    application.system.advance()
                    clock.advance_to(instant(day, "18:30"))
                    start = time.perf_counter()
                    application.system.advance()
                    taken.append(time.perf_counter() - start)
                day += timedelta(days=1)
        return statistics.median(taken[1:]), len(ask_credit(home).interest(None, None, None, None))


def instant(day: date, at: str) -> int:
    return to_ns(datetime.fromisoformat(f"{day}T{at}+00:00"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    told, plain, floor = accruals(asked.rounds)
    print(f"floor: one exact multiplication       {floor * 1e6:8.1f} µs")
    print(f"an accrual, rounded and carried       {plain * 1e6:8.1f} µs  {plain / floor:6.1f}× the floor")
    print(f"the same, explained in words          {told * 1e6:8.1f} µs  {told / floor:6.1f}×")
    without, none = closing(asked.accounts, "", asked.rounds)
    within, made = closing(asked.accounts, TERMS, asked.rounds)
    each = (within - without) / asked.accounts
    print(f"closing {asked.accounts:5,} accounts without      {without * 1e3:8.1f} ms  ({none} accruals)")
    print(f"with interest on each                 {within * 1e3:8.1f} ms  ({made:,} accruals)")
    print(f"so an account's interest takes        {each * 1e6:8.1f} µs  {each / floor:6.1f}× the floor")


if __name__ == "__main__":
    main()
