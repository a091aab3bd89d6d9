"""The exchange in the embedded store: orders, pairs, batches, prices and fills, read and written."""

from __future__ import annotations

from tasviya.adapters.sqlite_connection import Connection
from tasviya.exchange.market import OrderKind
from tasviya.exchange.order import Order, OrderStatus
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

    def pairs(self) -> dict[tuple[str, str], int]:
        rows = self.connection.execute("SELECT sell, buy, exponent FROM exchange_pair")
        return {(sell, buy): exponent for sell, buy, exponent in rows}

    def latest_values(self) -> dict[str, str]:
        fixed = "SELECT currency, value, max(business_date) FROM official_rate GROUP BY currency"
        priced = "SELECT currency, value, max(batch_seq) FROM exchange_price GROUP BY currency"
        return {code: value for sql in (fixed, priced) for code, value, _ in self.connection.execute(sql)}

    def latest_batch_ns(self) -> int:
        return int(self.connection.execute("SELECT coalesce(max(at), 0) FROM exchange_batch").fetchone()[0])

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
        db.executemany(
            f"INSERT OR REPLACE INTO exchange_order ({ORDER_LIST}) VALUES ({marks})",
            [
                tuple(getattr(order, name) for name in ORDER_COLUMNS)
                for _, order in sorted(changes.orders.items())
            ],
        )
    for batch in changes.batches:
        values = tuple(getattr(batch, name) for name in batch.__struct_fields__)
        db.execute(f"INSERT INTO exchange_batch VALUES ({', '.join('?' * len(values))})", values)
    if changes.prices:
        db.executemany("INSERT INTO exchange_price VALUES (?, ?, ?, ?, ?)", changes.prices)
    if changes.fills:
        db.executemany("INSERT INTO exchange_fill VALUES (?, ?, ?, ?)", changes.fills)
