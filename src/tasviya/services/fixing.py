"""The daily fixing: what every currency is officially worth on a business date.

    batches, quotes, central banks ─▶ sheets ─▶ exchange.fixing ─▶ official rates ─▶ the exchange's values
                                                                         └─▶ the unit's value (unit.py)

A date is fixed once, when its last currency closes or when the operator asks for it, in a unit of work of its
own; what was fixed stays. The exchange goes on from the newer of batch price and fixing. A currency whose
rate has become too old takes part in no batch until it has a fresh one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from statistics import median

from tasviya.core.business_day import DayEvent, Phase
from tasviya.core.errors import OperatorError, Refusal
from tasviya.exchange.cross_rates import Suspect
from tasviya.exchange.fixing import Fixed, Fixing, FixingTerms, Sheet, fix
from tasviya.exchange.fixing_sources import batch_sheet, central_bank_sheet, quote_sheet
from tasviya.membership.register import Snapshot
from tasviya.services.exchange_book import Book, rounded
from tasviya.services.memory import Memory
from tasviya.services.position_interest import accrue_interest
from tasviya.services.rate_rows import (
    BATCH_SOURCE,
    FIXING_SOURCE,
    FixingRow,
    RateRow,
    ValueRow,
)
from tasviya.services.unit import value_unit
from tasviya.services.work import Work


def due(memory: Memory, until_ns: int) -> tuple[int, date] | None:
    """The business date whose last currency has closed, and when that was; None if none waits to be fixed."""
    if memory.snapshot.exchange_rules is None:
        return None
    closed = {row.business_date for row in memory.days.values() if row.phase == Phase.CLOSED}
    for text in sorted(day for day in closed if day > memory.book.latest_fixing):
        day = date.fromisoformat(text)
        ends = [_end(memory, code, day, until_ns) for code in memory.snapshot.currencies]
        if None not in ends:
            return max(end or 0 for end in ends), day
    return None


def _end(memory: Memory, code: str, day: date, until_ns: int) -> int | None:
    """When a currency was done with a date; 0 if it had no such day, None if it is not done yet."""
    hours, row = memory.snapshot.operating_hours(code), memory.days.get(code)
    closes = next((at for at, event in hours.schedule(day) if event is DayEvent.CLOSES), 0) if hours else 0
    if row is not None and row.business_date >= day.isoformat():
        if row.business_date > day.isoformat():
            return 0
        return min(row.since, closes or row.since) if row.phase == Phase.CLOSED else None
    if row is not None and row.phase != Phase.CLOSED:
        return None  # it is still at an earlier date
    return None if closes > until_ns else 0


def fix_date(work: Work, business_date: date) -> Fixing:
    """Fix all currencies on a business date.

    Raises: OperatorError, with nothing changed, if the date is not the next to be fixed.
    """
    memory = work.memory
    _must_be_next(memory, business_date)
    snapshot = memory.register.on(business_date)
    day = business_date.isoformat()
    last = {row.currency: row.fixed() for row in memory.store.latest_rates()}
    calendars = {
        code: hours.calendar for code in snapshot.currencies if (hours := snapshot.operating_hours(code))
    }
    sheets, suspects = _sheets(work, snapshot, day)
    fixing = fix(business_date, calendars, sheets, last, _terms(snapshot))
    rates = [RateRow.of(each) for each in fixing.fixed.values()]
    work.changes.fixings.append(FixingRow(day, work.now_ns, ", ".join(fixing.refused)))
    work.changes.rates += rates
    memory.book.latest_fixing = day
    memory.book.suspended = {row.currency: row.fixed_on for row in rates if row.suspended}
    _feed_book(work, fixing.fixed)
    work.act("fixing", day, "; ".join(_in_words(rates, fixing, suspects)) or "nothing has a rate")
    value_unit(work, snapshot, business_date, fixing)
    accrue_interest(work, business_date)
    return fixing


def _must_be_next(memory: Memory, business_date: date) -> None:
    """A date is fixed after its first opening, once, and after the dates before it."""
    if memory.snapshot.exchange_rules is None:
        raise OperatorError(
            "no_exchange", "This union has no exchange.", "Add [exchange] to its configuration."
        )
    day, latest = business_date.isoformat(), memory.book.latest_fixing
    if day == latest:
        raise OperatorError("fixed_already", f"{day} is fixed.", "`tasviya rates` shows it; it stays.")
    if day < latest:
        what = f"{day} lies before the last fixing, {latest}."
        raise OperatorError("fixing_passed", what, "A date that was left out stays without a fixing.")
    opened = max((row.business_date for row in memory.days.values()), default="")
    if day > opened:
        cure = "Fix a date once a currency has opened it."
        raise OperatorError("fixing_ahead", f"No currency has opened {day} yet.", cure)


def _terms(snapshot: Snapshot) -> FixingTerms:
    rules = snapshot.fixing_rules
    if rules is None:
        return FixingTerms()
    return FixingTerms(
        orders_min=rules.orders_min,
        banks_min=rules.banks_min,
        contributors_min=rules.contributors_min,
        stale_days_max=rules.stale_days_max,
        sigmas=rules.sigmas,
    )


def _sheets(work: Work, snapshot: Snapshot, day: str) -> tuple[list[Sheet], Sequence[Suspect]]:
    """What the date's sources say, and the quotes that are too far off to be believed."""
    store, book = work.memory.store, work.memory.book
    span = store.date_span(day)
    batches = batch_sheet(
        ((each.currency, each.reading()) for each in store.batch_readings(*span)), _terms(snapshot)
    )
    quoted = quote_sheet(
        (row.firm() for row in store.quotes_given(*span)), book.market(), snapshot.currencies
    )
    sheets, suspects = [batches, _central_banks(snapshot)], list[Suspect]()
    if not isinstance(quoted, Refusal):
        sheets.append(quoted[0])
        suspects += quoted[1].suspects
    return [sheet for sheet in sheets if sheet.readings], suspects


