"""From a year's trade to a day's flows: who pays whom, in which currency, through which banks, how much.

A flow is one direction of trade in one currency of invoice, or one currency's payments between banks. Its
lanes are the pairs of banks it can take, with whole-number weights. Everything here is expectation: the draw
itself is in `trade_day`, what the accounts need for it in `money_needed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import isqrt
from typing import NamedTuple

from tasviya.core.business_day import DayEvent
from tasviya.core.money import allocate
from tasviya.lab.figures import Rates, TradeMatrix, sizes
from tasviya.membership.exchange_rules import EXCHANGE, UNION
from tasviya.membership.participant import ACTIVE, BANK, OPEN, OpeningBalance, Participant
from tasviya.membership.register import Snapshot

CUSTOMER, INTERBANK = "pacs.008.001.08", "pacs.009.001.08"
BUSINESS_DAYS_A_YEAR = 250
MICRO = 1_000_000

INTERBANK_COUNT_PERCENT = 6
"""How many of the payments are between banks, and below what they are worth beside customers' payments."""
INTERBANK_VALUE_PERCENT = 12

EXCHANGE_PERCENT = 20
"""How much of the trade invoiced in the payee's currency its payers pay from their own currency, in a union
with an exchange; the rest they pay from accounts abroad or through correspondents."""
MOST_EXCHANGED = 6_000
"""Payments a day through the exchange at the most, whatever the day's size: about what a few dozen batches of
2,000 orders clear, with as many again waiting from one to the next."""

UNION_PERCENT = 10
"""How much of it they pay by the union route, in a union that clears."""

SPREAD_PERCENT = 200
"""How much working money an account gets for what its day may vary by: two standard deviations."""
TIGHT_EVERY, TIGHT_PERCENT = 4, 20
"""Every fourth account works with a fifth of that: its payments wait for money to come in."""

AccountKey = tuple[str, str, str]
"""(participant, currency, correspondent): without a correspondent a settlement account, else a vostro."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One way a flow's payments can take."""

    payer: str
    payee: str
    weight: int
    debtor_correspondent: str = ""
    creditor_correspondent: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction of trade in one currency on one day."""

    message_type: str
    payer_member: str
    payee_member: str
    currency: str
    value: int
    """Millionths of a US dollar."""
    lanes: tuple[Lane, ...]
    count: int = 0
    route: str = ""
    """`union` if it names the union route; empty if it leaves the route to the union's rules."""
    exchanged_from: str = ""
    """The payer's currency, where the exchange turns it into `currency`; empty if all is in one currency."""

    @property
    def debit_currency(self) -> str:
        """The currency that the payer's bank pays in."""
        return self.exchanged_from or self.currency

    @property
    def average(self) -> int:
        """Of one payment, millionths of a US dollar."""
        return self.value // self.count if self.count else 0


class Shares(NamedTuple):
    """How the trade of two members is paid, parts of any whole."""

    at_home: int
    """In the payer's currency."""
    abroad: int
    """In the payee's; of that"""
    exchanged: int
    """through the exchange,"""
    by_union: int
    """and by the union route."""


class Way(NamedTuple):
    """One way in which a direction of trade is paid, and its share."""

    currency: str
    debit: str
    """The currency that is debited, if it is another."""
    route: str
    lanes: tuple[Lane, ...]
    share: int


def plan_flows(
    snapshot: Snapshot, payments: int, matrix: TradeMatrix, payer_currency_percent: int
) -> list[Flow]:
    """The flows of the snapshot's business date, with how many of `payments` each gets.

    Counts follow value; where payments are many (four to a flow), every flow gets at least one. A currency
    whose settlement institution is closed that day has no flows.
    payer_currency_percent: how much of the trade is invoiced in the payer's currency, not the payee's.
    """
    flows = _trade_flows(snapshot, payments, matrix, payer_currency_percent)
    between_banks = _interbank_flows(snapshot, flows)
    interbank = payments * INTERBANK_COUNT_PERCENT // 100 if between_banks else 0
    return _counted(flows, payments - interbank) + _counted(between_banks, interbank)


