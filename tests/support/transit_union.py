"""A small union whose three members have customs, and goods that pass through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from customs_union import AUTHORITY, ROLES, CustomsUnion

from tasviya.adapters.sqlite_customs import rows_where
from tasviya.app import ask_customs
from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal
from tasviya.core.money import Money
from tasviya.customs.declaration import Amount
from tasviya.customs.guarantee import Guarantee
from tasviya.customs.movement import MovementRow
from tasviya.customs.transit import SECURED
from tasviya.services.customs_book import GuaranteeRow
from tasviya.services.guarantees import take
from tasviya.services.transit import Declared, declare, release, secure
from tasviya.services.work import Work

T = TypeVar("T")

HOLDER = "KZ-ORDA"
OFFICES = ("KZ398001", "OM000300", "IN000204")
VALID = (date(2026, 1, 1), date(2026, 12, 31))
STAKE = 62_500_00
"""What a movement of the tests asks of its guarantee: 62,500.00 KZT, which are 1,000 units, 10,000.00 INR or
45.454 OMR."""
TRANSIT = """
[transit]
arrival_days = 8
enquiry_after_days = 7
results_days = 6
enquiry_days = 28

"""


def secured(row: MovementRow) -> bool:
    """Whether a movement is to hold something."""
    return row.body.status in SECURED


class TransitUnion(CustomsUnion):
    """As CustomsUnion, with customs in OM too, which has no tariff, and time limits of transit."""

    def __init__(self, root: Path, *changes: tuple[str, str], **options: Any) -> None:
        head = '[[member.bank]]\ncode = "OM-E"'
        own = AUTHORITY.format(m="OM", currency="OMR") + ROLES.format(m="OM")
        terms = ("[operator]\n", TRANSIT + "[operator]\n")
        super().__init__(root, (head, f"{own}\n{head}"), terms, *changes, **options)

    def ok(self, act: Callable[[Work], T | Refusal]) -> T:
        """As CustomsUnion; afterwards ledger, guarantees and movements say the same."""
        done = super().ok(act)
        self.must_agree()
        return done

    def must_agree(self) -> None:
        """What is free, held and called of each line is so in the ledger, and every movement that is secured
        holds what it asks, and no other."""
        asked = ask_customs(self.home)
        rows = rows_where(asked.connection, "customs_movement", MovementRow, "1")
        for row in rows_where(asked.connection, "customs_guarantee", GuaranteeRow, "1"):
            of = row.body
            assert self.line(of.grn) == (of.free_minor, of.reserved_minor, of.called_minor), of.grn
            held = {each.mrn: each.body.minor for each in rows if each.grn == of.grn and secured(each)}
            assert of.reservations == held, of.grn

    def guaranteed(self, line: int = STAKE, code: str = "KZT", access_code: str = "") -> Guarantee:
        """A promise of KZ-A for the holder, valid everywhere. line: minor units."""
        money = Money(line, self.money(code))
        members = ("KZ", "OM", "IN")
        return self.ok(
            lambda work: take(work, "KZ", "KZ-A", HOLDER, money, VALID, members, "KZ.chief", access_code)
        )

    def money(self, code: str) -> Any:
        """A currency of ISO 4217, or the union's unit."""
        return self.ok(lambda work: work.memory.snapshot.unit_money) if code == "TSU" else currency(code)

    def declared(self, grn: str, number: str = "T-1", minor: int = STAKE, **changes: Any) -> MovementRow:
        """Declare goods from KZ through OM to IN, which name what is at stake in KZT."""
        facts = Declared(number, HOLDER, OFFICES, grn, named=Amount(minor, "KZT"), seals=("S-1", "S-2"))
        facts = replace(facts, **changes)
        return self.ok(lambda work: declare(work, facts, HOLDER))

    def released(self, grn: str, number: str = "T-1", **changes: Any) -> str:
        """Goods that have set out. Returns their MRN."""
        mrn = self.declared(grn, number, **changes).mrn
        self.ok(lambda work: secure(work, mrn, HOLDER))
        return self.ok(lambda work: release(work, mrn, "KZ.officer.1")).mrn

    def movement(self, mrn: str) -> dict[str, Any]:
        """A movement as anyone asks for it."""
        return ask_customs(self.home).movement_told(mrn)

    def line(self, grn: str) -> tuple[int, int, int]:
        """What of a guarantee the ledger has: free, held, called; minor units."""
        db = ask_customs(self.home).connection
        sql = (
            "SELECT l.credits_posted, l.debits_posted, l.debits_pending FROM account a"
            " JOIN ledger_account l ON l.id = a.account_id WHERE a.kind = 'guarantee' AND a.with_whom = ?"
        )
        ((given, called, held),) = db.execute(sql, (grn,)).fetchall()
        return int(given) - int(called) - int(held), int(held), int(called)
