"""What customs come to, member by member, and what happened to one shipment."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from tasviya.adapters.sqlite_customs import lodgements_where
from tasviya.adapters.sqlite_customs_queries import CustomsQueries
from tasviya.core.clock import iso_instant
from tasviya.customs.lodgement import WAITING, LodgementStatus

Row = dict[str, Any]

COLLECTED = ("customs_revenue", "customs_pool")
"""The accounts on which taxes stand that have been paid."""
HOW = {"": "gross", "exchange": "through the exchange", "union": "by the union route"}


class CustomsDay(CustomsQueries):
    """What declarations and claims have come to. Amounts come as decimal texts, instants in UTC."""

    def totals(self) -> list[Row]:
        """A row a member that has declarations: how many, what became of their goods, what was assessed and
        what has been collected, in its currency."""
        counts: dict[str, Counter[str]] = {}
        assessed: Counter[str] = Counter()
        sql = (
            "SELECT member, status, taxes, released_at, accepted_at, EXISTS (SELECT 1 FROM payment p"
            " WHERE p.claim = d.mrn AND p.claim <> '' AND p.status = 'settled') FROM customs_declaration d"
        )
        for member, status, taxes, released_at, accepted_at, by_payment in self.connection.execute(sql):
            own = counts.setdefault(member, Counter())
            own["declared"] += 1
            own[_fate(status, bool(by_payment), at_once=released_at == accepted_at)] += 1
            assessed[member] += sum(msgspec.json.decode(taxes, type=dict[str, int]).values())
        collected = self._collected()
        return [
            {
                "member": member,
                "declared": own["declared"],
                "rejected": own["rejected"],
                "at_once": own["at_once"],
                "paid": own["paid"],
                "otherwise": own["otherwise"],
                "waiting": own["waiting"],
                "assessed": self._text(assessed[member], member),
                "collected": self._text(collected[member], member),
                "currency": self._currency(member),
            }
            for member, own in counts.items()
        ]

    def shipments(self) -> list[str]:
        """The MRNs of imports that name an export of the same store and that a payment has released, in the
        order of their acceptance."""
        sql = (
            "SELECT i.mrn FROM customs_declaration i JOIN customs_declaration e ON e.mrn = i.ucr"
            " WHERE i.ucr <> '' AND i.kind = 'import' AND i.released_at > i.accepted_at AND i.mrn IN"
            " (SELECT claim FROM payment WHERE claim <> '' AND status = 'settled') ORDER BY i.seq"
        )
        return [mrn for (mrn,) in self.connection.execute(sql)]

    def trace(self, mrn: str) -> list[Row]:
        """What happened to a shipment, in order: its export, its import, the payments for it, its release.

        Raises: OperatorError if there is no such import.
        """
        lodged = self.found(mrn)
        told: list[tuple[int, str, str]] = []
        for each in lodgements_where(self.connection, "mrn = ? AND mrn <> ''", lodged.ucr):
            told.append((each.accepted_at, each.member, f"export {each.mrn} accepted"))
            if each.released_at:
                told.append((each.released_at, each.member, "goods leave: nothing due"))
        owed = f"{self._text(lodged.assessed, lodged.member)} {self._currency(lodged.member)}"
        told.append((lodged.accepted_at, lodged.member, f"import {lodged.mrn} accepted, {owed} assessed"))
        sql = (
            "SELECT received_at, settled_at, settled_by, debtor, currency, amount_minor, route"
            " FROM payment WHERE claim = ? AND claim <> '' ORDER BY seq"
        )
        for row in self.connection.execute(sql, (lodged.mrn,)).fetchall():
            received_at, settled_at, by, debtor, code, minor, route = row
            told.append((received_at, lodged.member, f"{debtor} pays {self._minor(minor, code)} {code}"))
            if settled_at:
                how = by or HOW.get(route, route)
                told.append((settled_at, lodged.member, f"payment settles, {how}"))
        if lodged.released_at:
            told.append((lodged.released_at, lodged.member, "goods released, in the same commit"))
        return [{"at": iso_instant(at), "customs": member, "what": what} for at, member, what in told]

    def _collected(self) -> Counter[str]:
        """Taxes that have been paid, by member, minor units."""
        marks = ", ".join("?" * len(COLLECTED))
        rows = self.connection.execute(
            "SELECT a.owner, l.credits_posted, l.debits_posted FROM account a"
            f" JOIN ledger_account l ON l.id = a.account_id WHERE a.kind IN ({marks})",
            COLLECTED,
        ).fetchall()
        members = dict(self.connection.execute("SELECT code, member FROM participants").fetchall())
        found: Counter[str] = Counter()
        for owner, credits, debits in rows:
            found[members[owner]] += int(credits) - int(debits)
        return found


def _fate(status: str, by_payment: bool, *, at_once: bool) -> str:
    """What became of a declaration's goods, in a word."""
    if status in WAITING:
        return "waiting"
    if status not in (LodgementStatus.RELEASED, LodgementStatus.CLOSED):
        return "rejected" if status == LodgementStatus.REJECTED else "undone"
    if at_once:
        return "at_once"
    return "paid" if by_payment else "otherwise"
