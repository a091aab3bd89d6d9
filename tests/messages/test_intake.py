"""What a file may look like, and how each bad one is answered: a value with code, cause and cure."""

from __future__ import annotations

import random
import time

import pytest
from lxml import etree
from message_facts import (
    BANK_A,
    BANK_B,
    EXAMPLES,
    NOON,
    OPERATOR,
    SCHEME,
    customer_message,
    fi_message,
    header,
    transfer,
)
from msgspec.structs import replace

from tasviya.messages import builders
from tasviya.messages.model import CreditTransfer, ParsedMessage, Read, UnreadableMessage
from tasviya.messages.registry import MESSAGE_TYPES, parse_file
from tasviya.messages.scheme import MEBIBYTE
from tasviya.messages.xml import FAILURES, HEADER, NAMESPACE

CUSTOMER = "pacs.008.001.08"
DOCUMENT = customer_message(transfer(1), transfer(2))
PAIR = (header("MSG-1", CUSTOMER), DOCUMENT)
FILE = builders.envelope([PAIR])


def messages(raw: bytes) -> list[Read]:
    return parse_file(raw, SCHEME)


def whole(raw: bytes) -> ParsedMessage:
    """The only message of a file, which must be without refusals."""
    (message,) = messages(raw)
    assert isinstance(message, ParsedMessage), message
    assert message.refusals == [] and not any(each.refusals for each in message.transactions)
    return message


def slices(raw: bytes, message: ParsedMessage) -> list[bytes]:
    source = raw if message.body is None else message.body
    return [
        source[each.start : each.end] for each in message.transactions if isinstance(each, CreditTransfer)
    ]


def reasons(raw: bytes) -> list[list[str]]:
    return [[refusal.reason for refusal in message.refusals] for message in messages(raw)]


