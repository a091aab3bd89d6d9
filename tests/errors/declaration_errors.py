"""The smallest declarations that break a rule, cannot be read or cannot be assessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Declaration
from tasviya.customs.declaration_rules import RULES, check
from tasviya.customs.formats import declaration_json, wco
from tasviya.customs.tariff import read_tariff
from tasviya.customs.tax_law import read_law
from tasviya.services.declarations import ASSESSING_CODES, assess_declaration

Act = Callable[[], object]
EURO = {"amount": "100.00", "currency": "EUR"}
ITEM: dict[str, Any] = {"number": 1, "goods": "220429", "origin": "MD", "procedure": "4000", "invoice": EURO}
WHOLE: dict[str, Any] = {"lrn": "L-1", "kind": "import", "items": [ITEM]}
LAW = """member = "XX"
currency = "EUR"
tariff = "XX.csv"
[[tax]]
code = "DUTY"
on = ["value"]
rounding = "down"
"""
WCO = (Path(__file__).parent.parent / "customs" / "data" / "TT_IM001a_decl.xml").read_text(encoding="utf-8")


def text(**more: Any) -> str:
    return json.dumps(WHOLE | more)


def item(**more: Any) -> str:
    return text(items=[ITEM | more])


def read(raw: str) -> Declaration | list[Refusal]:
    return declaration_json.read(raw.encode())


def checked(raw: str) -> Act:
    """Check what a file of JSON declares."""

    def act() -> object:
        declared = read(raw)
        return check(declared) if isinstance(declared, Declaration) else declared

    return act


def json_file(raw: str) -> Act:
    return lambda: read(raw)


def xml_file(old: str, new: str) -> Act:
    return lambda: wco.read(WCO.replace(old, new, 1).encode())


def assessed(raw: str) -> Act:
    """Assess what a file of JSON declares by a tariff without rows."""

    def act() -> object:
        declared, law = read(raw), read_law(LAW, "XX.toml")
        assert isinstance(declared, Declaration)
        tariff = read_tariff("tax,goods,rate\n", law, "XX.csv")
        return assess_declaration(declared, tariff, {}, date(2026, 10, 1))

    return act


def refusal_of_declaration(act: Act, _: Path) -> Refusal:
    """The one refusal that an act leads to."""
    found = act()
    assert isinstance(found, list), found
    (refusal,) = found
    assert isinstance(refusal, Refusal)
    return refusal


def charge(kind: str, amount: str) -> dict[str, str]:
    return {"kind": kind, "amount": amount, "currency": "EUR"}


TEXTS = {
    code: f"{rule[0].upper()}{rule[1:]}."
    for code, rule in (*declaration_json.JSON_CODES.items(), *wco.WCO_CODES.items(), *ASSESSING_CODES.items())
} | {rule.code: rule.text for rule in RULES}
DEDUCTION = "<ChargeDeduction><ChargesTypeCode>QQ</ChargesTypeCode></ChargeDeduction></CustomsValuation>"
MASSES = {"kg": "2", "kg_gross": "1"}

DECLARATION_CASES: list[tuple[str, str, str, str, Act]] = [
    (code, TEXTS[code], how, where, act)
    for code, how, where, act in (
        ("DJ01", "Leave a value out", "line 1", json_file('{"lrn": }')),
        ("DJ02", "Add the key `colour`", "colour", json_file(text(colour="red"))),
        ("DJ03", "Write `lrn` twice", "lrn", json_file('{"lrn": "A", "lrn": "B"}')),
        ("DJ04", "Kind `smuggling`", "kind", json_file(text(kind="smuggling"))),
        ("DJ05", "Half a cent", "items[0].invoice.amount",
         json_file(item(invoice={"amount": "0.005", "currency": "EUR"}))),
        ("DW01", "Another root", "/Statement", lambda: wco.read(b"<Statement/>")),
        ("DW02", "A price without a number", "/ItemChargeAmount",
         xml_file(">1000</ItemChargeAmount>", ">much</ItemChargeAmount>")),
        ("DW03", "Type `ZZA`", "/TypeCode", xml_file("IMA</TypeCode>", "ZZA</TypeCode>")),
        ("DW04", "A tenth of a penny", "/ItemChargeAmount",
         xml_file(">1000</ItemChargeAmount>", ">0.001</ItemChargeAmount>")),
        ("DW05", "Two items, of which one is there", "/GoodsItemQuantity",
         xml_file("<GoodsItemQuantity>1<", "<GoodsItemQuantity>2<")),
        ("DW06", "A charge of the code `QQ`", "/ChargesTypeCode", xml_file("</CustomsValuation>", DEDUCTION)),
        ("CR01", "Declare nothing", "items", checked(text(items=[]))),
        ("CR02", "Number the item 0", "items[0].number", checked(item(number=0))),
        ("CR03", "`2011010`, a zero lost", "items[0].goods", checked(item(goods="2011010"))),
        ("CR04", "Leave the origin out", "items[0].origin", checked(item(origin=""))),
        ("CR05", "A price of nothing", "items[0].invoice.amount",
         checked(item(invoice={"amount": "0", "currency": "EUR"}))),
        ("CR06", "A price in `EUX`", "items[0].invoice.currency",
         checked(item(invoice={"amount": "1", "currency": "EUX"}))),
        ("CR07", "An invoice of one cent more", "invoice.amount",
         checked(text(invoice={"amount": "100.01", "currency": "EUR"}))),
        ("CR08", "More net than gross", "items[0].quantities.kg", checked(item(quantities=MASSES))),
        ("CR09", "`-1` hectolitres", "items[0].quantities.hl", checked(item(quantities={"hl": "-1"}))),
        ("CR10", "No number", "lrn", checked(text(lrn=""))),
        ("CA01", "Assess an export", "kind", assessed(text(kind="export"))),
        ("CA02", "Deduct one item's price from it", "items[0].invoice",
         assessed(text(items=[ITEM | {"charges": [charge("deduction", "100.00")]}, ITEM | {"number": 2}]))),
    )
]  # fmt: skip
