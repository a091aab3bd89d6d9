"""Rules of controls and licences in a union with customs: what journeys and errors share."""

from __future__ import annotations

from datetime import date
from typing import Any

from customs_acts import REFUND
from customs_union import LAW, MEASURES, TRADER, CustomsUnion

from tasviya.app import ask_customs
from tasviya.core.errors import Refusal
from tasviya.customs.duty_units import Unit
from tasviya.customs.licence import Licence
from tasviya.customs.nomenclature import GoodsCode, goods_code
from tasviya.customs.origin import Material, Product, product
from tasviya.customs.origin_rule import read_rule
from tasviya.services.certificates import Application
from tasviya.services.certificates import issue as certify
from tasviya.services.customs_book import VersionKind
from tasviya.services.licences import issue
from tasviya.services.tariffs import draft_rules, publish

CONTROLS = """
[[control]]
code = "COOL-IMPORT"
kind = "licence"
direction = "import"
authority = "Ministry of Cooling"
goods = ["8415"]
document = "L100"

[[control]]
code = "NO-CHLORINE"
kind = "prohibition"
direction = "import"
authority = "Ministry of Ecology"
goods = ["280110"]
basis = "the Air Act, section 3"

[[control]]
code = "BOOK-CHECK"
kind = "control"
direction = "import"
authority = "Ministry of Culture"
goods = ["4901"]
document = "C900"
"""
SELECTIVITY = """
random_share = "0.02"

[[rule]]
code = "CHEAP-COOLERS"
channel = "red"
reason = "Coolers below what they cost to make"
direction = "import"
goods = ["8415"]
price_per_kg_under = "50.00"
currency = "KZT"

[[rule]]
code = "NEW-TRADER"
channel = "yellow"
reason = "A first declaration"
first_time = true
"""
SECRET = bytes(range(32))
IMPORTER = {"id": TRADER, "name": "A trader"}


def in_force(
    union: CustomsUnion,
    text: str = CONTROLS,
    kind: VersionKind = VersionKind.CONTROLS,
    since: str = "2026-01-01",
    secret: bytes = SECRET,
    member: str = "KZ",
) -> None:
    """Rules come into force by two persons."""
    day = date.fromisoformat(since)
    made = union.ok(lambda work: draft_rules(work, kind, member, text, day, f"{member}.tariff.1"))
    union.ok(lambda work: publish(work, member, made.digest, f"{member}.tariff.2", kind, secret))


def licensed(union: CustomsUnion, kg: int = 100, until: str = "2026-12-31", number: str = "L-1") -> None:
    """The ministry issues a licence."""
    end = date.fromisoformat(until)
    made = Licence(number, TRADER, "8415", kg * 1000, Unit.KG, date(2026, 1, 1), end)
    union.ok(lambda work: issue(work, "KZ", made, "KZ.ministry"))


def left(union: CustomsUnion, number: str = "L-1") -> int:
    """What a licence has left, kilograms."""
    (row,) = [each for each in ask_customs(union.home).licences("KZ") if each.number == number]
    return row.body.left // 1000


def shows(*documents: tuple[str, str]) -> dict[str, Any]:
    """The fields of a declaration of coolers with documents."""
    shown = [{"type": kind, "reference": number} for kind, number in documents]
    return {"importer": IMPORTER, "documents": shown}


LICENCE = shows(("L100", "L-1"))


def certified(union: CustomsUnion, kg: int = 100, until: str = "2026-12-31", consignee: str = TRADER) -> str:
    """IN's customs certify coolers of its making; the certificate's number."""
    cooler, parts = code("841510"), (Material(code("841590"), 40_00),)
    made = product(cooler, 100_00, parts)
    rule = read_rule("CTSH and RVC 40")
    assert isinstance(made, Product) and not isinstance(rule, Refusal)
    applied = Application("IN-MAKER-1", consignee, cooler, kg, "kg", date.fromisoformat(until))
    return union.ok(lambda work: certify(work, "IN", applied, made, rule, "IN.officer.1")).number


def preferential(union: CustomsUnion) -> None:
    """Coolers from IN, OM and MD enter KZ without duty if that preference is claimed."""
    law = LAW.replace("{member}", "KZ").replace("{currency}", "KZT")
    rows = "".join(f"DUTY,8415,0%,{origin},,,,300,,\n" for origin in ("IN", "OM", "MD"))
    union.publish("KZ", law + REFUND, MEASURES + rows, since="2026-02-01")


def code(digits: str) -> GoodsCode:
    """A goods code that is there."""
    found = goods_code(digits)
    assert isinstance(found, GoodsCode)
    return found


def preferring(number: str, origin: str = "IN", kind: str = "N954", **item: Any) -> dict[str, Any]:
    """The fields of a declaration of coolers that claims a preference by a certificate."""
    claims = {"preference": "300", "preferential_origin": origin}
    return shows((kind, number)) | {"item": claims | item}
