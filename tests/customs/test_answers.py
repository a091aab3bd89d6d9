"""Answers to declarations: JSON, CUSRES that is read again, and Responses that have HMRC's own structure."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tasviya.core.currencies import UnknownCurrency
from tasviya.core.errors import Refusal
from tasviya.customs.declaration_rules import check
from tasviya.customs.formats import answer_json, cusres, declaration_json, edifact, wco, wco_response
from tasviya.customs.formats.answer import Answer, AnswerStatus, AnswerTax
from tasviya.customs.formats.edifact import CHARACTER_SETS, Envelope, Message
from tasviya.customs.formats.wco_response import identifiers, pointer
from tasviya.messages.xml import local_name

DATA = Path(__file__).parent / "data"
NOON = datetime(2026, 10, 1, 12, 30, 5, tzinfo=UTC)
ENVELOPE = Envelope("KZ55302", "SARYARKA", "77", NOON)
TAXES = (
    AnswerTax(1, "A00", 100_000, "2%", 2_000, "GBP"),
    AnswerTax(1, "B00", 102_000, "20%", 20_400, "GBP"),
)
REFUSALS = (
    Refusal("CR03", "Item 2: 2011010 has 7 digits.", "Write 02011010.", "items[1].goods"),
    Refusal("CR10", "The declaration has no number.", "Give it a number of your own.", "lrn"),
)
ACCEPTED = Answer("L-1", AnswerStatus.ACCEPTED, NOON, "26KZ0001")
REJECTED = Answer("L-1", AnswerStatus.REJECTED, NOON, "26KZ0001", REFUSALS)
ASSESSED = Answer("L-1", AnswerStatus.ASSESSED, NOON, "26KZ0001", taxes=TAXES)
RELEASED = Answer("L-1", AnswerStatus.RELEASED, NOON, "26KZ0001")


def test_json_of_an_answer() -> None:
    assert json.loads(answer_json.write(ASSESSED)) == {
        "lrn": "L-1",
        "mrn": "26KZ0001",
        "status": "assessed",
        "instant": "2026-10-01T12:30:05Z",
        "taxes": [
            {"item": 1, "tax": "A00", "base": "1000.00", "rate": "2%", "amount": "20.00", "currency": "GBP"},
            {
                "item": 1,
                "tax": "B00",
                "base": "1020.00",
                "rate": "20%",
                "amount": "204.00",
                "currency": "GBP",
            },
        ],
    }
    rejected = json.loads(answer_json.write(REJECTED))
    assert rejected["refusals"][0] == {
        "code": "CR03",
        "what": "Item 2: 2011010 has 7 digits.",
        "cure": "Write 02011010.",
        "where": "items[1].goods",
    }
    assert "taxes" not in rejected and "refusals" not in json.loads(answer_json.write(ACCEPTED))


def test_instants_are_in_utc() -> None:
    almaty = datetime(2026, 10, 1, 17, 30, 5, tzinfo=timezone(timedelta(hours=5)))
    there = Answer("L-1", AnswerStatus.ACCEPTED, almaty, "26KZ0001")
    assert answer_json.write(there) == answer_json.write(ACCEPTED)
    assert cusres.write(there, ENVELOPE, "1") == cusres.write(ACCEPTED, ENVELOPE, "1")
    assert wco_response.write(there, "R-1") == wco_response.write(ACCEPTED, "R-1")


def sent(answer: Answer) -> Message:
    found = edifact.read(cusres.write(answer, ENVELOPE, "5"))
    assert isinstance(found, Message), found
    assert (found.type, found.version, found.release, found.reference) == ("CUSRES", "D", "99B", "5")
    assert (found.sender, found.recipient, found.control) == ("KZ55302", "SARYARKA", "77")
    return found


def lines(answer: Answer) -> list[str]:
    """The message's segments, written plainly."""
    return ["+".join([each.tag, *(":".join(one) for one in each.elements)]) for each in sent(answer).segments]


