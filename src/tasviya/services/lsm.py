"""Passes over the queue: payments that wait for each other's money settle together.

    gather what waits ─▶ find a set ─▶ post it as one chain ─▶ retry ─▶ note what the pass did

On a schedule each currency in which several accounts' payments wait gets a pass of its own, in the order
of time; then, if trades wait for money, one over all currencies finds rings that they close. When money comes
in that is not enough for what waits for it, a cheap pass over that currency is made at once. On demand `run`
makes a pass. Nothing that a participant has set is broken: see `settlement.offsetting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasviya.core.clock import NANOSECONDS
from tasviya.core.errors import OperatorError, Refusal, invariant
from tasviya.ledger.ledger import BATCH_MAX
from tasviya.membership.liquidity_rules import BILATERAL, FIFO, FREE, LiquiditySavingRules
from tasviya.services.lsm_posting import can_lend, fits_a_chain, post_set, transfers
from tasviya.services.lsm_queue import Gathered, Pair, Waits, gather
from tasviya.services.memory import Memory
from tasviya.services.payments import retry
from tasviya.services.trade_posting import sides
from tasviya.services.trades import due_now
from tasviya.services.unit_of_work import PassRow
from tasviya.services.work import Work
from tasviya.settlement.algorithms import ALGORITHMS, KEEP_ORDER
from tasviya.settlement.offsetting import violations
from tasviya.settlement.payment import Payment

MINUTE_NS = 60 * NANOSECONDS
SCHEDULE, DEMAND, ARRIVAL = "schedule", "demand", "arrival"
RINGS = "rings"


def due(memory: Memory, until_ns: int) -> int | None:
    """When the next scheduled pass comes, if it comes by an instant: at the first full period after payments
    of two accounts in one currency, or trades, have begun to wait."""
    rules = memory.snapshot.liquidity_saving
    if rules is None or not rules.minutes or not (len(memory.queue) or memory.trades):
        return None
    period = rules.minutes * MINUTE_NS
    if until_ns // period == memory.latest_pass_ns // period:
        return None
    at = next_pass(memory)
    return at if at is not None and at <= until_ns else None


def next_pass(memory: Memory) -> int | None:
    """When the next scheduled pass comes, as things stand; None if none does."""
    rules = memory.snapshot.liquidity_saving
    begun = _waiting_since(memory) if rules is not None and rules.minutes else None
    if rules is None or begun is None:
        return None
    period = rules.minutes * MINUTE_NS
    return (max(begun, memory.latest_pass_ns) // period + 1) * period


def parted(memory: Memory, first_ns: int, second_ns: int) -> bool:
    """Whether a pass could come between two instants: what arrives after it is not in it."""
    rules = memory.snapshot.liquidity_saving
    if rules is None or not rules.minutes:
        return False
    period = rules.minutes * MINUTE_NS
    return first_ns // period != second_ns // period


def scheduled(work: Work) -> None:
    """Make the passes that the union's rules ask for."""
    rules = work.memory.snapshot.liquidity_saving
    invariant(rules is not None, "a scheduled pass has rules")
    work.memory.latest_pass_ns = work.now_ns
    for code in _currencies(work.memory):
        _pass_over(work, [code], rules.algorithm if rules else FIFO, SCHEDULE, _bilateral(rules))
    _rings(work, SCHEDULE)


def on_arrival(work: Work) -> None:
    """Try the queue again where money has come in that was not enough for what waits for it."""
    memory = work.memory
    rules = memory.snapshot.liquidity_saving
    if rules is None or not rules.on_arrival or not len(memory.queue):
        return
    short = {
        memory.accounts[account].account.currency.code
        for account in work.credited
        if memory.queue.line(account)
    }
    for code in _currencies(memory):
        if code in short:
            quick = BILATERAL if rules.algorithm == BILATERAL else FIFO
            _pass_over(work, [code], quick, ARRIVAL, bilateral=False)


