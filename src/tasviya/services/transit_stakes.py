"""What a movement asks of its guarantee: the most that its goods could owe in any member that they pass.

Every member with a tariff in force assesses the goods as if they were imported there; the highest of it, in
the guarantee's currency and rounded up, is at stake. Where a tariff cannot assess them, as no message of NCTS
says what goods are worth, or where none is in force, the amount that the declaration names counts, if it is
more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import Refusal
from tasviya.core.money import Currency
from tasviya.customs.declaration import Amount, Declaration, Kind
from tasviya.customs.guarantee import Guarantee, Stake, at_stake
from tasviya.services.customs_accounts import day_in, money_of
from tasviya.services.declarations import assess_declaration
from tasviya.services.guarantees import unit_rate
from tasviya.services.lodging import official_rates
from tasviya.services.work import Work


def stake(
    work: Work,
    goods: Declaration | None,
    named: Amount | None,
    members: Sequence[str],
    guarantee: Guarantee,
) -> int | Refusal:
    """What is at stake, minor units of the guarantee's currency, above zero.

    named: an amount in the declaration, in any currency that has a rate. members: those passed, that of
    departure first. Refused: TW03 neither tariff nor declaration tells; GU11 a currency has no rate.
    """
    assessed = [_assessed(work, goods, member) for member in dict.fromkeys(members)] if goods else []
    stakes = [(member, each) for member, each in zip(dict.fromkeys(members), assessed, strict=False) if each]
    known = bool(goods) and len(stakes) == len(assessed)
    if named is not None and not (known and any(each.minor for _, each in stakes)):
        found = _named(named)
        if isinstance(found, Refusal):
            return found
        stakes.append((members[0], found))
    return _highest(work, stakes, guarantee.currency)


def _highest(work: Work, stakes: Iterable[tuple[str, Stake]], to: Currency) -> int | Refusal:
    highest = 0
    for member, each in stakes:
        own, guaranteed = worth(work, member, each.currency), worth(work, member, to)
        rates = {each.currency.code: own / guaranteed} if own and guaranteed else {}
        minor = at_stake((each,), to, rates)
        if isinstance(minor, Refusal):
            return minor
        highest = max(highest, minor)
    if highest:
        return highest
    what = "No tariff of the members passed says what the goods could owe, nor does the declaration."
    return Refusal("TW03", what, "Name the amount to be covered, or the goods' values.", "amount")


def worth(work: Work, member: str, of: Currency) -> Fraction | None:
    """What one of a currency, or of the union's unit, is worth in a member's; None if it has no rate."""
    snapshot = work.memory.snapshot
    if of == money_of(snapshot, member):
        return Fraction(1)
    if of == snapshot.unit_money:
        return unit_rate(work, member, of)
    return official_rates(work, member)[1].get(of.code)


def _assessed(work: Work, goods: Declaration, member: str) -> Stake | None:
    """What the goods would owe in a member; None if it has no tariff, or that cannot tell."""
    day = day_in(work, member)
    found = work.memory.customs.in_force(member, day)
    if isinstance(found, Refusal):
        return None
    imported = replace(goods, kind=Kind.IMPORT)
    made = assess_declaration(imported, found[1], official_rates(work, member)[1], day)
    return None if isinstance(made, list) else Stake(1, made.total, money_of(work.memory.snapshot, member))


def _named(named: Amount) -> Stake | Refusal:
    try:
        return Stake(1, named.minor, currency(named.currency))
    except UnknownCurrency as error:
        return Refusal("TW03", f"{error}.", "Use a code of ISO 4217.", "currency")
