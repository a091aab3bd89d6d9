"""Questions about declarations, claims and shipments that anyone with the store's file can ask."""

from __future__ import annotations

from typing import Any

from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_customs import claims_where, lodgements_where
from tasviya.adapters.sqlite_transit_queries import TransitQueries
from tasviya.core.clock import iso_instant
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import format_minor
from tasviya.customs.claim import Claim
from tasviya.customs.lodgement import WAITING, Lodgement

Row = dict[str, Any]


class CustomsQueries(TransitQueries):
    """What can be asked of a store's declarations. Amounts come as decimal texts, instants in UTC."""

    def __init__(self, db: Connection) -> None:
        self.connection = db

    def declarations(
        self, member: str | None = None, status: str | None = None, declarant: str | None = None
    ) -> list[Row]:
        """A row a declaration, the latest first."""
        wanted = {"member": member, "status": status, "declarant": declarant}
        chosen = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in chosen) or "1"
        found = lodgements_where(self.connection, f"{where} ORDER BY seq DESC", *chosen.values())
        return [self._row(each) for each in found]

    def declaration(self, mrn: str) -> Row:
        """A declaration, its taxes and what it waits for.

        Raises: OperatorError if there is none.
        """
        lodged = self.found(mrn)
        return self._row(lodged) | {
            "version": lodged.version,
            "lodged_by": lodged.actor,
            "accepted_on": lodged.accepted_on,
            "tariff": lodged.tariff[:12],
            "rates_of": lodged.rates_on,
            "channel": lodged.channel,
            "waits_for": "; ".join(self.waits_for(lodged)),
            "released_by": lodged.release_reason,
            "faults": [f"{each.code} {each.where}: {each.what} {each.cure}" for each in lodged.faults],
            "taxes": {tax: self._text(minor, lodged.member) for tax, minor in lodged.taxes.items()},
            "lines": [dict(each) for each in lodged.lines],
        }

    def found(self, reference: str) -> Lodgement:
        """A declaration by its MRN, or by its declarant's number.

        Raises: OperatorError if there is none, or the number is several declarants'.
        """
        found = lodgements_where(self.connection, "(mrn = ?1 AND mrn <> '') OR lrn = ?1", reference)
        if len(found) != 1:
            what = f"{len(found) or 'No'} declarations have the number {reference:.40}."
            raise OperatorError("CU01", what, "Give an MRN; `tasviya customs status` lists them.")
        return found[0]

    def waits_for(self, lodged: Lodgement) -> list[str]:
        """What keeps a declaration's goods from being released, in words."""
        if lodged.status not in WAITING:
            return []
        claim, waits = self.claim(lodged.mrn), []
        if claim is not None and claim.left:
            money = claim.currency
            way = f", {self._minor(claim.on_the_way, money)} on its way" if claim.on_the_way else ""
            waits.append(f"payment of {self._minor(claim.left, money)} {money} for /MRN/{lodged.mrn}{way}")
        for hold in lodged.holds:
            by = f" ({hold.authority})" if hold.authority else ""
            waits.append(f"{hold.code}: {hold.why}{by}")
        return waits

    def claims(self, mrn: str) -> list[Row]:
        """What was claimed about a declaration, a row a claim."""
        return [
            {
                "reference": each.reference,
                "kind": str(each.kind),
                "debtor": each.debtor,
                "claimed": self._minor(each.total, each.currency),
                "paid": self._minor(each.paid, each.currency),
                "currency": each.currency,
                "status": str(each.status),
                "met_at": iso_instant(each.met_at) if each.met_at else "",
                "met_by": each.met_by,
            }
            for each in claims_where(self.connection, "mrn = ? ORDER BY made_at, reference", mrn)
        ]

    def tariffs(self, member: str) -> list[Row]:
        """A member's tariffs, drafts too, the earliest first."""
        return [
            {
                "digest": each.digest[:12],
                "valid_from": each.valid_from,
                "drafted_by": each.drafted_by,
                "published_by": each.published_by or "-",
                "published_at": iso_instant(each.published_at) if each.published_at else "draft",
            }
            for each in self.tariff_versions(member)
        ]

    def open_claims(self, member: str | None = None) -> list[Claim]:
        """Claims that are not met."""
        where = "status = 'open'" + (" AND member = ?" if member else "")
        return claims_where(self.connection, f"{where} ORDER BY made_at", *([member] if member else []))

    def _row(self, lodged: Lodgement) -> Row:
        return {
            "mrn": lodged.mrn,
            "lrn": lodged.lrn,
            "member": lodged.member,
            "declarant": lodged.declarant,
            "kind": str(lodged.kind),
            "status": str(lodged.status),
            "assessed": self._text(lodged.assessed, lodged.member),
            "currency": self._currency(lodged.member),
            "accepted_at": iso_instant(lodged.accepted_at) if lodged.accepted_at else "",
            "released_at": iso_instant(lodged.released_at) if lodged.released_at else "",
        }

    def _currency(self, member: str) -> str:
        sql = "SELECT currency FROM members WHERE code = ? ORDER BY valid_from DESC LIMIT 1"
        return str(self.connection.execute(sql, (member,)).fetchone()[0])

    def _text(self, minor: int, member: str) -> str:
        return self._minor(minor, self._currency(member))

    def _minor(self, minor: int, code: str) -> str:
        return format_minor(minor, currency(code).decimals)
