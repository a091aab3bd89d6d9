"""A day's requests on a quota share what is left when it is over; who got less pays the difference."""

from __future__ import annotations

from datetime import date

import pytest
from customs_acts import CHIEF, KZ, OFFICER, accepted_one, claim_of, guaranteed, refused
from customs_union import LAW, MEASURES, TRADER, CustomsUnion, declaration
from exchange_union import A

from tasviya.customs.formats import declaration_json
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.quota_claim import QuotaClaim
from tasviya.services.corrections import assess_as_frozen
from tasviya.services.lodging import amend, invalidate
from tasviya.services.quotas import QuotaDayDone, allocate_day, secure_quota
from tasviya.services.securing import call_overdue
from tasviya.services.tariffs import draft, publish
from tasviya.services.work import Work

QUOTAS = """order_number,unit,begin,end,volume,parent,critical_percent
090101,kg,2026-01-01,2026-12-31,100,,90
090200,kg,2026-01-01,2026-12-31,30,,90
090201,kg,2026-01-01,2026-12-31,30,090200,90
090300,kg,2026-01-01,2026-12-31,10,,0
"""
RATES = "".join(f"DUTY,8415,0%,,,,,,,{number}\n" for number in ("090101", "090200", "090201", "090300"))


@pytest.fixture
def union(union: CustomsUnion) -> CustomsUnion:
    """As everywhere here; goods under a quota pay no duty, so 120.00 instead of 232.00 for 1,000.00."""
    law, day = LAW.replace("{member}", "KZ").replace("{currency}", "KZT"), date(2026, 9, 1)
    made = union.ok(lambda work: draft(work, "KZ", law, MEASURES + RATES, day, "KZ.tariff.1", quotas=QUOTAS))
    union.ok(lambda work: publish(work, "KZ", made.digest, "KZ.tariff.2"))
    return union


def claims(union: CustomsUnion, quota: str = "090101", kg: str = "10", number: str = "D-1") -> Lodgement:
    """Goods of 1,000.00 that claim a quota."""
    return union.lodge(number=number, item={"quota": quota, "quantities": {"kg": kg}})


def paid(union: CustomsUnion, lodged: Lodgement, amount: str = "120.00") -> None:
    union.pay(A, KZ, amount, remittance=f"/MRN/{lodged.mrn}")
    union.settle()


def next_day(union: CustomsUnion) -> QuotaDayDone:
    """The next morning, the day before is allocated."""
    union.at("10:30", "2026-09-30").settle()
    return union.ok(lambda work: allocate_day(work, "KZ", date(2026, 9, 29), OFFICER))


def granted(done: QuotaDayDone) -> list[int]:
    return [each.granted for each in done.claims]


def left(union: CustomsUnion) -> dict[str, int]:
    """What is used of the quotas that have been drawn on, thousandths."""
    found: dict[str, int] = union.ok(
        lambda work: {each.order_number: each.used for each in work.memory.customs.quota_uses("KZ")}
    )
    return found


def test_quota_that_is_left_is_granted_and_nothing_more_is_due(union: CustomsUnion) -> None:
    lodged = claims(union)
    assert (lodged.status, lodged.taxes) == ("accepted", {"VAT": 120_00})
    paid(union, lodged)
    done = next_day(union)
    assert (granted(done), done.demands) == ([10_000], ())
    assert left(union) == {"090101": 10_000}
    assert union.customs_books() == {"KZ/cash": 120_00, "KZ/revenue/VAT": 120_00}


def test_a_days_requests_share_what_is_left_and_what_is_short_is_demanded(union: CustomsUnion) -> None:
    first, second = claims(union, kg="150"), claims(union, kg="50", number="D-2")
    paid(union, first)
    paid(union, second)
    done = next_day(union)
    assert granted(done) == [75_000, 25_000]
    assert left(union) == {"090101": 100_000}
    # Half of 1,000.00 pays 10 per cent, and 12 per cent of that in VAT.
    assert [each.taxes for each in done.demands] == [{"DUTY": 50_00, "VAT": 6_00}] * 2
    assert union.lodged(first.mrn)["assessed"] == "176.00"
    for each in done.demands:
        union.pay(A, KZ, "56.00", remittance=f"/MRN/{each.reference}")
    union.settle()
    assert union.customs_books() == {"KZ/cash": 352_00, "KZ/pool/DUTY": 100_00, "KZ/revenue/VAT": 252_00}


