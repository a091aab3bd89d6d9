"""What is sent twice is done once: the same bytes get the same answer, other bytes under a used id none."""

from __future__ import annotations

import re

import pytest
from small_union import A, B, C, SmallUnion, minor

from tasviya.messages.model import StatusReport


def documents(raw: bytes) -> list[bytes]:
    return re.findall(rb"<Document .*?</Document>", raw, re.S)


def test_same_file_again_gets_the_same_answer_to_the_byte_and_moves_nothing(open_union: SmallUnion) -> None:
    raw = open_union.message(open_union.transfer(A, B, 300), open_union.transfer(A, C, 10**6, position=2))
    open_union.send(A, raw)
    open_union.settle()
    (first,) = open_union.letters(A)
    for _ in range(2):
        open_union.at("11:00").send(A, raw)
        open_union.settle()
    _, *again = open_union.letters(A)
    (status,) = [each for each in documents(first.read_bytes()) if b"pacs.002" in each]
    assert [documents(file.read_bytes()) for file in again] == [[status], [status]]
    assert open_union.balance(B) == minor(400)
    assert len(open_union.onward(B)) == 1


def test_same_file_twice_in_one_batch_is_done_once(open_union: SmallUnion) -> None:
    raw = open_union.message(open_union.transfer(A, B, 300))
    open_union.send(A, raw)
    open_union.send(A, raw)
    open_union.settle()
    assert open_union.balance(B) == minor(400)
    found = [each for each in documents(open_union.letters(A)[0].read_bytes()) if b"pacs.002" in each]
    assert len(found) == 2 and found[0] == found[1]


def test_same_file_from_another_bank_is_another_matter(open_union: SmallUnion) -> None:
    raw = open_union.message(open_union.transfer(A, B, 10))
    open_union.send(A, raw)
    open_union.settle()
    open_union.send(C, raw)
    open_union.settle()
    # Same message id, same UETR: another sender's. C pays with its own money.
    assert (open_union.balance(A), open_union.balance(C)) == (minor(990), minor(990))


@pytest.mark.parametrize("batches", [1, 2], ids=["in one batch", "in two"])
@pytest.mark.parametrize(
    ("same", "told"),
    [
        ("message_id", ["ACSC", "RJCT DU01"]),
        ("uetr", ["ACSC", "RJCT DUPL"]),
        ("instruction_id", ["ACSC", "RJCT DU05"]),
        ("end_to_end_id", ["ACSC", "ACSC"]),
    ],
)
def test_id_is_used_once_by_a_sender(
    open_union: SmallUnion, same: str, told: list[str], batches: int
) -> None:
    first = open_union.transfer(A, B, 10)
    second = open_union.transfer(A, B, 10)
    if same != "message_id":
        setattr(second, same, getattr(first, same))
    open_union.send(A, open_union.message(first, message_id="M1"))
    if batches == 2:
        open_union.settle()
    open_union.send(A, open_union.message(second, message_id="M1" if same == "message_id" else "M2"))
    open_union.settle()
    reports = [
        each
        for message in open_union.told(A, "pacs.002")
        for each in message.transactions
        if isinstance(each, StatusReport)
    ]
    assert [f"{each.status} {each.reason or ''}".strip() for each in reports] == told
    assert open_union.balance(B) == minor(100 + 10 * told.count("ACSC"))


def test_id_of_a_refused_message_may_be_used_again(open_union: SmallUnion) -> None:
    raw = open_union.message(open_union.transfer(A, B, 10), message_id="M1")
    open_union.send(A, raw.replace(b"<NbOfTxs>1<", b"<NbOfTxs>2<"))
    open_union.settle()
    open_union.send(A, raw)
    open_union.settle()
    assert open_union.balance(B) == minor(110)


def test_repeated_request_is_answered_again(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.settle()
    for name in ("pacs.028", "camt.056", "camt.060"):
        before = len(open_union.letters(B))
        if name == "pacs.028":
            open_union.ask_status(B, waits)
        elif name == "camt.056":
            open_union.recall(B, waits)
        else:
            open_union.ask_report(B, "ACCBKZT")
        (file,) = (open_union.home.inbox / B).glob("*.xml")
        raw = file.read_bytes()
        open_union.settle()
        first = open_union.letters(B)[before]
        open_union.send(B, raw)
        open_union.settle()
        again = open_union.letters(B)[-1]
        assert again != first, name
        answer = documents(again.read_bytes())
        assert answer and answer[-1] in documents(first.read_bytes()), name


def test_repeated_report_to_us_is_no_trouble(open_union: SmallUnion) -> None:
    from tasviya.messages import builders

    for reference in ("ONE", "TWO"):
        rejected = builders.build_message_reject(
            open_union.scheme, reference=reference, reason="NARR", rejected_at="2026-09-29T10:00:00Z"
        )
        open_union.send(A, rejected)
        open_union.settle()
    # An admi.002 has no id of its own: two of them are two messages.
    assert [m.transactions[0].reason for m in open_union.told(A, "pacs.002")] == []  # type: ignore[union-attr]
