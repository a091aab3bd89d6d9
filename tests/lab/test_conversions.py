"""Payments that a drawn day sends through the exchange, and the market makers that make them clear."""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tasviya import app
from tasviya.core.clock import ManualClock
from tasviya.core.money import Currency, parse_amount
from tasviya.lab.conversions import MILLION, TOLERANCE, Terms
from tasviya.lab.desk import DrawnFile
from tasviya.lab.figures import matrix_for, rates
from tasviya.lab.flows import (
    CUSTOMER,
    EXCHANGE_PERCENT,
    MOST_EXCHANGED,
    UNION_PERCENT,
    common_hours,
    exchanged,
    plan_flows,
)
from tasviya.lab.market_makers import RUNGS, MarketMakers
from tasviya.lab.trade_day import draw_day, market_makers, opening_balances, write_day
from tasviya.membership.register import Register
from tasviya.membership.union import load_union
from tasviya.messages.model import CreditTransfer
from tasviya.settlement.conversion import wish_of

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2026, 9, 29)


def union(name: str) -> Register:
    return load_union((EXAMPLES / name / "union.toml").read_text(encoding="utf-8"), name)


def without_exchange(name: str) -> Register:
    """An example as it would be without an exchange."""
    text = (EXAMPLES / name / "union.toml").read_text(encoding="utf-8")
    before, _, rest = text.partition("[exchange]\n")
    return load_union(before + rest[rest.index("\n[") :], name)


@pytest.fixture(scope="module")
def sco() -> Register:
    return union("sco")


@pytest.fixture(scope="module")
def through(sco: Register) -> list[tuple[DrawnFile, CreditTransfer]]:
    """The payments of a drawn day that are debited in another currency, with their files."""
    drawn = draw_day(sco, DAY, 10_000, seed=1, faults=False)
    return [(file, each) for file in drawn if "-X" in file.message_id for each in file.transfers]


def test_shares_of_trade_go_through_the_exchange_and_by_the_union_route(sco: Register) -> None:
    snapshot = sco.on(DAY)
    flows = [
        flow
        for flow in plan_flows(snapshot, 10_000, matrix_for(snapshot.members), 40)
        if flow.message_type == CUSTOMER
    ]
    crossing = [flow for flow in flows if flow.exchanged_from]
    total = sum(flow.value for flow in flows)
    for route, percent in (("", EXCHANGE_PERCENT), ("union", UNION_PERCENT)):
        share = sum(flow.value for flow in crossing if flow.route == route) / total
        assert abs(share - 0.6 * percent / 100) < 0.01
    for flow in crossing:
        assert flow.debit_currency == snapshot.members[flow.payer_member].currency != flow.currency
        assert flow.currency == snapshot.members[flow.payee_member].currency


@pytest.mark.parametrize("payments", [20_000, 100_000, 1_000_000])
def test_exchange_is_sent_no_more_than_its_batches_can_clear(sco: Register, payments: int) -> None:
    snapshot = sco.on(DAY)
    flows = plan_flows(snapshot, payments, matrix_for(snapshot.members), 40)
    count = sum(flow.count for flow in flows if flow.exchanged_from and not flow.route)
    assert 1_500 < count <= MOST_EXCHANGED


def test_union_without_an_exchange_sends_nothing_through_one() -> None:
    register = without_exchange("corridor")
    snapshot = register.on(DAY)
    assert not any(
        flow.exchanged_from for flow in plan_flows(snapshot, 500, matrix_for(snapshot.members), 40)
    )
    assert not exchanged(snapshot, "KZT", "UZS")
    assert market_makers(register, DAY, 500) == []


def test_every_wish_is_one_that_the_union_understands(
    sco: Register, through: list[tuple[DrawnFile, CreditTransfer]]
) -> None:
    snapshot, kinds = sco.on(DAY), Counter[str]()
    for file, transfer in through:
        wish = wish_of(transfer, file.sender, snapshot)
        assert wish is not None and not hasattr(wish, "reason"), wish
        assert (wish.route, wish.credit_minor) == ("exchange", transfer.amount_minor)
        kinds["in" if wish.fixed == "in" else "out" if wish.debit_minor else "without a limit"] += 1
    assert len(through) > 800
    assert kinds["out"] > 4 * kinds["in"] > 0
    assert kinds["out"] > 4 * kinds["without a limit"] > 0


def test_limits_lie_around_half_a_per_cent_behind_the_rate(
    sco: Register, through: list[tuple[DrawnFile, CreditTransfer]]
) -> None:
    snapshot, found = sco.on(DAY), []
    for _, each in through:
        if each.instructed_amount and each.amount_minor > 10_000:
            terms = Terms.of(snapshot, rates("2026-09-29"), each.instructed_currency or "", each.currency)
            debit = parse_amount(each.instructed_amount, terms.debit)
            found.append(float(debit * terms.rate / each.amount_minor - 1))
    mean = sum(found) / len(found)
    assert abs(mean * MILLION - TOLERANCE) < 500
    assert 0.003 < (sum((each - mean) ** 2 for each in found) / len(found)) ** 0.5 < 0.005


