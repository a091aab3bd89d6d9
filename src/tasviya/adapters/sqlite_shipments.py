"""A shipment followed from its export to its release: declarations, claims, payments and their netting.

Declarations of one shipment are linked by the MRN that a later one names as its previous document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any

from tasviya.adapters.sqlite_clearing_queries import ClearingQueries
from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_customs import claims_where, lodgements_where
from tasviya.core.clock import iso_instant
from tasviya.core.currencies import currency
from tasviya.core.money import format_minor
from tasviya.customs.claim import Claim
from tasviya.customs.lodgement import Lodgement

Row = dict[str, Any]


class _Rank(IntEnum):
    """In which order steps of one instant are told."""

    ACCEPTED, ASSESSED, HELD, PAID, RELEASED, NETTED = range(6)


_Step = tuple[int, _Rank, Row]


def shipment(db: Connection, mrn: str) -> list[Row]:
    """What happened to a shipment, step by step, in the order of time; instants in UTC.

    mrn: of any of its declarations.
    """
    steps: list[tuple[int, int, _Rank, Row]] = []
    for place, lodged in enumerate(_linked(db, mrn)):
        found = [*_declared(db, lodged)]
        for claim in claims_where(db, "mrn = ? ORDER BY made_at", lodged.mrn):
            found += _claimed(db, claim)
        steps += [(at, place, rank, row) for at, rank, row in found]
    return [row for *_, row in sorted(steps, key=lambda each: each[:3])]


def _linked(db: Connection, mrn: str) -> list[Lodgement]:
    """The declarations of a shipment, however far they reach, the earliest first."""
    found: dict[str, Lodgement] = {}
    wanted = [mrn]
    while wanted:
        name = wanted.pop()
        for lodged in lodgements_where(db, "mrn <> '' AND (mrn = ?1 OR ucr = ?1)", name):
            if lodged.mrn not in found:
                found[lodged.mrn] = lodged
                wanted += [each for each in (lodged.mrn, lodged.ucr) if each]
    return sorted(found.values(), key=lambda each: each.seq)


def _declared(db: Connection, lodged: Lodgement) -> Iterator[_Step]:
    name = f"{lodged.kind} {lodged.mrn}"
    after = f", after {lodged.ucr}" if lodged.ucr else ""
    by = f", by the tariff {lodged.tariff[:12]}" if lodged.tariff else ""
    accepted = f"accepted from {lodged.declarant}{after}{by}"
    yield lodged.accepted_at, _Rank.ACCEPTED, _step(lodged.accepted_at, lodged.member, name, accepted)
    if lodged.taxes:
        money = _currency_of(db, lodged.member)
        told = ", ".join(f"{tax} {_text(minor, money)}" for tax, minor in lodged.taxes.items())
        words = f"assessed: {told}; together {_text(lodged.assessed, money)} {money}"
        yield lodged.accepted_at, _Rank.ASSESSED, _step(lodged.accepted_at, lodged.member, name, words)
    if lodged.released_at:
        words = f"goods released: {lodged.release_reason}"
        yield lodged.released_at, _Rank.RELEASED, _step(lodged.released_at, lodged.member, name, words)
    elif lodged.holds:
        words = f"held: {'; '.join(f'{each.code} {each.why}' for each in lodged.holds)}"
        yield lodged.accepted_at, _Rank.HELD, _step(lodged.accepted_at, lodged.member, name, words)


def _claimed(db: Connection, claim: Claim) -> Iterator[_Step]:
    rows = db.execute(
        "SELECT payment_id, debtor, creditor, currency, amount_minor, debit_currency, debit_minor, status,"
        " route, settled_by, settled_at, received_at FROM payment WHERE claim = ? ORDER BY seq",
        (claim.reference,),
    ).fetchall()
    for payment in rows:
        yield from _paid(db, claim, payment)
    if claim.guarantee and claim.met_at:
        words = f"{_text(claim.total, claim.currency)} {claim.currency} deferred under {claim.guarantee}"
        yield claim.met_at, _Rank.PAID, _step(claim.met_at, claim.member, f"claim {claim.reference}", words)


def _paid(db: Connection, claim: Claim, payment: Sequence[Any]) -> Iterator[_Step]:
    name, debtor, creditor, code, minor, debit, paid, status, route, by, settled, received = payment
    at, what = settled or received, f"payment {name}"
    got = f"{creditor} receives {_text(minor, code)} {code}"
    sent = f"{debtor} pays {_text(paid, debit)} {debit}, " if debit else f"{debtor} pays, "
    way = f" by {by}" if by else f" by the {route} route"
    yield at, _Rank.PAID, _step(at, claim.member, what, f"{sent}{got}{way}: {status}")
    if route == "union" and settled:
        clearing = ClearingQueries(db)
        for step in clearing.trace(name)[1:]:
            yield (
                at,
                _Rank.NETTED,
                {"at": step["at"], "member": "", "what": step["step"], "words": step["what"]},
            )


def _step(at: int, member: str, what: str, words: str) -> Row:
    return {"at": iso_instant(at) if at else "", "member": member, "what": what, "words": words}


def _currency_of(db: Connection, member: str) -> str:
    sql = "SELECT currency FROM members WHERE code = ? ORDER BY valid_from DESC LIMIT 1"
    return str(db.execute(sql, (member,)).fetchone()[0])


def _text(minor: int, code: str) -> str:
    return format_minor(minor, currency(code).decimals, grouping=",")
