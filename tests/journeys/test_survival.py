"""Payer, payee, origin and purpose survive every route, to the byte. Nothing here can hide them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from small_union import CENTRAL_BANK, A, B, C, D, E, F, G, SmallUnion, with_prefix

from tasviya.messages.model import CreditTransfer

TOMORROW = "2026-09-30"


def at_once(union: SmallUnion) -> None:
    union.settle()


def after_waiting(union: SmallUnion) -> None:
    union.settle()
    for account in ("ACCAKZT", "ACCCKZT", "VOSTROE"):
        union.move(CENTRAL_BANK, "KZ-SI.KZT.ISSUE", account, 5000)
    union.settle()


def on_its_day(union: SmallUnion) -> None:
    union.settle()
    union.at("18:30").settle()
    union.at("09:00", TOMORROW).settle()


ROUTES: dict[str, tuple[str, str, float, dict[str, str], Callable[[SmallUnion], None]]] = {
    "gross": (A, B, 10, {}, at_once),
    "urgent": (A, B, 10, {"priority": "URGT"}, at_once),
    "with intraday credit": (B, C, 550, {}, at_once),
    "through the payer's correspondent": (E, B, 10, {}, at_once),
    "through the payee's correspondent": (A, E, 10, {}, at_once),
    "through both correspondents": (E, G, 10, {}, at_once),
    "in one correspondent's books": (E, F, 10, {}, at_once),
    "after waiting for money": (A, B, 2000, {}, after_waiting),
    "after waiting for the vostro": (E, D, 2000, {}, after_waiting),
    "kept for its day": (A, B, 10, {"settlement_date": TOMORROW}, on_its_day),
}


@pytest.mark.parametrize("prefixed", [False, True], ids=["as written", "with prefixes"])
@pytest.mark.parametrize("route", ROUTES)
def test_payer_payee_origin_and_purpose_reach_the_payee_s_bank(
    open_union: SmallUnion, route: str, prefixed: bool
) -> None:
    payer, payee, amount, changes, goes_on = ROUTES[route]
    sent = open_union.transfer(
        payer,
        payee,
        amount,
        debtor_lei="529900T8BM49AURSDO55",
        category_purpose="TRAD",
        previous_instructing_agents=("ORIGOM20XXX",),
        **changes,
    )
    raw = open_union.message(sent)
    open_union.send(payer, with_prefix(raw) if prefixed else raw)
    goes_on(open_union)
    assert open_union.status(str(sent.uetr)) == "settled"

    told = open_union.onward(payee)[-1]
    for name in CreditTransfer.__struct_fields__:
        if name not in ("start", "end", "amount", "amount_minor", "refusals", "creditor_account_is_iban"):
            expected = {"settlement_date": sent.settlement_date}.get(name, getattr(sent, name))
            assert getattr(told, name) == expected, name
    assert told.amount_minor == sent.amount_minor

    if not prefixed:
        (element,) = re.findall(rb"<CdtTrfTxInf>.*?</CdtTrfTxInf>", raw, re.S)
        letters = b"".join(file.read_bytes() for file in open_union.letters(payee))
        assert payload(element) in letters


def payload(element: bytes) -> bytes:
    """An element from its debtor on: the part that no leg of the way may touch."""
    return element[element.index(b"<Dbtr>") :]


def test_entries_name_payer_payee_and_purpose_on_both_sides(open_union: SmallUnion) -> None:
    sent = open_union.transfer(A, B, 10)
    open_union.send(A, open_union.message(sent))
    open_union.settle()
    for bic in (A, B):
        ((entry,),) = [
            report.entries  # type: ignore[union-attr]
            for message in open_union.told(bic, "camt.054")
            for report in message.transactions
        ]
        assert (entry.debtor_name, entry.debtor_account) == (sent.debtor_name, sent.debtor_account)
        assert (entry.creditor_name, entry.creditor_account) == (sent.creditor_name, sent.creditor_account)
        assert (entry.purpose, entry.remittance) == (sent.purpose, sent.remittance)
        assert (entry.debtor_agent, entry.creditor_agent) == (A, B)


def test_returned_money_names_what_it_comes_back_for(open_union: SmallUnion) -> None:
    sent = open_union.transfer(A, B, 10)
    open_union.send(A, open_union.message(sent, message_id="FIRST"))
    open_union.settle()
    open_union.give_back(B, str(sent.uetr), 10, additional_info=("goods refused",))
    open_union.settle()
    (message,) = open_union.told(A, "pacs.004")
    back = message.transactions[0]
    assert (back.original_message_id, back.original_uetr) == ("FIRST", sent.uetr)  # type: ignore[union-attr]
    assert back.original_end_to_end_id == sent.end_to_end_id  # type: ignore[union-attr]
    assert back.additional_info == ("goods refused",)  # type: ignore[union-attr]
    entry = open_union.told(A, "camt.054")[-1].transactions[0].entries[0]  # type: ignore[union-attr]
    assert (entry.debtor_name, entry.creditor_name) == (sent.creditor_name, sent.debtor_name)
