"""Payments and requests that are refused for what the union knows: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from small_union import (
    BLOCKED,
    CLOSED,
    SUSPENDED,
    A,
    B,
    C,
    SmallUnion,
)

from tasviya.app import ask
from tasviya.core.errors import Refusal
from tasviya.messages.model import CreditTransfer
from tasviya.services.payments import Outcome
from tasviya.settlement import rules

Act = Callable[[Any], object]
TX = "CdtTrfTxInf/"


class Stops:
    """A member's screening that stops everything."""

    def screen(self, payer_member: str, payee_member: str, transfer: CreditTransfer) -> tuple[Outcome, str]:
        return Outcome.STOP, "Case 7 of the member's authority."


def stopped(union: SmallUnion) -> None:
    union.stays_up = True
    union.application().system.screening = Stops()
    union.pay(A, B, 10)


def signed(union: SmallUnion) -> None:
    name = union.send(A, union.message(union.transfer(A, B, 10)))
    (union.home.inbox / A / f"{name}.sig").write_bytes(b"a signature")


def same_id(name: str) -> Act:
    def act(union: SmallUnion) -> None:
        first, second = union.transfer(A, B, 10), union.transfer(A, B, 10)
        setattr(second, name, getattr(first, name))
        union.send(A, union.message(first))
        union.send(A, union.message(second))

    return act


def same_message_id(union: SmallUnion) -> None:
    for _ in (1, 2):
        union.send(A, union.message(union.transfer(A, B, 10), message_id="SAME"))


def expired(union: SmallUnion) -> None:
    union.pay(B, C, 700)
    union.settle()
    union.at("17:00")


def above_the_next_day_s_limit(union: SmallUnion) -> None:
    union.stays_up = True
    union.settle()
    union.at("10:00", "2026-09-30")
    union.pay(A, "EPSIOM20XXX", 51, "OMR")


def returned_too_much(union: SmallUnion) -> None:
    union.give_back(B, paid(union), 11)


def returned_twice(union: SmallUnion) -> None:
    name = paid(union)
    union.give_back(B, name, 10)
    union.give_back(B, name, 10)


def paid(union: SmallUnion) -> str:
    name = union.pay(A, B, 10)
    union.settle()
    return name


PAYMENT_CASES: list[tuple[str, str, str, Act]] = [
    ("DS0B", "Send a file with a signature beside it to a sandbox", "", signed),
    ("DS0G", "Send a payment whose `InstgAgt` is another bank", TX + "InstgAgt/FinInstnId/BICFI",
     lambda u: u.pay(A, B, 10, instructing_agent=C)),
    ("DNOR", "Send from a BIC of no participant", TX + "DbtrAgt/FinInstnId/BICFI",
     lambda u: u.send("STRGKZ20XXX", u.message(u.transfer(A, B, 10)))),
    ("CNOR", "Pay a bank that has left", TX + "CdtrAgt/FinInstnId/BICFI", lambda u: u.pay(A, CLOSED, 10)),
    ("AG10", "Pay a suspended bank", TX + "CdtrAgt/FinInstnId/BICFI", lambda u: u.pay(A, SUSPENDED, 10)),
    ("AM03", "Pay OMR from a bank that has neither account nor correspondent there",
     TX + "IntrBkSttlmAmt/@Ccy", lambda u: u.pay(B, A, 1, "OMR")),
    ("AC06", "Pay a bank whose account is blocked", TX + "CdtrAgt/FinInstnId/BICFI",
     lambda u: u.pay(A, BLOCKED, 10)),
    ("AG03", "Pay oneself", TX + "CdtrAgt/FinInstnId/BICFI", lambda u: u.pay(A, A, 10)),
    ("AM23", "Pay 50,001 KZT where the member allows 50,000", TX + "IntrBkSttlmAmt",
     lambda u: u.pay(A, B, 50_001)),
    ("AM13", "Pay more than a limit that has come into force today", TX + "IntrBkSttlmAmt",
     above_the_next_day_s_limit),
    ("DT01", "Date a payment last week", TX + "IntrBkSttlmDt",
     lambda u: u.pay(A, B, 10, settlement_date="2026-09-22")),
    ("DT03", "Date a payment on a holiday", TX + "IntrBkSttlmDt",
     lambda u: u.pay(A, B, 10, settlement_date="2026-10-01")),
    ("DT04", "Date a payment ten days ahead where five are kept", TX + "IntrBkSttlmDt",
     lambda u: u.pay(A, B, 10, settlement_date="2026-10-15")),
    ("TM01", "Pay after the customer cut-off", TX + "IntrBkSttlmDt",
     lambda u: (u.at("17:00").settle(), u.pay(A, B, 10))),
    ("AB03", "Limit a payment to a time that has passed", TX + "SttlmTmReq",
     lambda u: u.pay(A, B, 10, settle_till="09:30:00Z")),
    ("AM04", "Pay more than there is, and wait until the cut-off", TX + "IntrBkSttlmAmt", expired),
    ("DUPL", "Use a UETR again in another message", TX + "PmtId/UETR", same_id("uetr")),
    ("DU05", "Use an instruction id again in another message", TX + "PmtId/InstrId",
     same_id("instruction_id")),
    ("DU01", "Use a message id again in a file of other bytes", "GrpHdr/MsgId", same_message_id),
    ("RR04", "Pay somebody whom a member's screening stops", "CdtTrfTxInf", stopped),
    ("AC01", "Move liquidity from another's account", "DbtrAcct/Id",
     lambda u: u.move(B, "ACCAKZT", "ACCBKZT", 10)),
    ("AM09", "Return 11 of 10", "TxInf/RtrdIntrBkSttlmAmt", returned_too_much),
    ("NOOR", "Return a payment that never was", "OrgnlTxRef",
     lambda u: u.give_back(B, "5e771e00-0000-4000-8000-000000000000", 10)),
    ("ARDT", "Return a payment twice", "OrgnlTxRef", returned_twice),
]  # fmt: skip


def refusal_of_payment(act: Act, directory: Path) -> Refusal:
    """How the last payment or message of an act was refused, as the store keeps it to tell its sender."""
    union = SmallUnion(directory / "home").at("10:00").settle()
    act(union)
    union.settle()
    union.close()
    return latest_refusal(union)


def latest_refusal(union: SmallUnion) -> Refusal:
    """The refusal of the last payment, else of the last message, that has one."""
    db = ask(union.home).db
    sql = "SELECT reason, reason_text, reason_path FROM {} WHERE reason <> '' ORDER BY seq DESC LIMIT 1"
    found = db.execute(sql.format("payment")).fetchone() or db.execute(sql.format("message")).fetchone()
    code, text, where = found
    rule = getattr(rules, code, None)
    cure = rule.cure if rule and text.endswith(rule.cure) else text[text.rindex(". ") + 2 :]
    return Refusal(code, text.removesuffix(cure).strip(), cure, where, bool(rule and rule.transient))
