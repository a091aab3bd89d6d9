"""What the payer's bank wrote reaches the payee's bank: a conversion changes three amounts and nothing else,
however the bank's system writes its XML, and whatever its texts and supplementary data say."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from message_facts import NOON, SCHEME, customer_message, fi_message, fi_transfer, full_transfer, transfer

from tasviya.messages.builders import build_onward
from tasviya.messages.conversion import DECIMALS, DIGITS, Conversion, converted, rate_text
from tasviya.messages.model import CreditTransfer, ParsedMessage
from tasviya.messages.registry import parse_file
from tasviya.messages.slices import children

CHANGED = ("IntrBkSttlmAmt", "InstdAmt", "XchgRate")
DECOYS = (
    "<IntrBkSttlmAmt Ccy='KZT'>1</IntrBkSttlmAmt>",
    "</InstdAmt><ChrgBr>",
    "<XchgRate>7</XchgRate> & ]]>",
    'Ccy="KWD"> 第三批',
    "فاتورة رقم ٧",
)
FOREIGN = (
    '<x:Box xmlns:x="urn:box" a="1 > 0"><x:InstdAmt Ccy="USD">1</x:InstdAmt><x:ChrgBr>X</x:ChrgBr></x:Box>',
    '<Box xmlns="urn:box"><IntrBkSttlmAmt>1</IntrBkSttlmAmt><XchgRate>2</XchgRate><ChrgBr/></Box>',
)
UNDERLYING = (
    "<UndrlygCstmrCdtTrf><Dbtr><Nm>Payer</Nm></Dbtr>"
    "<DbtrAgt><FinInstnId><BICFI>ALFABY2XXXX</BICFI></FinInstnId></DbtrAgt>"
    "<CdtrAgt><FinInstnId><BICFI>BETAKZ2XXXX</BICFI></FinInstnId></CdtrAgt>"
    '<Cdtr><Nm>Payee</Nm></Cdtr><InstdAmt Ccy="USD">9.99</InstdAmt></UndrlygCstmrCdtTrf>'
)

texts = st.sampled_from(DECOYS) | st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="\x7f"), min_size=1
)
conversions = st.builds(
    Conversion,
    st.sampled_from(["BYN", "IRR", "JPY"]),
    st.integers(1, 10**12),
    st.sampled_from(["KZT", "KWD"]),
    st.integers(1, 10**12),
    st.just("batch 1"),
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A valid message of one transfer, as some bank's system might write it."""
    text: dict[str, Any] = {"remittance": draw(texts)[:140], "creditor_name": draw(texts)[:140]}
    if draw(st.booleans()):
        make = draw(st.sampled_from([transfer, full_transfer]))
        changes = {"debtor_name": draw(texts)[:140], "instructed_amount": None, "exchange_rate": None}
        if draw(st.booleans()):
            changes |= {"instructed_amount": "100.00", "instructed_currency": "USD"}
        if draw(st.booleans()):
            changes["exchange_rate"] = "3.25"
        raw = customer_message(make(**text, **changes))
        extra = ""
    else:
        raw = fi_message(fi_transfer(remittance=text["remittance"]))
        extra = UNDERLYING if draw(st.booleans()) else ""
    for foreign in draw(st.lists(st.sampled_from(FOREIGN), max_size=2)):
        extra += f"<SplmtryData><Envlp>{foreign}</Envlp></SplmtryData>"
    raw = raw.replace(b"</CdtTrfTxInf>", f"{extra}</CdtTrfTxInf>".encode())
    return Hand(draw, draw(st.sampled_from(["plain", "spaced", "odd", "prefixed"]))).write(
        etree.fromstring(raw)
    )


class Hand:
    """One way to write the same document.

    plain: as we do. spaced: white space inside tags. odd: also other quotes, comments, CDATA, and prefixes
    that single elements declare. prefixed: one prefix for all.
    """

    def __init__(self, draw: st.DrawFn, habit: str) -> None:
        self.draw, self.habit = draw, habit

    def write(self, document: Any) -> bytes:
        return self.element(document, outside=None).encode()

    def element(self, element: Any, outside: str | None) -> str:
        name = etree.QName(element)
        namespace = name.namespace or ""
        prefix, declares = self.prefix(namespace, outside)
        tag = f"{prefix}:{name.localname}" if prefix else name.localname
        quote = '"' if self.habit in ("plain", "spaced") else self.draw(st.sampled_from("'\""))
        attributes = "".join(
            f"{self.space(1)}{key}={quote}{self.escaped(value, quote)}{quote}"
            for key, value in element.attrib.items()
        )
        if declares:
            attributes += f' xmlns{f":{prefix}" if prefix else ""}="{namespace}"'
        inside = "".join(
            self.element(child, outside if prefix and declares else namespace) for child in element
        )
        if not inside:
            inside = self.text(element.text or "")
        return f"<{tag}{attributes}{self.space(0)}>{inside}</{tag}{self.space(0)}>"

    def prefix(self, namespace: str, outside: str | None) -> tuple[str, bool]:
        """The prefix of an element, and whether it declares its namespace."""
        if self.habit == "prefixed":
            return "q", outside != namespace
        if self.habit == "odd" and outside is not None and self.draw(st.integers(0, 7)) == 0:
            return "q", True
        return "", outside != namespace

    def space(self, least: int) -> str:
        if self.habit == "plain":
            return " " * least
        return self.draw(st.sampled_from([" " * least, " ", "\n\t", "\n "]))

    def text(self, text: str) -> str:
        if self.habit == "odd" and "]]>" not in text and self.draw(st.integers(0, 15)) == 0:
            return f"<!-- <ChrgBr> --><![CDATA[{text}]]>"
        return self.escaped(text, "")

    def escaped(self, text: str, quote: str) -> str:
        out = []
        for each in text:
            if each in "&<" or each == quote or (each == ">" and not quote):
                out.append(f"&#{ord(each)};")
            else:
                out.append(each)
        return "".join(out)


