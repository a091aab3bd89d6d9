"""Trades in words: where each side's instruction stands."""

from __future__ import annotations

from tasviya.core.clock import iso_instant
from tasviya.messages.builders import build_trade_notice
from tasviya.messages.trades import TradeNotice
from tasviya.services.telling_facts import Documents, Facts, message_id
from tasviya.services.unit_of_work import OutboxRow


def trade_notice(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [instruction's number, status, reason, text, status before, match's id, the other side's own
    reference, whether it is told to that side, the number of the message it answers or 0]."""
    seq, status, reason, text, before, match_id, other_reference, alleged, _ = row.refs
    trade = facts.trades[seq]
    at = iso_instant(facts.committed_at[row.commit_seq])
    notice = TradeNotice(
        1,
        trade.trade_id,
        match_id or None,
        status,
        reason or None,
        text or None,
        previous_status=before or None,
        alleged=alleged,
        reference=trade.reference,
        common_reference=trade.common_reference or None,
        other_reference=other_reference or None,
        trade_date=trade.trade_date,
        settlement_date=trade.settlement_date,
        trader=facts.bics.get(trade.participant),
        counterparty=facts.bics.get(trade.counterparty) or trade.counterparty or None,
        buy_currency=trade.buy_currency,
        buy_minor=trade.buy_minor,
        sell_currency=trade.sell_currency,
        sell_minor=trade.sell_minor,
        rate=trade.rate,
        unit_currency=trade.unit_currency or None,
        quoted_currency=trade.quoted_currency or None,
    )
    document = build_trade_notice(facts.scheme, message_id=message_id(row), created_at=at, notice=notice)
    return [("fxtr.017.001.05", document)]
