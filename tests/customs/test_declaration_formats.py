"""A declaration's file is read by how it begins; the same declaration pays the same in every format."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import Declaration
from tasviya.customs.formats import asycuda, cusdec, declaration_json, wco
from tasviya.customs.formats.edifact import EDIFACT_CODES
from tasviya.customs.formats.reading import FORMAT_CODES, FORMATS, beginning, read
from tasviya.customs.formats.result import Reading
from tasviya.customs.tariff import read_tariff
from tasviya.customs.tax_law import read_law
from tasviya.messages.xml import FAILURES
from tasviya.services.declarations import assess_declaration

EXAMPLES = Path(__file__).parents[2] / "examples" / "customs"
DATA = Path(__file__).parent / "data"
FILES = {
    "JSON": (EXAMPLES / "import.json").read_bytes(),
    "XML of the WCO Data Model": (DATA / "TT_IM001a_decl.xml").read_bytes(),
    "XML of ASYCUDA": (EXAMPLES / "import-sad.xml").read_bytes(),
    "CUSDEC": (DATA / "cusdec_export.edi").read_bytes(),
}
CODES = {
    *FORMAT_CODES,
    *FAILURES,
    *EDIFACT_CODES,
    *cusdec.CUSDEC_CODES,
    *asycuda.ASYCUDA_CODES,
    *wco.WCO_CODES,
    *declaration_json.JSON_CODES,
    "CR06",
}


def refused(raw: bytes) -> Refusal:
    found = read(raw)
    assert isinstance(found, list) and len(found) == 1, found
    assert found[0].reason in CODES
    return found[0]


def test_every_format_has_a_file_here() -> None:
    assert {each.name for each in FORMATS} >= set(FILES)
    begins = [begin for each in FORMATS for begin in each.begins]
    assert len(begins) == len(set(begins)), "no beginning belongs to two formats"


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_by_its_own_reader(name: str) -> None:
    raw = FILES[name]
    (own,) = (each for each in FORMATS if each.name == name)
    found = read(raw)
    assert isinstance(found, Reading) and found == own.read(raw)
    assert read(b"\xef\xbb\xbf" + b"\n \t" * (name == "JSON") + raw) == found


def test_json_and_xml_are_what_their_readers_say() -> None:
    found, known = read(FILES["JSON"]), declaration_json.read(FILES["JSON"])
    assert isinstance(known, Declaration)
    assert found == Reading(known, ())
    assert read(FILES["XML of the WCO Data Model"]) == wco.read(FILES["XML of the WCO Data Model"])


@pytest.mark.parametrize(
    ("raw", "begins"),
    [
        (b'<?xml version="1.0"?>\n<!-- a -- b --><ASYCUDA/>', "<ASYCUDA>"),
        (b"<md:MetaData xmlns:md='x'>", "<MetaData>"),
        (b"<!-- one --><?pi?> <Declaration>", "<Declaration>"),
        (b"  [1]", "["),
        (b"UNA:+.? 'UNB+", "UNA"),
        (b"\xff\xfe<\0", "<"),
        (b"<!DOCTYPE a><a/>", "<"),
        (b"<!-- never ends", "<"),
        (b"", ""),
        (b" \n\t", ""),
        (b"PK\x03\x04", "PK\x03"),
    ],
)
def test_a_beginning_is_told(raw: bytes, begins: str) -> None:
    assert beginning(raw) == begins


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "DF01"),
        (b"PK\x03\x04", "DF01"),
        (b"%PDF-1.7", "DF01"),
        (b"lrn,kind\n", "DF01"),
        (b"<invoice/>", "DF01"),
        (b"<invoice>", "CUT-OFF"),
        (b"<!-- never ends", "NOT-XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
        ('<?xml version="1.0"?><ASYCUDA/>'.encode("utf-16"), "ENCODING"),
        (b"[", "DJ01"),
        (b"UNB+", "DC01"),
        (b"UNH+1+CUSDEC:D:99B:UN'", "DF01"),
    ],
)
def test_what_is_of_no_format_is_refused(raw: bytes, code: str) -> None:
    found = refused(raw)
    assert found.reason == code
    if code == "DF01":
        assert all(each.name in found.cure for each in FORMATS)


@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_no_file_makes_it_raise(raw: bytes) -> None:
    found = read(raw)
    assert isinstance(found, list) and found and all(each.what and each.cure for each in found)


@given(st.sampled_from(sorted(FILES)), st.integers(0, 20_000), st.binary(max_size=3), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_no_mutilated_file_makes_it_raise(name: str, place: int, put: bytes, cut: int) -> None:
    raw = FILES[name]
    place %= len(raw)
    found = read(raw[:place] + put + raw[place + cut :])
    assert isinstance(found, Reading) or all(each.reason in CODES and each.cure for each in found)


@pytest.mark.parametrize("file", ["import.json", "import-sad.xml", "import.edi"])
def test_the_same_declaration_pays_the_same_in_every_format(file: str) -> None:
    found = read((EXAMPLES / file).read_bytes())
    assert isinstance(found, Reading)
    law = read_law((EXAMPLES / "KZ.toml").read_text(encoding="utf-8"), "KZ.toml")
    tariff = read_tariff((EXAMPLES / "KZ.csv").read_text(encoding="utf-8"), law, "KZ.csv")
    rates = {"EUR": Fraction("512.34")}
    assessed = assess_declaration(found.declaration, tariff, rates, date(2026, 10, 1))
    assert not isinstance(assessed, list), assessed
    assert assessed.value.minor == 542_057_000
    assert assessed.by_tax == {"DUTY": 35_661_684, "EXC": 6_686_037, "VAT": 70_128_500, "FEE": 1_084_114}
