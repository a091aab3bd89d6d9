"""A payment is asked back: while it waits, and after it has settled. And money comes back."""

from __future__ import annotations

import pytest
from small_union import A, B, C, D, E, F, G, SmallUnion, minor

from tasviya.messages.model import Recall, RecallAnswer, Return

WHOLE = {"original_message_id": "WHOLE", "original_message_type": "pacs.008.001.08"}


def answers(union: SmallUnion, bic: str) -> list[str]:
    """What camt.029 told a bank of its recalls: the case's status, with the reason where there is one."""
    told = []
    for message in union.told(bic, "camt.029"):
        case, *singles = message.transactions
        assert isinstance(case, RecallAnswer)
        reason = next((each.reason for each in singles if isinstance(each, RecallAnswer)), None)
        told.append(f"{case.recall_id} {case.status} {reason or ''}".strip())
    return told


def returned(union: SmallUnion, bic: str) -> list[Return]:
    return [
        each
        for message in union.told(bic, "pacs.004")
        for each in message.transactions
        if isinstance(each, Return)
    ]


def test_recall_of_a_waiting_payment_cancels_it(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.settle()
    open_union.recall(B, waits)
    open_union.settle()
    assert answers(open_union, B) == ["CASE-1 CNCL"]
    assert open_union.statuses(B, waits) == ["PDNG AM04", "CANC DUPL"]
    open_union.pay(A, B, 500)
    open_union.settle()
    assert open_union.status(waits) == "cancelled"
    assert open_union.onward(C) == []


def test_recall_in_the_same_batch_as_its_payment_cancels_it(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.recall(B, waits)
    open_union.settle()
    assert answers(open_union, B) == ["CASE-1 CNCL"]
    assert open_union.status(waits) == "cancelled"


def test_recall_of_a_settled_payment_is_passed_on_and_so_are_answer_and_money(
    open_union: SmallUnion,
) -> None:
    paid = open_union.pay(A, B, 300)
    open_union.settle()
    open_union.recall(A, paid)
    open_union.settle()
    assert answers(open_union, A) == ["CASE-1 PDCR"]
    ((asked,),) = [message.transactions for message in open_union.told(B, "camt.056")]
    assert isinstance(asked, Recall)
    assert (asked.original_uetr, asked.reason, asked.case_id) == (paid, "DUPL", "CASE-1")
    assert open_union.balance(A) == minor(700)

    open_union.answer_recall(B, paid, "CNCL")
    open_union.settle()
    assert answers(open_union, A) == ["CASE-1 PDCR", "CASE-1 CNCL"]

    name = open_union.give_back(B, paid, 300)
    open_union.settle()
    assert open_union.statuses(B, paid) == ["ACSC"]
    (back,) = returned(open_union, A)
    assert (back.original_uetr, back.return_id, back.reason) == (paid, name, "FOCR")
    assert (back.original_amount, back.amount_minor) == ("300.00", minor(300))
    assert (open_union.balance(A), open_union.balance(B)) == (minor(1000), minor(100))
    assert open_union.entries(A)[-1] == ("ACCAKZT", minor(300))


def test_refusal_of_a_recall_reaches_the_bank_that_recalled(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, B, 300)
    open_union.settle()
    open_union.recall(A, paid)
    open_union.answer_recall(B, paid, "RJCR")
    open_union.settle()
    assert answers(open_union, A) == ["CASE-1 PDCR", "CASE-1 RJCR CUST"]


def test_recall_of_what_is_over_is_refused(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.settle()
    open_union.recall(B, waits)
    open_union.settle()
    open_union.recall(B, waits, case="CASE-2")
    open_union.settle()
    assert answers(open_union, B) == ["CASE-1 CNCL", "CASE-2 RJCR ARDT"]


@pytest.mark.parametrize("bic", [C, D], ids=["the payee's bank", "a stranger"])
def test_only_its_sender_recalls_a_payment(open_union: SmallUnion, bic: str) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.settle()
    open_union.recall(bic, waits)
    open_union.settle()
    assert answers(open_union, bic) == ["CASE-1 RJCR NOOR"]
    assert open_union.status(waits) == "queued"


def test_whole_message_is_recalled_payment_by_payment(open_union: SmallUnion) -> None:
    transfers = [open_union.transfer(B, C, amount, position=n) for n, amount in ((1, 50), (2, 700), (3, 800))]
    open_union.send(B, open_union.message(*transfers, message_id="WHOLE"))
    open_union.settle()
    open_union.recall(B, "", position=0, original_uetr=None, **WHOLE)
    open_union.settle()
    assert [open_union.status(str(each.uetr)) for each in transfers] == ["settled", "cancelled", "cancelled"]
    assert sorted(answers(open_union, B)) == ["CASE-1 CNCL", "CASE-1 CNCL", "CASE-1 PDCR"]


def test_parts_come_back_until_nothing_is_left(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, B, 300)
    open_union.settle()
    for amount in (100, 150):
        open_union.give_back(B, paid, amount)
        open_union.settle()
    assert [each.amount_minor for each in returned(open_union, A)] == [minor(100), minor(150)]
    open_union.give_back(B, paid, "50.01")
    open_union.settle()
    open_union.give_back(B, paid, 50)
    open_union.settle()
    open_union.give_back(B, paid, "0.01")
    open_union.settle()
    assert open_union.statuses(B, paid) == ["ACSC", "ACSC", "RJCT AM09", "ACSC", "RJCT ARDT"]
    assert (open_union.balance(A), open_union.balance(B)) == (minor(1000), minor(100))


def test_two_returns_in_one_batch_do_not_return_more_than_was_paid(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, B, 300)
    open_union.settle()
    open_union.give_back(B, paid, 200)
    open_union.give_back(B, paid, 200)
    open_union.settle()
    assert open_union.statuses(B, paid) == ["ACSC", "RJCT AM09"]


def test_return_without_money_waits_for_it(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, B, 10)
    open_union.settle()
    open_union.pay(B, C, 600)  # 100 + 10 + a credit line of 500
    open_union.settle()
    open_union.give_back(B, paid, 10)
    open_union.settle()
    # 10 are left of what it can spend: nothing waits yet.
    assert open_union.statuses(B, paid) == ["ACSC"]
    again = open_union.pay(A, B, 10)
    open_union.settle()
    open_union.pay(B, C, 10, priority="URGT")
    open_union.give_back(B, again, 10)
    open_union.settle()
    assert open_union.statuses(B, again) == ["PDNG AM04"]
    assert len(returned(open_union, A)) == 1
    open_union.pay(C, B, 10)
    open_union.settle()
    assert open_union.statuses(B, again) == ["PDNG AM04", "ACSC"]
    assert len(returned(open_union, A)) == 2


@pytest.mark.parametrize(("bic", "told"), [(B, "ACSC"), (C, "RJCT NOOR"), (A, "RJCT NOOR")])
def test_only_the_payee_s_bank_returns(open_union: SmallUnion, bic: str, told: str) -> None:
    paid = open_union.pay(A, B, 10)
    open_union.settle()
    open_union.give_back(bic, paid, 10)
    open_union.settle()
    assert open_union.statuses(bic, paid)[-1] == told


def test_waiting_payment_is_not_returned(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.settle()
    open_union.give_back(C, waits, 700)
    open_union.settle()
    assert open_union.statuses(C, waits) == ["RJCT NOOR"]


def test_return_comes_in_the_currency_that_was_paid(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, B, 10)
    open_union.settle()
    open_union.give_back(B, paid, 1, currency="OMR")
    open_union.settle()
    assert open_union.statuses(B, paid) == ["RJCT AM03"]


def test_return_finds_its_way_back_through_correspondents(open_union: SmallUnion) -> None:
    before = open_union.books()
    paid = open_union.pay(E, G, 40)
    open_union.settle()
    open_union.give_back(G, paid, 40)
    open_union.settle()
    assert open_union.statuses(G, paid) == ["ACSC"]
    assert [each.original_uetr for each in returned(open_union, E)] == [paid]
    assert open_union.books() == before


def test_return_is_itself_not_returned(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, B, 10)
    open_union.settle()
    open_union.give_back(B, paid, 10)
    open_union.settle()
    open_union.give_back(A, paid, 10)
    open_union.settle()
    assert open_union.statuses(A, paid) == ["ACSC", "RJCT NOOR"]


def test_returns_of_one_message_stand_by_themselves(open_union: SmallUnion) -> None:
    from tasviya.messages import builders

    paid = [open_union.pay(A, B, 10), open_union.pay(E, B, 10), open_union.pay(F, B, 10)]
    open_union.settle()  # F has no money with its correspondent: it waits
    raw = builders.build_return(
        open_union.scheme,
        **open_union.frame(),
        returns=[
            Return(n, "KZT", amount_minor=minor(10), return_id=f"R{n}", original_uetr=each, reason="AC04")
            for n, each in enumerate(paid, 1)
        ],
        settlement_date=open_union.day,
    )
    open_union.send(B, raw)
    open_union.settle()
    assert [open_union.statuses(B, each) for each in paid] == [["ACSC"], ["ACSC"], ["RJCT NOOR"]]
    assert len(returned(open_union, A)) == len(returned(open_union, E)) == 1
