"""What must hold of customs' books at any moment, worked out from the rows and held against the ledger."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from customs_union import CustomsUnion

from tasviya.app import ask

AUTHORITIES = {"KZ-CUSTOMS": "KZ", "IN-CUSTOMS": "IN"}
OWED = ("claim", "customs_accrued", "customs_revenue", "customs_pool", "customs_refund", "trader_cash")
"""Accounts of customs with credit balances."""
TO_COME = ("accepted", "secured")


def customs_hold(union: CustomsUnion) -> None:
    """Released goods are paid for or pledged, claims are what the ledger says, and cash is what came in.

    Nothing of it uses the services that it checks.
    """
    kinds, claim_accounts = _balances(union)
    claims = _rows(union, "customs_claim")
    payments = _payments(union)
    _released_are_secured(union, claims)
    for name, claim in claims.items():
        total, cash = sum(claim["taxes"].values()), payments[name, "settled"]
        assert claim["on_the_way"] == payments[name, "waiting"], claim
        assert cash + claim["on_the_way"] <= claim["paid"] + claim["on_the_way"], claim
        assert claim["status"] != "met" or claim["paid"] >= total, claim
        held = claim["paid"] if claim["status"] == "open" else 0
        assert claim_accounts[name] == held, claim
        if not claim["guarantee"] and claim["met_by"] != "cash account":
            assert claim["paid"] == cash, claim
    for member in AUTHORITIES.values():
        own = kinds[member]
        assert sum(own.values()) == 0, own
        assert -own["customs_due"] - own["customs_deferred"] == own["customs_accrued"], own
        assert -own["customs_due"] == sum(
            sum(claim["taxes"].values())
            for claim in claims.values()
            if claim["member"] == member and claim["status"] == "open" and claim["kind"] == "declaration"
        ), own
        assert -own["customs_cash"] == payments[member, "came in"], own
        assert all(own[kind] >= 0 for kind in OWED), own


def _released_are_secured(union: CustomsUnion, claims: dict[str, Any]) -> None:
    declarations = _rows(union, "customs_declaration", "seq")
    for lodged in declarations.values():
        claim = claims.get(lodged["mrn"])
        assessed = sum(lodged["taxes"].values())
        assert (lodged["released_at"] > 0) is (lodged["status"] in ("released", "closed")), lodged
        if lodged["released_at"]:
            assert not lodged["holds"], lodged
            if assessed or claim:
                assert claim and claim["status"] == "met" and claim["paid"] >= assessed, (lodged, claim)
        elif claim is not None:
            status = "withdrawn" if lodged["status"] == "invalidated" else "open"
            assert claim["status"] == status, (lodged, claim)
        if claim is not None and lodged["status"] in TO_COME:
            assert sum(claim["taxes"].values()) == assessed, (lodged, claim)


def _balances(union: CustomsUnion) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Credits less debits by member and kind of account, and by claim."""
    kinds: dict[str, Counter[str]] = {member: Counter() for member in AUTHORITIES.values()}
    claims: Counter[str] = Counter()
    for name, balance in union.books().items():
        owner, _, kind, other = name.split("/")
        if owner in AUTHORITIES and kind != "settlement":
            kinds[AUTHORITIES[owner]][kind] += balance
            if kind == "claim":
                claims[other] = balance
    return kinds, claims


def _payments(union: CustomsUnion) -> Counter[tuple[str, str]]:
    """What payments have brought or will bring, by claim, and what came in by member."""
    found: Counter[tuple[str, str]] = Counter()
    sql = "SELECT claim, creditor, status, amount_minor FROM payment WHERE claim <> ''"
    for claim, creditor, status, minor in ask(union.home).db.execute(sql):
        if status == "settled":
            found[claim, "settled"] += minor
            found[AUTHORITIES[creditor], "came in"] += minor
        elif status not in ("rejected", "cancelled", "expired"):
            found[claim, "waiting"] += minor
    return found


def _rows(union: CustomsUnion, table: str, key: str = "reference") -> dict[Any, dict[str, Any]]:
    """A table's rows, JSON read."""
    cursor = ask(union.home).db.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row |= {name: json.loads(row[name]) for name in ("taxes", "holds") if name in row}
    return {row[key]: row for row in rows}