BAD_FILES = {
    "empty": (b"", "CUT-OFF"),
    "white space": (b"  \n", "NOT-XML"),
    "not XML": (b"MT103 :20:REF", "NOT-XML"),
    "JSON": (b'{"Document": {}}', "NOT-XML"),
    "a tag not closed": (FILE.replace(b"</GrpHdr>", b"</GrpHead>", 1), "NOT-XML"),
    "a bare ampersand": (FILE.replace(b"Invoice", b"A & B", 1), "NOT-XML"),
    "an unknown entity": (FILE.replace(b"Invoice", b"&nbsp;", 1), "NOT-XML"),
    "a control character": (FILE.replace(b"Invoice", b"\x01", 1), "NOT-XML"),
    "an undeclared prefix": (
        FILE.replace(b"<Purp>", b"<x:Purp>").replace(b"</Purp>", b"</x:Purp>"),
        "NOT-XML",
    ),
    "two roots": (DOCUMENT + DOCUMENT, "NOT-XML"),
    "cut off in a tag": (FILE[:1200], "CUT-OFF"),
    "cut off between tags": (FILE[: FILE.index(b"</GrpHdr>") + 9], "CUT-OFF"),
    "cut off before the last tag": (FILE[: FILE.rindex(b"</Messages>")], "CUT-OFF"),
    "UTF-16": (FILE.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "ENCODING"),
    "UTF-16 without a mark": (FILE.decode().encode("utf-16-le"), "ENCODING"),
    "declared as Latin-1": (FILE.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"'), "ENCODING"),
    "declared as UTF-7": (FILE.replace(b'encoding="UTF-8"', b"encoding='UTF-7'"), "ENCODING"),
    "declared as UTF-16": (FILE.replace(b'encoding="UTF-8"', b'encoding="UTF-16"'), "ENCODING"),
    "Windows-1251 bytes": (FILE.decode().encode("cp1251", "replace"), "ENCODING"),
    "a stray byte": (FILE.replace(b"Invoice", b"\xff", 1), "ENCODING"),
    "overlong UTF-8": (FILE.replace(b"Invoice", b"\xc0\xbc", 1), "ENCODING"),
    "a DOCTYPE": (b"<!DOCTYPE Document><Document/>", "DOCTYPE"),
    "an external entity": (
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><d>&x;</d>',
        "DOCTYPE",
    ),
    "a parameter entity": (b'<!DOCTYPE d [<!ENTITY % x SYSTEM "file:///x">%x;]><d/>', "DOCTYPE"),
    "a billion laughs": (
        b'<!DOCTYPE d [<!ENTITY a "ha">'
        + b"".join(b'<!ENTITY a%d "&a;&a;">' % n for n in range(40))
        + b"]><d/>",
        "DOCTYPE",
    ),
    "too large": (b"<Document>" + b" " * (16 * MEBIBYTE) + b"</Document>", "TOO-LARGE"),
    "too many elements": (b"<d>" + b"<a/>" * 2_100_000 + b"</d>", "TOO-LARGE"),
    "too deep": (b"<a>" * 300 + b"</a>" * 300, "TOO-DEEP"),
    "a text of eleven million characters": (b"<Document>" + b"x" * 11_000_000 + b"</Document>", "TOO-DEEP"),
    "200,000 attributes": (
        b"<Document " + b" ".join(b'a%d="1"' % n for n in range(200_000)) + b"/>",
        "ATTRIBUTES",
    ),
    "20,000 namespaces": (
        b"<Document " + b" ".join(b'xmlns:a%d="u:%d"' % (n, n) for n in range(20_000)) + b"/>",
        "ATTRIBUTES",
    ),
    "10,001 messages": (b"<x>" + b"<Document/>" * 10_001 + b"</x>", "TOO-LARGE"),
    "no message": (b"<hello><world/></hello>", "NO-MESSAGE"),
    "a message too far down": (b"<a>" * 8 + DOCUMENT + b"</a>" * 8, "NO-MESSAGE"),
    "no namespace": (b"<Document/>", "UNKNOWN-MESSAGE"),
    "another namespace": (b'<Document xmlns="urn:x"/>', "UNKNOWN-MESSAGE"),
    "an unknown message": (DOCUMENT.replace(b"pacs.008.001.08", b"pacs.010.001.03"), "UNKNOWN-MESSAGE"),
    "an unknown version": (DOCUMENT.replace(b"pacs.008.001.08", b"pacs.008.001.12"), "UNKNOWN-MESSAGE"),
    "a header without document": (b"<m>" + builders.build_header(PAIR[0]) + b"</m>", "NO-DOCUMENT"),
    "a document without anything": (f'<Document xmlns="{NAMESPACE}{CUSTOMER}"/>'.encode(), "FF01"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_answered_with_code_cause_and_cure(name: str) -> None:
    raw, code = BAD_FILES[name]
    started = time.perf_counter()
    (message,) = messages(raw)
    assert time.perf_counter() - started < 5
    assert isinstance(message, UnreadableMessage)
    refusal = message.refusals[0]
    assert refusal.reason == code, refusal
    assert refusal.what.endswith((".", ")")) and refusal.cure.endswith(".")
    assert len(str(refusal)) < 2_000
    # The refusal itself can be told in an admi.002.
    answer = builders.build_message_reject(
        SCHEME,
        reference=message.reference,
        reason=refusal.reason,
        rejected_at=NOON,
        location=refusal.where,
        description=str(refusal),
    )
    (told,) = messages(answer)
    assert isinstance(told, ParsedMessage) and told.refusals == []


def test_every_failure_has_a_case_and_a_meaning() -> None:
    assert {code for _, code in BAD_FILES.values()} == set(FAILURES)


def test_unknown_version_names_the_one_to_send() -> None:
    (message,) = messages(DOCUMENT.replace(b"pacs.008.001.08", b"pacs.008.001.12"))
    assert "pacs.008.001.12" in message.refusals[0].what
    assert message.refusals[0].cure == "Send pacs.008.001.08."


def test_one_payment_may_not_take_the_room_of_a_batch() -> None:
    spaces = b" " * MEBIBYTE
    small = customer_message(transfer(1)).replace(b"</GrpHdr>", b"</GrpHdr>" + spaces)
    assert reasons(small) == [["TOO-LARGE"]]
    assert whole(DOCUMENT.replace(b"</GrpHdr>", b"</GrpHdr>" + spaces)).count == 2
    scheme = replace(SCHEME, message_bytes=2 * MEBIBYTE)
    assert isinstance(parse_file(small, scheme)[0], ParsedMessage)


SCHEMA_ERRORS = """
<ChrgBr>SHAR<      <ChrgBr>FREE<         CdtTrfTxInf[1]/ChrgBr
<ChrgBr>SHAR<      <ChrgBr><             CdtTrfTxInf[1]/ChrgBr
>1250.51<          >1250,51<             CdtTrfTxInf[1]/IntrBkSttlmAmt
>1250.51<          >-1250.51<            CdtTrfTxInf[1]/IntrBkSttlmAmt
>1250.51<          >1250.512345<         CdtTrfTxInf[1]/IntrBkSttlmAmt
>1250.51<          >1234567890123456789< CdtTrfTxInf[1]/IntrBkSttlmAmt
>1250.51<          >NaN<                 CdtTrfTxInf[1]/IntrBkSttlmAmt
>1250.51<          >1e3<                 CdtTrfTxInf[1]/IntrBkSttlmAmt
Ccy="BYN">1250.51  Ccy="byn">1250.51     CdtTrfTxInf[1]/IntrBkSttlmAmt
Ccy="BYN">1250.51  >1250.51              CdtTrfTxInf[1]/IntrBkSttlmAmt
2026-11-23</Intr   2026-02-30</Intr      CdtTrfTxInf[1]/IntrBkSttlmDt
INSTR-1<           <                     CdtTrfTxInf[1]/PmtId/InstrId
<NbOfTxs>2<        <NbOfTxs>two<         GrpHdr/NbOfTxs
<NbOfTxs>2<        <Nb>2</Nb><NbOfTxs>2< GrpHdr/Nb
<Purp>             <Zweck/><Purp>        CdtTrfTxInf[1]/Zweck
</CdtTrfTxInf></   </CdtTrfTxInf><X/></  X
"""


@pytest.mark.parametrize("line", SCHEMA_ERRORS.strip().splitlines())
def test_schema_error_names_its_place(line: str) -> None:
    *old_and_new, where = line.split("  ") if "Ccy" in line else line.split()
    old, new = (part.strip() for part in old_and_new if part.strip())
    assert old.encode() in DOCUMENT
    (message,) = messages(DOCUMENT.replace(old.encode(), new.encode(), 1))
    assert isinstance(message, ParsedMessage)
    assert message.message_id == "MSG-1" and message.transactions == []
    refusal = message.refusals[0]
    assert (refusal.reason, refusal.where) == ("FF01", f"/Document/FIToFICstmrCdtTrf/{where.strip()}")
    assert "(line 1)" in refusal.what and "{urn" not in refusal.what


def test_schema_error_says_what_to_send_instead() -> None:
    (message,) = messages(DOCUMENT.replace(b"<ChrgBr>SHAR", b"<ChrgBr>FREE", 1))
    assert "'CRED'" in message.refusals[0].what
    (message,) = messages(DOCUMENT.replace(b"<ChrgBr>SHAR</ChrgBr>", b"", 1))
    assert "ChrgBr" in message.refusals[0].cure


def test_schema_errors_are_told_up_to_ten() -> None:
    raw = customer_message(*[transfer(n) for n in range(1, 31)]).replace(b"<ChrgBr>SHAR", b"<ChrgBr>FREE")
    (message,) = messages(raw)
    assert len(message.refusals) == 10
    assert message.refusals[9].where.endswith("CdtTrfTxInf[10]/ChrgBr")


def test_sender_and_receiver_come_from_the_header_or_else_from_the_group() -> None:
    message = whole(FILE)
    assert (message.sender_bic, message.receiver_bic, message.business_message_id) == (
        BANK_A,
        OPERATOR,
        "MSG-1",
    )
    message = whole(DOCUMENT)
    assert (message.sender_bic, message.receiver_bic, message.business_message_id) == (None, None, None)
    agents = "".join(
        f"<{tag}><FinInstnId><BICFI>{bic}</BICFI></FinInstnId></{tag}>"
        for tag, bic in (("InstgAgt", BANK_A), ("InstdAgt", BANK_B))
    )
    message = whole(DOCUMENT.replace(b"</SttlmInf>", b"</SttlmInf>" + agents.encode()))
    assert (message.sender_bic, message.receiver_bic) == (BANK_A, BANK_B)


@pytest.mark.parametrize("value", ["true", "1", " true "])
def test_possible_duplicate_is_told(value: str) -> None:
    raw = builders.envelope([(replace(PAIR[0], possible_duplicate=True), DOCUMENT)])
    assert whole(raw.replace(b">true<", f">{value}<".encode())).possible_duplicate
    assert not whole(raw.replace(b">true<", b">false<")).possible_duplicate


def prefixed(raw: bytes) -> bytes:
    """The same document with a prefix on every element."""
    root = etree.fromstring(raw)
    namespace = etree.QName(root).namespace
    text = raw.decode().replace(f' xmlns="{namespace}"', "")
    text = text.replace("</", "\0").replace("<", "<p:").replace("\0", "</p:")
    return text.replace("<p:Document", f'<p:Document xmlns:p="{namespace}"', 1).encode()


SHAPES = {
    "bare": DOCUMENT,
    "declared": builders.bare(DOCUMENT),
    "with a byte order mark": b"\xef\xbb\xbf" + builders.bare(DOCUMENT),
    "declared in small letters": b"<?xml version='1.0' encoding='utf-8'?>" + DOCUMENT,
    "our envelope": FILE,
    "a header beside it": b"<x>" + builders.build_header(PAIR[0]) + DOCUMENT + b"</x>",
    "header and document in boxes": b"<x><h>"
    + builders.build_header(PAIR[0])
    + b"</h><b>"
    + DOCUMENT
    + b"</b></x>",
    "a prefixed envelope": b'<e:E xmlns:e="urn:e"><e:A>' + DOCUMENT + b"</e:A></e:E>",
    "a schema location": DOCUMENT.replace(
        b"<Document ",
        b'<Document xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a b.xsd" ',
    ),
    "line feeds": FILE.replace(b"><", b">\n  <"),
    "carriage returns": FILE.replace(b"><", b">\r\n\t<"),
    "single quotes": DOCUMENT.replace(b'"', b"'"),
}
REWRITTEN = {
    "prefixed": prefixed(DOCUMENT),
    "prefixed, with a header": b"<x>" + builders.build_header(PAIR[0]) + prefixed(DOCUMENT) + b"</x>",
    "a comment": DOCUMENT.replace(b"<CdtTrfTxInf>", b"<!-- <CdtTrfTxInf> --><CdtTrfTxInf>", 1),
    "a comment within an amount": DOCUMENT.replace(b"1250.51</I", b"1<!---->250.51</I", 1),
    "an instruction": DOCUMENT.replace(b"<CdtTrfTxInf>", b"<?x <CdtTrfTxInf> ?><CdtTrfTxInf>", 1),
    "an instruction in front": b"<?x <CdtTrfTxInf> ?>" + DOCUMENT,
    "CDATA": DOCUMENT.replace(b"TX-1<", b"<![CDATA[TX-1]]><", 1),
    "a second name for the namespace": DOCUMENT.replace(
        b"<Document ", f'<Document xmlns:q="{NAMESPACE}{CUSTOMER}" '.encode()
    ).replace(b"<PmtId>", b"<q:PmtId>").replace(b"</PmtId>", b"</q:PmtId>"),
}  # fmt: skip


@pytest.mark.parametrize("shape", [*SHAPES, *REWRITTEN])
def test_shape_of_the_file_changes_nothing_of_what_it_says(shape: str) -> None:
    raw = (SHAPES | REWRITTEN)[shape]
    message = whole(raw)
    assert message.message_id == "MSG-1"
    assert (message.body is None) == (shape in SHAPES)
    told = [replace(each, start=0, end=0) for each in message.transactions]
    assert told == [replace(each, start=0, end=0) for each in whole(DOCUMENT).transactions]
    for position, cut in enumerate(slices(raw, message), start=1):
        assert cut.startswith(b"<CdtTrfTxInf>") and cut.endswith(b"</CdtTrfTxInf>")
        assert f"<InstrId>INSTR-{position}</InstrId>".encode() in cut


@pytest.mark.parametrize("shape", [*SHAPES, *REWRITTEN])
def test_payment_reaches_the_payees_bank_with_payer_payee_and_purpose_intact(shape: str) -> None:
    raw = (SHAPES | REWRITTEN)[shape]
    message = whole(raw)
    onward = builders.build_onward(
        SCHEME,
        CUSTOMER,
        message_id="TSV-1",
        created_at=NOON,
        currency="BYN",
        total_minor=250_103,
        transactions=slices(raw, message),
        group=message.group,
    )
    arrived = whole(builders.envelope([(header("TSV-1", CUSTOMER), onward)]))
    assert arrived.message_id == "TSV-1"
    told = [replace(each, start=0, end=0) for each in arrived.transactions]
    assert told == [replace(each, start=0, end=0) for each in message.transactions]
    if shape in SHAPES:
        assert all(cut in onward for cut in slices(raw, message))


def test_what_the_group_header_says_of_all_payments_travels_onward() -> None:
    common = (
        "</SttlmInf><PmtTpInf><InstrPrty>HIGH</InstrPrty><LclInstrm><Prtry>NIGHT</Prtry></LclInstrm></PmtTpInf>"
        f"<InstgAgt><FinInstnId><BICFI>{BANK_A}</BICFI></FinInstnId></InstgAgt>"
    )
    plain = transfer(
        priority=None,
        service_levels=(),
        category_purpose=None,
        settlement_date=None,
        instructing_agent=None,
        instructed_agent=None,
    )
    document = customer_message(plain, settlement_date="2026-11-24").replace(b"</SttlmInf>", common.encode())
    for raw in (document, prefixed(document)):
        message = whole(raw)
        (payment,) = message.transactions
        assert isinstance(payment, CreditTransfer)
        assert payment.priority == "HIGH" and payment.local_instrument == "NIGHT"
        assert payment.settlement_date == "2026-11-24" and payment.instructing_agent == BANK_A
        onward = builders.build_onward(
            SCHEME,
            CUSTOMER,
            message_id="TSV-1",
            created_at=NOON,
            currency="BYN",
            total_minor=payment.amount_minor,
            transactions=slices(raw, message),
            group=message.group,
        )
        (arrived,) = whole(onward).transactions
        assert replace(arrived, start=0, end=0) == replace(payment, start=0, end=0)


SUPPLEMENT = (
    '<SplmtryData><Envlp><f:Cargo xmlns:f="urn:customs" f:id="7">26BY<f:T/>1</f:Cargo></Envlp></SplmtryData>'
    "</CdtTrfTxInf>"
)


def test_supplementary_data_of_any_namespace_travels_onward() -> None:
    inside = DOCUMENT.replace(b"</CdtTrfTxInf>", SUPPLEMENT.encode(), 1)
    message = whole(inside)
    assert message.body is None and b"<f:T/>1</f:Cargo>" in slices(inside, message)[0]
    # Where the prefix is declared outside the element, a plain cut would lose it.
    outside = inside.replace(b' xmlns:f="urn:customs"', b"").replace(
        b"<Document ", b'<Document xmlns:f="urn:customs" '
    )
    message = whole(outside)
    assert message.body is not None
    cut = slices(outside, message)[0]
    assert b'xmlns:f="urn:customs"' in cut and b"f:Cargo" in cut


def test_decoy_in_a_comment_never_replaces_what_was_checked() -> None:
    # As many opening tags in the text as payments, one of them a decoy and one real one prefixed.
    raw = DOCUMENT.replace(b"<Document ", f'<Document xmlns:q="{NAMESPACE}{CUSTOMER}" '.encode())
    first = raw.index(b"<CdtTrfTxInf>")
    second = raw.index(b"<CdtTrfTxInf>", first + 1)
    forged = raw[first:second].replace(b"1250.51", b"9999.99")
    real = raw[first:second].replace(b"CdtTrfTxInf>", b"q:CdtTrfTxInf>")
    attack = raw[:first] + b"<!--" + forged + b"-->" + real + raw[second:]
    message = whole(attack)
    assert message.count == 2
    assert not any(b"9999.99" in cut for cut in slices(attack, message))


@pytest.mark.parametrize("name", ["CdtTrfTxInf", "CdtTrfTxInfo", "CdtTrfTxInf "])
def test_decoy_beside_the_document_never_replaces_what_was_checked(name: str) -> None:
    # The real payment has a prefix, so that the only plain one in the text is outside the document.
    real = customer_message(transfer(1)).replace(b"CdtTrfTxInf>", b"q:CdtTrfTxInf>")
    real = real.replace(b"<Document ", f'<Document xmlns:q="{NAMESPACE}{CUSTOMER}" '.encode())
    forged = f"<{name}>9999.99</{name}>".encode()
    for attack in (b"<x>" + forged + real + b"</x>", b"<x>" + real + forged + b"</x>"):
        message = whole(attack)
        assert message.count == 1 and message.body is not None
        assert b"9999.99" not in slices(attack, message)[0]


@pytest.mark.parametrize("namespace", ["urn:customs", f"{NAMESPACE}{CUSTOMER}"])
def test_element_of_the_same_name_inside_a_payment_never_cuts_it_short(namespace: str) -> None:
    content = f'<CdtTrfTxInf xmlns="{namespace}" id="7">26BY<T/>tail</CdtTrfTxInf>'
    nested = f"<SplmtryData><Envlp>{content}</Envlp></SplmtryData></CdtTrfTxInf>"
    raw = DOCUMENT.replace(b"</CdtTrfTxInf>", nested.encode())
    message = whole(raw)
    assert message.count == 2 and message.body is not None
    for position, cut in enumerate(slices(raw, message), start=1):
        assert f"INSTR-{position}<".encode() in cut and cut.count(b"CdtTrfTxInf") == 4
        assert b'id="7">26BY<T></T>tail</CdtTrfTxInf>' in cut


def test_bad_message_leaves_its_neighbours_alone() -> None:
    broken = DOCUMENT.replace(b"<ChrgBr>SHAR", b"<ChrgBr>FREE", 1)
    unknown = DOCUMENT.replace(b"pacs.008.001.08", b"pacs.008.001.02")
    no_id = DOCUMENT.replace(b"<MsgId>MSG-1</MsgId>", b"<MsgId></MsgId>")
    bad_header = replace(PAIR[0], sender_bic="x")
    raw = builders.envelope(
        [
            PAIR,
            (header("MSG-1", CUSTOMER), broken),
            (header("MSG-3", "pacs.008.001.02"), unknown),
            (header("FIM-1", "pacs.009.001.08"), fi_message()),
            (header("MSG-5", CUSTOMER), no_id),
            (bad_header, DOCUMENT),
            PAIR,
        ]
    )
    found = messages(raw)
    kinds = [type(each).__name__[0] + "".join(sorted({r.reason for r in each.refusals})) for each in found]
    assert kinds == ["P", "PFF01", "UUNKNOWN-MESSAGE", "P", "UFF01", "PFF01", "P"]
    assert [getattr(each, "reference", None) for each in found][4] == "MSG-5"
    for place in (0, 3, 6):
        message = found[place]
        assert isinstance(message, ParsedMessage) and message.body is None
        assert all(cut.startswith(b"<CdtTrfTxInf>") for cut in slices(raw, message))
        assert len(slices(raw, message)) == message.count


def crowd(count: int) -> bytes:
    return b" ".join(b'xmlns:a%d="u:%d"' % (n, n) for n in range(count))


HOSTILE = {
    "prefixes around many messages": lambda: (
        b"<x><y " + crowd(30_000) + b">" + b"".join([customer_message(transfer())] * 800) + b"</y></x>"
    ),
    "prefixes around much foreign data": lambda: DOCUMENT.replace(
        b"<CdtTrfTxInf>", b"<CdtTrfTxInf " + crowd(30_000) + b">", 1
    ).replace(
        b"</CdtTrfTxInf>",
        b"<SplmtryData><Envlp><a1:x/></Envlp></SplmtryData>" * 1_000 + b"</CdtTrfTxInf><!-- -->",
        1,
    ),
    "many payments with a bad character": lambda: customer_message(
        *[transfer(n, debtor_name="a\u202eb") for n in range(1, 6_001)]
    ),
    "many payments with a schema error": lambda: customer_message(
        *[transfer(n, charge_bearer="FREE") for n in range(1, 6_001)]
    ),
    "many repeats": lambda: customer_message(*[transfer(1)] * 6_000),
    "many lines of remittance": lambda: DOCUMENT.replace(
        b"<RmtInf>", b"<RmtInf>" + b"<Ustrd>a\xe2\x80\xaeb</Ustrd>" * 100_000
    ),
    "many messages that are none": lambda: b"<x>" + b"<Document/>" * 100_000 + b"</x>",
    "many headers": lambda: b"<x>" + builders.build_header(PAIR[0]) * 5_000 + b"</x>",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_costs_little_more_than_its_size(name: str) -> None:
    raw = HOSTILE[name]()
    started = time.process_time()
    found = messages(raw)
    spent = time.process_time() - started
    assert found
    # An honest batch takes about 75 ns a byte; this allows a busy machine ten times that, and a little more.
    assert spent < 0.5 + len(raw) * 750e-9, (spent, len(raw))
    held = sum(len(each.body or b"") for each in found if isinstance(each, ParsedMessage))
    assert held < 4 * len(raw)


def test_header_of_another_version_is_refused_with_the_one_to_send() -> None:
    raw = FILE.replace(HEADER.encode(), b"head.001.001.04")
    (message,) = messages(raw)
    assert isinstance(message, ParsedMessage) and message.transactions == []
    assert message.refusals[0].where == "/AppHdr" and HEADER in message.refusals[0].cure


def test_files_are_read_the_same_every_time() -> None:
    raw = builders.envelope([PAIR] * 3)
    assert messages(raw) == messages(raw)


@pytest.mark.slow
@pytest.mark.parametrize("message_type", MESSAGE_TYPES)
def test_mutated_bytes_are_values_never_raises(message_type: str) -> None:
    dice = random.Random(message_type)
    document = EXAMPLES[message_type][0]()
    original = builders.envelope([(header("MSG-1", message_type), document), PAIR])
    pieces = [
        b"<",
        b">",
        b"/",
        b"&",
        b'"',
        b"\0",
        b"\xff",
        b"<a>",
        b"]]>",
        b"&#0;",
        b"<!--",
        b"9" * 30,
        b"-",
        b" ",
    ]
    for _ in range(250):
        raw = bytearray(original)
        for _ in range(dice.randint(1, 3)):
            start = dice.randrange(len(raw))
            end = min(len(raw), start + dice.choice((0, 1, 1, 5, 200)))
            raw[start:end] = dice.choice((b"", dice.choice(pieces), bytes(raw[start:end]) * 2))
        for message in messages(bytes(raw)):
            assert isinstance(message, ParsedMessage | UnreadableMessage)
            for refusal in message.refusals:
                assert refusal.reason and refusal.what and refusal.cure
