"""Who has no account in a currency pays through a correspondent, whose books and the respondent's agree.

E and F hold their KZT with C, G with A. `must_balance` checks after every step that nostro equals vostro.
"""

from __future__ import annotations

import pytest
from small_union import A, B, C, D, E, F, G, SmallUnion, minor

TABLE = """
    payer  payee  A     B     C     E     F     G      what moves
    A      B      -40   +40   .     .     .     .      central-bank money only
    E      B      .     +40   -40   -40   .     .      the payer's vostro, then its correspondent pays
    A      E      -40   .     +40   +40   .     .      the payee's correspondent is paid, then its vostro
    E      G      +40   .     -40   -40   .     +40    both
    G      E      -40   .     +40   +40   .     -40    both, the other way
    E      F      .     .     .     -40   +40   .      one correspondent's books, no central-bank money
    E      C      .     .     .     -40   .     .      a respondent pays its correspondent
    C      E      .     .     .     +40   .     .      a correspondent pays its respondent
"""
ROWS = [line.split(maxsplit=8) for line in TABLE.strip().splitlines()[1:]]
BICS = {"A": A, "B": B, "C": C, "E": E, "F": F, "G": G}
HOLDS_AT = {"E": C, "F": C, "G": A}


def held(union: SmallUnion) -> dict[str, int]:
    """What each bank holds in KZT: its settlement account, or its vostro."""
    return {
        name: union.balance(HOLDS_AT[name], with_whom=bic) if name in HOLDS_AT else union.balance(bic)
        for name, bic in BICS.items()
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} pays {row[1]}")
def test_payment_moves_what_it_must(open_union: SmallUnion, row: list[str]) -> None:
    payer, payee, *moves, _ = row
    before = held(open_union)
    paid = open_union.pay(BICS[payer], BICS[payee], 40)
    open_union.settle()
    assert open_union.statuses(BICS[payer], paid) == ["ACSC"]
    assert [each.uetr for each in open_union.onward(BICS[payee])] == [paid]
    moved = {name: after - before[name] for name, after in held(open_union).items()}
    assert moved == {
        name: 0 if told == "." else minor(40) * (1 if told[0] == "+" else -1)
        for name, told in zip(BICS, moves, strict=True)
    }


def test_everyone_on_the_way_is_told_of_its_own_accounts(open_union: SmallUnion) -> None:
    open_union.pay(E, G, 40)
    open_union.settle()
    assert open_union.entries(E) == [("VOSTROE", -minor(40))]
    assert open_union.entries(C) == [("ACCCKZT", -minor(40))]
    assert open_union.entries(A) == [("ACCAKZT", minor(40))]
    assert open_union.entries(G) == [("VOSTROG", minor(40))]
    assert open_union.onward(A) == open_union.onward(C) == []


def test_payment_waits_for_the_vostro_and_then_for_the_correspondent(open_union: SmallUnion) -> None:
    drain = open_union.pay(C, A, 950)  # C keeps 50
    waits = open_union.pay(E, D, 510)  # E holds 500 with C
    open_union.settle()
    assert open_union.status(drain) == "settled"
    assert waiting_for(open_union, waits) == "KZ-C lacks 10.00 KZT"
    open_union.pay(A, E, 10)  # E has 510 now, and C 60
    open_union.settle()
    assert waiting_for(open_union, waits) == "KZ-C lacks 450.00 KZT"
    open_union.pay(A, C, 450)
    open_union.settle()
    assert open_union.statuses(E, waits) == ["PDNG AM04", "ACSC"]


def test_respondent_s_payment_does_not_overtake_its_correspondent_s(open_union: SmallUnion) -> None:
    first = open_union.pay(C, A, 1100)
    second = open_union.pay(E, A, 10)
    open_union.settle()
    assert (open_union.status(first), open_union.status(second)) == ("queued", "queued")
    open_union.pay(A, C, 100)
    open_union.settle()
    assert (open_union.status(first), open_union.status(second)) == ("settled", "queued")


def test_bank_that_is_no_participant_is_paid_through_the_one_named_before_it(open_union: SmallUnion) -> None:
    paid = open_union.pay(A, "OUTSOM20XXX", 40, intermediary_agents=(B,))
    open_union.settle()
    assert open_union.statuses(A, paid) == ["ACSC"]
    (told,) = open_union.onward(B)
    assert (told.creditor_agent, told.intermediary_agents) == ("OUTSOM20XXX", (B,))


def test_bank_with_neither_account_nor_correspondent_in_the_currency_is_refused(
    open_union: SmallUnion,
) -> None:
    paid = open_union.pay(B, E, "1.000", "OMR")
    open_union.settle()
    assert open_union.statuses(B, paid) == ["RJCT AM03"]


def waiting_for(union: SmallUnion, paid: str) -> str:
    return str(union.row(paid)["reason_text"]).partition(" to pay")[0]
