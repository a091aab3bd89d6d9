"""Participants move their own money; the settlement institution issues it and takes it back."""

from __future__ import annotations

import pytest
from small_union import CENTRAL_BANK, A, B, C, E, F, G, SmallUnion, minor

from tasviya.messages.model import Receipt

ISSUE = "KZ-SI.KZT.ISSUE"


def receipts(union: SmallUnion, bic: str) -> list[str]:
    """What camt.025 told a bank, in order: "ACSC", or "RJCT AM04"."""
    return [
        f"{each.status} {each.reason or ''}".strip()
        for message in union.told(bic, "camt.025")
        for each in message.transactions
        if isinstance(each, Receipt)
    ]


def test_settlement_institution_issues_money_and_takes_it_back(open_union: SmallUnion) -> None:
    issued = open_union.books()["KZ-SI/KZT/issue/"]
    open_union.move(CENTRAL_BANK, ISSUE, "ACCBKZT", 250)
    open_union.settle()
    assert receipts(open_union, CENTRAL_BANK) == ["ACSC"]
    assert open_union.balance(B) == minor(350)
    assert open_union.books()["KZ-SI/KZT/issue/"] == issued - minor(250)
    assert open_union.entries(B) == [("ACCBKZT", minor(250))]
    open_union.move(B, "ACCBKZT", ISSUE, 250)
    open_union.settle()
    assert receipts(open_union, B) == ["ACSC"]
    assert open_union.books()["KZ-SI/KZT/issue/"] == issued


def test_issued_money_settles_what_waits(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.settle()
    open_union.move(CENTRAL_BANK, ISSUE, "ACCBKZT", 100)
    open_union.settle()
    assert open_union.statuses(B, waits) == ["PDNG AM04", "ACSC"]


def test_respondent_brings_its_money_home_and_back_to_its_correspondent(open_union: SmallUnion) -> None:
    # A holds KZT of its own; G's KZT lie with A.
    before = open_union.books()
    open_union.move(A, "ACCAKZT", "VOSTROG", 100)
    open_union.settle()
    assert receipts(open_union, A) == ["ACSC"]
    assert open_union.balance(A, with_whom=G) == minor(400)
    assert open_union.balance(A) == minor(1000)  # an entry in A's books: no money has moved
    open_union.move(G, "VOSTROG", "ACCAKZT", 100)
    open_union.settle()
    assert receipts(open_union, G) == ["ACSC"]
    assert open_union.books() == before


TABLE = """
    sender   debit     credit    amount   currency  told
    A        ACCAKZT   ACCBKZT   10       KZT       ACSC
    E        VOSTROE   VOSTROF   10       KZT       ACSC
    E        VOSTROE   VOSTROG   10       KZT       ACSC
    A        ACCAKZT   ACCBKZT   1000.01  KZT       RJCT AM04
    B        ACCAKZT   ACCBKZT   10       KZT       RJCT AC01
    C        VOSTROE   ACCCKZT   10       KZT       RJCT AC01
    A        NOSUCH    ACCBKZT   10       KZT       RJCT AC01
    A        ACCAKZT   NOSUCH    10       KZT       RJCT AC01
    A        ACCAKZT   ACCEOMR   10       KZT       RJCT AM03
    A        ACCAKZT   ACCAKZT   10       KZT       RJCT AG03
    A        ACCAKZT   ACCXKZT   10       KZT       RJCT AC06
    A        ACCAKZT   ACCSKZT   10       KZT       RJCT AG10
    A        ACCAKZT   ACCBKZT   0        KZT       RJCT AM01
"""
CASES = [tuple(line.split(maxsplit=5)) for line in TABLE.strip().splitlines()[1:]]
BICS = {"A": A, "B": B, "C": C, "E": E}


@pytest.mark.parametrize(("sender", "debit", "credit", "amount", "currency", "told"), CASES)
def test_liquidity_transfer_settles_now_or_not_at_all(
    open_union: SmallUnion, sender: str, debit: str, credit: str, amount: str, currency: str, told: str
) -> None:
    before = open_union.books()
    open_union.move(BICS[sender], debit, credit, amount, currency)
    open_union.settle()
    assert receipts(open_union, BICS[sender]) == [told.strip()]
    assert (open_union.books() == before) is told.startswith("RJCT")
    assert open_union.waiting() == []


def test_liquidity_does_not_move_while_the_day_is_closed(union: SmallUnion) -> None:
    union.settle()
    union.move(A, "ACCAKZT", "ACCBKZT", 10)
    union.settle()
    assert receipts(union, A) == ["RJCT DT01"]


def test_credit_line_does_not_fund_a_withdrawal_beyond_it(open_union: SmallUnion) -> None:
    open_union.move(B, "ACCBKZT", ISSUE, "600.01")
    open_union.settle()
    assert receipts(open_union, B) == ["RJCT AM04"]
    assert (open_union.balance(B), open_union.drawn(B)) == (minor(100), 0)


def test_vostro_without_money_pays_nothing(open_union: SmallUnion) -> None:
    waits = open_union.pay(F, A, 10)
    open_union.settle()
    assert open_union.statuses(F, waits) == ["PDNG AM04"]
    open_union.move(E, "VOSTROE", "VOSTROF", 10)
    open_union.settle()
    assert open_union.statuses(F, waits) == ["PDNG AM04", "ACSC"]
