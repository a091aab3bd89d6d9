"""What moved accounts without a payment, looked up for their statements: trades, orders, interest."""

from __future__ import annotations

from collections.abc import Iterable

from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_facts import as_json
from tasviya.adapters.sqlite_trades import trades_where
from tasviya.messages.conversion import Conversion
from tasviya.services.statements import INTEREST, Exchanges, Period, exchanged_by
from tasviya.settlement.trade import Trade


def exchanges_of(db: Connection, periods: Iterable[Period]) -> Exchanges:
    """The trades, orders and interest that moved the accounts of these periods."""
    periods = list(periods)
    named = {exchanged_by(posting) for period in periods for posting in period.postings} - {""}
    if not named:
        return Exchanges()
    wanted = as_json(sorted(named))
    trades: dict[str, list[Trade]] = {}
    where = "match_id <> '' AND match_id IN (SELECT value FROM json_each(?)) ORDER BY seq"
    for trade in trades_where(db, where, wanted):
        trades.setdefault(trade.match_id, []).append(trade)
    subjects = {each.subject for period in periods for each in period.postings if each.leg in INTEREST}
    return Exchanges(trades, _fills(db, wanted), _reckoned(db, subjects) if subjects else {})


def _reckoned(db: Connection, subjects: Iterable[str]) -> dict[str, str]:
    """How interest was reckoned, up to what it came to, by what it was posted for."""
    sql = (
        "SELECT posted_for, words FROM interest_accrual"
        " WHERE posted_for <> '' AND posted_for IN (SELECT value FROM json_each(?))"
    )
    rows = db.execute(sql, (as_json(sorted(subjects)),))
    return {subject: words.partition(" = ")[0] for subject, words in rows}


def _fills(db: Connection, order_ids: str) -> dict[tuple[str, int], Conversion]:
    """What orders sold and bought in batches, by order and the batch's instant. order_ids: a JSON array."""
    sql = (
        "SELECT o.order_id, b.at, o.sell, f.sold, o.buy, f.bought, b.seq FROM exchange_order o"
        " JOIN exchange_fill f ON f.order_seq = o.seq JOIN exchange_batch b ON b.seq = f.batch_seq"
        " WHERE o.order_id IN (SELECT value FROM json_each(?))"
    )
    return {
        (order_id, at): Conversion(sell, sold, buy, bought, f"batch {batch}")
        for order_id, at, sell, sold, buy, bought, batch in db.execute(sql, (order_ids,))
    }