def run(work: Work, currency: str | None, algorithm: str | None) -> list[PassRow]:
    """Make a pass on demand: over one currency, or over each and the trades between them.

    algorithm: the rules' own if None.
    Raises: OperatorError if the union has no passes, or none of that kind.
    """
    memory = work.memory
    rules = memory.snapshot.liquidity_saving
    if rules is None:
        raise OperatorError(
            "no_liquidity_saving",
            "The union settles each payment by itself.",
            "Give its union.toml a [liquidity_saving] table before the union is made.",
        )
    if algorithm is not None and algorithm not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise OperatorError("unknown_algorithm", f"{algorithm} is no algorithm.", f"One of {known}.")
    if algorithm == FREE and not rules.free_order:
        raise OperatorError(
            "order_not_free",
            "The members have not adopted that arrival does not count.",
            "Use fifo or bilateral, or set free_order in the union's rules once they have.",
        )
    if currency is not None and currency not in memory.snapshot.currencies:
        known = ", ".join(memory.snapshot.currencies)
        raise OperatorError("unknown_currency", f"{currency} does not settle here.", f"One of {known}.")
    if algorithm == RINGS and currency is not None:
        raise OperatorError("rings_of_all", "Rings go over all currencies.", "Leave --currency out.")
    before = len(work.changes.passes)
    if algorithm != RINGS:
        for code in [currency] if currency else _currencies(memory):
            _pass_over(work, [code], algorithm or rules.algorithm, DEMAND, _bilateral(rules))
    if currency is None and algorithm in (None, RINGS):
        _rings(work, DEMAND)
    return work.changes.passes[before:]


def _bilateral(rules: LiquiditySavingRules | None) -> bool:
    return rules is not None and bool(rules.bilateral)


def _waiting_since(memory: Memory) -> int | None:
    """Since when a pass may find something: the earliest instant at which two accounts of one currency had
    payments waiting, or a trade waited; None if neither is so."""
    since: dict[str, list[int]] = {}
    for account in memory.queue.accounts():
        code = memory.accounts[account].account.currency.code
        line = memory.queue.line(account)
        since.setdefault(code, []).append(min(waiting.payment.queued_at for waiting in line))
    instants = [sorted(each)[1] for each in since.values() if len(each) > 1]
    latest = max((row.business_date for row in memory.days.values()), default="")
    for trade in memory.trades.waiting(latest):
        opened = (memory.days[code].since for code in (trade.buy_currency, trade.sell_currency))
        instants.append(max(trade.matched_at, *opened))
    return min(instants, default=None)


def _currencies(memory: Memory) -> list[str]:
    """Currencies in which payments of several accounts wait, in a fixed order."""
    lines: dict[str, int] = {}
    for account in memory.queue.accounts():
        code = memory.accounts[account].account.currency.code
        lines[code] = lines.get(code, 0) + 1
    settled = memory.snapshot.currencies  # what waits for room waits in the unit: no money would help it
    return sorted(code for code, count in lines.items() if count > 1 and code in settled)


def _rings(work: Work, trigger: str) -> None:
    """A pass over all currencies that trades waiting for money are in."""
    memory = work.memory
    pairs = []
    for trade, other in due_now(work):
        paying = sides(work, trade)
        if not isinstance(paying, Refusal):
            subjects = {side.subject(trade) for side in paying}
            if not subjects & work.forced_to_wait:
                pairs.append(Pair(trade, other, paying))
    if pairs and memory.snapshot.liquidity_saving is not None:
        codes = sorted({side.currency for pair in pairs for side in pair.sides})
        _pass_over(work, codes, RINGS, trigger, bilateral=False, trades=pairs)


@dataclass(slots=True)
class Tally:
    """What a pass has settled in one currency; amounts in minor units."""

    settled: int = 0
    minor: int = 0
    trades: int = 0
    needed: int = 0


