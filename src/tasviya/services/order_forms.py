"""Orders as people write them: on a command line, or as a CSV file with a line an order.

    reference,sell,buy,amount,limit[,fixed][,whole][,until]

`amount` is sold, or with fixed = out bought; `limit` is at least so many units bought for one sold; `until`
is an instant. A mistake is told with its line and column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import StringIO
from typing import TypeVar

from tasviya.core.clock import instant_of
from tasviya.core.errors import OperatorError
from tasviya.core.money import parse_amount
from tasviya.exchange.market import OrderKind
from tasviya.membership.register import Snapshot
from tasviya.services.orders import WantedOrder
from tasviya.services.quotes import WantedQuote

T = TypeVar("T")

NEEDED = ("reference", "sell", "buy", "amount", "limit")
OPTIONAL = ("fixed", "whole", "until")
YES_NO = {"": False, "no": False, "false": False, "yes": True, "true": True}
ORDERS_MAX = 100_000
"""Orders in one file, which is one commit."""
RATE_MAX = 10**18
"""A rate beyond this, or below one over it, is a mistake."""
_PLAIN = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
KINDS = {"": OrderKind.EXACT_IN, "in": OrderKind.EXACT_IN, "out": OrderKind.EXACT_OUT}


@dataclass(frozen=True, slots=True)
class OrderForm:
    """An order as written; empty where nothing was."""

    reference: str
    sell: str
    buy: str
    amount: str
    limit: str
    fixed: str = ""
    whole: str = ""
    until: str = ""
    where: str = ""
    """Its file and line."""


def forms_in(text: str, where: str) -> list[OrderForm]:
    """The orders of a CSV file, its first line naming the columns.

    where: the file's name, for error texts.
    Raises: OperatorError.
    """
    rows = csv.DictReader(StringIO(text, newline=""))
    forms: list[OrderForm] = []
    try:
        _must_be_columns(rows.fieldnames or (), where)
        for row in rows:
            place = f"{where}:{rows.line_num}"
            if None in row or None in row.values():
                what = "It has too few or too many cells."
                raise OperatorError("bad_row", what, "Give every column one.", place)
            if len(forms) == ORDERS_MAX:
                what = f"The file has more than {ORDERS_MAX:,} orders."
                raise OperatorError(
                    "too_many_orders", what, "Split it: a file stands or falls as one.", place
                )
            forms.append(OrderForm(**{name: cell.strip() for name, cell in row.items()}, where=place))
    except csv.Error as error:
        cure = "Write a line an order, cells with commas between them."
        place = f"{where}:{rows.line_num + 1}"
        raise OperatorError("bad_row", f"It is no CSV: {error}.", cure, place) from None
    return forms


def _must_be_columns(named: Sequence[str], where: str) -> None:
    """Raises: OperatorError unless the columns are the ones that a file of orders has."""
    missing = [name for name in NEEDED if name not in named]
    odd = [name for name in named if name not in (*NEEDED, *OPTIONAL)]
    twice = [name for name in NEEDED + OPTIONAL if named.count(name) > 1]
    faults = (("It lacks", missing), ("Unknown columns:", odd), ("Named twice:", twice))
    for what, names in faults:
        if names:
            cure = f"Name the columns {', '.join(NEEDED)}, once each, with commas between them."
            raise OperatorError("bad_columns", f"{what} {', '.join(names):.60}.", cure, f"{where}:1")


def wanted(participant: str, forms: Iterable[OrderForm], snapshot: Snapshot) -> list[WantedOrder]:
    """What a participant's forms ask for.

    Raises: OperatorError.
    """
    return [_wanted(participant, form, snapshot) for form in forms]


def _wanted(participant: str, form: OrderForm, snapshot: Snapshot) -> WantedOrder:
    if not form.reference:
        raise OperatorError(
            "no_reference", "The order has no reference.", "Give it one of its own.", form.where
        )
    for code in (form.sell, form.buy):
        if code not in snapshot.currencies:
            cure = f"One of {', '.join(snapshot.currencies)}."
            raise OperatorError("unknown_currency", f"{code!r} does not settle here.", cure, form.where)
    kind = _one_of("fixed", form.fixed, KINDS, form.where)
    sold, bought = snapshot.currencies[form.sell], snapshot.currencies[form.buy]
    try:
        quantity = parse_amount(form.amount, sold if kind is OrderKind.EXACT_IN else bought)
    except ValueError as error:
        cure = "Write the amount with the decimals of its currency."
        raise OperatorError("bad_amount", f"{error}.", cure, form.where) from None
    limit = rate_of(form.limit, form.where) * Fraction(bought.minor_per_major, sold.minor_per_major)
    return WantedOrder(
        participant,
        form.reference,
        form.sell,
        form.buy,
        kind,
        quantity,
        limit,
        whole=_one_of("whole", form.whole.lower(), YES_NO, form.where),
        expires_at=_until(form.until, form.where),
        where=form.where,
    )


@dataclass(frozen=True, slots=True)
class QuoteForm:
    """A two-way quote as written; prices in units of the counter currency for one of the base."""

    reference: str
    base: str
    counter: str
    bid: str
    ask: str
    size: str
    """Of the base currency, each way."""
    until: str


def wanted_quote(provider: str, form: QuoteForm, snapshot: Snapshot) -> WantedQuote:
    """What a provider's form promises.

    Raises: OperatorError.
    """
    if not form.reference:
        raise OperatorError("no_reference", "The quote has no reference.", "Give it one of its own.")
    for code in (form.base, form.counter):
        if code not in snapshot.currencies:
            cure = f"One of {', '.join(snapshot.currencies)}."
            raise OperatorError("unknown_currency", f"{code!r} does not settle here.", cure)
    base, counter = snapshot.currencies[form.base], snapshot.currencies[form.counter]
    scale = Fraction(counter.minor_per_major, base.minor_per_major)
    try:
        size = parse_amount(form.size, base)
    except ValueError as error:
        cure = "Write the amount with the decimals of its currency."
        raise OperatorError("bad_amount", f"{error}.", cure) from None
    bid, ask = rate_of(form.bid) * scale, rate_of(form.ask) * scale
    return WantedQuote(
        provider, form.reference, form.base, form.counter, bid, ask, size, size, _until(form.until)
    )


def rate_of(text: str, where: str = "") -> Fraction:
    """A rate above zero, from a plain decimal text.

    Raises: OperatorError.
    """
    value = Fraction(text) if _PLAIN.fullmatch(text) else Fraction(0)
    if not 1 <= value * RATE_MAX <= RATE_MAX**2:
        cure = "Write a decimal above zero: 0.155."
        raise OperatorError("bad_rate", f"{text!r:.40} is no rate.", cure, where)
    return value


def _until(text: str, where: str = "") -> int:
    """When it ends; 0 if nothing was written."""
    return instant_of(text, where) if text else 0


def _one_of(name: str, text: str, allowed: dict[str, T], where: str) -> T:
    if text not in allowed:
        cure = f"Write one of {', '.join(filter(None, allowed))}."
        raise OperatorError("bad_value", f"{text!r} is no value of {name}.", cure, where)
    return allowed[text]
