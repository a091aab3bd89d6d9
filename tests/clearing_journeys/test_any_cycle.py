"""Any days of payments by the union route, drawn at random: results add up, and a restart changes nothing."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from clearing_union import ClearingUnion
from exchange_union import A, B, D, E, F, G
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tasviya.adapters.sqlite_connection import connect
from tasviya.app import ask, ask_clearing
from tasviya.core.errors import OperatorError
from tasviya.services import clearing
from tasviya.services.clearing_discharge import discharge
from tasviya.services.unit_of_work import Changes, PostingRefused
from tasviya.settlement.clearing_cycle import CycleStatus

DAYS = ("2026-09-29", "2026-09-30")
WAYS = (
    (B, D, "INR", "KZT"),
    (D, A, "KZT", "INR"),
    (G, E, "OMR", "INR"),
    (F, D, "INR", "OMR"),
    (A, G, "INR", "KZT"),
)
AMOUNTS = {
    "INR": ("0.01", "40", "900", "4000"),
    "KZT": ("0.01", "300", "9000"),
    "OMR": ("0.001", "3", "12.5"),
}
ACTS = {
    "cut off": clearing.cut_off,
    "settle": discharge,
    "suspend": lambda work: clearing.suspend(work, "Drawn by lot."),
    "resume": clearing.resume,
    "carry over": clearing.carry_over,
}

payment = st.tuples(st.just("pay"), st.integers(0, len(WAYS) - 1), st.integers(0, 3))
act = st.tuples(st.just("act"), st.sampled_from(sorted(ACTS)), st.just(0))
market = st.tuples(st.just("market"), st.just(0), st.just(0))
morning = st.lists(st.one_of(payment, payment, payment, act, market), max_size=7)
"""What happens before a time of the day."""
days = st.lists(st.tuples(morning, morning), min_size=1, max_size=2)


def live(union: ClearingUnion, drawn: list[Any]) -> None:
    """Live through the days; after each part of a day all must hold."""
    for day, parts in zip(DAYS, drawn, strict=False):
        union.at("10:30", day).settle()
        for steps, time in zip(parts, ("13:50", "15:10"), strict=True):
            for kind, which, size in steps:
                if kind == "pay":
                    payer, payee, currency, debit = WAYS[which]
                    amounts = AMOUNTS[currency]
                    union.through(payer, payee, amounts[size % len(amounts)], currency, debit)
                    union.settle()
                elif kind == "act":
                    by_hand(union, which)
                else:
                    make_markets(union)
            union.at(time).settle()
            must_hold(union)
        union.at("19:00").settle()
        must_hold(union)


def by_hand(union: ClearingUnion, name: str) -> None:
    """What cannot be done changes nothing."""
    before = union.books()
    try:
        union._do(ACTS[name])
    except OperatorError:
        assert union.books() == before


def make_markets(union: ClearingUnion) -> None:
    """Orders under references of their own each time, as far as there is money."""
    number = next(union._numbers)
    for what in (("INR", "KZT", 400, "6.31"), ("OMR", "KZT", 4, "1389")):
        try:
            union.order(A, f"M-{number}-{what[0]}", *what)
        except OperatorError as error:
            assert error.refusal.reason in ("AM04", "no_money"), error.refusal


def must_hold(union: ClearingUnion) -> None:
    """What cycles say agrees with the ledger, with the payments and with each other."""
    positions = union.positions()
    assert sum(positions.values()) == 0
    books = union.books()
    assert not any(value for name, value in books.items() if "/exchange/" in name)
    assert all(value >= 0 for name, value in books.items() if "/position_room/" in name)
    asked = ask_clearing(union.home)
    cycles = {row["cycle"]: row for row in asked.cycles()}
    last: dict[str, int] = {}
    for number in sorted(cycles):
        results = {each.currency: each for each in asked.cycle_results(number)}
        flows = {(row.paying, row.paid): (row.units, row.payments) for row in asked.flow_rows(number)}
        sql = (
            "SELECT debit_currency, currency, sum(unit_minor), count(*) FROM payment"
            " WHERE settled_by = ? AND status = 'settled' GROUP BY 1, 2"
        )
        paid = {(a, b): (int(c), d) for a, b, c, d in ask(union.home).db.execute(sql, (f"cycle {number}",))}
        assert flows == paid, "a gross record is its payments"
        if not results:
            assert cycles[number]["status"] == CycleStatus.OPEN
            continue
        for name in ("before", "net", "credit", "money", "discharged", "after", "overdue"):
            assert sum(getattr(each, name) for each in results.values()) == 0, name
        for code, each in results.items():
            assert each.credit + each.money == each.net + each.overdue
            assert each.before == last.get(code, 0), "each cycle begins where the one before it ended"
            assert abs(each.discharged) <= abs(each.money) and each.discharged * each.money >= 0
            assert each.before - each.overdue + each.credit >= -each.quota
        discharges = asked.discharges(number)
        assert len(discharges) == len({(d["debtor"], d["creditor"], d["how"]) for d in discharges})
        last = {code: each.after for code, each in results.items()}
    moved = dict(last)
    for number, row in cycles.items():
        if row["status"] == CycleStatus.OPEN:
            for flow in asked.flow_rows(number):
                moved[flow.paying] = moved.get(flow.paying, 0) - flow.units
                moved[flow.paid] = moved.get(flow.paid, 0) + flow.units
            for code, units in asked.cycle_interest(number).items():
                moved[code] = moved.get(code, 0) + units
    assert {code: units for code, units in positions.items() if units} == {
        code: units for code, units in moved.items() if units
    }


def outcome(union: ClearingUnion) -> list[Any]:
    """What the days came to."""
    db = connect(union.home.database, read_only=True)
    tables = (
        "clearing_cycle",
        "clearing_flow",
        "clearing_result",
        "clearing_discharge",
        "position_interest",
        "position_statement",
        "exchange_fill",
        "ledger_account",
        "payment",
    )
    return [sorted(db.execute(f"SELECT * FROM {table}"), key=repr) for table in tables]


@given(days)
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),
)
def test_any_days(drawn: list[Any]) -> None:
    with TemporaryDirectory() as directory:
        restarted = ClearingUnion(Path(directory) / "one")
        live(restarted, drawn)
        stayed = ClearingUnion(Path(directory) / "two", stays_up=True)
        live(stayed, drawn)
        stayed.close()
        assert outcome(stayed) == outcome(restarted)


@pytest.mark.parametrize("refused", ["cycle:1", "sold"])
def test_a_cycle_whose_chain_the_ledger_refuses_is_suspended_with_nothing_posted(
    union: ClearingUnion, refused: str
) -> None:
    """One transfer of the chain is refused, once: of what the cycle pays, or of what it buys."""
    union.through(B, D, 1000, "INR", "KZT")
    union.make_markets()
    union.settle().at("14:00").settle().at("15:00")
    before = union.books()
    with union.application() as application:
        store, tried = application.store, []
        commit = store.commit

        def refuse_once(changes: Changes) -> None:
            wanted = [t for t in changes.transfers if matches(refused, changes, t.id)]
            if wanted and not tried:
                tried.extend(each.id for each in wanted)
                raise PostingRefused({wanted[0].id: 1})  # type: ignore[dict-item]
            commit(changes)

        store.commit = refuse_once  # type: ignore[method-assign]
        application.system.advance()
        application.tell()
    assert tried
    cycle = union.cycle()
    if refused == "cycle:1":
        assert (cycle["status"], cycle["why"]) == ("suspended", "The ledger refused what would discharge it.")
        assert union.positions()["KZT"] == -1_000_000
        changed = {name for name, value in union.books().items() if value != before.get(name, 0)}
        assert not any("position" in name or "clearing" in name for name in changed)
        union._do(clearing.resume)
        with union.application() as application:
            application.system.advance()
            application.tell()
            # A ledger remembers ids that it has refused: what goes on has others.
            assert not any(application.store.ledger.lookup_transfers(tried))
    assert union.cycle()["status"] == "closed"
    assert union.positions()["KZT"] > -1_000_000
    must_hold(union)


def matches(subject: str, changes: Changes, identity: int) -> bool:
    """Whether a transfer was posted for a subject that ends, or is, so."""
    raw = identity.to_bytes(16, "big")
    return any(str(e[3]).endswith(subject) for e in changes.entries if e[1] == 3 and e[2] == raw)
