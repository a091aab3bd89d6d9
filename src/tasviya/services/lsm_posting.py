"""A set of queued payments that settles together, posted as one chain: all of it or nothing.

    draw on credit lines ─▶ lend ─▶ every payment as it would settle alone ─▶ repay

The ledger looks at each transfer in turn and lets no account fall below zero, while a set needs all that
it brings. So an account that would be short on the way is lent what it lacks by the settlement institution's
`offset` account, which has it back before the chain ends; a respondent's vostro, with its mirror, by the
correspondent's control account. What an account
is lent keeps its balance above the lower of where it began and where it ends: nobody's money was used in
between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasviya.ledger.ledger import BATCH_MAX
from tasviya.services.claims import most_legs
from tasviya.services.lsm_queue import Gathered, Pair, Waits
from tasviya.services.payments import settle
from tasviya.services.trades import settle as settle_trade
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.gross import Settle
from tasviya.settlement.routing import Leg, LegCode


@dataclass(frozen=True, slots=True)
class Need:
    """What an account of a set is short of. Minor units."""

    drawn: int
    """On its credit line."""
    lent: int
    alone: int
    """Money that the account would have needed beside its own to pay in that order."""


def can_lend(work: Work, gathered: Gathered) -> bool:
    """Whether the accounts that lend are open: they are from the first day on that a union has passes."""
    accounts = work.memory.accounts
    return all(
        _offset(work, accounts[place].account) in accounts
        for place in gathered.places
        if accounts[place].account.kind is AccountKind.SETTLEMENT
    )


def transfers(work: Work, gathered: Gathered, chosen: Sequence[int]) -> int:
    """The most transfers that a chain of these entries takes."""
    legs = 0
    for number in chosen:
        entry = gathered.entries[number]
        paths = [entry.parties.path] if isinstance(entry, Waits) else [side.path for side in entry.sides]
        legs += sum(len(path.legs) for path in paths)
        if isinstance(entry, Waits):
            legs += most_legs(work, entry.payment)
    return legs + 6 * len(gathered.places)


def fits_a_chain(work: Work, gathered: Gathered, chosen: Sequence[int]) -> bool:
    """Whether a set can be posted as one chain: the ledger takes no longer one than a batch."""
    return transfers(work, gathered, chosen) <= BATCH_MAX


def post_set(work: Work, name: str, gathered: Gathered, chosen: Sequence[int]) -> dict[str, int]:
    """Post a set as one chain, and tell everyone concerned.

    name: of this chain, new each time. chosen: numbers of entries, in the order of posting.
    Returns what settling it one by one would have needed beside what there was, minor units by currency.
    """
    needs = _needs(work, gathered, chosen)
    attempt = len(work.forced_to_wait)
    accounts = work.memory.accounts
    lending: list[Leg] = []
    repaying: list[Leg] = []
    needed: dict[str, int] = {}
    for account_id, need in needs.items():
        state = accounts[account_id]
        code = state.account.currency.code
        needed[code] = needed.get(code, 0) + need.alone
        lending += work.draw(account_id, need.drawn)
        state.funds.undrawn -= need.drawn
        state.funds.balance += need.drawn + need.lent
        if need.lent:
            there, back = _loan(work, state.account, need.lent)
            lending += there
            repaying += back
    if lending:
        work.post(f"{name}:lent", attempt, lending, 0, goes_on=True)
    for number in chosen:
        _settle(work, gathered.entries[number])
    if repaying:
        work.post(f"{name}:repaid", attempt, repaying, 0, goes_on=True)
    for account_id, need in needs.items():
        accounts[account_id].funds.balance -= need.lent
    work.end_chain()
    return needed


def _settle(work: Work, entry: Waits | Pair) -> None:
    if isinstance(entry, Waits):
        nothing = Settle((0,) * len(entry.parties.path.sources))
        settle(work, entry.payment, entry.parties, nothing, goes_on=True)
    else:
        settle_trade(work, entry.trade, entry.other, entry.sides, goes_on=True)


def _needs(work: Work, gathered: Gathered, chosen: Sequence[int]) -> dict[int, Need]:
    """What each account is short of while these entries are posted in that order."""
    running = [0] * len(gathered.places)
    lowest = [0] * len(gathered.places)
    for number in chosen:
        item = gathered.items[number]
        for place, amount in item.takes:
            running[place] -= amount
            lowest[place] = min(lowest[place], running[place])
        for place, amount in item.gives:
            running[place] += amount
    needs = {}
    for account_id, place in gathered.places.items():
        funds = work.memory.accounts[account_id].funds
        balance = funds.balance
        drawn = max(0, -(balance + running[place]))
        begins, ends = balance + drawn, balance + drawn + running[place]
        dips = balance + drawn + lowest[place]
        alone = max(0, drawn - funds.undrawn - dips)
        need = Need(drawn, max(0, min(begins, ends) - dips), alone)
        if need.drawn or need.lent:
            needs[account_id] = need
    return needs


def _loan(work: Work, account: LedgerAccount, amount: int) -> tuple[list[Leg], list[Leg]]:
    """The legs that lend to an account while a set is posted, and those that take it back."""
    if account.kind is AccountKind.SETTLEMENT:
        pairs = [("lend", _offset(work, account), account.id)]
    else:
        bank, respondent, money = account.owner, account.with_whom, account.currency
        control = ledger_account(AccountKind.VOSTRO_CONTROL, bank, money).id
        nostro = ledger_account(AccountKind.NOSTRO, respondent, money, bank).id
        mirror = ledger_account(AccountKind.NOSTRO_CONTROL, respondent, money).id
        pairs = [("lend", control, account.id), ("mirror", nostro, mirror)]
    names = [(f"{name}:{account.key}", debit, credit) for name, debit, credit in pairs]
    lent, repaid, ledger = LegCode.OFFSET_LENT, LegCode.OFFSET_REPAID, account.partition
    return (
        [Leg(name, lent, debit, credit, ledger, amount) for name, debit, credit in names],
        [Leg(f"re{name}", repaid, credit, debit, ledger, amount) for name, debit, credit in names],
    )


def _offset(work: Work, account: LedgerAccount) -> int:
    """The account that lends in a currency while a set is posted."""
    institution = work.memory.snapshot.settlement_institution(account.currency.code)
    owner = institution.code if institution else ""
    return ledger_account(AccountKind.OFFSET, owner, account.currency).id
