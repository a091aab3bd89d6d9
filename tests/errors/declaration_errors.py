"""The smallest declarations that break a rule, cannot be read or cannot be assessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Declaration
from tasviya.customs.declaration_rules import RULES, check
from tasviya.customs.formats import asycuda, asycuda_write, cusdec, declaration_json, edifact, reading, wco
from tasviya.customs.formats.result import Reading
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
EXAMPLES = Path(__file__).parents[2] / "examples" / "customs"
SAD = (EXAMPLES / "import-sad.xml").read_text(encoding="utf-8")
EDI = (EXAMPLES / "import.edi").read_text(encoding="ascii")
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


def sad(old: str, new: str) -> Act:
    return lambda: asycuda.read(SAD.replace(old, new, 1).encode())


def sad_without_items() -> object:
    """Write the example without its items."""
    found = asycuda.read(SAD.encode())
    assert isinstance(found, Reading)
    return asycuda_write.write(replace(found.declaration, items=()))


def edi(old: str, new: str) -> Act:
    return lambda: cusdec.read(EDI.replace(old, new, 1).encode())


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
    for codes in (
        reading.FORMAT_CODES,
        declaration_json.JSON_CODES,
        wco.WCO_CODES,
        asycuda.ASYCUDA_CODES,
        edifact.EDIFACT_CODES,
        cusdec.CUSDEC_CODES,
        ASSESSING_CODES,
    )
    for code, rule in codes.items()
} | {rule.code: rule.text for rule in RULES}
DEDUCTION = "<ChargeDeduction><ChargesTypeCode>QQ</ChargesTypeCode></ChargeDeduction></CustomsValuation>"
MASSES = {"kg": "2", "kg_gross": "1"}

DECLARATION_CASES: list[tuple[str, str, str, str, Act]] = [
    (code, TEXTS[code], how, where, act)
    for code, how, where, act in (
        ("DF01", "A file of PDF", "", lambda: reading.read(b"%PDF-1.7")),
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
        ("DA01", "Another root", "/SAD", lambda: asycuda.read(b"<SAD/>")),
        ("DA02", "Two sections of values", "/Valuation[2]", sad("<Valuation>", "<Valuation/><Valuation>")),
        ("DA03", "An import whose flow is `E`", "/Type_of_declaration",
         sad("<Sad_flow>I", "<Sad_flow>E")),
        ("DA04", "A price in words", "/Amount_foreign_currency", sad(">2000.0<", ">much<")),
        ("DA05", "Four items, of which three are there", "/Total_number_of_items",
         sad("items>3<", "items>4<")),
        ("DA06", "Write one without items", "/ASYCUDA/Item", sad_without_items),
        ("DC01", "Cut the file off", "segment 41 of the file", lambda: cusdec.read(EDI[:900].encode())),
        ("DC02", "`UNOX`", "UNB", edi("UNOC", "UNOX")),
        ("DC03", "An apostrophe in a text that is not released", "segment 34 of the file",
         edi("Men?'s", "Men's ")),
        ("DC04", "Another reference in UNZ", "UNZ", edi("UNZ+1+1", "UNZ+1+2")),
        ("DC05", "Lose a segment", "UNT, segment 39", edi("DOC+380+CV-2026-118'\n", "")),
        ("DC06", "A `CUSCAR`", "UNH, segment 1", edi("CUSDEC", "CUSCAR")),
        ("DC07", "No UNS+S", "UNS, segment 16", edi("UNS+S", "GIS+S")),
        ("DC08", "A cancellation", "BGM, segment 2", edi(":1+9'", ":1+1'")),
        ("DC09", "A price in words", "MOA, segment 23", edi("MOA+38:2000.00", "MOA+38:much")),
        ("DC10", "Four items, of which three are there", "CNT, segment 38", edi("CNT+5:3", "CNT+5:4")),
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