HEAD = ["BGM+961+L-1+11", "DTM+137:20261001123005:204"]
REFERENCES = ["RFF+ABE:L-1", "RFF+ABT:26KZ0001"]


def test_cusres_accepts_and_releases() -> None:
    assert lines(ACCEPTED) == [*HEAD, "DTM+148:20261001123005:204", "GIS+1", *REFERENCES]
    assert lines(RELEASED) == [*HEAD, "DTM+204:20261001123005:204", "GIS+4", *REFERENCES]


def test_cusres_rejects_with_the_place_of_every_error() -> None:
    assert lines(REJECTED) == [
        "BGM+963+L-1+11",
        "DTM+137:20261001123005:204",
        "GIS+2",
        *REFERENCES,
        "ERP+10:2",
        "ERC+CR03",
        "FTX+AAO+++CR03: Item 2: 2011010 has 7 digits. Write 02011010. (items[1].goods)",
        "ERP+1",
        "ERC+CR10",
        "FTX+AAO+++CR10: The declaration has no number. Give it a number of your own. (lr:n)",
    ]
    assert "GIS+3" in lines(Answer("L-1", AnswerStatus.REJECTED, NOON))


def test_cusres_gives_taxes_by_item_and_their_sums() -> None:
    second = AnswerTax(2, "EXCISE", None, "0.90 EUR / % vol / hl", 5_000, "GBP")
    assert lines(Answer("L-1", AnswerStatus.ASSESSED, NOON, "26KZ0001", taxes=(*TAXES, second)))[5:] == [
        "TAX+3+A00", "MOA+161:20.00:GBP", "TAX+3+B00", "MOA+161:204.00:GBP",
        "TAX+3+:::EXCISE", "MOA+161:50.00:GBP", "TAX+4", "MOA+161:274.00:GBP", "DOC+960+L-1",
        "CST+1", "TAX+1+A00++1000.00+:::2%", "MOA+161:20.00:GBP",
        "TAX+1+B00++1020.00+:::20%", "MOA+161:204.00:GBP",
        "CST+2", "TAX+1+:::EXCISE", "MOA+161:50.00:GBP",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "told"),
    [("MOA, segment 21", "ERP+1+MOA:21"), ("items[0].origin", "ERP+10:1"), ("", "ERP+1"),
     ("/ASYCUDA/Item[3]/Tarification", "ERP+10:3"),
     ("/MetaData/Declaration/GoodsShipment/GovernmentAgencyGoodsItem[2]/Commodity", "ERP+10:2")],
)  # fmt: skip
def test_an_error_names_its_part_of_the_message(where: str, told: str) -> None:
    assert told in lines(Answer("", AnswerStatus.REJECTED, NOON, "", (Refusal("X", "a.", "b.", where),)))


STRUCTURE = ["BGM", "DTM", "GIS", "RFF", "ERP", "ERC", "FTX", "TAX", "MOA", "DOC", "CST"]
words = st.text(st.sampled_from("aZ9+:'? \n\téЖщ中ع\u200c\ud7ff"), max_size=60)
refusals = st.lists(st.builds(Refusal, words.filter(str.strip), words, words, words), max_size=3).map(tuple)
taxes = st.lists(
    st.builds(
        AnswerTax, st.integers(1, 4), words.filter(str.strip), st.none() | st.integers(0, 10**18), words,
        st.integers(-(10**18), 10**18), st.sampled_from(["EUR", "KZT", "JPY", "KWD"]),
    ),
    max_size=4,
).map(tuple)  # fmt: skip
answers = st.builds(Answer, words, st.sampled_from(AnswerStatus), st.just(NOON), words, refusals, taxes)


