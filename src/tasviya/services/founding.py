"""A union begins: its register is written, its accounts are opened, a sandbox gets its opening balances."""

from __future__ import annotations

from collections.abc import Iterable

from tasviya.core.errors import OperatorError
from tasviya.membership.participant import LIVE, OpeningBalance
from tasviya.membership.records import Record
from tasviya.membership.register import Register, Snapshot
from tasviya.services.clearing_memory import Clearing
from tasviya.services.operating_day import accounts_to_open
from tasviya.services.work import Work
from tasviya.settlement.accounts import BOOKS, AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.routing import Leg, LegCode


def found(work: Work, records: Iterable[Record]) -> None:
    """Write a union's dated facts into an empty store and open its accounts.

    Raises: OperatorError if the store has a union already.
    """
    memory = work.memory
    if any(memory.register.tables().values()):
        raise OperatorError(
            "union_exists",
            f"The store already has the union {memory.snapshot.union.code}.",
            "Choose another directory, or begin afresh.",
        )
    added = list(records)
    work.changes.records += added
    memory.register = Register(added)
    memory.latest_date = memory.first_date(work.now_ns)
    memory.clearing = Clearing(memory.store, memory.snapshot)
    union = memory.snapshot.union
    work.act("found", union.code, union.name, union.operator)
    for account in accounts_to_open(memory):
        work.open_account(account)


def endow(work: Work, balances: Iterable[OpeningBalance]) -> None:
    """Give a sandbox's accounts what they start with: issued by the settlement institution, or, for a
    participant without an account there, held with its correspondent.

    Raises: OperatorError in a live union, whose money comes from its settlement institutions.
    """
    snapshot = work.memory.snapshot
    if snapshot.union.mode == LIVE:
        raise OperatorError(
            "live_union",
            "A live union's accounts are funded by their settlement institutions.",
            "Leave opening balances out, and fund accounts by liquidity transfers.",
        )
    for balance in balances:
        if balance.amount_minor:
            _endow_one(work, snapshot, balance)


def _endow_one(work: Work, snapshot: Snapshot, balance: OpeningBalance) -> None:
    money = snapshot.currencies[balance.currency]
    owner, bank = balance.participant, balance.correspondent

    def account(kind: AccountKind, holder: str, other: str = "") -> LedgerAccount:
        return ledger_account(kind, holder, money, other)

    if bank:
        vostro, nostro = account(AccountKind.VOSTRO, bank, owner), account(AccountKind.NOSTRO, owner, bank)
        legs = [
            _leg("vostro", account(AccountKind.VOSTRO_CONTROL, bank), vostro, money.number + BOOKS),
            _leg("nostro", nostro, account(AccountKind.NOSTRO_CONTROL, owner), money.number + BOOKS),
        ]
        gaining = vostro
    else:
        institution = snapshot.settlement_institution(balance.currency)
        gaining = account(AccountKind.SETTLEMENT, owner)
        issue = account(AccountKind.ISSUE, institution.code if institution else "")
        legs = [_leg("issue", issue, gaining, money.number)]
    state = work.memory.accounts[gaining.id]
    work.post(f"opening:{gaining.key}", 0, legs, balance.amount_minor)
    state.funds.receive(balance.amount_minor)


def _leg(name: str, debit: LedgerAccount, credit: LedgerAccount, partition: int) -> Leg:
    return Leg(name, LegCode.OPENING_BALANCE, debit.id, credit.id, partition)
