"""What members collect for all is divided, and paid out through the clearing in their own currencies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from customs_union import CUSTOMS, CustomsUnion
from exchange_union import A

from tasviya.core.clock import iso_instant
from tasviya.core.errors import OperatorError
from tasviya.customs.claim import Claim
from tasviya.customs.revenue import ShareKey
from tasviya.services.revenue_sharing import distribute, share_payment, unpaid

DAY = date(2026, 9, 29)
KEY = ShareKey(date(2026, 1, 1), ("KZ", "IN"), {"KZ": Decimal("33.3333"), "IN": Decimal("66.6667")})


def collected(union: CustomsUnion, *numbers: str) -> None:
    """Goods of 1,000 each are released; the duty of 100 goes into the pool."""
    for number in numbers:
        lodged = union.lodge(number=number)
        union.pay(A, CUSTOMS["KZ"], "232.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()


def divided(union: CustomsUnion, key: ShareKey = KEY) -> list[Claim]:
    return union.ok(lambda work: distribute(work, "KZ", key, {}, "KZ.chief"))


def send(union: CustomsUnion, claim: Claim, message_id: str = "SHARE-1") -> None:
    """The customs of KZ pay a share."""
    snapshot = union.ok(lambda work: work.memory.snapshot)
    bic, raw = share_payment(snapshot, union.scheme, claim, DAY, message_id, iso_instant(union.now))
    union.send(bic, raw)
    union.settle()


def test_pool_is_divided_to_the_last_minor_unit(union: CustomsUnion) -> None:
    collected(union, "D-1")
    (claim,) = divided(union)
    assert (claim.mrn, claim.currency, claim.total) == ("IN", "KZT", 66_67)
    books = union.customs_books()
    assert (books["KZ/revenue/DUTY"], books["KZ/share/IN"]) == (33_33, 66_67)
    assert "KZ/pool/DUTY" not in books


def test_share_is_paid_exactly_and_arrives_in_the_other_currency(union: CustomsUnion) -> None:
    collected(union, "D-1")
    (claim,) = divided(union)
    send(union, claim)
    books = union.customs_books()
    assert "KZ/share/IN" not in books
    assert books["KZ/cash"] == 232_00 - 66_67
    got = books["IN/revenue/SHARE-KZ"]
    assert got == books["IN/cash"] == 10_66  # 66.67 KZT at 0.16 INR, rounded down
    positions = union.positions()
    assert positions["INR"] > 0 > positions["KZT"]


def test_share_is_paid_once(union: CustomsUnion) -> None:
    collected(union, "D-1")
    (claim,) = divided(union)
    send(union, claim)
    send(union, claim, "SHARE-2")
    reports = [each for m in union.told(CUSTOMS["KZ"], "pacs.002") for each in m.transactions]
    assert [f"{each.status} {each.reason or ''}".strip() for each in reports] == ["ACSC", "RJCT AM09"]
    assert union.customs_books()["KZ/cash"] == 232_00 - 66_67


def test_what_came_in_later_is_divided_in_the_next_run(union: CustomsUnion) -> None:
    collected(union, "D-1")
    divided(union)
    assert divided(union) == []
    collected(union, "D-2", "D-3")
    (claim,) = divided(union)
    assert claim.total == 133_33
    assert union.customs_books()["KZ/share/IN"] == 200_00


def test_only_a_supervisor_divides(union: CustomsUnion) -> None:
    collected(union, "D-1")
    with pytest.raises(OperatorError) as refused:
        union.ok(lambda work: distribute(work, "KZ", KEY, {}, "KZ.officer.1"))
    assert refused.value.refusal.reason == "RO01"


def test_shares_on_their_way_are_not_sent_again(union: CustomsUnion) -> None:
    collected(union, "D-1")
    made = divided(union)
    assert unpaid(made) == made
    send(union, made[0])
    assert unpaid(union.ok(lambda work: [work.memory.customs.claim(made[0].reference)])) == []
