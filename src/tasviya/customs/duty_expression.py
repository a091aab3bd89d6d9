"""A duty rate as a tariff writes it, made into data; nothing is evaluated here.

    "13.8% MIN 13.00 GBP / 100 kg MAX 15.00 GBP / 100 kg - 7.00 GBP / 100 kg"  ──parse──▶  Expression

An expression has seasons, which share out the year; a season has clauses; a clause has components. `+` and
`-` bind a clause's components to one amount. The clauses are then folded from the left: MIN x is at least x,
MAX x at most x, and whichever comes later has the last word.

    text    = "Entry Price" | rate | rate (season, …), rate (season, …) …
    rate    = sum { MIN sum | MAX sum }
    sum     = part { + part | - part }
    part    = number % | free | number currency / [number] unit | EA | ADSZ | ADFM
    season  = day month - day month, both inclusive

Each day of the year has one season, and one only. What cannot be read is refused with the place where reading
stopped: nothing is guessed. A text is read once from left to right, so that a hostile one costs no more.

Source: the EU's Combined Nomenclature, part one, section I; TARIC's measurement units and their qualifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tasviya.core.currencies import iso_currencies
from tasviya.core.errors import Refusal, invariant
from tasviya.customs.duty_text import Text, Unread, quoted, text_of
from tasviya.customs.duty_units import Unit, spelling, unit_of

__all__ = ("CODES", "Bound", "Clause", "Component", "Expression", "Kind", "Season", "Unit", "parse")

LENGTH_MAX = 2000
"""Characters of a text; the longest in the tariffs of the EU and the UK has 99."""
WHOLE_DIGITS_MAX = 12
DECIMALS_MAX = 6
"""What a number has at most, so that sums and products of rates stay exact."""

CODES = {
    "DE01": "There is a duty rate to read.",
    "DE02": f"A duty rate has at most {LENGTH_MAX:,} characters.",
    "DE03": "All of a duty rate is read: nothing is skipped or guessed.",
    "DE04": "A number has a decimal point, commas only at thousands, "
    f"at most {WHOLE_DIGITS_MAX} digits before the point and {DECIMALS_MAX} after it.",
    "DE05": "A number is followed by % or by a currency.",
    "DE06": "A currency is named: $ could be one of many.",
    "DE07": "A currency is one of ISO 4217.",
    "DE08": "Money is owed per unit of something.",
    "DE09": "A unit is one that tariffs use.",
    "DE10": "Between two parts of a duty rate stands one of + - MIN MAX, and nowhere else.",
    "DE11": "MIN and MAX bound what stands to the left of them.",
    "DE12": "A season has two dates that exist: a day and a month each.",
    "DE13": "If a rate has seasons, each of its rates has its own, in brackets.",
    "DE14": "Each day of the year has one rate.",
}
"""The rule that each refusal of `parse` rests on."""

TABLES = ("EA", "ADSZ", "ADFM")
"""Agricultural component, and additional duties on sugar and flour: looked up by a product's composition."""


class Kind(StrEnum):
    """What a component is an amount of."""

    PERCENT = "percent"
    """Per cent of the customs value."""
    SPECIFIC = "specific"
    """Money per unit."""
    TABLE = "table"
    """What a table says."""


