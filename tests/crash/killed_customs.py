"""A day at customs that is killed: declarations lodged by hand, paid by files, deferred, paid from cash."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from customs_union import CUSTOMS, TRADER, CustomsUnion, declaration
from exchange_union import A, B, D
from killed_days import copy_of

from tasviya.app import Application, Home, ask
from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal
from tasviya.core.money import Money
from tasviya.customs.formats import declaration_json
from tasviya.customs.lodgement import Lodgement
from tasviya.services.guarantees import take
from tasviya.services.lodging import Lodging, amend, invalidate, lodge
from tasviya.services.securing import defer, pay_from_cash
from tasviya.services.work import Work

KZ = CUSTOMS["KZ"]
TOGETHER = 3
"""Declarations in a unit of work."""
WAYS = ("gross", "gross", "poor", "batch", "union", "halves", "twice", "short", "never")
"""How a claim is paid; the poor bank's payments wait."""
BY_HAND = ("cash", "deferred", "invalidated", "amended")


@dataclass
class CustomsDay:
    """A union whose inbox holds the day's payments, and what is done by hand."""

    union: CustomsUnion
    bodies: list[bytes]
    grn: str
    by_hand: dict[str, str]
    """What is done with a declaration in the evening: its MRN by the deed."""

    def lodge(self, application: Application) -> list[Lodgement]:
        """Lodge all declarations, some in each commit; those that have been lodged stay as they are, and one
        that has been amended since is refused."""
        lodged: list[Lodgement | Refusal] = []
        for start in range(0, len(self.bodies), TOGETHER):
            some = self.bodies[start : start + TOGETHER]
            lodged += application.do(lambda work, some=some: [_lodge(work, each) for each in some])  # type: ignore[misc]
        return [each for each in lodged if isinstance(each, Lodgement)]

    def act(self, application: Application) -> None:
        """What traders do themselves; what has been done is refused the second time."""
        mrns = self.by_hand
        application.do(lambda work: pay_from_cash(work, mrns["cash"], TRADER))
        application.do(lambda work: defer(work, mrns["deferred"], self.grn, TRADER))
        application.do(lambda work: invalidate(work, mrns["invalidated"], TRADER, "never shipped"))
        application.do(lambda work: _amend(work, mrns["amended"]))

    def copy(self, root: Path) -> CustomsDay:
        """The same day elsewhere."""
        union = copy_of(self.union, root)
        other = object.__new__(CustomsUnion)
        other.__dict__ |= union.__dict__
        return CustomsDay(other, self.bodies, self.grn, self.by_hand)


def write_customs_day(root: Path, seed: int, count: int = 27) -> CustomsDay:
    """A day: what is to be lodged, and the banks' payments of it, by every route and with every slip."""
    union = CustomsUnion(root)
    union.at("10:01").settle()
    union.make_markets()
    money, valid = Money(10_000_00, currency("KZT")), (date(2026, 1, 1), date(2026, 12, 31))
    grn = union.ok(lambda work: take(work, "KZ", "KZ-A", TRADER, money, valid, ("KZ",), "KZ.chief")).grn
    draw = random.Random(seed)
    bodies = [
        declaration(
            f"D-{number}",
            f"{draw.randrange(100, 600)}.00",
            goods=draw.choice(["841510", "841510", "841510", "490110", "8415"] if number > 3 else ["841510"]),
        )
        for number in range(count)
    ]
    day = CustomsDay(union, bodies, grn, {})
    rehearsal = day.copy(root.parent / f"{root.name}-rehearsal")
    with rehearsal.union.application() as application:
        lodged = rehearsal.lodge(application)
    day.by_hand = dict(zip(BY_HAND, (each.mrn for each in lodged), strict=False))
    union.at("10:05")
    union.pay(B, A, "10490.00", priority="URGT")  # leaves little
    union.pay(A, KZ, "200.00", remittance=f"/CASH/{TRADER}")
    owing = [each for each in lodged[len(BY_HAND) :] if each.assessed]
    for number, each in enumerate(owing):
        union.at(f"{10 + number * 6 // len(owing):02d}:{draw.randrange(6, 60):02d}")
        _pay(union, each, WAYS[number % len(WAYS)])
    union.at("16:20")
    union.pay(A, B, "1500.00")
    return day


def _pay(union: CustomsUnion, lodged: Lodgement, way: str) -> None:
    minor, quote = lodged.assessed, f"Duty /MRN/{lodged.mrn}"

    def text(part: int) -> str:
        return f"{part // 100}.{part % 100:02d}"

    if way in ("gross", "twice"):
        for _ in range(1 + (way == "twice")):
            union.pay(A, KZ, text(minor), remittance=quote)
    elif way == "poor":
        union.pay(B, KZ, text(minor), remittance=quote)
    elif way == "batch":
        most = f"{minor * 102 / 62500:.2f}"
        union.convert(D, KZ, text(minor), "KZT", "INR", most=most, remittance=quote)
    elif way == "union":
        union.through(D, KZ, text(minor), "KZT", "INR", remittance=quote)
    elif way == "halves":
        union.pay(A, KZ, text(minor // 2), remittance=quote)
        union.pay(D, KZ, text(minor - minor // 2), remittance=quote)
    elif way == "short":
        union.pay(A, KZ, text(minor - 1), remittance=quote)


def _lodge(work: Work, body: bytes) -> Lodgement | Refusal:
    declared = declaration_json.read(body)
    assert not isinstance(declared, list), declared
    return lodge(work, Lodging("KZ", declared, body, TRADER))


def _amend(work: Work, mrn: str) -> Lodgement | Refusal | list[Refusal] | None:
    """Make a declaration's goods dearer, once."""
    lodged = work.memory.customs.of(mrn)
    assert isinstance(lodged, Lodgement)
    if lodged.version > 1:
        return None
    body = declaration(lodged.lrn, "777.00")
    declared = declaration_json.read(body)
    assert not isinstance(declared, list), declared
    return amend(work, mrn, declared, body, TRADER)


def customs_outcome(home: Home) -> dict[str, Any]:
    """What a day at customs comes to, without its instants."""
    db = ask(home).db
    return {
        "declarations": db.execute(
            "SELECT seq, lrn, mrn, status, version, taxes, faults, tariff, release_reason"
            " FROM customs_declaration ORDER BY seq"
        ).fetchall(),
        "claims": db.execute(
            "SELECT reference, kind, taxes, status, paid, on_the_way, met_by, guarantee, charged_by"
            " FROM customs_claim ORDER BY 1"
        ).fetchall(),
        "guarantees": db.execute("SELECT grn, body FROM customs_guarantee").fetchall(),
    }


def released_in(home: Home) -> set[str]:
    """The MRNs whose goods have been released, as the store holds it now."""
    rows = ask(home).db.execute("SELECT mrn FROM customs_declaration WHERE status = 'released'")
    return {mrn for (mrn,) in rows}


def ways_paid(home: Home) -> set[str]:
    """By which ways payments for declarations have settled: gross, after waiting, by a batch, by a cycle."""
    sql = (
        "SELECT DISTINCT CASE WHEN settled_by <> '' THEN substr(settled_by, 1, 5)"
        " WHEN settled_at > received_at + 600000000000 THEN 'waited' ELSE 'gross' END"
        " FROM payment WHERE claim LIKE '26KZ%' AND status = 'settled'"
    )
    return {way for (way,) in ask(home).db.execute(sql)}