def _central_banks(snapshot: Snapshot) -> Sheet:
    said = {code: rate for code in snapshot.currencies if (rate := snapshot.central_bank_rate(code))}
    banks = {code: snapshot.settlement_institution(code) for code in said}
    return central_bank_sheet(
        {code: Fraction(rate) for code, rate in said.items()},
        {code: bank.code if bank else code for code, bank in banks.items()},
    )


def _feed_book(work: Work, fixed: Mapping[str, Fixed]) -> None:
    """Let the exchange go on from the fixing: from a batch's price only where the fixing is older. All that
    it knows is brought to the fixing's measure."""
    book = work.memory.book
    fresh = {code: each.rate.value for code, each in fixed.items() if not each.rate.stale}
    measure = _measure(book, fresh or {code: each.rate.value for code, each in fixed.items()})
    for code in sorted(set(book.values) | set(fixed)):
        if code in fixed and (code in fresh or code not in book.priced):
            value, source = fixed[code].rate.value, FIXING_SOURCE
            book.priced.discard(code)
        else:
            value = Fraction(rounded(book.values[code] * measure))
            source = BATCH_SOURCE if code in book.priced else FIXING_SOURCE
        book.values[code] = value
        work.changes.values[code] = ValueRow(code, rounded(value), source)


def _measure(book: Book, fixed: Mapping[str, Fraction]) -> Fraction:
    """What the values that the exchange has kept are multiplied by."""
    ratios = [value / book.values[code] for code, value in fixed.items() if code in book.values]
    return median(ratios) if ratios else Fraction(1)


def _in_words(rates: Iterable[RateRow], fixing: Fixing, suspects: Iterable[Suspect]) -> Iterable[str]:
    """What the journal says of a fixing, also of quotes that the others contradict."""
    for row in rates:
        words = [row.currency, row.value, row.level]
        words += [f"of {row.fixed_on}"] if row.fixed_on != row.business_date else []
        words += [f"disputed {row.disputed}"] if row.disputed else []
        words += ["suspended"] if row.suspended else []
        yield " ".join(words)
    for code in fixing.refused:
        yield f"{code} none"
    for each in suspects:
        pair = f"{each.quote.base}/{each.quote.quote}"
        yield f"{each.quote.contributor} {pair} suspect, off by {each.sigmas:+.0f} times its noise"
