"""Swing credit over years of real trade: how much had to be paid in money, and who piled up claims.

    history(region, trade) ─▶ each year's net results and turnover
    simulate(history, rules) ─▶ Outcome: money paid, year by year, and the positions in the end

Each year's results settle by `settlement.swing`; a quota is a part of a member's turnover with the others,
its sales and its purchases, of the year itself or of a base year. Charges and purchases come before the
year's result. A year's trade nets as a whole: within a year more money, and more credit, would be needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tasviya.core.errors import OperatorError
from tasviya.lab.regions import Chosen, Region, choose, obligations
from tasviya.lab.trade_files import TradeYears
from tasviya.settlement.imbalances import creditor_charge, purchases
from tasviya.settlement.netting import Flow, added, multilateral, netting
from tasviya.settlement.swing import ALL_CREDIT, Band, Standing, settle


@dataclass(frozen=True, slots=True)
class Year:
    """A year's trade between members, US dollars."""

    year: int
    gross: int
    bilateral: int
    """What is left when each pair has netted."""
    net: Mapping[str, int]
    turnover: Mapping[str, int]
    """Sales and purchases."""


@dataclass(frozen=True, slots=True)
class Periods:
    """What some members traded with each other over years, or other periods."""

    years: Sequence[Year]

    @property
    def gross(self) -> int:
        """All years' trade."""
        return sum(each.gross for each in self.years)


@dataclass(frozen=True, slots=True)
class History(Periods):
    """Some states' trade with each other over years."""

    last: Chosen


@dataclass(frozen=True, slots=True)
class Rules:
    """What the union decides."""

    quota: Fraction
    """How far a debt may go, as a part of turnover."""
    bands: tuple[Band, ...] = ALL_CREDIT
    creditor_quota: Fraction | None = None
    """How far a claim may go before it has a right to money; None: without bound."""
    base_year: int | None = None
    """The year whose turnover counts; None: each year its own."""
    charge: Fraction = Fraction(0)
    """A year's charge on claims beyond the free part."""
    free: Fraction = Fraction(1, 2)
    """The free part, of the quota."""
    purchase: Fraction = Fraction(0)
    """Which part of its claim each creditor spends with the debtors every year."""
    more_trade: tuple[Flow, ...] = ()
    """Purchases besides, US dollars in an average year; they grow with trade."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """One simulated year."""

    year: int
    money: int
    """What was paid in money."""
    claims: int
    """All claims on the union at its end."""
    short: int
    """Money that creditors had a right to and did not get."""
    recycled: int
    """Charges and purchases."""
    positions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What some rules came to over all years."""

    rules: Rules
    years: Sequence[Settlement]
    gross: int

    @property
    def money_share(self) -> Fraction:
        """Money paid, as a part of all trade."""
        return Fraction(sum(each.money for each in self.years), self.gross) if self.gross else Fraction(0)

    @property
    def positions(self) -> Mapping[str, int]:
        """In the end."""
        return self.years[-1].positions


def history(trade: Sequence[TradeYears], wanted: Region, first: int | None, last: int | None) -> History:
    """A region's trade over the years that the figures with most of its members and years have.

    first, last: the first and last year, if not all.
    Raises: OperatorError if there are fewer than two years.
    """
    found: list[list[Chosen]] = []
    for each in trade:
        years = [year for year in each.years if (first or 0) <= year <= (last or year)]
        chosen = []
        for year in years:
            try:
                chosen.append(choose([each], Region(wanted.name, year, wanted.title, wanted.members)))
            except OperatorError:
                continue  # the figures have that year, and not two of these members in it
        found.append(chosen)
    best = max(
        found,
        key=lambda each: (min(len(each), 2), len(each[-1].members) if each else 0, len(each)),
        default=[],
    )
    if len(best) < 2:
        what = f"No figures of {wanted.name} over several years are at hand."
        cure = "Use a region with a panel, such as latam, or a panel of your own by --data."
        raise OperatorError("LB12", what, cure)
    return History([_year(each) for each in best], best[-1])


def simulate(of: Periods, rules: Rules) -> Outcome:
    """What settling every year by these rules would have come to, from positions of zero."""
    positions: dict[str, int] = {}
    done = []
    base = next((each for each in of.years if each.year == rules.base_year), None)
    for each in of.years:
        turnover = (base or each).turnover
        members = sorted({*each.net, *positions})
        before = {member: positions.get(member, 0) for member in members}
        free = {member: int(rules.free * rules.quota * turnover.get(member, 0)) for member in members}
        charged = creditor_charge(before, free, rules.charge)
        for member, change in charged.items():
            before[member] += change
        more = [
            *purchases(before, rules.purchase),
            *_grown(rules.more_trade, each.gross * len(of.years), of.gross),
        ]
        bought = multilateral(added(more))
        recycled = sum(flow.amount for flow in more) + sum(
            change for change in charged.values() if change > 0
        )
        standings = {
            member: Standing(
                before[member],
                each.net.get(member, 0) + bought.get(member, 0),
                int(rules.quota * turnover.get(member, 0)),
                None if rules.creditor_quota is None else int(rules.creditor_quota * turnover.get(member, 0)),
            )
            for member in members
        }
        settled = settle(standings, rules.bands)
        positions = {member: before[member] + settled.splits[member].credit for member in members}
        money = sum(split.money for split in settled.splits.values() if split.money > 0)
        claims = sum(position for position in positions.values() if position > 0)
        done.append(Settlement(each.year, money, claims, settled.short, recycled, positions))
    return Outcome(rules, done, of.gross)


def _grown(flows: Sequence[Flow], gross: int, average_gross: int) -> list[Flow]:
    """An average year's flows in a year of another gross; both times the number of years."""
    return [flow._replace(amount=flow.amount * gross // average_gross) for flow in flows]


def _year(chosen: Chosen) -> Year:
    owed = obligations(chosen)
    turnover: dict[str, int] = {}
    for pair, usd in owed.items():
        for party in pair:
            turnover[party] = turnover.get(party, 0) + usd
    found = netting(owed)
    return Year(int(chosen.matrix.period), found.gross, found.bilateral, multilateral(owed), turnover)