class Bound(StrEnum):
    """What a clause does to the amount that the clauses before it have come to."""

    START = "start"
    """It is the first one."""
    MIN = "min"
    """At least this much."""
    MAX = "max"
    """At most this much."""


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a sum.

    sign: 1 or -1; the first of a clause has 1. amount: zero or more; per cent, or money in major units for
    `per` units; 0 of a table. currency: ISO 4217, of SPECIFIC only, as is the unit. table: one of TABLES.
    """

    sign: int
    kind: Kind
    amount: Decimal
    currency: str = ""
    unit: Unit | None = None
    per: int = 1
    table: str = ""

    def __str__(self) -> str:
        """The part without its sign."""
        if self.kind is Kind.TABLE:
            return self.table
        if self.kind is Kind.PERCENT:
            return f"{self.amount:f}%"
        unit = spelling(self.unit, self.per) if self.unit else ""
        return f"{self.amount:f} {self.currency} / {unit}"


@dataclass(frozen=True, slots=True)
class Clause:
    """A sum, and what it does to what stands before it. The first of a rate has START, no other has."""

    bound: Bound
    components: tuple[Component, ...]

    def __str__(self) -> str:
        words = [] if self.bound is Bound.START else [self.bound.upper()]
        for place, each in enumerate(self.components):
            if place:
                words.append("+" if each.sign > 0 else "-")
            words.append(str(each))
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class Season:
    """What is owed in a part of the year.

    first, last: month * 100 + day, both inclusive; if first > last, it goes on over the year's end.
    """

    first: int
    last: int
    clauses: tuple[Clause, ...]

    def __contains__(self, day: int) -> bool:
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last


@dataclass(frozen=True, slots=True)
class Expression:
    """A duty rate. text: as it was written. seasons: in the order of the text, each day in one of them.

    entry_price: the duty depends on the price on entry, as a table of its own says; there are no seasons.
    """

    text: str
    seasons: tuple[Season, ...]
    entry_price: bool = False

    def on(self, day: date) -> tuple[Clause, ...]:
        """The clauses that hold on a day; none of an entry price.

        29 February, unless a season names it, belongs to the season that ends on 28 February.
        Raises: InvariantBroken if the seasons, not from `parse`, leave the day out or have it twice.
        """
        if self.entry_price:
            return ()
        number = day.month * 100 + day.day
        found = [each for each in self.seasons if number in each]
        if not found and number == LEAP_DAY:
            found = [each for each in self.seasons if LEAP_DAY - 1 in each]
        invariant(len(found) == 1, "each day of the year has one rate")
        return found[0].clauses

    def __str__(self) -> str:
        """The same in one spelling: it parses to equal seasons."""
        if self.entry_price:
            return ENTRY_PRICE
        rates = []
        for each in self.seasons:
            rate = " ".join(map(str, each.clauses))
            if (each.first, each.last) == ALL_YEAR:
                return rate
            rates.append(f"{rate} ({written(each.first)} - {written(each.last)})")
        return ", ".join(rates)


def parse(text: str) -> Expression | Refusal:
    """The duty rate that a text says, or why it says none.

    Refused with a code of CODES; `where` is the place in the text, in characters from 1.
    """
    try:
        return read(text)
    except Unread as unread:
        return unread.refusal


# Below, a text is read with its places, and the first thing wrong stops the reading.

ENTRY_PRICE = "Entry Price"
ALL_YEAR = (101, 1231)
LEAP_DAY = 229
MONTHS = ("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER",
          "NOVEMBER", "DECEMBER")  # fmt: skip
DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
YEAR = tuple(month * 100 + day for month, days in enumerate(DAYS, 1) for day in range(1, days + 1))

SIGNS_OF = {"€": "EUR", "£": "GBP"}

OPERATOR = re.compile(r"[+-]|(?:MIN|MAX)(?![A-Z])", re.IGNORECASE | re.ASCII)
NUMBER = re.compile(r"[0-9][0-9.,]*")
GOOD_NUMBER = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
WORD = re.compile(r"[A-Za-z]*\$|[€£]|[A-Za-z]+")
UNIT_END = re.compile(r"[+()-]|(?<![A-Z])(?:MIN|MAX)(?![A-Z])", re.IGNORECASE | re.ASCII)
DATES = re.compile(r" *([0-9]{1,2}) *([A-Za-z]{3,9}) *- *([0-9]{1,2}) *([A-Za-z]{3,9}) *")


def read(raw: str) -> Expression:
    """Raises: Unread."""
    if len(raw) > LENGTH_MAX:
        what = f"The text has {len(raw):,} characters."
        raise Unread(Refusal("DE02", what, f"Give at most {LENGTH_MAX:,}.", str(LENGTH_MAX + 1)))
    text = text_of(raw)
    end = len(text.seen)
    if text.skip(0, end) == end:
        raise text.unread("DE01", 0, "The text is empty.", 'Write "free" if no duty is owed.')
    if " ".join(text.seen.split()).upper() == ENTRY_PRICE.upper():
        return Expression(raw, (), entry_price=True)
    if "(" in text.seen:
        return Expression(raw, seasons_in(text))
    return Expression(raw, (Season(*ALL_YEAR, clauses_in(text, 0, end)),))


def seasons_in(text: Text) -> tuple[Season, ...]:
    """Rates with their seasons in brackets behind them. Raises: Unread."""
    found: list[tuple[int, Season]] = []
    at, end = text.skip(0, len(text.seen)), len(text.seen)
    while at < end:
        opening = text.seen.find("(", at)
        closing = text.seen.find(")", opening + 1)
        if opening < 0:
            what = f"{quoted(text.seen[at:])} has no season."
            raise text.unread("DE13", at, what, "Write its season behind it, such as (01 JAN - 31 MAR).")
        if closing < 0:
            raise text.unread("DE13", opening, "A bracket is not closed.", "Close it behind the dates.")
        if at == opening:
            raise text.unread("DE13", at, "A season has no rate.", "Write the rate before the bracket.")
        clauses = clauses_in(text, at, opening)
        for place, first, last in dates_in(text, opening + 1, closing):
            found.append((place, Season(first, last, clauses)))
        at = text.skip(closing + 1, end)
        if text.seen.startswith(",", at):
            at = text.skip(at + 1, end)
            if at == end:
                raise text.unread("DE13", at, "The text ends in a comma.", "Take it out, or add the rate.")
    share_out(text, found)
    return tuple(season for _, season in found)


def dates_in(text: Text, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The place, first and last day of each season between two brackets. Raises: Unread."""
    for span in text.seen[at:end].split(","):
        place = text.skip(at, at + len(span))
        found = DATES.fullmatch(span)
        if not found:
            cure = "Write two dates, such as 01 JAN - 31 MAR."
            raise text.unread("DE12", place, f"{quoted(span)} is no season.", cure)
        days = []
        for day, month in ((1, 2), (3, 4)):
            number = day_number(int(found[day]), found[month].upper())
            if not number:
                what = f"{found[day]} {found[month]} is no date."
                cure = "Write a day that the month has, and the month's name, such as 30 APR."
                raise text.unread("DE12", at + found.start(day), what, cure)
            days.append(number)
        yield place, days[0], days[1]
        at += len(span) + 1


