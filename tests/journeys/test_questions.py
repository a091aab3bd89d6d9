"""Questions about payments and accounts are answered to those concerned, and to nobody else."""

from __future__ import annotations

import pytest
from small_union import A, B, C, D, E, SmallUnion, minor

from tasviya.messages.model import AccountReport, Receipt

WHOLE = {"original_message_id": "WHOLE", "original_message_type": "pacs.008.001.08"}


@pytest.mark.parametrize("bic", [A, B], ids=["the payer's bank", "the payee's bank"])
def test_status_is_told_to_those_concerned(open_union: SmallUnion, bic: str) -> None:
    paid = open_union.pay(A, B, 10)
    open_union.settle()
    before = len(open_union.statuses(bic, paid))
    open_union.ask_status(bic, paid)
    open_union.settle()
    assert open_union.statuses(bic, paid)[before:] == ["ACSC"]


def test_correspondents_are_concerned(open_union: SmallUnion) -> None:
    paid = open_union.pay(E, A, 10)
    open_union.settle()
    open_union.ask_status(C, paid)
    open_union.settle()
    assert open_union.statuses(C, paid) == ["ACSC"]


def test_stranger_learns_nothing_of_a_payment_not_even_that_there_is_one(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, B, 10)
    open_union.settle()
    open_union.ask_status(D, paid)
    open_union.ask_status(D, "5e771e00-0000-4000-8000-999999999999")
    open_union.settle()
    known, unknown = (message.transactions[0] for message in open_union.told(D, "pacs.002"))
    assert (known.status, known.reason) == ("RJCT", "NOOR")  # type: ignore[union-attr]
    assert known.additional_info == unknown.additional_info  # type: ignore[union-attr]
    letters = b"".join(file.read_bytes() for file in open_union.letters(D))
    for secret in (b"INVOICE", b"PAYER", "Тракторный".encode(), b"ALFAKZ20", b"10.00"):
        assert secret not in letters


def test_waiting_payment_s_status_says_for_what_it_waits(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.settle()
    open_union.ask_status(B, waits)
    open_union.settle()
    told = open_union.told(B, "pacs.002")[-1].transactions[0]
    assert (told.status, told.reason) == ("PDNG", "AM04")  # type: ignore[union-attr]
    assert "lacks 100.00 KZT" in " ".join(told.additional_info)  # type: ignore[union-attr]


def test_whole_message_is_asked_about(open_union: SmallUnion) -> None:
    transfers = [
        open_union.transfer(A, B, 10, position=1),
        open_union.transfer(A, "NOBDKZ20XXX", 10, position=2),
    ]
    open_union.send(A, open_union.message(*transfers, message_id="WHOLE"))
    open_union.settle()
    open_union.ask_status(A, "", position=0, original_uetr=None, **WHOLE)
    open_union.settle()
    assert [open_union.statuses(A, str(each.uetr)) for each in transfers] == [
        ["ACSC", "ACSC"],
        ["RJCT CNOR", "RJCT CNOR"],
    ]


def test_status_is_known_in_the_batch_that_brings_the_payment(open_union: SmallUnion) -> None:
    transfer = open_union.transfer(A, B, 10)
    open_union.send(A, open_union.message(transfer, message_id="SAME"))
    open_union.ask_status(
        A,
        "",
        original_uetr=None,
        **(WHOLE | {"original_message_id": "SAME"}),
        original_end_to_end_id=transfer.end_to_end_id,
    )
    open_union.settle()
    assert open_union.statuses(A, str(transfer.uetr)) == ["ACSC", "ACSC"]


def reports(union: SmallUnion, bic: str, kind: str) -> list[AccountReport]:
    return [
        each
        for message in union.told(bic, kind)
        for each in message.transactions
        if isinstance(each, AccountReport)
    ]


def test_report_tells_the_day_so_far(open_union: SmallUnion) -> None:
    open_union.pay(A, B, 300)
    open_union.pay(C, A, 100)
    open_union.settle()
    open_union.ask_report(A, "ACCAKZT")
    open_union.settle()
    (report,) = reports(open_union, A, "camt.052")
    assert [(each.code, each.amount_minor) for each in report.balances] == [
        ("OPBD", minor(1000)),
        ("ITBD", minor(800)),
    ]
    assert [(e.amount_minor, e.is_credit) for e in report.entries] == [
        (minor(300), False),
        (minor(100), True),
    ]


def test_report_is_given_to_the_account_s_holder_only(open_union: SmallUnion) -> None:
    open_union.ask_report(B, "ACCAKZT")
    open_union.settle()
    (answer,) = open_union.told(B, "camt.025")
    receipt = answer.transactions[0]
    assert isinstance(receipt, Receipt)
    assert (receipt.status, receipt.reason) == ("RJCT", "AC01")
    assert reports(open_union, B, "camt.052") == []


def test_respondent_asks_for_its_vostro(open_union: SmallUnion) -> None:
    open_union.ask_report(E, "VOSTROE")
    open_union.ask_report(C, "VOSTROE")
    open_union.settle()
    (report,) = reports(open_union, E, "camt.052")
    assert report.balances[0].amount_minor == minor(500)
    assert reports(open_union, C, "camt.052") == []


def test_two_questions_about_one_account_get_the_same_answer(open_union: SmallUnion) -> None:
    open_union.pay(A, B, 300)
    open_union.settle()
    open_union.ask_report(A, "ACCAKZT")
    open_union.ask_report(A, "ACCAKZT")
    open_union.settle()
    one, two = reports(open_union, A, "camt.052")
    assert one.entries == two.entries
    assert one.balances == two.balances


def test_closed_day_is_stated_again_on_request(open_union: SmallUnion) -> None:
    open_union.pay(A, B, 300)
    open_union.settle()
    open_union.at("18:30").settle()
    open_union.ask_report(A, "ACCAKZT", "camt.053.001.08")
    open_union.at("19:00").settle()
    (report,) = stated(open_union, "2026-09-29")
    assert report.balances[-1].amount_minor == minor(700)


def test_statement_of_the_day_before_does_not_change_when_it_is_asked_for_again(
    open_union: SmallUnion,
) -> None:
    open_union.pay(A, B, 300)
    open_union.settle()
    open_union.at("18:30").settle()
    open_union.at("10:00", "2026-09-30").settle()
    open_union.pay(A, B, 200)
    open_union.settle()
    open_union.ask_report(A, "ACCAKZT", "camt.053.001.08")
    open_union.settle()
    (report,) = stated(open_union, "2026-09-29")
    assert report.balances[-1].amount_minor == minor(700)
    assert stated(open_union, "2026-09-30") == []  # a day that is open has no statement


def stated(union: SmallUnion, day: str) -> list[AccountReport]:
    from small_union import messages_in

    return [
        each
        for file in (union.home.statements / day / A).glob("KZT-ACCAKZT*.xml")
        for message in messages_in(file.read_bytes(), union)
        for each in message.transactions
        if isinstance(each, AccountReport)
    ]
