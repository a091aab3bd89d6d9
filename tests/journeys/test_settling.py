"""A payment with money behind it settles at once and everyone is told, whatever shape its file has."""

from __future__ import annotations

from small_union import A, B, C, E, F, SmallUnion, minor, with_prefix

from tasviya.messages import builders
from tasviya.messages.header import build_header
from tasviya.messages.model import Header, StatusReport


def test_payment_with_money_behind_it_settles_at_once_and_everyone_is_told(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, B, 300)
    open_union.settle()
    assert open_union.statuses(A, paid) == ["ACSC"]
    assert [each.uetr for each in open_union.onward(B)] == [paid]
    assert open_union.entries(A) == [("ACCAKZT", -minor(300))]
    assert open_union.entries(B) == [("ACCBKZT", minor(300))]
    assert (open_union.balance(A), open_union.balance(B)) == (minor(700), minor(400))


def test_status_says_when_it_settled_and_whose_it_is(open_union: SmallUnion) -> None:
    transfer = open_union.transfer(A, B, 1)
    open_union.send(A, open_union.message(transfer, message_id="MINE"))
    open_union.settle()
    ((told,),) = [message.transactions for message in open_union.told(A, "pacs.002")]
    assert isinstance(told, StatusReport)
    assert (told.original_message_id, told.original_message_type) == ("MINE", "pacs.008.001.08")
    assert told.original_instruction_id == transfer.instruction_id
    assert told.original_end_to_end_id == transfer.end_to_end_id
    assert told.original_transaction_id == transfer.transaction_id
    assert told.settlement_date == "2026-09-29"
    assert told.accepted_at == "2026-09-29T10:00:00.000Z"


def test_bank_pays_on_its_own_account(open_union: SmallUnion) -> None:
    paid = open_union.interbank(A, C, 250)
    open_union.settle()
    assert open_union.statuses(A, paid) == ["ACSC"]
    (told,) = open_union.onward(C)
    assert (told.debtor_bic, told.creditor_bic) == (A, C)


def test_each_currency_settles_in_its_own_books(open_union: SmallUnion) -> None:
    before = open_union.balance(A)
    paid = open_union.pay(A, E, "12.345", "OMR")
    open_union.settle()
    assert open_union.statuses(A, paid) == ["ACSC"]
    assert open_union.balance(E, "OMR") == minor("112.345", "OMR")
    assert open_union.balance(A) == before


def test_bad_payment_in_a_batch_never_harms_its_neighbours(open_union: SmallUnion) -> None:
    transfers = [
        open_union.transfer(A, B, 10, position=1),
        open_union.transfer(A, "NOBDKZ20XXX", 10, position=2),
        open_union.transfer(A, B, 10, position=3, creditor_name=None),
        open_union.transfer(A, B, 10, position=4),
        open_union.transfer(A, A, 10, position=5),
    ]
    open_union.send(A, open_union.message(*transfers))
    open_union.settle()
    told = [open_union.statuses(A, str(each.uetr)) for each in transfers]
    assert told == [["ACSC"], ["RJCT CNOR"], ["RJCT RR03"], ["ACSC"], ["RJCT AG03"]]
    assert [each.uetr for each in open_union.onward(B)] == [transfers[0].uetr, transfers[3].uetr]
    assert open_union.balance(B) == minor(120)


def test_message_that_does_not_add_up_is_refused_whole(open_union: SmallUnion) -> None:
    raw = open_union.message(open_union.transfer(A, B, 10))
    open_union.send(A, raw.replace(b"<CtrlSum>10.00<", b"<CtrlSum>11.00<"))
    open_union.settle()
    (answer,) = open_union.told(A, "pacs.002")
    (whole,) = answer.transactions
    assert isinstance(whole, StatusReport)
    assert (whole.position, whole.status, whole.reason) == (0, "RJCT", "AM10")
    assert "GrpHdr/CtrlSum" in " ".join(whole.additional_info)
    assert open_union.balance(B) == minor(100)


