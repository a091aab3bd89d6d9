"""What is written is read back as the same facts; whatever is written passes its schema."""

from __future__ import annotations

from typing import Any

import message_facts as facts
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from message_facts import SCHEME, customer_message, full_transfer, header, transfer

from tasviya.messages import builders
from tasviya.messages.model import CreditTransfer, ParsedMessage, StatusReport
from tasviya.messages.registry import MESSAGE_TYPES, parse_file
from tasviya.messages.statements import AccountReport, Entry
from tasviya.messages.transport import decode_parsed, encode_parsed
from tasviya.messages.xml import HEADER, validate


def read_one(raw: bytes) -> ParsedMessage:
    (message,) = parse_file(raw, SCHEME)
    assert isinstance(message, ParsedMessage), message
    return message


def without_place(transaction: Any) -> Any:
    """A transfer as the facts have it: without what only a reader knows."""
    if isinstance(transaction, CreditTransfer):
        transaction.start = transaction.end = 0
        transaction.amount = ""
    return transaction


@pytest.mark.parametrize("message_type", MESSAGE_TYPES)
def test_every_message_type_is_read_back_as_the_facts_it_was_written_from(message_type: str) -> None:
    build, expected = facts.EXAMPLES[message_type]
    message = read_one(builders.envelope([(header("OUT-1", message_type), build())]))
    assert [refusal for refusal in message.refusals if "BizMsgIdr" not in refusal.where] == []
    assert [without_place(each) for each in message.transactions] == expected


@pytest.mark.parametrize("message_type", MESSAGE_TYPES)
def test_every_builder_writes_what_the_schema_accepts(message_type: str) -> None:
    document = facts.EXAMPLES[message_type][0]()
    assert validate(etree.fromstring(document), message_type) == []
    assert document == facts.EXAMPLES[message_type][0]()


def test_header_passes_its_schema_with_and_without_its_optional_parts() -> None:
    for changes in ({}, {"possible_duplicate": True, "duplicate": "DUPL", "business_service": "tasviya.01"}):
        raw = builders.build_header(header("MSG-1", "pacs.008.001.08", **changes))
        assert validate(etree.fromstring(raw), HEADER) == []


TEXT = st.text(min_size=1, max_size=200) | st.sampled_from(
    ["&<>\"'", "]]>", "نرخ ارز", "人民币", "a\r\nb", "\ud800"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXT, min_size=9, max_size=9))
def test_any_text_is_written_so_that_the_schema_accepts_it(texts: list[str]) -> None:
    a, b, c, d, e, f, g, h, i = texts
    transfers = [
        full_transfer(
            1, instruction_id=a, end_to_end_id=b, debtor_name=c, creditor_name=d, remittance=e, purpose=f,
            debtor_account=g, creditor_town=h, debtor_address_lines=(i,), local_instrument=a,
        )
    ]  # fmt: skip
    entry = Entry(
        1, "BYN", True, a, b, message_id=c, debtor_name=d, creditor_name=e, purpose=f, remittance=g,
        debtor_account=h, creditor_account=i,
    )  # fmt: skip
    report = AccountReport(1, a, b, "BYN", entries=[entry])
    status = StatusReport(1, "RJCT", original_end_to_end_id=a, reason=b, additional_info=(c, d))
    frame: dict[str, Any] = {"message_id": h, "created_at": facts.NOON}
    written = {
        "pacs.008.001.08": builders.build_credit_transfer(SCHEME, **frame, transfers=transfers),
        "camt.054.001.08": builders.build_notification(SCHEME, **frame, reports=[report]),
        "pacs.002.001.10": builders.build_status_report(
            SCHEME,
            **frame,
            original_message_id=e,
            original_message_type=f,
            group_status="RJCT",
            reason=g,
            additional_info=i,
            transactions=[status],
        ),
        "admi.002.001.01": builders.build_message_reject(
            SCHEME, reference=a, reason=b, rejected_at=facts.NOON, location=c, description=d
        ),
    }
    for message_type, document in written.items():
        assert validate(etree.fromstring(document), message_type) == [], document.decode()


@settings(max_examples=40, deadline=None)
@given(
    st.text(
        st.characters(
            blacklist_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp"), blacklist_characters="\ufff0"
        ),
        min_size=1,
        max_size=140,
    )
)
def test_any_printable_name_arrives_as_it_was_sent(name: str) -> None:
    message = read_one(customer_message(transfer(debtor_name=name)))
    (payment,) = message.transactions
    assert isinstance(payment, CreditTransfer)
    assert payment.debtor_name == name
    assert [refusal for refusal in payment.refusals if refusal.reason != "RR10"] == []


def test_long_texts_are_cut_to_what_the_schema_holds_and_narrative_is_broken_at_spaces() -> None:
    story = "The payer's bank lacks money on its settlement account and the payment waits until then. " * 4
    raw = builders.build_status_report(
        SCHEME,
        message_id="S-1",
        created_at=facts.NOON,
        original_message_id="M" * 40,
        original_message_type="pacs.008.001.08",
        group_status="RJCT",
        reason="AM04",
        additional_info=story,
    )
    (whole,) = read_one(raw).transactions
    assert isinstance(whole, StatusReport)
    assert " ".join(whole.additional_info) == story.strip()
    assert all(len(line) <= 105 for line in whole.additional_info)
    assert whole.original_message_id == "M" * 35


def test_messages_travel_between_processes_unchanged() -> None:
    files = [build() for build, _ in facts.EXAMPLES.values()] + [
        b"<x/>",
        customer_message(transfer(uetr=None)),
    ]
    messages = [message for raw in files for message in parse_file(raw, SCHEME)]
    assert decode_parsed(encode_parsed(messages)) == messages
