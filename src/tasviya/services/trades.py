"""Trades between two banks: each instructs its side; what matches settles payment versus payment on its date.

instruct → refused, or waits for the other side (until then its own may rescind it) → match → advance: settle
when both have the money, wait while one has not, give up when the last cut-off of the date has passed, with
the money untouched

Both payments of a trade are one linked chain: both are posted or neither. `advance` runs at the end of every
unit of work, so money that has come in, a day that has opened and a cut-off that has passed find the trades
that they concern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from enum import Enum

from tasviya.core.business_day import Phase
from tasviya.core.errors import OperatorError, Refusal
from tasviya.core.ids import derive
from tasviya.core.money import Money
from tasviya.journal.entry import EntryKind
from tasviya.messages.trades import TradeInstruction
from tasviya.services.payments import retry
from tasviya.services.trade_posting import Side, lack, post, sides
from tasviya.services.work import Work
from tasviya.settlement.admission import judge_date
from tasviya.settlement.rules import AG03, AM04, AM13, AM23, CNOR, DS0G, ED05, RR04
from tasviya.settlement.trade import ISO_TRADE_STATUS, Mismatch, Trade, TradeEvent, TradeStatus, match, told

LONGEST_DAYS = 260
"""How many business days ahead a trade may settle: about a year."""

_PLACES = dict.fromkeys(("CNOR", "AG10", "AG03", "RR04"), "CtrPtySdId") | {"DS0G": "TradgSdId/SubmitgPty"}
"""What a refusal is about, as a fxtr.014 has it; dates lie in TradAmts/SttlmDt, all else in TradAmts."""


class _When(Enum):
    LATER, NOW, OVER = range(3)


def instruct(work: Work, participant: str, message_seq: int, at: int, said: TradeInstruction) -> None:
    """Take in one side's instruction: refuse it, match it, or let it wait for the other side's.

    participant: who sent it. at: when it arrived.
    """
    memory = work.memory
    trade = _row(work, participant, message_seq, at, said)
    memory.numbers.trade += 1
    refusal = said.refusals[0] if said.refusals else _refused(work, said, trade)
    if refusal is not None:
        _happened(work, trade, TradeEvent.REFUSE, refusal)
        _tell(work, trade, message_seq)
        return
    found = match(trade, memory.trades.against(trade))
    memory.trades.add(trade)
    if isinstance(found, Trade):
        _pair(work, trade, found, message_seq)
        return
    _happened(work, trade, TradeEvent.WAIT_FOR_OTHER, _unmatched(work, trade, found))
    _tell(work, trade, message_seq)
    if found is None:
        _tell(work, trade, 0, alleged=True)
    else:
        _differs(work, found.other, trade)


def advance(work: Work) -> None:
    """Settle or give up every open trade whose time has come."""
    memory = work.memory
    going = bool(memory.trades)
    while going:
        going = False
        when = _clock(work)
        latest = max((row.business_date for row in memory.days.values()), default="")
        for trade in list(memory.trades.due(latest)):
            other = memory.trades.get(trade.other_seq)
            if trade.seq not in memory.trades:
                continue
            moment = when(trade)
            if moment is _When.OVER:
                ending = [side for side in (trade, other) if side is not None]
                for side in ending:
                    _expire(work, side)
                for side in ending:
                    memory.trades.remove(side)
            elif other is not None and moment is _When.NOW and trade.seq < other.seq:
                going = _try(work, trade, other) or going
        if going:
            retry(work)


def rescind(work: Work, participant: str, trade_id: str) -> Trade:
    """Take back an instruction of a participant's that the other side has not instructed; both are told.

    Raises: OperatorError if it has no such open instruction, or it has matched.
    """
    trade = work.memory.trades.named(trade_id)
    if trade is None or trade.participant != participant:
        what = f"{participant} has no open trade {trade_id}."
        raise OperatorError("unknown_trade", what, "`tasviya exchange trades --as` lists its own.")
    if trade.status is not TradeStatus.UNMATCHED:
        what = f"{trade.counterparty} has instructed it too: it binds both."
        cure = "Agree with them on a trade the other way, and both instruct that."
        raise OperatorError("trade_matched", what, cure)
    before = _happened(work, trade, TradeEvent.RESCIND)
    work.memory.trades.remove(trade)
    _tell(work, trade, 0, before)
    _tell(work, trade, 0, before, alleged=True)
    return trade


def _row(work: Work, participant: str, message_seq: int, at: int, said: TradeInstruction) -> Trade:
    bic = said.counterparty or said.counterparty_submitter or ""
    counterparty = work.memory.snapshot.participant_by_bic(bic)
    return Trade(
        seq=work.memory.numbers.trade,
        trade_id=f"T{derive('trade', participant, said.reference) >> 32:024x}",
        message_seq=message_seq,
        participant=participant,
        counterparty=counterparty.code if counterparty else bic,
        reference=said.reference,
        common_reference=said.common_reference or "",
        trade_date=said.trade_date,
        settlement_date=said.settlement_date or "",
        buy_currency=said.buy_currency,
        buy_minor=said.buy_minor,
        sell_currency=said.sell_currency,
        sell_minor=said.sell_minor,
        rate=said.rate,
        unit_currency=said.unit_currency or "",
        quoted_currency=said.quoted_currency or "",
        received_at=at,
    )


def _refused(work: Work, said: TradeInstruction, trade: Trade) -> Refusal | None:
    """Why an instruction cannot be taken in; None if it can."""
    memory = work.memory
    snapshot = memory.snapshot
    for bic in filter(None, (said.submitter, said.trader)):
        named = snapshot.participant_by_bic(bic)
        if named is None or named.code != trade.participant:
            return _placed(DS0G.refuse(f"{trade.participant} sent a trade of {bic}.", "Send your own."))
    if trade.counterparty not in snapshot.participants:
        what = f"{trade.counterparty or 'The other side'} is no participant on {snapshot.business_date}."
        return _placed(CNOR.refuse(what, "Name the other side by its BIC in AnyBIC."))
    if trade.counterparty == trade.participant:
        return _placed(AG03.refuse(f"{trade.participant} trades with itself.", "Name another bank."))
    refusal = _unlawful(work, trade)
    if refusal is not None:
        return _placed(refusal)
    for code, amount in ((trade.buy_currency, trade.buy_minor), (trade.sell_currency, trade.sell_minor)):
        limit = snapshot.system_limit(code)
        if limit is not None and amount > limit:
            what = f"{Money(amount, snapshot.currencies[code])} exceeds the union's limit."
            return _placed(AM13.refuse(what, "Split the trade."))
        day, wanted = memory.day(code, work.now_ns), date.fromisoformat(trade.settlement_date)
        when = judge_date(wanted, day, customer=False, warehousing_days=LONGEST_DAYS)
        if isinstance(when, Refusal):
            return _placed(when)
    paths = sides(work, trade)
    return _placed(paths) if isinstance(paths, Refusal) else None


def _unlawful(work: Work, trade: Trade) -> Refusal | None:
    """What a member's own rules say against a trade of its banks; they bind each bank's own payment of it.

    Where the operator is to screen, nothing can: no lists are loaded, and a trade is not held for a decision.
    """
    snapshot = work.memory.snapshot
    payers = (
        (trade.participant, trade.sell_currency, trade.sell_minor),
        (trade.counterparty, trade.buy_currency, trade.buy_minor),
    )
    for participant, code, amount in payers:
        member = snapshot.participants[participant].member
        limit = snapshot.member_limit(member, code)
        if limit is not None and amount > limit:
            return AM23.refuse(f"{Money(amount, snapshot.currencies[code])} exceeds what {member} allows.")
        policy = snapshot.screening_policy(member)
        if policy is not None and policy.policy == "operator":
            what = f"The operator screens for {member}, and no lists are loaded."
            return RR04.refuse(
                what, "Pay each side by a payment of its own, which the authority can release."
            )
    return None


def _placed(refusal: Refusal) -> Refusal:
    """A refusal with its place in a fxtr.014."""
    reason = refusal.reason
    where = _PLACES.get(reason, "TradAmts/SttlmDt" if reason.startswith(("DT", "TM")) else "TradAmts")
    return Refusal(reason, refusal.what, refusal.cure, where, refusal.transient)


def _pair(work: Work, trade: Trade, other: Trade, message_seq: int) -> None:
    """Two instructions mirror each other: they are one trade from now on."""
    match_id = f"M{derive('match', other.trade_id, trade.trade_id) >> 32:024x}"
    for side, against, answers in ((trade, other, message_seq), (other, trade, 0)):
        side.match_id, side.other_seq, side.matched_at = match_id, against.seq, work.now_ns
        work.memory.trades.matched(side)
        before = _happened(work, side, TradeEvent.MATCH)
        _tell(work, side, answers, before)


def _unmatched(work: Work, trade: Trade, found: Mismatch | None) -> Refusal:
    """Why an instruction has no match yet, and what would give it one."""
    if found is None:
        what = f"{trade.counterparty} has not instructed it yet;"
        return Refusal("NARR", what, "it matches when it does.", transient=True)
    what = told(found, trade, work.memory.snapshot.currencies)
    cure = "The side that erred rescinds its own and instructs it again, under a new reference."
    return Refusal("NARR", what, cure)


def _differs(work: Work, trade: Trade, other: Trade) -> None:
    """Tell the side that came first, and waits, that what has come now differs."""
    found = match(trade, [other])
    if isinstance(found, Mismatch):
        why = _unmatched(work, trade, found)
        trade.reason, trade.reason_text = why.reason, f"{why.what} {why.cure}"
        work.changes.trades[trade.seq] = trade
        _tell(work, trade, 0)


def _clock(work: Work) -> Callable[[Trade], _When]:
    """When each trade is to settle, seen from now: both currencies' days decide."""
    days: dict[str, tuple[str, Phase]] = {}

    def moments(trade: Trade) -> Iterator[_When]:
        for code in (trade.buy_currency, trade.sell_currency):
            if code not in days:
                day = work.memory.day(code, work.now_ns)
                days[code] = day.business_date.isoformat(), day.phase
            today, phase = days[code]
            if today > trade.settlement_date or (
                today == trade.settlement_date and phase is Phase.INTERBANK_CUTOFF
            ):
                yield _When.OVER
            elif today < trade.settlement_date or phase is Phase.CLOSED:
                yield _When.LATER

    def when(trade: Trade) -> _When:
        found = set(moments(trade))
        return next((each for each in (_When.OVER, _When.LATER) if each in found), _When.NOW)

    return when


