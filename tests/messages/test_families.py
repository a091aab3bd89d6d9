"""What single message types say beyond one plain transaction."""

from __future__ import annotations

import pytest
from message_facts import (
    ANSWER,
    BANK_A,
    BANK_B,
    EXAMPLES,
    LIQUIDITY,
    NOON,
    OPERATOR,
    ORIGINAL,
    RECALL,
    RETURN,
    SCHEME,
    STATUS_REQUEST,
    customer_message,
    fi_message,
    fi_transfer,
    transfer,
)
from msgspec.structs import replace

from tasviya.core.errors import Refusal
from tasviya.messages import builders
from tasviya.messages.amounts import amount_text, scaled, to_minor, trouble, whole_number
from tasviya.messages.model import (
    CreditTransfer,
    LiquidityTransfer,
    ParsedMessage,
    Recall,
    RecallAnswer,
    Return,
    StatusReport,
    StatusRequest,
)
from tasviya.messages.registry import MESSAGE_TYPES, parse_file
from tasviya.messages.scheme import Scheme
from tasviya.messages.signature import Unsigned, Verifier
from tasviya.messages.writing import lines

FRAME = {"message_id": "OUT-1", "created_at": NOON}
WHOLE = {"original_message_id": "MSG-1", "original_message_type": "pacs.008.001.08"}


def read(raw: bytes) -> ParsedMessage:
    (message,) = parse_file(raw, SCHEME)
    assert isinstance(message, ParsedMessage) and message.refusals == [], message
    return message


UNDERLYING = (
    "<UndrlygCstmrCdtTrf><Dbtr><Nm>Payer</Nm></Dbtr>"
    "<DbtrAgt><FinInstnId><BICFI>ALFABY2XXXX</BICFI></FinInstnId></DbtrAgt>"
    "<CdtrAgt><FinInstnId><BICFI>BETAKZ2XXXX</BICFI></FinInstnId></CdtrAgt>"
    "<Cdtr><Nm>Payee</Nm></Cdtr></UndrlygCstmrCdtTrf></CdtTrfTxInf>"
)


def test_cover_payment_is_told_and_travels_with_the_customers_transfer_inside() -> None:
    raw = fi_message(fi_transfer(1), fi_transfer(2)).replace(b"</CdtTrfTxInf>", UNDERLYING.encode(), 1)
    message = read(raw)
    first, second = message.transactions
    assert isinstance(first, CreditTransfer) and isinstance(second, CreditTransfer)
    assert (first.cover, second.cover) == (True, False)
    onward = builders.build_onward(
        SCHEME,
        "pacs.009.001.08",
        **FRAME,
        currency="KZT",
        total_minor=first.amount_minor,
        transactions=[raw[first.start : first.end]],
        group=message.group,
    )
    assert UNDERLYING.encode() in onward
    assert read(onward).count == 1


def test_onward_date_stands_once() -> None:
    undated = transfer(settlement_date=None)
    for sent, own in ((customer_message(undated), False), (customer_message(), True)):
        message = read(sent)
        (payment,) = message.transactions
        assert isinstance(payment, CreditTransfer)
        onward = builders.build_onward(
            SCHEME,
            "pacs.008.001.08",
            **FRAME,
            currency="BYN",
            total_minor=payment.amount_minor,
            transactions=[sent[payment.start : payment.end]],
            group=message.group,
            settlement_date="2026-11-23",
        )
        assert onward.count(b"<IntrBkSttlmDt>") == 1
        (arrived,) = read(onward).transactions
        assert isinstance(arrived, CreditTransfer) and arrived.settlement_date == "2026-11-23"
        assert (payment.settlement_date is not None) is own


def test_status_of_a_whole_message_comes_first_and_lends_its_name_to_the_payments() -> None:
    raw = builders.build_status_report(
        SCHEME,
        **FRAME,
        **WHOLE,
        group_status="PART",
        transactions=[StatusReport(1, "ACSC", original_uetr=ORIGINAL["original_uetr"])],
    )
    whole, single = read(raw).transactions
    assert isinstance(whole, StatusReport) and isinstance(single, StatusReport)
    assert (whole.position, whole.status) == (0, "PART")
    assert (single.position, single.status, single.original_message_id) == (1, "ACSC", "MSG-1")


def test_narrative_without_a_code_is_marked_as_such() -> None:
    raw = builders.build_status_report(
        SCHEME, **FRAME, **WHOLE, group_status="RJCT", additional_info="no money"
    )
    (whole,) = read(raw).transactions
    assert isinstance(whole, StatusReport) and whole.reason == "NARR"


def test_status_request_may_ask_for_a_whole_message() -> None:
    raw = builders.build_status_request(SCHEME, **FRAME, requests=[StatusRequest(0, **WHOLE)])
    assert read(raw).transactions == [StatusRequest(0, **WHOLE)]
    both = builders.build_status_request(
        SCHEME, **FRAME, requests=[StatusRequest(0, **WHOLE), STATUS_REQUEST]
    )
    assert [each.position for each in read(both).transactions] == [1]


def test_recall_may_concern_a_whole_message() -> None:
    whole = Recall(0, **WHOLE, cancellation_id="CXL-9", case_id="CASE-9", reason="CUST")
    raw = builders.build_recall(SCHEME, **FRAME, assigner=BANK_A, assignee=OPERATOR, recalls=[whole, RECALL])
    message = read(raw)
    assert message.transactions == [whole, RECALL]
    assert (message.sender_bic, message.receiver_bic) == (BANK_A, OPERATOR)


