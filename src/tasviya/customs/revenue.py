"""Revenue sharing: what was collected together, divided among the members to the last minor unit.

    keys ──key_on──▶ the day's key ──+ figures──▶ exact weights ──▶ Share of each member

A key is configuration with a date: either a per cent for each member, together 100, or a formula of
components, each a per cent of the pool, that follow figures such as imports or GDP. Weights are exact
fractions; the whole pool is rounded once, down in size, and the spare minor units go one each to the largest
remainders, ties in the key's order. So shares add up to the pool exactly, also when it is negative (a
correction) or zero.

Source: Treaty on the Eurasian Economic Union, annex 5 (per cents of import duties); Southern African Customs
Union Agreement 2002, article 34 and annex A (customs by intra-union imports; excise by GDP, less 15 per cent
for development, which favours a low GDP per head). SACU's own scale of the development component is flatter
than an inverse; give it as figures of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm

from tasviya.core.errors import Refusal
from tasviya.core.money import allocate

WHOLE = Decimal(100)

Figures = Mapping[str, Mapping[str, Decimal]]
"""Columns of figures by name, each by member: figures["gdp"]["A"]."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the pool and what it follows.

    weight: per cent of the pool. of: the column of figures. per: a column that divides it, or "".
    is_inverse: the lower the figure, the larger the share.
    """

    name: str
    weight: Decimal
    of: str
    per: str = ""
    is_inverse: bool = False


@dataclass(frozen=True, slots=True)
class ShareKey:
    """How a pool is divided from a date on: by `percents`, or by `components`, never both.

    members: in the order in which ties are broken. percents: by member; those of all add up to 100.
    """

    valid_from: date
    members: tuple[str, ...]
    percents: Mapping[str, Decimal] | None = None
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """One member's share of a pool, and how it comes about; amounts in minor units of the pool's currency.

    exact: before rounding. floor: rounded down in size. remainder_unit: -1, 0 or 1, what it got of the spare
    units. parts: the exact amount by component, for a formula.
    """

    member: str
    minor: int
    exact: Fraction
    floor: int
    remainder_unit: int
    parts: Mapping[str, Fraction]


def key_on(keys: Iterable[ShareKey], day: date) -> ShareKey | Refusal:
    """The key in force on a day: the one that began last."""
    known = sorted(keys, key=lambda key: key.valid_from)
    in_force = [key for key in known if key.valid_from <= day]
    if in_force:
        return in_force[-1]
    begun = f"the first begins on {known[0].valid_from}" if known else "there is none at all"
    return Refusal("no_share_key", f"No key is in force on {day}: {begun}.", "Add the key of that day.")


def fault_of(key: ShareKey) -> Refusal | None:
    """Why a key divides nothing, or None."""
    if not key.members or len(set(key.members)) < len(key.members):
        return _bad("It names no members, or one twice.", "Name each member once.", "members")
    if (key.percents is None) == (not key.components):
        cure = "Give either a per cent for each member, or components."
        return _bad("It has both per cents and components, or neither.", cure, "components")
    if key.percents is not None:
        if set(key.percents) != set(key.members):
            return _bad("Per cents are not of its members.", "Give each member one per cent.", "percents")
        return _not_whole(key.percents.values(), "percents")
    names = [component.name for component in key.components]
    if len(set(names)) < len(names):
        return _bad("Two components have one name.", "Name each component once.", "components")
    return _not_whole([component.weight for component in key.components], "components")


def share(total_minor: int, key: ShareKey, figures: Figures) -> dict[str, int] | Refusal:
    """Each member's share of a pool in minor units; together exactly the pool.

    total_minor: negative for a correction. figures: what the key's components follow; empty for per cents.
    """
    shares = explained(total_minor, key, figures)
    return shares if isinstance(shares, Refusal) else {each.member: each.minor for each in shares}


def explained(total_minor: int, key: ShareKey, figures: Figures) -> tuple[Share, ...] | Refusal:
    """`share`, with how each member's figure comes about, in the key's order."""
    parts = weights(key, figures)
    if isinstance(parts, Refusal):
        return parts
    sums = {member: sum((part[member] for part in parts.values()), Fraction(0)) for member in key.members}
    whole = lcm(*(weight.denominator for weight in sums.values()))
    given = allocate(total_minor, [int(sums[member] * whole) for member in key.members])
    shares = []
    for member, minor in zip(key.members, given, strict=True):
        exact = total_minor * sums[member]
        floor = int(exact)  # towards zero: down in size
        by_part = {name: total_minor * part[member] for name, part in parts.items()} if key.components else {}
        shares.append(Share(member, minor, exact, floor, minor - floor, by_part))
    return tuple(shares)


def weights(key: ShareKey, figures: Figures) -> dict[str, dict[str, Fraction]] | Refusal:
    """Each component's exact weights by member; those of all components add up to 1.

    The per cents of a key without components are one component without a name.
    """
    if refusal := fault_of(key):
        return refusal
    if key.percents is not None:
        return {"": {member: Fraction(key.percents[member]) / 100 for member in key.members}}
    found: dict[str, dict[str, Fraction]] = {}
    for component in key.components:
        basis = _basis(component, key.members, figures)
        if isinstance(basis, Refusal):
            return basis
        whole = sum(basis.values(), Fraction(0))
        if whole == 0:
            what = f"{component.name}: all figures of {component.of} are zero."
            return _no_figure(what, "Give one member at least a figure above zero.", component.of)
        part = Fraction(component.weight) / 100
        found[component.name] = {member: part * value / whole for member, value in basis.items()}
    return found


def _basis(component: Component, members: tuple[str, ...], figures: Figures) -> dict[str, Fraction] | Refusal:
    """What a component follows, by member."""
    basis: dict[str, Fraction] = {}
    for member in members:
        values = []
        for column in (component.of, component.per) if component.per else (component.of,):
            figure = figures.get(column, {}).get(member)
            if figure is None:
                what = f"{component.name} follows {column}; {member} has no such figure."
                return _no_figure(what, f"Give {column} of {member}.", f"{column}.{member}")
            if not figure.is_finite() or figure < 0:
                what = f"{column} of {member} is {figure}."
                return _no_figure(what, "Give figures of zero or more.", f"{column}.{member}")
            values.append(Fraction(figure))
        divides = (values[1:] if component.per else []) + (values[:1] if component.is_inverse else [])
        if 0 in divides:
            what = f"{component.name} divides by a figure of {member} that is zero."
            return _no_figure(what, "Give a figure above zero.", f"{component.of}.{member}")
        value = values[0] / values[1] if component.per else values[0]
        basis[member] = 1 / value if component.is_inverse else value
    return basis


def _not_whole(percents: Iterable[Decimal], where: str) -> Refusal | None:
    given = list(percents)
    if any(not each.is_finite() or each < 0 for each in given):
        return _bad("A per cent is below zero or no number.", "Give per cents of zero or more.", where)
    total = sum(map(Fraction, given), Fraction(0))
    if total != 100:
        what = f"Its per cents add up to {sum(given)}, not to 100."
        return _bad(what, "Correct them: a pool is divided whole.", where)
    return None


def _bad(what: str, cure: str, where: str) -> Refusal:
    return Refusal("bad_share_key", what, cure, where)


def _no_figure(what: str, cure: str, where: str) -> Refusal:
    return Refusal("bad_figure", what, cure, f"figures.{where}")