def test_order_within_a_day_changes_nothing_and_the_day_is_allocated_once(union: CustomsUnion) -> None:
    claims(union, kg="100"), claims(union, kg="100", number="D-2")
    assert granted(next_day(union)) == [50_000, 50_000]
    again = union.ok(lambda work: allocate_day(work, "KZ", date(2026, 9, 29), OFFICER))
    assert again == QuotaDayDone((), ())


def test_sub_quota_draws_on_its_parent(union: CustomsUnion) -> None:
    claims(union, "090200", "30"), claims(union, "090201", "30", "D-2")
    assert granted(next_day(union)) == [15_000, 15_000]
    assert left(union) == {"090200": 30_000, "090201": 15_000}


def test_goods_that_are_not_released_pay_what_is_short_with_their_own_claim(union: CustomsUnion) -> None:
    lodged = claims(union, kg="200")
    done = next_day(union)
    assert done.demands == ()
    assert claim_of(union, lodged.mrn).taxes == {"DUTY": 50_00, "VAT": 126_00}
    paid(union, lodged, "176.00")
    assert union.lodged(lodged.mrn)["status"] == "released"


def test_day_that_is_not_over_is_not_allocated(union: CustomsUnion) -> None:
    claims(union)
    with refused("TQ01"):
        union.ok(lambda work: allocate_day(work, "KZ", date(2026, 9, 29), OFFICER))


def test_invalidated_goods_leave_their_quota_to_others(union: CustomsUnion) -> None:
    lodged = claims(union, "090201", "30")
    next_day(union)
    assert left(union) == {"090200": 30_000, "090201": 30_000}
    union.ok(lambda work: invalidate(work, lodged.mrn, TRADER, "never left"))
    assert left(union) == {"090200": 0, "090201": 0}


def test_request_of_invalidated_goods_takes_nothing(union: CustomsUnion) -> None:
    lodged = claims(union, kg="100")
    other = claims(union, kg="100", number="D-2")
    union.ok(lambda work: invalidate(work, lodged.mrn, TRADER, "never left"))
    done = next_day(union)
    assert [(each.mrn, each.granted) for each in done.claims] == [(other.mrn, 100_000)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quota": "099999", "quantities": {"kg": "10"}}, "unknown_quota"),
        ({"quota": "090101", "quantities": {"litre": "10"}}, "wrong_unit"),
    ],
)
def test_quota_that_cannot_be_claimed_is_a_fault(
    union: CustomsUnion, changes: dict[str, object], code: str
) -> None:
    lodged = union.lodge(item=changes)
    assert (lodged.status, [each.code for each in lodged.faults]) == ("rejected", [code])


# --- critical quotas --------------------------------------------------------------------------------


def secured(union: CustomsUnion, kg: str = "20") -> tuple[Lodgement, str]:
    """Goods under a critical quota, paid, secured and released; and the guarantee."""
    grn, lodged = guaranteed(union, 112_00), claims(union, "090300", kg)
    paid(union, lodged)
    union.ok(lambda work: secure_quota(work, lodged.mrn, grn, TRADER))
    return lodged, grn


def reserved(union: CustomsUnion, grn: str) -> dict[str, int]:
    found = union.ok(lambda work: work.memory.customs.guarantee(grn)).reservations
    return dict(found)


def test_critical_quota_holds_goods_until_the_difference_is_secured(union: CustomsUnion) -> None:
    lodged = claims(union, "090300")
    assert [each.code for each in lodged.holds] == ["QUOTA"]
    paid(union, lodged)
    assert union.lodged(lodged.mrn)["status"] == "secured"
    grn = guaranteed(union, 111_99)
    with refused("GU06"):
        union.ok(lambda work: secure_quota(work, lodged.mrn, grn, TRADER))
    enough = guaranteed(union, 112_00)
    union.ok(lambda work: secure_quota(work, lodged.mrn, enough, TRADER))
    assert union.lodged(lodged.mrn)["status"] == "released"
    assert reserved(union, enough) == {f"{lodged.mrn}-Q": 112_00}


