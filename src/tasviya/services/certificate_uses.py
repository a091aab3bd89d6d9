"""Certificates of origin that declarations use: an import that claims a preference shows one of them.

    documents of items that claim a preference ──uses──▶ certificates with the quantity taken, or faults

A document whose number a member of the union has issued is a certificate. So is meant to be one of the types
CERTIFICATES for goods of a member: if nobody has issued it, that is a fault. A certificate is used once a
declaration, with the quantity of all items that show it; a started unit counts whole. It must be good on the
day of acceptance: found late, revoked, of another consignee, or with too little left, it is refused, and the
goods may be declared without preference. Revoked before the goods are released, it holds them.

Source: Revised Kyoto Convention, specific annex K, chapter 2; UN/EDIFACT, data element 1001 (types of
documents, with an N before them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import msgspec

from tasviya.core.errors import Refusal
from tasviya.customs import certificate as certificates
from tasviya.customs.certificate import Certificate, Status, Use
from tasviya.customs.declaration import Declaration, Item, Kind
from tasviya.customs.declaration_rules import named, path
from tasviya.customs.duty_units import Unit
from tasviya.customs.lodgement import Hold, Lodgement
from tasviya.customs.nomenclature import goods_code
from tasviya.services.declarations import NO_PREFERENCE
from tasviya.services.work import Work

USE_CODES = {
    "CO14": "a certificate of origin that is shown has been issued",
    "CO15": "a certificate proves the origin that is claimed",
}
CERTIFICATES = frozenset(["N861", "N864", "N865", "N954"])
"""Certificates of origin, in general, preferential, form A of the GSP, and movement certificates EUR.1."""

ORIGIN = "ORIGIN"
"""The code of the hold by which a revoked certificate keeps the goods."""


def uses(work: Work, declared: Declaration, on: date) -> dict[str, Certificate] | list[Refusal]:
    """The certificates with what a declaration takes of them on a day, by number; or all that is wrong.

    declared: with its MRN, if it has one: what it has used before does not count against it.
    """
    if declared.kind is not Kind.IMPORT:
        return {}
    taken: dict[str, Certificate] = {}
    refusals: list[Refusal] = []
    for number, places in _shown(work, declared).items():
        row = work.memory.customs.controls.certificate(number)
        used = row if isinstance(row, Refusal) else _used(row.body, declared, places, on)
        if isinstance(used, Refusal):
            field = {"quantity": "quantities", "goods": "goods", "origin": "preferential_origin"}
            place = f"{path(places[0])}.{field.get(used.where, 'documents')}"
            refusals.append(replace(used, where=place))
        else:
            taken[number] = used
    return refusals or taken


def take(work: Work, lodged: Lodgement, declared: Declaration) -> None:
    """Use the certificates of a declaration that has been found without fault. declared: with its MRN."""
    taken = uses(work, declared, date.fromisoformat(lodged.accepted_on))
    if not isinstance(taken, list):
        lodged.certificates = tuple(taken)
        for certificate in taken.values():
            keep(work, certificate)


def give_back(work: Work, lodged: Lodgement) -> None:
    """The certificates that a declaration has used are as if it had not."""
    for number in lodged.certificates:
        row = work.memory.customs.controls.certificate(number)
        without = row if isinstance(row, Refusal) else certificates.give_back(row.body, lodged.mrn)
        if not isinstance(without, Refusal):
            keep(work, without)
    lodged.certificates = ()


def revoked(work: Work, lodged: Lodgement) -> Iterator[Hold]:
    """What holds goods because a certificate that they have used has been revoked since."""
    for number in lodged.certificates:
        row = work.memory.customs.controls.certificate(number)
        if not isinstance(row, Refusal) and row.body.status is Status.REVOKED:
            why = f"{number} was revoked on {row.body.ended_on}: {row.body.ended_for}."
            yield Hold(ORIGIN, f"CO03: {why} Amend without preference.", row.body.issuer, f"CO03 {number}")


def keep(work: Work, certificate: Certificate) -> None:
    """Note that a certificate that is known has changed."""
    book = work.memory.customs.controls
    row = book.certificate(certificate.number)
    if not isinstance(row, Refusal):
        changed = msgspec.structs.replace(row, body=certificate)
        book.keep_certificate(changed)
        work.changes.certificates[certificate.number] = changed


def _shown(work: Work, declared: Declaration) -> Mapping[str, list[int]]:
    """By the number of a certificate, the places of items that claim a preference by it."""
    found: dict[str, list[int]] = {}
    members = work.memory.snapshot.members
    for place, item in enumerate(declared.items):
        if item.preference in NO_PREFERENCE:
            continue
        for document in (*item.documents, *declared.documents):
            number = document.reference.strip()
            known = not isinstance(work.memory.customs.controls.certificate(number), Refusal)
            if known or (document.type in CERTIFICATES and item.claimed_origin in members):
                found.setdefault(number, []).append(place)
                break
    return found


def _used(
    certificate: Certificate, declared: Declaration, places: list[int], on: date
) -> Certificate | Refusal:
    items = [declared.items[place] for place in places]
    for item in items:
        if item.claimed_origin != certificate.origin:
            what = f"{named(item)} claims origin {item.claimed_origin or 'of nowhere'}, and "
            what += f"{certificate.number} is for goods from {certificate.origin}."
            return Refusal("CO15", what, "Claim the origin that it proves, or no preference.", "origin")
    codes = [goods_code(item.goods) for item in items]
    good = [each for each in codes if not isinstance(each, Refusal)]
    if len(good) < len(codes):
        return next(each for each in codes if isinstance(each, Refusal))
    covered = certificate.goods.digits
    goods = next((each for each in good if not each.digits.startswith(covered)), good[0])
    before = certificates.give_back(certificate, declared.mrn) if declared.mrn else certificate
    standing = certificate if isinstance(before, Refusal) else before
    wanted = Use(
        declared.mrn or declared.lrn,
        on,
        declared.importer.id or declared.declarant.id,
        goods,
        sum(_quantity(item, certificate.unit) for item in items),
        certificate.unit,
    )
    return certificates.use(standing, wanted)


def _quantity(item: Item, unit: str) -> int:
    """An item's quantity in whole units of a certificate, a started one counted whole; 0 if there is none."""
    if unit == "g":
        return item.quantities.get(Unit.KG, 0)
    thousandths = next((each for name, each in item.quantities.items() if name == unit), 0)
    return -(-thousandths // 1000)
