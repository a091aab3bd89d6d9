"""A customs guarantee: one line of money that stands behind many movements of goods.

    register ──▶ Guarantee ──reserve──▶ reserved ──discharge──▶ free again
                     ▲                     └──call──▶ called, what is left of the reservation free again
                     └──revoke: no new reservations, those that stand stand

Each act answers with the guarantee as it is afterwards and with what the ledger posts, or with a refusal;
nothing here stores anything. In the ledger a reservation is a pending transfer from the line, a discharge
voids it, and a call posts part of it and voids the rest.

    line = free + reserved + called,   none of the three below zero

Amounts are minor units of the guarantee's currency: the union's unit, or a member's currency.

Source: Convention on a common transit procedure, appendix I (comprehensive guarantee and its reference
amount).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from hmac import compare_digest
from typing import NamedTuple, TypeAlias

from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import Currency, Money
from tasviya.customs.mrn import check_grn

GUARANTEE_CODES = {
    "GU01": "a guarantee's line is above zero, and it ends no earlier than it begins",
    "GU02": "a guarantee that has been revoked takes no new reservation",
    "GU03": "a reservation is made on a day on which the guarantee is valid",
    "GU04": "a guarantee is valid in every member that a movement passes",
    "GU05": "what is reserved is above zero, and what is at stake is not below it",
    "GU06": "a reservation is at most what is free of the line",
    "GU07": "a movement has one reservation in a guarantee, of one amount, and none after a call",
    "GU08": "what is discharged or called has been reserved",
    "GU09": "a call is above zero and at most what is reserved",
    "GU10": "only its principal uses a guarantee, with its access code if it has one",
    "GU11": "what is at stake in another currency has an official rate, above zero",
}


@dataclass(frozen=True, slots=True)
class Reserve:
    """Set aside an amount for a movement: a pending transfer. minor: above zero."""

    mrn: str
    minor: int


@dataclass(frozen=True, slots=True)
class Discharge:
    """Free all that is reserved for a movement: the pending transfer is voided."""

    mrn: str
    minor: int


@dataclass(frozen=True, slots=True)
class Call:
    """Demand part of a reservation of the guarantor: that much of the pending transfer is posted, the rest,
    `freed_minor`, voided. member: in which the debt arose."""

    mrn: str
    minor: int
    freed_minor: int
    member: str


Act: TypeAlias = Reserve | Discharge | Call


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A guarantee as it stands. Made by `register`.

    grn: its reference number. guarantor: the participant that pays. principal: the trader's identifier.
    valid_from, valid_until: the first and the last day for new reservations. members: where it is valid.
    access_digest: of `access_digest`; empty if no code is asked for.
    """

    grn: str
    guarantor: str
    principal: str
    currency: Currency
    line_minor: int
    valid_from: date
    valid_until: date
    members: frozenset[str]
    access_digest: str = ""
    revoked_on: date | None = None
    reservations: Mapping[str, int] = field(default_factory=dict)
    """By movement, what is reserved: minor units above zero."""
    calls: tuple[Call, ...] = ()

    def __post_init__(self) -> None:
        invariant(self.free_minor >= 0, f"guarantee {self.grn} is used within its line")

    @property
    def reserved_minor(self) -> int:
        return sum(self.reservations.values())

    @property
    def called_minor(self) -> int:
        return sum(call.minor for call in self.calls)

    @property
    def free_minor(self) -> int:
        """What may still be reserved."""
        return self.line_minor - self.reserved_minor - self.called_minor

    @property
    def used_percent(self) -> Fraction:
        """How much of the line is not free, percent, exactly."""
        return Fraction(100 * (self.line_minor - self.free_minor), self.line_minor)