def test_messages_of_one_file_stand_by_themselves(open_union: SmallUnion) -> None:
    first, broken, last = (open_union.transfer(A, B, 10) for _ in range(3))
    documents = [
        open_union.message(first, message_id="M1"),
        open_union.message(broken, message_id="M2").replace(b"<NbOfTxs>1<", b"<NbOfTxs>7<"),
        open_union.message(last, message_id="M3"),
    ]
    headers = [Header(A, "TSVOKZ20XXX", f"M{n}", "pacs.008.001.08", created_at=NOON) for n in (1, 2, 3)]
    open_union.send(A, builders.envelope(zip(headers, documents, strict=True)))
    open_union.settle()
    assert open_union.statuses(A, str(first.uetr)) == ["ACSC"]
    assert open_union.statuses(A, str(last.uetr)) == ["ACSC"]
    refused = [m.transactions[0] for m in open_union.told(A, "pacs.002")]
    assert [(r.original_message_id, r.reason) for r in refused if r.status == "RJCT"] == [("M2", "AM18")]  # type: ignore[union-attr]


def test_unreadable_file_is_answered_and_the_next_one_settles(open_union: SmallUnion) -> None:
    open_union.send(A, b"<Document")
    paid = open_union.pay(A, B, 10)
    open_union.settle()
    (answer,) = open_union.told(A, "admi.002")
    assert answer.transactions[0].reason == "CUT-OFF"  # type: ignore[union-attr]
    assert open_union.statuses(A, paid) == ["ACSC"]


def test_prefixes_and_headers_do_not_matter(open_union: SmallUnion) -> None:
    bare, prefixed, enveloped = (open_union.transfer(A, B, 10) for _ in range(3))
    open_union.send(A, builders.bare(open_union.message(bare, message_id="BARE")))
    open_union.send(A, with_prefix(open_union.message(prefixed, message_id="PREFIXED")))
    header = build_header(Header(A, "TSVOKZ20XXX", "WRAPPED", "pacs.008.001.08", created_at=NOON))
    open_union.send(A, b"<x>%b%b</x>" % (header, open_union.message(enveloped, message_id="WRAPPED")))
    open_union.settle()
    for each in (bare, prefixed, enveloped):
        assert open_union.statuses(A, str(each.uetr)) == ["ACSC"]
    told = open_union.onward(B)
    assert [each.debtor_name for each in told] == [
        bare.debtor_name,
        prefixed.debtor_name,
        enveloped.debtor_name,
    ]


def test_bank_pays_its_own_respondent_by_an_entry_in_its_books(open_union: SmallUnion) -> None:
    before = open_union.balance(C)
    paid = open_union.pay(C, E, 40)
    open_union.settle()
    assert open_union.statuses(C, paid) == ["ACSC"]
    assert open_union.balance(C) == before
    assert open_union.balance(C, with_whom=E) == minor(540)
    assert [each.uetr for each in open_union.onward(E)] == [paid]


def test_unknown_sender_is_answered_where_it_sent_from(open_union: SmallUnion) -> None:
    open_union.send("STRGKZ20XXX", open_union.message(open_union.transfer(A, B, 10)))
    open_union.settle()
    (answer,) = open_union.told("STRGKZ20XXX", "pacs.002")
    assert answer.transactions[0].reason == "DNOR"  # type: ignore[union-attr]
    assert open_union.balance(A) == minor(1000)


def test_every_answer_names_its_message_as_its_header_does(open_union: SmallUnion) -> None:
    # `told` holds every message of ours to every rule, FF01 (header and document agree) among them.
    open_union.pay(A, B, 10)
    open_union.pay(E, F, 10)
    open_union.settle()
    assert {message.message_type[:8] for message in open_union.told(B, "")} == {"pacs.008", "camt.054"}
    assert {message.message_type[:8] for message in open_union.told(A, "")} == {"pacs.002", "camt.054"}
    assert len({m.message_id for m in open_union.told(A, "")}) == len(open_union.told(A, ""))


NOON = "2026-09-29T12:00:00Z"
