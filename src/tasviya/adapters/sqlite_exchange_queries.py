"""Questions about the exchange that anyone with the store's file can ask while its writer works."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tasviya.adapters.sqlite_connection import Connection
from tasviya.core.clock import iso_instant
from tasviya.core.currencies import currency, iso_currencies
from tasviya.core.errors import OperatorError
from tasviya.core.money import format_minor
from tasviya.exchange.market import OrderKind
from tasviya.exchange.order import limit_of
from tasviya.membership.participant import full_bic
from tasviya.services.exchange_book import rounded

Row = dict[str, Any]

LARGEST = 2**63
"""No column holds a number as large."""


class ExchangeQueries:
    """What can be asked of a store's exchange. Amounts and rates come as decimal texts."""

    def __init__(self, db: Connection) -> None:
        self.db = db

    def sealed_book(self) -> list[Row]:
        """How many orders wait, by pair; not what they want."""
        return self._rows(
            "SELECT sell, buy, count(*) AS orders, sum(payment_seq <> 0) AS for_payments"
            " FROM exchange_order WHERE status = 'open' GROUP BY sell, buy ORDER BY sell, buy"
        )

    def own_orders(self, bic: str) -> list[Row]:
        """A participant's open orders.

        Raises: OperatorError if nobody has that BIC.
        """
        orders = self._rows(
            "SELECT o.*, p.exponent FROM exchange_order o"
            " JOIN exchange_pair p ON p.sell = o.sell AND p.buy = o.buy"
            " WHERE o.status = 'open' AND o.participant = ? ORDER BY o.seq",
            self._participant(bic),
        )
        return [_order(row) for row in orders]

    def own_trades(self, bic: str) -> list[Row]:
        """A participant's instructions of trades, the latest first.

        Raises: OperatorError if nobody has that BIC.
        """
        trades = self._rows(
            "SELECT * FROM trade WHERE participant = ? ORDER BY seq DESC", self._participant(bic)
        )
        return [_trade(row) for row in trades]

    def _participant(self, bic: str) -> str:
        rows = self._rows("SELECT participant FROM participant_bics WHERE bic = ?", full_bic(bic))
        if not rows:
            what = f"No participant has the BIC {bic}."
            raise OperatorError("unknown_sender", what, "Name the BIC of a participant.")
        return str(rows[0]["participant"])

    def quotes(self) -> list[Row]:
        """Firm quotes that stand, with what is left of them."""
        left = (
            "(SELECT quantity FROM exchange_order WHERE quote_seq = q.seq AND status = 'open' AND sell = {})"
        )
        rows = self._rows(
            f"SELECT q.*, p.exponent, {left.format('q.counter')} AS buys, {left.format('q.base')} AS sells"
            " FROM exchange_quote q JOIN exchange_pair p ON p.sell = q.base AND p.buy = q.counter"
            " WHERE q.seq IN (SELECT quote_seq FROM exchange_order WHERE status = 'open')"
            " ORDER BY q.base, q.counter, q.seq"
        )
        told = []
        for row in rows:
            base, counter = currency(row["base"]), currency(row["counter"])
            scale = Fraction(base.minor_per_major, counter.minor_per_major)
            told.append(
                {
                    "quote": row["quote_id"],
                    "provider": row["provider"],
                    "pair": f"{base}/{counter}",
                    "bid": rounded(limit_of(row["bid_tick"], row["exponent"]) * scale, 10),
                    "ask": rounded(limit_of(row["ask_tick"], row["exponent"]) * scale, 10),
                    "buys": format_minor(row["buys"] or 0, base.decimals),
                    "sells": format_minor(row["sells"] or 0, base.decimals),
                    "until": iso_instant(row["expires_at"]),
                }
            )
        return told

    def batches(self) -> list[Row]:
        """All batches, the latest first."""
        rows = self._rows(
            "SELECT seq AS batch, at, orders, filled, set_aside, certified, why FROM exchange_batch"
            " ORDER BY seq DESC"
        )
        return [row | {"at": iso_instant(row["at"]), "certified": _yes(row["certified"])} for row in rows]

    def batch(self, number: int | None) -> tuple[Row, list[Row]]:
        """A batch's head, and a row a currency; None: the latest.

        Raises: OperatorError if there is none.
        """
        head = self._batch_row(number)
        rows = self._rows(
            "SELECT currency, price, value, dust FROM exchange_price WHERE batch_seq = ? ORDER BY currency",
            head["seq"],
        )
        turnover = self._turnover(head["seq"])
        first = next((Fraction(row["value"]) for row in rows), Fraction(1))
        for row in rows:
            code = row["currency"]
            sold, bought = turnover.get(code, (0, 0))
            decimals = currency(code).decimals
            value = Fraction(row.pop("value"))
            row[f"in_{rows[0]['currency']}"] = rounded(value / first, 10)
            row["sold"], row["bought"] = format_minor(sold, decimals), format_minor(bought, decimals)
            row["dust"] = format_minor(row.pop("dust"), decimals)
        told = {
            "batch": head["seq"],
            "at": iso_instant(head["at"]),
            "orders": head["orders"],
            "filled": head["filled"],
            "set_aside": head["set_aside"],
            "certified": _yes(head["certified"]),
            "why": head["why"],
            "digest": head["digest"].hex(),
        }
        return told, rows

    def record(self, number: int | None) -> tuple[bytes, bytes]:
        """A batch's question and answer as they were kept.

        Raises: OperatorError if there is none.
        """
        row = self._batch_row(number)
        return row["question"], row["answer"]

    def _batch_row(self, number: int | None) -> Row:
        sql = "SELECT * FROM exchange_batch WHERE ?1 IS NULL OR seq = ?1 ORDER BY seq DESC LIMIT 1"
        found = self._rows(sql, number) if number is None or 0 < number < LARGEST else []
        if not found:
            what = "No batch has been run." if number is None else f"There is no batch {number}."
            raise OperatorError("unknown_batch", what, "`tasviya exchange batches` lists them.")
        return found[0]

    def _turnover(self, number: int) -> dict[str, tuple[int, int]]:
        """What a batch took in and paid out, by currency, minor units."""
        sums: dict[str, tuple[int, int]] = {}
        fills = self.db.execute(
            "SELECT o.sell, o.buy, f.sold, f.bought FROM exchange_fill f"
            " JOIN exchange_order o ON o.seq = f.order_seq WHERE f.batch_seq = ?",
            (number,),
        )
        for sell, buy, sold, bought in fills:
            taken, paid = sums.get(sell, (0, 0))
            sums[sell] = (taken + sold, paid)
            taken, paid = sums.get(buy, (0, 0))
            sums[buy] = (taken, paid + bought)
        return sums

    def _rows(self, sql: str, *values: Any) -> list[Row]:
        cursor = self.db.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _order(row: Row) -> Row:
    """An order as people read it."""
    sold, bought = currency(row["sell"]), currency(row["buy"])
    fixed_in = row["kind"] == OrderKind.EXACT_IN
    scale = Fraction(sold.minor_per_major, bought.minor_per_major)
    return {
        "order": row["order_id"],
        "sell": row["sell"],
        "buy": row["buy"],
        "fixed": "in" if fixed_in else "out",
        "left": format_minor(row["quantity"], (sold if fixed_in else bought).decimals),
        "limit": rounded(limit_of(row["tick"], row["exponent"]) * scale, 10),
        "held": format_minor(row["held"], sold.decimals),
        "sold": format_minor(row["sold"], sold.decimals),
        "bought": format_minor(row["bought"], bought.decimals),
        "entered_at": iso_instant(row["entered_at"]),
        "note": row["note"],
    }


def _trade(row: Row) -> Row:
    """An instruction of a trade as people read it."""
    return {
        "trade": row["trade_id"],
        "reference": row["reference"],
        "with": row["counterparty"],
        "sells": _amount(row["sell_minor"], row["sell_currency"]),
        "buys": _amount(row["buy_minor"], row["buy_currency"]),
        "settlement_date": row["settlement_date"],
        "status": row["status"],
        "settled_at": iso_instant(row["settled_at"]) if row["settled_at"] else "",
        "why": f"{row['reason']}: {row['reason_text']}" if row["reason"] else "",
    }


def _amount(minor: int, code: str) -> str:
    """An amount with its currency; of a currency that is none, as a refused instruction may name, in ones."""
    known = iso_currencies().get(code)
    return f"{format_minor(minor, known.decimals if known else 0)} {code}".strip()


def _yes(value: int) -> str:
    return "yes" if value else "no"
