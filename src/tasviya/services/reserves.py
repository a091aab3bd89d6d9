"""What settlement institutions hold with each other: accounts in other members' currencies, opened when
needed."""

from __future__ import annotations

from collections.abc import Iterable

from tasviya.core.money import Currency
from tasviya.services.statements import liquidity_code
from tasviya.services.union_route import clearing_account
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount, ledger_account


def receiving(work: Work, creditor: str, money: Currency) -> LedgerAccount:
    """Where the settlement institution of a currency takes money in: what it has paid out in its own comes
    back; in another it has an account with that one's institution.

    creditor: the currency that it settles.
    """
    if money.code == creditor:
        return clearing_account(work, creditor)
    return reserve(work, institution_of(work, creditor), money)


def reserve(work: Work, institution: str, money: Currency) -> LedgerAccount:
    """A settlement institution's account in another currency; it is opened if it is not there."""
    found = ledger_account(AccountKind.SETTLEMENT, institution, money)
    state = work.memory.accounts.get(found.id)
    if state is not None:
        return state.account
    number = f"{institution}.{money.code}.RESERVE"
    account = ledger_account(AccountKind.SETTLEMENT, institution, money, number=number)
    work.open_account(account)
    return account


def tell_moves(
    work: Work, moves: Iterable[tuple[LedgerAccount, bool, int]], identity: str, words: str
) -> None:
    """Tell the owners of accounts what moved on them for no payment: (account, is a debit, amount)."""
    for account, is_debit, amount in moves:
        item = [0, is_debit, amount, identity, words, liquidity_code(is_debit)]
        work.tell_more(work.bic(account.owner), "notice", account.hex_id, item)


def institution_of(work: Work, code: str) -> str:
    """Who settles a currency."""
    institution = work.memory.snapshot.settlement_institution(code)
    return institution.code if institution else ""
