"""Official rates and the unit's values in the embedded store, read and written."""

from __future__ import annotations

from tasviya.adapters.sqlite_connection import Connection
from tasviya.services.rate_rows import (
    BatchReading,
    RateRow,
    UnitBasketRow,
    ValueRow,
)
from tasviya.services.unit_of_work import Changes

RATE_LIST = ", ".join(RateRow._fields)
ALWAYS = 2**63 - 1


class StoredRates:
    """What the store answers about rates and the unit."""

    connection: Connection

    def latest_fixing(self) -> str:
        sql = "SELECT coalesce(max(business_date), '') FROM fixing"
        return str(self.connection.execute(sql).fetchone()[0])

    def latest_rates(self) -> list[RateRow]:
        later = "SELECT max(business_date) FROM official_rate l WHERE l.currency = r.currency"
        return self._rates(f"business_date = ({later}) ORDER BY currency")

    def rates_before(self, business_date: str, count: int) -> list[RateRow]:
        fixings = (
            "SELECT business_date FROM fixing WHERE business_date < ? ORDER BY business_date DESC LIMIT ?"
        )
        where = f"business_date IN ({fixings}) ORDER BY business_date DESC, currency"
        return self._rates(where, business_date, count)

    def exchange_values(self) -> list[ValueRow]:
        rows = self.connection.execute("SELECT currency, value, source FROM exchange_value ORDER BY currency")
        return [ValueRow(*row) for row in rows]

    def date_span(self, business_date: str) -> tuple[int, int]:
        opened = (
            "SELECT min(j.at) FROM operating_day d JOIN journal j ON j.commit_seq = d.opened_commit"
            " WHERE d.business_date"
        )
        (begins,) = self.connection.execute(f"{opened} = ?", (business_date,)).fetchone()
        (ends,) = self.connection.execute(f"{opened} > ?", (business_date,)).fetchone()
        return begins or 0, ALWAYS if ends is None else ends

    def batch_readings(self, from_ns: int, until_ns: int) -> list[BatchReading]:
        rows = self.connection.execute(
            "WITH batch AS (SELECT seq FROM exchange_batch WHERE at >= ? AND at < ?),"
            " filled AS (SELECT f.batch_seq, o.sell, o.buy, o.participant FROM batch b"
            "  JOIN exchange_fill f ON f.batch_seq = b.seq JOIN exchange_order o ON o.seq = f.order_seq),"
            " behind AS (SELECT batch_seq, currency, count(*) AS orders, count(DISTINCT participant) AS banks"
            "  FROM (SELECT batch_seq, sell AS currency, participant FROM filled"
            "  UNION ALL SELECT batch_seq, buy, participant FROM filled) GROUP BY batch_seq, currency)"
            " SELECT p.batch_seq, p.currency, p.value, coalesce(n.orders, 0), coalesce(n.banks, 0)"
            " FROM batch b JOIN exchange_price p ON p.batch_seq = b.seq"
            " LEFT JOIN behind n ON n.batch_seq = p.batch_seq AND n.currency = p.currency"
            " WHERE p.price > 0 ORDER BY p.batch_seq, p.currency",
            (from_ns, until_ns),
        )
        return [BatchReading(*row) for row in rows]

    def basket_rows(self, code: str) -> list[UnitBasketRow]:
        rows = self.connection.execute(
            "SELECT code, valid_from, currency, amount, weight, anchor FROM unit_basket WHERE code = ?"
            " ORDER BY valid_from, currency",
            (code,),
        )
        return [UnitBasketRow(*row) for row in rows]

    def _rates(self, where: str, *values: str | int) -> list[RateRow]:
        sql = f"SELECT {RATE_LIST} FROM official_rate r WHERE {where}"
        rows = self.connection.execute(sql, values)
        return [RateRow(*row) for row in rows]


def write_rates(db: Connection, changes: Changes) -> None:
    """Write what a unit of work changes of rates and the unit."""
    for table, rows in (
        ("fixing", changes.fixings),
        ("official_rate", changes.rates),
        ("unit_basket", changes.unit_baskets),
        ("unit_fixing", changes.unit_fixings),
        ("unit_value", changes.unit_values),
    ):
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    if changes.values:
        db.executemany("INSERT OR REPLACE INTO exchange_value VALUES (?, ?, ?)", changes.values.values())
