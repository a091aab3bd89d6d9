"""A matched trade's money: who pays whom through which accounts, whether they can, and the one chain of both.

Each side pays as a bank's own payment of high priority would: from its settlement account or through its
correspondent, with its credit line, behind those that wait there already, not bound by its own limits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tasviya.core.errors import Refusal
from tasviya.core.money import Money
from tasviya.services.work import Work
from tasviya.settlement.payment import PRIORITY_RANK, Priority
from tasviya.settlement.routing import LegCode, Path
from tasviya.settlement.rules import AM04
from tasviya.settlement.trade import Trade, trade_words

RANK = PRIORITY_RANK[Priority.HIGH]


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of a trade pays the other."""

    payer: str
    currency: str
    amount: int
    against: tuple[int, str]
    """What it gets for it: amount and currency."""
    path: Path

    def subject(self, trade: Trade) -> str:
        """What its posting is for."""
        return f"{trade.match_id}:{self.currency}"


def sides(work: Work, trade: Trade) -> tuple[Side, Side] | Refusal:
    """What each side of a trade is to pay, as accounts stand now; or why one cannot."""
    directory = work.memory.directory(work.memory.latest_date)
    sold, bought = (trade.sell_minor, trade.sell_currency), (trade.buy_minor, trade.buy_currency)
    pays = directory.between(trade.participant, trade.counterparty, trade.sell_currency)
    if isinstance(pays, Refusal):
        return pays
    gets = directory.between(trade.counterparty, trade.participant, trade.buy_currency)
    if isinstance(gets, Refusal):
        return gets
    return (
        Side(trade.participant, trade.sell_currency, trade.sell_minor, bought, pays.path),
        Side(trade.counterparty, trade.buy_currency, trade.buy_minor, sold, gets.path),
    )


def lack(work: Work, side: Side, trade: Trade) -> Refusal | None:
    """What keeps a side from paying now; None if nothing does."""
    cure = "it settles when funded."
    if side.subject(trade) in work.forced_to_wait:
        trade.attempt += 1  # the ids of the attempt that the ledger refused are spent
        work.changes.trades[trade.seq] = trade
        return Refusal(AM04.reason, f"{side.payer} cannot pay it;", cure, transient=True)
    for account_id in side.path.sources:
        state = work.memory.accounts[account_id]
        owner, money = state.account.owner, state.account.currency
        if work.memory.queue.blocks(account_id, RANK):
            what = f"earlier payments wait for money of {owner};"
            return Refusal(AM04.reason, what, "it settles after them.", transient=True)
        missing = side.amount - state.funds.spendable(Priority.HIGH)
        if missing > 0:
            what = f"{owner} lacks {Money(missing, money)} to pay it;"
            return Refusal(AM04.reason, what, cure, transient=True)
    return None


def post(work: Work, trade: Trade, other: Trade, paying: tuple[Side, Side], *, goes_on: bool = False) -> None:
    """Post both payments as one chain, and tell the holders of the accounts that they moved.

    goes_on: the chain goes on with what is posted next.
    """
    words = trade_words(trade, other)
    for side in paying:
        legs = [leg for source in side.path.sources for leg in work.pay(source, side.amount, Priority.HIGH)]
        legs += [
            replace(leg, code=LegCode.TRADED) if leg.code is LegCode.SETTLEMENT else leg
            for leg in side.path.legs
        ]
        work.post(side.subject(trade), trade.attempt, legs, side.amount, goes_on=True)
        work.receive(side.path.receives, side.amount)
        for participant, account, is_debit in side.path.tells:
            item = [0, is_debit, side.amount, trade.match_id, words, *side.against, trade.match_id]
            work.tell_more(work.bic(participant), "notice", account, item)
    if not goes_on:
        work.end_chain()
