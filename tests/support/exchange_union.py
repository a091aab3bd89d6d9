"""A small union with an exchange at work: three currencies, payments between any two of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from small_union import DECIMALS, SmallUnion, minor

from tasviya.app import ask, ask_exchange
from tasviya.exchange.fixing import Fixing
from tasviya.exchange.market import OrderKind
from tasviya.exchange.order import Order, tick_at_least
from tasviya.exchange.union_unit import Basket
from tasviya.services.exchange import enter
from tasviya.services.fixing import fix_date
from tasviya.services.operating_day import close_day, open_day
from tasviya.services.order_forms import OrderForm, wanted
from tasviya.services.orders import cancel_order, enter_order
from tasviya.services.unit import revise
from tasviya.services.work import Work

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

    def quote(self, bic: str, base: str, counter: str, bid: str, ask: str, size: float | str = 100) -> None:
        """A firm two-way quote as it stands in the book: its ask sells the base, its bid buys it."""

        def stand(work: Work) -> None:
            book, snapshot = work.memory.book, work.memory.snapshot
            number = 1 + max((order.quote_seq for order in book.orders.values()), default=0)
            for kind, sell, buy, limit in (
                (OrderKind.EXACT_IN, base, counter, Fraction(ask)),
                (OrderKind.EXACT_OUT, counter, base, 1 / Fraction(bid)),
            ):
                scale = Fraction(10 ** DECIMALS[buy], 10 ** DECIMALS[sell])
                exponent = book.exponent(sell, buy, book.rate(sell, buy, snapshot) or limit * scale)
                tick = tick_at_least(limit * scale, exponent)
                assert tick is not None
                order = Order(
                    *(work.memory.numbers.order, f"O{work.memory.numbers.order:024x}", CODE[bic]),
                    *(sell, buy, kind, minor(size, base), tick, False, 0, work.now_ns),
                    quote_seq=number,
                )
                enter(work, order, exponent)

        self._do(stand)

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
        self.order(A, "BUY-INR", "KZT", "INR", 20_000, "0.158")
        self.order(A, "SELL-INR", "INR", "KZT", 3_000, "6.19")
        self.order(A, "BUY-OMR", "KZT", "OMR", 20_000, "0.00072")
        self.order(A, "SELL-OMR", "OMR", "KZT", 40, "1361")

    def spendable(self, bic: str, currency: str = "KZT") -> int:
        """What a bank can spend of its settlement account, minor units."""
        (row,) = [r for r in ask(self.home).liquidity(CODE[bic], currency) if not r["with_whom"]]
        return minor(row["spendable"], currency)

    def batch(self, number: int | None = None) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """A batch's head, and what it came to by currency."""
        head, rows = ask_exchange(self.home).batch(number)
        return head, {row["currency"]: row for row in rows}
