"""Netting: what is left of many obligations when each pair, or all together, set them against each other.

    obligations ─▶ bilateral     each pair owes one amount one way
                └▶ multilateral  each party has one position: a claim on all (+), or a debt to all (-)

Netting moves no money and changes nobody's position: the three say the same of what each party gains or
loses, and positions always add up to zero. Amounts are whole numbers of one unit, of any size. The exit drill
asks what stays nettable without a member, a bank or a currency, the accession drill what joining adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from tasviya.core.errors import invariant

Obligations = Mapping[tuple[str, str], int]
"""What each owes each, by (debtor, creditor); nobody owes itself, and nothing is owed below zero."""


class Flow(NamedTuple):
    """One gross record behind the obligations: a payment, a trade flow, a debt."""

    debtor: str
    creditor: str
    amount: int
    via: tuple[str, ...] = ()
    """What else it needs to go through: banks, a currency, a correspondent."""


@dataclass(frozen=True, slots=True)
class Netting:
    """What netting does with some obligations, and what it leaves to settle."""

    parties: int
    """Those who owe or are owed something."""
    gross: int
    bilateral: int
    """What is left to settle when each pair has netted."""
    multilateral: int
    """What is left to settle when all have netted: the sum of all claims, or of all debts."""

    @property
    def bilateral_share(self) -> Fraction:
        """The part of gross that pairs clear by themselves; 0 of nothing."""
        return _cleared(self.gross, self.bilateral)

    @property
    def multilateral_share(self) -> Fraction:
        """The part of gross that all clear together."""
        return _cleared(self.gross, self.multilateral)

    @property
    def left_share(self) -> Fraction:
        """The part of gross that is left to settle."""
        return Fraction(self.multilateral, self.gross) if self.gross else Fraction(0)

    @property
    def share_of_bilateral(self) -> Fraction:
        """The part of the bilateral positions that clearing all together removes besides."""
        return _cleared(self.bilateral, self.multilateral)


@dataclass(frozen=True, slots=True)
class Drill:
    """Netting with some party, bank or currency, and without it."""

    with_it: Netting
    without_it: Netting
    cleared_through_it: int
    """How much less of gross clears without it: its own trade, and rings that others close through it."""

    @property
    def trade_lost(self) -> int:
        """Gross obligations that leave with it."""
        return self.with_it.gross - self.without_it.gross


def added(flows: Iterable[Flow]) -> dict[tuple[str, str], int]:
    """The obligations that flows add up to, in the order of their names; flows of nothing leave none.

    Raises: InvariantBroken on an amount below zero, or a debt to oneself.
    """
    total: dict[tuple[str, str], int] = {}
    for flow in flows:
        pair = flow.debtor, flow.creditor
        _checked(pair, flow.amount)
        total[pair] = total.get(pair, 0) + flow.amount
    return {pair: total[pair] for pair in sorted(total) if total[pair]}


def bilateral(obligations: Obligations) -> dict[tuple[str, str], int]:
    """What is left when each pair has netted: again by (debtor, creditor), one way a pair, in their order."""
    left: dict[tuple[str, str], int] = {}
    for pair in sorted(obligations):
        _checked(pair, obligations[pair])
        rest = obligations[pair] - obligations.get((pair[1], pair[0]), 0)
        if rest > 0:
            left[pair] = rest
    return left


def multilateral(obligations: Obligations) -> dict[str, int]:
    """Each party's position: what it is owed (+) less what it owes (-), by name; they add up to zero."""
    positions: dict[str, int] = {}
    for pair, amount in obligations.items():
        _checked(pair, amount)
        debtor, creditor = pair
        positions[debtor] = positions.get(debtor, 0) - amount
        positions[creditor] = positions.get(creditor, 0) + amount
    invariant(sum(positions.values()) == 0, "positions add up to zero")
    return {party: positions[party] for party in sorted(positions)}


def netting(obligations: Obligations) -> Netting:
    """What netting does with these obligations."""
    positions = multilateral(obligations)
    return Netting(
        parties=len({party for pair, amount in obligations.items() if amount for party in pair}),
        gross=sum(obligations.values()),
        bilateral=sum(bilateral(obligations).values()),
        multilateral=sum(position for position in positions.values() if position > 0),
    )


def who_owes_whom(positions: Mapping[str, int]) -> list[Flow]:
    """Payments that discharge positions: the largest debt to the largest claim, again and again.

    One fewer than there are parties at the most; all that they pay is what netting leaves. Of equals, the
    first by name.
    Raises: InvariantBroken if positions do not add up to zero.
    """
    invariant(sum(positions.values()) == 0, "positions add up to zero")
    left = {party: positions[party] for party in sorted(positions) if positions[party]}
    payments: list[Flow] = []
    while left:
        debtor = min(left, key=lambda party: (left[party], party))
        creditor = min(left, key=lambda party: (-left[party], party))
        amount = min(-left[debtor], left[creditor])
        payments.append(Flow(debtor, creditor, amount))
        for party, change in ((debtor, amount), (creditor, -amount)):
            left[party] += change
            if not left[party]:
                del left[party]
    return payments


def exit_drill(flows: Sequence[Flow], gone: str) -> Drill:
    """What stays nettable if a party, or a bank or currency that flows go through, is gone.

    gone: its name; flows that neither involve it nor need it stay as they are.
    """
    staying = [flow for flow in flows if gone not in (flow.debtor, flow.creditor, *flow.via)]
    return drill(added(flows), added(staying))


def drill(with_it: Obligations, without_it: Obligations) -> Drill:
    """Two states of the same union beside each other: before an exit and after it, after an accession and
    before it.

    without_it: some of the same obligations, none larger.
    """
    invariant(
        all(amount <= with_it.get(pair, 0) for pair, amount in without_it.items()), "an exit adds no debt"
    )
    whole, rest = netting(with_it), netting(without_it)
    return Drill(whole, rest, (whole.gross - whole.multilateral) - (rest.gross - rest.multilateral))


def _cleared(gross: int, left: int) -> Fraction:
    return Fraction(gross - left, gross) if gross else Fraction(0)


def _checked(pair: tuple[str, str], amount: int) -> None:
    invariant(amount >= 0 and pair[0] != pair[1], "an obligation is to another, and not below zero")
