"""The daily fixing: what every currency is officially worth on a business date.

    batches, quotes, central banks ─▶ sheets ─▶ exchange.fixing ─▶ official rates ─▶ the exchange's values
                                                                         └─▶ the unit's value (unit.py)

A date is fixed once, when its last currency closes or when the operator asks for it, in a unit of work of its
own; what was fixed stays. The exchange goes on from the newer of batch price and fixing. A currency whose
rate has become too old takes part in no batch until it has a fresh one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from statistics import median

from tasviya.core.business_day import DayEvent, Phase
from tasviya.core.errors import OperatorError, Refusal
from tasviya.core.rates import RateSource
from tasviya.exchange.cross_rates import PairQuote, consistent_rates
from tasviya.exchange.fixing import Fixed, Fixing, FixingTerms, Reading, Sheet, fix
from tasviya.exchange.market import OrderKind
from tasviya.exchange.order import limit_of
from tasviya.membership.register import Snapshot
from tasviya.services.exchange_book import Book, rounded
from tasviya.services.memory import Memory
from tasviya.services.rate_rows import (
    BATCH_SOURCE,
    FIXING_SOURCE,
    BatchReading,
    FixingRow,
    GivenQuote,
    RateRow,
    ValueRow,
)
from tasviya.services.unit import value_unit
from tasviya.services.work import Work

LEAST_NOISE = 1e-5
"""A tenth of a basis point: how far off the middle of the narrowest quote may be."""


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
    fixing = fix(business_date, calendars, _sheets(work, snapshot, day), last, _terms(snapshot))
    rates = [RateRow.of(each) for each in fixing.fixed.values()]
    work.changes.fixings.append(FixingRow(day, work.now_ns, ", ".join(fixing.refused)))
    work.changes.rates += rates
    memory.book.latest_fixing = day
    memory.book.suspended = {row.currency: row.fixed_on for row in rates if row.suspended}
    _feed_book(work, fixing.fixed)
    work.act("fixing", day, "; ".join(_in_words(rates, fixing)) or "nothing has a rate")
    value_unit(work, snapshot, business_date, fixing)
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


def _sheets(work: Work, snapshot: Snapshot, day: str) -> list[Sheet]:
    store = work.memory.store
    span = store.date_span(day)
    sheets = [
        Sheet(RateSource.BATCH, _batch_prices(store.batch_readings(*span), _terms(snapshot))),
        Sheet(RateSource.QUOTES, _quoted(store.quotes_given(*span), snapshot)),
        Sheet(RateSource.CENTRAL_BANK, _central_banks(snapshot)),
    ]
    return [sheet for sheet in sheets if sheet.readings]


def _batch_prices(found: Iterable[BatchReading], terms: FixingTerms) -> dict[str, Reading]:
    """Each currency's last price of the date that had enough behind it, else its last."""
    readings: dict[str, Reading] = {}
    for each in found:
        reading = Reading(Fraction(each.value), (f"batch {each.batch_seq}",), each.orders, each.banks)
        before = readings.get(each.currency)
        if before is None or _enough(reading, terms) or not _enough(before, terms):
            readings[each.currency] = reading
    return readings


def _enough(reading: Reading, terms: FixingTerms) -> bool:
    return reading.orders >= terms.orders_min and reading.parties >= terms.banks_min


def _quoted(given: Sequence[GivenQuote], snapshot: Snapshot) -> dict[str, Reading]:
    """What providers' last two-way quotes of the date come to together."""
    quotes = largest_group(two_way(given, snapshot))
    found = consistent_rates(quotes) if quotes else None
    if found is None or isinstance(found, Refusal):
        return {}
    return {
        code: Reading(value, tuple(sorted(found.support[code])), parties=len(found.support[code]))
        for code, value in found.values.items()
    }


def two_way(given: Sequence[GivenQuote], snapshot: Snapshot) -> list[PairQuote]:
    """Each provider's last quote of each pair that has both a bid and an ask: their middle, and half of the
    spread as its noise."""
    sides: dict[int, dict[OrderKind, GivenQuote]] = defaultdict(dict)
    for side in given:
        sides[side.quote_seq][OrderKind(side.kind)] = side
    last: dict[tuple[str, frozenset[str]], PairQuote] = {}
    for _, both in sorted(sides.items()):
        if len(both) < 2:
            continue
        asks, bids = both[OrderKind.EXACT_IN], both[OrderKind.EXACT_OUT]
        ask, bid = _limit(asks, snapshot), 1 / _limit(bids, snapshot)
        middle = (bid + ask) / 2
        noise = max(float((ask - bid) / 2 / middle), LEAST_NOISE)
        pair = frozenset((asks.sell, asks.buy))
        last[asks.provider, pair] = PairQuote(asks.sell, asks.buy, middle, asks.provider, noise)
    return list(last.values())


def _limit(side: GivenQuote, snapshot: Snapshot) -> Fraction:
    """Units bought for one unit sold."""
    sold, bought = snapshot.currencies[side.sell], snapshot.currencies[side.buy]
    scale = Fraction(sold.minor_per_major, bought.minor_per_major)
    return limit_of(side.tick, side.exponent) * scale


def largest_group(quotes: Sequence[PairQuote]) -> list[PairQuote]:
    """The quotes of the largest group of currencies that quotes tie together."""
    group = {code: {code} for quote in quotes for code in (quote.base, quote.quote)}
    for quote in quotes:
        joined = group[quote.base] | group[quote.quote]
        for code in joined:
            group[code] = joined
    largest = max(group.values(), key=lambda codes: (len(codes), sorted(codes)), default=set())
    return [quote for quote in quotes if quote.base in largest]


def _central_banks(snapshot: Snapshot) -> dict[str, Reading]:
    readings = {}
    for code in snapshot.currencies:
        said, institution = snapshot.central_bank_rate(code), snapshot.settlement_institution(code)
        if said is not None:
            readings[code] = Reading(Fraction(said), (institution.code if institution else code,))
    return readings


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


def _in_words(rates: Iterable[RateRow], fixing: Fixing) -> Iterable[str]:
    for row in rates:
        words = [row.currency, row.value, row.level]
        words += [f"of {row.fixed_on}"] if row.fixed_on != row.business_date else []
        words += [f"disputed {row.disputed}"] if row.disputed else []
        words += ["suspended"] if row.suspended else []
        yield " ".join(words)
    for code in fixing.refused:
        yield f"{code} none"
