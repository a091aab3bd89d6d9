"""Days of the small union with an exchange: quiet ones, quoted ones, traded ones; and what they fixed."""

from __future__ import annotations

from datetime import date
from typing import Any

from exchange_union import A, D, ExchangeUnion

from tasviya.app import ask_rates

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (f"2026-{day}" for day in ("09-29", "09-30", "10-01", "10-02"))
MONDAY, NEXT_TUESDAY, NEXT_WEDNESDAY = (f"2026-10-{day}" for day in ("05", "06", "07"))
NEXT_THURSDAY, NEXT_FRIDAY = "2026-10-08", "2026-10-09"


def rates(union: ExchangeUnion, day: str | None = None) -> dict[str, dict[str, Any]]:
    """The official rates of a date, by currency."""
    found = ask_rates(union.home).rates(date.fromisoformat(day) if day else None)
    return {row["currency"]: row for row in found}


def column(union: ExchangeUnion, name: str) -> dict[str, str]:
    return {code: row[name] for code, row in rates(union).items()}


def cross(union: ExchangeUnion, base: str, counter: str) -> float:
    found = rates(union)
    return float(found[base]["value"]) / float(found[counter]["value"])


def quiet_day(union: ExchangeUnion, day: str) -> None:
    """A day on which nobody trades; it closes at 18:30."""
    union.at("10:10", day).settle()
    union.at("18:31").settle()


def quoted_day(union: ExchangeUnion, day: str, bid: str = "6.24", ask: str = "6.26") -> None:
    """A day on which two banks quote rupees in tenge, and nobody takes it."""
    union.at("10:10", day).settle()
    union.firm(A, "INR", "KZT", bid, ask)
    union.firm(D, "INR", "KZT", bid, ask)
    union.at("18:31").settle()


def traded_day(union: ExchangeUnion, day: str, sell: str = "0.1599", buy: str = "6.24") -> None:
    """A day with one batch in which two banks fill two orders each of tenge against rupees."""
    union.at("10:10", day).settle()
    for number, amount in enumerate((600, 400)):
        union.order(A, f"{day}-{number}", "KZT", "INR", amount, sell)
        union.order(D, f"{day}-{number}", "INR", "KZT", amount * 0.16, buy)
    union.at("10:31").settle()
    union.at("18:31").settle()
