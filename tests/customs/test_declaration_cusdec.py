"""CUSDEC: a published message and an import are read; what does not hold is refused with its segment."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Amount, Declaration, DeliveryTerms, Document, Kind, Party
from tasviya.customs.declaration_rules import check
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats import declaration_json
from tasviya.customs.formats.cusdec import CUSDEC_CODES, read
from tasviya.customs.formats.edifact import CHARACTER_SETS, EDIFACT_CODES, SIZE_MAX
from tasviya.customs.formats.result import Reading

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
EXPORT = (DATA / "cusdec_export.edi").read_text(encoding="ascii")
IMPORT = (ROOT / "examples" / "customs" / "import.edi").read_text(encoding="ascii")
JSON = (ROOT / "examples" / "customs" / "import.json").read_bytes()


def reading(text: str, charset: str = "ascii") -> Reading:
    found = read(text.encode(charset))
    assert isinstance(found, Reading), [str(each) for each in found]
    return found


def refusals(raw: bytes) -> list[Refusal]:
    found = read(raw)
    assert isinstance(found, list)
    assert all(each.reason in {*EDIFACT_CODES, *CUSDEC_CODES, "CR06"} for each in found)
    assert all(each.what and each.cure for each in found)
    return found


def changed(old: str, new: str, text: str = IMPORT) -> str:
    assert old in text
    return text.replace(old, new, 1)


def at(start: str) -> str:
    """Where a segment of the example stands; its first line is UNA, its third UNH."""
    (place,) = (place for place, line in enumerate(IMPORT.splitlines()) if line.startswith(start))
    return f"{start[:3]}, segment {place - 1}"


def test_the_published_export() -> None:
    found = reading(EXPORT)
    declared, (item,) = found.declaration, found.declaration.items
    assert (declared.lrn, declared.kind, declared.type) == ("200401270001", Kind.EXPORT, "EXD")
    assert (declared.destination_country, declared.packages) == ("US", 25)
    assert declared.importer == Party(name="DHL", address="MELBOURNE")
    assert (item.number, item.goods, item.origin) == (1, "03026200", "US")
    assert (item.description, item.statistical) == ("GOODS DESCRIPTION", Amount(500_000, "AUD"))
    assert item.documents == (Document("EP", "PIF9999999"),)
    assert item.quantities == {Unit.KG: 10_000}


def test_what_the_published_export_says_beside_it_is_told() -> None:
    """A weight that is neither net nor gross, a customs status of no list, ports, dates, indicators."""
    left_out = reading(EXPORT).left_out
    assert {"MEA, segment 22", "CST, segment 18", "LOC, segment 3", "DTM, segment 7"} <= set(left_out)
    assert not {"MEA, segment 21", "RFF, segment 24", "NAD, segment 14", "CNT, segment 27"} & set(left_out)


def test_the_example_declares_what_its_json_does() -> None:
    found, other = reading(IMPORT), declaration_json.read(JSON)
    assert isinstance(other, Declaration)
    declared = found.declaration
    assert check(declared) == [] and found.left_out == ("GIS, segment 7",)
    assert declared.delivery == DeliveryTerms("FCA", "MDKIV")
    for name in ("kind", "procedure", "office", "declarant", "importer", "exporter", "dispatch_country",
                 "destination_country", "invoice", "gross_mass", "packages"):  # fmt: skip
        assert getattr(declared, name) == getattr(other, name), name
    amounts = [(each.kind, each.amount) for each in other.charges]
    assert [(each.kind, each.amount) for each in declared.charges] == amounts
    for item, known in zip(declared.items, other.items, strict=True):
        assert replace(item, documents=()) == replace(known, documents=(), preferential_origin="")
    assert declared.items[0].documents == (Document("380", "CV-2026-118"),)


@pytest.mark.parametrize("file", ["cuscar_warehouse.edi", "cusrep_departure.edi"])
def test_other_messages_are_not_declarations(file: str) -> None:
    (found,) = refusals((DATA / file).read_bytes())
    assert found.reason == "DC06" and "not a CUSDEC" in found.what and found.where == "UNH, segment 1"


def test_lines_may_end_and_service_characters_may_differ() -> None:
    joined = IMPORT.replace("\n", "")
    assert reading(joined) == reading(IMPORT) == reading(IMPORT.replace("\n", "\r\n"))
    other = joined.removeprefix("UNA:+.? '").translate(str.maketrans("+:'?", "*>~!")).replace("!~", "'")
    assert reading("UNA>*,! ~" + other) == reading(IMPORT)
    assert reading(joined.removeprefix("UNA:+.? '")) == reading(IMPORT)


def test_a_blank_in_una_means_that_nothing_is_released() -> None:
    text = IMPORT.replace("UNA:+.? '", "UNA:+.  '").replace("Men?'s", "Mens?")
    assert reading(text).declaration.items[2].description == "Mens? trousers of cotton"


@pytest.mark.parametrize(
    ("level", "text"),
    [("UNOE", "Красное вино"), ("UNOI", "قماش قطني"), ("UNOF", "Κρασί"), ("UNOK", "Kırmızı şarap"),
     ("UNOC", "Vin rouge à 14 %"), ("UNOW", "红葡萄酒"), ("UNOW", "پارچه\u200cهای نخی")],
)  # fmt: skip
def test_texts_of_every_script_stay_as_they_are(level: str, text: str) -> None:
    raw = IMPORT.replace("UNOC", level).replace("Denim", text)
    assert reading(raw, CHARACTER_SETS[level]).declaration.items[1].description == text


def test_signs_without_width_do_not_belong_to_codes() -> None:
    raw = (
        IMPORT.replace("UNOC", "UNOW")
        .replace("520942", "\u200b5209\u200f42")
        .replace("9500.00", "9500\u2060")
    )
    declared = reading(raw, "utf-8").declaration
    assert declared.items[1].goods == "520942" and declared.invoice == Amount(950_000, "EUR")


def test_a_decimal_comma_is_one() -> None:
    assert reading(changed("+KGM:240.5", "+KGM:240,5")).declaration == reading(IMPORT).declaration


def test_amounts_without_a_currency_are_in_the_invoices() -> None:
    bare = changed("MOA+38:2000.00:EUR", "MOA+38:2000.00")
    assert reading(bare).declaration == reading(IMPORT).declaration
    (found,) = refusals(bare.replace("MOA+39:9500.00:EUR", "MOA+43:9500.00:EUR").encode())
    assert found.reason == "DC09" and found.where == at("MOA+38:2000")


def test_a_description_goes_on_in_further_parts_and_segments() -> None:
    text = changed("FTX+AAA+++Denim'", "FTX+AAA+++Denim:of cotton'\nFTX+AAA+++blue'").replace(
        "UNT+40", "UNT+41"
    )
    assert reading(text).declaration.items[1].description == "Denim of cotton blue"


def test_further_procedures_and_special_codes() -> None:
    item = reading(changed("CST+2+520942:122+FTA:116'", "CST+2+520942:122+FTA:116+4071:117+C07:117+X9:110'"))
    found = item.declaration.items[1]
    assert (found.procedure, found.additional_procedures, found.additional_codes) == (
        "4071",
        ("C07",),
        ("X9",),
    )
    twice = reading(changed("CST+2+520942:122+FTA:116'", "CST+2+520942:122+520943:122'"))
    assert at("CST+2") in twice.left_out


SMALL = ["UNB+UNOC:3+A+B+261001:0830+7", "UNH+1+CUSDEC:D:99B:UN", "BGM+929+L-1+9", "UNS+D", "CST+1", "UNS+S",
         "UNT+6+1", "UNZ+1+7"]  # fmt: skip


def small(**instead: str) -> bytes:
    """The smallest message, with other segments in place of those named."""
    return "'".join([*(instead.get(each[:3], each) for each in SMALL), ""]).encode()


REFUSED: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "DC01", "UNB"),
    "too large": (b"UNB" + b" " * SIZE_MAX, "DC01", ""),
    "no interchange": (b"UNH+1+CUSDEC:D:99B:UN'", "DC01", "UNB"),
    "cut off": (small()[:60], "DC01", "segment 3 of the file"),
    "cut off behind a segment": (small()[:52], "DC01", "segment 3 of the file"),
    "no end": (small(UNZ="UNS+S"), "DC01", "segment 9 of the file"),
    "a second UNA": (small(BGM="UNA:+.? "), "DC07", "UNA, segment 2"),
    "an unknown character set": (small(UNB="UNB+UNOX:3+A+B+261001:0830+7"), "DC02", "UNB"),
    "another character set": (
        small(UNB="UNB+UNOA:3+A+B+261001:0830+7", BGM="BGM+929+à+9"), "DC02", "UNB",
    ),
    "UTF-8 that is not named": (small(BGM="BGM+929+Л+9"), "DC02", "UNB"),
    "service characters that part nothing": (b"UNA::.? '" + small(), "DC03", "UNA"),
    "no tag": (small(BGM="929+L-1"), "DC03", "segment 3 of the file"),
    "an apostrophe that is not released": (small(BGM="BGM+929+L'x y+9"), "DC03", "segment 4 of the file"),
    "NUL": (small(BGM="BGM+929+L\0+9"), "DC03", ""),
    "two messages": (small(CST="UNH+2+CUSDEC:D:99B:UN"), "DC04", "UNH"),
    "a group": (small(BGM="UNG+1", UNH="UNG+1"), "DC04", "UNH"),
    "another count of messages": (small(UNZ="UNZ+2+7"), "DC04", "UNZ"),
    "another reference": (small(UNZ="UNZ+1+8"), "DC04", "UNZ"),
    "another count of segments": (small(UNT="UNT+7+1"), "DC05", "UNT, segment 6"),
    "another reference of the message": (small(UNT="UNT+6+2"), "DC05", "UNT, segment 6"),
    "no UNT": (small(UNT="CNT+5:1"), "DC05", "CNT, segment 6"),
    "another message": (small(UNH="UNH+1+INVOIC:D:99B:UN"), "DC06", "UNH, segment 1"),
    "no directory D": (small(UNH="UNH+1+CUSDEC:1:921:UN"), "DC06", "UNH, segment 1"),
    "no BGM": (small(BGM="LOC+9"), "DC07", "LOC, segment 2"),
    "no items' section": (small(UNS="CNT+11:1"), "DC07", "UNT, segment 6"),
    "no kind": (small(BGM="BGM+380+L-1+9"), "DC08", "BGM, segment 2"),
    "a cancellation": (small(BGM="BGM+929+L-1+1"), "DC08", "BGM, segment 2"),
    "a number in words": (small(CST="CST+one"), "DC09", "CST, segment 4"),
    "a price in words": (changed("MOA+38:2000.00", "MOA+38:two").encode(), "DC09", at("MOA+38:2000")),
    "half a cent": (changed("MOA+38:2000.00", "MOA+38:0.005").encode(), "DC09", at("MOA+38:2000")),
    "no such currency": (changed("2000.00:EUR", "2000.00:EUX").encode(), "CR06", at("MOA+38:2000")),
    "a tenth of a gram": (changed("KGM:240.5", "KGM:240.0001").encode(), "DC09", at("MEA+WT+AAL+KGM:240.5")),
    "half a package": (changed("CNT+11:260", "CNT+11:2.5").encode(), "DC09", at("CNT+11")),
    "an item too few": (changed("CNT+5:3", "CNT+5:4").encode(), "DC10", at("CNT+5")),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_right_is_refused_with_its_segment(case: str) -> None:
    raw, code, where = REFUSED[case]
    (found,) = refusals(raw)
    assert (found.reason, found.where) == (code, where), found


def test_everything_that_is_wrong_in_a_message_is_told() -> None:
    text = IMPORT.replace("2000.00", "x").replace("4500.00", "y").replace("CNT+5:3", "CNT+5:4")
    assert [each.reason for each in refusals(text.encode())] == ["DC09", "DC09", "DC10"]


@given(st.integers(0, len(IMPORT) - 1), st.binary(max_size=3), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_no_file_makes_it_raise(place: int, put: bytes, cut: int) -> None:
    raw = IMPORT.encode()
    found = read(raw[:place] + put + raw[place + cut :])
    assert isinstance(found, Reading) or all(each.what and each.cure for each in found)


@given(st.text("UNABHGMTSD+:'?. 19\n", max_size=80), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_segments_make_it_raise(text: str, whole: bool) -> None:
    inner = f"UNB+UNOC:3+A+B+261001:0830+7'UNH+1+CUSDEC:D:99B:UN'{text}'UNT+4+1'UNZ+1+7'" if whole else text
    found = read(inner.encode())
    assert isinstance(found, Reading) or all(each.what and each.cure for each in found)


def test_a_segment_that_is_lost_is_noticed() -> None:
    """Every one of them, whichever it is."""
    lines = IMPORT.splitlines(keepends=True)
    for place in range(1, len(lines)):
        assert refusals("".join(lines[:place] + lines[place + 1 :]).encode()), lines[place]


def test_reading_is_silent(caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder) -> None:
    with caplog.at_level(logging.DEBUG):
        reading(EXPORT)
        reading(small(CST="CST").decode())
    assert caplog.records == [] and list(recwarn) == []
