"""The exchange as a union sets it up: its dated records, and the `[exchange]` table they are read from.

    [exchange]
    batch_minutes = 15                    # a batch at every quarter of an hour that has something to clear
    default_route = "exchange"            # of payments in two currencies whose senders name no route
    limit_basis_points = 200              # how far from the last rate an order may go that names no limit
    largest_batch = 2_000                 # orders in one batch; the rest rides in the next
    quote_basis_points = 50               # how far from the last rate a firm quote may be; 50 if left out
    quote_minutes = 15                    # how long one may be valid; 15 if left out
    routes = [{ sell = "KZT", buy = "UZS", route = "gross" }]
    rates = { KZT = "0.00184", UZS = "0.0000779" }   # central banks' rates: one unit in any common measure

A union without that table has no exchange: each payment settles in one currency.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from tasviya.core.errors import ConfigurationError
from tasviya.membership.records import Record
from tasviya.membership.toml_table import Table

GROSS, EXCHANGE, QUOTE, UNION = "gross", "exchange", "quote", "union"
ROUTES = (GROSS, EXCHANGE, QUOTE, UNION)
"""How a payment whose payer's bank pays in another currency reaches the payee: the bank converts by itself
and pays gross; in the next batch auction; at once at the best firm quote, else in the next batch; through the
two settlement institutions at the official rate, their positions cleared later."""


class ExchangeRules(Record, frozen=True, kw_only=True):
    """How the union's exchange works."""

    KEY: ClassVar[tuple[str, ...]] = ("scope",)

    scope: str = "union"
    batch_minutes: int
    default_route: str
    """One of ROUTES."""
    limit_basis_points: int
    largest_batch: int
    quote_basis_points: int = 50
    quote_minutes: int = 15


class ExchangeRoute(Record, frozen=True, kw_only=True):
    """The route of one pair, against the default."""

    KEY: ClassVar[tuple[str, ...]] = ("sell", "buy")

    sell: str
    buy: str
    route: str


class CentralBankRate(Record, frozen=True, kw_only=True):
    """What a settlement institution says one unit of its currency is worth, in the union's common measure."""

    KEY: ClassVar[tuple[str, ...]] = ("currency",)

    currency: str
    value: str
    """A decimal above zero."""


def read_exchange(
    table: Table, dates: Callable[[Table], dict[str, Any]], keep: Callable[[Record, str], None]
) -> None:
    """The records of an `[exchange]` table.

    dates: when a table's record holds. keep: takes each record and its place.
    Raises: ConfigurationError.
    """
    rules = ExchangeRules(
        batch_minutes=table.number("batch_minutes", 1, 720),
        default_route=table.choice("default_route", ROUTES, EXCHANGE),
        limit_basis_points=table.number("limit_basis_points", 1, 5_000),
        largest_batch=table.number("largest_batch", 1, 2_500),
        quote_basis_points=table.number("quote_basis_points", 1, 5_000, 50),
        quote_minutes=table.number("quote_minutes", 1, 720, 15),
        **dates(table),
    )
    keep(rules, table.path)
    for entry in table.tables("routes"):
        route = ExchangeRoute(
            sell=entry.text("sell"),
            buy=entry.text("buy"),
            route=entry.choice("route", ROUTES),
            **dates(entry),
        )
        entry.done()
        keep(route, entry.path)
    for code, entry in table.by_currency("rates", "value"):
        keep(CentralBankRate(currency=code, value=_rate(entry), **dates(entry)), entry.path)
        entry.done()


def _rate(entry: Table) -> str:
    text = entry.text("value")
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not (value.is_finite() and Decimal("1e-15") <= value <= Decimal("1e15")):
        raise ConfigurationError(
            "CF21",
            f"{text!r} is not a rate.",
            'Write a decimal above zero as a text, such as "0.00184".',
            entry.at("value"),
        )
    return format(value.normalize(), "f")
