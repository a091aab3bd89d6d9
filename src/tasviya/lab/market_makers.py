"""Banks that make a market on the exchange's day: orders that may be divided, in every currency.

    flows ─▶ offers ─▶ money_for (opening balances)
                └────▶ stand (into the book, when both currencies have opened)

Payments fill in full or not at all, so that a batch of payments alone hardly ever adds up; a market needs
somebody who takes what is left. Banks with accounts in two currencies do so: they know what the trade lets
expect, and sell of each currency part of what it is turned over, and most of what it is wanted for more than
offered, on rungs that ask a little more than the day's rate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import msgspec

from tasviya.core.errors import OperatorError
from tasviya.exchange.market import OrderKind
from tasviya.lab.figures import Rates
from tasviya.lab.flows import MICRO, Flow, active_banks, common_hours, holds, rounded_up
from tasviya.membership.participant import OpeningBalance
from tasviya.membership.register import Snapshot
from tasviya.services.exchange import settlement
from tasviya.services.orders import WantedOrder, enter_order
from tasviya.services.work import Work
from tasviya.settlement.payment import Priority

TURNOVER_PERCENT, IMBALANCE_PERCENT = 20, 80
"""How much market makers offer of a currency: of what the day turns over, and of what it will lack."""
RUNGS = (5, 15, 40)
"""Basis points above the day's rate that they ask, an order each."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An order that a market maker will enter: it sells `quantity`, minor units, and may be divided."""

    participant: str
    sell: str
    buy: str
    quantity: int
    limit: Fraction
    """At least so many minor units bought for one sold."""
    at_ns: int

    @property
    def reference(self) -> str:
        """Its owner's own: the same however often it is entered."""
        return f"{self.sell}/{self.buy} {self.limit.numerator}/{self.limit.denominator}"


def offers(snapshot: Snapshot, flows: Iterable[Flow], day_rates: Rates) -> list[Offer]:
    """What market makers offer on a day with such flows, by the time at which they come."""
    wanted: dict[str, int] = {}
    offered: dict[str, int] = {}
    for flow in flows:
        if flow.exchanged_from and flow.count:
            wanted[flow.currency] = wanted.get(flow.currency, 0) + flow.value
            offered[flow.exchanged_from] = offered.get(flow.exchanged_from, 0) + flow.value
    makers = _makers(snapshot, sorted(wanted.keys() | offered.keys()))
    pairs: dict[str, int] = {}
    for sell, _ in makers:
        pairs[sell] = pairs.get(sell, 0) + 1
    found = []
    for (sell, buy), bank in makers.items():
        hours = common_hours(snapshot, sell, buy)
        if hours is None:
            continue
        lack = wanted.get(sell, 0) - offered.get(sell, 0)
        promised = wanted.get(sell, 0) * TURNOVER_PERCENT + max(lack, 0) * IMBALANCE_PERCENT
        per_usd = [day_rates.of(code) * snapshot.currencies[code].minor_per_major for code in (sell, buy)]
        quantity = int(promised * per_usd[0] / (100 * MICRO * pairs[sell] * len(RUNGS)))
        for points in RUNGS if quantity else ():
            limit = per_usd[1] / per_usd[0] * Fraction(10_000 + points, 10_000)
            found.append(Offer(bank, sell, buy, quantity, limit, hours[0]))
    return sorted(found, key=lambda offer: offer.at_ns)


def money_for(
    snapshot: Snapshot, balances: Sequence[OpeningBalance], made: Iterable[Offer]
) -> list[OpeningBalance]:
    """Opening balances with what the market makers' orders hold added to them."""
    more: dict[tuple[str, str], int] = {}
    for offer in made:
        key = (offer.participant, offer.sell)
        more[key] = more.get(key, 0) + offer.quantity
    return with_more(snapshot, balances, more)


def with_more(
    snapshot: Snapshot, balances: Sequence[OpeningBalance], extras: Mapping[tuple[str, str], int]
) -> list[OpeningBalance]:
    """Opening balances with something added to settlement accounts, by participant and currency."""
    more, found = dict(extras), list[OpeningBalance]()
    for balance in balances:
        extra = 0 if balance.correspondent else more.pop((balance.participant, balance.currency), 0)
        found.append(_with_more(snapshot, balance, extra) if extra else balance)
    for (participant, currency), extra in sorted(more.items()):
        fresh = OpeningBalance(
            participant=participant,
            currency=currency,
            amount_minor=0,
            valid_from=snapshot.business_date.isoformat(),
        )
        found.append(_with_more(snapshot, fresh, extra))
    return found


class MarketMakers:
    """The day's market makers: their offers come when both currencies have opened."""

    def __init__(self, made: Iterable[Offer]) -> None:
        self._to_come = deque(made)

    def due(self, now_ns: int) -> bool:
        """Whether an offer comes by an instant."""
        return bool(self._to_come) and self._to_come[0].at_ns <= now_ns

    def stand(self, work: Work) -> None:
        """Enter what has come due into the book, as far as its owner has the money and has not entered it
        yet."""
        while self.due(work.now_ns):
            offer = self._to_come.popleft()
            state = work.memory.accounts[settlement(work, offer.participant, offer.sell).id]
            quantity = min(offer.quantity, state.funds.spendable(Priority.NORMAL))
            order = WantedOrder(
                *(offer.participant, offer.reference, offer.sell, offer.buy),
                *(OrderKind.EXACT_IN, quantity, offer.limit),
            )
            if work.memory.store.order_named(order.order_id) is None:
                with suppress(OperatorError):  # too little money for anything at its limit
                    enter_order(work, order)


def _makers(snapshot: Snapshot, currencies: Sequence[str]) -> dict[tuple[str, str], str]:
    """Who makes the market of each pair (sold, bought): banks that hold both take turns."""
    found: dict[tuple[str, str], str] = {}
    turns: dict[str, int] = {}
    banks = active_banks(snapshot)
    for sell in currencies:
        for buy in currencies:
            able = [
                bank.code
                for bank in banks
                if holds(snapshot, bank.code, sell) and holds(snapshot, bank.code, buy)
            ]
            if sell != buy and able:
                chosen = min(able, key=lambda code: turns.get(code, 0))
                turns[chosen] = turns.get(chosen, 0) + 1
                found[sell, buy] = chosen
    return found


def _with_more(snapshot: Snapshot, balance: OpeningBalance, extra: int) -> OpeningBalance:
    """An opening balance with so much more, in round figures."""
    scale = snapshot.currencies[balance.currency].minor_per_major
    return msgspec.structs.replace(
        balance, amount_minor=balance.amount_minor + rounded_up(-(-extra // scale)) * scale
    )
