"""The day's official value of every member's currency, found on a ladder of sources.

    sheets ─▶ who qualifies ─▶ one scale ─▶ two sources for a jump ─▶ geometric mean one ─▶ Fixing

1. the batch's price, if at least `orders_min` orders of `banks_min` banks made it; 2. else what the quotes
of `contributors_min` contributors come to (`cross_rates`); 3. else the central bank's rate; 4. else the
last fixing, marked stale. After `stale_days_max` business days of the currency's own it is suspended
   from exchange, and stays in the union's unit at its last value.

A sheet's numbers mean something only against each other. The first that qualifies sets the scale; others
are brought to it by the median ratio of the currencies that both have. What moves by more than `sigmas`
standard deviations, against the median move of all, needs a second sheet that says the same; without one
the last value is held and the new one published as disputed. The deviation is exponentially weighted (decay
0.94: RiskMetrics Technical Document, 4th ed., 1996, section 5.3) and grows with the days since the last
fresh value.

Values are measured against the geometric mean of the members, so no outside currency is needed: fresh values
are scaled until the mean over those fixed before is one. A newcomer counts in it from its second day. All
is whole numbers and fractions: the same sheets give the same fixing everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import prod
from statistics import median

from tasviya.core.business_day import Calendar
from tasviya.core.errors import Refusal, invariant
from tasviya.core.rates import FxReason, OfficialRate, RateSource, significant

UNIT = "MEAN"
"""The unit that fixings are in: the geometric mean of the members' currencies."""
FIXING_DIGITS = 6
_PPB = 10**9
_ROOT_DIGITS = 30
_ROUNDING = Fraction(2, 10**FIXING_DIGITS)
"""How far from one the mean of rounded values may be."""


@dataclass(frozen=True, slots=True)
class FixingTerms:
    """What the ladder asks for. Deviations are parts of 10**9."""

    orders_min: int = 20
    banks_min: int = 3
    contributors_min: int = 3
    stale_days_max: int = 5
    sigmas: int = 4
    decay_percent: int = 94
    first_deviation: int = 5_000_000
    """50 basis points: of a currency whose moves are not known yet."""
    least_deviation: int = 500_000
    """5 basis points: so that a currency that hardly moves may move a little."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source says one of a currency is worth, in the sheet's own scale."""

    value: Fraction
    evidence: tuple[str, ...]
    orders: int = 0
    parties: int = 0
    """Banks behind a batch price, contributors behind quotes."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that one source says of a date."""

    source: RateSource
    readings: Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A currency's fixing, and what the next one needs to know."""

    rate: OfficialRate
    variance: int
    """Of a day's move, in parts of 10**18."""
    disputed: Fraction | None = None
    """A value that one source alone gave and that was not taken."""
    suspended: bool = False
    """Whether it is too old to exchange at."""


@dataclass(frozen=True, slots=True)
class Fixing:
    """What a date came to: every member is either fixed or refused."""

    business_date: date
    fixed: Mapping[str, Fixed]
    refused: Mapping[str, Refusal] = field(default_factory=dict)

    @property
    def rates(self) -> list[OfficialRate]:
        """For `RateHistory.with_rates`."""
        return [each.rate for each in self.fixed.values()]


