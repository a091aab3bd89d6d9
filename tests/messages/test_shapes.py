"""Fields picked from bytes of a known shape are the fields that the tree gives, whatever the bytes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tasviya.messages.credit_transfer import _SHAPED, _TRANSACTION, CUSTOMER, CUSTOMER_ROOT
from tasviya.messages.shapes import SHAPES_KEPT, ShapedReader
from tasviya.messages.xml import NAMESPACE

READER = _TRANSACTION[CUSTOMER_ROOT]

TEXTS = st.one_of(
    st.just(""),
    st.sampled_from([" ", "a > b", ">", "#3#", "\n", "&amp;", "&#65;", "\r\n", "мир", "سلام", "'\"", "]]>x"]),
    st.text(
        st.characters(codec="utf-8", exclude_characters="<&\r", exclude_categories=["Cc", "Cs"]), max_size=8
    ),
)
ORDER = ("InstrId", "EndToEndId", "TxId", "UETR")


@st.composite
def cuts(draw: st.DrawFn) -> str:
    """A CdtTrfTxInf with some of its elements, in one of a few spellings."""

    def leaf(name: str, attribute: str = "") -> str:
        text = draw(TEXTS)
        if not text and draw(st.booleans()):
            return f"<{name}{attribute}/>"
        return f"<{name}{attribute}>{text}</{name}>"

    some = st.booleans()
    space = draw(st.sampled_from(["", "\n  "]))
    currency = draw(st.sampled_from([' Ccy="KZT"', " Ccy='INR' ", ' Ccy="K>T"']))
    parts = ["<PmtId>", *(leaf(name) for name in ORDER if draw(some)), "</PmtId>"]
    parts.append(leaf("IntrBkSttlmAmt", currency))
    if draw(some):
        parts += [
            "<ChrgsInf>",
            leaf("Amt", currency),
            "<Agt><FinInstnId>",
            leaf("BICFI"),
            "</FinInstnId></Agt>",
        ]
        parts.append("</ChrgsInf>")
    for party in ("Dbtr", "Cdtr"):
        if draw(some):
            lines = [leaf("AdrLine") for _ in range(draw(st.integers(0, 3)))]
            parts += [f"<{party}>", leaf("Nm"), "<PstlAdr>", *lines, "</PstlAdr>", f"</{party}>"]
    if draw(some):
        parts += ["<RmtInf>", *(leaf("Ustrd") for _ in range(draw(st.integers(1, 3)))), "</RmtInf>"]
    return f"<CdtTrfTxInf>{space}{space.join(parts)}{space}</CdtTrfTxInf>"


@settings(max_examples=400, deadline=None)
@given(st.lists(cuts(), min_size=1, max_size=4))
def test_shaped_reading_equals_the_tree_s(drawn: list[str]) -> None:
    shaped = ShapedReader(READER, NAMESPACE + CUSTOMER)
    for text in [*drawn, *drawn]:  # twice: learned, then known
        try:
            element = etree.fromstring(f'<x xmlns="{NAMESPACE}{CUSTOMER}">{text}</x>')[0]
        except etree.XMLSyntaxError:
            continue
        assert shaped.read(element, text.encode()) == READER.read(element)


def test_ever_new_shapes_do_not_fill_memory() -> None:
    shaped = ShapedReader(READER, NAMESPACE + CUSTOMER)
    for number in range(SHAPES_KEPT + 10):
        text = f"<CdtTrfTxInf><N{number}>x</N{number}></CdtTrfTxInf>"
        element = etree.fromstring(f'<x xmlns="{NAMESPACE}{CUSTOMER}">{text}</x>')[0]
        shaped.read(element, text.encode())
    assert len(shaped._plans) <= SHAPES_KEPT
    assert set(_SHAPED) == set(_TRANSACTION)