def test_security_is_freed_when_the_quota_is_granted(union: CustomsUnion) -> None:
    _, grn = secured(union, kg="10")
    assert next_day(union).demands == ()
    assert reserved(union, grn) == {}
    assert union.customs_books()[f"KZ/guarantee/{grn}"] == 112_00


def test_security_is_freed_when_what_is_short_is_paid(union: CustomsUnion) -> None:
    _, grn = secured(union)
    (short,) = next_day(union).demands
    assert (short.total, short.guarantee) == (56_00, grn)
    union.settle()
    union.pay(A, KZ, "56.00", remittance=f"/MRN/{short.reference}")
    union.settle()
    assert claim_of(union, short.reference).status == "met"
    assert reserved(union, grn) == {}
    assert union.customs_books()[f"KZ/guarantee/{grn}"] == 112_00


def test_security_is_called_for_what_is_short_and_not_paid(union: CustomsUnion) -> None:
    _, grn = secured(union)
    (short,) = next_day(union).demands
    union.at("10:30", "2026-10-11").settle()
    (called,) = union.ok(lambda work: call_overdue(work, "KZ", CHIEF))
    assert (called.reference, called.debtor, called.kind) == (short.reference, "KZ-A", "call")
    assert union.customs_books() == {
        "KZ/cash": 120_00, "KZ/revenue/VAT": 120_00, "KZ/accrued/DUTY": 50_00, "KZ/accrued/VAT": 6_00,
        "KZ/deferred/KZ-A": 56_00, f"KZ/guarantee/{grn}": 56_00, "KZ/guarantee_called": 56_00,
    }  # fmt: skip


def test_held_goods_go_once_the_quota_is_known(union: CustomsUnion) -> None:
    lodged = claims(union, "090300", "10")
    paid(union, lodged)
    next_day(union)
    assert union.lodged(lodged.mrn)["status"] == "released"


def test_goods_that_no_quota_holds_are_not_secured(union: CustomsUnion) -> None:
    lodged, grn = claims(union), guaranteed(union, 500_00)
    with refused("TQ02"):
        union.ok(lambda work: secure_quota(work, lodged.mrn, grn, TRADER))


def test_claim_on_a_quota_is_kept(union: CustomsUnion) -> None:
    lodged = claims(union)
    (kept,) = union.ok(lambda work: work.memory.store.quota_claims_of(lodged.mrn))
    assert kept == QuotaClaim(lodged.mrn, 1, "KZ", "090101", "2026-09-29", 10_000, "kg")


def test_correction_claims_no_quota_anew(union: CustomsUnion) -> None:
    """What was lodged without a quota pays the normal rate, whatever its correction claims."""
    lodged = union.lodge()
    paid(union, lodged, "232.00")
    found = corrected_with_quota(union, lodged.mrn)
    assert found == {"DUTY": 150_00, "VAT": 198_00}


def corrected_with_quota(union: CustomsUnion, mrn: str) -> dict[str, int]:
    body = declaration(price="1500.00", item={"quota": "090101"})
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)

    def act(work: Work) -> dict[str, int]:
        lodged = work.memory.customs.of(mrn)
        assert isinstance(lodged, Lodgement)
        assessed = assess_as_frozen(work, lodged, declared, body, OFFICER)
        assert not isinstance(assessed, list)
        return dict(assessed.by_tax)

    return union.ok(act)


def test_amendment_that_leaves_a_quota_out_gives_it_back(union: CustomsUnion) -> None:
    lodged = claims(union, kg="100")
    next_day(union)
    body = declaration(item={"quantities": {"kg": "100"}})
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)
    union.ok(lambda work: accepted_one(amend(work, lodged.mrn, declared, body, TRADER)))
    assert (left(union), claim_of(union, lodged.mrn).total) == ({"090101": 0}, 232_00)


def test_amendment_claims_another_quota(union: CustomsUnion) -> None:
    lodged = claims(union, kg="100")
    body = declaration(item={"quota": "090201", "quantities": {"kg": "100"}})
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)
    union.ok(lambda work: accepted_one(amend(work, lodged.mrn, declared, body, TRADER)))
    done = next_day(union)
    assert [(each.order_number, each.granted) for each in done.claims] == [("090201", 30_000)]
