"""A small union whose members KZ and IN have customs: their tariffs, who works there, and what is lodged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from clearing_union import CLEARING, ClearingUnion
from made_once import once

from tasviya.app import ask_customs
from tasviya.core.errors import Refusal, accepted
from tasviya.customs.formats import declaration_json
from tasviya.customs.lodgement import Lodgement
from tasviya.services.lodging import Lodging, lodge
from tasviya.services.tariffs import draft, publish
from tasviya.services.work import Work

T = TypeVar("T")
TRADER = "KZ-TRADER-7"
CUSTOMS = {"KZ": "CSTMKZ20XXX", "IN": "CSTMIN20XXX"}
LAW = """
member = "{member}"
currency = "{currency}"
tariff = "{member}.csv"
value_rounding = "half_up"

[[tax]]
code = "DUTY"
on = ["value"]
rounding = "down"
required = true
shared = true

[[tax]]
code = "VAT"
on = ["value", "DUTY"]
rounding = "half_up"
"""
MEASURES = """tax,goods,rate,origin,excluded,valid_from,valid_to,preference,additional,quota
DUTY,,10%,,,,,,,
DUTY,4901,0%,,,,,,,
VAT,,12%,,,,,,,
VAT,4901,0%,,,,,,,
"""
ROLES = "".join(
    f'\n[[member.role]]\nperson = "{person}"\nroles = ["{role}"]\n'
    for person, role in (
        ("{m}.officer.1", "officer"),
        ("{m}.officer.2", "officer"),
        ("{m}.chief", "supervisor"),
        ("{m}.tariff.1", "tariff_manager"),
        ("{m}.tariff.2", "tariff_manager"),
        ("{m}.ministry", "licensing_authority"),
        ("OM.customs", "other_customs"),
    )
)
AUTHORITY = """
[[member.customs]]
code = "{m}-CUSTOMS"
name = "Customs of {m} of the tests"
bic = "CSTM{m}20XXX"
accounts.{currency} = "ACCCUST{m}"
"""


def _member(member: str, currency: str) -> str:
    return AUTHORITY.format(m=member, currency=currency) + ROLES.format(m=member)


class CustomsUnion(ClearingUnion):
    """As ClearingUnion, with customs in KZ and IN. Duty is 10 % and shared, VAT 12 % of value and duty; books
    pay neither."""

    def __init__(
        self, root: Path, *changes: tuple[str, str], clearing: str = CLEARING, **options: Any
    ) -> None:
        bank_b = 'code = "KZ-B"'
        head = "[[member.bank]]\n"
        own = [
            (head + bank_b, _member("KZ", "KZT") + "\n" + head + bank_b),
            (head + 'code = "IN-D"', _member("IN", "INR") + "\n" + head + 'code = "IN-D"'),
        ]
        super().__init__(root, *own, *changes, clearing=clearing, **options)
        if self.stays_up:
            self._publish_both()
        else:
            once(("tariffs", changes, clearing, self.now), self.home.root, self._publish_both)

    def _publish_both(self) -> None:
        for member, currency in (("KZ", "KZT"), ("IN", "INR")):
            self.publish(member, LAW.replace("{member}", member).replace("{currency}", currency))

    def publish(self, member: str, law: str, measures: str = MEASURES, since: str = "2026-01-01") -> None:
        """A tariff comes into force."""
        day = date.fromisoformat(since)
        made = self.ok(lambda work: draft(work, member, law, measures, day, f"{member}.tariff.1"))
        self.ok(lambda work: publish(work, member, made.digest, f"{member}.tariff.2"))

    def ok(self, act: Callable[[Work], T | Refusal]) -> T:
        """Carry out a use case that is not refused."""
        return accepted(self._do(act))

    def lodge(self, member: str = "KZ", actor: str = "", **changes: Any) -> Lodgement:
        """Lodge a declaration; what became of it."""
        body = declaration(**changes)
        declared = declaration_json.read(body)
        assert not isinstance(declared, list), declared
        who = actor or declared.declarant.id
        return self.ok(lambda work: lodge(work, Lodging(member, declared, body, who)))

    def lodged(self, mrn: str) -> dict[str, Any]:
        """A declaration as anyone asks for it."""
        return ask_customs(self.home).declaration(mrn)

    def customs_books(self) -> dict[str, int]:
        """Balances of customs' accounts that are not zero, by name without their owner's."""
        kinds = ("customs_", "claim", "trader_cash", "guarantee")
        found = {}
        for name, balance in self.books().items():
            owner, _, kind, *other = name.split("/")
            if balance and kind.startswith(kinds):
                owed = kind in ("customs_due", "customs_cash", "customs_deferred")
                short = "/".join((owner[:2], kind.removeprefix("customs_"), *filter(None, other)))
                found[short] = -balance if owed else balance
        return found


def declaration(
    number: str = "D-1",
    price: str = "1000.00",
    currency: str = "KZT",
    goods: str = "841510",
    kind: str = "import",
    declarant: str = TRADER,
    **changes: Any,
) -> bytes:
    """A declaration in JSON."""
    item = {
        "number": 1,
        "goods": goods,
        "origin": "IN",
        "description": "goods of the tests",
        "invoice": {"amount": price, "currency": currency},
        "quantities": {"kg": "10"},
    }
    return json.dumps(
        {
            "lrn": number,
            "kind": kind,
            "procedure": "4000",
            "declarant": {"id": declarant, "name": "A trader"},
            "items": [item | changes.pop("item", {})],
        }
        | changes
    ).encode()