@given(answers)
@settings(max_examples=150, deadline=None)
def test_any_answer_can_be_sent_and_read_again(answer: Answer) -> None:
    """Whatever signs are in it: counts, references and the order of groups hold, and texts come back."""
    message = sent(answer)
    order = [STRUCTURE.index(each.tag) for each in message.segments]
    heads = [place for place in order if place < STRUCTURE.index("ERP")]
    assert heads == sorted(heads) and order[: len(heads)] == heads
    told = "".join(part for each in message.segments if each.tag == "FTX" for part in each.elements[3])
    plain = "".join(
        f"{each.reason}: {each.what} {each.cure}{f' ({each.where})' if each.where else ''}"
        for each in answer.refusals
    )
    assert told == re.sub(r"[\n\t\ud7ff]", " ", plain)
    assert [each.get(0, 1) for each in message.segments if each.tag == "CST"] == [
        "" for _ in {each.item for each in answer.taxes}
    ]
    json.loads(answer_json.write(answer))
    etree.fromstring(wco_response.write(answer, "R"))


def test_cusres_is_in_latin_1_where_that_has_every_sign_and_else_in_utf_8() -> None:
    def raw(text: str) -> bytes:
        refusal = Refusal("CR01", text, "Add it.")
        return cusres.write(Answer("L", AnswerStatus.REJECTED, NOON, "", (refusal,)), ENVELOPE, "1")

    assert raw("à la carte").startswith(b"UNB+UNOC:3+KZ55302+SARYARKA+261001:1230+77'")
    assert raw("Нет товара").startswith(b"UNB+UNOW:4+KZ55302+SARYARKA+20261001:1230+77'")
    assert "Нет товара" in raw("Нет товара").decode(CHARACTER_SETS["UNOW"])


def structure(raw: bytes) -> list[str]:
    """The path of every element, in order; comments and what the answer's facts do not hold left out."""
    found = []
    for element in etree.fromstring(raw).iter(etree.Element):
        steps = [local_name(each) for each in (element, *element.iterancestors())]
        path = "/".join(reversed(steps))
        if not re.search(
            r"/(Bank|Status|AdditionalInformation|DeductAmount|DutyRegimeCode|Description)\b", path
        ):
            found.append(path)
    return found


@pytest.mark.parametrize(
    ("file", "answer"),
    [
        ("note_DMSACC.xml", ACCEPTED),
        ("note_DMSCLE.xml", RELEASED),
        ("TT_IM001a_DMSTAX.xml", ASSESSED),
    ],
)
def test_responses_have_the_elements_of_hmrcs_in_their_order(file: str, answer: Answer) -> None:
    raw = wco_response.write(answer, "R-1")
    assert structure(raw) == structure((DATA / file).read_bytes())


def test_a_rejection_has_the_elements_of_hmrcs_in_their_order() -> None:
    one = Answer("L-1", AnswerStatus.REJECTED, NOON, "26KZ0001", (REFUSALS[1],))
    published = structure((DATA / "note_DMSREJ.xml").read_bytes())
    # HMRC's error points two steps deep, at 42A and below; a declaration's own number is in 42A itself.
    error = "MetaData/Response/Error/Pointer"
    twice = published.index(f"{error}/DocumentSectionCode")
    assert structure(wco_response.write(one, "R-1")) == published[: twice - 1] + published[twice + 1 :]


def values(raw: bytes, name: str) -> list[str]:
    return [element.text or "" for element in etree.fromstring(raw).iter(f"{{*}}{name}")]


def test_responses_say_what_hmrcs_do() -> None:
    published = (DATA / "TT_IM001a_DMSTAX.xml").read_bytes()
    raw = wco_response.write(ASSESSED, "R-1")
    for name in ("FunctionCode", "AdValoremTaxBaseAmount", "TaxRateNumeric", "TypeCode", "TaxAssessedAmount",
                 "PaymentAmount", "SequenceNumeric"):  # fmt: skip
        assert values(raw, name) == values(published, name), name
    for file, answer in (("ACC", ACCEPTED), ("REJ", REJECTED), ("CLE", RELEASED)):
        note = (DATA / f"note_DMS{file}.xml").read_bytes()
        assert values(wco_response.write(answer, "R"), "FunctionCode") == values(note, "FunctionCode")
    assert values(raw, "DateTimeString") == ["20261001123005Z"]
    assert {etree.QName(each).namespace for each in etree.fromstring(raw).iter("{*}DateTimeString")} == {
        wco_response.TYPES
    }


