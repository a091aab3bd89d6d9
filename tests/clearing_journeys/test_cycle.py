"""A clearing cycle from its payments to what discharges them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clearing_union import ClearingUnion
from exchange_union import A, B, D, E, G

from tasviya import app
from tasviya.core.errors import OperatorError
from tasviya.services import clearing
from tasviya.services.clearing_discharge import discharge

UNIT = 10_000


def owe(union: ClearingUnion) -> None:
    """KZT owes 100 units, INR is owed 56 and OMR 44."""
    union.through(B, D, 1000, "INR", "KZT")
    union.through(G, E, 2, "OMR", "INR")
    union.settle()


def paid(union: ClearingUnion, number: int | None = None) -> list[dict[str, Any]]:
    return app.ask_clearing(union.home).discharges(number)


def test_a_cycle_splits_its_result_into_credit_and_money(union: ClearingUnion) -> None:
    owe(union)
    union.at("14:00").settle()
    head, rows = app.ask_clearing(union.home).cycle(None)
    assert (head["status"], head["payments"], head["gross"], head["multilateral"]) == (
        "netted", 2, "144.0000", "100.0000",
    )  # fmt: skip
    # The first 20 units are credit, of the other 80 half: 40 in money. Claims get it in proportion to their
    # own rights, 18 and 12: 24 and 16 ... as `settle` of swing has it.
    money = {row["currency"]: row["money"] for row in rows}
    assert money["KZT"] == "-40.0000"
    assert sum(float(each) for each in money.values()) == 0
    assert union.positions() == {"KZT": -100 * UNIT, "INR": 56 * UNIT, "OMR": 44 * UNIT}


def test_what_is_due_is_bought_and_paid_in_the_creditors_currencies(union: ClearingUnion) -> None:
    owe(union)
    union.make_markets()
    union.at("14:00").settle().at("15:00").settle()
    cycle = union.cycle()
    assert (cycle["status"], cycle["discharged"], cycle["left_on_credit"], cycle["why"]) == (
        "closed", "40.0000", "60.0000", "",
    )  # fmt: skip
    assert [row["how"] for row in paid(union)] == ["own", "own"]
    assert union.positions()["KZT"] == -60 * UNIT
    assert sum(union.positions().values()) == 0
    books = union.books()
    # What INR's institution had paid out came back, as far as it was discharged.
    (inr,) = [row for row in paid(union) if row["creditor"] == "INR"]
    back = round(float(inr["amount"].split()[0]) * 100)
    assert books["IN-SI/INR/clearing/"] == -100_000 + 44_000 + back
    spent = sum(round(float(row["for"].split()[0]) * 100) for row in paid(union))
    assert books["KZ-SI/KZT/clearing/"] == 625_000 - spent
    assert not any(value for name, value in books.items() if "/exchange/" in name)


def test_everyone_is_told_what_it_owes_and_what_was_paid(union: ClearingUnion) -> None:
    owe(union)
    union.make_markets()
    union.at("14:00").settle()
    for bank in ("SIXXKZ20XXX", "SIXXIN20XXX", "SIXXOM20XXX"):
        ((request,),) = [message.transactions for message in union.told(bank, "pacs.029")]
        assert (request.cycle, request.settlement_date, request.settle_till) == (
            "CYCLE-1", "2026-09-29", "15:00:00+00:00",
        )  # fmt: skip
        told = {each.participant: each for each in request.movements}
        owing = told["SIXXKZ20XXX"]
        assert (owing.currency, owing.amount_minor) == ("TSU", -40 * UNIT)
        assert (owing.turnover.paid_minor, owing.turnover.carried_forward_minor) == (100 * UNIT, -60 * UNIT)
        assert [(each.bic, each.payments) for each in owing.turnover.counterparties] == [("SIXXIN20XXX", 1)]
    union.at("15:00").settle()
    entries = union.entries("SIXXKZ20XXX")
    assert (
        "KZ-SI.TSU.POSITION.KZT",
        sum(amount for account, amount in entries if account == "KZ-SI.TSU.POSITION.KZT"),
    ) == ("KZ-SI.TSU.POSITION.KZT", 40 * UNIT)


def test_without_sellers_the_debtors_currency_counts_up_to_its_share(union: ClearingUnion) -> None:
    owe(union)
    union.at("14:00").settle().at("15:00").settle()
    rows = {(row["creditor"], row["how"]): row["units"] for row in paid(union)}
    # INR takes KZT, a quarter of the 40 due; OMR takes its own only.
    assert rows["INR", "debtor"] == "10.0000"
    assert ("OMR", "debtor") not in rows
    assert float(rows["INR", "unpaid"]) + float(rows["OMR", "unpaid"]) == 30
    cycle = union.cycle()
    assert cycle["status"] == "closed" and "30.0000 TSU could not be paid" in cycle["why"]
    assert union.books()["IN-SI/KZT/settlement/"] == 62_500
    assert union.positions()["KZT"] == -90 * UNIT


def test_what_was_not_paid_comes_due_again(union: ClearingUnion) -> None:
    owe(union)
    union.at("14:00").settle().at("15:00").settle().at("19:00").settle()
    union.at("10:30", "2026-09-30").settle()
    union.make_markets()
    union.at("14:00").settle().at("15:00").settle()
    cycle = union.cycle()
    assert (cycle["cycle"], cycle["gross"]) == (2, "0.0000")
    assert float(cycle["discharged"]) > 30 and union.positions()["KZT"] > -61 * UNIT


def test_a_creditor_may_take_a_third_members_money(tmp_path: Path) -> None:
    union = ClearingUnion(tmp_path, ('IN = ["own", "debtor"]', 'IN = ["OMR"]'))
    union.at("10:30").settle()
    union.through(B, D, 1000, "INR", "KZT")
    union.make_markets()
    union.settle().at("14:00").settle().at("15:00").settle()
    (row,) = paid(union)
    assert (row["how"], row["amount"].split()[1]) == ("third", "OMR")
    assert union.books()["IN-SI/OMR/settlement/"] > 0
    assert union.books()["KZ-SI/OMR/settlement/"] == 0


def test_payments_after_the_cut_off_go_into_the_next_cycle(union: ClearingUnion) -> None:
    owe(union)
    union.at("14:00").settle()
    late = union.through(B, D, 10, "INR", "KZT")
    union.settle()
    assert union.row(late)["settled_by"] == "cycle 2"
    union.at("15:00").settle()
    assert union.cycle(1)["payments"] == 2


def test_a_payment_can_be_traced_through_its_cycle(union: ClearingUnion) -> None:
    original = union.through(B, D, 1000, "INR", "KZT")
    union.make_markets()
    union.settle().at("14:00").settle().at("15:00").settle()
    steps = app.ask_clearing(union.home).trace(original)
    assert [step["step"] for step in steps][1:] == ["cycle 1", "gross", "net", "net", "discharge", "status"]
    assert "one of 1 payments from KZT to INR, together 100.0000 TSU" in steps[2]["what"]
    with pytest.raises(OperatorError, match="union route"):
        app.ask_clearing(union.home).trace("nothing")


def test_a_suspended_cycle_waits_and_goes_on(union: ClearingUnion) -> None:
    owe(union)
    union.make_markets()
    union.at("14:00").settle()
    union._do(lambda work: clearing.suspend(work, "A court order."))
    union.at("15:30").settle()
    assert union.cycle()["status"] == "suspended"
    with pytest.raises(OperatorError, match="suspended"):
        union._do(discharge)
    with pytest.raises(OperatorError, match="suspended"):
        union._do(clearing.cut_off)
    union._do(clearing.resume)
    union.settle()
    assert union.cycle()["status"] == "closed"
    assert union.cycle()["discharged"] == "40.0000"


def test_a_suspended_cycle_may_be_carried_over(union: ClearingUnion) -> None:
    owe(union)
    union.at("14:00").settle()
    union._do(lambda work: clearing.suspend(work, "Two members disagree."))
    union._do(clearing.carry_over)
    assert union.cycle()["status"] == "closed"
    assert union.positions()["KZT"] == -100 * UNIT
    union._do(clearing.cut_off)
    assert union.cycle()["cycle"] == 2


def test_a_cycle_without_payments_closes(union: ClearingUnion) -> None:
    union.at("14:00").settle().at("15:00").settle()
    assert (union.cycle()["status"], union.cycle()["gross"]) == ("closed", "0.0000")


def test_interest_accrues_at_the_fixing_and_what_debtors_pay_creditors_get(union: ClearingUnion) -> None:
    owe(union)
    before = union.positions()
    union.at("19:00").settle()
    rows = app.ask_clearing(union.home).interest()
    assert {row["percent"] for row in rows} == {"11.150"}
    after = union.positions()
    for row in rows:
        moved = after[row["currency"]] - before[row["currency"]]
        assert moved == round((float(row["interest"]) + float(row["charge"])) * UNIT)
    assert sum(after.values()) == 0
    assert after["KZT"] < before["KZT"]


def test_positions_are_stated_at_every_fixing(union: ClearingUnion) -> None:
    owe(union)
    union.at("19:00").settle()
    files = sorted(union.home.statements.glob("2026-09-29/SIXXKZ20XXX/TSU-*.xml"))
    assert len(files) == 1
    text = files[0].read_text(encoding="utf-8")
    assert 'Ccy="TSU">100.0000</Amt>' in text


def test_orders_of_banks_and_of_the_cycle_share_one_batch(union: ClearingUnion) -> None:
    owe(union)
    union.make_markets()
    union.at("14:00").settle().at("14:40")
    union.order(A, "A-1", "KZT", "OMR", 100, "0.0007")
    union.at("15:00").settle()
    head, _ = union.batch()
    assert union.cycle()["batch"] == head["batch"]


def test_conversions_of_a_bank_and_of_the_cycle_meet(union: ClearingUnion) -> None:
    """A bank that sells INR for KZT serves the cycle, which sells KZT for INR: no market maker is needed."""
    union.through(B, D, 1000, "INR", "KZT")
    union.settle().at("14:05").settle().at("14:40")
    union.order(D, "D-1", "INR", "KZT", 400, "6.2")
    union.at("15:00").settle()
    (row,) = paid(union)
    assert (row["how"], row["units"], row["amount"]) == ("own", "40.0000", "400.00 INR")