def test_recall_of_one_case_lends_its_id_to_every_payment() -> None:
    raw = builders.build_recall(
        SCHEME, **FRAME, assigner=BANK_A, assignee=BANK_B, recalls=[replace(RECALL, case_id=None)]
    )
    creator = f"<Agt><FinInstnId><BICFI>{BANK_A}</BICFI></FinInstnId></Agt>"
    case = f"<Case><Id>CASE-2</Id><Cretr>{creator}</Cretr></Case>"
    (recall,) = read(raw.replace(b"<CtrlData>", case.encode() + b"<CtrlData>")).transactions
    assert isinstance(recall, Recall) and recall.case_id == "CASE-2"


def test_recall_counts_its_payments() -> None:
    raw = EXAMPLES["camt.056.001.08"][0]().replace(b"<NbOfTxs>1<", b"<NbOfTxs>2<")
    (message,) = parse_file(raw, SCHEME)
    assert [(each.reason, each.where) for each in message.refusals] == [
        ("AM18", "/Document/FIToFIPmtCxlReq/CtrlData/NbOfTxs")
    ]


@pytest.mark.parametrize(("said", "told"), [("CNCL", "ACCR"), ("RJCR", "RJCR"), ("PDCR", "PDCR")])
def test_answer_to_a_recall_speaks_of_cancelled_in_two_codes(said: str, told: str) -> None:
    raw = builders.build_recall_answer(
        SCHEME,
        **FRAME,
        assigner=BANK_B,
        assignee=OPERATOR,
        status=said,
        answers=[replace(ANSWER, status=said)],
    )
    whole, single = read(raw).transactions
    assert isinstance(whole, RecallAnswer) and isinstance(single, RecallAnswer)
    assert (whole.status, single.status) == (said, told)


def test_return_inherits_what_is_said_once() -> None:
    raw = builders.build_return(
        SCHEME,
        **FRAME,
        returns=[replace(RETURN, original_message_id=None, reason=None, additional_info=())],
        settlement_date="2026-11-24",
    )
    common = (
        "</GrpHdr><OrgnlGrpInf><OrgnlMsgId>MSG-7</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>"
        "<RtrRsnInf><Rsn><Cd>FOCR</Cd></Rsn></RtrRsnInf></OrgnlGrpInf>"
    )
    (found,) = read(raw.replace(b"</GrpHdr>", common.encode())).transactions
    assert isinstance(found, Return)
    assert (found.original_message_id, found.reason, found.settlement_date) == ("MSG-7", "FOCR", "2026-11-24")


def test_liquidity_transfer_without_currency_is_in_that_of_the_debited_account() -> None:
    raw = builders.build_liquidity_transfer(SCHEME, **FRAME, transfer=LIQUIDITY)
    bare = raw.replace(b'<AmtWthCcy Ccy="BYN">70000.00</AmtWthCcy>', b"<AmtWthtCcy>70000.00</AmtWthtCcy>")
    (unknown,) = read(bare).transactions
    assert [refusal.reason for refusal in unknown.refusals] == ["AM11"]
    with_account = bare.replace(b"</Id><SttlmDt>", b"</Id><Ccy>KWD</Ccy><SttlmDt>").replace(
        b"</Id></DbtrAcct>", b"</Id><Ccy>KWD</Ccy></DbtrAcct>"
    )
    (found,) = read(with_account).transactions
    assert isinstance(found, LiquidityTransfer)
    assert (found.currency, found.amount_minor, found.refusals) == ("KWD", 70_000_000, [])


def test_directions_are_the_three_there_are() -> None:
    assert {kind.direction for kind in MESSAGE_TYPES.values()} == {"in", "out", "both"}
    for kind in MESSAGE_TYPES.values():
        assert callable(kind.parse) and kind.build in vars(builders).values()


AMOUNTS = """
125050   BYN  1250.50     -
1250.5   BYN  125050      -
0.001    KWD  1           -
7        JPY  7           -
7.0      JPY  0           CH20
0        BYN  0           AM01
1        QQQ  0           AM11
9223372036854775.807  KWD  9223372036854775807  -
9223372036854775.808  KWD  0  AM13
"""


@pytest.mark.parametrize("line", AMOUNTS.strip().splitlines()[1:])
def test_amount_text_is_whole_minor_units_or_a_reason(line: str) -> None:
    text, currency, minor, reason = line.split()
    assert to_minor(text, currency, SCHEME) == int(minor)
    assert trouble(text, currency, SCHEME) == (None if reason == "-" else reason)


def test_amounts_of_the_union_unit_and_of_no_currency_at_all_are_written() -> None:
    scheme = Scheme(operator_bic=OPERATOR, currencies={"XUU": 4})
    assert amount_text(12_345, "XUU", scheme) == "1.2345"
    assert amount_text(12_345, "QQQ", scheme) == "123.45"


def test_decimal_texts_add_up_exactly() -> None:
    assert scaled("0.1") + scaled("0.2") == scaled("00.30")
    assert scaled("-1.5") == -scaled("+1.50") and scaled(".5") == scaled("0.5")
    assert scaled("1." + "0" * 5_000) == scaled("0" * 5_000 + "1") == 10**17
    assert [whole_number(text) for text in ("17", "017", "17.00", " 17 ")] == [17] * 4


def test_narrative_is_broken_at_spaces_where_there_are_any() -> None:
    assert list(lines("one two  three", 7)) == ["one two", "three"]
    assert list(lines("abcdefgh ij", 3)) == ["abc", "def", "gh", "ij"]
    assert list(lines("  ", 7)) == []


def test_unsigned_messages_are_accepted_in_the_sandbox_and_signed_ones_are_not() -> None:
    verifier: Verifier = Unsigned()
    assert verifier.sandbox_only
    assert verifier.verify(b"<x/>", None, BANK_A) is None
    refusal = verifier.verify(b"<x/>", b"signature", BANK_A)
    assert isinstance(refusal, Refusal) and refusal.reason == "DS0B"