def _pass_over(
    work: Work,
    currencies: Sequence[str],
    algorithm: str,
    trigger: str,
    bilateral: bool,
    trades: Sequence[Pair] = (),
) -> None:
    """Make one pass, and note it: always, or if money's arrival asked for it, when it settled something."""
    memory = work.memory
    gathered = gather(work, currencies, trades)
    if not can_lend(work, gathered):
        return  # the accounts that lend open with the next day
    waiting = _payments(gathered, range(len(gathered.entries)))
    tallies = {code: Tally() for code in currencies}
    bounds = []
    name = f"lsm:{memory.numbers.lsm_pass}"
    if bilateral and algorithm == FIFO:
        bounds.append(_settle_all(work, f"{name}:pairs", gathered, BILATERAL, tallies))
    pairs = {code: tally.settled for code, tally in tallies.items()}
    if any(pairs.values()):
        gathered = gather(work, currencies, trades)
    bounds.append(_settle_all(work, name, gathered, algorithm, tallies))
    if trigger == ARRIVAL and not any(tally.settled or tally.trades for tally in tallies.values()):
        return
    for code, tally in tallies.items():
        minors = [payment.amount_minor for payment in waiting if payment.currency == code]
        row = PassRow(
            seq=memory.numbers.lsm_pass,
            at=work.now_ns,
            trigger=trigger,
            currency=code,
            algorithm=algorithm,
            tried=len(minors),
            tried_minor=sum(minors),
            pairs=pairs[code],
            settled=tally.settled,
            settled_minor=tally.minor,
            trades=tally.trades,
            needed_minor=tally.needed,
            bound_minor=bounds[0] if algorithm != RINGS else sum(minors),
        )
        memory.numbers.lsm_pass += 1
        work.changes.passes.append(row)
        facts = f"{algorithm}, {row.settled} of {row.tried} payments, {row.trades} trades"
        work.act("lsm_pass", f"{row.seq} {code}", facts)
    retry(work)


def _settle_all(
    work: Work, name: str, gathered: Gathered, algorithm: str, tallies: Mapping[str, Tally]
) -> int:
    """Find what settles together and post it, in as many chains as it takes. Returns the bound."""
    memory, find = work.memory, ALGORITHMS[algorithm]
    most = len(gathered.items)
    chain, bound = 0, None
    while True:
        queue, liquidity = gathered.columns(memory, most)
        found = find(queue, liquidity)
        bound = found.bound if bound is None else bound
        chosen = np.flatnonzero(found.settles).tolist()
        if chosen and not fits_a_chain(work, gathered, chosen):
            most = most * BATCH_MAX // (transfers(work, gathered, chosen) + BATCH_MAX // 8)
            continue
        if chosen:
            broken = violations(queue, liquidity, found.settles, in_order=algorithm in KEEP_ORDER)
            invariant(not broken, f"a pass breaks nothing, not: {broken[:3]}")
            needed = post_set(work, f"{name}:{chain}", gathered, chosen)
            _count(gathered, chosen, needed, tallies)
        if not chosen or most == len(gathered.items):
            return bound
        chain += 1
        gathered = gathered.without(chosen)
        most = len(gathered.items)


def _count(
    gathered: Gathered, chosen: Sequence[int], needed: Mapping[str, int], tallies: Mapping[str, Tally]
) -> None:
    for payment in _payments(gathered, chosen):
        tallies[payment.currency].settled += 1
        tallies[payment.currency].minor += payment.amount_minor
    for number in chosen:
        entry = gathered.entries[number]
        for side in entry.sides if isinstance(entry, Pair) else ():
            tallies[side.currency].trades += 1
    for code, minor in needed.items():
        tallies[code].needed += minor


def _payments(gathered: Gathered, numbers: Iterable[int]) -> list[Payment]:
    entries = (gathered.entries[number] for number in numbers)
    return [entry.payment for entry in entries if isinstance(entry, Waits)]
