"""A settlement institution fails: who bears what, in the ledger and on a copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from clearing_union import CLEARING, ClearingUnion
from exchange_union import A, B, D, E, G

from tasviya import app
from tasviya.core.errors import OperatorError
from tasviya.services import clearing_default
from tasviya.services.clearing_default import currency_of
from tasviya.services.default_rehearsal import Rehearsal, rehearse
from tasviya.settlement.default_waterfall import Step, Waterfall

UNIT = 10_000
FUNDED = (
    CLEARING
    + 'contributions = { KZ = "5", IN = "10", OM = "20" }\nhaircut_percent = "10"\nloss_cap_percent = "30"\n'
)


@pytest.fixture
def funded(tmp_path: Path) -> ClearingUnion:
    """With a default fund: KZ 5, IN 10, OM 20 units; a survivor bears at most 30 besides."""
    union = ClearingUnion(tmp_path, clearing=FUNDED)
    union.at("10:30").settle()
    return union


def declare(union: ClearingUnion, name: str = "KZ") -> Waterfall:
    return union._do(lambda work: clearing_default.declare(work, currency_of(work, name), "It cannot pay."))


def funds(union: ClearingUnion) -> dict[str, int]:
    return {
        name.split("/")[3]: balance for name, balance in union.books().items() if name.split("/")[2] == "fund"
    }


def test_contributions_come_out_of_positions(funded: ClearingUnion) -> None:
    assert funds(funded) == {"KZT": 5 * UNIT, "INR": 10 * UNIT, "OMR": 20 * UNIT}
    assert funded.positions() == {"KZT": -5 * UNIT, "INR": -10 * UNIT, "OMR": -20 * UNIT}


def test_a_cycle_with_a_default_fund_still_adds_up(funded: ClearingUnion) -> None:
    funded.through(B, D, 1000, "INR", "KZT")
    funded.make_markets()
    funded.settle().at("14:00").settle().at("15:00").settle().at("19:00").settle()
    assert funded.cycle()["status"] == "closed"
    assert sum(funded.positions().values()) + sum(funds(funded).values()) == 0


def test_the_fund_and_then_the_survivors_bear_what_is_owed(funded: ClearingUnion) -> None:
    funded.through(B, D, 700, "INR", "KZT")  # KZT owes 75, with its contribution
    funded.settle()
    borne = declare(funded)
    assert borne.estate.owed == 75 * UNIT
    assert [(each.step, each.member, each.amount) for each in borne.borne] == [
        (Step.OWN_CONTRIBUTION, "KZT", 5 * UNIT),
        (Step.DEFAULT_FUND, "INR", 10 * UNIT),
        (Step.DEFAULT_FUND, "OMR", 20 * UNIT),
        (Step.ALLOCATION, "INR", 20 * UNIT),
        (Step.ALLOCATION, "OMR", 20 * UNIT),
    ]
    assert funded.positions() == {"KZT": 0, "INR": (70 - 10 - 20) * UNIT, "OMR": (-20 - 20) * UNIT}
    assert not any(funds(funded).values())
    (row,) = app.ask_defaults(funded.home).declared()
    assert (row["institution"], row["owed"], row["uncovered"]) == ("KZ-SI", "75.0000", "0.0000")
    assert len(app.ask_defaults(funded.home).losses(1)) == 5


def test_what_nobody_bears_is_told_and_stays(funded: ClearingUnion) -> None:
    funded.through(A, D, 4000, "INR", "KZT")
    funded.settle()
    borne = declare(funded)
    assert borne.uncovered == (405 - 35 - 60) * UNIT
    assert funded.positions()["KZT"] == -borne.uncovered


def test_money_held_abroad_goes_to_those_who_are_owed(tmp_path: Path) -> None:
    union = ClearingUnion(tmp_path, ('KZ = ["own", "debtor"]', 'KZ = ["OMR"]'), clearing=FUNDED)
    union.at("10:30").settle()
    union.through(G, A, 6250, "KZT", "INR")  # KZT is owed 100 units, and takes OMR for what is due
    union.make_markets()
    union.settle().at("14:00").settle().at("15:00").settle()
    held = union.books()["KZ-SI/OMR/settlement/"]
    assert held > 0
    union.through(A, E, 20, "OMR", "KZT")  # now it owes more than that
    union.settle()
    before = union.positions()
    borne = declare(union)
    worth = int(held * 22 * 10 * 9 / 10)
    assert borne.of_step(Step.COLLATERAL) == worth
    assert union.books()["KZ-SI/OMR/settlement/"] == 0
    assert union.positions()["OMR"] < before["OMR"]
    assert borne.of_step(Step.CLAIMS) == 0


def test_no_payment_is_undone_and_none_goes_there_any_more(funded: ClearingUnion) -> None:
    done = funded.through(B, D, 700, "INR", "KZT")
    funded.settle()
    declare(funded)
    assert funded.status(done) == "settled"
    assert funded.balance(D, "INR") == 2_070_000
    for payer, payee, amount, currency, debit in ((B, D, 10, "INR", "KZT"), (D, A, 10, "KZT", "INR")):
        paid = funded.through(payer, payee, amount, currency, debit)
        funded.settle()
        assert funded.statuses(payer, paid) == ["RJCT AG10"]
    other = funded.through(G, E, 1, "OMR", "INR")
    local = funded.pay(A, B, 1)
    funded.settle()
    assert [funded.status(each) for each in (other, local)] == ["settled", "settled"]


def test_a_default_while_a_cycle_waits_carries_it_over(funded: ClearingUnion) -> None:
    funded.through(B, D, 700, "INR", "KZT")
    funded.settle().at("14:00").settle()
    declare(funded)
    assert funded.cycle(1)["status"] == "closed"
    funded.at("15:00").settle().at("19:00").settle()
    funded.at("10:30", "2026-09-30").settle().at("14:00").settle().at("15:00").settle()
    assert funded.cycle(2)["status"] == "closed"
    rows = {row["currency"]: row for row in app.ask_clearing(funded.home).cycle(2)[1]}
    assert rows["KZT"]["quota"] == "0.0000"
    assert all(row["overdue"] == "0.0000" for row in rows.values())


def test_it_may_be_taken_in_again(funded: ClearingUnion) -> None:
    declare(funded)
    with pytest.raises(OperatorError, match="failed already"):
        declare(funded)
    funded._do(lambda work: clearing_default.lift(work, "KZT"))
    with pytest.raises(OperatorError, match="has not failed"):
        funded._do(lambda work: clearing_default.lift(work, "KZT"))
    paid = funded.through(D, A, 10, "KZT", "INR")
    funded.settle()
    assert funded.status(paid) == "settled"


def test_everyone_is_told_what_moved(funded: ClearingUnion) -> None:
    funded.through(B, D, 700, "INR", "KZT")
    funded.settle()
    declare(funded)
    entries = funded.entries("SIXXIN20XXX")
    assert ("IN-SI.TSU.POSITION.INR", -20 * UNIT) in entries
    assert ("IN-SI.TSU.FUND.INR", -10 * UNIT) in entries


def test_a_rehearsal_changes_nothing_and_comes_to_the_same(funded: ClearingUnion) -> None:
    funded.through(B, D, 700, "INR", "KZT")
    funded.settle()
    before = funded.books()
    with app.on_a_copy(funded.home.root, "2026-09-29T10:30:00Z") as application:
        found: Rehearsal = application.do(lambda work: rehearse(work, "KZT"))
    assert funded.books() == before
    assert not app.ask_defaults(funded.home).declared()
    assert found.before == {"KZT": -75 * UNIT, "INR": 60 * UNIT, "OMR": -20 * UNIT}
    assert (found.gross, found.yardsticks.clearing.total) == (70 * UNIT, 70 * UNIT)
    assert found.yardsticks.clearing.defaulted == ("KZT",)
    assert 0 < found.yardsticks.distress["INR"] < 1
    real = declare(funded)
    assert found.borne == real
    assert found.after == funded.positions()


def test_an_exit_drill_tells_what_stays_nettable(funded: ClearingUnion) -> None:
    funded.through(B, D, 700, "INR", "KZT")
    funded.through(D, A, 625, "KZT", "INR")
    funded.through(G, E, 1, "OMR", "INR")
    funded.settle()
    asked = app.ask_defaults(funded.home)
    flows = asked.gross_flows(None)
    assert sum(flow.amount for flow in flows) == (70 + 10 + 22) * UNIT
    assert asked.party("OM", flows) == "OMR"
    with pytest.raises(OperatorError, match="no payment"):
        asked.party("OM-F", flows)
