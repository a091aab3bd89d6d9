"""A small union with an exchange at work: three currencies, payments between any two of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from small_union import SmallUnion, minor

from tasviya.app import ask, ask_exchange
from tasviya.core.clock import iso_instant
from tasviya.exchange.fixing import Fixing
from tasviya.exchange.order import Order
from tasviya.exchange.union_unit import Basket
from tasviya.services.exchange_book import QuoteRow
from tasviya.services.fixing import fix_date
from tasviya.services.operating_day import close_day, open_day
from tasviya.services.order_forms import OrderForm, QuoteForm, wanted, wanted_quote
from tasviya.services.orders import cancel_order, enter_order
from tasviya.services.quotes import post_quote
from tasviya.services.trades import rescind
from tasviya.services.unit import revise
from tasviya.services.work import Work
from tasviya.settlement.trade import Trade

T = TypeVar("T")

UNION = Path(__file__).parent / "exchange_union.toml"

A, B, SUSPENDED = "ALFAKZ20XXX", "BETAKZ20XXX", "SUSPKZ20XXX"
D, G = "DELTIN20XXX", "GAMAIN20XXX"
E, F = "EPSIOM20XXX", "PHIXOM20XXX"
CODE = {A: "KZ-A", B: "KZ-B", SUSPENDED: "KZ-S", D: "IN-D", G: "IN-G", E: "OM-E", F: "OM-F"}


class ExchangeUnion(SmallUnion):
    """As SmallUnion, with three members; it opens at 09:00, INR at 10:00, and clears at every half hour."""

    def __init__(self, root: Path, *, union: Path = UNION, **options: Any) -> None:
        super().__init__(root, union=union, **options)

    def convert(
        self,
        payer: str,
        payee: str,
        amount: float | str,
        currency: str,
        debit: str,
        *,
        most: float | str | None = None,
        route: str | None = None,
        **changes: Any,
    ) -> str:
        """A payment of `amount` in one currency, debited in another. Returns its UETR.

        most: InstdAmt; None leaves it out and names the payer's bank's account instead. route: LclInstrm.
        """
        facts: dict[str, Any] = {"local_instrument": route}
        if most is None:
            facts["debtor_agent_account"] = f"ACC{payer[0] if payer != F else 'F'}{debit}"
        else:
            facts |= {"instructed_amount": str(most), "instructed_currency": debit}
        return self.pay(payer, payee, amount, currency, **(facts | changes))

    def balance(self, bic: str, currency: str = "KZT", with_whom: str = "") -> int:
        """A bank's settlement account, minor units; or its vostro account for a respondent."""
        for row in ask(self.home).liquidity(CODE[bic], currency):
            if row["participant"] == CODE[bic] and row["with_whom"] == (CODE[with_whom] if with_whom else ""):
                return minor(row["balance"], currency)
        raise LookupError(bic)

    def order(
        self, bic: str, reference: str, sell: str, buy: str, amount: float | str, limit: str, **more: str
    ) -> Order:
        """A participant's own order, as its form would have it; entered at this time."""
        form = OrderForm(reference, sell, buy, str(amount), limit, **more)
        return self._do(lambda work: enter_order(work, wanted(CODE[bic], [form], work.memory.snapshot)[0]))

    def cancel(self, bic: str, order: Order) -> Order:
        """Its owner no longer wants it."""
        return self._do(lambda work: cancel_order(work, CODE[bic], order.order_id))

    def rescind(self, bic: str, trade_id: str) -> Trade:
        """A side takes its instruction of a trade back."""
        return self._do(lambda work: rescind(work, CODE[bic], trade_id))

    def fix(self, day: date) -> Fixing:
        """Fix a date now."""
        return self._do(lambda work: fix_date(work, day))

    def open_currency(self, currency: str, day: date) -> None:
        """Open a currency's day ahead of its hour."""
        self._do(lambda work: open_day(work, currency, day))

    def close_currency(self, currency: str, day: date) -> None:
        """Close a currency's day ahead of its hour."""
        self._do(lambda work: close_day(work, currency, day))

    def revise(self, weights: dict[str, Fraction] | None = None, **more: Any) -> Basket:
        """Revise the unit now."""
        return self._do(lambda work: revise(work, weights, **more))

    def _do(self, act: Callable[[Work], T]) -> T:
        application = self.application()
        try:
            application.system.advance()
            done = application.do(act)
            application.tell()
            application.system.memory.check()
        finally:
            if not self.stays_up:
                application.__exit__(None, None, None)
        return done

    def make_markets(self) -> None:
        """KZ-A buys and sells INR and OMR for KZT, a per cent around the central banks' rates."""
        self.order(A, "BUY-INR", "KZT", "INR", 20_000, "0.1616")
        self.order(A, "SELL-INR", "INR", "KZT", 3_000, "6.31")
        self.order(A, "BUY-OMR", "KZT", "OMR", 20_000, "0.000735")
        self.order(A, "SELL-OMR", "OMR", "KZT", 40, "1389")

    def spendable(self, bic: str, currency: str = "KZT") -> int:
        """What a bank can spend of its settlement account, minor units."""
        (row,) = [r for r in ask(self.home).liquidity(CODE[bic], currency) if not r["with_whom"]]
        return minor(row["spendable"], currency)

    def batch(self, number: int | None = None) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """A batch's head, and what it came to by currency."""
        head, rows = ask_exchange(self.home).batch(number)
        return head, {row["currency"]: row for row in rows}

    def firm(self, bic: str, base: str, counter: str, bid: str, ask: str) -> QuoteRow:
        """A provider's quote of a hundred each way, firm for ten minutes from now."""
        form = QuoteForm(
            f"FIRM-{next(self._numbers)}",
            *(base, counter, bid, ask, "100", iso_instant(self.now + 600 * 10**9)),
        )
        return self._do(lambda work: post_quote(work, wanted_quote(CODE[bic], form, work.memory.snapshot)))

    def quote(
        self, bic: str, reference: str, pair: str, bid: str, ask: str, size: str, until: str
    ) -> QuoteRow:
        """A provider's firm quote; `until` is a time of the day."""
        base, _, counter = pair.partition("/")
        form = QuoteForm(reference, base, counter, bid, ask, size, f"{self.day}T{until}:00Z")
        return self._do(lambda work: post_quote(work, wanted_quote(CODE[bic], form, work.memory.snapshot)))
