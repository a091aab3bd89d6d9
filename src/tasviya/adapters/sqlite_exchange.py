"""The exchange in the embedded store: orders, pairs, batches, prices and fills, read and written."""

from __future__ import annotations

import msgspec

from tasviya.adapters.sqlite_connection import Connection
from tasviya.exchange.market import OrderKind
from tasviya.exchange.order import Order, OrderStatus
from tasviya.services.exchange_book import QuoteRow
from tasviya.services.unit_of_work import Changes

ORDER_COLUMNS = Order.__struct_fields__
ORDER_LIST = ", ".join(ORDER_COLUMNS)


class StoredExchange:
    """What the store answers about the exchange."""

    connection: Connection

    def open_orders(self) -> list[Order]:
        return self._orders("status = 'open' ORDER BY seq")

    def order_named(self, order_id: str) -> Order | None:
        return next(iter(self._orders("order_id = ?", order_id)), None)

    def open_quotes(self) -> list[QuoteRow]:
        standing = "SELECT quote_seq FROM exchange_order WHERE status = 'open' AND quote_seq <> 0"
        return self._quotes(f"seq IN ({standing}) ORDER BY seq")

    def quote_named(self, quote_id: str) -> QuoteRow | None:
        return next(iter(self._quotes("quote_id = ?", quote_id)), None)

    def quotes_given(self, from_ns: int, until_ns: int) -> list[QuoteRow]:
        return self._quotes("given_at >= ? AND given_at < ? ORDER BY seq", from_ns, until_ns)

    def pairs(self) -> dict[tuple[str, str], int]:
        rows = self.connection.execute("SELECT sell, buy, exponent FROM exchange_pair")
        return {(sell, buy): exponent for sell, buy, exponent in rows}

    def latest_batch_ns(self) -> int:
        return int(self.connection.execute("SELECT coalesce(max(at), 0) FROM exchange_batch").fetchone()[0])

    def _quotes(self, where: str, *values: str | int) -> list[QuoteRow]:
        rows = self.connection.execute(f"SELECT * FROM exchange_quote WHERE {where}", values)
        return [QuoteRow(*row) for row in rows]

    def _orders(self, where: str, *values: str) -> list[Order]:
        sql = f"SELECT {ORDER_LIST} FROM exchange_order WHERE {where}"
        found = [Order(*row) for row in self.connection.execute(sql, values)]
        for order in found:
            order.kind, order.status = OrderKind(order.kind), OrderStatus(order.status)
            order.whole = bool(order.whole)
        return found


def write_exchange(db: Connection, changes: Changes) -> None:
    """Write what a unit of work changes of the exchange."""
    if changes.pairs:
        db.executemany("INSERT INTO exchange_pair VALUES (?, ?, ?)", changes.pairs)
    if changes.orders:
        marks = ", ".join("?" * len(ORDER_COLUMNS))
        rows = [_values(order) for _, order in sorted(changes.orders.items())]
        db.executemany(f"INSERT OR REPLACE INTO exchange_order ({ORDER_LIST}) VALUES ({marks})", rows)
    for quote in changes.quotes:
        db.execute(f"INSERT INTO exchange_quote VALUES ({_marks(quote)})", _values(quote))
    for batch in changes.batches:
        db.execute(f"INSERT INTO exchange_batch VALUES ({_marks(batch)})", _values(batch))
    if changes.prices:
        db.executemany("INSERT INTO exchange_price VALUES (?, ?, ?, ?, ?)", changes.prices)
    if changes.fills:
        db.executemany("INSERT INTO exchange_fill VALUES (?, ?, ?, ?)", changes.fills)


def _values(row: msgspec.Struct) -> tuple[object, ...]:
    """A row's values, in the order of its columns."""
    return msgspec.structs.astuple(row)


def _marks(row: msgspec.Struct) -> str:
    return ", ".join("?" * len(row.__struct_fields__))
