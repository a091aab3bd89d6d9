"""Certificates of origin: issued in one member, used by imports of another, revoked, given back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from controlled import certified, code, preferential, preferring
from customs_union import CUSTOMS, TRADER, CustomsUnion, declaration
from exchange_union import A
from small_union import TODAY, TOMORROW

from tasviya.app import ask_customs
from tasviya.core.errors import OperatorError, Refusal
from tasviya.customs.formats import declaration_json
from tasviya.customs.origin import Material, Product, product
from tasviya.customs.origin_rule import read_rule
from tasviya.services.certificates import Application, issue, revoke, verify
from tasviya.services.corrections import correct
from tasviya.services.lodging import amend, invalidate, lift
from tasviya.services.work import Work

OTHER, CHIEF = "IN.officer.2", "IN.chief"
DUE = 120_00
"""Of goods of 1,000 under the preference: no duty, VAT of 12 per cent."""
FULL = 232_00


def left(union: CustomsUnion, number: str) -> int:
    """What a certificate has left, kilograms."""
    row = ask_customs(union.home).certificate(number)
    assert row is not None
    return row.body.left


def amended(union: CustomsUnion, mrn: str, **changes: Any) -> None:
    body = declaration(**changes)
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)

    def act(work: Work) -> Any:
        found = amend(work, mrn, declared, body, TRADER)
        return found[0] if isinstance(found, list) else found

    union.ok(act)


def test_import_with_a_certificate_has_its_preference_and_uses_it(union: CustomsUnion) -> None:
    preferential(union)
    number = certified(union)
    lodged = union.lodge(**preferring(number))
    assert (lodged.status, lodged.assessed, lodged.certificates) == ("accepted", DUE, (number,))
    assert left(union, number) == 90


def test_certificate_is_issued_only_for_goods_that_originate(union: CustomsUnion) -> None:
    made, rule = (
        product(code("841510"), 100_00, (Material(code("841510"), 80_00),)),
        read_rule("CTSH and RVC 40"),
    )
    assert isinstance(made, Product) and not isinstance(rule, Refusal)
    applied = Application("IN-MAKER-1", TRADER, code("841510"), 10, "kg", date(2026, 12, 31))
    with pytest.raises(OperatorError) as refused:
        union.ok(lambda work: issue(work, "IN", applied, made, rule, "IN.officer.1"))
    assert refused.value.refusal.reason == "CO09"
    assert certified(union).startswith("26IN000000000001O")


@pytest.mark.parametrize(
    ("facts", "changes", "code", "where"),
    [
        ({"consignee": "KZ-TRADER-8"}, {}, "CO04", "documents"),
        ({"kg": 9}, {}, "CO06", "quantities"),
        ({}, {"quantities": {"kg": "100.001"}}, "CO06", "quantities"),
        ({}, {"goods": "841581"}, "CO05", "goods"),
        ({}, {"quantities": {"kg_gross": "10"}}, "CO07", "quantities"),
        ({}, {"preferential_origin": "OM"}, "CO15", "preferential_origin"),
    ],
)
def test_certificate_that_does_not_prove_the_claim_is_a_fault(
    union: CustomsUnion, facts: dict[str, Any], changes: dict[str, Any], code: str, where: str
) -> None:
    preferential(union)
    number = certified(union, **facts)
    lodged = union.lodge(**preferring(number, **changes))
    assert lodged.status == "rejected"
    assert [(each.code, each.where) for each in lodged.faults] == [(code, f"items[0].{where}")]
    assert left(union, number) == facts.get("kg", 100)
    again = union.lodge(item={"quantities": {"kg": "10"}})
    assert (again.status, again.assessed) == ("accepted", FULL)


def test_late_certificate_is_a_fault_from_the_day_after_its_last(union: CustomsUnion) -> None:
    preferential(union)
    number = certified(union, until=TODAY)
    assert union.lodge(**preferring(number)).status == "accepted"
    union.at("10:30", TOMORROW).settle()
    late = union.lodge(number="D-2", **preferring(number))
    assert [each.code for each in late.faults] == ["CO01"]


def test_number_that_nobody_has_issued_is_a_fault(union: CustomsUnion) -> None:
    preferential(union)
    lodged = union.lodge(**preferring("26IN000000000077O0"))
    assert [each.code for each in lodged.faults] == ["CO14"]


def test_certificates_from_outside_the_union_are_not_looked_up(union: CustomsUnion) -> None:
    preferential(union)
    lodged = union.lodge(**preferring("MD-17", origin="MD"))
    assert (lodged.status, lodged.certificates) == ("accepted", ())


def test_use_is_given_back_when_invalidated_and_changed_when_amended(union: CustomsUnion) -> None:
    preferential(union)
    number = certified(union)
    mrn = union.lodge(**preferring(number)).mrn
    amended(union, mrn, **preferring(number, quantities={"kg": "95.5"}))
    assert left(union, number) == 4
    amended(union, mrn)
    assert left(union, number) == 100
    amended(union, mrn, **preferring(number, quantities={"kg": "100"}))
    assert left(union, number) == 0
    union.ok(lambda work: invalidate(work, mrn, TRADER, "never left"))
    assert left(union, number) == 100


def test_items_of_a_declaration_use_a_certificate_together(union: CustomsUnion) -> None:
    preferential(union)
    number = certified(union, kg=15)
    fields = preferring(number)
    item = {
        "goods": "841510",
        "origin": "IN",
        "description": "cooler",
        "invoice": {"amount": "500", "currency": "KZT"},
    }
    both = [item | fields["item"] | {"number": place, "quantities": {"kg": "8"}} for place in (1, 2)]
    over = union.lodge(items=both, **{name: each for name, each in fields.items() if name != "item"})
    assert [each.code for each in over.faults] == ["CO06"]
    assert left(union, number) == 15


def test_certificate_revoked_before_acceptance_is_a_fault(union: CustomsUnion) -> None:
    preferential(union)
    number = certified(union)
    union.ok(lambda work: revoke(work, number, CHIEF, "made elsewhere"))
    lodged = union.lodge(**preferring(number))
    assert [each.code for each in lodged.faults] == ["CO03"]


def test_certificate_revoked_before_release_holds_goods_that_are_paid_for(union: CustomsUnion) -> None:
    preferential(union)
    number = certified(union)
    mrn = union.lodge(**preferring(number)).mrn
    union.ok(lambda work: revoke(work, number, CHIEF, "made elsewhere"))
    union.pay(A, CUSTOMS["KZ"], "120.00", remittance=f"/MRN/{mrn}")
    union.settle()
    found = union.lodged(mrn)
    assert found["status"] == "secured"
    assert found["waits_for"].startswith("ORIGIN: CO03: ") and "made elsewhere" in found["waits_for"]
    amended(union, mrn)
    assert union.lodged(mrn)["waits_for"].startswith("payment of 112.00 KZT")
    union.pay(A, CUSTOMS["KZ"], "112.00", remittance=f"/MRN/{mrn}")
    union.settle()
    assert union.lodged(mrn)["status"] == "released"
    assert union.customs_books() == {"KZ/cash": FULL, "KZ/pool/DUTY": 100_00, "KZ/revenue/VAT": 132_00}


def test_correction_after_release_uses_the_certificate_that_it_claims_by(union: CustomsUnion) -> None:
    preferential(union)
    number = certified(union, kg=15)
    mrn = union.lodge(importer={"id": TRADER}).mrn
    union.pay(A, CUSTOMS["KZ"], "232.00", remittance=f"/MRN/{mrn}")
    union.settle()
    for kg, taken in (("16", 0), ("12", 12)):
        body = declaration(**preferring(number, quantities={"kg": kg}))
        declared = declaration_json.read(body)
        assert not isinstance(declared, list)

        def act(work: Work, declared: Any = declared, body: bytes = body) -> Any:
            done = correct(work, mrn, declared, body, "KZ.officer.1", "proof came late")
            return done[0] if isinstance(done, list) else done

        if taken:
            union.ok(act)
        else:
            with pytest.raises(OperatorError) as refused:
                union.ok(act)
            assert refused.value.refusal.reason == "CO06"
        assert left(union, number) == 15 - taken


def test_officer_may_release_in_spite_of_a_revocation(union: CustomsUnion) -> None:
    preferential(union)
    number = certified(union)
    mrn = union.lodge(**preferring(number)).mrn
    union.ok(lambda work: revoke(work, number, CHIEF, "made elsewhere"))
    union.pay(A, CUSTOMS["KZ"], "120.00", remittance=f"/MRN/{mrn}")
    union.settle()
    union.ok(lambda work: lift(work, mrn, "ORIGIN", "KZ.officer.1", "a deposit stands for the duty"))
    assert union.lodged(mrn)["status"] == "released"


def test_certificate_is_verified_by_another_than_who_issued_it(union: CustomsUnion) -> None:
    number = certified(union)
    with pytest.raises(OperatorError) as refused:
        union.ok(lambda work: verify(work, number, "IN.officer.1"))
    assert refused.value.refusal.reason == "RO02"
    with pytest.raises(OperatorError) as refused:
        union.ok(lambda work: verify(work, number, "KZ.officer.1"))
    assert refused.value.refusal.reason == "RO01"
    assert union.ok(lambda work: verify(work, number, OTHER)).status == "verified"
