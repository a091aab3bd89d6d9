"""Why a payment waits, in exact figures: what it lacks, what stands before it, what would release it, and
when it is tried again.

What would release it is the least money that, coming to the account it waits for, lets it settle: alone, with
those before it, or together with payments that wait elsewhere, by the FIFO algorithm of `settlement`. It is
found by halving the interval between nothing and what all before it take: more money never settles less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tasviya.core.business_day import DayEvent
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError, Refusal
from tasviya.core.money import Currency, Money
from tasviya.services import exchange_batch, lsm
from tasviya.services.lsm_queue import Gathered, Waits, gather
from tasviya.services.memory import Memory
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.fifo_offset import largest_in_order
from tasviya.settlement.offsetting import Liquidity, Queued
from tasviya.settlement.payment import Payment, Status
from tasviya.settlement.queueing import Waiting

FAR = 1 << 62


@dataclass(slots=True)
class Explained:
    """Why a payment waits. Instants are nanoseconds; 0 if none."""

    payment: Payment
    money: Currency
    """What `spendable`, `lacks` and `releases` are counted in: what it is debited in, or the union's unit."""
    waits_for: str
    """`money`, `limit`, `room` for a position, or `batch` of the exchange."""
    account: str
    """Whose account it waits for; empty in the exchange."""
    why: str
    """In a sentence."""
    spendable: int = 0
    """What payments of its priority may use there now."""
    lacks: int = 0
    """What it lacks there, with all that stands before it; or by how much it exceeds the limit."""
    ahead: list[Payment] = field(default_factory=list)
    """What must settle before it or with it."""
    releases: int | None = None
    """The least that releases it: money that comes there, or room under the limit; None if that alone never
    does."""
    how: str = ""
    """What that amount does, in a sentence."""
    next_pass_at: int = 0
    expires_at: int = 0

    @property
    def when(self) -> str:
        """What tries it again, apart from the next pass."""
        if self.waits_for == "batch":
            return "in the next batch of the exchange"
        if self.waits_for == "limit":
            return "when money comes from the counterparty"
        if self.waits_for == "room":
            return "when payments the other way, or the clearing cycle, make room"
        return f"when money comes to {self.account}"


def explain(memory: Memory, payment: Payment, now_ns: int) -> Explained:
    """Why a payment waits.

    Raises: OperatorError if it does not.
    """
    work = Work(memory, now_ns)
    payment = work.current(payment)
    if payment.status is not Status.QUEUED:
        raise OperatorError(
            "not_waiting",
            f"{payment.payment_id} is {payment.status}.",
            "`tasviya status` tells the rest.",
        )
    code = payment.debit_currency or payment.currency
    if payment.seq not in memory.queue:
        found = Explained(payment, currency(code), "batch", "", payment.reason_text)
        found.next_pass_at = exchange_batch.due(memory, FAR) or 0
    else:
        account_id = int(payment.blocked_by, 16)
        line = memory.queue.line(account_id)
        place = next(index for index, waiting in enumerate(line) if waiting.seq == payment.seq)
        gathered = gather(work, [code])
        if memory.accounts[account_id].account.kind is AccountKind.POSITION_ROOM:
            found = _by_room(memory, payment, account_id)
        elif line[place].by_limit:
            found = _by_limit(work, payment, account_id, gathered)
        else:
            found = _by_money(memory, payment, account_id, line[:place], gathered)
        found.next_pass_at = lsm.next_pass(memory) or 0
    found.expires_at = _expires(memory, payment, now_ns)
    return found


def _by_room(memory: Memory, payment: Payment, account_id: int) -> Explained:
    """By the union route: it would take a position further than it may go."""
    state = memory.accounts[account_id]
    owner, unit = state.account.owner, state.account.currency
    lacks = max(payment.unit_minor - state.net, 0)
    moves = Money(payment.unit_minor, unit)
    why = f"The position of {owner} may fall by {Money(state.net, unit)}, and it would fall by {moves}."
    found = Explained(payment, unit, "room", owner, why, state.net, lacks, releases=lacks)
    found.how = f"Payments to {owner}'s currency of {Money(lacks, unit)} together release it."
    return found


def _by_money(
    memory: Memory, payment: Payment, account_id: int, before: list[Waiting], gathered: Gathered
) -> Explained:
    """It waits for money, or behind those that do."""
    state = memory.accounts[account_id]
    owner, money = state.account.owner, state.account.currency
    ahead = [waiting.payment for waiting in before if not waiting.by_limit]
    spendable = state.funds.spendable(payment.priority)
    taken = sum(each.taken_minor for each in ahead)
    lacks = taken + payment.taken_minor - spendable
    if ahead:
        those = f"{len(ahead)} payments before it take" if len(ahead) > 1 else "1 payment before it takes"
        why = (
            f"{owner} has {Money(spendable, money)} for payments of its priority; {those}"
            f" {Money(taken, money)}, and it takes {Money(payment.taken_minor, money)}."
        )
    else:
        taken_now = Money(payment.taken_minor, money)
        why = f"{owner} has {Money(spendable, money)} for payments of its priority, and it takes {taken_now}."
    found = Explained(payment, money, "money", owner, why, spendable, max(lacks, 0), ahead)
    if _number(gathered, payment) is None:
        found.releases = max(lacks, 0)
        found.how = f"With it, {owner} pays all that stands before it, and it goes on."
        return found

    def with_money(more: int) -> Liquidity:
        liquidity = gathered.liquidity(memory)
        spendable_then = liquidity.spendable.copy()
        spendable_then[gathered.places[account_id]] += more
        return replace(liquidity, spendable=spendable_then)

    found.releases = _least(memory, gathered, payment, with_money, max(lacks, 0))
    amount = Money(found.releases or 0, money)
    if found.releases is None:
        found.how = f"Money for {owner} alone does not release it: {_others(memory, payment, gathered)}."
    elif not found.releases:
        found.how = "It needs no money: the next pass settles it with others that wait."
    elif found.releases < lacks:
        found.how = f"If {amount} come to {owner}, it settles together with payments that wait elsewhere."
    else:
        found.how = f"If {amount} come to {owner}, it settles."
    return found


