"""Goods leave again: a part of what was paid for the imports in them is given back, and no import twice."""

from __future__ import annotations

import pytest
from customs_acts import CHIEF, DUE, asked, granted, refused, released, send_refund, with_refunds
from customs_union import TRADER, CustomsUnion

from tasviya.customs.refund import LineUse, Refund
from tasviya.services.drawbacks import draw_back
from tasviya.services.refunds import grant_refund


@pytest.fixture
def union(union: CustomsUnion) -> CustomsUnion:
    """As everywhere here; the law gives 90 per cent of duty back for two years."""
    return with_refunds(union)


def exported(union: CustomsUnion, number: str = "X-1", declarant: str = TRADER) -> str:
    """An export that is released; its MRN."""
    lodged = union.lodge(number=number, kind="export", declarant=declarant, goods="841590")
    assert lodged.status == "released"
    return lodged.mrn


def drawn(union: CustomsUnion, mrn: str, *uses: tuple[str, int, int], actor: str = TRADER) -> Refund:
    named = [LineUse(*each) for each in uses]
    return union.ok(lambda work: draw_back(work, mrn, named, actor, "built into machines"))


def test_drawback_gives_the_laws_share_of_what_is_used(union: CustomsUnion) -> None:
    imported, export = released(union), exported(union)
    refund = drawn(union, export, (imported, 1, 5_000))
    assert (refund.status, refund.taxes) == ("asked", {"DUTY": 45_00})
    granted(union, refund.reference)
    assert union.customs_books() == {
        "KZ/cash": DUE, "KZ/pool/DUTY": 55_00, "KZ/revenue/VAT": 132_00, f"KZ/refund/{export}": 45_00,
    }  # fmt: skip
    send_refund(union, refund.reference)
    assert union.customs_books()["KZ/cash"] == DUE - 45_00


def test_many_small_exports_draw_what_one_would(union: CustomsUnion) -> None:
    imported = released(union)
    total = 0
    for number in range(1, 4):
        refund = drawn(union, exported(union, f"X-{number}"), (imported, 1, 3_333))
        total += granted(union, refund.reference).total
    last = drawn(union, exported(union, "X-4"), (imported, 1, 1))
    assert total + granted(union, last.reference).total == 90_00


def test_what_is_used_is_not_used_again(union: CustomsUnion) -> None:
    imported = released(union)
    granted(union, drawn(union, exported(union), (imported, 1, 8_000)).reference)
    with refused("AJ05"):
        drawn(union, exported(union, "X-2"), (imported, 1, 2_001))


def test_two_that_are_asked_at_once_are_not_both_granted(union: CustomsUnion) -> None:
    imported = released(union)
    first = drawn(union, exported(union), (imported, 1, 8_000))
    second = drawn(union, exported(union, "X-2"), (imported, 1, 8_000))
    granted(union, first.reference)
    with refused("AJ05"):
        granted(union, second.reference)


def test_what_was_refunded_is_not_drawn_back(union: CustomsUnion) -> None:
    imported = released(union)
    granted(union, asked(union, imported, {"DUTY": 60_00}).reference)
    assert drawn(union, exported(union), (imported, 1, 10_000)).taxes == {"DUTY": 36_00}


def test_what_was_drawn_back_is_not_refunded(union: CustomsUnion) -> None:
    imported = released(union)
    granted(union, drawn(union, exported(union), (imported, 1, 10_000)).reference)
    refund = asked(union, imported, {"DUTY": 100_00})
    assert "90.00 withheld: given back as drawback" in refund.explanation[0]
    assert granted(union, refund.reference).taxes == {"DUTY": 10_00}


def test_drawback_of_anothers_import_is_refused(union: CustomsUnion) -> None:
    imported, export = released(union), exported(union, declarant="KZ-TRADER-8")
    with refused("RD09"):
        drawn(union, export, (imported, 1, 1_000), actor="KZ-TRADER-8")


def test_who_asks_for_a_drawback_does_not_grant_it(union: CustomsUnion) -> None:
    imported = released(union, actor=CHIEF)
    refund = drawn(union, exported(union, declarant=CHIEF), (imported, 1, 1_000), actor=CHIEF)
    with refused("RO02"):
        union.ok(lambda work: grant_refund(work, refund.reference, CHIEF))


def test_drawback_from_several_imports_is_one_refund(union: CustomsUnion) -> None:
    one, two = released(union), released(union, "D-2", "500.00")
    refund = drawn(union, exported(union), (one, 1, 10_000), (two, 1, 10_000))
    assert granted(union, refund.reference).taxes == {"DUTY": 135_00}
