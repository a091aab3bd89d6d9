"""Whatever is paid, deferred, corrected, refunded and drawn back, in whatever order: the books hold."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from customs_acts import (
    CHIEF,
    KZ,
    asked,
    charged,
    corrected,
    deferred,
    granted,
    guaranteed,
    released,
    send_refund,
    with_refunds,
)
from customs_union import TRADER, CustomsUnion
from exchange_union import A
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasviya.app import ask_customs
from tasviya.core.errors import OperatorError
from tasviya.core.money import format_minor
from tasviya.customs.claim import OUTGOING, Claim
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.refund import LineUse
from tasviya.services.drawbacks import draw_back
from tasviya.services.paid_taxes import paid_accounts
from tasviya.services.refunds import pay_to_cash
from tasviya.services.work import Work

PRICES = ("250.00", "500.00", "999.99", "1500.00", "2345.67")
SATURDAY = 5
NEW, OLD = ("pay", "defer"), ("correct", "refund", "draw", "grant", "send", "to_cash", "pay_part", "charge")
steps = st.lists(
    st.tuples(st.sampled_from(NEW + OLD * 2), st.integers(0, 3), st.sampled_from(PRICES)),
    min_size=4,
    max_size=12,
)


class Player:
    """Carries acts out in a union that stays up; what is refused changes nothing."""

    def __init__(self, root: Path) -> None:
        self.union = CustomsUnion(root, stays_up=True)
        self.union.at("10:30").settle()
        with_refunds(self.union)
        self.grn = guaranteed(self.union, 20_000_00)
        self.mrns: list[str] = []
        self.exports = 0

    def play(self, act: str, which: int, price: str) -> None:
        if act in NEW or not self.mrns:
            number = f"D-{len(self.mrns) + 1}"
            made = (
                deferred(self.union, self.grn, number)
                if act == "defer"
                else released(self.union, number, price)
            )
            self.mrns.append(made)
            return
        place = which % len(self.mrns)
        with suppress(OperatorError):
            getattr(self, f"_{act}")(self.mrns[place], f"D-{place + 1}", price)

    def _correct(self, mrn: str, number: str, price: str) -> None:
        corrected(self.union, mrn, price, number)

    def _refund(self, mrn: str, number: str, price: str) -> None:
        asked(self.union, mrn, price, number)

    def _draw(self, mrn: str, number: str, price: str) -> None:
        self.exports += 1
        export = self.union.lodge(number=f"X-{self.exports}", kind="export").mrn
        uses = [LineUse(mrn, 1, int(price[0]) * 1_000)]
        self.union.ok(lambda work: draw_back(work, export, uses, TRADER, "built in"))

    def _grant(self, mrn: str, number: str, price: str) -> None:
        for row in ask_customs(self.union.home).refunds(status="asked"):
            granted(self.union, row["reference"])

    def _send(self, mrn: str, number: str, price: str) -> None:
        for claim in self.open(outgoing=True)[:1]:
            send_refund(self.union, claim.reference)

    def _to_cash(self, mrn: str, number: str, price: str) -> None:
        for claim in self.open(outgoing=True)[:1]:
            self.union.ok(lambda work, claim=claim: pay_to_cash(work, claim.reference, CHIEF))

    def _pay_part(self, mrn: str, number: str, price: str) -> None:
        for claim in self.open(outgoing=False)[:1]:
            self.pay(claim, max(claim.left // 3, 1))

    def _charge(self, mrn: str, number: str, price: str) -> None:
        day = date.fromisoformat(self.union.day) + timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        self.union.at("10:30", day.isoformat()).settle()
        charged(self.union, day, day)

    def pay(self, claim: Claim, minor: int) -> None:
        self.union.pay(A, KZ, format_minor(minor, 2), remittance=f"/MRN/{claim.reference}")
        self.union.settle()

    def open(self, *, outgoing: bool) -> list[Claim]:
        found = ask_customs(self.union.home).open_claims("KZ")
        return [each for each in found if (each.kind in OUTGOING) is outgoing]

    def settlement(self) -> int:
        """What is on customs' settlement account: all that came in through banks, less what went out."""
        return self.union.books()["KZ-CUSTOMS/KZT/settlement/"]

    def must_hold(self) -> None:
        """What holds after every act."""
        assert self.union.customs_books().get("KZ/cash", 0) == self.settlement()

        def never_more_than_paid(work: Work) -> None:
            for mrn in self.mrns:
                lodged = work.memory.customs.of(mrn)
                assert isinstance(lodged, Lodgement)
                accounts = paid_accounts(work, lodged)
                assert all(each.left >= 0 for each in accounts.values()), (mrn, accounts)
                claims = [each for each in work.memory.customs.claims_about(mrn) if each.kind not in OUTGOING]
                due = [each for each in claims if each.kind != "deferred"]
                for tax, each in accounts.items():
                    claimed = sum(claim.taxes.get(tax, 0) for claim in due)
                    assert lodged.taxes.get(tax, 0) == claimed - each.refunded, (mrn, tax)

        self.union.ok(never_more_than_paid)

    def end(self) -> None:
        """All that is due is paid, all that is owed is paid out."""
        self._charge("", "", "")
        for claim in self.open(outgoing=False):
            self.pay(claim, claim.left)
        for claim in self.open(outgoing=True):
            self.union.ok(lambda work, claim=claim: pay_to_cash(work, claim.reference, CHIEF))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(steps)
def test_books_hold_whatever_is_paid_corrected_and_given_back(played: list[tuple[str, int, str]]) -> None:
    with TemporaryDirectory() as directory:
        player = Player(Path(directory))
        try:
            for act, which, price in played:
                player.play(act, which, price)
                player.must_hold()
            player.end()
            player.must_hold()
            books = player.union.customs_books()
            kinds = {name.split("/")[1] for name in books if not name.startswith("KZ/guarantee")}
            assert kinds <= {"cash", "revenue", "pool", "trader_cash"}, books
            held = sum(minor for name, minor in books.items() if name.split("/")[1] in kinds - {"cash"})
            assert held == books.get("KZ/cash", 0)
        finally:
            player.union.close()
