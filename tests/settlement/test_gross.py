"""Gross settlement: pay now, or wait, and for what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments_made_up import payment

from tasviya.settlement.gross import Queue, Settle, decide
from tasviya.settlement.liquidity import Exposure, Funds, Limits
from tasviya.settlement.payment import Priority

# kept: for urgent, for high. limit: how much more may go to this payee. behind: others wait already.
TABLE = """
    amount  prio  balance  line  kept    limit  behind  answer
    100     n     100      0     0/0     -      no      settle 0
    101     n     100      0     0/0     -      no      funds 1
    101     n     100      1     0/0     -      no      settle 1
    150     n     0        150   0/0     -      no      settle 150
    151     n     0        150   0/0     -      no      funds 1
    100     n     100      0     0/0     -      yes     funds 0
    100     n     150      0     60/0    -      no      funds 10
    100     h     150      0     60/0    -      no      funds 10
    100     u     150      0     60/0    -      no      settle 0
    100     n     150      0     0/60    -      no      funds 10
    100     h     150      0     0/60    -      no      settle 0
    10      n     50       0     60/0    -      no      funds 20
    100     n     100      0     0/0     100    no      settle 0
    100     n     100      0     0/0     99     no      limit 1
    100     n     99       0     0/0     99     no      funds 1
    100     h     100      0     0/0     0      no      settle 0
    100     u     100      0     0/0     0      no      settle 0
    100     n     100      0     0/0     -20    no      limit 120
"""
ROWS = [line.split(maxsplit=7) for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_decision(row: list[str]) -> None:
    amount, prio, balance, line, kept, limit, behind, answer = row
    urgent, high = map(int, kept.split("/"))
    funds = Funds(7, int(balance), int(line), {Priority.URGENT: urgent, Priority.HIGH: high})
    exposure = None if limit == "-" else Exposure(int(limit))
    found = decide(payment(1, prio, int(amount)), [funds], exposure, [behind == "yes"])
    kind, figure = answer.split()
    if kind == "settle":
        assert found == Settle((int(figure),))
    else:
        assert isinstance(found, Queue)
        assert (found.shortfall, found.by_limit) == (int(figure), kind == "limit")
        assert found.reason == ("AM23" if kind == "limit" else "AM04")


def test_vostro_is_asked_before_the_correspondent_that_pays() -> None:
    poor, rich = Funds(1, 5), Funds(2, 500)
    assert decide(payment(1, amount=10), [poor, rich], None, [False, False]) == Queue(1, "AM04", 5)
    assert decide(payment(1, amount=10), [rich, poor], None, [False, False]) == Queue(1, "AM04", 5)
    assert decide(payment(1, amount=10), [rich, poor], None, [False, True]) == Queue(1, "AM04", 0)


def test_what_takes_from_no_account_always_settles() -> None:
    assert decide(payment(1, amount=10), [], None, []) == Settle(())


def test_limit_binds_the_counterparty_it_names_and_else_all_others() -> None:
    limits = Limits({"B": Exposure(10)}, Exposure(20))
    towards = [limits.towards(code) for code in ("B", "C", "D")]
    assert [each.free if each else None for each in towards] == [10, 20, 20]
    assert towards[1] is towards[2]
    assert Limits({"B": Exposure(10)}).towards("C") is None


money = st.integers(0, 1000)


@given(money, money, money, money, st.sampled_from("uhn"), st.integers(1, 1000))
def test_whatever_is_decided_pays_in_full_from_what_there_is(
    balance: int, line: int, urgent: int, high: int, prio: str, amount: int
) -> None:
    funds = Funds(7, balance, line, {Priority.URGENT: urgent, Priority.HIGH: high})
    subject = payment(1, prio, amount)
    spendable = funds.spendable(subject.priority)
    found = decide(subject, [funds], None, [False])
    assert isinstance(found, Settle) is (amount <= spendable)
    if isinstance(found, Settle):
        drawn = funds.pay(amount, subject.priority)
        assert (drawn,) == found.draws
        assert funds.balance == balance + drawn - amount >= 0
        assert funds.undrawn == line - drawn >= 0
        assert funds.balance + funds.undrawn == balance + line - amount
        assert drawn == 0 or funds.balance == 0, "credit is drawn for what lacks only"
        assert all(left >= 0 for left in funds.reserved.values())
    else:
        assert found.shortfall == amount - spendable > 0
        assert (funds.balance, funds.undrawn) == (balance, line)
        funds.receive(found.shortfall)
        assert isinstance(decide(subject, [funds], None, [False]), Settle), "the shortfall is what lacked"
