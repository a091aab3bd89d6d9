"""The waterfall: who bears what a member that fails still owes, step by step, in writing beforehand.

    what it owes ─▶ its collateral ─▶ its claims ─▶ its default-fund contribution
                                                      └─▶ the others' contributions, in proportion
                                                            └─▶ the survivors, by share, each up to its cap
                                                                  └─▶ uncovered: told, never dropped

Each step bears what the one before left, so all steps and what is uncovered add up to the debt, to the unit.
Nothing that has settled is looked at, so nothing that has settled is undone: only what is still owed enters.
What cannot be split evenly goes by the largest remainders, of equals to the first by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tasviya.core.errors import invariant
from tasviya.core.money import allocate


class Step(StrEnum):
    """Who bears, in the order in which they do."""

    COLLATERAL = "collateral"
    """The defaulter's, at what it fetches."""
    CLAIMS = "claims"
    """What others owe the defaulter: set off, not paid out."""
    OWN_CONTRIBUTION = "own_contribution"
    """The defaulter's part of the default fund."""
    DEFAULT_FUND = "default_fund"
    """The others' parts, in proportion."""
    ALLOCATION = "allocation"
    """The survivors, by share, each up to its cap."""


@dataclass(frozen=True, slots=True)
class Estate:
    """A member that fails: whole numbers of one unit, none below zero."""

    member: str
    owed: int
    """What it still owes and does not pay."""
    collateral: int = 0
    claims: int = 0
    contribution: int = 0


@dataclass(frozen=True, slots=True)
class Survivor:
    """Another member: whole numbers, none below zero."""

    contribution: int = 0
    """Its part of the default fund."""
    share: int = 0
    """Its weight where losses are allocated, such as its quota or its trade with the defaulter."""
    cap: int = 0
    """The most that allocation takes from it."""


@dataclass(frozen=True, slots=True)
class Borne:
    """What one member bears in one step."""

    step: Step
    member: str
    amount: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Who bears what, in the order of the steps; members that bear nothing in a step are left out."""

    estate: Estate
    borne: tuple[Borne, ...]
    uncovered: int
    """What nobody bears: it stays owed to the union, and the members decide about it."""

    def of_step(self, step: Step) -> int:
        """What a step bears."""
        return sum(each.amount for each in self.borne if each.step is step)

    def of_member(self, member: str) -> int:
        """What a member bears in all steps."""
        return sum(each.amount for each in self.borne if each.member == member)

    @property
    def losses(self) -> dict[str, int]:
        """What each survivor loses, by name; those that lose nothing are left out."""
        found: dict[str, int] = {}
        for each in self.borne:
            if each.member != self.estate.member:
                found[each.member] = found.get(each.member, 0) + each.amount
        return {member: found[member] for member in sorted(found)}


def waterfall(estate: Estate, survivors: Mapping[str, Survivor]) -> Waterfall:
    """Who bears what the estate owes.

    survivors: by code, without the defaulter.
    Raises: InvariantBroken on a figure below zero, or a defaulter that survives.
    """
    _check(estate, survivors)
    borne: list[Borne] = []
    rest = estate.owed
    own = ((Step.COLLATERAL, estate.collateral), (Step.CLAIMS, estate.claims))
    for step, available in (*own, (Step.OWN_CONTRIBUTION, estate.contribution)):
        rest = _take(borne, step, {estate.member: min(rest, available)}, rest)
    rest = _take(borne, Step.DEFAULT_FUND, _from_fund(rest, survivors), rest)
    rest = _take(borne, Step.ALLOCATION, _allocated(rest, survivors), rest)
    invariant(
        sum(each.amount for each in borne) + rest == estate.owed, "the waterfall bears all that is owed"
    )
    return Waterfall(estate, tuple(borne), rest)


def _take(borne: list[Borne], step: Step, parts: Mapping[str, int], rest: int) -> int:
    borne += [Borne(step, member, part) for member, part in parts.items() if part]
    return rest - sum(parts.values())


def _from_fund(loss: int, survivors: Mapping[str, Survivor]) -> dict[str, int]:
    """The others' contributions, in proportion to themselves."""
    fund = {member: survivors[member].contribution for member in sorted(survivors)}
    total = sum(fund.values())
    if not total:
        return {}
    return dict(zip(fund, allocate(min(loss, total), list(fund.values())), strict=True))


def _allocated(loss: int, survivors: Mapping[str, Survivor]) -> dict[str, int]:
    """A loss by shares; whoever would bear more than its cap bears its cap, and the others share the rest."""
    capped: dict[str, int] = {}
    sharing = {member: survivors[member] for member in sorted(survivors) if survivors[member].share}
    while sharing:
        shares = sum(each.share for each in sharing.values())
        full = [member for member, each in sharing.items() if loss * each.share >= each.cap * shares]
        if not full:
            break
        for member in full:
            capped[member] = sharing.pop(member).cap
        loss -= sum(capped[member] for member in full)
    # Every exact part is below its cap now, so rounded to a whole unit it is within it.
    parts = allocate(loss, [each.share for each in sharing.values()]) if sharing else []
    borne = capped | dict(zip(sharing, parts, strict=True))
    return {member: borne[member] for member in sorted(borne)}


def _check(estate: Estate, survivors: Mapping[str, Survivor]) -> None:
    invariant(estate.member not in survivors, "a defaulter does not survive")
    figures = [estate.owed, estate.collateral, estate.claims, estate.contribution]
    for each in survivors.values():
        figures += [each.contribution, each.share, each.cap]
    invariant(all(figure >= 0 for figure in figures), "no figure of a waterfall is below zero")
