"""Payments that a member's screening holds, and payments whose payer sets a time."""

from __future__ import annotations

import pytest
from small_union import A, B, C, SmallUnion, minor

from tasviya.core.errors import OperatorError
from tasviya.messages.model import CreditTransfer
from tasviya.services import holding
from tasviya.services.payments import Outcome, Undeclared


class HoldsWhatIsMarked:
    """A member's screening, told by the remittance text what to find."""

    def screen(self, payer_member: str, payee_member: str, transfer: CreditTransfer) -> tuple[Outcome, str]:
        for word, outcome in (("hold", Outcome.HOLD), ("stop", Outcome.STOP)):
            if word in (transfer.remittance or ""):
                return outcome, f"Case {payer_member}-{payee_member}-1."
        return Outcome.CLEAR, ""


@pytest.fixture
def screened(tmp_path):  # type: ignore[no-untyped-def]
    union = SmallUnion(tmp_path / "home", stays_up=True)
    union.at("10:00").settle()
    union.application().system.screening = HoldsWhatIsMarked()
    yield union
    union.close()


def decide(union: SmallUnion, paid: str, act, *words: str) -> None:  # type: ignore[no-untyped-def]
    application = union.application()
    (payment,) = application.store.uetrs_known([paid])[paid]
    application.do(lambda work: act(work, payment, *words))
    application.tell()


def test_held_payment_moves_no_money_until_two_people_release_it(screened: SmallUnion) -> None:
    held = screened.pay(A, B, 10, remittance="hold me")
    clear = screened.pay(A, B, 20)
    screened.settle()
    assert screened.statuses(A, held) == ["PDNG RR04"]
    assert screened.statuses(A, clear) == ["ACSC"]
    with pytest.raises(OperatorError, match="acts and"):
        decide(screened, held, holding.release, "aigerim", "aigerim")
    decide(screened, held, holding.release, "aigerim", "bolat")
    assert screened.statuses(A, held) == ["PDNG RR04", "ACSC"]
    assert screened.balance(B) == minor(130)
    with pytest.raises(OperatorError, match="is settled"):
        decide(screened, held, holding.release, "aigerim", "bolat")


def test_held_payment_is_rejected_with_its_case(screened: SmallUnion) -> None:
    held = screened.pay(A, B, 10, remittance="hold me")
    screened.settle()
    decide(screened, held, holding.reject, "Case 7.", "aigerim", "bolat")
    assert screened.statuses(A, held) == ["PDNG RR04", "RJCT RR04"]
    assert screened.balance(B) == minor(100)


def test_held_payment_can_be_recalled(screened: SmallUnion) -> None:
    held = screened.pay(A, B, 10, remittance="hold me")
    screened.settle()
    screened.recall(A, held)
    screened.settle()
    assert screened.statuses(A, held) == ["PDNG RR04", "CANC DUPL"]


def test_stopped_payment_is_refused(screened: SmallUnion) -> None:
    stopped = screened.pay(A, B, 10, remittance="stop me")
    screened.settle()
    assert screened.statuses(A, stopped) == ["RJCT RR04"]


def test_payment_held_past_its_day_is_not_settled_late(screened: SmallUnion) -> None:
    held = screened.pay(A, B, 10, remittance="hold me")
    screened.settle()
    screened.at("18:30").settle()
    screened.at("10:00", "2026-09-30").settle()
    decide(screened, held, holding.release, "aigerim", "bolat")
    assert screened.statuses(A, held) == ["PDNG RR04", "RJCT DT01"]
    assert screened.balance(B) == minor(100)


def test_without_a_policy_everything_is_held(screened: SmallUnion) -> None:
    screened.application().system.screening = Undeclared()
    held = screened.pay(A, B, 10)
    screened.settle()
    assert screened.statuses(A, held) == ["PDNG RR04"]
    assert screened.balance(B) == minor(100)


def test_payment_waits_no_longer_than_its_payer_says(open_union: SmallUnion) -> None:
    waits = open_union.pay(B, C, 700, settle_till="11:00:00Z")
    behind = open_union.pay(B, C, 50)
    open_union.settle()
    open_union.at("10:59").settle()
    assert open_union.statuses(B, waits) == ["PDNG AM04"]
    open_union.at("11:00").settle()
    open_union.at("11:01").settle()
    assert open_union.statuses(B, waits) == ["PDNG AM04", "RJCT AB03"]
    assert open_union.statuses(B, behind)[-1] == "ACSC"
    assert open_union.balance(B) == minor(50)


def test_payment_settles_not_before_its_payer_says(open_union: SmallUnion) -> None:
    kept = open_union.pay(A, B, 10, settle_from="11:00:00Z")
    open_union.settle()
    assert open_union.statuses(A, kept) == ["ACSP"]
    open_union.at("11:00").settle()
    assert open_union.statuses(A, kept) == ["ACSP", "ACSC"]


@pytest.mark.parametrize("name", ["settle_till", "settle_at", "reject_after"])
def test_payment_that_comes_too_late_for_its_payer_is_refused(open_union: SmallUnion, name: str) -> None:
    late = open_union.pay(A, B, 10, **{name: "09:30:00Z"})
    open_union.settle()
    assert open_union.statuses(A, late) == ["RJCT AB03"]