def test_terms_round_for_the_payer() -> None:
    sold, bought = Currency("AAA", 1, 2, "A"), Currency("BBB", 2, 0, "B")
    terms = Terms(sold, bought, Fraction(1, 3))
    transfer = CreditTransfer(position=1, currency="BBB", amount_minor=7)
    even = sum(255 << 8 * n for n in (7, 6))  # four bytes that add up to their mean
    terms.set(transfer, "", even | 7)
    assert (transfer.instructed_amount, transfer.amount_minor) == ("0.22", 7), "21.105 at the limit"
    terms.set(transfer, "", even | 0)
    assert (transfer.local_instrument, transfer.instructed_amount) == ("EXCHANGE.IN", "0.21")
    assert transfer.amount_minor == 6, "6.965 at the limit"
    terms.set(transfer, "ACCOUNT", even | 1)
    assert transfer.debtor_agent_account == "ACCOUNT"


def test_files_for_the_exchange_come_while_both_currencies_are_open(
    sco: Register, through: list[tuple[DrawnFile, CreditTransfer]]
) -> None:
    snapshot, inside = sco.on(DAY), 0
    for file, _ in through:
        home = snapshot.members[snapshot.participants[file.sender].member].currency
        opens, cutoff, _ = common_hours(snapshot, file.currency, home) or (0, 0, 0)
        inside += opens <= file.instant_ns < cutoff
    assert inside / len(through) > 0.95


# Market makers


@pytest.mark.parametrize("name", ["sco", "asean", "corridor"])
def test_every_currency_of_the_exchange_has_market_makers_with_money(name: str) -> None:
    register = union(name)
    snapshot = register.on(DAY)
    made = market_makers(register, DAY, 5_000)
    assert {offer.sell for offer in made} == {offer.buy for offer in made} == set(snapshot.currencies)
    assert len({(offer.participant, offer.reference) for offer in made}) == len(made)
    money = {
        (each.participant, each.currency): each.amount_minor
        for each in opening_balances(register, DAY, 5_000)
        if not each.correspondent
    }
    held: Counter[tuple[str, str]] = Counter()
    for offer in made:
        held[offer.participant, offer.sell] += offer.quantity
        assert snapshot.account(offer.participant, offer.buy) is not None
    assert all(money[key] >= needed for key, needed in held.items())


def test_market_makers_ask_a_little_more_than_the_rate(sco: Register) -> None:
    snapshot, day_rates = sco.on(DAY), rates("2026-09-29")
    asked = Counter[int]()
    for offer in market_makers(sco, DAY, 5_000):
        rate = Terms.of(snapshot, day_rates, offer.sell, offer.buy).rate
        asked[round((offer.limit / rate - 1) * 10_000)] += 1
    assert set(asked) == set(RUNGS)


@pytest.mark.slow
def test_a_drawn_day_converts_in_batches_and_the_books_agree(tmp_path: Path) -> None:
    """A corridor's day with its market makers, as the demo runs it; entering them again changes nothing."""
    register = union("corridor")
    home, made = app.Home(tmp_path / "home"), market_makers(register, DAY, 600)
    clock = ManualClock(min(offer.at_ns for offer in made) - 1)
    app.initialise(home, EXAMPLES / "corridor" / "union.toml", clock, opening_balances(register, DAY, 600))
    write_day(home.inbox, register, DAY, 600, 7, faults=False)
    with app.Application(home, clock, worker_count=0) as application:
        clock.advance_to(made[0].at_ns)
        application.system.advance()
        for _ in range(2):
            application.do(MarketMakers(made).stand)
            assert len(application.system.memory.book.orders) == len(made)
        application.drain()
        hours = register.on(DAY).operating_hours("KZT")
        clock.advance_to(max(at for at, _ in hours.schedule(DAY)) if hours else 0)
        application.system.advance()
        application.tell()
        assert not application.system.memory.book.orders, "what has not filled ends with its day"
    asked = app.ask(home)
    batches = asked.converted_by_batch()
    assert sum(row["payments"] for row in batches) > 20
    assert all(row["filled"] >= row["payments"] for row in batches)
    assert {code for row in batches for code in row["bought"]} == {"KZT", "UZS"}
    totals: Counter[int] = Counter()
    for row in asked.trial_balance():
        totals[row["ledger"]] += int(row["debits"].replace(".", "")) - int(row["credits"].replace(".", ""))
    assert set(totals.values()) == {0}
