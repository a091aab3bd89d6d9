"""Questions about declarations, claims and shipments that anyone with the store's file can ask."""

from __future__ import annotations

from datetime import date
from typing import Any

from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_controls import StoredControls
from tasviya.adapters.sqlite_customs import claims_where, lodgements_where, rows_where
from tasviya.adapters.sqlite_shared_data import SharedData
from tasviya.adapters.sqlite_shipments import shipment
from tasviya.adapters.sqlite_transit_queries import TransitQueries
from tasviya.core.clock import iso_instant
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import Currency, format_minor
from tasviya.customs.claim import Claim
from tasviya.customs.declaration_rules import kilograms
from tasviya.customs.hit_rates import ControlResult, HitRate, hit_rates
from tasviya.customs.lodgement import WAITING, Lodgement
from tasviya.customs.quota_claim import QuotaClaim
from tasviya.customs.refund import Refund
from tasviya.customs.selectivity import RANDOM
from tasviya.customs.selectivity_rules import read_selectivity
from tasviya.customs.tariff import Tariff
from tasviya.services.customs_book import VersionKind, tariff_in

Row = dict[str, Any]


class CustomsQueries(TransitQueries, StoredControls, SharedData):
    """What can be asked of a store's declarations. Amounts come as decimal texts, instants in UTC."""

    def __init__(self, db: Connection) -> None:
        self.connection = db

    def declarations(
        self,
        member: str | None = None,
        status: str | None = None,
        declarant: str | None = None,
        most: int = -1,
    ) -> list[Row]:
        """A row a declaration, the latest first; at most so many, all if it is below zero."""
        wanted = {"member": member, "status": status, "declarant": declarant}
        chosen = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in chosen) or "1"
        order = "ORDER BY seq DESC LIMIT ?"
        found = lodgements_where(self.connection, f"{where} {order}", *chosen.values(), most)
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

    def tariffs(self, member: str, kind: str = VersionKind.TARIFF) -> list[Row]:
        """A member's tariffs, or rules of a kind, drafts too, the earliest first."""
        return [
            {
                "digest": each.digest[:12],
                "valid_from": each.valid_from,
                "drafted_by": each.drafted_by,
                "published_by": each.published_by or "-",
                "published_at": iso_instant(each.published_at) if each.published_at else "draft",
            }
            for each in self.tariff_versions(member, kind)
        ]

    def tariff_on(self, member: str, day: date) -> Tariff | None:
        """A member's tariff in force on a day; None before the first."""
        published = [each for each in self.tariff_versions(member) if each.published_at]
        begun = [each for each in published if each.valid_from <= day.isoformat()]
        return tariff_in(begun[-1]) if begun else None

    def hit_rates(self, member: str | None = None) -> tuple[HitRate, ...]:
        """How often each rule of selectivity, and each control that has held goods, was right; the draw is
        RANDOM. Rules that members have had are there without a control too."""
        results = [ControlResult(each.mrn, each.rules, each.found) for each in self.control_results(member)]
        sql = "SELECT member, digest, law FROM customs_tariff WHERE kind = ? AND published_at > 0"
        known: list[str] = []
        for owner, digest, text in self.connection.execute(sql, (VersionKind.SELECTIVITY,)):
            if member in (None, owner):
                rules = read_selectivity(text, f"{owner} selectivity {digest[:12]}").rules
                known += [RANDOM, *(each.code for each in rules)]
        return hit_rates(results, known)

    def licence_rows(self, member: str) -> list[Row]:
        """A member's licences by their numbers, and what each has left."""
        return [
            {
                "number": each.number,
                "holder": each.holder,
                "goods": each.body.goods,
                "quantity": kilograms(each.body.quantity),
                "left": kilograms(each.body.left),
                "unit": str(each.body.unit),
                "valid_from": each.body.valid_from.isoformat(),
                "valid_until": each.body.valid_until.isoformat(),
                "uses": len(each.body.uses),
                "issued_by": each.issued_by,
            }
            for each in self.licences(member)
        ]

    def certificate_row(self, number: str) -> Row:
        """A certificate of origin, why its goods originate, and what has been used of it.

        Raises: OperatorError if nobody has issued it.
        """
        found = self.certificate(number)
        if found is None:
            what = f"No member has issued a certificate {number[:40]!r}."
            raise OperatorError("CO14", what, "Correct the number, or ask who issued it.", "number")
        body = found.body
        return {
            "number": number,
            "status": str(body.status),
            "issuer": f"{body.issuer} of {found.member}, by {found.issued_by}",
            "exporter": body.exporter,
            "consignee": body.consignee,
            "origin": body.origin,
            "goods": str(body.goods),
            "rule": body.rule,
            "quantity": f"{body.quantity} {body.unit}, {body.left} left",
            "valid": f"{body.issued_on} to {body.valid_until}",
            "verified_on": str(body.verified_on or "-"),
            "revoked": f"{body.ended_on}: {body.ended_for}" if body.ended_on else "-",
            "explained": list(found.explained),
            "uses": [
                {
                    "declaration": each.reference,
                    "on": str(each.on),
                    "goods": str(each.goods),
                    "quantity": f"{each.quantity} {each.unit}",
                }
                for each in body.uses
            ],
        }

    def trace(self, reference: str) -> list[Row]:
        """What happened to the shipment of a declaration, step by step.

        Raises: OperatorError if there is no such declaration.
        """
        return shipment(self.connection, self.found(reference).mrn)

    def money(self, member: str) -> Currency:
        """A member's currency."""
        return currency(self._currency(member))

    def refunds(self, member: str | None = None, status: str | None = None) -> list[Row]:
        """What customs give back, or are asked to, a row a refund."""
        wanted = {"member": member, "status": status}
        chosen = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in chosen) or "1"
        order = "ORDER BY asked_on, reference"
        found = rows_where(self.connection, "customs_refund", Refund, f"{where} {order}", *chosen.values())
        return [self._refund_row(each) for each in found]

    def quotas(self, member: str, day: str) -> list[Row]:
        """What items asked of a member's quotas on a day, and what they got, a row an item."""
        where = "member = ? AND day = ? ORDER BY order_number, mrn, item"
        found = rows_where(self.connection, "customs_quota_request", QuotaClaim, where, member, day)
        return [
            {
                "quota": each.order_number,
                "mrn": each.mrn,
                "item": each.item,
                "asked": format_minor(each.quantity, 3),
                "granted": format_minor(each.granted, 3),
                "unit": each.unit,
                "critical": "yes" if each.critical else "no",
                "status": str(each.status),
                "why": each.why,
            }
            for each in found
        ]

    def _refund_row(self, refund: Refund) -> Row:
        claim, money = self.claim(refund.reference), self._currency(refund.member)
        return {
            "reference": refund.reference,
            "kind": str(refund.kind),
            "trader": refund.trader,
            "amount": self._minor(refund.total, money),
            "remitted": self._minor(sum(refund.remitted.values()), money),
            "currency": money,
            "status": str(refund.status),
            "paid": self._minor(claim.paid, money) if claim else "",
            "asked_by": refund.asked_by or "-",
            "decided_by": refund.granted_by or "-",
            "why": "; ".join(refund.explanation),
        }

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

    def money_of(self, member: str) -> str:
        """A member's currency: its code."""
        return self._currency(member)

    def _currency(self, member: str) -> str:
        sql = "SELECT currency FROM members WHERE code = ? ORDER BY valid_from DESC LIMIT 1"
        return str(self.connection.execute(sql, (member,)).fetchone()[0])

    def _text(self, minor: int, member: str) -> str:
        return self._minor(minor, self._currency(member))

    def _minor(self, minor: int, code: str) -> str:
        return format_minor(minor, currency(code).decimals)
