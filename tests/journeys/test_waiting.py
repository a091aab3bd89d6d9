"""Payments that wait: for money, for a limit, behind others, until a cut-off."""

from __future__ import annotations

from small_union import A, B, C, D, R, SmallUnion, minor


def test_payment_waits_and_settles_when_money_arrives(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.settle()
    assert open_union.statuses(B, waits) == ["PDNG AM04"]
    (answer,) = open_union.told(B, "pacs.002")
    told = " ".join(answer.transactions[0].additional_info)  # type: ignore[union-attr]
    assert told.startswith("KZ-B lacks 100.00 KZT to pay it; queued until funded.")
    assert open_union.onward(C) == []
    open_union.pay(A, B, 100)
    open_union.settle()
    assert open_union.statuses(B, waits) == ["PDNG AM04", "ACSC"]
    assert [each.uetr for each in open_union.onward(C)] == [waits]
    assert open_union.waiting() == []


def test_waiting_payments_settle_by_priority_and_then_by_arrival(open_union: SmallUnion) -> None:
    first = open_union.pay(B, C, 700)
    second = open_union.pay(B, C, 50)
    high = open_union.pay(B, C, 650, priority="HIGH")
    urgent = open_union.pay(B, C, 800, priority="URGT")
    open_union.settle()
    assert open_union.waiting() == [urgent, high, first, second]
    # B can spend 600 with its credit line.
    for amount, settled in ((100, []), (150, [urgent]), (550, [urgent]), (50, [urgent, high])):
        open_union.interbank(A, B, amount)
        open_union.settle()
        assert [each.uetr for each in open_union.onward(C)] == settled, amount
    open_union.interbank(C, B, 750, priority="HIGH")
    open_union.settle()
    assert [each.uetr for each in open_union.onward(C)] == [urgent, high, first, second]


def test_payment_that_could_settle_does_not_overtake_one_that_waits(open_union: SmallUnion) -> None:
    large, small = open_union.pay(B, C, 700), open_union.pay(B, C, 1)
    open_union.settle()
    assert open_union.waiting() == [large, small]
    # The very same payment with a higher priority need not stand behind it.
    urgent = open_union.pay(B, C, 1, priority="URGT")
    open_union.settle()
    assert open_union.statuses(B, urgent) == ["ACSC"]


def test_payment_waits_for_money_that_comes_in_the_same_batch(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700)
    open_union.pay(A, B, 100)
    open_union.settle()
    assert open_union.statuses(B, waits) == ["PDNG AM04", "ACSC"]


def test_ring_of_waiting_payments_unwinds_when_one_is_funded(open_union: SmallUnion) -> None:
    one, two = open_union.pay(B, D, 1650), open_union.pay(D, B, 1399, priority="HIGH")
    open_union.settle()
    assert (open_union.status(one), open_union.status(two)) == ("queued", "queued")
    # 500 let D pay B, and that money lets B pay D.
    open_union.interbank(A, D, 500)
    open_union.settle()
    assert (open_union.status(two), open_union.status(one)) == ("settled", "settled")


def test_waiting_payment_expires_at_its_cut_off_with_the_money_untouched(open_union: SmallUnion) -> None:
    customer, interbank = open_union.pay(B, C, 700), open_union.interbank(B, C, 800)
    open_union.settle()
    open_union.at("17:00").settle()
    assert open_union.statuses(B, customer) == ["PDNG AM04", "RJCT AM04"]
    assert open_union.statuses(B, interbank) == ["PDNG AM04"]
    open_union.at("18:00").settle()
    assert open_union.statuses(B, interbank) == ["PDNG AM04", "RJCT AM04"]
    assert open_union.balance(B) == minor(100)
    assert open_union.entries(B) == []


def test_what_stood_behind_an_expired_payment_settles_at_the_cut_off(open_union: SmallUnion) -> None:
    open_union.pay(B, C, 700)
    behind = open_union.interbank(B, C, 50)
    open_union.settle()
    assert open_union.status(behind) == "queued"
    open_union.at("17:00").settle()
    assert open_union.statuses(B, behind) == ["PDNG AM04", "ACSC"]


def test_what_stood_behind_a_recalled_payment_settles(open_union: SmallUnion) -> None:
    large, behind = open_union.pay(B, C, 700), open_union.pay(B, C, 50)
    open_union.settle()
    open_union.recall(B, large)
    open_union.settle()
    assert open_union.statuses(B, large) == ["PDNG AM04", "CANC DUPL"]
    assert open_union.statuses(B, behind) == ["PDNG AM04", "ACSC"]


def test_credit_line_is_drawn_for_what_lacks_and_repaid_at_the_close(open_union: SmallUnion) -> None:
    open_union.pay(B, C, 450)
    open_union.settle()
    assert (open_union.balance(B), open_union.drawn(B)) == (0, minor(350))
    open_union.pay(A, B, 400)
    open_union.settle()
    assert (open_union.balance(B), open_union.drawn(B)) == (minor(400), minor(350))
    open_union.at("18:30").settle()
    assert (open_union.balance(B), open_union.drawn(B)) == (minor(50), 0)
    assert open_union.books()["KZ-B/KZT/credit_limit/"] == minor(500)


def test_credit_line_that_cannot_be_repaid_stays_drawn(open_union: SmallUnion) -> None:
    open_union.pay(B, C, 450)
    open_union.settle()
    open_union.at("18:30").settle()
    assert open_union.drawn(B) == minor(350)
    open_union.at("09:00", "2026-09-30").settle()
    assert open_union.drawn(B) == minor(350)
    open_union.pay(A, B, 400)
    open_union.settle()
    open_union.at("18:30").settle()
    assert (open_union.balance(B), open_union.drawn(B)) == (minor(50), 0)


def test_bilateral_limit_queues_without_blocking_others(open_union: SmallUnion) -> None:
    within = open_union.pay(C, B, 200)
    beyond = open_union.pay(C, B, 150)
    other = open_union.pay(C, D, 300)
    open_union.settle()
    assert open_union.statuses(C, within) == ["ACSC"]
    assert open_union.statuses(C, beyond) == ["PDNG AM23"]
    assert open_union.statuses(C, other) == ["ACSC"]
    # What comes back from the counterparty makes room again.
    open_union.pay(B, C, 50)
    open_union.settle()
    assert open_union.statuses(C, beyond) == ["PDNG AM23", "ACSC"]


def test_bilateral_limit_binds_neither_urgent_payments_nor_the_next_day(open_union: SmallUnion) -> None:
    urgent = open_union.pay(C, B, 400, priority="URGT")
    open_union.pay(C, B, 300)
    beyond = open_union.pay(C, B, 1)
    open_union.settle()
    assert open_union.statuses(C, urgent) == ["ACSC"]
    assert open_union.statuses(C, beyond) == ["PDNG AM23"]
    open_union.at("18:30").settle()
    open_union.at("10:00", "2026-09-30").settle()
    tomorrow = open_union.pay(C, B, 200)
    open_union.settle()
    assert open_union.statuses(C, tomorrow) == ["ACSC"]


def test_multilateral_limit_counts_all_counterparties_together(open_union: SmallUnion) -> None:
    open_union.pay(D, A, 250)
    open_union.pay(D, C, 150)
    beyond = open_union.pay(D, B, 1)
    open_union.settle()
    assert open_union.statuses(D, beyond) == ["PDNG AM23"]
    open_union.pay(B, D, 1)
    open_union.settle()
    assert open_union.statuses(D, beyond) == ["PDNG AM23", "ACSC"]


def test_payment_that_a_limit_stops_lets_smaller_ones_pass(open_union: SmallUnion) -> None:
    open_union.pay(C, B, 300)
    large, small = open_union.pay(C, B, 290), open_union.pay(C, B, 20)
    open_union.settle()
    assert open_union.waiting() == [large, small]
    open_union.pay(B, C, 270)
    open_union.settle()
    assert (open_union.status(large), open_union.status(small)) == ("queued", "settled")


def test_payment_freed_by_its_limit_but_short_of_money_is_not_overtaken(open_union: SmallUnion) -> None:
    open_union.pay(C, B, 300)
    large, small = open_union.pay(C, B, 250), open_union.pay(C, B, 20)  # both wait for the limit
    open_union.pay(C, D, 690)  # 10 left
    open_union.settle()
    assert open_union.waiting() == [large, small]
    # The limit now allows both, and there is money for the second only.
    open_union.pay(B, C, 280)
    open_union.pay(C, D, 270, priority="URGT")
    open_union.settle()
    assert (open_union.status(large), open_union.status(small)) == ("queued", "queued")


def test_reserved_money_is_kept_for_its_priority(open_union: SmallUnion) -> None:
    normal = open_union.pay(R, A, 60)
    urgent = open_union.pay(R, A, 190, priority="URGT")
    open_union.settle()
    assert open_union.statuses(R, normal) == ["PDNG AM04"]
    assert open_union.statuses(R, urgent) == ["ACSC"]
    assert open_union.balance(R) == minor(60)
    # 10 of the reservation are left: 60 need 70.
    open_union.pay(A, R, 10)
    open_union.settle()
    assert open_union.statuses(R, normal) == ["PDNG AM04", "ACSC"]
