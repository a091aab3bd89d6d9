"""Any day at customs, drawn at random: whatever is lodged, paid, deferred or undone, the books hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from customs_books import customs_hold
from customs_union import CUSTOMS, TRADER, CustomsUnion, declaration
from exchange_union import A, B, D
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tasviya.app import ask_customs
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import Money
from tasviya.customs.formats import declaration_json
from tasviya.services.guarantees import take
from tasviya.services.lodging import amend, invalidate
from tasviya.services.securing import charge, defer, pay_from_cash

KZ = CUSTOMS["KZ"]
PRICES = ("0.04", "0.10", "33.33", "500.00", "1000.01")
GOODS = ("841510", "841510", "490110", "8415")
"""Two that pay, one that owes nothing, and one that is no code."""
SHARES = (1, 50, 100, 101, 250)
"""What is paid of a claim, percent."""
TIMES = ("10:30", "11:15", "13:10", "15:40", "16:55", "18:45")

lodging = st.tuples(st.just("lodge"), st.sampled_from(PRICES), st.sampled_from(GOODS))
payment = st.tuples(
    st.just("pay"), st.integers(0, 7), st.tuples(st.sampled_from(SHARES), st.sampled_from("ABXUQ"))
)
deed = st.tuples(
    st.sampled_from(["amend", "invalidate", "defer", "cash", "recall", "spend"]),
    st.integers(0, 7),
    st.sampled_from(PRICES),
)
step = st.one_of(lodging, payment, payment, deed)
days = st.lists(st.lists(step, min_size=1, max_size=7), min_size=2, max_size=len(TIMES))
"""What happens before each time of the day."""


class Day:
    """A union in whose customs anything may happen."""

    def __init__(self, root: Path, *, stays_up: bool) -> None:
        self.union = CustomsUnion(root, stays_up=stays_up)
        self.union.at("10:01").settle()
        self.union.make_markets()
        line, valid = Money(300_00, currency("KZT")), (date(2026, 1, 1), date(2026, 12, 31))
        self.grn = self.union.ok(
            lambda work: take(work, "KZ", "KZ-A", TRADER, line, valid, ("KZ",), "KZ.chief")
        ).grn
        self.lodged: list[tuple[str, str]] = []
        """(MRN, number) of what has been accepted."""
        self.paid: list[tuple[str, str]] = []
        """(payer, UETR) of payments for claims."""
        self.count = 0

    def lodge(self, price: str, goods: str) -> None:
        self.count += 1
        made = self.union.lodge(number=f"D-{self.count}", price=price, goods=goods)
        if made.mrn:
            self.lodged.append((made.mrn, made.lrn))

    def pay(self, which: int, how: tuple[int, str]) -> None:
        """Pay part of a claim, all of it or more, by a bank and a route."""
        if not self.lodged:
            return
        mrn, _ = self.lodged[which % len(self.lodged)]
        percent, way = how
        minor = max(1, self.due(mrn) * percent // 100)
        amount, quote = f"{minor // 100}.{minor % 100:02d}", f"/MRN/{mrn}"
        union = self.union
        if way in "AB":
            payer = {"A": A, "B": B}[way]
            uetr = union.pay(payer, KZ, amount, remittance=quote)
        elif way == "X":
            payer, most = D, f"{minor * 103 / 62500 + 0.01:.2f}"
            uetr = union.convert(D, KZ, amount, "KZT", "INR", most=most, remittance=quote)
        elif way == "U":
            payer, uetr = D, union.through(D, KZ, amount, "KZT", "INR", remittance=quote)
        else:
            payer, uetr = A, union.pay(A, KZ, amount, remittance=f"/CASH/{TRADER}")
        self.paid.append((payer, uetr))

    def due(self, mrn: str) -> int:
        claim = ask_customs(self.union.home).claim(mrn)
        return claim.left or claim.total if claim else 100

    def do(self, name: str, which: int, price: str) -> None:
        """What a trader does; what may not be done changes nothing."""
        if name == "spend":
            self.union.pay(B, A, ("10300", "300", "20")[which % 3])
        elif name == "recall" and self.paid:
            payer, uetr = self.paid[which % len(self.paid)]
            self.union.recall(payer, uetr, case=f"CASE-{self.count}-{len(self.paid)}-{which}")
        elif name not in ("spend", "recall") and self.lodged:
            mrn, number = self.lodged[which % len(self.lodged)]
            deeds: dict[str, Callable[[Any], Any]] = {
                "amend": lambda work: _amend(work, mrn, number, price),
                "invalidate": lambda work: invalidate(work, mrn, TRADER, "a slip"),
                "defer": lambda work: defer(work, mrn, self.grn, TRADER),
                "cash": lambda work: pay_from_cash(work, mrn, TRADER),
            }
            before = self.balances()
            try:
                self.union.ok(deeds[name])
            except OperatorError:
                assert self.balances() == before

    def balances(self) -> dict[str, int]:
        """All accounts that are not empty."""
        return {name: balance for name, balance in self.union.books().items() if balance}

    def live(self, drawn: list[Any]) -> None:
        """Live through the day; after each step and each time all must hold."""
        for time, steps in zip(TIMES, drawn, strict=False):
            self.union.at(time).settle()
            for kind, first, second in steps:
                if kind == "lodge":
                    self.lodge(first, second)
                elif kind == "pay":
                    self.pay(first, second)
                else:
                    self.do(kind, first, second)
                self.union.settle()
                customs_hold(self.union)
        self.union.at("19:00").settle()
        customs_hold(self.union)
        self.union.at("10:30", "2026-09-30").settle()
        day, due_on = date(2026, 9, 30), date(2026, 10, 15)
        for month in self.union.ok(lambda work: charge(work, "KZ", day, due_on, "KZ.officer.1")):
            customs_hold(self.union)
            amount = f"{month.total // 100}.{month.total % 100:02d}"
            self.union.pay(A, KZ, amount, remittance=f"/MRN/{month.reference}")
            self.union.settle()
            claim = ask_customs(self.union.home).claim(month.reference)
            assert claim is not None and claim.status == "met", claim
        customs_hold(self.union)


def _amend(work: Any, mrn: str, number: str, price: str) -> Any:
    body = declaration(number, price)
    declared = declaration_json.read(body)
    assert not isinstance(declared, list), declared
    found = amend(work, mrn, declared, body, TRADER)
    return found[0] if isinstance(found, list) else found


def came_to(union: CustomsUnion) -> list[Any]:
    """What a day came to, but for when the writer was started."""
    asked = ask_customs(union.home)
    claims = asked.connection.execute("SELECT * FROM customs_claim ORDER BY reference").fetchall()
    return [asked.declarations(), claims, union.books()]


@pytest.mark.slow
@given(days)
@settings(
    max_examples=int(os.environ.get("TASVIYA_SOAK", "4")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),
)
def test_any_customs_day(drawn: list[Any]) -> None:
    with TemporaryDirectory() as directory:
        stayed = Day(Path(directory) / "one", stays_up=True)
        stayed.live(drawn)
        stayed.union.close()
        restarted = Day(Path(directory) / "two", stays_up=False)
        restarted.live(drawn)
        assert came_to(stayed.union) == came_to(restarted.union)
