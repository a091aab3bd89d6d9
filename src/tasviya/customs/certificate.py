"""Certificates of origin: what an authority has confirmed of goods, until it is used up, revoked or late.

    issue ──▶ issued ──verify──▶ verified ──use … use──▶ used up
                │                   │  ▲                   │
                └──revoke, expire───┤  └────give_back──────┘
                                    ▼
                            revoked | expired

A certificate is good for a quantity of one kind of goods, to one consignee, in one span of days. Each use
takes some of the quantity; a use is given back when the declaration that took it comes to nothing. Nothing
here stores anything: each act answers with the certificate as it is afterwards, or with a refusal.

    quantity = used + left,   used = the sum of its uses,   used up exactly while nothing is left

Source: Revised Kyoto Convention, specific annex K, chapters 2 and 3 (documentary evidence of origin, and its
control).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from tasviya.core.errors import Refusal, invariant
from tasviya.core.life_cycle import following
from tasviya.customs.nomenclature import GoodsCode
from tasviya.customs.origin import Judgement


class Status(StrEnum):
    """Where a certificate stands."""

    ISSUED = "issued"
    VERIFIED = "verified"
    USED_UP = "used_up"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Event(StrEnum):
    """What can happen to a certificate."""

    VERIFY = "verify"
    USE = "use"
    USE_UP = "use_up"
    GIVE_BACK = "give_back"
    GIVE_BACK_VERIFIED = "give_back_verified"
    """The same to one that had been verified."""
    REVOKE = "revoke"
    EXPIRE = "expire"


TRANSITIONS: dict[Status, dict[Event, Status]] = {
    Status.ISSUED: {
        Event.VERIFY: Status.VERIFIED,
        Event.USE: Status.ISSUED,
        Event.USE_UP: Status.USED_UP,
        Event.GIVE_BACK: Status.ISSUED,
        Event.REVOKE: Status.REVOKED,
        Event.EXPIRE: Status.EXPIRED,
    },
    Status.VERIFIED: {
        Event.USE: Status.VERIFIED,
        Event.USE_UP: Status.USED_UP,
        Event.GIVE_BACK_VERIFIED: Status.VERIFIED,
        Event.REVOKE: Status.REVOKED,
        Event.EXPIRE: Status.EXPIRED,
    },
    Status.USED_UP: {
        Event.GIVE_BACK: Status.ISSUED,
        Event.GIVE_BACK_VERIFIED: Status.VERIFIED,
        Event.REVOKE: Status.REVOKED,  # found wrong later: the duty of its uses falls due
    },
    Status.REVOKED: {
        Event.GIVE_BACK: Status.REVOKED,  # its books stay right, it does not come to life
        Event.GIVE_BACK_VERIFIED: Status.REVOKED,
    },
    Status.EXPIRED: {
        Event.GIVE_BACK: Status.EXPIRED,
        Event.GIVE_BACK_VERIFIED: Status.EXPIRED,
        Event.REVOKE: Status.REVOKED,
    },
}


@dataclass(frozen=True, slots=True)
class Use:
    """What one declaration takes of a certificate.

    reference: the declaration's. consignee: the trader's identifier. quantity: above zero, in `unit`.
    """

    reference: str
    on: date
    consignee: str
    goods: GoodsCode
    quantity: int
    unit: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of origin. Made by `issue`.

    consignee: the trader's identifier, compared as it is. goods: covers every code that begins with it.
    quantity: whole units of `unit`, such as kg or g; what is divisible is counted in a smaller unit.
    issued_on, valid_until: the first and the last day on which it may be used.
    """

    number: str
    issuer: str
    exporter: str
    consignee: str
    origin: str
    """The state where the goods are from."""
    goods: GoodsCode
    rule: str
    """The rule of origin that they meet, as text."""
    quantity: int
    unit: str
    issued_on: date
    valid_until: date
    status: Status = Status.ISSUED
    uses: tuple[Use, ...] = ()
    verified_on: date | None = None
    ended_on: date | None = None
    """When it was revoked or found expired."""
    ended_for: str = ""
    """Why it was revoked."""

    def __post_init__(self) -> None:
        invariant(0 <= self.used <= self.quantity, f"certificate {self.number} is used within its quantity")

    @property
    def used(self) -> int:
        """What its uses have taken, in `unit`."""
        return sum(use.quantity for use in self.uses)

    @property
    def left(self) -> int:
        """What may still be used, in `unit`."""
        return self.quantity - self.used


def issue(certificate: Certificate, judgement: Judgement) -> Certificate | Refusal:
    """A new certificate, if its goods meet their rule.

    certificate: as applied for, issued and unused. judgement: of `origin.judge` on the goods.
    Refused: CO09 the goods do not originate; CO10 a quantity not above zero; CO11 it ends before it begins.
    Raises: InvariantBroken if it is not new.
    """
    new = certificate.status is Status.ISSUED and not certificate.uses and certificate.verified_on is None
    invariant(new, f"certificate {certificate.number} is new")
    if not judgement.holds:
        what = f"The goods do not meet {judgement.rule}: {judgement.what}"
        cure = "Replace the materials that speak against it, or apply by another rule."
        return Refusal("CO09", what, cure, "goods")
    if certificate.quantity <= 0:
        what = f"The quantity is {certificate.quantity} {certificate.unit}."
        return Refusal("CO10", what, "Certify a whole quantity above zero; take a smaller unit.", "quantity")
    if certificate.valid_until < certificate.issued_on:
        what = f"It would end on {certificate.valid_until}, before it is issued on {certificate.issued_on}."
        return Refusal("CO11", what, "Let it end on the day of issue or later.", "valid_until")
    return replace(certificate, rule=certificate.rule or judgement.rule)


