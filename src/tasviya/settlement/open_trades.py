"""The trades that may still settle, as matching and the days ask for them: by number, by mirror, by date.

Many thousand may be open at once, and each unit of work asks: an instruction finds its mirror by what it must
mirror, not by looking at all; a day looks at the trades whose date has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tasviya.settlement.trade import TERMS, Trade, TradeStatus

Key = tuple[object, ...]


class OpenTrades:
    """Open instructions, loaded from a store and kept in step."""

    def __init__(self, trades: Iterable[Trade]) -> None:
        self._by_seq: dict[int, Trade] = {}
        self._by_date: dict[str, dict[int, Trade]] = {}
        self._unmatched: dict[Key, dict[int, Trade]] = {}
        """Those without a match, by who instructs them against whom, and by that and all their terms."""
        for trade in trades:
            self.add(trade)

    def __contains__(self, seq: int) -> bool:
        return seq in self._by_seq

    def __len__(self) -> int:
        return len(self._by_seq)

    def get(self, seq: int) -> Trade | None:
        """The open instruction of a number."""
        return self._by_seq.get(seq)

    def named(self, trade_id: str) -> Trade | None:
        """The open instruction of an id."""
        return next((trade for trade in self._by_seq.values() if trade.trade_id == trade_id), None)

    def add(self, trade: Trade) -> None:
        """Take an open instruction in."""
        self._by_seq[trade.seq] = trade
        self._by_date.setdefault(trade.settlement_date, {})[trade.seq] = trade
        if trade.status in (TradeStatus.RECEIVED, TradeStatus.UNMATCHED):
            for key in _keys(trade):
                self._unmatched.setdefault(key, {})[trade.seq] = trade

    def matched(self, trade: Trade) -> None:
        """An instruction has found its match: no other looks for it any more."""
        for key in _keys(trade):
            alike = self._unmatched.get(key, {})
            alike.pop(trade.seq, None)
            if not alike:
                self._unmatched.pop(key, None)

    def remove(self, trade: Trade) -> None:
        """An instruction is no longer open."""
        del self._by_seq[trade.seq]
        of_date = self._by_date[trade.settlement_date]
        del of_date[trade.seq]
        if not of_date:
            del self._by_date[trade.settlement_date]
        self.matched(trade)

    def against(self, trade: Trade) -> Iterable[Trade]:
        """What an instruction may match: those that mirror it, else all that its other side has."""
        mirror = (trade.counterparty, trade.participant, *(getattr(trade, theirs) for theirs in _THEIRS))
        other_side = (trade.counterparty, trade.participant)
        return (self._unmatched.get(mirror) or self._unmatched.get(other_side) or {}).values()

    def waiting(self, business_date: str) -> Iterator[Trade]:
        """Trades to settle on a date or before that wait for money, each by its earlier side."""
        for trade in self.due(business_date):
            if trade.status is TradeStatus.WAITING and trade.seq < trade.other_seq:
                yield trade

    def due(self, business_date: str) -> Iterator[Trade]:
        """The instructions to settle on a date or before, in order of arrival."""
        found = [day for day in self._by_date if day <= business_date]
        yield from sorted((each for day in found for each in self._by_date[day].values()), key=_place)


_MINE = tuple(mine for mine, _ in TERMS.values())
_THEIRS = tuple(theirs for _, theirs in TERMS.values())


def _keys(trade: Trade) -> tuple[Key, Key]:
    sides = (trade.participant, trade.counterparty)
    return sides, (*sides, *(getattr(trade, mine) for mine in _MINE))


def _place(trade: Trade) -> int:
    return trade.seq
