"""Acts of the tests of refunds: goods released, corrected, deferred; refunds asked, granted and paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from customs_union import CUSTOMS, LAW, TRADER, CustomsUnion, declaration
from exchange_union import A, B

from tasviya.app import ask_customs
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import Money
from tasviya.customs.claim import Claim
from tasviya.customs.formats import declaration_json
from tasviya.customs.refund import Refund
from tasviya.services.corrections import Correction, correct, request_refund
from tasviya.services.guarantees import take
from tasviya.services.refunds import Payee, grant_refund, order_payment
from tasviya.services.securing import charge, defer

KZ, DUE = CUSTOMS["KZ"], 232_00
OFFICER, CHIEF = "KZ.officer.1", "KZ.chief"
REFUND = """
[[refund]]
years = 3
minimum = "10.00"
demand_years = 3
demand_minimum = "10.00"

[[drawback]]
tax = "DUTY"
percent = "90"
years = 2
"""


def with_refunds(union: CustomsUnion) -> CustomsUnion:
    """The law of KZ says what may be given back and demanded."""
    law = LAW.replace("{member}", "KZ").replace("{currency}", "KZT")
    union.publish("KZ", law + REFUND, since="2026-09-01")
    return union


def released(union: CustomsUnion, number: str = "D-1", price: str = "1000.00", actor: str = TRADER) -> str:
    """A declaration that has been paid for; its MRN. actor: who lodges it, for himself."""
    lodged = union.lodge(number=number, price=price, declarant=actor)
    union.pay(A, KZ, f"{lodged.assessed / 100:.2f}", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    return lodged.mrn


def corrected(union: CustomsUnion, mrn: str, price: str, number: str = "D-1") -> Correction:
    body = declaration(number=number, price=price)
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)
    done = union.ok(lambda work: correct(work, mrn, declared, body, OFFICER, "invoice found"))
    assert isinstance(done, Correction), done
    return done


def asked(
    union: CustomsUnion, mrn: str, wanted: str | Mapping[str, int], number: str = "D-1", actor: str = TRADER
) -> Refund:
    """A refund that the trader asks for: by what the price should have been, or by tax."""
    body = declaration(number=number, price=wanted if isinstance(wanted, str) else "1.00")
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)
    given = (declared, body) if isinstance(wanted, str) else wanted
    done = union.ok(lambda work: request_refund(work, mrn, given, actor, "priced too high"))
    assert isinstance(done, Refund), done
    return done


def granted(union: CustomsUnion, reference: str, *, to_cash: bool = False) -> Refund:
    return union.ok(lambda work: grant_refund(work, reference, CHIEF, to_cash=to_cash))


def claim_of(union: CustomsUnion, reference: str) -> Claim:
    claim = ask_customs(union.home).claim(reference)
    assert claim is not None
    return claim


def send_refund(union: CustomsUnion, reference: str) -> None:
    """Customs pay a refund to bank B."""
    to = Payee(B, "PAYEE-7", "A trader")
    bic, raw = union.ok(lambda work: order_payment(work, union.scheme, reference, to, CHIEF))
    union.send(bic, raw)
    union.settle()


def refused(code: str) -> pytest.RaisesExc[OperatorError]:
    return pytest.raises(OperatorError, check=lambda error: error.refusal.reason == code)


def guaranteed(union: CustomsUnion, line: int) -> str:
    """A guarantee of bank A for the trader; its reference."""
    money, valid = Money(line, currency("KZT")), (date(2026, 1, 1), date(2026, 12, 31))
    return union.ok(lambda work: take(work, "KZ", "KZ-A", TRADER, money, valid, ("KZ",), CHIEF)).grn


def deferred(union: CustomsUnion, grn: str, number: str = "D-1") -> str:
    """Goods that are released under a guarantee; their MRN."""
    mrn = union.lodge(number=number).mrn
    union.ok(lambda work: defer(work, mrn, grn, TRADER))
    return mrn


def charged(union: CustomsUnion, until: date, due_on: date) -> list[Claim]:
    """What a month's deferral comes to."""
    return union.ok(lambda work: charge(work, "KZ", until, due_on, OFFICER))


def accepted_one(found: object) -> object:
    """The first of several refusals."""
    return found[0] if isinstance(found, list) else found
