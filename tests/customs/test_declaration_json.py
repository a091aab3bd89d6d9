"""JSON of declarations: what is written comes back, what is not exactly right is refused with its path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.currencies import UnknownCurrency
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
from tasviya.customs.formats.declaration_json import JSON_CODES, SIZE_MAX, read, thousandths, write

EXAMPLE = Path(__file__).parents[2] / "examples" / "customs" / "import.json"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
amounts = st.builds(
    Amount, st.integers(-(10**30), 10**30), st.sampled_from(["EUR", "KZT", "JPY", "KWD", "IRR"])
)
quantities = st.integers(-(10**15), 10**15)
charges = st.lists(st.builds(Charge, st.sampled_from(ChargeKind), amounts, texts), max_size=2).map(tuple)
documents = st.lists(st.builds(Document, texts, texts, texts, st.integers(0, 999)), max_size=2).map(tuple)
codes = st.lists(texts, max_size=2).map(tuple)
items = st.builds(
    Item,
    number=st.integers(-5, 10**6),
    goods=texts,
    description=texts,
    origin=texts,
    preferential_origin=texts,
    preference=texts,
    additional_codes=codes,
    quota=texts,
    invoice=st.none() | amounts,
    statistical=st.none() | amounts,
    charges=charges,
    quantities=st.dictionaries(st.sampled_from(Unit), quantities, max_size=3),
    supplementary=st.none() | quantities,
    procedure=texts,
    additional_procedures=codes,
    documents=documents,
    previous=documents,
)
parties = st.builds(Party, texts, texts, texts, texts)
declarations = st.builds(
    Declaration,
    lrn=texts,
    kind=st.sampled_from(Kind),
    items=st.lists(items, max_size=3).map(tuple),
    type=texts,
    mrn=texts,
    procedure=texts,
    office=texts,
    declarant=parties,
    importer=parties,
    exporter=parties,
    dispatch_country=texts,
    destination_country=texts,
    delivery=st.builds(DeliveryTerms, texts, texts),
    invoice=st.none() | amounts,
    charges=charges,
    gross_mass=st.none() | quantities,
    packages=st.none() | st.integers(-(10**6), 10**9),
    documents=documents,
    previous=documents,
)


@given(declarations)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_again(declaration: Declaration) -> None:
    assert read(write(declaration)) == declaration


def refused(raw: bytes) -> list[Refusal]:
    found = read(raw)
    assert isinstance(found, list) and all(each.reason in {*JSON_CODES, "CR06"} for each in found)
    return found


@given(st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_no_file_makes_it_raise(raw: bytes) -> None:
    assert refused(raw)


def changed(change: dict[str, Any], *, item: bool = False) -> bytes:
    whole = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    (whole["items"][0] if item else whole).update(change)
    return json.dumps(whole).encode()


def test_the_example_keeps_every_rule() -> None:
    declaration = read(EXAMPLE.read_bytes())
    assert isinstance(declaration, Declaration)
    assert check(declaration) == [] and len(declaration.items) == 3
    assert read(write(declaration)) == declaration
    assert read(b"\xef\xbb\xbf" + EXAMPLE.read_bytes()) == declaration


REFUSED: dict[str, tuple[bytes, str, str]] = {
    "no JSON": (b'{\n"lrn": }', "DJ01", "line 2"),
    "no UTF-8": (b'{"lrn": "\xff"}', "DJ01", ""),
    "not a number": (b'{"lrn": NaN}', "DJ01", ""),
    "half a sign": (b'{"lrn": "\\ud800"}', "DJ01", ""),
    "too deep": (b"[" * 100_000, "DJ01", ""),
    "too large": (b" " * (SIZE_MAX + 1), "DJ01", ""),
    "unknown key": (changed({"colour": "red"}), "DJ02", "colour"),
    "unknown key of an item": (changed({"hs": "1"}, item=True), "DJ02", "items[0].hs"),
    "key twice": (b'{"items": [{"goods": "1", "goods": "2"}]}', "DJ03", "items[0].goods"),
    "missing": (b"{}", "DJ04", "lrn"),
    "missing of an item": (changed({"items": [{"number": 1}]}), "DJ04", "items[0].goods"),
    "a list": (b"[]", "DJ04", ""),
    "no kind": (changed({"kind": "smuggling"}), "DJ04", "kind"),
    "number for text": (changed({"goods": 220429}, item=True), "DJ04", "items[0].goods"),
    "fraction": (changed({"number": 1.5}, item=True), "DJ04", "items[0].number"),
    "a float": (changed({"quantities": {"kg": 1.5}}, item=True), "DJ04", "items[0].quantities[...]"),
    "no unit": (changed({"quantities": {"bushel": "1"}}, item=True), "DJ04", "items[0].quantities"),
    "decimals": (
        changed({"invoice": {"amount": "1.005", "currency": "EUR"}}, item=True),
        "DJ05",
        "items[0].invoice.amount",
    ),
    "quantity": (changed({"quantities": {"kg": "1,5"}}, item=True), "DJ05", "items[0].quantities.kg"),
    "currency": (changed({"invoice": {"amount": "1", "currency": "EUX"}}), "CR06", "invoice.currency"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_right_is_refused_with_its_path(case: str) -> None:
    raw, code, where = REFUSED[case]
    (found,) = refused(raw)
    assert (found.reason, found.where) == (code, where)
    assert len(found.what) < 400 and found.cure.endswith(".")


def test_all_wrong_amounts_are_told() -> None:
    wrong = {"amount": "1.001", "currency": "EUR"}
    raw = changed({"invoice": wrong, "statistical": wrong, "supplementary": "x"}, item=True)
    assert [each.where for each in refused(raw)] == [
        "items[0].invoice.amount",
        "items[0].statistical.amount",
        "items[0].supplementary",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0", 0),
        ("120.5", 120_500),
        ("-0.001", -1),
        ("1.5000", 1_500),
        ("1.0005", None),
        ("1e3", None),
        ("", None),
        ("٣", None),
        ("1000000000000.001", None),
        ("+1", None),
    ],
)
def test_quantities_are_read_exactly(text: str, found: int | None) -> None:
    assert thousandths(text) == found


def test_an_unknown_currency_cannot_be_written() -> None:
    with pytest.raises(UnknownCurrency):
        write(Declaration("L", Kind.IMPORT, (), invoice=Amount(1, "EUX")))