def day_number(day: int, month_name: str) -> int:
    """month * 100 + day; 0 if there is no such date. A name may be shortened to three letters."""
    for month, (name, days) in enumerate(zip(MONTHS, DAYS, strict=True), 1):
        if name.startswith(month_name) and 1 <= day <= days:
            return month * 100 + day
    return 0


def share_out(text: Text, found: list[tuple[int, Season]]) -> None:
    """Stop unless each day has one season; 29 February may go with the 28th. Raises: Unread."""
    taken: set[int] = set()
    for place, season in found:
        days = [day for day in YEAR if day in season]
        twice = taken.intersection(days)
        if twice:
            what = f"{written(min(twice))} has two rates."
            raise text.unread("DE14", place, what, "Let each season begin when the one before has ended.")
        taken.update(days)
    never = set(YEAR) - taken - {LEAP_DAY}
    if never:
        what = f"{written(min(never))} has no rate."
        cure = 'Let the seasons cover the year; write "free" where no duty is owed.'
        raise text.unread("DE14", found[-1][0], what, cure)


def clauses_in(text: Text, at: int, end: int) -> tuple[Clause, ...]:
    """The clauses of one rate. Raises: Unread."""
    clauses: list[Clause] = []
    parts: list[Component] = []
    bound, sign = Bound.START, 1
    due = True
    at = text.skip(at, end)
    while at < end:
        found = OPERATOR.match(text.seen, at, end)
        if found:
            if due:
                raise out_of_place(text, at, found[0], first=not clauses and not parts)
            if found[0] in "+-":
                sign = 1 if found[0] == "+" else -1
            else:
                clauses.append(Clause(bound, tuple(parts)))
                bound, sign, parts = Bound(found[0].lower()), 1, []
            due, at = True, found.end()
        elif due:
            part, at = component_in(text, at, end, sign)
            parts.append(part)
            due = False
        else:
            what = f"{text.piece(at, end)} follows without an operator."
            raise text.unread("DE10", at, what, "Write + - MIN or MAX between the two, or take one out.")
        at = text.skip(at, end)
    if due:
        raise text.unread("DE10", at, "The rate ends in an operator.", "Add what follows, or take it out.")
    clauses.append(Clause(bound, tuple(parts)))
    return tuple(clauses)