ITEM = [(None, "42A", ""), (None, "67A", "")]


@pytest.mark.parametrize(
    ("where", "steps"),
    [
        ("lrn", [(None, "42A", "D026")]),
        ("kind", [(None, "42A", "D013")]),
        ("items", [*ITEM, (None, "68A", "")]),
        ("items[1].goods", [*ITEM, (2, "68A", ""), (None, "23A", ""), (None, "21A", "145")]),
        ("items[0].procedure", [*ITEM, (1, "68A", ""), (None, "70A", "166")]),
        ("items[2].quantities.kg",
         [*ITEM, (3, "68A", ""), (None, "23A", ""), (None, "65A", "128")]),
        ("items[0].invoice.amount",
         [*ITEM, (1, "68A", ""), (None, "23A", ""), (None, "79A", "112")]),
        ("items[0].documents[1].type", [*ITEM, (1, "68A", ""), (2, "02A", "")]),
        ("importer.country", [*ITEM, (None, "74A", ""), (None, "04A", "242")]),
        ("/MetaData/Declaration/GoodsShipment/GovernmentAgencyGoodsItem[2]/Commodity/Description",
         [*ITEM, (2, "68A", ""), (None, "23A", "137")]),
        ("MOA, segment 21", [(None, "42A", "")]),
        ("", [(None, "42A", "")]),
    ],
)  # fmt: skip
def test_a_pointer_leads_to_the_element(where: str, steps: list[tuple[int | None, str, str]]) -> None:
    """Numbers as HMRC's own notifications have them: 42A, 67A, 68A, 70A, 166, 02A, D026."""
    assert pointer(where) == steps


def test_every_field_that_is_pointed_at_has_its_number() -> None:
    for field, path in wco_response.FIELDS.items():
        assert identifiers()[f"/Declaration/{path}"], field


def test_what_the_rules_refuse_is_pointed_at() -> None:
    """Every rule's refusal of a bad declaration leads below the whole."""
    whole = json.loads((Path(__file__).parents[2] / "examples" / "customs" / "import.json").read_bytes())
    whole["lrn"], whole["items"][0]["goods"], whole["items"][1]["origin"] = "", "2011010", ""
    whole["items"][1]["preferential_origin"], whole["items"][2]["quantities"]["kg"] = "", "-1"
    declared = declaration_json.read(json.dumps(whole).encode())
    assert not isinstance(declared, list)
    found = check(declared)
    assert {each.reason for each in found} == {"CR03", "CR04", "CR09", "CR10"}
    assert all(pointer(each.where)[-1][2] for each in found)
    broken = wco.read((DATA / "TT_IM001a_decl.xml").read_bytes().replace(b">1000</Item", b">x</Item"))
    assert isinstance(broken, list) and pointer(broken[0].where)[-1] == (None, "79A", "112")


def test_a_currency_that_is_none_cannot_be_written() -> None:
    bad = Answer("L", AnswerStatus.ASSESSED, NOON, taxes=(AnswerTax(1, "X", None, "", 1, "EUX"),))
    for write in (answer_json.write, lambda each: cusres.write(each, ENVELOPE, "1"),
                  lambda each: wco_response.write(each, "R")):  # fmt: skip
        with pytest.raises(UnknownCurrency):
            write(bad)


def test_the_page_shows_what_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "declarations.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```python\n(.*?)^```", page, flags=re.S | re.M)
    (shown,) = re.findall(r"^```text\n(.*?)^```", page, flags=re.S | re.M)
    exec(script, {})
    assert capsys.readouterr().out == shown
