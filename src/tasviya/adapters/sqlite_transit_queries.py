"""Questions about goods in transit and guarantees that anyone with the store's file can ask."""

from __future__ import annotations

from typing import Any

from tasviya.adapters.sqlite_customs import StoredCustoms, rows_where
from tasviya.core.clock import iso_instant
from tasviya.core.errors import OperatorError
from tasviya.core.money import Currency, Money, format_minor
from tasviya.customs.guarantee import Guarantee
from tasviya.customs.movement import MovementRow, due
from tasviya.customs.transit import ETIR
from tasviya.services.customs_book import GuaranteeRow

Row = dict[str, Any]


class TransitQueries(StoredCustoms):
    """What can be asked of a store's movements and guarantees. Amounts come as decimal texts, of the
    guarantee's currency; instants in UTC."""

    def movements(
        self, member: str | None = None, status: str | None = None, holder: str | None = None
    ) -> list[Row]:
        """A row a movement, the latest first. member: of departure."""
        wanted = {"departure": member, "status": status, "holder": holder}
        chosen = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in chosen) or "1"
        return [
            self._movement(each) for each in self._movements(f"{where} ORDER BY mrn DESC", *chosen.values())
        ]

    def movement_told(self, reference: str) -> Row:
        """A movement by its MRN or its holder's number, with its legs and incidents.

        Raises: OperatorError if there is none, or the number is several holders'.
        """
        found = self._movements("mrn = ?1 OR lrn = ?1", reference)
        if len(found) != 1:
            what = f"{len(found) or 'No'} movements have the number {reference:.40}."
            raise OperatorError("TW01", what, "Give an MRN; `tasviya customs transit status` lists them.")
        (row,) = found
        body = row.body
        return self._movement(row) | {
            "at_stake": str(Money(row.stake, self._guarantee(row.grn).currency)),
            "etir": ETIR.get(row.body.status, ""),
            "lrn": row.lrn,
            "itinerary": " ".join(body.itinerary),
            "declared_by": row.declared_by,
            "limit": iso_instant(body.limit_at),
            "seals": " ".join(body.seals),
            "arrived": f"{body.arrived_office} {iso_instant(body.arrived_at)}" if body.arrived_at else "",
            "found": body.result.remark if body.result else "",
            "lacking": self._secured(row, body.result.lacking_minor) if body.result else "",
            "ended_for": body.ended_for,
            "called": f"{self._secured(row, body.called_minor)} in {body.called_in}" if row.claim else "",
            "claim": row.claim,
            "legs": [
                {
                    "member": each.member,
                    "office": each.office,
                    "entered_at": iso_instant(each.entered_at),
                    "left_at": iso_instant(each.left_at) if each.left_at else "",
                    "seals_seen": "-" if each.seals_seen is None else " ".join(each.seals_seen) or "none",
                }
                for each in body.legs
            ],
            "incidents": [
                {
                    "at": iso_instant(each.at),
                    "member": each.member,
                    "kind": str(each.kind),
                    "text": each.text,
                }
                for each in body.incidents
            ],
        }

    def movements_due(self, at_ns: int) -> list[Row]:
        """Movements that wait for an act which may be done at an instant, the longest overdue first."""
        found = self._movements("due_at > 0 AND due_at < ? ORDER BY due_at, mrn", at_ns)
        return [
            {
                "mrn": each.mrn,
                "due": due(each.body)[0],
                "since": iso_instant(each.due_at),
                "member": each.body.went_wrong_in if due(each.body)[0] == "call" else each.departure,
                "status": each.status,
                "amount": self._secured(each, each.body.minor),
                "currency": self._guarantee(each.grn).currency.code,
            }
            for each in found
        ]

    def guarantees(self, member: str | None = None, principal: str | None = None) -> list[Row]:
        """A row a guarantee. member: whose customs took it."""
        wanted = {"substr(grn, 3, 2)": member, "principal": principal}
        chosen = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in chosen) or "1"
        found = rows_where(
            self.connection, "customs_guarantee", GuaranteeRow, f"{where} ORDER BY grn", *chosen.values()
        )
        return [_guarantee_row(each.body) for each in found]

    def guarantee_told(self, grn: str) -> Row:
        """A guarantee with its reservations and calls.

        Raises: OperatorError if there is none.
        """
        of = self._guarantee(grn)
        return _guarantee_row(of) | {
            "members": " ".join(sorted(of.members)),
            "valid_from": of.valid_from.isoformat(),
            "valid_until": of.valid_until.isoformat(),
            "revoked_on": of.revoked_on.isoformat() if of.revoked_on else "",
            "used_percent": f"{float(of.used_percent):.1f}",
            "reservations": [
                {"reference": reference, "amount": _text(of, minor)}
                for reference, minor in of.reservations.items()
            ],
            "calls": [
                {"reference": each.mrn, "amount": _text(of, each.minor), "member": each.member}
                for each in of.calls
            ],
        }

    def currency_of(self, mrn: str) -> Currency:
        """The currency of what a movement asks of its guarantee.

        Raises: OperatorError if there is no such movement.
        """
        row = self.movement(mrn)
        if row is None:
            cure = "Check the number; `tasviya customs transit status` lists them."
            raise OperatorError("TW01", f"No movement has the MRN {mrn:.40}.", cure)
        return self._guarantee(row.grn).currency

    def _movements(self, where: str, *values: Any) -> list[MovementRow]:
        return rows_where(self.connection, "customs_movement", MovementRow, where, *values)

    def _guarantee(self, grn: str) -> Guarantee:
        row = self.guarantee(grn)
        if row is None:
            cure = "Check it; `tasviya customs guarantee list` lists them."
            raise OperatorError("CU09", f"No guarantee has the reference {grn:.40}.", cure)
        return row.body

    def _secured(self, row: MovementRow, minor: int) -> str:
        return _text(self._guarantee(row.grn), minor)

    def _movement(self, row: MovementRow) -> Row:
        here = row.body.here
        return {
            "mrn": row.mrn,
            "holder": row.holder,
            "departure": row.departure,
            "destination": row.destination,
            "status": row.status,
            "in": here.member if here and not row.body.final else "",
            "grn": row.grn,
            "reserved": self._secured(row, 0 if row.body.final else row.body.minor),
        }


def _text(of: Guarantee, minor: int) -> str:
    return format_minor(minor, of.currency.decimals)


def _guarantee_row(of: Guarantee) -> Row:
    return {
        "grn": of.grn,
        "guarantor": of.guarantor,
        "principal": of.principal,
        "currency": of.currency.code,
        "limit": _text(of, of.line_minor),
        "reserved": _text(of, of.reserved_minor),
        "called": _text(of, of.called_minor),
        "free": _text(of, of.free_minor),
    }
