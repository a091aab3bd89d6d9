"""Trades that each lack the other's money settle as a ring, with payments that wait in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange_union import UNION, A, D, ExchangeUnion
from small_union import minor
from trading import instruct, told

from tasviya.app import ask
from tasviya.services import lsm

TABLE = """
[liquidity_saving]
minutes = 30
"""


@pytest.fixture
def saving(tmp_path: Path) -> ExchangeUnion:
    """The union of three currencies with passes over its queue, at 10:10, open."""
    file = tmp_path / "union.toml"
    text = UNION.read_text(encoding="utf-8")
    file.write_text(text.replace("[operator]", f"{TABLE}\n[operator]"), encoding="utf-8")
    return ExchangeUnion(tmp_path / "home", union=file).at("10:10").settle()


def agree(union: ExchangeUnion, seller: str, buyer: str, sold: str, bought: str, name: str) -> None:
    instruct(union, seller, buyer, sold, bought, f"{name}-1")
    instruct(union, buyer, seller, bought, sold, f"{name}-2")


def rows(union: ExchangeUnion) -> list[tuple[object, ...]]:
    sql = "SELECT currency, algorithm, tried, settled, trades, needed_minor FROM lsm_pass ORDER BY seq"
    return [(*row[:5], int(row[5])) for row in ask(union.home).db.execute(sql)]


def test_two_trades_that_lack_each_others_money_settle_as_one_set(saving: ExchangeUnion) -> None:
    # KZ-A has 100,000 KZT, IN-D 5,000.
    agree(saving, A, D, "200000 KZT", "1000 INR", "T")
    agree(saving, D, A, "195000 KZT", "900 INR", "U")
    saving.settle()
    assert told(saving, A)[-1].startswith("SMAP")
    saving.at("10:30").settle()
    assert told(saving, A).count("STLD") == told(saving, D).count("STLD") == 2
    assert saving.balance(A) == minor(100_000 - 200_000 + 195_000)
    assert saving.balance(D) == minor(5_000 + 200_000 - 195_000)
    assert saving.balance(A, "INR") == minor(10_000 + 1_000 - 900)
    assert [row[:5] for row in rows(saving)] == [("INR", "rings", 0, 0, 2), ("KZT", "rings", 0, 0, 2)]
    assert rows(saving)[1][5] == minor(100_000)


def test_trade_and_payment_that_wait_for_each_other_settle_together(saving: ExchangeUnion) -> None:
    agree(saving, A, D, "200000 KZT", "1000 INR", "T")
    waits = saving.pay(D, A, 195_000)
    saving.settle()
    assert saving.status(waits) == "queued"
    saving.at("10:30").settle()
    assert saving.status(waits) == "settled"
    assert told(saving, A)[-1] == "STLD"
    assert rows(saving)[-1][:5] == ("KZT", "rings", 1, 1, 1)


def test_no_trade_settles_if_one_currency_lacks(saving: ExchangeUnion) -> None:
    agree(saving, A, D, "200000 KZT", "20001 INR", "T")  # IN-D has 20,000 INR
    agree(saving, D, A, "195000 KZT", "0.50 INR", "U")
    saving.settle()
    before = saving.books()
    saving.at("10:30").settle()
    assert saving.books() == before
    assert {row[4] for row in rows(saving)} == {0}


def test_rings_are_made_on_demand(saving: ExchangeUnion) -> None:
    agree(saving, A, D, "200000 KZT", "1000 INR", "T")
    agree(saving, D, A, "195000 KZT", "900 INR", "U")
    saving.settle()
    with saving.application() as application:
        application.do(lambda work: lsm.run(work, None, "rings"))
        application.tell()
        application.system.memory.check()
    assert told(saving, A).count("STLD") == 2
    saving.must_balance()