def out_of_place(text: Text, at: int, operator: str, *, first: bool) -> Unread:
    """Why an operator cannot stand where a part is due."""
    if not first:
        what = f"{quoted(operator)} follows another operator."
        return text.unread("DE10", at, what, "Leave one of them, or write what stands between them.")
    if operator in "+-":
        return text.unread(
            "DE10", at, f"The rate begins with {quoted(operator)}.", "Begin with a rate or an amount."
        )
    cure = f"Write the rate that it bounds before {operator.upper()}."
    return text.unread("DE11", at, f"Nothing stands before {operator}.", cure)


def component_in(text: Text, at: int, end: int, sign: int) -> tuple[Component, int]:
    """The part that begins there, and where it ends. Raises: Unread."""
    currency = ""
    word = WORD.match(text.seen, at, end)
    if word:
        name = word[0].upper()
        if name == "FREE":
            return Component(sign, Kind.PERCENT, Decimal(0)), word.end()
        if name in TABLES:
            return Component(sign, Kind.TABLE, Decimal(0), table=name), word.end()
        currency = currency_of(text, at, name)
        at = text.skip(word.end(), end) if currency else at
    number = NUMBER.match(text.seen, at, end)
    if not number:
        cure = 'Write a rate such as 5%, free, 13.00 GBP / 100 kg, EA, or "Entry Price".'
        raise text.unread("DE03", at, f"{text.piece(at, end)} is no part of a duty rate.", cure)
    amount = decimal_of(text, at, number[0])
    at = text.skip(number.end(), end)
    if not currency:
        if text.seen.startswith("%", at, end):
            return Component(sign, Kind.PERCENT, amount), at + 1
        word = WORD.match(text.seen, at, end)
        after = text.skip(word.end(), end) if word else at
        currency = currency_of(text, at, word[0].upper()) if word else ""
        if word and not currency and text.seen.startswith("/", after, end):
            what = f"{quoted(word[0])} is no currency."
            raise text.unread("DE07", at, what, "Write a code of ISO 4217, such as GBP.")
        if not currency:
            what = f"{number[0]} has neither % nor a currency."
            cure = f"Write {number[0]}%, or the currency and the unit, such as {number[0]} EUR / 100 kg."
            raise text.unread("DE05", number.start(), what, cure)
        at = after
    unit, per, at = unit_in(text, at, end, f"{number[0]} {currency}")
    return Component(sign, Kind.SPECIFIC, amount, currency, unit, per), at


def decimal_of(text: Text, at: int, number: str) -> Decimal:
    """Raises: Unread."""
    whole, _, decimals = number.replace(",", "").partition(".")
    if not GOOD_NUMBER.fullmatch(number) or len(whole) > WHOLE_DIGITS_MAX or len(decimals) > DECIMALS_MAX:
        cure = "Write it with a decimal point, and commas only at thousands, such as 1,234.50."
        raise text.unread("DE04", at, f"{quoted(number)} is no number for a duty rate.", cure)
    return Decimal(number.replace(",", ""))


def currency_of(text: Text, at: int, name: str) -> str:
    """The code of a currency's sign or code; empty if it is none. Raises: Unread on $."""
    if name.endswith("$"):
        what = f"{quoted(name)} may be the dollar of many countries."
        raise text.unread("DE06", at, what, "Write the currency's code: USD, AUD, CAD, SGD.")
    name = SIGNS_OF.get(name, name)
    return name if name in iso_currencies() else ""


def unit_in(text: Text, at: int, end: int, money: str) -> tuple[Unit, int, int]:
    """What money is owed for: the unit, how many of it, and where that ends. Raises: Unread."""
    start = text.skip(at + 1, end) if text.seen.startswith("/", at, end) else end
    stop = UNIT_END.search(text.seen, start, end)
    name = text.seen[start : stop.start() if stop else end]
    if not name.strip():
        what = f"{money} is owed for no unit."
        raise text.unread("DE08", at, what, f"Say for how much, such as {money} / 100 kg.")
    found = unit_of(name)
    if not found:
        cure = "Write one such as kg, 100 kg / gross, tonne, hl, % vol / hl, item or m2."
        raise text.unread("DE09", start, f"{quoted(name)} is no unit known here.", cure)
    return *found, start + len(name)


def written(day: int) -> str:
    """A day of the year as tariffs write it: 31 MAR."""
    return f"{day % 100:02d} {MONTHS[day // 100 - 1][:3]}"
