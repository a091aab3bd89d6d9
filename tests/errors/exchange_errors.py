"""What stops an order, a batch or its proof: one small act each, in a union with an exchange."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from exchange_union import A, B, D, ExchangeUnion
from small_union import TOMORROW, SmallUnion
from trading import instruct

from tasviya.app import ask_exchange
from tasviya.exchange.market import PAIR_MAX
from tasviya.services.batch_proof import from_file
from tasviya.services.order_forms import ORDERS_MAX, OrderForm, forms_in, wanted
from tasviya.services.orders import enter_order
from tasviya.services.quotes import withdraw_quote

Act = Callable[[Path], object]


def union_in(directory: Path) -> ExchangeUnion:
    return ExchangeUnion(directory / "home").at("10:10").settle()  # type: ignore[return-value]


def order(*what: str, bic: str = A, **more: str) -> Act:
    return lambda directory: union_in(directory).order(bic, *what, **more)


def without_exchange(directory: Path) -> None:
    union = SmallUnion(directory / "home").at("10:00").settle()
    with union.application() as application:
        form = OrderForm("ONE", "KZT", "OMR", "1", "0.001")
        (asked,) = wanted("KZ-A", [form], application.system.memory.snapshot)
        application.do(lambda work: enter_order(work, asked))


def suspended(directory: Path) -> None:
    union = union_in(directory)
    with union.application() as application:
        form = OrderForm("ONE", "KZT", "INR", "1", "0.16")
        (asked,) = wanted("KZ-S", [form], application.system.memory.snapshot)
        application.do(lambda work: enter_order(work, asked))


def rescinded_late(directory: Path) -> None:
    union = union_in(directory)
    instruct(union, A, D, "1000 KZT", "160 INR", "A-1", settlement_date=TOMORROW)
    instruct(union, D, A, "160 INR", "1000 KZT", "D-7", settlement_date=TOMORROW)
    union.settle()
    union.rescind(A, ask_exchange(union.home).own_trades(A)[0]["trade"])


def another_under_its_reference(directory: Path) -> None:
    union = union_in(directory)
    union.order(A, "ONE", "KZT", "INR", 10, "0.16")
    union.order(A, "ONE", "KZT", "INR", 11, "0.16")


def cancelled_twice(directory: Path) -> None:
    union = union_in(directory)
    entered = union.order(A, "ONE", "KZT", "INR", 10, "0.16")
    union.cancel(A, entered)
    union.cancel(A, entered)


def another_s(directory: Path) -> None:
    union = union_in(directory)
    union.cancel(B, union.order(A, "ONE", "KZT", "INR", 10, "0.16"))


def pair_full(directory: Path) -> None:
    """As many open orders as a batch can add up, without the money of a world behind them."""
    union = union_in(directory)
    with union.application() as application:
        form = OrderForm("ONE", "KZT", "INR", "1", "0.16")
        (asked,) = wanted("KZ-A", [form], application.system.memory.snapshot)
        application.do(lambda work: enter_order(work, asked))
        (stands,) = application.system.memory.book.orders.values()
        application.system.memory.book.reduce(stands, stands.quantity - PAIR_MAX)
        form = OrderForm("TWO", "KZT", "INR", "1", "0.16")
        (asked,) = wanted("KZ-A", [form], application.system.memory.snapshot)
        application.do(lambda work: enter_order(work, asked))


def quote(*what: str) -> Act:
    return lambda directory: union_in(directory).quote(A, *what)


def another_quote(directory: Path) -> None:
    union = union_in(directory)
    union.quote(A, "ONE", "INR/KZT", "6.24", "6.26", "10", "10:20")
    union.quote(A, "ONE", "INR/KZT", "6.24", "6.27", "10", "10:20")


def unknown_quote(directory: Path) -> None:
    with union_in(directory).application() as application:
        application.do(lambda work: withdraw_quote(work, "KZ-A", "Q0"))


EXCHANGE_CASES: list[tuple[str, str, str, Act]] = [
    ("no_exchange", "Orders need an exchange.", "Enter one in a union without", without_exchange),
    ("same_currency", "An order sells one currency for another.", "Sell KZT for KZT",
     order("ONE", "KZT", "KZT", "1", "1")),
    ("not_active", "Only active participants trade.", "Enter an order of a suspended bank", suspended),
    ("no_account", "A participant trades currencies in which it has accounts.", "Buy INR without an account",
     order("ONE", "KZT", "INR", "1", "0.16", bic=B)),
    ("not_open", "Orders are entered while both currencies are open.", "Buy INR before 10:00",
     lambda d: union_in(d).at("18:40").settle().order(A, "ONE", "KZT", "INR", "1", "0.16")),  # type: ignore[attr-defined]
    ("expired", "An order's own time lies ahead.", "Let it end an hour ago",
     order("ONE", "KZT", "INR", "1", "0.16", until="2026-09-29T09:00:00Z")),
    ("not_an_order", "An order has an amount.", "Sell 0 KZT", order("ONE", "KZT", "INR", "0", "0.16")),
    ("limit_out_of_range", "A limit is near some rate, and gets something.", "Sell a KZT for a billion INR",
     order("ONE", "KZT", "INR", "1", "1000000000")),
    ("pair_full", f"The open orders of a pair add up to {PAIR_MAX:,} minor units at the most.",
     "Enter one more", pair_full),
    ("order_repeated", "A reference names one order.", "Use it for another", another_under_its_reference),
    ("unknown_order", "A participant cancels its own orders.", "Cancel another's", another_s),
    ("order_ended", "An order ends once.", "Cancel one twice", cancelled_twice),
    ("unknown_trade", "A participant rescinds its own trades.", "Rescind one that is none",
     lambda d: union_in(d).rescind(A, "T000000000000000000000000")),
    ("trade_matched", "What both sides have instructed binds them.", "Rescind it then", rescinded_late),
    ("FX05", "A quote's bid is not above its ask, and it has a size and a time.", "Quote 6.26 to 6.24",
     quote("ONE", "INR/KZT", "6.26", "6.24", "10", "10:20")),
    ("FX06", "A quote is not stale.", "Quote until five minutes ago",
     quote("ONE", "INR/KZT", "6.24", "6.26", "10", "10:05")),
    ("FX07", "A quote is near the last rate.", "Quote 6 for 6.25",
     quote("ONE", "INR/KZT", "6", "6.26", "10", "10:20")),
    ("quote_repeated", "A reference names one quote.", "Use it for another", another_quote),
    ("unknown_quote", "A provider withdraws its own open quotes.", "Withdraw one that is not there",
     unknown_quote),
    ("bad_columns", "A file of orders names its columns.", "Leave out `limit`",
     lambda d: forms_in("reference,sell,buy,amount\n", "orders.csv")),
    ("bad_row", "A line has a cell for every column.", "Leave one out",
     lambda d: forms_in("reference,sell,buy,amount,limit\nONE,KZT,INR,1\n", "orders.csv")),
    ("too_many_orders", f"A file has {ORDERS_MAX:,} orders at the most.", "Write one more",
     lambda d: forms_in("reference,sell,buy,amount,limit\n" + "1,KZT,INR,1,1\n" * (ORDERS_MAX + 1), "o.csv")),
    ("bad_value", "A column has certain values.", "Fix `both`",
     order("ONE", "KZT", "INR", "1", "0.16", fixed="both")),
    ("no_reference", "An order has a reference.", "Leave it empty", order("", "KZT", "INR", "1", "0.16")),
    ("bad_amount", "An amount has its currency's decimals.", "Sell 1.001 KZT",
     order("ONE", "KZT", "INR", "1.001", "0.16")),
    ("bad_rate", "A limit is a decimal above zero.", "Limit an order by 0",
     order("ONE", "KZT", "INR", "1", "0")),
    ("unknown_batch", "A batch is known by its number.", "`tasviya exchange prices 7`",
     lambda d: ask_exchange(union_in(d).home).batch(7)),
    ("not_a_batch", "A batch's record is a file that `tasviya exchange record` made.", "Verify another file",
     lambda d: from_file(b"something else", "batch.bin")),
]  # fmt: skip