def _try(work: Work, trade: Trade, other: Trade) -> bool:
    """Settle a matched trade if both sides can pay now; else let it wait. Returns whether it settled."""
    paying = sides(work, trade)
    if isinstance(paying, Refusal):
        for side in (trade, other):
            _wait(work, side, paying)
        return False
    lacking = {side.payer: why for side in paying if (why := lack(work, side, trade))}
    if lacking:
        for mine in (trade, other):
            theirs = f"{mine.counterparty} has not funded it yet;"
            waits = Refusal(AM04.reason, theirs, "it settles when both have the money.", "", transient=True)
            _wait(work, mine, lacking.get(mine.participant, waits))
        return False
    settle(work, trade, other, paying)
    return True


def due_now(work: Work) -> Iterator[tuple[Trade, Trade]]:
    """Matched trades whose time has come and that wait for money."""
    memory = work.memory
    if not memory.trades:
        return
    when = _clock(work)
    latest = max((row.business_date for row in memory.days.values()), default="")
    for trade in list(memory.trades.due(latest)):
        other = memory.trades.get(trade.other_seq)
        if other is not None and trade.seq < other.seq and when(trade) is _When.NOW:
            yield trade, other


def settle(
    work: Work, trade: Trade, other: Trade, paying: tuple[Side, Side], *, goes_on: bool = False
) -> None:
    """Post both payments, and tell both sides.

    goes_on: their chain goes on with what is posted next.
    """
    post(work, trade, other, paying, goes_on=goes_on)
    for side in (trade, other):
        side.settled_at = work.now_ns
        before = _happened(work, side, TradeEvent.SETTLE)
        _tell(work, side, 0, before)
    for side in (trade, other):
        work.memory.trades.remove(side)