def fix(
    day: date,
    calendars: Mapping[str, Calendar],
    sheets: Sequence[Sheet],
    last: Mapping[str, Fixed],
    terms: FixingTerms | None = None,
) -> Fixing:
    """Fix every member's currency on a date.

    calendars: of each member's currency, by code. sheets: at most one a source. last: what was fixed before.
    """
    terms = terms or FixingTerms()
    before = _rebased({code: last[code] for code in calendars if code in last})
    scaled = _one_scale([_qualified(sheet, calendars, terms) for sheet in sorted(sheets, key=_level)])
    centre = _centre(scaled, before)
    fresh: dict[str, _Placed] = {}
    disputed: dict[str, Fraction] = {}
    variances: dict[str, int] = {}
    for code in calendars:
        said = [sheet[code] for sheet in scaled if code in sheet]
        if not said:
            continue
        value = said[0].value / centre
        if code in before:
            known = before[code]
            days = max(1, _age(known.rate, day, calendars[code]))
            move = _ppb(value / known.rate.value)
            bound = terms.sigmas**2 * max(known.variance, terms.least_deviation**2) * days
            confirmed = any(_ppb(other.value / said[0].value) ** 2 <= bound for other in said[1:])
            if move**2 > bound and not confirmed:
                disputed[code] = value
                continue
            decay = terms.decay_percent
            variances[code] = (decay * known.variance + (100 - decay) * move**2 // days) // 100
        fresh[code] = _Placed(value, said[0].source, said[0].evidence)
    factor = _mean_one(fresh, before)
    fixed: dict[str, Fixed] = {}
    refused: dict[str, Refusal] = {}
    for code, calendar in calendars.items():
        if code in fresh:
            placed = fresh[code]
            value = significant(placed.value * factor, FIXING_DIGITS)
            rate = OfficialRate(code, UNIT, day, value, placed.source, placed.evidence)
            fixed[code] = Fixed(rate, variances.get(code, terms.first_deviation**2))
        elif code in before:
            new = disputed.get(code)
            fixed[code] = _again(
                before[code],
                day,
                None if new is None else significant(new * factor, FIXING_DIGITS),
                _age(before[code].rate, day, calendar) > terms.stale_days_max,
            )
        else:
            what = f"No source fixes {code} on {day}, and nothing did before."
            refused[code] = Refusal(
                FxReason.NO_RATE, what, "Name its central bank's rate.", code, transient=True
            )
    return Fixing(day, fixed, refused)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A reading on the scale of the day."""

    value: Fraction
    source: RateSource
    evidence: tuple[str, ...]


def _level(sheet: Sheet) -> int:
    return int(sheet.source)


def _qualified(sheet: Sheet, members: Mapping[str, Calendar], terms: FixingTerms) -> dict[str, _Placed]:
    """The readings that the ladder accepts from a sheet."""

    def accepted(reading: Reading) -> bool:
        match sheet.source:
            case RateSource.BATCH:
                return reading.orders >= terms.orders_min and reading.parties >= terms.banks_min
            case RateSource.QUOTES:
                return reading.parties >= terms.contributors_min
            case _:
                return sheet.source is RateSource.CENTRAL_BANK

    return {
        code: _Placed(reading.value, sheet.source, reading.evidence)
        for code, reading in sheet.readings.items()
        if code in members and reading.value > 0 and accepted(reading)
    }


def _one_scale(sheets: Sequence[dict[str, _Placed]]) -> list[dict[str, _Placed]]:
    """The sheets on the scale of the first; one that shares no currency with those before it is left out."""
    scaled: list[dict[str, _Placed]] = []
    known: dict[str, Fraction] = {}
    for sheet in sheets:
        if not scaled:
            ratio = Fraction(1)
            if len(sheet) < 2:
                continue  # one number alone says nothing
        else:
            shared = [known[code] / placed.value for code, placed in sheet.items() if code in known]
            if not shared:
                continue
            ratio = median(shared)
        placed_here = {
            code: _Placed(placed.value * ratio, placed.source, placed.evidence)
            for code, placed in sheet.items()
        }
        scaled.append(placed_here)
        known = {code: placed.value for code, placed in placed_here.items()} | known
    return scaled


def _centre(scaled: Sequence[Mapping[str, _Placed]], before: Mapping[str, Fixed]) -> Fraction:
    """What the day's scale is in the last fixing's: the median, which one currency's jump does not move."""
    first: dict[str, Fraction] = {}
    for sheet in scaled:
        first = {code: placed.value for code, placed in sheet.items()} | first
    ratios = [value / before[code].rate.value for code, value in first.items() if code in before]
    return median(ratios) if ratios else Fraction(1)


def _mean_one(fresh: Mapping[str, _Placed], before: Mapping[str, Fixed]) -> Fraction:
    """What fresh values are multiplied by, so that the mean over those fixed before is one."""
    counted = [placed.value for code, placed in fresh.items() if code in before or not before]
    if not counted:
        return Fraction(1)
    kept = [each.rate.value for code, each in before.items() if code not in fresh]
    return 1 / root(prod(counted, start=Fraction(1)) * prod(kept, start=Fraction(1)), len(counted))


def _rebased(last: Mapping[str, Fixed]) -> dict[str, Fixed]:
    """The last fixings against their own mean, should members have come or gone."""
    if not last:
        return {}
    mean = root(prod((each.rate.value for each in last.values()), start=Fraction(1)), len(last))
    if abs(mean - 1) <= _ROUNDING:
        return dict(last)
    rebased = {}
    for code, each in last.items():
        old = each.rate
        value = significant(old.value / mean, FIXING_DIGITS)
        rate = OfficialRate(code, UNIT, old.business_date, value, old.source, old.evidence, old.fixed_on)
        rebased[code] = Fixed(rate, each.variance)
    return rebased


def _again(known: Fixed, day: date, disputed: Fraction | None, suspended: bool) -> Fixed:
    """The last fixing as this date's."""
    old = known.rate
    rate = OfficialRate(
        *(old.currency, UNIT, day, old.value, RateSource.LAST, old.evidence),
        fixed_on=old.fixed_on or old.business_date,
    )
    return Fixed(rate, known.variance, disputed, suspended)


def _age(rate: OfficialRate, day: date, calendar: Calendar) -> int:
    """Business days of the currency's own since its last fresh value."""
    since, count = rate.fixed_on or rate.business_date, 0
    while since < day:
        since = calendar.next_business_day(since)
        count += since <= day
    return count


def _ppb(ratio: Fraction) -> int:
    return round((ratio - 1) * _PPB)


def root(value: Fraction, degree: int) -> Fraction:
    """The root of a positive number, to at least 30 digits, by whole numbers."""
    invariant(value > 0 and degree > 0, "roots are taken of positive numbers")
    smallness = max(0, value.denominator.bit_length() - value.numerator.bit_length())
    digits = _ROOT_DIGITS + smallness // (3 * degree) + 1
    wanted = value.numerator * 10 ** (digits * degree) // value.denominator
    guess = 1 << -(-wanted.bit_length() // degree)
    while True:  # Newton from above: falls until it is the floor of the root
        better = ((degree - 1) * guess + wanted // guess ** (degree - 1)) // degree
        if better >= guess:
            return Fraction(guess, 10**digits)
        guess = better