def verify(certificate: Certificate, on: date) -> Certificate | Refusal:
    """The certificate once its issuer has confirmed that it is genuine; verified again, it stays as it is.

    Refused: CO01, CO02, CO03 as for a use; CO12 nothing is left of it to verify.
    """
    if certificate.status is Status.VERIFIED:
        return certificate
    refused = _not_good_on(certificate, on)
    if refused:
        return refused
    if certificate.status is Status.USED_UP:
        what = f"{certificate.number} is used up."
        return Refusal("CO12", what, "Ask the issuer to control its uses afterwards instead.", "number")
    return replace(_happens(certificate, Event.VERIFY), verified_on=on)


def use(certificate: Certificate, wanted: Use) -> Certificate | Refusal:
    """The certificate with a use taken from it; the very same use again changes nothing.

    Refused, in this order: CO08 another use under the same reference; CO03 revoked; CO01 late; CO02 early;
    CO04 other consignee; CO05 other goods; CO07 no quantity, or in another unit; CO06 more than is left,
    which may succeed later, when a use is given back.
    """
    for earlier in certificate.uses:
        if earlier.reference == wanted.reference:
            if earlier == wanted:
                return certificate
            what = f"{wanted.reference} has used {earlier.quantity} {earlier.unit} of it on {earlier.on}."
            return Refusal("CO08", what, "Give that use back first, or name another.", "reference")
    refused = _not_good_on(certificate, wanted.on) or _not_for(certificate, wanted)
    if refused:
        return refused
    if wanted.quantity > certificate.left:
        unit = certificate.unit
        what = f"{wanted.quantity} {unit} is {wanted.quantity - certificate.left} {unit} more than is left:"
        what = f"{what} {certificate.left} of {certificate.quantity} {unit}."
        cure = f"Claim at most {certificate.left} {unit} by it, and declare the rest without preference."
        return Refusal("CO06", what, cure, "quantity", transient=True)
    event = Event.USE_UP if wanted.quantity == certificate.left else Event.USE
    return replace(_happens(certificate, event), uses=(*certificate.uses, wanted))


def give_back(certificate: Certificate, reference: str) -> Certificate | Refusal:
    """The certificate without one of its uses, as if that had never been; what has ended stays ended.

    Refused: CO13 if it has no such use.
    """
    kept = tuple(each for each in certificate.uses if each.reference != reference)
    if len(kept) == len(certificate.uses):
        what = f"{certificate.number} has no use by {reference[:40]}."
        return Refusal("CO13", what, "Name the declaration that used it, or do nothing.", "reference")
    event = Event.GIVE_BACK_VERIFIED if certificate.verified_on else Event.GIVE_BACK
    return replace(_happens(certificate, event), uses=kept)


def revoke(certificate: Certificate, on: date, reason: str) -> Certificate | Refusal:
    """The certificate once its issuer has taken it back. Its uses stay: their duty falls due.

    Refused: CO03 if it has been revoked already.
    """
    if certificate.status is Status.REVOKED:
        return _revoked(certificate)
    return replace(_happens(certificate, Event.REVOKE), ended_on=on, ended_for=reason)


def expire(certificate: Certificate, on: date) -> Certificate:
    """The certificate as a day finds it: expired if its last day is over and something was left."""
    late = on > certificate.valid_until
    if not late or certificate.status not in (Status.ISSUED, Status.VERIFIED):
        return certificate
    return replace(_happens(certificate, Event.EXPIRE), ended_on=on)


def _happens(certificate: Certificate, event: Event) -> Certificate:
    return replace(certificate, status=following(TRANSITIONS, certificate.status, event, certificate.number))


def _not_good_on(certificate: Certificate, on: date) -> Refusal | None:
    """Why the certificate cannot serve on a day."""
    if certificate.status is Status.REVOKED:
        return _revoked(certificate)
    if on > certificate.valid_until or certificate.status is Status.EXPIRED:
        what = f"{certificate.number} was valid until {certificate.valid_until}, and this is {on}."
        if on <= certificate.valid_until:
            what = f"{certificate.number} was found expired on {certificate.ended_on}."
        cure = "Ask the exporter for a new certificate, or declare without preference."
        return Refusal("CO01", what, cure, "date")
    if on < certificate.issued_on:
        what = f"{certificate.number} is issued on {certificate.issued_on}, and this is {on}."
        cure = f"Declare on {certificate.issued_on} or later, or without preference."
        return Refusal("CO02", what, cure, "date", transient=True)
    return None


def _revoked(certificate: Certificate) -> Refusal:
    what = f"{certificate.number} was revoked on {certificate.ended_on}: {certificate.ended_for}."
    return Refusal("CO03", what, "Ask its issuer why, and declare without preference.", "number")


def _not_for(certificate: Certificate, wanted: Use) -> Refusal | None:
    """Why the certificate is not for this use, whatever is left of it."""
    if wanted.consignee != certificate.consignee:
        what = f"{certificate.number} is for {certificate.consignee}, and {wanted.consignee} declares."
        return Refusal("CO04", what, "Let the consignee declare, or have it issued anew.", "consignee")
    if not wanted.goods.digits.startswith(certificate.goods.digits):
        what = f"{certificate.number} is for goods of {certificate.goods}, and {wanted.goods} is declared."
        return Refusal("CO05", what, "Declare the goods that it is for, or without preference.", "goods")
    if wanted.quantity <= 0 or wanted.unit != certificate.unit:
        what = f"{wanted.quantity} {wanted.unit} is no quantity in {certificate.unit}."
        return Refusal("CO07", what, f"Claim a whole number of {certificate.unit} above zero.", "quantity")
    return None