def money_needed(
    snapshot: Snapshot, flows: Iterable[Flow], day_rates: Rates, cover_percent: int
) -> list[OpeningBalance]:
    """What each account starts the day with, so that most of the day's payments find their money.

    An account gets what it is expected to pay on balance, and money to work with: a share of all it pays, and
    twice the standard deviation of that. Every fourth gets little to work with, so that some payments queue
    until money comes in, and a few do so in vain.
    cover_percent: that share.
    """
    paid: dict[AccountKey, int] = {}
    received: dict[AccountKey, int] = {}
    variance: dict[AccountKey, int] = {}
    size_squares = sum(size * size for size in sizes()) // len(sizes())
    for flow in flows:
        total = sum(lane.weight for lane in flow.lanes)
        square = flow.count * (flow.average // MICRO) ** 2 * size_squares // (MICRO * MICRO)
        for lane in flow.lanes:
            value = flow.value * lane.weight // total // MICRO if flow.count else 0
            for key in debited(lane, flow.debit_currency):
                paid[key] = paid.get(key, 0) + value
                variance[key] = variance.get(key, 0) + square * lane.weight // total
            for key in credited(lane, flow.currency):
                received[key] = received.get(key, 0) + value
    balances = []
    for place, key in enumerate(sorted(paid)):
        participant, currency, correspondent = key
        net = max(paid[key] - received.get(key, 0), 0)
        to_work_with = isqrt(variance[key]) * SPREAD_PERCENT // 100 + paid[key] * cover_percent // 100
        if place % TIGHT_EVERY == 1:
            to_work_with = to_work_with * TIGHT_PERCENT // 100
        units = (net + to_work_with) * day_rates.of(currency)
        decimals = snapshot.currencies[currency].decimals
        balances.append(
            OpeningBalance(
                participant=participant,
                currency=currency,
                correspondent=correspondent,
                amount_minor=rounded_up(int(units)) * int(10**decimals),
                valid_from=snapshot.business_date.isoformat(),
            )
        )
    return balances


def debited(lane: Lane, currency: str) -> list[AccountKey]:
    """The accounts that a lane's payments take from: one's own, or a vostro and the correspondent's own."""
    via = lane.debtor_correspondent
    if via:
        return [(lane.payer, currency, via), (via, currency, "")]
    return [(lane.payer, currency, "")]


def credited(lane: Lane, currency: str) -> list[AccountKey]:
    """The accounts that a lane's payments give to."""
    if lane.creditor_correspondent:
        return [
            (lane.payee, currency, lane.creditor_correspondent),
            (lane.creditor_correspondent, currency, ""),
        ]
    return [(lane.payee, currency, "")]


def _trade_flows(
    snapshot: Snapshot, payments: int, matrix: TradeMatrix, payer_currency_percent: int
) -> list[Flow]:
    flows = []
    abroad = 100 - payer_currency_percent
    most = MOST_EXCHANGED * 100_000 // max(payments * abroad, 1)
    by_union = UNION_PERCENT if snapshot.clearing is not None else 0
    shares = Shares(
        payer_currency_percent * 1000,
        abroad * 1000,
        abroad * min(EXCHANGE_PERCENT * 10, most),
        abroad * by_union * 10,
    )
    members = [member.code for member in snapshot.members.values() if member.status == ACTIVE]
    for exporter in members:
        for importer in members:
            annual = matrix.usd.get((exporter, importer), 0) if exporter != importer else 0
            if not annual:
                continue
            a_day = annual * MICRO // BUSINESS_DAYS_A_YEAR
            ways = _ways(snapshot, importer, exporter, shares)
            if not ways:
                continue
            values = allocate(a_day, [way.share for way in ways])
            for way, value in zip(ways, values, strict=True):
                flows.append(
                    Flow(
                        CUSTOMER, importer, exporter, way.currency, value, way.lanes, 0, way.route, way.debit
                    )
                )
    return flows


def _ways(snapshot: Snapshot, importer: str, exporter: str, shares: Shares) -> list[Way]:
    """How one direction of trade is paid."""
    sold, bought = snapshot.members[importer].currency, snapshot.members[exporter].currency
    through = shares.exchanged if exchanged(snapshot, sold, bought) else 0
    by_union = shares.by_union if common_hours(snapshot, sold, bought) is not None else 0
    own = [(weight, bank, "") for weight, bank, via in _with_access(snapshot, importer, sold) if not via]
    theirs = _with_access(snapshot, exporter, bought)
    crossing = tuple(
        Lane(payer, payee, payer_weight * payee_weight, "", via)
        for payer_weight, payer, _ in own
        for payee_weight, payee, via in theirs
        if via != payer
    )
    ways = [
        Way(sold, "", "", _lanes(snapshot, importer, exporter, sold), shares.at_home),
        Way(
            bought,
            "",
            "",
            _lanes(snapshot, importer, exporter, bought),
            shares.abroad - through - by_union,
        ),
        Way(bought, sold, "", crossing, through),
        Way(bought, sold, UNION, crossing, by_union),
    ]
    return [way for way in ways if way.share and way.lanes and _open_today(snapshot, way.currency)]


def exchanged(snapshot: Snapshot, sell: str, buy: str) -> bool:
    """Whether payments from one currency into another go through the exchange by default, and both settle
    at one time today."""
    hours = common_hours(snapshot, sell, buy)
    return hours is not None and sell != buy and snapshot.exchange_route(sell, buy) == EXCHANGE


def common_hours(snapshot: Snapshot, *currencies: str) -> tuple[int, int, int] | None:
    """When all of some currencies have opened today, when the first has its cut-off for customers, and when
    the first closes; None if one is closed today, or they are never open together."""
    times = []
    for code in currencies:
        hours = snapshot.operating_hours(code)
        if hours is None or not hours.calendar.is_business_day(snapshot.business_date):
            return None
        at = {event: instant for instant, event in hours.schedule(snapshot.business_date)}
        times.append((at[DayEvent.OPENS], at[DayEvent.CUSTOMER_CUTOFF], at[DayEvent.CLOSES]))
    opens, cutoff, closes = max(t[0] for t in times), min(t[1] for t in times), min(t[2] for t in times)
    return (opens, cutoff, closes) if opens < cutoff else None


def _interbank_flows(snapshot: Snapshot, trade: Iterable[Flow]) -> list[Flow]:
    """Payments between the banks that hold accounts in a currency, at home and abroad."""
    worth: dict[str, int] = {}
    for flow in trade:
        worth[flow.currency] = worth.get(flow.currency, 0) + flow.value
    flows = []
    for currency, value in worth.items():
        banks = [bank for bank in active_banks(snapshot) if holds(snapshot, bank.code, currency)]
        lanes = tuple(
            Lane(payer.code, payee.code, 1) for payer in banks for payee in banks if payer.code != payee.code
        )
        if lanes:
            home = _home(snapshot, currency)
            share = value * INTERBANK_VALUE_PERCENT // 100
            flows.append(Flow(INTERBANK, home, home, currency, share, lanes))
    return flows


def _lanes(snapshot: Snapshot, importer: str, exporter: str, currency: str) -> tuple[Lane, ...]:
    """Every pair of banks that can carry the flow. A member's banks weigh less the later they are listed."""
    lanes = []
    for payer_weight, payer, debtor_via in _with_access(snapshot, importer, currency):
        for payee_weight, payee, creditor_via in _with_access(snapshot, exporter, currency):
            # A bank and its own correspondent settle between themselves, without the union.
            if debtor_via != payee and creditor_via != payer:
                lanes.append(Lane(payer, payee, payer_weight * payee_weight, debtor_via, creditor_via))
    return tuple(lanes)


def _with_access(snapshot: Snapshot, member: str, currency: str) -> list[tuple[int, str, str]]:
    """A member's banks that can pay in a currency: weight, code, correspondent if through one."""
    banks = [bank for bank in active_banks(snapshot) if bank.member == member]
    found = []
    for place, bank in enumerate(banks):
        weight = len(banks) - place
        if holds(snapshot, bank.code, currency):
            found.append((weight, bank.code, ""))
        elif snapshot.account(bank.code, currency) is None:
            routes = snapshot.correspondent_routes(bank.code, currency)
            if routes:
                found.append((weight, bank.code, routes[0].correspondent))
    return found


def active_banks(snapshot: Snapshot) -> list[Participant]:
    return [
        each
        for each in snapshot.participants.values()
        if each.kind == BANK and snapshot.status(each.code) == ACTIVE and snapshot.bic(each.code)
    ]


def holds(snapshot: Snapshot, bank: str, currency: str) -> bool:
    account = snapshot.account(bank, currency)
    return account is not None and account.status == OPEN


def _home(snapshot: Snapshot, currency: str) -> str:
    institution = snapshot.settlement_institution(currency)
    return institution.member if institution else ""


def _open_today(snapshot: Snapshot, currency: str) -> bool:
    hours = snapshot.operating_hours(currency)
    return hours is not None and hours.calendar.is_business_day(snapshot.business_date)


def _counted(flows: Sequence[Flow], payments: int) -> list[Flow]:
    """The flows with their counts: by value, with a floor of one each where payments are many."""
    if not flows:
        return []
    floor = 1 if payments >= 4 * len(flows) else 0
    shares = allocate(payments - floor * len(flows), [flow.value for flow in flows])
    return [replace(flow, count=share + floor) for flow, share in zip(flows, shares, strict=True)]


def rounded_up(units: int) -> int:
    """The next number with two digits that count: people do not fund accounts to the penny."""
    step = int(10 ** max(len(str(units)) - 2, 0))
    return -(-units // step) * step