def _wait(work: Work, trade: Trade, why: Refusal) -> None:
    """Let one side of a trade wait, and say for what; once, as a payment that waits is told once."""
    first = trade.status is not TradeStatus.WAITING
    if first:
        before = _happened(work, trade, TradeEvent.LACK, why)
        _tell(work, trade, 0, before)
    elif trade.reason_text != f"{why.what} {why.cure}":
        trade.reason, trade.reason_text = why.reason, f"{why.what} {why.cure}"
        work.changes.trades[trade.seq] = trade


def _expire(work: Work, trade: Trade) -> None:
    """The date is over: one side's instruction is given up, and no money has moved."""
    reason, text = trade.reason, trade.reason_text
    what = f"The last cut-off of {trade.settlement_date} has passed; no money has moved"
    cure = "Agree on another date and instruct it again, under a new reference."
    rule = AM04 if reason == AM04.reason else ED05
    before = _happened(
        work, trade, TradeEvent.EXPIRE, rule.refuse(f"{what} ({text})." if text else f"{what}.", cure)
    )
    _tell(work, trade, 0, before)


def _happened(work: Work, trade: Trade, event: TradeEvent, refusal: Refusal | None = None) -> str:
    """Move an instruction on, with the reason if it has not settled, and record it. Returns what fxtr.017
    calls the status before."""
    before = ISO_TRADE_STATUS[trade.status]
    trade.happens(event)
    trade.reason = refusal.reason if refusal else ""
    trade.reason_text = f"{refusal.what} {refusal.cure}".strip() if refusal else ""
    if refusal and refusal.where and event is TradeEvent.REFUSE:
        trade.reason_text += f" @ {refusal.where}"
    work.changes.trades[trade.seq] = trade
    status = ISO_TRADE_STATUS[trade.status]
    work.record(EntryKind.DECIDED, trade.trade_id, status, trade.reason, trade.participant, "")
    return before


def _tell(work: Work, trade: Trade, message_seq: int, before: str = "", *, alleged: bool = False) -> None:
    """Tell a side where its trade stands; or the other one, if alleged, what this side says of it.

    message_seq: the message that it answers; 0 if it answers none. before: the status before.
    """
    other = work.memory.trades.get(trade.other_seq)
    refs = [
        trade.seq,
        ISO_TRADE_STATUS[trade.status],
        trade.reason,
        trade.reason_text,
        before,
        trade.match_id,
        other.reference if other else "",
        alleged,
        message_seq,
    ]
    work.tell(work.bic(trade.counterparty if alleged else trade.participant), "trade", refs)