def _by_limit(work: Work, payment: Payment, account_id: int, gathered: Gathered) -> Explained:
    """It waits for room under a limit that its payer's bank, or the correspondent that pays, has set."""
    memory = work.memory
    state = memory.accounts[account_id]
    owner, money = state.account.owner, state.account.currency
    parties = work.parties_of(payment)
    if isinstance(parties, Refusal):
        why = f"It would be refused now: {parties.what}"
        return Explained(payment, money, "limit", owner, why)
    payee, limits = parties.path.between[1], state.limits
    exposure = limits.towards(payee) if limits else None
    if limits is None or exposure is None:
        return Explained(payment, money, "limit", owner, "The limit it waited for holds no longer.")
    key = (account_id, payee if payee in limits.bilateral else "")
    lacks = payment.amount_minor - exposure.free
    towards = key[1] or "all others together"
    why = (
        f"{owner} has set a limit of {Money(exposure.limit, money)} towards {towards};"
        f" {Money(exposure.free, money)} are left, and it takes {Money(payment.amount_minor, money)}."
    )
    found = Explained(
        payment, money, "limit", owner, why, state.funds.spendable(payment.priority), max(lacks, 0)
    )

    if _number(gathered, payment) is None:
        found.releases = max(lacks, 0)
        found.how = f"With that room it settles once what stands before it for money of {owner} has."
        return found
    place = gathered.limits[key]

    def with_room(more: int) -> Liquidity:
        liquidity = gathered.liquidity(memory)
        free = liquidity.limit_free.copy()
        free[place] += more
        return replace(liquidity, limit_free=free)

    found.releases = _least(memory, gathered, payment, with_room, max(lacks, 0))
    amount = Money(found.releases or 0, money)
    if found.releases is None:
        found.how = f"Room alone does not release it: {owner} lacks money too."
    elif not found.releases:
        found.how = "It needs no room: the next pass settles it with what comes back."
    else:
        found.how = f"If {towards} pay {owner} {amount}, or {owner} raises its limit by that, it settles."
    return found


def _least(
    memory: Memory, gathered: Gathered, payment: Payment, given: Callable[[int], Liquidity], most: int
) -> int | None:
    """The least amount given with which a payment settles; None if not even the most does it."""
    queue, _ = gathered.columns(memory)
    number = _number(gathered, payment)

    def settles(amount: int) -> bool:
        return number is not None and _settles(queue, given(amount), number)

    if not settles(most):
        return None
    low, high = -1, most
    while high - low > 1:
        middle = (low + high) // 2
        if settles(middle):
            high = middle
        else:
            low = middle
    return high


def _settles(queue: Queued, liquidity: Liquidity, number: int) -> bool:
    return bool(largest_in_order(queue, liquidity)[number])


def _number(gathered: Gathered, payment: Payment) -> int | None:
    """The place of a payment among the entries that a pass may settle; None if it is not there."""
    for number, entry in enumerate(gathered.entries):
        if isinstance(entry, Waits) and entry.payment.seq == payment.seq:
            return number
    return None


def _others(memory: Memory, payment: Payment, gathered: Gathered) -> str:
    """Which of a payment's other accounts lacks money for it."""
    number = _number(gathered, payment)
    ids = list(gathered.places)
    takes = gathered.items[number].takes if number is not None else ()
    owners = [
        memory.accounts[ids[place]].account.owner
        for place, amount in takes
        if memory.accounts[ids[place]].funds.spendable(payment.priority) < amount
        and f"{ids[place]:032x}" != payment.blocked_by
    ]
    if not owners:
        return "others stand before it"
    return f"{' and '.join(owners)} must pay for it too, and lacks money"


def _expires(memory: Memory, payment: Payment, now_ns: int) -> int:
    """When it is given up: at its currencies' cut-off for its kind, or at the time that its payer has set."""
    event = (
        DayEvent.CUSTOMER_CUTOFF if payment.message_type.startswith("pacs.008") else DayEvent.INTERBANK_CUTOFF
    )
    ends = [payment.not_after] if payment.not_after else []
    for code in filter(None, (payment.currency, payment.debit_currency)):
        day = memory.day(code, now_ns)
        ends += [at for at, each in day.hours.schedule(day.business_date) if each is event]
    return min(ends, default=0)
