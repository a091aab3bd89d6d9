"""Any day of trades, drawn at random: both sides settle or neither, and those that do not move nothing."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from exchange_union import A, B, D, E, ExchangeUnion
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_union import TOMORROW
from trading import instruct, notices

from tasviya.adapters.sqlite_connection import connect
from tasviya.adapters.sqlite_trades import trades_where
from tasviya.app import ask
from tasviya.settlement.trade import ISO_TRADE_STATUS, OPEN, Trade, TradeStatus, differences

PAIRS = {
    (A, D): (("KZT", ("1000", "60000")), ("INR", ("160", "9600"))),
    (A, E): (("KZT", ("700", "700.01")), ("OMR", ("0.510", "60"))),
    (E, A): (("OMR", ("0.510", "99")), ("KZT", ("700", "2000"))),
}
"""Who trades with whom: what the first may sell, and buy."""

trades = st.tuples(
    st.sampled_from(sorted(PAIRS)),
    st.integers(0, 1),
    st.integers(0, 1),
    st.sampled_from(["first", "both", "both", "both", "other date"]),
    st.booleans(),
)
steps = st.lists(st.tuples(st.lists(trades, max_size=4), st.sampled_from([0, 0, 800, 4_000])), max_size=4)


def stored(union: ExchangeUnion) -> list[Trade]:
    return trades_where(connect(union.home.database, read_only=True), "1 = 1 ORDER BY seq")


def must_hold(union: ExchangeUnion) -> None:
    """Both sides of a match stand alike and mirror each other; what has settled was posted, once."""
    rows = {trade.seq: trade for trade in stored(union)}
    for trade in rows.values():
        other = rows.get(trade.other_seq)
        if other is None:
            assert trade.status in (TradeStatus.UNMATCHED, TradeStatus.EXPIRED, TradeStatus.REFUSED)
            continue
        assert (other.other_seq, other.status, other.match_id) == (trade.seq, trade.status, trade.match_id)
        assert differences(trade, other) == ()
    sql = "SELECT owner, currency, opening FROM account WHERE kind = 'settlement'"
    expected = {(owner, code): int(opening) for owner, code, opening in ask(union.home).db.execute(sql)}
    paid = "SELECT debtor, creditor, currency, amount_minor FROM payment WHERE status = 'settled'"
    moved = [*ask(union.home).db.execute(paid)]
    moved += [
        (trade.participant, trade.counterparty, trade.sell_currency, trade.sell_minor)
        for trade in rows.values()
        if trade.status is TradeStatus.SETTLED
    ]
    for payer, payee, code, amount in moved:
        for who, signed in ((payer, -amount), (payee, amount)):
            # OM-E's KZT lies in the books of KZ-A, its correspondent.
            owner = "KZ-A" if (who, code) == ("OM-E", "KZT") else who
            expected[owner, code] += signed
    books = union.books()
    assert {key: books[f"{key[0]}/{key[1]}/settlement/"] for key in expected} == expected


@given(steps)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_day_of_trades(day: list[tuple[list[tuple[tuple[str, str], int, int, str, bool]], int]]) -> None:
    with TemporaryDirectory() as directory:
        union = ExchangeUnion(Path(directory) / "home", stays_up=True).at("10:10").settle()
        number = 0
        for drawn, funding in day:
            for (one, two), sold, bought, who, turned in drawn:
                number += 1
                (sell, sells), (buy, buys) = PAIRS[one, two]
                give, get = f"{sells[sold]} {sell}", f"{buys[bought]} {buy}"
                facts = {"common_reference": f"C-{number}"} if number % 2 else {}
                sides = [(one, two, give, get, facts), (two, one, get, give, dict(facts))]
                if who == "other date":
                    sides[1][4]["settlement_date"] = TOMORROW
                for payer, payee, pays, gets, more in (
                    sides[:1] if who == "first" else sides[:: -1 if turned else 1]
                ):
                    instruct(union, payer, payee, pays, gets, f"R-{number}", **more)
            if funding:
                union.pay(B, D, funding)
            union.settle()
            must_hold(union)
        union.at("18:30").settle()
        must_hold(union)
        left = [trade for trade in stored(union) if trade.status in OPEN]
        assert {trade.settlement_date for trade in left} <= {TOMORROW}
        for bic, code in ((A, "KZ-A"), (D, "IN-D"), (E, "OM-E")):
            last = {each.trade_id: each.status for each in notices(union, bic) if not each.alleged}
            mine = {
                each.trade_id: ISO_TRADE_STATUS[each.status]
                for each in stored(union)
                if each.participant == code
            }
            assert last == mine, "each side was last told how its trade stands"
        union.close()
