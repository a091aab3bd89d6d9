"""XML of ASYCUDA: real files are read as they are, what is written is read again, bad ones are refused."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import (
    Amount,
    Charge,
    ChargeKind,
    Declaration,
    DeliveryTerms,
    Document,
    Item,
    Kind,
    Party,
)
from tasviya.customs.declaration_rules import check
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats import asycuda_write, declaration_json
from tasviya.customs.formats.asycuda import ASYCUDA_CODES, SIZE_MAX, read
from tasviya.customs.formats.asycuda_write import Written
from tasviya.customs.formats.result import Reading, TaxLine
from tasviya.messages.xml import FAILURES

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
SHARED = Path(os.environ.get("TASVIYA_SHARED") or ROOT.parent / "shared") / "data" / "customs" / "asycuda"
SAD = (ROOT / "examples" / "customs" / "import-sad.xml").read_text(encoding="utf-8")
JSON = (ROOT / "examples" / "customs" / "import.json").read_bytes()


def reading(text: str) -> Reading:
    found = read(text.encode())
    assert isinstance(found, Reading), [str(each) for each in found]
    return found


def refusals(raw: bytes) -> list[Refusal]:
    found = read(raw)
    assert isinstance(found, list)
    assert all(each.reason in {*ASYCUDA_CODES, *FAILURES, "CR06"} for each in found)
    assert all(each.what and each.cure for each in found)
    return found


def changed(old: str, new: str) -> str:
    assert old in SAD
    return SAD.replace(old, new, 1)


def test_the_example_declares_what_its_json_does() -> None:
    """But for what a SAD has no place for: countries of parties, origins that a preference is claimed for."""
    declared, other = reading(SAD).declaration, declaration_json.read(JSON)
    assert isinstance(other, Declaration)
    assert check(declared) == []
    assert (declared.type, declared.kind, declared.office) == ("IM4", Kind.IMPORT, "KZ55302")
    assert (declared.invoice, declared.gross_mass, declared.packages) == (
        Amount(950_000, "EUR"),
        3_210_500,
        260,
    )
    assert declared.delivery == other.delivery and declared.declarant == other.declarant
    assert replace(declared.importer, country="KZ") == other.importer
    amounts = [(each.kind, each.amount) for each in other.charges]
    assert [(each.kind, each.amount) for each in declared.charges] == amounts
    assert [each.code for each in declared.charges] == ["external_freight", "insurance"]
    assert [
        replace(each, procedure="", preferential_origin=known.preferential_origin)
        for each, known in zip(declared.items, other.items, strict=True)
    ] == list(other.items)


@pytest.mark.parametrize(
    ("text", "minor"),
    [("1.06E7", 1_060_000_000), ("6516", 651_600), ("6516.0", 651_600), ("6516.10", 651_610), ("+7.", 700),
     ("6.516e+3", 651_600), ("\u200b12\u200f", 1_200), ("25E-2", 25)],
)  # fmt: skip
def test_numbers_are_what_programs_print(text: str, minor: int) -> None:
    assert reading(changed("9.5E3", text)).declaration.invoice == Amount(minor, "EUR")


@pytest.mark.parametrize("nothing", ["<null/>", "", "  ", "\n<null/>\n"])
def test_nothing_is_said_in_several_ways(nothing: str) -> None:
    text = changed(
        "<Commodity_code>520942</Commodity_code>", f"<Commodity_code>520942</Commodity_code>"
        f"<Precision_1>{nothing}</Precision_1><Precision_2>{nothing}</Precision_2>",
    )  # fmt: skip
    assert reading(text).declaration == reading(SAD).declaration
    without = reading(changed(">9.5E3<", f">{nothing}<")).declaration
    assert without.invoice is None


def test_national_digits_make_a_goods_code_of_ten_and_else_an_additional_one() -> None:
    def goods(commodity: str, precision: str) -> tuple[str, tuple[str, ...]]:
        new = f"<Commodity_code>{commodity}</Commodity_code><Precision_1>{precision}</Precision_1>"
        item = reading(changed("<Commodity_code>220429</Commodity_code>", new)).declaration.items[0]
        return item.goods, item.additional_codes

    assert goods("22042911", "00") == ("2204291100", ())
    assert goods("22042911", "000") == ("22042911", ("000",))
    assert goods("220429", "11") == ("220429", ("11",))


def test_the_listed_documents_are_there_also_where_they_are_not_attached() -> None:
    listed = "<Tarification><Attached_doc_item>N380, 730;861  N954</Attached_doc_item>"
    item = reading(changed("<Tarification>", listed)).declaration.items[0]
    assert item.documents == (
        Document("N380", "CV-2026-118"),
        Document("730", ""),
        Document("861", ""),
        Document("N954", ""),
    )


def shared(whole: str, *shares: str) -> Reading:
    """The example with freight of the whole and shares of its items."""
    text = SAD.replace("<Amount_foreign_currency>1000.00<", f"<Amount_foreign_currency>{whole}<", 1)
    for share in shares:
        own = f"<Amount_foreign_currency>{share}</Amount_foreign_currency><Currency_code>EUR</Currency_code>"
        text = text.replace(
            "</Weight_itm>\n", f"</Weight_itm><item_external_freight>{own}</item_external_freight> ", 1
        )
    return reading(text)


def test_charges_count_once() -> None:
    """Shares that add up to the whole stand with the items; others are told, and the whole counts."""
    exact = shared("1000.00", "210.53", "473.68", "315.79")
    assert [each.charges[0].amount.minor for each in exact.declaration.items] == [21_053, 47_368, 31_579]
    assert [each.kind for each in exact.declaration.charges] == [ChargeKind.INSURANCE]
    apart = shared("1000.00", "210.53", "473.68", "315.78")
    assert [each.charges for each in apart.declaration.items] == [(), (), ()]
    assert [each.amount.minor for each in apart.declaration.charges] == [100_000, 4_100_000]
    assert any("item_external_freight" in each for each in apart.left_out)
    alone = shared("0.0", "210.53", "473.68", "315.78")
    assert sum(each.charges[0].amount.minor for each in alone.declaration.items) == 99_999


def test_what_has_no_field_is_told_and_zeros_are_not() -> None:
    text = changed("<Valuation>", "<Valuation><Total_CIF>887349.0</Total_CIF><Total_cost>0.0</Total_cost>")
    assert reading(text).left_out == ("/ASYCUDA/Valuation/Total_CIF",)


def test_taxes_come_with_it() -> None:
    line = (
        "<Taxation><Taxation_line><Duty_tax_code>TVS</Duty_tax_code><Duty_tax_Base>887342</Duty_tax_Base>"
        "<Duty_tax_rate>0.2</Duty_tax_rate><Duty_tax_amount>1.77468E5</Duty_tax_amount>"
        "<Duty_tax_MP>1</Duty_tax_MP></Taxation_line><Taxation_line><Duty_tax_code><null/></Duty_tax_code>"
        "<Duty_tax_Base/></Taxation_line></Taxation></Item>"
    )
    found = reading(changed("</Item>", line)).taxes
    assert found == (TaxLine(1, "TVS", Fraction(887_342), Fraction(1, 5), Fraction(177_468), "1"),)


def half_up(number: Fraction) -> int:
    return int((number + Fraction(1, 2)) // 1)


def test_albanian_duty_and_vat_are_base_times_rate_rounded_half_up_to_the_lek() -> None:
    """Every line of the real files at hand; these carry no licence and are not in the repository."""
    files = sorted(SHARED.glob("al_sad_*.xml"))
    if not files:
        pytest.skip("real files of ASYCUDA are not at hand")
    lines = [line for file in files for line in reading(file.read_text(encoding="utf-8")).taxes]
    for line in lines:
        assert line.base is not None and line.rate is not None
        assert line.amount == half_up(line.base * line.rate), line
    assert {line.tax for line in lines} == {"DOG", "TVS"} and len(lines) >= 2 * len(files)


def test_real_files_come_back_from_being_written() -> None:
    files = sorted(SHARED.glob("al_sad_*.xml"))
    if not files:
        pytest.skip("real files of ASYCUDA are not at hand")
    for file in files:
        declared = reading(file.read_text(encoding="utf-8")).declaration
        written = asycuda_write.write(declared)
        assert isinstance(written, Written) and written.left_out == (), file.name
        assert reading(written.raw.decode()).declaration == declared


def test_a_template_is_refused_with_reasons() -> None:
    found = refusals((DATA / "jm_blank_template.xml").read_bytes())
    assert [(each.reason, each.where) for each in found] == [
        ("DA05", "/ASYCUDA/Item"),
        ("DA03", "/ASYCUDA/Identification/Type/Type_of_declaration"),
    ]


def test_a_file_whose_items_are_missing_is_refused() -> None:
    """A Jamaican SAD that says it has eight."""
    (found,) = refusals((DATA / "jm_sad_relief.xml").read_bytes())
    assert found.reason == "DA05" and "8" in found.what


BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><ASYCUDA>&b;</ASYCUDA>'
HALF = SAD[: SAD.index("<Valuation>")]
PRICE = "/ASYCUDA/Item[1]/Valuation_item/Item_Invoice"
REFUSED: dict[str, tuple[str, str, str]] = {
    "an entity bomb": (BOMB, "DOCTYPE", ""),
    "cut off": (HALF, "CUT-OFF", f"line {HALF.count(chr(10)) + 1}"),
    "too large": (SAD + " " * SIZE_MAX, "TOO-LARGE", ""),
    "another root": ("<SAD/>", "DA01", "/SAD"),
    "another namespace": ('<ASYCUDA xmlns="urn:x"/>', "DA01", "/ASYCUDA"),
    "no values": (SAD.replace("Valuation>", "Values>"), "DA02", "/ASYCUDA/Valuation"),
    "two sections": (changed("<Valuation>", "<Valuation/><Valuation>"), "DA02", "/ASYCUDA/Valuation[2]"),
    "no type": (changed(">IM<", "><"), "DA03", "/ASYCUDA/Identification/Type/Type_of_declaration"),
    "another flow": (
        changed("<Sad_flow>I", "<Sad_flow>E"),
        "DA03",
        "/ASYCUDA/Identification/Type/Type_of_declaration",
    ),
    "a price in words": (changed(">2000.0<", ">two<"), "DA04", PRICE + "/Amount_foreign_currency"),
    "a comma": (changed(">2000.0<", ">2,000.0<"), "DA04", PRICE + "/Amount_foreign_currency"),
    "an endless number": (changed(">2000.0<", ">1E999999999<"), "DA04", PRICE + "/Amount_foreign_currency"),
    "half a cent": (changed(">2000.0<", ">2000.005<"), "DA04", PRICE + "/Amount_foreign_currency"),
    "no currency": (
        SAD.replace("<Currency_code>EUR</Currency_code>\n      </Item_Invoice>", "</Item_Invoice>", 1),
        "DA04",
        PRICE,
    ),
    "no such currency": (
        SAD.replace("<Currency_code>EUR</Currency_code>\n      </Item_Invoice>",
                    "<Currency_code>EUX</Currency_code></Item_Invoice>", 1),
        "CR06",
        PRICE + "/Amount_foreign_currency",
    ),
    "a tenth of a gram": (
        changed(">1500<", ">1500.0001<"), "DA04", "/ASYCUDA/Item[2]/Valuation_item/Weight_itm/Net_weight_itm",
    ),
    "half a package": (
        changed(">260<", ">260.5<"), "DA04", "/ASYCUDA/Property/Nbers/Total_number_of_packages",
    ),
    "an item too few": (
        changed("items>3<", "items>4<"), "DA05", "/ASYCUDA/Property/Nbers/Total_number_of_items",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_right_is_refused_with_its_path(case: str) -> None:
    text, code, where = REFUSED[case]
    (found,) = refusals(text.encode())
    assert (found.reason, found.where) == (code, where)


def test_everything_that_is_wrong_is_told() -> None:
    text = SAD.replace(">2000.0<", ">two<").replace(">4500.00<", ">x<").replace("items>3<", "items>4<")
    assert [each.reason for each in refusals(text.encode())] == ["DA05", "DA04", "DA04"]


@given(st.integers(0, len(SAD) - 1), st.binary(max_size=3), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_no_file_makes_it_raise(place: int, put: bytes, cut: int) -> None:
    raw = SAD.encode()
    found = read(raw[:place] + put + raw[place + cut :])
    assert isinstance(found, Reading) or all(each.what and each.cure for each in found)


SIGNS = st.sampled_from("aZ09.-/ éßشركةمیپ‌گЖщ中国&<>\"'")
texts = st.text(SIGNS, max_size=12).map(str.strip)
words = st.text(st.sampled_from("AZ09./-ШЯ中ع"), max_size=8)
amounts = st.builds(Amount, st.integers(0, 10**15), st.sampled_from(["EUR", "KZT", "JPY", "KWD"]))
masses = st.integers(0, 10**12)
quantities = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((Unit.KG, Unit.KG_GROSS, Unit.LITRE, Unit.VOL_HL), masses)
)
codes = st.lists(st.text("0123456789", min_size=1, max_size=4), max_size=3).map(tuple)
documents = st.lists(
    st.builds(Document, words.filter(bool), texts.filter(bool)), max_size=3
).map(tuple)  # fmt: skip
charges = st.lists(
    st.sampled_from(
        [(ChargeKind.FREIGHT, "external_freight"), (ChargeKind.INSURANCE, "insurance"),
         (ChargeKind.ADDITION, "other_cost"), (ChargeKind.DEDUCTION, "deduction")]
    ),
    max_size=4,
    unique=True,
).map(sorted)  # fmt: skip
ORDER = ["external_freight", "internal_freight", "insurance", "other_cost", "deduction"]


@st.composite
def carried_charges(draw: st.DrawFn) -> tuple[Charge, ...]:
    kinds = sorted(draw(charges), key=lambda each: ORDER.index(each[1]))
    return tuple(Charge(kind, replace_zero(draw(amounts)), name) for kind, name in kinds)


def replace_zero(amount: Amount) -> Amount:
    return amount if amount.minor else Amount(1, amount.currency)


items = st.builds(
    Item,
    number=st.just(0),
    goods=st.text("0123456789", max_size=12),
    description=texts,
    origin=words,
    preference=words,
    additional_codes=codes,
    quota=words,
    invoice=amounts,
    charges=st.just(()),
    quantities=quantities,
    supplementary=st.none() | masses.filter(bool),
    procedure=words,
    additional_procedures=words.map(lambda code: (code,) if code else ()),
    documents=documents,
    previous=texts.filter(bool).map(lambda text: (Document("", text, line=3),)) | st.just(()),
)
parties = st.builds(Party, words, texts.filter(bool), texts)
carried = st.builds(
    Declaration,
    lrn=words,
    kind=st.just(Kind.IMPORT),
    items=st.lists(items, min_size=1, max_size=3).map(
        lambda each: tuple(replace(item, number=place) for place, item in enumerate(each, 1))
    ),
    type=st.sampled_from(["IM", "IM4", "IMA", "IMR7"]),
    mrn=words,
    office=words,
    declarant=parties,
    importer=parties,
    exporter=parties,
    dispatch_country=words,
    destination_country=words,
    delivery=st.builds(DeliveryTerms, words, texts),
    invoice=st.none() | amounts,
    charges=carried_charges(),
    gross_mass=st.none() | masses.filter(bool),
    packages=st.none() | st.integers(0, 10**6),
)


@given(carried)
@settings(max_examples=150, deadline=None)
def test_what_a_sad_carries_is_read_again(declared: Declaration) -> None:
    """Texts of any script come back sign by sign, with the joiner that Persian parts words by."""
    written = asycuda_write.write(declared)
    assert isinstance(written, Written), [str(each) for each in written]
    assert reading(written.raw.decode()).declaration == declared
    assert written.left_out == ()


def test_what_a_sad_does_not_carry_is_told() -> None:
    declared = declaration_json.read(JSON)
    assert isinstance(declared, Declaration)
    written = asycuda_write.write(declared)
    assert isinstance(written, Written)
    assert set(written.left_out) == {
        "items[0].procedure", "items[1].procedure", "items[2].procedure", "items[1].preferential_origin",
        "type", "procedure", "importer", "exporter", "charges",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [({"lrn": "a\x00b"}, "DA06"), ({"lrn": "\ud800"}, "DA06"), ({"items": ()}, "DA06"),
     ({"invoice": Amount(1, "EUX")}, "CR06"), ({"type": "ZZ9"}, "DA06")],
)  # fmt: skip
def test_what_cannot_be_a_sad_is_refused(change: dict[str, Any], code: str) -> None:
    declared = replace(reading(SAD).declaration, **change)
    found = asycuda_write.write(declared)
    assert isinstance(found, list) and {each.reason for each in found} == {code}
    assert all(each.what and each.cure for each in found)