def read(raw: bytes) -> ParsedMessage:
    (message,) = parse_file(raw, SCHEME)
    assert isinstance(message, ParsedMessage), message
    assert message.refusals == [], message.refusals
    return message


def transaction_in(document: bytes) -> Any:
    return next(etree.fromstring(document).iter("{*}CdtTrfTxInf"))


def canonical(element: Any) -> tuple[Any, ...]:
    """What an element says, whatever its prefixes: names, currency, text, children."""
    text = "" if len(element) else "".join(element.itertext())
    return (element.tag, dict(element.attrib), text, [canonical(child) for child in element if is_tag(child)])


def is_tag(element: Any) -> bool:
    return isinstance(element.tag, str)


def kept(transaction: Any) -> list[tuple[Any, ...]]:
    """All children but those that a conversion tells anew."""
    return [
        canonical(child)
        for child in transaction
        if is_tag(child) and etree.QName(child).localname not in CHANGED
    ]


def onward(raw: bytes, conversion: Conversion) -> tuple[ParsedMessage, bytes]:
    """The message as the payee's bank gets it."""
    message = read(raw)
    (payment,) = message.transactions
    assert isinstance(payment, CreditTransfer)
    words = (message.body or raw)[payment.start : payment.end]
    document = build_onward(
        SCHEME,
        message.message_type,
        message_id="OUT-1",
        created_at=NOON,
        currency=conversion.credit_currency,
        total_minor=conversion.credit_minor,
        transactions=[converted(words, conversion, SCHEME)],
        group=message.group,
        settlement_date=payment.settlement_date,
    )
    return read(document), document


@settings(max_examples=300, deadline=None)
@given(messages(), conversions)
def test_conversion_changes_three_amounts_and_nothing_else(raw: bytes, conversion: Conversion) -> None:
    message, document = onward(raw, conversion)
    before = next(etree.fromstring(raw, etree.XMLParser(remove_comments=True)).iter("{*}CdtTrfTxInf"))
    after = transaction_in(document)
    assert kept(after) == kept(before)
    (payment,) = message.transactions
    assert isinstance(payment, CreditTransfer)
    assert (payment.currency, payment.amount_minor) == (conversion.credit_currency, conversion.credit_minor)
    names = [etree.QName(child).localname for child in after]
    customer = message.message_type.startswith("pacs.008")
    rate = rate_text(conversion, SCHEME)
    assert [names.count(name) for name in CHANGED] == (
        [1, 1, int(rate is not None)] if customer else [1, 0, 0]
    )
    if customer:
        assert payment.instructed_currency == conversion.debit_currency
        assert payment.exchange_rate == rate


@settings(max_examples=100, deadline=None)
@given(messages())
def test_children_of_a_cut_are_those_of_the_tree(raw: bytes) -> None:
    message = read(raw)
    (payment,) = message.transactions
    assert isinstance(payment, CreditTransfer)
    source = message.body or raw
    cut = source[payment.start : payment.end]
    told = [(name.decode(), cut[start:end]) for name, start, end in children(cut)]
    tree = transaction_in(source)
    assert [name for name, _ in told] == [etree.QName(child).localname for child in tree]
    assert all(piece.startswith(b"<") and piece.endswith(b">") for _, piece in told)


@settings(max_examples=300, deadline=None)
@given(conversions)
@example(Conversion("BYN", 1, "KZT", 10**12, "batch 1"))
@example(Conversion("BYN", 10**12, "KZT", 1, "batch 1"))
@example(Conversion("BYN", 3, "KZT", 299_999_999_999, "batch 1"))
def test_rate_is_the_nearest_that_fits_and_one_that_does_not_is_left_out(conversion: Conversion) -> None:
    text = rate_text(conversion, SCHEME)
    debited = Fraction(conversion.debit_minor, 10 ** SCHEME.decimals(conversion.debit_currency))
    rate = Fraction(conversion.credit_minor, 10 ** SCHEME.decimals(conversion.credit_currency)) / debited
    if text is None:
        assert rate <= Fraction(1, 2 * 10**DECIMALS) or round(rate) >= 10**DIGITS
        return
    whole, _, decimals = text.partition(".")
    whole = whole.lstrip("0")
    assert len(decimals) <= DECIMALS and len(whole) + len(decimals) <= DIGITS
    # A rate that rounds up to one more digit has lost one behind the point.
    step = Fraction(1, 10 ** min(DECIMALS, DIGITS - len(str(int(rate))) if rate >= 1 else DECIMALS))
    assert Fraction(text) > 0 and abs(Fraction(text) - rate) <= step / 2


@pytest.mark.parametrize("tail", [b"", b" ", b"\n"])
def test_amount_whose_end_tag_is_spaced_is_told_anew(tail: bytes) -> None:
    raw = customer_message().replace(b"</IntrBkSttlmAmt>", b"</IntrBkSttlmAmt" + tail + b">")
    _, document = onward(raw, Conversion("BYN", 1, "KZT", 16_000, "batch 1"))
    assert document.count(b"<IntrBkSttlmAmt ") == 1
    assert b'<IntrBkSttlmAmt Ccy="KZT">160.00</IntrBkSttlmAmt>' in document