class Decided(NamedTuple):
    """The guarantee as it is afterwards, and what the ledger posts."""

    guarantee: Guarantee
    act: Act


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a movement asks of a guarantee.

    minor: of the guarantee's currency, as `at_stake` works it out. holder: of the transit procedure. members:
    every one that the movement passes.
    """

    mrn: str
    minor: int
    on: date
    holder: str
    members: tuple[str, ...]
    access_code: str = ""


@dataclass(frozen=True, slots=True)
class Stake:
    """Duty and tax that an item could come to owe: `rate` of `minor`.

    By an assessment, `minor` is the sum of its taxes and `rate` is 1; by a flat rate, `minor` is the value of
    the goods. currency: which both count in.
    """

    item: int
    minor: int
    currency: Currency
    rate: Fraction = Fraction(1)


class Demand(NamedTuple):
    """What a call comes to in the currency of the member that demands it.

    remainder: what that leaves of the exact amount, minor units of the same currency, below one; it stays on
    the account that converts, so nothing is lost.
    """

    amount: Money
    remainder: Fraction


def register(guarantee: Guarantee) -> Guarantee | Refusal:
    """A new guarantee, if it can serve.

    Refused: MN03, MN04 its reference number; GU01 its line or its days; GU04 no member.
    Raises: InvariantBroken if something is reserved or called already.
    """
    invariant(not guarantee.reservations and not guarantee.calls, f"guarantee {guarantee.grn} is new")
    if wrong := check_grn(guarantee.grn):
        return wrong
    if guarantee.line_minor <= 0:
        what = f"The line is {_money(guarantee, guarantee.line_minor)}."
        return Refusal("GU01", what, "Give a line above zero.", "line")
    if guarantee.valid_until < guarantee.valid_from:
        what = f"It would end on {guarantee.valid_until}, before it begins on {guarantee.valid_from}."
        return Refusal("GU01", what, "Let it end on its first day or later.", "valid_until")
    if not guarantee.members:
        what = "It would be valid in no member."
        return Refusal("GU04", what, "Name the members in which it is valid.", "members")
    return guarantee


def reserve(guarantee: Guarantee, wanted: Wanted) -> Decided | Refusal:
    """Set aside what is at stake in a movement; the very same again changes nothing.

    Refused, in this order: GU10 another holder or access code; GU07 another reservation of the movement, or
    a call; GU02 revoked; GU03 not valid that day; GU04 not valid in a member; GU05 nothing; GU06 more than is
    free, which may succeed later, when another movement is discharged.
    """
    if refused := _not_theirs(guarantee, wanted):
        return refused
    if (standing := guarantee.reservations.get(wanted.mrn)) is not None:
        if standing == wanted.minor:
            return Decided(guarantee, Reserve(wanted.mrn, standing))
        what = f"{wanted.mrn} has {_money(guarantee, standing)} reserved."
        return Refusal("GU07", what, "Discharge that first, or ask for the same amount.", "mrn")
    if any(call.mrn == wanted.mrn for call in guarantee.calls):
        what = f"{wanted.mrn} has been called."
        return Refusal("GU07", what, "Declare a movement of its own.", "mrn")
    if refused := _not_valid(guarantee, wanted) or _too_much(guarantee, wanted):
        return refused
    reservations = {**guarantee.reservations, wanted.mrn: wanted.minor}
    return Decided(replace(guarantee, reservations=reservations), Reserve(wanted.mrn, wanted.minor))


def discharge(guarantee: Guarantee, mrn: str) -> Decided | Refusal:
    """Free all that is reserved for a movement, also of a guarantee that is revoked or over.

    Refused: GU08 nothing is reserved for it.
    """
    found = _reserved(guarantee, mrn)
    if isinstance(found, Refusal):
        return found
    return Decided(_without(guarantee, mrn), Discharge(mrn, found))


def call(guarantee: Guarantee, mrn: str, minor: int, member: str) -> Decided | Refusal:
    """Demand an amount of the guarantor for a movement that went wrong in a member, and free the rest.

    Also of a guarantee that is revoked or over. Refused: GU08 nothing is reserved for it; GU09 an amount not
    above zero, or more than is reserved.
    """
    found = _reserved(guarantee, mrn)
    if isinstance(found, Refusal):
        return found
    if not 0 < minor <= found:
        what = f"{_money(guarantee, minor)} is called, and {_money(guarantee, found)} is reserved for {mrn}."
        return Refusal("GU09", what, f"Call at most {_money(guarantee, found)}, or discharge it.", "amount")
    act = Call(mrn, minor, found - minor, member)
    return Decided(replace(_without(guarantee, mrn), calls=(*guarantee.calls, act)), act)


def revoke(guarantee: Guarantee, on: date) -> Guarantee:
    """The guarantee once guarantor or customs have ended it; ended again, it stays as it is."""
    return guarantee if guarantee.revoked_on else replace(guarantee, revoked_on=on)


def at_stake(
    stakes: tuple[Stake, ...], to: Currency, rates: Mapping[str, Fraction] | None = None
) -> int | Refusal:
    """What a movement asks of a guarantee in the currency `to`: minor units, added exactly, rounded up once.

    rates: official; by currency, how many whole `to` one of it is worth. Refused: GU05 a stake below zero;
    GU11 a currency without a rate.
    """
    exact = Fraction(0)
    for stake in stakes:
        if stake.minor < 0 or stake.rate < 0:
            what = f"Item {stake.item} has {stake.rate} of {Money(stake.minor, stake.currency)} at stake."
            return Refusal("GU05", what, "Give a value and a rate of 0 or more.", f"item {stake.item}")
        rate = Fraction(1) if stake.currency == to else (rates or {}).get(stake.currency.code, Fraction(0))
        if rate <= 0:
            what = f"{stake.currency} has no official rate in {to}."
            return Refusal("GU11", what, "Give the day's rate.", f"item {stake.item}", transient=True)
        exact += stake.minor * stake.rate * _converted(stake.currency, to, rate)
    return -(-exact.numerator // exact.denominator)


def demand(called: Money, to: Currency, rate: Fraction) -> Demand:
    """A called amount in the currency of the member where the debt arose, rounded down; the rest is kept.

    rate: official; how many whole `to` one of the guarantee's currency is worth.
    Raises: InvariantBroken if it is not above zero.
    """
    invariant(rate > 0, "a rate is positive")
    exact = called.minor * _converted(called.currency, to, rate)
    minor = exact.numerator // exact.denominator
    return Demand(Money(minor, to), exact - minor)


def access_digest(grn: str, code: str) -> str:
    """What is kept of an access code: SHA-256 in hexadecimal, over the reference number and the code."""
    return hashlib.sha256(f"{grn}\n{code}".encode()).hexdigest()


def _converted(of: Currency, to: Currency, rate: Fraction) -> Fraction:
    """Minor units of `to` that one minor unit of `of` is worth."""
    return rate * Fraction(to.minor_per_major, of.minor_per_major)


def _not_theirs(guarantee: Guarantee, wanted: Wanted) -> Refusal | None:
    if wanted.holder != guarantee.principal:
        what = f"{guarantee.grn} is of {guarantee.principal}, and {wanted.holder or 'nobody'} declares."
        return Refusal("GU10", what, "Name a guarantee of the holder of the procedure.", "holder")
    given = access_digest(guarantee.grn, wanted.access_code)
    if guarantee.access_digest and not compare_digest(given, guarantee.access_digest):
        what = f"The access code is not that of {guarantee.grn}."
        return Refusal("GU10", what, "Ask the principal for the code.", "access_code")
    return None


def _not_valid(guarantee: Guarantee, wanted: Wanted) -> Refusal | None:
    """Why the guarantee takes no new reservation that day, in those members."""
    if guarantee.revoked_on and wanted.on >= guarantee.revoked_on:
        what = f"{guarantee.grn} was revoked on {guarantee.revoked_on}."
        return Refusal("GU02", what, "Name another guarantee.", "grn")
    if wanted.on > guarantee.valid_until:
        what = f"{guarantee.grn} was valid until {guarantee.valid_until}, and this is {wanted.on}."
        return Refusal("GU03", what, "Name another guarantee.", "grn")
    if wanted.on < guarantee.valid_from:
        what = f"{guarantee.grn} is valid from {guarantee.valid_from}, and this is {wanted.on}."
        cure = f"Declare on {guarantee.valid_from} or later."
        return Refusal("GU03", what, cure, "grn", transient=True)
    if outside := [each for each in wanted.members if each not in guarantee.members]:
        what = f"{guarantee.grn} is not valid in {', '.join(outside)}."
        return Refusal("GU04", what, "Take another way, or a guarantee that is valid there.", "members")
    return None


def _too_much(guarantee: Guarantee, wanted: Wanted) -> Refusal | None:
    if wanted.minor <= 0:
        what = f"{_money(guarantee, wanted.minor)} is at stake."
        return Refusal("GU05", what, "Give an amount above zero.", "amount")
    if wanted.minor > (free := guarantee.free_minor):
        lacking = _money(guarantee, wanted.minor - free)
        what = f"{lacking} is lacking: {_money(guarantee, wanted.minor)} is at stake in {wanted.mrn},"
        what = f"{what} and {_money(guarantee, free)} of {_money(guarantee, guarantee.line_minor)} is free."
        cure = "Wait for another movement's discharge, or raise the line."
        return Refusal("GU06", what, cure, "amount", transient=True)
    return None


def _reserved(guarantee: Guarantee, mrn: str) -> int | Refusal:
    found = guarantee.reservations.get(mrn)
    if found is not None:
        return found
    what = f"Nothing is reserved for {mrn:.40} in {guarantee.grn}."
    return Refusal("GU08", what, "Name a movement that has a reservation, or do nothing.", "mrn")


def _without(guarantee: Guarantee, mrn: str) -> Guarantee:
    kept = {each: minor for each, minor in guarantee.reservations.items() if each != mrn}
    return replace(guarantee, reservations=kept)


def _money(guarantee: Guarantee, minor: int) -> str:
    return str(Money(minor, guarantee.currency))
