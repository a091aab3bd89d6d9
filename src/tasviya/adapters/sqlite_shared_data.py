"""What one member's customs know of another's declarations: exports that are on their way to it.

An export is there for the importing member in the commit that accepts it. Its customs see all of it, so do
the exporter's; others see that goods are on their way, not whose they are nor at what price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_customs import lodgements_where
from tasviya.core.clock import iso_instant
from tasviya.core.errors import InvariantBroken, accepted
from tasviya.customs.declaration import Amount, Declaration
from tasviya.customs.declaration_rules import kilograms, written
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats.reading import read
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.mirror_match import Accepted
from tasviya.customs.nomenclature import bare
from tasviya.membership.roles import Act, Role, may, refused

Row = dict[str, Any]
STANDS = "status NOT IN ('draft', 'rejected', 'invalidated')"
HIDDEN = "-"


class SharedData:
    """Questions across members, each with who asks."""

    connection: Connection

    def expected(self, member: str, actor: str) -> list[Row]:
        """Exports to a member, the latest first: goods, mass, where they stand, and imports that name them.

        Parties and prices are told to who may read declarations there, or where the export was declared.
        Raises: OperatorError RO01 if who asks may not even read totals in any member.
        """
        roles = self._roles(actor)
        every = [role for held in roles.values() for role in held]
        if not may(every, Act.READ_DECLARATION):
            accepted(refused(actor, every, Act.READ_TOTALS, "the union"))
        where = f"kind = 'export' AND destination = ? AND member <> ? AND {STANDS} ORDER BY seq DESC"
        rows = []
        for lodged in lodgements_where(self.connection, where, member, member):
            readers = (*roles.get(member, ()), *roles.get(lodged.member, ()))
            rows.append(self._expected(lodged, member, open_=may(readers, Act.READ_DECLARATION)))
        return rows

    def sides(
        self, member: str, actor: str, partner: str | None = None
    ) -> dict[str, tuple[list[Accepted], list[Accepted]]]:
        """Exports to a member and its imports, by the other member, each with the rates that were frozen, in
        the member's currency.

        An import is from the member that dispatched it; if it does not say, from that of the export that it
        names, else from that of its goods' origin. partner: only that member.
        Raises: OperatorError RO01 if who asks may not read declarations in the member.
        """
        accepted(refused(actor, self._roles(actor).get(member, ()), Act.READ_DECLARATION, member))
        codes = self._currencies()
        sides: dict[str, tuple[list[Accepted], list[Accepted]]] = defaultdict(lambda: ([], []))
        where = f"kind = 'export' AND destination = ? AND member <> ? AND {STANDS} ORDER BY seq"
        origin_of: dict[str, str] = {}
        for lodged in lodgements_where(self.connection, where, member, member):
            origin_of[lodged.mrn] = lodged.member
            sides[lodged.member][0].append(_accepted(lodged, codes[member], codes[lodged.member]))
        where = f"kind = 'import' AND member = ? AND {STANDS} ORDER BY seq"
        for lodged in lodgements_where(self.connection, where, member):
            made = _accepted(lodged, codes[member], codes[member])
            sender = _sender(made.declaration, origin_of.get(lodged.ucr, ""))
            if sender in codes and sender != member:
                sides[sender][1].append(made)
        return {each: sides[each] for each in sorted(sides) if partner in (None, each)}

    def _expected(self, lodged: Lodgement, member: str, *, open_: bool) -> Row:
        declared = _declared(lodged)
        mass = sum(item.quantities.get(Unit.KG, 0) for item in declared.items)
        imports = lodgements_where(
            self.connection,
            f"kind = 'import' AND member = ? AND ucr = ? AND {STANDS} ORDER BY seq",
            member,
            lodged.mrn,
        )
        return {
            "mrn": lodged.mrn,
            "from": lodged.member,
            "accepted_at": iso_instant(lodged.accepted_at),
            "status": str(lodged.status),
            "exporter": (declared.exporter.id or lodged.declarant) if open_ else HIDDEN,
            "consignee": (declared.importer.id or declared.importer.name or HIDDEN) if open_ else HIDDEN,
            "goods": " ".join(sorted({bare(item.goods)[:6] for item in declared.items})),
            "kg": kilograms(mass),
            "price": ", ".join(map(written, _prices(declared))) if open_ else HIDDEN,
            "imports": " ".join(each.mrn for each in imports),
        }

    def _roles(self, actor: str) -> dict[str, list[Role]]:
        """By member, what somebody is there on the latest business date."""
        sql = (
            "SELECT member, role FROM role_grants, (SELECT coalesce(max(business_date), '9999') AS day"
            " FROM operating_day) WHERE person = ? AND valid_from <= day"
            " AND (valid_to IS NULL OR day < valid_to)"
        )
        found: dict[str, list[Role]] = {}
        for member, role in self.connection.execute(sql, (actor,)):
            found.setdefault(member, []).append(Role(role))
        return found

    def _currencies(self) -> dict[str, str]:
        """Members' currencies, as they are latest."""
        return dict(
            self.connection.execute("SELECT code, currency FROM members ORDER BY valid_from").fetchall()
        )


def _declared(lodged: Lodgement) -> Declaration:
    reading = read(lodged.body)
    if isinstance(reading, list):
        raise InvariantBroken(f"{lodged.mrn} can be read as when it was accepted")
    return replace(reading.declaration, mrn=lodged.mrn)


def _accepted(lodged: Lodgement, code: str, own: str) -> Accepted:
    """A declaration with its frozen rates, in a currency. own: that in which they were frozen."""
    rates = {each: Fraction(text) for each, text in lodged.rates.items()} | {own: Fraction(1)}
    one = rates.get(code)
    worth = {each: rate / one for each, rate in rates.items()} if one else {}
    return Accepted(_declared(lodged), date.fromisoformat(lodged.accepted_on), worth)


def _sender(declared: Declaration, of_export: str) -> str:
    if declared.dispatch_country or of_export:
        return declared.dispatch_country or of_export
    return next((item.origin for item in declared.items if item.origin), "")


def _prices(declared: Declaration) -> Iterator[Amount]:
    """What the items cost together, by currency."""
    sums: dict[str, int] = {}
    for item in declared.items:
        if item.price:
            sums[item.price.currency] = sums.get(item.price.currency, 0) + item.price.minor
    yield from (Amount(minor, code) for code, minor in sums.items())
